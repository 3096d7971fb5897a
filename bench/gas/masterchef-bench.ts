import { Contract, type JsonRpcSigner } from "ethers";
import type { Lab } from "./lab.js";
import { CHEFS, deploySushi, MasterChef } from "./masterchef.js";
import { ChefModel, type Chef } from "./masterchef-model.js";
import { approveAll, UNIT } from "./peer-kit.js";
import { STAKING_RATE, STAKING_REWARD, STAKING_TOKENS, type StakingProtocol } from "./staking-protocol.js";

const POCKET = 1_000n * UNIT;
const SINK = "0x000000000000000000000000000000000000dEaD";

/** Of a token with the functions of ERC-20 alone. */
type Reward = { address: string; balanceOf: (account: string) => Promise<bigint>; send: Send };
type Send = (from: JsonRpcSigner, to: string, amount: bigint) => Promise<void>;

/** Sushi's chefs as the staking benchmark drives them; the first pays in Sushi, which it mints. */
export async function openChefBench(lab: Lab, chef: Chef): Promise<StakingProtocol> {
  const { maker } = lab;
  const [stakeToken, rewardToken] = [lab[STAKING_TOKENS.stake], lab[STAKING_TOKENS.reward]];
  const isMini = chef === "miniChef";
  const token = isMini
    ? new Contract(await rewardToken.getAddress(), rewardToken.interface, maker)
    : await deploySushi(maker, STAKING_REWARD);
  const reward = await rewardOf(token);
  const pool = await MasterChef.deploy({
    ...{ owner: maker, chef, rate: STAKING_RATE, rewardToken: reward.address },
    stakeToken: await stakeToken.getAddress(),
  });
  const start = await lab.chain.provider.getBlock("latest");
  if (start === null) throw new RangeError("The chain has no block");
  if (isMini) await reward.send(maker, pool.address, STAKING_REWARD);
  else await (await token.getFunction("transferOwnership").send(pool.address)).wait();
  return {
    name: CHEFS[chef].name,
    model: new ChefModel({
      chef,
      rate: STAKING_RATE,
      start: { time: BigInt(start.timestamp), block: BigInt(start.number) },
    }),
    prepare: async (account) => {
      await approveAll(account, [stakeToken], [pool.address]);
      if (account !== maker) await reward.send(maker, account.address, POCKET);
    },
    emptyRewardWallet: async (account) => reward.send(account, SINK, await reward.balanceOf(account.address)),
    figure: async (name, account) => {
      if (name === "stake") return pool.stakeOf(account);
      if (name === "stakeWallet") return stakeToken.balanceOf(account);
      return reward.balanceOf(name === "rewardWallet" ? account : pool.address);
    },
    words: (account) => pool.words(account),
    stake: (account, amount) => pool.stake(account, amount),
    withdraw: (account, amount) => pool.withdraw(account, amount),
    claim: (account) => pool.claim(account),
    exit: (account, amount) => pool.exit(account, amount),
    accrue: () => pool.accrue(),
  };
}

async function rewardOf(token: Contract): Promise<Reward> {
  const contract = (from: JsonRpcSigner): Contract => token.connect(from) as Contract;
  return {
    address: await token.getAddress(),
    balanceOf: async (account) => (await token.getFunction("balanceOf")(account)) as bigint,
    send: async (from, to, amount) => {
      await (await contract(from).getFunction("transfer").send(to, amount)).wait();
    },
  };
}
