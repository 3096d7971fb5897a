import { Worker } from "node:worker_threads";
import { type Aggregation, type PartialSignature } from "../../../src/bls/aggregate.js";
import { type BlsReply, type BlsRequest, type BlsTask } from "./bls-worker.js";

/** BLS in a thread of its own: a search for bad signatures keeps no client waiting. */
export type BlsThread = {
  verify: (message: Uint8Array, key: Uint8Array, signature: Uint8Array) => Promise<boolean>;
  aggregate: (message: Uint8Array, partials: PartialSignature<number>[]) => Promise<Aggregation<number>>;
  close: () => Promise<void>;
};

/** Starts the thread. When it dies, what is asked of it rejects, and `onEnd` is told. */
export function startBlsThread(onEnd: (reason: string) => void): BlsThread {
  const worker = new Worker(new URL("./bls-worker.ts", import.meta.url), { execArgv: ["--import", "tsx"] });
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let count = 0;
  let isClosing = false;
  let death: Error | undefined;
  worker.on("message", ({ id, result }: BlsReply) => {
    waiting.get(id)?.resolve(result);
    waiting.delete(id);
  });
  const end = (reason: string): void => {
    if (death !== undefined) return;
    death = new Error(`the BLS thread ended: ${reason}`);
    for (const { reject } of waiting.values()) reject(death);
    waiting.clear();
    if (!isClosing) onEnd(reason);
  };
  worker.on("error", (error) => end(error instanceof Error ? error.message : String(error)));
  worker.on("exit", (code) => end(`exit ${code}`));
  const ask = (task: BlsTask): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (death !== undefined) return reject(death);
      const id = count++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, task } satisfies BlsRequest);
    });
  return {
    verify: (message, key, signature) => ask({ kind: "verify", message, key, signature }) as Promise<boolean>,
    aggregate: (message, partials) => ask({ kind: "aggregate", message, partials }) as Promise<Aggregation<number>>,
    async close() {
      isClosing = true;
      await worker.terminate();
    },
  };
}
