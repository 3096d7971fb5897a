import { expect } from "chai";
import { CRASH_YEARS, readCrash } from "../../../bench/lending/crash-prices.js";
import { readPrices } from "../../../scripts/lib/demo/prices.js";

const CENT = 10_000n;
const toCents = (close: bigint): bigint => (close + CENT / 2n) / CENT;

/** As published, in cents. */
const KNOWN: Readonly<Record<string, bigint>> = {
  "2008-10-15": 90_784n,
  "2008-11-20": 75_244n,
  "2008-12-31": 90_325n,
  "2020-02-19": 338_615n,
  "2020-03-23": 223_740n,
  "2020-12-31": 375_607n,
};

describe("crash prices", () => {
  for (const year of CRASH_YEARS) {
    describe(String(year), () => {
      const days = readCrash(year);

      it("has every trading day of the year once, in order", () => {
        expect(days).to.have.length(253);
        const dates = days.map(({ date }) => date);
        expect(dates).to.deep.equal([...new Set(dates)].sort());
        for (const date of dates) {
          expect(date).to.match(new RegExp(`^${year}-\\d\\d-\\d\\d$`));
          const weekday = new Date(date).getUTCDay();
          expect(weekday, date).to.be.within(1, 5);
        }
        for (const [index, date] of dates.slice(1).entries()) {
          const gap = (Date.parse(date) - Date.parse(dates[index] ?? "")) / 86_400_000;
          expect(gap, date).to.be.within(1, 4); // a weekend and a holiday beside it
        }
      });

      it("has the closes that are known", () => {
        const known = Object.entries(KNOWN).filter(([date]) => date.startsWith(String(year)));
        const found = known.map(([date]) => [date, toCents(days.find((day) => day.date === date)?.close ?? 0n)]);
        expect(found).to.deep.equal(known);
      });

      it("says the same as another source on every day that both have", () => {
        const others = new Map(readPrices().map(({ date, close }) => [date, close]));
        const shared = days.filter(({ date }) => others.has(date));
        expect(shared).to.have.length(year === 2008 ? 253 : 74);
        for (const { date, close } of shared) {
          expect(toCents(others.get(date) ?? 0n), date).to.equal(toCents(close));
        }
      });
    });
  }
});
