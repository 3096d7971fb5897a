import { parentPort } from "node:worker_threads";
import { aggregateOrBisect, type PartialSignature } from "../../../src/bls/aggregate.js";
import { loadBls } from "../../../src/bls/bls.js";

/** What the thread is asked. */
export type BlsTask =
  | { kind: "verify"; message: Uint8Array; key: Uint8Array; signature: Uint8Array }
  | { kind: "aggregate"; message: Uint8Array; partials: PartialSignature<number>[] };

export type BlsRequest = { id: number; task: BlsTask };
export type BlsReply = { id: number; result: unknown };

const bls = await loadBls();
const port = parentPort;

port?.on("message", ({ id, task }: BlsRequest) => {
  const result =
    task.kind === "verify"
      ? bls.verify(task.message, task.key, task.signature)
      : aggregateOrBisect({ bls, message: task.message, partials: task.partials });
  port.postMessage({ id, result } satisfies BlsReply);
});
