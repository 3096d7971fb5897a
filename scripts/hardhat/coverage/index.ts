import type { HardhatPlugin } from "hardhat/types/plugins";

/**
 * Branches and functions for `--coverage`, without which it does nothing. What it sees and does not see:
 * README.md beside this file. Listed after the plugins whose hooks it builds on.
 */
export const coveragePlugin: HardhatPlugin = {
  id: "lakh-coverage",
  hookHandlers: {
    solidity: () => import("./solidity-hooks.js"),
    test: () => import("./test-hooks.js"),
  },
};
