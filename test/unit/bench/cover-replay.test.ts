import { expect } from "chai";
import { readFlights, readQuakes, type RecordSet } from "../../../bench/insurance/records.js";
import { replayCover, replayStart, type ReplayReport } from "../../../bench/insurance/replay.js";
import { replayDocument } from "../../../bench/insurance/replay-document.js";
import { replayPicture } from "../../../bench/insurance/replay-picture.js";
import { startInProcess } from "../../../scripts/lib/in-process.js";

const ALL = 1_000_000_000n;

async function replay(records: RecordSet): Promise<ReplayReport> {
  const chain = await startInProcess({ timestamp: replayStart(records), blockGasLimit: 1_000_000_000n });
  try {
    return await replayCover({ chain, records, seed: "test" });
  } finally {
    await chain.stop();
  }
}

describe("cover replay", function () {
  this.timeout(600_000);

  let flights: RecordSet;
  let reports: ReplayReport[];

  before(async () => {
    flights = readFlights(150);
    const quakes = readQuakes();
    const shaken = quakes.records.filter(({ ratio }, index) => ratio > 0n || index % 10 === 0);
    reports = [await replay(flights), await replay({ ...quakes, records: shaken })];
  });

  it("reads every record once, with rates that pay the losses of all", () => {
    for (const { records } of [readFlights(), readQuakes()]) {
      expect(new Set(records.map(({ data }) => data)).size).to.equal(records.length);
      const losses = records.reduce((sum, { ratio }) => sum + ratio * (10n ** 18n / ALL), 0n);
      const rates = records.reduce((sum, { baseRate }) => sum + baseRate, 0n);
      // The pull towards the mean moves them a little.
      expect(Math.abs(Number(rates) / Number(losses) - 1) < 0.02).to.equal(true);
      for (const [index, record] of records.entries()) {
        expect(record.start >= (records[index - 1]?.start ?? 0n) && record.end > record.start).to.equal(true);
      }
    }
    expect(readFlights().records.length).to.equal(20_000);
  });

  it("accounts for every unit, and pays what the record says alone", () => {
    for (const { checks, paidRisks, payouts } of reports) {
      expect(checks.length).to.equal(9);
      for (const { name, actual, wanted } of checks) expect(actual, name).to.equal(wanted);
      expect(paidRisks).to.be.greaterThan(0);
      expect(payouts > 0n).to.equal(true);
    }
    expect(reports[0]?.paidRisks).to.equal(flights.records.filter(({ ratio }) => ratio > 0n).length);
  });

  it("locks capital while cover is open, and none in the end", () => {
    for (const { days } of reports) {
      expect(days.some(({ locked }) => locked > 0n)).to.equal(true);
      expect(days.at(-1)?.locked).to.equal(0n);
      for (const day of days) expect(day.locked <= day.capital, day.date).to.equal(true);
    }
  });

  it("is told in a page and a picture", async () => {
    const page = replayDocument(reports);
    expect(page).to.match(/## Delayed flights: over time/);
    expect(page).to.match(/\| sums compared, differences \| 9, 0 \| 9, 0 \|/);
    expect(await replayPicture(reports)).to.match(/^<svg /);
  });
});
