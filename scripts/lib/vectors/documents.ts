import { toBeHex } from "ethers";
import { format, resolveConfig } from "prettier";
import { packStream } from "../../../src/models/stream.js";
import { type AuditDocument } from "../audit/documents.js";
import { choicesFrom } from "./choices.js";
import { randomQueue } from "./queue-schedule.js";
import { type QueueStep } from "./queue-world.js";
import { randomStream } from "./stream-schedule.js";
import { type StreamStep } from "./stream-world.js";

const SEED = "Lakh vectors 1";
const TRACES = 12;
const STREAM_STEPS = 24;
const QUEUE_STEPS = 16;

/** Expected results of the shared libraries, from their models. See src/vectors/README.md. */
export const VECTOR_DOCUMENTS: readonly AuditDocument[] = [
  {
    name: "vectors of reward streams",
    output: "src/vectors/stream.json",
    render: async () =>
      json("src/vectors/stream.json", {
        traces: traces("stream", (choices) => randomStream(choices, STREAM_STEPS).steps.map(streamStep)),
      }),
  },
  {
    name: "vectors of exit queues",
    output: "src/vectors/exit-queue.json",
    render: async () =>
      json("src/vectors/exit-queue.json", {
        traces: traces("queue", (choices) => randomQueue(choices, QUEUE_STEPS).steps.map(queueStep)),
      }),
  },
];

function traces(name: string, run: (choices: ReturnType<typeof choicesFrom>) => unknown[]): unknown[] {
  return Array.from({ length: TRACES }, (_, number) => run(choicesFrom(`${SEED} ${name} ${number.toString()}`)));
}

function streamStep(step: StreamStep): unknown {
  return "stream" in step ? { ...step, words: packStream(step.stream).map((word) => toBeHex(word, 32)) } : step;
}

function queueStep({ queue, ...step }: QueueStep): unknown {
  const request = step.do === "finalise" ? undefined : queue.requests.get(step.id);
  return { ...step, requested: queue.requested, owed: queue.owed, request };
}

/** Whole numbers beyond 2^53 are strings, as all amounts are here. */
async function json(file: string, value: unknown): Promise<string> {
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part));
  return format(text, { ...(await resolveConfig(file)), parser: "json", plugins: [] });
}
