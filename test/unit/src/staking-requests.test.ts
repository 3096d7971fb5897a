import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { network } from "#chain";
import {
  ALL,
  createLakh,
  issuedId,
  stakeId,
  stakePool,
  STREAM_MAX_FUNDED,
  type LakhRequest,
  type StakePool,
} from "../../../src/index.js";
import { at, deployLakh } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";

const UNIT = 10n ** 18n;
const FUNDS = 1_000_000n * UNIT;
const DAY = 86_400n;
const YEAR = 365n * DAY;

/** Pools that stake token one and pay token two; the first account has both, and is funder and slasher. */
async function fixture() {
  const connection = await network.create();
  const deployed = await deployLakh(connection);
  const { admin, tokens, ledger, weth, lakh } = deployed;
  await ledger.listCore(deployed.staking);
  for (const token of tokens) {
    await token.mint(admin, FUNDS);
    await token.approve(ledger, FUNDS);
  }
  const [one, two] = [await at(tokens, 0).getAddress(), await at(tokens, 1).getAddress()];
  const common = { stakeAsset: one, funder: admin.address };
  const slashing = { slasher: admin.address, maxSlash: UNIT / 2n };
  const pools = {
    plain: stakePool({ ...common, rewards: [two, await weth.getAddress()] }),
    slow: stakePool({ ...common, rewards: [two], cooldown: DAY, slashing }),
    locked: stakePool({ ...common, rewards: [two], lock: { maxLock: YEAR, maxBoost: UNIT } }),
  };
  const send = async (...requests: LakhRequest[]): Promise<void> => {
    for (const request of requests) await (await admin.sendTransaction(request)).wait();
  };
  const { staking } = lakh;
  for (const pool of Object.values(pools)) await send(staking.createPool({ pool }));
  const { time } = connection.networkHelpers;
  const now = async (): Promise<bigint> => BigInt(await time.latest());
  return { ...deployed, staking, pools, send, time, now, one, two, account: admin.address };
}

describe("src/staking", () => {
  it("builds requests that stake, fund, claim and leave", async () => {
    const { staking, pools, send, time, now, account, ledger, two } = await fixture();
    const { plain: pool } = pools;
    await send(staking.stake({ pool, assets: 100n * UNIT, minShares: 100n * UNIT, source: "wallet" }));
    const end = (await now()) + 10n * DAY + 1n;
    await send(
      staking.fund({ pool, amount: 864_000n, end, source: "wallet" }),
      staking.addRewards({ pool, amount: 864_000n, source: "wallet" }),
      staking.fund({ pool, stream: 1, amount: UNIT, end: end + DAY, payWithEther: true }),
    );
    await time.increaseTo(end - 9n * DAY);
    const view = await staking.poolOf({ pool });
    expect([view.id, view.exists, view.shares, view.assets]).to.deep.equal([
      ...[stakeId({ staking: staking.address, pool }), true, 100n * UNIT, 100n * UNIT],
    ]);
    const [first, second] = view.streams;
    // 2 units a second on 100 units of 18 decimals.
    expect((first?.apr ?? 0n) / 10n).to.equal((2n * YEAR * UNIT) / (100n * UNIT) / 10n);
    expect([first?.asset, first?.end, second?.end]).to.deep.equal([BigInt(two), end, end + DAY]);
    expect(first?.waiting).to.equal(1_555_200n);

    const { claimable, free, weight } = await staking.positionOf({ pool, account });
    expect([free, weight, claimable.length]).to.deep.equal([100n * UNIT, 100n * UNIT, 2]);
    const next = (await now()) + 1n;
    const expected = await staking.claimableOf({ pool, account, now: next });
    expect(expected - (claimable[0] ?? 0n)).to.equal(2n);
    await time.setNextBlockTimestamp(next);
    await send(staking.claim({ pool }));
    expect(await ledger.balanceOf(account, two)).to.equal(expected);
    expect(await staking.claimableOf({ pool, account })).to.equal(0n);
    await send(
      staking.claim({ pool, stream: 1, destination: "native" }),
      staking.unstake({ pool, shares: UNIT }),
      staking.unstake({ pool, shares: ALL, destination: "wallet" }),
    );
    await time.increaseTo(end + 2n * DAY);
    const after = await staking.poolOf({ pool });
    // Nobody is there: the streams wait.
    expect(after.streams.map(({ apr, waiting }) => [apr, waiting > 0n])).to.deep.equal([
      [0n, true],
      [0n, true],
    ]);
  });

  it("queues exits, slashes, finalises and pays", async () => {
    const { staking, pools, send, time, now, account } = await fixture();
    const { slow: pool } = pools;
    await send(
      staking.stake({ pool, assets: 100n * UNIT, source: "wallet" }),
      staking.requestUnstake({ pool, shares: 40_000n * UNIT }),
      staking.requestUnstake({ pool, shares: ALL }),
      staking.slash({ pool, amount: 10n * UNIT }),
    );
    const requests = await staking.requestsOf({ pool, account });
    expect(requests.map(({ requestId, shares, isFinal }) => [requestId, shares, isFinal])).to.deep.equal([
      [1n, 40_000n * UNIT, false],
      [2n, 60_000n * UNIT, false],
    ]);
    expect(requests[0]?.assets).to.equal(40n * UNIT);
    await time.increaseTo((await now()) + DAY);
    await send(staking.finalise({ pool, requestId: 1n }));
    expect((await staking.requestOf({ pool, requestId: 1n }))?.isFinal).to.equal(true);
    await send(staking.claimUnstaked({ pool, requestId: 1n }), staking.claimUnstaked({ pool, requestId: 2n }));
    expect(await staking.requestsOf({ pool, account })).to.deep.equal([]);
    expect(await staking.requestOf({ pool, requestId: 3n })).to.equal(undefined);
    const { shares, assets } = await staking.poolOf({ pool });
    expect([shares, assets < 10n]).to.deep.equal([0n, true]);
  });

  it("locks and kicks, and issues receipts that are pledged", async () => {
    const { staking, pools, send, time, now, account, ledger, signers } = await fixture();
    const { locked: pool, plain } = pools;
    const until = (await now()) + 100n * DAY;
    await send(
      staking.stake({ pool, assets: UNIT, source: "wallet" }),
      staking.lock({ pool, until }),
      staking.stake({ pool: plain, assets: UNIT, source: "wallet" }),
      staking.issueReceipt({ pool: plain }),
      staking.mintReceipts({ pool: plain, shares: UNIT / 2n }),
      staking.burnReceipts({ pool: plain, shares: UNIT / 4n }),
    );
    const position = await staking.positionOf({ pool, account });
    expect([position.free, position.lockEnd]).to.deep.equal([0n, until]);
    expect(position.weight > UNIT && position.weight < 2n * UNIT).to.equal(true);
    await time.increaseTo(until);
    expect((await staking.positionOf({ pool, account })).free).to.equal(UNIT);
    await send(staking.kick({ pool, account }), staking.unstake({ pool, shares: ALL }));
    expect((await staking.poolOf({ pool })).weight).to.equal(0n);

    const receipt = staking.receiptIdOf({ pool: plain });
    const salt = staking.stakeIdOf({ pool: plain });
    expect(receipt).to.equal(issuedId({ owner: staking.address, salt, flags: 5n }));
    expect(await ledger.balanceOf(account, receipt)).to.equal(UNIT / 4n);
    const pledgee = at(signers, 1);
    await send(staking.allowPledge({ pool: plain, pledgee: pledgee.address, shares: UNIT / 2n }));
    await staking.contract.connect(pledgee).pledge(account, receipt, UNIT / 2n);
    expect((await staking.positionOf({ pool: plain, account })).free).to.equal(UNIT / 4n);
  });

  it("refuses what cannot succeed", async () => {
    const { staking, pools, one, two, account, lakh } = await fixture();
    const { plain: pool, slow, locked } = pools;
    const terms = { stakeAsset: one, rewards: [two] as const, funder: account };
    const rules = issuedId({ owner: account, salt: `0x${"11".repeat(32)}`, flags: 1n });
    const noted = issuedId({ owner: account, salt: `0x${"11".repeat(32)}`, flags: 4n });
    for (const asset of [rules, noted]) {
      expectCode(() => stakePool({ ...terms, stakeAsset: asset }), "RestrictedAsset");
      expectCode(() => stakePool({ ...terms, rewards: [two, asset] }), "RestrictedAsset");
    }
    expectCode(() => stakePool({ ...terms, rewards: [two, two] }), "SameAsset");
    expectCode(() => stakePool({ ...terms, stakeAsset: 0n }), "InvalidAsset");
    expectCode(() => stakePool({ ...terms, funder: "0x12" }), "InvalidAddress");
    const slashing = { slasher: account, maxSlash: UNIT / 2n };
    const lock = { maxLock: DAY, maxBoost: UNIT };
    for (const wrong of [
      { step: 2n },
      { cooldown: 366n * DAY },
      { cooldown: -1n },
      { lock: { maxLock: 5n * YEAR, maxBoost: UNIT } },
      { lock: { maxLock: DAY, maxBoost: 11n * UNIT } },
      { lock: { maxLock: DAY, maxBoost: 0n } },
      { lock: { maxLock: 0n, maxBoost: UNIT } },
      { lock, slashing, cooldown: DAY },
      { slashing },
      { slashing: { slasher: account, maxSlash: UNIT }, cooldown: DAY },
      { slashing: { slasher: ZeroAddress, maxSlash: UNIT / 2n }, cooldown: DAY },
    ]) {
      expectCode(() => stakePool({ ...terms, ...wrong }), "AmountOutOfRange");
    }
    const foreign: StakePool = { ...pool, step: 7n };
    expectCode(() => staking.stakeIdOf({ pool: foreign }), "AmountOutOfRange");
    expectCode(() => staking.stake({ pool: foreign, assets: 1n }), "AmountOutOfRange");
    expectCode(() => staking.stake({ pool, assets: 0n }), "AmountZero");
    expectCode(() => staking.stake({ pool, assets: 1n, account: "0x12" }), "InvalidAddress");
    expectCode(() => staking.stake({ pool, assets: 1n, payWithEther: true }), "NativeAssetMissing");
    expectCode(() => staking.unstake({ pool, shares: -1n }), "AmountOutOfRange");
    expectCode(() => staking.unstake({ pool: slow, shares: 1n }), "WrongExit");
    expectCode(() => staking.requestUnstake({ pool, shares: 1n }), "WrongExit");
    expectCode(() => staking.finalise({ pool, requestId: 1n }), "WrongExit");
    expectCode(() => staking.claimUnstaked({ pool, requestId: 1n }), "WrongExit");
    expectCode(() => staking.claimUnstaked({ pool: slow, requestId: 0n }), "AmountZero");
    expectCode(() => staking.claim({ pool: slow, stream: 1 }), "NotOffered");
    expectCode(() => staking.lock({ pool, until: 1n }), "NotOffered");
    expectCode(() => staking.lock({ pool: locked, until: 1n << 32n }), "AmountOutOfRange");
    expectCode(() => staking.kick({ pool, account }), "NotOffered");
    expectCode(() => staking.kick({ pool: locked, account: ZeroAddress }), "InvalidAddress");
    expectCode(() => staking.slash({ pool, amount: 1n }), "NotOffered");
    expectCode(() => staking.fund({ pool, amount: STREAM_MAX_FUNDED + 1n, end: 1n }), "AmountTooLarge");
    expectCode(() => staking.fund({ pool, amount: 1n, end: 0n }), "AmountOutOfRange");
    expectCode(() => staking.issueReceipt({ pool: locked }), "NotOffered");
    expectCode(() => staking.mintReceipts({ pool: locked, shares: 1n }), "NotOffered");
    expectCode(() => staking.burnReceipts({ pool, shares: 0n }), "AmountZero");
    expectCode(() => staking.allowPledge({ pool, pledgee: account, shares: 1n << 96n }), "AmountTooLarge");
    expectCode(() => staking.allowPledge({ pool, pledgee: ZeroAddress, shares: 1n }), "InvalidAddress");

    const offline = createLakh({ addresses: lakh.addresses }).staking;
    const error: unknown = await offline.poolOf({ pool }).catch((reason: unknown) => reason);
    expect((error as { code?: string }).code).to.equal("NoProvider");
    expect(staking.mintReceipts({ pool, shares: 1n }).parameters.to).to.equal(ZeroAddress);
  });
});
