import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { runRelayer, type Relayer, type RunOptions } from "../../../../scripts/lib/relayer/relayer.js";
import { loadBls, type Bls } from "../../../../src/bls/bls.js";
import {
  type ClientOrder,
  type RelayerClient,
  type RelayerClientOptions,
  type RelayerEvent,
} from "../../../../src/relayer-client.js";
import { toWire, type OrderAnswer } from "../../../../src/relayer-protocol.js";
import { transferOrder, testClient } from "../../../helpers/relayer/clients.js";
import { createAccounts, FAKE_ASSET, FakeChain, type FakeAccount } from "../../../helpers/relayer/fake-chain.js";

const KEY = `0x${"ab".repeat(32)}`;
const ACCOUNTS = 6;

describe("relayer on a chain in memory", function () {
  this.timeout(30_000);

  let bls: Bls;
  let accounts: FakeAccount[];
  let folder: string;
  let chain: FakeChain;
  let relayer: Relayer | undefined;
  let clients: RelayerClient[] = [];
  let events: { account: number; event: RelayerEvent }[] = [];

  before(async () => {
    bls = await loadBls();
    accounts = createAccounts(bls, ACCOUNTS);
  });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "lakh-relayer-"));
    chain = new FakeChain({ bls, accounts, key: KEY });
    events = [];
    clients = [];
  });

  afterEach(async () => {
    for (const client of clients) client.close();
    await relayer?.stop();
    relayer = undefined;
    await rm(folder, { recursive: true });
  });

  async function start(options: Partial<RunOptions> = {}): Promise<number> {
    relayer = await runRelayer({
      chain,
      database: path.join(folder, "relayer.sqlite"),
      host: "127.0.0.1",
      port: 0,
      interval: 50,
      signWithin: 400,
      lifetime: 2,
      fees: new Map(),
      tolerance: 0n,
      log: () => undefined,
      ...options,
    });
    return relayer.port;
  }

  function connect(
    port: number,
    account: number,
    { secret = at(account).secret, coSign }: { secret?: Uint8Array; coSign?: RelayerClientOptions["sign"] } = {},
  ): RelayerClient {
    const client = testClient({
      bls,
      deployment: chain,
      account: { id: account, secret },
      port,
      ...(coSign === undefined ? {} : { coSign }),
      onEvent: (event) => events.push({ account, event }),
      lastNumber: () => Promise.resolve(chain.lastNumber),
    });
    clients.push(client);
    return client;
  }

  function at(account: number): FakeAccount {
    const found = accounts[account];
    if (found === undefined) throw new RangeError("no such account");
    return found;
  }

  function transfer(account: number, sequence = 0, amount = 10n): ClientOrder {
    return transferOrder({ asset: FAKE_ASSET, to: (account + 1) % ACCOUNTS, amount, sequence });
  }

  /** Waits for what becomes of an order. */
  async function end(id: string): Promise<OrderAnswer> {
    for (let attempt = 0; attempt < 900; attempt++) {
      for (const { event } of events) {
        if ((event.type === "settled" || event.type === "refused") && event.id === id) return event;
      }
      await sleep(20);
    }
    throw new Error(`nothing became of ${id}`);
  }

  it("settles the orders of many in one batch, each once", async () => {
    const port = await start();
    const orders = accounts.map(({ id }) => transfer(id));
    const answers = await Promise.all(orders.map((order, id) => connect(port, id).submit(order)));
    expect(answers.map(({ type }) => type)).to.deep.equal(orders.map(() => "accepted"));
    for (const { id } of orders) expect(await end(id)).to.deep.include({ type: "settled", outcomes: ["executed"] });
    expect([...chain.executed.values()]).to.deep.equal(orders.map(() => 1));
  });

  it("settles an account's orders in their order, also when they come in another", async () => {
    const port = await start();
    const client = connect(port, 0);
    const orders = [2, 0, 1].map((sequence) => transfer(0, sequence));
    for (const order of orders) await client.submit(order);
    for (const { id } of orders) expect(await end(id)).to.deep.include({ type: "settled", outcomes: ["executed"] });
    expect(chain.sequences.get(at(0).address)).to.equal(3);
  });

  it("leaves out who does not sign or signs badly, strikes him, and drops him in the end", async () => {
    const port = await start({ lifetime: 1, signWithin: 150 });
    const [good, silent, wrong] = [transfer(0), transfer(1), transfer(2)];
    await connect(port, 1, { coSign: () => new Promise(() => undefined) }).submit(silent);
    await connect(port, 2, { coSign: () => bls.sign(at(2).secret, new Uint8Array(32)) }).submit(wrong);
    await connect(port, 0).submit(good);
    expect(await end(good.id)).to.deep.include({ type: "settled" });
    expect(await end(silent.id)).to.deep.include({ type: "refused", code: "unsigned" });
    expect(await end(wrong.id)).to.deep.include({ type: "refused", code: "unsigned" });
    expect([...chain.executed.keys()]).to.deep.equal([`${at(0).address} 0`]);
  });

  it("tells of a stale sequence, and of a skipped operation", async () => {
    const port = await start();
    const client = connect(port, 0);
    const first = transfer(0);
    await client.submit(first);
    await end(first.id);
    const stale = transfer(0);
    await client.submit(stale);
    expect(await end(stale.id)).to.deep.include({ type: "refused", code: "sequence" });
    const rich = transfer(0, 1, 10n ** 12n);
    await client.submit(rich);
    expect(await end(rich.id)).to.deep.include({ type: "settled", outcomes: ["skipped"] });
    const next = transfer(0, 1);
    await client.submit(next);
    expect(await end(next.id)).to.deep.include({ type: "settled", outcomes: ["executed"] });
  });

  it("sees that an account moved its word by itself", async () => {
    const port = await start();
    const client = connect(port, 0);
    const first = transfer(0);
    await client.submit(first);
    await end(first.id);
    chain.sequences.set(at(0).address, 86); // it cancelled
    const next = transfer(0, 86);
    await client.submit(next);
    expect(await end(next.id)).to.deep.include({ type: "settled", outcomes: ["executed"] });
    chain.sequences.set(at(0).address, 3); // the chain went back
    const again = transfer(0, 3);
    await client.submit(again);
    expect(await end(again.id)).to.deep.include({ type: "settled", outcomes: ["executed"] });
  });

  it("puts the orders of a batch that expired unmined into another one, and the old one cannot come back", async () => {
    const port = await start({ lifetime: 1 });
    chain.weather = "hold";
    const order = transfer(0);
    await connect(port, 0).submit(order);
    for (let attempt = 0; chain.held.length === 0 && attempt < 200; attempt++) await sleep(20);
    const [held = ""] = chain.held;
    chain.weather = "mine";
    expect(await end(order.id)).to.deep.include({ type: "settled", outcomes: ["executed"], number: 2 });
    expect(chain.mine(held)).to.equal("nonce too low");
    expect([...chain.executed.values()]).to.deep.equal([1]);
  });

  it("takes a node between two blocks, with the nonce of one and the number of the other, for no verdict", async () => {
    const { standing } = chain;
    let torn = 0;
    chain.standing = async () => {
      const now = await standing();
      if (now.lastNumber === 0 || torn > 0) return now;
      torn += 1;
      return { ...now, lastNumber: 0 };
    };
    const order = transfer(0);
    await connect(await start(), 0).submit(order);
    expect(await end(order.id)).to.deep.include({ type: "settled", outcomes: ["executed"], number: 1 });
    expect(torn).to.equal(1);
    expect(chain.sequences.get(at(0).address)).to.equal(1);
  });

  it("finds the one order that no batch can hold, and settles the others", async () => {
    const port = await start({ lifetime: 1 });
    chain.weather = "revert";
    const order = transfer(0);
    await connect(port, 0).submit(order);
    expect(await end(order.id)).to.deep.include({ type: "refused", code: "unsettleable" });
    chain.weather = "mine";
    const other = transfer(1);
    await connect(port, 1).submit(other);
    expect(await end(other.id)).to.have.property("type", "settled");
  });

  it("answers an order that is sent again as before, also after a restart", async () => {
    let port = await start();
    const order = transfer(0);
    await connect(port, 0).submit(order);
    await end(order.id);
    for (const client of clients) client.close();
    await relayer?.stop();
    port = await start();
    expect(await connect(port, 0).submit(order)).to.deep.include({ type: "settled", outcomes: ["executed"] });
    const changed = { ...order, deadline: order.deadline + 1 };
    expect(await connect(port, 0).submit(changed)).to.deep.include({ type: "refused", code: "id-reused" });
    expect([...chain.executed.values()]).to.deep.equal([1]);
  });

  it("lets nobody in without the account's key, and takes no order in another's name", async () => {
    const port = await start();
    const thief = connect(port, 0, { secret: at(1).secret });
    void thief.submit(transfer(0)).catch(() => undefined);
    for (let attempt = 0; events.length === 0 && attempt < 1_000; attempt++) await sleep(20);
    expect(events[0]?.event).to.deep.include({ type: "disconnected" });
    const [order, signature] = [transfer(0), `0x${"11".repeat(65)}`];
    const response = await fetch(`http://127.0.0.1:${port}/v1/orders`, {
      method: "POST",
      body: JSON.stringify({ ...order, operations: order.operations.map(toWire), account: 0, bound: false, signature }),
    });
    expect(response.status).to.be.oneOf([422, 503]);
    const status = await (await fetch(`http://127.0.0.1:${port}/v1/status`)).json();
    expect(status).to.have.property("queued", 0);
  });

  it("shows its status, health and figures", async () => {
    const port = await start({ fees: new Map([[FAKE_ASSET, 3n]]) });
    const url = `http://127.0.0.1:${port}`;
    await sleep(100);
    expect(await (await fetch(`${url}/healthz`)).text()).to.equal("ok\n");
    expect(await (await fetch(`${url}/v1/status`)).json()).to.deep.include({
      relayer: chain.relayer,
      fees: [{ asset: `${FAKE_ASSET}`, fee: "3" }],
    });
    expect(await connect(port, 0).submit(transfer(0))).to.deep.include({ type: "refused", code: "fee" });
    expect(await (await fetch(`${url}/metrics`)).text()).to.include('orders_refused_total{code="fee"} 1');
    expect((await fetch(`${url}/nowhere`)).status).to.equal(404);
    const huge = await fetch(`${url}/v1/orders`, { method: "POST", body: "x".repeat(20_000) });
    expect(huge.status).to.equal(413);
  });
});
