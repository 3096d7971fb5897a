import { expect } from "chai";
import { isInstrumented } from "#chain";
import { ethers, KIND, loadFixture, sectionOf, settle, stateOf, WAD } from "../../helpers/ledger-fixture.js";
import {
  createMarket,
  lendingActions,
  lendingFixture,
  marketCall,
  marketKeyOf,
  type LendingFixture,
  type MarketParams,
} from "../../helpers/lending-fixture.js";

const CONSENT = 1n;
const MODE = { answers: 0n, reverts: 1n, burnsGas: 2n, short: 3n } as const;
const REMOVE_COLLATERAL = 11n;
const REPAY = 8n;

/** A market with an outside rate model; Alice lends, Bob owes, and both have collateral. */
async function outsideFixture() {
  const fixture = await lendingFixture();
  const { ledger, lending, alice, bob, ids, rateModel } = fixture;
  const outside: MarketParams = { ...fixture.market, irm: await rateModel.getAddress() };
  const { marketId: outsideId, shareId: outsideShare } = await createMarket({ ledger, lending, alice }, outside);
  for (const user of [alice, bob]) {
    for (const id of [ids.token0, ids.token1, outsideShare]) await ledger.connect(user).setConsent(id, CONSENT);
  }
  await rateModel.setRate(10n ** 9n);
  await fixture.supply(100n * WAD, { user: alice, market: outside });
  await fixture.addCollateral(50n * WAD, { user: bob, market: outside });
  await fixture.addCollateral(5n * WAD, { user: alice, market: outside });
  await fixture.borrow(20n * WAD, { user: bob, market: outside });
  return { ...fixture, outside, outsideId, outsideShare };
}

type OutsideFixture = Awaited<ReturnType<typeof outsideFixture>>;

const sectionOn = ({ lending, outside, outsideShare }: OutsideFixture, gasCap = 5_000_000n) =>
  sectionOf({
    ...{ protocol: lending, key: marketKeyOf(outside), gasCap, shareId: outsideShare },
    ...{ asset0: outside.loanAsset, asset1: outside.collateralAsset },
  });

const stored = async ({ ledger, lending }: LendingFixture) => stateOf([ledger, lending]);

/** Every way in which oracle and rate model fail. */
async function failures({ oracle, rateModel, ledger, lending, outside, alice }: OutsideFixture) {
  const attack = ledger.interface.encodeFunctionData("transfer", [alice.address, outside.loanAsset, 1n]);
  const reentry = lending.interface.encodeFunctionData("setFeeRecipient", [alice.address]);
  return [
    { name: "revert", oracle: () => oracle.setMode(MODE.reverts), model: () => rateModel.setMode(MODE.reverts) },
    {
      name: "burn all gas",
      oracle: () => oracle.setMode(MODE.burnsGas),
      model: () => rateModel.setMode(MODE.burnsGas),
    },
    {
      name: "call back",
      oracle: () => oracle.setAttack(ledger, attack),
      model: () => rateModel.setAttack(lending, reentry),
    },
    { name: "answer too little", oracle: () => oracle.setPrice(0n), model: () => rateModel.setMode(MODE.short) },
  ];
}

describe("attacks", () => {
  for (const index of [0, 1, 2, 3]) {
    const name = ["revert", "burn all gas", "call back", "answer too little"][index] ?? "";
    it(`lending oracle and rate model that ${name}: debt is repaid and collateral leaves (LEN_15)`, async () => {
      const fixture = await loadFixture(outsideFixture);
      const { ledger, lending, settlement, outside, outsideId, alice, bob } = fixture;
      const failure = (await failures(fixture))[index];
      if (failure === undefined) expect.fail("no such failure");
      expect(failure.name).to.equal(name);
      await failure.oracle();
      await failure.model();
      // In a batch: the debtor repays a part, who has no debt takes all out; who needs a price fails alone.
      const { executed, skipped } = await settle({
        settlement,
        section: sectionOn(fixture),
        orders: [
          { account: bob, sequence: 0n, kind: KIND.none, amount: 0n, arguments: WAD },
          { account: bob, sequence: 1n, kind: REPAY, amount: 5n * WAD },
          { account: alice, sequence: 0n, kind: REMOVE_COLLATERAL, amount: 0n, arguments: 2n * WAD },
        ],
      });
      expect([executed, skipped]).to.deep.equal([true, [1n]]);
      // From wallets: all of both.
      const borrow = marketCall(lending, outside, { action: "borrow", args: [1n, ethers.ZeroAddress] });
      await expect(ledger.connect(bob).call(borrow, { gasLimit: 1_500_000n })).to.be.revert(ethers);
      await fixture.removeCollateral(ethers.MaxUint256, { user: alice, market: outside });
      await fixture.run("repayShares", [ethers.MaxUint256, ethers.ZeroAddress], {
        ...{ user: bob, market: outside },
        amount0: 30n * WAD,
      });
      await fixture.removeCollateral(ethers.MaxUint256, { user: bob, market: outside });
      await fixture.redeem(ethers.MaxUint256, { user: alice, market: outside });
      for (const user of [alice, bob]) expect(await lending.positionOf(outsideId, user)).to.deep.equal([0n, 0n]);
      const book = await ledger.bookOf(lending, marketKeyOf(outside), outside.loanAsset, outside.collateralAsset);
      expect((book >> 112n) & (2n ** 112n - 1n)).to.equal(0n);
      expect(await lending.feeRecipient()).to.equal(ethers.ZeroAddress);
    });
  }

  it("lending oracle at zero and at absurd prices (LEN_09)", async () => {
    const fixture = await loadFixture(outsideFixture);
    const { lending, outside, outsideId, oracle, alice, bob, liquidate, borrow, removeCollateral } = fixture;
    const act = { user: alice, market: outside };
    await oracle.setPrice(0n);
    await expect(liquidate(WAD, bob.address, act)).to.be.revertedWithCustomError(lending, "LendingZeroPrice");
    await expect(borrow(1n, { user: alice, market: outside })).to.be.revertedWithCustomError(
      lending,
      "LendingUnhealthy",
    );
    const remove = removeCollateral(1n, { user: bob, market: outside });
    await expect(remove).to.be.revertedWithCustomError(lending, "LendingUnhealthy");
    // The highest word there is: no overflow, and no more than is idle.
    await oracle.setPrice(ethers.MaxUint256);
    await expect(liquidate(WAD, bob.address, act)).to.be.revertedWithCustomError(lending, "LendingHealthy");
    await expect(borrow(81n * WAD, act)).to.be.revertedWithCustomError(lending, "LendingInsufficientLiquidity");
    await borrow(WAD, act);
    // The lowest that is none: whatever is repaid, all collateral goes, and what is left is written off.
    await oracle.setPrice(1n);
    await liquidate(WAD, bob.address, act);
    expect(await lending.positionOf(outsideId, bob)).to.deep.equal([0n, 0n]);
  });

  it("too little gas for a lending rate model, or an oracle of a batch (LEN_24)", async function () {
    // Gas is another without the optimiser and with counters.
    if (isInstrumented) this.skip();
    const fixture = await loadFixture(outsideFixture);
    const { ledger, lending, settlement, outside, outsideId, rateModel, bob } = fixture;
    await rateModel.setRate(3n * 10n ** 9n);
    const data = ledger.interface.encodeFunctionData("call", [
      {
        ...{ protocol: await lending.getAddress(), key: marketKeyOf(outside), source: 0n, destination: 0n },
        ...{ asset0: outside.loanAsset, asset1: outside.collateralAsset, amount0: 0n, amount1: 0n },
        ...{ to: ethers.ZeroAddress, data: lendingActions.encodeFunctionData("accrue") },
      },
    ]);
    let [refused, done] = [0, 0];
    for (let gasLimit = 60_000n; gasLimit <= 240_000n; gasLimit += 6_000n) {
      const snapshot = (await ethers.provider.send("evm_snapshot", [])) as string;
      const sent = await bob.sendTransaction({ to: ledger, data, gasLimit }).then(
        async (response) => (await response.wait())?.status === 1,
        () => false,
      );
      // It accrues at the new rate, or reverts as a whole: it never goes on at the last one.
      const { rate } = await lending.marketOf(outsideId);
      expect(rate).to.equal(sent ? 3n * 10n ** 9n : 10n ** 9n);
      if (sent) done += 1;
      else refused += 1;
      await ethers.provider.send("evm_revert", [snapshot]);
    }
    expect(refused).to.be.greaterThan(5);
    expect(done).to.be.greaterThan(5);
    // A section whose cap is too small for the oracle fails as a whole; none of its operations is skipped for that.
    let [starved, executed] = [0, 0];
    const orders = [{ account: bob, kind: KIND.none, amount: 0n, arguments: WAD }];
    for (let gasCap = 150_000n; gasCap <= 900_000n; gasCap += 50_000n) {
      const snapshot = (await ethers.provider.send("evm_snapshot", [])) as string;
      const before = await stored(fixture);
      const result = await settle({ settlement, section: sectionOn(fixture, gasCap), orders });
      if (result.executed) {
        expect(result.skipped).to.deep.equal([0n]);
        executed += 1;
      } else {
        expect(await stored(fixture)).to.deep.equal(before);
        starved += 1;
      }
      await ethers.provider.send("evm_revert", [snapshot]);
    }
    expect(starved).to.be.greaterThan(2);
    expect(executed).to.be.greaterThan(2);
  });
});
