import { setImmediate } from "node:timers/promises";
import { ModelError, type AmmModel, type Lakh, type LakhRequest, type StakingModel } from "../../../src/index.js";
import type { LocalChain } from "../devnet.js";
import type { SealedBatch } from "./batches.js";
import { follow, toRequest } from "./operation.js";
import type { PoolLog } from "./pool-log.js";
import { DemoError, MAX_GAS, mineBlock, sign, type Account, type Mined } from "./sender.js";
import type { Flows, Tally } from "./tally.js";
import type { Planned } from "./trading.js";

/** Between two blocks of one day, in seconds. */
const STEP = 900n;
/** Blocks that may wait for the chain while the next ones are made. */
const MOST_WAITING = 8;

export type BlocksOptions = {
  chain: LocalChain;
  lakh: Lakh;
  model: AmmModel;
  staking: StakingModel;
  tally: Tally;
  /** Sums what the mined tokens' events say. */
  flows: Flows;
  /** Keeps the logs of the pool that is farmed. */
  poolLog: PoolLog;
  /** Who sends batches. */
  relayer: Account;
};

/** What fills a block. */
export type Block = {
  /** Runs an operation on the model now, and on the chain when the block is mined. */
  add: (planned: Planned) => Promise<void>;
  /** A transaction that the caller has run on the model himself, and checks himself. */
  send: (account: Account, request: Omit<LakhRequest, "parameters">, check: (mined: Mined) => void) => Promise<void>;
  /** The relayer's transactions. */
  settle: (batches: readonly SealedBatch[]) => Promise<void>;
  /** Hands the block to the chain, after all earlier ones, and goes on before it is mined. */
  post: () => Promise<void>;
};

/** The clock of the run and its blocks, in which the chain has to do what the model did. */
export class Blocks {
  readonly #options: BlocksOptions;
  #time = 0n;
  #waiting: Promise<void>[] = [];

  constructor(options: BlocksOptions) {
    this.#options = options;
  }

  /** Unix seconds of the next block. */
  get time(): bigint {
    return this.#time;
  }

  /** Moves the clock, also the models'. */
  moveTo(time: bigint): void {
    this.#time = time;
    this.#options.model.timestamp = time;
    this.#options.staking.timestamp = time;
  }

  /** Moves the clock a little further. */
  tick(): void {
    this.moveTo(this.#time + STEP);
  }

  /** All operations in one block, a little later. */
  async mine(planned: readonly Planned[]): Promise<void> {
    this.tick();
    const block = this.open();
    for (const each of planned) await block.add(each);
    await block.post();
    await this.mined();
  }

  /** Until every block is mined and was checked. */
  async mined(): Promise<void> {
    await Promise.all(this.#waiting);
    this.#waiting = [];
  }

  /** A block at the clock's time. */
  open(): Block {
    const { lakh, model, tally, relayer } = this.#options;
    const signed: string[] = [];
    const checks: ((mined: Mined) => void)[] = [];
    const timestamp = this.#time;
    const send: Block["send"] = async (account, request, check) => {
      signed.push(await sign(account, request, signed.length, MAX_GAS));
      checks.push(check);
    };
    return {
      send,
      add: async ({ phase, account, operation }) => {
        const order = { account: account.address, operation, deadline: timestamp };
        signed.push(await sign(account, toRequest(lakh, order), signed.length));
        const refused = refusalOf(() => follow(model, order));
        checks.push((mined) => {
          checkOutcome(phase, mined, refused);
          tally.add(phase, mined);
        });
        await setImmediate(); // lets the blocks that wait go on
      },
      settle: async (batches) => {
        const to = lakh.addresses.settlement;
        for (const { calldata, check } of batches) await send(relayer, { to, data: calldata, value: 0n }, check);
      },
      post: async () => {
        while (this.#waiting.length >= MOST_WAITING) await this.#waiting.shift();
        const mining = this.#run({ after: this.#waiting.at(-1), signed, checks, timestamp });
        mining.catch(() => undefined); // whoever waits for it throws
        this.#waiting.push(mining);
      },
    };
  }

  async #run({
    after,
    signed,
    checks,
    timestamp,
  }: {
    after: Promise<void> | undefined;
    signed: readonly string[];
    checks: readonly ((mined: Mined) => void)[];
    timestamp: bigint;
  }): Promise<void> {
    await after;
    const mined = await mineBlock(this.#options.chain, signed, timestamp);
    for (const [index, outcome] of mined.entries()) {
      checks[index]?.(outcome);
      this.#options.flows.add(outcome.logs);
      this.#options.poolLog.add(outcome.logs);
    }
  }
}

function checkOutcome(phase: string, { succeeded }: Mined, refused: string | undefined): void {
  if (succeeded === (refused === undefined)) return;
  const [did, should] = [succeeded ? "accepted" : "refused", refused ?? "no reason to refuse it"];
  throw new DemoError("UNEXPECTED_OUTCOME", `The chain ${did} an operation (${phase}); the model has ${should}.`);
}

/** The name of the error with which the contracts would refuse, or undefined. */
function refusalOf(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof ModelError) return error.code;
    throw error;
  }
}
