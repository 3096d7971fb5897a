import { AbiCoder, keccak256, ZeroAddress } from "ethers";
import { IStakingActions__factory, StakingCore__factory } from "../../typechain-types/index.js";
import type { ILedger } from "../../typechain-types/core/Ledger.js";
import { readProduction } from "./artifacts.js";
import type { Lab, Sent } from "./lab.js";
import { LakhStakingModel } from "./lakh-staking-model.js";
import { STAKING_PERIOD, STAKING_TOKENS, type StakingProtocol } from "./staking-protocol.js";

/** Rewards are counted by the hour, as the documentation advises. */
const STEP = 3600n;
const actions = IStakingActions__factory.createInterface();
const coder = AbiCoder.defaultAbiCoder();

/** Our stake pool, from and to wallets or ledger balances, as the staking benchmark drives it. */
export async function openLakhStaking(lab: Lab, route: "wallet" | "ledger"): Promise<StakingProtocol> {
  const [stakeToken, rewardToken] = [lab[STAKING_TOKENS.stake], lab[STAKING_TOKENS.reward]];
  const { ledger, maker, lakh } = lab;
  const code = await readProduction("contracts/staking/StakingCore.sol");
  const core = StakingCore__factory.connect(await (await lab.deploy(code, ledger)).getAddress(), maker);
  const pool = {
    ...{ stakeAsset: BigInt(await stakeToken.getAddress()), reward0: BigInt(await rewardToken.getAddress()) },
    ...{
      reward1: 0n,
      funder: maker.address,
      cooldown: 0n,
      maxBoost: 0n,
      slasher: ZeroAddress,
      maxLock: 0n,
      maxSlash: 0n,
    },
    step: STEP,
  };
  const types = ["uint256", "address", "uint32", "uint64", "address", "uint32", "uint64", "uint32"];
  const { reward1, funder, cooldown, maxBoost, slasher, maxLock, maxSlash, step } = pool;
  const terms = [reward1, funder, cooldown, maxBoost, slasher, maxLock, maxSlash, step];
  const key = keccak256(coder.encode(types, terms));
  const protocol = await core.getAddress();
  const bookTypes = ["address", "uint256", "uint256", "bytes32"];
  const id = keccak256(coder.encode(bookTypes, [protocol, pool.stakeAsset, pool.reward0, key]));
  const to = await ledger.getAddress();
  const side = route === "ledger" ? 0n : 1n;

  const callOf = (data: string, amounts: { amount0?: bigint; amount1?: bigint } = {}): ILedger.CallStruct => ({
    ...{ protocol, key, asset0: pool.stakeAsset, asset1: pool.reward0, source: side, destination: side },
    ...{ amount0: 0n, amount1: 0n, to: ZeroAddress, data, ...amounts },
  });
  const sent = (call: ILedger.CallStruct): Sent => ({ to, data: ledger.interface.encodeFunctionData("call", [call]) });
  const unstake = (amount: bigint) => callOf(actions.encodeFunctionData("unstake", [amount, ZeroAddress]));
  const claim = () => callOf(actions.encodeFunctionData("claim", [ZeroAddress]));
  const holdingOf = (token: typeof stakeToken, account: string): Promise<bigint> =>
    route === "wallet"
      ? token.balanceOf(account)
      : token.getAddress().then((asset) => ledger.balanceOf(account, asset));

  await lab.send(maker, sent(callOf(actions.encodeFunctionData("createPool", [pool]))));

  return {
    name: "Lakh",
    model: new LakhStakingModel({ duration: STAKING_PERIOD, step: STEP }),
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
      return ((await ledger.bookOf(protocol, key, pool.stakeAsset, pool.reward0)) >> 112n) & ((1n << 112n) - 1n);
    },
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
    stake: (_, amount) => sent(callOf(actions.encodeFunctionData("stake", [0n, ZeroAddress]), { amount0: amount })),
    withdraw: (_, amount) => sent(unstake(amount)),
    claim: () => sent(claim()),
    exit: (_, amount) => {
      const steps = [unstake(amount), claim()].map((call) => ledger.interface.encodeFunctionData("call", [call]));
      return { to, data: ledger.interface.encodeFunctionData("multicall", [steps]) };
    },
    notify: (amount) => ({
      request({ time }) {
        const end = time - (time % STEP) + STAKING_PERIOD;
        return sent(callOf(actions.encodeFunctionData("fund", [end]), { amount1: amount }));
      },
    }),
  };
}
