import path from "node:path";

/** The repository, whatever folder a script is started from. */
export const ROOT = path.resolve(import.meta.dirname, "../..");
