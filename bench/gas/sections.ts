import { getAddress, toBeHex, ZeroAddress, ZeroHash } from "ethers";
import { FailureError } from "../../scripts/lib/failure.js";
import { MockSettlement__factory, type MockSettlement } from "../../typechain-types/index.js";
import type { ILedgerProtocol } from "../../typechain-types/mocks/MockSettlement.js";
import type { GasRow } from "../schema.js";
import { readProduction } from "./artifacts.js";
import type { Lab } from "./lab.js";

/** Accounts of a section, each with one operation. */
const ACCOUNTS = 400;
const GAS_CAP = 16_000_000n;
/** Kind of a transfer that hands the sender's consent to a fresh word. */
const HAND_OVER = 4n;

export type SectionOperation = { kind: bigint; amount?: bigint; arguments?: bigint; sequence?: bigint };

/** A book's section, without what all sections have in common. */
export type SectionBook = Pick<ILedgerProtocol.SectionStruct, "protocol" | "key" | "asset0" | "asset1" | "shareId">;

/** Settles sections without authorisation: what the ledger and the protocol take is left. */
export type Sections = {
  /** Gives each account so much of a token of the maker's, with consent, in a fresh word. */
  handOver: (asset: bigint, amount: bigint, accounts: readonly string[]) => Promise<void>;
  /**
   * One operation of each account, all of which must be executed. Gas of each, without authorisation and calldata: what the
   * ledger's frame takes, divided by the operations.
   */
  run: (
    book: SectionBook,
    accounts: readonly string[],
    operation: SectionOperation | ((index: number) => SectionOperation),
  ) => Promise<number>;
};

/** Addresses of nobody, 400 of a kind. */
export function sectionAccounts(kind: bigint): string[] {
  return Array.from({ length: ACCOUNTS }, (_, i) => getAddress(toBeHex((kind << 144n) + BigInt(i), 20)));
}

export async function openSections(lab: Lab): Promise<Sections> {
  const { ledger, maker } = lab;
  const code = await readProduction("contracts/mocks/MockSettlement.sol");
  const deployed = await lab.deploy(code, await ledger.getAddress());
  const settlement = MockSettlement__factory.connect(await deployed.getAddress(), maker);
  await (await ledger.listSettlement(settlement)).wait();
  const versions = 1n << (await versionOf(lab, settlement));
  const settleAll = (book: SectionBook, words: readonly bigint[]) => settle(lab, settlement, { book, words });
  return {
    async handOver(asset, amount, accounts) {
      await (await ledger.setConsent(asset, versions)).wait();
      const first = ((await ledger.wordOf(maker.address, asset)) >> 232n) & 0xffffn;
      const words = accounts.flatMap((account, i) => {
        const sequence = first + BigInt(i);
        return wordsOf(maker.address, { kind: HAND_OVER, amount, arguments: BigInt(account), sequence });
      });
      await settleAll({ protocol: ZeroAddress, key: ZeroHash, asset0: asset, asset1: 0n, shareId: 0n }, words);
    },
    run: (book, accounts, operation) => {
      const operationOf = typeof operation === "function" ? operation : () => operation;
      const words = accounts.flatMap((account, index) => wordsOf(account, operationOf(index)));
      return settleAll(book, words);
    },
  };
}

/** A row of operations in a section. */
export function sectionRow({
  gas,
  ...rest
}: Pick<GasRow, "domain" | "action" | "state" | "gas" | "bar"> & Partial<Pick<GasRow, "floor">>): GasRow {
  return { floor: null, ...rest, path: "batch", gas, execGas: gas, calldataBytes: 0, l1FeeWei: "0", peers: [] };
}

/** The two words of an operation, as `OperationLib.pack` makes them. */
function wordsOf(
  account: string,
  { kind, amount = 0n, arguments: tail = 0n, sequence = 0n }: SectionOperation,
): [bigint, bigint] {
  const head = (BigInt(account) << 96n) | ((sequence & 255n) << 88n) | (kind << 80n) | (tail >> 144n);
  return [head, ((tail << 112n) & ((1n << 256n) - 1n)) | amount];
}

/** Settles a section of which every operation must be executed; its gas for each, without the transaction's own. */
async function settle(
  lab: Lab,
  settlement: MockSettlement,
  { book, words }: { book: SectionBook; words: readonly bigint[] },
): Promise<number> {
  const section = { ...book, gasCap: GAS_CAP, fee0: 0n, fee1: 0n, feeTo: lab.maker.address, parameters: "0x" };
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
