import { HDNodeWallet, id, Interface, Mnemonic, toQuantity } from "ethers";
import { DOLLAR } from "../../scripts/lib/demo/market.js";
import { createRandom } from "../../scripts/lib/demo/random.js";
import { mineBlock, openAccounts, sign, type Account, type Log } from "../../scripts/lib/demo/sender.js";
import { deployLocal, type LocalAddresses } from "../../scripts/lib/deployment.js";
import { DEVNET_CHAIN_ID, type LocalChain } from "../../scripts/lib/devnet.js";
import { FailureError } from "../../scripts/lib/failure.js";
import {
  coverProduct,
  createLakh,
  outcomeTypedData,
  reporterProof,
  riskTerms,
  tokenId,
  underwritingTerms,
  WHOLE_COVER,
  type InsuranceClient,
  type Lakh,
  type LakhRequest,
  type LedgerCall,
  type OfRisk,
  type RiskTerms,
  type UnderwritingTerms,
} from "../../src/index.js";
import {
  CoverDesk__factory,
  MockERC20__factory,
  ReporterOracle__factory,
  UnderwritingPool__factory,
} from "../../typechain-types/index.js";
import { type RecordSet, type RiskRecord } from "./records.js";

const HOUR = 3_600n;
const DAY = 24n * HOUR;
const WAD = 10n ** 18n;
const CHUNK = 60;
const CALLS = 24;
const GAS = 1_000_000n;
const CALL_GAS = 16_000_000n;

const authority = new Interface(["function execute(address target, bytes data) payable returns (uint32)"]);

/** The pool, the product and the actors' habits, the same in each replay. */
export const TERMS = {
  capital: 3_000_000n * DOLLAR,
  underwriters: 4,
  holders: 60,
  /** Policies of a risk, and their cover in dollars. */
  policies: { low: 1n, high: 3n },
  cover: { low: 50n, high: 500n },
  /** Cover of a risk is sold two days before its day, until the beginning of its day. */
  lead: 2n * DAY,
  capacity: (8n * WAD) / 10n,
  riskLimit: WAD / 100n,
  eventLimit: WAD / 100n,
  cooldown: 7n * DAY,
  maxWindow: 30n * DAY,
  /** Yearly rates on top of the base rate. */
  rates: { min: WAD / 2n, kink: WAD, max: 3n * WAD, kinkAt: (7n * WAD) / 10n },
  fee: WAD / 20n,
  /** Of three reporters two must agree; each has posted a bond. */
  reporters: 3,
  threshold: 2,
  bond: 10_000n * DOLLAR,
} as const;

export type ReplayOptions = {
  chain: LocalChain;
  records: RecordSet;
  seed: string;
  /** Told of each day. */
  progress?: (text: string) => void;
};

/** One day, at its end. Amounts are micro-dollars, sums since the beginning. */
export type ReplayDay = {
  date: string;
  /** What the pool's shares own, and what of it is locked. */
  capital: bigint;
  locked: bigint;
  policies: number;
  premiums: bigint;
  payouts: bigint;
  /** What is not earned yet of the premiums. */
  unearned: bigint;
  /** Assets of a share, WAD. */
  sharePrice: bigint;
  settled: number;
};

/** Two sums that must be the same. */
export type Check = { name: string; actual: bigint; wanted: bigint };

export type ReplayReport = {
  title: string;
  source: string;
  trigger: string;
  seed: string;
  risks: number;
  policies: number;
  /** Risks that paid, by the record; all did and no other. */
  paidRisks: number;
  capital: bigint;
  coverSold: bigint;
  /** What buyers paid, with fees. */
  paid: bigint;
  premiums: bigint;
  fees: bigint;
  payouts: bigint;
  /** What underwriters took out. */
  withdrawn: bigint;
  gas: { buy: bigint; settle: bigint; redeem: bigint; open: bigint };
  days: ReplayDay[];
  checks: Check[];
};

type Policy = { holder: number; units: bigint };
type Insured = RiskRecord & {
  terms: RiskTerms;
  riskId: string;
  policies: Policy[];
  sold: bigint;
  held: bigint;
};

/** Unix time, in seconds, at which the chain must start. */
export function replayStart({ records }: RecordSet): number {
  return Number(dayOf(records[0]?.start ?? 0n) - TERMS.lead - 2n * DAY);
}

function dayOf(time: bigint): bigint {
  return (time / DAY) * DAY;
}

/**
 * Sells cover of each record two days before its day, has two of three reporters sign what the record says when it is over, settles
 * it, and has every holder redeem; in the end the underwriters leave. Throws `NOT_RECONCILED` where a sum differs.
 */
export async function replayCover(options: ReplayOptions): Promise<ReplayReport> {
  const replay = await Replay.open(options);
  const { records } = options.records;
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError("There is no record");
  const end = dayOf(last.end) + 2n * DAY;
  for (let day = dayOf(first.start) - TERMS.lead; day <= end; day += DAY) {
    await replay.day(day);
    options.progress?.(`${dateOf(day)}, ${replay.settled} risks settled`);
  }
  const report = await replay.close(end + 60n * DAY);
  const wrong = report.checks.find(({ actual, wanted }) => actual !== wanted);
  if (wrong !== undefined) {
    const { name, actual, wanted } = wrong;
    throw new FailureError("NOT_RECONCILED", `Not reconciled: ${name} is ${actual}, not ${wanted}.`);
  }
  return report;
}

function dateOf(day: bigint): string {
  return new Date(Number(day) * 1_000).toISOString().slice(0, 10);
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #lakh: Lakh;
  readonly #usd: string;
  readonly #admin: Account;
  readonly #underwriters: Account[];
  readonly #reporters: Account[];
  readonly #holders: Account[];
  readonly #insurance: InsuranceClient;
  readonly #oracle: string;
  readonly #terms: UnderwritingTerms;
  readonly #productId: string;
  readonly #random: ReturnType<typeof createRandom>;
  readonly #days: ReplayDay[] = [];
  readonly #checks: Check[] = [];
  readonly #gas = { buy: 0n, settle: 0n, redeem: 0n, open: 0n };
  /** Not opened yet, and opened and not settled, by rising start. */
  #waiting: RiskRecord[];
  #open: Insured[] = [];
  #time = 0n;
  #policies = 0;
  #paidRisks = 0;
  settled = 0;
  readonly #sums = { cover: 0n, paid: 0n, net: 0n, payouts: 0n, losses: 0n };

  private constructor(
    options: ReplayOptions,
    deployed: {
      addresses: LocalAddresses;
      accounts: readonly Account[];
      insurance: InsuranceClient;
      oracle: string;
      terms: UnderwritingTerms;
      productId: string;
    },
  ) {
    const { addresses, accounts, insurance, oracle, terms, productId } = deployed;
    this.#options = options;
    this.#lakh = createLakh({ addresses, runner: options.chain.provider });
    this.#usd = addresses.usd;
    const [admin, ...rest] = accounts;
    if (admin === undefined) throw new RangeError("No accounts");
    this.#admin = admin;
    this.#underwriters = rest.slice(0, TERMS.underwriters);
    this.#reporters = reportersOf(rest);
    this.#holders = holdersOf(options.seed);
    [this.#insurance, this.#oracle] = [insurance, oracle];
    [this.#terms, this.#productId] = [terms, productId];
    this.#random = createRandom(`${options.seed} policies`);
    this.#waiting = [...options.records.records];
  }

  /** Deploys the suite and the insurance on it, and has everybody have dollars in the ledger. */
  static async open(options: ReplayOptions): Promise<Replay> {
    const { chain } = options;
    const { provider } = chain;
    const addresses = await deployLocal(chain);
    const accounts = await openAccounts(chain, 1 + TERMS.underwriters + TERMS.reporters);
    const signer = await provider.getSigner(0);
    const pools = await new UnderwritingPool__factory(signer).deploy(addresses.ledger);
    const desk = await new CoverDesk__factory(signer).deploy(addresses.ledger, pools);
    const reporters = reportersOf(accounts.slice(1)).map(({ address }) => address);
    const oracle = await new ReporterOracle__factory(signer).deploy(
      ...([addresses.ledger, tokenId(addresses.usd), TERMS.bond, signer.address, reporters, TERMS.threshold] as const),
    );
    const ledger = createLakh({ addresses, runner: signer }).ledger.contract;
    for (const core of [pools, desk]) {
      const data = ledger.interface.encodeFunctionData("listCore", [await core.getAddress()]);
      const execute = authority.encodeFunctionData("execute", [addresses.ledger, data]);
      await (await signer.sendTransaction({ to: addresses.authority, data: execute })).wait();
    }
    const [poolsAddress, deskAddress] = [await pools.getAddress(), await desk.getAddress()];
    const { insurance } = createLakh({
      addresses: { ...addresses, underwritingPool: poolsAddress, coverDesk: deskAddress },
      runner: provider, // without an account, so that each action is for whoever sends it
    });
    const { maxWindow, capacity, cooldown, eventLimit, riskLimit, rates, fee } = TERMS;
    const terms = underwritingTerms({
      ...{ token: addresses.usd, desk: deskAddress, manager: signer.address },
      ...{ maxWindow, capacity, cooldown, eventLimit, riskLimit },
    });
    const oracleAddress = await oracle.getAddress();
    const product = coverProduct({ pool: terms, rates, fee, oracle: oracleAddress, terms: options.records.trigger });
    for (const { to, data } of [insurance.createPool({ terms }), insurance.createProduct({ product })]) {
      await (await signer.sendTransaction({ to, data })).wait();
    }
    const productId = await insurance.productIdOf({ product });
    const deployed = { addresses, accounts, insurance, oracle: oracleAddress, terms, productId };
    const replay = new Replay(options, deployed);
    await replay.#enter();
    return replay;
  }

  async #enter(): Promise<void> {
    const { chain, records } = this.#options;
    this.#admin.nonce = await chain.provider.getTransactionCount(this.#admin.address);
    this.#time = BigInt(replayStart(records)) + DAY;
    await chain.request({ method: "evm_setAutomine", params: [false] });
    const { ledger } = this.#lakh;
    const usd = MockERC20__factory.createInterface();
    const [dollars, part] = [10n ** 9n * DOLLAR, TERMS.capital / BigInt(TERMS.underwriters)];
    const each = (accounts: readonly Account[], amount: bigint) =>
      accounts.map(({ address: to }) => ledger.deposit({ token: this.#usd, amount, to }));
    const ledgerAddress = await ledger.contract.getAddress();
    await this.#send(this.#admin, [
      { to: this.#usd, data: usd.encodeFunctionData("mint", [this.#admin.address, dollars]), value: 0n },
      { to: this.#usd, data: usd.encodeFunctionData("approve", [ledgerAddress, dollars]), value: 0n },
      ...each(this.#underwriters, part),
      ...each(this.#reporters, TERMS.bond),
      ...each(this.#holders, 1_000_000n * DOLLAR),
    ]);
    for (const { address } of this.#holders) {
      await chain.request({ method: "hardhat_setBalance", params: [address, toQuantity(WAD * 1_000n)] });
    }
    const deposit = this.#insurance.deposit({ terms: this.#terms, assets: part });
    await this.#sendAll(this.#underwriters.map((account) => [account, deposit]));
    const approve = ledger.contract.interface.encodeFunctionData("approve", [
      ...([this.#oracle, tokenId(this.#usd), TERMS.bond] as const),
    ]);
    const post = ReporterOracle__factory.createInterface().encodeFunctionData("postBond");
    for (const reporter of this.#reporters) {
      await this.#send(reporter, [
        { to: ledgerAddress, data: approve, value: 0n },
        { to: this.#oracle, data: post, value: 0n },
      ]);
    }
  }

  /** One day: what is over is settled and redeemed, what is two days away is opened and sold. */
  async day(day: bigint): Promise<void> {
    this.#time = day > this.#time ? day : this.#time + 1n;
    await this.#settle(day);
    await this.#sell(day);
    const { assets, locked, shares, unearned } = await this.#insurance.poolOf({ terms: this.#terms });
    this.#days.push({
      ...{ date: dateOf(day), capital: assets, locked, policies: this.#policies },
      ...{ premiums: this.#sums.net, payouts: this.#sums.payouts, unearned },
      ...{ sharePrice: (assets * WAD * 1_000n) / shares, settled: this.settled },
    });
  }

  async #sell(day: bigint): Promise<void> {
    const isDue = ({ start }: RiskRecord): boolean => dayOf(start) <= day + TERMS.lead;
    const due = this.#waiting.filter(isDue);
    this.#waiting = this.#waiting.slice(due.length);
    if (due.length === 0) return;
    const insured = due.map((record) => this.#insure(record));
    const requests = insured.map(({ terms }) => this.#insurance.openRisk({ risk: terms }));
    this.#gas.open += (await this.#send(this.#admin, requests)).gas;
    // Holders buy one after the other, each all his policies.
    const buys = new Map<number, LakhRequest<LedgerCall>[]>();
    for (const risk of insured) {
      for (const { holder, units } of risk.policies) {
        const request = this.#insurance.buy({
          ...this.#of(risk),
          units,
          maxCost: units,
          to: this.#holderOf(holder).address,
        });
        buys.set(holder, [...(buys.get(holder) ?? []), request]);
      }
    }
    const { gas, logs } = await this.#callAll(buys);
    this.#gas.buy += gas;
    this.#noteSales(insured, logs);
    this.#open.push(...insured);
  }

  #noteSales(risks: readonly Insured[], logs: readonly Log[]): void {
    const byId = new Map(risks.map((risk) => [risk.riskId, risk]));
    for (const { topics, data } of logs) {
      const event = this.#insurance.desk.interface.parseLog({ topics, data });
      if (event?.name !== "CoverBought") continue;
      const risk = byId.get(event.args[0] as string);
      if (risk === undefined) throw new FailureError("UNEXPECTED_OUTCOME", "Cover of an unknown risk was sold.");
      const [units, cost] = [event.args[2] as bigint, event.args[3] as bigint];
      risk.sold += units;
      risk.held += cost;
      this.#policies += 1;
      // No cover is cheaper than what it pays on average.
      if (cost * WAD < units * risk.baseRate) this.#check(`${risk.name}: cost`, cost, (units * risk.baseRate) / WAD);
    }
    for (const risk of risks) {
      const wanted = risk.policies.reduce((sum, { units }) => sum + units, 0n);
      if (risk.sold !== wanted) this.#check(`${risk.name}: cover sold`, risk.sold, wanted);
      const net = (risk.held * WAD) / (WAD + TERMS.fee);
      this.#sums.cover += risk.sold;
      this.#sums.paid += risk.held;
      this.#sums.net += net;
    }
  }

  /** Reports what the records say of all risks that were over before `day`, and pays. */
  async #settle(day: bigint): Promise<void> {
    const over = this.#open.filter(({ end }) => end < day);
    if (over.length === 0) return;
    this.#open = this.#open.filter(({ end }) => end >= day);
    const requests: Omit<LakhRequest, "parameters">[] = [];
    for (const risk of over) {
      requests.push(this.#insurance.report({ ...this.#of(risk), proof: await this.#proofOf(risk) }));
    }
    this.#gas.settle += (await this.#send(this.#admin, requests)).gas;
    this.settled += over.length;
    const redemptions = new Map<number, LakhRequest<LedgerCall>[]>();
    for (const risk of over) {
      if (risk.ratio === 0n) continue;
      this.#paidRisks += 1;
      this.#sums.losses += (risk.sold * risk.ratio) / WHOLE_COVER;
      for (const { holder, units } of risk.policies) {
        const request = this.#insurance.redeem({ ...this.#of(risk), units, to: this.#holderOf(holder).address });
        redemptions.set(holder, [...(redemptions.get(holder) ?? []), request]);
      }
    }
    const { gas, logs } = await this.#callAll(redemptions);
    this.#gas.redeem += gas;
    this.#notePayouts(over, logs);
  }

  /** Each risk that the record pays was paid, in full, and no other. */
  #notePayouts(over: readonly Insured[], logs: readonly Log[]): void {
    const paid = new Map<string, bigint>();
    for (const { topics, data } of logs) {
      const event = this.#insurance.desk.interface.parseLog({ topics, data });
      if (event?.name !== "CoverRedeemed") continue;
      const riskId = event.args[0] as string;
      paid.set(riskId, (paid.get(riskId) ?? 0n) + (event.args[3] as bigint));
    }
    for (const { name, riskId, sold, ratio } of over) {
      const [actual, wanted] = [paid.get(riskId) ?? 0n, (sold * ratio) / WHOLE_COVER];
      this.#sums.payouts += actual;
      if (actual !== wanted) this.#check(`${name}: paid`, actual, wanted);
    }
  }

  /** The ratio that the record says, signed by two of the reporters. */
  async #proofOf({ riskId, ratio, data }: Insured): Promise<string> {
    // Which two differs from risk to risk.
    const absent = Number(BigInt(data) % BigInt(TERMS.reporters));
    const desk = await this.#insurance.desk.getAddress();
    const { domain, types, message } = outcomeTypedData({
      ...{ chainId: BigInt(DEVNET_CHAIN_ID), oracle: this.#oracle, desk, risk: riskId, ratio },
    });
    const signatures: { reporter: string; signature: string }[] = [];
    for (const [index, { address: reporter, wallet }] of this.#reporters.entries()) {
      if (index === absent) continue;
      signatures.push({ reporter, signature: await wallet.signTypedData(domain, types, message) });
    }
    return reporterProof({ ratio, signatures });
  }

  /** Everybody leaves; the sums of the whole run. */
  async close(time: bigint): Promise<ReplayReport> {
    const { ledger } = this.#lakh;
    const balance = (account: string, asset: bigint): Promise<bigint> => ledger.contract.balanceOf(account, asset);
    const usd = tokenId(this.#usd);
    this.#time = time;
    const [insurance, terms] = [this.#insurance, this.#terms];
    const { shareId } = await insurance.poolOf({ terms });
    for (const account of this.#underwriters) {
      const shares = await balance(account.address, shareId);
      await this.#sendAll([[account, insurance.requestExit({ terms, shares })]]);
    }
    this.#time += TERMS.cooldown + TERMS.maxWindow;
    for (const [index, account] of this.#underwriters.entries()) {
      await this.#sendAll([[account, insurance.claimExit({ terms, requestId: BigInt(index) + 1n })]]);
    }
    // What the roundings of exits left flows for a week.
    this.#time += 7n * DAY;
    const before = await balance(this.#admin.address, usd);
    await this.#sendAll([[this.#admin, insurance.claimFees({ terms })]]);
    const fees = (await balance(this.#admin.address, usd)) - before;
    let [withdrawn, holders] = [0n, 0n];
    for (const { address } of this.#underwriters) withdrawn += await balance(address, usd);
    for (const { address } of this.#holders) holders += await balance(address, usd);
    const state = await insurance.poolOf({ terms });
    const { cover: coverSold, paid, net, payouts, losses } = this.#sums;
    this.#check("risks settled", BigInt(this.settled), BigInt(this.#options.records.records.length));
    const due = this.#options.records.records.filter(({ ratio }) => ratio > 0n).length;
    this.#check("risks that paid", BigInt(this.#paidRisks), BigInt(due));
    this.#check("payouts and losses", payouts, losses);
    this.#check("premiums and fees", net + fees, paid);
    const entered = 1_000_000n * DOLLAR * BigInt(this.#holders.length);
    this.#check("holders' dollars", holders, entered - paid + payouts);
    // What rounding left to nobody stays in the pool.
    this.#check("underwriters' dollars and what is left", withdrawn + state.assets, TERMS.capital + net - losses);
    this.#check("cover locked at the end", state.locked, 0n);
    this.#check("premiums not earned at the end", state.unearned, 0n);
    this.#check("what rounding left is below a unit an underwriter", BigInt(state.assets > 4n), 0n);
    await this.#options.chain.request({ method: "evm_setAutomine", params: [true] });
    const { title, source, trigger, records } = this.#options.records;
    return {
      ...{ title, source, trigger, seed: this.#options.seed, risks: records.length, policies: this.#policies },
      ...{ paidRisks: this.#paidRisks, capital: TERMS.capital, coverSold, paid, premiums: net, fees, payouts },
      ...{ withdrawn, gas: this.#gas, days: this.#days, checks: this.#checks },
    };
  }

  #check(name: string, actual: bigint, wanted: bigint): void {
    this.#checks.push({ name, actual, wanted });
  }

  /** A risk's terms, and who buys how much of it. */
  #insure(record: RiskRecord): Insured {
    const { name, data, start, end, baseRate } = record;
    const cutoff = dayOf(start) > this.#time + HOUR ? dayOf(start) : start;
    const reportBy = end + 5n * DAY;
    const terms = riskTerms({
      ...{ product: this.#productId, oracleData: data, terms: name, baseRate, cutoff, start, end, reportBy },
    });
    const of = { risk: terms, asset: tokenId(this.#usd) };
    const count = Number(this.#random.between(TERMS.policies.low, TERMS.policies.high));
    const first = Number(this.#random.between(0n, BigInt(this.#holders.length - 1)));
    const policies = Array.from({ length: count }, (_, index) => ({
      holder: (first + index) % this.#holders.length,
      units: this.#random.between(TERMS.cover.low * DOLLAR, TERMS.cover.high * DOLLAR),
    }));
    return { ...record, terms, riskId: this.#insurance.riskIdOf(of), policies, sold: 0n, held: 0n };
  }

  /** The risk as the client names it. */
  #of({ terms: risk }: Insured): OfRisk {
    return { risk, asset: tokenId(this.#usd) };
  }

  #holderOf(holder: number): Account {
    const account = this.#holders[holder];
    if (account === undefined) throw new RangeError(`There is no holder ${holder}`);
    return account;
  }

  /** Each holder's calls, in multicalls. */
  async #callAll(
    calls: ReadonlyMap<number, readonly LakhRequest<LedgerCall>[]>,
  ): Promise<{ gas: bigint; logs: Log[] }> {
    const sendings = [...calls].flatMap(([holder, requests]) =>
      inChunks(requests, CALLS).map((chunk) => [this.#holderOf(holder), this.#lakh.ledger.multicall(chunk)] as const),
    );
    return this.#sendAll(sendings, CALL_GAS);
  }

  #send(account: Account, requests: readonly Omit<LakhRequest, "parameters">[], gas = GAS) {
    return this.#sendAll(
      requests.map((request) => [account, request]),
      gas,
    );
  }

  async #sendAll(
    sendings: readonly (readonly [Account, Omit<LakhRequest, "parameters">])[],
    limit = GAS,
  ): Promise<{ gas: bigint; logs: Log[] }> {
    const { chain } = this.#options;
    const sum = { gas: 0n, logs: [] as Log[] };
    for (const chunk of inChunks(sendings, CHUNK)) {
      const signed: string[] = [];
      for (const [position, [account, request]] of chunk.entries()) {
        signed.push(await sign(account, request, position, limit));
      }
      this.#time += 1n;
      for (const { succeeded, gas, logs } of await mineBlock(chain, signed, this.#time)) {
        if (!succeeded) throw new FailureError("UNEXPECTED_OUTCOME", "A transaction of the replay failed.");
        sum.gas += BigInt(gas);
        sum.logs.push(...logs);
      }
    }
    return sum;
  }
}

/** By rising address, as the oracle wants them. */
function reportersOf(rest: readonly Account[]): Account[] {
  const chosen = rest.slice(TERMS.underwriters, TERMS.underwriters + TERMS.reporters);
  return chosen.sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
}

function holdersOf(seed: string): Account[] {
  const mnemonic = Mnemonic.fromEntropy(id(`${seed} holders`).slice(0, 34));
  const root = HDNodeWallet.fromMnemonic(mnemonic, "m/44'/60'/0'/0");
  return Array.from({ length: TERMS.holders }, (_, index) => {
    const wallet = root.deriveChild(index);
    return { address: wallet.address, wallet, nonce: 0 };
  });
}

function inChunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
