import { ZeroAddress, type Provider } from "ethers";
import { ILedger__factory } from "../typechain-types/factories/interfaces/ILedger__factory.js";
import { IRwaCore__factory } from "../typechain-types/factories/interfaces/IRwaCore__factory.js";
import { type EventLog } from "./amm-events.js";
import { checkAddress } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { checkRwaId } from "./rwa-terms.js";

/** Units that came or went; the zero address stands for mints, burns and protocols' books. */
export type UnitMovement = {
  from: string;
  to: string;
  amount: bigint;
  blockNumber: number;
  index: number;
  transactionHash: string;
};

/** So many units of an account, from a block on and before another; `until` is undefined for what is still so. */
export type RegisterRow = { account: string; units: bigint; since: number; until: number | undefined };

/** Income of an account in a period, in units of what the asset pays: `waiting` = `waiting` before + `earned` − `paid`. */
export type IncomeRow = {
  account: string;
  /** Unix seconds. */
  from: bigint;
  to: bigint;
  /** Units held at the end. */
  units: bigint;
  /** Below 0 for an account whose income a recovery gave to another. */
  earned: bigint;
  paid: bigint;
  /** What could be claimed at the end. */
  waiting: bigint;
};

/** Rows of each period, period after period; in each every account that ever had units or income. */
export type IncomeStatement = {
  rows: IncomeRow[];
  totals: Pick<IncomeRow, "from" | "to" | "earned" | "paid" | "waiting">[];
};

/** How many blocks a provider is asked for at once, unless said otherwise. */
const STEP = 10_000;
const ledgerCodec = ILedger__factory.createInterface();
const rwaCodec = IRwaCore__factory.createInterface();
const TRANSFER = ledgerCodec.getEvent("Transfer").topicHash;
const PAID = rwaCodec.getEvent("IncomePaid").topicHash;

/** Who held how many units of one asset when, by the ledger's events of it. Balances equal the chain's to the unit. */
export class HolderRegister {
  readonly id: bigint;
  readonly movements: readonly UnitMovement[];
  readonly #rows: RegisterRow[] = [];
  readonly #open = new Map<string, RegisterRow>();

  /**
   * From the logs of the ledger at `ledger`, from the asset's issue on; others are left out. Throws `HistoryMismatch` where somebody would
   * have given more than he had, so that logs are missing.
   */
  constructor({ ledger, id, logs }: { ledger: string; id: bigint; logs: readonly EventLog[] }) {
    this.id = checkRwaId(id);
    this.movements = movementsOf({ ledger: checkAddress(ledger, "ledger"), id, logs });
    for (const { from, to, amount, blockNumber } of this.movements) {
      this.#move(from, -amount, blockNumber);
      this.#move(to, amount, blockNumber);
    }
    this.#rows.push(...[...this.#open.values()].filter(({ units }) => units !== 0n));
  }

  /** All accounts that ever held units, in the order of their first. */
  get accounts(): string[] {
    return [...this.#open.keys()];
  }

  /** All that was held, row after row in the order in which it ended; what is still held comes last. */
  rows(): readonly RegisterRow[] {
    return this.#rows;
  }

  /** Who held units after a block, the last one unless given, the most first. */
  holdersAt(block = Number.MAX_SAFE_INTEGER): { account: string; units: bigint }[] {
    return this.#rows
      .filter((row) => isAt(row, block))
      .map(({ account, units }) => ({ account, units }))
      .sort((a, b) => (a.units === b.units ? 0 : a.units > b.units ? -1 : 1));
  }

  /** What an account held after a block, the last one unless given. */
  balanceOf(account: string, block = Number.MAX_SAFE_INTEGER): bigint {
    const checked = checkAddress(account, "account");
    return this.#rows.find((row) => row.account === checked && isAt(row, block))?.units ?? 0n;
  }

  /** What is in holders' balances after a block: the supply less what is in protocols' books. */
  totalAt(block?: number): bigint {
    return this.holdersAt(block).reduce((sum, { units }) => sum + units, 0n);
  }

  #move(account: string, change: bigint, block: number): void {
    if (account === ZeroAddress) return;
    const row = this.#open.get(account) ?? { account, units: 0n, since: block, until: undefined };
    const units = row.units + change;
    if (units < 0n) {
      const values = { account, units: row.units, change, block };
      throw new ValidationError(
        "HistoryMismatch",
        `${account} would have given more than it had: logs are missing`,
        values,
      );
    }
    // What changes within a block is one row.
    if (row.units !== 0n && row.since !== block) this.#rows.push({ ...row, until: block });
    this.#open.set(account, { account, units, since: block, until: undefined });
  }
}

function isAt({ since, until }: RegisterRow, block: number): boolean {
  return since <= block && (until === undefined || until > block);
}

/** The movements of an asset among logs, in the order of the chain. */
function movementsOf({ ledger, id, logs }: { ledger: string; id: bigint; logs: readonly EventLog[] }): UnitMovement[] {
  const own = logs.filter(
    ({ address, topics: [topic, , , asset] }) =>
      topic === TRANSFER && asset !== undefined && BigInt(asset) === id && checkAddress(address, "log") === ledger,
  );
  own.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
  return own.map(({ topics, data, blockNumber, index, transactionHash }) => {
    const { sender, receiver, amount } = ledgerCodec.decodeEventLog("Transfer", data, topics);
    const parties = { from: sender as string, to: receiver as string, amount: amount as bigint };
    return { ...parties, blockNumber, index, transactionHash };
  });
}

/** Which blocks events are read of, the latest as the last unless given, and how many at once. */
export type LogRange = { provider: Provider; fromBlock: number; toBlock?: number; step?: number };

/** Reads the register of an asset; `fromBlock` is that of its issue, or one before. */
export async function readRegister({
  ledger,
  id,
  ...range
}: LogRange & { ledger: string; id: bigint }): Promise<HolderRegister> {
  const topics = [TRANSFER, null, null, topicOf(checkRwaId(id))];
  return new HolderRegister({ ledger, id, logs: await readLogs({ ...range, address: ledger, topics }) });
}

/**
 * Reads what accounts of a register earned, were paid and could claim, by periods between `times` (Unix seconds, ascending). A time
 * stands for the first block that is not before it, or the last there is: so income of the days before a midnight is in the period
 * that ends then, whenever it is claimed. The provider must answer calls at these blocks (an archive).
 */
export async function readIncomeStatement({
  rwa,
  register,
  times,
  ...range
}: LogRange & { rwa: string; register: HolderRegister; times: readonly bigint[] }): Promise<IncomeStatement> {
  const { provider, fromBlock } = range;
  if (times.length < 2 || times.some((time, i) => i > 0 && time <= (times[i - 1] ?? 0n))) {
    throw new ValidationError("AmountOutOfRange", "Periods lie between two times or more, in order", { times });
  }
  const toBlock = range.toBlock ?? (await provider.getBlockNumber());
  const topics = [PAID, topicOf(register.id)];
  const logs = await readLogs({ ...range, toBlock, address: rwa, topics });
  const payments = logs.map(({ topics, data, blockNumber }) => {
    const { account, amount } = rwaCodec.decodeEventLog("IncomePaid", data, topics);
    return { account: account as string, amount: amount as bigint, blockNumber };
  });
  const accounts = [...new Set([...register.accounts, ...payments.map(({ account }) => account)])];
  const statement: IncomeStatement = { rows: [], totals: [] };
  let before: { block: number; waiting: bigint[] } | undefined;
  for (const [index, to] of times.entries()) {
    const block = await firstBlockAt({ provider, fromBlock, toBlock, time: to });
    const waiting = await waitingAt({ provider, rwa, id: register.id, accounts, block });
    if (before !== undefined) {
      const { block: start, waiting: waited } = before;
      const from = times[index - 1] ?? 0n;
      const rows = accounts.map((account, i): IncomeRow => {
        const own = payments.filter((each) => each.account === account && each.blockNumber > start);
        const paid = own.reduce((sum, each) => sum + (each.blockNumber <= block ? each.amount : 0n), 0n);
        const now = waiting[i] ?? 0n;
        const earned = now - (waited[i] ?? 0n) + paid;
        return { account, from, to, units: register.balanceOf(account, block), earned, paid, waiting: now };
      });
      statement.rows.push(...rows);
      const sum = (name: "earned" | "paid" | "waiting") => rows.reduce((total, row) => total + row[name], 0n);
      statement.totals.push({ from, to, earned: sum("earned"), paid: sum("paid"), waiting: sum("waiting") });
    }
    before = { block, waiting };
  }
  return statement;
}

/** What accounts could claim after a block. */
async function waitingAt({
  provider,
  rwa,
  id,
  accounts,
  block,
}: {
  provider: Provider;
  rwa: string;
  id: bigint;
  accounts: readonly string[];
  block: number;
}): Promise<bigint[]> {
  const contract = IRwaCore__factory.connect(rwa, provider);
  return Promise.all(accounts.map((account) => contract.incomeOf(id, account, { blockTag: block })));
}

/** The first block whose time is not before `time`, or `toBlock`. */
async function firstBlockAt({
  provider,
  fromBlock,
  toBlock,
  time,
}: Required<Omit<LogRange, "step">> & { time: bigint }): Promise<number> {
  let [low, high] = [fromBlock, toBlock];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const block = await provider.getBlock(middle);
    if (block === null) throw new ValidationError("NoProvider", `The provider has no block ${middle}`, { middle });
    if (BigInt(block.timestamp) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function readLogs({
  provider,
  fromBlock,
  toBlock,
  step = STEP,
  address,
  topics,
}: LogRange & { address: string; topics: (string | null)[] }): Promise<EventLog[]> {
  const last = toBlock ?? (await provider.getBlockNumber());
  const logs: EventLog[] = [];
  for (let start = fromBlock; start <= last; start += step) {
    const end = Math.min(start + step - 1, last);
    logs.push(...(await provider.getLogs({ address, topics, fromBlock: start, toBlock: end })));
  }
  return logs;
}

function topicOf(id: bigint): string {
  return `0x${id.toString(16).padStart(64, "0")}`;
}
