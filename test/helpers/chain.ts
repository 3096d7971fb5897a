/**
 * The tests' door to the chain. It is Hardhat 3 here; `npm run coverage:second-opinion` sets the condition `hardhat2`, and
 * `#chain` becomes `audit/chain.mjs`, with the same exports.
 */
export { network } from "hardhat";

/** True where contracts carry counters of statements and branches, compiled without the optimiser. */
export const isInstrumented: boolean = false;
