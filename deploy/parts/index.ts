import type { IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";
import { amm } from "./amm.js";
import { core } from "./core.js";
import { insurance } from "./insurance.js";
import { lending } from "./lending.js";
import type { Check, CoreInputs, Deployed, Inner, Part, WiringContext } from "./part.js";
import { rwa } from "./rwa.js";
import { staking } from "./staking.js";

export type { Check, CoreInputs, Inner, WiringContext } from "./part.js";

/** The suite, in the order of its dependencies. A new protocol is a file here and a place in this list. */
export const PARTS = [core, amm, lending, staking, rwa, insurance] as const;

type KeysOf<T> = T extends unknown ? keyof T & string : never;

/** Names of the suite's contracts, as in the address book. */
export type SuiteName = KeysOf<ReturnType<(typeof PARTS)[number]["deploy"]>>;

/**
 * The suite without its surroundings: authority, ledger, protocols, lenses, and the settlement with its directory.
 * Account 0 deploys and is the first admin of the authority; docs/deploy.md says how the role is handed over.
 */
export function deploySuite(m: IgnitionModuleBuilder, inputs: CoreInputs): Record<SuiteName, Deployed> {
  const deployed: Record<string, Deployed> = {};
  const has = (name: string): Deployed => {
    const found = deployed[name];
    if (found === undefined) throw new Error(`No part before this one deploys ${name}.`);
    return found;
  };
  for (const part of PARTS as readonly Part[]) Object.assign(deployed, part.deploy(m, has, inputs));
  return deployed;
}

/** What must be true on chain of every part. */
export async function suiteChecks(context: WiringContext): Promise<Check[]> {
  const checks = await Promise.all(PARTS.map((part) => part.checks(context)));
  return checks.flat();
}

/** The contracts that the suite's contracts deployed, by name. */
export async function innerContracts(context: WiringContext): Promise<Record<string, Inner>> {
  const inner: Record<string, Inner> = {};
  for (const part of PARTS as readonly Part[]) Object.assign(inner, await part.inner?.(context));
  return inner;
}
