import { expect } from "chai";
import {
  actions,
  callOf,
  ethers,
  expectRefused,
  type LedgerFixture,
  ledgerFixture,
  loadFixture,
  NEVER,
  SOURCE,
  WAD,
} from "../../helpers/ledger-fixture.js";

async function signPermit(fixture: LedgerFixture, value: bigint) {
  const { ledger, token0, carol } = fixture;
  const { chainId } = await ethers.provider.getNetwork();
  const domain = {
    name: await token0.name(),
    version: "1",
    chainId,
    verifyingContract: await token0.getAddress(),
  };
  const types = {
    Permit: [
      { name: "owner", type: "address" },
      { name: "spender", type: "address" },
      { name: "value", type: "uint256" },
      { name: "nonce", type: "uint256" },
      { name: "deadline", type: "uint256" },
    ],
  };
  const message = {
    owner: carol.address,
    spender: await ledger.getAddress(),
    value,
    nonce: await token0.nonces(carol),
    deadline: NEVER,
  };
  return ethers.Signature.from(await carol.signTypedData(domain, types, message));
}

async function signAllowance(fixture: LedgerFixture, amount: bigint) {
  const { ledger, permit2, token0, carol } = fixture;
  const { chainId } = await ethers.provider.getNetwork();
  const domain = { name: "Permit2", chainId, verifyingContract: await permit2.getAddress() };
  const types = {
    PermitSingle: [
      { name: "details", type: "PermitDetails" },
      { name: "spender", type: "address" },
      { name: "sigDeadline", type: "uint256" },
    ],
    PermitDetails: [
      { name: "token", type: "address" },
      { name: "amount", type: "uint160" },
      { name: "expiration", type: "uint48" },
      { name: "nonce", type: "uint48" },
    ],
  };
  const permitted = {
    details: { token: await token0.getAddress(), amount, expiration: NEVER, nonce: 0n },
    spender: await ledger.getAddress(),
    sigDeadline: NEVER,
  };
  return { permitted, signature: await carol.signTypedData(domain, types, permitted) };
}

describe("Ledger", () => {
  describe("permit", () => {
    it("reverts for an address without code", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, bob } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.permit(bob, 1n, NEVER, 27, ethers.ZeroHash, ethers.ZeroHash),
        error: "LedgerUnknownToken",
        args: [bob.address],
      });
    });

    it("sets the caller's allowance, and passes over a permit that was submitted before", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, bob, carol } = fixture;
      const { v, r, s } = await signPermit(fixture, 5n);
      await token0.connect(bob).permit(carol, ledger, 5n, NEVER, v, r, s);
      await ledger.connect(carol).permit(token0, 5n, NEVER, v, r, s);
      expect(await token0.allowance(carol, ledger)).to.equal(5n);
    });

    it("does nothing with another's permit or with a token that has none", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, weth, bob, carol } = fixture;
      const { v, r, s } = await signPermit(fixture, 5n);
      await ledger.connect(bob).permit(token0, 5n, NEVER, v, r, s);
      expect(await token0.allowance(carol, ledger)).to.equal(0n);
      await ledger.connect(carol).permit(weth, 5n, NEVER, v, r, s);
      expect(await weth.allowance(carol, ledger)).to.equal(0n);
    });
  });

  describe("permit2", () => {
    it("sets the caller's allowance, and passes over a refused one", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, permit2, token0, bob, carol } = fixture;
      const { permitted, signature } = await signAllowance(fixture, 7n);
      await ledger.connect(bob).permit2(permitted, signature);
      expect((await permit2.allowance(carol, token0, ledger))[0]).to.equal(0n);
      await ledger.connect(carol).permit2(permitted, signature);
      expect((await permit2.allowance(carol, token0, ledger))[0]).to.equal(7n);
      await ledger.connect(carol).permit2(permitted, signature);
      expect((await permit2.allowance(carol, token0, ledger))[0]).to.equal(7n);
    });
  });

  describe("multicall", () => {
    it("takes no ether", async () => {
      const { ledger, alice } = await loadFixture(ledgerFixture);
      const data = ledger.interface.encodeFunctionData("multicall", [[]]);
      await expect(alice.sendTransaction({ to: ledger, data, value: 1n })).to.be.revert(ethers);
    });

    it("makes no call when it is given none", async () => {
      const { ledger, alice } = await loadFixture(ledgerFixture);
      expect(await ledger.connect(alice).multicall.staticCall([])).to.deep.equal([]);
      await expect(ledger.connect(alice).multicall([])).not.to.emit(ledger, "Transfer");
    });

    it("reverts as a whole with the error of the step that fails", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, carol, ids } = fixture;
      const transfer = (amount: bigint) =>
        ledger.interface.encodeFunctionData("transfer", [carol.address, ids.token0, amount]);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).multicall([transfer(5n), transfer(1000n * WAD)]),
        error: "LedgerInsufficientBalance",
        args: [alice.address, ids.token0, 1000n * WAD - 5n, 1000n * WAD],
      });
    });

    it("permits and deposits in one transaction, also when the permit was submitted before", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, bob, carol, ids } = fixture;
      await token0.mint(carol, 5n);
      const { v, r, s } = await signPermit(fixture, 5n);
      const steps = [
        ledger.interface.encodeFunctionData("permit", [await token0.getAddress(), 5n, NEVER, v, r, s]),
        ledger.interface.encodeFunctionData("deposit", [await token0.getAddress(), 5n, 5n, carol.address]),
      ];
      await token0.connect(bob).permit(carol, ledger, 5n, NEVER, v, r, s);
      await ledger.connect(carol).multicall(steps);
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(5n);
    });

    it("lets each step take the lock, the caller staying the caller", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, protocol, token0, carol, ids } = fixture;
      await token0.mint(carol, 7n);
      await token0.connect(carol).approve(fixture.permit2, 7n);
      const { permitted, signature } = await signAllowance(fixture, 7n);
      const call = callOf({
        protocol: await protocol.getAddress(),
        to: carol.address,
        asset0: ids.token0,
        asset1: ids.token1,
        amount0: 7n,
        source: SOURCE.permit2,
        data: actions.encodeFunctionData("swapExactIn", [0n, NEVER]),
      });
      await ledger
        .connect(carol)
        .multicall([
          ledger.interface.encodeFunctionData("permit2", [permitted, signature]),
          ledger.interface.encodeFunctionData("call", [call]),
        ]);
      expect((await protocol.lastAction()).actor).to.equal(carol.address);
      expect((await protocol.lastAction()).inputs).to.equal(7n);
      expect(await protocol.lastData()).to.equal(call.data);
    });
  });
});
