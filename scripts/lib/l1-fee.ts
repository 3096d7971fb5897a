import { Interface, toBeHex, Transaction, type TransactionLike } from "ethers";
import { PUBLIC_NETWORKS, type DeployNetwork, type L1FeeKind } from "../../deploy/networks.js";

const OP_ORACLE = "0x420000000000000000000000000000000000000F";
const SCROLL_ORACLE = "0x5300000000000000000000000000000000000002";
const ARBITRUM_NODE = "0x00000000000000000000000000000000000000C8";
const L1_FEE = new Interface([
  "function getL1Fee(bytes) view returns (uint256)",
  "function getOperatorFee(uint256) view returns (uint256)",
  "function gasEstimateL1Component(address, bool, bytes) view returns (uint64 gas, uint256 l2, uint256 l1)",
]);

/** A transaction that is not signed yet; without `to` it creates a contract. */
export type Unsent = { to: string | undefined; data: string; gas: bigint };

/** A call that changes nothing: what it answers, or undefined where it reverts. */
export type Ask = (call: { to: string; data: string }) => Promise<string | undefined>;

/** Asks a chain's own oracle for the first number that `name` answers, or undefined where it answers none. */
async function numberOf(ask: Ask, to: string, name: string, args: readonly unknown[]): Promise<bigint | undefined> {
  const answer = await ask({ to, data: L1_FEE.encodeFunctionData(name, args) });
  if (answer === undefined || answer === "0x") return undefined;
  const [first] = L1_FEE.decodeFunctionResult(name, answer) as unknown as [bigint];
  return first;
}

/**
 * What a chain charges for posting a transaction elsewhere, by its own oracle: wei beside the gas, and gas beside what a simulation
 * without that charge sees. Undefined where the chain does not say.
 */
export async function l1FeeOf(
  ask: Ask,
  { chainId, l1Fee }: Pick<DeployNetwork, "chainId" | "l1Fee">,
  { to, data, gas }: Unsent,
): Promise<{ wei: bigint; gas: bigint } | undefined> {
  switch (l1Fee) {
    case "none":
      return { wei: 0n, gas: 0n };
    case "arbitrum": {
      const args = [to ?? toBeHex(0, 20), to === undefined, data];
      const extra = await numberOf(ask, ARBITRUM_NODE, "gasEstimateL1Component", args);
      return extra === undefined ? undefined : { wei: 0n, gas: extra };
    }
    case "op":
    case "scroll": {
      const fields: TransactionLike = { type: 2, chainId, nonce: 100, gasLimit: gas, data };
      const fees = { maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 10n ** 6n };
      const unsigned = Transaction.from({ ...fields, ...fees, ...(to === undefined ? {} : { to }) });
      const oracle = l1Fee === "op" ? OP_ORACLE : SCROLL_ORACLE;
      const wei = await numberOf(ask, oracle, "getL1Fee", [unsigned.unsignedSerialized]);
      if (wei === undefined) return undefined;
      const operator = l1Fee === "op" ? await numberOf(ask, oracle, "getOperatorFee", [gas]) : 0n;
      return { wei: wei + (operator ?? 0n), gas: 0n };
    }
  }
}

/** How the chain of this id charges: "none" where the id is not a public network's. */
export function l1FeeKindOf(chainId: number): L1FeeKind {
  return Object.values(PUBLIC_NETWORKS).find((network) => network.chainId === chainId)?.l1Fee ?? "none";
}
