import type { ListrTask } from "listr2";
import { FailureError } from "../../scripts/lib/failure.js";
import { loadBls } from "../../src/index.js";
import { readMeta } from "../meta.js";
import {
  throughputReportSchema,
  type ThroughputFigure,
  type ThroughputReport,
  type ThroughputRung,
} from "../schema.js";
import { Cohort } from "./cohort.js";
import { measureGas } from "./gas.js";
import { openLane, POOL_FEE } from "./lane.js";
import type { Mix } from "./load.js";
import { LaneModel } from "./model.js";
import { Relayer } from "./relayer.js";
import { runRung, type Rung } from "./rungs.js";
import { openSite, type Site } from "./site.js";

export type BenchOptions = {
  lanes: number;
  /** Of each lane. */
  accounts: number;
  wallets: number;
  seconds: number;
  rate: number;
  seed: string;
  rungs: readonly Rung[];
  /** Whether the figures that need no load are taken as well. */
  withGas: boolean;
  walletSignatures: number;
  coSignatures: number;
  signersPerBatch?: number | undefined;
  operationsPerSigner?: number | undefined;
  mix?: Mix | undefined;
};

export type BenchStep = { title: string; run: (note: (text: string) => void) => Promise<void> };

export type Bench = { steps: BenchStep[]; report: () => ThroughputReport; stop: () => Promise<void> };

const PACE_MILLIS = 1_000;
/** Books whose shares are fresh words for most accounts, so that a long run still meets new ones. */
const VAULTS = 8;

/** The steps of a run, and the report once they are done. `stop` ends the chains, whatever the steps did. */
export function createBench(options: BenchOptions): Bench {
  const sites: Site[] = [];
  const rungs: ThroughputRung[] = [];
  let figures: ThroughputFigure[] = [];
  const steps: BenchStep[] = Array.from({ length: options.lanes }, (_, index) => ({
    title: `Lane ${index + 1}: ${options.accounts.toLocaleString("en-US")} accounts`,
    async run(note) {
      note("deriving keys");
      sites.push(await openOne(options, index, note));
    },
  }));
  if (options.withGas) {
    steps.push({
      title: "Gas and bytes",
      async run(note) {
        const [site] = sites;
        if (site !== undefined) figures = await measureGas(site, note);
      },
    });
  }
  for (const rung of options.rungs) {
    steps.push({
      title: rung.title,
      async run(note) {
        const result = await runRung(sites, rung, { ...options, pace: PACE_MILLIS, note });
        rungs.push(result);
        note(
          `${result.ops.toLocaleString("en-US")} operations, ${result.opsPerSecond.toLocaleString("en-US")} per second`,
        );
      },
    });
  }
  return {
    steps,
    report() {
      const [first] = sites;
      if (first === undefined) throw new FailureError("NO_LANE", "No lane was opened.");
      const { sampleRows, sampleGas } = first.lane;
      const { lanes, accounts, seconds, rate, seed } = options;
      return throughputReportSchema.parse({
        meta: { ...readMeta({ fork: "isthmus", seed }), lanes, accounts, seconds, rate, paceMillis: PACE_MILLIS },
        sample: { rows: sampleRows, gasPerAccount: Math.round(sampleGas / sampleRows) },
        figures,
        rungs,
      });
    },
    async stop() {
      await Promise.all(sites.map(({ lane }) => lane.chain.stop()));
    },
  };
}

async function openOne(options: BenchOptions, index: number, note: (text: string) => void): Promise<Site> {
  const seed = `${options.seed} ${index}`;
  const bls = await loadBls();
  const cohort = new Cohort({ accounts: options.accounts, wallets: options.wallets, seed });
  const relayer = new Relayer({ seed, bls });
  const lane = await openLane({ cohort, vaults: VAULTS, relayer: relayer.address, note });
  const model = new LaneModel({ accounts: cohort.size, wallets: cohort.wallets, vaults: VAULTS, fee: POOL_FEE });
  return openSite(lane, { cohort, model, relayer, seed });
}

/** What the listing of tasks shows of a step. */
export function toTask({ title, run }: BenchStep, isTerminal: boolean): ListrTask {
  return {
    title,
    async task(_context, task) {
      const began = performance.now();
      let last = "";
      await run((text) => {
        last = text;
        if (isTerminal) task.output = text;
      });
      const seconds = ((performance.now() - began) / 1_000).toFixed(1);
      task.title = `${title}: ${last === "" ? "" : `${last}, `}${seconds} s`;
    },
  };
}
