import type { JsonRpcSigner } from "ethers";
import type { Lab, Measured } from "./lab.js";
import { EffectError, measure, type Effect, type Measurement } from "./measure.js";
import { UNIT } from "./peer-kit.js";
import {
  STAKING_CASES,
  STAKING_EFFECTS,
  stakingNames,
  type StakingCaseName,
  type StakingFigure,
  type StakingOperation,
} from "./staking-cases.js";
import type { Moment } from "./staking-model.js";
import { STAKING_REWARD, type StakingProtocol } from "./staking-protocol.js";

/** Of each of two others. */
const OTHERS = 500_000n * UNIT;
const STEP = 10_000n * UNIT;
const HOUR = 3_600;

export type StakingMeasurements = Partial<Record<StakingCaseName, Measured>>;

type Changes = Partial<Record<StakingFigure, bigint>>;
type Told = Pick<Measurement, "request"> & { changes: Changes };
type Order = { operation: Exclude<StakingOperation, "notify">; account: string; amount?: bigint; at: Moment };

/** Measures every case that the pool knows, in the order of the list. */
export async function runStaking(
  lab: Lab,
  protocol: StakingProtocol,
  staker: JsonRpcSigner,
): Promise<StakingMeasurements> {
  const { maker, user } = lab;
  const { notify, accrue } = protocol;
  for (const account of [maker, user, staker]) await protocol.prepare(account);
  const run = new StakingRun(lab, protocol, staker);
  for (const account of [maker, user]) await run.send("stake", account, OTHERS);
  await run.fund();

  const figures: StakingMeasurements = {};
  for (const name of stakingNames) {
    const { operation } = STAKING_CASES[name];
    if ((operation === "notify" && notify === undefined) || (operation === "accrue" && accrue === undefined)) continue;
    figures[name] = await run.take(name);
  }
  return figures;
}

class StakingRun {
  readonly #lab: Lab;
  readonly #protocol: StakingProtocol;
  readonly #staker: JsonRpcSigner;

  constructor(lab: Lab, protocol: StakingProtocol, staker: JsonRpcSigner) {
    this.#lab = lab;
    this.#protocol = protocol;
    this.#staker = staker;
  }

  async take(name: StakingCaseName): Promise<Measured> {
    const { action, setup, operation, state, isAgain } = STAKING_CASES[name];
    const title = `${this.#protocol.name}: ${action}`;
    for (const step of setup) {
      if (step === "stake") await this.send("stake", this.#staker, STEP);
      else await this.#protocol.emptyRewardWallet(this.#staker);
    }
    if (operation === "notify") return this.#takeFunding(title);
    const at = await this.#nextBlock();
    const first = isAgain
      ? { behind: this.#tell({ operation: "stake", account: this.#lab.maker.address, at }).request }
      : {};
    const { request, changes } = this.#tell({ operation, account: this.#staker.address, at });
    const missing = STAKING_EFFECTS[operation].filter((figure) => !(figure in changes));
    if (missing.length > 0) throw new EffectError(`${title}: nothing happens to ${missing.join(", ")}.`);
    const effects = this.#effects(changes, this.#staker.address, operation === "withdrawAll" || operation === "exit");
    const measured = await measure(this.#lab, { name: title, from: this.#staker, request, state, effects, ...first });
    await this.#checkWords(title);
    return measured;
  }

  async send(operation: Order["operation"], from: JsonRpcSigner, amount: bigint): Promise<void> {
    const { request } = this.#tell({ operation, account: from.address, amount, at: await this.#nextBlock() });
    await this.#lab.send(from, request);
  }

  /** The first rewards, which are not measured. */
  async fund(): Promise<void> {
    const { notify, model } = this.#protocol;
    if (notify === undefined) return;
    const { request, transfer } = notify(STAKING_REWARD);
    if (transfer !== undefined) await this.#lab.send(this.#lab.maker, transfer);
    const at = await this.#nextBlock();
    model.notify?.({ amount: STAKING_REWARD, at });
    await this.#lab.send(this.#lab.maker, request(at));
  }

  /** Both transactions where the reward is sent in one of its own. */
  async #takeFunding(title: string): Promise<Measured> {
    const { notify, model } = this.#protocol;
    if (notify === undefined) throw new EffectError(`${title}: the pool is not told of rewards.`);
    const { request, transfer } = notify(STAKING_REWARD);
    const from = this.#lab.maker;
    const common = { name: title, from, state: "steady" } as const;
    const changes = { rewardWallet: -STAKING_REWARD, poolRewards: STAKING_REWARD };
    const effects = this.#effects(changes, from.address, false);
    const sent = transfer === undefined ? [] : [await measure(this.#lab, { ...common, request: transfer, effects })];
    const at = await this.#nextBlock();
    model.notify?.({ amount: STAKING_REWARD, at });
    const told = transfer === undefined ? effects : [];
    sent.push(await measure(this.#lab, { ...common, request: request(at), effects: told }));
    await this.#checkWords(title);
    return sent.reduce(sum);
  }

  /** Tells the model; what the pool has to do, and what that changes. */
  #tell({ operation, account, at, ...rest }: Order): Told {
    const { model, ...pool } = this.#protocol;
    const whole = model.stakeOf(account);
    const amount = rest.amount ?? STEP;
    switch (operation) {
      case "stake":
        return {
          request: pool.stake(account, amount),
          changes: changesOf(model.stake({ account, amount, at }), amount),
        };
      case "withdraw":
      case "withdrawAll": {
        const part = operation === "withdraw" ? amount : whole;
        const paid = model.withdraw({ account, amount: part, at });
        return { request: pool.withdraw(account, part), changes: changesOf(paid, -part) };
      }
      case "claim":
        return { request: pool.claim(account), changes: changesOf(model.claim({ account, at }), 0n) };
      case "exit":
        return { request: pool.exit(account, whole), changes: changesOf(model.exit({ account, at }), -whole) };
      case "accrue":
        if (pool.accrue === undefined) throw new EffectError(`${pool.name} does not accrue on its own.`);
        model.accrue?.({ at });
        return { request: pool.accrue(), changes: {} };
    }
  }

  #effects(changes: Changes, account: string, empties: boolean): Effect[] {
    return (Object.entries(changes) as [StakingFigure, bigint][]).map(([label, change]) => ({
      ...{ label, read: () => this.#protocol.figure(label, account), change },
      ...(empties && label === "stake" ? { empties: true as const } : {}),
    }));
  }

  async #checkWords(title: string): Promise<void> {
    const { maker, user } = this.#lab;
    for (const { address } of [maker, user, this.#staker]) {
      const words = await this.#protocol.words(address);
      for (const [label, expected] of Object.entries(this.#protocol.model.words(address))) {
        const actual = words[label];
        if (actual !== expected) {
          throw new EffectError(`${title}: ${label} of ${address} is ${actual ?? "unknown"}, not ${expected}.`);
        }
      }
    }
  }

  async #nextBlock(): Promise<Moment> {
    const time = await this.#lab.wait(HOUR);
    return { time, block: BigInt(await this.#lab.chain.provider.getBlockNumber()) + 1n };
  }
}

const changesOf = (paid: bigint, stake: bigint): Changes => ({
  ...(stake === 0n ? {} : { stakeWallet: -stake, stake }),
  ...(paid === 0n ? {} : { rewardWallet: paid }),
});

const sum = (a: Measured, b: Measured): Measured => ({
  gas: a.gas + b.gas,
  execGas: a.execGas + b.execGas,
  calldataBytes: a.calldataBytes + b.calldataBytes,
  l1FeeWei: a.l1FeeWei + b.l1FeeWei,
});
