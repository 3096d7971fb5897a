import { type AmmModel, poolId, StakingModel, tokenId, type Lakh, type LedgerModel } from "../../../src/index.js";
import type { Blocks } from "./blocks.js";
import { compareFarm, type FarmComparison } from "./compare-farm.js";
import type { CoSigning } from "./cosigning.js";
import { Farming } from "./farming.js";
import type { Market } from "./market.js";
import { PoolLog } from "./pool-log.js";
import type { Account } from "./sender.js";

const HOUR = 3_600n;
/** So many providers stake, and one more pays the rewards. */
const STAKERS = 2;

export type FarmOptions = {
  lakh: Lakh;
  model: AmmModel;
  staking: StakingModel;
  poolLog: PoolLog;
  /** Whose LP shares are staked. */
  market: Market;
  index: string;
  usd: string;
  providers: readonly Account[];
  blocks: Blocks;
  cosigning: CoSigning;
  /** When the rewards end, Unix seconds. */
  end: bigint;
};

/** The model of the staking core, and what keeps the logs of the pool that is farmed. */
export function openFarmModels(
  { addresses }: Lakh,
  { market, usd, ledger }: { market: Market; usd: string; ledger: LedgerModel },
): Pick<FarmOptions, "staking" | "poolLog"> {
  const { amm, staking = "" } = addresses;
  return {
    staking: new StakingModel({
      ...{ address: staking, ledger },
      decimalsOf: (token) => (token === tokenId(usd) ? 6n : 18n),
    }),
    poolLog: new PoolLog({ amm, ledger: addresses.ledger, id: poolId({ amm, pool: market.key }) }),
  };
}

/** Yield farming on the chain, beside its models: blocks with the transactions of providers and the batches of savers. */
export class Farm {
  readonly #options: FarmOptions;
  readonly #farming: Farming;

  constructor(options: FarmOptions) {
    const [funder, ...others] = options.providers;
    if (funder === undefined) throw new RangeError("Nobody pays rewards.");
    this.#options = options;
    this.#farming = new Farming({
      ...{ ...options, funder, providers: others.slice(0, STAKERS) },
      farmers: options.cosigning.farmers,
    });
  }

  /** The stake pool and its rewards; the providers' stake by transactions, the savers' liquidity and stake by batches. */
  async open(close: bigint): Promise<void> {
    const { blocks, cosigning } = this.#options;
    blocks.tick();
    const opening = blocks.open();
    for (const planned of this.#farming.open()) await opening.add(planned);
    await opening.settle(await cosigning.seal(this.#farming.additions(close), blocks.time));
    await opening.post();
    blocks.tick();
    const stakes = blocks.open();
    await stakes.settle(await cosigning.seal(this.#farming.stakes(), blocks.time));
    await stakes.post();
    await blocks.mined();
  }

  /** Everybody claims, in a block of its own: a signer has signed for no other batch then. */
  async harvest(): Promise<void> {
    const { blocks, cosigning } = this.#options;
    blocks.tick();
    const block = blocks.open();
    for (const planned of this.#farming.harvest()) await block.add(planned);
    await block.settle(await cosigning.seal(this.#farming.claims(), blocks.time));
    await block.post();
  }

  /** Everybody claims what is left of the rewards and unstakes; the savers take their liquidity out. */
  async close(): Promise<void> {
    const { blocks, cosigning } = this.#options;
    blocks.moveTo(blocks.time + HOUR);
    const exits = blocks.open();
    for (const planned of this.#farming.close()) await exits.add(planned);
    await exits.settle(await cosigning.seal(this.#farming.exits(), blocks.time));
    await exits.post();
    blocks.tick();
    const removals = blocks.open();
    await removals.settle(await cosigning.seal(this.#farming.removals(), blocks.time));
    await removals.post();
    await blocks.mined();
  }

  async compare(): Promise<FarmComparison> {
    const { poolLog, cosigning } = this.#options;
    return compareFarm({
      ...{ ...this.#options, farming: this.#farming, history: poolLog.history(), providers: STAKERS },
      farmers: cosigning.farmers.map(({ address }) => address),
    });
  }
}
