import { ContractFactory, type Contract, type Signer } from "ethers";
import { readPeer, readPeerJson, type Code } from "./artifacts.js";
import type { Sent } from "./lab.js";
import type { Words } from "./staking-model.js";

/**
 * The same contract twice: as Synthetix deployed it on mainnet, which its package records, and Uniswap's copy, which cannot be
 * paused or given another duration, and is compiled for more runs: the cheaper of the two.
 */
export const SYNTHETIX = {
  original: { name: "Synthetix StakingRewards", version: "2.102.1" },
  uniswap: { name: "Synthetix StakingRewards, Uniswap's copy", version: "liquidity-staker 1.0.2" },
} as const;
export type SynthetixBuild = keyof typeof SYNTHETIX;

const DAY = 86_400n;
/** Of Uniswap's copy. */
const FIXED_DURATION = 60n * DAY;

const POOL_WORDS = ["rewardRate", "periodFinish", "lastUpdateTime", "rewardPerTokenStored", "totalSupply"];
const ACCOUNT_WORDS = ["balanceOf", "userRewardPerTokenPaid", "rewards"];

type Deployments = { sources: Record<string, Code> };

/** Mainnet's bytecode and ABI, by the names of its own deployment script. */
async function readSynthetix(build: SynthetixBuild): Promise<Code> {
  if (build === "uniswap") return readPeer("@uniswap/liquidity-staker/build/StakingRewards.json");
  const { sources } = await readPeerJson<Deployments>("synthetix/publish/deployed/mainnet/deployment.json");
  const { abi, bytecode } = sources.StakingRewards as Code;
  return { abi, bytecode: `0x${bytecode}` };
}

/** A StakingRewards that `owner` adds rewards to, on any chain that `owner` is connected to. */
export class Synthetix {
  readonly address: string;
  /** In seconds. */
  readonly duration: bigint;
  readonly #contract: Contract;

  private constructor({ address, duration, contract }: { address: string; duration: bigint; contract: Contract }) {
    this.address = address;
    this.duration = duration;
    this.#contract = contract;
  }

  /** `duration` is that of the original; the copy has 60 days. */
  static async deploy({
    owner,
    build,
    stakeToken,
    rewardToken,
    duration = FIXED_DURATION,
  }: {
    owner: Signer;
    build: SynthetixBuild;
    stakeToken: string;
    rewardToken: string;
    duration?: bigint;
  }): Promise<Synthetix> {
    const { abi, bytecode } = await readSynthetix(build);
    const account = await owner.getAddress();
    const roles = build === "original" ? [account, account] : [account];
    const deployed = await new ContractFactory(abi, bytecode, owner).deploy(...roles, rewardToken, stakeToken);
    const contract = (await deployed.waitForDeployment()) as Contract;
    if (build === "original") await (await contract.getFunction("setRewardsDuration").send(duration)).wait();
    const real = (await contract.getFunction("rewardsDuration")()) as bigint;
    if (real !== duration) throw new RangeError(`The duration is ${real} seconds, not ${duration}`);
    return new Synthetix({ address: await contract.getAddress(), duration, contract });
  }

  /* ACTIONS */

  stake(amount: bigint): Sent {
    return this.#request("stake", amount);
  }

  withdraw(amount: bigint): Sent {
    return this.#request("withdraw", amount);
  }

  claim(): Sent {
    return this.#request("getReward");
  }

  exit(): Sent {
    return this.#request("exit");
  }

  /** Of the owner, who has sent the reward before. */
  notify(amount: bigint): Sent {
    return this.#request("notifyRewardAmount", amount);
  }

  #request(name: string, ...args: unknown[]): Sent {
    return { to: this.address, data: this.#contract.interface.encodeFunctionData(name, args) };
  }

  /* STATE */

  /** What a claim in the next block would pay, at its time. */
  async earned(account: string): Promise<bigint> {
    return (await this.#contract.getFunction("earned")(account)) as bigint;
  }

  async stakeOf(account: string): Promise<bigint> {
    return (await this.#contract.getFunction("balanceOf")(account)) as bigint;
  }

  /** Every word that the model has. */
  async words(account: string): Promise<Words> {
    const words: Words = {};
    for (const name of POOL_WORDS) words[name] = (await this.#contract.getFunction(name)()) as bigint;
    for (const name of ACCOUNT_WORDS) words[name] = (await this.#contract.getFunction(name)(account)) as bigint;
    return words;
  }
}
