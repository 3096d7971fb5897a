import { expect } from "chai";
import { AbiCoder, id as hashOf, ZeroHash } from "ethers";
import { isInstrumented } from "#chain";
import {
  buildBatches,
  coverId,
  coverOperationOf,
  coverProduct,
  coverProductId,
  decodeSettled,
  insuranceOperations,
  riskBook,
  riskTerms,
  sealBatch,
  underwritingBook,
  underwritingOperationOf,
  underwritingShareId,
  underwritingTerms,
  type LakhRequest,
  type Order,
  type OrderOperation,
} from "../../../src/index.js";
import { toHex } from "../../../src/codec/bytes.js";
import { createInsuranceClient } from "../../../src/insurance.js";
import { createLedgerClient } from "../../../src/ledger.js";
import { at } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";
import { ethers, ledgerFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { holdGas, hostOf, type OperationOf } from "../../helpers/section-gas.js";

const RELAYER = "0x1111111111111111111111111111111111111111";
const POOLS = "0x2222222222222222222222222222222222222222";
const DESK = "0x5555555555555555555555555555555555555555";
const USD = "0x3333333333333333333333333333333333333333";
const DAY = 86_400n;

const terms = underwritingTerms({ token: USD, desk: DESK, manager: RELAYER, maxWindow: 30n * DAY });
const times = { cutoff: 1_000n, end: 2_000n, reportBy: 3_000n };
const risk = riskTerms({ product: ZeroHash, oracleData: ZeroHash, terms: "", baseRate: 5n, ...times });
const onPool = { pools: POOLS, terms, sequence: 4 };
const onRisk = { desk: DESK, risk, asset: USD, sequence: 5 };

function all(): OrderOperation[] {
  return [
    insuranceOperations.underwrite({ ...onPool, assets: 10n, minShares: 9_000n, fee: 5n }),
    insuranceOperations.requestExit({ ...onPool, shares: 500n }),
    insuranceOperations.claimExit({ ...onPool, requestId: 7n, fee: 5n }),
    insuranceOperations.buyCover({ ...onRisk, cost: 100n, minCover: 2_000n, fee: 5n, referrer: RELAYER }),
    insuranceOperations.redeemCover({ ...onRisk, units: 30n, minPaid: 15n, fee: 5n }),
  ];
}

describe("settlement/insurance-operations", () => {
  it("names the books, and what each operation debits and is limited by", () => {
    const operations = all();
    expect(operations.map(({ kind, amount, argument }) => [kind, amount, argument])).to.deep.equal([
      [0, 10n, { form: "limit", value: 9_000n }],
      [2, 500n, { form: "none" }],
      [3, 0n, { form: "limit", value: 7n }],
      [0, 100n, { form: "limit", value: 2_000n }],
      [2, 30n, { form: "limit", value: 15n }],
    ]);
    const shareId = underwritingShareId({ pools: POOLS, terms });
    const book = { ...underwritingBook({ pools: POOLS, terms }), shareId, fee1: 0n, parameters: "0x" };
    expect(operations[0]?.section).to.deep.equal({ ...book, fee0: 5n });
    expect(operations[1]?.section).to.deep.equal({ ...book, fee0: 0n });
    const of = { desk: DESK, risk, asset: USD };
    const parameters = AbiCoder.defaultAbiCoder().encode(["address"], [RELAYER]);
    const sale = { ...riskBook(of), shareId: coverId(of), fee0: 5n, fee1: 0n };
    expect(operations[3]?.section).to.deep.equal({ ...sale, parameters });
    expect(operations[4]?.section).to.deep.equal({ ...sale, parameters: "0x" });
    expect([0, 1, 2, 3].map(underwritingOperationOf)).to.deep.equal([
      ...["underwrite", undefined, "requestExit", "claimExit"],
    ]);
    expect([0, 1, 2, 3].map(coverOperationOf)).to.deep.equal(["buyCover", undefined, "redeemCover", undefined]);
  });

  it("refuses what cannot be", () => {
    expectCode(() => insuranceOperations.underwrite({ ...onPool, assets: 0n }), "AmountZero");
    expectCode(() => insuranceOperations.requestExit({ ...onPool, shares: 0n }), "AmountZero");
    expectCode(() => insuranceOperations.claimExit({ ...onPool, requestId: 0n }), "AmountZero");
    expectCode(() => insuranceOperations.claimExit({ ...onPool, requestId: 1n, sequence: 1 << 16 }), "InvalidSequence");
    expectCode(() => insuranceOperations.buyCover({ ...onRisk, cost: 1n, minCover: 0n }), "AmountZero");
    expectCode(() => insuranceOperations.redeemCover({ ...onRisk, units: 1n, minPaid: -1n }), "AmountOutOfRange");
    const stranger = { ...onRisk, referrer: "0x12" };
    expectCode(() => insuranceOperations.buyCover({ ...stranger, cost: 1n, minCover: 1n }), "InvalidAddress");
  });

  it("comes back from the decoder by name, with its limits", () => {
    const orders: Order[] = [{ id: 3, operations: all() }];
    const batch = at(buildBatches({ relayer: RELAYER, number: 10, expiry: 1_800_000_000, orders }), 0);
    const calldata = sealBatch(batch.encoded, { excluded: [], signature: new Uint8Array(192) });
    const { length } = batch.body.sections;
    const skipped = Array.from({ length }, () => 0n);
    const event = {
      ...{ relayer: RELAYER, number: 10n, root: toHex(batch.root), sections: (1n << BigInt(length)) - 1n, skipped },
    };
    const { operations } = decodeSettled({ calldata, event, underwritings: [POOLS], desks: [DESK] });
    expect(operations.map(({ name, limit }) => [name, limit])).to.have.deep.members([
      ...[["underwrite", 9_000n] as const, ["requestExit", 0n] as const, ["claimExit", 7n] as const],
      ...[["buyCover", 2_000n] as const, ["redeemCover", 15n] as const],
    ]);
  });

  it("brings the gas that each needs, with no more than a third beyond", async function () {
    if (isInstrumented) this.skip(); // the client's gas is that of code without probes
    this.timeout(300_000);
    const fixture = await ledgerFixture();
    const { ledger, usdc, settlement, ids, admin } = fixture;
    const pools = await ethers.deployContract("UnderwritingPool", [ledger]);
    const desk = await ethers.deployContract("CoverDesk", [ledger, pools]);
    const oracle = await ethers.deployContract("MockCoverOracle");
    for (const core of [pools, desk]) await ledger.listCore(core);
    const signers = await ethers.getSigners();
    // The others get cover and shares by transfer: what they are paid is a fresh word.
    const [users, others] = [signers.slice(8, 14), signers.slice(14, 20)];
    const amount = 10n ** 12n;
    for (const user of users) {
      await usdc.mint(user, amount);
      await usdc.connect(user).approve(ledger, ethers.MaxUint256);
      await ledger.connect(user).deposit(usdc, amount, amount, user);
      await ledger.connect(user).setConsent(ids.usdc, 1n);
    }
    const place = { pools: await pools.getAddress(), desk: await desk.getAddress() };
    const token = await usdc.getAddress();
    const real = underwritingTerms({ token, desk: place.desk, manager: admin.address, maxWindow: 30n * DAY });
    const product = coverProduct({
      ...{
        pool: real,
        rates: { min: WAD / 10n, kink: WAD / 5n, max: WAD, kinkAt: WAD / 2n },
        fee: WAD / 10n,
        terms: "",
      },
      ...{ oracle: await oracle.getAddress(), referral: WAD / 2n },
    });
    const { chainId } = await ethers.provider.getNetwork();
    const now = BigInt(await networkHelpers.time.latest());
    const open = riskTerms({
      ...{ product: coverProductId({ chainId, desk: place.desk, product }), oracleData: hashOf("a"), terms: "" },
      ...{ baseRate: WAD / 10n, cutoff: now + 5n * DAY, end: now + 6n * DAY, reportBy: now + 20n * DAY },
    });
    const common = { weth: POOLS, account: admin.address };
    const client = createLedgerClient({ ...common, address: await ledger.getAddress(), permit2: POOLS });
    const insurance = createInsuranceClient({ ...place, ...common, ledger: client });
    const send = async ({ to, data }: LakhRequest): Promise<void> => {
      await (await admin.sendTransaction({ to, data })).wait();
    };
    await send(insurance.createPool({ terms: real }));
    await send(insurance.createProduct({ product }));
    await send(insurance.openRisk({ risk: open }));

    const host = hostOf({ ledger, settlement, relayer: RELAYER });
    const hold = async (name: string, operationOf: OperationOf, asset = ids.usdc, by = users): Promise<void> =>
      // A claim makes what is before it final.
      holdGas(host, { name, operationOf, users: by, asset }, { isInOrder: true });
    const pool = { pools: place.pools, terms: real };
    const sale = { desk: place.desk, risk: open, asset: token };
    await hold("underwrite", (sequence) => insuranceOperations.underwrite({ ...pool, sequence, assets: 10n ** 9n }));
    const referrer = RELAYER;
    await hold("buyCover", (sequence) =>
      insuranceOperations.buyCover({ ...sale, sequence, cost: 10n ** 6n, minCover: 1n, referrer }),
    );
    await networkHelpers.time.increaseTo(open.end + 1n);
    await oracle.set(true, 500_000_000n);
    await send(insurance.report({ ...sale, proof: "0x" }));
    const [cover, shares] = [coverId(sale), underwritingShareId(pool)];
    for (const [index, user] of others.entries()) {
      for (const asset of [cover, shares]) {
        const held = await ledger.balanceOf(at(users, index), asset);
        await ledger.connect(at(users, index)).transfer(user, asset, held);
        await ledger.connect(user).setConsent(asset, 1n);
      }
    }
    const units = 10n ** 6n;
    const redeem: OperationOf = (sequence) => insuranceOperations.redeemCover({ ...sale, sequence, units });
    await hold("redeemCover", redeem, cover, others);
    const exit: OperationOf = (sequence) => insuranceOperations.requestExit({ ...pool, sequence, shares: 10n ** 10n });
    await hold("requestExit", exit, shares, others);
    await networkHelpers.time.increase(40n * DAY);
    for (const user of others) await ledger.connect(user).setConsent(ids.usdc, 1n);
    const claim: OperationOf = (sequence, index) =>
      insuranceOperations.claimExit({ ...pool, sequence, requestId: BigInt(index) + 1n });
    await hold("claimExit", claim, ids.usdc, others);
  });
});
