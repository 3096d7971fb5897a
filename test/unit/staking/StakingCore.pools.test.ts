import { expect } from "chai";
import {
  callOf,
  ethers,
  FLAG,
  idOf,
  impersonate,
  issuedId,
  loadFixture,
  sectionOf,
  WAD,
} from "../../helpers/ledger-fixture.js";
import {
  createPool,
  DAY,
  RECEIPT_FLAGS,
  stakeCall,
  stakeIdOf,
  stakeKeyOf,
  stakingActions,
  type StakePool,
} from "../../helpers/staking-fixture.js";
import { settleStake, stakePoolsFixture } from "../../helpers/staking-pools.js";

const YEAR = 365n * DAY;

describe("StakingCore", () => {
  describe("ledger entries", () => {
    it("refuse any caller but the ledger", async () => {
      const { staking, stakeId, alice } = await loadFixture(stakePoolsFixture);
      for (const send of [
        () => staking.connect(alice).onLedgerCall(alice, stakeId, 0n, 0n, "0x"),
        () => staking.connect(alice).onLedgerBatch(stakeId, 0n, 0n, "0x", []),
        () => staking.connect(alice).onLedgerMovement(5n, alice, alice, 1n),
      ]) {
        await expect(send()).to.be.revertedWithCustomError(staking, "StakingNotLedger").withArgs(alice.address);
      }
    });

    it("refuse inputs that an action does not take, or the lack of those that it does", async () => {
      const { ledger, staking, plain, alice } = await loadFixture(stakePoolsFixture);
      const cases = [
        { action: "createPool", args: [plain], amount0: 1n },
        { action: "stake", args: [0n, ethers.ZeroAddress] },
        { action: "stake", args: [0n, ethers.ZeroAddress], amount0: 1n, amount1: 1n },
        { action: "unstake", args: [1n, ethers.ZeroAddress], amount0: 1n },
        { action: "claim", args: [ethers.ZeroAddress], amount1: 1n },
        { action: "fund", args: [1n] },
        { action: "fund", args: [1n], amount0: 1n, amount1: 1n },
        { action: "addRewards", args: [] },
        { action: "slash", args: [1n], amount0: 1n },
      ];
      for (const { amount0 = 0n, amount1 = 0n, ...action } of cases) {
        const call = await stakeCall(staking, plain, { ...action, amount0, amount1 });
        await expect(ledger.connect(alice).call(call))
          .to.be.revertedWithCustomError(staking, "StakingWrongInputs")
          .withArgs(amount0, amount1);
      }
    });

    it("refuse a book without a pool, and an unknown action", async () => {
      const { ledger, staking, plain, double, ids, alice, run } = await loadFixture(stakePoolsFixture);
      const unknown: StakePool = { ...plain, cooldown: 5n };
      await expect(run("claim", [ethers.ZeroAddress], { user: alice, pool: unknown }))
        .to.be.revertedWithCustomError(staking, "StakingUnknownPool")
        .withArgs(await stakeIdOf(staking, unknown));
      // A receipt's pool, a section's book.
      await expect(staking.issueReceipt(await stakeIdOf(staking, unknown))).to.be.revertedWithCustomError(
        staking,
        "StakingUnknownPool",
      );
      const call = { protocol: staking, key: stakeKeyOf(plain), asset0: ids.token0, asset1: ids.token1, to: alice };
      for (const data of ["0x", "0x12345678"]) {
        await expect(ledger.connect(alice).call(callOf({ ...call, data })))
          .to.be.revertedWithCustomError(staking, "StakingUnknownAction")
          .withArgs(data === "0x" ? "0x00000000" : data);
      }
      // On the book of the second stream there are none but those on rewards.
      const actions = [
        ["unstake", [1n, ethers.ZeroAddress]],
        ["slash", [1n]],
        ["mintReceipts", [1n]],
        ["finalise", [1n]],
      ] as const;
      for (const [action, args] of actions) {
        await expect(run(action, args, { user: alice, pool: double, stream: 1 }))
          .to.be.revertedWithCustomError(staking, "StakingUnknownAction")
          .withArgs(stakingActions.getFunction(action).selector);
      }
    });

    it("refuse a section with a share", async () => {
      const { ledger, staking, plain, receiptId } = await loadFixture(stakePoolsFixture);
      const asLedger = await impersonate(ledger);
      await expect(staking.connect(asLedger).onLedgerBatch(ethers.ZeroHash, 0n, receiptId, "0x", []))
        .to.be.revertedWithCustomError(staking, "StakingUnwantedShare")
        .withArgs(receiptId);
      const { settlement } = await loadFixture(stakePoolsFixture);
      const section = { protocol: staking, key: stakeKeyOf(plain), asset0: plain.stakeAsset, asset1: plain.reward0 };
      await settlement.settle(sectionOf({ ...section, shareId: receiptId }), []);
      const { executed } = await settleStake({ staking, settlement }, { pool: { ...plain, cooldown: 5n }, orders: [] });
      expect(executed).to.equal(false);
    });
  });

  describe("createPool", () => {
    it("refuses, in the order of its checks, what no pool can be", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { ledger, staking, issuer, plain, ids, alice, carol } = fixture;
      const key = stakeKeyOf(plain);
      const call = await stakeCall(staking, { ...plain, cooldown: 5n }, { action: "createPool", args: [plain] });
      await expect(ledger.connect(alice).call(call))
        .to.be.revertedWithCustomError(staking, "StakingWrongPool")
        .withArgs(await stakeIdOf(staking, plain), await stakeIdOf(staking, { ...plain, cooldown: 5n }));
      const ruled = await issuedId({ owner: issuer, salt: key, flags: FLAG.rules0 });
      const noted = await issuedId({ owner: issuer, salt: key, flags: FLAG.notify0 });
      const few = await ethers.deployContract("MockERC20", ["Few", "FEW", 5]);
      const silent = await ethers.deployContract("SilentContract");
      const absurd = await ethers.deployContract("MockERC20", ["Absurd", "ABS", 78]);
      const lock = { maxLock: 1n, maxBoost: 1n };
      const slash = { slasher: carol.address, maxSlash: 1n };
      const cases: [Partial<StakePool>, string, readonly unknown[]][] = [
        [{ stakeAsset: ruled }, "StakingRestrictedAsset", [ruled]],
        [{ stakeAsset: noted }, "StakingRestrictedAsset", [noted]],
        [{ reward0: ruled }, "StakingRestrictedAsset", [ruled]],
        [{ reward0: await idOf(few) }, "StakingRewardDecimals", [await idOf(few), 5n, 6n]],
        [{ reward0: await idOf(silent) }, "StakingRewardDecimals", [await idOf(silent), 0n, 6n]],
        [{ reward0: await idOf(absurd) }, "StakingRewardDecimals", [await idOf(absurd), 0n, 6n]],
        [{ reward0: 0n }, "StakingRewardDecimals", [0n, 0n, 6n]],
        [{}, "StakingPoolExists", [await stakeIdOf(staking, plain)]],
        [{ step: 2n }, "StakingInvalidStep", [2n]],
        [{ step: 0n }, "StakingInvalidStep", [0n]],
        [{ reward1: noted }, "StakingRestrictedAsset", [noted]],
        [{ reward1: await idOf(few) }, "StakingRewardDecimals", [await idOf(few), 5n, 6n]],
        [{ reward1: ids.token1 }, "StakingSameReward", [ids.token1]],
        [{ cooldown: YEAR + 1n }, "StakingInvalidCooldown", [YEAR + 1n, YEAR]],
        [{ maxBoost: 1n }, "StakingInvalidLock", [0n, 1n]],
        [{ maxLock: 1n }, "StakingInvalidLock", [1n, 0n]],
        [{ maxLock: 4n * YEAR + 1n, maxBoost: 1n }, "StakingInvalidLock", [4n * YEAR + 1n, 1n]],
        [{ maxLock: 1n, maxBoost: 10n * WAD + 1n }, "StakingInvalidLock", [1n, 10n * WAD + 1n]],
        [{ ...lock, ...slash, cooldown: 1n }, "StakingInvalidLock", [1n, 1n]],
        [{ maxSlash: 1n }, "StakingInvalidSlash", [ethers.ZeroAddress, 1n]],
        [{ slasher: carol.address, cooldown: 1n }, "StakingInvalidSlash", [carol.address, 0n]],
        [slash, "StakingInvalidSlash", [carol.address, 1n]],
        [{ ...slash, maxSlash: WAD / 2n + 1n, cooldown: 1n }, "StakingInvalidSlash", [carol.address, WAD / 2n + 1n]],
      ];
      for (const [change, error, args] of cases) {
        await expect(createPool(fixture, { ...plain, ...change }), JSON.stringify(Object.keys(change)))
          .to.be.revertedWithCustomError(staking, error)
          .withArgs(...args);
      }
    });

    it("keeps the terms, names the funder, and takes what is at the bounds", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { ledger, staking, plain, ids, alice, carol } = fixture;
      const pool: StakePool = { ...plain, reward1: ids.usdc, cooldown: YEAR, maxLock: 4n * YEAR, maxBoost: 10n * WAD };
      const id = await stakeIdOf(staking, pool);
      expect((await staking.termsOf(id)).funder).to.equal(ethers.ZeroAddress);
      const call = await stakeCall(staking, pool, { action: "createPool", args: [pool] });
      await expect(ledger.connect(alice).call(call))
        .to.emit(staking, "PoolCreated")
        .withArgs(id, ids.token0, carol.address, Object.values(pool));
      expect([...(await staking.termsOf(id))]).to.deep.equal(Object.values(pool));
      for (const step of [60n, 3600n, DAY]) {
        const slashed = { ...plain, step, slasher: carol.address, maxSlash: WAD / 2n, cooldown: 1n };
        await createPool(fixture, slashed);
        expect((await staking.totalsOf(await stakeIdOf(staking, slashed))).updatedAt).to.equal(0n);
      }
    });

    it("takes an issued asset for one of 18 decimals, and the staked asset as its own reward", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, plain, ids, issuer } = fixture;
      const share = await issuedId({ owner: issuer, salt: ethers.ZeroHash });
      const { stakeId } = await createPool(fixture, { ...plain, stakeAsset: share, reward0: share });
      expect(await staking.assetDecimals(stakeId)).to.equal(18n);
      const own: StakePool = { ...plain, reward0: ids.token0 };
      await createPool(fixture, own);
      await fixture.stake(7n * WAD, { user: fixture.alice, pool: own });
      await fixture.unstake(7n * WAD, { user: fixture.alice, pool: own });
    });
  });

  describe("issueReceipt", () => {
    it("refuses a pool with locks and a second time", async () => {
      const { ledger, staking, stakeId, created, receiptId } = await loadFixture(stakePoolsFixture);
      await expect(staking.issueReceipt(created.locked.stakeId))
        .to.be.revertedWithCustomError(staking, "StakingNotOffered")
        .withArgs(staking.interface.getFunction("issueReceipt").selector);
      await expect(staking.issueReceipt(stakeId))
        .to.be.revertedWithCustomError(ledger, "LedgerAlreadyIssued")
        .withArgs(receiptId);
    });

    it("makes the receipt a ledger asset with a name and decimals", async () => {
      const { ledger, staking, created } = await loadFixture(stakePoolsFixture);
      const { stakeId: id, receiptId } = created.cooled;
      await expect(staking.issueReceipt(id)).to.emit(staking, "ReceiptIssued").withArgs(id, receiptId);
      expect(await ledger.issuerOf(receiptId)).to.equal(await staking.getAddress());
      expect(await issuedId({ owner: staking, salt: id, flags: RECEIPT_FLAGS })).to.equal(receiptId);
      const label = `0x${id.slice(2, 10)}`;
      expect(await staking.assetName(id)).to.equal(`Lakh stake ${label}`);
      expect(await staking.assetSymbol(id)).to.equal(`ST-${label}`);
      expect([await staking.assetDecimals(id), await staking.assetSupply(id)]).to.deep.equal([18n, 0n]);
      expect(await staking.assetDecimals(created.slashed.stakeId)).to.equal(21n);
      expect(await staking.LEDGER()).to.equal(await ledger.getAddress());
    });
  });
});
