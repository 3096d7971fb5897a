import { expect } from "chai";
import { isInstrumented } from "#chain";
import { MaxUint256, ZeroAddress, getAddress, toBeHex } from "ethers";
import {
  ACCOUNT_FORM,
  argumentSize,
  decodeFloat,
  encodeFloat,
  isFloat,
  LIMIT_FORM,
  publicKeyOf,
  type AmountForm,
  type BatchOperation,
  type OperationType,
  type SectionHeader,
  type SignerRecord,
} from "../../../src/index.js";
import type { RecordingLedger, Settlement } from "../../../typechain-types/index.js";
import { randomAddress, randomHex } from "../../helpers/batches.js";
import { at, deployTyped } from "../../helpers/deploy.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../../helpers/random.js";
import {
  BOOK_ID,
  buildBatch,
  connection,
  loadFixture,
  MAX_GAS,
  MEMBERS,
  memberAt,
  recordOf,
  secretOf,
  sectionOf,
  setPage,
  settle,
  settlementFixture,
  typeOf,
  type BatchOptions,
  type BuiltBatch,
} from "../../helpers/settlement-fixture.js";

const ROUNDS = countFromEnvironment("LAKH_BATCHES", 12);
const MAX_AMOUNT = 2n ** 112n - 1n;
/** Members whose keys may do everything. */
const FREE = MEMBERS - 4;
const CONSENT = 4n;
const EDGE_PAGES = [126, 127, 254, 255, 65_534, 65_535, 2 ** 23 - 2];

/** A section as the ledger is handed it, in plain values, and its operations. */
type Handed = { section: unknown[]; operations: bigint[] };

async function recordingFixture() {
  const fixture = await settlementFixture();
  const recorder = await deployTyped<RecordingLedger>(connection, "RecordingLedger");
  const recording = await deployTyped<Settlement>(connection, "Settlement", [recorder, fixture.directory]);
  // More pages, near and far, so that places of one byte to five occur, and page numbers at the ends of their sizes: page p
  // is its directory's creation p + 1.
  const far: number[] = [];
  for (const page of [1, 2, 70, ...EDGE_PAGES, 300, 2 ** 22]) {
    const rows = { page, count: 7, key: (row: number) => publicKeyOf(secretOf(page * 256 + row)) };
    far.push(...(await setPage(fixture, rows)).map(({ id }) => id));
  }
  // Accounts of every id that batches name.
  const ids = [...Array.from({ length: MEMBERS }, (_, id) => id), ...far, ...[0, 1, 2, 3, 4].map((i) => BOOK_ID + i)];
  const accounts = new Map<number, string>();
  for (const id of ids) accounts.set(id, await fixture.directory.accountOf(id));
  const signerIds = [...ids.slice(0, FREE), ...far];
  return { ...fixture, recorder, recording, accounts, signerIds };
}
type RecordingFixture = Awaited<ReturnType<typeof recordingFixture>>;

/** Sends a batch to the settlement with the recording ledger, and answers what the ledger was handed. */
async function handedOf(
  fixture: RecordingFixture,
  options: BatchOptions,
): Promise<{ built: BuiltBatch; handed: Handed[] }> {
  const { recorder, recording, relayer } = fixture;
  const built = await buildBatch(fixture, { ...options, settlement: recording });
  const response = await recording.connect(relayer).settle(built.bytes, { gasLimit: MAX_GAS });
  const receipt = await response.wait();
  const event = recorder.interface.getEvent("SectionHanded");
  const handed = (receipt?.logs ?? [])
    .filter(({ topics }) => topics[0] === event.topicHash)
    .map(({ data, topics }) => {
      const [section, operations] = recorder.interface.decodeEventLog(event, data, topics) as unknown as [
        unknown[],
        bigint[],
      ];
      return { section: [...section], operations: [...operations] };
    });
  return { built, handed };
}

/** What src/codec says that the ledger must be handed. `silent` are ids whose operations are blank. */
function expectedOf(
  { accounts, relayer }: RecordingFixture,
  { sections, types, records }: Pick<BatchOptions, "sections" | "types" | "records">,
  order: readonly number[],
  silent: ReadonlySet<number>,
): Handed[] {
  const handed = sections.map((section) => ({
    section: headerOf(section, relayer.address),
    operations: [] as bigint[],
  }));
  const byId = new Map(records.map((record) => [record.id, record]));
  for (const id of order) {
    for (const operation of byId.get(id)?.operations ?? []) {
      const type = at(types, operation.type);
      const section = at(sections, type.section);
      const words = silent.has(id) ? [0n, 0n] : wordsOf(accounts, section, type, operation, accounts.get(id));
      at(handed, type.section).operations.push(...words);
    }
  }
  return handed;
}

function headerOf(
  { protocol, key, asset0, asset1, shareId, gasCap, ...rest }: SectionHeader,
  feeTo: string,
): unknown[] {
  return [protocol, key, asset0, asset1, shareId, BigInt(gasCap), rest.fee0, rest.fee1, feeTo, rest.parameters];
}

/** The two words of docs/settlement.md's operation, as `OperationLib` packs them. */
function wordsOf(
  accounts: ReadonlyMap<number, string>,
  { protocol }: SectionHeader,
  { kind, argumentForm }: OperationType,
  { sequence, amount, argument }: BatchOperation,
  account = ZeroAddress,
): bigint[] {
  const namesAccount = argumentForm === ACCOUNT_FORM;
  const value = namesAccount ? BigInt(accounts.get(Number(argument)) ?? ZeroAddress) : argument;
  let full = BigInt(kind);
  if (protocol === ZeroAddress) {
    full &= 3n;
    if (namesAccount && argument < BigInt(BOOK_ID) && accounts.has(Number(argument))) full |= CONSENT;
  }
  const head = (BigInt(account) << 96n) | (BigInt(sequence) << 88n) | (full << 80n) | (value >> 144n);
  return [head, ((value << 112n) & MaxUint256) | amount];
}

/** Random sections, types and records of known ids; every field is filled. */
function randomContent(
  random: Random,
  { signerIds }: RecordingFixture,
): Pick<BatchOptions, "sections" | "types" | "records"> {
  const sections = Array.from({ length: 1 + Number(random.below(5n)) }, (_, index) => ({
    protocol: index > 0 && random.chance(30) ? ZeroAddress : randomAddress(random),
    key: randomHex(random, 32),
    asset0: random.below(1n << 192n),
    asset1: random.below(1n << 192n) << 64n,
    shareId: random.chance(50) ? 0n : random.below(1n << 192n),
    gasCap: Number(random.below(1n << 32n)),
    fee0: randomFloat(random),
    fee1: randomFloat(random),
    parameters: randomHex(random, random.pick([0, 1, 31, 32, 33, 200])),
  }));
  const types = Array.from({ length: 1 + Number(random.below(20n)) }, () => ({
    section: Number(random.below(BigInt(sections.length))),
    kind: random.chance(50) ? random.pick([0, 1]) : Number(random.below(256n)),
    amountForm: random.pick<AmountForm>([0, 3, 3, 3, 14]),
    argumentForm: random.pick([0, LIMIT_FORM, LIMIT_FORM, ACCOUNT_FORM, 1, 27, 28, Number(random.below(29n))]),
  }));
  const ids = signerIds.filter(() => random.chance(80));
  const records = (ids.length === 0 ? [1] : ids).map((id) => randomRecord(random, id, types));
  return { sections, types, records };
}

function randomRecord(random: Random, id: number, types: readonly OperationType[]): SignerRecord {
  const operations: BatchOperation[] = [];
  for (let count = random.pick([1, 1, 2, 3, 9]); count > 0; count--) {
    const type = Number(random.below(BigInt(types.length)));
    const { section, amountForm, argumentForm } = at(types, type);
    const previous = operations.at(-1);
    const isLater = previous !== undefined && at(types, previous.type).section < section;
    operations.push({
      type,
      dependsOnPrevious: isLater && random.chance(40),
      sequence: Number(random.below(256n)),
      amount: amountForm === 0 ? 0n : amountForm === 3 ? randomFloat(random) : random.below(MAX_AMOUNT + 1n),
      argument: randomArgument(random, argumentForm),
    });
  }
  return { id, operations };
}

function randomArgument(random: Random, form: number): bigint {
  if (form === LIMIT_FORM) return randomFloat(random);
  if (form === ACCOUNT_FORM) {
    return BigInt(
      random.pick([
        0,
        1,
        2,
        FREE,
        MEMBERS - 1,
        MEMBERS,
        257,
        300 * 256,
        BOOK_ID,
        BOOK_ID + 4,
        BOOK_ID + 5,
        2 ** 31 - 1,
      ]),
    );
  }
  const bytes = argumentSize(form) ?? 0;
  return bytes === 0 ? 0n : BigInt(randomHex(random, bytes));
}

function randomFloat(random: Random): bigint {
  if (random.chance(10)) return 0n;
  return decodeFloat(encodeFloat(random.magnitude(1n, MAX_AMOUNT), "down"));
}

/** The same values in types of which none is plain: full amounts, limits of 14 bytes. */
function inGeneralForms({ sections, types, records }: Pick<BatchOptions, "sections" | "types" | "records">) {
  const general = types.map((type) => ({
    ...type,
    amountForm: type.amountForm === 3 ? (14 as const) : type.amountForm,
    argumentForm: type.argumentForm === LIMIT_FORM ? 14 : type.argumentForm,
  }));
  return { sections, types: general, records };
}

describe("Settlement", () => {
  describe("settle", () => {
    it("hands over what the writer wrote, in plain and in general forms (SET_13)", async function () {
      this.timeout(60_000 + ROUNDS * 5_000);
      const fixture = await loadFixture(recordingFixture);
      const seed = seedFromEnvironment();
      const random = new Random(seed);
      let operations = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const content = randomContent(random, fixture);
        const ids = content.records.map(({ id }) => id);
        const excluded = ids.filter(() => random.chance(5));
        const signed = ids.filter(() => random.chance(5));
        const lying = ids.filter((id) => !signed.includes(id) && random.chance(5));
        const fallbacks = [...signed.map((id) => ({ id })), ...lying.map((id) => ({ id, signature: "0x" }))];
        const silent = new Set([...excluded, ...lying]);
        for (const variant of [content, inGeneralForms(content)]) {
          const { built, handed } = await handedOf(fixture, { ...variant, excluded, fallbacks });
          expect(handed, `round ${round}`).to.deep.equal(expectedOf(fixture, content, built.encoded.ids, silent));
          operations += variant.records.reduce((sum, record) => sum + record.operations.length, 0);
        }
      }
      console.log(`      seed ${seed}: ${operations} operations in ${2 * ROUNDS} batches read`);
    });

    it("hands over amounts and limits at the ends of their forms (SET_13)", async () => {
      const fixture = await loadFixture(recordingFixture);
      const floats = [0n, 1n, 9n, 10n, 524_287n, 524_290n, 51_922n * 10n ** 29n, 5n * 10n ** 31n].filter(isFloat);
      const values = [...floats, decodeFloat(encodeFloat(MAX_AMOUNT, "down"))];
      const sections = [sectionOf(fixture, { protocol: getAddress(toBeHex(1n, 20)) })];
      const types = [
        typeOf(0, { amountForm: 3, argumentForm: LIMIT_FORM }),
        typeOf(0, { amountForm: 14, argumentForm: 28 }),
      ];
      const full = [0n, 1n, 2n ** 111n, MAX_AMOUNT];
      const records = [
        recordOf(1, ...values.map((amount, i) => ({ amount, argument: at(values, values.length - 1 - i) }))),
        recordOf(2, ...full.map((amount) => ({ type: 1, amount, argument: 2n ** 224n - 1n }))),
      ];
      const content = { sections, types, records };
      const { built, handed } = await handedOf(fixture, content);
      expect(handed).to.deep.equal(expectedOf(fixture, content, built.encoded.ids, new Set()));
    });

    it("finds receivers on pages whatever the size of their numbers (SET_13)", async () => {
      const fixture = await loadFixture(recordingFixture);
      const receivers = [3, 256, 70 * 256 + 6, ...EDGE_PAGES.flatMap((page) => [page * 256, page * 256 + 6])];
      const unknown = [MEMBERS, 71 * 256, 126 * 256 + 7, 2 ** 31 - 1];
      const sections = [sectionOf(fixture)];
      const types = [0, 1, 2, 5].map((kind) => typeOf(0, { kind, amountForm: 3, argumentForm: ACCOUNT_FORM }));
      const records = types.map((_, type) =>
        recordOf(
          type + 1,
          ...[...receivers, ...unknown, BOOK_ID].map((to) => ({ type, amount: 7n, argument: BigInt(to) })),
        ),
      );
      const content = { sections, types, records };
      const { built, handed } = await handedOf(fixture, content);
      const expected = expectedOf(fixture, content, built.encoded.ids, new Set());
      expect(handed).to.deep.equal(expected);
      // Every receiver is one of his own.
      const named = new Set(at(expected, 0).operations.filter((_, index) => index % 2 === 1));
      expect(named.size).to.equal(receivers.length + 2);
    });

    it("finds receivers the fast way, whatever the size of their pages' numbers", async function () {
      if (isInstrumented) this.skip(); // the gas is that of code without probes
      const fixture = await loadFixture(recordingFixture);
      const { recording, relayer } = fixture;
      const sections = [sectionOf(fixture)];
      const types = [typeOf(0, { kind: 0, amountForm: 3, argumentForm: ACCOUNT_FORM })];
      const gasOf = async (to: number): Promise<bigint> => {
        const operations = Array.from({ length: 20 }, () => ({ amount: 7n, argument: BigInt(to) }));
        const options = { sections, types, records: [recordOf(1, ...operations)], settlement: recording };
        const { bytes } = await buildBatch(fixture, options);
        return recording.connect(relayer).settle.estimateGas(bytes, { gasLimit: MAX_GAS });
      };
      const near = await gasOf(3);
      // A page that is not open yet costs 2,600; the general way costs 20 operations more than 20,000.
      for (const page of EDGE_PAGES) expect((await gasOf(page * 256)) - near, `page ${page}`).to.be.below(5_000n);
      expect((await gasOf(BOOK_ID)) - near).to.be.above(15_000n);
    });

    it("hands over operations of 64 types and 64 sections (SET_13)", async () => {
      const fixture = await loadFixture(recordingFixture);
      const sections = Array.from({ length: 64 }, (_, index) =>
        sectionOf(fixture, { protocol: index % 2 === 0 ? ZeroAddress : getAddress(toBeHex(index, 20)), gasCap: index }),
      );
      const types = sections.map((_, index) => typeOf(index, { kind: index, amountForm: 3, argumentForm: 1 }));
      const records = [5, 6, 7].map((id) =>
        recordOf(
          id,
          ...types.map((_, type) => ({
            type,
            amount: BigInt(id + type),
            argument: BigInt(type),
            dependsOnPrevious: type % 3 === 1,
          })),
        ),
      );
      const content = { sections, types, records };
      const { built, handed } = await handedOf(fixture, content);
      expect(handed).to.deep.equal(expectedOf(fixture, content, built.encoded.ids, new Set()));
    });

    it("hands arguments of 0 to 28 bytes to a protocol (SET_13)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { protocol } = fixture;
      const account = BigInt(memberAt(fixture, 3).wallet.address);
      const lengths = Array.from({ length: 29 }, (_, length) => length);
      const argumentOf = (length: number) =>
        length === 0 ? 0n : BigInt(`0x${"a1b2c3d4".repeat(7).slice(0, 2 * length)}`);
      const magic = protocol.interface.getFunction("onLedgerBatch").selector;
      await protocol.setBatch(magic, 0n, new Array<bigint>(29).fill(0n));
      const seen: bigint[][] = [];
      for (const amountForm of [3, 14] as const) {
        const first = seen.length * 29;
        await settle(fixture, {
          sections: [sectionOf(fixture, { protocol: await protocol.getAddress(), gasCap: 8_000_000 })],
          types: lengths.map((argumentForm) => typeOf(0, { kind: 8, amountForm, argumentForm })),
          records: [
            recordOf(
              3,
              ...lengths.map((type) => ({
                type,
                amount: 1n,
                argument: argumentOf(type),
                sequence: first + type,
              })),
            ),
          ],
        });
        seen.push([...(await protocol.operationsSeen())]);
      }
      seen.forEach((operations, round) => {
        const expected = lengths.flatMap((length) => {
          const argument = argumentOf(length);
          const sequence = BigInt(round * 29 + length);
          const head = (account << 96n) | (sequence << 88n) | (8n << 80n) | (argument >> 144n);
          return [head, ((argument << 112n) & MaxUint256) | 1n];
        });
        expect(operations).to.deep.equal(expected);
      });
    });
  });
});
