import { expect } from "chai";
import { crashDocument } from "../../../bench/lending/crash-document.js";
import { crashPicture } from "../../../bench/lending/crash-picture.js";
import { readCrash } from "../../../bench/lending/crash-prices.js";
import { replayCrash, replayStart, type ReplayReport } from "../../../bench/lending/replay.js";
import { startInProcess } from "../../../scripts/lib/in-process.js";

describe("crash replay", function () {
  this.timeout(300_000);

  let report: ReplayReport;

  before(async () => {
    const days = readCrash(2020).slice(0, 60); // to 27 March, behind the fall
    const chain = await startInProcess({ timestamp: replayStart(days), blockGasLimit: 1_000_000_000n });
    try {
      report = await replayCrash({ chain, days, borrowers: 20, seed: "test" });
    } finally {
      await chain.stop();
    }
  });

  it("accounts for every unit, each day and in the end", () => {
    expect(report.checks.length).to.be.greaterThan(3 * 60);
    for (const { name, actual, wanted } of report.checks) expect(actual, name).to.equal(wanted);
    const left = report.supplied + report.interest - report.badDebt - report.withdrawn;
    expect(left >= 0n && left < 10n, `${left} units left by rounding`).to.equal(true);
  });

  it("liquidates in the fall, at a profit, and keeps the market solvent", () => {
    const fall = report.days.filter(({ date }) => date >= "2020-02-24" && date <= "2020-03-23");
    const liquidations = fall.reduce((sum, day) => sum + day.liquidations, 0);
    expect(liquidations).to.be.greaterThan(5);
    expect(liquidations).to.equal(report.liquidations);
    for (const day of report.days) {
      expect(day.isSolvent, day.date).to.equal(true);
      expect(day.poolError <= 31, day.date).to.equal(true); // the pool's fee, and what is too little to trade
      if (day.liquidations > 0) expect(day.profit > 0n, day.date).to.equal(true);
    }
  });

  it("is told in a page and a picture", async () => {
    const page = crashDocument([report]);
    expect(page).to.match(/## 2020: the days with the most repaid/);
    expect(page).to.match(/\| days that end insolvent \| 0 \|/);
    expect(await crashPicture([report])).to.match(/^<svg /);
  });
});
