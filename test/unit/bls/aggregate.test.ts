import { expect } from "chai";
import { getBytes, id } from "ethers";
import { aggregateOrBisect, BLS_SIGNATURE_BYTES, type Bls, type PartialSignature } from "../../../src/index.js";
import { nativeBls, outsideSubgroup, secretOf } from "../../helpers/bls.js";
import { Random, seedFromEnvironment } from "../../helpers/random.js";

const MESSAGE = getBytes(id("a batch"));
const SIGNERS = 48;

describe("bls/aggregateOrBisect", () => {
  let bls: Bls;
  let honest: PartialSignature<number>[];
  let bad: [title: string, signature: Uint8Array][];

  before(async () => {
    bls = await nativeBls();
    honest = Array.from({ length: SIGNERS }, (_, signer) => ({
      signer,
      key: bls.publicKeyOf(secretOf(signer)),
      signature: bls.sign(secretOf(signer), MESSAGE),
    }));
    const infinity = new Uint8Array(BLS_SIGNATURE_BYTES);
    infinity[48] = 0x40;
    bad = [
      ["nothing", new Uint8Array()],
      ["garbage", new Uint8Array(BLS_SIGNATURE_BYTES).fill(9)],
      ["infinity", infinity],
      ["a point outside the subgroup", outsideSubgroup()],
      ["another message", bls.sign(secretOf(0), getBytes(id("another batch")))],
      ["another key", bls.sign(secretOf(SIGNERS), MESSAGE)],
    ];
  });

  /** Counts verifications. */
  function counted(): { bls: Bls; count: () => number } {
    let count = 0;
    const verify: Bls["verify"] = (...args) => {
      count++;
      return bls.verify(...args);
    };
    return { bls: { ...bls, verify }, count: () => count };
  }

  it("verifies once when all are good", () => {
    const { bls: watched, count } = counted();
    const result = aggregateOrBisect({ bls: watched, message: MESSAGE, partials: honest });
    expect(result.good).to.deep.equal(honest.map(({ signer }) => signer));
    expect(result.bad).to.deep.equal([]);
    expect(result.signature).to.deep.equal(bls.aggregateSignatures(honest.map(({ signature }) => signature)));
    expect(count()).to.equal(1);
  });

  it("answers nothing for nobody", () => {
    expect(aggregateOrBisect({ bls, message: MESSAGE, partials: [] })).to.deep.equal({
      signature: new Uint8Array(),
      good: [],
      bad: [],
    });
  });

  it("finds one bad signature of any sort at any place in few verifications", () => {
    for (const [title, signature] of bad) {
      for (const place of [0, 17, SIGNERS - 1]) {
        const { bls: watched, count } = counted();
        const partials = honest.map((partial) => (partial.signer === place ? { ...partial, signature } : partial));
        const result = aggregateOrBisect({ bls: watched, message: MESSAGE, partials });
        expect(result.bad, title).to.deep.equal([place]);
        expect(result.good.length).to.equal(SIGNERS - 1);
        const sum = bls.aggregateSignatures(
          honest.filter(({ signer }) => signer !== place).map((one) => one.signature),
        );
        expect(result.signature).to.deep.equal(sum);
        expect(count()).to.be.lessThanOrEqual(1 + 2 * Math.ceil(Math.log2(SIGNERS)));
      }
    }
  });

  it("finds many bad ones, and answers a sum that holds for the rest", () => {
    const random = new Random(seedFromEnvironment());
    for (const percent of [5, 50, 100]) {
      const partials = honest.map((partial) =>
        random.chance(percent)
          ? { ...partial, signature: random.pick(bad)[1], isBad: true }
          : { ...partial, isBad: false },
      );
      const result = aggregateOrBisect({ bls, message: MESSAGE, partials });
      expect(result.bad).to.deep.equal(partials.flatMap(({ signer, isBad }) => (isBad ? [signer] : [])));
      if (result.good.length === 0) {
        expect(result.signature.length).to.equal(0);
        continue;
      }
      const key = bls.aggregateKeys(honest.filter(({ signer }) => result.good.includes(signer)).map((one) => one.key));
      expect(bls.verify(MESSAGE, key, result.signature)).to.equal(true);
    }
  });

  it("does not care for two wrong signatures that cancel out: their sum is right", () => {
    const [first, second, ...rest] = honest as [PartialSignature<number>, PartialSignature<number>];
    const swapped = [{ ...first, signature: second.signature }, { ...second, signature: first.signature }, ...rest];
    const result = aggregateOrBisect({ bls, message: MESSAGE, partials: swapped });
    expect(result.bad).to.deep.equal([]);
    expect(result.signature).to.deep.equal(aggregateOrBisect({ bls, message: MESSAGE, partials: honest }).signature);
  });
});
