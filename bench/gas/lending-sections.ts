import { getAddress, toBeHex, ZeroAddress } from "ethers";
import { FailureError } from "../../scripts/lib/failure.js";
import { marketParams, MAX_AMOUNT } from "../../src/index.js";
import {
  BenchOracle__factory,
  LendingCore__factory,
  MockSettlement__factory,
  type MockSettlement,
} from "../../typechain-types/index.js";
import type { ILedgerProtocol } from "../../typechain-types/mocks/MockSettlement.js";
import type { GasRow } from "../schema.js";
import { readProduction } from "./artifacts.js";
import { sharesDown, sharesUp } from "./expected-lending.js";
import type { Lab } from "./lab.js";
import { LENDING_TOKENS, LLTV, PRICE } from "./lending-run.js";
import { UNIT } from "./peer-kit.js";

/** Accounts of a section, each with one operation. */
const ACCOUNTS = 400;
const KIND = { supply: 0n, borrow: 3n, handOver: 4n } as const;
/** What an operation of a section may cost (design of lending), authorisation and calldata not counted. */
const BARS = { supplyNew: 31_000, supply: 13_500, borrowNew: null, borrow: 15_500 } as const;
const GAS_CAP = 14_000_000n;
const STEP = 10n * UNIT;

type Operation = { kind: bigint; amount?: bigint; arguments?: bigint; sequence?: bigint };

/**
 * Gas of an operation in a section of 400 accounts on one market with the adaptive curve, an hour after its last update: what
 * the ledger's frame takes, without authorisation and calldata, divided by the operations. Each account's balance is checked.
 */
export async function measureLendingSections(lab: Lab): Promise<GasRow[]> {
  const { lakh, maker, ledger } = lab;
  const [loan, collateral] = [lab[LENDING_TOKENS.loan], lab[LENDING_TOKENS.collateral]];
  const oracle = await lab.deploy(await readProduction("contracts/mocks/BenchOracle.sol"), PRICE);
  const market = marketParams({
    ...{ loanAsset: await loan.getAddress(), collateralAsset: await collateral.getAddress() },
    ...{ oracle: await BenchOracle__factory.connect(await oracle.getAddress(), maker).getAddress(), lltv: LLTV },
  });
  const core = LendingCore__factory.connect(lakh.lending.address, maker);
  const deployed = await lab.deploy(
    await readProduction("contracts/mocks/MockSettlement.sol"),
    await ledger.getAddress(),
  );
  const settlement = MockSettlement__factory.connect(await deployed.getAddress(), maker);
  await (await ledger.listSettlement(settlement)).wait();
  const { key, asset0, asset1 } = lakh.lending.createMarket({ market }).parameters;
  await lab.send(maker, lakh.lending.createMarket({ market }));
  const id = lakh.lending.marketIdOf({ market });
  const shareId = lakh.lending.shareIdOf({ market });

  const accounts = Array.from({ length: ACCOUNTS }, (_, i) => getAddress(toBeHex((0xacc0n << 144n) + BigInt(i), 20)));
  const section = {
    ...{ protocol: lakh.lending.address, key, asset0, asset1, shareId, gasCap: GAS_CAP },
    ...{ fee0: 0n, fee1: 0n, feeTo: maker.address, parameters: "0x" },
  };
  const run = async (operation: Operation): Promise<number> => {
    await lab.wait(3_600);
    const words = accounts.flatMap((account) => wordsOf(account, operation));
    return settle(lab, settlement, { section, words });
  };

  // The accounts' words, with consent handed over by a transfer, and their collateral, which anybody may add.
  const versions = 1n << (await versionOf(lab, settlement));
  await (await ledger.setConsent(asset0, versions)).wait();
  const sequence = ((await ledger.wordOf(maker.address, asset0)) >> 232n) & 0xffffn;
  const transfers = accounts.flatMap((account, i) =>
    wordsOf(maker.address, {
      ...{ kind: KIND.handOver, amount: 100n * STEP, arguments: BigInt(account), sequence: sequence + BigInt(i) },
    }),
  );
  const plain = { ...section, protocol: ZeroAddress, shareId: 0n };
  await settle(lab, settlement, { section: plain, words: transfers });
  await lab.send(maker, lakh.lending.supply({ market, assets: 1_000_000n * UNIT, to: maker.address }));
  await lab.send(maker, lakh.lending.addCollateral({ market, amount: 1_000_000n * UNIT }));
  await lab.send(maker, lakh.lending.borrow({ market, assets: 400_000n * UNIT, to: maker.address }));
  for (let at = 0; at < ACCOUNTS; at += 50) {
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
    operation: Operation,
    { read, direction }: { read: () => Promise<bigint[]>; direction: "down" | "up" },
  ): Promise<void> => {
    const before = await read();
    const gas = await run(operation);
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
    rows.push({
      ...{ domain: "lending", action, path: "batch", state: name.endsWith("New") ? "new" : "steady" },
      ...{ gas, execGas: gas, calldataBytes: 0, l1FeeWei: "0", peers: [], floor: null, bar: BARS[name] },
    });
  };
  const supplies = { read: held, direction: "down" } as const;
  await add("supplyNew", "supply, of 400 in a section", { kind: KIND.supply, amount: STEP }, supplies);
  await add("supply", "supply, of 400 in a section", { kind: KIND.supply, amount: STEP, sequence: 1n }, supplies);
  const debts = { read: owed, direction: "up" } as const;
  await add("borrowNew", "borrow, of 400 in a section", { kind: KIND.borrow, arguments: STEP, sequence: 2n }, debts);
  await add("borrow", "borrow, of 400 in a section", { kind: KIND.borrow, arguments: STEP, sequence: 3n }, debts);
  return rows;
}

/** The two words of an operation, as `OperationLib.pack` makes them. */
function wordsOf(
  account: string,
  { kind, amount = 0n, arguments: tail = 0n, sequence = 0n }: Operation,
): [bigint, bigint] {
  const head = (BigInt(account) << 96n) | ((sequence & 255n) << 88n) | (kind << 80n) | (tail >> 144n);
  return [head, ((tail << 112n) & ((1n << 256n) - 1n)) | amount];
}

/** Settles a section of which every operation must be executed; its gas for each, without the transaction's own. */
async function settle(
  lab: Lab,
  settlement: MockSettlement,
  { section, words }: { section: ILedgerProtocol.SectionStruct; words: readonly bigint[] },
): Promise<number> {
  const data = settlement.interface.encodeFunctionData("settleWords", [section, [...words]]);
  const hash = await lab.maker.sendUncheckedTransaction({
    ...{ to: await settlement.getAddress(), data, gasLimit: 30_000_000n },
  });
  const receipt = await lab.chain.provider.getTransactionReceipt(hash);
  const logs = (receipt?.logs ?? []).map((log) => settlement.interface.parseLog(log));
  const [executed, skipped] = (logs.find((log) => log?.name === "SectionSettled")?.args ?? [false, []]) as unknown as [
    boolean,
    bigint[],
  ];
  if (receipt?.status !== 1 || !executed || skipped.some((bits) => bits !== 0n)) {
    throw new FailureError("SKIPPED", "A benchmarked section was not executed whole.");
  }
  const bytes = Buffer.from(data.slice(2), "hex");
  const zeros = bytes.filter((byte) => byte === 0).length;
  const exec = Number(receipt.gasUsed) - 21_000 - 4 * zeros - 16 * (bytes.length - zeros);
  return Math.round(exec / (words.length / 2));
}

async function versionOf({ ledger }: Lab, settlement: MockSettlement): Promise<bigint> {
  const address = await settlement.getAddress();
  for (let version = 0n; version < 8n; ++version) {
    const [listed] = await ledger.settlementOf(version);
    if (listed === address) return version;
  }
  throw new FailureError("NOT_LISTED", "The benchmark's settlement is not listed.");
}
