import { secp256k1 } from "@noble/curves/secp256k1.js";
import { getBytes, TypedDataEncoder, ZeroAddress } from "ethers";
import { DEVNET_CHAIN_ID } from "../../scripts/lib/devnet.js";
import { ACCOUNT_FORM, orderTypedData, type Fallback } from "../../src/index.js";
import { amountOut } from "../../src/models/amm-math.js";
import { Ledger__factory, MockERC20__factory } from "../../typechain-types/index.js";
import type { Cohort } from "./cohort.js";
import { TRANSACTION_GAS } from "./lane.js";
import { limitOf, type PlannedBatch } from "./load.js";
import type { LaneModel } from "./model.js";
import { GAS_PRICE, type Prepared } from "./relayer.js";
import type { Site } from "./site.js";
import { signTransaction } from "./transaction.js";

/** What a wallet's own transaction does. */
export type WalletAction = "token" | "transfer" | "swap";

/** A swap in a transaction of its own; what it pays depends on those before it. */
export type LoneSwap = { account: number; side: 0 | 1; amount: number };

const TRANSACTION_LIMIT = 250_000;
const FAR_FUTURE = 4_102_444_800n; // 2100-01-01

/** One wallet's transaction. The model follows, except for a swap, which `executeSwap` executes in its turn. */
export function prepareTransaction(site: Site, action: WalletAction): Prepared & { account: number; swap?: LoneSwap } {
  const { cohort, random, walletRota, nonces } = site;
  const [account = 0] = walletRota.draw(1);
  const amount = 1_000 + random.below(40_000);
  const side = random.below(2) === 0 ? 0 : 1;
  const request = { token: tokenTransfer, transfer: ledgerTransfer, swap: ledgerSwap }[action](site, {
    account,
    side,
    amount,
  });
  const nonce = nonces[account] ?? 0;
  nonces[account] = nonce + 1;
  const data = getBytes(request.data);
  const common = { chainId: DEVNET_CHAIN_ID, nonce, gasLimit: TRANSACTION_LIMIT, maxFeePerGas: GAS_PRICE };
  const raw = signTransaction({ ...common, to: getBytes(request.to), data }, cohort.walletSecretOf(account));
  return {
    ...{ raw: `0x${raw.toString("hex")}`, operations: 1, unsigned: 0, calldataBytes: data.length, account },
    ...(action === "swap" ? { swap: { account, side, amount } } : {}),
  };
}

type Request = { to: string; data: string };

function tokenTransfer({ lane, cohort, model, random }: Site, { account, amount }: LoneSwap): Request {
  const receiver = random.below(cohort.wallets);
  model.tokens[account] = (model.tokens[account] ?? 0) - amount;
  model.tokens[receiver] = (model.tokens[receiver] ?? 0) + amount;
  const codec = MockERC20__factory.createInterface();
  return { to: lane.token, data: codec.encodeFunctionData("transfer", [cohort.hexAddressOf(receiver), amount]) };
}

function ledgerTransfer({ lane, cohort, model, random }: Site, { account, side, amount }: LoneSwap): Request {
  const receiver = random.below(cohort.size);
  model.move({ account, side, amount, to: receiver });
  const id = side === 0 ? lane.places.asset0 : lane.places.asset1;
  const data = Ledger__factory.createInterface().encodeFunctionData("transfer", [
    cohort.hexAddressOf(receiver),
    id,
    amount,
  ]);
  return { to: lane.lakh.addresses.ledger, data };
}

function ledgerSwap({ lane: { lakh, places, pool } }: Site, { side, amount }: LoneSwap): Request {
  const assetIn = side === 0 ? places.asset0 : places.asset1;
  const limits = { amountIn: BigInt(amount), minAmountOut: BigInt(limitOf(amount)), deadline: FAR_FUTURE };
  return lakh.amm.swapExactIn({ pool, assetIn, ...limits, to: ZeroAddress });
}

/** Executes a swap in the model. */
export function executeSwap({ home, pool }: LaneModel, { account, side, amount }: LoneSwap): void {
  const out = amountOut(pool, side === 0, BigInt(amount));
  const [paid, received] = [home.side(side), home.side(1 - side)];
  paid[account] = (paid[account] ?? 0) - amount;
  received[account] = (received[account] ?? 0) + Number(out);
  pool.reserve0 += side === 0 ? BigInt(amount) : -out;
  pool.reserve1 += side === 0 ? -out : BigInt(amount);
}

/** Every signer's wallet signs his whole record. */
export function prepareFallback(site: Site, planned: PlannedBatch, expiry: number): Prepared {
  const { lane, cohort, model, relayer } = site;
  const accounts = new Map(planned.signers.map((index) => [cohort.idOf(index), index]));
  const fallbacks: Fallback[] = [];
  for (const { id, operations } of planned.records) {
    const index = accounts.get(id);
    if (index === undefined) continue;
    const messages = operations.map(({ type, amount, argument, dependsOnPrevious }, position) => {
      const { section = 0, kind = 0, argumentForm = 0 } = planned.types[type] ?? {};
      const header = planned.sections[section];
      if (header === undefined) throw new RangeError("A type without a section");
      const { protocol, key, asset0, asset1, shareId, fee0, fee1 } = header;
      // The model is already past the batch, in which this account debits its word of the pair only.
      const sequence = ((model.home.sequence[index] ?? 0) - operations.length + position + 65_536) % 65_536;
      const resolved = argumentForm === ACCOUNT_FORM ? accountOf(cohort, Number(argument)) : argument;
      const values = { kind, sequence, amount, arguments: resolved, fee0, fee1, dependsOnPrevious };
      return { protocol, key, asset0, asset1, shareId, ...values };
    });
    const { domain, types, message } = orderTypedData({
      ...{ chainId: BigInt(DEVNET_CHAIN_ID), settlement: lane.settlement, id, account: cohort.hexAddressOf(index) },
      ...{ operations: messages, relayer: ZeroAddress, deadline: BigInt(expiry) },
    });
    const hash = getBytes(TypedDataEncoder.hash(domain, types, message));
    const signed = secp256k1.sign(hash, cohort.walletSecretOf(index), { prehash: false, format: "recovered" });
    const signature = Buffer.concat([signed.subarray(1), Uint8Array.of(27 + (signed[0] ?? 0))]);
    fallbacks.push({ id, deadline: expiry, bound: false, signature: `0x${signature.toString("hex")}` });
  }
  const body = relayer.bodyOf(planned, expiry, fallbacks);
  return relayer.prepareFallbacks(body, planned, { cohort, target: lane, gasLimit: TRANSACTION_GAS });
}

function accountOf(cohort: Cohort, id: number): bigint {
  return BigInt(cohort.hexAddressOf(cohort.indexOf(id)));
}
