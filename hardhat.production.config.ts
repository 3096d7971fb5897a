import { defineConfig } from "hardhat/config";
import base from "./hardhat.config.js";

/**
 * What is deployed, measured and published: via-IR, with artifacts and a cache of its own so that both builds stay
 * warm. Always use it with `--build-profile production`.
 */
export default defineConfig({
  ...base,
  paths: { ...base.paths, artifacts: "artifacts-production", cache: "cache-production" },
  typechain: { outDir: process.env.LAKH_TYPECHAIN_OUT_DIR ?? "typechain-types" },
});
