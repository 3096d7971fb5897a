import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import { getAddress, id as hashOf, type Addressable } from "ethers";
import { isInstrumented } from "#chain";
import { readIncomeStatement, readRegister } from "../../src/index.js";
import { borrow, boston, fund, HOMES, INVESTORS, moneyOf, MONTH, rent, resell, sell } from "../helpers/boston.js";
import { ethers } from "../helpers/ledger-fixture.js";
import { marketCall } from "../helpers/lending-fixture.js";
import { USD } from "../helpers/offering-fixture.js";
import { admit, incomeCall } from "../helpers/rwa-fixture.js";

const REPORT = process.env.LAKH_REPORT;

// All batches are signed by their signers' keys together and settled by the settlement; nothing is handed to the ledger past it.
describe("a tract of Boston", () => {
  it(`is sold to ${INVESTORS} investors, pays rent for a year, is lent against, lost and recovered, to the cent`, async function () {
    // The client's gas is that of code without probes.
    if (isInstrumented) this.skip();
    this.timeout(1_800_000);
    const world = await boston();
    const { fromBlock, ledger, core, usdc, id, ids, units, value, tract, eligible } = world;
    const { carol, relayer, dave, alice, bob, erin, frank } = world;
    const feesBefore = await ledger.balanceOf(relayer, ids.usdc);
    await fund(world, 500n * USD);
    const sale = await sell(world);
    const holders = eligible.filter((_, i) => i !== 1);
    const year = await rent(world, holders);
    const resale = await resell(world, [holders[3] ?? "", holders[4] ?? ""]);
    const loan = await borrow(world, holders[5] ?? "");
    const [lost, fresh] = [holders[6] ?? "", getAddress(`0x${hashOf("fresh").slice(26)}`)];
    await admit(world, [fresh as unknown as Addressable]);
    const lostUnits = await ledger.balanceOf(lost, id);
    await world.agency.recover(id, lost, fresh, []);
    expect(await ledger.balanceOf(fresh, id)).to.equal(lostUnits);
    const key = ethers.toBeHex(id, 32);
    const incomePlace = { protocol: core, key, asset0: ids.usdc, asset1: 0n };
    const { fees: managementFee } = await core.incomeStateOf(id);
    await ledger.connect(relayer).call(incomeCall({ ...world, id }, { action: "collectFees" }));

    // Income: what was distributed is what was paid, what waits, the fee, and what roundings left in the book.
    const register = await readRegister({
      provider: ethers.provider,
      ledger: await ledger.getAddress(),
      id,
      fromBlock,
    });
    const times = [0, 3, 6, 9, 12].map((months) => year.start + BigInt(months) * MONTH);
    const rwa = await core.getAddress();
    const { totals } = await readIncomeStatement({ provider: ethers.provider, rwa, register, times, fromBlock });
    const paid = totals.reduce((sum, total) => sum + total.paid, 0n);
    const earned = totals.reduce((sum, total) => sum + total.earned, 0n);
    const claimed = (await core.queryFilter(core.filters.IncomePaid(id))).reduce(
      (sum, { args }) => sum + args.amount,
      0n,
    );
    const incomeBook = await moneyOf(world, incomePlace);
    const waiting = await Promise.all(register.accounts.map((account) => core.incomeOf(id, account)));
    const waits = waiting.reduce((sum, amount) => sum + amount, 0n);
    expect(claimed + managementFee + incomeBook).to.equal(year.distributed);
    expect(incomeBook).to.be.greaterThanOrEqual(waits);
    // Each settlement and each claim rounds down once.
    expect(incomeBook - waits).to.be.lessThan(BigInt(register.movements.length + year.claims + 1));
    expect(earned - paid).to.equal(totals.at(-1)?.waiting ?? 0n);

    // Units: all that were issued are somebody's.
    expect(register.totalAt()).to.equal(units);
    // The three fees.
    const listingFee = sale.listingFee + resale.listingFee;
    const transactionFee = sale.transactionFee + resale.transactionFee;
    expect((await ledger.balanceOf(relayer, ids.usdc)) - feesBefore).to.equal(
      listingFee + transactionFee + managementFee,
    );
    // Money: all in the ledger is in somebody's balance, in the income book or in the market.
    const people = [
      ...world.investors,
      fresh,
      ...[carol, relayer, dave, alice, bob, erin, frank].map(({ address }) => address),
    ];
    let money = incomeBook;
    for (const account of people) money += await ledger.balanceOf(account, ids.usdc);
    const market = marketCall(loan.lending, loan.market, { action: "borrow", args: [0n, ethers.ZeroAddress] });
    const lent = {
      protocol: loan.lending,
      key: market.key as string,
      asset0: BigInt(market.asset0),
      asset1: BigInt(market.asset1),
    };
    money += await moneyOf(world, lent);
    expect(money).to.equal(await usdc.balanceOf(ledger));

    const report = {
      ...{ investors: INVESTORS, tract: tract.index, medianValue: tract.value * 1000, homes: HOMES, value, units },
      sale: { ...sale, offer: undefined, refunded: sale.refunded },
      rent: { ...year, paid: claimed, waits, roundings: incomeBook - waits, managementFee, quarters: totals },
      ...{ resale, loan: { ...loan, lending: undefined, market: undefined }, recovered: lostUnits },
      fees: { listing: listingFee, transaction: transactionFee, management: managementFee },
      money: { inLedger: money, holders: register.holdersAt().length },
      batches: world.batches.costs(),
    };
    const text = JSON.stringify(
      report,
      (_, entry: unknown) => (typeof entry === "bigint" ? entry.toString() : entry),
      2,
    );
    if (REPORT !== undefined) await writeFile(REPORT, `${text}\n`);
  });
});
