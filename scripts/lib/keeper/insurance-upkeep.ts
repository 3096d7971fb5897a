import { type Provider } from "ethers";
import { createInsuranceClient, type LedgerClient } from "../../../src/index.js";
import { VOID_RATIO, WHOLE_COVER } from "../../../src/insurance-terms.js";
import { createCoverProofs } from "./cover-proofs.js";
import {
  createInsuranceWatch,
  type Holder,
  type InsuranceWatchOptions,
  type ReadyRequests,
  type RiskState,
  type WatchedRisk,
  type WatchedUnderwriting,
} from "./insurance-watch.js";
import { momentOf, TOO_MUCH_GAS, type Moment, type UpkeepTask, type UpkeepWatch } from "./upkeep.js";

export type InsuranceUpkeepOptions = Omit<InsuranceWatchOptions, "ledger" | "provider"> & {
  provider: Provider;
  /** Who would do it. */
  account: string;
  ledger: LedgerClient;
  weth: string;
  /** Most holders that are paid by a call, and most requests that one makes final. */
  mostHolders?: number;
  mostRequests?: number;
};

/** Underwriting pools that are looked after, and risks of which something may be to do. */
export type InsuranceCounts = { pools: number; risks: number };

/** A holder takes 40 to 60 thousand gas, a request 7 thousand at most: a page of either takes less than half of what a transaction may. */
const MOST_HOLDERS = 100;
const MOST_REQUESTS = 500;

/** Outcomes of risks, payments to holders who let the desk take their cover, and exits of underwriting pools. */
export function createInsuranceUpkeep(options: InsuranceUpkeepOptions): UpkeepWatch<InsuranceCounts> {
  const { provider, account, ledger, weth, pools, desk, ids, fromBlock } = options;
  const { mostHolders = MOST_HOLDERS, mostRequests = MOST_REQUESTS } = options;
  const client = createInsuranceClient({ pools, desk, weth, ledger, account, runner: provider });
  const watch = createInsuranceWatch({ provider, ledger: ledger.address, pools, desk, ids, fromBlock });
  const proofs = createCoverProofs({ provider, desk });

  const nameOf = ({ id, product, terms }: WatchedRisk) => ({
    subject: { pool: product.pool, risk: id },
    of: { risk: terms, asset: product.asset },
  });

  /** A report, or that there is none any more; nothing where neither can be. */
  async function outcomeTask(risk: WatchedRisk, state: RiskState, at: Moment): Promise<UpkeepTask | undefined> {
    const { subject, of } = nameOf(risk);
    if (at.now >= state.voidFrom) {
      return { task: "void", ...subject, amount: state.held, request: client.voidRisk(of) };
    }
    const { start, end, reportBy, fallbackBy, oracleData: data } = risk.terms;
    if (at.now >= fallbackBy) return undefined;
    const oracle = at.now < reportBy ? risk.product.oracle : risk.product.fallbackOracle;
    const found = await proofs.find(oracle, { risk: risk.id, data, start, end }, at.block);
    if (found === undefined) return undefined;
    const amount = (state.cover * found.ratio) / WHOLE_COVER;
    return { task: "report", ...subject, amount, request: client.report({ ...of, proof: found.proof }) };
  }

  /** Pays these holders, half of them where that takes too much gas. */
  function redeemTask(risk: WatchedRisk, state: RiskState, holders: readonly Holder[]): UpkeepTask {
    const { subject, of } = nameOf(risk);
    const amount = (holders.reduce((sum, { units }) => sum + units, 0n) * state.held) / state.cover;
    const half = Math.ceil(holders.length / 2);
    const [first] = holders;
    return {
      ...{ task: "redeem", ...subject, holders: holders.length, amount },
      account: holders.length === 1 ? first?.account : undefined,
      request: client.settleHolders({ ...of, holders: holders.map((holder) => holder.account) }),
      less({ name }) {
        if (name !== TOO_MUCH_GAS || holders.length === 1) return [];
        return [holders.slice(0, half), holders.slice(half)].map((part) => redeemTask(risk, state, part));
      },
    };
  }

  async function* tasksOfRisk(risk: WatchedRisk, at: Moment): AsyncGenerator<UpkeepTask> {
    if (at.now < risk.terms.start || (risk.isSettled && risk.candidates.size === 0)) return;
    const { subject, of } = nameOf(risk);
    let { block } = at;
    let state = await watch.stateOf(risk, block);
    if (state.cover === 0n) return;
    if (state.status === "open") {
      const task = await outcomeTask(risk, state, at);
      if (task === undefined) return;
      yield task;
      block = await provider.getBlockNumber();
      state = await watch.stateOf(risk, block);
    }
    if (state.status === "reported") {
      const { ratio, held, cover } = state;
      const amount = ratio === VOID_RATIO ? held : (cover * ratio) / WHOLE_COVER;
      yield { task: "settle", ...subject, amount, request: client.settle(of) };
      block = await provider.getBlockNumber();
      state = await watch.stateOf(risk, block);
    }
    if (state.status !== "settled" || state.held === 0n) return;
    const { held, cover } = state;
    // Whose part is less than a unit would give his cover for nothing.
    const holders = (await watch.holdersOf(risk, block)).filter(({ units }) => units * held >= cover);
    for (let first = 0; first < holders.length; first += mostHolders) {
      yield redeemTask(risk, state, holders.slice(first, first + mostHolders));
    }
    if (holders.length > 0) await watch.stateOf(risk, await provider.getBlockNumber());
  }

  /** Makes these requests final, the first half of them where all at once are refused: more capital may be locked than they leave. */
  function finaliseTask({ id, terms }: WatchedUnderwriting, { first, requests }: ReadyRequests): UpkeepTask {
    const requestId = first + BigInt(requests.length) - 1n;
    return {
      ...{ task: "finalise", pool: id, account: requests.at(-1)?.owner, requestId },
      amount: requests.reduce((sum, { shares }) => sum + shares, 0n),
      request: client.finaliseExits({ terms, requestId }),
      less() {
        if (requests.length === 1) return [];
        return [finaliseTask({ id, terms }, { first, requests: requests.slice(0, Math.ceil(requests.length / 2)) })];
      },
    };
  }

  async function* tasksOfPool(pool: WatchedUnderwriting, from: Moment): AsyncGenerator<UpkeepTask> {
    let at = from;
    for (let last = 0n; ;) {
      const ready = await watch.readyOf(pool, at, mostRequests);
      if (ready === undefined || ready.first === last) return;
      last = ready.first;
      yield finaliseTask(pool, ready);
      at = await momentOf(provider);
    }
  }

  return {
    protocol: "insurance",
    advance: (block) => watch.advance(block),
    counts: () => ({ pools: watch.pools.size, risks: watch.risks.size }),

    async *tasks(at) {
      for (const risk of [...watch.risks.values()]) yield* tasksOfRisk(risk, at);
      // A report moves the price at which exits become final, and gives capital free.
      const now = await momentOf(provider);
      for (const pool of watch.pools.values()) yield* tasksOfPool(pool, now);
    },
  };
}
