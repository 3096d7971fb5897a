import type { JsonRpcSigner } from "ethers";
import { FailureError } from "../../scripts/lib/failure.js";
import type { GasRow, PeersOnlyRow } from "../schema.js";
import type { Lab, Measured, Sent } from "./lab.js";

/** A figure that must change by exactly `change`, which may depend on what only the transaction's block tells. */
export type Effect = {
  label: string;
  read: () => Promise<bigint>;
  change: bigint | (() => Promise<bigint>);
  /** Has to end at 0, which is what the operation is for. */
  empties?: true;
};

export type Measurement = {
  name: string;
  from: JsonRpcSigner;
  request: Sent;
  /** steady: every effect starts above 0 and ends there, unless it empties; new: one at least starts at 0. */
  state: "steady" | "new";
  effects: readonly Effect[];
  /** Of the maker, in the same block, before the request. */
  behind?: Sent;
};

/** The state after a measured transaction is not what its formula says, or its state was not the stated one. */
export class EffectError extends FailureError {
  constructor(message: string) {
    super("WRONG_EFFECT", message);
    this.name = "EffectError";
  }
}

/** Sends one transaction and checks what it did. */
export async function measure(
  lab: Lab,
  { name, from, request, state, effects, behind }: Measurement,
): Promise<Measured> {
  const before = await Promise.all(effects.map(({ read }) => read()));
  const measured = await (behind === undefined ? lab.send(from, request) : lab.sendBehind(behind, from, request));
  const after = await Promise.all(effects.map(({ read }) => read()));
  for (const [index, { label, change, empties }] of effects.entries()) {
    if (empties === true && after[index] !== 0n) throw new EffectError(`${name}: ${label} is not empty.`);
    const actual = (after[index] ?? 0n) - (before[index] ?? 0n);
    const expected = typeof change === "bigint" ? change : await change();
    if (actual !== expected) throw new EffectError(`${name}: ${label} changed by ${actual}, not by ${expected}.`);
  }
  const startsAtZero = before.some((value) => value === 0n);
  const isSteady = !startsAtZero && after.every((value, index) => value !== 0n || effects[index]?.empties === true);
  if (state === "steady" ? !isSteady : !startsAtZero) {
    throw new EffectError(`${name}: the state is not ${state}: from ${before.join(", ")} to ${after.join(", ")}.`);
  }
  return measured;
}

/** A row of ours, from what was measured of it. */
export function measuredRow(row: PeersOnlyRow, { l1FeeWei, ...gas }: Measured): GasRow {
  return { ...row, ...gas, l1FeeWei: String(l1FeeWei) };
}
