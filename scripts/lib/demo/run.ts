import { AmmModel, createLakh, LedgerModel, loadBls, type Lakh } from "../../../src/index.js";
import { readMeta } from "../../../bench/meta.js";
import { demoReportSchema, type DemoBatches, type DemoReport, type Reconciliation } from "../../../bench/schema.js";
import { deployLocal, type LocalAddresses } from "../deployment.js";
import { DEVNET_CHAIN_ID, type LocalChain } from "../devnet.js";
import { Blocks } from "./blocks.js";
import { CoSigning } from "./cosigning.js";
import { compareWithModel, type Comparison } from "./compare.js";
import type { FarmComparison } from "./compare-farm.js";
import { Farm, openFarmModels } from "./farm.js";
import { compareMean, PriceHistory } from "./history.js";
import { DOLLAR, firstReserves, openMarkets, priceError, type Market } from "./market.js";
import { available, sharesOf } from "./operation.js";
import { PRICE_FILE, readPrices, type Day } from "./prices.js";
import { createRandom } from "./random.js";
import { DemoError, openAccounts, type Account } from "./sender.js";
import { Flows, Tally } from "./tally.js";
import { Trading, type Planned } from "./trading.js";
import { fillWallets } from "./wallets.js";

const ACCOUNTS = 20;
const PROVIDERS = 4;
const OPERATIONS_A_DAY = 6;
/** Every so many days, a batch is settled. */
const SETTLEMENT_DAYS = 5;
/** Every so many days, farmers claim: on the fifth for the first time. */
const HARVEST_DAYS = 50;
/** Blocks at the end, and the seconds of which the oracle then gives the mean: a part of a price, and whole ones. */
const ORACLE_BLOCKS = 6;
const ORACLE_WINDOW = 3_000n;
const CLOSING_HOUR = 21n;
const HOUR = 3_600n;
const MILLION = 1_000_000n;

/** Gas of a block that holds a phase of everybody's transactions. */
export const DEMO_BLOCK_GAS = 1_000_000_000n;
/** Accounts that the chain must have. */
export const DEMO_ACCOUNTS = ACCOUNTS;

export type DemoOptions = {
  /** Seed of everything that looks random. */
  seed: string;
  /** Trading days to replay; all of them unless given. */
  days?: number;
  signal?: AbortSignal;
};

/** A part of the run, for a progress display. */
export type DemoStep = { title: string; run: (progress: (text: string) => void) => Promise<void> };

/** The steps of a run, in their order, and what they found. */
export type Demo = { steps: readonly DemoStep[]; report: () => DemoReport };

/** Unix time, in seconds, at which the chain must start so that its clock can follow the data. */
export function demoStart(): number {
  return Number(closing(readPrices(1)[0] ?? { date: "", close: 0n }) - 48n * HOUR);
}

function closing({ date }: Day): bigint {
  return BigInt(Date.parse(`${date}T00:00:00Z`) / 1_000) + CLOSING_HOUR * HOUR;
}

/** A run that has not begun: its steps start the chain by `openChain`, replay the days and compare the end. */
export function createDemo(openChain: () => Promise<LocalChain>, { seed, days: count, signal }: DemoOptions): Demo {
  const days = readPrices(count);
  const tally = new Tally();
  const started = performance.now();
  let run: Run | undefined;
  let comparison: Comparison | undefined;
  let farm: FarmComparison | undefined;
  let batches: DemoBatches | undefined;
  let fork = "unknown";
  let seconds = 0;
  const current = (): Run => {
    if (run === undefined) throw new TypeError("The chain has not been started.");
    return run;
  };
  const alive = (): void => {
    if (signal?.aborted === true) throw new DemoError("INTERRUPTED", "Interrupted.");
  };

  return {
    steps: [
      {
        title: "Start a local L2",
        async run(progress) {
          const chain = await openChain();
          fork = await readFork(chain);
          run = new Run({ chain, days, seed, tally });
          progress(chain.kind === "anvil" ? "anvil" : "in this process");
        },
      },
      {
        title: "Deploy the suite",
        async run() {
          await current().deploy();
        },
      },
      {
        title: "Fill wallets, deposit, create two pools",
        async run() {
          await current().open();
        },
      },
      {
        title: "Register co-signing keys, give the savers their first assets",
        async run() {
          await current().register();
        },
      },
      {
        title: "Open a stake pool for LP shares, let savers add liquidity and stake it",
        async run() {
          await current().farm();
        },
      },
      {
        title: `Replay ${days.length.toLocaleString("en-US")} days of the S&P 500`,
        async run(progress) {
          for (const [index, day] of days.entries()) {
            alive();
            const number = index + 1;
            await current().trade(day, number % SETTLEMENT_DAYS === 0);
            if (number % HARVEST_DAYS === SETTLEMENT_DAYS) await current().harvest();
            progress(`${day.date}, ${tally.operations.toLocaleString("en-US")} operations`);
          }
          await current().mined();
          progress(`${days.at(-1)?.date ?? ""}, ${tally.operations.toLocaleString("en-US")} operations`);
        },
      },
      {
        title: "Claim the last rewards, unstake, take the savers' liquidity out",
        async run() {
          await current().reap();
        },
      },
      {
        title: "Let half of the accounts leave",
        async run() {
          await current().leave();
        },
      },
      {
        title: "Trade for an hour more, ask a pool for its mean price",
        async run() {
          await current().consult();
        },
      },
      {
        title: "Compare every account and book with the model",
        async run(progress) {
          comparison = await current().compare();
          farm = await current().compareFarm();
          batches = await current().batches();
          seconds = Math.round((performance.now() - started) / 100) / 10;
          progress(`${comparison.compared + farm.compared} figures`);
        },
      },
    ],
    report() {
      if (comparison === undefined || farm === undefined || batches === undefined)
        throw new TypeError("The run has not ended.");
      const { chain } = current();
      return demoReportSchema.parse({
        meta: readMeta({ fork, seed }),
        chain: chain.kind,
        seconds,
        data: { file: PRICE_FILE, days: days.length, first: days[0]?.date, last: days.at(-1)?.date },
        phases: tally.phases(),
        batches,
        farm: farm.figures,
        prices: current().prices(),
        oracle: current().oracle(),
        compared: comparison.compared + farm.compared + 1,
        differences: [...comparison.differences, ...farm.differences, ...current().oracleDifferences()],
        reconciliation: current().reconcile(comparison, farm),
      });
    },
  };
}

async function readFork(chain: LocalChain): Promise<string> {
  if (chain.kind === "in-process") return "isthmus";
  const { hardFork } = (await chain.request({ method: "anvil_nodeInfo" })) as { hardFork?: string };
  return hardFork?.toLowerCase() ?? "unknown";
}

class Run {
  readonly chain: LocalChain;
  readonly #days: readonly Day[];
  readonly #seed: string;
  readonly #tally: Tally;
  readonly #errors = new Map<Market, number[]>();
  readonly #oracleDifferences: string[] = [];
  #oracle: DemoReport["oracle"] | undefined;
  #addresses!: LocalAddresses;
  #lakh!: Lakh;
  #model!: AmmModel;
  #farm!: Farm;
  #flows!: Flows;
  #markets: readonly Market[] = [];
  #blocks!: Blocks;
  #trading!: Trading;
  #cosigning!: CoSigning;
  #relayer!: Account;
  #arbitrageur!: Account;
  #providers: readonly Account[] = [];
  #traders: readonly Account[] = [];

  constructor(options: { chain: LocalChain; days: readonly Day[]; seed: string; tally: Tally }) {
    this.chain = options.chain;
    this.#days = options.days;
    this.#seed = options.seed;
    this.#tally = options.tally;
  }

  get #accounts(): Account[] {
    return [this.#arbitrageur, ...this.#providers, ...this.#traders];
  }

  get #tokens(): [index: string, usd: string] {
    return [this.#addresses.index, this.#addresses.usd];
  }

  get #lastClosing(): bigint {
    const last = this.#days.at(-1);
    if (last === undefined) throw new RangeError("There is no day to replay.");
    return closing(last);
  }

  /* STEPS */

  async deploy(): Promise<void> {
    const addresses = await deployLocal(this.chain);
    await this.chain.request({ method: "evm_setAutomine", params: [false] });
    this.#addresses = addresses;
    this.#lakh = createLakh({ addresses, runner: this.chain.provider });
    const { index, usd } = addresses;
    const ledger = new LedgerModel({ address: addresses.ledger, tokens: [index, usd], homePairs: [[index, usd]] });
    this.#model = new AmmModel({ address: addresses.amm, ledger });
    this.#flows = new Flows(addresses.ledger);
    const [relayer, arbitrageur, ...others] = await openAccounts(this.chain, ACCOUNTS);
    if (relayer === undefined || arbitrageur === undefined) throw new RangeError("The chain has no accounts.");
    this.#relayer = relayer;
    this.#arbitrageur = arbitrageur;
    this.#providers = others.slice(0, PROVIDERS);
    this.#traders = others.slice(PROVIDERS);
    const closes = this.#days.map(({ close }) => close);
    const low = closes.reduce((least, close) => (close < least ? close : least));
    const high = closes.reduce((most, close) => (close > most ? close : most));
    const { plain, range } = openMarkets({ index, usd, low: (low * 3n) / 4n, high: (high * 4n) / 3n });
    this.#markets = [plain, range];
    const farm = openFarmModels(this.#lakh, { market: plain, usd, ledger });
    this.#blocks = new Blocks({
      ...{ chain: this.chain, lakh: this.#lakh, model: this.#model, relayer, ...farm },
      ...{ tally: this.#tally, flows: this.#flows },
    });
    this.#trading = new Trading({
      ...{ model: this.#model, random: createRandom(this.#seed), markets: this.#markets, index, usd },
      ...{ arbitrageur, providers: this.#providers, traders: this.#traders },
    });
    this.#cosigning = await CoSigning.open({
      ...{ lakh: this.#lakh, model: this.#model, chainId: BigInt(DEVNET_CHAIN_ID), bls: await loadBls() },
      ...{ relayer: relayer.address, traders: this.#traders, pools: this.#markets.map(({ key }) => key) },
      ...{ index, usd, random: createRandom(`${this.#seed} savers`), tally: this.#tally },
    });
    this.#farm = new Farm({
      ...{ ...farm, lakh: this.#lakh, model: this.#model, market: plain, index, usd, providers: this.#providers },
      ...{ blocks: this.#blocks, cosigning: this.#cosigning, end: this.#lastClosing - HOUR },
    });
  }

  async open(): Promise<void> {
    const [first] = this.#days;
    if (first === undefined) throw new RangeError("There is no day to replay.");
    this.#blocks.moveTo(closing(first) - 12n * HOUR);
    const funds = new Map<Account, bigint>(this.#traders.map((account) => [account, 2n * MILLION]));
    for (const account of this.#providers) funds.set(account, 40n * MILLION);
    funds.set(this.#arbitrageur, 2_000n * MILLION);
    const [index, usd] = this.#tokens;
    await fillWallets({
      ...{ chain: this.chain, model: this.#model, index, usd },
      ...{ dollars: funds, price: first.close, timestamp: this.#blocks.time },
    });
    await this.#blocks.mine(
      this.#accounts.flatMap((account) =>
        [index, usd].map((token) => {
          const amount = available(this.#model, { account: account.address, token, side: "wallet" }) / 2n;
          return { phase: "deposit", account, operation: { kind: "deposit", token, amount } as const };
        }),
      ),
    );
    const [provider] = this.#providers;
    if (provider === undefined) throw new RangeError("Nobody provides liquidity.");
    await this.#blocks.mine(
      this.#markets.map((market) => {
        const reserves = firstReserves(market, { dollars: 3n * MILLION * DOLLAR, price: first.close });
        const operation = {
          kind: "createPool",
          pool: market.key,
          ...reserves,
          minShares: 1n,
          source: "ledger",
        } as const;
        return { phase: "create pool", account: provider, operation };
      }),
    );
    await this.#blocks.mine(
      this.#providers.flatMap((account) =>
        this.#markets.map((market) => this.#trading.join(account, market, first, MILLION)),
      ),
    );
  }

  /** One transaction registers everybody's key, the traders consent, and a batch brings the savers their first assets. */
  async register(): Promise<void> {
    const [first] = this.#days;
    if (first === undefined) throw new RangeError("There is no day to replay.");
    const blocks = this.#blocks;
    blocks.tick();
    const keys = blocks.open();
    const { request, check } = await this.#cosigning.registration(blocks.time + HOUR);
    await keys.send(this.#relayer, request, check);
    for (const { account, request: consent, apply } of this.#cosigning.consents()) {
      await keys.send(account, consent, (mined) => this.#tally.add("consent", mined));
      apply();
    }
    await keys.post();
    await blocks.mined(); // the ids are in its events
    blocks.tick();
    const gifts = blocks.open();
    await gifts.settle(await this.#cosigning.gifts(first.close, blocks.time));
    await gifts.post();
    await blocks.mined();
  }

  async farm(): Promise<void> {
    const [first] = this.#days;
    if (first === undefined) throw new RangeError("There is no day to replay.");
    await this.#farm.open(first.close);
  }

  /** One day; its block is mined while the next ones are made. */
  async trade(day: Day, isSettlementDay: boolean): Promise<void> {
    this.#blocks.moveTo(closing(day));
    const cosigned: Planned[] = [];
    const opening = new Map(this.#markets.map((market) => [market, this.#model.poolOf(market.key)]));
    const block = this.#blocks.open();
    for (let count = 0; count < OPERATIONS_A_DAY; count++) {
      const planned = this.#trading.plan(day, opening);
      if (planned === undefined) continue;
      if (isSettlementDay && this.#cosigning.takes(planned)) cosigned.push(planned);
      else await block.add(planned);
    }
    if (isSettlementDay) await block.settle(await this.#cosigning.day(cosigned, day.close, this.#blocks.time));
    for (const market of this.#markets) {
      const planned = this.#trading.correct(market, day);
      if (planned !== undefined) await block.add(planned);
    }
    await block.post();
    for (const market of this.#markets) {
      const errors = this.#errors.get(market) ?? [];
      errors.push(priceError(market, this.#model.poolOf(market.key), day.close));
      this.#errors.set(market, errors);
    }
  }

  async mined(): Promise<void> {
    await this.#blocks.mined();
  }

  async harvest(): Promise<void> {
    await this.#farm.harvest();
  }

  async reap(): Promise<void> {
    await this.#farm.close();
  }

  /** Every second provider and trader takes out all that is his. */
  async leave(): Promise<void> {
    const leaving = [...this.#providers, ...this.#traders].filter((_, index) => index % 2 === 1);
    this.#blocks.moveTo(this.#blocks.time + HOUR);
    await this.#blocks.mine(
      leaving.flatMap((account) =>
        this.#markets.flatMap((market) => {
          const shares = sharesOf(this.#model, account.address, market.key);
          return shares === 0n ? [] : [this.#trading.part(account, market, shares)];
        }),
      ),
    );
    this.#blocks.moveTo(this.#blocks.time + HOUR);
    await this.#blocks.mine(
      leaving.flatMap((account) =>
        this.#tokens.flatMap((token) => {
          const amount = available(this.#model, { account: account.address, token, side: "ledger" });
          if (amount === 0n) return [];
          return [{ phase: "withdraw", account, operation: { kind: "withdraw", token, amount } as const }];
        }),
      ),
    );
  }

  /**
   * Blocks a quarter of an hour apart, each with trades upon the last one's price; the oracle counts each price for as
   * long as it stood, and not that of the block that asks.
   */
  async consult(): Promise<void> {
    const [market] = this.#markets;
    const day = this.#days.at(-1);
    if (market === undefined || day === undefined) throw new RangeError("There is nothing to ask for.");
    const history = new PriceHistory();
    history.note(this.#blocks.time, this.#model.poolOf(market.key));
    const prices = new Set<bigint>();
    for (let count = 0; count < ORACLE_BLOCKS; count++) {
      const close = (day.close * (count % 2 === 0 ? 102n : 98n)) / 100n;
      const planned = this.#trading.correct(market, { ...day, close });
      await this.#blocks.mine(planned === undefined ? [] : [planned]);
      const { reserve0 } = this.#model.poolOf(market.key);
      prices.add(reserve0);
      history.note(this.#blocks.time, this.#model.poolOf(market.key));
    }
    const { asset0, asset1 } = market.key;
    const { amm } = this.#lakh;
    const window = ORACLE_WINDOW;
    const { timestamp } = (await this.chain.provider.getBlock("latest")) ?? { timestamp: 0 };
    const consulted = await amm.contract.consult(market.key, window, { blockTag: "latest" });
    const model = history.mean(BigInt(timestamp), window);
    const { reserve0, offset0, reserve1, offset1 } = this.#model.poolOf(market.key);
    const { chain, relativeError, isEqual } = compareMean(consulted, model);
    const spot = Number(reserve1 + offset1) / Number(reserve0 + offset0);
    this.#oracle = {
      ...{ pool: market.name, windowSeconds: Number(window), prices: prices.size },
      ...{ consulted: chain, model, relativeError, spot },
    };
    if (!isEqual) {
      this.#oracleDifferences.push(
        `the mean price of ${asset1} per ${asset0} is ${chain} on chain and ${model} in the model`,
      );
    }
  }

  async compare(): Promise<Comparison> {
    return compareWithModel({
      lakh: this.#lakh,
      model: this.#model,
      accounts: [...this.#accounts.map(({ address }) => address), ...this.#cosigning.others],
      tokens: this.#tokens,
      pools: this.#markets.map(({ key }) => key),
    });
  }

  async compareFarm(): Promise<FarmComparison> {
    return this.#farm.compare();
  }

  /* FIGURES */

  async batches(): Promise<DemoBatches> {
    return this.#cosigning.summary();
  }

  oracle(): DemoReport["oracle"] {
    if (this.#oracle === undefined) throw new TypeError("The oracle was not asked.");
    return this.#oracle;
  }

  oracleDifferences(): readonly string[] {
    return this.#oracleDifferences;
  }

  prices(): DemoReport["prices"] {
    const round = (value: number): number => Math.round(value * 100) / 100;
    return [...this.#errors].map(([{ name, key }, errors]) => ({
      pool: name,
      meanErrorBps: round(errors.reduce((sum, error) => sum + error, 0) / errors.length),
      maxErrorBps: round(errors.reduce((most, error) => Math.max(most, error), 0)),
      feeBps: Number(key.fee) / 100,
    }));
  }

  /** From the tokens' own events and the words on chain; the model has no part in it. */
  reconcile({ held }: Comparison, { held: rewards }: FarmComparison): Reconciliation[] {
    const [index, usd] = this.#tokens;
    return [["INDEX", index] as const, ["USD", usd] as const].map(([asset, token]) => {
      const { in: deposited, out: withdrawn } = this.#flows.of(token);
      const inside = (held.get(token) ?? 0n) + (token === usd ? rewards : 0n);
      return {
        asset,
        deposited: String(deposited),
        withdrawn: String(withdrawn),
        held: String(inside),
        difference: String(deposited - withdrawn - inside),
      };
    });
  }
}
