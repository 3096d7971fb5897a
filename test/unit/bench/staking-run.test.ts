import { expect } from "chai";
import type { JsonRpcSigner } from "ethers";
import type { Lab, Measured, Sent } from "../../../bench/gas/lab.js";
import { EffectError } from "../../../bench/gas/measure.js";
import { stakingNames } from "../../../bench/gas/staking-cases.js";
import type { StakingProtocol } from "../../../bench/gas/staking-protocol.js";
import { runStaking, type StakingMeasurements } from "../../../bench/gas/staking-run.js";
import { SynthetixModel } from "../../../bench/gas/synthetix-model.js";

const DURATION = 60n * 86_400n;
const FUNDS = 10n ** 30n;
const FIGURES: Measured = { gas: 30_000, execGas: 9_000, calldataBytes: 4, l1FeeWei: 7n };

type Wallet = { stake: bigint; reward: bigint };
type Fault = { word?: string; payment?: bigint };

const signer = (address: string): JsonRpcSigner => ({ address }) as JsonRpcSigner;

/** A pool that is itself a model, on a chain of nothing but time; what it does can be made wrong. */
function open({ word, payment = 0n }: Fault = {}): { lab: Lab; protocol: StakingProtocol } {
  const chain = new SynthetixModel({ duration: DURATION });
  const wallets = new Map(["maker", "user", "staker"].map((name) => [name, { stake: FUNDS, reward: FUNDS }]));
  const walletOf = (account: string): Wallet => wallets.get(account) ?? { stake: 0n, reward: 0n };
  let [now, block, held] = [1_000n, 1n, 0n];
  const send = (account: string, { data }: Sent): Measured => {
    const [name = "", text = "0"] = data.split(" ");
    const [amount, move, wallet] = [BigInt(text), { account, at: { time: now, block } }, walletOf(account)];
    if (name === "transfer") {
      wallet.reward -= amount;
      held += amount;
    }
    if (name === "notify") chain.notify({ amount, at: move.at });
    if (name === "stake") chain.stake({ ...move, amount });
    if (name === "withdraw") chain.withdraw({ ...move, amount });
    if (name === "stake" || name === "withdraw") wallet.stake += name === "stake" ? -amount : amount;
    if (name === "exit") wallet.stake += chain.stakeOf(account);
    if (name === "claim") wallet.reward += chain.claim(move) + payment;
    if (name === "exit") wallet.reward += chain.exit(move);
    return FIGURES;
  };
  const lab = {
    ...{ maker: signer("maker"), user: signer("user") },
    chain: { provider: { getBlockNumber: async () => Promise.resolve(Number(block)) } },
    wait: async (seconds: number) => {
      now += BigInt(seconds);
      block += 1n;
      return Promise.resolve(now);
    },
    send: async (from: JsonRpcSigner, request: Sent) => Promise.resolve(send(from.address, request)),
    sendBehind: async (first: Sent, from: JsonRpcSigner, request: Sent) => {
      send("maker", first);
      return Promise.resolve(send(from.address, request));
    },
  } as unknown as Lab;
  const call = (name: string, amount = 0n): Sent => ({ to: "", data: `${name} ${amount}` });
  const protocol: StakingProtocol = {
    name: "Pool",
    model: new SynthetixModel({ duration: DURATION }),
    prepare: async () => Promise.resolve(),
    emptyRewardWallet: async ({ address }) => {
      walletOf(address).reward = 0n;
      return Promise.resolve();
    },
    figure: async (name, account) => {
      const { stake, reward } = walletOf(account);
      const figures = { stakeWallet: stake, rewardWallet: reward, stake: chain.stakeOf(account), poolRewards: held };
      return Promise.resolve(figures[name]);
    },
    words: async (account) => {
      const words = chain.words(account);
      return Promise.resolve(word === undefined ? words : { ...words, [word]: (words[word] ?? 0n) + 1n });
    },
    stake: (_, amount) => call("stake", amount),
    withdraw: (_, amount) => call("withdraw", amount),
    claim: () => call("claim"),
    exit: () => call("exit"),
    notify: (amount) => ({ transfer: call("transfer", amount), request: () => call("notify", amount) }),
  };
  return { lab, protocol };
}

async function run(fault?: Fault): Promise<StakingMeasurements> {
  const { lab, protocol } = open(fault);
  return runStaking(lab, protocol, signer("staker"));
}

/** What a run with the fault ends with. */
async function failureOf(fault: Fault): Promise<string> {
  try {
    await run(fault);
  } catch (error) {
    if (error instanceof EffectError) return error.message;
    throw error;
  }
  return "";
}

describe("staking's benchmark", () => {
  it("measures each case that the pool knows, and adds up what takes two transactions", async () => {
    const figures = await run();
    expect(Object.keys(figures)).to.deep.equal(stakingNames.filter((name) => name !== "accrue"));
    expect(figures.stake).to.deep.equal(FIGURES);
    expect(figures.notify).to.deep.equal({ gas: 60_000, execGas: 18_000, calldataBytes: 8, l1FeeWei: 14n });
  });

  it("fails when the pool pays a unit more or stores a word that the model does not expect", async () => {
    expect(await failureOf({ payment: 1n })).to.match(/^Pool: claim: rewardWallet changed by \d+, not by \d+\.$/);
    for (const word of ["rewardPerTokenStored", "rewards", "totalSupply"]) {
      expect(await failureOf({ word })).to.match(new RegExp(`^Pool: stake: ${word} of maker is \\d+, not \\d+\\.$`));
    }
  });
});
