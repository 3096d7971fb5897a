import { readPoolEvents, rebuildPool, type EventLog, type PoolHistory } from "../../../src/index.js";
import type { Log } from "./sender.js";

/** Keeps the logs of one pool as they are mined, to tell afterwards what each provider of liquidity put in, took out and earned. */
export class PoolLog {
  readonly #options: { amm: string; ledger: string; id: string };
  readonly #logs: EventLog[] = [];
  #transactions = 0;

  constructor(options: { amm: string; ledger: string; id: string }) {
    this.#options = options;
  }

  /** Those of one transaction, in the order of the chain. */
  add(logs: readonly Log[]): void {
    const { amm, id } = this.#options;
    this.#transactions += 1;
    for (const log of logs) {
      if (log.address.toLowerCase() !== amm.toLowerCase() || log.topics[1]?.toLowerCase() !== id.toLowerCase())
        continue;
      const place = { blockNumber: this.#transactions, index: this.#logs.length };
      this.#logs.push({ ...log, ...place, transactionHash: String(this.#transactions) });
    }
  }

  /** The pool by its events alone. Shares that are staked are their owner's: what the ledger says of them is left out. */
  history(): PoolHistory {
    const { amm, ledger, id } = this.#options;
    return rebuildPool(readPoolEvents({ logs: this.#logs, amm, ledger, pool: id }));
  }
}
