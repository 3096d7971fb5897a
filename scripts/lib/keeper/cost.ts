import { isCallException, type Provider } from "ethers";
import { l1FeeKindOf, l1FeeOf, type Ask } from "../l1-fee.js";

/**
 * Wei that a transaction costs at the prices of now: its gas, and beside it what the chain charges for posting it elsewhere, by the
 * chain's own oracle. That is nothing where the oracle does not answer, and part of the estimated gas on Arbitrum.
 */
export async function costOf(
  provider: Provider,
  transaction: { to: string; data: string },
  gas: bigint,
): Promise<{ gasCost: bigint; l1Cost: bigint }> {
  const [{ gasPrice, maxFeePerGas }, network] = await Promise.all([provider.getFeeData(), provider.getNetwork()]);
  const chainId = Number(network.chainId);
  const kind = l1FeeKindOf(chainId);
  const ask: Ask = async (call) => {
    try {
      return await provider.call(call);
    } catch (error) {
      if (isCallException(error)) return undefined;
      throw error;
    }
  };
  const l1 = kind === "arbitrum" ? undefined : await l1FeeOf(ask, { chainId, l1Fee: kind }, { ...transaction, gas });
  const l1Cost = l1?.wei ?? 0n;
  return { gasCost: gas * (gasPrice ?? maxFeePerGas ?? 0n) + l1Cost, l1Cost };
}
