import { expect } from "chai";
import {
  buildBatch,
  callSettle,
  loadFixture,
  MEMBERS,
  memberAt,
  networkHelpers,
  recordOf,
  secretOf,
  sectionOf,
  sendFrom,
  setPage,
  settle,
  settlementFixture,
  SHORT_LIFE,
  swapSection,
  transferBatch,
  typeOf,
  WAD,
  wordsOf,
  type BatchOptions,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.js";
import { ACCOUNT_FORM, maskOf, publicKeyOf } from "../../../src/index.js";

const TRANSFERS_ONLY = MEMBERS - 4;
const CORES_ONLY = MEMBERS - 3;
const PROTOCOLS_ONLY = MEMBERS - 2;
const ENDS_SOON = MEMBERS - 1;

/** Revokes the key of a member in his own transaction. */
async function revoke(fixture: SettlementFixture, id: number): Promise<void> {
  const data = fixture.directory.interface.encodeFunctionData("revoke", [id]);
  const to = await fixture.directory.getAddress();
  await sendFrom({ from: memberAt(fixture, id).wallet.address, to, data });
}

/** Every id transfers, swaps on a listed core and acts on a protocol that is not listed; the amounts are floats or not. */
async function allKinds(
  fixture: SettlementFixture,
  ids: readonly number[],
  amountForm: 3 | 14,
): Promise<Pick<BatchOptions, "sections" | "types" | "records">> {
  const { protocol, homePool, across } = fixture;
  const payouts = new Array<bigint>(ids.length).fill(0n);
  await protocol.setBatch(protocol.interface.getFunction("onLedgerBatch").selector, 0n, payouts);
  const own = sectionOf(fixture, { protocol: await protocol.getAddress(), ...across });
  return {
    sections: [sectionOf(fixture), await swapSection(fixture, homePool), own],
    types: [
      typeOf(0, { amountForm, argumentForm: ACCOUNT_FORM }),
      typeOf(1, { amountForm }),
      typeOf(2, { amountForm }),
    ],
    records: ids.map((id) => {
      // What a key may not do leaves the sequence where it is.
      const sequence = id === CORES_ONLY ? 0 : 1;
      return recordOf(
        id,
        { type: 0, amount: 2000n, argument: 0n },
        { type: 1, amount: 3000n, sequence },
        { type: 2, amount: 4000n },
      );
    }),
  };
}

/** The ids whose operation a section skipped. */
function skippedIds(ids: readonly number[], skipped: readonly boolean[]): number[] {
  return ids.filter((_, index) => skipped[index]).sort((a, b) => a - b);
}

describe("Settlement", () => {
  describe("settle", () => {
    for (const amountForm of [3, 14] as const) {
      it(`lets a key do what it was registered for (amounts of ${amountForm} bytes) (SET_09)`, async () => {
        const fixture = await loadFixture(settlementFixture);
        const ids = [1, TRANSFERS_ONLY, CORES_ONLY, PROTOCOLS_ONLY, ENDS_SOON];
        const options = await allKinds(fixture, ids, amountForm);
        const settled = await settle(fixture, options);
        expect(settled.executed).to.deep.equal([true, true, true]);
        const by = settled.skipped.map((flags) => skippedIds(settled.encoded.ids, flags));
        expect(by).to.deep.equal([
          [CORES_ONLY, PROTOCOLS_ONLY],
          [TRANSFERS_ONLY, PROTOCOLS_ONLY],
          [TRANSFERS_ONLY, CORES_ONLY],
        ]);
      });
    }

    it("lets a key do no more when its record is the first of a batch (SET_09)", async () => {
      const fixture = await loadFixture(settlementFixture);
      for (const [section, id] of [TRANSFERS_ONLY, CORES_ONLY, PROTOCOLS_ONLY].entries()) {
        const settled = await settle(fixture, await allKinds(fixture, [id], 3));
        expect(settled.skipped, `id ${id}`).to.deep.equal([0, 1, 2].map((index) => [index !== section]));
      }
    });

    it("lets the signature of an account do what its key may not (SET_03, SET_09)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const ids = [1, TRANSFERS_ONLY];
      const options = await allKinds(fixture, ids, 3);
      const settled = await settle(fixture, { ...options, fallbacks: [{ id: TRANSFERS_ONLY }] });
      expect(settled.skipped).to.deep.equal([
        [false, false],
        [false, false],
        [false, false],
      ]);
    });

    it("sums the key of a revoked id, and skips what it signed (SET_03, SET_10)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const options = transferBatch(
        fixture,
        [1, 2, 3].map((from) => ({ from, to: 9 })),
      );
      await revoke(fixture, 2);
      const settled = await settle(fixture, options);
      expect(skippedIds(settled.encoded.ids, settled.skipped[0] ?? [])).to.deep.equal([2]);
      // Left out of the sum, it is not the sum.
      const built = await buildBatch(fixture, { ...options, cosigners: [1, 3] });
      await expect(callSettle(fixture, built.bytes)).to.be.revertedWithCustomError(
        fixture.settlement,
        "SettlementBadSignature",
      );
      const signed = await settle(fixture, {
        ...transferBatch(fixture, [{ from: 2, to: 9 }]),
        fallbacks: [{ id: 2 }],
      });
      expect(signed.skipped).to.deep.equal([[false]]);
    });

    it("counts a key through the last second of its time and not after (SET_10)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { validUntil } = await fixture.directory.recordOf(ENDS_SOON);
      expect(validUntil).to.be.lessThan(BigInt(await networkHelpers.time.latest()) + SHORT_LIFE);
      const transfer = { from: ENDS_SOON, to: 9 };
      const built = transferBatch(fixture, [{ from: 1, to: 9 }, transfer]);
      await networkHelpers.time.setNextBlockTimestamp(validUntil);
      expect((await settle(fixture, built)).skipped).to.deep.equal([[false, false]]);
      await networkHelpers.time.setNextBlockTimestamp(validUntil + 1n);
      const again = transferBatch(fixture, [
        { from: 1, to: 9, sequence: 1 },
        { ...transfer, sequence: 1 },
      ]);
      const late = await settle(fixture, again);
      expect(skippedIds(late.encoded.ids, late.skipped[0] ?? [])).to.deep.equal([ENDS_SOON]);
    });

    it("sums and skips a revoked key and an expired one, wherever its record stands (SET_03, SET_10)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement, relayer, directory } = fixture;
      const ids = [1, 2, 3, ENDS_SOON];
      const options = transferBatch(
        fixture,
        ids.map((from) => ({ from, to: 9 })),
      );
      for (const id of [2, ENDS_SOON]) {
        const state = await networkHelpers.takeSnapshot();
        if (id === 2) await revoke(fixture, id);
        else await networkHelpers.time.increaseTo((await directory.recordOf(id)).validUntil + 1n);
        const places = new Set<number>();
        for (let number = 1; number <= 40; number++) {
          const mask = await settlement.maskOf(relayer, number);
          const place = ids.filter((other) => (BigInt(other) ^ mask) < (BigInt(id) ^ mask)).length;
          if (places.has(place)) continue;
          places.add(place);
          const clean = await networkHelpers.takeSnapshot();
          const settled = await settle(fixture, { ...options, number });
          expect(settled.encoded.ids.indexOf(id)).to.equal(place);
          expect(skippedIds(settled.encoded.ids, settled.skipped[0] ?? []), `place ${place}`).to.deep.equal([id]);
          await clean.restore();
        }
        expect([...places], "first and last").to.include.members([0, 3]);
        await state.restore();
      }
    });

    it("skips the record of an excluded signer, wherever he stands (SET_03)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const ids = Array.from({ length: 35 }, (_, id) => id);
      const options = transferBatch(
        fixture,
        ids.map((from) => ({ from, to: 2 ** 31 + 4, amount: 1n })),
      );
      const order = (await buildBatch(fixture, options)).encoded.ids;
      for (const places of [[0], [7, 8], [31], [32], [34], [0, 1, 2, 3, 30, 31, 32, 33, 34]]) {
        const excluded = places.map((place) => order[place] ?? 0);
        const state = await networkHelpers.takeSnapshot();
        const settled = await settle(fixture, { ...options, excluded });
        expect(skippedIds(order, settled.skipped[0] ?? [])).to.deep.equal(excluded.sort((a, b) => a - b));
        const held = await fixture.ledger.balanceOf(fixture.carol, fixture.home.asset0);
        expect(held).to.equal(BigInt(ids.length - places.length));
        await state.restore();
      }
    });

    it("settles a batch of nobody without a signature (SET_04)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement, relayer } = fixture;
      const accounts = [1, 2].map((id) => memberAt(fixture, id).wallet.address);
      const before = await wordsOf(fixture, accounts);
      const options = transferBatch(
        fixture,
        [1, 2].map((from) => ({ from, to: 9 })),
      );
      const settled = await settle(fixture, { ...options, excluded: [1, 2] });
      expect([settled.executed, settled.skipped]).to.deep.equal([[true], [[true, true]]]);
      expect(await wordsOf(fixture, accounts)).to.deep.equal(before);
      expect(await settlement.lastNumberOf(relayer)).to.equal(1n);
    });

    it("skips an excluded signer who brought his own signature, and one who is nobody (SET_19)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const nobody = 2 ** 31 + 77;
      const options = transferBatch(fixture, [
        { from: 1, to: 9 },
        { from: 2, to: 9 },
        { from: nobody, to: 9 },
      ]);
      const settled = await settle(fixture, {
        ...options,
        fallbacks: [{ id: 2 }, { id: nobody, signature: "0x" }],
        excluded: [2],
      });
      expect(skippedIds(settled.encoded.ids, settled.skipped[0] ?? [])).to.deep.equal([2, nobody]);
    });

    it("acts for one account through two ids, in the order of the batch", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { ledger, book, home } = fixture;
      const { wallet } = memberAt(fixture, 1);
      await book.list([wallet.address]);
      const second = 2 ** 31 + 256;
      expect(await fixture.directory.accountOf(second)).to.equal(wallet.address);
      const orders = [1, second];
      const draft = transferBatch(
        fixture,
        orders.map((from) => ({ from, to: 9 })),
      );
      const [first] = (await buildBatch(fixture, { ...draft, fallbacks: [{ id: second, signature: "0x" }] })).encoded
        .ids;
      const options = transferBatch(
        fixture,
        orders.map((from) => ({ from, to: 9, amount: 3n, sequence: from === first ? 0 : 1 })),
      );
      const settled = await settle(fixture, { ...options, fallbacks: [{ id: second, signer: wallet }] });
      expect(settled.skipped).to.deep.equal([[false, false]]);
      expect(await ledger.balanceOf(wallet, home.asset0)).to.equal(1000n * WAD - 6n);
    });

    it("reads the revocations of the group in which a page stands (SET_10)", async () => {
      const fixture = await loadFixture(settlementFixture);
      // Pages of three groups, with revoked rows on two of them.
      const pages = [3, 256, 257, 258, 260, 511, 513];
      for (const page of pages) {
        await setPage(fixture, { page, count: 3, key: (index) => publicKeyOf(secretOf(page * 256 + index)) });
      }
      const ids = pages.flatMap((page) => [page * 256, page * 256 + 1, page * 256 + 2]);
      const revoked = [257 * 256 + 1, 260 * 256 + 2];
      const to = await fixture.directory.getAddress();
      for (const id of revoked) {
        const data = fixture.directory.interface.encodeFunctionData("revoke", [id]);
        await sendFrom({ from: await fixture.directory.accountOf(id), to, data });
        expect(await fixture.directory.isRevoked(id)).to.equal(true);
      }
      for (const id of ids) await fund(fixture, await fixture.directory.accountOf(id));
      // Each number has its own order of records.
      for (let sequence = 0; sequence < 6; sequence++) {
        const options = transferBatch(
          fixture,
          ids.map((from) => ({ from, to: 9, sequence })),
        );
        const settled = await settle(fixture, options);
        const skipped = skippedIds(settled.encoded.ids, settled.skipped[0] ?? []);
        expect(skipped.sort((x, y) => x - y)).to.deep.equal(revoked);
      }
    });

    it("reads the revocations of a group whose first page follows the last one of another closely (SET_10)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const pages = [255, 256];
      for (const page of pages) {
        await setPage(fixture, { page, count: 3, key: (index) => publicKeyOf(secretOf(page * 256 + index)) });
      }
      const ids = pages.flatMap((page) => [page * 256, page * 256 + 1, page * 256 + 2]);
      const revoked = 256 * 256 + 1;
      const data = fixture.directory.interface.encodeFunctionData("revoke", [revoked]);
      const account = await fixture.directory.accountOf(revoked);
      await sendFrom({ from: account, to: await fixture.directory.getAddress(), data });
      for (const id of ids) await fund(fixture, await fixture.directory.accountOf(id));
      // A number whose mask leaves the groups in their order, and the pages less than 2^14 places apart.
      let number = 1;
      for (let mask = -1; (mask & 0x1e000) !== 0;) {
        mask = maskOf({ relayer: fixture.relayer.address, number: ++number });
      }
      const options = transferBatch(
        fixture,
        ids.map((from) => ({ from, to: 9 })),
      );
      const settled = await settle(fixture, { ...options, number });
      expect(skippedIds(settled.encoded.ids, settled.skipped[0] ?? [])).to.deep.equal([revoked]);
    });
  });
});

/** Gives an account 100 units of asset 0, which it lets the settlement move. */
async function fund({ ledger, home }: SettlementFixture, account: string): Promise<void> {
  await ledger.transfer(account, home.asset0, 100n);
  const data = ledger.interface.encodeFunctionData("setConsent", [home.asset0, 1n]);
  await sendFrom({ from: account, to: await ledger.getAddress(), data });
}
