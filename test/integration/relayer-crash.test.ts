import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type Moment } from "../../scripts/lib/relayer/batcher.js";
import { findAnvil } from "../../scripts/lib/devnet.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { outcomesOf } from "../../scripts/lib/relayer/outcomes.js";
import { loadBls } from "../../src/bls/bls.js";
import { decodeSettle } from "../../src/codec/digest.js";
import { decodeBatch } from "../../src/codec/reader.js";
import { clearingPrice, edges, fill, worstOut } from "../../src/models/amm-math.js";
import { type ClientOrder, type RelayerClient } from "../../src/relayer-client.js";
import { type OrderAnswer } from "../../src/relayer-protocol.js";
import { decodeBand, swapExactIn, transfer, type OrderOperation } from "../../src/settlement/operations.js";
import { testClient } from "../helpers/relayer/clients.js";
import { FUNDS, RESERVE, startSuite, WAD, type Member, type Suite } from "../helpers/relayer/suite.js";

const CLIENTS = 20;
const FEE = 1_000n;
const PIPS = 1_000_000n;
const TOLERANCE = 5n * 10n ** 15n;
/** Each is the end of one process. */
const MOMENTS: readonly Moment[] = [
  ...(["composed", "stored", "asked", "answered", "aggregated", "simulated"] as const),
  ...(["signed", "recorded", "sent", "mined", "settled", "told"] as const),
];
const RANDOM_KILLS = 3;

describe("relayer that is killed", function () {
  this.timeout(120_000);

  it("executes each accepted operation exactly once", async function () {
    if (findAnvil() === undefined) this.skip();
    const bls = await loadBls();
    const suite = await startSuite({ bls, count: CLIENTS });
    const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-relayer-"));
    const port = await freePort();
    const database = path.join(folder, "relayer.sqlite");
    const clients: RelayerClient[] = [];
    let process_: ChildProcess | undefined;
    try {
      const load = new Load(suite, bls, port);
      clients.push(...load.clients);
      const working = load.run();
      for (const moment of MOMENTS) {
        process_ = startAt(suite, { port, database, moment });
        await ended(process_, moment);
      }
      for (let i = 0; i < RANDOM_KILLS; i++) {
        process_ = startCommand(suite, { port, database });
        const end = ended(process_, "random");
        await sleep(1_500 + Math.random() * 1_500);
        process_.kill("SIGKILL");
        await end;
      }
      process_ = startCommand(suite, { port, database });
      load.stop();
      await working;
      await load.allEnded();
      console.log(`      ${load.accepted} operations accepted, ${MOMENTS.length + RANDOM_KILLS} kills`);
      load.check();
      await compareWithModel(suite, load);
    } finally {
      for (const client of clients) client.close();
      process_?.kill("SIGKILL");
      await suite.devnet.stop();
      await rm(folder, { recursive: true });
    }
  });
});

/** What 20 clients order, and what they were told. */
class Load {
  readonly clients: RelayerClient[];
  /** Operations by client, in order. */
  readonly orders: { member: Member; order: ClientOrder }[] = [];
  readonly answers = new Map<string, OrderAnswer[]>();
  readonly #suite: Suite;
  #isStopped = false;

  constructor(suite: Suite, bls: Awaited<ReturnType<typeof loadBls>>, port: number) {
    this.#suite = suite;
    const { addresses, relayer, settlement } = suite;
    this.clients = suite.members.map((account) =>
      testClient({
        ...{ bls, account, port },
        deployment: { chainId: 31_337n, ...addresses, relayer: relayer.address },
        lastNumber: async () => Number(await settlement.lastNumberOf(relayer.address)),
        onEvent: (event) => {
          if (!("id" in event)) return;
          this.answers.set(event.id, [...(this.answers.get(event.id) ?? []), event]);
        },
      }),
    );
  }

  get accepted(): number {
    return this.orders.length;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Every client orders one thing after the other, without waiting for its execution. */
  async run(): Promise<void> {
    await Promise.all(
      this.#suite.members.map(async (member, index) => {
        const sequences = { solo: 0, pair: 0 };
        for (let count = 0; !this.#isStopped; count++) {
          const operation =
            count % 3 === 2 ? this.#swap(sequences.pair++, index) : this.#transfer(sequences.solo++, index);
          const order = { id: randomUUID(), operations: [operation], deadline: Math.floor(Date.now() / 1_000) + 600 };
          this.orders.push({ member, order });
          const answer = await this.clients[index]?.submit(order);
          if (answer?.type === "refused") throw new Error(`refused: ${answer.code}, ${answer.reason}`);
          await sleep(400);
        }
      }),
    );
  }

  async allEnded(): Promise<void> {
    const isOpen = (): boolean => this.clients.some(({ open }) => open.length > 0);
    for (let attempt = 0; isOpen() && attempt < 300; attempt++) await sleep(100);
  }

  /** Each was settled, and executed, once, and nobody was told anything else. */
  check(): void {
    for (const { order } of this.orders) {
      const answers = this.answers.get(order.id) ?? [];
      const settled = answers.filter(({ type }) => type === "settled");
      expect(answers.map(({ type }) => type)).not.to.include("refused");
      expect(settled.length, order.id).to.be.greaterThan(0);
      expect(new Set(settled.map((answer) => JSON.stringify(answer))).size).to.equal(1);
      expect(settled[0]).to.deep.include({ outcomes: ["executed"] });
    }
  }

  #transfer(sequence: number, index: number): OrderOperation {
    const amount = BigInt(1 + ((sequence * 7 + index) % 50)) * WAD;
    return transfer({ asset: this.#suite.token, to: (index + 1 + sequence) % CLIENTS, amount, sequence, fee: FEE });
  }

  #swap(sequence: number, index: number): OrderOperation {
    const { pool, addresses } = this.#suite;
    const amountIn = BigInt(1 + ((sequence + index) % 20)) * WAD;
    const assetIn = (sequence + index) % 2 === 0 ? pool.asset0 : pool.asset1;
    return swapExactIn({
      ...{ amm: addresses.amm, pool, assetIn, amountIn, sequence },
      minAmountOut: amountIn / 2n,
      band: { price: 10n ** 36n, tolerance: TOLERANCE },
    });
  }
}

/** Replays what the clients ordered, batch by batch for the pool's prices, and compares every balance. */
async function compareWithModel(
  { devnet, ledger, settlement, addresses, members, token, pool, relayer }: Suite,
  load: Load,
) {
  const balances = new Map<string, bigint>();
  const name = (account: string, asset: bigint): string => `${account} ${asset}`;
  const add = (account: string, asset: bigint, amount: bigint): void => {
    balances.set(name(account, asset), (balances.get(name(account, asset)) ?? 0n) + amount);
  };
  for (const { address } of members) {
    for (const asset of [token, pool.asset0, pool.asset1]) add(address, asset, FUNDS);
  }
  for (const { member, order } of load.orders) {
    for (const { section, amount, argument, kind } of order.operations) {
      if (argument.form === "receiver") {
        add(member.address, token, -amount - section.fee0);
        add(relayer.address, token, section.fee0);
        add(members[Number(argument.to)]?.address ?? "", token, amount);
      } else add(member.address, kind === 0 ? pool.asset0 : pool.asset1, -amount);
    }
  }
  // What swaps pay depends on who shared a batch: that is read from the chain, in the order of the batches.
  const reserves: [bigint, bigint] = [RESERVE, RESERVE];
  const keep = PIPS - pool.fee;
  let executed = 0;
  for (const log of await settlement.queryFilter(settlement.filters.BatchSettled(relayer.address), 0)) {
    const { data } = (await devnet.provider.getTransaction(log.transactionHash)) ?? { data: "0x" };
    const batch = decodeBatch(decodeSettle(data), { relayer: relayer.address });
    // Who did not sign is excluded, and his operations are skipped: they come again in another batch.
    const outcomes = outcomesOf(batch, log.args.skipped);
    const records = batch.records.map(({ id, operations }) => ({
      id,
      operations: operations.filter((_, position) => outcomes.get(id)?.[position] === "executed"),
    }));
    executed += records.reduce((sum, { operations }) => sum + operations.length, 0);
    for (const [index, { protocol, parameters }] of batch.sections.entries()) {
      if (protocol.toLowerCase() !== addresses.amm.toLowerCase()) continue;
      const band = decodeBand(parameters);
      if (band === undefined) throw new TypeError("no band");
      const swaps = records.flatMap(({ id, operations }) =>
        operations.flatMap(({ type, amount }) => {
          const row = batch.types[type];
          return row?.section === index ? [{ account: members[id]?.address ?? "", side: row.kind, amount }] : [];
        }),
      );
      const sum = (side: number): bigint =>
        swaps.reduce((total, swap) => (swap.side === side ? total + swap.amount : total), 0n);
      const [in0, in1] = [sum(0), sum(1)];
      const [scaled0, scaled1] = [reserves[0] * PIPS + in0 * keep, reserves[1] * PIPS + in1 * keep];
      clearingPrice(scaled0, scaled1, edges(band));
      reserves[0] += in0;
      reserves[1] += in1;
      for (const { account, side, amount } of swaps) {
        expect(worstOut(amount * keep, side === 0, edges(band)) > 0n).to.equal(true);
        const out = side === 0 ? fill(amount * keep, scaled0, scaled1) : fill(amount * keep, scaled1, scaled0);
        add(account, side === 0 ? pool.asset1 : pool.asset0, out);
        reserves[side === 0 ? 1 : 0] -= out;
      }
    }
  }
  expect(executed).to.equal(load.accepted);
  const found = await Promise.all(
    [...balances.keys()].map(async (key) => {
      const [account = "", asset = "0"] = key.split(" ");
      return [key, await ledger.balanceOf(account, BigInt(asset))] as const;
    }),
  );
  expect(found.filter(([key, amount]) => balances.get(key) !== amount)).to.deep.equal([]);
  for (const { address } of members) {
    const own = load.orders.filter(({ member }) => member.address === address).flatMap(({ order }) => order.operations);
    for (const asset of [token, pool.asset0]) {
      const count = own.filter(({ argument }) => (argument.form === "receiver") === (asset === token)).length;
      expect(Number((await ledger.wordOf(address, asset)) >> 232n) & 0xffff).to.equal(count);
    }
  }
}

type Place = { port: number; database: string };

/** The relayer with a hook, which ends it at a moment. */
function startAt({ devnet, addresses, token, relayer }: Suite, { port, database, moment }: Place & { moment: Moment }) {
  const options = {
    ...{ host: "127.0.0.1", port, database, rpc: devnet.url, key: relayer.privateKey, chainId: "31337" },
    ...{ settlement: addresses.settlement, ammLens: addresses.ammLens, interval: 100, signWithin: 600, lifetime: 2 },
    fees: [[`${token}`, `${FEE}`]],
    tolerance: `${TOLERANCE}`,
  };
  const script = path.join(ROOT, "test/helpers/relayer/crash-process.ts");
  return spawn(process.execPath, ["--import", "tsx", script, JSON.stringify(options), moment], SPAWN);
}

/** The command itself. */
function startCommand({ devnet, addresses, token, relayer }: Suite, { port, database }: Place): ChildProcess {
  const parameters = [
    ...["--rpc", devnet.url, "--chain-id", "31337", "--settlement", addresses.settlement],
    ...["--amm-lens", addresses.ammLens, "--database", database, "--port", String(port)],
    ...["--interval", "100", "--lifetime", "2", "--fee", `${token}=${FEE}`, "--tolerance", "50"],
  ];
  return spawn(process.execPath, ["--import", "tsx", path.join(ROOT, "scripts/relayer.ts"), ...parameters], {
    ...SPAWN,
    env: { ...process.env, LAKH_RELAYER_KEY: relayer.privateKey },
  });
}

const SPAWN = { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] as ["ignore", "ignore", "inherit"] };
const MOMENT_MS = 15_000;

/** Waits for a process to be killed; fails when it ended otherwise, or not at all. */
async function ended(child: ChildProcess, what: string): Promise<void> {
  const end = once(child, "exit") as Promise<[number | null, string | null]>;
  const result = await Promise.race([end, sleep(MOMENT_MS, undefined, { ref: false })]);
  if (result === undefined) throw new Error(`the moment "${what}" never came`);
  expect(result[1], what).to.equal("SIGKILL");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === "object" ? address.port : 0;
}
