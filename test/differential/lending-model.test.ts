import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import {
  DESTINATIONS,
  encodeLendingAction,
  healthFactorOf,
  LENDING_KINDS,
  marketKey,
  liquidatePosition,
  MAX_AMOUNT,
  MAX_SHARES,
  ModelError,
  repaymentOf,
  SOURCES,
  supplyAssetsOf,
  toBorrowAssetsUp,
  toBorrowSharesDown,
  toBorrowSharesUp,
  toSupplyAssetsDown,
  toSupplyAssetsUp,
  toSupplySharesDown,
  toSupplySharesUp,
  type LendingAction,
  type MarketParams,
  type ModelCall,
} from "../../src/index.js";
import { maskOf } from "../../src/codec/digest.js";
import { demand } from "../../src/models/state.js";
import { at } from "../helpers/deploy.js";
import { LendingChoices, triedModel, type Choice } from "../helpers/lending-choices.js";
import { createLendingWorld, settlementModelOf, type LendingWorld } from "../helpers/lending-world.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";
import { wordsOf, type Reply } from "../helpers/timed-chain.js";

const OPERATIONS = countFromEnvironment("LAKH_LENDING_OPERATIONS", 300);
const MAX_UINT256 = (1n << 256n) - 1n;
const FIRST_MARKETS = 3;
const MAX_MARKETS = 30;
/** The ones that most operations are on, so that something happens in them. */
const LIVELY = 5;
const FEE_STEP = 5n * 10n ** 15n;
/** Times are 32 bits: after this there are no long waits. */
const LATE = 4_100_000_000;
const NUMBER = 1;
const GAS_CAP = 9_000_000;

type Answer = { values: readonly bigint[] } | { refusal: string; args: Readonly<Record<string, unknown>> };

/** An operation on both sides. */
type Operation = {
  name: string;
  params?: MarketParams;
  /** Whose words and positions it may have changed; everybody's unless given. */
  accounts?: readonly string[];
  caller: string;
  to: string;
  data: string;
  model: () => readonly bigint[];
  /** Numbers of the chain's answer, all its words unless given. */
  read?: (answer: string) => readonly bigint[];
  /** A lens preview: what it must say, and what must then have happened. */
  preview?: { data: string; expected: () => readonly bigint[]; executed: () => readonly bigint[] };
};

/** The core on chain and its model side by side, under random operations. */
class Arena {
  readonly markets: MarketParams[] = [];
  readonly counts = new Map<string, { done: number; refused: number }>();
  readonly refusals = new Map<string, number>();
  previews = 0;
  limits = 0;
  waited = 0;
  badDebts = 0;
  readonly batch = { sections: 0, failed: 0, executed: 0, skipped: 0 };
  /** What a new market begins with. */
  readonly #queue: Choice[] = [];
  readonly #world: LendingWorld;
  readonly #random: Random;
  readonly #choices: LendingChoices;
  readonly #ledger: string;
  readonly #lending: string;
  readonly #lens: string;

  private constructor(world: LendingWorld, random: Random, lens: string) {
    this.#world = world;
    this.#random = random;
    this.#choices = new LendingChoices(world, random);
    this.#ledger = world.ledgerModel.address;
    this.#lending = world.model.address;
    this.#lens = lens;
  }

  static async create(random: Random): Promise<Arena> {
    const world = await createLendingWorld();
    return new Arena(world, random, await world.lens.getAddress());
  }

  /* RUNNING */

  /** One random operation on both sides, perhaps some time later. */
  async step(label: string): Promise<void> {
    await this.#wait();
    const operation = await this.#next();
    const where = `${label}: ${operation.name} of ${operation.caller}`;
    const preview = operation.preview;
    let quoted: readonly bigint[] | undefined;
    if (preview !== undefined) {
      const expected = modelAnswer(preview.expected);
      expect(this.#answerOf(await this.#world.chain.call({ to: this.#lens, data: preview.data })), where).to.deep.equal(
        expected,
      );
      quoted = "values" in expected ? expected.values : undefined;
    }
    const expected = modelAnswer(operation.model);
    const actual = this.#answerOf(
      await this.#world.chain.send({ ...operation, from: operation.caller }),
      operation.read,
    );
    expect(actual, where).to.deep.equal(expected);
    this.#count(operation.name, expected);
    if (preview !== undefined && "values" in expected) {
      expect(quoted, `preview of ${where}`).to.deep.equal(preview.executed());
      this.previews += 1;
    }
    if (operation.params !== undefined) await this.compareMarket(operation.params, where, operation.accounts);
  }

  async #wait(): Promise<void> {
    const random = this.#random;
    const roll = random.below(1000n);
    let seconds = 0n;
    if (roll < 350n) seconds = random.between(1n, 60n);
    else if (roll < 500n) seconds = random.magnitude(60n, 86_400n);
    else if (roll < 540n) seconds = random.magnitude(86_400n, 30n * 86_400n);
    else if (roll < 543n) seconds = random.between(1n, 3n) * 365n * 86_400n;
    if (this.#world.chain.now > LATE) seconds = random.below(2n);
    await this.#world.chain.wait(Number(seconds));
    this.waited += Number(seconds);
    this.#world.model.timestamp = BigInt(this.#world.chain.now);
  }

  /** The market's book and totals, and of these accounts the position, the shares and both assets. */
  async compareMarket(
    params: MarketParams,
    label: string,
    accounts: readonly string[] = [...this.#world.users, this.#lending],
  ): Promise<number> {
    const { chain, lending, suite, model, ledgerModel } = this.#world;
    const id = model.idOf(params);
    const { interface: lendingCodec } = lending;
    const { interface: ledgerCodec } = suite.ledger;
    const compare = async (what: string, [to, data]: readonly [string, string], expected: readonly bigint[]) => {
      expect(await chain.words(to, data), `${label}: ${what}`).to.deep.equal(expected);
    };
    const { loanAsset, collateralAsset } = params;
    const book = [this.#lending, marketKey(params), loanAsset, collateralAsset] as const;
    const bookCall = ledgerCodec.encodeFunctionData("bookOf", [...book]);
    const totals = model.store.totalsOf(id);
    const checks = [
      compare("book", [this.#ledger, bookCall], [model.bookOf(params)]),
      compare(
        "totals",
        [this.#lending, lendingCodec.encodeFunctionData("marketOf", [id])],
        [...Object.values(totals), 0n],
      ),
    ];
    for (const account of accounts) {
      const { borrowShares, collateral } = model.positionOf(params, account);
      const positionCall = lendingCodec.encodeFunctionData("positionOf", [id, account]);
      checks.push(compare(`position of ${account}`, [this.#lending, positionCall], [borrowShares, collateral]));
      for (const asset of [loanAsset, collateralAsset, model.shareIdOf(params)]) {
        const wordCall = ledgerCodec.encodeFunctionData("wordOf", [account, asset]);
        const word = ledgerModel.wordOf({ account, id: asset });
        checks.push(compare(`word ${asset} of ${account}`, [this.#ledger, wordCall], [word]));
      }
    }
    await Promise.all(checks);
    this.#checkSums(params, label);
    return checks.length;
  }

  /** What the parts are is what the whole is. */
  #checkSums(params: MarketParams, label: string): void {
    const { model, ledgerModel, users } = this.#world;
    const totals = model.store.totalsOf(model.idOf(params));
    const everybody = [...users, this.#lending];
    const sum = (part: (account: string) => bigint) => everybody.reduce((all, account) => all + part(account), 0n);
    const id = model.shareIdOf(params);
    const shares = sum((account) => ledgerModel.balanceOf({ account, id }));
    expect(shares + totals.feeShares, `${label}: shares`).to.equal(totals.supplyShares);
    const debts = sum((account) => model.positionOf(params, account).borrowShares);
    expect(debts, `${label}: debts`).to.equal(totals.borrowShares);
    const collateral = sum((account) => model.positionOf(params, account).collateral);
    expect(collateral, `${label}: collateral`).to.equal((model.bookOf(params) >> 112n) & MAX_AMOUNT);
  }

  async compareAll(label: string): Promise<number> {
    let compared = 0;
    for (const params of this.markets) {
      compared += await this.compareMarket(params, label);
      await this.#compareViews(params, label);
    }
    return compared;
  }

  /* OPERATIONS */

  async #next(): Promise<Operation> {
    const random = this.#random;
    const { length } = this.markets;
    const queued = this.#queue.shift();
    if (queued !== undefined) return this.#wallet(this.#choices.refreshed(queued));
    if (length < FIRST_MARKETS || (length < MAX_MARKETS && random.chance(1))) return this.#createMarket();
    const roll = random.below(100n);
    if (roll < 8n) return this.#movePrice();
    if (roll < 10n) return this.#moveRate();
    if (roll < 12n) return this.#setFee();
    if (roll < 15n) return this.#transfer();
    if (roll < 17n) return this.#setOperator();
    if (roll < 29n) return this.#section();
    if (roll < 32n) await this.#compareLimits(this.#pickMarket());
    else if (roll < 34n) await this.#compareViews(this.#pickMarket(), "views");
    return this.#wallet(this.#choices.choose(this.#pickMarket()));
  }

  #pickMarket(): MarketParams {
    const { markets } = this;
    return this.#random.chance(10) ? this.#random.pick(markets) : this.#random.pick(markets.slice(-LIVELY));
  }

  #createMarket(): Operation {
    const random = this.#random;
    const params = random.chance(5) && this.markets.length > 0 ? random.pick(this.markets) : this.#choices.params();
    const action: LendingAction = { name: "createMarket", market: params };
    const caller = random.pick(this.#world.users);
    const inBook = random.chance(3) ? { ...params, lltv: params.lltv + 1n } : params;
    const operation = this.#wallet({ caller, params: inBook, action, amount0: 0n, amount1: 0n });
    const { model } = operation;
    operation.model = () => {
      const values = model();
      this.markets.push(params);
      this.#queue.push(...this.#choices.beginning(params));
      return values;
    };
    // What is not created has no totals to compare.
    delete operation.params;
    return operation;
  }

  #wallet({ caller, params, action, amount0, amount1 }: Choice): Operation {
    const random = this.#random;
    const { suite, users, ledgerModel } = this.#world;
    const key = random.chance(1) ? ZeroHash : marketKey(params);
    const source = random.chance(95) ? ("ledger" as const) : ("wallet" as const);
    const to = random.chance(85) ? ZeroAddress : random.pick([...users, this.#ledger]);
    const call: ModelCall<LendingAction> = {
      ...{ protocol: this.#lending, asset0: params.loanAsset, asset1: params.collateralAsset, key },
      ...{ source, destination: random.chance(90) ? "ledger" : "wallet", amount0, amount1, to, data: action },
    };
    const encoded = {
      ...call,
      ...{ source: SOURCES[call.source], destination: DESTINATIONS[call.destination] },
      data: encodeLendingAction(action),
    };
    const named = "account" in action && action.account !== ZeroAddress ? [action.account] : [];
    const accounts = [...new Set([caller, ...(to === ZeroAddress || to === this.#ledger ? [] : [to]), ...named])];
    const preview = key === ZeroHash ? undefined : this.#previewOf({ caller, params, action, amount0, amount1 });
    return {
      ...{
        name: action.name,
        params,
        accounts,
        caller,
        to: this.#ledger,
        ...(preview === undefined ? {} : { preview }),
      },
      data: suite.ledger.interface.encodeFunctionData("call", [encoded]),
      model: () => {
        const { out0, out1, minted } = ledgerModel.call(caller, call);
        return [out0, out1, minted];
      },
    };
  }

  /** What the lens says beforehand, and what of the same there is afterwards. */
  #previewOf({ caller, params, action, amount0 }: Choice): Operation["preview"] {
    const { model, lens } = this.#world;
    const market = triedModel(() => model.marketOf(params));
    if (market === undefined) return undefined; // not yet created
    const before = market;
    const after = () => model.store.totalsOf(model.idOf(params));
    const after0 = () => model.bookOf(params) & MAX_AMOUNT;
    const minted = () => after().supplyShares - before.supplyShares;
    const repaid = () => before.borrowShares - after().borrowShares;
    const paidIn = () => after0() - before.idle;
    const encode = lens.interface.encodeFunctionData.bind(lens.interface);
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the others have no preview
    switch (action.name) {
      case "supply":
        return {
          data: encode("previewSupply", [params, amount0]),
          expected: () => [toSupplySharesDown(market, amount0)],
          executed: () => [minted()],
        };
      case "supplyShares":
        if (action.shares > MAX_SHARES) return undefined;
        return {
          data: encode("previewSupplyShares", [params, action.shares]),
          expected: () => [toSupplyAssetsUp(market, action.shares)],
          executed: () => [paidIn()],
        };
      case "withdraw":
        return {
          data: encode("previewWithdraw", [params, action.assets]),
          expected: () => [toSupplySharesUp(market, action.assets)],
          executed: () => [-minted()],
        };
      case "redeem":
        if (action.shares === MAX_UINT256) return undefined;
        return {
          data: encode("previewRedeem", [params, action.shares]),
          expected: () => [toSupplyAssetsDown(market, action.shares)],
          executed: () => [-paidIn()],
        };
      case "borrow":
        return {
          data: encode("previewBorrow", [params, action.assets]),
          expected: () => [toBorrowSharesUp(market, action.assets)],
          executed: () => [-repaid()],
        };
      case "repay": {
        const account = action.account === ZeroAddress ? caller : action.account;
        const owed = model.positionOf(params, account).borrowShares;
        const bought = toBorrowSharesDown(market, amount0);
        const shares = bought < owed ? bought : owed;
        return {
          data: encode("previewRepay", [params, account, amount0]),
          expected: () => [repaymentOf(market, shares), shares],
          executed: () => [paidIn(), repaid()],
        };
      }
      case "liquidate": {
        const position = model.positionOf(params, action.account);
        return {
          data: encode("previewLiquidate", [params, action.account, amount0]),
          expected: () => {
            const price = model.store.sources.priceOf(params.oracle);
            demand(price !== 0n, "LendingZeroPrice", { oracle: params.oracle });
            const { liquidation } = liquidatePosition(market, position, { ...params, price, input: amount0 });
            const { repaidAssets, repaidShares, seized, badDebt } = liquidation;
            return [repaidAssets, repaidShares, seized, badDebt];
          },
          executed: () => {
            const left = model.positionOf(params, action.account);
            const badDebt = before.borrowAssets - after().borrowAssets - paidIn();
            if (badDebt > 0n) this.badDebts += 1;
            // What is written off is no repayment: only the assets tell the two apart.
            const shares = badDebt === 0n ? repaid() : this.#repaidOf(params, { market, position, input: amount0 });
            return [paidIn(), shares, position.collateral - left.collateral, badDebt];
          },
        };
      }
      default:
        return undefined;
    }
  }

  #repaidOf(
    params: MarketParams,
    {
      market,
      position,
      input,
    }: {
      market: Parameters<typeof liquidatePosition>[0];
      position: Parameters<typeof liquidatePosition>[1];
      input: bigint;
    },
  ): bigint {
    const price = this.#world.model.store.sources.priceOf(params.oracle);
    return liquidatePosition(market, position, { ...params, price, input }).liquidation.repaidShares;
  }

  /** A section of up to ten operations of anybody. */
  #section(): Operation {
    const random = this.#random;
    const { ledgerModel, model, settlement, users } = this.#world;
    const params = this.#pickMarket();
    const ownShare = model.shareIdOf(params);
    const shareId = random.chance(92) ? ownShare : random.pick([0n, ownShare + 2n]);
    const { loanAsset: asset0, collateralAsset: asset1 } = params;
    const feeTo = random.pick(users);
    const [fee0, fee1] = [0, 1].map(() => (random.chance(60) ? 0n : random.magnitude(1n, 1000n)));
    const key = random.chance(2) ? ZeroHash : marketKey(params);
    const header = {
      ...{ protocol: this.#lending, key, asset0, asset1, shareId, gasCap: GAS_CAP },
      ...{ fee0: fee0 ?? 0n, fee1: fee1 ?? 0n, parameters: "0x" },
    };
    const steps = new Map<string, number>();
    const orders = Array.from({ length: Number(random.between(1n, 10n)) }, () => {
      const account = random.pick(users);
      const order = this.#order(params, account);
      const debited = at([asset0, asset1, ownShare, asset0], order.kind & 3);
      const word = `${account} ${ledgerModel.homeOf(debited).key}`;
      const step = steps.get(word) ?? 0;
      steps.set(word, step + 1);
      const sequence = (ledgerModel.sequenceOf({ account, id: debited }) + step + (random.chance(3) ? 1 : 0)) & 255;
      return { account, sequence, ...order };
    });
    const mask = maskOf({ relayer: feeTo, number: NUMBER });
    const batch = {
      ...{ relayer: feeTo, number: NUMBER, sections: [header], fallbacks: [] },
      types: orders.map(({ kind }) => ({ section: 0, kind, amountForm: 14 as const, argumentForm: 28 })),
      records: orders.map(({ sequence, amount, arguments: argument }, index) => ({
        id: (index ^ mask) >>> 0,
        operations: [{ type: index, dependsOnPrevious: false, sequence, amount, argument }],
      })),
    };
    const settle = settlementModelOf(this.#world, (id) => orders[(id ^ mask) >>> 0]?.account);
    return {
      ...{ name: "section", params, caller: feeTo, to: settlement.target as string },
      data: settlement.interface.encodeFunctionData("settle", [{ ...header, feeTo }, orders]),
      read: (answer) => {
        const [executed, skipped] = settlement.interface.decodeFunctionResult("settle", answer) as unknown as [
          boolean,
          bigint[],
        ];
        return executed ? [1n, ...skipped] : [0n];
      },
      model: () => {
        const { sections, skipped, executed } = settle.settle(batch);
        this.batch.sections += 1;
        if (sections === 0n) this.batch.failed += 1;
        for (const isExecuted of executed.flat()) this.batch[isExecuted ? "executed" : "skipped"] += 1;
        return sections === 0n ? [0n] : [1n, ...skipped];
      },
    };
  }

  /** An operation of a section; what it debits is its amount, what it takes out its limit. */
  #order(params: MarketParams, account: string): { kind: number; amount: bigint; arguments: bigint } {
    const random = this.#random;
    const { ledgerModel, model } = this.#world;
    const market = model.marketOf(params);
    const position = model.positionOf(params, account);
    const held = (id: bigint) => ledgerModel.balanceOf({ account, id });
    const [part, limited] = [
      (most: bigint) => this.#choices.amount(most) & MAX_AMOUNT,
      (limit: bigint) => (random.chance(80) ? 0n : limit + random.below(2n)) & MAX_AMOUNT,
    ];
    const kinds = LENDING_KINDS;
    switch (random.below(13n)) {
      case 0n:
      case 1n: {
        const amount = part(held(params.loanAsset) / 4n);
        return { kind: kinds.supply, amount, arguments: limited(toSupplySharesDown(market, amount)) };
      }
      case 2n:
      case 3n: {
        const amount = part(held(model.shareIdOf(params)));
        return { kind: kinds.redeem, amount, arguments: limited(toSupplyAssetsDown(market, amount)) };
      }
      case 4n:
      case 5n: {
        const debt = toBorrowAssetsUp(market, position.borrowShares);
        return { kind: kinds.repay, amount: part(2n * debt), arguments: 0n };
      }
      case 6n:
      case 7n:
        return { kind: kinds.addCollateral, amount: part(held(params.collateralAsset) / 4n), arguments: 0n };
      case 8n:
      case 9n:
        return { kind: kinds.borrow, amount: 0n, arguments: part(this.#choices.mostDebt(params, position)) };
      case 10n:
      case 11n:
        return {
          kind: kinds.removeCollateral,
          amount: 0n,
          arguments: part(this.#choices.mostCollateral(params, position)),
        };
      default:
        return { kind: Number(random.below(256n)), amount: random.below(1000n), arguments: random.below(1000n) };
    }
  }

  /* SURROUNDINGS */

  #movePrice(): Operation {
    const random = this.#random;
    const { oracles, codecs } = this.#world;
    const oracle = random.chance(80) ? this.#pickMarket().oracle : random.pick([...oracles.keys()]);
    const said = oracles.get(oracle);
    if (said === undefined) throw new RangeError("No such oracle");
    const common = { name: "price", caller: random.pick(this.#world.users), to: oracle };
    if (said.fails || random.chance(5)) {
      const fails = !said.fails;
      return {
        ...common,
        data: codecs.oracle.encodeFunctionData("setMode", [fails ? 1n : 0n]),
        model: () => {
          oracles.set(oracle, { ...said, fails });
          return [];
        },
      };
    }
    const isFar = said.price * 30n < said.base || said.price > said.base * 30n;
    let price = isFar || random.chance(10) ? said.base : (said.price * random.between(60n, 125n)) / 100n;
    if (random.chance(2)) price = random.pick([0n, 1n, said.base << 40n]);
    const borrowPrice = random.chance(70) ? price : (price * random.between(90n, 100n)) / 100n;
    return {
      ...common,
      data: codecs.oracle.encodeFunctionData("setPrices", [price, borrowPrice]),
      model: () => {
        oracles.set(oracle, { ...said, price, borrowPrice });
        return [];
      },
    };
  }

  #moveRate(): Operation {
    const random = this.#random;
    const { rates, codecs } = this.#world;
    const [irm, said] = random.pick([...rates]);
    const common = { name: "rate", caller: random.pick(this.#world.users), to: irm };
    if (said.fails || random.chance(20)) {
      const fails = !said.fails;
      // Reverts, takes all the gas, or answers less than a word.
      const mode = fails ? random.between(1n, 3n) : 0n;
      return {
        ...common,
        data: codecs.rate.encodeFunctionData("setMode", [mode]),
        model: () => {
          rates.set(irm, { ...said, fails });
          return [];
        },
      };
    }
    const rate = random.chance(5) ? MAX_UINT256 : random.magnitude(1n, 4n * 10n ** 11n);
    return {
      ...common,
      data: codecs.rate.encodeFunctionData("setRate", [rate]),
      model: () => {
        rates.set(irm, { ...said, rate });
        return [];
      },
    };
  }

  #setFee(): Operation {
    const random = this.#random;
    const { model, lending, admin, users } = this.#world;
    const caller = random.chance(90) ? admin : random.pick(users);
    if (random.chance(30)) {
      const recipient = random.pick(users);
      return {
        ...{ name: "setFeeRecipient", caller, to: this.#lending },
        data: lending.interface.encodeFunctionData("setFeeRecipient", [recipient]),
        model: () => {
          demand(caller === admin, "LendingUnauthorized", { caller });
          model.feeRecipient = recipient;
          return [];
        },
      };
    }
    const params = this.#pickMarket();
    const fee = random.chance(90) ? random.below(51n) * FEE_STEP : random.pick([1n, 51n * FEE_STEP]);
    return {
      ...{ name: "setFee", params, accounts: [], caller, to: this.#lending },
      data: lending.interface.encodeFunctionData("setFee", [params, fee]),
      model: () => {
        demand(caller === admin, "LendingUnauthorized", { caller });
        model.setFee(params, fee);
        return [];
      },
    };
  }

  /** Shares are assets like others; half of the time the holder lets batches use them. */
  #transfer(): Operation {
    const random = this.#random;
    const { ledgerModel, model, suite, users } = this.#world;
    const params = this.#pickMarket();
    const [caller, id, to] = [random.pick(users), model.shareIdOf(params), random.pick(users)];
    if (random.chance(50)) {
      return {
        ...{ name: "setConsent", params, accounts: [caller], caller, to: this.#ledger },
        data: suite.ledger.interface.encodeFunctionData("setConsent", [id, 1n]),
        model: () => {
          ledgerModel.setConsent({ caller, id, versions: 1 });
          return [];
        },
      };
    }
    const amount = this.#choices.amount(ledgerModel.balanceOf({ account: caller, id }));
    return {
      ...{ name: "transfer", params, accounts: [caller, to], caller, to: this.#ledger },
      data: suite.ledger.interface.encodeFunctionData("transfer", [to, id, amount]),
      model: () => {
        ledgerModel.transfer({ caller, id, amount, to });
        return [1n];
      },
    };
  }

  #setOperator(): Operation {
    const random = this.#random;
    const { ledgerModel, suite, users } = this.#world;
    const [caller, spender, approved] = [random.pick(users), random.pick(users), random.chance(50)];
    return {
      ...{ name: "setOperator", caller, to: this.#ledger },
      data: suite.ledger.interface.encodeFunctionData("setOperator", [spender, approved]),
      model: () => {
        ledgerModel.setOperator({ caller, spender, approved });
        return [1n];
      },
    };
  }

  /* LENS */

  /** The most that somebody can do is what the model says, can be done, and a unit more cannot. */
  async #compareLimits(params: MarketParams): Promise<void> {
    const { chain, lens, model, ledgerModel, users } = this.#world;
    const account = this.#random.pick(users);
    const position = model.positionOf(params, account);
    const market = model.marketOf(params);
    const shares = ledgerModel.balanceOf({ account, id: model.shareIdOf(params) });
    const worth = toSupplyAssetsDown(market, shares);
    const encode = lens.interface.encodeFunctionData.bind(lens.interface);
    const cases = [
      {
        view: "maxBorrow",
        data: encode("maxBorrow", [params, account]),
        most: () => {
          model.store.sources.borrowPriceOf(params.oracle);
          return this.#choices.mostDebt(params, position);
        },
        action: (assets: bigint): LendingAction => ({ name: "borrow", assets, account: ZeroAddress }),
        above: ["LendingUnhealthy", "LendingInsufficientLiquidity", "LendingAmountTooLarge"],
      },
      {
        view: "maxWithdraw",
        data: encode("maxWithdraw", [params, account]),
        most: () => (worth < market.idle ? worth : market.idle),
        action: (assets: bigint): LendingAction => ({ name: "withdraw", assets, maxShares: MAX_UINT256 }),
        above: ["LendingInsufficientLiquidity", "LedgerInsufficientBalance", "LendingInsufficientShares"],
      },
      {
        view: "maxWithdrawCollateral",
        data: encode("maxWithdrawCollateral", [params, account]),
        most: () => {
          if (position.borrowShares !== 0n) model.store.sources.borrowPriceOf(params.oracle);
          return this.#choices.mostCollateral(params, position);
        },
        action: (amount: bigint): LendingAction => ({ name: "removeCollateral", amount, account: ZeroAddress }),
        above: ["LendingUnhealthy", "LendingInsufficientCollateral"],
      },
    ];
    for (const { view, data, most, action, above } of cases) {
      const expected = modelAnswer(() => [most()]);
      const said = this.#answerOf(await chain.call({ to: this.#lens, data }));
      expect(said, `${view} of ${account}`).to.deep.equal(expected);
      if (!("values" in expected)) continue;
      const limit = at(expected.values, 0);
      const attempt = (amount: bigint) => this.#dryRun(params, account, action(amount));
      if (limit !== 0n) expect(await attempt(limit), `${view} of ${account}`).to.equal("done");
      expect(await attempt(limit + 1n), `${view} of ${account}, and one`).to.be.oneOf(above);
      this.limits += 1;
    }
  }

  async #dryRun(params: MarketParams, from: string, action: LendingAction): Promise<string> {
    const { chain, suite } = this.#world;
    const call = {
      ...{ protocol: this.#lending, asset0: params.loanAsset, asset1: params.collateralAsset, key: marketKey(params) },
      ...{ source: SOURCES.ledger, destination: DESTINATIONS.ledger, amount0: 0n, amount1: 0n, to: ZeroAddress },
      data: encodeLendingAction(action),
    };
    const data = suite.ledger.interface.encodeFunctionData("call", [call]);
    const reply = await chain.call({ from, to: this.#ledger, data });
    return "error" in reply ? reply.error.name : "done";
  }

  async #compareViews(params: MarketParams, label: string): Promise<void> {
    const { chain, lens, model, ledgerModel, users } = this.#world;
    const account = this.#random.pick(users);
    const market = model.marketOf(params);
    const position = model.positionOf(params, account);
    const encode = lens.interface.encodeFunctionData.bind(lens.interface);
    const totals = await chain.words(this.#lens, encode("marketOf", [params]));
    const { market: _, feeShares } = model.store.preview(model.idOf(params), model.bookOf(params));
    const supplyAssets = supplyAssetsOf(market);
    expect(totals.slice(3, 8), `${label}: marketOf`).to.deep.equal([
      ...[supplyAssets, market.supplyShares, market.borrowAssets, market.borrowShares, market.idle],
    ]);
    expect(totals[9], `${label}: feeShares`).to.equal(feeShares);
    expect(totals[14], `${label}: rate`).to.equal(market.rate);
    const shares = ledgerModel.balanceOf({ account, id: model.shareIdOf(params) });
    expect(
      await chain.words(this.#lens, encode("positionOf", [params, account])),
      `${label}: positionOf`,
    ).to.deep.equal([
      ...[shares, toSupplyAssetsDown(market, shares), position.borrowShares],
      ...[toBorrowAssetsUp(market, position.borrowShares), position.collateral],
    ]);
    const expected = modelAnswer(() => {
      if (position.borrowShares === 0n) return [MAX_UINT256];
      const price = model.store.sources.priceOf(params.oracle);
      return [healthFactorOf(market, position, { ...params, price }) ?? MAX_UINT256];
    });
    const health = this.#answerOf(
      await chain.call({ to: this.#lens, data: encode("healthFactor", [params, account]) }),
    );
    expect(health, `${label}: healthFactor`).to.deep.equal(expected);
  }

  /* ANSWERS */

  #answerOf(reply: Reply, read: (answer: string) => readonly bigint[] = wordsOf): Answer {
    if ("error" in reply) return { refusal: reply.error.name, args: reply.error.args };
    return { values: read(reply.answer) };
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

function modelAnswer(model: () => readonly bigint[]): Answer {
  try {
    return { values: model() };
  } catch (error) {
    if (error instanceof ModelError) return { refusal: error.code, args: error.values };
    throw error;
  }
}

describe("lending and its model", () => {
  it("agree on every answer, refusal, preview, limit, book, position and share", async function () {
    this.timeout(120_000 + 200 * OPERATIONS);
    const seed = seedFromEnvironment();
    const arena = await Arena.create(new Random(seed));
    for (let i = 0; i < OPERATIONS; i++) {
      await arena.step(`seed ${seed}, operation ${i}`);
      if (i % 1000 === 999) await arena.compareAll(`seed ${seed}, after operation ${i}`);
    }
    const compared = await arena.compareAll(`seed ${seed}, at the end`);
    const counts = [...arena.counts].map(([name, { done, refused }]) => `${name} ${done}+${refused}`).join(", ");
    const { sections, failed, executed, skipped } = arena.batch;
    const names = [...arena.refusals].map(([name, count]) => `${name} ${count}`).join(", ");
    console.log(
      `      seed ${seed}: ${OPERATIONS} operations (done+refused): ${counts}; ${arena.markets.length} markets; ` +
        `${(arena.waited / 31_536_000).toFixed(1)} years; ${arena.previews} previews executed, ${arena.limits} limits ` +
        `tried; ${arena.badDebts} bad debts; ${sections} sections ` +
        `(${failed} failed) of ${executed} operations executed and ${skipped} skipped; ${arena.refusals.size} kinds of ` +
        `refusals: ${names}; ${compared} values compared at the end`,
    );
  });
});
