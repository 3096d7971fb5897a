import { expect } from "chai";
import { maskOf } from "../../../src/index.js";
import { deployTyped } from "../../helpers/deploy.js";
import { Random, seedFromEnvironment } from "../../helpers/random.js";
import {
  buildBatch,
  callSettle,
  connection,
  ethers,
  loadFixture,
  MAX_GAS,
  memberAt,
  networkHelpers,
  NEVER,
  recordOf,
  rootsOf,
  secretOf,
  sectionOf,
  sendBatch,
  sendFrom,
  setPage,
  settle,
  settlementFixture,
  toHex,
  transferBatch,
  typeOf,
  WAD,
  wordsOf,
} from "../../helpers/settlement-fixture.js";
import type { Settlement } from "../../../typechain-types/index.js";

const THREE = [
  { from: 1, to: 2, amount: 5n },
  { from: 2, to: 3, amount: 7n },
  { from: 3, to: 4, amount: 11n },
];

describe("Settlement", () => {
  describe("settle", () => {
    it("executes what its signers signed, and says so (SET_25)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement, relayer, ledger, home } = fixture;
      const built = await buildBatch(fixture, transferBatch(fixture, THREE));
      await expect(settlement.connect(relayer).settle(built.bytes, { gasLimit: MAX_GAS }))
        .to.emit(settlement, "BatchSettled")
        .withArgs(relayer.address, 1n, toHex(built.root), 1n, [0n]);
      expect(await settlement.lastNumberOf(relayer)).to.equal(1n);
      const balances = await Promise.all(
        [1, 2, 3, 4].map(async (id) => ledger.balanceOf(memberAt(fixture, id).wallet.address, home.asset0)),
      );
      const before = 1000n * WAD;
      expect(balances).to.deep.equal([before - 5n, before + 5n - 7n, before + 7n - 11n, before + 11n]);
    });

    it("says of each section whether it was executed, and of each operation of which it was not (SET_25)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement, relayer, protocol, home } = fixture;
      await protocol.setReverts(true, false);
      const sections = [
        sectionOf(fixture),
        sectionOf(fixture, { protocol: await protocol.getAddress() }),
        sectionOf(fixture),
      ];
      const types = [typeOf(0, { argumentForm: 129 }), typeOf(1), typeOf(2, { kind: 1, argumentForm: 129 })];
      const records = [
        recordOf(1, { type: 0, amount: 5n, argument: 2n }, { type: 1, amount: 5n, sequence: 1 }),
        recordOf(2, { type: 1, amount: 5n }, { type: 2, amount: 5n, argument: 3n }),
        recordOf(3, { type: 2, amount: 5n, argument: 4n, sequence: 77 }),
      ];
      const built = await buildBatch(fixture, { sections, types, records });
      // The first section is executed, the second fails as a whole, in the third member 3 brings a wrong sequence.
      const place = built.encoded.ids.filter((id) => id !== 1).indexOf(3);
      await expect(settlement.connect(relayer).settle(built.bytes, { gasLimit: MAX_GAS }))
        .to.emit(settlement, "BatchSettled")
        .withArgs(relayer.address, 1n, toHex(built.root), 0b101n, [0n, 0b11n, 1n << BigInt(place)]);
      expect(await fixture.ledger.balanceOf(memberAt(fixture, 3).wallet.address, home.asset1)).to.equal(
        1000n * WAD + 5n,
      );
    });

    it("reverts for a relayer with code (SET_06)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement, relayer, protocol } = fixture;
      const { bytes } = await buildBatch(fixture, transferBatch(fixture, THREE));
      const data = settlement.interface.encodeFunctionData("settle", [bytes]);
      await expect(protocol.execute(settlement, data, { gasLimit: MAX_GAS }))
        .to.be.revertedWithCustomError(settlement, "SettlementRelayerHasCode")
        .withArgs(await protocol.getAddress());
      // An account that has delegated to a contract has code as well.
      await networkHelpers.setCode(relayer.address, ethers.concat(["0xef0100", await protocol.getAddress()]));
      await expect(callSettle(fixture, bytes))
        .to.be.revertedWithCustomError(settlement, "SettlementRelayerHasCode")
        .withArgs(relayer.address);
    });

    it("reverts for an unknown version", async () => {
      const fixture = await loadFixture(settlementFixture);
      for (const version of [0, 2, 255]) {
        const { bytes } = await buildBatch(fixture, {
          ...transferBatch(fixture, THREE),
          tamper: (batch) => Uint8Array.from([version, ...batch.subarray(1)]),
        });
        await expect(callSettle(fixture, bytes))
          .to.be.revertedWithCustomError(fixture.settlement, "SettlementUnknownVersion")
          .withArgs(BigInt(version), 1n);
      }
    });

    it("reverts unless the number is above the last (SET_06)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement, relayer } = fixture;
      await settle(fixture, { ...transferBatch(fixture, THREE), number: 7 });
      for (const number of [7, 6, 1, 0]) {
        const { bytes } = await buildBatch(fixture, { ...transferBatch(fixture, THREE), number });
        await expect(callSettle(fixture, bytes))
          .to.be.revertedWithCustomError(settlement, "SettlementNumberUsed")
          .withArgs(relayer.address, BigInt(number), 7n);
      }
      const again = THREE.map((each) => ({ ...each, sequence: 1 }));
      await settle(fixture, { ...transferBatch(fixture, again), number: 2 ** 48 - 1 });
      expect(await settlement.lastNumberOf(relayer)).to.equal(2n ** 48n - 1n);
    });

    it("counts each relayer's numbers by themselves", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement, relayer, rival } = fixture;
      await settle(fixture, { ...transferBatch(fixture, THREE), number: 7 });
      const again = THREE.map((each) => ({ ...each, sequence: 1 }));
      await settle(fixture, { ...transferBatch(fixture, again), number: 1, relayer: rival });
      expect([await settlement.lastNumberOf(relayer), await settlement.lastNumberOf(rival)]).to.deep.equal([7n, 1n]);
    });

    it("settles in the last second of its expiry and not after (SET_06)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement } = fixture;
      const expiry = (await networkHelpers.time.latest()) + 100;
      const built = await buildBatch(fixture, { ...transferBatch(fixture, THREE), expiry });
      await networkHelpers.time.setNextBlockTimestamp(expiry);
      await sendBatch(fixture, built);
      const late = await buildBatch(fixture, { ...transferBatch(fixture, THREE), expiry });
      await networkHelpers.time.increaseTo(expiry + 1);
      await expect(callSettle(fixture, late.bytes))
        .to.be.revertedWithCustomError(settlement, "SettlementExpired")
        .withArgs(BigInt(expiry), BigInt(expiry) + 1n);
    });

    it("settles an hour before its expiry and not before (SET_06)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement, relayer } = fixture;
      const start = (await networkHelpers.time.latest()) + 100;
      const far = await buildBatch(fixture, { ...transferBatch(fixture, THREE), expiry: start + 3601 });
      await networkHelpers.time.setNextBlockTimestamp(start);
      await expect(settlement.connect(relayer).settle(far.bytes, { gasLimit: MAX_GAS }))
        .to.be.revertedWithCustomError(settlement, "SettlementExpiryTooFar")
        .withArgs(BigInt(start) + 3601n, BigInt(start) + 3600n);
      await networkHelpers.time.setNextBlockTimestamp(start + 1);
      await sendBatch(fixture, far);
      const farthest = await buildBatch(fixture, { ...transferBatch(fixture, THREE), expiry: 2 ** 40 - 1 });
      const latest = BigInt(await networkHelpers.time.latest());
      await expect(callSettle(fixture, farthest.bytes))
        .to.be.revertedWithCustomError(settlement, "SettlementExpiryTooFar")
        .withArgs(NEVER - 1n, (value: bigint) => value >= latest + 3600n);
    });

    it("reverts when the sum of signatures is not that of the sum of keys (SET_03, SET_05)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement, bls } = fixture;
      const before = await rootsOf([settlement, fixture.ledger]);
      const options = transferBatch(fixture, THREE);
      const infinity = new Uint8Array(192);
      const other = bls.sign(secretOf(1), new Uint8Array(32).fill(1));
      const bad: ((batch: Uint8Array, at: number) => Uint8Array)[] = [
        (batch, at) => Uint8Array.from([...batch.subarray(0, at), ...infinity]),
        (batch, at) => Uint8Array.from([...batch.subarray(0, at), ...new Uint8Array(192).fill(255)]),
        (batch, at) => Uint8Array.from([...batch.subarray(0, at), ...other]),
      ];
      for (const change of bad) {
        const built = await buildBatch(fixture, {
          ...options,
          tamper: (batch, { signature }) => change(batch, signature),
        });
        await expect(callSettle(fixture, built.bytes))
          .to.be.revertedWithCustomError(settlement, "SettlementBadSignature")
          .withArgs(toHex(built.digest));
      }
      for (const cosigners of [
        [1, 2],
        [1, 2, 3, 4],
        [1, 2, 2],
        [1, 2, 4],
      ]) {
        const built = await buildBatch(fixture, { ...options, cosigners });
        await expect(callSettle(fixture, built.bytes))
          .to.be.revertedWithCustomError(settlement, "SettlementBadSignature")
          .withArgs(toHex(built.digest));
      }
      expect(await rootsOf([settlement, fixture.ledger])).to.deep.equal(before);
    });

    it("reverts for a signer whose row or page does not exist, and for one without a key (SET_03)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const firsts = new Set<boolean>();
      for (const id of [40, 202, 203, 255, 256, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 9]) {
        for (const number of [1, 2, 3, 4, 5]) {
          const built = await buildBatch(fixture, {
            ...transferBatch(fixture, [
              { from: 1, to: 2 },
              { from: id, to: 2 },
            ]),
            cosigners: [1],
            number,
          });
          if (id < 256) firsts.add(built.encoded.ids[0] === id);
          await expect(callSettle(fixture, built.bytes))
            .to.be.revertedWithCustomError(fixture.settlement, "SettlementKeyMissing")
            .withArgs(BigInt(id));
        }
      }
      expect([...firsts], "the first record of a batch, and not").to.have.members([true, false]);
    });

    it("reverts by name for a key outside the curve, which no registration lets in (SET_03)", async () => {
      const fixture = await loadFixture(settlementFixture);
      await setPage(fixture, { page: 9, count: 1, key: () => new Uint8Array(96).fill(1) });
      const bad = { from: 9 * 256, to: 2 };
      // Alone, and behind another signer, where keys are added the fast way.
      for (const transfers of [[bad], [{ from: 2, to: 3 }, bad]]) {
        for (const number of [1, 2, 3]) {
          const built = await buildBatch(fixture, { ...transferBatch(fixture, transfers), number });
          await expect(callSettle(fixture, built.bytes)).to.be.revertedWithCustomError(
            fixture.settlement,
            "SettlementInvalidKey",
          );
        }
      }
    });

    it("reverts when the ledger does not list it, or has switched its version off (SET_08)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { ledger, directory } = fixture;
      const settlement = await deployTyped<Settlement>(connection, "Settlement", [ledger, directory]);
      const { bytes } = await buildBatch(fixture, { ...transferBatch(fixture, THREE), settlement });
      await expect(callSettle({ ...fixture, settlement }, bytes))
        .to.be.revertedWithCustomError(ledger, "LedgerNotSettlement")
        .withArgs(await settlement.getAddress());
      await ledger.switchSettlement(0n, false);
      const listed = await buildBatch(fixture, transferBatch(fixture, THREE));
      await expect(callSettle(fixture, listed.bytes))
        .to.be.revertedWithCustomError(ledger, "LedgerSettlementSwitchedOff")
        .withArgs(0n);
    });

    it("skips the words that do not consent to its version (SET_08)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { ledger, home } = fixture;
      const member = memberAt(fixture, 2).wallet.address;
      const data = ledger.interface.encodeFunctionData("setConsent", [home.asset0, 0n]);
      await sendFrom({ from: member, to: await ledger.getAddress(), data });
      const before = await wordsOf(fixture, [member]);
      const transfers = [THREE[0], THREE[2]].flatMap((each) => (each === undefined ? [] : [{ ...each, to: 9 }]));
      const built = await settle(fixture, transferBatch(fixture, [...transfers, { from: 2, to: 3 }]));
      expect(built.skipped).to.deep.equal([built.encoded.ids.map((id) => id === 2)]);
      expect(await wordsOf(fixture, [member])).to.deep.equal(before);
    });
  });

  describe("digestOf and maskOf", () => {
    it("answer what the codec does (SET_02)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { settlement, relayer, rival } = fixture;
      const random = new Random(seedFromEnvironment());
      for (let round = 0; round < 20; round++) {
        const number = Number(random.below(1n << 48n));
        const by = random.pick([relayer, rival]);
        expect(await settlement.maskOf(by, number)).to.equal(BigInt(maskOf({ relayer: by.address, number })));
        const expiry = Number(random.below(1n << 40n));
        const built = await buildBatch(fixture, { ...transferBatch(fixture, THREE), number, expiry, relayer: by });
        expect(await settlement.digestOf(by, number, expiry, built.root)).to.equal(toHex(built.digest));
      }
    });
  });

  describe("constructor", () => {
    it("keeps the ledger and the directory", async () => {
      const { settlement, ledger, directory } = await loadFixture(settlementFixture);
      expect(await settlement.LEDGER()).to.equal(await ledger.getAddress());
      expect(await settlement.DIRECTORY()).to.equal(await directory.getAddress());
    });
  });
});
