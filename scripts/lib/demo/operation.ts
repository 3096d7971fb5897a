import {
  assetId,
  isZeroForOne,
  lpShareId,
  bookKey,
  type AmmAction,
  type AmmModel,
  type Destination,
  type Lakh,
  type LakhRequest,
  type ModelCall,
  type PoolKey,
} from "../../../src/index.js";

import { followFarm, isFarmOperation, toFarmRequest, type FarmOperation } from "./farm-operation.js";

/** Where an operation takes from or pays to. */
export type Side = Extract<Destination, "ledger" | "wallet">;

type SwapParties = { pool: PoolKey; assetIn: bigint; source: Side; destination: Side };
type Liquidity = { pool: PoolKey; amount0: bigint; amount1: bigint; minShares: bigint; source: Side };

/** One thing that one account asks for; what the client encodes and the model follows. Amounts in smallest units. */
export type Operation =
  | { kind: "deposit"; token: string; amount: bigint }
  | { kind: "withdraw"; token: string; amount: bigint }
  | { kind: "transfer"; asset: bigint; amount: bigint; to: string }
  | ({ kind: "createPool" } & Liquidity)
  | ({ kind: "addLiquidity" } & Liquidity)
  | {
      kind: "removeLiquidity";
      pool: PoolKey;
      shares: bigint;
      minAmount0: bigint;
      minAmount1: bigint;
      destination: Side;
    }
  | ({ kind: "swapExactIn"; amountIn: bigint; minAmountOut: bigint } & SwapParties)
  | ({ kind: "swapExactOut"; amountOut: bigint; maxAmountIn: bigint } & SwapParties)
  | FarmOperation;

export type OperationKind = Operation["kind"];

/** Who asks, and until when (Unix seconds, inclusive). */
export type Order = { account: string; operation: Operation; deadline: bigint };

/** The client's transaction for an order. */
export function toRequest(lakh: Lakh, { account, operation, deadline }: Order): LakhRequest {
  const common = { to: account, deadline };
  if (isFarmOperation(operation)) return toFarmRequest(lakh, account, operation);
  switch (operation.kind) {
    case "deposit":
      return lakh.ledger.deposit({ ...operation, to: account });
    case "withdraw":
      return lakh.ledger.withdraw({ ...operation, to: account });
    case "transfer":
      return lakh.ledger.transfer(operation);
    case "createPool":
      return lakh.amm.createPool({ ...operation, ...common });
    case "addLiquidity":
      return lakh.amm.addLiquidity({ ...operation, ...common });
    case "removeLiquidity":
      return lakh.amm.removeLiquidity({ ...operation, ...common });
    case "swapExactIn":
      return lakh.amm.swapExactIn({ ...operation, ...common });
    case "swapExactOut":
      return lakh.amm.swapExactOut({ ...operation, ...common });
  }
}

/** Runs an order on the model; throws the `ModelError` of what the contracts would refuse. */
export function follow(model: AmmModel, order: Order): void {
  const { account, operation } = order;
  if (isFarmOperation(operation)) {
    followFarm(model, account, operation);
    return;
  }
  switch (operation.kind) {
    case "deposit":
      model.ledger.deposit({ ...operation, caller: account, minimum: operation.amount, to: account });
      return;
    case "withdraw":
      model.ledger.withdraw({ ...operation, caller: account, to: account });
      return;
    case "transfer":
      model.ledger.transfer({ ...operation, id: operation.asset, caller: account });
      return;
    case "createPool":
    case "addLiquidity":
    case "removeLiquidity":
    case "swapExactIn":
    case "swapExactOut":
      model.ledger.call(account, toModelCall(model, order, operation));
  }
}

type PoolOperation = Exclude<Extract<Operation, { pool: unknown }>, FarmOperation>;

function toModelCall(model: AmmModel, { account, deadline }: Order, operation: PoolOperation): ModelCall<AmmAction> {
  const { pool } = operation;
  const common = { protocol: model.address, key: bookKey(pool), asset0: pool.asset0, asset1: pool.asset1, to: account };
  const nothing = { amount0: 0n, amount1: 0n, source: "ledger", destination: "ledger" } as const;
  switch (operation.kind) {
    case "createPool":
    case "addLiquidity": {
      const { amount0, amount1, source, minShares } = operation;
      const data: AmmAction =
        operation.kind === "createPool"
          ? { name: "createPool", pool, minShares, deadline }
          : { name: "addLiquidity", minShares, deadline };
      return { ...common, ...nothing, amount0, amount1, source, data };
    }
    case "removeLiquidity": {
      const { shares, destination, minAmount0, minAmount1 } = operation;
      return {
        ...{ ...common, ...nothing, destination },
        data: { name: "removeLiquidity", shares, minAmount0, minAmount1, deadline },
      };
    }
    case "swapExactIn": {
      const { source, destination, amountIn, minAmountOut } = operation;
      const data: AmmAction = { name: "swapExactIn", minAmountOut, deadline };
      return { ...common, ...nothing, ...inputOf(operation, amountIn), source, destination, data };
    }
    case "swapExactOut": {
      const { source, destination, amountOut, maxAmountIn } = operation;
      const data: AmmAction = { name: "swapExactOut", amountOut, deadline };
      return { ...common, ...nothing, ...inputOf(operation, maxAmountIn), source, destination, data };
    }
  }
}

function inputOf({ pool, assetIn }: SwapParties, amount: bigint): { amount0: bigint; amount1: bigint } {
  return isZeroForOne(pool, assetIn) ? { amount0: amount, amount1: 0n } : { amount0: 0n, amount1: amount };
}

/** What an account can spend of a token, in its wallet or in the ledger, by the model. */
export function available(model: AmmModel, { account, token, side }: { account: string; token: string; side: Side }) {
  return side === "wallet"
    ? model.ledger.tokenBalanceOf({ token, account })
    : model.ledger.balanceOf({ account, id: assetId(token) });
}

/** The account's shares of a pool, by the model. */
export function sharesOf(model: AmmModel, account: string, pool: PoolKey): bigint {
  return model.ledger.balanceOf({ account, id: lpShareId({ amm: model.address, pool }) });
}
