import type { JsonRpcSigner } from "ethers";
import type { RwaHolding } from "../../src/index.js";
import type { GasRow } from "../schema.js";
import type { Lab, Sent } from "./lab.js";
import { ELIGIBLE, openLakhRwa, RWA_TOKENS, type LakhRwa } from "./lakh-rwa.js";
import { measure, measuredRow, type Effect } from "./measure.js";
import { UNIT } from "./peer-kit.js";
import { rwaRow, type RwaFigures, type RwaOperation } from "./rwa-cases.js";

/** Of the seller of the offerings, who has most of the asset. */
const OTHERS = 1_000_000n * UNIT;
const HELD = 1_000n * UNIT;

type Step = { from: JsonRpcSigner; request: Sent; effects: readonly Effect[]; row?: Parameters<typeof rwaRow>[2] };

/**
 * Our own rows of a regulated asset whose income runs, on the ledger, with every word of the asset and of its holders compared with
 * the model; and the asset, for what is measured on it later.
 */
export async function measureRwa(
  lab: Lab,
  holder: JsonRpcSigner,
  figures: RwaFigures,
): Promise<{ rows: GasRow[]; asset: LakhRwa }> {
  const { maker, user } = lab;
  const asset = await openLakhRwa(lab);
  const { rwa, id, model, moment, countDay } = asset;
  const pay = lab[RWA_TOKENS.income];
  const holders = [maker.address, user.address, holder.address];
  const rows: GasRow[] = [];
  const take = async (name: RwaOperation, { row, ...step }: Step): Promise<void> => {
    const whole = rwaRow(name, figures, row);
    const title = `Lakh: ${whole.action}`;
    rows.push(measuredRow(whole, await measure(lab, { name: title, state: whole.state, ...step })));
    await asset.check(title, holders);
  };
  const units = (account: JsonRpcSigner, change: bigint): Effect => ({
    ...{ label: "units", read: () => lab.ledger.balanceOf(account.address, id), change },
  });
  const held = (account: JsonRpcSigner, name: keyof RwaHolding, change: bigint): Effect => ({
    ...{ label: name, read: async () => BigInt((await rwa.holdingOf({ id, account: account.address }))[name]), change },
  });

  // Before the income.
  await asset.admit([maker.address, user.address]);
  await asset.mint(maker.address, OTHERS);
  const statement = rwa.registry.interface.encodeFunctionData("setAccount", [holder.address, ELIGIBLE]);
  const until = async () => (await rwa.eligibilityOf({ account: holder.address })).receiveUntil;
  await take("register", {
    ...{ from: maker, request: { to: rwa.address, data: statement } },
    effects: [{ label: "eligibility", read: until, change: ELIGIBLE.receiveUntil }],
  });
  for (const name of ["mintNew", "mint"] as const) {
    model.mint({ to: user.address, amount: HELD, time: await moment(false) });
    await take(name, {
      ...{ from: maker, request: rwa.mint({ id, to: user.address, amount: HELD }), effects: [units(user, HELD)] },
    });
  }
  await asset.distribute();
  await countDay();
  model.transfer({ from: user.address, to: maker.address, amount: UNIT, time: await moment(false) });
  await lab.send(user, asset.transfer(maker.address, UNIT)); // who has a record from now on

  // Transfers. What counts the day before "moved" is another's.
  const transfer = async (name: RwaOperation, isNewDay: boolean, row: Step["row"] = {}): Promise<void> => {
    const movement = { from: user.address, to: holder.address, amount: UNIT };
    model.transfer({ ...movement, time: await moment(isNewDay) });
    const effects = [units(user, -UNIT), units(holder, UNIT)];
    await take(name, { from: user, request: asset.transfer(holder.address, UNIT), effects, row });
  };
  await transfer("transferNew", false);
  await transfer("transfer", true, { action: "transfer of units, first of the day" });
  await countDay();
  await transfer("transfer", false, { action: "transfer of units, income moved" });
  await transfer("transfer", false);
  await lab.send(maker, rwa.createFacade({ id }));
  const { facade } = await rwa.contract.assetOf(id);
  const data = pay.interface.encodeFunctionData("transfer", [holder.address, UNIT]);
  model.relocate({ from: user.address, to: holder.address, amount: UNIT, time: await moment(false) });
  await take("transfer", {
    ...{ from: user, request: { to: facade, data }, effects: [units(user, -UNIT), units(holder, UNIT)] },
    row: { action: "transfer of units, by their ERC-20, idle" },
  });

  // Agents.
  model.relocate({ from: user.address, to: holder.address, amount: UNIT, time: await moment(false) });
  await take("force", {
    ...{ from: maker, request: rwa.forcedTransfer({ id, from: user.address, to: holder.address, amount: UNIT }) },
    effects: [units(user, -UNIT), units(holder, UNIT)],
  });
  await take("freeze", {
    ...{ from: maker, request: rwa.setAccountFrozen({ id, account: holder.address, isFrozen: true }) },
    effects: [held(holder, "isFrozen", 1n)],
  });
  await lab.send(maker, rwa.setAccountFrozen({ id, account: holder.address, isFrozen: false }));
  await take("freezePart", {
    ...{ from: maker, request: rwa.setFrozenTokens({ id, account: user.address, amount: UNIT }) },
    effects: [held(user, "frozen", UNIT)],
  });
  await lab.send(maker, rwa.setFrozenTokens({ id, account: user.address, amount: 0n }));

  // Income.
  const claim = async (destination: "wallet" | "ledger", state: "new" | "steady"): Promise<void> => {
    await countDay();
    const title = "claim income";
    const paid = model.claim({ account: holder.address, time: await moment(false) });
    const read = () =>
      destination === "wallet" ? pay.balanceOf(holder.address) : lab.ledger.balanceOf(holder.address, asset.payAsset);
    const measured = await measure(lab, {
      ...{ name: `Lakh: ${title}`, from: holder, state, effects: [{ label: "income", read, change: paid }] },
      request: rwa.claimIncome({ id, payAsset: asset.payAsset, destination, to: holder.address }),
    });
    const row = { domain: "rwa", action: title, path: destination, state, floor: null, bar: null } as const;
    rows.push(measuredRow({ ...row, peers: [] }, measured));
    await asset.check(title, holders);
  };
  await claim("ledger", "new");
  await claim("ledger", "steady");
  await (await pay.burn(holder.address, await pay.balanceOf(holder.address))).wait();
  await claim("wallet", "new");
  await claim("wallet", "steady");
  return { rows, asset };
}
