import { JsonRpcProvider, Network } from "ethers";
import type { Request } from "../devnet.js";
import { DeployError } from "./error.js";

const TIMEOUT_MS = 15_000;

/** The node answered, with an error. */
export class RpcError extends Error {
  readonly method: string;

  constructor(method: string, message: string) {
    super(message);
    this.name = "RpcError";
    this.method = method;
  }
}

type Answer = { result?: unknown; error?: { message?: string } };

/** Plain requests to a node, without Hardhat's checks; a silent node is `RPC_UNREACHABLE`, an error is an `RpcError`. */
export function plainRequest(url: string): Request {
  return async ({ method, params }) => {
    let answer: Answer;
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: params ?? [] }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      answer = (await response.json()) as Answer;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
      const why = error instanceof Error ? [error.message, cause].filter((part) => part !== "").join(": ") : "";
      throw new DeployError("RPC_UNREACHABLE", `The node of this network cannot be reached (${why}).`);
    }
    if (answer.error !== undefined) throw new RpcError(method, answer.error.message ?? "an error without a message");
    return answer.result;
  };
}

/** What a call, without a sender unless given, answers, or undefined where it fails. */
export async function tryCall(
  request: Request,
  call: { from?: string; to?: string; data: string; gas?: string },
): Promise<string | undefined> {
  try {
    return (await request({ method: "eth_call", params: [call, "latest"] })) as string;
  } catch (error) {
    if (error instanceof RpcError) return undefined;
    throw error;
  }
}

/** Code at an address, `0x` where there is none. */
export async function codeAt(request: Request, address: string): Promise<string> {
  return (await request({ method: "eth_getCode", params: [address, "latest"] })) as string;
}

/** A provider that asks the node each time and does not look for the chain id again. Destroy it after use. */
export function connect(url: string, chainId: number): JsonRpcProvider {
  const network = Network.from(chainId);
  return new JsonRpcProvider(url, network, { staticNetwork: network, cacheTimeout: -1 });
}
