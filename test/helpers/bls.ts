import { bls12_381 } from "@noble/curves/bls12-381.js";
import { toBytes } from "../../src/codec/bytes.js";
import { loadNativeBls, secretFrom, type Bls } from "../../src/index.js";

/** The native library, without which tests of many signatures take minutes. */
export async function nativeBls(): Promise<Bls> {
  const bls = await loadNativeBls();
  if (bls === undefined) throw new Error("@chainsafe/blst does not load here");
  return bls;
}

/** A secret of its own for each index. */
export function secretOf(index: number): Uint8Array {
  return secretFrom(toBytes(`0x${index.toString(16).padStart(64, "0")}`));
}

/** A signature's bytes of a point on the curve of G2 outside its subgroup: the first x that has one. */
export function outsideSubgroup(): Uint8Array {
  const { Fp2 } = bls12_381.fields;
  const x = Fp2.fromBigTuple([2n, 0n]);
  const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), Fp2.fromBigTuple([4n, 4n])));
  if (bls12_381.G2.Point.fromAffine({ x, y }).isTorsionFree()) throw new Error("The point is in the subgroup");
  return toBytes(`0x${[x.c0, x.c1, y.c0, y.c1].map((value) => value.toString(16).padStart(96, "0")).join("")}`);
}
