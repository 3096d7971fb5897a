import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { network } from "#chain";
import {
  accrue,
  type AmmAction,
  AmmModel,
  type BatchOrder,
  bookKey,
  type DecodedError,
  decodeError,
  decodeWord,
  DESTINATIONS,
  encodeAmmAction,
  isIssued,
  issuedId,
  LedgerModel,
  MAX_AMOUNT,
  MAX_PROTOCOL_FEE,
  type ModelCall,
  ModelError,
  type PoolKey,
  poolKey,
  type PoolState,
  PRICE_SCALE,
  rangeOffsets,
  shareIdOf,
  SOURCES,
  tokenId,
  tokenOf,
} from "../../src/index.js";
import { type MockERC20 } from "../../typechain-types/index.js";
import { at, deployLakh, type LakhFixture } from "../helpers/deploy.js";
import { demand } from "../../src/models/state.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";

const OPERATIONS = countFromEnvironment("LAKH_MODEL_OPERATIONS", 10_000);
const BATCHES = countFromEnvironment("LAKH_MODEL_BATCHES", 400);
const USERS = 5;
const MAX_POOLS = 24;
const TOKENS = [
  { symbol: "NIL", decimals: 0 },
  { symbol: "SIX", decimals: 6 },
  { symbol: "WAD", decimals: 18 },
  { symbol: "BIG", decimals: 24 },
];
const MAX_UINT256 = (1n << 256n) - 1n;
const FAR = 1n << 40n;
const GAS = 3_000_000n;
const NO_TOKEN = "0x1111111111111111111111111111111111111111";
const FAILED = 1n << 255n;

/** Wrapped ether in each wallet at the start, and the most ether an operation sends, in wei. */
const WRAPPED = 10n ** 20n;
const MAX_ETHER = 10n ** 18n;

/** What an operation answers: numbers, or the name and arguments of a refusal. */
type Answer = { values: readonly bigint[] } | { refusal: string; args: Readonly<Record<string, unknown>> };

/** An operation on both sides. */
type Operation = {
  name: string;
  caller: string;
  to: string;
  data: string;
  /** Ether sent along, in wei. */
  value?: bigint;
  /** Reads the numbers out of the chain's answer. */
  read: (answer: string) => readonly bigint[];
  model: () => readonly bigint[];
  /** An AMM operation's quote, in the same numbers as far as a quote knows them. */
  quote?: { data: string; model: () => readonly bigint[]; compare: (quoted: readonly bigint[]) => void };
  /** What must hold once it is done. */
  check?: () => Promise<void>;
};

/** The suite on chain and its models side by side, under random operations. */
class Arena {
  readonly model: LedgerModel;
  readonly ammModel: AmmModel;
  readonly pools: PoolKey[] = [];
  readonly users: string[];
  readonly tokens: string[];
  readonly ids: bigint[];
  readonly counts = new Map<string, { done: number; refused: number }>();
  readonly refusals = new Map<string, number>();
  quotes = 0;
  executedQuotes = 0;
  etherCalls = 0;
  /** Paths that were executed, by their length. */
  readonly hops = new Map<number, number>();
  rangeChecks = 0;
  unitsLost = 0;
  readonly #weth: string;
  readonly #contracts: Pick<MockERC20, "balanceOf" | "allowance">[];
  readonly #chain: LakhFixture;
  readonly #random: Random;
  readonly #ledger: string;
  readonly #amm: string;

  private constructor(chain: LakhFixture, random: Random, tokens: string[]) {
    this.#chain = chain;
    this.#random = random;
    this.#weth = chain.lakh.addresses.weth;
    this.#contracts = [...chain.tokens, chain.weth];
    this.tokens = tokens;
    this.ids = tokens.map(tokenId);
    this.users = chain.signers.slice(0, USERS).map(({ address }) => address);
    this.#ledger = chain.lakh.ledger.address;
    this.#amm = chain.lakh.amm.address;
    const homePairs = [[at(tokens, 0), at(tokens, 3)]] as const;
    this.model = new LedgerModel({ address: this.#ledger, tokens, homePairs, weth: this.#weth });
    this.ammModel = new AmmModel({ address: this.#amm, ledger: this.model });
  }

  static async create(random: Random): Promise<Arena> {
    // Without fees, ether moves by operations alone.
    const connection = await network.create({ override: { initialBaseFeePerGas: 0n } });
    const chain = await deployLakh(connection, { tokens: TOKENS, homePairs: [[0, 3]] });
    await chain.ledger.listCore(chain.amm);
    const tokens = await Promise.all(chain.tokens.map((token) => token.getAddress()));
    const arena = new Arena(chain, random, [...tokens, chain.lakh.addresses.weth]);
    for (const user of arena.users) {
      for (const token of tokens) await arena.#fund(user, token);
      await arena.#fundEther(user);
    }
    for (const account of [...arena.users, arena.#weth]) {
      arena.model.mintEther({ to: account, amount: await connection.ethers.provider.getBalance(account) });
    }
    return arena;
  }

  async #fund(user: string, token: string): Promise<void> {
    const index = this.tokens.indexOf(token);
    const amount = 10n ** BigInt(at(TOKENS, index).decimals + 8);
    const contract = at(this.#chain.tokens, index);
    // Only some allowances are without end, so that others run out.
    const allowance = this.#random.chance(80) ? MAX_UINT256 : amount / 4n;
    await contract.mint(user, amount);
    await contract.connect(await this.#chain.connection.ethers.getSigner(user)).approve(this.#ledger, allowance);
    this.model.mintToken({ token, to: user, amount });
    this.model.approveToken({ token, owner: user, amount: allowance });
  }

  async #fundEther(user: string): Promise<void> {
    const { weth, connection } = this.#chain;
    const wallet = weth.connect(await connection.ethers.getSigner(user));
    await wallet.deposit({ value: WRAPPED });
    await wallet.approve(this.#ledger, MAX_UINT256);
    this.model.mintToken({ token: this.#weth, to: user, amount: WRAPPED });
    this.model.approveToken({ token: this.#weth, owner: user, amount: MAX_UINT256 });
  }

  /* RUNNING */

  /** One random operation on both sides, and its quote. */
  async step(label: string): Promise<void> {
    const operation = this.#choose();
    const where = `${label}: ${operation.name} of ${operation.caller}`;
    const quoted = operation.quote === undefined ? undefined : await this.#compareQuote(operation.quote, where);
    const expected = modelAnswer(operation.model);
    const actual = await this.#send(operation);
    expect(actual, where).to.deep.equal(expected);
    this.#count(operation.name, expected);
    if (operation.quote !== undefined && "values" in actual) {
      if (quoted === undefined || "refusal" in quoted) expect.fail(`${where}: done, but the quote was refused`);
      operation.quote.compare(quoted.values);
      this.executedQuotes += 1;
    }
    if ("values" in actual) await operation.check?.();
  }

  async #compareQuote({ data, model }: NonNullable<Operation["quote"]>, where: string): Promise<Answer> {
    const expected = modelAnswer(model);
    const answer = await this.#call(this.#lens(), data);
    const actual = "answer" in answer ? { values: words(answer.answer) } : refusalOf(answer);
    expect(actual, `quote of ${where}`).to.deep.equal(expected);
    this.quotes += 1;
    return actual;
  }

  /** Every word, book, supply, allowance and wallet on both sides. */
  async compareAll(label: string): Promise<number> {
    const { ledger, amm, connection } = this.#chain;
    const tokens = this.#contracts;
    const poolIds = this.pools.map((pool) => this.ammModel.idOf(pool));
    const shareIds = poolIds.map((id) => shareIdOf({ amm: this.#amm, id, isRestricted: false }));
    const accounts = [...this.users, this.#amm];
    let compared = 0;
    const compare = (actual: unknown, expected: unknown, what: string) => {
      expect(actual, `${label}: ${what}`).to.deep.equal(expected);
      compared += 1;
    };
    for (const account of accounts) {
      for (const id of [...this.ids, ...shareIds]) {
        compare(await ledger.wordOf(account, id), this.model.wordOf({ account, id }), `word ${account} ${id}`);
      }
    }
    for (const [index, pool] of this.pools.entries()) {
      const id = at(poolIds, index);
      const { asset0, asset1 } = pool;
      const key = bookKey(pool);
      const book = this.model.bookOf({ protocol: this.#amm, key, asset0, asset1 });
      compare(await ledger.bookOf(this.#amm, key, asset0, asset1), book, `book ${id}`);
      const stored = this.ammModel.storedOf(id);
      compare([...(await amm.poolOf(id))], Object.values(stored), `pool ${id}`);
      compare(this.#total(at(shareIds, index)), stored.totalShares - 1000n - stored.protocolShares, `shares ${id}`);
    }
    for (const account of [...accounts, this.#ledger, this.#weth]) {
      const ether = await connection.ethers.provider.getBalance(account);
      compare(ether, this.model.etherOf({ account }), `ether ${account}`);
    }
    for (const [index, token] of this.tokens.entries()) {
      const id = at(this.ids, index);
      for (const account of [...accounts, this.#ledger]) {
        const expected = this.model.tokenBalanceOf({ token, account });
        compare(await at(tokens, index).balanceOf(account), expected, `wallet ${account} ${token}`);
      }
      compare(this.model.tokenBalanceOf({ token, account: this.#ledger }), this.#total(id), `custody ${token}`);
      for (const owner of this.users) {
        const allowed = await at(tokens, index).allowance(owner, this.#ledger);
        compare(allowed, this.model.tokenAllowanceOf({ token, owner }), `wallet allowance ${owner} ${token}`);
        for (const spender of this.users) {
          const allowance = this.model.allowanceOf({ owner, spender, id });
          compare(await ledger.allowance(owner, spender, id), allowance, `allowance ${owner} ${spender} ${id}`);
        }
      }
    }
    return compared;
  }

  /** A random batch of orders on a random pool: the core's payouts and the model's. */
  async compareBatch(label: string): Promise<boolean> {
    const random = this.#random;
    const pool = random.pick(this.pools);
    const state = this.ammModel.poolOf(pool);
    const [x, y] = [state.reserve0 + state.offset0, state.reserve1 + state.offset1];
    const price = (y * PRICE_SCALE) / x;
    const band = {
      price: random.chance(5) ? 0n : random.chance(10) ? (price * random.between(90n, 110n)) / 100n : price,
      tolerance: random.chance(5) ? 10n ** 18n : random.magnitude(10n ** 16n, 10n ** 18n - 1n),
    };
    const orders: BatchOrder[] = Array.from({ length: Number(random.between(1n, 12n)) }, () => {
      const side = random.chance(50) ? 0 : 1;
      const [reserveIn, reserveOut] = side === 0 ? [x, y] : [y, x];
      const amount = random.magnitude(500n, reserveIn / 4n + 1000n) & MAX_AMOUNT;
      const limit = random.chance(30) ? 0n : ((amount * reserveOut) / reserveIn) * random.between(50n, 101n);
      return { side, amount, limit: (limit / 100n) & MAX_AMOUNT };
    });
    const { connection, amm } = this.#chain;
    const { AbiCoder } = connection.ethers;
    const book = { protocol: this.#amm, key: bookKey(pool), asset0: pool.asset0, asset1: pool.asset1 };
    const parameters = AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [band.price, band.tolerance]);
    const operations = orders.flatMap(({ side, amount, limit }) => [BigInt(side) << 80n, (limit << 112n) | amount]);
    const data = amm.interface.encodeFunctionData("onLedgerBatch", [
      this.ammModel.idOf(pool),
      this.model.bookOf(book),
      0n,
      parameters,
      operations,
    ]);
    const answer = await this.#call(this.#amm, data, this.#ledger);
    const actual =
      "answer" in answer
        ? { values: [...(amm.interface.decodeFunctionResult("onLedgerBatch", answer.answer)[2] as bigint[])] }
        : refusalOf(answer);
    const expected = modelAnswer(() => {
      const { outputs } = this.ammModel.quoteBatch(pool, band, orders);
      return outputs.map((out, i) => (out === undefined ? FAILED : at(orders, i).side === 0 ? out << 112n : out));
    });
    expect(actual, label).to.deep.equal(expected);
    return "values" in expected && expected.values.some((payout) => payout !== FAILED);
  }

  /* OPERATIONS */

  #choose(): Operation {
    const random = this.#random;
    const roll = random.below(100n);
    if (this.pools.length < 3 || (this.pools.length < MAX_POOLS && roll < 2n)) return this.#createPool();
    if (roll < 10n) return this.#deposit();
    if (roll < 15n) return this.#withdraw();
    if (roll < 23n) return this.#transfer();
    if (roll < 31n) return this.#transferFrom();
    if (roll < 35n) return this.#allow();
    if (roll < 38n) return this.#approveToken();
    if (roll < 39n) return this.#createPool();
    if (roll < 40n) return random.chance(50) ? this.#setProtocolFee() : this.#collectProtocolFee();
    if (roll < 54n) return this.#addLiquidity();
    if (roll < 64n) return this.#removeLiquidity();
    if (roll < 76n) return this.#swapExactIn();
    return roll < 86n ? this.#swapExactOut() : this.#callPath();
  }

  #deposit(): Operation {
    const random = this.#random;
    const [caller, token, to] = [random.pick(this.users), this.#token(), this.#recipient()];
    if (token === this.#weth && random.chance(70)) return this.#depositNative(caller, to);
    const held = this.model.tokenBalanceOf({ token, account: caller });
    const amount = this.#amount(held);
    const minimum = random.chance(5) ? amount + 1n : amount;
    const { ledger } = this.#chain;
    return {
      name: "deposit",
      caller,
      to: this.#ledger,
      data: ledger.interface.encodeFunctionData("deposit", [token, amount, minimum, to]),
      read: words,
      model: () => [this.model.deposit({ caller, token, amount, minimum, to })],
    };
  }

  #depositNative(caller: string, to: string): Operation {
    const value = this.#random.chance(5) ? 0n : this.#random.magnitude(1n, MAX_ETHER);
    const { ledger } = this.#chain;
    return {
      name: "depositNative",
      caller,
      to: this.#ledger,
      data: ledger.interface.encodeFunctionData("depositNative", [to]),
      value,
      read: none,
      model: () => {
        this.model.depositNative({ caller, amount: value, to });
        return [];
      },
    };
  }

  #withdraw(): Operation {
    const [caller, token, to] = [this.#random.pick(this.users), this.#token(), this.#recipient()];
    const amount = this.#amount(this.#balance(caller, BigInt(token)));
    const { ledger } = this.#chain;
    if (token === this.#weth && this.#random.chance(70)) {
      return {
        name: "withdrawNative",
        caller,
        to: this.#ledger,
        data: ledger.interface.encodeFunctionData("withdrawNative", [amount, to]),
        read: none,
        model: () => {
          this.model.withdrawNative({ caller, amount, to });
          return [];
        },
      };
    }
    return {
      name: "withdraw",
      caller,
      to: this.#ledger,
      data: ledger.interface.encodeFunctionData("withdraw", [token, amount, to]),
      read: none,
      model: () => {
        this.model.withdraw({ caller, token, amount, to });
        return [];
      },
    };
  }

  #transfer(): Operation {
    const [caller, id, to] = [this.#random.pick(this.users), this.#id(), this.#recipient()];
    const amount = this.#amount(this.#balance(caller, id));
    const { ledger } = this.#chain;
    return {
      name: "transfer",
      caller,
      to: this.#ledger,
      data: ledger.interface.encodeFunctionData("transfer", [to, id, amount]),
      read: words,
      model: () => {
        this.model.transfer({ caller, id, amount, to });
        return [1n];
      },
    };
  }

  #transferFrom(): Operation {
    const random = this.#random;
    const [caller, from, id, to] = [random.pick(this.users), random.pick(this.users), this.#id(), this.#recipient()];
    const held = this.#balance(from, id);
    const allowed = this.model.allowanceOf({ owner: from, spender: caller, id });
    const amount = this.#amount(random.chance(60) && allowed < held ? allowed : held);
    const { ledger } = this.#chain;
    return {
      name: "transferFrom",
      caller,
      to: this.#ledger,
      data: ledger.interface.encodeFunctionData("transferFrom", [from, to, id, amount]),
      read: words,
      model: () => {
        this.model.transferFrom({ caller, from, id, amount, to });
        return [1n];
      },
    };
  }

  #allow(): Operation {
    const random = this.#random;
    const [caller, spender, id] = [random.pick(this.users), random.pick(this.users), this.#id()];
    const common = { caller, to: this.#ledger, read: words };
    const { ledger } = this.#chain;
    if (random.chance(10)) {
      const approved = random.chance(20);
      return {
        ...common,
        name: "setOperator",
        data: ledger.interface.encodeFunctionData("setOperator", [spender, approved]),
        model: () => {
          this.model.setOperator({ caller, spender, approved });
          return [1n];
        },
      };
    }
    const amount = random.chance(10) ? MAX_UINT256 : this.#amount(this.#balance(caller, id));
    return {
      ...common,
      name: "approve",
      data: ledger.interface.encodeFunctionData("approve", [spender, id, amount]),
      model: () => {
        this.model.approve({ caller, spender, id, amount });
        return [1n];
      },
    };
  }

  #approveToken(): Operation {
    const random = this.#random;
    // Wrapped ether refuses without the errors that the model names.
    const token = random.pick(this.tokens.filter((other) => other !== this.#weth));
    const owner = random.pick(this.users);
    const held = this.model.tokenBalanceOf({ token, account: owner });
    const amount = random.chance(85) ? MAX_UINT256 : random.magnitude(1n, held + 1n);
    const { interface: codec } = at(this.#chain.tokens, this.tokens.indexOf(token));
    return {
      name: "approve in wallet",
      caller: owner,
      to: token,
      data: codec.encodeFunctionData("approve", [this.#ledger, amount]),
      read: words,
      model: () => {
        this.model.approveToken({ token, owner, amount });
        return [1n];
      },
    };
  }

  #createPool(): Operation {
    const random = this.#random;
    const [caller, pool] = [random.pick(this.users), this.#newPool()];
    const source = this.#source();
    let amounts = [pool.asset0, pool.asset1].map((id) => this.#part(caller, id, source));
    if ((pool.alpha | pool.beta) !== 0n && random.chance(25))
      amounts = random.chance(50) ? [0n, at(amounts, 1)] : [at(amounts, 0), 0n];
    const [amount0, amount1] = [at(amounts, 0), at(amounts, 1)];
    const quoted = tryQuote(() => this.ammModel.quoteCreate(pool, amount0, amount1));
    const minShares = this.#minimum(quoted);
    const { ammLens } = this.#chain;
    const operation = this.#action({
      name: "createPool",
      caller,
      pool,
      amount0,
      amount1,
      source,
      action: { name: "createPool", pool, minShares, deadline: this.#deadline() },
      quoteData: ammLens.interface.encodeFunctionData("quoteCreate", [pool, amount0, amount1]),
      quoteModel: () => [this.ammModel.quoteCreate(pool, amount0, amount1)],
      quoteOf: (values) => [at(values, 2)],
    });
    const { model } = operation;
    operation.model = () => {
      const values = model();
      this.pools.push(pool);
      return values;
    };
    return operation;
  }

  #addLiquidity(): Operation {
    const random = this.#random;
    const [caller, pool, source] = [random.pick(this.users), random.pick(this.pools), this.#source()];
    const { reserve0, reserve1 } = this.ammModel.poolOf(pool);
    let amount0 = this.#part(caller, pool.asset0, source);
    let amount1 = this.#part(caller, pool.asset1, source);
    if (random.chance(70)) {
      // Near the pool's ratio.
      if (reserve0 === 0n) amount0 = 0n;
      else if (reserve1 === 0n) amount1 = 0n;
      else if ((amount0 * reserve1) / reserve0 < amount1) amount1 = (amount0 * reserve1) / reserve0;
      else amount0 = (amount1 * reserve0) / reserve1;
    }
    const quoted = tryQuote(() => this.ammModel.quoteAdd(pool, amount0, amount1).shares);
    const minShares = this.#minimum(quoted);
    return this.#action({
      name: "addLiquidity",
      caller,
      pool: this.#maybeWrong(pool),
      amount0,
      amount1,
      source,
      action: { name: "addLiquidity", minShares, deadline: this.#deadline() },
      quoteData: this.#chain.ammLens.interface.encodeFunctionData("quoteAdd", [pool, amount0, amount1]),
      quoteModel: () => {
        const taken = this.ammModel.quoteAdd(pool, amount0, amount1);
        return [taken.shares, taken.amount0, taken.amount1];
      },
      quoteOf: (values) => [at(values, 2)],
    });
  }

  #removeLiquidity(): Operation {
    const random = this.#random;
    const [caller, pool] = [random.pick(this.users), random.pick(this.pools)];
    const shares = this.#amount(this.#balance(caller, this.#shareId(pool)));
    const quoted = tryQuotes(() => this.ammModel.quoteRemove(pool, shares));
    return this.#action({
      name: "removeLiquidity",
      caller,
      pool: this.#maybeWrong(pool),
      amount0: random.chance(2) ? 1n : 0n,
      amount1: 0n,
      source: this.#source(),
      action: {
        name: "removeLiquidity",
        shares,
        minAmount0: this.#minimum(quoted.amount0),
        minAmount1: this.#minimum(quoted.amount1),
        deadline: this.#deadline(),
      },
      quoteData: this.#chain.ammLens.interface.encodeFunctionData("quoteRemove", [pool, shares]),
      quoteModel: () => {
        const paid = this.ammModel.quoteRemove(pool, shares);
        return [paid.amount0, paid.amount1];
      },
      quoteOf: (values) => values.slice(0, 2),
    });
  }

  #setProtocolFee(): Operation {
    const random = this.#random;
    const caller = random.chance(80) ? this.#chain.admin.address : random.pick(this.users);
    const fee = random.pick([0n, 1n, 1000n, 2500n, 2500n, 2501n]);
    const recipient = random.pick(this.users);
    return {
      name: "setProtocolFee",
      caller,
      to: this.#amm,
      data: this.#chain.amm.interface.encodeFunctionData("setProtocolFee", [fee, recipient]),
      read: words,
      model: () => {
        demand(caller === this.#chain.admin.address, "AmmUnauthorized", { caller });
        demand(fee <= MAX_PROTOCOL_FEE, "AmmProtocolFeeTooHigh", { fee, maximum: MAX_PROTOCOL_FEE });
        this.ammModel.protocolFee = { fee, recipient };
        return [];
      },
    };
  }

  #collectProtocolFee(): Operation {
    const random = this.#random;
    const pool = random.pick(this.pools);
    return this.#action({
      name: "collectProtocolFee",
      caller: random.chance(80) ? this.ammModel.protocolFee.recipient : random.pick(this.users),
      pool,
      amount0: random.chance(5) ? 1n : 0n,
      amount1: 0n,
      source: this.#source(),
      action: { name: "collectProtocolFee" },
    });
  }

  #swapExactIn(): Operation {
    const random = this.#random;
    const [caller, pool, source] = [random.pick(this.users), random.pick(this.pools), this.#source()];
    const zeroForOne = random.chance(50);
    const amount = this.#part(caller, zeroForOne ? pool.asset0 : pool.asset1, source);
    const quoted = tryQuote(() => this.ammModel.quoteExactIn(pool, zeroForOne, amount));
    return this.#action({
      name: "swapExactIn",
      caller,
      pool: this.#maybeWrong(pool),
      amount0: zeroForOne ? amount : amount !== 0n && random.chance(2) ? 1000n : 0n,
      amount1: zeroForOne ? 0n : amount,
      source,
      action: { name: "swapExactIn", minAmountOut: this.#minimum(quoted), deadline: this.#deadline() },
      quoteData: this.#chain.ammLens.interface.encodeFunctionData("quoteExactIn", [pool, zeroForOne, amount]),
      quoteModel: () => [this.ammModel.quoteExactIn(pool, zeroForOne, amount)],
      quoteOf: (values) => [zeroForOne ? at(values, 1) : at(values, 0)],
    });
  }

  #swapExactOut(): Operation {
    const random = this.#random;
    const [caller, pool, source] = [random.pick(this.users), random.pick(this.pools), this.#source()];
    const zeroForOne = random.chance(50);
    const { reserve0, reserve1, offset0, offset1 } = this.ammModel.poolOf(pool);
    const reserve = zeroForOne ? reserve1 : reserve0;
    const half = (zeroForOne ? reserve1 + offset1 : reserve0 + offset0) / 2n; // often no rounding
    const odd = random.chance(3) ? reserve + 1n : random.magnitude(1n, reserve / 3n + 1n);
    const amountOut = random.chance(5) ? half : odd;
    const quoted = tryQuote(() => this.ammModel.quoteExactOut(pool, zeroForOne, amountOut));
    const slack = random.chance(50) ? random.magnitude(1n, (quoted ?? 1000n) + 1n) : 0n;
    const maximum = (random.chance(5) ? (quoted ?? 1000n) - 1n : (quoted ?? 1000n) + slack) & MAX_AMOUNT;
    const [idIn, before] = zeroForOne ? [pool.asset0, 0] : [pool.asset1, 1];
    const ether = () => (idIn === tokenId(this.#weth) ? this.model.etherOf({ account: caller }) : 0n);
    const held = () => this.#payable(caller, idIn, source) + ether();
    const start = held();
    const to = random.pick(this.users.filter((user) => user !== caller));
    return this.#action({
      name: "swapExactOut",
      caller,
      to,
      pool: this.#maybeWrong(pool),
      amount0: zeroForOne ? maximum : 0n,
      amount1: zeroForOne ? 0n : maximum,
      source,
      action: { name: "swapExactOut", amountOut, deadline: this.#deadline() },
      quoteData: this.#chain.ammLens.interface.encodeFunctionData("quoteExactOut", [pool, zeroForOne, amountOut]),
      quoteModel: () => [this.ammModel.quoteExactOut(pool, zeroForOne, amountOut)],
      quoteOf: (values) => {
        expect(at(values, 1 - before)).to.equal(amountOut);
        return [start - held()];
      },
    });
  }

  /**
   * A path of up to four pools, mostly joined: an exact input, an exact output, or liquidity that is swapped on or swapped
   * before it is added.
   */
  #callPath(): Operation {
    const random = this.#random;
    const [caller, source] = [random.pick(this.users), this.#source()];
    const hops = this.#row(Number(random.between(1n, 4n)));
    const first = at(hops, 0);
    const last = at(hops, hops.length - 1);
    const pools = hops.map(({ pool }) => pool);
    const idIn = first.zeroForOne ? first.pool.asset0 : first.pool.asset1;
    const isExactOut = random.chance(40);
    const deadline = this.#deadline();
    let amount = this.#part(caller, idIn, source);
    let actions: AmmAction[];
    if (isExactOut) {
      const reserve = this.#reserve(last.pool, last.assetOut);
      const amountOut = random.chance(3) ? reserve + 1n : random.magnitude(1n, reserve / 5n + 1n);
      const quoted = tryQuote(() =>
        [...hops].reverse().reduce((out, hop) => this.ammModel.quoteExactOut(hop.pool, hop.zeroForOne, out), amountOut),
      );
      const slack = random.chance(50) ? random.magnitude(1n, (quoted ?? 1000n) + 1n) : 0n;
      amount = (random.chance(5) ? (quoted ?? 1000n) - 1n : (quoted ?? 1000n) + slack) & MAX_AMOUNT;
      const assetOut = random.chance(2) ? idIn : last.assetOut;
      actions = hops.map((_, i): AmmAction =>
        i === hops.length - 1
          ? { name: "swapExactOut", amountOut, deadline }
          : { name: "swapExactOutPath", next: pools.slice(i + 1), assetOut, amountOut, deadline },
      );
    } else {
      const quoted = tryQuote(() =>
        hops.reduce((paid, hop) => this.ammModel.quoteExactIn(hop.pool, hop.zeroForOne, paid), amount),
      );
      actions = hops.map((_, i): AmmAction => {
        const minAmountOut = i === hops.length - 1 ? this.#minimum(quoted) : 0n;
        return { name: "swapExactIn", minAmountOut, deadline };
      });
    }
    let name = isExactOut ? "path, exact out" : "path, exact in";
    if (random.chance(15)) {
      name = "path with liquidity";
      const shares = this.#balance(caller, this.#shareId(first.pool));
      if (random.chance(50)) {
        const removal = { shares: random.magnitude(1n, shares / 4n + 1n), minAmount0: 0n, minAmount1: 0n, deadline };
        actions[0] = { name: "removeLiquidity", ...removal };
        amount = 0n;
      } else {
        actions[hops.length - 1] = { name: "addLiquidity", minShares: 0n, deadline };
      }
    }
    const calls = hops.map(({ pool, zeroForOne }, i): ModelCall<AmmAction> => {
      const { asset0, asset1 } = i === 0 ? this.#maybeWrong(pool) : pool;
      const paid = i === 0 ? amount : random.chance(1) ? 7n : 0n;
      return {
        ...{ protocol: this.#amm, asset0, asset1, key: bookKey(pool) },
        source: i === 0 ? source : this.#source(),
        destination: random.pick(["ledger", "ledger", "wallet", "native"] as const),
        ...(zeroForOne ? { amount0: paid, amount1: 0n } : { amount0: 0n, amount1: paid }),
        to: random.chance(20) ? ZeroAddress : this.#recipient(),
        data: at(actions, i),
      };
    });
    const { amount0, amount1 } = at(calls, 0);
    const value = this.#etherFor(at(calls, 0), amount0, amount1);
    const before = hops.map(({ pool }) => tryPool(() => this.ammModel.poolOf(pool)));
    const isSwap = name !== "path with liquidity";
    return {
      name,
      caller,
      to: this.#ledger,
      data: this.#chain.ledger.interface.encodeFunctionData("callPath", [calls.map(encodeCall)]),
      value,
      read: words,
      model: () => {
        const { out0, out1, minted } = this.model.callPath(caller, calls, value);
        return [out0, out1, minted];
      },
      check: async () => {
        if (value !== 0n) this.etherCalls += 1;
        this.hops.set(hops.length, (this.hops.get(hops.length) ?? 0) + 1);
        for (const [i, { pool }] of hops.entries()) {
          const found = before[i];
          if (isSwap && found !== undefined) await this.#checkWorth(name, pool, found);
        }
      },
    };
  }

  /** Pools in a row, each with an asset that the one before pays; rarely one that is not, or that stands there already. */
  #row(length: number): { pool: PoolKey; zeroForOne: boolean; assetOut: bigint }[] {
    const random = this.#random;
    const row: { pool: PoolKey; zeroForOne: boolean; assetOut: bigint }[] = [];
    let asset: bigint | undefined;
    for (let i = 0; i < length; ++i) {
      const used = row.map(({ pool }) => pool);
      const joined = this.pools.filter(
        (pool) =>
          (asset === undefined || pool.asset0 === asset || pool.asset1 === asset) &&
          (random.chance(5) || !used.includes(pool)),
      );
      if (joined.length === 0) break;
      const pool = random.chance(1) ? random.pick(this.pools) : random.pick(joined);
      const zeroForOne = asset === undefined ? random.chance(50) : pool.asset0 === asset;
      asset = zeroForOne ? pool.asset1 : pool.asset0;
      row.push({ pool, zeroForOne, assetOut: asset });
    }
    return row;
  }

  #action({
    name,
    caller,
    to = this.#random.chance(5) ? ZeroAddress : this.#recipient(),
    pool,
    amount0,
    amount1,
    source,
    action,
    quoteData,
    quoteModel,
    quoteOf,
  }: {
    name: string;
    caller: string;
    to?: string;
    pool: PoolKey;
    amount0: bigint;
    amount1: bigint;
    source: "ledger" | "wallet";
    action: AmmAction;
    quoteData?: string;
    quoteModel?: () => readonly bigint[];
    quoteOf?: (values: readonly bigint[]) => readonly bigint[];
  }): Operation {
    const call: ModelCall<AmmAction> = {
      protocol: this.#amm,
      asset0: pool.asset0,
      asset1: pool.asset1,
      key: bookKey(pool),
      source,
      destination: this.#random.pick(["ledger", "ledger", "wallet", "native"] as const),
      amount0,
      amount1,
      to,
      data: action,
    };
    const data = this.#chain.ledger.interface.encodeFunctionData("call", [encodeCall(call)]);
    const value = this.#etherFor(pool, amount0, amount1);
    const before = tryPool(() => this.ammModel.poolOf(pool));
    const isSwap = action.name === "swapExactIn" || action.name === "swapExactOut";
    const found = before === undefined || isSwap ? before : accrue(before, this.ammModel.protocolFee.fee).pool;
    let answer: readonly bigint[] = [];
    const operation: Operation = {
      name,
      caller,
      to: this.#ledger,
      data,
      value,
      read: words,
      check: async () => {
        if (value !== 0n) this.etherCalls += 1;
        if (found !== undefined) await this.#checkWorth(name, pool, found);
      },
      model: () => {
        const { out0, out1, minted } = this.model.call(caller, call, value);
        answer = [out0, out1, minted];
        return answer;
      },
    };
    if (quoteData === undefined || quoteModel === undefined || quoteOf === undefined) return operation;
    const compare = (quoted: readonly bigint[]): void => {
      const executed = quoteOf(answer);
      expect(quoted.slice(0, executed.length), `quote of ${name}`).to.deep.equal(executed);
    };
    return { ...operation, quote: { data: quoteData, model: quoteModel, compare } };
  }

  /**
   * No action costs those who hold shares anything: r/T of each side, and X/U and Y/U, or X·Y, never fall, U the virtual
   * shares (all in a plain pool), but for the shares that the protocol gets of what fees added. A removal that pays
   * nothing of a side can do no more for it, and leaves less than one unit too little.
   */
  async #checkWorth(name: string, pool: PoolKey, before: PoolState): Promise<void> {
    const after = await this.#chain.lakh.amm.poolOf({ pool });
    const label = `${name} on ${after.id}`;
    const [x, y] = [before.reserve0 + before.offset0, before.reserve1 + before.offset1];
    if (after.totalShares === before.totalShares) {
      expect(after.virtual0 * after.virtual1 >= x * y, `X·Y after ${label}`).to.equal(true);
      return;
    }
    const [shares, virtualShares] = [before.totalShares, before.virtualShares];
    const isRange = virtualShares !== 0n;
    const curveBefore = isRange ? virtualShares : shares;
    const curveAfter = isRange ? (await this.#chain.amm.poolOf(after.id)).virtualShares : after.totalShares;
    expect(after.reserve0 * shares >= before.reserve0 * after.totalShares, `r0 a share after ${label}`).to.equal(true);
    expect(after.reserve1 * shares >= before.reserve1 * after.totalShares, `r1 a share after ${label}`).to.equal(true);
    const sides = [
      { was: x, is: after.virtual0, moved: after.reserve0 - before.reserve0 },
      { was: y, is: after.virtual1, moved: after.reserve1 - before.reserve1 },
    ];
    for (const { was, is, moved } of sides) {
      if (is * curveBefore >= was * curveAfter) continue;
      const isSpent = after.totalShares < before.totalShares && moved === 0n;
      expect(isSpent, `units a share after ${label}`).to.equal(true);
      expect((is + 1n) * curveBefore > was * curveAfter, `one unit after ${label}`).to.equal(true);
      this.unitsLost += 1;
    }
    if (isRange) this.rangeChecks += 1;
  }

  /* CHOICES */

  /** Ether to send with an action: often for a small input of wrapped ether, rarely where it is not wanted. */
  #etherFor(pool: Pick<PoolKey, "asset0" | "asset1">, amount0: bigint, amount1: bigint): bigint {
    const random = this.#random;
    if (random.chance(1)) return random.magnitude(1n, 1000n);
    const weth = tokenId(this.#weth);
    const wanted = pool.asset1 === weth ? amount1 : pool.asset0 === weth ? amount0 : 0n;
    return wanted <= MAX_ETHER && random.chance(50) ? wanted : 0n;
  }

  #shareId(pool: PoolKey): bigint {
    return shareIdOf({ amm: this.#amm, id: this.ammModel.idOf(pool), isRestricted: false });
  }

  #newPool(): PoolKey {
    const random = this.#random;
    const shares = this.pools.slice(0, 3).map((pool) => this.#shareId(pool));
    const first = random.pick(this.ids);
    const others = [...this.ids, ...(random.chance(30) ? shares : [])].filter((id) => id !== first);
    const second = random.pick(others);
    const fee = random.pick([0n, 100n, 3000n, 50_000n, random.below(50_001n)]);
    const pool = poolKey({ assets: [first, second], fee, oracle: random.chance(30) });
    if (random.chance(4)) return { ...pool, fee: 50_001n };
    if (random.chance(2)) return { ...pool, flags: 2n };
    if (random.chance(3))
      return { ...pool, asset1: issuedId({ owner: this.#amm, salt: this.ammModel.idOf(pool), flags: 1n }) };
    if (random.chance(3)) return { ...pool, asset0: pool.asset1, asset1: pool.asset0 };
    if (random.chance(4)) return random.pick([...this.pools, pool]);
    if (random.chance(40)) return pool;
    if (random.chance(5)) return { ...pool, alpha: 1n << 64n, beta: 1n << 64n };
    if (random.chance(10))
      return { ...pool, alpha: random.magnitude(1n, 1n << 90n), beta: random.magnitude(1n, 1n << 90n) };
    const scale = (id: bigint) => 10n ** BigInt(TOKENS[this.ids.indexOf(id)]?.decimals ?? 18);
    const price = (PRICE_SCALE * scale(pool.asset1)) / scale(pool.asset0);
    const low = (price * 1000n) / random.magnitude(1010n, 100_000n);
    const high = (price * random.magnitude(1010n, 100_000n)) / 1000n;
    return { ...pool, ...rangeOffsets({ low: low + 1n, high: high + 2n }) };
  }

  /** Rarely a pool with the assets, or the id, of no pool. */
  #maybeWrong(pool: PoolKey): PoolKey {
    if (!this.#random.chance(2)) return pool;
    return this.#random.pick([
      { ...pool, fee: (pool.fee + 1n) % 50_000n },
      { ...pool, asset0: pool.asset1, asset1: pool.asset0 },
      { ...pool, asset1: pool.asset0 },
    ]);
  }

  /** Some of what the caller could pay with, and rarely more. */
  #part(caller: string, id: bigint, source: "ledger" | "wallet"): bigint {
    return this.#amount(this.#payable(caller, id, source) / 8n);
  }

  /** What the caller could pay with from that source; issued assets are in the ledger alone. */
  #payable(account: string, id: bigint, source: "ledger" | "wallet"): bigint {
    if (source === "ledger" || isIssued(id)) return this.#balance(account, id);
    return this.model.tokenBalanceOf({ token: tokenOf(id), account });
  }

  #amount(held: bigint): bigint {
    const random = this.#random;
    if (random.chance(2)) return 0n;
    if (random.chance(1)) return MAX_AMOUNT + random.below(2n);
    if (random.chance(2)) return held * 16n + 1n;
    return random.chance(50) ? random.between(held / 64n, held) : random.magnitude(1n, held + 1n);
  }

  #minimum(quoted: bigint | undefined): bigint {
    if (quoted === undefined || this.#random.chance(50)) return 0n;
    return this.#random.chance(94) ? quoted : quoted + 1n;
  }

  #deadline(): bigint {
    return this.#random.chance(1) ? 1n : FAR;
  }

  #source(): "ledger" | "wallet" {
    return this.#random.chance(55) ? "ledger" : "wallet";
  }

  #token(): string {
    return this.#random.chance(1) ? NO_TOKEN : this.#random.pick(this.tokens);
  }

  #id(): bigint {
    const shares = this.pools.map((pool) => this.#shareId(pool));
    return this.#random.pick([...this.ids, ...(this.#random.chance(40) ? shares : [])]);
  }

  #recipient(): string {
    const random = this.#random;
    if (random.chance(1)) return random.pick([ZeroAddress, this.#ledger]);
    return random.pick(this.users);
  }

  #balance(account: string, id: bigint): bigint {
    return this.model.balanceOf({ account, id });
  }

  /** All of an asset, in accounts and in pools. */
  #total(id: bigint): bigint {
    const inAccounts = this.users.reduce((sum, account) => sum + this.#balance(account, id), 0n);
    return this.pools.reduce((sum, pool) => sum + this.#reserve(pool, id), inAccounts);
  }

  #reserve(pool: PoolKey, id: bigint): bigint {
    const { asset0, asset1 } = pool;
    const book = { protocol: this.#amm, asset0, asset1, key: bookKey(pool) };
    const { amount0, amount1 } = decodeWord(this.model.bookOf(book));
    return id === asset0 ? amount0 : id === asset1 ? amount1 : 0n;
  }

  /* CHAIN */

  #lens(): string {
    return this.#chain.lakh.addresses.ammLens;
  }

  async #call(
    to: string,
    data: string,
    from = at(this.users, 0),
    value = 0n,
  ): Promise<{ answer: string } | { error: DecodedError }> {
    const { connection, weth } = this.#chain;
    const transaction = { from, to, data, value: `0x${value.toString(16)}`, gasPrice: "0x0" };
    try {
      return { answer: (await connection.provider.request({ method: "eth_call", params: [transaction] })) as string };
    } catch (error) {
      const reason = revertData(error);
      // Nothing here reverts without saying why.
      if (reason === "0x")
        throw new Error(`A call of ${to} with ${data} by ${from} failed without a reason`, { cause: error });
      const own = weth.interface.parseError(reason);
      if (own?.name !== "MockInsufficientBalance") return { error: decodeError(reason) };
      // Wrapped ether names its own errors; it is taken from the caller alone.
      const [needed, balance] = [...own.args] as [bigint, bigint];
      const args = { sender: from, balance, needed };
      return { error: { name: "ERC20InsufficientBalance", args, signature: own.signature, message: "" } };
    }
  }

  /** Reads the answer, then sends; what the call refuses is not sent. */
  async #send({ caller, to, data, value = 0n, read }: Operation): Promise<Answer> {
    const answer = await this.#call(to, data, caller, value);
    if ("error" in answer) return refusalOf(answer);
    const [gas, wei] = [`0x${GAS.toString(16)}`, `0x${value.toString(16)}`];
    const transaction = { from: caller, to, data, value: wei, gas, gasPrice: "0x0" };
    await this.#chain.connection.provider.request({ method: "eth_sendTransaction", params: [transaction] });
    return { values: read(answer.answer) };
  }

  #count(name: string, answer: Answer): void {
    const count = this.counts.get(name) ?? { done: 0, refused: 0 };
    if ("values" in answer) count.done += 1;
    else {
      count.refused += 1;
      this.refusals.set(answer.refusal, (this.refusals.get(answer.refusal) ?? 0) + 1);
    }
    this.counts.set(name, count);
  }
}

function encodeCall(call: ModelCall<AmmAction>) {
  return {
    ...call,
    source: SOURCES[call.source],
    destination: DESTINATIONS[call.destination],
    data: encodeAmmAction(call.data),
  };
}

function modelAnswer(model: () => readonly bigint[]): Answer {
  try {
    return { values: model() };
  } catch (error) {
    if (error instanceof ModelError) return refusalOf({ error: { name: error.code, args: error.values } });
    throw error;
  }
}

function refusalOf({ error }: { error: Pick<DecodedError, "name" | "args"> }): Answer {
  // The time of a simulated block is the node's own.
  return { refusal: error.name, args: error.name === "AmmExpired" ? {} : error.args };
}

function tryPool(read: () => PoolState): PoolState | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

function tryQuote(quote: () => bigint): bigint | undefined {
  return tryQuotes(() => ({ value: quote() })).value;
}

function tryQuotes<Names extends string>(quote: () => Record<Names, bigint>): Partial<Record<Names, bigint>> {
  try {
    return quote();
  } catch (error) {
    if (error instanceof ModelError) return {};
    throw error;
  }
}

function words(answer: string): readonly bigint[] {
  return Array.from({ length: (answer.length - 2) / 64 }, (_, i) =>
    BigInt(`0x${answer.slice(2 + 64 * i, 66 + 64 * i)}`),
  );
}

function none(): readonly bigint[] {
  return [];
}

function revertData(error: unknown): string {
  const { data } = error as { data?: unknown };
  if (typeof data === "string") return data;
  const nested = (data as { data?: unknown } | undefined)?.data;
  if (typeof nested === "string") return nested;
  throw error;
}

describe("models and chain", () => {
  it("agree on every answer, refusal, quote and balance", async function () {
    this.timeout(300_000 + 60 * OPERATIONS + 2_000 * BATCHES);
    const seed = seedFromEnvironment();
    const arena = await Arena.create(new Random(seed));
    arena.ammModel.timestamp = BigInt(Math.floor(Date.now() / 1000));
    for (let i = 0; i < OPERATIONS; i++) {
      await arena.step(`seed ${seed}, operation ${i}`);
      if (i % 2500 === 2499) await arena.compareAll(`seed ${seed}, after operation ${i}`);
    }
    const compared = await arena.compareAll(`seed ${seed}, at the end`);
    const counts = [...arena.counts].map(([name, { done, refused }]) => `${name} ${done}+${refused}`).join(", ");
    const ranges = arena.pools.filter(({ alpha, beta }) => (alpha | beta) !== 0n).length;
    console.log(
      `      seed ${seed}: ${OPERATIONS} operations (done+refused): ${counts}; ${arena.quotes} quotes, ` +
        `${arena.executedQuotes} of them executed; ` +
        `paths of ${[...arena.hops].map(([length, count]) => `${length} pools ${count}`).join(", ")}; ` +
        `${arena.etherCalls} actions paid with ether; ${arena.pools.length} pools, ${ranges} with a range; ` +
        `${arena.rangeChecks} times X/T and Y/T of one compared (${arena.unitsLost} units lost); ${arena.refusals.size} kinds of refusals; ` +
        `${compared} values compared at the end`,
    );

    let filled = 0;
    for (let i = 0; i < BATCHES; i++) {
      if (await arena.compareBatch(`seed ${seed}, batch ${i}`)) filled += 1;
    }
    console.log(`      ${BATCHES} batches, ${filled} with fills`);
  });
});
