import {
  assetId,
  decodeFloat,
  encodeFloat,
  PRICE_SCALE,
  swapExactIn,
  transfer,
  worstSwapOut,
  type AmmModel,
  type Band,
  type OrderOperation,
  type PoolKey,
} from "../../../src/index.js";
import type { Cosigner } from "./cosigners.js";

/** How somebody answers when he is asked for his signature. */
export type Manner = "signs" | "is absent" | "forges" | "signs the order";

/** What somebody wants of the next batch. */
export type Intent = { cosigner: Cosigner; operations: OrderOperation[]; manner: Manner };

/** Something that a batch can do for an account; amounts in smallest units. */
export type Wish =
  | { kind: "transfer"; asset: bigint; amount: bigint; to: number }
  /** For at least (1 − `slack`/10,000) of what the worst price of the band pays. */
  | { kind: "swap"; pool: PoolKey; assetIn: bigint; amountIn: bigint; slack: bigint };

/** How far the price of a batch may be from the pool's, as a fraction (WAD): the relayer proposes it. */
const TOLERANCE = 10n ** 16n;
const BPS = 10_000n;
const SEQUENCES = 1 << 16;
/** Two cents or so of either asset, in smallest units. */
const FEE_USD = 20_000n;
const FEE_INDEX = 10n ** 13n;

/** Turns wishes into operations on the terms of one batch: the relayer's fees, and bands around the prices that it finds. */
export class Terms {
  readonly #bands = new Map<PoolKey, Band>();
  readonly #model: AmmModel;
  readonly #usd: bigint;
  readonly #index: bigint;

  constructor({ model, index, usd }: { model: AmmModel; index: string; usd: string }) {
    this.#model = model;
    this.#index = assetId(index);
    this.#usd = assetId(usd);
  }

  /** What the relayer takes for an operation that puts in `asset`, in smallest units. */
  feeOf(asset: bigint): bigint {
    return asset === this.#usd ? FEE_USD : asset === this.#index ? FEE_INDEX : 0n;
  }

  /** Operations on one word, each with the next sequence; those of one section stand together. */
  operationsOf({ address }: Cosigner, wishes: readonly Wish[]): OrderOperation[] {
    const first = this.#model.ledger.sequenceOf({ account: address, id: this.#usd });
    return wishes
      .toSorted((a, b) => this.#rankOf(a) - this.#rankOf(b))
      .map((wish, index) => this.#operationOf(wish, (first + index) % SEQUENCES));
  }

  #operationOf(wish: Wish, sequence: number): OrderOperation {
    const operation = wish.kind === "transfer" ? transfer({ ...wish, sequence }) : this.#swap(wish, sequence);
    const { section } = operation;
    return {
      ...operation,
      section: { ...section, fee0: this.feeOf(section.asset0), fee1: this.feeOf(section.asset1) },
    };
  }

  #swap({ pool, assetIn, amountIn, slack }: Extract<Wish, { kind: "swap" }>, sequence: number): OrderOperation {
    const band = this.#bandOf(pool);
    const side = { amount: amountIn, kind: assetIn === pool.asset0 ? 0 : 1, poolFee: pool.fee, band };
    const minAmountOut = (worstSwapOut(side) * (BPS - slack)) / BPS;
    return swapExactIn({ amm: this.#model.address, pool, assetIn, amountIn, minAmountOut, band, sequence });
  }

  #bandOf(pool: PoolKey): Band {
    const known = this.#bands.get(pool);
    if (known !== undefined) return known;
    const { reserve0, reserve1, offset0, offset1 } = this.#model.poolOf(pool);
    const band = { price: ((reserve1 + offset1) * PRICE_SCALE) / (reserve0 + offset0), tolerance: TOLERANCE };
    this.#bands.set(pool, band);
    return band;
  }

  /** Transfers of dollars, of the index, then one pool after the other. */
  #rankOf(wish: Wish): number {
    if (wish.kind === "transfer") return wish.asset === this.#usd ? 0 : 1;
    return 2 + Number(wish.pool.fee);
  }
}

/** An amount that a batch writes in three bytes. */
export function shortened(amount: bigint): bigint {
  return decodeFloat(encodeFloat(amount, "down"));
}
