import {
  MAX_STREAM_DURATION,
  MAX_STREAM_FUNDED,
  MAX_STREAM_WEIGHT,
  MIN_STREAM_WEIGHT,
} from "../../../src/models/stream.js";
import { type Choices, extreme, pick } from "./choices.js";
import { StreamWorld } from "./stream-world.js";

const STARTS: readonly bigint[] = [0n, 1n, 1_700_000_000n];
const HOLDERS = 4;

/** A world after `steps` random actions, of extreme sizes more often than not. */
export function randomStream(choices: Choices, steps: number): StreamWorld {
  const world = new StreamWorld({ time: pick(choices, STARTS), holders: HOLDERS });
  world.setWeight(0, MIN_STREAM_WEIGHT + choices.below(1n << 80n));
  world.fund(amountFor(choices, world), durationFor(choices));
  for (let step = 0; step < steps; step += 1) act(choices, world);
  for (const holder of world.holders.keys()) world.claim(holder);
  return world;
}

function act(choices: Choices, world: StreamWorld): void {
  const kind = choices.below(10n);
  const holder = Number(choices.below(BigInt(HOLDERS)));
  if (kind < 4n) world.pass(secondsFor(choices, world));
  else if (kind < 6n) world.fund(amountFor(choices, world), durationFor(choices));
  else if (kind < 9n) world.setWeight(holder, weightFor(choices, world));
  else world.claim(holder);
}

function weightFor(choices: Choices, world: StreamWorld): bigint {
  const room = MAX_STREAM_WEIGHT - world.weight;
  return pick(choices, [
    0n,
    1n,
    MIN_STREAM_WEIGHT - 1n,
    MIN_STREAM_WEIGHT,
    MIN_STREAM_WEIGHT + 1n,
    room,
    extreme(choices, 0n, room),
    extreme(choices, 0n, 1n << 80n),
  ]);
}

/** Small ones more often, so that a stream can be funded again. */
function amountFor(choices: Choices, world: StreamWorld): bigint {
  const room = MAX_STREAM_FUNDED - world.funded;
  const most = choices.below(8n) === 0n ? room : room >> (4n + choices.below(80n));
  return extreme(choices, 1n, most);
}

function durationFor(choices: Choices): bigint {
  return pick(choices, [1n, 3_600n, 604_800n, MAX_STREAM_DURATION, extreme(choices, 1n, MAX_STREAM_DURATION)]);
}

function secondsFor(choices: Choices, world: StreamWorld): bigint {
  const rest = world.stream.end > world.time ? world.stream.end - world.time : 1n;
  return pick(choices, [0n, 1n, 12n, rest - 1n, rest, rest + 1n, extreme(choices, 0n, rest), rest / 3n]);
}
