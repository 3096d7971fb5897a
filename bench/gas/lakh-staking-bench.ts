import { ZeroAddress } from "ethers";
import { stakeBook, stakeId, stakePool, stakingActions, type StakePool } from "../../src/index.js";
import { StakingCore__factory, type StakingCore } from "../../typechain-types/index.js";
import type { ILedger } from "../../typechain-types/core/Ledger.js";
import { readProduction } from "./artifacts.js";
import type { Lab, Sent } from "./lab.js";
import { LakhStakingModel } from "./lakh-staking-model.js";
import { STAKING_PERIOD, STAKING_TOKENS, type StakingProtocol } from "./staking-protocol.js";

/** Seconds of a step: rewards are counted by the hour, as the documentation advises. */
export const STAKING_STEP = 3600n;

/** A pool with one stream, exits at once, no locks and no slasher, in a core of its own, and its model in the same state. */
export type LakhPool = {
  core: StakingCore;
  pool: StakePool;
  id: string;
  book: ReturnType<typeof stakeBook>;
  model: LakhStakingModel;
  /** An action from and to the caller's wallet or ledger balance. */
  call: (data: string, by: { route: "wallet" | "ledger"; amount0?: bigint; amount1?: bigint }) => Sent;
  words: (account: string) => Promise<Record<string, bigint>>;
};

/** Creates the pool; the maker is its funder. */
export async function openLakhPool({ ledger, maker, deploy, send, ...lab }: Lab): Promise<LakhPool> {
  const code = await readProduction("contracts/staking/StakingCore.sol");
  const staking = await (await deploy(code, ledger)).getAddress();
  const core = StakingCore__factory.connect(staking, maker);
  await (await ledger.listCore(staking)).wait();
  const pool = stakePool({
    ...{ stakeAsset: await lab[STAKING_TOKENS.stake].getAddress(), funder: maker.address, step: STAKING_STEP },
    rewards: [await lab[STAKING_TOKENS.reward].getAddress()],
  });
  const [id, book, to] = [stakeId({ staking, pool }), stakeBook({ staking, pool }), await ledger.getAddress()];
  const call: LakhPool["call"] = (data, { route, ...amounts }) => {
    const side = route === "ledger" ? 0n : 1n;
    const sides = { source: side, destination: side, to: ZeroAddress };
    const request: ILedger.CallStruct = { ...book, ...sides, amount0: 0n, amount1: 0n, data, ...amounts };
    return { to, data: ledger.interface.encodeFunctionData("call", [request]) };
  };
  await send(maker, call(stakingActions.createPool(pool), { route: "ledger" }));
  return {
    ...{ core, pool, id, book, call },
    model: new LakhStakingModel({ duration: STAKING_PERIOD, step: STAKING_STEP }),
    async words(account) {
      const [totals, stream, position] = await Promise.all([
        core.totalsOf(id),
        core.streamOf(id, 0n),
        core.positionOf(id, account),
      ]);
      const { index, remainder, rate, end, funded, left } = stream;
      return {
        ...{ index, remainder, rate, end, funded, left, weight: totals.weight, updatedAt: totals.updatedAt },
        ...{ shares: position.shares, debt: position.debt0 },
      };
    },
  };
}

/** Our stake pool, from and to wallets or ledger balances, as the staking benchmark drives it. */
export async function openLakhStaking(lab: Lab, route: "wallet" | "ledger"): Promise<StakingProtocol> {
  const [stakeToken, rewardToken] = [lab[STAKING_TOKENS.stake], lab[STAKING_TOKENS.reward]];
  const { ledger, lakh } = lab;
  const { core, id, book, model, call, words } = await openLakhPool(lab);
  const to = await ledger.getAddress();

  const unstake = (amount: bigint) => call(stakingActions.unstake(amount, ZeroAddress), { route });
  const claim = () => call(stakingActions.claim(ZeroAddress), { route });
  const holdingOf = (token: typeof stakeToken, account: string): Promise<bigint> =>
    route === "wallet"
      ? token.balanceOf(account)
      : token.getAddress().then((asset) => ledger.balanceOf(account, asset));

  return {
    name: "Lakh",
    model,
    async prepare(account) {
      if (route === "wallet") return;
      for (const token of [stakeToken, rewardToken]) {
        const amount = (await token.balanceOf(account.address)) / 2n;
        const request = lakh.ledger.deposit({ token: await token.getAddress(), amount, to: account.address });
        if (amount > 0n) await lab.send(account, request);
      }
    },
    async emptyRewardWallet(account) {
      if (route === "wallet") {
        await (await rewardToken.burn(account.address, await rewardToken.balanceOf(account.address))).wait();
        return;
      }
      const token = await rewardToken.getAddress();
      const amount = await ledger.balanceOf(account.address, token);
      await lab.send(account, lakh.ledger.withdraw({ token, amount, to: account.address }));
    },
    async figure(name, account) {
      if (name === "stake") return (await core.positionOf(id, account)).shares;
      if (name === "stakeWallet") return holdingOf(stakeToken, account);
      if (name === "rewardWallet") return holdingOf(rewardToken, account);
      return ((await ledger.bookOf(core, book.key, book.asset0, book.asset1)) >> 112n) & ((1n << 112n) - 1n);
    },
    words,
    stake: (_, amount) => call(stakingActions.stake(0n, ZeroAddress), { route, amount0: amount }),
    withdraw: (_, amount) => unstake(amount),
    claim,
    exit: (_, amount) => ({
      to,
      data: ledger.interface.encodeFunctionData("multicall", [[unstake(amount).data, claim().data]]),
    }),
    notify: (amount) => ({
      request({ time }) {
        const end = time - (time % STAKING_STEP) + STAKING_PERIOD;
        return call(stakingActions.fund(end), { route, amount1: amount });
      },
    }),
  };
}
