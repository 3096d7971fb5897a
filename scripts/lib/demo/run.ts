import {
  AmmModel,
  assetId,
  createLakh,
  isZeroForOne,
  LedgerModel,
  loadBls,
  ModelError,
  type Lakh,
  type LakhRequest,
} from "../../../src/index.js";
import * as math from "../../../src/models/amm-math.js";
import { MockERC20__factory } from "../../../typechain-types/index.js";
import { readMeta } from "../../../bench/meta.js";
import { demoReportSchema, type DemoBatches, type DemoReport, type Reconciliation } from "../../../bench/schema.js";
import { deployLocal, type LocalAddresses } from "../deployment.js";
import { DEVNET_CHAIN_ID, type LocalChain } from "../devnet.js";
import type { SealedBatch } from "./batches.js";
import { CoSigning } from "./cosigning.js";
import { compareWithModel, type Comparison } from "./compare.js";
import { arbitrage, DOLLAR, firstReserves, INDEX_UNIT, openMarkets, priceError, type Market } from "./market.js";
import { available, follow, sharesOf, toRequest, type Operation, type Side } from "./operation.js";
import { PRICE_FILE, readPrices, type Day } from "./prices.js";
import { createRandom, type Random } from "./random.js";
import { DemoError, MAX_GAS, mineBlock, openAccounts, sign, type Account, type Mined } from "./sender.js";
import { Flows, Tally } from "./tally.js";

const MAX_UINT256 = (1n << 256n) - 1n;
const ACCOUNTS = 20;
const PROVIDERS = 4;
const OPERATIONS_A_DAY = 6;
/** Every so many days, a batch is settled. */
const SETTLEMENT_DAYS = 5;
const CLOSING_HOUR = 21n;
const HOUR = 3_600n;
const BPS = 10_000n;
const MILLION = 1_000_000n;
const HIGHEST_TRADE = 20_000n * DOLLAR;
const SMALLEST_TRADE = DOLLAR;

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

/** An operation that waits for its block, and the line of the table that it counts for. */
export type Planned = { phase: string; account: Account; operation: Operation };

/** A run that has not begun: its steps start the chain by `openChain`, replay the days and compare the end. */
export function createDemo(openChain: () => Promise<LocalChain>, { seed, days: count, signal }: DemoOptions): Demo {
  const days = readPrices(count);
  const tally = new Tally();
  const started = performance.now();
  let run: Run | undefined;
  let comparison: Comparison | undefined;
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
        title: `Replay ${days.length.toLocaleString("en-US")} days of the S&P 500`,
        async run(progress) {
          for (const [index, day] of days.entries()) {
            alive();
            await current().trade(day, (index + 1) % SETTLEMENT_DAYS === 0);
            progress(`${day.date}, ${tally.operations.toLocaleString("en-US")} operations`);
          }
        },
      },
      {
        title: "Let half of the accounts leave",
        async run() {
          await current().leave();
        },
      },
      {
        title: "Compare every account and book with the model",
        async run(progress) {
          comparison = await current().compare();
          batches = await current().batches();
          seconds = Math.round((performance.now() - started) / 100) / 10;
          progress(`${comparison.compared} figures`);
        },
      },
    ],
    report() {
      if (comparison === undefined || batches === undefined) throw new TypeError("The run has not ended.");
      const { chain } = current();
      return demoReportSchema.parse({
        meta: readMeta({ fork, seed }),
        chain: chain.kind,
        seconds,
        data: { file: PRICE_FILE, days: days.length, first: days[0]?.date, last: days.at(-1)?.date },
        phases: tally.phases(),
        batches,
        prices: current().prices(),
        compared: comparison.compared,
        differences: comparison.differences,
        reconciliation: current().reconcile(comparison),
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
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #errors = new Map<Market, number[]>();
  #addresses!: LocalAddresses;
  #lakh!: Lakh;
  #model!: AmmModel;
  #flows!: Flows;
  #markets: readonly Market[] = [];
  #cosigning!: CoSigning;
  #relayer!: Account;
  #arbitrageur!: Account;
  #providers: readonly Account[] = [];
  #traders: readonly Account[] = [];
  #time = 0n;

  constructor(options: { chain: LocalChain; days: readonly Day[]; seed: string; tally: Tally }) {
    this.chain = options.chain;
    this.#days = options.days;
    this.#seed = options.seed;
    this.#random = createRandom(options.seed);
    this.#tally = options.tally;
  }

  get #accounts(): Account[] {
    return [this.#arbitrageur, ...this.#providers, ...this.#traders];
  }

  get #tokens(): [index: string, usd: string] {
    return [this.#addresses.index, this.#addresses.usd];
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
    this.#cosigning = await CoSigning.open({
      ...{ lakh: this.#lakh, model: this.#model, chainId: BigInt(DEVNET_CHAIN_ID), bls: await loadBls() },
      ...{ relayer: relayer.address, traders: this.#traders, pools: this.#markets.map(({ key }) => key) },
      ...{ index, usd, random: createRandom(`${this.#seed} savers`), tally: this.#tally },
    });
  }

  async open(): Promise<void> {
    const [first] = this.#days;
    if (first === undefined) throw new RangeError("There is no day to replay.");
    this.#time = closing(first) - 12n * HOUR;
    const funds = new Map<Account, bigint>(this.#traders.map((account) => [account, 2n * MILLION]));
    for (const account of this.#providers) funds.set(account, 40n * MILLION);
    funds.set(this.#arbitrageur, 2_000n * MILLION);
    await this.#fillWallets(funds, first.close);

    const [index, usd] = this.#tokens;
    await this.#block(
      this.#accounts.flatMap((account) =>
        [index, usd].map((token) => {
          const amount = available(this.#model, { account: account.address, token, side: "wallet" }) / 2n;
          return { phase: "deposit", account, operation: { kind: "deposit", token, amount } as const };
        }),
      ),
    );
    const [provider] = this.#providers;
    if (provider === undefined) throw new RangeError("Nobody provides liquidity.");
    await this.#block(
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
    await this.#block(
      this.#providers.flatMap((account) => this.#markets.map((market) => this.#join(account, market, first, MILLION))),
    );
  }

  /** One transaction registers everybody's key, the traders consent, and a batch brings the savers their first assets. */
  async register(): Promise<void> {
    const [first] = this.#days;
    if (first === undefined) throw new RangeError("There is no day to replay.");
    this.#tick();
    const queue = this.#queue();
    const { request, check } = await this.#cosigning.registration(this.#time + HOUR);
    await queue.send(this.#relayer, request, check);
    for (const { account, request: consent, apply } of this.#cosigning.consents()) {
      await queue.send(account, consent, (mined) => this.#tally.add("consent", mined));
      apply();
    }
    await queue.mine();
    this.#tick();
    const batches = this.#queue();
    await this.#settle(batches, await this.#cosigning.gifts(first.close, this.#time));
    await batches.mine();
  }

  async trade(day: Day, isSettlementDay: boolean): Promise<void> {
    this.#time = closing(day);
    this.#model.timestamp = this.#time;
    const cosigned: Planned[] = [];
    const opening = new Map(this.#markets.map((market) => [market, this.#model.poolOf(market.key)]));
    const queue = this.#queue();
    for (let count = 0; count < OPERATIONS_A_DAY; count++) {
      const planned = this.#plan(day, opening);
      if (planned === undefined) continue;
      if (isSettlementDay && this.#cosigning.takes(planned)) cosigned.push(planned);
      else await queue.add(planned);
    }
    if (isSettlementDay) await this.#settle(queue, await this.#cosigning.day(cosigned, day.close, this.#time));
    for (const market of this.#markets) {
      const planned = this.#correct(market, day);
      if (planned !== undefined) await queue.add(planned);
    }
    await queue.mine();
    for (const market of this.#markets) {
      const errors = this.#errors.get(market) ?? [];
      errors.push(priceError(market, this.#model.poolOf(market.key), day.close));
      this.#errors.set(market, errors);
    }
  }

  /** Every second provider and trader takes out all that is his. */
  async leave(): Promise<void> {
    const leaving = [...this.#providers, ...this.#traders].filter((_, index) => index % 2 === 1);
    this.#time += HOUR;
    await this.#block(
      leaving.flatMap((account) =>
        this.#markets.flatMap((market) => {
          const shares = sharesOf(this.#model, account.address, market.key);
          return shares === 0n ? [] : [this.#part(account, market, shares)];
        }),
      ),
    );
    this.#time += HOUR;
    await this.#block(
      leaving.flatMap((account) =>
        this.#tokens.flatMap((token) => {
          const amount = available(this.#model, { account: account.address, token, side: "ledger" });
          if (amount === 0n) return [];
          return [{ phase: "withdraw", account, operation: { kind: "withdraw", token, amount } as const }];
        }),
      ),
    );
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

  /* FIGURES */

  async batches(): Promise<DemoBatches> {
    return this.#cosigning.summary();
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
  reconcile({ held }: Comparison): Reconciliation[] {
    const [index, usd] = this.#tokens;
    return [["INDEX", index] as const, ["USD", usd] as const].map(([asset, token]) => {
      const { in: deposited, out: withdrawn } = this.#flows.of(token);
      const inside = held.get(token) ?? 0n;
      return {
        asset,
        deposited: String(deposited),
        withdrawn: String(withdrawn),
        held: String(inside),
        difference: String(deposited - withdrawn - inside),
      };
    });
  }

  /* OPERATIONS */

  /** What one of the traders or providers feels like doing, or undefined when he cannot. */
  #plan(day: Day, opening: ReadonlyMap<Market, math.PoolState>): Planned | undefined {
    const random = this.#random;
    const roll = random.below(100);
    if (roll < 4) return this.#join(random.pick(this.#providers), random.pick(this.#markets), day, 20_000n);
    if (roll < 8) {
      const [account, market] = [random.pick(this.#providers), random.pick(this.#markets)];
      const shares = sharesOf(this.#model, account.address, market.key) / random.between(60n, 200n);
      return shares === 0n ? undefined : this.#part(account, market, shares);
    }
    const account = random.pick(this.#traders);
    const token = random.pick(this.#tokens);
    const value = random.between(10n * DOLLAR, HIGHEST_TRADE);
    if (roll < 16) return this.#move(account, "deposit", token, value, day);
    if (roll < 22) return this.#move(account, "withdraw", token, value, day);
    if (roll < 30) {
      const amount = this.#affordable(account, token, "ledger", value, day);
      const to = random.pick(this.#traders).address;
      if (amount === undefined) return undefined;
      return { phase: "transfer", account, operation: { kind: "transfer", asset: assetId(token), amount, to } };
    }
    const side: Side = roll < 65 ? "ledger" : "wallet";
    const market = random.pick(this.#markets);
    const state = opening.get(market);
    const amount = this.#affordable(account, token, side, value, day);
    if (amount === undefined || state === undefined) return undefined;
    const assetIn = assetId(token);
    const zeroForOne = isZeroForOne(market.key, assetIn);
    // He saw the price at the opening and tolerates 0.1 % to 0.5 %.
    const tolerance = random.between(10n, 50n);
    const quoted = math.amountOut(state, zeroForOne, amount);
    const common = { pool: market.key, assetIn, source: side, destination: side };
    if (random.below(5) > 0) {
      const minAmountOut = (quoted * (BPS - tolerance)) / BPS;
      const phase = side === "ledger" ? "swap, exact in, ledger" : "swap, exact in, wallet";
      return { phase, account, operation: { kind: "swapExactIn", amountIn: amount, minAmountOut, ...common } };
    }
    const amountOut = (quoted * (BPS - tolerance)) / BPS;
    const phase = side === "ledger" ? "swap, exact out, ledger" : "swap, exact out, wallet";
    return { phase, account, operation: { kind: "swapExactOut", amountOut, maxAmountIn: amount, ...common } };
  }

  /** The arbitrageur's trade at the close, or undefined within the fee band. */
  #correct({ key, ...market }: Market, { close }: Day): Planned | undefined {
    const state = this.#model.poolOf(key);
    const trade = arbitrage({ key, ...market }, state, close);
    if (trade === undefined) return undefined;
    const [index, usd] = this.#tokens;
    const assetIn = assetId(trade.sells === "dollars" ? usd : index);
    if (trade.amount < (trade.sells === "dollars" ? SMALLEST_TRADE : INDEX_UNIT / 1_000n)) return undefined;
    const minAmountOut = math.amountOut(state, isZeroForOne(key, assetIn), trade.amount);
    const operation: Operation = {
      ...{ kind: "swapExactIn", pool: key, assetIn, amountIn: trade.amount, minAmountOut },
      ...{ source: "ledger", destination: "ledger" },
    };
    return { phase: "arbitrage, ledger", account: this.#arbitrageur, operation };
  }

  #join(account: Account, market: Market, { close }: Day, dollars: bigint): Planned {
    const cash = dollars * DOLLAR;
    const index = (cash * INDEX_UNIT) / close;
    const [amount0, amount1] = market.indexIsAsset0 ? [index, cash] : [cash, index];
    const operation: Operation = {
      ...{ kind: "addLiquidity", pool: market.key, amount0, amount1, minShares: 1n, source: "ledger" },
    };
    return { phase: "add liquidity", account, operation };
  }

  #part(account: Account, { key }: Market, shares: bigint): Planned {
    const operation: Operation = {
      ...{ kind: "removeLiquidity", pool: key, shares, minAmount0: 0n, minAmount1: 0n, destination: "ledger" },
    };
    return { phase: "remove liquidity", account, operation };
  }

  #move(account: Account, kind: "deposit" | "withdraw", token: string, value: bigint, day: Day): Planned | undefined {
    const amount = this.#affordable(account, token, kind === "deposit" ? "wallet" : "ledger", value, day);
    return amount === undefined ? undefined : { phase: kind, account, operation: { kind, token, amount } };
  }

  /** `value` micro-dollars in units of the token, or half of what there is; undefined when that is next to nothing. */
  #affordable(account: Account, token: string, side: Side, value: bigint, { close }: Day): bigint | undefined {
    const isIndex = token === this.#addresses.index;
    const wanted = isIndex ? (value * INDEX_UNIT) / close : value;
    const funds = available(this.#model, { account: account.address, token, side });
    const amount = wanted <= funds ? wanted : funds / 2n;
    return amount < (isIndex ? INDEX_UNIT / 1_000n : SMALLEST_TRADE) ? undefined : amount;
  }

  /* BLOCKS */

  /** Tokens for everybody, `dollars` worth of each, and the approval of the ledger: not operations of the suite. */
  async #fillWallets(dollars: ReadonlyMap<Account, bigint>, price: bigint): Promise<void> {
    const codec = MockERC20__factory.createInterface();
    const [index, usd] = this.#tokens;
    const signed: string[] = [];
    for (const [account, value] of dollars) {
      const { address } = account;
      const amounts = [
        [index, (value * DOLLAR * INDEX_UNIT) / price],
        [usd, value * DOLLAR],
      ] as const;
      for (const [token, amount] of amounts) {
        const mint = codec.encodeFunctionData("mint", [address, amount]);
        const approve = codec.encodeFunctionData("approve", [this.#addresses.ledger, MAX_UINT256]);
        for (const data of [mint, approve]) {
          signed.push(await sign(account, { to: token, data, value: 0n }, signed.length));
        }
        this.#model.ledger.mintToken({ token, to: address, amount });
        this.#model.ledger.approveToken({ token, owner: address, amount: MAX_UINT256 });
      }
    }
    const mined = await mineBlock(this.chain, signed, this.#time);
    if (mined.some(({ succeeded }) => !succeeded)) {
      throw new DemoError("UNEXPECTED_OUTCOME", "A wallet could not be filled.");
    }
  }

  /** All operations in one block, and the clock a little further. */
  async #block(planned: readonly Planned[]): Promise<void> {
    this.#tick();
    const queue = this.#queue();
    for (const each of planned) await queue.add(each);
    await queue.mine();
  }

  #tick(): void {
    this.#time += HOUR / 4n;
    this.#model.timestamp = this.#time;
  }

  async #settle(queue: Queue, batches: readonly SealedBatch[]): Promise<void> {
    const to = this.#addresses.settlement;
    for (const { calldata, check } of batches) {
      await queue.send(this.#relayer, { to, data: calldata, value: 0n }, check);
    }
  }

  /** Operations in their order: each is run on the model when it is added, and on the chain when the block is mined. */
  #queue(): Queue {
    const signed: string[] = [];
    const checks: ((mined: Mined) => void)[] = [];
    const timestamp = this.#time;
    return {
      add: async ({ phase, account, operation }) => {
        const order = { account: account.address, operation, deadline: timestamp };
        signed.push(await sign(account, toRequest(this.#lakh, order), signed.length));
        const refused = refusalOf(() => follow(this.#model, order));
        checks.push((mined) => {
          checkOutcome(phase, mined, refused);
          this.#tally.add(phase, mined);
        });
      },
      send: async (account, request, check) => {
        signed.push(await sign(account, request, signed.length, MAX_GAS));
        checks.push(check);
      },
      mine: async () => {
        const mined = await mineBlock(this.chain, signed, timestamp);
        for (const [index, outcome] of mined.entries()) {
          checks[index]?.(outcome);
          this.#flows.add(outcome.logs);
        }
      },
    };
  }
}

/** What fills a block. */
type Queue = {
  add: (planned: Planned) => Promise<void>;
  /** A transaction that the caller has run on the model himself, and checks himself. */
  send: (account: Account, request: Omit<LakhRequest, "parameters">, check: (mined: Mined) => void) => Promise<void>;
  mine: () => Promise<void>;
};

function checkOutcome(phase: string, { succeeded }: Mined, refused: string | undefined): void {
  if (succeeded === (refused === undefined)) return;
  const [did, should] = [succeeded ? "accepted" : "refused", refused ?? "no reason to refuse it"];
  throw new DemoError("UNEXPECTED_OUTCOME", `The chain ${did} an operation (${phase}); the model has ${should}.`);
}

/** The name of the error with which the contracts would refuse, or undefined. */
function refusalOf(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof ModelError) return error.code;
    throw error;
  }
}
