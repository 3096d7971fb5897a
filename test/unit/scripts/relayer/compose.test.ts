import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { isPlainTransfer, type Book } from "../../../../scripts/lib/relayer/books.js";
import { planOf } from "../../../../scripts/lib/relayer/compose.js";
import { LENDING_KINDS } from "../../../../src/lending-market.js";
import { encodeBand, KIND_ADD } from "../../../../src/settlement/operations.js";
import {
  COVER_KINDS,
  coverGas,
  UNDERWRITING_KINDS,
  underwritingGas,
} from "../../../../src/settlement/insurance-operations.js";
import { CLAIM_INCOME_KIND, offeringGas, rwaGas, unitsGas } from "../../../../src/settlement/rwa-operations.js";
import { OFFERING_KINDS } from "../../../../src/rwa-offering.js";
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

  it("cover the operations of insurance and of regulated assets with the gas that each needs, and no others", () => {
    const offering = { protocol: "offering", hasAllowList: false, hasEscrow: true } as const;
    const all: readonly [Book, readonly number[], (kind: number) => { extraGas: number; sectionGas: number }][] = [
      [{ protocol: "underwriting" }, Object.values(UNDERWRITING_KINDS), underwritingGas],
      [{ protocol: "cover" }, Object.values(COVER_KINDS), coverGas],
      [{ protocol: "income" }, [CLAIM_INCOME_KIND], rwaGas],
      [{ protocol: "units" }, [0], unitsGas],
      [offering, Object.values(OFFERING_KINDS), offeringGas],
    ];
    for (const [book, kinds, gasOf] of all) {
      for (let kind = 0; kind < 32; kind++) {
        const plan = kinds.includes(kind) ? { parameters: "0x", ...gasOf(kind) } : undefined;
        expect(planOf({ kind, book, tolerance }), `${book.protocol} ${kind}`).to.deep.equal(plan);
        if (plan !== undefined) expect(plan.extraGas).to.be.greaterThan(10_000);
      }
    }
    const kindsOf = (hasAllowList: boolean, hasEscrow: boolean) =>
      Object.values(OFFERING_KINDS).filter((kind) =>
        planOf({ kind, book: { ...offering, hasAllowList, hasEscrow }, tolerance }),
      );
    expect([kindsOf(true, true), kindsOf(false, false), kindsOf(true, false)]).to.deep.equal([[3, 11], [0], []]);
  });

  it("know transfers that no issuer is asked about", () => {
    const [token, plain, rules, notice] = [5n, 1n << 255n, (1n << 255n) | (1n << 251n), (1n << 255n) | (1n << 253n)];
    const isPlain = (asset0: bigint | string, protocol = ZeroAddress) => isPlainTransfer({ protocol, asset0 });
    expect([token, `${plain}`, rules, `${notice}`].map((asset) => isPlain(asset))).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
    expect(isPlain(token, `0x${"1".repeat(40)}`)).to.equal(false);
  });
});
