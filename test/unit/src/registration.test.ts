import { PublicKey } from "@chainsafe/blst";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { expect } from "chai";
import { concat, getBytes, hexlify, toBeHex } from "ethers";
import { keyProofChallenge, keyWords, proveKnowledge, publicKeyOf, type KeyWords } from "../../../src/index.js";
import { ORDER, secretOf } from "../../helpers/directory-fixture.js";
import { expectCode } from "../../helpers/expect-code.js";

const ACCOUNT = "0x1111111111111111111111111111111111111111";
const DIRECTORY = "0x2222222222222222222222222222222222222222";
const binding = { account: ACCOUNT, directory: DIRECTORY, chainId: 1n };

const { G1 } = bls12_381;
const pointOf = (words: KeyWords) => {
  const bytes = getBytes(concat(words));
  const [x, y] = [bytes.slice(0, 48), bytes.slice(48)].map((part) => BigInt(hexlify(part)));
  return G1.Point.fromAffine({ x: x ?? 0n, y: y ?? 0n });
};

describe("src/registration", () => {
  it("derives the public key that @noble/curves derives", () => {
    for (let index = 0; index < 4; ++index) {
      const scalar = BigInt(hexlify(secretOf(index)));
      expect(publicKeyOf(secretOf(index))).to.deep.equal(G1.Point.BASE.multiply(scalar).toBytes(false));
    }
  });

  it("cuts a key into three words", () => {
    const key = publicKeyOf(secretOf(0));
    expect(concat(keyWords(key))).to.equal(hexlify(key));
    expect(PublicKey.fromBytes(getBytes(concat(keyWords(key))), true).toBytes(false)).to.deep.equal(Buffer.from(key));
  });

  it("refuses what is no secret key", () => {
    const bad = [new Uint8Array(32), getBytes(toBeHex(ORDER, 32)), new Uint8Array(32).fill(255)];
    for (const secretKey of [...bad, new Uint8Array(0), new Uint8Array(31).fill(1), new Uint8Array(33).fill(1)]) {
      expectCode(() => publicKeyOf(secretKey), "InvalidSecretKey");
      expectCode(() => proveKnowledge({ secretKey, ...binding }), "InvalidSecretKey");
    }
    const secretKey = secretOf(0);
    expectCode(() => proveKnowledge({ secretKey, ...binding, account: "0x" }), "InvalidAddress");
    expectCode(() => proveKnowledge({ secretKey, ...binding, directory: "0x" }), "InvalidAddress");
  });

  it("makes proofs whose equation holds", () => {
    const proof = proveKnowledge({ secretKey: secretOf(0), ...binding });
    const challenge = keyProofChallenge({ ...proof, ...binding }) % ORDER;
    const right = pointOf(proof.commitment).add(pointOf(proof.key).multiply(challenge));
    expect(G1.Point.BASE.multiply(proof.response).equals(right)).to.equal(true);
  });

  it("makes the same proof again, and uses no nonce for two", () => {
    const secretKey = secretOf(0);
    const proof = proveKnowledge({ secretKey, ...binding });
    expect(proveKnowledge({ secretKey, ...binding })).to.deep.equal(proof);
    const others = [
      proveKnowledge({ secretKey, ...binding, account: DIRECTORY }),
      proveKnowledge({ secretKey, ...binding, directory: ACCOUNT }),
      proveKnowledge({ secretKey, ...binding, chainId: 2n }),
      proveKnowledge({ secretKey: secretOf(1), ...binding }),
    ];
    const commitments = [proof, ...others].map(({ commitment }) => concat(commitment));
    expect(new Set(commitments).size).to.equal(commitments.length);
  });
});
