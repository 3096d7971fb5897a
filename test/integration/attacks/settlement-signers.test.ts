import { bls12_381 } from "@noble/curves/bls12-381.js";
import { expect } from "chai";
import {
  ACCOUNT_FORM,
  checkAndSign,
  digestOf,
  keyWords,
  maskOf,
  OpenRoots,
  publicKeyOf,
  rootOfTree,
  sealBatch,
  shareAt,
  transfer,
  treeOf,
} from "../../../src/index.js";
import { registrationOf, negated, keyOf } from "../../helpers/directory-fixture.js";
import {
  BOOK_ID,
  buildBatch,
  callSettle,
  layoutOf,
  loadFixture,
  memberAt,
  networkHelpers,
  recordOf,
  rootsOf,
  secretOf,
  sendBatch,
  sendFrom,
  setPage,
  settle,
  settlementFixture,
  signFor,
  toBytes,
  toHex,
  transferBatch,
  WAD,
} from "../../helpers/settlement-fixture.js";
import { at } from "../../helpers/deploy.js";

const RECEIVER = BOOK_ID + 4;

describe("attacks", () => {
  it("hidden second operation in another chunk (SET_01)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { settlement, ledger, directory, relayer, home, chainId, bls } = fixture;
    const ids = Array.from({ length: 34 }, (_, id) => id);
    const draft = transferBatch(
      fixture,
      ids.map((from) => ({ from, to: RECEIVER })),
    );
    const content = { ...draft, sections: draft.sections.map((section) => ({ ...section, asset1: 0n })) };
    const built = await buildBatch(fixture, content);
    // The first of all signers is the victim. The relayer puts a second record of his at the head of the second chunk.
    const victim = at(built.encoded.ids, 0);
    const loot = await buildBatch(fixture, {
      ...content,
      records: content.records.map((record) =>
        record.id === at(built.encoded.ids, 32)
          ? recordOf(record.id, { amount: 900n * WAD, argument: BigInt(RECEIVER), sequence: 1 })
          : record,
      ),
    });
    const hidden = at(loot.encoded.leaves, 2).slice();
    new DataView(hidden.buffer).setUint32(0, (victim ^ maskOf(built.body)) >>> 0);
    const leaves = [...loot.encoded.leaves.slice(0, 2), hidden];
    const tree = treeOf(leaves);
    const [root, encoded] = [rootOfTree(tree), { ...loot.encoded, leaves }];
    const addresses = { settlement: await settlement.getAddress(), directory: await directory.getAddress() };
    const { number, expiry } = built;
    const parts = { chainId, ...addresses, relayer: relayer.address, number, expiry, root };
    // He sees leaf 0 and his chunk, with what he wants and nothing else, and signs.
    const operation = transfer({ asset: home.asset0, amount: 5n, to: RECEIVER, sequence: 0 });
    const signed = checkAndSign({
      bls,
      secret: secretOf(victim),
      ...shareAt({ encoded, tree }, 0),
      intended: { id: victim, operations: [operation] },
      parts,
      trusted: { chainId, ...addresses },
      now: expiry - 5,
      openRoots: new OpenRoots(),
    });
    // His key is in the sum twice, and so is his signature.
    const others = encoded.ids.filter((_, place) => place !== 0 && place !== 32);
    const signature = bls.aggregateSignatures([signed, signed, signFor(bls, others, digestOf(parts))]);
    const batch = sealBatch(encoded, { excluded: [], signature });
    const before = await rootsOf([ledger]);
    await expect(callSettle(fixture, batch))
      .to.be.revertedWithCustomError(settlement, "SettlementMalformed")
      .withArgs(BigInt(layoutOf(batch).chunks + at(leaves, 1).length));
    expect(await rootsOf([ledger])).to.deep.equal(before);
  });

  it("doubled id within a chunk (SET_01)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { settlement, bls, chainId, directory, relayer } = fixture;
    const built = await buildBatch(fixture, transferBatch(fixture, [{ from: 1, to: RECEIVER }]));
    const chunk = at(built.encoded.leaves, 1);
    const operation = chunk.slice(4);
    // Distances: all of 32 bits, in five groups, comes round to the same 32 bits; none is less than one.
    const around = [255, 255, 255, 255, 15];
    for (const [distance, error] of [
      [around, "SettlementKeyMissing"],
      [[255, 255, 255, 255, 127], "SettlementKeyMissing"],
      [[128, 128, 128, 128, 128, 0], "SettlementMalformed"],
    ] as const) {
      const [second, leaf0] = [operation.slice(), at(built.encoded.leaves, 0).slice()];
      second[1] = 1; // sequence
      leaf0[1] = 2; // signers, operations, operations of the section
      leaf0[4] = 2;
      leaf0[39 + 160] = 2;
      const leaves = [leaf0, Uint8Array.from([...chunk, ...distance, ...second])];
      const root = rootOfTree(treeOf(leaves));
      const addresses = { settlement: await settlement.getAddress(), directory: await directory.getAddress() };
      const { number, expiry } = built;
      const digest = digestOf({ chainId, ...addresses, relayer: relayer.address, number, expiry, root });
      const signature = signFor(bls, [1, 1], digest);
      const batch = sealBatch({ ...built.encoded, leaves }, { excluded: [], signature });
      await expect(callSettle(fixture, batch)).to.be.revertedWithCustomError(settlement, error);
    }
    // For a record that needs no key, what is beyond 32 bits is found when the chunk ends.
    const pair = await buildBatch(fixture, {
      ...transferBatch(fixture, [
        { from: 1, to: RECEIVER },
        { from: 2, to: RECEIVER },
      ]),
      excluded: [1, 2],
      tamper(batch, { chunks, fallbacks }) {
        const length = operation.length;
        const bytes = [
          ...batch.subarray(0, chunks + 4 + length),
          ...around,
          ...batch.subarray(fallbacks - length, fallbacks),
          ...batch.subarray(fallbacks),
        ];
        bytes[16] = 2 * length + 9; // bytes of the chunks
        return Uint8Array.from(bytes);
      },
    });
    await expect(callSettle(fixture, pair.bytes)).to.be.revertedWithCustomError(settlement, "SettlementMalformed");
  });

  it("two ids with one key (SET_21)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { directory, chainId } = fixture;
    const address = await directory.getAddress();
    const again = await registrationOf({ address, chainId }, 1, { signer: memberAt(fixture, 2).wallet });
    await expect(directory.register([again]))
      .to.be.revertedWithCustomError(directory, "DirectoryKeyTaken")
      .withArgs(0n, 1n);
    // The negative of a key would take it out of the sum.
    const mirrored = await registrationOf({ address, chainId }, 1, { key: negated(keyOf(1)) });
    await expect(directory.register([mirrored]))
      .to.be.revertedWithCustomError(directory, "DirectoryKeyTaken")
      .withArgs(0n, 1n);
  });

  it("zero accumulator (SET_04)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { settlement } = fixture;
    // Keys that cancel out, as no registration would let them in, and the signature that everybody can make.
    const [key, negative] = [keyOf(500), negated(keyOf(500))].map((words) =>
      toBytes(`0x${words.map((word) => word.slice(2)).join("")}`),
    );
    await setPage(fixture, {
      page: 9,
      count: 2,
      key: (index) => at([key ?? toBytes("0x"), negative ?? toBytes("0x")], index),
    });
    const options = transferBatch(
      fixture,
      [9 * 256, 9 * 256 + 1].map((from) => ({ from, to: RECEIVER })),
    );
    const infinity = await buildBatch(fixture, {
      ...options,
      tamper: (batch, { signature }) => Uint8Array.from([...batch.subarray(0, signature), ...new Uint8Array(192)]),
    });
    await expect(callSettle(fixture, infinity.bytes))
      .to.be.revertedWithCustomError(settlement, "SettlementBadSignature")
      .withArgs(toHex(infinity.digest));
    // Everybody excluded, and a signature of nobody.
    const nobody = await buildBatch(fixture, {
      ...transferBatch(fixture, [{ from: 1, to: RECEIVER }]),
      excluded: [1],
      tamper: (batch) => Uint8Array.from([...batch, ...new Uint8Array(192)]),
    });
    await expect(callSettle(fixture, nobody.bytes))
      .to.be.revertedWithCustomError(settlement, "SettlementMalformed")
      .withArgs(BigInt(nobody.bytes.length - 192));
  });

  it("rogue key (SET_20)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { directory, chainId, ledger, home } = fixture;
    const { Point } = bls12_381.G1;
    const rogue = Point.fromBytes(publicKeyOf(secretOf(600)))
      .subtract(Point.fromBytes(publicKeyOf(secretOf(1))))
      .toBytes(false);
    // He cannot prove that he knows the secret of the difference,
    const registration = await registrationOf({ address: await directory.getAddress(), chainId }, 600, {
      key: keyWords(rogue),
    });
    await expect(directory.register([registration])).to.be.revertedWithCustomError(directory, "DirectoryBadProof");
    // with which he would sign for the victim: this is what the proof is for.
    await setPage(fixture, { page: 9, count: 1, key: () => rogue });
    const built = await buildBatch(fixture, {
      ...transferBatch(fixture, [
        { from: 1, to: RECEIVER },
        { from: 9 * 256, to: RECEIVER },
      ]),
      cosigners: [600],
    });
    await sendBatch(fixture, built);
    expect(await ledger.balanceOf(memberAt(fixture, 1).wallet, home.asset0)).to.equal(1000n * WAD - 5n);
  });

  it("retry through a second relayer (SET_07)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { rival, ledger, carol, home } = fixture;
    const content = transferBatch(fixture, [
      { from: 1, to: RECEIVER },
      { from: 2, to: RECEIVER },
    ]);
    // Both relayers hold a batch with the same operations under all signatures.
    const first = await buildBatch(fixture, content);
    const second = await buildBatch(fixture, { ...content, relayer: rival });
    expect((await sendBatch(fixture, first)).skipped).to.deep.equal([[false, false]]);
    expect((await sendBatch(fixture, second, { relayer: rival })).skipped).to.deep.equal([[true, true]]);
    expect(await ledger.balanceOf(carol, home.asset0)).to.equal(10n);
    // The same relayer with another number, and one number twice.
    const third = await settle(fixture, { ...content, number: 9 });
    expect(third.skipped).to.deep.equal([[true, true]]);
    await expect(callSettle(fixture, first.bytes)).to.be.revertedWithCustomError(
      fixture.settlement,
      "SettlementNumberUsed",
    );
  });

  it("revocation after signing (SET_10)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { directory, ledger, home } = fixture;
    const ids = [1, 2, 3];
    const built = await buildBatch(
      fixture,
      transferBatch(
        fixture,
        ids.map((from) => ({ from, to: RECEIVER })),
      ),
    );
    const data = directory.interface.encodeFunctionData("revoke", [2]);
    await sendFrom({ from: memberAt(fixture, 2).wallet.address, to: await directory.getAddress(), data });
    const settled = await sendBatch(fixture, built);
    expect(settled.skipped).to.deep.equal([built.encoded.ids.map((id) => id === 2)]);
    const left = await Promise.all(ids.map(async (id) => ledger.balanceOf(memberAt(fixture, id).wallet, home.asset0)));
    expect(left).to.deep.equal([1000n * WAD - 5n, 1000n * WAD, 1000n * WAD - 5n]);
  });

  it("bad partial signature (SET_03, SET_05)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { settlement, ledger, relayer, bls } = fixture;
    const content = transferBatch(
      fixture,
      [1, 2, 3, 4].map((from) => ({ from, to: RECEIVER })),
    );
    const expiry = (await networkHelpers.time.latest()) + 1000;
    const good = await buildBatch(fixture, { ...content, expiry });
    const before = await rootsOf([ledger, settlement]);
    for (const bad of [[], [39], [2]]) {
      const signature = bls.aggregateSignatures([
        signFor(bls, [1, 3, 4], good.digest),
        ...bad.map((id) => bls.sign(secretOf(id), id === 2 ? new Uint8Array(32) : good.digest)),
      ]);
      const batch = sealBatch(good.encoded, { excluded: [], signature });
      await expect(settlement.connect(relayer).settle(batch, { gasLimit: 5_000_000n }))
        .to.be.revertedWithCustomError(settlement, "SettlementBadSignature")
        .withArgs(toHex(good.digest));
      expect(await rootsOf([ledger, settlement])).to.deep.equal(before);
    }
    // Without him the rest stands under the signatures that they have given: nobody signs again.
    const rest = sealBatch(good.encoded, { excluded: [2], signature: signFor(bls, [1, 3, 4], good.digest) });
    const settled = await sendBatch(fixture, { ...good, bytes: rest });
    expect(settled.skipped).to.deep.equal([good.encoded.ids.map((id) => id === 2)]);
  });

  it("exclusion bitmap hiding a non-signer (SET_03)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { settlement, bls } = fixture;
    const content = transferBatch(
      fixture,
      [1, 2, 3].map((from) => ({ from, to: RECEIVER })),
    );
    const built = await buildBatch(fixture, content);
    // A signer who is excluded though his signature is in the sum, or not excluded though it is not: never executed.
    for (const [excluded, cosigners] of [
      [[], [1, 3]],
      [[2], [1, 2, 3]],
      [[1], [1, 3]],
      [
        [1, 2],
        [1, 3],
      ],
    ] as const) {
      const batch = sealBatch(built.encoded, { excluded, signature: signFor(bls, cosigners, built.digest) });
      await expect(callSettle(fixture, batch))
        .to.be.revertedWithCustomError(settlement, "SettlementBadSignature")
        .withArgs(toHex(built.digest));
    }
    const batch = sealBatch(built.encoded, { excluded: [2], signature: signFor(bls, [1, 3], built.digest) });
    const settled = await sendBatch(fixture, { ...built, bytes: batch });
    expect(settled.skipped).to.deep.equal([built.encoded.ids.map((id) => id === 2)]);
    expect(at(built.body.types, 0).argumentForm).to.equal(ACCOUNT_FORM);
  });
});
