import { existsSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { loadAdaptiveCurve } from "../../bench/gas/morpho-rate.js";
import { ROOT } from "../../scripts/lib/paths.js";
import {
  accrueMarket,
  INITIAL_CURVE_RATE,
  liquidatableShares,
  liquidatePosition,
  liquidationIncentive,
  MAX_CURVE_RATE,
  MAX_DEBT,
  maxBorrowOf,
  maxDebtOf,
  maxWithdrawCollateralOf,
  MIN_CURVE_RATE,
  nextCurveRates,
  NO_INTEREST,
  PRICE_SCALE,
  toBorrowAssetsDown,
  toBorrowAssetsUp,
  toBorrowSharesUp,
  toSupplyAssetsDown,
  toSupplyAssetsUp,
  type LendingAction,
  type LendingMarket,
  type RateModel,
} from "../../src/index.js";
import { mulDivDown, mulDivUp } from "../../src/lending-units.js";
import { at } from "../helpers/deploy.js";
import { LendingPair, PAIR_LLTVS, type PairAccount } from "../helpers/lending-pair.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";
import { type Reply } from "../helpers/timed-chain.js";

const SEQUENCES = countFromEnvironment("LAKH_MORPHO_SEQUENCES", 20);
/** Times are 32 bits, some seventy years: a sequence takes three months. */
const PER_CHAIN = 150;
const CURVES = 20_000;
const WAD = 10n ** 18n;
const YEAR = 365n * 24n * 3600n;
const MAX_UINT256 = (1n << 256n) - 1n;
const UNIT = 10n ** 18n;
const PEERS = ["morpho-blue", "blue-sdk"].map((name) => path.join(ROOT, "bench/peers/node_modules/@morpho-org", name));

/** What Morpho says where we say this. It looks at health before liquidity, and at what is left by underflow. */
const REFUSALS: Readonly<Record<string, readonly string[]>> = {
  LendingUnhealthy: ["insufficient collateral"],
  LendingInsufficientLiquidity: ["insufficient liquidity", "insufficient collateral", "Panic"],
  LendingInsufficientShares: ["Panic"],
  LedgerInsufficientBalance: ["Panic"],
  LendingInsufficientCollateral: ["Panic"],
  LendingHealthy: ["position is healthy"],
};

/** An action on both sides: ours, and Morpho's of the same effect. */
type Pairing = {
  name: string;
  actor: string;
  /** Whose position it moves. */
  account: string;
  action: LendingAction;
  amounts: { amount0?: bigint; amount1?: bigint };
  /** Morpho's function and arguments, once it is known what ours did; undefined where it cannot do that. */
  theirs: (did: Did) => readonly [name: string, args: readonly unknown[]] | undefined;
};
/** What ours moved of the account's position, without what was written off. */
type Did = { repaidShares: bigint };

/** Random sequences in pairs of markets. */
class Duel {
  readonly counts = new Map<string, { done: number; refused: number }>();
  operations = 0;
  /** Where Morpho takes one unit more than it is owed. */
  unitsMore = 0;
  /** Where nothing results, which Morpho does nevertheless. */
  nothing = 0;
  /** Where Morpho has no arguments for what we did. */
  inexpressible = 0;
  /** Where we hold no more shares, or owe no more. */
  tooLarge = 0;
  badDebts = 0;
  capped = 0;
  feeShares = 0;
  #pair: LendingPair;
  readonly #random: Random;
  #market: LendingMarket & { rate: bigint } = {
    idle: 0n,
    supplyShares: 0n,
    borrowAssets: 0n,
    borrowShares: 0n,
    rate: 0n,
  };
  #updated = 0n;
  #fee = 0n;
  #price = PRICE_SCALE;
  #feeShares = 0n;
  readonly #accounts = new Map<string, PairAccount>();
  readonly #theirs = new Map<string, PairAccount>();

  constructor(pair: LendingPair, random: Random) {
    this.#pair = pair;
    this.#random = random;
  }

  /** Goes on with another chain, whose time has not run out. */
  enter(pair: LendingPair): void {
    this.#pair = pair;
  }

  /** A pair of new markets, and what happens in them. */
  async sequence(label: string): Promise<void> {
    const random = this.#random;
    const closeOutDebt = random.pick([MAX_DEBT, MAX_DEBT, 0n, 1000n * UNIT]);
    await this.#pair.open({ lltv: random.pick(PAIR_LLTVS), closeOutDebt, hasInterest: random.chance(80) });
    this.#accounts.clear();
    [this.#fee, this.#price] = [0n, PRICE_SCALE];
    for (const user of this.#pair.users) {
      await this.#look(user);
      this.#theirs.set(user, (await this.#pair.theirSide(user)).account);
    }
    const size = random.magnitude(1000n, 10n ** 26n);
    const beginning = [
      () => this.#supply(size),
      () => this.#addCollateral(size),
      () => this.#borrow(),
      () => this.#addCollateral(size),
      () => this.#borrow(),
    ];
    const length = beginning.length + Number(random.between(4n, 14n));
    for (let i = 0; i < length; i++) {
      await this.#move(i < beginning.length);
      const pairing = (beginning[i] ?? (() => this.#choose(size)))();
      if (!(await this.#run(pairing, `${label}, step ${i}: ${pairing.name}`))) break;
    }
  }

  /** Time, prices and fees, after which nothing has to be compared. */
  async #move(isBeginning: boolean): Promise<void> {
    const random = this.#random;
    const roll = random.below(100n);
    const seconds =
      roll < 40n ? 0n : roll < 70n ? random.between(1n, 600n) : roll < 98n ? random.magnitude(600n, YEAR / 12n) : YEAR;
    await this.#pair.chain.wait(Number(isBeginning ? random.below(2n) : seconds));
    if (!isBeginning && random.chance(35)) {
      const moved = (this.#price * random.between(40n, 120n)) / 100n;
      this.#price = moved * 100n < PRICE_SCALE || random.chance(15) ? PRICE_SCALE : moved;
      await this.#pair.setPrice(this.#price);
    }
    if (random.chance(8)) {
      const fee = random.between(1n, 50n) * 5n * 10n ** 15n;
      if (fee !== this.#fee) {
        await this.#pair.setFee(fee);
        this.#fee = fee;
        await this.#look(at(this.#pair.users, 0));
      }
    }
  }

  /** Runs it on both sides and compares; false where the two may differ from now on. */
  async #run({ name, actor, account, action, amounts, theirs }: Pairing, label: string): Promise<boolean> {
    const pair = this.#pair;
    const before = { ours: this.#at(actor), theirs: this.#theirs.get(actor) };
    const positionBefore = this.#at(account);
    this.operations += 1;
    const reply = await pair.ours(actor, action, amounts);
    const count = this.counts.get(name) ?? { done: 0, refused: 0 };
    this.counts.set(name, count);
    if ("error" in reply) {
      count.refused += 1;
      return this.#compareRefusal(reply.error.name, { actor, theirs, label });
    }
    count.done += 1;
    // We add no interest when collateral is taken out.
    if (name === "removeCollateral") await pair.ours(actor, { name: "accrue" });
    await this.#look(account);
    if (actor !== account) await this.#look(actor);
    const after = this.#at(account);
    const request = theirs({ repaidShares: positionBefore.borrowShares - after.borrowShares });
    if (request === undefined) {
      this.inexpressible += 1;
      return false;
    }
    const other = await pair.theirs(actor, ...request);
    expect("error" in other ? reasonOf(other) : "done", `${label}: Morpho`).to.equal("done");
    for (const who of new Set([account, actor])) await this.#compare(who, label);
    this.#comparePaid(actor, before, label);
    if (name === "liquidate" && after.borrowShares !== 0n) this.capped += 1;
    return true;
  }

  async #compareRefusal(
    refusal: string,
    { actor, theirs, label }: Pick<Pairing, "actor" | "theirs"> & { label: string },
  ): Promise<boolean> {
    if (refusal === "LendingZeroAmount") {
      this.nothing += 1;
      return true;
    }
    if (refusal === "LendingAmountTooLarge") {
      this.tooLarge += 1;
      return true;
    }
    const request = theirs({ repaidShares: 1n });
    if (request === undefined) throw new Error(`${label}: refused ${refusal}`);
    const other = await this.#pair.theirs(actor, ...request);
    expect(REFUSALS[refusal], `${label}: ${refusal} and ${reasonOf(other)}`).to.include(reasonOf(other));
    return true;
  }

  /** Totals, the fee's shares and the position are the same; ours has been looked at. */
  async #compare(account: string, label: string): Promise<void> {
    const theirs = await this.#pair.theirSide(account);
    this.#theirs.set(account, theirs.account);
    const ours = { account: this.#at(account), market: this.#market };
    const of = ({ account: { supplyShares, borrowShares, collateral }, market }: typeof ours) => {
      return { account: { supplyShares, borrowShares, collateral }, market };
    };
    expect(of(ours), `${label}: ${account}`).to.deep.equal(of({ ...theirs, market: { ...theirs.market, rate: 0n } }));
    expect(this.#feeShares, `${label}: fee`).to.equal(theirs.feeShares);
    if (theirs.feeShares > 0n) this.feeShares += 1;
  }

  /** What the actor paid and got is the same, but for the unit that Morpho takes on top. */
  #comparePaid(actor: string, before: { ours: PairAccount; theirs: PairAccount | undefined }, label: string): void {
    const [ours, theirs] = [this.#at(actor), this.#theirs.get(actor)];
    if (before.theirs === undefined || theirs === undefined) throw new RangeError("Nobody has looked at that account");
    const got = ours.collateralLeft - before.ours.collateralLeft;
    expect(got, `${label}: collateral`).to.equal(theirs.collateralLeft - before.theirs.collateralLeft);
    const more = before.theirs.loan - theirs.loan - (before.ours.loan - ours.loan);
    if (more === 0n) return;
    expect(more, `${label}: loan assets`).to.equal(1n);
    // All that was owed is repaid, and a unit more.
    expect(this.#market.borrowAssets, `${label}: one unit more`).to.equal(0n);
    this.unitsMore += 1;
  }

  /* CHOICES */

  #choose(size: bigint): Pairing {
    const random = this.#random;
    const unhealthy = this.#pair.users.filter((user) => this.#isUnhealthy(user));
    if (unhealthy.length > 0 && random.chance(55)) return this.#liquidate(random.pick(unhealthy));
    const roll = random.below(100n);
    if (roll < 12n) return this.#supply(random.magnitude(1n, size));
    if (roll < 20n) return this.#supplyShares(size);
    if (roll < 30n) return this.#withdraw();
    if (roll < 40n) return this.#redeem();
    if (roll < 50n) return this.#addCollateral(random.magnitude(1n, size));
    if (roll < 62n) return this.#removeCollateral();
    if (roll < 76n) return this.#borrow();
    if (roll < 85n) return this.#repay();
    if (roll < 93n) return this.#repayShares();
    return roll < 96n ? this.#liquidate(random.pick(this.#pair.users)) : this.#accrue();
  }

  #user(): string {
    return this.#random.pick(this.#pair.users);
  }

  #supply(assets: bigint): Pairing {
    const actor = this.#user();
    return {
      ...{ name: "supply", actor, account: actor, action: { name: "supply", minShares: 0n } },
      amounts: { amount0: assets },
      theirs: () => ["supply", [assets, 0n, actor, "0x"]],
    };
  }

  #supplyShares(size: bigint): Pairing {
    const actor = this.#user();
    const shares = this.#random.magnitude(1n, size * 10n ** 6n);
    return {
      ...{ name: "supplyShares", actor, account: actor, action: { name: "supplyShares", shares } },
      amounts: { amount0: toSupplyAssetsUp(this.#now(), shares) + this.#random.below(3n) },
      theirs: () => ["supply", [0n, shares, actor, "0x"]],
    };
  }

  #withdraw(): Pairing {
    const actor = this.#lender();
    const worth = toSupplyAssetsDown(this.#now(), this.#at(actor).supplyShares);
    const { idle } = this.#now();
    const assets = this.#near(worth < idle ? worth : idle);
    return {
      ...{ name: "withdraw", actor, account: actor, amounts: {} },
      action: { name: "withdraw", assets, maxShares: MAX_UINT256 },
      theirs: () => ["withdraw", [assets, 0n, actor, actor]],
    };
  }

  #redeem(): Pairing {
    const actor = this.#lender();
    const shares = this.#near(this.#at(actor).supplyShares);
    return {
      ...{ name: "redeem", actor, account: actor, amounts: {} },
      action: { name: "redeem", shares, minAssets: 0n },
      theirs: () => ["withdraw", [0n, shares, actor, actor]],
    };
  }

  #addCollateral(amount: bigint): Pairing {
    const [actor, account] = [this.#user(), this.#user()];
    return {
      ...{ name: "addCollateral", actor, account, action: { name: "addCollateral", account } },
      amounts: { amount1: amount },
      theirs: () => ["supplyCollateral", [amount, account, "0x"]],
    };
  }

  #removeCollateral(): Pairing {
    const actor = this.#borrower("collateral");
    const terms = { price: this.#price, lltv: this.#pair.params.lltv };
    const amount = this.#near(maxWithdrawCollateralOf(this.#now(), this.#at(actor), terms));
    return {
      ...{ name: "removeCollateral", actor, account: actor, amounts: {} },
      action: { name: "removeCollateral", amount, account: ZeroAddress },
      theirs: () => ["withdrawCollateral", [amount, actor, actor]],
    };
  }

  #borrow(): Pairing {
    const actor = this.#borrower("collateral");
    const assets = this.#near(this.#mostDebt(actor));
    return {
      ...{ name: "borrow", actor, account: actor, amounts: {} },
      action: { name: "borrow", assets, account: ZeroAddress },
      theirs: () => ["borrow", [assets, 0n, actor, actor]],
    };
  }

  /** Morpho keeps what buys no share: by shares both do the same. */
  #repay(): Pairing {
    const [actor, account] = [this.#user(), this.#borrower("borrowShares")];
    const debt = toBorrowAssetsUp(this.#now(), this.#at(account).borrowShares);
    return {
      ...{ name: "repay", actor, account, action: { name: "repay", account } },
      amounts: { amount0: this.#payment(debt) },
      theirs: ({ repaidShares }) => ["repay", [0n, repaidShares, account, "0x"]],
    };
  }

  #repayShares(): Pairing {
    const [actor, account] = [this.#user(), this.#borrower("borrowShares")];
    const { borrowShares } = this.#at(account);
    const shares = this.#random.chance(30) ? MAX_UINT256 : this.#near(borrowShares);
    return {
      ...{ name: "repayShares", actor, account, action: { name: "repayShares", shares, account } },
      amounts: { amount0: toBorrowAssetsUp(this.#now(), shares < borrowShares ? shares : borrowShares) + 1n },
      theirs: ({ repaidShares }) => ["repay", [0n, repaidShares, account, "0x"]],
    };
  }

  /** Morpho is told the collateral where that is what ends it, and the shares else. */
  #liquidate(account: string): Pairing {
    const actor = this.#user();
    const [market, position] = [this.#now(), this.#at(account)];
    const { lltv, closeOutDebt } = this.#pair.params;
    const terms = { price: this.#price, lltv, closeOutDebt };
    const amount0 = this.#payment(toBorrowAssetsUp(market, position.borrowShares));
    const { liquidation } = liquidatePosition(market, position, { ...terms, input: amount0 });
    const { repaidShares, seized, badDebt } = liquidation;
    const incentive = liquidationIncentive(lltv);
    const worth = mulDivDown(toBorrowAssetsDown(market, repaidShares), incentive, WAD);
    const isByShares = mulDivDown(worth, PRICE_SCALE, this.#price) === seized;
    const quoted = mulDivUp(mulDivUp(seized, this.#price, PRICE_SCALE), WAD, incentive);
    const isByCollateral = toBorrowSharesUp(market, quoted) === repaidShares;
    return {
      ...{ name: "liquidate", actor, account, action: { name: "liquidate", account, minSeized: 0n } },
      amounts: { amount0 },
      theirs: () => {
        if (repaidShares !== 0n && badDebt !== 0n) this.badDebts += 1;
        if (repaidShares === 0n || isByShares) {
          return ["liquidate", [account, 0n, repaidShares === 0n ? 1n : repaidShares, "0x"]];
        }
        return isByCollateral ? ["liquidate", [account, seized, 0n, "0x"]] : undefined;
      },
    };
  }

  #accrue(): Pairing {
    const actor = this.#user();
    return {
      ...{ name: "accrue", actor, account: actor, action: { name: "accrue" }, amounts: {} },
      theirs: () => ["accrueInterest", []],
    };
  }

  /* STATE */

  /** The market with its interest up to now. */
  #now(): LendingMarket {
    const { irm } = this.#pair.params;
    const model: RateModel =
      irm === NO_INTEREST
        ? { kind: "none" }
        : { kind: "external", answer: (all, lent) => (all === 0n ? 0n : (lent * WAD) / all / YEAR) };
    const elapsed = BigInt(this.#pair.chain.now) - this.#updated;
    return accrueMarket(this.#market, { model, fee: this.#fee, elapsed }).market;
  }

  async #look(account: string): Promise<void> {
    const side = await this.#pair.ourSide(account);
    this.#market = { ...side.market, rate: 0n };
    [this.#updated, this.#feeShares] = [side.updated, side.feeShares];
    this.#accounts.set(account, side.account);
  }

  #at(account: string): PairAccount {
    const found = this.#accounts.get(account);
    if (found === undefined) throw new RangeError("Nobody has looked at that account");
    return found;
  }

  #isUnhealthy(account: string): boolean {
    const { lltv, closeOutDebt } = this.#pair.params;
    return liquidatableShares(this.#now(), this.#at(account), { price: this.#price, lltv, closeOutDebt }) !== 0n;
  }

  #mostDebt(account: string): bigint {
    const terms = { price: this.#price, lltv: this.#pair.params.lltv };
    return maxDebtOf(this.#at(account).collateral, terms) === 0n
      ? 0n
      : maxBorrowOf(this.#now(), this.#at(account), terms);
  }

  #lender(): string {
    const lenders = this.#pair.users.filter((user) => this.#at(user).supplyShares > 0n);
    return lenders.length > 0 && this.#random.chance(95) ? this.#random.pick(lenders) : this.#user();
  }

  #borrower(field: "collateral" | "borrowShares"): string {
    const borrowers = this.#pair.users.filter((user) => this.#at(user)[field] > 0n);
    return borrowers.length > 0 && this.#random.chance(95) ? this.#random.pick(borrowers) : this.#user();
  }

  #payment(debt: bigint): bigint {
    const random = this.#random;
    return random.chance(50) ? debt + random.below(3n) + 1n : random.magnitude(1n, debt + 1n);
  }

  #near(limit: bigint): bigint {
    const random = this.#random;
    const roll = random.below(100n);
    if (roll < 25n) return limit;
    if (roll < 33n) return limit + 1n;
    return random.chance(60) ? random.between(limit / 3n, limit) : random.magnitude(1n, limit + 1n);
  }
}

function reasonOf(reply: Reply): string {
  if (!("error" in reply)) return "done";
  const { name, args } = reply.error;
  return name === "Error" ? String(Object.values(args)[0]) : name;
}

describe("lending and Morpho Blue", () => {
  before(function () {
    const missing = PEERS.filter((folder) => !existsSync(folder));
    if (missing.length === 0) return;
    console.log(
      "      Morpho's packages are not installed: npm ci --prefix bench/peers. Nothing is compared with them.",
    );
    this.skip();
  });

  it("do the same to the unit in random sequences, but for what docs/lending-morpho.md names", async function () {
    this.timeout(180_000 + 5_000 * SEQUENCES);
    const seed = seedFromEnvironment();
    const duel = new Duel(await LendingPair.create(), new Random(seed));
    for (let i = 0; i < SEQUENCES; i++) {
      if (i > 0 && i % PER_CHAIN === 0) duel.enter(await LendingPair.create());
      await duel.sequence(`seed ${seed}, sequence ${i}`);
    }
    const counts = [...duel.counts].map(([name, { done, refused }]) => `${name} ${done}+${refused}`).join(", ");
    console.log(
      `      seed ${seed}: ${duel.operations} operations in ${SEQUENCES} sequences (done+refused): ${counts}; ` +
        `${duel.capped} liquidations in part, ${duel.badDebts} bad debts, ${duel.feeShares} times with fee shares; ` +
        `${duel.unitsMore} times one unit more there, ${duel.nothing} times nothing for nothing refused here, ` +
        `${duel.tooLarge} times more than we hold, ` +
        `${duel.inexpressible} times beyond Morpho's arguments`,
    );
  });

  it("have the same adaptive curve", async () => {
    const theirs = await loadAdaptiveCurve();
    const random = new Random(seedFromEnvironment());
    for (let i = 0; i < CURVES; i++) {
      const utilization = random.chance(10) ? random.pick([0n, (WAD * 9n) / 10n, WAD]) : random.between(0n, WAD);
      const rate = random.chance(10)
        ? random.pick([INITIAL_CURVE_RATE, MIN_CURVE_RATE, MAX_CURVE_RATE])
        : random.between(MIN_CURVE_RATE, MAX_CURVE_RATE);
      const elapsed = random.chance(5) ? 0n : random.magnitude(1n, 100n * YEAR);
      const ours = nextCurveRates({ rate, supplyAssets: WAD, borrowAssets: utilization, elapsed });
      const { avgBorrowRate, endRateAtTarget } = theirs(utilization, rate, elapsed);
      expect(ours, `${utilization} ${rate} ${elapsed}`).to.deep.equal({
        borrowRate: avgBorrowRate,
        rate: endRateAtTarget,
      });
    }
  });
});
