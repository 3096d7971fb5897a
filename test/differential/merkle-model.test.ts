import { expect } from "chai";
import { getAddress, toBeHex, type ContractTransactionResponse } from "ethers";
import { explain, RewardTree, type RewardClaim, type RewardEntry } from "../../src/index.js";
import { at as elementOf } from "../helpers/deploy.js";
import { ethers, ledgerFixture, loadFixture, networkHelpers } from "../helpers/ledger-fixture.js";
import { DECISION_PERIOD, DistributionModel, type Outcome } from "../helpers/merkle-model.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";

const CLAIMS = countFromEnvironment("LAKH_MERKLE_CLAIMS", 2000);
const ACCOUNTS = 40;
const DAY = 24n * 3600n;
const GAS = { gasLimit: 12_000_000n };

const accountOf = (index: number): string => getAddress(toBeHex(0x1a4b0000 + index, 20));

/** Four distributions of two assets, on chain and as models, under random rounds, disputes and claims. */
class Fair {
  readonly counts = { claims: 0, paid: 0, nothing: 0, refused: new Map<string, number>() };
  readonly models: DistributionModel[] = [];
  readonly trees: RewardTree[][] = [];
  readonly balances = new Map<string, bigint>();
  readonly outcomes = { upheld: 0, rejected: 0, expired: 0, lowered: 0 };
  readonly #fixture: Awaited<ReturnType<typeof fairFixture>>;
  readonly #random: Random;

  constructor(fixture: Awaited<ReturnType<typeof fairFixture>>, random: Random) {
    this.#fixture = fixture;
    this.#random = random;
    for (const [index, id] of fixture.ids.entries()) {
      const { delay, bond } = elementOf(fixture.terms, index);
      this.models.push(new DistributionModel({ id, delay, bond }));
      this.trees.push([]);
    }
  }

  async step(): Promise<void> {
    const index = Number(this.#random.below(BigInt(this.models.length)));
    const kind = this.#random.below(10n);
    if (kind === 0n) await this.#fund(index);
    else if (kind <= 2n) await this.#submit(index);
    else if (kind === 3n) await this.#disputeAndDecide(index);
    else if (kind === 4n) await networkHelpers.time.increase(this.#random.between(1n, 2n * DAY));
    else if (kind <= 6n) await this.#claimOne(index);
    else await this.#claimMany();
  }

  /** Chain and models, over every account. */
  async compare(): Promise<void> {
    const { distributor, ledger, terms } = this.#fixture;
    const now = await this.#now();
    for (const [index, model] of this.models.entries()) {
      const found = await distributor.distributionOf(model.id);
      expect([found.funded, found.reserve], "funded and reserve").to.deep.equal([model.funded, model.reserve]);
      expect((await distributor.rootOf(model.id)).root).to.equal(model.current(now)?.root ?? ethers.ZeroHash);
      for (let number = 0; number < ACCOUNTS; ++number) {
        const claimed = await distributor.claimedOf(model.id, accountOf(number));
        expect(claimed, `claimed in ${index}`).to.equal(model.paid.get(accountOf(number)) ?? 0n);
      }
      const paid = [...model.paid.values()].reduce((sum, amount) => sum + amount, 0n);
      expect(model.funded, "funded = claimed + reserve").to.equal(paid + model.reserve);
    }
    for (const asset of new Set(terms.map((each) => each.asset))) {
      for (let number = 0; number < ACCOUNTS; ++number) {
        const expected = this.balances.get(`${asset} ${accountOf(number)}`) ?? 0n;
        expect(await ledger.balanceOf(accountOf(number), asset), "balance").to.equal(expected);
      }
      const own = this.models.filter((_, index) => terms[index]?.asset === asset);
      const owed = own.reduce((sum, { reserve, pending, bond }) => {
        return sum + reserve + (pending?.disputer === undefined ? 0n : bond);
      }, 0n);
      expect(await ledger.balanceOf(distributor, asset), "reserves and bonds").to.equal(owed);
    }
  }

  async #now(): Promise<bigint> {
    return BigInt(await networkHelpers.time.latest());
  }

  async #fund(index: number): Promise<void> {
    const model = elementOf(this.models, index);
    const amount = this.#random.magnitude(1n, 10n ** 20n);
    await this.#fixture.distributor.connect(this.#fixture.alice).fund(model.id, amount);
    model.fund(amount);
  }

  /** A round on the last tree, or now and then amounts that are lower. */
  async #submit(index: number): Promise<void> {
    const { distributor, admin } = this.#fixture;
    const model = elementOf(this.models, index);
    const last = elementOf(this.trees, index).at(-1);
    const isLower = last !== undefined && this.#random.chance(15);
    const tree = isLower ? this.#lowered(last) : this.#round(model.id, last);
    if (isLower) this.outcomes.lowered += 1;
    const { root, contentHash } = tree.publication();
    await distributor.connect(admin).submitRoot(model.id, root, contentHash, "");
    model.submit(tree, await this.#now());
    elementOf(this.trees, index).push(tree);
  }

  #round(distribution: string, last: RewardTree | undefined): RewardTree {
    const entries: RewardEntry[] = [];
    for (let number = 0; number < ACCOUNTS; ++number) {
      if (this.#random.chance(40)) {
        entries.push({ account: accountOf(number), amount: this.#random.magnitude(1n, 10n ** 18n) });
      }
    }
    if (entries.length === 0) entries.push({ account: accountOf(0), amount: 1n });
    return last === undefined ? RewardTree.of({ distribution, entries }) : last.withRound(entries);
  }

  #lowered(last: RewardTree): RewardTree {
    const entries = last.entries.map(({ account, amount }) => ({ account, amount: amount / 2n || 1n }));
    return RewardTree.of({ distribution: last.distribution, entries });
  }

  async #disputeAndDecide(index: number): Promise<void> {
    const { distributor, bob, relayer } = this.#fixture;
    const model = elementOf(this.models, index);
    const now = (await this.#now()) + 1n;
    if (!model.isOpen(now) || model.pending === undefined) return;
    const { root } = model.pending.tree;
    await networkHelpers.time.setNextBlockTimestamp(now);
    await distributor.connect(bob).dispute(model.id, root);
    model.dispute(bob.address, await this.#now());
    await this.#claimOne(index); // by what is disputed, too
    const choice = this.#random.below(4n);
    if (choice === 0n) {
      await distributor.connect(relayer).resolveDispute(model.id, root, true);
      model.uphold();
      this.outcomes.upheld += 1;
    } else if (choice <= 2n) {
      await distributor.connect(relayer).resolveDispute(model.id, root, false);
      model.reject();
      this.outcomes.rejected += 1;
    } else {
      await networkHelpers.time.increase(DECISION_PERIOD);
      await this.#claimOne(index);
      await distributor.expireDispute(model.id);
      model.uphold();
      this.outcomes.expired += 1;
    }
  }

  /** A claim by the current tree; where it `mayBeWrong`, sometimes by another one, of another distribution, or of more. */
  #draw(index: number, now: bigint, mayBeWrong: number): RewardClaim {
    const model = elementOf(this.models, index);
    const isWrong = this.#random.chance(mayBeWrong);
    const from = isWrong ? Number(this.#random.below(BigInt(this.models.length))) : index;
    const current = elementOf(this.models, from).current(now);
    const tree = isWrong || current === undefined ? elementOf(this.trees, from).at(-1) : current;
    if (tree === undefined) return { id: model.id, account: accountOf(0), cumulative: 1n, proof: [] };
    const { account } = this.#random.pick(tree.entries);
    const claim = tree.claimOf(account);
    return { ...claim, id: model.id, cumulative: claim.cumulative + (isWrong && this.#random.chance(20) ? 1n : 0n) };
  }

  async #claimOne(index: number): Promise<void> {
    const { distributor } = this.#fixture;
    const model = elementOf(this.models, index);
    const before = await this.#now();
    const claim = this.#draw(index, before + 1n, 30);
    const { id, account, cumulative, proof } = claim;
    const isSteady = model.current(before) === model.current(before + 1n);
    const quote = isSteady ? await distributor.claimable(id, account, cumulative, proof) : undefined;
    const outcome = model.claim(claim, before + 1n, true);
    if (quote !== undefined) expect(quote, "claimable").to.equal("paid" in outcome ? outcome.paid[0] : 0n);
    if ("paid" in outcome) this.#credit(index, account, outcome.paid[0] ?? 0n);
    await networkHelpers.time.setNextBlockTimestamp(before + 1n);
    await this.#expect(outcome, () => distributor.claim(id, account, cumulative, proof, GAS));
    this.#count([outcome]);
  }

  /** Up to twelve claims of all distributions, some of them twice; one that is refused undoes all. */
  async #claimMany(): Promise<void> {
    const { distributor } = this.#fixture;
    const now = (await this.#now()) + 1n;
    const size = this.#random.between(1n, 12n);
    const drafts: { index: number; claim: RewardClaim }[] = [];
    while (BigInt(drafts.length) < size) {
      const index = Number(this.#random.below(BigInt(this.models.length)));
      const isTwice = drafts.length > 0 && this.#random.chance(20);
      drafts.push(isTwice ? this.#random.pick(drafts) : { index, claim: this.#draw(index, now, 1) });
    }
    const saved = this.models.map(({ paid, reserve }) => ({ paid: new Map(paid), reserve }));
    const outcomes = drafts.map(({ index, claim }) => elementOf(this.models, index).claim(claim, now, false));
    const refused = outcomes.find((outcome) => "refused" in outcome);
    const amounts = outcomes.flatMap((outcome) => ("paid" in outcome ? outcome.paid : []));
    if (refused !== undefined) for (const [index, model] of this.models.entries()) Object.assign(model, saved[index]);
    else
      for (const [place, { index, claim }] of drafts.entries())
        this.#credit(index, claim.account, amounts[place] ?? 0n);
    await networkHelpers.time.setNextBlockTimestamp(now);
    const claims = drafts.map(({ claim }) => claim);
    await this.#expect(refused ?? { paid: amounts }, () => distributor.claimMany(claims, GAS));
    this.#count(refused === undefined ? outcomes : [refused]);
  }

  #credit(index: number, account: string, amount: bigint): void {
    const key = `${elementOf(this.#fixture.terms, index).asset} ${account}`;
    this.balances.set(key, (this.balances.get(key) ?? 0n) + amount);
  }

  /** Sends, and compares what the events say with what the model paid, or the error with the model's. */
  async #expect(outcome: Outcome, send: () => Promise<ContractTransactionResponse>): Promise<void> {
    const { distributor } = this.#fixture;
    let found: Outcome;
    try {
      const receipt = await (await send()).wait();
      const logs = (receipt?.logs ?? []).flatMap((log) => distributor.interface.parseLog(log) ?? []);
      const claimed = logs.filter(({ name }) => name === "Claimed");
      found = { paid: claimed.map(({ args }) => args.amount as bigint) };
    } catch (error) {
      found = { refused: explain(error).name };
    }
    const expected = "paid" in outcome ? { paid: outcome.paid.filter((amount) => amount !== 0n) } : outcome;
    expect(found).to.deep.equal(expected);
  }

  #count(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      this.counts.claims += 1;
      if ("refused" in outcome) {
        this.counts.refused.set(outcome.refused, (this.counts.refused.get(outcome.refused) ?? 0) + 1);
      } else if (outcome.paid[0] === 0n) this.counts.nothing += 1;
      else this.counts.paid += 1;
    }
  }
}

async function fairFixture() {
  const fixture = await ledgerFixture();
  const { ledger, alice, bob, admin, relayer, ids: assets } = fixture;
  const distributor = await ethers.deployContract("MerkleDistributor", [ledger]);
  for (const user of [alice, bob]) await ledger.connect(user).setOperator(distributor, true);
  const terms = [0, 1, 2, 3].map((index) => ({
    asset: index % 2 === 0 ? assets.token0 : assets.token1,
    updater: admin.address,
    arbiter: relayer.address,
    delay: BigInt(index + 1) * DAY,
    bond: BigInt(index) * 1000n,
    salt: ethers.zeroPadValue(toBeHex(index), 32),
  }));
  const ids: string[] = [];
  for (const each of terms) {
    await distributor.connect(alice).createDistribution(each);
    ids.push(await distributor.idOf(alice, each));
  }
  return { ...fixture, distributor, terms, ids };
}

describe("merkle model", () => {
  it(`agrees with the chain over ${CLAIMS} claims (MRK_01, MRK_02, MRK_03)`, async function () {
    this.timeout(1_200_000);
    const fair = new Fair(await loadFixture(fairFixture), new Random(seedFromEnvironment()));
    for (let step = 0; fair.counts.claims < CLAIMS; ++step) {
      await fair.step();
      if (step % 100 === 0) await fair.compare();
    }
    await fair.compare();
    const { paid, nothing, refused } = fair.counts;
    expect(paid, "paid").to.be.greaterThan(CLAIMS / 5);
    expect(nothing, "nothing owed").to.be.greaterThan(0);
    for (const name of ["MerkleInvalidProof", "MerkleNothingToClaim", "MerkleInsufficientFunds"]) {
      expect(refused.get(name), name).to.be.greaterThan(0);
    }
    for (const [name, count] of Object.entries(fair.outcomes)) expect(count, name).to.be.greaterThan(0);
  });
});
