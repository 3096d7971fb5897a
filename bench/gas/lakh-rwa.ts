import { id as hashOf, ZeroAddress, ZeroHash } from "ethers";
import { createRwaClient, incomeBook, type LakhRequest, type RwaClient } from "../../src/index.js";
import { readProduction } from "./artifacts.js";
import type { Lab, Sent } from "./lab.js";
import { LakhRwaModel } from "./lakh-rwa-model.js";
import { EffectError } from "./measure.js";
import { UNIT } from "./peer-kit.js";
import type { SectionBook } from "./sections.js";
import type { Words } from "./staking-model.js";

const DAY = 86_400n;
const FOREVER = (1n << 40n) - 1n;
/** ISO 3166-1 numeric. */
const GERMANY = 276n;
/** What the registry takes at once. */
const STATED_AT_ONCE = 200;
/** Who is given a unit where somebody else has to be first on a day. */
const OTHER = "0x00000000000000000000000000000000000A11cE";
const SALT = hashOf("12 Main Street");
export const ELIGIBLE = { sendUntil: FOREVER, receiveUntil: FOREVER, country: GERMANY, classes: 0n } as const;
/** Of the tokens in the lab: what income is paid in, and what offerings take. */
export const RWA_TOKENS = { income: "d", payment: "c" } as const satisfies Record<string, keyof Lab>;
/** Spread over a year. */
const INCOME = 1_000_000n * UNIT;
const INCOME_DAYS = 365n;

/** A regulated asset in a core of its own and its model in the same state. The maker is its issuer and the registry's agent. */
export type LakhRwa = {
  rwa: RwaClient;
  id: bigint;
  payAsset: bigint;
  model: LakhRwaModel;
  /** The book of sections of transfers, and of claims of income. */
  books: { units: SectionBook; income: SectionBook };
  /** Makes accounts eligible. */
  admit: (accounts: readonly string[]) => Promise<void>;
  /** Issues units. */
  mint: (to: string, amount: bigint) => Promise<void>;
  /** A transfer by the ERC-6909 function of the ledger. */
  transfer: (to: string, amount: bigint) => Sent;
  /** Starts the income, which flows from the next midnight on. */
  distribute: () => Promise<void>;
  /** A movement of others, the first of the next day. */
  countDay: () => Promise<void>;
  /** The next block is the next day's first, or some time later on the same day; its time. */
  moment: (isNewDay: boolean) => Promise<bigint>;
  /** Compares every word of the asset and of these accounts with the model. */
  check: (title: string, accounts: readonly string[]) => Promise<void>;
};

export async function openLakhRwa(lab: Lab): Promise<LakhRwa> {
  const { ledger, lakh, maker, deploy, send } = lab;
  const agency = await deploy(await readProduction("contracts/rwa/RwaAgency.sol"), ledger);
  const core = await deploy(await readProduction("contracts/rwa/RwaCore.sol"), ledger, agency);
  const offering = await deploy(await readProduction("contracts/rwa/RwaOffering.sol"), core);
  const [address, offeringAddress] = [await core.getAddress(), await offering.getAddress()];
  for (const each of [address, offeringAddress]) await (await ledger.listCore(each)).wait();
  const rwa = createRwaClient({
    ...{ address, offering: offeringAddress, weth: lakh.addresses.weth, ledger: lakh.ledger },
    runner: lab.chain.provider,
  });
  const payAsset = BigInt(await lab[RWA_TOKENS.income].getAddress());
  const terms = { name: "Twelve Main Street", symbol: "MAIN12", decimals: 18n, owner: maker.address, payAsset };
  const id = rwa.idOf({ salt: SALT });
  const setUp: LakhRequest<unknown>[] = [
    rwa.issue({ salt: SALT, terms: { ...terms, cap: (1n << 96n) - 1n } }),
    rwa.setProtocol({ core: offeringAddress }),
    rwa.setApproval({ id, protocol: offeringAddress, approvals: ["venue"] }),
  ];
  for (const request of setUp) await send(maker, request);
  await send(maker, rwa.setAccounts({ statements: [{ account: OTHER, ...ELIGIBLE }] }));
  const model = new LakhRwaModel([offeringAddress]);
  const incomeOf = { id, payAsset };

  const now = async (): Promise<bigint> => BigInt((await lab.chain.provider.getBlock("latest"))?.timestamp ?? 0);
  const moment = async (isNewDay: boolean): Promise<bigint> => {
    const next = (await now()) + 1n;
    return lab.wait(isNewDay ? Number(DAY - (next % DAY)) + 2 : 1);
  };
  const transfer = (to: string, amount: bigint): Sent => ({
    to: ledger.target as string,
    data: ledger.interface.encodeFunctionData("transfer", [to, id, amount]),
  });
  const wordsOf = async (account: string): Promise<Words> => {
    const { index: recordIndex, accrued } = await rwa.contract.recordOf(id, account);
    return { balance: await ledger.balanceOf(account, id), recordIndex, accrued };
  };
  const incomeWords = async (): Promise<Words> => {
    const state = await rwa.contract.incomeStateOf(id);
    const { index, remainder, rate, end, funded, left, weight, countedTo } = state;
    return { index, remainder, rate, end, funded, left, weight, countedTo };
  };
  return {
    ...{ rwa, id, payAsset, model, moment, transfer },
    books: {
      units: { protocol: ZeroAddress, key: ZeroHash, asset0: id, asset1: 0n, shareId: 0n },
      income: { ...incomeBook({ rwa: address, ...incomeOf }), shareId: 0n },
    },
    async admit(accounts) {
      for (let at = 0; at < accounts.length; at += STATED_AT_ONCE) {
        const some = accounts.slice(at, at + STATED_AT_ONCE);
        await send(maker, rwa.setAccounts({ statements: some.map((account) => ({ account, ...ELIGIBLE })) }));
      }
    },
    async mint(to, amount) {
      const time = await moment(false);
      model.mint({ to, amount, time });
      await send(maker, rwa.mint({ id, to, amount }));
    },
    async countDay() {
      model.transfer({ from: maker.address, to: OTHER, amount: UNIT, time: await moment(true) });
      await send(maker, transfer(OTHER, UNIT));
    },
    async distribute() {
      const time = await moment(true);
      const end = time - (time % DAY) + (INCOME_DAYS + 1n) * DAY;
      model.distribute({ amount: INCOME, end, time });
      await send(maker, rwa.distribute({ ...incomeOf, amount: INCOME, end }));
      await moment(true); // the day of the funding is over; the next one that begins finds an index
      await lab.chain.request({ method: "evm_mine", params: [] });
    },
    async check(title, accounts) {
      const compare = (words: Words, expected: Words, whose: string): void => {
        for (const [label, actual] of Object.entries(words)) {
          if (actual === expected[label]) continue;
          throw new EffectError(`${title}: ${label} of ${whose} is ${actual}, not ${expected[label] ?? "known"}.`);
        }
      };
      compare(await incomeWords(), model.words(ZeroAddress), "the asset");
      for (const account of accounts) compare(await wordsOf(account), model.words(account), account);
    },
  };
}
