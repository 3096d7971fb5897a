import { expect } from "chai";
import {
  EMPTY_EXIT_QUEUE,
  type ExitPayment,
  type ExitQueue,
  finaliseExits,
  payExit,
  pushExit,
} from "../../../src/models/exit-queue.js";

const MOST_REQUESTS = 4;
const SHARES = [1n, 2n, 3n];
const MOST_FINALISATIONS = 3;
const OWNER = "0x0000000000000000000000000000000000000001";

const NOTHING: ExitPayment = { shares: 0n, assets: 0n, excess: 0n };

type Amounts = { shares: bigint; assets: bigint };
type Case = { requests: readonly Amounts[]; finalisations: readonly Amounts[] };
type Result = { queue: ExitQueue; paid: readonly ExitPayment[] };

/** What a request is worth, by its number: between one and two assets a share, so that prices at finalisation are above and below. */
function worthOf(shares: bigint, number: number): bigint {
  return number % 2 === 0 ? shares : 2n * shares - 1n;
}

/** What may be set aside for shares: less and more than they are worth; in short lines nothing and as much, too. */
function asideFor(shares: bigint, isShort: boolean): readonly bigint[] {
  const prices = [shares - 1n, 3n * shares + 1n];
  return isShort ? [0n, shares, ...prices] : prices;
}

function requestLists(): bigint[][] {
  let lists: bigint[][] = [[]];
  const all: bigint[][] = [];
  for (let count = 1; count <= MOST_REQUESTS; count += 1) {
    lists = lists.flatMap((list) => SHARES.map((shares) => [...list, shares]));
    all.push(...lists);
  }
  return all;
}

/** Up to `most` finalisations of at most `total` shares, at all boundaries. */
function finalisationLists(total: bigint, most: number, isShort: boolean): Amounts[][] {
  const lists: Amounts[][] = [[]];
  for (let shares = 1n; most > 0 && shares <= total; shares += 1n) {
    const after = finalisationLists(total - shares, most - 1, isShort);
    for (const assets of asideFor(shares, isShort)) for (const rest of after) lists.push([{ shares, assets }, ...rest]);
  }
  return lists;
}

function* allCases(): Generator<Case> {
  for (const list of requestLists()) {
    const total = list.reduce((sum, shares) => sum + shares, 0n);
    const requests = list.map((shares, index) => ({ shares, assets: worthOf(shares, index) }));
    for (const finalisations of finalisationLists(total, MOST_FINALISATIONS, list.length < 3)) {
      yield { requests, finalisations };
    }
  }
}

function push(queue: ExitQueue, request: Amounts): ExitQueue {
  return pushExit(queue, { owner: OWNER, readyAt: 0n, ...request }).queue;
}

/** All are pushed and made final, then paid in the order of `ids`. */
function payLate({ requests, finalisations }: Case, ids: readonly bigint[]): Result {
  let queue = requests.reduce(push, EMPTY_EXIT_QUEUE);
  queue = finalisations.reduce(finaliseExits, queue);
  const paid: ExitPayment[] = [];
  for (const id of ids) {
    const result = payExit(queue, { id });
    ({ queue, payment: paid[Number(id) - 1] } = result);
  }
  return { queue, paid };
}

/** Each is pushed no sooner than a finalisation needs it, and after each all are paid as far as that one goes. */
function payEarly({ requests, finalisations }: Case): Result {
  let queue = EMPTY_EXIT_QUEUE;
  const paid = requests.map(() => ({ ...NOTHING }));
  const waiting = [...requests];
  let end = 0n;
  for (const finalisation of finalisations) {
    end += finalisation.shares;
    while (queue.requested < end) queue = push(queue, waiting.shift() ?? { shares: end, assets: 0n });
    queue = finaliseExits(queue, finalisation);
    for (const [index, sum] of paid.entries()) {
      const result = payExit(queue, { id: BigInt(index + 1), maxCheckpoints: 1n });
      queue = result.queue;
      sum.shares += result.payment.shares;
      sum.assets += result.payment.assets;
      sum.excess += result.payment.excess;
    }
  }
  return { queue, paid };
}

/** As `expect`, which is too slow for millions of them. */
function check(condition: boolean, what: string, some: Case): void {
  if (!condition) {
    const text = JSON.stringify(some, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
    expect.fail(`${what}: ${text}`);
  }
}

function checkFair(some: Case, { queue, paid }: Result): void {
  const final = some.finalisations.reduce((sum, { shares }) => sum + shares, 0n);
  const aside = some.finalisations.reduce((sum, { assets }) => sum + assets, 0n);
  let place = 0n;
  let gone = 0n;
  for (const [index, request] of some.requests.entries()) {
    const payment = paid[index] ?? NOTHING;
    const rest = final - place;
    const due = rest < 0n ? 0n : rest < request.shares ? rest : request.shares;
    check(payment.shares === due, "each share is paid once, in the order of requests", some);
    check(payment.assets <= request.assets, "nobody gets more than the request was worth", some);
    gone += payment.assets + payment.excess;
    place += request.shares;
  }
  // What is final belongs to requests, so nothing stays when all are paid.
  check(gone === aside && queue.owed === 0n, "all that was set aside is paid or given back", some);
}

function isSame(one: Result, other: Result): boolean {
  return one.paid.every(({ shares, assets, excess }, index) => {
    const payment = other.paid[index];
    return payment?.shares === shares && payment.assets === assets && payment.excess === excess;
  });
}

describe("model of exit queues", () => {
  it("pays each share once and all that was set aside, in any order, in every small queue", function () {
    this.timeout(120_000);
    for (const some of allCases()) {
      const ids = some.requests.map((_, index) => BigInt(index + 1));
      const result = payLate(some, ids);
      checkFair(some, result);
      check(isSame(result, payLate(some, ids.toReversed())), "the order of claims does not matter", some);
      const early = payEarly(some);
      checkFair(some, early);
      check(isSame(result, early), "the time of claims does not matter", some);
    }
  });
});
