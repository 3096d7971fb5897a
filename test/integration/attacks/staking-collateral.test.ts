import { expect } from "chai";
import { ethers, loadFixture, networkHelpers } from "../../helpers/ledger-fixture.js";
import {
  createMarket,
  lendingActions,
  LLTV,
  marketCall,
  marketIdOf,
  NO_INTEREST,
  PRICE_SCALE,
  type MarketParams,
} from "../../helpers/lending-fixture.js";
import { gained, REWARD, shared, STAKED, stakePoolsFixture } from "../../helpers/staking-pools.js";

/** Stake as collateral: a market that lends USDC against receipts of the plain pool, in which Bob lends. */
async function collateralFixture() {
  const fixture = await stakePoolsFixture();
  const { ledger, ids, receiptId, carol } = fixture;
  const lending = await ethers.deployContract("LendingCore", [ledger]);
  const oracle = await ethers.deployContract("MockPriceOracle", [PRICE_SCALE]);
  await ledger.listCore(lending);
  await lending.enableRateModel(NO_INTEREST);
  await lending.enableLltv(LLTV);
  const market: MarketParams = {
    ...{ loanAsset: ids.usdc, collateralAsset: receiptId, oracle: await oracle.getAddress(), irm: NO_INTEREST },
    ...{ lltv: LLTV, closeOutDebt: 2n ** 96n - 1n },
  };
  await createMarket({ ledger, lending, alice: fixture.alice }, market);
  type Act = { user: typeof carol; amount0?: bigint; amount1?: bigint };
  const lend = async (action: string, args: readonly unknown[], { user, ...rest }: Act) =>
    ledger.connect(user).call(marketCall(lending, market, { action, args, ...rest }));
  await lend("supply", [0n], { user: carol, amount0: 2n * STAKED });
  const end = await shared(fixture);
  return { ...fixture, lending, oracle, market, lend, end };
}

describe("attacks", () => {
  it("receipts go into no book of a listed core", async () => {
    const { ledger, lending, market, receiptId, alice, run } = await loadFixture(collateralFixture);
    await run("mintReceipts", [STAKED], { user: alice });
    await expect(ledger.connect(alice).transfer(lending, receiptId, 1n))
      .to.be.revertedWithCustomError(ledger, "LedgerTransferRefused")
      .withArgs(receiptId, alice.address, await lending.getAddress(), 1n);
    const data = lendingActions.encodeFunctionData("addCollateral", [ethers.ZeroAddress]);
    const call = marketCall(lending, market, {
      action: "addCollateral",
      args: [ethers.ZeroAddress],
      amount1: 1n,
      data,
    });
    await expect(ledger.connect(alice).call(call)).to.be.revertedWithCustomError(ledger, "LedgerTransferRefused");
    // Nor is it lent.
    const reversed: MarketParams = { ...market, loanAsset: receiptId, collateralAsset: market.loanAsset };
    await expect(createMarket({ ledger, lending, alice }, reversed))
      .to.be.revertedWithCustomError(lending, "LendingRestrictedAsset")
      .withArgs(receiptId);
  });

  it("pledged stake earns for its owner, does not leave, and is seized with what it earns from then on", async () => {
    const fixture = await loadFixture(collateralFixture);
    const { staking, lending, oracle, market, lend, end, ids } = fixture;
    const { stakeId, receiptId, alice, bob, run, unstake, claim } = fixture;
    await expect(lend("pledgeCollateral", [STAKED], { user: alice }))
      .to.be.revertedWithCustomError(staking, "PledgeeNotApproved")
      .withArgs(receiptId, await lending.getAddress());
    await run("allowPledge", [await lending.getAddress(), STAKED], { user: alice });
    await lend("pledgeCollateral", [STAKED], { user: alice });
    await lend("borrow", [(STAKED * 8n) / 10n, ethers.ZeroAddress], { user: alice });
    expect(await staking.pledgedOf(alice, receiptId, lending)).to.equal(STAKED);
    expect(await staking.pledgedTotal(alice, receiptId)).to.equal(STAKED);
    await expect(unstake(1n, { user: alice }))
      .to.be.revertedWithCustomError(staking, "StakingInsufficientShares")
      .withArgs(1n, 0n);
    await expect(run("mintReceipts", [1n], { user: alice })).to.be.revertedWithCustomError(
      staking,
      "StakingInsufficientShares",
    );
    // Half of the week passes: half of it to Alice, whatever is pledged.
    const half = end - 7n * 12n * 3600n;
    await networkHelpers.time.setNextBlockTimestamp(half);
    const id = ids.token1;
    const first = await gained(fixture, { user: alice, id, send: () => claim({ user: alice }) });
    expect(first).to.equal(REWARD / 4n - 1n);
    await oracle.setPrice((9n * PRICE_SCALE) / 10n);
    await lend("liquidate", [alice.address, 0n], { user: bob, amount0: STAKED });
    const seized = await lending.seizableOf(await marketIdOf(lending, market), alice, bob);
    expect(seized).to.be.greaterThan(0n);
    expect((await staking.positionOf(stakeId, bob)).shares).to.equal(STAKED);
    await networkHelpers.time.setNextBlockTimestamp(half + 3600n);
    await lending.seize(market, alice, bob);
    const [alices, bobs] = [await staking.positionOf(stakeId, alice), await staking.positionOf(stakeId, bob)];
    expect([alices.shares, alices.extra]).to.deep.equal([STAKED - seized, STAKED - seized]);
    expect([bobs.shares, bobs.extra]).to.deep.equal([STAKED + seized, 0n]);
    await networkHelpers.time.increaseTo(end);
    const rest = await gained(fixture, { user: alice, id, send: () => claim({ user: alice }) });
    const bought = await gained(fixture, { user: bob, id, send: () => claim({ user: bob }) });
    expect(first + rest + bought).to.be.lessThanOrEqual(REWARD);
    expect(first + rest + bought).to.be.greaterThanOrEqual(REWARD - 4n);
    const late = (REWARD * 83n) / 168n; // what flowed after the seizure
    const expected = (REWARD * 85n) / 336n + (late * (STAKED + seized)) / (2n * STAKED);
    expect(bought).to.be.closeTo(expected, 3n);
    // What was seized is free.
    await unstake(STAKED + seized, { user: bob });
  });
});
