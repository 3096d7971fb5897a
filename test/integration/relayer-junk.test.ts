import { spawn, type ChildProcessByStdio } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type Readable, type Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Wallet } from "ethers";
import { ROOT } from "../../scripts/lib/paths.js";
import { loadBls } from "../../src/bls/bls.js";
import { type RelayerClient } from "../../src/relayer-client.js";
import { transferOrder, testClient } from "../helpers/relayer/clients.js";
import { createAccounts, FAKE_ASSET } from "../helpers/relayer/fake-chain.js";

const CLIENTS = 8;
const SECONDS = 8;
const JUNK_PER_SECOND = 10_000;

type Child = ChildProcessByStdio<Writable, Readable, null>;

function run(file: string, ...parameters: string[]): Child {
  const script = path.join(ROOT, "test/helpers/relayer", file);
  return spawn(process.execPath, ["--import", "tsx", script, ...parameters], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "inherit"],
  });
}

async function firstLine(child: Child): Promise<string> {
  let text = "";
  for await (const part of child.stdout.setEncoding("utf8") as AsyncIterable<string>) {
    text += part;
    const end = text.indexOf("\n");
    if (end >= 0) return text.slice(0, end);
  }
  throw new Error("the process said nothing");
}

describe("relayer under junk", function () {
  this.timeout(60_000);

  it(`settles what honest clients order while another address sends ${JUNK_PER_SECOND} requests a second`, async () => {
    const bls = await loadBls();
    const accounts = createAccounts(bls, CLIENTS);
    const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-relayer-"));
    const relayer = run("fake-process.ts", path.join(folder, "relayer.sqlite"));
    const clients: RelayerClient[] = [];
    let junk: Child | undefined;
    try {
      const port = Number(await firstLine(relayer));
      const deployment = {
        chainId: 31_337n,
        settlement: "0x1000000000000000000000000000000000000001",
        directory: "0x1000000000000000000000000000000000000002",
        relayer: new Wallet(`0x${"ab".repeat(32)}`).address,
      };
      junk = run("junk.ts", String(port), String(JUNK_PER_SECOND));
      await sleep(1_500); // it is at full speed
      const [submitted, settled] = [new Map<string, number>(), new Map<string, number>()];
      const localAddress = process.platform === "linux" ? "127.0.0.2" : "127.0.0.1";
      for (const account of accounts) {
        clients.push(
          testClient({
            ...{ bls, deployment, account, port, localAddress },
            onEvent(event) {
              if (event.type === "settled") settled.set(event.id, performance.now());
            },
          }),
        );
      }
      const answers: string[] = [];
      const ends = performance.now() + SECONDS * 1_000;
      for (let sequence = 0; performance.now() < ends; sequence++) {
        const round = accounts.map(async (_, index) => {
          const order = transferOrder({ asset: FAKE_ASSET, to: (index + 1) % CLIENTS, amount: 1n, sequence });
          submitted.set(order.id, performance.now());
          answers.push((await clients[index]?.submit(order))?.type ?? "none");
        });
        await Promise.all(round);
        await sleep(200);
      }
      for (let attempt = 0; settled.size < submitted.size && attempt < 100; attempt++) await sleep(100);
      const report = firstLine(junk);
      junk.stdin.end();
      const { perSecond, refused } = JSON.parse(await report) as { perSecond: number; refused: number };
      const times = [...submitted].map(([id, at]) => (settled.get(id) ?? Infinity) - at).sort((a, b) => a - b);
      const p99 = times[Math.floor(times.length * 0.99)] ?? Infinity;
      console.log(
        `      ${submitted.size} orders settled, p99 ${Math.round(p99)} ms, under ${perSecond} junk requests a second`,
      );
      expect(new Set(answers)).to.deep.equal(new Set(["accepted"]));
      expect(settled.size).to.equal(submitted.size);
      expect(submitted.size).to.be.greaterThan(CLIENTS * SECONDS);
      expect(perSecond).to.be.greaterThan(JUNK_PER_SECOND * 0.8);
      expect(refused).to.be.greaterThan(100);
      expect(p99).to.be.lessThan(5_000);
    } finally {
      for (const client of clients) client.close();
      for (const child of [relayer, junk]) child?.kill("SIGKILL");
      await rm(folder, { recursive: true });
    }
  });
});
