import { deploy, type ExecutionEventListener } from "@nomicfoundation/ignition-core";
import { Interface, toBeHex, Transaction, type TransactionLike } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { CREATE2_SALT, type DeployNetwork } from "../../../deploy/networks.js";
import { bindingsResolver } from "../deployment.js";
import type { Request } from "../devnet.js";
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

const OP_ORACLE = "0x420000000000000000000000000000000000000F";
const SCROLL_ORACLE = "0x5300000000000000000000000000000000000002";
const ARBITRUM_NODE = "0x00000000000000000000000000000000000000C8";
const L1_FEE = new Interface([
  "function getL1Fee(bytes) view returns (uint256)",
  "function getOperatorFee(uint256) view returns (uint256)",
  "function gasEstimateL1Component(address, bool, bytes) view returns (uint64 gas, uint256 l2, uint256 l1)",
]);

/** Asks a chain's own oracle for the first number that `name` answers, or undefined where it answers none. */
async function ask(request: Request, to: string, name: string, args: readonly unknown[]): Promise<bigint | undefined> {
  const answer = await tryCall(request, { to, data: L1_FEE.encodeFunctionData(name, args) });
  if (answer === undefined || answer === "0x") return undefined;
  const [first] = L1_FEE.decodeFunctionResult(name, answer) as unknown as [bigint];
  return first;
}

/** Wei beside the gas, and gas beside what the simulation saw, of one step. */
async function l1Of(
  request: Request,
  { chainId, l1Fee }: DeployNetwork,
  step: PlanStep,
): Promise<{ wei: bigint; gas: bigint } | undefined> {
  switch (l1Fee) {
    case "none":
      return { wei: 0n, gas: 0n };
    case "arbitrum": {
      const args = [step.to ?? toBeHex(0, 20), step.to === undefined, step.data];
      const gas = await ask(request, ARBITRUM_NODE, "gasEstimateL1Component", args);
      return gas === undefined ? undefined : { wei: 0n, gas };
    }
    case "op":
    case "scroll": {
      const fields: TransactionLike = { type: 2, chainId, nonce: 100, gasLimit: step.gas, data: step.data };
      const fees = { maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 10n ** 6n };
      const unsigned = Transaction.from({ ...fields, ...fees, ...(step.to === undefined ? {} : { to: step.to }) });
      const oracle = l1Fee === "op" ? OP_ORACLE : SCROLL_ORACLE;
      const wei = await ask(request, oracle, "getL1Fee", [unsigned.unsignedSerialized]);
      if (wei === undefined) return undefined;
      const operator = l1Fee === "op" ? await ask(request, oracle, "getOperatorFee", [step.gas]) : 0n;
      return { wei: wei + (operator ?? 0n), gas: 0n };
    }
  }
}

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
    const extra = l1 === undefined ? undefined : await l1Of(request, network, step);
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
