import { deploy } from "@nomicfoundation/ignition-core";
import mocks from "../../../deploy/modules/Mocks.js";
import { bindingsResolver } from "../deployment.js";
import type { Devnet } from "../devnet.js";
import { startInProcess } from "../in-process.js";
import { strategyOptions } from "./plan.js";
import { CREATE_X } from "./probe.js";

/** The code of CreateX, out of Ignition, which deploys it to a simulated chain of the id 31337 alone. */
export async function createXCode(): Promise<string> {
  const chain = await startInProcess();
  try {
    await deploy({
      ...{ artifactResolver: bindingsResolver, provider: { request: chain.request }, ignitionModule: mocks },
      ...{ deploymentParameters: {}, accounts: (await chain.request({ method: "eth_accounts" })) as string[] },
      config: { requiredConfirmations: 1, blockPollingInterval: 5 },
      ...strategyOptions("create2"),
    });
    return (await chain.request({ method: "eth_getCode", params: [CREATE_X, "latest"] })) as string;
  } finally {
    await chain.stop();
  }
}

/** Puts CreateX on a local chain, where public ones have it. */
export async function installCreateX(devnet: Devnet, code: string): Promise<void> {
  await devnet.request({ method: "anvil_setCode", params: [CREATE_X, code] });
}
