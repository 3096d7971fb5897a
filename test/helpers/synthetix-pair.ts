import { existsSync } from "node:fs";
import path from "node:path";
import { network } from "#chain";
import type { Sent } from "../../bench/gas/lab.js";
import type { Moment, Words } from "../../bench/gas/staking-model.js";
import { Synthetix } from "../../bench/gas/synthetix.js";
import { SynthetixModel } from "../../bench/gas/synthetix-model.js";
import { ROOT } from "../../scripts/lib/paths.js";
import type { MockERC20 } from "../../typechain-types/index.js";
import { at, deployTyped, type Connection } from "./deploy.js";

/** Tests are run without the peers' packages too. */
export const hasSynthetix = (): boolean => existsSync(path.join(ROOT, "bench/peers/node_modules/synthetix"));

export type PairAction = { time: bigint; account: string } & (
  { name: "stake" | "withdraw" | "notify"; amount: bigint } | { name: "claim" | "exit" }
);

const USERS = 4;
const FUNDS = 10n ** 40n;
const GAS = "0xf4240"; // 1,000,000
/** Before anything happens, so that the first action may be at any time from then on. */
const START_AFTER = 100n;

const moment = (time: bigint): Moment => ({ time, block: 0n }); // Synthetix does not count blocks

/** Synthetix' StakingRewards, in the bytecode that its package records of mainnet, and the model, which are told the same. */
export class SynthetixPair {
  readonly model: SynthetixModel;
  readonly users: readonly string[];
  /** Unix time at which the pool is there. */
  readonly start: bigint;
  readonly #connection: Connection;
  readonly #pool: Synthetix;
  readonly #owner: string;
  readonly #tokens: Record<"stake" | "reward", MockERC20>;

  private constructor(options: {
    connection: Connection;
    pool: Synthetix;
    owner: string;
    users: readonly string[];
    tokens: Record<"stake" | "reward", MockERC20>;
    start: bigint;
  }) {
    this.model = new SynthetixModel({ duration: options.pool.duration });
    this.users = options.users;
    this.start = options.start;
    this.#connection = options.connection;
    this.#pool = options.pool;
    this.#owner = options.owner;
    this.#tokens = options.tokens;
  }

  static async create({
    duration,
    rewardDecimals = 18,
  }: {
    duration: bigint;
    rewardDecimals?: number;
  }): Promise<SynthetixPair> {
    const connection = await network.create({
      override: { initialBaseFeePerGas: 0n, allowBlocksWithSameTimestamp: true },
    });
    const signers = await connection.ethers.getSigners();
    const owner = at(signers, 0);
    const accounts = signers.slice(1, 1 + USERS);
    const token = async (symbol: string, decimals: number): Promise<MockERC20> =>
      deployTyped<MockERC20>(connection, "MockERC20", [`Token ${symbol}`, symbol, decimals]);
    const tokens = { stake: await token("STK", 18), reward: await token("RWD", rewardDecimals) };
    const pool = await Synthetix.deploy({
      ...{ owner, build: "original", duration },
      stakeToken: await tokens.stake.getAddress(),
      rewardToken: await tokens.reward.getAddress(),
    });
    for (const account of accounts) {
      await tokens.stake.mint(account.address, FUNDS);
      await tokens.stake.connect(account).approve(pool.address, FUNDS);
    }
    const block = await connection.ethers.provider.getBlock("latest");
    const start = BigInt(block?.timestamp ?? 0) + START_AFTER;
    const users = accounts.map(({ address }) => address);
    return new SynthetixPair({ connection, pool, owner: owner.address, users, tokens, start });
  }

  /** Both do it. The reward is sent before the pool is told of it, at the same time. */
  async act(action: PairAction): Promise<void> {
    const { account, time } = action;
    const { model } = this;
    const common = { account, at: moment(time) };
    const pool = this.#pool;
    switch (action.name) {
      case "stake":
        model.stake({ ...common, amount: action.amount });
        return this.#send(account, pool.stake(action.amount), time);
      case "withdraw":
        model.withdraw({ ...common, amount: action.amount });
        return this.#send(account, pool.withdraw(action.amount), time);
      case "claim":
        model.claim(common);
        return this.#send(account, pool.claim(), time);
      case "exit":
        model.exit(common);
        return this.#send(account, pool.exit(), time);
      case "notify": {
        const mint = await this.#tokens.reward.mint.populateTransaction(pool.address, action.amount);
        await this.#send(this.#owner, mint, time);
        model.notify({ amount: action.amount, at: moment(time) });
        return this.#send(this.#owner, pool.notify(action.amount), time);
      }
    }
  }

  /** What the last block's time allows to claim, in the pool. */
  async earned(account: string): Promise<bigint> {
    return this.#pool.earned(account);
  }

  /** Every word of the pool, and what the account was paid. */
  async words(account: string): Promise<Words> {
    return { ...(await this.#pool.words(account)), wallet: await this.#tokens.reward.balanceOf(account) };
  }

  /** Fails where the transaction does. */
  async #send(from: string, { to, data }: Pick<Sent, "to" | "data">, time: bigint): Promise<void> {
    const { provider } = this.#connection;
    await provider.request({ method: "evm_setNextBlockTimestamp", params: [Number(time)] });
    await provider.request({ method: "eth_sendTransaction", params: [{ from, to, data, gas: GAS, gasPrice: "0x0" }] });
  }
}
