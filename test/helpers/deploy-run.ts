import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { HDNodeWallet, Mnemonic } from "ethers";
import { KEY_VARIABLE, NETWORKS, rpcVariable } from "../../deploy/networks.js";
import { deployNetwork } from "../../scripts/lib/deploy/deploy.js";
import type { DeploymentRecord } from "../../scripts/lib/deploy/record.js";
import type { StrategyName } from "../../scripts/lib/deploy/target.js";
import { DEVNET_MNEMONIC } from "../../scripts/lib/devnet.js";
import { ROOT } from "../../scripts/lib/paths.js";

export type ScriptResult = { code: number | null; stdout: string; stderr: string };

/** The private key of an account of a local chain. */
export function keyOf(index: number): string {
  return HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVNET_MNEMONIC), `m/44'/60'/0'/0/${index}`).privateKey;
}

export type ScriptOptions = {
  network: string;
  /** RPC of the network; its public one unless set. */
  url?: string;
  /** The deployer's key; none unless set. */
  key?: string;
  args?: readonly string[];
  env?: Record<string, string>;
};

/** Runs `scripts/<name>.ts --network …` as its npm script does. */
export async function runScript(name: string, options: ScriptOptions): Promise<ScriptResult> {
  const { network, url, key, args = [], env } = options;
  const child = spawn(
    process.execPath,
    ["--import", "tsx", path.join(ROOT, "scripts", `${name}.ts`), "--network", network, ...args],
    {
      cwd: ROOT,
      env: {
        ...{ ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", [KEY_VARIABLE]: key ?? "" },
        ...(url === undefined ? {} : { [rpcVariable(network)]: url }),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs with variables of the environment set, and restores what was there. */
export async function withEnvironment<T>(
  variables: Readonly<Record<string, string>>,
  run: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

export type ProcedureOptions = {
  network: string;
  url: string;
  folder: string;
  key?: string;
  withMocks?: boolean;
  isDryRun?: boolean;
  isReset?: boolean;
  strategy?: StrategyName;
};

/** Deploys as `npm run deploy` does, in this process, and answers the record with what was said. */
export async function deployHere(
  options: ProcedureOptions,
): Promise<{ record: DeploymentRecord | undefined; said: string }> {
  const { network, url, folder, key = keyOf(0), withMocks = true, strategy = "basic" } = options;
  const { isDryRun = false, isReset = false } = options;
  const lines: string[] = [];
  const record = await withEnvironment({ [rpcVariable(network)]: url, [KEY_VARIABLE]: key }, () =>
    deployNetwork({
      ...{ name: network, withMocks, strategy, folder, isDryRun, isReset },
      tell: (line) => void lines.push(line),
    }),
  );
  return { record, said: lines.join("\n") };
}

/** Uses a folder of its own, and removes it. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-deploy-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Chain id of a network by name. */
export function chainIdOf(name: string): number {
  return NETWORKS[name]?.chainId ?? 0;
}
