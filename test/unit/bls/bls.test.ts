import { expect } from "chai";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { getBytes, id } from "ethers";
import { BLS_SIGNATURE_BYTES, KEY_BYTES, loadBls, portableBls, type Bls } from "../../../src/index.js";
import { nativeBls, outsideSubgroup, secretOf } from "../../helpers/bls.js";
import { expectCode } from "../../helpers/expect-code.js";

const MESSAGE = getBytes(id("a batch"));
const OTHER = getBytes(id("another batch"));

describe("bls", () => {
  it("is byte for byte the same in both libraries", async () => {
    const libraries = [await nativeBls(), portableBls] as const;
    expect(libraries.map(({ kind }) => kind)).to.deep.equal(["native", "portable"]);
    const results = libraries.map((bls) => {
      const secrets = [1, 2, 3].map(secretOf);
      const keys = secrets.map((secret) => bls.publicKeyOf(secret));
      const signatures = secrets.map((secret) => bls.sign(secret, MESSAGE));
      return { keys, signatures, key: bls.aggregateKeys(keys), signature: bls.aggregateSignatures(signatures) };
    });
    expect(results[0]).to.deep.equal(results[1]);
    const [{ key, signature, keys } = expect.fail("no result")] = results;
    expect([key.length, signature.length]).to.deep.equal([KEY_BYTES, BLS_SIGNATURE_BYTES]);
    for (const bls of libraries) {
      expect(bls.verify(MESSAGE, key, signature)).to.equal(true);
      expect(bls.verify(OTHER, key, signature)).to.equal(false);
      expect(bls.verify(MESSAGE, keys[0] ?? key, signature)).to.equal(false);
    }
  });

  it("sums signatures that are views of a network buffer, and leaves them as they are", async () => {
    const native = await nativeBls();
    const buffer = new Uint8Array(5 + 3 * BLS_SIGNATURE_BYTES);
    const views = [1, 2, 3].map((index) => {
      const offset = 5 + (index - 1) * BLS_SIGNATURE_BYTES;
      buffer.set(native.sign(secretOf(index), MESSAGE), offset);
      return buffer.subarray(offset, offset + BLS_SIGNATURE_BYTES);
    });
    const before = buffer.slice();
    expect(native.aggregateSignatures(views)).to.deep.equal(portableBls.aggregateSignatures(views));
    expect(buffer).to.deep.equal(before);
  });

  it("writes signatures in the order of the chain: c0 before c1", async () => {
    const bls = await nativeBls();
    const signature = bls.sign(secretOf(1), MESSAGE);
    const hashed = bls12_381.longSignatures.hash(MESSAGE, "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_");
    const { x, y } = bls12_381.longSignatures.sign(hashed, secretOf(1)).toAffine();
    const hex = [x.c0, x.c1, y.c0, y.c1].map((value) => value.toString(16).padStart(96, "0")).join("");
    expect(Buffer.from(signature).toString("hex")).to.equal(hex);
  });

  it("takes the native library where there is one", async () => {
    expect((await loadBls()).kind).to.equal("native");
  });

  for (const kind of ["native", "portable"] as const) {
    describe(kind, () => {
      let bls: Bls;
      before(async () => {
        bls = kind === "native" ? await nativeBls() : portableBls;
      });

      it("refuses what is no secret, key, signature or message", () => {
        const key = bls.publicKeyOf(secretOf(1));
        const signature = bls.sign(secretOf(1), MESSAGE);
        expectCode(() => bls.publicKeyOf(new Uint8Array(32)), "InvalidSecret");
        expectCode(() => bls.publicKeyOf(new Uint8Array(31).fill(1)), "InvalidSecret");
        expectCode(() => bls.publicKeyOf(new Uint8Array(32).fill(255)), "InvalidSecret");
        expectCode(() => bls.sign(secretOf(1), MESSAGE.subarray(1)), "InvalidMessage");
        expectCode(() => bls.aggregateKeys([key.subarray(1)]), "InvalidKey");
        expectCode(() => bls.aggregateKeys([new Uint8Array(KEY_BYTES).fill(5)]), "InvalidKey");
        expectCode(() => bls.aggregateKeys([]), "NothingToSum");
        expectCode(() => bls.aggregateSignatures([]), "NothingToSum");
        expectCode(
          () => bls.aggregateSignatures([signature, new Uint8Array(BLS_SIGNATURE_BYTES).fill(5)]),
          "InvalidSignature",
        );
        expectCode(() => bls.aggregateSignatures([signature.subarray(1)]), "InvalidSignature");
        expect(bls.verify(MESSAGE, key.subarray(1), signature)).to.equal(false);
        expect(bls.verify(MESSAGE, key, signature.subarray(1))).to.equal(false);
      });

      it("refuses infinity and points outside the subgroup when it verifies", () => {
        const infinity = new Uint8Array(BLS_SIGNATURE_BYTES);
        infinity[48] = 0x40; // the libraries' flag stands in front of c1
        const noKey = new Uint8Array(KEY_BYTES);
        noKey[0] = 0x40;
        const key = bls.publicKeyOf(secretOf(1));
        expect(bls.verify(MESSAGE, key, infinity)).to.equal(false);
        expect(bls.verify(MESSAGE, noKey, infinity)).to.equal(false);
        expect(bls.verify(MESSAGE, key, outsideSubgroup())).to.equal(false);
      });
    });
  }
});
