import {
  checkAmount,
  entryOf,
  type Claim,
  type Moment,
  type Move,
  type StakingModel,
  type Words,
} from "./staking-model.js";

const SCALE = 10n ** 18n;

type Account = { stake: bigint; paid: bigint; rewards: bigint };

/**
 * Synthetix' StakingRewards in integers: rate = ⌊reward / duration⌋, index += ⌊seconds · rate · 1e18 / total⌋ each time that
 * anyone does anything, earned = ⌊stake · (index − paid) / 1e18⌋ + rewards. What the divisions leave over is nobody's.
 */
export class SynthetixModel implements StakingModel {
  /** Of a reward, in seconds. */
  readonly duration: bigint;
  #rate = 0n;
  #end = 0n;
  #last = 0n;
  #index = 0n;
  #total = 0n;
  readonly #accounts = new Map<string, Account>();

  constructor({ duration }: { duration: bigint }) {
    this.duration = duration;
  }

  stake({ account, amount, at }: Move): bigint {
    checkAmount(amount);
    this.#update(at, account);
    this.#total += amount;
    this.#of(account).stake += amount;
    return 0n;
  }

  withdraw({ account, amount, at }: Move): bigint {
    checkAmount(amount, this.#of(account).stake);
    this.#update(at, account);
    this.#total -= amount;
    this.#of(account).stake -= amount;
    return 0n;
  }

  claim({ account, at }: Claim): bigint {
    this.#update(at, account);
    const entry = this.#of(account);
    const paid = entry.rewards;
    entry.rewards = 0n;
    return paid;
  }

  exit({ account, at }: Claim): bigint {
    this.withdraw({ account, amount: this.#of(account).stake, at });
    return this.claim({ account, at });
  }

  notify({ amount, at }: { amount: bigint; at: Moment }): void {
    this.#update(at);
    const left = at.time < this.#end ? (this.#end - at.time) * this.#rate : 0n;
    this.#rate = (amount + left) / this.duration;
    this.#last = at.time;
    this.#end = at.time + this.duration;
  }

  /** What a claim would pay. */
  earned({ account, at }: Claim): bigint {
    const { stake, paid, rewards } = this.#of(account);
    return (stake * (this.#indexAt(at.time) - paid)) / SCALE + rewards;
  }

  stakeOf(account: string): bigint {
    return this.#of(account).stake;
  }

  words(account: string): Words {
    const { stake, paid, rewards } = this.#of(account);
    return {
      ...{ rewardRate: this.#rate, periodFinish: this.#end, lastUpdateTime: this.#last },
      ...{ rewardPerTokenStored: this.#index, totalSupply: this.#total },
      ...{ balanceOf: stake, userRewardPerTokenPaid: paid, rewards },
    };
  }

  #indexAt(time: bigint): bigint {
    if (this.#total === 0n) return this.#index;
    return this.#index + ((this.#applicable(time) - this.#last) * this.#rate * SCALE) / this.#total;
  }

  #applicable(time: bigint): bigint {
    return time < this.#end ? time : this.#end;
  }

  #update({ time }: Moment, account?: string): void {
    this.#index = this.#indexAt(time);
    this.#last = this.#applicable(time);
    if (account === undefined) return;
    const entry = this.#of(account);
    entry.rewards += (entry.stake * (this.#index - entry.paid)) / SCALE;
    entry.paid = this.#index;
  }

  #of(account: string): Account {
    return entryOf(this.#accounts, account, () => ({ stake: 0n, paid: 0n, rewards: 0n }));
  }
}
