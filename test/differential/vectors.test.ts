import { readFile } from "node:fs/promises";
import path from "node:path";
import { type QueueStep } from "../../scripts/lib/vectors/queue-world.js";
import { type StreamStep } from "../../scripts/lib/vectors/stream-world.js";
import { type ExitQueueHarness, type StreamHarness } from "../../typechain-types/index.js";
import { network } from "#chain";
import { deployTyped } from "../helpers/deploy.js";
import { expectQueueSteps, expectStreamSteps } from "../helpers/staking-libraries.js";

const FOLDER = path.resolve(import.meta.dirname, "../../src/vectors");

const connection = await network.create("local");

/** What is in a file of vectors: numbers in strings become numbers again. */
async function tracesOf<Step>(file: string): Promise<Step[][]> {
  const text = await readFile(path.join(FOLDER, file), "utf8");
  const { traces } = JSON.parse(text, (_, value: unknown) =>
    typeof value === "string" && /^\d+$/.test(value) ? BigInt(value) : value,
  ) as { traces: Step[][] };
  return traces;
}

/** A step of a queue as it is published: its request, if it is not paid whole, stands beside it. */
type PublishedQueueStep = QueueStep & Pick<QueueStep["queue"], "requested" | "owed"> & { request?: Request };
type Request = NonNullable<ReturnType<QueueStep["queue"]["requests"]["get"]>>;

function unpublished({ request, requested, owed, ...step }: PublishedQueueStep): QueueStep {
  const id = step.do === "finalise" ? 0n : step.id;
  const requests = new Map(request === undefined ? [] : [[id, request]]);
  return { ...step, queue: { requested, owed, count: 0n, checkpoints: [], requests } };
}

describe("published vectors", () => {
  it("are what StreamLib gives", async () => {
    const harness = await deployTyped<StreamHarness>(connection, "StreamHarness");
    for (const steps of await tracesOf<StreamStep>("stream.json")) await expectStreamSteps(harness, steps);
  });

  it("are what ExitQueue gives", async () => {
    const harness = await deployTyped<ExitQueueHarness>(connection, "ExitQueueHarness");
    const traces = await tracesOf<PublishedQueueStep>("exit-queue.json");
    await expectQueueSteps(
      harness,
      traces.map((steps) => steps.map(unpublished)),
    );
  });
});
