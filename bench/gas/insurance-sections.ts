import { COVER_KINDS } from "../../src/index.js";
import type { GasRow } from "../schema.js";
import { BARS } from "./floors.js";
import { InsuranceSectionsModel, type SectionRisk } from "./insurance-sections-model.js";
import type { Lab } from "./lab.js";
import { WHOLE, type LakhInsurance, type LakhRisk } from "./lakh-insurance.js";
import { EffectError, measuredRow } from "./measure.js";
import { UNIT } from "./peer-kit.js";
import { sectionAccounts, sectionRow, type Sections } from "./sections.js";

const DAY = 86_400n;
const COOLDOWN = 2n * DAY;
const CAPITAL = 1_000_000n * UNIT;
const COST = UNIT;
const MONEY = 1_000n * UNIT;
/** Sections of 400 first purchases each: 10,000 policies in all. */
const FULL_SECTIONS = 25;
const FEW = 100;
const KIND = 0x15a9n;
const TO_OUTCOMES = 60 * 86_400;

/**
 * Gas of cover in sections of 400 accounts, and of the settlement of a risk of 100 policies and of 10,000; see `Sections`. What each of
 * 400 accounts has and is paid is compared with the model, as is what pool and risks have in all.
 */
export async function measureInsuranceSections(
  lab: Lab,
  sections: Sections,
  { client, oracle, asset, openPool }: LakhInsurance,
): Promise<GasRow[]> {
  const { maker, ledger } = lab;
  const { terms, openRisk } = await openPool(COOLDOWN);
  const model = new InsuranceSectionsModel({ deposit: CAPITAL, time: await lab.wait(1) });
  await lab.send(maker, client.deposit({ terms, assets: CAPITAL }));
  const [many, few] = [await openRisk("10,000 policies"), await openRisk("100 policies")];
  const accounts = sectionAccounts(KIND);
  const states = new Map<LakhRisk, SectionRisk>(
    [many, few].map((risk) => [risk, { end: risk.risk.end, cover: 0n, held: 0n, owed: 0n }]),
  );
  const stateOf = (risk: LakhRisk): SectionRisk => states.get(risk) ?? { end: 0n, cover: 0n, held: 0n, owed: 0n };
  const compare = (what: string, actual: bigint | undefined, expected: bigint): void => {
    if (actual !== expected) throw new EffectError(`${what} is ${actual ?? "unknown"}, not ${expected}.`);
  };
  const check = async (title: string): Promise<void> => {
    const pool = await client.poolOf({ terms });
    compare(`${title}: the pool's capital`, pool.assets, model.assets);
    compare(`${title}: what is locked`, pool.locked, model.locked);
    for (const [risk, { cover, held }] of states) {
      const view = await client.riskOf(risk);
      compare(`${title}: cover`, view.cover, cover);
      compare(`${title}: money of a risk`, view.held, held);
    }
  };
  const balancesOf = (id: bigint, some: readonly string[]) =>
    Promise.all(some.map((account) => ledger.balanceOf(account, id)));

  // Purchases.
  const buyAll = async (risk: LakhRisk, some: readonly string[], isCompared: boolean, sequence: bigint) => {
    const coverOf = risk.coverId;
    const before = isCompared ? await balancesOf(coverOf, some) : [];
    model.pass(await lab.wait(1));
    const covers = model.buyAll(stateOf(risk), { cost: COST, count: some.length });
    const gas = await sections.run(risk.book, some, { kind: BigInt(COVER_KINDS.buyCover), amount: COST, sequence });
    const after = isCompared ? await balancesOf(coverOf, some) : [];
    for (const [i, has] of after.entries())
      compare(`Cover of account ${i}`, has, (before[i] ?? 0n) + (covers[i] ?? 0n));
    await check("purchases in a section");
    return gas;
  };
  const rows: GasRow[] = [];
  const add = (action: string, state: GasRow["state"], gas: number, bar: number): void => {
    rows.push(sectionRow({ domain: "insurance", action, state, gas, bar }));
  };
  const buying = "buy cover, of 400 in a section";
  const buyFirst = async (some: readonly string[], isCompared: boolean): Promise<number> => {
    await sections.handOver(asset, MONEY, some);
    return buyAll(many, some, isCompared, 0n);
  };
  // The risk's first section pays for words that are the risk's and the pool's.
  await buyFirst(sectionAccounts(KIND + 1n), false);
  const first = await buyFirst(accounts, true);
  add(buying, "new", first, BARS.buyCoverSectionNew);
  add(buying, "steady", await buyAll(many, accounts, true, 1n), BARS.buyCoverSection);
  for (let i = 2; i < FULL_SECTIONS; i += 1) await buyFirst(sectionAccounts(KIND + BigInt(i)), false);
  await buyAll(few, accounts.slice(0, FEW), true, 2n);

  // Outcomes: all is lost.
  await lab.wait(TO_OUTCOMES);
  await (await oracle.set(true, WHOLE)).wait();
  const gas = { report: 0, settle: 0 };
  const outcome = async (risk: LakhRisk, policies: string): Promise<void> => {
    model.pass(await lab.wait(1));
    model.lose(stateOf(risk));
    const row = { domain: "insurance", path: "wallet", state: "steady", floor: null, peers: [] } as const;
    const reported = await lab.send(maker, client.report({ ...risk, proof: "0x", settle: false }));
    await check("report");
    model.pass(await lab.wait(1));
    model.settle(stateOf(risk));
    const settled = await lab.send(maker, client.settle(risk));
    await check("settlement");
    const action = `settle a risk, of ${policies} policies`;
    rows.push(measuredRow({ ...row, action, bar: BARS.settleRisk, peers: [] }, settled));
    [gas.report, gas.settle] = [reported.gas, settled.gas];
  };
  await outcome(few, "100");
  await outcome(many, "10,000");

  // Payments, of a half of the least cover that any of them has.
  const least = (await balancesOf(many.coverId, accounts)).reduce((a, b) => (a < b ? a : b));
  const before = await balancesOf(asset, accounts);
  const payments = model.redeemAll(stateOf(many), { units: least / 2n, count: accounts.length });
  const redemption = { kind: BigInt(COVER_KINDS.redeemCover), amount: least / 2n };
  model.pass(await lab.wait(1));
  const redeemed = await sections.run(many.book, accounts, redemption);
  for (const [i, has] of (await balancesOf(asset, accounts)).entries()) {
    compare(`Money of account ${i}`, has, (before[i] ?? 0n) + (payments[i] ?? 0n));
  }
  await check("redemptions in a section");
  add("redeem cover, of 400 in a section", "steady", redeemed, BARS.redeemCoverSection);
  const share = (gas.report + gas.settle) / (FULL_SECTIONS * accounts.length);
  add("a policy's whole life, of 10,000", "new", Math.round(first + redeemed + share), BARS.policy);
  return rows;
}
