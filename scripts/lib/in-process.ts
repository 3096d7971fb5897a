import { BrowserProvider, Network } from "ethers";
import { DEVNET_CHAIN_ID, type LocalChain, type Request } from "./devnet.js";

const CACHE_NOTHING = -1;

export type InProcessOptions = {
  /** Unix time of the first block, in seconds; now unless set. */
  timestamp?: number;
  /** Gas that fits a block; Hardhat's own limit unless set. */
  blockGasLimit?: bigint;
};

/** An L2 (OP Stack) simulated in this process: no node, no port, and the L1 data fee in receipts. */
export async function startInProcess(options: InProcessOptions = {}): Promise<LocalChain> {
  const { network } = await import("hardhat");
  const connection = await network.create({
    network: "local",
    chainType: "op",
    override: {
      ...(options.timestamp === undefined ? {} : { initialDate: new Date(options.timestamp * 1_000) }),
      ...(options.blockGasLimit === undefined ? {} : { blockGasLimit: options.blockGasLimit }),
    },
  });
  const request: Request = (argument) => connection.provider.request(argument);
  const known = Network.from(DEVNET_CHAIN_ID);
  const provider = new BrowserProvider({ request: (argument) => request(argument) as Promise<never> }, known, {
    staticNetwork: known,
    cacheTimeout: CACHE_NOTHING,
    pollingInterval: 10,
  });
  let isStopped = false;
  return {
    kind: "in-process",
    provider,
    request,
    async requestAll(requests) {
      const results: unknown[] = [];
      for (const each of requests) results.push(await request(each));
      return results;
    },
    async stop() {
      if (isStopped) return;
      isStopped = true;
      provider.destroy();
      await connection.close();
    },
  };
}
