import { expect } from "chai";
import { planOf } from "../../../../scripts/lib/relayer/compose.js";
import { LENDING_KINDS } from "../../../../src/lending-market.js";
import { encodeBand, KIND_ADD } from "../../../../src/settlement/operations.js";
import { STAKING_KINDS } from "../../../../src/staking-pool.js";

const AMM = { protocol: "amm", price: 10n ** 36n } as const;
const tolerance = 5n * 10n ** 15n;

describe("plans of the relayer", () => {
  it("are a band for swaps, and the gas of fresh words for liquidity", () => {
    const parameters = encodeBand({ price: AMM.price, tolerance });
    for (const kind of [0, 1]) {
      expect(planOf({ kind, book: AMM, tolerance })).to.deep.equal({ parameters, extraGas: 0, sectionGas: 0 });
    }
    const addition = planOf({ kind: KIND_ADD, book: AMM, tolerance });
    expect(addition).to.deep.equal({ parameters: "0x", extraGas: 12_000, sectionGas: 0 });
  });

  it("ask for the oracle's gas where a position is weighed, and for the rate model's where it is external", () => {
    const gasOf = (kind: number, hasRateModel: boolean): number | undefined =>
      planOf({ kind, book: { protocol: "lending", hasRateModel }, tolerance })?.sectionGas;
    expect(gasOf(LENDING_KINDS.supply, false)).to.equal(0);
    expect(gasOf(LENDING_KINDS.supply, true)).to.equal(120_000);
    expect(gasOf(LENDING_KINDS.borrow, false)).to.equal(280_000);
    expect(gasOf(LENDING_KINDS.removeCollateral, true)).to.equal(400_000);
  });

  it("cover every operation of staking, and none that a protocol has not", () => {
    for (const kind of Object.values(STAKING_KINDS)) {
      expect(planOf({ kind, book: { protocol: "staking" }, tolerance })).to.include({ parameters: "0x" });
    }
    expect(planOf({ kind: 16, book: { protocol: "staking" }, tolerance })).to.equal(undefined);
    expect(planOf({ kind: 16, book: { protocol: "lending", hasRateModel: false }, tolerance })).to.equal(undefined);
    expect(planOf({ kind: 16, book: AMM, tolerance })).to.equal(undefined);
  });
});
