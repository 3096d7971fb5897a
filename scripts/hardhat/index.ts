import { overrideTask } from "hardhat/config";
import type { HardhatPlugin } from "hardhat/types/plugins";

export { coveragePlugin } from "./coverage/index.js";

/** Which compiler warnings say nothing here, and stable bindings. Listed before the toolbox: its hooks run first. */
export const buildPlugin: HardhatPlugin = {
  id: "lakh-build",
  hookHandlers: { solidity: () => import("./solidity-hooks.js") },
};

/** Which files hold Mocha tests. */
export const mochaTestFiles = overrideTask(["test", "mocha"])
  .setAction(() => import("./mocha-test-files.js"))
  .build();

/** The Solidity runner's results as JSON. */
export const solidityReport = overrideTask(["test", "solidity"])
  .setAction(() => import("./solidity-report.js"))
  .build();
