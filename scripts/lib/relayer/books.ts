import { getAddress, ZeroAddress, type JsonRpcProvider } from "ethers";
import { bookId, hasNotice, hasRules } from "../../../src/assets.js";
import { OPENERS, type Reader } from "./book-readers.js";
import { RelayerError } from "./error.js";

/**
 * What a section's operations meet: a pool at its price (asset 1 per asset 0 · 1e36), a lending market, a stake pool, an underwriting pool,
 * a risk's cover, an offering, the income of a regulated asset, or its units, which are transferred.
 */
export type Book =
  | { protocol: "amm"; price: bigint }
  | { protocol: "lending"; hasRateModel: boolean }
  | { protocol: "staking" | "underwriting" | "cover" | "income" | "units" }
  | { protocol: "offering"; hasAllowList: boolean; hasEscrow: boolean };

/** Names a book within its protocol; that of transfers is the zero address. */
export type BookName = { protocol: string; key: string; asset0: bigint; asset1: bigint };

/** Addresses of what sections can be built of, by their names in `LakhAddresses`. */
export type BookOptions = {
  ammLens?: string | undefined;
  lending?: string | undefined;
  staking?: string | undefined;
  underwritingPool?: string | undefined;
  coverDesk?: string | undefined;
  rwa?: string | undefined;
  rwaOffering?: string | undefined;
};

const NAMES = Object.keys(OPENERS) as (keyof BookOptions)[];

export type Books = {
  /** Addresses of the protocols whose sections can be built. */
  protocols: readonly string[];
  /** Undefined when there is no such book, or the protocol is none of those. Rejects when the node cannot be asked. */
  bookOf: (name: BookName) => Promise<Book | undefined>;
};

/** Those options alone. */
export function bookOptions(options: BookOptions): BookOptions {
  return Object.fromEntries(NAMES.map((name) => [name, options[name]]));
}

/** Whether an operation moves an asset that no issuer is asked about, which needs no book. */
export function isPlainTransfer({ protocol, asset0 }: { protocol: string; asset0: bigint | string }): boolean {
  const asset = BigInt(asset0);
  return protocol === ZeroAddress && !hasRules(asset) && !hasNotice(asset);
}

/** Reads the books of protocols that work on `ledger`. Throws `NO_SETTLEMENT` when an address is not that of one. */
export async function openBooks(provider: JsonRpcProvider, ledger: string, options: BookOptions): Promise<Books> {
  /** By protocol, in lower case. */
  const readers = new Map<string, Reader>();
  for (const name of NAMES) {
    const at = options[name];
    if (at === undefined) continue;
    const opened = OPENERS[name](getAddress(at), provider);
    const own = await opened.ledger().catch(() => undefined);
    if (own !== ledger) {
      throw new RelayerError("NO_SETTLEMENT", `There is no ${opened.what} of the settlement's ledger at ${at}.`);
    }
    for (const [protocol, reader] of await opened.readers()) readers.set(protocol.toLowerCase(), reader);
  }
  return {
    protocols: [...readers.keys()].filter((protocol) => protocol !== ZeroAddress).map(getAddress),
    bookOf: async (name) => readers.get(name.protocol.toLowerCase())?.(bookId(name), name),
  };
}
