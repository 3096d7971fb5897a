import { expect } from "chai";
import { ZeroAddress } from "ethers";
import {
  encodeStakingAction,
  LedgerModel,
  ModelState,
  stakeBook,
  stakePool,
  STAKING_KINDS,
  StakingModel,
  tokenId,
  type ModelOperation,
  type StakePool,
  type StakingAction,
  type StreamIndex,
} from "../../../src/index.js";
import { accrueStream, fundStream, waitingIn } from "../../../src/models/staking-stream.js";
import { StakingQueue } from "../../../src/models/staking-queue.js";
import { expectCode } from "../../helpers/expect-code.js";

const LEDGER = "0x1000000000000000000000000000000000000000";
const STAKING = "0x2000000000000000000000000000000000000000";
const STAKE = "0x3000000000000000000000000000000000000000";
const REWARD = "0x4000000000000000000000000000000000000000";
const ALICE = "0x5000000000000000000000000000000000000000";
const BOB = "0x6000000000000000000000000000000000000000";
const MAX_UINT256 = (1n << 256n) - 1n;
const UNIT = 10n ** 18n;
const FUNDS = 10n ** 24n;
/** Weights that divide without a remainder. */
const SHARE = 1n << 60n;
const HOUR = 3600n;
const DAY = 24n * HOUR;
const START = 1_000_000n;
const plain = stakePool({ stakeAsset: STAKE, rewards: [REWARD], funder: ALICE });
const slashing = { slasher: ALICE, maxSlash: UNIT / 2n };

function models(pool: StakePool = plain) {
  const ledger = new LedgerModel({ address: LEDGER, tokens: [STAKE, REWARD] });
  const staking = new StakingModel({ address: STAKING, ledger, decimalsOf: () => 6n });
  staking.timestamp = START;
  for (const account of [ALICE, BOB]) {
    for (const token of [STAKE, REWARD]) {
      ledger.mintToken({ token, to: account, amount: FUNDS });
      ledger.approveToken({ token, owner: account, amount: MAX_UINT256 });
      ledger.deposit({ caller: account, token, amount: FUNDS, minimum: FUNDS, to: account });
    }
  }
  type Inputs = { amount0?: bigint; amount1?: bigint; stream?: StreamIndex };
  const act = (caller: string, data: StakingAction, { amount0 = 0n, amount1 = 0n, stream = 0 }: Inputs = {}) =>
    ledger.call(caller, {
      ...{ ...stakeBook({ staking: STAKING, pool, stream }), source: "ledger", destination: "ledger" },
      ...{ amount0, amount1, to: ZeroAddress, data },
    });
  const stake = (caller: string, amount0: bigint) =>
    act(caller, { name: "stake", minShares: 0n, account: ZeroAddress }, { amount0 });
  const balance = (account: string, token: string): bigint => ledger.balanceOf({ account, id: tokenId(token) });
  act(ALICE, { name: "createPool", pool });
  return { ledger, staking, act, stake, balance };
}

const CLAIM: StakingAction = { name: "claim", account: ZeroAddress };

describe("src/models/staking", () => {
  it("shares a stream by weight and time, and claims it once", () => {
    const { staking, act, stake, balance } = models();
    stake(ALICE, 64n * SHARE);
    act(ALICE, { name: "fund", end: START + DAY }, { amount1: 86_400n });
    staking.timestamp = START + HOUR;
    stake(BOB, 192n * SHARE);
    staking.timestamp = START + 2n * HOUR;
    expect(staking.claimableOf(plain, ALICE, 0)).to.equal(4_500n);
    expect(act(ALICE, CLAIM).out1).to.equal(4_500n);
    expectCode(() => act(ALICE, CLAIM), "StakingZeroAmount");
    expect(act(BOB, CLAIM).out1).to.equal(2_700n);
    expect(balance(BOB, REWARD)).to.equal(FUNDS + 2_700n);
    expectCode(() => act(BOB, { name: "fund", end: START + DAY }, { amount1: 1n }), "StakingNotFunder");
    expectCode(() => act(BOB, { name: "lock", until: START + DAY }), "StakingNotOffered");
  });

  it("prices exits at the worse of request and finalisation", () => {
    const pool = stakePool({ stakeAsset: STAKE, rewards: [REWARD], funder: ALICE, cooldown: DAY, slashing });
    const { staking, act, stake, balance } = models(pool);
    stake(BOB, 100n * UNIT);
    act(BOB, { name: "requestUnstake", shares: 50_000n * UNIT, account: ZeroAddress });
    act(ALICE, { name: "slash", amount: 10n * UNIT });
    expectCode(() => act(BOB, { name: "claimUnstaked", requestId: 1n }), "StakingNotReady");
    expectCode(() => act(ALICE, { name: "claimUnstaked", requestId: 1n }), "StakingUnknownRequest");
    staking.timestamp = START + DAY;
    const { out0 } = act(BOB, { name: "claimUnstaked", requestId: 1n });
    expect(out0 <= 45n * UNIT && out0 > 45n * UNIT - 1000n).to.equal(true);
    expect(balance(ALICE, STAKE)).to.equal(FUNDS + 10n * UNIT);
    expectCode(() => act(BOB, { name: "claimUnstaked", requestId: 1n }), "StakingUnknownRequest");
    const huge = { name: "requestUnstake", shares: MAX_UINT256 - 1n, account: ZeroAddress } as const;
    expectCode(() => act(BOB, huge), "Panic");
  });

  it("moves weight and rewards to come with receipts and pledges", () => {
    const { ledger, staking, act, stake } = models();
    stake(ALICE, 64n * SHARE);
    act(ALICE, { name: "fund", end: START + DAY }, { amount1: 86_400n });
    const receipt = staking.issueReceipt(plain);
    expectCode(() => staking.issueReceipt(plain), "LedgerAlreadyIssued");
    act(ALICE, { name: "mintReceipts", shares: 32n * SHARE });
    staking.timestamp = START + HOUR;
    ledger.transfer({ caller: ALICE, id: receipt, amount: 32n * SHARE, to: BOB });
    ledger.transfer({ caller: BOB, id: receipt, amount: 32n * SHARE, to: BOB });
    const toCore = { caller: BOB, id: receipt, amount: 1n, to: STAKING };
    expectCode(() => ledger.transfer(toCore), "LedgerTransferRefused");
    staking.timestamp = START + 2n * HOUR;
    expect(staking.claimableOf(plain, ALICE, 0)).to.equal(5_400n);
    expect(staking.claimableOf(plain, BOB, 0)).to.equal(1_800n);
    const call = { pledgee: BOB, account: ALICE, receipt, amount: 20n * SHARE };
    expectCode(() => staking.pledge(call), "PledgeeNotApproved");
    act(ALICE, { name: "allowPledge", pledgee: BOB, shares: 30n * SHARE });
    staking.pledge(call);
    staking.release({ ...call, amount: 5n * SHARE });
    staking.seize({ ...call, amount: 10n * SHARE, to: BOB });
    expectCode(() => staking.release(call), "PledgeInsufficient");
    expect(staking.positionOf(plain, ALICE)).to.include({ shares: 22n * SHARE, extra: 5n * SHARE });
    expect(staking.positionOf(plain, BOB)).to.include({ shares: 42n * SHARE, extra: 32n * SHARE });
  });

  it("settles a section as wallets would", () => {
    const { ledger, staking, stake, act } = models();
    stake(ALICE, 64n * SHARE);
    act(ALICE, { name: "fund", end: START + DAY }, { amount1: 86_400n });
    staking.timestamp = START + HOUR;
    const operation = (kind: number, limit = 0n): ModelOperation => {
      return { account: ALICE, kind, amount: 0n, limit, secondLimit: 0n };
    };
    const { payouts } = ledger.askBatch(STAKING, {
      ...{ book: staking.idOf(plain), shareId: 0n, parameters: "0x" },
      operations: [
        operation(STAKING_KINDS.claim),
        undefined,
        operation(STAKING_KINDS.claim),
        operation(STAKING_KINDS.unstake, UNIT),
        operation(STAKING_KINDS.requestUnstake, UNIT),
        operation(STAKING_KINDS.claimUnstaked, 1n),
        operation(7),
      ],
    });
    const nothing = [undefined, undefined, undefined];
    expect(payouts).to.deep.equal([
      ...[{ out0: 0n, out1: 3_600n }, undefined, undefined, { out0: UNIT, out1: 0n }, ...nothing],
    ]);
    const section = { book: staking.idOf(plain), shareId: 1n, parameters: "0x", operations: [] };
    expectCode(() => ledger.askBatch(STAKING, section), "StakingUnwantedShare");
  });

  it("encodes every action under its own selector", () => {
    const account = ALICE;
    const actions: StakingAction[] = [
      { name: "createPool", pool: plain },
      { name: "stake", minShares: 0n, account },
      { name: "unstake", shares: 1n, minAssets: 0n, account },
      { name: "requestUnstake", shares: 1n, account },
      { name: "finalise", requestId: 1n },
      { name: "claimUnstaked", requestId: 1n },
      { name: "claim", account },
      { name: "lock", until: 1n },
      { name: "kick", account },
      { name: "fund", end: 1n },
      { name: "addRewards" },
      { name: "slash", amount: 1n },
      { name: "mintReceipts", shares: 1n },
      { name: "burnReceipts", shares: 1n },
      { name: "allowPledge", pledgee: account, shares: 1n },
    ];
    expect(new Set(actions.map((action) => encodeStakingAction(action).slice(0, 10))).size).to.equal(15);
  });

  it("keeps what a stream's division leaves, and moves its end on while nobody is there", () => {
    const empty = { index: 0n, remainder: 0n, rate: 0n, end: 0n, funded: 0n, left: 0n };
    const funded = fundStream(empty, { amount: 100n, time: 10n, end: 17n });
    expect(funded.rate * 7n + funded.left).to.equal(100n << 32n);
    expect(waitingIn(funded, 10n)).to.equal(100n << 32n);
    const idle = accrueStream(funded, { weight: 1n, from: 10n, to: 12n });
    expect(idle).to.deep.equal({ ...funded, end: 19n });
    const weight = (1n << 20n) + 7n;
    const once = accrueStream(funded, { weight, from: 10n, to: 30n });
    let often = funded;
    for (let time = 10n; time < 30n; time++) often = accrueStream(often, { weight, from: time, to: time + 1n });
    expect(often).to.deep.equal(once);
  });

  it("pays a request over several finalisations, and gives back what it is not owed", () => {
    const queue = new StakingQueue({ state: new ModelState(), name: "queue" });
    queue.push({ owner: ALICE, shares: 100n, assets: 100n, readyAt: 0n });
    queue.push({ owner: BOB, shares: 50n, assets: 40n, readyAt: 0n });
    queue.finalise(60n, 30n);
    expect(queue.pay(1n)).to.deep.equal({ shares: 60n, assets: 30n, excess: 0n });
    expect(queue.pay(1n)).to.deep.equal({ shares: 0n, assets: 0n, excess: 0n });
    expect(queue.pendingUpTo(2n)).to.equal(90n);
    queue.finalise(90n, 90n);
    expect(queue.pay(2n)).to.deep.equal({ shares: 50n, assets: 40n, excess: 10n });
    expect(queue.pay(1n)).to.deep.equal({ shares: 40n, assets: 40n, excess: 0n });
    expect(queue.totals()).to.deep.equal({ requested: 150n, owed: 0n, count: 2n, checkpoints: 2n });
    expect([queue.pending(), queue.requestOf(1n).owner]).to.deep.equal([0n, ZeroAddress]);
  });
});
