import { buildModule } from "@nomicfoundation/ignition-core";
import { inOrder } from "../parts/in-order.js";
import { deploySuite } from "../parts/index.js";

/** The suite on a network that has its surroundings; `npm run deploy` takes them from `deploy/parameters/<network>.json5`. */
export default buildModule("Lakh", (m) =>
  deploySuite(inOrder(m), {
    weth: m.getParameter<string>("weth"),
    permit2: m.getParameter<string>("permit2"),
    homePairs: m.getParameter<string[][]>("homePairs"),
  }),
);
