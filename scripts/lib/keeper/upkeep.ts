import { type Provider } from "ethers";
import { DEFAULT_CAPS } from "../../../src/settlement/builder.js";
import { costOf } from "./cost.js";
import { refusal, type Reason } from "./refusal.js";
import { GAS_MARGIN, type Sender } from "./sender.js";

/** The reason of what no transaction has the gas for. */
export const TOO_MUCH_GAS = "TooMuchGas";

/** A block and its time, Unix seconds. */
export type Moment = { block: number; now: bigint };

/** What became, or would become, of something that anybody may do for a protocol and that pays nothing. `gasCost` is wei. */
export type Upkeep = {
  kind: "done" | "planned" | "refused";
  protocol: "staking" | "insurance";
  /**
   * Takes an expired lock off; makes all requests final that are ready; brings a risk's outcome and moves the money; moves the money alone;
   * says that a risk has none; pays holders who let the desk take their cover.
   */
  task: "kick" | "finalise" | "report" | "settle" | "void" | "redeem";
  block: number;
  /** The stake pool, or the underwriting pool. */
  pool: string;
  risk: string | undefined;
  /** Whose lock or cover it is, or whose the last of the requests. */
  account: string | undefined;
  /** The last of the requests. */
  requestId: bigint | undefined;
  /** How many holders are paid. */
  holders: number | undefined;
  /** The weight that the lock added, the shares that become final, or the units that holders are owed or paid. */
  amount: bigint;
  profit: 0n;
  gas: bigint;
  gasCost: bigint;
  /** Why it is refused. */
  reason: Reason | undefined;
};

type Subject = Pick<Upkeep, "risk" | "account" | "requestId" | "holders">;

/** Something to do. */
export type UpkeepTask = Pick<Upkeep, "task" | "pool" | "amount"> &
  Partial<Subject> & {
    request: { to: string; data: string };
    /** What is done in its place when all of it at once is refused for that reason; nothing where the refusal stands. */
    less?: (reason: Reason) => readonly UpkeepTask[];
  };

/** What is looked after in a protocol. */
export type UpkeepWatch<C extends object> = {
  protocol: Upkeep["protocol"];
  /** Reads on up to `block`. */
  advance: (block: number) => Promise<void>;
  counts: () => C;
  /** What is to be done, from a block on; each is asked for when the one before was done or refused. */
  tasks: (at: Moment) => AsyncIterable<UpkeepTask>;
};

/** What is looked after, and what was done in a pass. */
export type UpkeepPass<C extends object> = C & { upkeep: Upkeep[] };

export type UpkeepOptions = {
  provider: Provider;
  /** Without it nothing is sent. */
  send?: Sender | undefined;
  /** Who sends, or would. */
  account: string;
  /** The most gas of a transaction, that of EIP-7825 unless given. */
  maxGas?: bigint;
  /** Told of each outcome as soon as it is known. */
  tell?: ((upkeep: Upkeep) => void) | undefined;
};

/** Simulates, prices and sends what watches find. A pass throws where the node fails, never where a task is refused. */
export function createUpkeep({ provider, send, account, maxGas = BigInt(DEFAULT_CAPS.gas), tell }: UpkeepOptions): {
  pass: <C extends object>(watch: UpkeepWatch<C>, block: number) => Promise<UpkeepPass<C>>;
} {
  async function attempt(outcome: Upkeep, { to, data }: UpkeepTask["request"]): Promise<Upkeep> {
    try {
      const transaction = { to, data, from: account };
      await provider.call(transaction);
      const gas = await provider.estimateGas(transaction);
      const { gasCost, l1Cost } = await costOf(provider, { to, data }, gas);
      const priced: Upkeep = { ...outcome, gas, gasCost };
      if ((gas * GAS_MARGIN) / 100n > maxGas) {
        const message = `It takes ${gas} gas, and a transaction has ${maxGas}.`;
        return { ...priced, reason: { name: TOO_MUCH_GAS, message } };
      }
      if (send === undefined) return { ...priced, kind: "planned" };
      const receipt = await send({ to, data }, gas);
      return { ...priced, kind: "done", gas: receipt?.gasUsed ?? 0n, gasCost: (receipt?.fee ?? 0n) + l1Cost };
    } catch (error) {
      return { ...outcome, reason: refusal(error) };
    }
  }

  async function handle(task: UpkeepTask, common: Pick<Upkeep, "protocol" | "block">): Promise<Upkeep[]> {
    const { request, less, risk, account: owner, requestId, holders, ...rest } = task;
    const nothing = { kind: "refused", profit: 0n, gas: 0n, gasCost: 0n, reason: undefined } as const;
    const outcome = await attempt(
      { ...common, ...rest, risk, account: owner, requestId, holders, ...nothing },
      request,
    );
    const parts = outcome.reason === undefined ? [] : (less?.(outcome.reason) ?? []);
    if (parts.length === 0) {
      tell?.(outcome);
      return [outcome];
    }
    const outcomes: Upkeep[] = [];
    for (const part of parts) outcomes.push(...(await handle(part, common)));
    return outcomes;
  }

  return {
    async pass(watch, block) {
      await watch.advance(block);
      const at = await momentOf(provider, block);
      const result = { ...watch.counts(), upkeep: [] as Upkeep[] };
      const common = { protocol: watch.protocol, block };
      for await (const task of watch.tasks(at)) result.upkeep.push(...(await handle(task, common)));
      return result;
    },
  };
}

/** The block's time; the newest block's unless given. */
export async function momentOf(provider: Provider, block?: number): Promise<Moment> {
  const found = await provider.getBlock(block ?? "latest");
  return { block: found?.number ?? block ?? 0, now: BigInt(found?.timestamp ?? 0) };
}
