import { MockERC20__factory } from "../../typechain-types/index.js";
import type { Cohort } from "./cohort.js";
import type { Lane } from "./lane.js";
import { vaultKey } from "./load.js";
import type { LaneModel, Words } from "./model.js";

const WORDS_PER_READ = 2_000;
const READS_AT_ONCE = 10;
const AMOUNTS = (1n << 224n) - 1n;

export type Comparison = { compared: number; differing: number };

/** Compares every account's words, every book, and the plain token's balances with the model. */
export async function compareLane(lane: Lane, cohort: Cohort, model: LaneModel, relayer: string): Promise<Comparison> {
  const result: Comparison = { compared: 0, differing: 0 };
  const count = (isEqual: boolean): void => {
    result.compared++;
    if (!isEqual) result.differing++;
  };
  const { places, ledger } = lane;
  const everyone = Buffer.concat([cohort.addresses, Buffer.from(relayer.slice(2), "hex")]);
  const compare = async (id: bigint, accounts: Buffer, words: Words, isStraight: boolean): Promise<void> => {
    await readWords(lane, id, accounts, (index, word) => {
      const expected = words.encode(index);
      count(word === (isStraight ? expected : swapHalves(expected)));
    });
  };
  await compare(places.asset0, everyone, model.home, lane.isStraight);
  await compare(places.rulesAsset, cohort.addresses, model.rules, true);
  for (const [vault, { shares, held }] of model.vaults.entries()) {
    const id = places.vaultShares[vault] ?? 0n;
    await compare(id, cohort.addresses, shares, true);
    const bookWord = await ledger.bookOf(places.vault, vaultKey(vault), places.asset0, 0n);
    count(bookWord === (held[0] ?? 0n));
  }
  const pool = await ledger.bookOf(places.amm, places.poolBookKey, places.asset0, places.asset1);
  const amounts = model.pool.reserve0 | (model.pool.reserve1 << 112n);
  count((pool & AMOUNTS) === amounts);
  const codec = MockERC20__factory.createInterface();
  for (let from = 0; from < cohort.wallets; from += WORDS_PER_READ) {
    const some = Array.from({ length: Math.min(WORDS_PER_READ, cohort.wallets - from) }, (_, offset) => from + offset);
    const answers = await lane.chain.requestAll(
      some.map((index) => ({
        method: "eth_call",
        params: [
          { to: lane.token, data: codec.encodeFunctionData("balanceOf", [cohort.hexAddressOf(index)]) },
          "latest",
        ],
      })),
    );
    answers.forEach((answer, offset) => count(BigInt(answer as string) === BigInt(model.tokens[from + offset] ?? 0)));
  }
  return result;
}

async function readWords(
  { chain, lens, ledger }: Lane,
  id: bigint,
  accounts: Buffer,
  visit: (index: number, word: bigint) => void,
): Promise<void> {
  const [to, target] = await Promise.all([lens.getAddress(), ledger.getAddress()]);
  const step = 20 * WORDS_PER_READ;
  const starts = Array.from({ length: Math.ceil(accounts.length / step) }, (_, chunk) => chunk * step);
  for (let from = 0; from < starts.length; from += READS_AT_ONCE) {
    const some = starts.slice(from, from + READS_AT_ONCE);
    const answers = await chain.requestAll(
      some.map((at) => ({
        method: "eth_call",
        params: [
          { to, data: lens.interface.encodeFunctionData("wordsOf", [target, id, accounts.subarray(at, at + step)]) },
          "latest",
        ],
      })),
    );
    answers.forEach((answer, offset) => {
      const hex = (answer as string).slice(2 + 128); // offset and length of the array
      const first = (some[offset] ?? 0) / 20;
      for (let i = 0; i * 64 < hex.length; i++) visit(first + i, BigInt(`0x${hex.slice(i * 64, i * 64 + 64)}`));
    });
  }
}

function swapHalves(word: bigint): bigint {
  const half = (1n << 112n) - 1n;
  return ((word >> 224n) << 224n) | ((word & half) << 112n) | ((word >> 112n) & half);
}
