import type { HardhatPlugin } from "hardhat/types/plugins";

/**
 * Branches, functions and hits by test for `--coverage`, without which it does nothing. What it sees and does not see:
 * README.md beside this file. Listed after the plugins whose hooks it builds on.
 */
export const coveragePlugin: HardhatPlugin = {
  id: "lakh-coverage",
  hookHandlers: {
    hre: () => import("./hre-hooks.js"),
    solidity: () => import("./solidity-hooks.js"),
    test: () => import("./test-hooks.js"),
  },
};
