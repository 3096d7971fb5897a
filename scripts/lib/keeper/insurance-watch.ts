import { zeroPadValue, type Provider } from "ethers";
import {
  coverId,
  RISK_STATES,
  type RiskStatus,
  type RiskTerms,
  type UnderwritingTerms,
} from "../../../src/insurance-terms.js";
import { ICoverDesk__factory } from "../../../typechain-types/factories/interfaces/ICoverDesk__factory.js";
import { ILedger__factory } from "../../../typechain-types/factories/interfaces/ILedger__factory.js";
import { IUnderwritingPool__factory } from "../../../typechain-types/factories/interfaces/IUnderwritingPool__factory.js";
import { type Moment } from "./upkeep.js";
import { OVERLAP, spans } from "./watch.js";

/** What a risk is sold by: its pool, the pool's asset, and who says what happened. */
export type WatchedProduct = { pool: string; asset: bigint; oracle: string; fallbackOracle: string };
/** A risk, and who may have let the desk take his cover of it and was not seen to have none. */
export type WatchedRisk = {
  id: string;
  coverId: bigint;
  terms: RiskTerms;
  product: WatchedProduct;
  /** Settled when it was last read. */
  isSettled: boolean;
  candidates: Set<string>;
};
export type WatchedUnderwriting = { id: string; terms: UnderwritingTerms };
/** A risk as it is; amounts are units. */
export type RiskState = { status: RiskStatus; cover: bigint; held: bigint; ratio: bigint; voidFrom: bigint };
/** Who lets the desk take so much of his cover. */
export type Holder = { account: string; units: bigint };
/** Requests that are ready and not final, the first of them `first`, in their order. */
export type ReadyRequests = { first: bigint; requests: readonly { owner: string; shares: bigint }[] };

export type InsuranceWatchOptions = {
  provider: Provider;
  ledger: string;
  pools: string;
  desk: string;
  /** Ids of the pools and risks that matter, a pool with all its risks; all unless given. */
  ids?: readonly string[] | undefined;
  fromBlock: number;
};

/** Underwriting pools with their exit queues, risks, and holders who let the desk act for them. */
export type InsuranceWatch = {
  pools: ReadonlyMap<string, WatchedUnderwriting>;
  /** Those of which something may still be to do. */
  risks: ReadonlyMap<string, WatchedRisk>;
  /** Reads on up to `block`: new pools and risks, and every word that a holder gave the desk. */
  advance: (block: number) => Promise<void>;
  /** The risk at a block, from its start on; one of which nothing is left to do is not looked after any more. */
  stateOf: (risk: WatchedRisk, block: number) => Promise<RiskState>;
  /** Who has cover at a block and lets the desk take it; the others are looked at again when they give the desk their word anew. */
  holdersOf: (risk: WatchedRisk, block: number) => Promise<Holder[]>;
  /** The next requests that can be final at a block of the time `now`, so many at the most; undefined where there are none. */
  readyOf: (pool: WatchedUnderwriting, at: Moment, most: number) => Promise<ReadyRequests | undefined>;
};

/** Accounts that are read at once. */
const AT_ONCE = 100;

export function createInsuranceWatch(options: InsuranceWatchOptions): InsuranceWatch {
  const { provider, fromBlock } = options;
  const ledger = ILedger__factory.connect(options.ledger, provider);
  const capital = IUnderwritingPool__factory.connect(options.pools, provider);
  const desk = ICoverDesk__factory.connect(options.desk, provider);
  const opened = [desk.getEvent("RiskOpened").fragment.topicHash];
  const created = [capital.getEvent("UnderwritingPoolCreated").fragment.topicHash];
  const words = [ledger.getEvent("Approval").fragment.topicHash, ledger.getEvent("OperatorSet").fragment.topicHash];
  const toDesk = zeroPadValue(options.desk, 32);
  const wanted = options.ids === undefined ? undefined : new Set(options.ids.map((id) => id.toLowerCase()));
  const isWanted = (id: string): boolean => wanted?.has(id) !== false;
  const pools = new Map<string, WatchedUnderwriting>();
  const risks = new Map<string, WatchedRisk>();
  const byCover = new Map<bigint, WatchedRisk>();
  const products = new Map<string, WatchedProduct>();
  const operators = new Set<string>();
  const over = new Set<string>();
  let next = fromBlock;

  async function productOf(id: string): Promise<WatchedProduct> {
    const known = products.get(id);
    if (known !== undefined) return known;
    const { pool, asset, oracle, fallbackOracle } = await desk.productOf(id);
    const product = { pool, asset: BigInt(asset), oracle, fallbackOracle };
    products.set(id, product);
    return product;
  }

  async function addRisk(id: string, terms: RiskTerms): Promise<void> {
    if (risks.has(id) || over.has(id)) return;
    const product = await productOf(terms.product);
    if (!isWanted(id) && !isWanted(product.pool)) return;
    const cover = coverId({ desk: options.desk, risk: terms, asset: product.asset });
    const risk = { id, coverId: cover, terms, product, isSettled: false, candidates: new Set(operators) };
    risks.set(id, risk);
    byCover.set(cover, risk);
  }

  async function readPools(from: number, to: number): Promise<void> {
    const filter = { address: options.pools, topics: [created], fromBlock: from, toBlock: to };
    for (const log of await provider.getLogs(filter)) {
      const { id, terms } = capital.interface.parseLog(log)?.args as unknown as WatchedUnderwriting;
      if (isWanted(id)) pools.set(id, { id, terms: plainPool(terms) });
    }
  }

  async function readRisks(from: number, to: number): Promise<void> {
    const filter = { address: options.desk, topics: [opened], fromBlock: from, toBlock: to };
    for (const log of await provider.getLogs(filter)) {
      const { id, terms } = desk.interface.parseLog(log)?.args as unknown as Pick<WatchedRisk, "id" | "terms">;
      await addRisk(id, plainRisk(terms));
    }
  }

  /** Allowances of cover to the desk, and operators that it is made: of both the second topic is the desk. */
  async function readWords(from: number, to: number): Promise<void> {
    const filter = { address: options.ledger, topics: [words, null, toDesk], fromBlock: from, toBlock: to };
    for (const log of await provider.getLogs(filter)) {
      const event = ledger.interface.parseLog(log);
      const { owner, id, approved } = event?.args as unknown as { owner: string; id: bigint; approved: boolean };
      if (event?.name === "Approval") byCover.get(id)?.candidates.add(owner);
      else if (!approved) operators.delete(owner);
      else {
        operators.add(owner);
        for (const risk of risks.values()) risk.candidates.add(owner);
      }
    }
  }

  /** What the desk may take of the account's cover. */
  async function unitsOf({ coverId: id }: WatchedRisk, account: string, block: number): Promise<bigint> {
    const at = { blockTag: block };
    const balance = await ledger.balanceOf(account, id, at);
    if (balance === 0n || (await ledger.isOperator(account, options.desk, at))) return balance;
    const allowed = await ledger.allowance(account, options.desk, id, at);
    return allowed < balance ? allowed : balance;
  }

  return {
    pools,
    risks,

    async advance(block) {
      for (const [from, to] of spans(Math.max(fromBlock, next - OVERLAP), block)) {
        await Promise.all([readPools(from, to), readRisks(from, to)]);
        await readWords(from, to); // of risks that are known by now
      }
      next = block + 1; // only when all of it is read
    },

    async stateOf(risk, block) {
      const { state, cover, held, ratio, voidFrom } = await desk.riskOf(risk.id, { blockTag: block });
      const status = RISK_STATES[Number(state)] ?? "none";
      risk.isSettled = status === "settled";
      // No cover is sold any more.
      if (cover === 0n || (risk.isSettled && held === 0n)) {
        over.add(risk.id);
        risks.delete(risk.id);
        byCover.delete(risk.coverId);
      }
      return { status, cover, held, ratio, voidFrom };
    },

    async holdersOf(risk, block) {
      const found: Holder[] = [];
      const accounts = [...risk.candidates];
      for (let first = 0; first < accounts.length; first += AT_ONCE) {
        const some = accounts.slice(first, first + AT_ONCE);
        const units = await Promise.all(some.map((account) => unitsOf(risk, account, block)));
        for (const [index, account] of some.entries()) {
          const amount = units[index] ?? 0n;
          if (amount === 0n) risk.candidates.delete(account);
          else found.push({ account, units: amount });
        }
      }
      return found;
    },

    async readyOf({ id }, { block, now }, most) {
      const at = { blockTag: block };
      const { count, finalCount } = await capital.queueOf(id, at);
      const last = finalCount + BigInt(most);
      let [low, high] = [finalCount, count < last ? count : last];
      // Requests become ready in their order, and none that is not final is paid.
      while (low < high) {
        const middle = (low + high + 1n) / 2n;
        if ((await capital.requestOf(id, middle, at)).readyAt <= now) low = middle;
        else high = middle - 1n;
      }
      if (low === finalCount) return undefined;
      const ids = Array.from({ length: Number(low - finalCount) }, (_, index) => finalCount + 1n + BigInt(index));
      const requests = await Promise.all(ids.map((each) => capital.requestOf(id, each, at)));
      return { first: finalCount + 1n, requests: requests.map(({ owner, shares }) => ({ owner, shares })) };
    },
  };
}

/** The terms as a plain value. */
function plainPool(terms: UnderwritingTerms): UnderwritingTerms {
  const { asset, desk, maxWindow, capacity, manager, cooldown, eventLimit, riskLimit } = terms;
  return { asset, desk, maxWindow, capacity, manager, cooldown, eventLimit, riskLimit };
}

/** The terms as a plain value. */
function plainRisk(terms: RiskTerms): RiskTerms {
  const { product, eventId, oracleData, termsHash, baseRate, cutoff, start, end, reportBy, fallbackBy } = terms;
  return { product, eventId, oracleData, termsHash, baseRate, cutoff, start, end, reportBy, fallbackBy };
}
