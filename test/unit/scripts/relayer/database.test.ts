import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect } from "chai";
import { RelayerDatabase } from "../../../../scripts/lib/relayer/database.js";
import { Intake } from "../../../../scripts/lib/relayer/intake.js";
import { Metrics, relayerMetrics } from "../../../../scripts/lib/relayer/metrics.js";
import { OrderQueue } from "../../../../scripts/lib/relayer/queue.js";

const transaction = { raw: "0xaa", hash: "0xbb", nonce: 4, maxFee: 10n ** 20n, priorityFee: 3n };
const batch = {
  ...{ number: 3, expiry: 50, root: "0xcc", fromBlock: 9, bytes: Uint8Array.of(1, 2) },
  entries: [{ row: 1, account: 5, first: 0, count: 2 }],
};

describe("RelayerDatabase", () => {
  let folder: string;
  let file: string;
  let database: RelayerDatabase;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "lakh-relayer-"));
    file = path.join(folder, "relayer.sqlite");
    database = new RelayerDatabase(file);
  });

  afterEach(async () => {
    database.close();
    await rm(folder, { recursive: true });
  });

  function reopen(): void {
    database.close();
    database = new RelayerDatabase(file);
  }

  function codeOf(action: () => unknown): unknown {
    try {
      return action();
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  }

  it("lets one process in, and one relayer", () => {
    expect(codeOf(() => new RelayerDatabase(file))).to.equal("DATABASE_IN_USE");
    expect(codeOf(() => new RelayerDatabase(folder))).to.equal("DATABASE_UNUSABLE");
    database.bind({ relayer: "0x1", chain: "1" });
    reopen();
    database.bind({ relayer: "0x1", chain: "1" });
    expect(codeOf(() => database.bind({ relayer: "0x1", chain: "2" }))).to.equal("DATABASE_FOREIGN");
  });

  it("keeps an order under its account and id, once", () => {
    const [id, body] = [randomUUID(), "{}"];
    const order = { account: 5, id, body, deadline: 60 };
    const [first] = database.addOrders([order]);
    expect(first?.isNew).to.equal(true);
    const others = database.addOrders([
      { ...order, body: "other" },
      { ...order, account: 6 },
    ]);
    expect(others.map(({ isNew }) => isNew)).to.deep.equal([false, true]);
    expect(others[0]?.order.body).to.equal(body);
    reopen();
    expect(database.openOrders().map(({ account }) => account)).to.deep.equal([5, 6]);
  });

  it("keeps a batch, its transaction and its outcome across a restart", () => {
    database.addOrders([{ account: 5, id: randomUUID(), body: "{}", deadline: 60 }]);
    database.addBatch(batch);
    reopen();
    const [built] = database.unresolvedBatches();
    expect(built).to.deep.include({ number: 3, state: "built", transaction: undefined, entries: batch.entries });
    database.markSent(3, transaction, batch.entries, []);
    reopen();
    expect(database.unresolvedBatches()[0]).to.deep.include({ state: "sent", transaction });
    expect(database.transactionOf(4)).to.deep.equal(transaction);
    database.markSettled(3, [{ row: 1, outcomes: ["executed", "skipped"] }]);
    reopen();
    expect(database.unresolvedBatches()).to.deep.equal([]);
    expect(database.openOrders()).to.deep.equal([]);
    expect(database.lastNumber()).to.equal(3);
  });

  it("leaves the orders of a void batch open, with their strikes", () => {
    database.addOrders([{ account: 5, id: randomUUID(), body: "{}", deadline: 60 }]);
    database.addBatch(batch);
    database.markVoid(3, [1]);
    expect(database.unresolvedBatches()).to.deep.equal([]);
    expect(database.openOrders()[0]).to.deep.include({ row: 1, strikes: 1, state: "open" });
  });

  it("forgets what is over, but never the last number", () => {
    const id = randomUUID();
    database.addOrders([{ account: 5, id, body: "{}", deadline: 60 }]);
    database.refuse([{ row: 1, reason: "deadline" }]);
    for (const number of [3, 4]) {
      database.addBatch({ ...batch, number });
      database.markVoid(number);
    }
    database.prune(61);
    expect(database.orderOf(5, id)).to.equal(undefined);
    expect(database.lastNumber()).to.equal(4);
  });

  describe("Intake", () => {
    const body = "{}";

    function intake(maximum: number, maximumOfAccount: number): Intake {
      const metrics = relayerMetrics(new Metrics(), { queued: () => 0, sessions: () => 0 });
      return new Intake({
        database,
        queue: new OrderQueue(),
        metrics,
        log: () => undefined,
        maximum,
        maximumOfAccount,
      });
    }

    it("answers after the commit, with many orders in one", async () => {
      const desk = intake(100, 100);
      const ids = Array.from({ length: 20 }, () => randomUUID());
      const answers = await Promise.all(ids.map((id) => desk.add({ account: 1, id, body, deadline: 60 })));
      expect(answers).to.deep.equal(ids.map((id) => ({ type: "accepted", id })));
      expect(database.openOrders().map(({ id }) => id)).to.deep.equal(ids);
    });

    it("says so when it is full", async () => {
      const desk = intake(3, 2);
      const add = (account: number) => desk.add({ account, id: randomUUID(), body, deadline: 60 });
      const answers = await Promise.all([add(1), add(1), add(1), add(2), add(3)]);
      expect(answers.map((answer) => ("code" in answer ? answer.code : answer.type))).to.deep.equal([
        ...["accepted", "accepted", "too-many", "accepted", "busy"],
      ]);
    });

    it("answers a repeated order as before, whatever became of it, and refuses its id for another", async () => {
      const desk = intake(10, 10);
      const order = { account: 1, id: randomUUID(), body, deadline: 60 };
      expect(desk.known(order)).to.equal(undefined);
      await desk.add(order);
      expect(desk.known(order)).to.have.property("type", "accepted");
      expect(desk.known({ ...order, body: "[]" })).to.have.property("code", "id-reused");
      database.addBatch({ ...batch, entries: [] });
      database.markSettled(3, [{ row: 1, outcomes: ["executed"] }]);
      expect(desk.known(order)).to.deep.equal({ type: "settled", id: order.id, number: 3, outcomes: ["executed"] });
    });
  });
});
