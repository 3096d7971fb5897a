import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import path from "node:path";
import { Transaction } from "ethers";
import { KEY_VARIABLE, NETWORKS, rpcVariable } from "../../../deploy/networks.js";
import type { Devnet } from "../devnet.js";
import { FailureError } from "../failure.js";
import { ROOT } from "../paths.js";
import { readRecord, type DeploymentRecord } from "./record.js";

/** When the deployment is killed, seen from one transaction. */
export const MOMENTS = [
  /** Before the node hears of it. */
  "unsent",
  /** When the node has it, and the deployment does not know. */
  "unanswered",
  /** When the deployment has its hash and goes on. */
  "answered",
] as const;
export type Moment = (typeof MOMENTS)[number];

type Rpc = { id: unknown; method: string; params?: [string] };

/** A node that kills who uses it. */
export type DeadlyNode = {
  url: string;
  /** Whom to kill from now on. */
  aim: (kill: () => void) => void;
  /** Nonces at which it did. */
  killed: ReadonlySet<number>;
  stop: () => Promise<void>;
};

/** Passes everything on to the node at `url`, and kills once for each nonce that `momentOf` names a moment for. */
export async function startDeadlyNode(
  url: string,
  momentOf: (nonce: number) => Moment | undefined,
): Promise<DeadlyNode> {
  const killed = new Set<number>();
  let kill = (): void => undefined;
  let isDoomed = false;
  const forward = async (body: string): Promise<string> => {
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    return response.text();
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    if (isDoomed) return kill();
    const { method, params } = JSON.parse(body) as Rpc;
    const nonce = method === "eth_sendRawTransaction" ? Transaction.from(params?.[0] ?? "").nonce : -1;
    const moment = nonce === -1 || killed.has(nonce) ? undefined : momentOf(nonce);
    if (moment !== undefined) killed.add(nonce);
    if (moment === "unsent") return kill();
    const answer = await forward(body);
    if (moment === "unanswered") return kill();
    isDoomed = moment === "answered";
    response.writeHead(200, { "content-type": "application/json" }).end(answer);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, resolve));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    killed,
    aim(next) {
      [kill, isDoomed] = [next, false];
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export type DeployRun = { network: string; url: string; key: string; folder: string; args: readonly string[] };
export type DeployRunResult = { code: number | null; signal: string | null; output: string };

/** Runs `npm run deploy` as a process of its own, and hands over how to kill it. */
export function runDeploy(run: DeployRun, aim: (kill: () => void) => void = () => undefined): Promise<DeployRunResult> {
  const { network, url, key, folder, args } = run;
  const script = path.join(ROOT, "scripts/deploy.ts");
  const child = spawn(
    process.execPath,
    ["--import", "tsx", script, "--network", network, "--folder", folder, ...args],
    {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", [rpcVariable(network)]: url, [KEY_VARIABLE]: key },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  aim(() => child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, output }));
  });
}

/** What an interrupted deployment left. */
export type Interrupted = { kills: number; runs: number; record: DeploymentRecord };

export type InterruptOptions = Omit<DeployRun, "url"> & {
  devnet: Devnet;
  momentOf: (nonce: number) => Moment | undefined;
  tell?: (line: string) => void;
};

/** Deploys, is killed at the moments asked for, and goes on until it ends by itself. */
export async function deployInterrupted(options: InterruptOptions): Promise<Interrupted> {
  const { devnet, momentOf, tell, ...run } = options;
  const node = await startDeadlyNode(devnet.url, momentOf);
  try {
    for (let runs = 1; ; runs++) {
      const { code, signal, output } = await runDeploy({ ...run, url: node.url }, node.aim);
      tell?.(`run ${runs}: ${signal ?? `exit ${code ?? ""}`}, killed at ${node.killed.size} transactions`);
      if (signal === "SIGKILL") continue;
      if (code !== 0) throw new FailureError("DEPLOYMENT_STOPPED", `A resumed deployment fails:\n${output}`);
      const record = await readRecord(run.folder, NETWORKS[run.network]?.chainId ?? 0);
      return { kills: node.killed.size, runs, record };
    }
  } finally {
    await node.stop();
  }
}

type Block = { transactions: readonly { hash: string; from: string }[] };

/** Every transaction of `sender` on a chain. */
async function transactionsOf(devnet: Devnet, sender: string): Promise<string[]> {
  const last = Number(await devnet.request({ method: "eth_blockNumber" }));
  const found: string[] = [];
  for (let number = 0; number <= last; number++) {
    const block = await devnet.request({ method: "eth_getBlockByNumber", params: [`0x${number.toString(16)}`, true] });
    const { transactions } = block as Block;
    for (const { hash, from } of transactions) if (from.toLowerCase() === sender.toLowerCase()) found.push(hash);
  }
  return found;
}

/** What a record says that does not depend on when it was made: addresses, code, arguments, calls; a line each. */
function essence({ contracts, calls, ...rest }: DeploymentRecord): Set<string> {
  const timeless = Object.entries(contracts).map(([name, { tx: _tx, block: _block, ...contract }]) =>
    JSON.stringify({ name, ...contract }),
  );
  return new Set([JSON.stringify(rest), ...timeless, ...calls.map(({ call }) => call)]);
}

/**
 * What an interrupted deployment has, and an uninterrupted one has not, or the other way round: other code, addresses or
 * calls; a transaction of the deployer that the record does not know; a transaction made twice. Empty when all is equal.
 */
export async function differencesBetween(
  devnet: Devnet,
  interrupted: DeploymentRecord,
  whole: DeploymentRecord,
): Promise<string[]> {
  const differences: string[] = [];
  const [left, right] = [essence(interrupted), essence(whole)];
  for (const line of left) if (!right.has(line)) differences.push(`only when interrupted: ${line}`);
  for (const line of right) if (!left.has(line)) differences.push(`only when not interrupted: ${line}`);
  const known = [...Object.values(interrupted.contracts), ...interrupted.calls].map(({ tx }) => tx);
  const made = await transactionsOf(devnet, interrupted.deployer);
  for (const tx of made) if (!known.includes(tx)) differences.push(`${tx} is on chain and not in the record`);
  const wanted = Object.values(whole.contracts).filter(({ initCodeHash }) => initCodeHash !== undefined).length;
  if (made.length !== wanted + whole.calls.length) {
    differences.push(`${made.length} transactions were made instead of ${wanted + whole.calls.length}`);
  }
  return differences;
}
