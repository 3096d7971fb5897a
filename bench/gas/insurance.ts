import type { JsonRpcSigner } from "ethers";
import { InsuranceModel, MAX_AMOUNT, underwritingBook, type LakhRequest } from "../../src/index.js";
import type { GasRow, Peer } from "../schema.js";
import { BARS, FLOORS, QUOTED } from "./floors.js";
import type { Lab } from "./lab.js";
import { COVER_TERMS, INSURANCE_TOKEN, WHOLE, type LakhInsurance, type LakhRisk } from "./lakh-insurance.js";
import { EffectError, measure, measuredRow, type Effect } from "./measure.js";
import { UNIT } from "./peer-kit.js";

const DAY = 86_400n;
const COOLDOWN = DAY;
const CAPITAL = 1_000_000n * UNIT;
const COVER = 100n * UNIT;
/** More than the cover costs; the rest stays. */
const MOST = 10n * UNIT;
/** From the sale to when the outcomes are there. */
const TO_OUTCOMES = 60n * DAY;

type Route = "wallet" | "ledger";
type Row = Pick<GasRow, "action" | "path" | "state"> &
  Partial<Pick<GasRow, "floor" | "bar">> & { peers?: readonly Peer[] };
type Step = { from: JsonRpcSigner; request: LakhRequest<unknown>; effects?: readonly Effect[] };

/**
 * Gas of insurance from wallets and ledger balances: capital, purchases, outcomes, payments and exits, in a pool of its own with one
 * product, which after each is compared with the model.
 */
export async function measureInsurance(
  lab: Lab,
  { client, oracle, asset, openPool }: LakhInsurance,
): Promise<GasRow[]> {
  const { maker, user, ledger } = lab;
  const token = lab[INSURANCE_TOKEN];
  const { terms, openRisk } = await openPool(COOLDOWN);
  const { capacity, rates, fee, referral } = COVER_TERMS;
  const model = new InsuranceModel({
    terms: {
      ...{ capacity, riskLimit: terms.riskLimit, eventLimit: terms.eventLimit, cooldown: COOLDOWN, fee, referral },
      ...{ minRate: rates.min, kinkRate: rates.kink, maxRate: rates.max, kink: rates.kinkAt },
    },
    ...{ now: await lab.wait(1), feeTo: maker.address },
  });
  const { key } = underwritingBook({ pools: client.pools.target as string, terms });
  const risks: LakhRisk[] = [];
  const open = async (name: string): Promise<number> => {
    const opened = await openRisk(name);
    risks.push(opened);
    return model.openRisk({ ...opened.risk });
  };
  const of = (r: number): LakhRisk => risks[r] ?? fail("There is no such risk");
  const rows: GasRow[] = [];

  /** The model's part of an operation comes first: it says what has to change. */
  const pass = async (seconds = 1n): Promise<void> => model.pass(await lab.wait(Number(seconds)));
  const check = async (title: string): Promise<void> => {
    const compare = (what: string, actual: unknown, expected: unknown): void => {
      if (actual !== expected) fail(`${title}: ${what} is ${String(actual)}, not ${String(expected)}`);
    };
    const pool = await client.poolOf({ terms });
    for (const what of ["assets", "locked", "shares", "staying"] as const) compare(what, pool[what], model[what]);
    compare("what is not earned", pool.unearned, model.unearned() >> 32n);
    compare("money in the book", (await ledger.bookOf(client.pools, key, asset, 0n)) & MAX_AMOUNT, model.book);
    for (const [r, { cover, held, state }] of model.risks.entries()) {
      const view = await client.riskOf(of(r));
      compare(`cover of risk ${r}`, view.cover, cover);
      compare(`money of risk ${r}`, view.held, held);
      compare(`state of risk ${r}`, view.status, state);
    }
  };
  const take = async (
    { action, path, state, floor = null, bar = null, peers = [] }: Row,
    step: Step,
  ): Promise<void> => {
    const measured = await measure(lab, { name: `Lakh: ${action}`, state, effects: [], ...step });
    rows.push(
      measuredRow({ ...{ domain: "insurance", action, path, state, floor, bar }, peers: [...peers] }, measured),
    );
    await check(action);
  };
  const money = ({ address }: JsonRpcSigner, route: Route, change: bigint): Effect => ({
    ...{
      label: "money",
      read: () => (route === "wallet" ? token.balanceOf(address) : ledger.balanceOf(address, asset)),
    },
    change,
  });
  const balance = (label: string, { address }: JsonRpcSigner, id: bigint, change: bigint): Effect => ({
    ...{ label, read: () => ledger.balanceOf(address, id), change },
  });
  const parties = (route: Route) => ({ source: route, destination: route }) as const;

  // Capital.
  const { shareId } = await client.poolOf({ terms });
  for (const state of ["new", "steady"] as const) {
    await pass();
    const shares = model.deposit(maker.address, CAPITAL);
    const peers = state === "new" ? QUOTED.underwriteNew : QUOTED.underwrite;
    await take(
      { action: "deposit into an underwriting pool", path: "wallet", state, peers },
      {
        ...{ from: maker, request: client.deposit({ terms, assets: CAPITAL, ...parties("wallet") }) },
        effects: [money(maker, "wallet", -CAPITAL), balance("shares", maker, shareId, shares)],
      },
    );
  }
  await pass();
  const leaving = 1_000n * 1_000n * UNIT;
  const requestId = model.requestExit(maker.address, leaving);
  const waiting = async () => (await client.exitRequestOf({ terms, requestId })).shares;
  await take(
    { action: "request an exit", path: "ledger", state: "new" },
    {
      ...{ from: maker, request: client.requestExit({ terms, shares: leaving }) },
      effects: [
        balance("shares", maker, shareId, -leaving),
        { label: "shares in the queue", read: waiting, change: leaving },
      ],
    },
  );

  // Purchases. Each risk but the last has one before, so that its totals are in use.
  const [single, other, both, unsold] = [await open("1"), await open("2"), await open("3"), await open("4")];
  const buy = (r: number, route: Route) => client.buy({ ...of(r), units: COVER, maxCost: MOST, ...parties(route) });
  for (const r of [single, other, both]) {
    await pass();
    model.buy(r, { account: maker.address, cover: COVER, most: MOST });
    await lab.send(maker, buy(r, "wallet"));
  }
  for (const [path, state] of [
    ["wallet", "new"],
    ["wallet", "steady"],
    ["ledger", "steady"],
  ] as const) {
    await pass();
    const cost = model.buy(single, { account: user.address, cover: COVER, most: MOST });
    const bar = path === "wallet" ? BARS.buyCover : null;
    const floor = state === "new" ? FLOORS.buyCoverNew : null;
    await take(
      { action: "buy cover", path, state, bar, floor, peers: state === "new" ? QUOTED.buyCover : [] },
      {
        ...{ from: user, request: buy(single, path) },
        effects: [money(user, path, -cost), balance("cover", user, of(single).coverId, COVER)],
      },
    );
  }

  // Outcomes.
  await pass(TO_OUTCOMES);
  await lab.chain.request({ method: "evm_mine", params: [] });
  const outcome = async (row: Row, r: number, does: { report?: bigint; settle?: true }): Promise<void> => {
    if (does.report !== undefined) await (await oracle.set(true, does.report)).wait();
    await pass();
    if (does.report !== undefined) model.report(r, does.report);
    if (does.settle === true) model.settle(r);
    const settle = does.settle === true;
    const request = does.report === undefined ? client.settle(of(r)) : client.report({ ...of(r), proof: "0x", settle });
    await take(row, { from: maker, request });
  };
  const wallet = { path: "wallet", state: "steady" } as const;
  await outcome({ ...wallet, action: "report that nothing is lost, nothing sold" }, unsold, { report: 0n });
  await outcome({ ...wallet, action: "report a loss, the pool's first fee", state: "steady" }, single, {
    report: WHOLE,
  });
  await outcome({ ...wallet, action: "report a loss" }, other, { report: WHOLE });
  const ofOne = { ...wallet, action: "settle a risk, of one policy", bar: BARS.settleRisk };
  await outcome(ofOne, other, { settle: true });
  await pass();
  model.settle(single);
  await lab.send(maker, client.settle(of(single)));
  await outcome({ ...wallet, action: "report and settle, a loss" }, both, { report: WHOLE, settle: true });

  // Payments.
  for (const path of ["wallet", "ledger"] as const) {
    await pass();
    const paid = model.redeem(single, { account: user.address, units: COVER });
    const compared = path === "wallet" ? { floor: FLOORS.redeemCover, peers: QUOTED.redeemCover } : {};
    await take(
      { action: "redeem cover", path, state: "steady", bar: path === "wallet" ? BARS.redeemCover : null, ...compared },
      {
        ...{ from: user, request: client.redeem({ ...of(single), units: COVER, ...parties(path) }) },
        effects: [money(user, path, paid), balance("cover", user, of(single).coverId, -COVER)],
      },
    );
  }
  await pass();
  const paid = model.claimExit(maker.address, requestId);
  await take(
    { action: "claim an exit", path: "wallet", state: "steady" },
    {
      ...{ from: maker, request: client.claimExit({ terms, requestId, ...parties("wallet") }) },
      effects: [money(maker, "wallet", paid)],
    },
  );
  return rows;
}

function fail(message: string): never {
  throw new EffectError(`${message}.`);
}
