import type { GasRow } from "../schema.js";
import { BARS } from "./floors.js";
import type { Lab } from "./lab.js";
import type { LakhRwa } from "./lakh-rwa.js";
import { EffectError } from "./measure.js";
import { UNIT } from "./peer-kit.js";
import { sectionAccounts, sectionRow, type Sections } from "./sections.js";

/** A transfer debits asset 0, a claim of income nothing. */
const KINDS = { transfer: 0n, claim: 3n } as const;
/** Of a section, whose gas more would exceed where their incomes have moved. */
const ACCOUNTS = 200;
/** Accounts that are given units in one section, each of them two or three fresh words. */
const GIVEN_AT_ONCE = 100;

/**
 * Gas of transfers and claims of income in sections of 200 accounts; see `Sections`. Each transfer is to one of 200 other
 * holders. Every word of each account is checked against the model, and every payment.
 */
export async function measureRwaSections(lab: Lab, sections: Sections, asset: LakhRwa): Promise<GasRow[]> {
  const { ledger, maker } = lab;
  const { id, payAsset, model, moment, countDay, books } = asset;
  const accounts = sectionAccounts(0x43aan);
  const [senders, receivers] = [accounts.slice(0, ACCOUNTS), accounts.slice(ACCOUNTS)];
  await asset.admit(accounts);
  await sections.handOver(payAsset, UNIT, senders);
  await countDay(); // by the maker, who gives; so he is settled today
  for (let at = 0; at < accounts.length; at += GIVEN_AT_ONCE) {
    const some = accounts.slice(at, at + GIVEN_AT_ONCE);
    const time = await moment(false);
    for (const to of some) model.transfer({ from: maker.address, to, amount: 100n * UNIT, time });
    // Consent comes with a block of its own.
    await sections.handOver(id, 100n * UNIT, some);
  }
  await asset.check("units handed over", [maker.address, ...accounts]);

  const rows: GasRow[] = [];
  const [sequences, next] = [{ units: 0n, income: 0n }, (name: "units" | "income") => sequences[name]++];
  const add = (action: string, gas: number, bar: number | null): void => {
    rows.push(sectionRow({ domain: "rwa", action, state: "steady", gas, bar }));
  };
  const transfer = async (
    action: string,
    { isNewDay, bar, to = receivers }: { isNewDay: boolean; bar: number | null; to?: readonly string[] },
  ): Promise<void> => {
    const [time, sequence] = [await moment(isNewDay), next("units")];
    const gas = await sections.run(books.units, senders, (i) => ({
      ...{ kind: KINDS.transfer, amount: UNIT, arguments: BigInt(to[i] ?? 0), sequence },
    }));
    for (const [i, from] of senders.entries()) model.transfer({ from, to: to[i] ?? "", amount: UNIT, time });
    await asset.check(action, accounts);
    add(action, gas, bar);
  };
  const claim = async (action: string, bar: number | null): Promise<void> => {
    const before = await Promise.all(senders.map((account) => ledger.balanceOf(account, payAsset)));
    const time = await moment(false);
    const gas = await sections.run(books.income, senders, { kind: KINDS.claim, sequence: next("income") });
    for (const [i, account] of senders.entries()) {
      const expected = (before[i] ?? 0n) + model.claim({ account, time });
      const actual = await ledger.balanceOf(account, payAsset);
      if (actual !== expected) throw new EffectError(`${action}: account ${i} has ${actual}, not ${expected}.`);
    }
    await asset.check(action, senders);
    add(action, gas, bar);
  };
  const [name, bar] = ["transfer of units, of 200 in a section", BARS.transferUnitsSection];
  await transfer(`${name}, idle`, { isNewDay: false, bar });
  const neighbours = [...senders.slice(1), ...senders.slice(0, 1)];
  await transfer(`${name}, idle, among each other`, { isNewDay: false, bar, to: neighbours });
  await transfer(`${name}, first of the day`, { isNewDay: true, bar: null });
  await countDay();
  await transfer(`${name}, income moved`, { isNewDay: false, bar: null });
  await claim("claim income, of 200 in a section, idle", BARS.claimIncomeSection);
  await countDay();
  await claim("claim income, of 200 in a section, income moved", BARS.claimIncomeSection);
  return rows;
}
