import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { RelayerError } from "./error.js";

/** What the chain did with one operation. */
export type Outcome = "executed" | "skipped";

/** An order as it came in. `body` is its canonical JSON, the deadline in Unix seconds, inclusive. */
export type NewOrder = { account: number; id: string; body: string; deadline: number };

export type StoredOrder = NewOrder & {
  /** Counts up in the order of arrival. */
  row: number;
  /** Open orders wait, or are in the batch that is under way. */
  state: "open" | "settled" | "refused";
  /** Why a refused one was refused. */
  reason: string | undefined;
  /** How often its account did not sign for it. */
  strikes: number;
  /** The batch that settled it. */
  batch: number | undefined;
  outcomes: readonly Outcome[] | undefined;
};

/** Where an order stands in a batch: `count` operations from `first` in the record of its account. */
export type BatchEntry = { row: number; account: number; first: number; count: number };

/** A batch before anybody has signed it. */
export type NewBatch = {
  number: number;
  /** Unix seconds, inclusive. */
  expiry: number;
  root: string;
  /** What is signed: leaf 0 and the chunks. */
  bytes: Uint8Array;
  entries: readonly BatchEntry[];
  /** A block before the one that can hold it. */
  fromBlock: number;
};

/** A transaction that may have left this machine. Fees in wei per unit of gas. */
export type SentTransaction = { raw: string; hash: string; nonce: number; maxFee: bigint; priorityFee: bigint };

export type StoredBatch = Omit<NewBatch, "bytes"> & {
  state: "built" | "sent" | "settled" | "void";
  /** There is one once the batch is sent. */
  transaction: SentTransaction | undefined;
};

const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS orders (
  row INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL,
  id TEXT NOT NULL,
  body TEXT NOT NULL,
  deadline INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'open',
  reason TEXT,
  strikes INTEGER NOT NULL DEFAULT 0,
  batch INTEGER,
  outcomes TEXT,
  UNIQUE (account, id)
) STRICT;
CREATE INDEX IF NOT EXISTS open_orders ON orders (row) WHERE state = 'open';
CREATE TABLE IF NOT EXISTS batches (
  number INTEGER PRIMARY KEY,
  state TEXT NOT NULL DEFAULT 'built',
  expiry INTEGER NOT NULL,
  root TEXT NOT NULL,
  bytes BLOB NOT NULL,
  entries TEXT NOT NULL,
  from_block INTEGER NOT NULL,
  raw TEXT,
  hash TEXT,
  nonce INTEGER,
  max_fee TEXT,
  priority_fee TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS unresolved_batches ON batches (number) WHERE state IN ('built', 'sent');
`;

type Row = Record<string, SQLOutputValue>;

/**
 * What must survive the death of the process, in one SQLite file. When a method returns, its change is on the disk: the
 * journal is write-ahead and synchronous is FULL. One process at a time holds the file.
 */
export class RelayerDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens or creates the file. Throws `DATABASE_IN_USE` or `DATABASE_UNUSABLE`. */
  constructor(file: string) {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(file);
      database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      database.exec(`BEGIN EXCLUSIVE; ${SCHEMA} COMMIT;`);
    } catch (error) {
      database?.close();
      const reason = error instanceof Error ? error.message : String(error);
      if (reason.includes("locked")) {
        throw new RelayerError("DATABASE_IN_USE", `${file} is in use: another relayer runs with it.`);
      }
      throw new RelayerError("DATABASE_UNUSABLE", `${file} cannot be used as the database: ${reason}.`);
    }
    this.#database = database;
  }

  close(): void {
    this.#database.close();
  }

  /** Ties the file to what it is about at its first use. Throws `DATABASE_FOREIGN` when that is something else. */
  bind(identity: Readonly<Record<string, string>>): void {
    this.#atomically(() => {
      for (const [name, value] of Object.entries(identity)) {
        this.#run("INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)", name, value);
        const found = this.#get("SELECT value FROM meta WHERE name = ?", name)?.value;
        if (found === value) continue;
        const message = `The database belongs to another ${name}, ${String(found)}: give each its own file.`;
        throw new RelayerError("DATABASE_FOREIGN", message);
      }
    });
  }

  /**
   * Stores orders in one transaction and answers, for each, the row that is there now: a new one, or the earlier one of
   * the same account and id.
   */
  addOrders(orders: readonly NewOrder[]): { order: StoredOrder; isNew: boolean }[] {
    return this.#atomically(() =>
      orders.map(({ account, id, body, deadline }) => {
        const { changes } = this.#run(
          "INSERT INTO orders (account, id, body, deadline) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
          ...[account, id, body, deadline],
        );
        const order = this.orderOf(account, id);
        if (order === undefined) throw new TypeError("an order that was stored is not there");
        return { order, isNew: changes === 1 };
      }),
    );
  }

  orderOf(account: number, id: string): StoredOrder | undefined {
    const row = this.#get("SELECT * FROM orders WHERE account = ? AND id = ?", account, id);
    return row === undefined ? undefined : toOrder(row);
  }

  /** In the order of arrival. */
  openOrders(): StoredOrder[] {
    return this.#all("SELECT * FROM orders WHERE state = 'open' ORDER BY row").map(toOrder);
  }

  /** Ends orders without an execution. */
  refuse(orders: readonly { row: number; reason: string }[]): void {
    this.#atomically(() => {
      for (const { row, reason } of orders) {
        this.#run("UPDATE orders SET state = 'refused', reason = ? WHERE row = ? AND state = 'open'", reason, row);
      }
    });
  }

  addBatch({ number, expiry, root, bytes, entries, fromBlock }: NewBatch): void {
    this.#run(
      "INSERT INTO batches (number, expiry, root, bytes, entries, from_block) VALUES (?, ?, ?, ?, ?, ?)",
      ...[number, expiry, root, bytes, JSON.stringify(entries), fromBlock],
    );
  }

  /** Records the transaction before it leaves, the entries that it really holds, and a strike for each other order. */
  markSent(
    number: number,
    transaction: SentTransaction,
    entries: readonly BatchEntry[],
    struck: readonly number[],
  ): void {
    const { raw, hash, nonce, maxFee, priorityFee } = transaction;
    this.#atomically(() => {
      this.#run(
        "UPDATE batches SET state = 'sent', raw = ?, hash = ?, nonce = ?, max_fee = ?, priority_fee = ?, entries = ? WHERE number = ?",
        ...[raw, hash, nonce, maxFee.toString(), priorityFee.toString(), JSON.stringify(entries), number],
      );
      this.#strike(struck);
    });
  }

  /** Ends a batch that was executed, and its orders with it. */
  markSettled(number: number, settled: readonly { row: number; outcomes: readonly Outcome[] }[]): void {
    this.#atomically(() => {
      this.#run("UPDATE batches SET state = 'settled' WHERE number = ?", number);
      for (const { row, outcomes } of settled) {
        this.#run(
          "UPDATE orders SET state = 'settled', batch = ?, outcomes = ? WHERE row = ? AND state = 'open'",
          ...[number, outcomes.map((outcome) => outcome[0]).join(""), row],
        );
      }
    });
  }

  /** Ends a batch that never can be executed. Its orders stay open; those in `struck` get a strike. */
  markVoid(number: number, struck: readonly number[] = []): void {
    this.#atomically(() => {
      this.#run("UPDATE batches SET state = 'void' WHERE number = ?", number);
      this.#strike(struck);
    });
  }

  /** Batches of which it is not known, or not written, what became of them; the oldest first. */
  unresolvedBatches(): StoredBatch[] {
    return this.#all("SELECT * FROM batches WHERE state IN ('built', 'sent') ORDER BY number").map(toBatch);
  }

  /** The highest number ever given to a batch, or 0. */
  lastNumber(): number {
    return Number(this.#get("SELECT max(number) AS number FROM batches")?.number ?? 0);
  }

  /** The last transaction that was made for an account's nonce, if any. */
  transactionOf(nonce: number): SentTransaction | undefined {
    const row = this.#get("SELECT * FROM batches WHERE nonce = ? ORDER BY number DESC LIMIT 1", nonce);
    return row === undefined ? undefined : toBatch(row).transaction;
  }

  /** Forgets finished orders, and batches, that ended before `time` (Unix seconds). Numbers are never given twice. */
  prune(time: number): void {
    this.#atomically(() => {
      this.#run("DELETE FROM orders WHERE state != 'open' AND deadline < ?", time);
      this.#run(
        "DELETE FROM batches WHERE state IN ('settled', 'void') AND expiry < ? AND number < (SELECT max(number) FROM batches)",
        time,
      );
    });
  }

  #strike(rows: readonly number[]): void {
    for (const row of rows) this.#run("UPDATE orders SET strikes = strikes + 1 WHERE row = ?", row);
  }

  #atomically<T>(action: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = action();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #run(sql: string, ...values: (string | number | Uint8Array)[]) {
    return this.#prepare(sql).run(...values);
  }

  #get(sql: string, ...values: (string | number)[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  #all(sql: string): Row[] {
    return this.#prepare(sql).all();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function toOrder(row: Row): StoredOrder {
  return {
    row: Number(row.row),
    account: Number(row.account),
    id: text(row.id),
    body: text(row.body),
    deadline: Number(row.deadline),
    state: text(row.state) as StoredOrder["state"],
    reason: row.reason === null ? undefined : text(row.reason),
    strikes: Number(row.strikes),
    batch: row.batch === null ? undefined : Number(row.batch),
    outcomes:
      row.outcomes === null ? undefined : [...text(row.outcomes)].map((letter) => OUTCOMES[letter] ?? "skipped"),
  };
}

const OUTCOMES: Readonly<Record<string, Outcome>> = { e: "executed", s: "skipped" };

function toBatch(row: Row): StoredBatch {
  return {
    number: Number(row.number),
    state: text(row.state) as StoredBatch["state"],
    expiry: Number(row.expiry),
    root: text(row.root),
    entries: JSON.parse(text(row.entries)) as BatchEntry[],
    fromBlock: Number(row.from_block),
    transaction:
      row.raw === null
        ? undefined
        : {
            raw: text(row.raw),
            hash: text(row.hash),
            nonce: Number(row.nonce),
            maxFee: BigInt(text(row.max_fee)),
            priorityFee: BigInt(text(row.priority_fee)),
          },
  };
}

function text(value: SQLOutputValue | undefined): string {
  if (typeof value !== "string") throw new TypeError("the database holds no text where it should");
  return value;
}
