import { buildModule } from "@nomicfoundation/ignition-core";
import { ZeroAddress } from "ethers";
import { inOrder } from "../parts/in-order.js";
import { deploySuite } from "../parts/index.js";
import { deployMocks } from "./Mocks.js";

/** Mock feeds answer with 8 decimals, in dollars, and may be three days old, the most that the oracle allows. */
const DECIMALS = 8n;
const INDEX_ANSWER = 6_000n * 10n ** DECIMALS;
const ETHER_ANSWER = 3_000n * 10n ** DECIMALS;
const MAX_AGE = 72n * 3_600n;
const NO_FEED = { source: ZeroAddress, maxAge: 0n };

/**
 * The suite on a testnet, with mocks around it: tokens that anybody mints, feeds that anybody moves by `setAnswer`, and the
 * oracles of lending over them. Needs no parameters. Never on a mainnet.
 */
export default buildModule("LakhTestnet", (builder) => {
  const m = inOrder(builder);
  const { weth, permit2, index, usd } = deployMocks(m);
  const indexFeed = m.contract("MockAggregator", [DECIMALS, INDEX_ANSWER], { id: "IndexFeed" });
  const etherFeed = m.contract("MockAggregator", [DECIMALS, ETHER_ANSWER], { id: "EtherFeed" });
  const oracleOf = (id: string, source: typeof indexFeed) =>
    m.contract("ChainlinkOracle", [[{ source, maxAge: MAX_AGE }, NO_FEED, NO_FEED], [NO_FEED, NO_FEED], 18n, 6n], {
      id,
    });
  return {
    ...{ weth, permit2, index, usd, indexFeed, etherFeed },
    ...{ indexOracle: oracleOf("IndexOracle", indexFeed), etherOracle: oracleOf("EtherOracle", etherFeed) },
    ...deploySuite(m, { weth, permit2, homePairs: [[index, usd]] }),
  };
});
