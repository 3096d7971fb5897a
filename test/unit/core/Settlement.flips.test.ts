import { expect } from "chai";
import { toQuantity } from "ethers";
import { ACCOUNT_FORM, encodeSettle, LIMIT_FORM } from "../../../src/index.js";
import { at } from "../../helpers/deploy.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../../helpers/random.js";
import {
  BALANCE,
  BOOK_ID,
  buildBatch,
  connection,
  loadFixture,
  memberAt,
  networkHelpers,
  recordOf,
  rootsOf,
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
const SIGNATURE = 192;
/** Enough for a whole batch of these; a precompile takes all gas with an input that it refuses. */
const CALL_GAS = 2_000_000n;
const FLIPS = countFromEnvironment("LAKH_FLIPS", 500);

/** An account's home word and its words of the other two tokens. */
type Words = [home: bigint, six: bigint, seven: bigint];
type Outcome = { members: Words[]; carol: Words };

/** Each of some members pays Carol and swaps, in few bytes; a swap waits for the payment. */
async function batchFixture(ids: readonly number[], choose: Partial<BatchOptions>) {
  const fixture = await settlementFixture();
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
  const expiry = (await networkHelpers.time.latest()) + 3000;
  const built = await buildBatch(fixture, { sections, types, records, expiry, ...choose });
  return { ...fixture, built };
}

/** Two BLS signers, one with a signature of his own, and an excluded one. */
async function mixedFixture() {
  return batchFixture([1, 2, 3, 4], { fallbacks: [{ id: 3 }], excluded: [4] });
}

/** Two signers with signatures of their own: no signature stands for the whole. */
async function fallbackFixture() {
  return batchFixture([1, 2], { fallbacks: [{ id: 1 }, { id: 2 }] });
}

function paidBy(id: number): bigint {
  return BigInt(id) * 10n;
}

/** Whether the settlement would take these bytes. */
async function isTaken({ settlement, relayer }: SettlementFixture, batch: Uint8Array): Promise<boolean> {
  const call = { from: relayer.address, to: settlement.target, data: encodeSettle(batch), gas: toQuantity(CALL_GAS) };
  try {
    await connection.provider.request({ method: "eth_call", params: [call, "latest"] });
    return true;
  } catch {
    return false;
  }
}

/** The variants of a batch that the settlement would take. */
async function takenOf<Variant>(
  fixture: SettlementFixture,
  variants: readonly Variant[],
  bytesOf: (variant: Variant) => Uint8Array,
): Promise<Variant[]> {
  const taken: Variant[] = [];
  for (const variant of variants) if (await isTaken(fixture, bytesOf(variant))) taken.push(variant);
  return taken;
}

/** Settles a variant and answers what became of it, then undoes it. Where the ledger is as `known` says, nothing is read. */
async function outcomeOf(fixture: SettlementFixture, batch: Uint8Array, known: Map<string, Outcome>): Promise<Outcome> {
  const { settlement, relayer, ledger } = fixture;
  const state = await networkHelpers.takeSnapshot();
  await settlement.connect(relayer).settle(batch, { gasLimit: CALL_GAS });
  const root = at(await rootsOf([ledger]), 0);
  const outcome = known.get(root) ?? (await stateNow(fixture));
  known.set(root, outcome);
  await state.restore();
  return outcome;
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (128 >> (bit & 7));
  return copy;
}

/** `LAKH_FLIPS` bits of the batch: all of them when there are not so many, else some of each part of it. */
function bitsOf({ length }: Uint8Array): number[] {
  const random = new Random(seedFromEnvironment());
  const count = Math.min(FLIPS, 8 * length);
  const bits = Array.from({ length: count }, (_, index) => {
    const [from, to] = [index, index + 1].map((edge) => BigInt(Math.floor((edge * 8 * length) / count)));
    return Number(random.between(from ?? 0n, (to ?? 1n) - 1n));
  });
  return bits;
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
async function stateNow(fixture: SettlementFixture): Promise<Outcome> {
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
    it("reverts for any bit of a batch that is flipped, but for the one that leaves out a fallback signer", async function () {
      this.timeout(180_000 + FLIPS * 100);
      const fixture = await loadFixture(mixedFixture);
      const { built } = fixture;
      const before = await stateNow(fixture);
      const whole = await outcomeOf(fixture, built.bytes, new Map());
      const states = checkOutcome(fixture, whole, before, "whole");
      expect(states).to.deep.equal(["swapped", "swapped", "swapped", "untouched"]);
      const left = bitmapBit(built, 3);
      const taken = await takenOf(fixture, [...bitsOf(built.bytes), left], (bit) => flipped(built.bytes, bit));
      expect([...new Set(taken)]).to.deep.equal([left]);
      const outcome = await outcomeOf(fixture, flipped(built.bytes, left), new Map());
      const others = checkOutcome(fixture, outcome, before, "left out");
      expect(others).to.deep.equal(["swapped", "swapped", "untouched", "untouched"]);
    });

    it("reverts for everything that a batch begins with", async function () {
      this.timeout(180_000);
      for (const fixtureOf of [mixedFixture, fallbackFixture]) {
        const fixture = await loadFixture(fixtureOf);
        const { bytes } = fixture.built;
        expect(await isTaken(fixture, bytes)).to.equal(true);
        const taken = await takenOf(fixture, [...bytes.keys()], (length) => bytes.subarray(0, length));
        expect(taken).to.deep.equal([]);
      }
    });

    it("does to nobody but what he signed, whatever bit of a batch without an aggregate signature is flipped", async function () {
      this.timeout(180_000 + FLIPS * 100);
      const fixture = await loadFixture(fallbackFixture);
      const { built } = fixture;
      const before = await stateNow(fixture);
      const known = new Map<string, Outcome>();
      const whole = await outcomeOf(fixture, built.bytes, known);
      expect(checkOutcome(fixture, whole, before, "whole").slice(0, 2)).to.deep.equal(["swapped", "swapped"]);
      const bits = bitsOf(built.bytes);
      const taken = await takenOf(fixture, bits, (bit) => flipped(built.bytes, bit));
      const seen = new Set<string>();
      for (const bit of taken) {
        const outcome = await outcomeOf(fixture, flipped(built.bytes, bit), known);
        seen.add(checkOutcome(fixture, outcome, before, `bit ${bit}`).slice(0, 2).join(" "));
      }
      // Number, expiry, gas caps and the band are nothing that they signed; what they signed voids one record or both.
      expect(taken.length).to.be.greaterThan(50);
      expect([...seen]).to.include.members(["untouched swapped", "swapped untouched", "untouched untouched"]);
    });
  });
});
