import type { JsonRpcSigner } from "ethers";
import { OFFERING_KINDS } from "../../src/index.js";
import type { GasRow } from "../schema.js";
import type { Lab, Measured } from "./lab.js";
import type { LakhRwa } from "./lakh-rwa.js";
import { openLakhOffering, type LakhOffering } from "./lakh-offering.js";
import { EffectError, measure, measuredRow, type Effect } from "./measure.js";
import { UNIT } from "./peer-kit.js";
import { sectionAccounts, sectionRow, type Sections } from "./sections.js";

/** In a section; each may need several fresh words. */
const BUYERS = 100;
const UNITS = 2n * UNIT;
const MONEY = 10_000n * UNIT;
/** To a day after the end of both offerings, when units and proceeds leave. */
const TO_THE_PAYOUT = 31 * 86_400;

type Row = Pick<GasRow, "action" | "path" | "state">;
type Buyers = { wallet: JsonRpcSigner; ledger: JsonRpcSigner };

/**
 * Gas of what buyers do in offerings of an asset whose income runs, from wallets and in sections of 100 accounts: without a soft cap,
 * where units are delivered at once, and with one, where payments are settled and units claimed after the end. Every word of the
 * offerings, of the asset and of each buyer is compared with the models.
 */
export async function measureRwaOfferings(
  lab: Lab,
  { sections, asset, buyers }: { sections: Sections; asset: LakhRwa; buyers: Buyers },
): Promise<GasRow[]> {
  const { ledger, user } = lab;
  const { rwa, id, model, moment } = asset;
  const core = rwa.offering.address;
  const rows: GasRow[] = [];
  const record = (row: Row, measured: Measured): void => {
    rows.push(measuredRow({ domain: "rwa", ...row, floor: null, bar: null, peers: [] }, measured));
  };
  const recordSection = (action: string, state: GasRow["state"], gas: number): void => {
    rows.push(sectionRow({ domain: "rwa", action: `${action}, of ${BUYERS} in a section`, state, gas, bar: null }));
  };
  const all = sectionAccounts(0x0ffe4n);
  const [some, others] = [all.slice(0, BUYERS), all.slice(BUYERS, 2 * BUYERS)];
  const individuals = Object.values(buyers).map(({ address }) => address);
  await asset.admit([...individuals, ...some, ...others]);
  const atOnce = await openLakhOffering(lab, asset, { isEscrow: false });
  const escrow = await openLakhOffering(lab, asset, { isEscrow: true });
  const { payAsset } = atOnce.terms;
  await sections.handOver(payAsset, MONEY, [...some, ...others]);
  const check = async (offering: LakhOffering, title: string, accounts: readonly string[]): Promise<void> => {
    await offering.check(title, accounts);
    await asset.check(title, accounts);
  };
  const unitsOf = (account: string, change: bigint): Effect => ({
    ...{ label: "units", read: () => ledger.balanceOf(account, id), change },
  });

  // From wallets and ledger balances.
  const subscribe = async (offering: LakhOffering, path: "wallet" | "ledger", state: GasRow["state"]) => {
    const buyer = buyers[path];
    const action = offering === escrow ? "subscribe, soft cap" : "subscribe";
    const cost = offering.costOf(UNITS);
    const time = await moment(false);
    offering.model.subscribe(buyer.address, { units: UNITS, cost });
    const isDelivered = offering === atOnce;
    if (isDelivered) model.transfer({ from: core, to: buyer.address, amount: UNITS, time });
    const token = lab.c;
    const read = () => (path === "wallet" ? token.balanceOf(buyer.address) : ledger.balanceOf(buyer.address, payAsset));
    const offeringId = rwa.offering.idOf(offering);
    const read1 = async () => (await rwa.offering.contract.allotmentOf(offeringId, buyer.address)).units;
    const effects: Effect[] = [
      { label: "money", read, change: -cost },
      isDelivered ? unitsOf(buyer.address, UNITS) : { label: "units to come", read: read1, change: UNITS },
    ];
    const request = rwa.offering.subscribe({ terms: offering.terms, units: UNITS, source: path });
    const measured = await measure(lab, { name: `Lakh: ${action}`, from: buyer, request, state, effects });
    await check(offering, action, individuals);
    record({ action, path, state }, measured);
  };
  /** The first subscription of an offering pays for words of its own. */
  const subscribeFirst = async (offering: LakhOffering): Promise<void> => {
    const [time, cost] = [await moment(false), offering.costOf(UNITS)];
    offering.model.subscribe(user.address, { units: UNITS, cost });
    if (offering === atOnce) model.transfer({ from: core, to: user.address, amount: UNITS, time });
    await lab.send(user, rwa.offering.subscribe({ terms: offering.terms, units: UNITS }));
  };
  const token = await lab.c.getAddress();
  await lab.send(buyers.ledger, lab.lakh.ledger.deposit({ token, amount: MONEY, to: buyers.ledger.address }));
  for (const offering of [atOnce, escrow]) {
    await subscribeFirst(offering);
    for (const path of ["wallet", "ledger"] as const) {
      for (const state of ["new", "steady"] as const) await subscribe(offering, path, state);
    }
  }

  // In sections.
  const sequences = new Map<readonly string[], bigint>();
  const run = (offering: LakhOffering, accounts: readonly string[], kind: keyof typeof OFFERING_KINDS, units = 0n) => {
    const sequence = sequences.get(accounts) ?? 0n;
    sequences.set(accounts, sequence + 1n);
    const operation = { kind: BigInt(OFFERING_KINDS[kind]), sequence, arguments: units };
    return sections.run(offering.book, accounts, { ...operation, amount: units === 0n ? 0n : offering.costOf(units) });
  };
  const subscribeAll = async (offering: LakhOffering, accounts: readonly string[]): Promise<number> => {
    const time = await moment(false);
    const before = await Promise.all(accounts.map((account) => ledger.balanceOf(account, payAsset)));
    const gas = await run(offering, accounts, "subscribe", UNITS);
    const cost = offering.costOf(UNITS);
    for (const [i, account] of accounts.entries()) {
      offering.model.subscribe(account, { units: UNITS, cost });
      if (offering === atOnce) model.transfer({ from: core, to: account, amount: UNITS, time });
      const [actual, expected] = [await ledger.balanceOf(account, payAsset), (before[i] ?? 0n) - cost];
      if (actual !== expected) throw new EffectError(`Account ${i} has ${actual} left, not ${expected}.`);
    }
    await check(offering, "subscriptions in a section", accounts);
    return gas;
  };
  recordSection("subscribe", "new", await subscribeAll(atOnce, some));
  recordSection("subscribe", "steady", await subscribeAll(atOnce, some));
  recordSection("subscribe, soft cap", "new", await subscribeAll(escrow, some));
  recordSection("subscribe, soft cap", "steady", await subscribeAll(escrow, some));
  await subscribeAll(escrow, others);

  // A day after the end: whose payments are settled, and units for them.
  await lab.wait(TO_THE_PAYOUT);
  await lab.chain.request({ method: "evm_mine", params: [] });
  const settle = async (accounts: readonly string[]) => {
    const request = rwa.offering.settle({ terms: escrow.terms, accounts });
    const settledOf = async () => (await rwa.offering.contract.totalsOf(rwa.offering.idOf(escrow))).earned;
    const change = BigInt(accounts.length) * escrow.costOf(2n * UNITS);
    for (const account of accounts) escrow.model.settle(account);
    const effects = [{ label: "settled payments", read: settledOf, change }];
    const step = { name: "Lakh: settle payments", from: lab.maker, request, state: "steady", effects } as const;
    const measured = await measure(lab, step);
    await check(escrow, "settlement of payments", accounts);
    return measured;
  };
  escrow.model.settle(user.address);
  await lab.send(lab.maker, rwa.offering.settle({ terms: escrow.terms, accounts: [user.address] }));
  await asset.countDay();
  const ofOne = { action: "settle payments, of one buyer", path: "wallet", state: "steady" } as const;
  record(ofOne, await settle([buyers.wallet.address]));
  const { execGas } = await settle(some);
  const each = { state: "steady", gas: Math.round(execGas / BUYERS), bar: null } as const;
  rows.push(sectionRow({ domain: "rwa", action: `settle payments, of ${BUYERS} buyers in a call`, ...each }));
  const claimed = async (accounts: readonly string[], send: () => Promise<number>): Promise<number> => {
    const time = await moment(false);
    for (const account of accounts) {
      model.transfer({ from: core, to: account, amount: escrow.model.claim(account), time });
    }
    const gas = await send();
    await check(escrow, "claims of units", accounts);
    return gas;
  };
  for (const path of ["wallet", "ledger"] as const) {
    const buyer = buyers[path];
    const action = path === "wallet" ? "claim units, settled" : "claim units, not settled";
    await claimed([buyer.address], async () => {
      const request = rwa.offering.claim({ terms: escrow.terms });
      const effects = [unitsOf(buyer.address, 2n * UNITS)];
      const measured = await measure(lab, { name: action, from: buyer, request, state: "steady", effects });
      record({ action, path: "ledger", state: "steady" }, measured);
      return measured.gas;
    });
  }
  const settled = await claimed(some, () => run(escrow, some, "claim"));
  recordSection("claim units, settled", "steady", settled);
  recordSection("claim units, not settled", "new", await claimed(others, () => run(escrow, others, "claim")));
  return rows;
}
