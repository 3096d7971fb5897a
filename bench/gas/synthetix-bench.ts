import type { Lab } from "./lab.js";
import { approveAll } from "./peer-kit.js";
import { STAKING_PERIOD, STAKING_TOKENS, type StakingProtocol } from "./staking-protocol.js";
import { SYNTHETIX, Synthetix, type SynthetixBuild } from "./synthetix.js";
import { SynthetixModel } from "./synthetix-model.js";

/** Synthetix' StakingRewards as the staking benchmark drives it. */
export async function openSynthetixBench(lab: Lab, build: SynthetixBuild): Promise<StakingProtocol> {
  const [stakeToken, rewardToken] = [lab[STAKING_TOKENS.stake], lab[STAKING_TOKENS.reward]];
  const tokens = { stakeToken: await stakeToken.getAddress(), rewardToken: await rewardToken.getAddress() };
  const pool = await Synthetix.deploy({ owner: lab.maker, build, ...tokens, duration: STAKING_PERIOD });
  return {
    name: SYNTHETIX[build].name,
    model: new SynthetixModel({ duration: pool.duration }),
    prepare: (account) => approveAll(account, [stakeToken], [pool.address]),
    emptyRewardWallet: async ({ address }) => {
      await (await rewardToken.burn(address, await rewardToken.balanceOf(address))).wait();
    },
    figure: async (name, account) => {
      if (name === "stake") return pool.stakeOf(account);
      if (name === "stakeWallet") return stakeToken.balanceOf(account);
      return rewardToken.balanceOf(name === "rewardWallet" ? account : pool.address);
    },
    words: (account) => pool.words(account),
    stake: (_, amount) => pool.stake(amount),
    withdraw: (_, amount) => pool.withdraw(amount),
    claim: () => pool.claim(),
    exit: () => pool.exit(),
    notify: (amount) => ({
      transfer: {
        to: tokens.rewardToken,
        data: rewardToken.interface.encodeFunctionData("transfer", [pool.address, amount]),
      },
      request: () => pool.notify(amount),
    }),
  };
}
