import { aggregatePublicKeys, aggregateSignatures, type PublicKey, SecretKey, type Signature } from "@chainsafe/blst";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { expect } from "chai";
import { concat, getBytes, hexlify, toBeHex, toUtf8Bytes, zeroPadValue } from "ethers";
import type { BlsHarness } from "../../../typechain-types/index.js";
import { deployTyped } from "../../helpers/deploy.js";
import { connection, ethers, hashBytes, loadFixture, ORDER, PRIME, secretOf } from "../../helpers/directory-fixture.js";

const { G1, G2, fields } = bls12_381;
const SIGNATURE_TAG = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
/** RFC 9380, J.10.1: x.c0, x.c1, y.c0 and y.c1 of the hash of each message. */
const RFC_TAG = "QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_";
const RFC_VECTORS: readonly (readonly [message: string, ...point: string[]])[] = [
  [
    "",
    "0141ebfbdca40eb85b87142e130ab689c673cf60f1a3e98d69335266f30d9b8d4ac44c1038e9dcdd5393faf5c41fb78a",
    "05cb8437535e20ecffaef7752baddf98034139c38452458baeefab379ba13dff5bf5dd71b72418717047f5b0f37da03d",
    "0503921d7f6a12805e72940b963c0cf3471c7b2a524950ca195d11062ee75ec076daf2d4bc358c4b190c0c98064fdd92",
    "12424ac32561493f3fe3c260708a12b7c620e7be00099a974e259ddc7d1f6395c3c811cdd19f1e8dbf3e9ecfdcbab8d6",
  ],
  [
    "abc",
    "02c2d18e033b960562aae3cab37a27ce00d80ccd5ba4b7fe0e7a210245129dbec7780ccc7954725f4168aff2787776e6",
    "139cddbccdc5e91b9623efd38c49f81a6f83f175e80b06fc374de9eb4b41dfe4ca3a230ed250fbe3a2acf73a41177fd8",
    "1787327b68159716a37440985269cf584bcb1e621d3a7202be6ea05c4cfe244aeb197642555a0645fb87bf7466b2ba48",
    "00aa65dae3c8d732d10ecd2c50f8a1baf3001578f71c694e03866e9f3d49ac1e1ce70dd94a733534f106d4cec0eddd16",
  ],
  [
    "abcdef0123456789",
    "121982811d2491fde9ba7ed31ef9ca474f0e1501297f68c298e9f4c0028add35aea8bb83d53c08cfc007c1e005723cd0",
    "190d119345b94fbd15497bcba94ecf7db2cbfd1e1fe7da034d26cbba169fb3968288b3fafb265f9ebd380512a71c3f2c",
    "05571a0f8d3c08d094576981f4a3b8eda0a8e771fcdcc8ecceaf1356a6acf17574518acb506e435b639353c2e14827c8",
    "0bb5e7572275c567462d91807de765611490205a941a5a6af3b1691bfe596c31225d3aabdf15faff860cb4ef17c7c3be",
  ],
  [
    `q128_${"q".repeat(128)}`,
    "19a84dd7248a1066f737cc34502ee5555bd3c19f2ecdb3c7d9e24dc65d4e25e50d83f0f77105e955d78f4762d33c17da",
    "0934aba516a52d8ae479939a91998299c76d39cc0c035cd18813bec433f587e2d7a4fef038260eef0cef4d02aae3eb91",
    "14f81cd421617428bc3b9fe25afbb751d934a00493524bc4e065635b0555084dd54679df1536101b2c979c0152d09192",
    "09bcccfa036b4847c9950780733633f13619994394c23ff0b32fa6b795844f4a0673e20282d07bc69641cee04f5e5662",
  ],
  [
    `a512_${"a".repeat(512)}`,
    "01a6ba2f9a11fa5598b2d8ace0fbe0a0eacb65deceb476fbbcb64fd24557c2f4b18ecfc5663e54ae16a84f5ab7f62534",
    "11fca2ff525572795a801eed17eb12785887c7b63fb77a42be46ce4a34131d71f7a73e95fee3f812aea3de78b4d01569",
    "0b6798718c8aed24bc19cb27f866f1c9effcdbf92397ad6448b5c9db90d2b9da6cbabf48adc1adf59a1a28344e79d57e",
    "03a47f8e6d1763ba0cad63d6114c0accbef65707825a511b251a660a9b3994249ae4e63fac38b23da0c398689ee2ab52",
  ],
];

type G1Point = InstanceType<typeof G1.Point>;
type G2Point = InstanceType<typeof G2.Point>;

async function harness() {
  return deployTyped<BlsHarness>(connection, "BlsHarness");
}

/** A number of the base field as precompiles read it. */
const field = (value: bigint): string => toBeHex(value, 64);
const g1 = (point: G1Point): string => {
  const { x, y } = point.toAffine();
  return point.is0() ? zeroPadValue("0x", 128) : concat([field(x), field(y)]);
};
const g2 = (point: G2Point): string => {
  const { x, y } = point.toAffine();
  return point.is0() ? zeroPadValue("0x", 256) : concat([x.c0, x.c1, y.c0, y.c1].map(field));
};
/** A point of G1 as the library's four words. */
const words = (point: string): [bigint, bigint, bigint, bigint] => {
  const at = (index: number): bigint => BigInt(ethers.dataSlice(point, 32 * index, 32 * index + 32));
  return [at(0), at(1), at(2), at(3)];
};
const keyWordsOf = (key: PublicKey): [bigint, bigint, bigint, bigint] => {
  const bytes = key.toBytes(false);
  return words(concat([zeroPadValue(bytes.slice(0, 48), 64), zeroPadValue(bytes.slice(48), 64)]));
};
/** blst writes the second coefficient first. */
const swapped = (signature: Signature): string => {
  const bytes = signature.toBytes(false);
  const part = (index: number): Uint8Array => bytes.slice(48 * index, 48 * index + 48);
  return concat([part(1), part(0), part(3), part(2)]);
};
const signatureOf = (point: G2Point): string => {
  const { x, y } = point.toAffine();
  return concat([x.c0, x.c1, y.c0, y.c1].map((value) => toBeHex(value, 48)));
};

/** What a precompile answers, or undefined where it refuses. */
async function ask(precompile: number, ...input: string[]): Promise<string | undefined> {
  try {
    return await ethers.provider.call({ to: toBeHex(precompile, 20), data: concat(input), gasLimit: 5_000_000 });
  } catch {
    return undefined;
  }
}

/** Of the curve over the base field of G2, outside the subgroup. */
function outsideG2(): string {
  for (let c0 = 1n; ; ++c0) {
    const x = fields.Fp2.create({ c0, c1: 0n });
    const b = fields.Fp2.create({ c0: 4n, c1: 4n });
    try {
      const y = fields.Fp2.sqrt(fields.Fp2.add(fields.Fp2.mul(fields.Fp2.sqr(x), x), b));
      return concat([x.c0, x.c1, y.c0, y.c1].map((value) => toBeHex(value, 48)));
    } catch {
      continue; // no square
    }
  }
}

describe("Bls", () => {
  describe("hashToG2", () => {
    for (const [message, ...point] of RFC_VECTORS) {
      it(`hashes ${JSON.stringify(message.slice(0, 16))} as RFC 9380 does (SET_05)`, async () => {
        const bls = await loadFixture(harness);
        const hashed = await bls.hashMessage(toUtf8Bytes(message), toUtf8Bytes(RFC_TAG));
        expect(hashed).to.equal(concat(point.map((part) => zeroPadValue(`0x${part}`, 64))));
        expect(hashed).to.equal(g2(G2.hashToCurve(toUtf8Bytes(message), { DST: RFC_TAG })));
      });
    }

    it("hashes digests as @noble/curves does", async () => {
      const bls = await loadFixture(harness);
      for (let i = 0; i < 8; ++i) {
        const digest = hashBytes(`digest ${i}`);
        expect(await bls.hashDigest(digest)).to.equal(g2(G2.hashToCurve(digest, { DST: SIGNATURE_TAG })));
      }
    });
  });

  describe("verify", () => {
    it("accepts what @chainsafe/blst and @noble/curves sign", async () => {
      const bls = await loadFixture(harness);
      for (let i = 0; i < 8; ++i) {
        const digest = hashBytes(`digest ${i}`);
        const secret = SecretKey.fromBytes(secretOf(i));
        const signature = swapped(secret.sign(digest));
        expect(await bls.verify(digest, keyWordsOf(secret.toPublicKey()), signature)).to.equal(true);
        const scalar = BigInt(hexlify(secretOf(i)));
        const point = G2.hashToCurve(digest, { DST: SIGNATURE_TAG });
        expect(signatureOf(point.multiply(scalar))).to.equal(signature);
      }
    });

    it("accepts an aggregate of many signers", async () => {
      const bls = await loadFixture(harness);
      const digest = hashBytes("batch");
      const secrets = Array.from({ length: 20 }, (_, index) => SecretKey.fromBytes(secretOf(index)));
      const key = keyWordsOf(aggregatePublicKeys(secrets.map((secret) => secret.toPublicKey())));
      const signatures = secrets.map((secret) => secret.sign(digest));
      expect(await bls.verify(digest, key, swapped(aggregateSignatures(signatures)))).to.equal(true);
      expect(await bls.verify(digest, key, swapped(aggregateSignatures(signatures.slice(1))))).to.equal(false);
    });

    it("refuses another digest, another key and another signature (SET_05)", async () => {
      const bls = await loadFixture(harness);
      const digest = hashBytes("digest");
      const secret = SecretKey.fromBytes(secretOf(0));
      const other = SecretKey.fromBytes(secretOf(1));
      const key = keyWordsOf(secret.toPublicKey());
      const signature = swapped(secret.sign(digest));
      expect(await bls.verify(digest, key, signature)).to.equal(true);
      expect(await bls.verify(hashBytes("other"), key, signature)).to.equal(false);
      expect(await bls.verify(digest, keyWordsOf(other.toPublicKey()), signature)).to.equal(false);
      expect(await bls.verify(digest, key, swapped(other.sign(digest)))).to.equal(false);
    });

    it("refuses a signature with any byte changed, of any other length, and in blst's own order (SET_05)", async () => {
      const bls = await loadFixture(harness);
      const digest = hashBytes("digest");
      const secret = SecretKey.fromBytes(secretOf(0));
      const key = keyWordsOf(secret.toPublicKey());
      const signature = getBytes(swapped(secret.sign(digest)));
      for (let position = 0; position < 192; position += 13) {
        const changed = Uint8Array.from(signature);
        changed[position] = (changed[position] ?? 0) ^ 1;
        expect(await bls.verify(digest, key, changed), `byte ${position}`).to.equal(false);
      }
      for (const length of [0, 1, 96, 191]) {
        expect(await bls.verify(digest, key, signature.slice(0, length)), `${length} bytes`).to.equal(false);
      }
      expect(await bls.verify(digest, key, concat([signature, "0x00"]))).to.equal(false);
      expect(await bls.verify(digest, key, secret.sign(digest).toBytes(false))).to.equal(false);
    });

    it("refuses points at infinity, also both together (SET_04)", async () => {
      const bls = await loadFixture(harness);
      const digest = hashBytes("digest");
      const secret = SecretKey.fromBytes(secretOf(0));
      const nothing = new Uint8Array(192);
      expect(await bls.verify(digest, keyWordsOf(secret.toPublicKey()), nothing)).to.equal(false);
      expect(await bls.verify(digest, [0n, 0n, 0n, 0n], swapped(secret.sign(digest)))).to.equal(false);
      expect(await bls.verify(digest, [0n, 0n, 0n, 0n], nothing)).to.equal(false);
    });

    it("refuses points outside the curve and outside the subgroups, and numbers beyond the prime (SET_05)", async () => {
      const bls = await loadFixture(harness);
      const digest = hashBytes("digest");
      const secret = SecretKey.fromBytes(secretOf(0));
      const key = keyWordsOf(secret.toPublicKey());
      const signature = swapped(secret.sign(digest));
      expect(await bls.verify(digest, [0n, 1n, 0n, 1n], signature)).to.equal(false);
      expect(await bls.verify(digest, [0n, 0n, 0n, 2n], signature)).to.equal(false); // order 3
      const [x0, x1, y0, y1] = key;
      const beyond = (x0 << 256n) + x1 + PRIME;
      expect(await bls.verify(digest, [beyond >> 256n, beyond & (2n ** 256n - 1n), y0, y1], signature)).to.equal(false);
      expect(await bls.verify(digest, [x0 | (1n << 200n), x1, y0, y1], signature)).to.equal(false);
      expect(await bls.verify(digest, key, outsideG2())).to.equal(false);
    });
  });

  describe("the precompiles of EIP-2537", () => {
    const generator = g1(G1.Point.BASE);
    const twice = g1(G1.Point.BASE.double());
    const infinity = zeroPadValue("0x", 128);
    const scalar = (value: bigint): string => toBeHex(value, 32);

    it("multiply and add in G1", async () => {
      // The vector g1_mul_g1=2*g1 of the EIP.
      expect(twice).to.equal(
        concat([
          zeroPadValue(
            "0x0572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4e",
            64,
          ),
          zeroPadValue(
            "0x166a9d8cabc673a322fda673779d8e3822ba3ecb8670e461f73bb9021d5fd76a4c56d9d4cd16bd1bba86881979749d28",
            64,
          ),
        ]),
      );
      expect(await ask(0x0c, generator, scalar(2n))).to.equal(twice);
      expect(await ask(0x0c, generator, scalar(2n), twice, scalar(ORDER - 1n))).to.equal(infinity);
      expect(await ask(0x0c, generator, scalar(ORDER))).to.equal(infinity);
      expect(await ask(0x0c, infinity, scalar(7n), generator, scalar(2n))).to.equal(twice);
    });

    it("check every point of a multiplication, even where its multiple would be at infinity", async () => {
      const order3 = concat([field(0n), field(2n)]);
      expect(await ask(0x0c, order3, scalar(3n))).to.equal(undefined);
      expect(await ask(0x0c, generator, scalar(2n), order3, scalar(0n))).to.equal(undefined);
      expect(await ask(0x0c, concat([field(0n), field(1n)]), scalar(1n))).to.equal(undefined);
      expect(await ask(0x0c, concat([field(PRIME), field(2n)]), scalar(1n))).to.equal(undefined);
      expect(await ask(0x0c)).to.equal(undefined);
      expect(await ask(0x0c, generator)).to.equal(undefined);
    });

    it("pair", async () => {
      const [base, opposite] = [g2(G2.Point.BASE), g2(G2.Point.BASE.negate())];
      expect(await ask(0x0f, generator, base, generator, opposite)).to.equal(scalar(1n));
      expect(await ask(0x0f, generator, base, generator, base)).to.equal(scalar(0n));
      expect(await ask(0x0f, generator, base, concat([field(0n), field(2n)]), base)).to.equal(undefined);
    });

    it("map to G2 and add there", async () => {
      const mapped = await ask(0x11, field(5n), field(7n));
      const point = G2.mapToCurve([5n, 7n]) as unknown as G2Point;
      expect(mapped).to.equal(g2(point));
      expect(await ask(0x0d, mapped ?? "0x", mapped ?? "0x")).to.equal(g2(point.double()));
      expect(await ask(0x11, field(PRIME), field(7n))).to.equal(undefined);
    });
  });
});
