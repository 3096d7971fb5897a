import { concat, getCreateAddress, toBeHex, type Addressable } from "ethers";
import { KEY_KINDS } from "../../src/index.js";

type Chain = { setCode: (address: string, code: string) => Promise<void> };

/**
 * Puts a page of keys for every kind and for ever where the directory would create it, without registrations: what they cost is not what
 * tests of batches are about. The id of a row is page · 256 + its place.
 */
export async function writeKeyPage(
  { setCode }: Chain,
  directory: Addressable,
  { page, rows }: { page: number; rows: readonly { key: Uint8Array; account: string }[] },
): Promise<void> {
  const words = rows.map(({ key, account }) =>
    concat([key, account, toBeHex(KEY_KINDS.all, 1), toBeHex(2n ** 32n - 1n, 4)]),
  );
  const target = getCreateAddress({ from: await directory.getAddress(), nonce: page + 1 });
  await setCode(target, concat(["0x00", ...words]));
}
