import { buildModule } from "@nomicfoundation/ignition-core";
import { deploySuite } from "../parts/index.js";
import mocks from "./Mocks.js";

/** The suite on a local network, with mocks around it; INDEX and USD are a home pair. Needs no parameters. */
export default buildModule("LakhLocal", (m) => {
  const { weth, permit2, index, usd } = m.useModule(mocks);
  return { weth, permit2, index, usd, ...deploySuite(m, { weth, permit2, homePairs: [[index, usd]] }) };
});
