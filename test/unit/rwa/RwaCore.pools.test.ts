import { expect } from "chai";
import {
  actions,
  ethers,
  loadFixture,
  NEVER,
  poolCall,
  poolIdOf,
  WAD,
  type PoolKey,
} from "../../helpers/ledger-fixture.js";
import { APPROVAL, distribute, ELIGIBLE, passDays, rwaFacadeFixture, UNITS } from "../../helpers/rwa-fixture.js";

const POOLED = 100n * WAD;

/** A restricted pool of USDC and the asset, which Alice has created with a tenth of her units. */
async function pooledFixture() {
  const fixture = await rwaFacadeFixture();
  const { ledger, amm, registry, id, ids, alice } = fixture;
  await registry.setProtocol(amm);
  const key: PoolKey = { asset0: ids.usdc, asset1: id, fee: 3000n, alpha: 0n, beta: 0n, flags: 2n };
  const poolId = await poolIdOf({ amm, key });
  const pool = ethers.getAddress(`0x${poolId.slice(26)}`);
  const call = (user: typeof alice, name: string, args: readonly unknown[], amount0 = 0n, amount1 = 0n) =>
    ledger.connect(user).call(
      poolCall({
        amm,
        key,
        to: user,
        amount0,
        amount1,
        data: actions.encodeFunctionData(name as never, args as never),
      }),
    );
  const create = () => call(alice, "createPool", [key, 1n, NEVER], 100_000_000n, POOLED);
  const sell = (user: typeof alice, amount: bigint) => call(user, "swapExactIn", [0n, NEVER], 0n, amount);
  const buy = (user: typeof alice, amount: bigint) => call(user, "swapExactIn", [0n, NEVER], amount);
  return { ...fixture, key, pool, call, create, sell, buy, shareId: await amm.shareIdOf(key) };
}

/** The pool, created, and the approval of its address taken back. */
async function createdFixture() {
  const fixture = await pooledFixture();
  const { agency, amm, id, pool, create } = fixture;
  await agency.setApproval(id, amm, APPROVAL.venue);
  await agency.setApproval(id, pool, APPROVAL.pool);
  await create();
  await agency.setApproval(id, pool, 0n);
  return fixture;
}

describe("RwaCore", () => {
  describe("in an AMM pool", () => {
    it("is pooled where the issuer approved both the AMM and the pool", async () => {
      const { agency, amm, ledger, id, pool, create } = await loadFixture(pooledFixture);
      await expect(create()).to.be.revertedWithCustomError(ledger, "LedgerTransferRefused");
      await agency.setApproval(id, amm, APPROVAL.venue);
      await expect(create()).to.be.revertedWithCustomError(amm, "AmmRestrictedAsset").withArgs(id);
      await expect(agency.setApproval(id, pool, APPROVAL.pool | APPROVAL.venue)).to.be.revertedWithCustomError(
        agency,
        "RwaInvalidApproval",
      );
      await agency.setApproval(id, pool, APPROVAL.pool);
      await create();
    });

    it("is traded by who is eligible alone", async () => {
      const { registry, ledger, bob, carol, buy, sell } = await loadFixture(createdFixture);
      await buy(bob, 1_000_000n);
      await sell(bob, WAD);
      await expect(buy(carol, 1_000_000n)).to.be.revertedWithCustomError(ledger, "LedgerTransferRefused");
      await registry.setAccount(bob, { ...ELIGIBLE, sendUntil: 0n });
      await expect(sell(bob, WAD)).to.be.revertedWithCustomError(ledger, "LedgerTransferRefused");
      await buy(bob, 1_000_000n);
      await registry.setAccount(bob, { ...ELIGIBLE, receiveUntil: 0n });
      await expect(buy(bob, 1_000_000n)).to.be.revertedWithCustomError(ledger, "LedgerTransferRefused");
    });

    it("lets LPs leave when the approval is gone, and their shares go to eligible accounts alone", async () => {
      const { agency, amm, ledger, id, shareId, alice, bob, dave, call, sell } = await loadFixture(createdFixture);
      await agency.setApproval(id, amm, 0n);
      await expect(sell(bob, WAD)).to.be.revertedWithCustomError(ledger, "LedgerTransferRefused");
      await expect(ledger.connect(alice).transfer(dave, shareId, 5n)).to.be.revertedWithCustomError(
        ledger,
        "LedgerTransferRefused",
      );
      const shares = await ledger.balanceOf(alice, shareId);
      await ledger.connect(alice).transfer(bob, shareId, shares / 2n);
      await call(bob, "removeLiquidity", [shares / 2n, 0n, 0n, NEVER]);
      expect(await ledger.balanceOf(bob, id)).to.be.greaterThan(UNITS);
    });

    it("pays a frozen LP who is not eligible out to himself, by force", async () => {
      const { agency, registry, core, amm, ledger, id, ids, key, shareId, alice, dave } =
        await loadFixture(createdFixture);
      await agency.setAccountFrozen(id, alice, true);
      await agency.setPaused(id, true);
      await registry.setAccount(alice, { ...ELIGIBLE, sendUntil: 0n, receiveUntil: 0n });
      await expect(agency.forceExit(id, dave, key, alice, 0n, 0n))
        .to.be.revertedWithCustomError(agency, "RwaNotProtocol")
        .withArgs(dave.address);
      await expect(agency.forceExit(id, amm, { ...key, asset1: id + 1n }, alice, 0n, 0n)).to.be.revertedWithCustomError(
        agency,
        "RwaNotProtocol",
      );
      const usdc = await ledger.balanceOf(alice, ids.usdc);
      await expect(agency.forceExit(id, amm, key, alice, 0n, 0n)).to.emit(agency, "ExitForced");
      expect(await ledger.balanceOf(alice, shareId)).to.equal(0n);
      expect(await ledger.balanceOf(alice, id)).to.be.greaterThan(UNITS - WAD);
      expect(await ledger.balanceOf(alice, ids.usdc)).to.be.greaterThan(usdc);
      // The door is shut again.
      expect(await core.refusalOf(id, amm, alice, 1n)).to.equal(2n);
    });

    it("bears no income there, and all of it goes to holders", async () => {
      const fixture = await loadFixture(createdFixture);
      const { core, id, alice, bob, sell } = fixture;
      await passDays(1n);
      await distribute(fixture, { amount: 19_000_000n, days: 1n });
      expect((await core.incomeStateOf(id)).weight).to.equal(2n * UNITS - POOLED);
      await passDays(2n);
      await sell(bob, UNITS / 2n); // after the day
      const income = await Promise.all([alice, bob].map((account) => core.incomeOf(id, account)));
      expect(income).to.deep.equal([8_999_999n, 9_999_999n]);
    });
  });
});
