import { ZeroAddress } from "ethers";
import { FailureError } from "../../scripts/lib/failure.js";
import { STAKING_KINDS, stakingActions } from "../../src/index.js";
import type { GasRow } from "../schema.js";
import type { Lab } from "./lab.js";
import { openLakhPool, STAKING_STEP } from "./lakh-staking-bench.js";
import { BARS, FLOORS } from "./floors.js";
import { UNIT } from "./peer-kit.js";
import { sectionAccounts, sectionRow, type Sections } from "./sections.js";
import { STAKING_PERIOD, STAKING_REWARD, STAKING_TOKENS } from "./staking-protocol.js";

/** Of the maker, who has most of the pool. */
const OTHERS = 1_000_000n * UNIT;
const STEP = 10n * UNIT;

type Name = "stake" | "claim" | "unstake";
type Section = { name: Name; state: GasRow["state"]; hasMoved: boolean };

/** In this order: each that finds the stream moved is an hour after the one before it, each other in the same hour. */
const ORDER: readonly Section[] = [
  { name: "stake", state: "new", hasMoved: true },
  { name: "stake", state: "steady", hasMoved: false },
  { name: "stake", state: "steady", hasMoved: true },
  { name: "claim", state: "new", hasMoved: true },
  { name: "claim", state: "steady", hasMoved: true },
  { name: "unstake", state: "steady", hasMoved: true },
  { name: "claim", state: "steady", hasMoved: false },
  { name: "unstake", state: "steady", hasMoved: false },
];

/**
 * Gas of an operation in a section of 400 accounts on one pool whose rewards are counted by the hour; see `Sections`. Every word
 * and every balance of each account is checked against the model.
 */
export async function measureStakingSections(lab: Lab, sections: Sections): Promise<GasRow[]> {
  const { maker, ledger } = lab;
  const [stakeAsset, rewardAsset] = [STAKING_TOKENS.stake, STAKING_TOKENS.reward];
  const { pool, book, model, call, words } = await openLakhPool(lab);
  const accounts = sectionAccounts(0x57a4n);
  await sections.handOver(pool.stakeAsset, 100n * STEP, accounts);

  /** The next block is a second into an hour that no block was in, or in the same one as the last. */
  const moment = async (isNewHour: boolean) => {
    const next = await lab.wait(1);
    const time = isNewHour ? await lab.wait(Number(STAKING_STEP - (next % STAKING_STEP)) + 2) : next;
    return { time, block: 0n };
  };
  const at = await moment(true);
  model.stake({ account: maker.address, amount: OTHERS, at });
  await lab.send(maker, call(stakingActions.stake(0n, ZeroAddress), { route: "ledger", amount0: OTHERS }));
  const end = at.time - (at.time % STAKING_STEP) + STAKING_PERIOD;
  model.notify({ amount: STAKING_REWARD, at: await moment(false) });
  await lab.send(maker, call(stakingActions.fund(end), { route: "ledger", amount1: STAKING_REWARD }));

  const balancesOf = async (account: string) => ({
    stake: await ledger.balanceOf(account, await lab[stakeAsset].getAddress()),
    reward: await ledger.balanceOf(account, await lab[rewardAsset].getAddress()),
  });
  const rows: GasRow[] = [];
  for (const [sequence, { name, state, hasMoved }] of ORDER.entries()) {
    const action = `${name}, of 400 in a section, ${hasMoved ? "stream moved" : "idle"}`;
    const before = await Promise.all(accounts.map(balancesOf));
    const now = await moment(hasMoved);
    const operation = { kind: BigInt(STAKING_KINDS[name]), sequence: BigInt(sequence) };
    const amounts = { stake: { amount: STEP }, claim: {}, unstake: { arguments: STEP / 2n } }[name];
    const gas = await sections.run({ ...book, shareId: 0n }, accounts, { ...operation, ...amounts });

    const check = (what: string, actual: bigint | undefined, expected: bigint): void => {
      if (actual === expected) return;
      throw new FailureError("WRONG_EFFECT", `${action}: ${what} is ${actual ?? "unknown"}, not ${expected}.`);
    };
    model.count(now);
    const changes = accounts.map((account) => {
      const move = { account, at: now };
      if (name === "claim") return { stake: 0n, reward: model.claim(move) };
      if (name === "stake") model.stake({ ...move, amount: STEP });
      else model.withdraw({ ...move, amount: STEP / 2n });
      return { stake: name === "stake" ? -STEP : STEP / 2n, reward: 0n };
    });
    for (const [i, account] of accounts.entries()) {
      const [had, has, change] = [before[i], await balancesOf(account), changes[i]];
      for (const each of ["stake", "reward"] as const) {
        check(`${each} balance ${i}`, has[each], (had?.[each] ?? 0n) + (change?.[each] ?? 0n));
      }
      const stored = await words(account);
      for (const [label, expected] of Object.entries(model.words(account)))
        check(`${label} ${i}`, stored[label], expected);
    }
    const [limits, floor] = hasMoved ? [BARS.sectionMoved, FLOORS.section] : [BARS.sectionIdle, FLOORS.section];
    rows.push(
      sectionRow({
        domain: "staking",
        action,
        state,
        gas,
        bar: state === "new" ? null : limits,
        floor: state === "new" ? null : floor[name],
      }),
    );
  }
  return rows;
}
