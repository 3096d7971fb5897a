import { expect } from "chai";
import { Bans, networkOf, OpenCounts, TokenBuckets } from "../../../../scripts/lib/relayer/limits.js";
import { createLog } from "../../../../scripts/lib/relayer/log.js";
import { clientMessageSchema, parseMessage, signedOrderSchema } from "../../../../scripts/lib/relayer/messages.js";
import { Metrics, relayerMetrics } from "../../../../scripts/lib/relayer/metrics.js";
import { outcomesOf } from "../../../../scripts/lib/relayer/outcomes.js";
import { fromWire, sessionDigest, toWire } from "../../../../src/relayer-protocol.js";
import { transfer } from "../../../../src/settlement/operations.js";
import { transferOrder } from "../../../helpers/relayer/clients.js";

describe("relayer limits", () => {
  it("gives tokens back with time, up to the burst, name by name", () => {
    let now = 0;
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3 }, { now: () => now });
    const take = (name: string): boolean => buckets.take(name);
    expect([1, 2, 3, 4].map(() => take("a"))).to.deep.equal([true, true, true, false]);
    expect(take("b")).to.equal(true);
    now = 500;
    expect([take("a"), take("a")]).to.deep.equal([true, false]);
    now = 60_000;
    expect([1, 2, 3, 4].map(() => take("a"))).to.deep.equal([true, true, true, false]);
    expect(buckets.take("b", 4)).to.equal(false);
  });

  it("forgets the bucket that was used least recently", () => {
    const buckets = new TokenBuckets({ perSecond: 0, burst: 1 }, { maximum: 2, now: () => 0 });
    for (const name of ["a", "b", "a", "c"]) buckets.take(name);
    expect(buckets.take("a")).to.equal(false);
    expect(buckets.take("b")).to.equal(true); // forgotten, so full again
  });

  it("counts what is open", () => {
    const counts = new OpenCounts(2);
    expect([counts.open("a"), counts.open("a"), counts.open("a"), counts.open("b")]).to.deep.equal([
      ...[true, true, false, true],
    ]);
    counts.close("a");
    expect(counts.open("a")).to.equal(true);
  });

  it("shuts out for a while", () => {
    let now = 0;
    const bans = new Bans(1_000, { maximum: 2, now: () => now });
    bans.add("a");
    now = 999;
    expect([bans.has("a"), bans.has("b")]).to.deep.equal([true, false]);
    now = 1_000;
    expect(bans.has("a")).to.equal(false);
  });

  it("takes the first 64 bits of IPv6 for one address, and IPv4 in IPv6 for IPv4", () => {
    expect(networkOf("::ffff:127.0.0.2")).to.equal("127.0.0.2");
    expect(networkOf("2001:db8:1:2:3:4:5:6")).to.equal("2001:db8:1:2");
    expect(networkOf("2001:db8::7")).to.equal("2001:db8:0:0");
    expect(networkOf("::1")).to.equal("0:0:0:0");
    expect(networkOf(undefined)).to.equal("unknown");
  });
});

describe("relayer metrics", () => {
  it("writes Prometheus' text", () => {
    const metrics = new Metrics();
    const { accepted, refused, signing } = relayerMetrics(metrics, { queued: () => 7, sessions: () => 2 });
    accepted.add();
    accepted.add(2);
    refused.add(1, { code: "fee" });
    signing.observe(0.03);
    signing.observe(9);
    const text = metrics.render();
    expect(text).to.include(
      "# TYPE lakh_relayer_orders_accepted_total counter\nlakh_relayer_orders_accepted_total 3\n",
    );
    expect(text).to.include('lakh_relayer_orders_refused_total{code="fee"} 1\n');
    expect(text).to.include("lakh_relayer_queue_orders 7\n");
    expect(text).to.include('lakh_relayer_sign_seconds_bucket{le="0.025"} 0\n');
    expect(text).to.include('lakh_relayer_sign_seconds_bucket{le="0.05"} 1\n');
    expect(text).to.include('lakh_relayer_sign_seconds_bucket{le="+Inf"} 2\n');
  });
});

describe("relayer log", () => {
  it("writes one line of JSON", () => {
    const lines: string[] = [];
    createLog((line) => void lines.push(line))("info", "batch sent", { number: 3 });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^\{"time":"[^"]+Z","level":"info","event":"batch sent","number":3\}\n$/);
  });
});

describe("relayer messages", () => {
  const address = `0x${"11".repeat(20)}`;
  const { operations, ...rest } = transferOrder({ asset: 5n, to: 1, amount: 3n, sequence: 0 });
  const order = { ...rest, operations: operations.map(toWire) };
  const problem = (message: unknown): string | undefined => {
    const parsed = parseMessage(clientMessageSchema, JSON.stringify(message));
    return "problem" in parsed ? parsed.problem : undefined;
  };

  it("takes what the protocol says", () => {
    expect(problem({ type: "submit", ...order })).to.equal(undefined);
    expect(problem({ type: "status", id: order.id })).to.equal(undefined);
    expect(problem({ type: "authenticate", account: 3, signature: `0x${"00".repeat(192)}` })).to.equal(undefined);
    const signed = { ...order, account: 1, bound: false, signature: "0x00" };
    expect(parseMessage(signedOrderSchema, JSON.stringify(signed))).to.have.property("value");
  });

  it("refuses anything else, and never throws", () => {
    const [operation] = order.operations;
    for (const bad of [
      "text",
      [],
      { type: "unknown" },
      { type: "submit", ...order, more: 1 },
      { type: "submit", ...order, id: "1" },
      { type: "submit", ...order, operations: [] },
      { type: "submit", ...order, operations: new Array(17).fill(operation) },
      { type: "submit", ...order, operations: [{ ...operation, amount: "-1" }] },
      { type: "submit", ...order, operations: [{ ...operation, amount: "01" }] },
      { type: "submit", ...order, operations: [{ ...operation, amount: `${1n << 112n}` }] },
      { type: "submit", ...order, operations: [{ ...operation, argument: { form: "limit", value: `${1n << 112n}` } }] },
      { type: "submit", ...order, operations: [{ ...operation, argument: { form: "bytes", size: 1, value: "256" } }] },
      { type: "submit", ...order, operations: [{ ...operation, argument: { form: "receiver", to: "0x1" } }] },
      { type: "submit", ...order, operations: [{ ...operation, kind: 256 }] },
      { type: "authenticate", account: 3, signature: "0x00" },
      { type: "signature", number: 1.5, signature: `0x${"00".repeat(192)}` },
    ]) {
      expect(problem(bad), JSON.stringify(bad)).to.be.a("string");
    }
    expect(parseMessage(clientMessageSchema, "{")).to.deep.equal({ problem: "it is not JSON" });
  });

  it("writes operations in JSON and reads them back", () => {
    const made = [
      transfer({ asset: 5n, to: 1, amount: 3n, sequence: 7, fee: 2n }),
      transfer({ asset: 5n, to: address, amount: 3n, sequence: 7, dependsOnPrevious: true }),
    ];
    for (const operation of made) expect(fromWire(toWire(operation))).to.deep.equal(operation);
  });

  it("binds a session to all that the challenge names", () => {
    const parts = {
      chainId: 1n,
      settlement: address,
      directory: address,
      relayer: address,
      account: 1,
      challenge: `0x${"22".repeat(32)}`,
    };
    const other = `0x${"33".repeat(20)}`;
    const digests = [
      parts,
      { ...parts, chainId: 2n },
      { ...parts, settlement: other },
      { ...parts, directory: other },
      { ...parts, relayer: other },
      { ...parts, account: 2 },
      { ...parts, challenge: `0x${"44".repeat(32)}` },
    ].map((each) => Buffer.from(sessionDigest(each)).toString("hex"));
    expect(new Set(digests).size).to.equal(digests.length);
  });
});

describe("outcomes of a batch", () => {
  it("reads the bits section by section, 256 to a word", () => {
    const section = { operations: 257 } as never;
    const type = (of: number) => ({ section: of, kind: 0, amountForm: 0, argumentForm: 0 }) as const;
    const operation = (of: number) => ({ type: of, dependsOnPrevious: false, sequence: 0, amount: 0n, argument: 0n });
    const records = Array.from({ length: 257 }, (_, id) => ({ id, operations: [operation(0), operation(1)] }));
    const batch = { sections: [section, section], types: [type(0), type(1)], records };
    const outcomes = outcomesOf(batch, [1n << 3n, 1n, 1n << 255n, 0n]);
    const skipped = [...outcomes].flatMap(([id, own]) =>
      own.flatMap((outcome, index) => (outcome === "skipped" ? [`${id}.${index}`] : [])),
    );
    expect(skipped).to.deep.equal(["3.0", "255.1", "256.0"]);
  });
});
