import { expect } from "chai";
import { KeeperError } from "../../../../scripts/lib/keeper/error.js";
import { collateralFor, debtOf, isUnhealthy, worthOf } from "../../../../scripts/lib/keeper/health.js";
import { keepOn, pauseAfter } from "../../../../scripts/lib/keeper/loop.js";
import { bestSale, valueOf, type SaleOptions } from "../../../../scripts/lib/keeper/plan.js";
import { describeOutcome, describePass, describeUpkeep, toJson } from "../../../../scripts/lib/keeper/report.js";
import { readDeployment } from "../../../../scripts/lib/keeper/start.js";
import { type Upkeep } from "../../../../scripts/lib/keeper/upkeep.js";
import { spans } from "../../../../scripts/lib/keeper/watch.js";
import { type Outcome, type Pass } from "../../../../scripts/lib/keeper/keeper.js";
import { type PathPool } from "../../../../src/index.js";

const WAD = 10n ** 18n;
const PRICE_SCALE = 10n ** 36n;
const pool = (asset0: bigint, asset1: bigint, reserve: bigint): PathPool => ({
  ...{ asset0, asset1, reserve0: reserve, reserve1: reserve, offset0: 0n, offset1: 0n, keep: 997_000n },
});
const outcome: Outcome = {
  ...{ kind: "refused", block: 7, market: `0x${"ab".repeat(32)}`, account: "0xAccount", debt: 5n },
  ...{ repaid: 1n, seized: 2n, badDebt: 3n, expected: 4n, actual: undefined, gas: 5n, gasCost: 6n },
  ...{ gasInLoan: undefined, reason: { name: "NoPath", message: "None." } },
};

describe("keeper", () => {
  describe("health", () => {
    const measure = { borrowAssets: 80n, borrowShares: 80n * 10n ** 6n, price: PRICE_SCALE, lltv: (8n * WAD) / 10n };

    it("rounds debt up and worth down", () => {
      expect(debtOf(measure, { borrowShares: 1n, collateral: 0n })).to.equal(1n);
      expect(debtOf(measure, { borrowShares: 80n * 10n ** 6n, collateral: 0n })).to.equal(80n);
      expect(worthOf(PRICE_SCALE - 1n, 100n)).to.equal(99n);
      expect(collateralFor(PRICE_SCALE - 1n, 99n)).to.equal(100n);
    });

    it("is lost with one unit of debt too much", () => {
      const position = { borrowShares: 80n * 10n ** 6n, collateral: 100n };
      expect(isUnhealthy(measure, position)).to.equal(false);
      expect(isUnhealthy(measure, { ...position, collateral: 99n })).to.equal(true);
      expect(isUnhealthy(measure, { borrowShares: 0n, collateral: 0n })).to.equal(false);
    });
  });

  describe("bestSale", () => {
    const whole: SaleOptions = {
      ...{ repaid: 1_000_000n, seized: 1_050_000n, limit: 1_000_000n, collateral: 1n, loan: 2n },
      pools: [pool(1n, 2n, 10n ** 9n)],
    };
    const profitOf = (options: SaleOptions, repaid: bigint): bigint =>
      bestSale({ ...options, seized: (options.seized * repaid) / options.repaid, repaid, limit: repaid })?.profit ??
      -1n;

    it("takes all of it where the pool is deep", () => {
      const sale = bestSale(whole);
      expect(sale?.repaid).to.equal(1_000_000n);
      expect(sale?.seized).to.equal(1_050_000n);
      expect(sale?.profit).to.equal((sale?.path.amountOut ?? 0n) - 1_000_000n);
    });

    it("takes no more than can be repaid", () => {
      expect(bestSale({ ...whole, limit: 500n * 1_000n })?.repaid).to.equal(500_000n);
      expect(bestSale({ ...whole, limit: 0n })).to.equal(undefined);
    });

    it("stops where one unit more would earn less", () => {
      const shallow = { ...whole, pools: [pool(1n, 2n, 20_000_000n)] };
      const sale = bestSale(shallow);
      if (sale === undefined) throw new TypeError("no sale");
      expect(sale.repaid > 10_000n && sale.repaid < 990_000n, `${sale.repaid}`).to.equal(true);
      for (let repaid = 10_000n; repaid <= 1_000_000n; repaid += 10_000n) {
        expect(sale.profit >= profitOf(shallow, repaid), `${repaid}`).to.equal(true);
      }
    });

    it("goes around where that pays more, and says when no pool buys", () => {
      const around = [pool(1n, 3n, 10n ** 12n), pool(2n, 3n, 10n ** 12n)];
      expect(bestSale({ ...whole, pools: around })?.path.hops).to.have.length(2);
      expect(bestSale({ ...whole, pools: [] })).to.equal(undefined);
      expect(bestSale({ ...whole, pools: around.slice(0, 1) })).to.equal(undefined);
    });
  });

  it("valueOf asks the pools", () => {
    const pools = [pool(1n, 2n, 10n ** 12n)];
    expect(valueOf(5n, { from: 1n, to: 1n, pools: [] })).to.equal(5n);
    expect(valueOf(1_000_000n, { from: 1n, to: 2n, pools })).to.equal(996_999n);
    expect(valueOf(1_000_000n, { from: 3n, to: 2n, pools })).to.equal(undefined);
  });

  describe("keepOn", () => {
    it("doubles the pause with each failure, up to a minute", () => {
      expect([0, 1, 3, 60].map((failures) => pauseAfter(failures, 1_000))).to.deep.equal([1_000, 2_000, 8_000, 60_000]);
      expect(pauseAfter(2, 90_000)).to.equal(90_000);
    });

    it("goes on after a failure and ends at the signal", async () => {
      const abort = new AbortController();
      const told: string[] = [];
      let passes = 0;
      const pass = (): Promise<Pass> => {
        passes += 1;
        if (passes === 1) return Promise.reject(new Error("no node"));
        return Promise.resolve({ block: passes, markets: 0, positions: 0, unhealthy: 0, outcomes: [] });
      };
      await keepOn({
        ...{ keeper: { pass }, interval: 1, signal: abort.signal },
        onPass({ block }) {
          told.push(`pass ${block}`);
          if (block === 3) abort.abort();
        },
        onFailure: ({ message }, failures) => told.push(`${failures} ${message}`),
      });
      expect(told).to.deep.equal(["1 no node.", "pass 2", "pass 3"]);
    });
  });

  it("says each outcome in one line", () => {
    expect(describeOutcome(outcome)).to.equal("refused    market 0xabababab account 0xAccount: NoPath: None.");
    const done: Outcome = { ...outcome, kind: "liquidated", actual: 9n, gasInLoan: 2n };
    expect(describeOutcome(done)).to.match(
      /repays 1, seizes 2, bad debt 3, profit 9 \(expected 4\), gas 5 for 6 wei, worth 2$/,
    );
    const pass: Pass = { block: 7, markets: 1, positions: 2, unhealthy: 1, outcomes: [outcome, done] };
    expect(describePass(pass)).to.equal("block 7: 1 markets, 2 debtors, 1 unhealthy, 1 of them served");
    expect(toJson({ debt: 5n })).to.equal('{"debt":"5"}');
  });

  it("says what is done for stake pools in one line each", () => {
    const common = { protocol: "staking", block: 7, pool: `0x${"cd".repeat(32)}`, account: "0xAccount" } as const;
    const nothing = {
      risk: undefined,
      requestId: undefined,
      holders: undefined,
      profit: 0n,
      reason: undefined,
    } as const;
    const kick: Upkeep = { ...common, ...nothing, kind: "planned", task: "kick", amount: 9n, gas: 5n, gasCost: 6n };
    expect(describeUpkeep(kick)).to.equal(
      "planned    stake pool 0xcdcdcdcd account 0xAccount: kick: a lock's weight of 9 off, pays nothing, gas 5 for 6 wei",
    );
    const finalise: Upkeep = { ...kick, kind: "done", task: "finalise", requestId: 3n };
    expect(describeUpkeep(finalise)).to.match(/: finalise: 9 shares up to request 3, pays nothing, gas 5 for 6 wei$/);
    const reason = { name: "StakingNotReady", message: "Not yet." };
    expect(describeUpkeep({ ...kick, kind: "refused", reason })).to.match(
      /account 0xAccount: kick: StakingNotReady: Not yet.$/,
    );
    const pass = { block: 7, markets: 0, positions: 0, unhealthy: 0, outcomes: [] };
    expect(describePass({ ...pass, staking: { pools: 2, locks: 3, upkeep: [kick] } })).to.equal(
      "block 7: 0 markets, 0 debtors, 0 unhealthy, 0 of them served; 2 stake pools, 3 locks, 1 tasks, 1 of them served",
    );
  });

  it("reads blocks in pieces that a node answers", () => {
    expect([...spans(3, 2)]).to.deep.equal([]);
    expect([...spans(3, 3)]).to.deep.equal([[3, 3]]);
    expect([...spans(0, 12_000)]).to.deep.equal([
      [0, 4_999],
      [5_000, 9_999],
      [10_000, 12_000],
    ]);
  });

  it("refuses what is no deployment", async () => {
    for (const file of ["/nowhere.json", "package.json"]) {
      const error: unknown = await readDeployment(file).catch((reason: unknown) => reason);
      expect(error instanceof KeeperError && error.code, file).to.equal("BAD_DEPLOYMENT");
    }
  });
});
