import { expect } from "chai";
import { getCreateAddress } from "ethers";
import { isInstrumented } from "#chain";
import { ACCOUNT_FORM, encodeWord, issuedId } from "../../../src/index.js";
import type { MockIssuer } from "../../../typechain-types/index.js";
import { at, deployTyped } from "../../helpers/deploy.js";
import { callOf } from "../../helpers/ledger-fixture.js";
import {
  BOOK_ID,
  buildBatch,
  connection,
  ethers,
  loadFixture,
  memberAt,
  networkHelpers,
  recordOf,
  rootsOf,
  sectionOf,
  sendBatch,
  sendFrom,
  settle,
  settlementFixture,
  swapSection,
  transferBatch,
  typeOf,
  WAD,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.js";

const RECEIVER = BOOK_ID + 4;

/** Swaps of members 1 to 20 at fair limits, both ways, in one section. */
async function swapsOf(fixture: SettlementFixture) {
  const sections = [await swapSection(fixture, fixture.homePool, { tolerance: WAD / 20n })];
  const types = [typeOf(0, { argumentForm: 14 }), typeOf(0, { kind: 1, argumentForm: 14 })];
  const records = Array.from({ length: 20 }, (_, index) =>
    index % 2 === 0
      ? recordOf(index + 1, { type: 0, amount: 10n * WAD, argument: 37n * WAD })
      : recordOf(index + 1, { type: 1, amount: 40n * WAD, argument: 9n * WAD }),
  );
  return { sections, types, records };
}

/** Balances of members 1 to 20 in both assets. */
async function balancesOf(fixture: SettlementFixture): Promise<bigint[]> {
  const { ledger, home } = fixture;
  const accounts = Array.from({ length: 20 }, (_, index) => memberAt(fixture, index + 1).wallet.address);
  return Promise.all(
    accounts.flatMap((account) => [ledger.balanceOf(account, home.asset0), ledger.balanceOf(account, home.asset1)]),
  );
}

/** Transfers of members 1 and 2 around a section of a protocol: everything is one operation for each. */
async function sandwichOf(fixture: SettlementFixture, protocol: string, gasCap: number) {
  const sections = [sectionOf(fixture), sectionOf(fixture, { protocol, gasCap }), sectionOf(fixture)];
  const types = [typeOf(0, { argumentForm: ACCOUNT_FORM }), typeOf(1), typeOf(2, { argumentForm: ACCOUNT_FORM })];
  const records = [1, 2].map((id) =>
    recordOf(
      id,
      { type: 0, amount: 5n, argument: BigInt(RECEIVER) },
      { type: 1, amount: 7n, sequence: 1 },
      { type: 2, amount: 11n, argument: BigInt(RECEIVER), sequence: 1 },
    ),
  );
  return { sections, types, records };
}

describe("attacks", () => {
  it("phantom order in a section of a batch (SET_14)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const content = await swapsOf(fixture);
    const { sections, types } = content;
    const clean = await networkHelpers.takeSnapshot();
    expect((await settle(fixture, content)).skipped).to.deep.equal([new Array<boolean>(20).fill(false)]);
    const expected = await balancesOf(fixture);
    // Orders that would move the price far, with limits that nobody can reach, without the money, or of an excluded one.
    const phantoms = [
      recordOf(30, { amount: 900n * WAD, argument: 100_000n * WAD }),
      recordOf(30, { amount: 2n ** 112n - 1n, argument: 1n }),
      recordOf(30, { amount: 900n * WAD, argument: 1n, sequence: 200 }),
      recordOf(30, { type: 1, amount: 900n * WAD, argument: 2n ** 112n - 1n }),
    ];
    for (const phantom of phantoms) {
      await clean.restore();
      const settled = await settle(fixture, { sections, types, records: [...content.records, phantom] });
      expect(settled.skipped).to.deep.equal([settled.encoded.ids.map((id) => id === 30)]);
      expect(await balancesOf(fixture)).to.deep.equal(expected);
    }
    await clean.restore();
    const real = recordOf(30, { amount: 100n * WAD, argument: 1n });
    const excluded = await settle(fixture, { sections, types, records: [...content.records, real], excluded: [30] });
    expect(excluded.skipped).to.deep.equal([excluded.encoded.ids.map((id) => id === 30)]);
    expect(await balancesOf(fixture)).to.deep.equal(expected);
  });

  it("starved section of a batch (SET_11)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { settlement, ledger } = fixture;
    const content = await swapsOf(fixture);
    const built = await buildBatch(fixture, { ...content, expiry: (await networkHelpers.time.latest()) + 3000 });
    const before = await rootsOf([ledger, settlement]);
    const outcomes = { all: 0, nothing: 0 };
    for (let gasLimit = 500_000n; gasLimit < 5_500_000n; gasLimit += 200_000n) {
      const state = await networkHelpers.takeSnapshot();
      const settled = await sendBatch(fixture, built, { gasLimit }).catch(() => undefined);
      if (settled === undefined) {
        outcomes.nothing += 1;
        expect(await rootsOf([ledger, settlement])).to.deep.equal(before);
      } else {
        outcomes.all += 1;
        expect(settled.executed).to.deep.equal([true]);
        expect(settled.skipped).to.deep.equal([new Array<boolean>(20).fill(false)]);
      }
      await state.restore();
    }
    expect(outcomes.all).to.be.greaterThan(2);
    expect(outcomes.nothing).to.be.greaterThan(10);
  });

  it("protocol that burns a section's gas in a batch (SET_11)", async function () {
    // Gas is another without the optimiser and with counters.
    if (isInstrumented) this.skip();
    const fixture = await loadFixture(settlementFixture);
    const { protocol, ledger, carol, home } = fixture;
    await protocol.setReverts(false, true);
    const settled = await settle(fixture, await sandwichOf(fixture, await protocol.getAddress(), 400_000));
    expect(settled.executed).to.deep.equal([true, false, true]);
    expect(settled.skipped).to.deep.equal([
      [false, false],
      [true, true],
      [false, false],
    ]);
    expect(await ledger.balanceOf(carol, home.asset0)).to.equal(32n);
    expect(settled.receipt.gasUsed).to.be.lessThan(1_700_000n);
  });

  it("protocol without code, or that is the ledger, the settlement or a token", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { ledger, settlement, directory, tokens, rival } = fixture;
    const targets = [ledger, settlement, directory, at(tokens, 0)].map((contract) => contract.target as string);
    for (const target of [...targets, rival.address, "0x0000000000000000000000000000000000000004"]) {
      const state = await networkHelpers.takeSnapshot();
      const settled = await settle(fixture, await sandwichOf(fixture, target, 400_000));
      expect(settled.executed, target).to.deep.equal([true, false, true]);
      await state.restore();
    }
  });

  it("issuer with RULES that burns gas in a batch", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { ledger, home, carol } = fixture;
    const issuer = await deployTyped<MockIssuer>(connection, "MockIssuer", [ledger]);
    const salt = ethers.id("burner");
    await ledger.listCore(issuer);
    await issuer.issue(salt, 1n, issuer, ethers.ZeroAddress);
    const id = issuedId({ owner: await issuer.getAddress(), salt, flags: 1n });
    for (const index of [1, 2]) {
      const { wallet } = memberAt(fixture, index);
      await issuer.mint(id, wallet.address, 100n);
      const data = ledger.interface.encodeFunctionData("setConsent", [id, 1n]);
      await sendFrom({ from: wallet.address, to: await ledger.getAddress(), data });
    }
    await issuer.setBurnsGas(true);
    const sections = [sectionOf(fixture), sectionOf(fixture, { asset0: id, asset1: 0n }), sectionOf(fixture)];
    const types = [0, 1, 2].map((section) => typeOf(section, { argumentForm: ACCOUNT_FORM }));
    const records = [1, 2].map((member) =>
      recordOf(
        member,
        ...[0, 1, 2].map((type) => ({
          type,
          amount: 5n,
          argument: BigInt(RECEIVER),
          sequence: type === 2 ? 1 : 0,
        })),
      ),
    );
    const settled = await settle(fixture, { sections, types, records });
    expect(settled.executed).to.deep.equal([true, true, true]);
    expect(settled.skipped).to.deep.equal([
      [false, false],
      [true, true],
      [false, false],
    ]);
    expect(await ledger.balanceOf(carol, home.asset0)).to.equal(20n);
    // The same with a cap that is too small for its questions: the section alone is lost.
    const poor = sections.map((section, index) => (index === 1 ? { ...section, gasCap: 120_000 } : section));
    const later = records.map((record) => ({
      ...record,
      operations: record.operations.map((operation) => ({
        ...operation,
        sequence: [2, 0, 3][operation.type] ?? 0,
      })),
    }));
    const lost = await settle(fixture, { sections: poor, types, records: later });
    expect(lost.executed).to.deep.equal([true, false, true]);
    expect(await ledger.balanceOf(carol, home.asset0)).to.equal(40n);
  });

  it("wallet that burns the gas of a batch (SET_19)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { ledger, book, home, carol } = fixture;
    const wallet = await ethers.deployContract("HostileWallet", [1n]);
    await book.list(Array.from({ length: 8 }, () => wallet));
    const hostile = Array.from({ length: 8 }, (_, index) => BOOK_ID + 256 + index);
    const content = transferBatch(
      fixture,
      [1, ...hostile, 2].map((from) => ({ from, to: RECEIVER })),
    );
    const settled = await settle(fixture, {
      ...content,
      fallbacks: hostile.map((id) => ({ id, signature: "0x1234" })),
    });
    expect(settled.skipped).to.deep.equal([settled.encoded.ids.map((id) => id >= BOOK_ID)]);
    expect(await ledger.balanceOf(carol, home.asset0)).to.equal(10n);
  });

  it("batch from within a callback of the ledger (SET_06)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { settlement, ledger, protocol, home, carol, admin } = fixture;
    const factory = await ethers.deployContract("RelayerFactory");
    // A relayer that is being deployed has no code yet, and could call from within another call.
    const relayerAddress = getCreateAddress({ from: await factory.getAddress(), nonce: 1 });
    const inner = await buildBatch(fixture, {
      ...transferBatch(fixture, [{ from: 3, to: RECEIVER, amount: 9n }]),
      relayerAddress,
      expiry: (await networkHelpers.time.latest()) + 3000,
    });
    const relay = factory.interface.encodeFunctionData("relay", [await settlement.getAddress(), inner.bytes]);
    await protocol.setAttack(factory, relay);
    const refused = settlement.interface.encodeErrorResult("SettlementRelayerHasCode", [relayerAddress]);
    // In a wallet's call,
    await ledger.connect(admin).call(callOf({ protocol, ...home, to: admin.address, amount0: 1n }));
    expect([await protocol.attackSucceeded(), await protocol.attackAnswer()]).to.deep.equal([false, refused]);
    // and in a section of a batch.
    await protocol.setBatch(protocol.interface.getFunction("onLedgerBatch").selector, 0n, [0n, 0n]);
    const settled = await settle(fixture, await sandwichOf(fixture, await protocol.getAddress(), 2_000_000));
    expect(settled.executed).to.deep.equal([true, true, true]);
    expect([await protocol.attackSucceeded(), await protocol.attackAnswer()]).to.deep.equal([false, refused]);
    expect(await settlement.lastNumberOf(relayerAddress)).to.equal(0n);
    expect(await ledger.balanceOf(memberAt(fixture, 3).wallet, home.asset0)).to.equal(1000n * WAD);
    // Nor by itself: nobody would find the batch in the calldata of a transaction.
    await expect(factory.relay(settlement, inner.bytes, { gasLimit: 5_000_000n }))
      .to.be.revertedWithCustomError(settlement, "SettlementRelayerHasCode")
      .withArgs(relayerAddress);
    expect(await ledger.balanceOf(carol, home.asset0)).to.equal(10n);
  });

  it("protocol that pays more than its book holds, in a batch", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { protocol, ledger, carol, home } = fixture;
    const magic = protocol.interface.getFunction("onLedgerBatch").selector;
    const payout = encodeWord({ amount0: 0n, amount1: 5n, flags: 0n });
    for (const payouts of [[payout, payout], [0n], [0n, 0n, 0n], [2n ** 112n - 1n, 2n ** 112n - 1n]]) {
      const state = await networkHelpers.takeSnapshot();
      await protocol.setBatch(magic, 0n, payouts);
      const settled = await settle(fixture, await sandwichOf(fixture, await protocol.getAddress(), 800_000));
      expect(settled.executed).to.deep.equal([true, false, true]);
      expect(await ledger.balanceOf(carol, home.asset0)).to.equal(32n);
      await state.restore();
    }
  });
});
