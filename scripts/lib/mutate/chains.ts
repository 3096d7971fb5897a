import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

type Chain = { connection: NetworkConnection; genesis: string };

const chains: Chain[] = [];

/** Keeps the chains that the tests open from now on, so that `rewindChains` can set them back. */
export function watchChains(): void {
  const { network } = hre;
  const create = network.create.bind(network) as (...parameters: unknown[]) => Promise<NetworkConnection>;
  const watched = async (...parameters: unknown[]): Promise<NetworkConnection> => {
    const connection = await create(...parameters);
    const genesis = (await connection.provider.request({ method: "evm_snapshot" })) as string;
    chains.push({ connection, genesis });
    return connection;
  };
  Object.assign(network, { create: watched, connect: watched });
}

/** Every chain as it was when it was opened: without contracts, and without fixtures that know any. */
export async function rewindChains(): Promise<void> {
  for (const chain of chains) {
    const { provider, networkHelpers } = chain.connection;
    await provider.request({ method: "evm_revert", params: [chain.genesis] });
    chain.genesis = (await provider.request({ method: "evm_snapshot" })) as string;
    networkHelpers.clearSnapshots();
  }
}
