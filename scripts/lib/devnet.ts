import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JsonRpcProvider, Network, type BrowserProvider } from "ethers";
import { FailureError } from "./failure.js";

export const DEVNET_CHAIN_ID = 31_337;
/** The accounts of every local Ethereum node; worthless anywhere else. */
export const DEVNET_MNEMONIC = "test test test test test test test test test test test junk";

const HOST = "127.0.0.1";
const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;
const CACHE_NOTHING = -1;

/**
 * Runs its arguments and ends them when its standard input closes. The system closes that with the process that holds
 * the other end, so the node ends with the script even when the script is killed outright.
 */
const WATCHED = `
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(cat <&3 >/dev/null; kill "$child"; sleep 3; kill -9 "$child") >/dev/null 2>&1 &
watcher=$!
wait "$child"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

export type DevnetFailureCode = "ANVIL_MISSING" | "PORT_IN_USE" | "DEVNET_NOT_READY" | "DEVNET_ENDED";

/** The local chain could not be started, or ended by itself. */
export class DevnetError extends FailureError {
  declare readonly code: DevnetFailureCode;

  constructor(code: DevnetFailureCode, message: string) {
    super(code, message);
    this.name = "DevnetError";
  }
}

export type RpcRequest = { method: string; params?: readonly unknown[] | object };
export type Request = (request: RpcRequest) => Promise<unknown>;

/** A chain that the scripts can drive, whatever runs it. */
export type LocalChain = {
  kind: "anvil" | "in-process";
  provider: JsonRpcProvider | BrowserProvider;
  request: Request;
  /** Many requests at once, answered in their order; rejects when one fails. */
  requestAll: (requests: readonly RpcRequest[]) => Promise<unknown[]>;
  /** Ends the chain; a second call does nothing. */
  stop: () => Promise<void>;
};

export type Devnet = LocalChain & {
  kind: "anvil";
  provider: JsonRpcProvider;
  url: string;
  port: number;
  /** The process that anvil runs in or under. */
  pid: number;
  /** Rejects when the node ends by itself; pending as long as it runs or after `stop`. */
  failed: Promise<never>;
};

export type DevnetOptions = {
  /** TCP port on the loopback interface; 0 takes a free one. */
  port?: number;
  /** 31337 unless set. */
  chainId?: number;
  /** Ethereum as it is, with its limit on code, where it must not be an L2 without one. */
  isPlain?: boolean;
  /** Seconds between blocks; without it each transaction gets a block at once. */
  blockTime?: number;
  /** Funded accounts, 10 unless set. */
  accounts?: number;
  /** Unix time of the first block, in seconds; now unless set. */
  timestamp?: number;
  /** Gas that fits a block; anvil's own limit unless set. */
  blockGasLimit?: bigint;
  /** Further flags of anvil. */
  flags?: readonly string[];
  /** Path of anvil: `LAKH_ANVIL`, the locked package, or `PATH` unless set. */
  binary?: string;
};

/**
 * The anvil to run: `LAKH_ANVIL` when it is set, else the locked package, else the one on `PATH`.
 * Answers undefined when there is none that can be executed.
 */
export function findAnvil(): string | undefined {
  const chosen = process.env.LAKH_ANVIL;
  if (chosen !== undefined && chosen !== "") return isExecutable(chosen) ? chosen : undefined;
  return [...packagedAnvil(), ...anvilsOnPath()].find(isExecutable);
}

function packagedAnvil(): string[] {
  try {
    return [createRequire(import.meta.url).resolve("@foundry-rs/anvil-linux-amd64/bin/anvil")];
  } catch {
    return []; // an optional package: there is one for Linux on x64 only
  }
}

function anvilsOnPath(): string[] {
  const name = process.platform === "win32" ? "anvil.exe" : "anvil";
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, name));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Answers `port`, or a free one for 0; throws `PORT_IN_USE`. */
async function takePort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EACCES" ? "may not be opened by this user" : "is in use";
      reject(new DevnetError("PORT_IN_USE", `Port ${port} ${why}: choose another with --port, or 0 for a free one.`));
    });
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : port));
    });
  });
}

/**
 * Starts anvil as a local L2 on the loopback interface, and answers once it serves requests. The node
 * ends with `stop()` and with this process, however that ends.
 */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const binary = options.binary ?? findAnvil();
  if (binary === undefined || !isExecutable(binary)) {
    const wanted = binary ?? process.env.LAKH_ANVIL;
    throw new DevnetError(
      "ANVIL_MISSING",
      wanted === undefined || wanted === ""
        ? "There is no anvil for this platform: install Foundry 1.7.1, or use --in-process where the command has it."
        : `There is no anvil to run at ${wanted}.`,
    );
  }
  const port = await takePort(options.port ?? 0);
  const chainId = options.chainId ?? DEVNET_CHAIN_ID;
  const node = [
    binary,
    ...(options.isPlain === true ? [] : ["--optimism", "--disable-code-size-limit"]),
    ...["--host", HOST],
    ...["--port", String(port)],
    ...["--chain-id", String(chainId)],
    ...["--accounts", String(options.accounts ?? 10)],
    ...["--mnemonic", DEVNET_MNEMONIC],
    "--no-request-size-limit",
    "--quiet",
    ...(options.blockTime === undefined ? [] : ["--block-time", String(options.blockTime)]),
    ...(options.timestamp === undefined ? [] : ["--timestamp", String(options.timestamp)]),
    ...(options.blockGasLimit === undefined ? [] : ["--gas-limit", String(options.blockGasLimit)]),
    ...(options.flags ?? []),
  ];
  const [command = binary, ...parameters] =
    process.platform === "win32" ? node : ["/bin/sh", "-c", WATCHED, "devnet", ...node];
  const child = spawn(command, parameters, { stdio: ["pipe", "ignore", "pipe"] });
  const process_ = superviseChild(child);
  const url = `http://${HOST}:${port}`;
  const provider = connect(url, chainId);
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    provider.destroy();
    return (stopping ??= process_.end());
  };
  try {
    await Promise.race([waitUntilReady(url, chainId), process_.failed]);
  } catch (error) {
    await stop();
    throw error;
  }
  const request: Request = ({ method, params }) => provider.send(method, (params ?? []) as unknown[]);
  const requestAll = (requests: readonly RpcRequest[]): Promise<unknown[]> => postBatch(url, requests);
  const pid = child.pid ?? 0; // it answered, so it runs
  return { kind: "anvil", provider, request, requestAll, url, port, pid, stop, failed: process_.failed };
}

function connect(url: string, chainId: number): JsonRpcProvider {
  const network = Network.from(chainId);
  return new JsonRpcProvider(url, network, {
    staticNetwork: network,
    cacheTimeout: CACHE_NOTHING,
    pollingInterval: 50,
  });
}

type RpcAnswer = { id: number; result?: unknown; error?: { message: string } };

async function postBatch(url: string, requests: readonly RpcRequest[]): Promise<unknown[]> {
  if (requests.length === 0) return [];
  const body = JSON.stringify(requests.map((request, id) => ({ jsonrpc: "2.0", id, params: [], ...request })));
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const answers = (await response.json()) as RpcAnswer[];
  const results: unknown[] = [];
  for (const { id, result, error } of answers) {
    if (error !== undefined) throw new Error(`${requests[id]?.method ?? "request"}: ${error.message}`);
    results[id] = result;
  }
  return results;
}

type Supervised = { failed: Promise<never>; end: () => Promise<void> };

function superviseChild(child: ChildProcess): Supervised {
  let isEnding = false;
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-2_000);
  });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  child.stdin?.on("error", () => undefined); // it closes with the child
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  }).finally(() => {
    process.off("exit", kill);
    child.stdin?.destroy();
  });
  const failed = new Promise<never>((_resolve, reject) => {
    const fail = (why: string): void => {
      if (!isEnding) reject(new DevnetError("DEVNET_ENDED", `The local chain ended by itself: ${why.trim()}`));
    };
    child.once("error", (error) => fail(error.message));
    child.once("close", (code, signal) => fail(complaint === "" ? `exit ${code ?? signal ?? "unknown"}` : complaint));
  });
  failed.catch(() => undefined); // whoever cares awaits it
  return {
    failed,
    async end() {
      isEnding = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.stdin?.end();
      if (process.platform === "win32") child.kill();
      const isGone = await Promise.race([ended.then(() => true), sleep(STOP_TIMEOUT_MS, false, { ref: false })]);
      if (!isGone) child.kill("SIGKILL");
      await ended;
    },
  };
}

async function waitUntilReady(url: string, chainId: number): Promise<void> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  const headers = { "content-type": "application/json" };
  for (const start = performance.now(); performance.now() - start < READY_TIMEOUT_MS; await sleep(25)) {
    try {
      const response = await fetch(url, { method: "POST", headers, body });
      const { result } = (await response.json()) as { result?: string };
      if (Number(result) === chainId) return;
    } catch {
      // not listening yet
    }
  }
  throw new DevnetError(
    "DEVNET_NOT_READY",
    `The local chain did not answer within ${READY_TIMEOUT_MS / 1000} seconds.`,
  );
}
