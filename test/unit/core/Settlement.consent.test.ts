import { expect } from "chai";
import {
  BOOK_ID,
  loadFixture,
  memberAt,
  recordOf,
  sectionOf,
  sendFrom,
  settle,
  settlementFixture,
  typeOf,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.js";
import { ACCOUNT_FORM } from "../../../src/index.js";

const RECEIVER = BigInt(BOOK_ID + 4);

async function consentTo({ ledger }: SettlementFixture, account: string, id: bigint, versions: bigint): Promise<void> {
  const data = ledger.interface.encodeFunctionData("setConsent", [id, versions]);
  await sendFrom({ from: account, to: await ledger.getAddress(), data });
}

describe("Settlement", () => {
  describe("settle", () => {
    it("lets a fresh word of a registered receiver take over the consent, and of nobody else (SET_08)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { ledger, across, carol } = fixture;
      const [registered, listed] = [memberAt(fixture, 3).wallet, carol];
      for (const id of [across.asset0, across.asset1]) {
        const all = await ledger.balanceOf(registered, id);
        const data = ledger.interface.encodeFunctionData("transfer", [fixture.admin.address, id, all]);
        await sendFrom({ from: registered.address, to: await ledger.getAddress(), data });
        await consentTo(fixture, registered.address, id, 0n);
      }
      const consentOf = async (account: string, id: bigint) => ((await ledger.wordOf(account, id)) >> 224n) & 255n;
      const sections = [sectionOf(fixture, { ...across })];
      const types = [
        typeOf(0, { argumentForm: ACCOUNT_FORM }),
        typeOf(0, { kind: 1, argumentForm: 20 }),
        typeOf(0, { kind: 0xfc, argumentForm: 20 }),
      ];
      const to = BigInt(registered.address);
      // An account id of either directory, and plain addresses with whatever bits in the kind.
      const settled = await settle(fixture, {
        sections,
        types,
        records: [
          recordOf(1, { type: 0, amount: 5n, argument: 3n }),
          recordOf(2, { type: 0, amount: 5n, argument: RECEIVER }),
          recordOf(4, { type: 1, amount: 5n, argument: to }),
          recordOf(5, { type: 2, amount: 5n, argument: BigInt(fixture.rival.address) }),
        ],
      });
      expect(settled.skipped).to.deep.equal([[false, false, false, false]]);
      expect(await consentOf(registered.address, across.asset0), "a registered receiver, by his id").to.equal(1n);
      expect(await consentOf(listed.address, across.asset0), "a receiver of the address book").to.equal(0n);
      expect(await consentOf(registered.address, across.asset1), "a receiver by his address").to.equal(0n);
      expect(await consentOf(fixture.rival.address, across.asset0), "an address, with bits in the kind").to.equal(0n);
      // What is not fresh keeps the consent that its owner chose.
      await consentTo(fixture, registered.address, across.asset0, 0n);
      await settle(fixture, { sections, types, records: [recordOf(1, { amount: 5n, argument: 3n, sequence: 1 })] });
      expect(await consentOf(registered.address, across.asset0), "one that was used before").to.equal(0n);
    });
  });
});
