import { expect } from "chai";
import { type JsonRpcSigner } from "ethers";
import { deployLocal, type LocalAddresses } from "../../scripts/lib/deployment.js";
import { type LocalChain } from "../../scripts/lib/devnet.js";
import { startInProcess } from "../../scripts/lib/in-process.js";
import { createKeeper, type KeeperOptions, type Pass } from "../../scripts/lib/keeper/keeper.js";
import {
  createLakh,
  marketParams,
  NO_INTEREST,
  poolKey,
  tokenId,
  type Lakh,
  type LakhRequest,
  type MarketParams,
} from "../../src/index.js";
import { MockERC20__factory, MockPriceOracle__factory, type MockPriceOracle } from "../../typechain-types/index.js";

const USD = 10n ** 6n;
const INDEX = 10n ** 18n;
const NEVER = 2n ** 40n;
/** Dollars for one index, as the oracle has it. */
const priceOf = (dollars: bigint): bigint => (dollars * USD * 10n ** 36n) / INDEX;

describe("keeper on a chain", function () {
  this.timeout(120_000);

  let chain: LocalChain;
  let addresses: LocalAddresses;
  let lakh: Lakh;
  let signers: JsonRpcSigner[];
  let oracle: MockPriceOracle;
  let market: MarketParams;
  let snapshot: unknown;

  const signer = (index: number): JsonRpcSigner => {
    const found = signers[index];
    if (found === undefined) throw new RangeError(`No signer ${index}`);
    return found;
  };
  const send = async (by: JsonRpcSigner, { to, data }: LakhRequest) =>
    (await by.sendTransaction({ to, data, gasLimit: 3_000_000n })).wait();
  const keep = (options: Partial<KeeperOptions> = {}): Promise<Pass> => {
    const common = { provider: chain.provider, addresses, account: signer(9).address };
    return createKeeper({ ...common, ...options }).pass();
  };
  const outcomeOf = ({ outcomes }: Pass, index = 0) => {
    const found = outcomes[index];
    if (found === undefined) throw new RangeError(`No outcome ${index}`);
    return found;
  };
  const usdOf = (account: string) => MockERC20__factory.connect(addresses.usd, chain.provider).balanceOf(account);

  /** Two borrowers at 80 and 50 dollars on an index of 100; a pool of 1,000 of it at 100. */
  before(async () => {
    chain = await startInProcess();
    addresses = await deployLocal(chain);
    lakh = createLakh({ addresses, runner: chain.provider });
    signers = await Promise.all([0, 1, 2, 9].map((index) => chain.provider.getSigner(index)));
    signers = Object.assign([], { 0: signers[0], 1: signers[1], 2: signers[2], 9: signers[3] });
    const admin = signer(0);
    oracle = await new MockPriceOracle__factory(admin).deploy(priceOf(100n));
    for (const token of [addresses.usd, addresses.index]) {
      const contract = MockERC20__factory.connect(token, admin);
      await contract.mint(admin, 10n ** 24n);
      await contract.approve(addresses.ledger, 10n ** 24n);
      await send(admin, lakh.ledger.deposit({ token, amount: 10n ** 23n, to: admin.address }));
    }
    market = marketParams({
      ...{ loanAsset: addresses.usd, collateralAsset: addresses.index, oracle: await oracle.getAddress() },
      ...{ lltv: 860_000_000_000_000_000n, irm: NO_INTEREST },
    });
    await send(admin, lakh.lending.createMarket({ market }));
    await send(admin, lakh.lending.supply({ market, assets: 1_000n * USD }));
    for (const [index, debt] of [
      [1, 80n],
      [2, 50n],
    ] as const) {
      const account = signer(index).address;
      await send(admin, lakh.lending.addCollateral({ market, amount: INDEX, account }));
      await send(signer(index), lakh.lending.borrow({ market, assets: debt * USD }));
    }
    const pool = poolKey({ assets: [addresses.index, addresses.usd], fee: 3_000n });
    const [index, usd] = [1_000n * INDEX, 100_000n * USD];
    const amounts =
      pool.asset0 === tokenId(addresses.index) ? { amount0: index, amount1: usd } : { amount0: usd, amount1: index };
    await send(admin, lakh.amm.createPool({ pool, ...amounts, minShares: 1n, deadline: NEVER }));
  });

  beforeEach(async () => {
    snapshot = await chain.request({ method: "evm_snapshot" });
  });

  afterEach(async () => {
    await chain.request({ method: "evm_revert", params: [snapshot] });
  });

  after(async () => chain.stop());

  it("leaves healthy positions alone", async () => {
    expect(await keep()).to.deep.include({ markets: 1, positions: 2, unhealthy: 0, outcomes: [] });
  });

  it("says what it would do, and sends nothing in a dry run", async () => {
    await oracle.setPrice(priceOf(90n));
    const pass = await keep();
    const { kind, account, repaid, debt, expected, gas } = outcomeOf(pass);
    expect(pass.unhealthy).to.equal(1);
    expect([kind, account, repaid, debt]).to.deep.equal(["planned", signer(1).address, 80n * USD, 80n * USD]);
    expect(expected > 0n && gas > 100_000n).to.equal(true);
    expect((await lakh.lending.positionOf({ market, account })).debt).to.equal(80n * USD);
  });

  it("liquidates by a flash loan and earns just what it expected", async () => {
    await oracle.setPrice(priceOf(90n));
    const by = signer(9);
    const keeper = createKeeper({ provider: chain.provider, addresses, account: by.address, signer: by });
    const { kind, repaid, expected, actual, badDebt, gas } = outcomeOf(await keeper.pass());
    expect([kind, repaid, badDebt]).to.deep.equal(["liquidated", 80n * USD, 0n]);
    expect(actual).to.equal(expected);
    expect(await usdOf(by.address)).to.equal(actual);
    expect(gas > 100_000n && gas < 600_000n, `${gas}`).to.equal(true);
    expect(await keeper.pass()).to.deep.include({ positions: 1, unhealthy: 0, outcomes: [] });
  });

  it("finds who comes later, and reports bad debt", async () => {
    const by = signer(9);
    const keeper = createKeeper({ provider: chain.provider, addresses, account: by.address, signer: by });
    expect((await keeper.pass()).positions).to.equal(2);
    await send(signer(0), lakh.lending.addCollateral({ market, amount: INDEX }));
    await send(signer(0), lakh.lending.borrow({ market, assets: 70n * USD }));
    await oracle.setPrice(priceOf(60n));
    const { outcomes, positions } = await keeper.pass();
    expect(positions).to.equal(3);
    expect(outcomes.map(({ kind }) => kind)).to.deep.equal(["liquidated", "liquidated"]);
    expect(outcomes.map(({ debt }) => debt)).to.deep.equal([80n * USD, 70n * USD]);
    for (const { badDebt, repaid, debt } of outcomes) {
      expect(badDebt > 10n * USD).to.equal(true);
      expect(badDebt + repaid).to.equal(debt);
    }
  });

  it("never acts for less than is asked, and says why", async () => {
    await oracle.setPrice(priceOf(90n));
    const refused = outcomeOf(await keep({ signer: signer(9), minProfit: 1_000n * USD }));
    expect([refused.kind, refused.reason?.name]).to.deep.equal(["refused", "NotProfitable"]);
    expect(await usdOf(signer(9).address)).to.equal(0n);
  });

  it("liquidates with its own ledger balance and keeps the collateral", async () => {
    await oracle.setPrice(priceOf(90n));
    const by = signer(9);
    const poor = outcomeOf(await keep({ signer: by, funds: "ledger" }));
    expect([poor.kind, poor.reason?.name]).to.deep.equal(["refused", "NoFunds"]);
    await send(signer(0), lakh.ledger.transfer({ asset: addresses.usd, amount: 40n * USD, to: by.address }));
    const done = outcomeOf(await keep({ signer: by, funds: "ledger" }));
    expect([done.kind, done.repaid]).to.deep.equal(["liquidated", 40n * USD]);
    expect(await lakh.ledger.contract.balanceOf(by.address, tokenId(addresses.index))).to.equal(done.seized);
    expect(done.actual).to.equal(done.expected);
  });

  it("liquidates out of its wallet", async () => {
    await oracle.setPrice(priceOf(90n));
    const admin = signer(0);
    const done = outcomeOf(await keep({ signer: admin, account: admin.address, funds: "wallet" }));
    expect([done.kind, done.repaid]).to.deep.equal(["liquidated", 80n * USD]);
  });

  it("passes over a market whose oracle fails", async () => {
    await oracle.setMode(1n);
    const { kind, reason } = outcomeOf(await keep());
    expect(kind).to.equal("refused");
    expect(reason?.message).to.be.a("string");
  });
});
