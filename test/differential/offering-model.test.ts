import { expect } from "chai";
import type { BaseContract } from "ethers";
import { decodeHolderFlags, decodeWord } from "../../src/index.js";
import { networkHelpers } from "../helpers/ledger-fixture.js";
import {
  act,
  bookOf,
  create,
  holdingsOf,
  HOUR,
  LISTING_FEE,
  OFFER_KIND,
  offeringFixture,
  offeringIdOf,
  settleOffer,
  STATUS,
  USD,
  type Offering,
  type Signer,
} from "../helpers/offering-fixture.js";
import {
  OfferingModel,
  PAYOUT_DELAY,
  randomTerms,
  SETTLEMENT,
  type Answer,
  type Rules,
} from "../helpers/offering-model.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";
import { ELIGIBLE } from "../helpers/rwa-fixture.js";

const OFFERINGS = countFromEnvironment("LAKH_OFFERINGS", 12);
const STEPS = countFromEnvironment("LAKH_OFFERING_STEPS", 60);

type World = Awaited<ReturnType<typeof offeringFixture>>;

/** A run of random actions on one offering after another, with the same five buyers, whose balances a model foretells. */
class Campaign {
  readonly reached = new Map<string, number>();
  readonly #ineligible = new Set<string>();
  readonly #balances = new Map<string, [bigint, bigint]>();
  #isPaused = false;

  constructor(
    readonly world: World,
    readonly random: Random,
  ) {}

  get buyers(): Signer[] {
    const { alice, bob, dave, erin, frank } = this.world;
    return [alice, bob, dave, erin, frank];
  }

  get people(): Signer[] {
    return [...this.buyers, this.world.carol, this.world.relayer];
  }

  async begin(): Promise<void> {
    const { ledger, ids, frank } = this.world;
    this.#ineligible.add(frank.address);
    for (const user of this.buyers) await ledger.connect(user).setConsent(ids.usdc, 1n);
  }

  rules(): Rules {
    const { carol } = this.world;
    const mayReceive = (account: string): boolean => !this.#ineligible.has(account);
    return { isPaused: this.#isPaused, sellerMaySend: mayReceive(carol.address), mayReceive };
  }

  /** Creates an offering and acts on it at random; then everybody takes what is his. */
  async offer(): Promise<void> {
    const { carol } = this.world;
    if (this.#ineligible.has(carol.address)) await this.#toggle(carol);
    if (this.#isPaused) await this.#pause();
    const terms = await randomTerms(this.world, this.random);
    const inventory = this.random.pick([0n, terms.hardCap / 2n, terms.hardCap, terms.hardCap]);
    const model = new OfferingModel(terms, { flat: LISTING_FEE, inventory });
    await create(this.world, { terms, inventory });
    await this.#read(terms);
    for (let step = 0; step < STEPS && !(model.isCancelled && this.random.chance(20)); step++) {
      if (this.#isPaused && this.random.chance(50)) await this.#pause();
      await this.#step(terms, model);
    }
    await this.#finish(terms, model);
  }

  async #step(terms: Offering, model: OfferingModel): Promise<void> {
    const { random, world } = this;
    const user = random.pick(this.buyers);
    const some = [terms.least, random.between(0n, terms.hardCap / 4n)];
    const units = random.pick([...some, ...some, 1n, random.between(0n, terms.hardCap)]);
    const { carol } = world;
    const now = BigInt(await networkHelpers.time.latest());
    if (now < terms.start && random.chance(50)) return void (await networkHelpers.time.increase(HOUR));
    const isClosed = model.isClosed(now);
    const isEnough = !isClosed && model.isEscrow && model.sold >= terms.softCap;
    if (isEnough && random.chance(8)) return void (await networkHelpers.time.increaseTo(terms.end));
    if (isClosed && model.isEscrow && random.chance(6)) return this.#release(terms, model);
    const isWaiting = isClosed && !model.isPaying(now);
    if (isWaiting && random.chance(15)) return void (await networkHelpers.time.increase(PAYOUT_DELAY));
    if (random.chance(60)) return this.#likely(terms, model, { user, units, isClosed });
    switch (Number(random.below(16n))) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#subscribe(terms, model, random.chance(5) ? carol : user, units);
      case 4:
      case 5:
        return this.#call(terms, model, { user, action: "claim" });
      case 6:
        return this.#call(terms, model, { user, action: "refund" });
      case 7:
        return this.#call(terms, model, { user, action: "settle", args: [this.buyers.map(({ address }) => address)] });
      case 8:
        return this.#call(terms, model, { user: carol, action: "withdrawProceeds" });
      case 9:
        return this.#call(terms, model, { user: carol, action: "withdrawInventory", args: [units] });
      case 10:
        if (units === 0n) return;
        return this.#call(terms, model, { user: carol, action: "deposit", amount1: units });
      case 11:
        return this.#call(terms, model, { user: world.relayer, action: "collectFees" });
      case 12:
        await networkHelpers.time.increase(random.pick(isClosed ? [1n, 25n, 350n, 730n] : [1n, 2n, 3n, 4n]) * HOUR);
        return;
      case 13:
        if (random.chance(10)) return this.#call(terms, model, { user: carol, action: "cancel" });
        if (random.chance(10)) return this.#pause();
        return this.#toggle(random.pick([world.alice, world.bob, world.dave, world.erin, ...this.#out(), carol]));
      default:
        return this.#batch(terms, model);
    }
  }

  /** What buyers do most: before it is closed, and after. */
  async #likely(
    terms: Offering,
    model: OfferingModel,
    { user, units, isClosed }: { user: Signer; units: bigint; isClosed: boolean },
  ): Promise<void> {
    const { random } = this;
    if (random.chance(30)) return this.#batch(terms, model);
    if (!isClosed) return this.#subscribe(terms, model, user, units);
    const accounts = random.chance(50) ? [user.address] : this.buyers.map(({ address }) => address);
    const action = random.pick(["claim", "claim", "refund", "settle", "settle", "release"]);
    return this.#call(terms, model, { user, action, args: /settle|release/.test(action) ? [accounts] : [] });
  }

  async #subscribe(terms: Offering, model: OfferingModel, user: Signer, units: bigint): Promise<void> {
    const cost = model.costOf(units);
    const paid = this.random.pick([cost, cost, cost + 5n * USD, cost === 0n ? 0n : cost - 1n]);
    return this.#call(terms, model, { user, action: "subscribe", args: [units, []], amount0: paid });
  }

  /** One wallet's action: refused by the model's error, or paid what the model says. */
  async #call(
    terms: Offering,
    model: OfferingModel,
    { user, action, args = [], amount0 = 0n, amount1 = 0n }: Wanted,
  ): Promise<void> {
    const now = BigInt(await networkHelpers.time.latest()) + 1n;
    await networkHelpers.time.setNextBlockTimestamp(now);
    const has = this.#balanceOf(user.address);
    // A wallet that has not what it puts in is the ledger's matter.
    if (amount0 > has[0] || amount1 > has[1]) return;
    if (action === "deposit" && (this.#ineligible.has(user.address) || this.#isPaused)) return;
    model.pass(now);
    const wanted = { account: user.address, action, args, amount0, amount1 };
    const answer = model.act({ ...wanted, now, rules: this.rules() });
    const sent = act(this.world, terms, user, { action, args, amount0, amount1 });
    if ("error" in answer) {
      const from: BaseContract = answer.error.startsWith("Ledger") ? this.world.ledger : this.world.offering;
      await expect(sent, action).to.be.revertedWithCustomError(from, answer.error);
    } else {
      await sent;
      this.#balances.set(user.address, [has[0] - amount0 + answer.out0, has[1] - amount1 + answer.out1]);
    }
    this.#reach("error" in answer ? answer.error : action);
    await this.#check(terms, model);
  }

  /** A section with an operation of each of some buyers, in any order. */
  async #batch(terms: Offering, model: OfferingModel): Promise<void> {
    const { random, world } = this;
    const signers = this.buyers.filter(() => random.chance(60)).sort(() => (random.chance(50) ? 1 : -1));
    if (signers.length === 0) return;
    const orders = [];
    const now = BigInt(await networkHelpers.time.latest()) + 1n;
    for (const account of signers) {
      const { flags } = decodeWord(await world.ledger.wordOf(account, terms.payAsset));
      const sequence = BigInt(decodeHolderFlags(flags).sequence) & 255n;
      const { subscribe, claim, refund } = OFFER_KIND;
      const likely = model.isClosed(now - 1n) ? [claim, claim, claim, refund] : [subscribe, subscribe, subscribe];
      const kind = random.pick([...likely, ...likely, subscribe, claim, refund]);
      const units = random.pick([terms.least, random.between(0n, terms.hardCap / 3n)]);
      const cost = model.costOf(units);
      const payments = [cost, cost, cost, cost + 3n, cost === 0n ? 1n : cost - 1n];
      const amount = kind === subscribe ? random.pick(payments) : 0n;
      orders.push({ account, sequence, kind, amount, arguments: units });
    }
    await networkHelpers.time.setNextBlockTimestamp(now);
    model.pass(now);
    const { skipped, executed } = await settleOffer(world, terms, orders);
    expect(executed).to.equal(true);
    let expected = 0n;
    for (const [index, { account, kind, amount, arguments: units }] of orders.entries()) {
      const has = this.#balanceOf(account.address);
      const ask = { account: account.address, now, rules: this.rules() };
      const isAsked = !this.#isPaused && !this.#ineligible.has(account.address);
      const isDebited = kind !== OFFER_KIND.subscribe || (amount !== 0n && amount <= has[0]);
      let answer: Answer = { error: "skipped" };
      if (isAsked && isDebited) {
        if (kind === OFFER_KIND.subscribe) answer = model.subscribe({ ...ask, units, paid: amount });
        else answer = kind === OFFER_KIND.claim ? model.claim(ask) : model.refund(ask);
      }
      if ("error" in answer) expected |= 1n << BigInt(index);
      else this.#balances.set(account.address, [has[0] - amount + answer.out0, has[1] + answer.out1]);
      this.#reach(`batched ${"error" in answer ? "failure" : kind.toString()}`);
    }
    expect(skipped).to.deep.equal([expected]);
    await this.#check(terms, model);
  }

  /** A buyer loses his eligibility, and whoever wants his units tries to release them, twice; in between he may be settled. */
  async #release(terms: Offering, model: OfferingModel): Promise<void> {
    const { random } = this;
    const accounts = this.buyers.map(({ address }) => address);
    const has = ({ address }: Signer) =>
      model.allotmentOf(address).units !== 0n && !model.allotmentOf(address).isSettled;
    const user = this.buyers.find(has);
    if (user === undefined) return;
    if (!this.#ineligible.has(user.address)) await this.#toggle(user);
    const all = async (action: string) => this.#call(terms, model, { user, action, args: [accounts] });
    for (const action of ["settle", "release", "release"]) {
      await all(action);
      await networkHelpers.time.increase(random.pick([1n, 29n * 24n, 31n * 24n, 61n * 24n]) * HOUR);
    }
    if (random.chance(30)) await this.#toggle(user);
    if (random.chance(30)) await all("settle");
    await all("release");
    if (this.#ineligible.has(user.address)) await this.#toggle(user);
  }

  /** After the end everybody takes what is his, and nothing is left in the book. */
  async #finish(terms: Offering, model: OfferingModel): Promise<void> {
    const { carol, relayer, offering } = this.world;
    const now = BigInt(await networkHelpers.time.latest());
    if (now < terms.end) await networkHelpers.time.increaseTo(terms.end);
    if (this.#isPaused) await this.#pause();
    if (this.random.chance(60)) await this.#release(terms, model);
    for (const user of this.buyers) {
      if (this.#ineligible.has(user.address)) await this.#call(terms, model, { user, action: "refund" });
    }
    const able = this.buyers.slice(0, 4);
    for (const user of able) if (this.#ineligible.has(user.address)) await this.#toggle(user);
    await this.#call(terms, model, { user: carol, action: "settle", args: [able.map(({ address }) => address)] });
    const latest = BigInt(await networkHelpers.time.latest());
    const due = model.close + (model.isSecured ? PAYOUT_DELAY : SETTLEMENT);
    if (latest < due) await networkHelpers.time.increaseTo(due);
    for (const user of able) {
      for (const action of ["claim", "refund"]) await this.#call(terms, model, { user, action });
    }
    if (this.#ineligible.has(carol.address)) await this.#toggle(carol);
    const { inventory } = model;
    await this.#call(terms, model, { user: carol, action: "withdrawInventory", args: [inventory] });
    await this.#call(terms, model, { user: carol, action: "withdrawProceeds" });
    await this.#call(terms, model, { user: relayer, action: "collectFees" });
    expect(model.book).to.deep.equal({ money: 0n, units: 0n });
    const id = await offeringIdOf(offering, terms);
    const status = await offering.statusOf(id);
    const isFailed = model.isFailed(BigInt(await networkHelpers.time.latest()));
    expect(status).to.equal(model.isCancelled ? STATUS.cancelled : isFailed ? STATUS.failed : STATUS.succeeded);
    this.#reach(`ended ${status.toString()}`);
  }

  /** Who is not eligible, but could be. */
  #out(): Signer[] {
    return this.people.filter((user) => user !== this.world.frank && this.#ineligible.has(user.address));
  }

  async #toggle(user: Signer): Promise<void> {
    const isOut = this.#ineligible.delete(user.address);
    if (!isOut) this.#ineligible.add(user.address);
    const until = isOut ? ELIGIBLE.sendUntil : 0n;
    await this.world.registry.setAccount(user, { ...ELIGIBLE, sendUntil: until, receiveUntil: until });
  }

  async #pause(): Promise<void> {
    this.#isPaused = !this.#isPaused;
    await this.world.agency.setPaused(this.world.id, this.#isPaused);
  }

  #balanceOf(account: string): [bigint, bigint] {
    return this.#balances.get(account) ?? [0n, 0n];
  }

  async #read(terms: Offering): Promise<void> {
    for (const user of this.people) this.#balances.set(user.address, await holdingsOf(this.world, terms, user));
  }

  /** The chain has what the model has: the book, the totals, all allotments and all balances, to the unit. */
  async #check(terms: Offering, model: OfferingModel): Promise<void> {
    const { offering } = this.world;
    const id = await offeringIdOf(offering, terms);
    const now = BigInt(await networkHelpers.time.latest());
    model.pass(now);
    const { money, units } = await bookOf(this.world, terms);
    expect({ money, units }).to.deep.equal(model.book);
    const { sold, earned, closedAt, owed, escrowed, withdrawn, collected, listingFee, isCancelled } = model;
    expect(await offering.totalsOf(id)).to.deep.equal([
      ...[sold, earned, closedAt, owed, escrowed, withdrawn, collected, listingFee, isCancelled],
    ]);
    let [payments, allotted] = [0n, 0n];
    for (const user of this.people) {
      expect(await holdingsOf(this.world, terms, user)).to.deep.equal(this.#balanceOf(user.address));
      const allotment = model.allotmentOf(user.address);
      expect(await offering.allotmentOf(id, user)).to.deep.equal(Object.values(allotment));
      if (!allotment.isSettled) payments += allotment.payment;
      allotted += model.isEscrow ? allotment.units : 0n;
    }
    expect([payments, model.isFailed(now) ? 0n : allotted]).to.deep.equal([escrowed, owed]);
  }

  #reach(what: string): void {
    this.reached.set(what, (this.reached.get(what) ?? 0) + 1);
  }
}

type Wanted = {
  user: Signer;
  action: string;
  args?: readonly unknown[];
  amount0?: bigint;
  amount1?: bigint;
};

describe("RwaOffering", () => {
  it(`does what its model does in ${OFFERINGS * STEPS} random actions (OFR_01, OFR_02, OFR_03, OFR_04, OFR_06, OFR_07, OFR_08)`, async function () {
    this.timeout(600_000);
    const seed = seedFromEnvironment();
    const campaign = new Campaign(await offeringFixture(), new Random(seed));
    await campaign.begin();
    for (let i = 0; i < OFFERINGS; i++) await campaign.offer();
    if (process.env.LAKH_SEED !== undefined) return;
    const actions = ["subscribe", "claim", "refund", "settle", "release", "withdrawProceeds", "batched 0", "batched 3"];
    for (const what of [...actions, "OfferingNotPaying", "OfferingReleased"]) {
      expect(campaign.reached.get(what) ?? 0, what).to.be.greaterThan(0);
    }
  });
});
