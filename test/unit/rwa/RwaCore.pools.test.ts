import { expect } from "chai";
import {
  actions,
  bookKeyOf,
  ethers,
  KIND,
  loadFixture,
  NEVER,
  poolCall,
  poolIdOf,
  sectionOf,
  settle,
  WAD,
  type PoolKey,
} from "../../helpers/ledger-fixture.js";
import { APPROVAL, distribute, ELIGIBLE, passDays, rwaFacadeFixture, UNITS } from "../../helpers/rwa-fixture.js";

const POOLED = 100n * WAD;

/** Of a range in which such a pool holds as much of each asset as its offsets are. */
const RANGE = { alpha: 2n ** 64n / 2_000_000n, beta: 500_000n * 2n ** 64n };

/** A restricted pool of USDC and the asset, which Alice creates with a tenth of her units. */
async function pooledFixture(range: Pick<PoolKey, "alpha" | "beta"> = { alpha: 0n, beta: 0n }) {
  const fixture = await rwaFacadeFixture();
  const { ledger, amm, registry, id, ids, alice } = fixture;
  await registry.setProtocol(amm);
  const key: PoolKey = { asset0: ids.usdc, asset1: id, fee: 3000n, ...range, flags: 2n };
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
async function createdFixture(range?: Pick<PoolKey, "alpha" | "beta">) {
  const fixture = await pooledFixture(range);
  const { agency, amm, id, pool, create } = fixture;
  await agency.setApproval(id, amm, APPROVAL.venue);
  await agency.setApproval(id, pool, APPROVAL.pool);
  await create();
  await agency.setApproval(id, pool, 0n);
  return fixture;
}

const approvableFixture = () => pooledFixture();
const openFixture = () => createdFixture();
const rangeFixture = () => createdFixture(RANGE);

describe("RwaCore", () => {
  describe("in an AMM pool", () => {
    it("is pooled where the issuer approved both the AMM and the pool", async () => {
      const { agency, amm, ledger, id, pool, create } = await loadFixture(approvableFixture);
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
      const { registry, ledger, bob, carol, buy, sell } = await loadFixture(openFixture);
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
      const { agency, amm, ledger, id, shareId, alice, bob, dave, call, sell } = await loadFixture(openFixture);
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
        await loadFixture(openFixture);
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

    it("keeps a frozen LP in by wallet and section alike, also where nothing of it is left", async () => {
      const fixture = await loadFixture(rangeFixture);
      const { ledger, amm, settlement, agency, id, ids, key, shareId, alice, bob, call } = fixture;
      await agency.setAccountFrozen(id, alice, true);
      const shares = await ledger.balanceOf(alice, shareId);
      const leave = () => call(alice, "removeLiquidity", [shares, 0n, 0n, NEVER]);
      const refused = async () => expect(leave()).to.be.revertedWithCustomError(ledger, "LedgerTransferRefused");
      await refused();
      await call(bob, "swapExactOut", [POOLED, NEVER], 1_000_000_000n);
      const book = await ledger.bookOf(amm, bookKeyOf(key), key.asset0, key.asset1);
      expect((book >> 112n) & (2n ** 112n - 1n)).to.equal(0n);
      await ledger.connect(alice).setConsent(shareId, 1n);
      const section = sectionOf({
        ...{ protocol: await amm.getAddress(), key: bookKeyOf(key), asset0: ids.usdc, asset1: id, shareId },
      });
      const order = { account: alice, kind: KIND.shares, amount: shares };
      expect((await settle({ settlement, section, orders: [order] })).skipped).to.deep.equal([1n]);
      await refused();
      await call(bob, "swapExactIn", [0n, NEVER], 0n, POOLED);
      await refused();
      await call(bob, "swapExactOut", [POOLED, NEVER], 1_000_000_000n);
      const before = await ledger.balanceOf(alice, ids.usdc);
      await agency.forceExit(id, amm, key, alice, 0n, 0n);
      expect((await ledger.balanceOf(alice, ids.usdc)) - before).to.be.greaterThan(299_000_000n);
    });

    it("bears no income there, and all of it goes to holders", async () => {
      const fixture = await loadFixture(openFixture);
      const { core, id, alice, bob, sell } = fixture;
      await passDays(1n);
      await distribute(fixture, { amount: 19_000_000n, days: 1n });
      expect((await core.incomeStateOf(id)).weight).to.equal(2n * UNITS - POOLED);
      await passDays(2n);
      await sell(bob, UNITS / 2n); // after the day
      const income = await Promise.all([alice, bob].map((account) => core.incomeOf(id, account)));
      expect(income).to.deep.equal([8_999_999n, 9_999_999n]);
    });

    it("bears income again when it comes out", async () => {
      const fixture = await loadFixture(openFixture);
      const { core, ledger, id, shareId, alice, bob, call } = fixture;
      await passDays(1n);
      await call(alice, "removeLiquidity", [await ledger.balanceOf(alice, shareId), 0n, 0n, NEVER]);
      const held = (await ledger.balanceOf(alice, id)) + (await ledger.balanceOf(bob, id));
      expect(held).to.be.greaterThan(2n * UNITS - POOLED);
      expect((await core.incomeStateOf(id)).weight).to.equal(held);
      await distribute(fixture, { amount: 20_000_000n, days: 1n });
      await passDays(2n);
      const [hers, his] = [await core.incomeOf(id, alice), await core.incomeOf(id, bob)];
      expect(hers + his).to.be.lessThanOrEqual(20_000_000n);
      expect(his).to.be.greaterThanOrEqual(9_999_999n);
    });
  });
});
