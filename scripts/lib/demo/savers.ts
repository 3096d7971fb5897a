import { HDNodeWallet, Mnemonic } from "ethers";
import { assetId, type AmmModel, type PoolKey } from "../../../src/index.js";
import { DEVNET_MNEMONIC } from "../devnet.js";
import type { Cosigner } from "./cosigners.js";
import { shortened, type Manner, type Terms, type Wish } from "./intents.js";
import { DOLLAR, INDEX_UNIT } from "./market.js";
import type { Random } from "./random.js";

/** How many there are. */
export const SAVERS = 100;
const SMALLEST = DOLLAR;
const LARGEST = 100n * DOLLAR;
/** So many in a hundred want something on a settlement day. */
const ACTIVE = 65;
/** One in so many answers in each of the ways that are not the usual one. */
const RARELY = 300;

/** Wallets that hold no ether and send no transaction. */
export function openSavers(): HDNodeWallet[] {
  const root = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVNET_MNEMONIC), "m/44'/60'/1'/0");
  return Array.from({ length: SAVERS }, (_, index) => root.deriveChild(index));
}

export type SaverMarket = { model: AmmModel; terms: Terms; index: string; usd: string; pools: readonly PoolKey[] };

/**
 * What a saver wants to do with a few dollars at the day's close (micro-dollars for one unit): a swap in one of the pools
 * or a transfer to another saver. Undefined when he wants nothing, or has next to nothing of what he picked.
 */
export function wishOf(
  { model, terms, index, usd, pools }: SaverMarket,
  { random, saver, others, close }: { random: Random; saver: Cosigner; others: readonly Cosigner[]; close: bigint },
): Wish | undefined {
  if (random.below(100) >= ACTIVE) return undefined;
  const token = random.pick([index, usd]);
  const asset = assetId(token);
  const value = random.between(SMALLEST, LARGEST);
  const isSwap = random.below(100) < 70;
  const pool = random.pick(pools);
  const slack = random.between(0n, 50n);
  const to = random.pick(others).id;
  const units = (micro: bigint): bigint => (token === usd ? micro : (micro * INDEX_UNIT) / close);
  const held = model.ledger.balanceOf({ account: saver.address, id: asset });
  const wanted = units(value);
  const amount = wanted + terms.feeOf(asset) <= held ? wanted : held / 2n;
  if (amount < units(SMALLEST) / 2n) return undefined;
  if (isSwap) return { kind: "swap", pool, assetIn: asset, amountIn: shortened(amount), slack };
  return { kind: "transfer", asset, amount: shortened(amount), to };
}

/** Almost everybody signs; now and then one is away, signs something else, or signs the order with his wallet. */
export function mannerOf(random: Random): Manner {
  const rare: readonly Manner[] = ["is absent", "forges", "signs the order"];
  return rare[random.below(RARELY)] ?? "signs";
}
