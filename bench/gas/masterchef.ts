import { type Contract, ContractFactory, ZeroAddress, type Signer } from "ethers";
import { readPeer, type Code } from "./artifacts.js";
import type { Sent } from "./lab.js";
import type { Chef } from "./masterchef-model.js";
import type { Words } from "./staking-model.js";

/** Both compiled in the package, with its own settings. */
export const CHEFS = {
  masterChef: { name: "Sushi MasterChef", version: "2.0.0-canary.1" },
  miniChef: { name: "Sushi MiniChefV2", version: "2.0.0-canary.1" },
} as const satisfies Record<Chef, unknown>;

const POOL = 0n;
const ALLOCATION = 100n;
const NO_BONUS = 0n;
/** Where the first chef sends a tenth of all that it mints. */
const DEVELOPERS = "0x0000000000000000000000000000000000000dE5";

const artifact = async (name: string): Promise<Code> =>
  readPeer(`@sushiswap/core/artifacts/contracts/${name}.sol/${name}.json`);

type Options = { owner: Signer; chef: Chef; stakeToken: string; rate: bigint };

/** A chef with one pool, on any chain that `owner` is connected to. */
export class MasterChef {
  readonly address: string;
  readonly #chef: Chef;
  readonly #contract: Contract;

  private constructor({ address, chef, contract }: { address: string; chef: Chef; contract: Contract }) {
    this.address = address;
    this.#chef = chef;
    this.#contract = contract;
  }

  /** The first mints Sushi and has to own the token; MiniChef pays from what it holds. */
  static async deploy({
    owner,
    chef,
    stakeToken,
    rate,
    rewardToken,
  }: Options & { rewardToken: string }): Promise<MasterChef> {
    const isMini = chef === "miniChef";
    const args = isMini ? [rewardToken] : [rewardToken, DEVELOPERS, rate, 0n, NO_BONUS];
    const contract = await deployCode(owner, await artifact(isMini ? "MiniChefV2" : "MasterChef"), ...args);
    if (isMini) await transact(contract, "setSushiPerSecond", rate);
    await transact(contract, "add", ALLOCATION, stakeToken, isMini ? ZeroAddress : false);
    return new MasterChef({ address: await contract.getAddress(), chef, contract });
  }

  /* ACTIONS */

  stake(account: string, amount: bigint): Sent {
    return this.#request("deposit", POOL, amount, ...this.#receiver(account));
  }

  withdraw(account: string, amount: bigint): Sent {
    return this.#request("withdraw", POOL, amount, ...this.#receiver(account));
  }

  /** The first has no function for it: a withdrawal of nothing, which is cheaper than a deposit of nothing. */
  claim(account: string): Sent {
    return this.#chef === "miniChef" ? this.#request("harvest", POOL, account) : this.withdraw(account, 0n);
  }

  exit(account: string, amount: bigint): Sent {
    if (this.#chef === "masterChef") return this.withdraw(account, amount);
    return this.#request("withdrawAndHarvest", POOL, amount, account);
  }

  accrue(): Sent {
    return this.#request("updatePool", POOL);
  }

  #receiver(account: string): string[] {
    return this.#chef === "miniChef" ? [account] : [];
  }

  #request(name: string, ...args: unknown[]): Sent {
    return { to: this.address, data: this.#contract.interface.encodeFunctionData(name, args) };
  }

  /* STATE */

  async stakeOf(account: string): Promise<bigint> {
    return (await this.words(account)).amount ?? 0n;
  }

  /** Every word that the model has. */
  async words(account: string): Promise<Words> {
    const pool = (await this.#contract.getFunction("poolInfo")(POOL)) as Record<string, bigint>;
    const user = (await this.#contract.getFunction("userInfo")(POOL, account)) as Record<string, bigint>;
    return {
      accSushiPerShare: pool.accSushiPerShare ?? 0n,
      last: (this.#chef === "miniChef" ? pool.lastRewardTime : pool.lastRewardBlock) ?? 0n,
      ...{ amount: user.amount ?? 0n, rewardDebt: user.rewardDebt ?? 0n },
    };
  }
}

/** Sushi, of which the owner has `amount`; afterwards only its owner mints. */
export async function deploySushi(owner: Signer, amount: bigint): Promise<Contract> {
  const sushi = await deployCode(owner, await artifact("SushiToken"));
  await transact(sushi, "mint", await owner.getAddress(), amount);
  return sushi;
}

async function deployCode(owner: Signer, { abi, bytecode }: Code, ...args: unknown[]): Promise<Contract> {
  const contract = await new ContractFactory(abi, bytecode, owner).deploy(...args);
  return (await contract.waitForDeployment()) as Contract;
}

async function transact(contract: Contract, name: string, ...args: unknown[]): Promise<void> {
  await (await contract.getFunction(name).send(...args)).wait();
}
