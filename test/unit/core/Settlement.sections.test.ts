import { expect } from "chai";
import {
  BOOK_ID,
  buildBatch,
  callSettle,
  loadFixture,
  MAX_GAS,
  memberAt,
  networkHelpers,
  recordOf,
  rootsOf,
  sectionOf,
  sendFrom,
  settle,
  settlementFixture,
  swapSection,
  toHex,
  transferBatch,
  typeOf,
  WAD,
  type BatchOptions,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.js";
import { ACCOUNT_FORM, LIMIT_FORM, type SignerRecord } from "../../../src/index.js";

const RECEIVER = BigInt(BOOK_ID + 4);

/** Sections 0 and 1 are transfers of asset 0; the record's second operation waits for the first. */
function chainOf(fixture: SettlementFixture, first: object, second: object): BatchOptions {
  return {
    sections: [sectionOf(fixture), sectionOf(fixture)],
    types: [typeOf(0, { argumentForm: ACCOUNT_FORM }), typeOf(1, { argumentForm: ACCOUNT_FORM })],
    records: [
      recordOf(
        1,
        { type: 0, amount: 5n, argument: RECEIVER, ...first },
        { type: 1, amount: 7n, argument: RECEIVER, sequence: 1, dependsOnPrevious: true, ...second },
      ),
      recordOf(2, { type: 1, amount: 1n, argument: RECEIVER }),
    ],
  };
}

/** The ids of records in the order of the batch. */
function orderOf(settled: { encoded: { ids: readonly number[] } }, records: readonly SignerRecord[]) {
  const places = new Map(settled.encoded.ids.map((id, place) => [id, place]));
  return [...records].sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0)).map(({ id }) => id);
}

describe("Settlement", () => {
  describe("settle", () => {
    it("executes an operation that depends on one that was executed", async () => {
      const fixture = await loadFixture(settlementFixture);
      const settled = await settle(fixture, chainOf(fixture, {}, {}));
      expect(settled.skipped.flat()).to.deep.equal([false, false, false]);
      expect(await fixture.ledger.balanceOf(fixture.carol, fixture.home.asset0)).to.equal(13n);
    });

    it("skips an operation that depends on one that was skipped, and no other (SET_12)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const options = chainOf(fixture, { sequence: 9 }, { sequence: 0 });
      const settled = await settle(fixture, options);
      const order = orderOf(settled, options.records);
      expect(settled.skipped).to.deep.equal([[true], order.map((id) => id === 1)]);
      expect(await fixture.ledger.balanceOf(fixture.carol, fixture.home.asset0)).to.equal(1n);
      // Without the bit it is an operation like any other.
      const free = await settle(fixture, chainOf(fixture, { sequence: 9 }, { sequence: 0, dependsOnPrevious: false }));
      expect(free.skipped[1]?.[free.encoded.ids.indexOf(1)]).to.equal(false);
    });

    it("skips such an operation in the form that is read at once, too (SET_12)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const sections = [await swapSection(fixture, fixture.homePool), await swapSection(fixture, fixture.acrossPool)];
      const types = [
        typeOf(0, { amountForm: 3, argumentForm: LIMIT_FORM }),
        typeOf(1, { amountForm: 3, argumentForm: LIMIT_FORM }),
      ];
      const swaps = (id: number, sequence: number) =>
        recordOf(
          id,
          { type: 0, amount: WAD, argument: WAD, sequence },
          { type: 1, amount: WAD, argument: WAD, dependsOnPrevious: true },
        );
      const settled = await settle(fixture, { sections, types, records: [swaps(1, 9), swaps(2, 0), swaps(3, 9)] });
      const isSkipped = settled.encoded.ids.map((id) => id !== 2);
      expect(settled.skipped).to.deep.equal([isSkipped, isSkipped]);
    });

    it("skips an operation that depends on a section that failed (SET_12)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { protocol } = fixture;
      await protocol.setReverts(true, false);
      const options = chainOf(fixture, {}, { sequence: 0 });
      const sections = [sectionOf(fixture, { protocol: await protocol.getAddress() }), ...options.sections.slice(1)];
      const types = [typeOf(0, {}), ...options.types.slice(1)];
      const records = [
        recordOf(1, { type: 0, amount: 5n }, { type: 1, amount: 7n, argument: RECEIVER, dependsOnPrevious: true }),
        ...options.records.slice(1),
      ];
      const settled = await settle(fixture, { sections, types, records });
      expect(settled.executed).to.deep.equal([false, true]);
      expect(settled.skipped[1]?.[settled.encoded.ids.indexOf(1)]).to.equal(true);
      expect(settled.skipped[1]?.[settled.encoded.ids.indexOf(2)]).to.equal(false);
    });

    it("skips an operation that depends on one which its protocol refused (SET_12)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { homePool, home, ledger, carol } = fixture;
      const swaps = await swapSection(fixture, homePool);
      const options = (limit: bigint, sequence: number): BatchOptions => ({
        sections: [swaps, sectionOf(fixture, { ...home })],
        types: [typeOf(0, { argumentForm: 14 }), typeOf(1, { kind: 1, argumentForm: ACCOUNT_FORM })],
        records: [
          recordOf(
            1,
            { type: 0, amount: WAD, argument: limit, sequence },
            { type: 1, amount: 3n, argument: RECEIVER, sequence: sequence + 1, dependsOnPrevious: true },
          ),
        ],
      });
      const refused = await settle(fixture, options(5n * WAD, 0));
      expect([refused.executed, refused.skipped]).to.deep.equal([
        [true, true],
        [[true], [true]],
      ]);
      // A refused operation has used its sequence.
      const filled = await settle(fixture, options(WAD, 1));
      expect(filled.skipped).to.deep.equal([[false], [false]]);
      expect(await ledger.balanceOf(carol, home.asset1)).to.equal(3n);
    });

    it("follows chains of dependencies over sections, far behind the 256th operation too (SET_12)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const count = 300;
      const crowd = Array.from({ length: count }, (_, index) => ({
        type: 0,
        amount: 1n,
        argument: RECEIVER,
        sequence: index & 255,
      }));
      const wide = sectionOf(fixture, { gasCap: 6_000_000 });
      const number = 1;
      const mask = Number(await fixture.settlement.maskOf(fixture.relayer, number));
      // The one whose place is first has the crowd before him: the order of ids 0 and 1 follows from the mask's last bit.
      const [first, second] = (mask & 1) === 0 ? [0, 1] : [1, 0];
      for (const sequence of [0, 7]) {
        const state = await networkHelpers.takeSnapshot();
        const settled = await settle(fixture, {
          number,
          sections: [wide, wide, wide],
          types: [0, 1, 2].map((section) => typeOf(section, { argumentForm: ACCOUNT_FORM })),
          records: [
            recordOf(first, ...crowd),
            recordOf(
              second,
              { type: 0, amount: 1n, argument: RECEIVER, sequence },
              { type: 1, amount: 1n, argument: RECEIVER, sequence: sequence + 1, dependsOnPrevious: true },
              { type: 2, amount: 1n, argument: RECEIVER, sequence: sequence + 2, dependsOnPrevious: true },
            ),
          ],
        });
        const isSkipped = sequence !== 0;
        expect(settled.skipped).to.deep.equal([
          [...new Array<boolean>(count).fill(false), isSkipped],
          [isSkipped],
          [isSkipped],
        ]);
        await state.restore();
      }
    });

    it("spends in a section what an earlier one paid, and not what a later one will (SET_11)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { ledger, homePool, home } = fixture;
      const { wallet } = memberAt(fixture, 1);
      // He holds asset 0 alone, swaps it, and pays all of a part of the output on.
      const all = await ledger.balanceOf(wallet, home.asset1);
      const data = ledger.interface.encodeFunctionData("transfer", [fixture.admin.address, home.asset1, all]);
      await sendFrom({ from: wallet.address, to: await ledger.getAddress(), data });
      const [swaps, transfers] = [await swapSection(fixture, homePool), sectionOf(fixture)];
      const optionsIn = (isFirst: boolean, sequence: number): BatchOptions => ({
        sections: isFirst ? [swaps, transfers] : [transfers, swaps],
        types: [
          typeOf(isFirst ? 0 : 1, { argumentForm: 14 }),
          typeOf(isFirst ? 1 : 0, { kind: 1, argumentForm: ACCOUNT_FORM }),
        ],
        records: [
          recordOf(
            1,
            { type: 0, amount: WAD, argument: 1n, sequence },
            { type: 1, amount: 3n * WAD, argument: RECEIVER, sequence: isFirst ? sequence + 1 : sequence },
          ),
        ],
      });
      const late = await settle(fixture, optionsIn(false, 0));
      expect(late.skipped).to.deep.equal([[true], [false]]);
      const spent = await ledger.balanceOf(wallet, home.asset1);
      expect(spent).to.be.greaterThan(3n * WAD);
      await sendFrom({
        from: wallet.address,
        to: await ledger.getAddress(),
        data: ledger.interface.encodeFunctionData("transfer", [fixture.admin.address, home.asset1, spent]),
      });
      const early = await settle(fixture, optionsIn(true, 1));
      expect(early.skipped).to.deep.equal([[false], [false]]);
      expect(await ledger.balanceOf(fixture.carol, home.asset1)).to.equal(3n * WAD);
    });

    it("runs 64 sections and 64 types in the order of their table (SET_11)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { protocol, ledger, home, carol } = fixture;
      await protocol.setReverts(true, false);
      const address = await protocol.getAddress();
      const fails = (index: number) => index % 5 === 4;
      const sections = Array.from({ length: 64 }, (_, index) =>
        sectionOf(fixture, { gasCap: 120_000, ...(fails(index) ? { protocol: address } : {}) }),
      );
      const types = sections.map((_, index) => typeOf(index, { argumentForm: fails(index) ? 0 : ACCOUNT_FORM }));
      let sequence = 0;
      // One sequence for all: in another order but this, operations would be skipped.
      const operations = sections.map((_, index) => ({
        type: index,
        amount: 1n,
        argument: fails(index) ? 0n : RECEIVER,
        sequence: fails(index) ? sequence : sequence++,
      }));
      const settled = await settle(fixture, { sections, types, records: [recordOf(1, ...operations)] });
      expect(settled.executed).to.deep.equal(sections.map((_, index) => !fails(index)));
      expect(settled.skipped).to.deep.equal(sections.map((_, index) => [fails(index)]));
      expect(await ledger.balanceOf(carol, home.asset0)).to.equal(BigInt(sequence));
    });

    it("settles without a section's operations, and without sections' effects", async () => {
      const fixture = await loadFixture(settlementFixture);
      const empty = await settle(fixture, {
        sections: [sectionOf(fixture), sectionOf(fixture)],
        types: [typeOf(1, { argumentForm: ACCOUNT_FORM })],
        records: [recordOf(1, { amount: 1n, argument: RECEIVER })],
      });
      expect([empty.executed, empty.skipped]).to.deep.equal([
        [true, true],
        [[], [false]],
      ]);
      await fixture.protocol.setReverts(true, false);
      const failed = await settle(fixture, {
        sections: [sectionOf(fixture, { protocol: await fixture.protocol.getAddress() }), sectionOf(fixture)],
        types: [typeOf(1, { argumentForm: ACCOUNT_FORM })],
        records: [recordOf(1, { amount: 1n, argument: RECEIVER, sequence: 1 })],
      });
      expect([failed.executed, failed.skipped]).to.deep.equal([
        [false, true],
        [[], [false]],
      ]);
    });

    it("says which of more than 256 operations were skipped (SET_25)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { ledger, home, carol } = fixture;
      const counts = [256, 257];
      for (const count of counts) {
        const state = await networkHelpers.takeSnapshot();
        let sequence = 0;
        const operations = Array.from({ length: count }, (_, index) => ({
          amount: 1n,
          argument: RECEIVER,
          sequence: index % 7 === 3 ? (sequence + 100) & 255 : sequence++ & 255,
        }));
        const sections = [sectionOf(fixture, { gasCap: 6_000_000 })];
        const { types } = transferBatch(fixture, []);
        const settled = await settle(fixture, { sections, types, records: [recordOf(1, ...operations)] });
        expect(settled.skipped).to.deep.equal([operations.map((_, index) => index % 7 === 3)]);
        expect(await ledger.balanceOf(carol, home.asset0)).to.equal(BigInt(sequence));
        await state.restore();
      }
    });

    it("says so of each operation of a section that was not executed, whatever their number (SET_25)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { protocol } = fixture;
      await protocol.setReverts(true, false);
      for (const count of [1, 255, 256, 257]) {
        const state = await networkHelpers.takeSnapshot();
        const operations = Array.from({ length: count }, (_, index) => ({ amount: 1n, sequence: index & 255 }));
        const settled = await settle(fixture, {
          sections: [sectionOf(fixture, { protocol: await protocol.getAddress(), gasCap: 6_000_000 })],
          types: [typeOf(0, {})],
          records: [recordOf(1, ...operations)],
        });
        expect([settled.executed, settled.skipped]).to.deep.equal([[false], [operations.map(() => true)]]);
        await state.restore();
      }
    });

    it("moves the whole of a word, and of a half that is full", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { ledger, across } = fixture;
      const from = memberAt(fixture, 1).wallet;
      const balance = await ledger.balanceOf(from, across.asset1);
      const sections = [sectionOf(fixture, { ...across })];
      const types = [typeOf(0, { kind: 1, argumentForm: ACCOUNT_FORM })];
      const transfer = (amount: bigint, sequence: number) =>
        settle(fixture, { sections, types, records: [recordOf(1, { amount, argument: RECEIVER, sequence })] });
      for (const amount of [balance + 1n, 2n ** 112n - 1n, 0n]) {
        expect((await transfer(amount, 0)).skipped).to.deep.equal([[true]]);
      }
      expect((await transfer(balance, 0)).skipped).to.deep.equal([[false]]);
      expect(await ledger.balanceOf(from, across.asset1)).to.equal(0n);
      expect(await ledger.balanceOf(fixture.carol, across.asset1)).to.equal(balance);
    });

    it("transfers to oneself, and to several in turn, on running state", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { ledger, home } = fixture;
      const all = 1000n * WAD;
      const number = 1;
      const mask = Number(await fixture.settlement.maskOf(fixture.relayer, number));
      const [first, second] = (mask & 1) === 0 ? [0, 1] : [1, 0];
      // The second can pay only what he gets from the first, in the same section.
      const settled = await settle(fixture, {
        ...transferBatch(fixture, [
          { from: first, to: second, amount: all },
          { from: second, to: 5, amount: 2n * all },
          { from: 6, to: 6, amount: all },
        ]),
        number,
      });
      expect(settled.skipped.flat()).to.deep.equal([false, false, false]);
      const held = await Promise.all(
        [0, 1, 5, 6].map((id) => ledger.balanceOf(memberAt(fixture, id).wallet, home.asset0)),
      );
      expect(held).to.deep.equal([0n, 0n, 3n * all, all]);
    });

    it("gives a section its whole cap or reverts as a whole, whatever gas the relayer sends (SET_11)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement, relayer, ledger, home } = fixture;
      const contracts = [settlement, ledger];
      const before = await rootsOf(contracts);
      const sections = [
        sectionOf(fixture, { gasCap: 300_000 }),
        await swapSection(fixture, fixture.homePool, { gasCap: 600_000 }),
        sectionOf(fixture, { gasCap: 150_000 }),
      ];
      const types = [
        typeOf(0, { argumentForm: ACCOUNT_FORM }),
        typeOf(1, {}),
        typeOf(2, { kind: 1, argumentForm: ACCOUNT_FORM }),
      ];
      const records = [1, 2].map((id) =>
        recordOf(
          id,
          { type: 0, amount: 5n, argument: RECEIVER },
          { type: 1, amount: WAD, sequence: 1 },
          { type: 2, amount: 9n, argument: RECEIVER, sequence: 2 },
        ),
      );
      const { bytes } = await buildBatch(fixture, {
        sections,
        types,
        records,
        fallbacks: [{ id: 2 }],
        expiry: (await networkHelpers.time.latest()) + 3000,
      });
      let succeeded = "";
      /** Whether the batch settles with so much gas; it must then have had all of its effects. */
      const settlesWith = async (gasLimit: bigint): Promise<boolean> => {
        const state = await networkHelpers.takeSnapshot();
        try {
          const response = await settlement.connect(relayer).settle(bytes, { gasLimit });
          const receipt = await response.wait();
          const data = receipt?.logs.at(-1)?.data ?? "";
          const [, executed, skipped] = settlement.interface
            .decodeEventLog("BatchSettled", data)
            .slice(2) as unknown as [string, bigint, bigint[]];
          expect([executed, [...skipped]], `${gasLimit} gas`).to.deep.equal([0b111n, [0n, 0n, 0n]]);
          expect(await ledger.balanceOf(fixture.carol, home.asset1)).to.equal(18n);
          succeeded = data;
          return true;
        } catch (error) {
          if (String(error).includes("AssertionError")) throw error;
          expect(await rootsOf(contracts)).to.deep.equal(before);
          return false;
        } finally {
          await state.restore();
        }
      };
      let [low, high] = [100_000n, 3_000_000n];
      expect([await settlesWith(low), await settlesWith(high)]).to.deep.equal([false, true]);
      while (high - low > 500n) {
        const middle = (low + high) / 2n;
        if (await settlesWith(middle)) high = middle;
        else low = middle;
      }
      // All around, and far below: nothing between everything and nothing.
      for (let gas = low - 30_000n; gas < high + 30_000n; gas += 2_500n) await settlesWith(gas);
      for (let gas = 120_000n; gas < low; gas += 20_000n) expect(await settlesWith(gas)).to.equal(false);
      expect(succeeded).to.not.equal("");
    });

    it("reverts when the section's cap is above what any transaction has (SET_11)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const options = transferBatch(fixture, [{ from: 1, to: 2 }]);
      const sections = options.sections.map((section) => ({ ...section, gasCap: Number(MAX_GAS) }));
      const { bytes } = await buildBatch(fixture, { ...options, sections });
      await expect(callSettle(fixture, bytes)).to.be.revertedWithCustomError(fixture.ledger, "LedgerInsufficientGas");
    });

    it("pays the relayer the section's fee for each operation that was executed (SET_15)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { ledger, relayer, home, across } = fixture;
      const swaps = await swapSection(fixture, fixture.acrossPool, { fee0: 7n, fee1: 900n });
      const sections = [sectionOf(fixture, { fee0: 30n }), swaps];
      const types = [typeOf(0, { argumentForm: ACCOUNT_FORM }), typeOf(1, { argumentForm: 14 })];
      const records = [
        recordOf(1, { amount: 5n, argument: RECEIVER }, { type: 1, amount: WAD, argument: 1n }),
        // The whole of his balance leaves nothing for the fee; his limit is out of reach.
        recordOf(2, { amount: 1000n * WAD, argument: RECEIVER }, { type: 1, amount: WAD, argument: 9n * WAD }),
        recordOf(3, { amount: 1000n * WAD - 30n, argument: RECEIVER }),
      ];
      const settled = await settle(fixture, { sections, types, records, fallbacks: [{ id: 3 }] });
      const [transfers, swapped] = settled.skipped;
      expect(settled.encoded.ids.filter((_, index) => transfers?.[index])).to.deep.equal([2]);
      expect(swapped?.filter((isSkipped) => isSkipped)).to.have.length(1);
      expect(await ledger.balanceOf(relayer, home.asset0)).to.equal(60n);
      expect(await ledger.balanceOf(relayer, across.asset0)).to.equal(7n);
      expect(await ledger.balanceOf(relayer, across.asset1)).to.equal(0n);
      const left = [1, 2, 3].map((id) => ledger.balanceOf(memberAt(fixture, id).wallet, home.asset0));
      expect(await Promise.all(left)).to.deep.equal([1000n * WAD - 35n, 1000n * WAD, 0n]);
      const sold = [1, 2].map((id) => ledger.balanceOf(memberAt(fixture, id).wallet, across.asset0));
      expect(await Promise.all(sold)).to.deep.equal([999n * WAD - 7n, 1000n * WAD]);
    });

    it("logs a root and a digest that the codec computes as well (SET_02)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const ids = Array.from({ length: 36 }, (_, id) => id);
      const settled = await settle(fixture, {
        ...transferBatch(
          fixture,
          ids.map((from) => ({ from, to: 1 })),
        ),
      });
      const log = settled.receipt.logs.at(-1);
      const event = fixture.settlement.interface.parseLog(log ?? { topics: [], data: "0x" });
      expect(event?.args[2]).to.equal(toHex(settled.root));
    });
  });
});
