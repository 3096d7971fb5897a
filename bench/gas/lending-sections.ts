import { FailureError } from "../../scripts/lib/failure.js";
import { marketParams, MAX_AMOUNT } from "../../src/index.js";
import { BenchOracle__factory, LendingCore__factory } from "../../typechain-types/index.js";
import type { GasRow } from "../schema.js";
import { readProduction } from "./artifacts.js";
import { sharesDown, sharesUp } from "./expected-lending.js";
import type { Lab } from "./lab.js";
import { LENDING_TOKENS, LLTV, PRICE } from "./lending-run.js";
import { UNIT } from "./peer-kit.js";
import { sectionAccounts, sectionRow, type SectionOperation, type Sections } from "./sections.js";

const KIND = { supply: 0n, borrow: 3n } as const;
/** What an operation of a section may cost (design of lending), authorisation and calldata not counted. */
const BARS = { supplyNew: 31_000, supply: 13_500, borrowNew: null, borrow: 15_500 } as const;
const STEP = 10n * UNIT;

/**
 * Gas of an operation in a section of 400 accounts on one market with the adaptive curve, an hour after its last update; see
 * `Sections`. Each account's balance is checked.
 */
export async function measureLendingSections(lab: Lab, sections: Sections): Promise<GasRow[]> {
  const { lakh, maker, ledger } = lab;
  const [loan, collateral] = [lab[LENDING_TOKENS.loan], lab[LENDING_TOKENS.collateral]];
  const oracle = await lab.deploy(await readProduction("contracts/mocks/BenchOracle.sol"), PRICE);
  const market = marketParams({
    ...{ loanAsset: await loan.getAddress(), collateralAsset: await collateral.getAddress() },
    ...{ oracle: await BenchOracle__factory.connect(await oracle.getAddress(), maker).getAddress(), lltv: LLTV },
  });
  const core = LendingCore__factory.connect(lakh.lending.address, maker);
  const { key, asset0, asset1 } = lakh.lending.createMarket({ market }).parameters;
  await lab.send(maker, lakh.lending.createMarket({ market }));
  const id = lakh.lending.marketIdOf({ market });
  const shareId = lakh.lending.shareIdOf({ market });
  const accounts = sectionAccounts(0xacc0n);
  const book = { protocol: lakh.lending.address, key, asset0, asset1, shareId };

  // The accounts' collateral anybody may add.
  await sections.handOver(asset0, 100n * STEP, accounts);
  await lab.send(maker, lakh.lending.supply({ market, assets: 1_000_000n * UNIT, to: maker.address }));
  await lab.send(maker, lakh.lending.addCollateral({ market, amount: 1_000_000n * UNIT }));
  await lab.send(maker, lakh.lending.borrow({ market, assets: 400_000n * UNIT, to: maker.address }));
  for (let at = 0; at < accounts.length; at += 50) {
    const some = accounts.slice(at, at + 50);
    const calls = some.map((account) => lakh.lending.addCollateral({ market, amount: 10n * STEP, account }));
    await lab.send(maker, lakh.ledger.multicall(calls));
  }

  const held = () => Promise.all(accounts.map((account) => ledger.balanceOf(account, shareId)));
  const owed = () => Promise.all(accounts.map(async (account) => (await core.positionOf(id, account)).borrowShares));
  const rows: GasRow[] = [];
  const add = async (
    name: keyof typeof BARS,
    action: string,
    operation: SectionOperation,
    { read, direction }: { read: () => Promise<bigint[]>; direction: "down" | "up" },
  ): Promise<void> => {
    const before = await read();
    await lab.wait(3_600);
    const gas = await sections.run(book, accounts, operation);
    const after = await read();
    const { supplyShares, borrowAssets, borrowShares } = await core.marketOf(id);
    const idle = (await ledger.bookOf(core, key, asset0, asset1)) & MAX_AMOUNT;
    // A share's price moves by rounding alone within the section, so each got what the price at its end says, or a unit less or more.
    const side =
      direction === "down"
        ? { assets: idle + borrowAssets, shares: supplyShares }
        : { assets: borrowAssets, shares: borrowShares };
    const wanted = direction === "down" ? sharesDown(STEP, side) : sharesUp(STEP, side);
    for (const [i, value] of after.entries()) {
      const got = value - (before[i] ?? 0n);
      if (got < wanted - 1n || got > wanted + 1n) {
        throw new FailureError("WRONG_EFFECT", `${action}: account ${i} got ${got} shares, not ${wanted}.`);
      }
    }
    const state = name.endsWith("New") ? "new" : "steady";
    rows.push(sectionRow({ domain: "lending", action, state, gas, bar: BARS[name] }));
  };
  const supplies = { read: held, direction: "down" } as const;
  await add("supplyNew", "supply, of 400 in a section", { kind: KIND.supply, amount: STEP }, supplies);
  await add("supply", "supply, of 400 in a section", { kind: KIND.supply, amount: STEP, sequence: 1n }, supplies);
  const debts = { read: owed, direction: "up" } as const;
  await add("borrowNew", "borrow, of 400 in a section", { kind: KIND.borrow, arguments: STEP, sequence: 2n }, debts);
  await add("borrow", "borrow, of 400 in a section", { kind: KIND.borrow, arguments: STEP, sequence: 3n }, debts);
  return rows;
}
