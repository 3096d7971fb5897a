import { id } from "ethers";
import { decodeError, type DecodedError } from "../../src/index.js";
import { type Connection } from "./deploy.js";

/** What a call answers: the return data, or why it was refused. */
export type Reply = { answer: string } | { error: Pick<DecodedError, "name" | "args"> };

/** The one error of the mock oracle, which the suite does not know. */
const ORACLE_FAILS = "MockPriceOracleFails";
const GAS = 16_000_000n;

/**
 * A chain on which the test says what time it is: a call and the transaction behind it see the same second. Transactions cost
 * nothing, so that ether does not move by them.
 */
export class TimedChain {
  readonly connection: Connection;
  /** Unix seconds. */
  now: number;

  private constructor(connection: Connection, now: number) {
    this.connection = connection;
    this.now = now;
  }

  /** `connection` allows blocks of the same second and has no base fee. */
  static async of(connection: Connection): Promise<TimedChain> {
    const block = await connection.ethers.provider.getBlock("latest");
    if (block === null) throw new Error("The chain has no block");
    const chain = new TimedChain(connection, block.timestamp);
    await chain.wait(1);
    return chain;
  }

  /** Moves on, by nothing at all where `seconds` is 0. */
  async wait(seconds: number): Promise<void> {
    if (seconds === 0) return;
    this.now += seconds;
    await this.#request("evm_setNextBlockTimestamp", [this.now]);
    await this.#request("evm_mine", []);
  }

  /** Goes on from the time at which others have sent something. */
  async adopt(): Promise<void> {
    const block = await this.connection.ethers.provider.getBlock("latest");
    this.now = Math.max(this.now, block?.timestamp ?? 0);
    await this.wait(1);
  }

  /** What `to` answers at this second. */
  async call({ from, to, data }: { from?: string; to: string; data: string }): Promise<Reply> {
    try {
      const call = { ...(from === undefined ? {} : { from }), to, data, gasPrice: "0x0" };
      return { answer: (await this.#request("eth_call", [call, "latest"])) as string };
    } catch (error) {
      return { error: readError(revertData(error)) };
    }
  }

  /** The words that a view answers, which refuses nothing. */
  async words(to: string, data: string): Promise<bigint[]> {
    const reply = await this.call({ to, data });
    if ("error" in reply) throw new Error(`A view of ${to} refused: ${reply.error.name}`);
    return wordsOf(reply.answer);
  }

  /** Asks, then sends in the same second; what the call refuses is not sent. */
  async send({ from, to, data }: { from: string; to: string; data: string }): Promise<Reply> {
    const request = { from, to, data };
    const reply = await this.call(request);
    if ("error" in reply) return reply;
    await this.#request("evm_setNextBlockTimestamp", [this.now]);
    // Fails where the transaction does.
    await this.#request("eth_sendTransaction", [{ ...request, gas: `0x${GAS.toString(16)}`, gasPrice: "0x0" }]);
    return reply;
  }

  async #request(method: string, params: unknown[]): Promise<unknown> {
    return this.connection.provider.request({ method, params });
  }
}

/** The 32-byte words of an answer. */
export function wordsOf(answer: string): bigint[] {
  return Array.from({ length: (answer.length - 2) / 64 }, (_, i) =>
    BigInt(`0x${answer.slice(2 + 64 * i, 66 + 64 * i)}`),
  );
}

function readError(data: string): Pick<DecodedError, "name" | "args"> {
  if (data === id(`${ORACLE_FAILS}()`).slice(0, 10)) return { name: ORACLE_FAILS, args: {} };
  const { name, args } = decodeError(data);
  return { name, args };
}

function revertData(error: unknown): string {
  const { data } = error as { data?: unknown };
  if (typeof data === "string") return data;
  const nested = (data as { data?: unknown } | undefined)?.data;
  if (typeof nested === "string") return nested;
  throw error;
}
