import { expect } from "chai";
import {
  actions,
  callOf,
  CANCELLED,
  DESTINATION,
  errorData,
  ethers,
  FLAG,
  idOf,
  issuedId,
  type LedgerFixture,
  ledgerFixture,
  loadFixture,
  NEVER,
  poolCall,
  SOURCE,
  WAD,
} from "../../helpers/ledger-fixture.js";

/** Every function of the ledger that moves something, as `account` would call it on what it owns. */
async function movements(fixture: LedgerFixture, account: string): Promise<Record<string, string>> {
  const { ledger, amm, token0, alice, bob, ids } = fixture;
  const encode = ledger.interface.encodeFunctionData.bind(ledger.interface);
  const token = await token0.getAddress();
  const section = {
    protocol: ethers.ZeroAddress,
    key: ethers.ZeroHash,
    asset0: ids.token0,
    asset1: ids.token1,
    shareId: 0n,
    gasCap: 100_000n,
    fee0: 0n,
    fee1: 0n,
    feeTo: ethers.ZeroAddress,
    parameters: "0x",
  };
  const permitted = { permitted: { token, amount: 1n }, nonce: 0n, deadline: NEVER };
  const single = {
    details: { token, amount: 1n, expiration: NEVER, nonce: 0n },
    spender: await ledger.getAddress(),
    sigDeadline: NEVER,
  };
  const call = callOf({ protocol: await amm.getAddress(), to: account, asset0: ids.token0, asset1: ids.token1 });
  const transfer = encode("transfer", [bob.address, ids.token0, 1n]);
  return {
    deposit: encode("deposit", [token, 1n, 0n, account]),
    depositNative: encode("depositNative", [account]),
    depositWithPermit2: encode("depositWithPermit2", [account, account, 0n, permitted, "0x"]),
    withdraw: encode("withdraw", [token, 1n, account]),
    withdrawNative: encode("withdrawNative", [1n, account]),
    permit: encode("permit", [token, 1n, NEVER, 27, ethers.ZeroHash, ethers.ZeroHash]),
    permit2: encode("permit2", [single, "0x"]),
    transfer,
    transferFrom: encode("transferFrom", [account, bob.address, ids.token0, 1n]),
    call: encode("call", [call]),
    mint: encode("mint", [ids.token0, bob.address, 1n]),
    burn: encode("burn", [ids.token0, alice.address, 1n]),
    forceTransfer: encode("forceTransfer", [ids.token0, alice.address, bob.address, 1n]),
    facadeTransfer: encode("facadeTransfer", [ids.token0, account, account, bob.address, 1n]),
    settleFrame: encode("settleFrame", [section, []]),
    multicall: encode("multicall", [[transfer]]),
    flashLoan: encode("flashLoan", [account, token, 1n, "0x"]),
  };
}

/** Functions without a lock: they write what is the caller's alone, or refuse him. */
async function ownWrites(fixture: LedgerFixture): Promise<Record<string, string>> {
  const { ledger, alice, bob, ids } = fixture;
  const encode = ledger.interface.encodeFunctionData.bind(ledger.interface);
  const section = {
    protocol: ethers.ZeroAddress,
    key: ethers.ZeroHash,
    asset0: ids.token0,
    asset1: ids.token1,
    shareId: 0n,
    gasCap: 100_000n,
    fee0: 0n,
    fee1: 0n,
    feeTo: ethers.ZeroAddress,
    parameters: "0x",
  };
  return {
    approve: encode("approve", [bob.address, ids.token0, 1n]),
    setOperator: encode("setOperator", [bob.address, true]),
    setConsent: encode("setConsent", [ids.token0, 1n]),
    cancel: encode("cancel", [ids.token0]),
    setFacade: encode("setFacade", [ids.token0, alice.address]),
    issueAsset: encode("issueAsset", [ethers.ZeroHash, FLAG.rules0, bob.address, ethers.ZeroAddress]),
    setFrozen: encode("setFrozen", [ids.token0, alice.address, true]),
    facadeApprove: encode("facadeApprove", [ids.token0, alice.address, bob.address, 1n]),
    settle: encode("settle", [section, []]),
    listCore: encode("listCore", [bob.address]),
    listSettlement: encode("listSettlement", [bob.address]),
    switchSettlement: encode("switchSettlement", [0n, false]),
  };
}

async function callbackFixture() {
  const fixture = await ledgerFixture();
  const { ledger, amm, token0, alice, ids } = fixture;
  const evil = await ethers.deployContract("CallbackToken", ["Evil", "EVIL", 18]);
  const evilId = await idOf(await evil.getAddress());
  await evil.mint(alice, 1000n * WAD);
  await evil.connect(alice).approve(ledger, ethers.MaxUint256);
  await ledger.connect(alice).deposit(evil, 100n * WAD, 0n, alice);
  // The token is an account of its own, with something to lose and to move.
  for (const id of [ids.token0, evilId]) await ledger.connect(alice).transfer(evil, id, WAD);
  const [asset0, asset1] = evilId < ids.token0 ? [evilId, ids.token0] : [ids.token0, evilId];
  const key = { asset0, asset1, fee: 3000n, alpha: 0n, beta: 0n, flags: 0n };
  await ledger.connect(alice).call(
    poolCall({
      amm,
      key,
      to: alice,
      amount0: 10n * WAD,
      amount1: 10n * WAD,
      data: actions.encodeFunctionData("createPool", [key, 1n, NEVER]),
    }),
  );
  return { ...fixture, evil, evilId, key, token0 };
}

describe("attacks", () => {
  it("re-entrant token and hook", async () => {
    const fixture = await loadFixture(callbackFixture);
    const { ledger, amm, alice, evil, evilId, key, ids } = fixture;
    const target = await ledger.getAddress();
    const locked = errorData({ ledger, error: "LedgerLocked" });
    const swap = (zeroForOne: boolean) =>
      poolCall({
        amm,
        key,
        to: alice,
        amount0: zeroForOne ? WAD / 100n : 0n,
        amount1: zeroForOne ? 0n : WAD / 100n,
        source: SOURCE.wallet,
        destination: DESTINATION.wallet,
        data: actions.encodeFunctionData("swapExactIn", [0n, NEVER]),
      });
    const triggers = {
      deposit: () => ledger.connect(alice).deposit(evil, 5n, 0n, alice),
      withdraw: () => ledger.connect(alice).withdraw(evil, 5n, alice),
      "call with the token in": () => ledger.connect(alice).call(swap(key.asset0 === evilId)),
      "call with the token out": () => ledger.connect(alice).call(swap(key.asset0 !== evilId)),
    };
    const attacks = await movements(fixture, await evil.getAddress());
    for (const [trigger, send] of Object.entries(triggers)) {
      for (const [name, data] of Object.entries(attacks)) {
        await evil.setCallback(target, data, false);
        await send();
        expect(await evil.calls(), `${trigger}: ${name}`).to.equal(1n);
        expect(await evil.lastSuccess(), `${trigger}: ${name}`).to.equal(false);
        expect(await evil.lastReturnData(), `${trigger}: ${name}`).to.equal(locked);
      }
    }
    // What needs no lock touches nobody else's word, and not the movement under way.
    const total = async () => (await ledger.balanceOf(alice, evilId)) + (await ledger.balanceOf(evil, evilId));
    const balances = async () => [
      await ledger.balanceOf(alice, ids.token0),
      await ledger.wordOf(alice, ids.weth),
      await ledger.balanceOf(evil, evilId),
      await ledger.balanceOf(evil, ids.token0),
      await ledger.isCore(fixture.bob),
      await ledger.settlementOf(0n),
    ];
    const before = await balances();
    for (const [name, data] of Object.entries(await ownWrites(fixture))) {
      for (const send of [triggers.deposit, triggers.withdraw]) {
        const sum = await total();
        await evil.setCallback(target, data, false);
        await send();
        expect(await evil.calls(), name).to.equal(1n);
        expect(await balances(), name).to.deep.equal(before);
        expect((await total()) - sum, name).to.equal(send === triggers.deposit ? 5n : -5n);
      }
    }
    // The account that cancels and consents while it is being credited keeps both the credit and the flags.
    const { sequence } = await fixture.ledgerLens.holdingOf(evil, ids.token0);
    expect(sequence).to.equal(2n * CANCELLED);
  });

  it("re-entrant token and hook: views equal the committed state", async () => {
    const fixture = await loadFixture(callbackFixture);
    const { ledger, amm, alice, evil, evilId, key } = fixture;
    const target = await ledger.getAddress();
    const encode = ledger.interface.encodeFunctionData.bind(ledger.interface);
    const wordOfAlice = encode("wordOf", [alice.address, evilId]);
    for (const isBefore of [true, false]) {
      await evil.setCallback(target, wordOfAlice, isBefore);
      await ledger.connect(alice).withdraw(evil, 7n, alice);
      expect(BigInt(await evil.lastReturnData())).to.equal(await ledger.wordOf(alice, evilId));

      const before = await ledger.wordOf(alice, evilId);
      await evil.setCallback(target, wordOfAlice, isBefore);
      await ledger.connect(alice).deposit(evil, 7n, 0n, alice);
      expect(BigInt(await evil.lastReturnData())).to.equal(before);
    }
    // When a swap pays out, book and balances are final.
    const zeroForOne = key.asset0 !== evilId;
    const swap = poolCall({
      amm,
      key,
      to: alice,
      amount0: zeroForOne ? WAD : 0n,
      amount1: zeroForOne ? 0n : WAD,
      destination: DESTINATION.wallet,
      data: actions.encodeFunctionData("swapExactIn", [0n, NEVER]),
    });
    const views = {
      book: encode("bookOf", [await amm.getAddress(), swap.key, key.asset0, key.asset1]),
      word: encode("wordOf", [alice.address, zeroForOne ? key.asset0 : key.asset1]),
    };
    for (const view of Object.values(views)) {
      await evil.setCallback(target, view, true);
      await ledger.connect(alice).call(swap);
      expect(await evil.lastReturnData()).to.equal(await ethers.provider.call({ to: target, data: view }));
    }
  });

  it("re-entrant token and hook: a NOTIFY hook", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, issuer, alice, bob, ids } = fixture;
    const salt = ethers.id("hook");
    await issuer.issue(salt, FLAG.notify0, issuer, ethers.ZeroAddress);
    const id = await issuedId({ owner: issuer, salt, flags: FLAG.notify0 });
    await issuer.mint(id, alice, 1000n);
    await ledger.connect(alice).transfer(issuer, ids.token0, WAD);
    const encode = ledger.interface.encodeFunctionData.bind(ledger.interface);
    const attacks = {
      ...(await movements(fixture, await issuer.getAddress())),
      "mint of its own": encode("mint", [id, bob.address, 1n]),
      "burn of its own": encode("burn", [id, await issuer.getAddress(), 0n]),
    };
    const before = await ledger.balanceOf(issuer, ids.token0);
    let sent = 0n;
    for (const [name, data] of Object.entries(attacks)) {
      await issuer.setNoticeAttack(data);
      await ledger.connect(alice).transfer(bob, id, 1n);
      sent += 1n;
      expect(await issuer.attackSucceeded(), name).to.equal(false);
      const notice = await issuer.notices((await issuer.noticeCount()) - 1n);
      expect([notice.balanceFrom, notice.balanceTo], name).to.deep.equal([1000n - sent, sent]);
    }
    expect(await ledger.balanceOf(issuer, ids.token0)).to.equal(before);
  });

  it("re-entrant token and hook: an ether receiver", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, alice, ids } = fixture;
    const receiver = await ethers.deployContract("EtherReceiver");
    const address = await receiver.getAddress();
    await ledger.connect(alice).transfer(address, ids.weth, WAD);
    await ledger.connect(alice).transfer(address, ids.token0, WAD);
    const target = await ledger.getAddress();
    const locked = errorData({ ledger, error: "LedgerLocked" });
    for (const [name, data] of Object.entries(await movements(fixture, address))) {
      await receiver.setCallback(target, data, false);
      await ledger.connect(alice).withdrawNative(5n, address);
      expect(await receiver.calls(), name).to.equal(1n);
      expect(await receiver.lastReturnData(), name).to.equal(locked);
    }
    await receiver.setCallback(target, ledger.interface.encodeFunctionData("wordOf", [alice.address, ids.weth]), true);
    await ledger.connect(alice).withdrawNative(5n, address);
    expect(BigInt(await receiver.lastReturnData())).to.equal(await ledger.wordOf(alice, ids.weth));
    // A strict receiver that fails to re-enter only refuses its own payment.
    await receiver.setCallback(target, ledger.interface.encodeFunctionData("withdrawNative", [1n, address]), true);
    await expect(ledger.connect(alice).withdrawNative(5n, address))
      .to.be.revertedWithCustomError(ledger, "LedgerNativeTransferFailed")
      .withArgs(address, 5n);
  });
});
