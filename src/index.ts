export * from "./abi.js";
export * from "./amm.js";
export * from "./assets.js";
export * from "./client.js";
export * from "./lakh-error.js";
export * from "./ledger.js";
export * from "./request.js";
export * from "./signatures.js";
