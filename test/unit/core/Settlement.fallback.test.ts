import { isInstrumented } from "#chain";
import { expect } from "chai";
import { concat, Wallet } from "ethers";
import {
  BOOK_ID,
  buildBatch,
  callSettle,
  connection,
  ethers,
  loadFixture,
  MAX_GAS,
  memberAt,
  networkHelpers,
  recordOf,
  sectionOf,
  sendBatch,
  sendFrom,
  settle,
  settlementFixture,
  toBytes,
  transferBatch,
  typeOf,
  WAD,
  wordsOf,
  type FallbackOrder,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.js";
import { at, deployTyped } from "../../helpers/deploy.js";
import type { Settlement } from "../../../typechain-types/index.js";
import { ACCOUNT_FORM, encodeSettle, LIMIT_FORM, type OrderMessage } from "../../../src/index.js";

/** Of the address book's second page, which tests fill with wallets. */
const WALLET_ID = BOOK_ID + 256;
const RECEIVER = BOOK_ID + 4;
/** How `HostileWallet` answers. */
const MANNERS = [
  "Revert",
  "BurnGas",
  "LongSilence",
  "ShortAnswer",
  "DirtyAnswer",
  "WrongAnswer",
  "LongAnswer",
] as const;

/** Deploys a wallet, puts it on the book's next page and gives it balances and consent. */
async function walletFixture<Contract extends { getAddress: () => Promise<string> }>(
  fixture: SettlementFixture,
  name: string,
  parameters: readonly unknown[],
): Promise<Contract> {
  const { ledger, book, home } = fixture;
  const wallet = await deployTyped<Contract>(connection, name, parameters);
  const address = await wallet.getAddress();
  await book.list([address]);
  await ledger.transfer(address, home.asset0, 100n);
  const data = ledger.interface.encodeFunctionData("setConsent", [home.asset0, 1n]);
  await sendFrom({ from: address, to: await ledger.getAddress(), data });
  return wallet;
}

/** Members 1 and 2 pay Carol; member 2 brings `fallback`. Answers whether his record was executed; the other one is. */
async function isAccepted(
  fixture: SettlementFixture,
  fallback: Omit<FallbackOrder, "id">,
  { id = 2, sequence = 0, excluded = [] as number[] } = {},
): Promise<boolean> {
  const options = transferBatch(fixture, [
    { from: 1, to: RECEIVER, sequence: Number(await sequenceOf(fixture, 1)) },
    { from: id, to: RECEIVER, sequence },
  ]);
  const settled = await settle(fixture, { ...options, fallbacks: [{ id, ...fallback }], excluded });
  expect(settled.executed).to.deep.equal([true]);
  expect(settled.skipped[0]?.[settled.encoded.ids.indexOf(1)], "the other record").to.equal(false);
  return settled.skipped[0]?.[settled.encoded.ids.indexOf(id)] === false;
}

/** The low byte of the sequence of a member's word. */
async function sequenceOf({ ledger, home, directory }: SettlementFixture, id: number): Promise<bigint> {
  return ((await ledger.wordOf(await directory.accountOf(id), home.asset0)) >> 232n) & 255n;
}

/** Moves the sequence of a member's word by `steps`, by as many transfers to himself. */
async function advance(fixture: SettlementFixture, id: number, steps: number): Promise<void> {
  const first = Number(await sequenceOf(fixture, id));
  for (let done = 0; done < steps; done += 128) {
    const count = Math.min(128, steps - done);
    const operations = Array.from({ length: count }, (_, index) => ({
      amount: 1n,
      argument: BigInt(id),
      sequence: (first + done + index) & 255,
    }));
    const { sections, types } = transferBatch(fixture, []);
    const wide = sections.map((section) => ({ ...section, gasCap: 8_000_000 }));
    const records = [recordOf(id, ...operations)];
    const settled = await settle(fixture, { sections: wide, types, records });
    expect(settled.skipped).to.deep.equal([new Array(count).fill(false)]);
  }
}

describe("Settlement", () => {
  describe("settle", () => {
    it("accepts the signature of an account over its whole record (SET_03, SET_19)", async () => {
      const fixture = await loadFixture(settlementFixture);
      expect(await isAccepted(fixture, {})).to.equal(true);
      // An account without a key, which the address book names.
      expect(await isAccepted(fixture, {}, { id: BOOK_ID })).to.equal(true);
      expect(await fixture.ledger.balanceOf(fixture.carol, fixture.home.asset0)).to.equal(20n);
    });

    it("accepts a batch of such signatures alone", async () => {
      const fixture = await loadFixture(settlementFixture);
      const ids = [1, 2, BOOK_ID, BOOK_ID + 1];
      const settled = await settle(fixture, {
        ...transferBatch(
          fixture,
          ids.map((from) => ({ from, to: RECEIVER })),
        ),
        fallbacks: ids.map((id) => ({ id })),
      });
      expect(settled.skipped).to.deep.equal([[false, false, false, false]]);
    });

    it("accepts what says all fields of all operations, and nothing else (SET_15, SET_19)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { protocol, home, across } = fixture;
      const address = await protocol.getAddress();
      await protocol.setBatch(protocol.interface.getFunction("onLedgerBatch").selector, 0n, [0n]);
      const sections = [
        sectionOf(fixture),
        sectionOf(fixture, { protocol: address, key: ethers.id("key"), ...across, parameters: "0xabcd" }),
      ];
      const types = [
        typeOf(0, { kind: 1, amountForm: 3, argumentForm: ACCOUNT_FORM }),
        typeOf(1, { kind: 4, amountForm: 3, argumentForm: LIMIT_FORM }),
      ];
      const records = [
        recordOf(
          2,
          { type: 0, amount: 7_000n, argument: BigInt(RECEIVER) },
          { type: 1, amount: 8_000n, argument: 9_000n, dependsOnPrevious: true },
        ),
      ];
      const options = { sections, types, records };
      const first = (operations: OrderMessage["operations"], change: object) => [
        { ...at(operations, 0), ...change },
        ...operations.slice(1),
      ];
      const second = (operations: OrderMessage["operations"], change: object) => [
        ...operations.slice(0, 1),
        { ...at(operations, 1), ...change },
      ];
      const forgeries: ((message: OrderMessage) => OrderMessage)[] = [
        (message) => ({ ...message, id: 3 }),
        (message) => ({ ...message, account: memberAt(fixture, 3).wallet.address }),
        (message) => ({ ...message, relayer: fixture.relayer.address }),
        (message) => ({ ...message, deadline: message.deadline + 1n }),
        (message) => ({ ...message, operations: message.operations.slice(0, 1) }),
        (message) => ({ ...message, operations: [...message.operations, at(message.operations, 1)] }),
        (message) => ({ ...message, operations: message.operations.toReversed() }),
        (message) => ({ ...message, operations: first(message.operations, { protocol: address }) }),
        (message) => ({ ...message, operations: second(message.operations, { key: ethers.ZeroHash }) }),
        (message) => ({ ...message, operations: second(message.operations, { asset0: home.asset0 }) }),
        (message) => ({ ...message, operations: second(message.operations, { asset1: home.asset1 }) }),
        (message) => ({ ...message, operations: second(message.operations, { shareId: 1n }) }),
        (message) => ({ ...message, operations: first(message.operations, { kind: 0 }) }),
        (message) => ({ ...message, operations: second(message.operations, { kind: 0 }) }),
        (message) => ({ ...message, operations: second(message.operations, { sequence: 256 }) }),
        (message) => ({ ...message, operations: second(message.operations, { amount: 8_001n }) }),
        (message) => ({ ...message, operations: second(message.operations, { arguments: 9_001n }) }),
        (message) => ({ ...message, operations: first(message.operations, { arguments: BigInt(RECEIVER) }) }),
        (message) => ({ ...message, operations: first(message.operations, { fee0: 1n }) }),
        (message) => ({ ...message, operations: second(message.operations, { fee1: 1n }) }),
        (message) => ({ ...message, operations: second(message.operations, { dependsOnPrevious: false }) }),
      ];
      const account = memberAt(fixture, 2).wallet.address;
      const before = await wordsOf(fixture, [account]);
      for (const [index, forge] of forgeries.entries()) {
        const settled = await settle(fixture, { ...options, fallbacks: [{ id: 2, forge }] });
        expect(settled.skipped, `forgery ${index}`).to.deep.equal([[true], [true]]);
      }
      expect(await wordsOf(fixture, [account])).to.deep.equal(before);
      const settled = await settle(fixture, { ...options, fallbacks: [{ id: 2 }] });
      expect([settled.executed, settled.skipped]).to.deep.equal([
        [true, true],
        [[false], [false]],
      ]);
    });

    it("skips the record alone when its signature is bad (SET_19)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const good = memberAt(fixture, 2).wallet;
      const account = [good.address];
      const before = await wordsOf(fixture, account);
      const bad: [title: string, fallback: Omit<FallbackOrder, "id">][] = [
        ["nothing", { signature: "0x" }],
        ["64 bytes of nothing", { signature: `0x${"00".repeat(64)}` }],
        ["65 bytes of nothing", { signature: `0x${"00".repeat(65)}` }],
        ["65 bytes of ones", { signature: `0x${"ff".repeat(65)}` }],
        ["a long one", { signature: `0x${"11".repeat(2000)}` }],
        ["somebody else's", { signer: memberAt(fixture, 3).wallet }],
        ["of another chain's order", { signer: otherDomain(good, { chainId: 1n }) }],
        ["of another contract's order", { signer: otherDomain(good, { verifyingContract: fixture.rival.address }) }],
      ];
      for (const [title, fallback] of bad) expect(await isAccepted(fixture, fallback), title).to.equal(false);
      expect(await wordsOf(fixture, account)).to.deep.equal(before);
    });

    it("accepts a signature through the second of its deadline, which is at most an hour ahead (SET_19)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const start = (await networkHelpers.time.latest()) + 100;
      const cases: [deadline: number, accepted: boolean][] = [
        [start - 1, false],
        [start, true],
        [start + 3600, true],
        [start + 3601, false],
        [2 ** 40 - 1, false],
        [0, false],
      ];
      for (const [deadline, accepted] of cases) {
        const state = await networkHelpers.takeSnapshot();
        const options = transferBatch(fixture, [{ from: 2, to: RECEIVER }]);
        const built = await buildBatch(fixture, { ...options, fallbacks: [{ id: 2, deadline }], expiry: start + 60 });
        await networkHelpers.time.setNextBlockTimestamp(start);
        const settled = await sendBatch(fixture, built);
        expect(settled.skipped, `${deadline - start}`).to.deep.equal([[!accepted]]);
        await state.restore();
      }
    });

    it("accepts a signature that is bound to a relayer from him alone (SET_19)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { relayer, rival } = fixture;
      const options = transferBatch(fixture, [{ from: 2, to: RECEIVER }]);
      // Bound to the relayer, used by the rival: as bound to him, and as bound to nobody.
      const deadline = (await networkHelpers.time.latest()) + 600;
      const forge = (message: OrderMessage) => ({ ...message, relayer: relayer.address });
      for (const bound of [true, false]) {
        const lifted = { id: 2, bound, deadline, forge };
        const settled = await settle(fixture, { ...options, relayer: rival, fallbacks: [lifted] });
        expect(settled.skipped).to.deep.equal([[true]]);
      }
      const settled = await settle(fixture, { ...options, fallbacks: [{ id: 2, bound: true, deadline }] });
      expect(settled.skipped).to.deep.equal([[false]]);
    });

    it("executes an order once, and not again after 256 others (SET_07)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const options = transferBatch(fixture, [{ from: 2, to: RECEIVER, amount: 9n }]);
      const deadline = (await networkHelpers.time.latest()) + 3000;
      const built = await buildBatch(fixture, { ...options, fallbacks: [{ id: 2, deadline }] });
      const signature = at(built.body.fallbacks, 0).signature;
      const again = { ...options, fallbacks: [{ id: 2, deadline, signature }] };
      expect((await settle(fixture, again)).skipped).to.deep.equal([[false]]);
      expect((await settle(fixture, again)).skipped).to.deep.equal([[true]]);
      await advance(fixture, 2, 255);
      expect(await sequenceOf(fixture, 2)).to.equal(0n);
      expect((await settle(fixture, again)).skipped).to.deep.equal([[true]]);
      expect(await fixture.ledger.balanceOf(fixture.carol, fixture.home.asset0)).to.equal(9n);
      // With the high byte that the word has now, it is another order.
      const fresh = await settle(fixture, { ...options, fallbacks: [{ id: 2, deadline }] });
      expect(fresh.skipped).to.deep.equal([[false]]);
    });

    it("rebuilds the sequence of several operations, across the end of a byte", async () => {
      const fixture = await loadFixture(settlementFixture);
      await advance(fixture, 2, 254);
      const operations = [254, 255, 0, 1].map((sequence) => ({ amount: 1n, argument: BigInt(RECEIVER), sequence }));
      const { sections, types } = transferBatch(fixture, []);
      const records = [recordOf(2, ...operations)];
      const sequences: number[] = [];
      const forge = (message: OrderMessage) => {
        sequences.push(...message.operations.map(({ sequence }) => sequence));
        return message;
      };
      const settled = await settle(fixture, { sections, types, records, fallbacks: [{ id: 2, forge }] });
      expect(sequences).to.deep.equal([254, 255, 256, 257]);
      expect(settled.skipped).to.deep.equal([[false, false, false, false]]);
    });

    it("takes the sequence of asset 0 where nothing is debited", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { protocol } = fixture;
      await protocol.setBatch(protocol.interface.getFunction("onLedgerBatch").selector, 0n, [0n]);
      await advance(fixture, 2, 300);
      const sections = [sectionOf(fixture, { protocol: await protocol.getAddress() })];
      const types = [typeOf(0, { kind: 3, amountForm: 0, argumentForm: 20 })];
      const records = [recordOf(2, { amount: 0n, argument: 5n, sequence: 300 & 255 })];
      const settled = await settle(fixture, { sections, types, records, fallbacks: [{ id: 2 }] });
      expect(settled.skipped).to.deep.equal([[false]]);
      expect(at(await protocol.operationsSeen(), 0) >> 80n).to.equal(
        (BigInt(memberAt(fixture, 2).wallet.address) << 16n) | (44n << 8n) | 3n,
      );
      const again = await settle(fixture, { sections, types, records, fallbacks: [{ id: 2 }] });
      expect(again.skipped).to.deep.equal([[true]]);
    });

    it("asks a contract for its signature", async () => {
      const fixture = await loadFixture(settlementFixture);
      const owner = new Wallet(ethers.id("owner"));
      await walletFixture(fixture, "Erc1271Wallet", [owner.address]);
      expect(await isAccepted(fixture, { signer: memberAt(fixture, 2).wallet }, { id: WALLET_ID })).to.equal(false);
      expect(await isAccepted(fixture, { signer: owner }, { id: WALLET_ID })).to.equal(true);
      const { ledger, home, directory } = fixture;
      expect(await ledger.balanceOf(await directory.accountOf(WALLET_ID), home.asset0)).to.equal(95n);
    });

    it("does not ask the delegate of an account, which signs as it did before (SET_19)", async () => {
      const fixture = await loadFixture(settlementFixture);
      const { wallet } = memberAt(fixture, 2);
      const delegate = await ethers.deployContract("MeasuringWallet", [0n]); // everything is signed
      await networkHelpers.setCode(wallet.address, concat(["0xef0100", await delegate.getAddress()]));
      expect(await isAccepted(fixture, { signature: `0x${"11".repeat(65)}` })).to.equal(false);
      expect(await isAccepted(fixture, {})).to.equal(true);
    });

    for (const [manner, name] of MANNERS.entries()) {
      it(`goes on after a wallet that answers badly: ${name}`, async () => {
        const fixture = await loadFixture(settlementFixture);
        await walletFixture(fixture, "HostileWallet", [manner]);
        // A long answer that begins with the right word is an answer.
        const accepted = await isAccepted(fixture, { signature: "0x" }, { id: WALLET_ID });
        expect(accepted).to.equal(name === "LongAnswer");
      });
    }

    it("asks a wallet with its whole cap or reverts as a whole, however long its signature is (SET_19)", async function () {
      if (isInstrumented) this.skip(); // what a step costs decides
      const fixture = await loadFixture(settlementFixture);
      const { directory, relayer } = fixture;
      const [burner, wallet] = [
        await ethers.deployContract("HostileWallet", [MANNERS.indexOf("BurnGas")]),
        await ethers.deployContract("MeasuringWallet", [49_000n]),
      ];
      // With a ledger that costs next to nothing, so that little gas is left when the wallet is asked.
      const recorder = await ethers.deployContract("RecordingLedger");
      const settlement = await deployTyped<Settlement>(connection, "Settlement", [recorder, directory]);
      // Calldata costs at least 10 gas a byte (EIP-7623), of which execution may use 6: other wallets burn them. Eight ids of
      // one page, of which the measuring wallet has the one that comes last.
      const last = 7 ^ (Number(await settlement.maskOf(relayer, 1)) & 7);
      await fixture.book.list(Array.from({ length: 8 }, (_, index) => (index === last ? wallet : burner)));
      for (const [bytes, burners] of [
        [65, 0],
        [20_000, 2],
        [60_000, 6],
      ] as const) {
        const others = Array.from({ length: 8 }, (_, index) => WALLET_ID + index).filter(
          (id) => id !== WALLET_ID + last,
        );
        const ids = [...others.slice(0, burners), WALLET_ID + last];
        const { bytes: batch } = await buildBatch(fixture, {
          ...transferBatch(
            fixture,
            ids.map((from) => ({ from, to: RECEIVER })),
          ),
          fallbacks: ids.map((id) => ({ id, signature: `0x${"00".repeat(id === ids.at(-1) ? bytes : 0)}` })),
          settlement,
          expiry: (await networkHelpers.time.latest()) + 3000,
        });
        const calldata = toBytes(encodeSettle(batch));
        const base = 21_000n + calldata.reduce((sum, byte) => sum + (byte === 0 ? 10n : 40n), 0n);
        const outcomeAt = async (gas: bigint): Promise<string> => {
          const state = await networkHelpers.takeSnapshot();
          try {
            const response = await settlement.connect(relayer).settle(batch, { gasLimit: base + gas });
            const receipt = await response.wait();
            const log = recorder.interface.parseLog(at(receipt?.logs ?? [], 0));
            const operations = log?.args[1] as bigint[];
            return at(operations, operations.length - 2) === 0n ? "skipped" : "executed";
          } catch (error) {
            return String(error).includes("SettlementInsufficientGas") ? "refused" : "out of gas";
          } finally {
            await state.restore();
          }
        };
        const isDone = async (gas: bigint) => ["skipped", "executed"].includes(await outcomeAt(gas));
        let [low, high] = [0n, 600_000n];
        while (high - low > 200n) {
          const middle = (low + high) / 2n;
          if (await isDone(middle)) high = middle;
          else low = middle;
        }
        expect(await outcomeAt(low), `${bytes} bytes`).to.equal("refused");
        for (let more = 0n; more < 40_000n; more += 4_000n) {
          expect(await outcomeAt(high + more), `${bytes} bytes, ${more} more gas`).to.equal("executed");
        }
      }
    });

    it("reverts by name when a wallet cannot have its cap (SET_19)", async function () {
      if (isInstrumented) this.skip(); // the gas is that of code without probes
      const fixture = await loadFixture(settlementFixture);
      const { settlement } = fixture;
      const built = await buildBatch(fixture, {
        ...transferBatch(fixture, [{ from: 2, to: RECEIVER }]),
        fallbacks: [{ id: 2 }],
      });
      await expect(settlement.connect(fixture.relayer).settle(built.bytes, { gasLimit: 110_000n }))
        .to.be.revertedWithCustomError(settlement, "SettlementInsufficientGas")
        .withArgs(
          (available: bigint) => available < 60_000n,
          (needed: bigint) => needed >= 60_000n && needed < 70_000n,
        );
      expect(await settlement.lastNumberOf(fixture.relayer)).to.equal(0n);
      await callSettle(fixture, built.bytes);
      await sendBatch(fixture, built, { gasLimit: MAX_GAS });
      expect(await fixture.ledger.balanceOf(memberAt(fixture, 2).wallet, fixture.home.asset0)).to.equal(
        1000n * WAD - 5n,
      );
    });
  });
});

/** A signer of the same messages in another domain. */
function otherDomain(wallet: Wallet, change: object): Pick<Wallet, "signTypedData"> {
  return {
    signTypedData: (domain, types, value) => wallet.signTypedData({ ...domain, ...change }, types, value),
  };
}
