import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { NonceManager, Wallet } from "ethers";
import { findAnvil } from "../../scripts/lib/devnet.js";
import { startRelayer } from "../../scripts/lib/relayer/relayer.js";
import { loadBls } from "../../src/bls/bls.js";
import { createLakh, marketParams, sendRequest, stakeId, stakePool, type LakhRequest } from "../../src/index.js";
import { lendingOperations } from "../../src/settlement/lending-operations.js";
import { stakingOperations } from "../../src/settlement/staking-operations.js";
import { LendingCore__factory, MockPriceOracle__factory, StakingCore__factory } from "../../typechain-types/index.js";
import { at } from "../helpers/deploy.js";
import { openSession, relayerOptions } from "../helpers/relayer/session.js";
import { startSuite, WAD } from "../helpers/relayer/suite.js";

const CLIENTS = 3;

describe("lending and staking by the relayer", function () {
  this.timeout(90_000);

  it("settles operations on a market and on a stake pool, and refuses books and kinds that are none", async function () {
    if (findAnvil() === undefined) this.skip();
    const bls = await loadBls();
    const suite = await startSuite({ bls, count: CLIENTS });
    let session: Awaited<ReturnType<typeof openSession>> | undefined;
    try {
      const { deployed, devnet, token, pool, members } = suite;
      const { provider } = devnet;
      const deployer = new NonceManager(await provider.getSigner(0));
      const oracle = await new MockPriceOracle__factory(deployer).deploy(10n ** 36n);
      await oracle.waitForDeployment();
      const { lending, staking } = createLakh({ addresses: deployed, runner: deployer, account: suite.deployer });
      const assets = { loanAsset: pool.asset1, collateralAsset: pool.asset0 };
      const market = marketParams({ ...assets, oracle: await oracle.getAddress(), lltv: (86n * WAD) / 100n });
      const stakes = stakePool({ stakeAsset: token, rewards: [pool.asset1], funder: suite.deployer });
      const send = async (request: LakhRequest) => (await sendRequest(deployer, request)).wait();
      await send(lending.createMarket({ market }));
      await send(lending.supply({ market, assets: 1_000n * WAD, source: "wallet" }));
      await send(staking.createPool({ pool: stakes }));
      const now = Math.floor(Date.now() / 1_000);
      await send(staking.fund({ pool: stakes, amount: 7_200n * WAD, end: BigInt(now + 7_200), source: "wallet" }));

      const { lending: markets, staking: stakePools } = deployed;
      session = await openSession({ bls, suite, protocols: { lending: markets, staking: stakePools } });
      const { settle, submit, folder } = session;

      const core = LendingCore__factory.connect(deployed.lending, provider);
      const desk = StakingCore__factory.connect(deployed.staking, provider);
      const book = lending.marketIdOf({ market });
      const held = stakeId({ staking: deployed.staking, pool: stakes });
      const onMarket = { lending: deployed.lending, market };
      const onStakes = { staking: deployed.staking, pool: stakes };
      // asset0 and asset1 share a word, whose sequence counts what either asset pays.
      const secured = [
        lendingOperations.addCollateral({ ...onMarket, amount: 100n * WAD, sequence: 0 }),
        lendingOperations.borrow({ ...onMarket, assets: 50n * WAD, sequence: 1 }),
      ];
      const lent = [lendingOperations.supply({ ...onMarket, assets: 40n * WAD, sequence: 0 })];
      const staked = [stakingOperations.stake({ ...onStakes, assets: 30n * WAD, sequence: 0 })];
      expect(await settle([...[secured, lent, staked].entries()])).to.deep.equal([
        ["executed", "executed"],
        ["executed"],
        ["executed"],
      ]);
      const position = await core.positionOf(book, at(members, 0).address);
      expect(position.collateral).to.equal(100n * WAD);
      expect((await core.marketOf(book)).borrowAssets).to.be.greaterThanOrEqual(50n * WAD);
      expect((await desk.positionOf(held, at(members, 2).address)).shares).to.equal(30n * WAD);

      const back = [lendingOperations.repay({ ...onMarket, maxAssets: 51n * WAD, sequence: 2 })];
      const out = [stakingOperations.unstake({ ...onStakes, shares: 10n * WAD, sequence: 1 })];
      const claim = [stakingOperations.claim({ ...onStakes, sequence: 2 })];
      expect(await settle([[0, back]])).to.deep.equal([["executed"]]);
      expect((await core.positionOf(book, at(members, 0).address)).borrowShares).to.equal(0n);
      const before = await suite.ledger.balanceOf(at(members, 2).address, pool.asset1);
      await sleep(1_100); // a second of rewards at least
      expect(await settle([[2, [...out, ...claim]]])).to.deep.equal([["executed", "executed"]]);
      expect(await suite.ledger.balanceOf(at(members, 2).address, pool.asset1)).to.be.greaterThan(before);

      const unknown = { ...market, lltv: (5n * WAD) / 10n };
      const nowhere = await submit(1, [
        lendingOperations.supply({ ...onMarket, market: unknown, assets: WAD, sequence: 1 }),
      ]);
      expect(nowhere.answer).to.include({
        type: "refused",
        code: "unsupported",
        reason: "the protocol has no such book",
      });
      const [supply] = lent;
      if (supply === undefined) throw new RangeError("there is one operation");
      const strange = await submit(1, [{ ...supply, kind: 16, sequence: 1 }]);
      expect(strange.answer).to.include({ type: "refused", reason: "the protocol has no such operation" });
      const other = { ...supply, section: { ...supply.section, protocol: deployed.amm }, sequence: 1 };
      expect((await submit(1, [other])).answer).to.include({
        ...{ type: "refused", reason: "this relayer builds no sections of the protocol" },
      });
      const wrong = startRelayer({
        ...relayerOptions(suite),
        ...{ database: path.join(folder, "other.sqlite"), lending: Wallet.createRandom().address },
      });
      expect(String(await wrong.catch((error: unknown) => error))).to.match(
        /no lending of the settlement's ledger at 0x/,
      );
    } finally {
      await session?.close();
      await suite.devnet.stop();
    }
  });
});
