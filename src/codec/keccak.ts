import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { createKeccak } from "hash-wasm";

/**
 * The tree and the transaction of a batch of 1,000 operations are some 250 blocks of keccak, each of which takes a sixth of
 * the time in WebAssembly. It is undefined where a page's policy forbids WebAssembly.
 */
const compiled = await createKeccak(256).catch(() => undefined);

/** keccak256 of the parts, one after the other. */
export function keccak256(...parts: readonly Uint8Array[]): Uint8Array {
  if (compiled === undefined) return keccak_256(concatBytes(...parts));
  compiled.init();
  for (const part of parts) compiled.update(part);
  return compiled.digest("binary");
}
