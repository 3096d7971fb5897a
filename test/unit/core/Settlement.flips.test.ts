import { expect } from "chai";
import { dataSlice } from "ethers";
import { ACCOUNT_FORM, LIMIT_FORM } from "../../../src/index.js";
import type { BatchProber } from "../../../typechain-types/index.js";
import { at, deployTyped } from "../../helpers/deploy.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../../helpers/random.js";
import {
  BALANCE,
  BOOK_ID,
  buildBatch,
  connection,
  layoutOf,
  loadFixture,
  MAX_GAS,
  memberAt,
  networkHelpers,
  recordOf,
  sectionOf,
  settlementFixture,
  swapSection,
  typeOf,
  WAD,
  type BatchOptions,
  type BuiltBatch,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.js";

const RECEIVER = BOOK_ID + 4;
/** Members 1 to 4 are in the batch, 5 is not. */
const WATCHED = [1, 2, 3, 4, 5];
/** Least output of a swap. */
const LIMIT = (15n * WAD) / 10n;
/** Variants in one call, and of a signature, where a precompile takes all gas that it is given. */
const [RUN, SIGNATURE_RUN] = [24, 8];
const SIGNATURE = 192;
const OPAQUE_BITS = countFromEnvironment("LAKH_OPAQUE_BITS", 1);

/** Bytes from the first to before the second. */
type Range = readonly [start: number, end: number];
/** An account's home word and its words of the other two tokens. */
type Words = [home: bigint, six: bigint, seven: bigint];
type Outcome = { members: Words[]; carol: Words };

/** Each of some members pays Carol and swaps, in few bytes; a swap waits for the payment. */
async function proberFixture(ids: readonly number[], choose: Partial<BatchOptions>) {
  const fixture = await settlementFixture();
  const prober = await deployTyped<BatchProber>(connection, "BatchProber", [fixture.settlement]);
  const sections = [
    sectionOf(fixture, { gasCap: 300_000 }),
    await swapSection(fixture, fixture.homePool, { gasCap: 500_000 }),
  ];
  const types = [
    typeOf(0, { amountForm: 3, argumentForm: ACCOUNT_FORM }),
    typeOf(1, { amountForm: 3, argumentForm: LIMIT_FORM }),
  ];
  const records = ids.map((id) =>
    recordOf(
      id,
      { type: 0, amount: paidBy(id), argument: BigInt(RECEIVER) },
      { type: 1, amount: WAD, argument: LIMIT, sequence: 1, dependsOnPrevious: true },
    ),
  );
  const relayerAddress = await prober.relayer();
  const expiry = (await networkHelpers.time.latest()) + 3000;
  const built = await buildBatch(fixture, { sections, types, records, expiry, relayerAddress, ...choose });
  const watched = [...WATCHED.map((id) => memberAt(fixture, id).wallet.address), fixture.carol.address];
  await prober.set(built.bytes, watched, fixture.ids.slice(1));
  return { ...fixture, prober, built };
}

/** Two BLS signers, one with a signature of his own, and an excluded one. */
async function mixedFixture() {
  return proberFixture([1, 2, 3, 4], { fallbacks: [{ id: 3 }], excluded: [4] });
}

/** Two signers with signatures of their own: no signature stands for the whole. */
async function fallbackFixture() {
  return proberFixture([1, 2], { fallbacks: [{ id: 1 }, { id: 2 }] });
}

function paidBy(id: number): bigint {
  return BigInt(id) * 10n;
}

function outcomeOf(answer: string): Outcome {
  const words = Array.from({ length: (answer.length - 2) / 64 }, (_, i) =>
    BigInt(dataSlice(answer, 32 * i, 32 * i + 32)),
  );
  const all = Array.from({ length: words.length / 3 }, (_, i) => words.slice(3 * i, 3 * i + 3) as Words);
  return { members: all.slice(0, WATCHED.length), carol: at(all, WATCHED.length) };
}

/** Runs variants, so many in one call, and answers what became of those that settled. */
async function settledOf(
  { prober }: { prober: BatchProber },
  kind: "flip" | "cut",
  variants: readonly number[],
  run = RUN,
): Promise<Map<number, Outcome>> {
  const settled = new Map<number, Outcome>();
  for (let start = 0; start < variants.length; start += run) {
    const part = variants.slice(start, start + run);
    const answers = await prober[kind].staticCall(part, { gasLimit: MAX_GAS });
    answers.forEach((answer, index) => {
      if (answer !== "0x") settled.set(at(part, index), outcomeOf(answer));
    });
  }
  return settled;
}

/**
 * All bits of the bytes from `start` to `end`, of which those in `opaque` ranges, whose bytes are alike to the reader, give
 * `LAKH_OPAQUE_BITS` (1 to 8) of each byte.
 */
function bitsOf([start, end]: Range, opaque: readonly Range[] = []): number[] {
  const random = new Random(seedFromEnvironment());
  return Array.from({ length: end - start }, (_, index) => start + index).flatMap((byte) => {
    const all = Array.from({ length: 8 }, (_, bit) => 8 * byte + bit);
    if (!opaque.some(([from, to]) => from <= byte && byte < to)) return all;
    const first = Number(random.below(8n));
    return all.filter((_, bit) => (bit - first + 8) % 8 < OPAQUE_BITS);
  });
}

/** Ranges of addresses, keys, ids, parameters and signatures. */
function opaqueOf({ bytes, body }: BuiltBatch): Range[] {
  const { leaf0, fallbacks } = layoutOf(bytes);
  const signatures = body.fallbacks.map((_, index): Range => {
    const start = fallbacks + index * (10 + 65) + 10;
    return [start, start + 65];
  });
  const first = leaf0 + 39;
  const second = first + 163;
  return [[first, first + 148], [second, second + 148], [second + 163, second + 163 + 64], ...signatures];
}

/** What a word of the home pair holds, of which side 0 is what the batch pays and sells. */
function homeOf({ ids, home }: SettlementFixture, word: bigint): { paid: bigint; bought: bigint; flags: bigint } {
  const [low, high] = [word & (2n ** 112n - 1n), (word >> 112n) & (2n ** 112n - 1n)];
  const isLow = ids[0] === home.asset0;
  return { paid: BALANCE - (isLow ? low : high), bought: (isLow ? high : low) - BALANCE, flags: word >> 224n };
}

/** Whether a member's words are as if he had not been there, or as he signed: nothing else may be. */
function stateOf(
  fixture: SettlementFixture,
  id: number,
  words: Words,
  before: Words,
): "untouched" | "paid" | "swapped" {
  expect(words.slice(1), `other words of ${id}`).to.deep.equal(before.slice(1));
  if (words[0] === before[0]) return "untouched";
  const { paid, bought, flags } = homeOf(fixture, words[0]);
  const sequence = flags >> 8n;
  if (paid === paidBy(id) && bought === 0n && (sequence === 1n || sequence === 2n)) return "paid";
  expect([paid, sequence, flags & 255n], `words of ${id}`).to.deep.equal([paidBy(id) + WAD, 2n, 1n]);
  expect(bought >= LIMIT, `output of ${id}`).to.equal(true);
  return "swapped";
}

/** Checks one outcome against what was signed, and answers the states of members 1 to 4. */
function checkOutcome(fixture: SettlementFixture, outcome: Outcome, before: Outcome, title: string): string[] {
  const states = outcome.members.map((words, index) => {
    const id = at(WATCHED, index);
    return stateOf(fixture, id, words, at(before.members, index));
  });
  expect(states.at(-1), `${title}: a bystander`).to.equal("untouched");
  const received = WATCHED.reduce((sum, id, index) => (states[index] === "untouched" ? sum : sum + paidBy(id)), 0n);
  const { paid, bought } = homeOf(fixture, outcome.carol[0]);
  expect([BALANCE - paid, bought + BALANCE], `${title}: Carol`).to.deep.equal([received, 0n]);
  return states.slice(0, -1);
}

/** The words as they are. */
async function beforeOf(fixture: SettlementFixture): Promise<Outcome> {
  const { ledger, ids, carol } = fixture;
  const wordsOf = async (account: string) =>
    (await Promise.all(ids.slice(1).map((id) => ledger.wordOf(account, id)))) as Words;
  const members = await Promise.all(WATCHED.map((id) => wordsOf(memberAt(fixture, id).wallet.address)));
  return { members, carol: await wordsOf(carol.address) };
}

/** The bit of the exclusion bitmap that is a signer's. */
function bitmapBit({ bytes, encoded }: BuiltBatch, id: number): number {
  return (bytes.length - SIGNATURE - 1) * 8 + encoded.ids.indexOf(id);
}

describe("Settlement", () => {
  describe("settle", () => {
    it("reverts for every bit of a batch that is flipped, but for the one that leaves out a fallback signer", async function () {
      this.timeout(180_000);
      const fixture = await loadFixture(mixedFixture);
      const { prober, built } = fixture;
      const before = await beforeOf(fixture);
      const whole = outcomeOf(await prober.whole.staticCall({ gasLimit: MAX_GAS }));
      expect(checkOutcome(fixture, whole, before, "whole")).to.deep.equal([
        "swapped",
        "swapped",
        "swapped",
        "untouched",
      ]);
      const settled = await settledOf(fixture, "flip", bitsOf([0, built.bytes.length - SIGNATURE], opaqueOf(built)));
      expect([...settled.keys()]).to.deep.equal([bitmapBit(built, 3)]);
      for (const [bit, outcome] of settled) {
        const states = checkOutcome(fixture, outcome, before, `bit ${bit}`);
        expect(states).to.deep.equal(["swapped", "swapped", "untouched", "untouched"]);
      }
    });

    it("reverts for every bit of the aggregate signature that is flipped", async () => {
      const fixture = await loadFixture(mixedFixture);
      const end = fixture.built.bytes.length;
      const range: Range = [end - SIGNATURE, end];
      const settled = await settledOf(fixture, "flip", bitsOf(range, [range]), SIGNATURE_RUN);
      expect([...settled.keys()]).to.deep.equal([]);
    });

    it("reverts for everything that a batch begins with", async () => {
      const fixture = await loadFixture(mixedFixture);
      const settled = await settledOf(fixture, "cut", [...fixture.built.bytes.keys()], SIGNATURE_RUN);
      expect([...settled.keys()]).to.deep.equal([]);
    });

    it("does to nobody but what he signed, whatever bit of a batch without an aggregate signature is flipped", async function () {
      this.timeout(180_000);
      const fixture = await loadFixture(fallbackFixture);
      const { prober, built } = fixture;
      const before = await beforeOf(fixture);
      const whole = outcomeOf(await prober.whole.staticCall({ gasLimit: MAX_GAS }));
      expect(checkOutcome(fixture, whole, before, "whole").slice(0, 2)).to.deep.equal(["swapped", "swapped"]);
      const settled = await settledOf(fixture, "flip", bitsOf([0, built.bytes.length], opaqueOf(built)));
      const seen = new Set<string>();
      for (const [bit, outcome] of settled) seen.add(checkOutcome(fixture, outcome, before, `bit ${bit}`).join(" "));
      // Number, expiry, gas caps and the band are nothing that they signed; what they signed voids one record or both.
      expect(settled.size).to.be.greaterThan(100);
      expect(seen).to.include("untouched swapped untouched untouched");
      expect(seen).to.include("swapped untouched untouched untouched");
      expect(seen).to.include("untouched untouched untouched untouched");
      const cut = await settledOf(fixture, "cut", [...built.bytes.keys()], SIGNATURE_RUN);
      expect([...cut.keys()]).to.deep.equal([]);
    });
  });
});
