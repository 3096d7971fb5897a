import { expect } from "chai";
import { ZeroHash, type Addressable } from "ethers";
import { isInstrumented } from "#chain";
import {
  buildBatches,
  decodeSettled,
  offeringBook,
  offeringOperationOf,
  rwaOperationOf,
  rwaOperations,
  sealBatch,
  type Order,
  type OrderOperation,
} from "../../../src/index.js";
import { toHex } from "../../../src/codec/bytes.js";
import { at } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";
import { ethers, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { create, offeringFixture, PRICE, termsOf, USD, type Offering } from "../../helpers/offering-fixture.js";
import { admit, DAY, distribute } from "../../helpers/rwa-fixture.js";
import { holdGas, hostOf, settleAll, type Group, type OperationOf } from "../../helpers/section-gas.js";

const RELAYER = "0x1111111111111111111111111111111111111111";
const OFFERING = "0x2222222222222222222222222222222222222222";
const RWA = "0x5555555555555555555555555555555555555555";
const SELLER = "0x6666666666666666666666666666666666666666";
const PAY = BigInt("0x3333333333333333333333333333333333333333");
const ID = (1n << 255n) | (5n << 251n) | 8n;

const terms: Offering = {
  ...{ payAsset: PAY, asset: ID, seller: SELLER, start: 1n, end: 1_800_000_000n, price: PRICE },
  ...{ softCap: 10n * WAD, hardCap: 100n * WAD, fee: 0n, least: 1n, most: 0n, allowRoot: ZeroHash, salt: ZeroHash },
};
const common = { offering: OFFERING, terms, sequence: 4 };

function all(): OrderOperation[] {
  return [
    rwaOperations.transfer({ id: ID, amount: 7n, to: SELLER, sequence: 1 }),
    rwaOperations.claimIncome({ rwa: RWA, id: ID, payAsset: PAY, sequence: 2, fee: 5n }),
    rwaOperations.subscribe({ ...common, units: 3n * WAD + 1n, fee: 9n }),
    rwaOperations.claimUnits(common),
    rwaOperations.refund(common),
  ];
}

describe("settlement/rwa-operations", () => {
  it("names the books, and what each operation debits and is limited by", () => {
    const operations = all();
    expect(operations.map(({ kind, amount, argument }) => [kind, amount, argument])).to.deep.equal([
      [0, 7n, { form: "receiver", to: SELLER }],
      [3, 0n, { form: "none" }],
      [0, 150n * USD + 1n, { form: "limit", value: 3n * WAD + 1n }],
      [3, 0n, { form: "none" }],
      [11, 0n, { form: "none" }],
    ]);
    const [, claim, subscribe] = operations;
    const book = offeringBook({ core: OFFERING, terms });
    expect(subscribe?.section).to.deep.equal({ ...book, shareId: 0n, fee0: 9n, fee1: 0n, parameters: "0x" });
    expect([claim?.section.asset0, claim?.section.asset1, claim?.section.fee0]).to.deep.equal([PAY, 0n, 5n]);
    expect([rwaOperationOf(3), rwaOperationOf(0), offeringOperationOf(11), offeringOperationOf(1)]).to.deep.equal([
      ...["claimIncome", undefined, "refund", undefined],
    ]);
  });

  it("refuses what cannot be", () => {
    expectCode(() => rwaOperations.transfer({ id: PAY, amount: 1n, to: 1, sequence: 0 }), "WrongAsset");
    expectCode(() => rwaOperations.transfer({ id: ID, amount: 0n, to: 1, sequence: 0 }), "AmountZero");
    expectCode(() => rwaOperations.subscribe({ ...common, units: 101n * WAD }), "AmountTooLarge");
    const listed = { ...terms, allowRoot: ethers.id("root") };
    expectCode(() => rwaOperations.subscribe({ ...common, terms: listed, units: 1n }), "NotOffered");
    const plain = { ...common, terms: { ...terms, softCap: 0n } };
    for (const name of ["claimUnits", "refund"] as const) expectCode(() => rwaOperations[name](plain), "NotOffered");
    expectCode(() => rwaOperations.claimUnits({ ...common, sequence: 1 << 16 }), "InvalidSequence");
    expectCode(() => rwaOperations.claimUnits({ ...common, offering: "0x12" }), "InvalidAddress");
  });

  it("comes back from the decoder by name, with its limits", () => {
    const orders: Order[] = [{ id: 3, operations: all() }];
    const batch = at(buildBatches({ relayer: RELAYER, number: 10, expiry: 1_800_000_000, orders }), 0);
    const bytes = sealBatch(batch.encoded, { excluded: [], signature: new Uint8Array(192) });
    const { length } = batch.body.sections;
    const skipped = Array.from({ length }, () => 0n);
    const event = {
      ...{ relayer: RELAYER, number: 10n, root: toHex(batch.root), sections: (1n << BigInt(length)) - 1n, skipped },
    };
    const { operations } = decodeSettled({ calldata: bytes, event, rwas: [RWA], offerings: [OFFERING] });
    expect(operations.map(({ name, limit }) => [name, limit])).to.have.deep.members([
      ...[["transfer", undefined] as const, ["claimIncome", 0n] as const, ["subscribe", 3n * WAD + 1n] as const],
      ...[["claimUnits", 0n] as const, ["refund", 0n] as const],
    ]);
  });

  it("brings the gas that each needs, with no more than a third beyond", async function () {
    if (isInstrumented) this.skip(); // the client's gas is that of code without probes
    this.timeout(300_000);
    const fixture = await offeringFixture();
    const { ledger, usdc, core, offering, settlement, ids, id, carol } = fixture;
    const signers = (await ethers.getSigners()).slice(8, 20);
    const [buyers, claimants] = [signers.slice(0, 6), signers.slice(6)];
    const takers = Array.from({ length: 6 }, (_, i) => ethers.getAddress(ethers.toBeHex(2n ** 100n + BigInt(i), 20)));
    await admit(fixture, signers);
    await admit(fixture, takers as unknown as Addressable[]);
    for (const user of signers) {
      await usdc.mint(user, 10n ** 12n);
      await usdc.connect(user).approve(ledger, ethers.MaxUint256);
      await ledger.connect(user).deposit(usdc, 10n ** 12n, 10n ** 12n, user);
      await ledger.connect(user).setConsent(ids.usdc, 1n);
    }
    const host = hostOf({ ledger, settlement, relayer: RELAYER });
    const onBuyers = { users: buyers, asset: ids.usdc };
    const onClaimants = { users: claimants, asset: ids.usdc };
    const hold = async (name: string, operationOf: OperationOf, group: Group = onBuyers): Promise<void> => {
      // Of a refund the section's reserve for the issuer's answers hides a part.
      const bounds = name === "refund" ? { most: (need: number) => 2.5 * need } : {};
      await holdGas(host, { name, operationOf, ...group }, bounds);
    };
    const place = { rwa: await core.getAddress(), offering: await offering.getAddress() };
    const offer = async (change: Partial<Offering>): Promise<Offering> => {
      const made = await termsOf(fixture, { ...change, salt: ethers.hexlify(ethers.randomBytes(32)) });
      await create(fixture, { terms: made, inventory: 100n * WAD });
      return made;
    };
    const end = await distribute(fixture, { amount: 10n ** 9n, days: 200n });
    expect(end).to.be.greaterThan(0n);
    const next = async () => networkHelpers.time.increase(DAY);
    // Fresh words of the units, of the income and of the allotment; the first of a day.
    const limited = await offer({ most: 50n * WAD });
    const at0 = { offering: place.offering, terms: limited };
    await hold("subscribe", (sequence) => rwaOperations.subscribe({ ...at0, sequence, units: WAD }));
    // What is distributed flows from the first midnight on, and is counted from the second.
    await next();
    await next();
    await hold("transfer", (sequence, i) => rwaOperations.transfer({ id, amount: 5n, to: at(takers, i), sequence }), {
      ...{ users: buyers, asset: id },
    });
    await next();
    const book = { id, payAsset: ids.usdc, rwa: place.rwa };
    await hold("claimIncome", (sequence) => rwaOperations.claimIncome({ ...book, sequence }));
    const reached = { offering: place.offering, terms: await offer({ softCap: WAD }) };
    const failed = { offering: place.offering, terms: await offer({ softCap: 100n * WAD }) };
    for (const escrow of [reached, failed]) {
      const subscribe: OperationOf = (sequence) => rwaOperations.subscribe({ ...escrow, sequence, units: WAD });
      expect(await settleAll(host, subscribe, onClaimants)).to.equal(true);
    }
    await next();
    await next();
    await hold("claimUnits", (sequence) => rwaOperations.claimUnits({ ...reached, sequence }), onClaimants);
    await hold("refund", (sequence) => rwaOperations.refund({ ...failed, sequence }), onClaimants);
    expect(await ledger.balanceOf(carol, id)).to.be.greaterThan(0n);
  });
});
