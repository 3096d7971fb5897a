import { getAddress, type JsonRpcProvider } from "ethers";
import { bookId } from "../../../src/index.js";
import { ADAPTIVE_CURVE, NO_INTEREST } from "../../../src/lending-market.js";
import { AmmLens__factory } from "../../../typechain-types/factories/periphery/AmmLens__factory.js";
import { IAmmCore__factory } from "../../../typechain-types/factories/interfaces/IAmmCore__factory.js";
import { ILendingCore__factory } from "../../../typechain-types/factories/interfaces/ILendingCore__factory.js";
import { IStakingCore__factory } from "../../../typechain-types/factories/interfaces/IStakingCore__factory.js";
import { RelayerError } from "./error.js";

/** What a section's operations meet: a pool at its price (asset 1 per asset 0 · 1e36), a lending market, or a stake pool. */
export type Book =
  { protocol: "amm"; price: bigint } | { protocol: "lending"; hasRateModel: boolean } | { protocol: "staking" };

/** Names a book within its protocol. */
export type BookName = { protocol: string; key: string; asset0: bigint; asset1: bigint };

/** Addresses of what sections can be built of. */
export type BookOptions = { ammLens?: string | undefined; lending?: string | undefined; staking?: string | undefined };

export type Books = {
  /** Addresses of the protocols whose sections can be built. */
  protocols: readonly string[];
  /** Undefined when there is no such book, or the protocol is none of those. Rejects when the node cannot be asked. */
  bookOf: (name: BookName) => Promise<Book | undefined>;
};

type PoolTerms = { fee: bigint; alpha: bigint; beta: bigint; flags: bigint };

/** Reads the books of protocols that work on `ledger`. Throws `NO_SETTLEMENT` when an address is not that of one. */
export async function openBooks(
  provider: JsonRpcProvider,
  ledger: string,
  { ammLens, lending, staking }: BookOptions,
): Promise<Books> {
  const lens = ammLens === undefined ? undefined : AmmLens__factory.connect(getAddress(ammLens), provider);
  const markets = lending === undefined ? undefined : ILendingCore__factory.connect(getAddress(lending), provider);
  const stakes = staking === undefined ? undefined : IStakingCore__factory.connect(getAddress(staking), provider);
  const named = [
    ["lens of the AMM", ammLens, lens],
    ["lending", lending, markets],
    ["staking", staking, stakes],
  ] as const;
  for (const [what, at, contract] of named) {
    const own = await contract?.LEDGER().catch(() => undefined);
    if (contract !== undefined && own !== ledger) {
      throw new RelayerError("NO_SETTLEMENT", `There is no ${what} of the settlement's ledger at ${at ?? ""}.`);
    }
  }
  const amm = await lens?.AMM();

  async function readPoolTerms(core: string, id: string): Promise<PoolTerms | undefined> {
    const contract = IAmmCore__factory.connect(core, provider);
    const [log] = await contract.queryFilter(contract.filters.PoolCreated(id), 0);
    if (log === undefined) return undefined;
    const { fee, alpha, beta, flags } = log.args;
    return { fee, alpha, beta, flags };
  }

  /** By protocol, in lower case. What never changes of a book is read once. */
  const readers = new Map<string, (name: BookName, id: string) => Promise<Book | undefined>>();
  if (lens !== undefined && amm !== undefined) {
    const termsOf = once((id) => readPoolTerms(amm, id));
    readers.set(amm.toLowerCase(), async ({ asset0, asset1 }, id) => {
      const terms = await termsOf(id);
      if (terms === undefined) return undefined;
      const { exists, price } = await lens.poolOf({ asset0, asset1, ...terms });
      return exists && price !== 0n ? { protocol: "amm", price } : undefined;
    });
  }
  if (lending !== undefined && markets !== undefined) {
    const marketOf = once(async (id): Promise<Book | undefined> => {
      const { loanAsset, irm } = await markets.paramsOf(id);
      if (loanAsset === 0n) return undefined;
      return { protocol: "lending", hasRateModel: irm !== NO_INTEREST && irm !== ADAPTIVE_CURVE };
    });
    readers.set(lending.toLowerCase(), (_name, id) => marketOf(id));
  }
  if (staking !== undefined && stakes !== undefined) {
    const stakePoolOf = once(async (id): Promise<Book | undefined> => {
      const { stakeAsset } = await stakes.termsOf(id);
      return stakeAsset === 0n ? undefined : { protocol: "staking" };
    });
    readers.set(staking.toLowerCase(), (_name, id) => stakePoolOf(id));
  }
  return {
    protocols: [...readers.keys()].map(getAddress),
    bookOf: async (name) => readers.get(name.protocol.toLowerCase())?.(name, bookId(name)),
  };
}

/** Asks until there is an answer, and then no more. */
function once<T>(ask: (id: string) => Promise<T | undefined>): (id: string) => Promise<T | undefined> {
  const known = new Map<string, T>();
  return async (id) => {
    const found = known.get(id) ?? (await ask(id));
    if (found !== undefined) known.set(id, found);
    return found;
  };
}
