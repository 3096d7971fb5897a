import { getAddress, toBeHex } from "ethers";
import { pendingExits, pendingUpToExit } from "../../../src/models/exit-queue.js";
import { type Choices, extreme, pick } from "./choices.js";
import { ALL_CHECKPOINTS, QueueWorld } from "./queue-world.js";

const MAX_AMOUNT = (1n << 96n) - 1n;
const LAST_TIME = (1n << 32n) - 1n;

/** A world after `steps` random actions, of extreme sizes more often than not, in which prices rise and fall; then all is made final and paid. */
export function randomQueue(choices: Choices, steps: number): QueueWorld {
  const world = new QueueWorld();
  push(choices, world);
  for (let step = 0; step < steps; step += 1) act(choices, world);
  const pending = pendingExits(world.queue);
  if (pending !== 0n) world.finalise(pending, extreme(choices, 0n, MAX_AMOUNT - world.queue.owed));
  for (let id = world.queue.count; id > 0n; id -= 1n) world.pay(id);
  return world;
}

function act(choices: Choices, world: QueueWorld): void {
  const kind = choices.below(8n);
  if (kind < 3n) push(choices, world);
  else if (kind < 5n) finalise(choices, world);
  else world.pay(choices.below(world.queue.count + 2n), pick(choices, [0n, 1n, 2n, ALL_CHECKPOINTS]));
}

function push(choices: Choices, world: QueueWorld): void {
  const shares = extreme(choices, 1n, pick(choices, [3n, 1_000_000n, MAX_AMOUNT]));
  world.push({
    owner: getAddress(toBeHex(1n + choices.below(1n << 159n), 20)),
    shares,
    assets: pick(choices, [shares, extreme(choices, 0n, MAX_AMOUNT), around(choices, shares)]),
    readyAt: extreme(choices, 0n, LAST_TIME),
  });
}

function finalise(choices: Choices, world: QueueWorld): void {
  const pending = pendingExits(world.queue);
  const shares = pick(choices, [
    pending,
    pendingUpToExit(world.queue, choices.below(world.queue.count + 1n)),
    extreme(choices, 1n, pending),
  ]);
  const room = MAX_AMOUNT - world.queue.owed;
  const assets = pick(choices, [around(choices, shares), around(choices, shares), extreme(choices, 0n, room)]);
  world.finalise(shares, assets > room ? room : assets);
}

/** From half to twice as many assets as shares. */
function around(choices: Choices, shares: bigint): bigint {
  const assets = (shares * (500n + choices.below(1_500n))) / 1_000n;
  return assets > MAX_AMOUNT ? MAX_AMOUNT : assets;
}
