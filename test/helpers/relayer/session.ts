import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type BookOptions } from "../../../scripts/lib/relayer/books.js";
import { startRelayer, type RelayerOptions } from "../../../scripts/lib/relayer/relayer.js";
import { type Bls } from "../../../src/bls/bls.js";
import { type RelayerClient } from "../../../src/relayer-client.js";
import { type OrderOperation } from "../../../src/settlement/operations.js";
import { at } from "../deploy.js";
import { testClient } from "./clients.js";
import { WAD, type Suite } from "./suite.js";

const CHAIN_ID = 31_337n;

/** What a relayer of the suite is started with, besides a database. */
export function relayerOptions({ devnet, relayer, addresses }: Suite): Omit<RelayerOptions, "database"> {
  return {
    ...{ host: "127.0.0.1", port: 0, rpc: devnet.url, key: relayer.privateKey, chainId: CHAIN_ID },
    ...{ settlement: addresses.settlement, fees: new Map(), tolerance: WAD / 100n },
    ...{ interval: 50, signWithin: 5_000, lifetime: 10, log: () => undefined },
  };
}

/** A relayer on the suite's node that builds sections of `protocols`, and a co-signing client of each member. */
export async function openSession({ bls, suite, protocols }: { bls: Bls; suite: Suite; protocols: BookOptions }) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-relayer-"));
  const relayer = await startRelayer({
    ...relayerOptions(suite),
    ...protocols,
    database: path.join(folder, "relayer.sqlite"),
  });
  const outcomes = new Map<string, readonly string[]>();
  const clients = suite.members.map((account): RelayerClient =>
    testClient({
      ...{ bls, account, port: relayer.port },
      deployment: { chainId: CHAIN_ID, ...suite.addresses, relayer: suite.relayer.address },
      lastNumber: async () => Number(await suite.settlement.lastNumberOf(suite.relayer.address)),
      onEvent(event) {
        if (event.type === "settled") outcomes.set(event.id, event.outcomes);
      },
    }),
  );
  /** Submits an order of a member, and answers what the relayer says at once. */
  const submit = async (index: number, operations: readonly OrderOperation[]) => {
    const order = { id: randomUUID(), operations, deadline: Math.floor(Date.now() / 1_000) + 600 };
    return { id: order.id, answer: await at(clients, index).submit(order) };
  };
  return {
    folder,
    submit,
    /** Submits orders of members by index, which must be accepted, and answers what became of them. */
    async settle(orders: readonly (readonly [index: number, operations: readonly OrderOperation[]])[]) {
      const sent = await Promise.all(orders.map(async ([index, operations]) => submit(index, operations)));
      expect(sent.map(({ answer }) => answer.type)).to.deep.equal(orders.map(() => "accepted"));
      for (let tries = 0; tries < 300 && !sent.every(({ id }) => outcomes.has(id)); tries++) await sleep(50);
      return sent.map(({ id }) => outcomes.get(id));
    },
    async close(): Promise<void> {
      for (const client of clients) client.close();
      await relayer.stop();
      await rm(folder, { recursive: true });
    },
  };
}
