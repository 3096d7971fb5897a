import { expect } from "chai";
import { ACCOUNT_FORM, LIMIT_FORM, type BatchBody } from "../../../src/index.js";
import type { Settlement } from "../../../typechain-types/index.js";
import { at, deployTyped } from "../../helpers/deploy.js";
import {
  BOOK_ID,
  buildBatch,
  callSettle,
  connection,
  ethers,
  forge,
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
  toHex,
  transferBatch,
  typeOf,
  WAD,
} from "../../helpers/settlement-fixture.js";

const RECEIVER = BOOK_ID + 4;

/** Two settlements that are listed, and members that let both act. */
async function twoFixture() {
  const fixture = await settlementFixture();
  const { ledger, directory, members, home } = fixture;
  const second = await deployTyped<Settlement>(connection, "Settlement", [ledger, directory]);
  await ledger.listSettlement(second);
  const data = ledger.interface.encodeFunctionData("setConsent", [home.asset0, 3n]);
  for (const { wallet } of members) await sendFrom({ from: wallet.address, to: await ledger.getAddress(), data });
  return { ...fixture, second };
}

/** A batch of transfers and swaps of three members, one of whom brings his own signature. */
async function mixedFixture() {
  const fixture = await settlementFixture();
  const sections = [
    sectionOf(fixture),
    await swapSection(fixture, fixture.homePool),
    sectionOf(fixture, { asset0: fixture.home.asset1, asset1: fixture.home.asset0 }),
  ];
  const types = [
    typeOf(0, { argumentForm: ACCOUNT_FORM }),
    typeOf(1, { amountForm: 3, argumentForm: LIMIT_FORM }),
    typeOf(2, { kind: 1, argumentForm: ACCOUNT_FORM }),
  ];
  const records = [1, 2, 3].map((id) =>
    recordOf(
      id,
      { type: 0, amount: 5n + BigInt(id), argument: BigInt(RECEIVER) },
      { type: 1, amount: WAD, argument: WAD, sequence: 1 },
    ),
  );
  const expiry = (await networkHelpers.time.latest()) + 1800;
  const built = await buildBatch(fixture, { sections, types, records, expiry, fallbacks: [{ id: 3 }] });
  return { ...fixture, built };
}

/** One element of a list changed. */
function changed<T>(list: readonly T[], index: number, change: Partial<T>): T[] {
  return list.map((element, place) => (place === index ? { ...element, ...change } : element));
}

/** One operation of one record changed. */
function withOperation({ records }: BatchBody, index: number, change: object): Partial<BatchBody> {
  const record = at(records, 0);
  return { records: changed(records, 0, { operations: changed(record.operations, index, change) }) };
}

/** What a relayer could change once he holds the signatures. */
const EDITS: [title: string, change: (body: BatchBody) => Partial<BatchBody>][] = [
  ["the fee of a section", ({ sections }) => ({ sections: changed(sections, 0, { fee0: 1n }) })],
  ["the other fee of a section", ({ sections }) => ({ sections: changed(sections, 1, { fee1: 1n }) })],
  ["the gas cap of a section", ({ sections }) => ({ sections: changed(sections, 1, { gasCap: 1 }) })],
  ["the band of a section", ({ sections }) => ({ sections: changed(sections, 1, { parameters: band(9n) }) })],
  ["the book of a section", ({ sections }) => ({ sections: changed(sections, 1, { key: ethers.ZeroHash }) })],
  [
    "the asset of a section",
    ({ sections }) => ({ sections: changed(sections, 0, { asset0: sections[0]?.asset1 ?? 0n }) }),
  ],
  ["the shares of a section", ({ sections }) => ({ sections: changed(sections, 1, { shareId: 0n }) })],
  [
    "the protocol of a section",
    ({ sections }) => ({ sections: changed(sections, 1, { protocol: ethers.ZeroAddress }) }),
  ],
  ["a section more", ({ sections }) => ({ sections: [...sections, at(sections, 0)] })],
  ["a type more", ({ types }) => ({ types: [...types, at(types, 0)] })],
  ["the section of a type", ({ types }) => ({ types: changed(types, 0, { section: 2 }) })],
  ["the kind of a type", ({ types }) => ({ types: changed(types, 1, { kind: 1 }) })],
  ["the form of a type", ({ types }) => ({ types: changed(types, 1, { amountForm: 14 }) })],
  ["the section of an operation", (body) => withOperation(body, 0, { type: 2 })],
  ["the amount of an operation", (body) => withOperation(body, 0, { amount: 900n * WAD })],
  ["the receiver of an operation", (body) => withOperation(body, 0, { argument: 7n })],
  ["the limit of an operation", (body) => withOperation(body, 1, { argument: 1n })],
  ["the sequence of an operation", (body) => withOperation(body, 0, { sequence: 1 })],
  ["a dependency", (body) => withOperation(body, 1, { dependsOnPrevious: true })],
  [
    "an operation less",
    ({ records }) => ({ records: changed(records, 0, { operations: at(records, 0).operations.slice(0, 1) }) }),
  ],
  ["a record less", ({ records }) => ({ records: records.slice(1) })],
  ["a record more", ({ records }) => ({ records: [...records, { ...at(records, 0), id: 9 }] })],
  ["a record of somebody else", ({ records }) => ({ records: changed(records, 0, { id: 9 }) })],
  [
    "operations that change hands",
    ({ records }) => ({
      records: [...changed(records, 0, { id: 2 }).slice(0, 1), { ...at(records, 1), id: 1 }, at(records, 2)],
    }),
  ],
  ["the expiry", ({ expiry }) => ({ expiry: expiry + 1 })],
  ["the number", ({ number }) => ({ number: number + 1 })],
  ["no fallback signature", () => ({ fallbacks: [] })],
  [
    "another deadline of a fallback signature",
    ({ fallbacks }) => ({ fallbacks: changed(fallbacks, 0, { deadline: 2 }) }),
  ],
  ["another fallback signature", ({ fallbacks }) => ({ fallbacks: changed(fallbacks, 0, { signature: "0x" }) })],
  ["a fallback signature more", ({ fallbacks }) => ({ fallbacks: [...fallbacks, { ...at(fallbacks, 0), id: 1 }] })],
];

function band(price: bigint): string {
  return ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [price, 1n]);
}

describe("attacks", () => {
  it("replay of a batch on another chain, settlement, directory or relayer (SET_02)", async () => {
    const fixture = await loadFixture(twoFixture);
    const { second, settlement, rival, relayer, directory } = fixture;
    const content = transferBatch(fixture, [
      { from: 1, to: RECEIVER },
      { from: 2, to: RECEIVER },
    ]);
    const other = { ...fixture, settlement: second };
    const built = await buildBatch(fixture, content);
    // Signed for the first settlement, sent to the second.
    await expect(callSettle(other, built.bytes)).to.be.revertedWithCustomError(second, "SettlementBadSignature");
    // Signed by one relayer's members, sent by another: his mask makes other ids of the records, or other records of the
    // ids when he encodes them again.
    await expect(callSettle({ ...fixture, relayer: rival }, built.bytes)).to.be.revert(ethers);
    await expect(
      callSettle({ ...fixture, relayer: rival }, forge(built, { relayer: rival.address })),
    ).to.be.revertedWithCustomError(settlement, "SettlementBadSignature");
    // Signed under a digest that says something else of what the contract knows by itself.
    const book = await fixture.book.getAddress();
    for (const digest of [
      { chainId: 1n },
      { chainId: fixture.chainId + 1n },
      { settlement: await second.getAddress() },
      { directory: book },
      { relayer: rival.address },
      { number: 2 },
      { expiry: built.expiry + 1 },
    ]) {
      const foreign = await buildBatch(fixture, { ...content, digest });
      await expect(callSettle(fixture, foreign.bytes)).to.be.revertedWithCustomError(
        settlement,
        "SettlementBadSignature",
      );
    }
    expect(await settlement.DIRECTORY()).to.equal(await directory.getAddress());
    expect((await sendBatch(fixture, built, { relayer })).skipped).to.deep.equal([[false, false]]);
  });

  it("replay of a number, and of an order through another settlement (SET_06, SET_07)", async () => {
    const fixture = await loadFixture(twoFixture);
    const { second, settlement, ledger, carol, home } = fixture;
    const content = transferBatch(fixture, [{ from: 1, to: RECEIVER }]);
    const built = await buildBatch(fixture, content);
    await sendBatch(fixture, built);
    await expect(callSettle(fixture, built.bytes))
      .to.be.revertedWithCustomError(settlement, "SettlementNumberUsed")
      .withArgs(fixture.relayer.address, 1n, 1n);
    await expect(callSettle(fixture, forge(built, { number: 2 }))).to.be.revertedWithCustomError(
      settlement,
      "SettlementBadSignature",
    );
    // A fallback signature names its settlement.
    const next = transferBatch(fixture, [{ from: 1, to: RECEIVER, sequence: 1 }]);
    const deadline = built.expiry;
    const ordered = await buildBatch(fixture, { ...next, fallbacks: [{ id: 1, deadline }] });
    const { signature } = at(ordered.body.fallbacks, 0);
    const lifted = await buildBatch(fixture, {
      ...next,
      settlement: second,
      fallbacks: [{ id: 1, deadline, signature }],
    });
    const foreign = await sendBatch({ ...fixture, settlement: second }, lifted, { settlement: second });
    expect(foreign.skipped).to.deep.equal([[true]]);
    expect(await ledger.balanceOf(carol, home.asset0)).to.equal(5n);
    expect((await sendBatch(fixture, ordered)).skipped).to.deep.equal([[false]]);
  });

  it("lifted fallback signature (SET_19)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { rival, ledger, carol, home } = fixture;
    const content = transferBatch(fixture, [{ from: 1, to: RECEIVER }]);
    const deadline = (await networkHelpers.time.latest()) + 1800;
    // Unbound: whoever sees the order may bring it, once, and gains nothing.
    const open = await buildBatch(fixture, { ...content, fallbacks: [{ id: 1, deadline }] });
    const { signature } = at(open.body.fallbacks, 0);
    const lifted = await settle(fixture, {
      ...content,
      relayer: rival,
      fallbacks: [{ id: 1, deadline, signature }],
    });
    expect(lifted.skipped).to.deep.equal([[false]]);
    expect((await sendBatch(fixture, open)).skipped).to.deep.equal([[true]]);
    expect(await ledger.balanceOf(carol, home.asset0)).to.equal(5n);
    // Bound: nobody but the relayer. Put to another record of the same account, to another account: nothing.
    const next = transferBatch(fixture, [{ from: 1, to: RECEIVER, sequence: 1 }]);
    const bound = await buildBatch(fixture, { ...next, fallbacks: [{ id: 1, deadline, bound: true }] });
    const own = at(bound.body.fallbacks, 0).signature;
    const attempts = [
      { relayer: rival, fallbacks: [{ id: 1, deadline, bound: true, signature: own }] },
      { relayer: rival, fallbacks: [{ id: 1, deadline, bound: false, signature: own }] },
      { fallbacks: [{ id: 1, deadline: deadline - 1, bound: true, signature: own }] },
      {
        ...transferBatch(fixture, [{ from: 1, to: 5, sequence: 1 }]),
        fallbacks: [{ id: 1, deadline, bound: true, signature: own }],
      },
      {
        ...transferBatch(fixture, [{ from: 1, to: RECEIVER, sequence: 2 }]),
        fallbacks: [{ id: 1, deadline, bound: true, signature: own }],
      },
      {
        ...transferBatch(fixture, [{ from: 2, to: RECEIVER, sequence: 1 }]),
        fallbacks: [{ id: 2, deadline, bound: true, signature: own }],
      },
    ];
    for (const attempt of attempts) {
      expect((await settle(fixture, { ...next, ...attempt })).skipped).to.deep.equal([[true]]);
    }
    expect(
      (await settle(fixture, { ...next, fallbacks: [{ id: 1, deadline, bound: true, signature: own }] })).skipped,
    ).to.deep.equal([[false]]);
  });

  it("one order under two ids of its account (SET_07, SET_19)", async () => {
    const fixture = await loadFixture(settlementFixture);
    const { ledger, book, carol, home } = fixture;
    const { wallet } = memberAt(fixture, 1);
    await book.list([wallet.address]);
    const [own, second] = [1, BOOK_ID + 256];
    const deadline = (await networkHelpers.time.latest()) + 1800;
    const signed = await buildBatch(fixture, {
      ...transferBatch(fixture, [{ from: own, to: RECEIVER }]),
      fallbacks: [{ id: own, deadline }],
    });
    const { signature } = at(signed.body.fallbacks, 0);
    const both = transferBatch(
      fixture,
      [own, second].map((from) => ({ from, to: RECEIVER })),
    );
    const fallbacks = [own, second].map((id) => ({ id, deadline, signature }));
    const settled = await settle(fixture, { ...both, fallbacks });
    expect(settled.skipped).to.deep.equal([settled.encoded.ids.map((id) => id === second)]);
    expect(await ledger.balanceOf(carol, home.asset0)).to.equal(5n);
  });

  for (const [title, change] of EDITS) {
    it(`relayer changes what was signed: ${title} (SET_02)`, async () => {
      const fixture = await loadFixture(mixedFixture);
      const { settlement, built } = fixture;
      const batch = forge(built, change(built.body));
      expect(toHex(batch)).to.not.equal(toHex(built.bytes));
      await expect(callSettle(fixture, batch)).to.be.revertedWithCustomError(settlement, "SettlementBadSignature");
    });
  }

  it("relayer changes what was signed: nothing, and the batch settles", async () => {
    const fixture = await loadFixture(mixedFixture);
    const { built, ledger } = fixture;
    const bystander = memberAt(fixture, 9).wallet.address;
    const before = await ledger.wordOf(bystander, fixture.home.asset0);
    expect(toHex(forge(built, {}))).to.equal(toHex(built.bytes));
    const settled = await sendBatch(fixture, built);
    expect(settled.skipped).to.deep.equal([[false, false, false], [false, false, false], []]);
    expect(await ledger.wordOf(bystander, fixture.home.asset0)).to.equal(before);
    expect(await rootsOf([fixture.directory])).to.have.length(1);
  });
});
