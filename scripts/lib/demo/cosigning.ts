import { assetId, type AmmModel, type Bls, type Lakh, type LakhRequest, type PoolKey } from "../../../src/index.js";
import type { DemoBatches } from "../../../bench/schema.js";
import { Relay, type SealedBatch } from "./batches.js";
import { Cosigner } from "./cosigners.js";
import { shortened, Terms, type Intent, type Wish } from "./intents.js";
import { DOLLAR, INDEX_UNIT } from "./market.js";
import type { Random } from "./random.js";
import { mannerOf, openSavers, wishOf, type SaverMarket } from "./savers.js";
import { DemoError, type Account, type Mined } from "./sender.js";
import type { Tally } from "./tally.js";
import type { Planned } from "./trading.js";

/** So many savers are farmers too. */
const FARMERS = 12;
/** First assets of a saver: so much of each, in micro-dollars. */
const GIFT = 2_000n * DOLLAR;

type Request = Omit<LakhRequest, "parameters">;

export type CoSigningOptions = {
  lakh: Lakh;
  model: AmmModel;
  chainId: bigint;
  bls: Bls;
  relayer: string;
  traders: readonly Account[];
  pools: readonly PoolKey[];
  index: string;
  usd: string;
  random: Random;
  tally: Tally;
};

/** All that the demo does by batches: the traders and savers with their keys, and what they want on a settlement day. */
export class CoSigning {
  readonly #options: CoSigningOptions;
  readonly #traders: readonly Cosigner[];
  readonly #savers: readonly Cosigner[];
  readonly #relay: Relay;

  private constructor(options: CoSigningOptions, traders: readonly Cosigner[], savers: readonly Cosigner[]) {
    this.#options = options;
    this.#traders = traders;
    this.#savers = savers;
    this.#relay = new Relay({ ...options, ledger: options.model.ledger });
  }

  /** Everybody derives his key. */
  static async open(options: CoSigningOptions): Promise<CoSigning> {
    const { bls, chainId, lakh } = options;
    const { settlement, directory } = lakh.addresses;
    const trusted = { chainId, settlement, directory };
    const open = (wallet: Account["wallet"]): Promise<Cosigner> => Cosigner.open({ wallet, bls, trusted });
    const traders = await Promise.all(options.traders.map(({ wallet }) => open(wallet)));
    return new CoSigning(options, traders, await Promise.all(openSavers().map(open)));
  }

  /** Accounts of which the chain knows nothing but their words: the savers and the relayer. */
  get others(): string[] {
    return [...this.#savers.map(({ address }) => address), this.#options.relayer];
  }

  /** The savers that farm. */
  get farmers(): readonly Cosigner[] {
    return this.#savers.slice(0, FARMERS);
  }

  /** Batches of what somebody wants, in a block of the time `time`. */
  async seal(intents: readonly Intent[], time: bigint): Promise<SealedBatch[]> {
    return this.#relay.seal(intents, Number(time));
  }

  /** Batches so far, and what the relayer earned. */
  async summary(): Promise<DemoBatches> {
    const { index, usd } = this.#options;
    return this.#relay.summary([
      ["INDEX", assetId(index)],
      ["USD", assetId(usd)],
    ]);
  }

  /* BEGINNING */

  /** One page with everybody's key, for anybody to submit until `deadline` (Unix seconds, inclusive). */
  async registration(deadline: bigint): Promise<{ request: Request; check: (mined: Mined) => void }> {
    const { directory, addresses } = this.#options.lakh;
    const cosigners = [...this.#traders, ...this.#savers];
    const registrations = await Promise.all(cosigners.map((cosigner) => cosigner.registration(deadline)));
    const data = directory.interface.encodeFunctionData("register", [registrations]);
    return {
      request: { to: addresses.directory, data, value: 0n },
      check: ({ succeeded, gas, logs }) => {
        if (!succeeded) throw new DemoError("UNEXPECTED_OUTCOME", "The chain refused a page of the directory.");
        this.#relay.enrol(cosigners, logs);
        const each = Math.round(gas / cosigners.length);
        for (const _ of cosigners) this.#options.tally.add("register", { gas: each, succeeded });
      },
    };
  }

  /** The traders let the settlement act on their word of both tokens. */
  consents(): { account: Account; request: Request; apply: () => void }[] {
    const { lakh, model, usd, traders } = this.#options;
    return traders.map((account) => ({
      account,
      request: lakh.ledger.setConsent({ asset: usd, versions: [0] }),
      apply: () => model.ledger.setConsent({ caller: account.address, id: assetId(usd), versions: 1 }),
    }));
  }

  /** Each trader sends some savers their first assets. */
  async gifts(close: bigint, time: bigint): Promise<SealedBatch[]> {
    const { index, usd } = this.#options;
    const terms = new Terms(this.#options);
    const intents = this.#traders.map((trader, first): Intent => {
      const receivers = this.#savers.filter((_, place) => place % this.#traders.length === first);
      const wishes = receivers.flatMap(({ id }): Wish[] => [
        { kind: "transfer", asset: assetId(usd), amount: GIFT, to: id },
        { kind: "transfer", asset: assetId(index), amount: shortened((GIFT * INDEX_UNIT) / close), to: id },
      ]);
      return { cosigner: trader, operations: terms.operationsOf(trader, wishes), manner: "signs" };
    });
    return this.#relay.seal(intents, Number(time));
  }

  /* SETTLEMENT DAYS */

  /** Whether a batch can do this in place of a transaction. */
  takes({ account, operation }: Planned): boolean {
    if (this.#relay.cosignerOf(account.address) === undefined) return false;
    if (operation.kind === "transfer") return this.#relay.idOf(operation.to) !== undefined;
    return operation.kind === "swapExactIn" && operation.source === "ledger" && operation.destination === "ledger";
  }

  /** What the traders planned and what the savers feel like, at the day's close (micro-dollars for one unit). */
  async day(planned: readonly Planned[], close: bigint, time: bigint): Promise<SealedBatch[]> {
    const terms = new Terms(this.#options);
    return this.#relay.seal([...this.#ofTraders(planned, terms), ...this.#ofSavers(close, terms)], Number(time));
  }

  #ofTraders(planned: readonly Planned[], terms: Terms): Intent[] {
    return this.#traders.flatMap((cosigner): Intent[] => {
      const wishes = planned
        .filter(({ account }) => account.address === cosigner.address)
        .flatMap((each) => this.#wishOf(each));
      if (wishes.length === 0) return [];
      return [{ cosigner, operations: terms.operationsOf(cosigner, wishes), manner: "signs" }];
    });
  }

  #wishOf({ operation }: Planned): Wish[] {
    if (operation.kind === "swapExactIn") {
      const { pool, assetIn, amountIn } = operation;
      return [{ kind: "swap", pool, assetIn, amountIn, slack: 0n }];
    }
    const to = operation.kind === "transfer" ? this.#relay.idOf(operation.to) : undefined;
    if (operation.kind !== "transfer" || to === undefined) return [];
    return [{ kind: "transfer", asset: operation.asset, amount: operation.amount, to }];
  }

  #ofSavers(close: bigint, terms: Terms): Intent[] {
    const { random } = this.#options;
    const market: SaverMarket = { ...this.#options, terms };
    return this.#savers.flatMap((cosigner): Intent[] => {
      const others = this.#savers.filter((other) => other !== cosigner);
      const wish = wishOf(market, { random, saver: cosigner, others, close });
      if (wish === undefined) return [];
      return [{ cosigner, operations: terms.operationsOf(cosigner, [wish]), manner: mannerOf(random) }];
    });
  }
}
