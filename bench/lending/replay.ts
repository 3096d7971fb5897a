import { HDNodeWallet, id, Mnemonic, toQuantity, type ContractFactory } from "ethers";
import { arbitrage, DOLLAR, INDEX_UNIT, priceError, type Market } from "../../scripts/lib/demo/market.js";
import { type Day } from "../../scripts/lib/demo/prices.js";
import { createRandom } from "../../scripts/lib/demo/random.js";
import { mineBlock, openAccounts, sign, type Account } from "../../scripts/lib/demo/sender.js";
import { deployLocal, type LocalAddresses } from "../../scripts/lib/deployment.js";
import { type LocalChain } from "../../scripts/lib/devnet.js";
import { FailureError } from "../../scripts/lib/failure.js";
import { createKeeper, type Keeper, type Outcome, type Pass } from "../../scripts/lib/keeper/keeper.js";
import { worthOf } from "../../scripts/lib/keeper/health.js";
import {
  ALL,
  createLakh,
  marketParams,
  PIPS,
  poolKey,
  tokenId,
  type Lakh,
  type LakhRequest,
  type MarketParams,
  type PoolState,
} from "../../src/index.js";
import { ChainlinkOracle__factory, MockAggregator__factory, MockERC20__factory } from "../../typechain-types/index.js";

const CLOSING_HOUR = 21;
const HOUR = 3_600n;
const FEED_DECIMALS = 8;
/** Micro-dollars to the feed's units. */
const FEED_SCALE = 100n;
const FEED_MAX_AGE = 72n * HOUR;
const WAD = 10n ** 18n;
const FOREVER = 2n ** 40n;
const BPS = 10_000n;
const SUPPLIERS = 3;
const CHUNK = 100;
const GAS = 1_000_000n;
const CALL_GAS = 16_000_000n;

/** What is replayed, and the terms; amounts of dollars are whole dollars. */
export type ReplayOptions = {
  chain: LocalChain;
  days: readonly Day[];
  borrowers: number;
  seed: string;
  /** Told of each day. */
  progress?: (text: string) => void;
};

/** The market's terms and the actors' habits, the same in each replay. */
export const TERMS = {
  lltv: 860_000_000_000_000_000n,
  /** Debts up to 10,000 dollars are liquidated whole. */
  closeOutDebt: 10_000n * DOLLAR,
  /** Of each borrower: worth of the collateral on the first day, in dollars, and debt over it, in parts of 10,000. */
  collateral: { low: 1_000n, high: 100_000n },
  ltv: { low: 3_000n, high: 8_500n },
  /** Part of the supply that is lent, in parts of 10,000. */
  utilization: 8_000n,
  /** Dollars on each side of the pool for a dollar of debt, in parts of 10,000. */
  depth: 10_000n,
  poolFee: 3_000n,
  /** Most turns of the keeper and the arbitrageur in a day. */
  rounds: 8,
} as const;

/** One day at its close, after the keeper. Amounts are micro-dollars but `seized`, in units of the index. */
export type ReplayDay = {
  date: string;
  close: bigint;
  /** Distance of the pool's price from the index before the keeper acts, in hundredths of a per cent. */
  poolError: number;
  rounds: number;
  liquidations: number;
  refused: number;
  repaid: bigint;
  seized: bigint;
  badDebt: bigint;
  profit: bigint;
  gas: bigint;
  interest: bigint;
  supplyAssets: bigint;
  borrowAssets: bigint;
  idle: bigint;
  collateral: bigint;
  debtors: number;
  unhealthy: number;
  /** What debts exceed their collateral's worth by: losses that are not yet realised. */
  shortfall: bigint;
  /** Whether idle dollars and collateral are worth what suppliers own. */
  isSolvent: boolean;
};

/** Two sums that must be the same. */
export type Check = { name: string; actual: bigint; wanted: bigint };

export type ReplayReport = {
  from: string;
  to: string;
  borrowers: number;
  seed: string;
  supplied: bigint;
  borrowed: bigint;
  days: ReplayDay[];
  liquidations: number;
  liquidatedAccounts: number;
  repaid: bigint;
  seized: bigint;
  badDebt: bigint;
  profit: bigint;
  gas: bigint;
  interest: bigint;
  /** What suppliers took out at the end. */
  withdrawn: bigint;
  refusals: Record<string, number>;
  checks: Check[];
};

type Borrower = { account: Account; collateral: bigint; debt: bigint };
type Holding = { borrowShares: bigint; collateral: bigint };

/** Unix time, in seconds, at which the chain must start. */
export function replayStart(days: readonly Day[]): number {
  return Number(closing(days[0] ?? { date: "2000-01-01", close: 0n })) - 86_400;
}

function closing({ date }: Day): bigint {
  return BigInt(Date.parse(`${date}T00:00:00Z`) / 1_000 + CLOSING_HOUR * 3_600);
}

/**
 * Replays the days: at each close the feed is set, the arbitrageur trades the pool to the edge of its fee band around the close,
 * and the keeper passes; both take turns until the keeper finds nothing more, at most `TERMS.rounds` times. In the end everybody
 * repays and leaves, and every unit is accounted for. Throws `NOT_RECONCILED` where a sum differs.
 */
export async function replayCrash(options: ReplayOptions): Promise<ReplayReport> {
  const replay = await Replay.open(options);
  for (const day of options.days) {
    await replay.day(day);
    options.progress?.(`${day.date}, ${replay.liquidations} liquidations`);
  }
  const report = await replay.close();
  const wrong = report.checks.find(({ actual, wanted }) => actual !== wanted);
  if (wrong !== undefined) {
    const { name, actual, wanted } = wrong;
    throw new FailureError("NOT_RECONCILED", `Not reconciled: ${name} is ${actual}, not ${wanted}.`);
  }
  return report;
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #addresses: LocalAddresses;
  readonly #lakh: Lakh;
  readonly #admin: Account;
  readonly #arbitrageur: Account;
  readonly #suppliers: Account[];
  readonly #keeperAddress: string;
  readonly #borrowers: Borrower[];
  readonly #pool: Market;
  readonly #days: ReplayDay[] = [];
  readonly #holdings = new Map<string, Holding>();
  readonly #liquidated = new Set<string>();
  readonly #refusals: Record<string, number> = {};
  readonly #checks: Check[] = [];
  #keeper: Keeper | undefined;
  #market: MarketParams | undefined;
  #feed = "";
  #supplied = 0n;
  #time = 0n;
  #firstBlock = 0;

  private constructor(options: ReplayOptions, addresses: LocalAddresses, accounts: readonly Account[]) {
    this.#options = options;
    this.#addresses = addresses;
    const [admin, arbitrageur, keeper, ...rest] = accounts;
    if (admin === undefined || arbitrageur === undefined || keeper === undefined) throw new RangeError("No accounts");
    [this.#admin, this.#arbitrageur, this.#keeperAddress] = [admin, arbitrageur, keeper.address];
    this.#suppliers = rest.slice(0, SUPPLIERS);
    this.#lakh = createLakh({ addresses, runner: options.chain.provider });
    const { index, usd } = addresses;
    const key = poolKey({ assets: [index, usd], fee: TERMS.poolFee });
    this.#pool = { name: "INDEX/USD", key, indexIsAsset0: tokenId(index) < tokenId(usd) };
    this.#borrowers = drawBorrowers(options);
  }

  get liquidations(): number {
    return this.#days.reduce((sum, { liquidations }) => sum + liquidations, 0);
  }

  /** Deploys the suite, the market and the pool, and has everybody enter at the first close. */
  static async open(options: ReplayOptions): Promise<Replay> {
    const { chain, days } = options;
    const addresses = await deployLocal(chain);
    const replay = new Replay(options, addresses, await openAccounts(chain, 3 + SUPPLIERS));
    await replay.#open(days[0] ?? { date: "", close: 0n });
    return replay;
  }

  async #open(first: Day): Promise<void> {
    const { chain } = this.#options;
    const { provider } = chain;
    const { index, usd, ledger } = this.#addresses;
    const admin = await provider.getSigner(0);
    const feed = await deployed(new MockAggregator__factory(admin), FEED_DECIMALS, first.close * FEED_SCALE);
    const none = { source: "0x0000000000000000000000000000000000000000", maxAge: 0n };
    const base = [{ source: feed, maxAge: FEED_MAX_AGE }, none, none];
    const oracle = await deployed(new ChainlinkOracle__factory(admin), base, [none, none], 18n, 6n);
    this.#feed = feed;
    const { lltv, closeOutDebt } = TERMS;
    const market = marketParams({ loanAsset: usd, collateralAsset: index, oracle, lltv, closeOutDebt });
    this.#market = market;
    this.#firstBlock = await provider.getBlockNumber();
    const signer = await provider.getSigner(this.#keeperAddress);
    this.#keeper = createKeeper({
      ...{ provider, signer, account: this.#keeperAddress, addresses: this.#addresses, minProfit: DOLLAR },
    });
    this.#admin.nonce = await provider.getTransactionCount(this.#admin.address);
    this.#time = closing(first) - 2n * HOUR;
    await chain.request({ method: "evm_setAutomine", params: [false] });

    const debt = this.#borrowers.reduce((sum, each) => sum + each.debt, 0n);
    const collateral = this.#borrowers.reduce((sum, each) => sum + each.collateral, 0n);
    const depth = (debt * TERMS.depth) / BPS;
    const [poolIndex, fund] = [(depth * INDEX_UNIT) / first.close, 20n * debt];
    const fundIndex = (fund * INDEX_UNIT) / first.close;
    this.#supplied = (debt * BPS) / TERMS.utilization;
    const { ledger: vault } = this.#lakh;
    const [indexToken, usdToken] = [MockERC20__factory.createInterface(), MockERC20__factory.createInterface()];
    const dollars = this.#supplied + depth + fund;
    const units = collateral + poolIndex + fundIndex;
    const calls = (to: string, data: string) => ({ to, data, value: 0n });
    await this.#send(this.#admin, [
      calls(usd, usdToken.encodeFunctionData("mint", [this.#admin.address, dollars])),
      calls(index, indexToken.encodeFunctionData("mint", [this.#admin.address, units])),
      calls(usd, usdToken.encodeFunctionData("approve", [ledger, dollars])),
      calls(index, indexToken.encodeFunctionData("approve", [ledger, units])),
      vault.deposit({ token: index, amount: collateral + poolIndex, to: this.#admin.address }),
      vault.deposit({ token: index, amount: fundIndex, to: this.#arbitrageur.address }),
      vault.deposit({ token: usd, amount: depth, to: this.#admin.address }),
      vault.deposit({ token: usd, amount: fund, to: this.#arbitrageur.address }),
      ...this.#suppliers.map(({ address: to }, i) => vault.deposit({ token: usd, amount: this.#shareOf(i), to })),
      this.#lakh.lending.createMarket({ market }),
      this.#lakh.amm.createPool({
        ...{ pool: this.#pool.key, minShares: 1n, deadline: FOREVER },
        ...(this.#pool.indexIsAsset0 ? { amount0: poolIndex, amount1: depth } : { amount0: depth, amount1: poolIndex }),
      }),
    ]);
    for (const [i, supplier] of this.#suppliers.entries()) {
      await this.#send(supplier, [this.#lakh.lending.supply({ market, assets: this.#shareOf(i) })]);
    }
    for (const { account } of this.#borrowers) {
      await chain.request({ method: "hardhat_setBalance", params: [account.address, toQuantity(WAD)] });
    }
    for (const chunk of inChunks(this.#borrowers)) {
      const added = chunk.map(({ account, collateral: amount }) =>
        this.#lakh.lending.addCollateral({ market, amount, account: account.address }),
      );
      await this.#send(this.#admin, [vault.multicall(added)], CALL_GAS);
    }
    await this.#sendAll(
      this.#borrowers.map(({ account, debt: assets }) => [account, this.#lakh.lending.borrow({ market, assets })]),
    );
    for (const { account } of this.#borrowers) await this.#readHolding(account.address);
  }

  #shareOf(supplier: number): bigint {
    const part = this.#supplied / BigInt(SUPPLIERS);
    return supplier === 0 ? this.#supplied - part * BigInt(SUPPLIERS - 1) : part;
  }

  /** One close: feed, arbitrage, keeper. */
  async day(day: Day): Promise<void> {
    const { chain } = this.#options;
    const from = await chain.provider.getBlockNumber();
    this.#time = closing(day);
    const feed = MockAggregator__factory.createInterface();
    const answer = feed.encodeFunctionData("setAnswer", [day.close * FEED_SCALE]);
    await this.#send(this.#admin, [{ to: this.#feed, data: answer, value: 0n }]);
    const outcomes: Outcome[] = [];
    let [rounds, poolError] = [0, 0];
    let pass: Pass;
    do {
      await this.#arbitrage(day);
      if (rounds === 0) poolError = priceError(this.#pool, await this.#poolState(), day.close);
      rounds += 1;
      await chain.request({ method: "evm_setAutomine", params: [true] });
      pass = await this.#keeperNow().pass();
      await chain.request({ method: "evm_setAutomine", params: [false] });
      outcomes.push(...pass.outcomes);
    } while (rounds < TERMS.rounds && pass.outcomes.some(({ kind }) => kind === "liquidated"));
    const unhealthy = pass.outcomes.filter(({ kind }) => kind === "refused").length;
    await this.#note(day, { from, rounds, unhealthy, poolError, outcomes });
  }

  async #note(
    { date, close }: Day,
    found: { from: number; rounds: number; unhealthy: number; poolError: number; outcomes: Outcome[] },
  ): Promise<void> {
    const done = found.outcomes.filter(({ kind }) => kind === "liquidated");
    for (const { account } of done) {
      this.#liquidated.add(account);
      await this.#readHolding(account);
    }
    for (const { kind, reason } of found.outcomes) {
      if (kind === "refused") this.#refusals[reason?.name ?? ""] = (this.#refusals[reason?.name ?? ""] ?? 0) + 1;
    }
    const market = this.#marketNow();
    const view = await this.#lakh.lending.marketOf({ market });
    const price = (close * 10n ** 36n) / INDEX_UNIT;
    const debtOf = (shares: bigint): bigint => (shares * (view.borrowAssets + 1n)) / (view.borrowShares + 10n ** 6n);
    let [shares, collateral, shortfall, debtors] = [0n, 0n, 0n, 0];
    for (const holding of this.#holdings.values()) {
      shares += holding.borrowShares;
      collateral += holding.collateral;
      if (holding.borrowShares === 0n) continue;
      debtors += 1;
      const missing = debtOf(holding.borrowShares) - worthOf(price, holding.collateral);
      if (missing > 0n) shortfall += missing;
    }
    this.#check(`${date}: debt shares of all accounts`, shares, view.borrowShares);
    this.#check(`${date}: collateral of all accounts`, collateral, view.collateral);
    this.#check(`${date}: idle and lent dollars`, view.idle + view.borrowAssets, view.supplyAssets);
    const sum = (value: (outcome: Outcome) => bigint): bigint => done.reduce((total, each) => total + value(each), 0n);
    this.#days.push({
      ...{ date, close, poolError: found.poolError, rounds: found.rounds },
      ...{ liquidations: done.length, refused: found.outcomes.length - done.length, unhealthy: found.unhealthy },
      ...{ repaid: sum((each) => each.repaid), seized: sum((each) => each.seized) },
      ...{ badDebt: sum((each) => each.badDebt), profit: sum((each) => each.actual ?? 0n) },
      ...{ gas: sum((each) => each.gas), interest: await this.#interestSince(found.from + 1) },
      ...{ supplyAssets: view.supplyAssets, borrowAssets: view.borrowAssets, idle: view.idle, collateral },
      ...{ debtors, shortfall, isSolvent: view.idle + worthOf(price, collateral) >= view.supplyAssets },
    });
  }

  /** Everybody repays and leaves; the sums of the whole run. */
  async close(): Promise<ReplayReport> {
    const { ledger: vault, lending } = this.#lakh;
    const market = this.#marketNow();
    const { usd, index } = this.#addresses;
    this.#time += HOUR;
    const owing = this.#borrowers.filter(({ account }) => this.#holdingOf(account.address).borrowShares !== 0n);
    const { borrowAssets } = await lending.marketOf({ market });
    const needed = borrowAssets * 2n + DOLLAR;
    const coin = MockERC20__factory.createInterface();
    const call = (data: string) => ({ to: usd, data, value: 0n });
    await this.#send(this.#admin, [
      call(coin.encodeFunctionData("mint", [this.#admin.address, needed])),
      call(coin.encodeFunctionData("approve", [this.#addresses.ledger, needed])),
      vault.deposit({ token: usd, amount: needed, to: this.#admin.address }),
    ]);
    const beforeRepayment = await vault.contract.balanceOf(this.#admin.address, tokenId(usd));
    for (const chunk of inChunks(owing)) {
      const repaid = chunk.map(({ account, debt }) =>
        lending.repay({ market, account: account.address, maxAssets: debt * 2n }),
      );
      await this.#send(this.#admin, [vault.multicall(repaid)], CALL_GAS);
    }
    const repaidAtEnd = beforeRepayment - (await vault.contract.balanceOf(this.#admin.address, tokenId(usd)));
    for (const { account } of owing) await this.#readHolding(account.address);
    const left = this.#borrowers.filter(({ account }) => this.#holdingOf(account.address).collateral !== 0n);
    await this.#sendAll(left.map(({ account }) => [account, lending.removeCollateral({ market, amount: ALL })]));
    await this.#sendAll(this.#suppliers.map((account) => [account, lending.redeem({ market, shares: ALL })]));
    for (const { account } of left) await this.#readHolding(account.address);

    const balance = (account: string, token: string) => vault.contract.balanceOf(account, tokenId(token));
    let [withdrawn, returned] = [0n, 0n];
    for (const { address } of this.#suppliers) withdrawn += await balance(address, usd);
    for (const { account } of this.#borrowers) returned += await balance(account.address, index);
    const end = await lending.marketOf({ market });
    const interest = await this.#interestSince(this.#firstBlock);
    const total = (value: (day: ReplayDay) => bigint): bigint =>
      this.#days.reduce((sum, each) => sum + value(each), 0n);
    const [repaid, seized, badDebt, profit] = [
      total((day) => day.repaid),
      total((day) => day.seized),
      total((day) => day.badDebt),
      total((day) => day.profit),
    ];
    const borrowed = this.#borrowers.reduce((sum, each) => sum + each.debt, 0n);
    const collateral = this.#borrowers.reduce((sum, each) => sum + each.collateral, 0n);
    this.#check("suppliers' dollars out and left", withdrawn + end.supplyAssets, this.#supplied + interest - badDebt);
    this.#check("debt repaid and written off", repaid + repaidAtEnd + badDebt + end.borrowAssets, borrowed + interest);
    this.#check("collateral returned and seized", returned + seized, collateral);
    this.#check("collateral left in the market", end.collateral, 0n);
    this.#check("debt shares left", end.borrowShares, 0n);
    this.#check("the keeper's dollars", await this.#walletOf(usd, this.#keeperAddress), profit);
    for (const token of [usd, index]) await this.#checkCustody(token, end);
    await this.#options.chain.request({ method: "evm_setAutomine", params: [true] });
    return {
      from: this.#days[0]?.date ?? "",
      to: this.#days.at(-1)?.date ?? "",
      borrowers: this.#borrowers.length,
      seed: this.#options.seed,
      supplied: this.#supplied,
      borrowed,
      days: this.#days,
      liquidations: this.liquidations,
      liquidatedAccounts: this.#liquidated.size,
      ...{ repaid, seized, badDebt, profit, gas: total((day) => day.gas), interest, withdrawn },
      refusals: this.#refusals,
      checks: this.#checks,
    };
  }

  /** The ledger holds what its accounts and books add up to, and all that was minted is there or in wallets. */
  async #checkCustody(token: string, market: { idle: bigint; collateral: bigint }): Promise<void> {
    const { provider } = this.#options.chain;
    const name = token === this.#addresses.usd ? "dollars" : "index";
    const accounts = [
      this.#admin,
      this.#arbitrageur,
      ...this.#suppliers,
      ...this.#borrowers.map((each) => each.account),
    ];
    const addresses = [...accounts.map(({ address }) => address), this.#keeperAddress, this.#addresses.flashLiquidator];
    let [held, wallets] = [0n, 0n];
    for (const address of addresses) {
      held += await this.#lakh.ledger.contract.balanceOf(address, tokenId(token));
      wallets += await this.#walletOf(token, address);
    }
    const { reserve0, reserve1 } = await this.#poolState();
    const isSide0 = this.#pool.key.asset0 === tokenId(token);
    const books = (isSide0 ? reserve0 : reserve1) + (name === "dollars" ? market.idle : market.collateral);
    const custody = await this.#walletOf(token, this.#addresses.ledger);
    this.#check(`${name} in custody`, custody, held + books);
    const supply = await MockERC20__factory.connect(token, provider).totalSupply();
    this.#check(`${name} minted`, custody + wallets, supply);
  }

  #walletOf(token: string, account: string): Promise<bigint> {
    return MockERC20__factory.connect(token, this.#options.chain.provider).balanceOf(account);
  }

  #check(name: string, actual: bigint, wanted: bigint): void {
    this.#checks.push({ name, actual, wanted });
  }

  async #interestSince(block: number): Promise<bigint> {
    const { contract } = this.#lakh.lending;
    const events = await contract.queryFilter(contract.filters.InterestAccrued(), block);
    return events.reduce((sum, { args }) => sum + args.interest, 0n);
  }

  async #readHolding(account: string): Promise<void> {
    const { contract } = this.#lakh.lending;
    const { borrowShares, collateral } = await contract.positionOf(
      this.#lakh.lending.marketIdOf({ market: this.#marketNow() }),
      account,
    );
    this.#holdings.set(account, { borrowShares, collateral });
  }

  #holdingOf(account: string): Holding {
    return this.#holdings.get(account) ?? { borrowShares: 0n, collateral: 0n };
  }

  async #arbitrage({ close }: Day): Promise<void> {
    const trade = arbitrage(this.#pool, await this.#poolState(), close);
    if (trade === undefined || trade.amount < 1_000n) return;
    const assetIn = trade.sells === "dollars" ? this.#addresses.usd : this.#addresses.index;
    const request = this.#lakh.amm.swapExactIn({
      ...{ pool: this.#pool.key, assetIn, amountIn: trade.amount, minAmountOut: 0n, deadline: FOREVER },
    });
    await this.#send(this.#arbitrageur, [request]);
  }

  async #poolState(): Promise<PoolState> {
    const { reserve0, reserve1, totalShares } = await this.#lakh.amm.poolOf({ pool: this.#pool.key });
    const plain = { offset0: 0n, offset1: 0n, virtualShares: 0n, alpha: 0n, beta: 0n, rootK: 0n };
    return { reserve0, reserve1, totalShares, keep: PIPS - TERMS.poolFee, ...plain };
  }

  #marketNow(): MarketParams {
    if (this.#market === undefined) throw new TypeError("There is no market yet.");
    return this.#market;
  }

  #keeperNow(): Keeper {
    if (this.#keeper === undefined) throw new TypeError("There is no keeper yet.");
    return this.#keeper;
  }

  #send(account: Account, requests: readonly Omit<LakhRequest, "parameters">[], gas = GAS): Promise<void> {
    return this.#sendAll(
      requests.map((request) => [account, request]),
      gas,
    );
  }

  async #sendAll(sendings: readonly (readonly [Account, Omit<LakhRequest, "parameters">])[], gas = GAS): Promise<void> {
    const { chain } = this.#options;
    for (const chunk of inChunks(sendings)) {
      const signed: string[] = [];
      for (const [position, [account, { to, data, value }]] of chunk.entries()) {
        signed.push(await sign(account, { to, data, value }, position, gas));
      }
      const { timestamp } = (await chain.provider.getBlock("latest")) ?? { timestamp: 0 };
      if (this.#time <= BigInt(timestamp)) this.#time = BigInt(timestamp) + 1n;
      const mined = await mineBlock(chain, signed, this.#time);
      if (mined.some(({ succeeded }) => !succeeded)) {
        throw new FailureError("UNEXPECTED_OUTCOME", "A transaction of the replay failed.");
      }
    }
  }
}

function drawBorrowers({ borrowers: count, seed, days }: ReplayOptions): Borrower[] {
  const random = createRandom(`${seed} borrowers`);
  const close = days[0]?.close ?? 1n;
  const mnemonic = Mnemonic.fromEntropy(id(`${seed} borrowers`).slice(0, 34));
  const root = HDNodeWallet.fromMnemonic(mnemonic, "m/44'/60'/0'/0");
  return Array.from({ length: count }, (_, i) => {
    const wallet = root.deriveChild(i);
    const worth = random.between(TERMS.collateral.low * DOLLAR, TERMS.collateral.high * DOLLAR);
    const debt = (worth * random.between(TERMS.ltv.low, TERMS.ltv.high)) / BPS;
    const account = { address: wallet.address, wallet, nonce: 0 };
    return { account, collateral: (worth * INDEX_UNIT) / close, debt };
  });
}

async function deployed(factory: ContractFactory, ...parameters: unknown[]): Promise<string> {
  const contract = await factory.deploy(...parameters);
  await contract.waitForDeployment();
  return contract.getAddress();
}

function inChunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, i) => items.slice(i * CHUNK, (i + 1) * CHUNK));
}
