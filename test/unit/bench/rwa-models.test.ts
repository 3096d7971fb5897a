import { expect } from "chai";
import { InsuranceSectionsModel } from "../../../bench/gas/insurance-sections-model.js";
import { OfferingModel } from "../../../bench/gas/lakh-offering.js";
import { LakhRwaModel } from "../../../bench/gas/lakh-rwa-model.js";

const DAY = 86_400n;
const WAD = 10n ** 18n;

describe("the models of regulated assets and of insurance in the gas benchmark", () => {
  /** Ten days of 100 units a day from the first midnight on, with 3/4 of the units in one hand. */
  function income(): LakhRwaModel {
    const model = new LakhRwaModel(["core"]);
    model.mint({ to: "a", amount: 3n * WAD, time: 100n });
    model.mint({ to: "b", amount: WAD, time: 100n });
    model.distribute({ amount: 1_000n * WAD, end: 11n * DAY, time: 200n });
    return model;
  }

  it("shares a day's income by the balances at its end, from the next midnight on", () => {
    const model = income();
    expect(model.claim({ account: "a", time: DAY - 1n })).to.equal(0n);
    expect(model.claim({ account: "a", time: DAY })).to.equal(0n);
    model.transfer({ from: "a", to: "b", amount: 2n * WAD, time: DAY + 5n });
    const paid = model.claim({ account: "a", time: 2n * DAY });
    expect(paid).to.be.lessThanOrEqual(25n * WAD);
    expect(25n * WAD - paid < 10n).to.equal(true);
    expect(model.claim({ account: "a", time: 2n * DAY + 1n })).to.equal(0n);
  });

  it("pays nothing for units in books, and no more than was distributed", () => {
    const model = income();
    model.transfer({ from: "a", to: "core", amount: 3n * WAD, time: DAY });
    expect(model.words("a").weight).to.equal(WAD);
    const all = model.claim({ account: "b", time: 20n * DAY });
    expect(all <= 1_000n * WAD && all > 1_000n * WAD - 10n).to.equal(true);
    expect(model.claim({ account: "a", time: 20n * DAY })).to.equal(0n);
    model.transfer({ from: "core", to: "a", amount: WAD, time: 20n * DAY });
    expect(model.words("a")).to.include({ weight: 2n * WAD, balance: WAD });
  });

  it("keeps what accrued before units move, whoever moves them", () => {
    for (const name of ["transfer", "relocate"] as const) {
      const model = income();
      model[name]({ from: "a", to: "b", amount: 3n * WAD, time: 2n * DAY });
      const [ofA, ofB] = ["a", "b"].map((account) => model.claim({ account, time: 2n * DAY }));
      expect(
        [ofA, ofB].map((amount) => (amount ?? 0n) / WAD),
        name,
      ).to.deep.equal([74n, 24n]);
    }
  });

  it("has only one income", () => {
    expect(() => income().distribute({ amount: 1n, end: 30n * DAY, time: 3n * DAY })).to.throw(RangeError);
  });

  it("earns an offering's payments at once, or when they are settled or claimed", () => {
    const sale = { units: 2n, cost: 100n };
    const atOnce = new OfferingModel({ isEscrow: false });
    atOnce.subscribe("a", sale);
    expect(atOnce.words()).to.deep.equal({ sold: 2n, earned: 100n, owed: 0n, escrowed: 0n });
    const escrow = new OfferingModel({ isEscrow: true });
    for (const account of ["a", "a", "b"]) escrow.subscribe(account, sale);
    expect(escrow.words()).to.deep.equal({ sold: 6n, earned: 0n, owed: 6n, escrowed: 300n });
    escrow.settle("a");
    escrow.settle("a");
    expect(escrow.words()).to.include({ earned: 200n, escrowed: 100n });
    expect(escrow.allotmentWords("a")).to.deep.equal({ units: 4n, payment: 200n, isSettled: 1n });
    expect([escrow.claim("a"), escrow.claim("b")]).to.deep.equal([4n, 2n]);
    expect(escrow.words()).to.deep.equal({ sold: 6n, earned: 300n, owed: 0n, escrowed: 0n });
  });

  it("sells cover that becomes dearer, and pays all of it when all is lost", () => {
    const model = new InsuranceSectionsModel({ deposit: 1_000n * WAD, time: 1_000n });
    const risk = { end: 100n * DAY, cover: 0n, held: 0n, owed: 0n };
    const [first = 0n, second = 0n] = model.buyAll(risk, { cost: WAD, count: 2 });
    expect(first > second && second > WAD).to.equal(true);
    expect(risk).to.include({ cover: first + second, held: 2n * WAD });
    expect(model.locked).to.equal(first + second);
    model.pass(200n * DAY);
    expect(model.assets > 1_000n * WAD + (18n * WAD) / 10n).to.equal(true);
    model.lose(risk);
    model.settle(risk);
    expect(model.locked).to.equal(0n);
    expect(model.redeemAll(risk, { units: second, count: 1 })).to.deep.equal([second]);
    expect(risk).to.include({ cover: first, held: first });
  });
});
