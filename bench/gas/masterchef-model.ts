import {
  checkAmount,
  entryOf,
  type Claim,
  type Moment,
  type Move,
  type StakingModel,
  type Words,
} from "./staking-model.js";

const SCALE = 10n ** 12n;

type Account = { amount: bigint; rewardDebt: bigint };

/** What each counts of a moment. */
const CLOCKS = { masterChef: "block", miniChef: "time" } as const satisfies Record<string, keyof Moment>;
export type Chef = keyof typeof CLOCKS;

/**
 * Sushi's chefs in integers, with one pool that has all of the allocation: acc += ⌊clock · rate · 1e12 / staked⌋, and an account
 * may have ⌊amount · acc / 1e12⌋ − debt. The first counts blocks and pays with every deposit and withdrawal; MiniChef
 * counts seconds and pays only what is harvested, so that its debt has a sign.
 */
export class ChefModel implements StakingModel {
  readonly #chef: Chef;
  /** Of a block or a second. */
  readonly #rate: bigint;
  #acc = 0n;
  #last: bigint;
  #staked = 0n;
  readonly #accounts = new Map<string, Account>();

  constructor({ chef, rate, start }: { chef: Chef; rate: bigint; start: Moment }) {
    this.#chef = chef;
    this.#rate = rate;
    this.#last = start[CLOCKS[chef]];
  }

  stake({ account, amount, at }: Move): bigint {
    checkAmount(amount);
    this.accrue({ at });
    return this.#move(account, amount);
  }

  withdraw({ account, amount, at }: Move): bigint {
    checkAmount(amount, this.stakeOf(account));
    this.accrue({ at });
    return this.#move(account, -amount);
  }

  claim({ account, at }: Claim): bigint {
    this.accrue({ at });
    const entry = this.#of(account);
    const all = this.#worth(entry.amount);
    const paid = all - entry.rewardDebt;
    entry.rewardDebt = all;
    return paid;
  }

  exit({ account, at }: Claim): bigint {
    const paid = this.claim({ account, at });
    this.#move(account, -this.stakeOf(account));
    return paid;
  }

  accrue({ at }: { at: Moment }): void {
    const now = at[CLOCKS[this.#chef]];
    if (now <= this.#last) return;
    if (this.#staked > 0n) this.#acc += ((now - this.#last) * this.#rate * SCALE) / this.#staked;
    this.#last = now;
  }

  stakeOf(account: string): bigint {
    return this.#of(account).amount;
  }

  words(account: string): Words {
    const { amount, rewardDebt } = this.#of(account);
    return { accSushiPerShare: this.#acc, last: this.#last, amount, rewardDebt };
  }

  #move(account: string, change: bigint): bigint {
    const entry = this.#of(account);
    this.#staked += change;
    if (this.#chef === "miniChef") {
      entry.amount += change;
      // Rounded towards 0 both ways, as the contract does it.
      entry.rewardDebt += change < 0n ? -this.#worth(-change) : this.#worth(change);
      return 0n;
    }
    const paid = this.#worth(entry.amount) - entry.rewardDebt;
    entry.amount += change;
    entry.rewardDebt = this.#worth(entry.amount);
    return paid;
  }

  #worth(amount: bigint): bigint {
    return (amount * this.#acc) / SCALE;
  }

  #of(account: string): Account {
    return entryOf(this.#accounts, account, () => ({ amount: 0n, rewardDebt: 0n }));
  }
}
