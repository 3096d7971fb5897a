import { ZeroAddress } from "ethers";
import { network } from "#chain";
import { LedgerModel, SettlementModel, StakingModel, stakePool, tokenId, type StakePool } from "../../src/index.js";
import { type MockSettlement, type StakingCore } from "../../typechain-types/index.js";
import { at, deployLakh, deployTyped, type LakhFixture } from "./deploy.js";
import { TimedChain } from "./timed-chain.js";

export const STAKING_TOKENS = [
  { symbol: "SIX", decimals: 6 },
  { symbol: "WAD", decimals: 18 },
  { symbol: "BIG", decimals: 24 },
  { symbol: "LOW", decimals: 2 },
];
const USERS = 5;
const MAX_UINT256 = (1n << 256n) - 1n;
const WAD = 10n ** 18n;
const DAY = 86_400n;

/** The suite with a staking core, and its model in the same state: everybody holds much of every token in the ledger. */
export type StakingWorld = {
  chain: TimedChain;
  suite: LakhFixture;
  staking: StakingCore;
  settlement: MockSettlement;
  users: string[];
  /** A core besides the staking core, to which no receipts go. */
  core: string;
  ids: bigint[];
  ledgerModel: LedgerModel;
  model: StakingModel;
};

export async function createStakingWorld(): Promise<StakingWorld> {
  const connection = await network.create({
    override: { initialBaseFeePerGas: 0n, allowBlocksWithSameTimestamp: true },
  });
  const suite = await deployLakh(connection, { tokens: STAKING_TOKENS, homePairs: [[0, 1]] });
  const { ledger, staking, lending } = suite;
  const settlement = await deployTyped<MockSettlement>(connection, "MockSettlement", [ledger]);
  for (const core of [staking, lending]) await ledger.listCore(core);
  await ledger.listSettlement(settlement);
  const tokens = await Promise.all(suite.tokens.map((token) => token.getAddress()));
  const ledgerModel = new LedgerModel({
    ...{ address: await ledger.getAddress(), tokens, homePairs: [[at(tokens, 0), at(tokens, 1)]] },
  });
  const decimals = new Map(tokens.map((token, i) => [tokenId(token), BigInt(at(STAKING_TOKENS, i).decimals)]));
  const core = await lending.getAddress();
  const model = new StakingModel({
    ...{ address: await staking.getAddress(), ledger: ledgerModel },
    decimalsOf: (token) => decimals.get(token) ?? 0n,
    isCore: (account) => account === core,
  });
  const users = suite.signers.slice(0, USERS).map(({ address }) => address);
  for (const user of users) await fund(suite, user, { tokens, ledgerModel });
  const chain = await TimedChain.of(connection);
  model.timestamp = BigInt(chain.now);
  return { chain, suite, staking, settlement, users, core, ids: tokens.map(tokenId), ledgerModel, model };
}

/** Pools of every kind: by the second; two streams by the hour; slashed after a cooldown; locked; of one asset. */
export function worldPools({ ids, users }: StakingWorld): StakePool[] {
  const [six, wad, big] = [at(ids, 0), at(ids, 1), at(ids, 2)];
  const funder = at(users, 0);
  const slashing = { slasher: at(users, 1), maxSlash: (3n * WAD) / 10n };
  return [
    stakePool({ stakeAsset: wad, rewards: [six], funder }),
    stakePool({ stakeAsset: big, rewards: [six, wad], funder, step: 3600n }),
    stakePool({ stakeAsset: big, rewards: [wad, six], funder, cooldown: 3n * DAY, slashing }),
    stakePool({
      stakeAsset: wad,
      rewards: [big],
      funder,
      step: 60n,
      lock: { maxLock: 365n * DAY, maxBoost: 3n * WAD },
    }),
    stakePool({
      ...{ stakeAsset: big, rewards: [six, big], funder, step: DAY, cooldown: DAY },
      lock: { maxLock: 60n * DAY, maxBoost: 10n * WAD },
    }),
    stakePool({ stakeAsset: wad, rewards: [wad, six], funder }),
    stakePool({ stakeAsset: six, rewards: [six], funder, cooldown: 3600n, step: 60n, slashing }),
  ];
}

/** The settlement's model for these accounts by id, as version 0. */
export function stakingSettlementOf({ ledgerModel }: StakingWorld, accountOf: (id: number) => string | undefined) {
  return new SettlementModel({
    ledger: ledgerModel,
    accountOf: (id) => {
      const account = accountOf(id);
      return account === undefined ? undefined : { account, registered: false };
    },
  });
}

/** A hundred million of every token, or as much as a pool can hold, in the ledger, with consent to batches. */
async function fund(
  { connection, ledger, tokens: contracts }: LakhFixture,
  account: string,
  { tokens, ledgerModel }: { tokens: readonly string[]; ledgerModel: LedgerModel },
): Promise<void> {
  const signer = await connection.ethers.getSigner(account);
  for (const [index, token] of tokens.entries()) {
    const amount = 10n ** BigInt(Math.min(at(STAKING_TOKENS, index).decimals + 8, 28));
    const contract = at(contracts, index).connect(signer);
    await contract.mint(account, amount);
    await contract.approve(ledger, MAX_UINT256);
    await ledger.connect(signer).deposit(token, amount, amount, account);
    await ledger.connect(signer).setConsent(tokenId(token), 1n);
    ledgerModel.mintToken({ token, to: account, amount });
    ledgerModel.approveToken({ token, owner: account, amount: MAX_UINT256 });
    ledgerModel.deposit({ caller: account, token, amount, minimum: amount, to: account });
    ledgerModel.setConsent({ caller: account, id: tokenId(token), versions: 1 });
  }
}

/** What no pool can be. */
export function badPools({ ids, users }: StakingWorld): StakePool[] {
  const [six, wad, low] = [at(ids, 0), at(ids, 1), at(ids, 3)];
  const base = stakePool({ stakeAsset: wad, rewards: [six], funder: at(users, 0) });
  const slasher = at(users, 1);
  return [
    { ...base, stakeAsset: (1n << 255n) | (1n << 251n) | 2n },
    { ...base, reward0: (1n << 255n) | (4n << 251n) | 2n },
    { ...base, reward0: low },
    { ...base, reward0: BigInt(users[2] ?? ZeroAddress) },
    { ...base, reward1: low },
    { ...base, reward1: six },
    { ...base, step: 2n },
    { ...base, cooldown: 366n * DAY },
    { ...base, maxLock: DAY },
    { ...base, maxBoost: WAD },
    { ...base, maxLock: 5n * 365n * DAY, maxBoost: WAD },
    { ...base, maxLock: DAY, maxBoost: 11n * WAD },
    { ...base, maxLock: DAY, maxBoost: WAD, slasher, maxSlash: WAD / 2n, cooldown: DAY },
    { ...base, slasher, cooldown: DAY },
    { ...base, maxSlash: WAD / 2n, cooldown: DAY },
    { ...base, slasher, maxSlash: WAD / 2n },
    { ...base, slasher, maxSlash: WAD / 2n + 1n, cooldown: DAY },
  ];
}
