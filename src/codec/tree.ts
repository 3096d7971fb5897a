import { equalBytes, writeUint } from "./bytes.js";
import { keccak256 } from "./keccak.js";

const ZERO = new Uint8Array(32);
const NODE = Uint8Array.of(1);

/** The hash of leaf `index`: 0 is the leaf of tables, i the i-th chunk. */
export function leafHash(index: number, bytes: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(5);
  writeUint(prefix, 1, 4, index);
  return keccak256(prefix, bytes);
}

/** The hash of a node; a missing right child is 32 zero bytes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return keccak256(NODE, left, right);
}

/** A batch's tree: level 0 are the leaves' hashes, the last level is the root alone. Costs one keccak for each node. */
export function treeOf(leaves: readonly Uint8Array[]): Uint8Array[][] {
  const levels = [leaves.map((bytes, index) => leafHash(index, bytes))];
  for (let level = levels[0] ?? []; level.length > 1; levels.push(level)) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) next.push(nodeHash(level[i] ?? ZERO, level[i + 1] ?? ZERO));
    level = next;
  }
  return levels;
}

/** The root of at least one leaf. */
export function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  return rootOfTree(treeOf(leaves));
}

/** The root of what `treeOf` answers. */
export function rootOfTree(tree: readonly Uint8Array[][]): Uint8Array {
  return tree.at(-1)?.[0] ?? ZERO;
}

/** The siblings of a leaf from the bottom up, with 32 zero bytes for a missing one. */
export function proofOf(tree: readonly Uint8Array[][], index: number): Uint8Array[] {
  return tree.slice(0, -1).map((level, height) => level[(index >> height) ^ 1] ?? ZERO);
}

/** Whether `bytes` are leaf `index` of the tree of `count` leaves under `root`. Costs one keccak for each level. */
export function verifyProof({
  bytes,
  index,
  count,
  proof,
  root,
}: {
  bytes: Uint8Array;
  index: number;
  count: number;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}): boolean {
  if (!Number.isInteger(index) || index < 0 || index >= count || proof.length !== heightOf(count)) return false;
  let hash = leafHash(index, bytes);
  let [at, width] = [index, count];
  for (const sibling of proof) {
    if (sibling.length !== 32) return false;
    const isMissing = (at ^ 1) >= width;
    if (isMissing && !equalBytes(sibling, ZERO)) return false;
    hash = at % 2 === 0 ? nodeHash(hash, sibling) : nodeHash(sibling, hash);
    [at, width] = [at >> 1, Math.ceil(width / 2)];
  }
  return equalBytes(hash, root);
}

/** Levels above the leaves. */
function heightOf(count: number): number {
  return Math.ceil(Math.log2(count));
}
