import { assetId, bookKey, lpShareId, poolId, type AmmModel, type Lakh, type PoolKey } from "../../../src/index.js";
import { MockERC20__factory } from "../../../typechain-types/index.js";

export type CompareOptions = {
  lakh: Lakh;
  model: AmmModel;
  accounts: readonly string[];
  tokens: readonly string[];
  pools: readonly PoolKey[];
};

export type Comparison = {
  compared: number;
  /** What differs, in words. */
  differences: string[];
  /** What accounts and books hold on chain, by token. */
  held: Map<string, bigint>;
};

const MAX_AMOUNT = (1n << 112n) - 1n;

/** Reads every word of every account and book, every wallet and every supply from the chain, beside the model. */
export async function compareWithModel({ lakh, model, accounts, tokens, pools }: CompareOptions): Promise<Comparison> {
  const differences: string[] = [];
  const held = new Map<string, bigint>();
  let compared = 0;
  const check = (what: string, chain: bigint, expected: bigint): void => {
    compared += 1;
    if (chain !== expected) differences.push(`${what} is ${chain} on chain and ${expected} in the model`);
  };
  const hold = (id: bigint, amount: bigint): void => {
    const token = tokens.find((each) => assetId(each) === id);
    if (token !== undefined) held.set(token, (held.get(token) ?? 0n) + amount);
  };
  const { ledger } = lakh;
  for (const token of tokens) {
    const contract = MockERC20__factory.connect(token, ledger.contract.runner);
    const holders = [...accounts, ledger.address];
    const balances = await Promise.all(holders.map((account) => contract.balanceOf(account)));
    for (const [index, account] of holders.entries()) {
      const expected = model.ledger.tokenBalanceOf({ token, account });
      check(`the wallet of ${account} in ${token}`, balances[index] ?? 0n, expected);
    }
  }
  const ids = [...tokens.map(assetId), ...pools.map((pool) => lpShareId({ amm: model.address, pool }))];
  for (const id of ids) {
    const words = await Promise.all(accounts.map((account) => ledger.contract.wordOf(account, id)));
    const { side } = model.ledger.homeOf(id);
    for (const [index, account] of accounts.entries()) {
      const word = words[index] ?? 0n;
      check(`the word of ${account} for ${id}`, word, model.ledger.wordOf({ account, id }));
      hold(id, (word >> (112n * side)) & MAX_AMOUNT);
    }
  }
  for (const pool of pools) {
    const id = poolId({ amm: model.address, pool });
    const key = bookKey(pool);
    const { asset0, asset1 } = pool;
    const book = await ledger.contract.bookOf(model.address, key, asset0, asset1);
    check(`the book of ${id}`, book, model.ledger.bookOf({ protocol: model.address, key, asset0, asset1 }));
    hold(asset0, book & MAX_AMOUNT);
    hold(asset1, (book >> 112n) & MAX_AMOUNT);
    const stored = model.storedOf(id);
    const { totalShares, virtualShares, offset0, offset1 } = await lakh.amm.contract.poolOf(id);
    check(`the supply of ${id}`, totalShares, stored.totalShares);
    check(`the virtual shares of ${id}`, virtualShares, stored.virtualShares);
    check(`offset 0 of ${id}`, offset0, stored.offset0);
    check(`offset 1 of ${id}`, offset1, stored.offset1);
  }
  return { compared, differences, held };
}
