/**
 * The tests' door to the chain. It is Hardhat 3 here; `npm run coverage:second-opinion` sets the condition `hardhat2`, and
 * `#chain` becomes `audit/chain.mjs`, with the same exports.
 */
import { isBranchRun } from "../../scripts/lib/environment.js";

export { network } from "hardhat";

/** True where contracts carry probes, which cost gas: what measures gas says nothing then. */
export const isInstrumented: boolean = isBranchRun();
