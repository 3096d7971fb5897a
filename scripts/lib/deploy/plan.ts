import { deploy, type ExecutionEventListener } from "@nomicfoundation/ignition-core";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { CREATE2_SALT, type DeployNetwork } from "../../../deploy/networks.js";
import { bindingsResolver } from "../deployment.js";
import type { Request } from "../devnet.js";
import { l1FeeOf } from "../l1-fee.js";
import { DeployError } from "./error.js";
import { tryCall } from "./rpc.js";
import type { StrategyName, Target } from "./target.js";

const POLLING_MS = 5;
const ETHEREUM_CODE_BYTE_GAS = 200n;

/** One transaction of a deployment. */
export type PlanStep = {
  /** Ignition's name of it. */
  future: string;
  gas: bigint;
  /** Receiver; none for a creation. */
  to: string | undefined;
  data: string;
  /** Bytes of the code that it leaves, 0 for a call. */
  codeBytes: number;
};

type Event = { futureId?: string; hash?: string };

/** A listener that hands every event of Ignition to one function. */
export function listenerOf(listen: (name: string, event: Event) => void): ExecutionEventListener {
  return new Proxy(
    {},
    {
      get: (_target, name) => (event: Event) => {
        listen(String(name), event);
        return Promise.resolve();
      },
    },
  ) as ExecutionEventListener;
}

/** Ignition's options of a strategy. */
export function strategyOptions(strategy: StrategyName) {
  return strategy === "create2"
    ? ({ strategy: "create2", strategyConfig: { salt: CREATE2_SALT } } as const)
    : ({ strategy: "basic" } as const);
}

type Receipt = { gasUsed: string; contractAddress: string | null };

/** Runs the whole deployment in this process, on a simulated chain, and answers its transactions with their gas. */
export async function planDeployment(hre: HardhatRuntimeEnvironment, target: Target): Promise<PlanStep[]> {
  const connection = await hre.network.create({ network: "local", chainType: "op" });
  try {
    const sent = new Map<string, { to?: string; data?: string }>();
    const futures = new Map<string, string>();
    const request: Request = async (argument) => {
      const result: unknown = await connection.provider.request(argument);
      if (argument.method === "eth_sendTransaction") {
        const [transaction] = argument.params as [{ to?: string; data?: string }];
        sent.set(result as string, transaction);
      }
      return result;
    };
    const result = await deploy({
      ...{ artifactResolver: bindingsResolver, provider: { request }, ignitionModule: target.module },
      deploymentParameters: target.parameters,
      accounts: (await request({ method: "eth_accounts" })) as string[],
      config: { requiredConfirmations: 1, blockPollingInterval: POLLING_MS, retryInterval: POLLING_MS },
      executionEventListener: listenerOf((name, { futureId, hash }) => {
        if (name === "transactionSend" && futureId !== undefined && hash !== undefined) futures.set(hash, futureId);
      }),
      ...strategyOptions(target.strategy),
    });
    if (!("contracts" in result)) {
      throw new DeployError("DEPLOYMENT_STOPPED", `The deployment fails when simulated: ${JSON.stringify(result)}`);
    }
    const steps: PlanStep[] = [];
    for (const [hash, future] of futures) {
      const { to, data = "0x" } = sent.get(hash) ?? {};
      const receipt = (await request({ method: "eth_getTransactionReceipt", params: [hash] })) as Receipt;
      const address = result.contracts[future]?.address;
      const code = address === undefined ? "0x" : await request({ method: "eth_getCode", params: [address, "latest"] });
      const codeBytes = ((code as string).length - 2) / 2;
      steps.push({ future, gas: BigInt(receipt.gasUsed), to, data, codeBytes });
    }
    return steps;
  } finally {
    await connection.close();
  }
}

/** What a deployment costs by today's prices, in wei. */
export type Cost = {
  gas: bigint;
  gasPrice: bigint;
  /** Gas times price. */
  execution: bigint;
  /** The fee for posting the transactions elsewhere, where it is beside the gas; undefined where the chain does not say. */
  l1: bigint | undefined;
  total: bigint;
  /** What the deployer must have: the total and half as much again, as prices move while it runs. */
  wanted: bigint;
};

/** What the steps cost on a chain by its prices of now. */
export async function estimateCost(
  request: Request,
  network: DeployNetwork,
  steps: readonly PlanStep[],
): Promise<Cost> {
  const gasPrice = BigInt((await request({ method: "eth_gasPrice" })) as string);
  let [gas, l1] = [0n, 0n as bigint | undefined];
  for (const step of steps) {
    gas += stepGas(network, step);
    const extra = l1 === undefined ? undefined : await l1FeeOf((call) => tryCall(request, call), network, step);
    if (extra !== undefined) gas += extra.gas;
    l1 = l1 === undefined || extra === undefined ? undefined : l1 + extra.wei;
  }
  const execution = gas * gasPrice;
  const total = execution + (l1 ?? 0n);
  return { gas, gasPrice, execution, l1, total, wanted: (total * 3n) / 2n };
}

/** Gas of a step by the chain's own schedule, as far as it is known. */
export function stepGas({ codeByteGas }: DeployNetwork, { gas, codeBytes }: PlanStep): bigint {
  return gas + BigInt(codeBytes) * ((codeByteGas ?? ETHEREUM_CODE_BYTE_GAS) - ETHEREUM_CODE_BYTE_GAS);
}
