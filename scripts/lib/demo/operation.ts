import type { Destination, Lakh, LakhRequest, PoolKey } from "../../../src/index.js";

/** One thing that one account asks for; what the client encodes and the model follows. Amounts in smallest units. */
export type Operation =
  | { kind: "deposit"; token: string; amount: bigint }
  | { kind: "withdraw"; token: string; amount: bigint }
  | { kind: "transfer"; asset: bigint; amount: bigint; to: string }
  | { kind: "createPool"; pool: PoolKey; amount0: bigint; amount1: bigint; minShares: bigint; source: Side }
  | { kind: "addLiquidity"; pool: PoolKey; amount0: bigint; amount1: bigint; minShares: bigint; source: Side }
  | {
      kind: "removeLiquidity";
      pool: PoolKey;
      shares: bigint;
      minAmount0: bigint;
      minAmount1: bigint;
      destination: Side;
    }
  | ({ kind: "swapExactIn"; amountIn: bigint; minAmountOut: bigint } & SwapParties)
  | ({ kind: "swapExactOut"; amountOut: bigint; maxAmountIn: bigint } & SwapParties);

export type Side = Extract<Destination, "ledger" | "wallet">;

type SwapParties = { pool: PoolKey; assetIn: bigint; source: Side; destination: Side };

/** The client's transaction for `operation` of `account`, valid until `deadline` (Unix seconds, inclusive). */
export function toRequest(lakh: Lakh, account: string, operation: Operation, deadline: bigint): LakhRequest {
  const common = { to: account, deadline };
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
