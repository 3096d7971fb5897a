import { expect } from "chai";
import { concat, keccak256 as reference, toBeHex } from "ethers";
import { toHex } from "../../../src/codec/bytes.js";
import { keccak256 } from "../../../src/codec/keccak.js";

const BLOCK = 136;

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index * 7 + length);
}

describe("codec/keccak", () => {
  it("is keccak256 at every length around the blocks, of memory at any offset", () => {
    for (const length of [0, 1, 31, 32, 64, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK - 1, 40_000]) {
      const memory = bytesOf(length + 3);
      expect(toHex(keccak256(memory.subarray(3))), `${length}`).to.equal(reference(memory.subarray(3)));
    }
  });

  it("hashes parts one after the other, and nothing of what it hashed before", () => {
    for (const lengths of [[], [0, 0], [1, 32, 32], [5, BLOCK], [BLOCK, 0, 7], [BLOCK - 1, 2, 20_000]]) {
      const parts = lengths.map(bytesOf);
      expect(toHex(keccak256(...parts)), lengths.join()).to.equal(reference(concat(parts)));
    }
  });

  it("answers memory of its own", () => {
    const first = keccak256(bytesOf(5));
    const before = toHex(first);
    keccak256(bytesOf(6));
    expect(toHex(first))
      .to.equal(before)
      .and.equal(reference(bytesOf(5)));
    expect([first.byteOffset, first.buffer.byteLength]).to.deep.equal([0, 32]);
    expect(toBeHex(new DataView(first.buffer).getUint32(0), 4)).to.equal(before.slice(0, 10));
  });
});
