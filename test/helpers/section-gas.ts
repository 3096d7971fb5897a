import { expect } from "chai";
import type { Addressable } from "ethers";
import {
  buildBatches,
  decodeHolderFlags,
  decodeWord,
  GAS_MODEL,
  wireArgument,
  type Order,
  type OrderOperation,
} from "../../src/index.js";
import type { ILedgerProtocol, MockSettlement } from "../../typechain-types/mocks/MockSettlement.js";
import { at } from "./deploy.js";
import type { LedgerFixture } from "./ledger-fixture.js";

/** An operation by the sequence of its word and the place of its user. */
export type OperationOf = (sequence: number, index: number) => OrderOperation;

type Section = ILedgerProtocol.SectionStruct;
type Operations = MockSettlement.OrderStruct[];
type Answer = readonly [executed: boolean, skipped: readonly bigint[]];

/** Where sections run. */
export type SectionHost = {
  relayer: string;
  wordOf: (user: Addressable | string, asset: bigint) => Promise<bigint>;
  /** Hands a section to the ledger, for good or to see what it would answer. */
  settle: (how: "call" | "send", section: Section, operations: Operations) => Promise<Answer>;
  /** Gas that is enough for any section here. */
  plenty: number;
  /** How close the least gas is found. */
  step: number;
};

/** Who makes operations, which debit words of one asset. */
export type Group = {
  users: readonly (Addressable | string)[];
  asset: bigint;
  /** Places of those users who take part, all unless given. */
  places?: readonly number[];
};

/** What the gas of an operation is held to. */
export type GasBounds = {
  /** The most that the builder brings for an operation, by what it needs; a third beyond unless given. */
  most?: (need: number) => number;
  /** The few are all but the last, where one does what those before him leave; else all but the first. */
  isInOrder?: boolean;
  /** Whether everybody's operation is carried out in the end, under the builder's gas. */
  isSent?: boolean;
};

/** The chain of the ledger's fixture. */
export function hostOf({
  ledger,
  settlement,
  relayer,
}: Pick<LedgerFixture, "ledger" | "settlement"> & { relayer: string }): SectionHost {
  return {
    ...{ relayer, plenty: 1 << 22, step: 64 },
    wordOf: (user, asset) => ledger.wordOf(user, asset),
    settle: async (how, section, operations) => {
      const answer = await settlement.settle.staticCall(section, operations);
      if (how === "send") await settlement.settle(section, operations);
      return answer;
    },
  };
}

/** A section of one operation of each of these users, as the builder makes it; `run` answers whether all were executed. */
export async function gasSectionOf(host: SectionHost, operationOf: OperationOf, group: Group) {
  const { relayer, wordOf, settle } = host;
  const { users, asset, places = users.map((_, index) => index) } = group;
  const words = await Promise.all(places.map((place) => wordOf(at(users, place), asset)));
  const operations = words.map((word, n) => {
    return operationOf(Number(decodeHolderFlags(decodeWord(word).flags).sequence), at(places, n));
  });
  const orders = operations.map((operation, id): Order => ({ id, operations: [operation] }));
  const { body } = at(buildBatches({ relayer, number: 1, expiry: 4_000_000_000, orders }), 0);
  const section = { ...at(body.sections, 0), feeTo: relayer };
  const packed = operations.map(({ kind, amount, argument, sequence }, n) => ({
    ...{ account: at(users, at(places, n)), sequence: sequence & 255, kind, amount },
    arguments: wireArgument(argument).value,
  }));
  const run = async (how: "call" | "send", gasCap: number): Promise<boolean> => {
    const [executed, skipped] = await settle(how, { ...section, gasCap }, packed);
    return executed && skipped.every((bits) => bits === 0n);
  };
  return { gasCap: section.gasCap, run };
}

/** Carries out one operation of each under the builder's gas; answers whether all were executed. */
export async function settleAll(host: SectionHost, operationOf: OperationOf, group: Group): Promise<boolean> {
  const { run, gasCap } = await gasSectionOf(host, operationOf, group);
  return run("send", gasCap);
}

/** The least gas under which the whole section is executed, but for less than a step. */
export async function gasNeedOf(host: SectionHost, operationOf: OperationOf, group: Group): Promise<number> {
  const { run } = await gasSectionOf(host, operationOf, group);
  let [low, high] = [0, host.plenty];
  expect(await run("call", high), "with gas for all").to.equal(true);
  while (high - low > host.step) {
    const middle = (low + high) / 2;
    if (await run("call", middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Holds the gas that the builder brings for an operation, and once for its section, to what they need. */
export async function holdGas(
  host: SectionHost,
  { name, operationOf, ...group }: Group & { name: string; operationOf: OperationOf },
  { most = (need) => (need * 4) / 3, isInOrder = false, isSent = true }: GasBounds = {},
): Promise<void> {
  const { users, places = users.map((_, index) => index) } = group;
  const needOf = async (some: readonly number[]) => gasNeedOf(host, operationOf, { ...group, places: some });
  const [one, few, many] = [
    await needOf(places.slice(0, 1)),
    await needOf(isInOrder ? places.slice(0, -1) : places.slice(1)),
    await needOf(places),
  ];
  const { extraGas = 0, sectionGas = 0 } = operationOf(0, at(places, 0));
  const each = many - few;
  const given = GAS_MODEL.operation + extraGas;
  expect(given, `${name}: one operation, of ${each}`).to.be.within(each, most(each));
  expect(one - each, `${name}: once`).to.be.at.most(GAS_MODEL.section + sectionGas);
  if (isSent) expect(await settleAll(host, operationOf, group), name).to.equal(true);
}
