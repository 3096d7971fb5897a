import { type Provider, type Signer } from "ethers";
import { createStakingClient, type LakhRequest, type LedgerClient } from "../../../src/index.js";
import { refusal, type Reason } from "./refusal.js";
import { createStakingWatch, type WatchedStakePool } from "./staking-watch.js";

/** Gas beyond the estimate, in percent. */
const GAS_MARGIN = 120n;
/** How long a transaction is waited for, in milliseconds. */
const WAIT_MS = 120_000;

export type UpkeepOptions = {
  provider: Provider;
  /** Who does it; without one nothing is sent. */
  signer?: Signer | undefined;
  /** The signer's address, or who would do it. */
  account: string;
  ledger: LedgerClient;
  weth: string;
  staking: string;
  /** Ids of the pools that are looked after; all unless given. */
  pools?: readonly string[] | undefined;
  fromBlock: number;
  /** Told of each outcome as soon as it is known. */
  tell?: ((upkeep: Upkeep) => void) | undefined;
};

/** What became, or would become, of something that anybody may do for a stake pool and that pays nothing. `gasCost` is wei. */
export type Upkeep = {
  kind: "done" | "planned" | "refused";
  /** Takes an expired lock off; makes all requests final whose cooldown is over. */
  task: "kick" | "finalise";
  block: number;
  pool: string;
  /** Whose lock it is, or whose the last of the requests. */
  account: string;
  /** The last of the requests. */
  requestId: bigint | undefined;
  /** The weight that the lock added, or the shares that become final. */
  amount: bigint;
  profit: 0n;
  gas: bigint;
  gasCost: bigint;
  /** Why it is refused. */
  reason: Reason | undefined;
};

export type UpkeepPass = { pools: number; locks: number; upkeep: Upkeep[] };

/** Kicks and finalisations of stake pools. A pass throws where the node fails, never where a task is refused. */
export function createUpkeep({ provider, signer, account, ledger, weth, staking, tell, ...rest }: UpkeepOptions) {
  const client = createStakingClient({ address: staking, weth, ledger, account, runner: signer ?? provider });
  const watch = createStakingWatch({ provider, staking, ...rest });

  async function handle(task: Upkeep, { to, data }: LakhRequest): Promise<Upkeep> {
    try {
      const transaction = { to, data, from: account };
      await provider.call(transaction);
      const gas = await provider.estimateGas(transaction);
      const { gasPrice, maxFeePerGas } = await provider.getFeeData();
      const priced: Upkeep = { ...task, gas, gasCost: gas * (gasPrice ?? maxFeePerGas ?? 0n) };
      if (signer === undefined) return { ...priced, kind: "planned" };
      const sent = await signer.sendTransaction({ to, data, gasLimit: (gas * GAS_MARGIN) / 100n });
      const receipt = await sent.wait(1, WAIT_MS);
      return { ...priced, kind: "done", gas: receipt?.gasUsed ?? 0n, gasCost: receipt?.fee ?? 0n };
    } catch (error) {
      return { ...task, reason: refusal(error) };
    }
  }

  async function tasksOf({ id, terms, locks }: WatchedStakePool, at: { block: number; now: bigint }) {
    const common = { kind: "refused", block: at.block, pool: id, profit: 0n, gas: 0n, gasCost: 0n } as const;
    const tasks: { task: Upkeep; request: LakhRequest }[] = [];
    for (const [owner, { extra, end }] of locks) {
      if (end > at.now) continue;
      const of = { account: owner, requestId: undefined, amount: extra, reason: undefined };
      tasks.push({ task: { ...common, task: "kick", ...of }, request: client.kick({ pool: terms, account: owner }) });
    }
    const ready = terms.cooldown === 0n ? undefined : await watch.readyOf({ id, terms, locks }, at);
    if (ready === undefined) return tasks;
    const { requestId, owner, shares } = ready;
    const of = { account: owner, requestId, amount: shares, reason: undefined };
    tasks.push({ task: { ...common, task: "finalise", ...of }, request: client.finalise({ pool: terms, requestId }) });
    return tasks;
  }

  return {
    async pass(block: number): Promise<UpkeepPass> {
      await watch.advance(block);
      const now = BigInt((await provider.getBlock(block))?.timestamp ?? 0);
      const result: UpkeepPass = { pools: watch.pools.size, locks: 0, upkeep: [] };
      for (const pool of watch.pools.values()) {
        result.locks += pool.locks.size;
        for (const { task, request } of await tasksOf(pool, { block, now })) {
          const outcome = await handle(task, request);
          result.upkeep.push(outcome);
          tell?.(outcome);
        }
      }
      return result;
    },
  };
}
