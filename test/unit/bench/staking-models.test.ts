import { expect } from "chai";
import { ChefModel } from "../../../bench/gas/masterchef-model.js";
import type { Moment } from "../../../bench/gas/staking-model.js";
import { SynthetixModel } from "../../../bench/gas/synthetix-model.js";

const at = (time: bigint, block = time): Moment => ({ time, block });

describe("the models of staking's peers", () => {
  it("Synthetix: gives out a rate that is rounded down, by an index that is, and nothing after the period", () => {
    const model = new SynthetixModel({ duration: 100n });
    model.stake({ account: "a", amount: 300n, at: at(1_000n) });
    model.notify({ amount: 1_999n, at: at(1_000n) });
    expect(model.words("a")).to.include({ rewardRate: 19n, periodFinish: 1_100n, lastUpdateTime: 1_000n });
    model.stake({ account: "b", amount: 100n, at: at(1_010n) });
    // 190 for 300: an index of 0.6333… and 18 digits of it.
    expect(model.words("b").userRewardPerTokenPaid).to.equal(633_333_333_333_333_333n);
    expect(model.earned({ account: "a", at: at(1_010n) })).to.equal(189n);
    // Another 0.475, and 300 times the sum.
    expect(model.claim({ account: "a", at: at(1_020n) })).to.equal(332n);
    expect(model.exit({ account: "a", at: at(5_000n) })).to.equal((80n * 19n * 3n) / 4n);
    expect(model.words("a")).to.include({ balanceOf: 0n, rewards: 0n, totalSupply: 100n, lastUpdateTime: 1_100n });
  });

  it("Synthetix: adds what is left of a period to the next", () => {
    const model = new SynthetixModel({ duration: 100n });
    model.notify({ amount: 1_000n, at: at(1_000n) });
    model.notify({ amount: 1_000n, at: at(1_050n) });
    expect(model.words("a")).to.include({ rewardRate: 15n, periodFinish: 1_150n });
    model.notify({ amount: 1_000n, at: at(2_000n) });
    expect(model.words("a")).to.include({ rewardRate: 10n, periodFinish: 2_100n });
  });

  it("MasterChef: counts blocks and pays with every change of the stake", () => {
    const model = new ChefModel({ chef: "masterChef", rate: 10n, start: at(0n, 5n) });
    expect(model.stake({ account: "a", amount: 3n, at: at(900n, 10n) })).to.equal(0n);
    expect(model.words("a")).to.deep.equal({ accSushiPerShare: 0n, last: 10n, amount: 3n, rewardDebt: 0n });
    expect(model.stake({ account: "a", amount: 3n, at: at(901n, 11n) })).to.equal(9n);
    expect(model.words("a")).to.deep.equal({
      ...{ accSushiPerShare: 3_333_333_333_333n, last: 11n, amount: 6n, rewardDebt: 19n },
    });
    expect(model.exit({ account: "a", at: at(902n, 12n) })).to.equal(10n);
    expect(model.words("a")).to.include({ amount: 0n, rewardDebt: 0n });
  });

  it("MiniChef: counts seconds, pays what is harvested, and has a debt below 0 for what is not", () => {
    const model = new ChefModel({ chef: "miniChef", rate: 10n, start: at(0n) });
    model.stake({ account: "a", amount: 4n, at: at(100n) });
    expect(model.withdraw({ account: "a", amount: 4n, at: at(110n) })).to.equal(0n);
    expect(model.words("a")).to.include({ amount: 0n, rewardDebt: -100n });
    expect(model.claim({ account: "a", at: at(120n) })).to.equal(100n);
    expect(model.words("a")).to.include({ rewardDebt: 0n });
  });

  it("refuse what the contracts refuse", () => {
    const model = new SynthetixModel({ duration: 100n });
    model.stake({ account: "a", amount: 5n, at: at(1n) });
    for (const amount of [0n, -1n, 6n]) {
      expect(() => model.withdraw({ account: "a", amount, at: at(2n) })).to.throw(RangeError);
    }
    expect(() => model.stake({ account: "a", amount: 0n, at: at(2n) })).to.throw(RangeError);
  });
});
