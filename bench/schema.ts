import { z } from "zod";

/** Amounts that may exceed 2^53 travel as decimal text. */
const units = z.string().regex(/^-?\d+$/);
const count = z.int().nonnegative();

/** Where and how the figures came about. */
export const metaSchema = z.strictObject({
  /** ISO 8601, to the second. */
  date: z.iso.datetime(),
  fork: z.string().min(1),
  solc: z.string().min(1),
  profile: z.string().min(1),
  /** Abbreviated commit, with "+" when files differ from it, or "unknown". */
  commit: z.string().min(1),
  node: z.string().min(1),
  cpus: z.int().positive(),
  seed: z.string().optional(),
});

export const peerSchema = z.strictObject({
  name: z.string().min(1),
  version: z.string().min(1),
  /** Whole transaction. */
  gas: count,
  /** In this run, or else quoted from an earlier one on another machine. */
  measured: z.boolean(),
});

export const gasRowSchema = z.strictObject({
  domain: z.enum(["amm", "insurance", "ledger", "lending", "rwa", "staking"]),
  action: z.string().min(1),
  path: z.enum(["wallet", "ledger", "batch"]),
  /** steady: every balance touched is above 0 before and after; new: the receiver's balance was 0. */
  state: z.enum(["steady", "new"]),
  /** Whole transaction, as in the receipt. */
  gas: count,
  /** Without the 21,000 and the calldata (4 gas for a zero byte, 16 for another). */
  execGas: count,
  calldataBytes: count,
  /** L1 data fee on an OP chain with the stated L1 prices. */
  l1FeeWei: units,
  peers: z.array(peerSchema),
  /** The same state changes without any computing; null where it was not derived. */
  floor: count.nullable(),
  /** Our own limit; null where there is none. */
  bar: count.nullable(),
});

/** An operation of peers beside which there is none of ours yet. */
export const peersOnlyRowSchema = gasRowSchema.omit({ gas: true, execGas: true, calldataBytes: true, l1FeeWei: true });

export const sizeSchema = z.strictObject({
  name: z.string().min(1),
  runtimeBytes: count,
  initcodeHash: z.string().regex(/^0x[0-9a-f]{64}$/),
});

/** `bench/results/gas.json`. */
export const gasReportSchema = z.strictObject({
  meta: metaSchema,
  l1: z.strictObject({ baseFeeWei: units, blobBaseFeeWei: units, baseFeeScalar: count, blobBaseFeeScalar: count }),
  rows: z.array(gasRowSchema).min(1),
  peersOnly: z.array(peersOnlyRowSchema),
  sizes: z.array(sizeSchema).min(1),
});

export const phaseSchema = z.strictObject({
  name: z.string().min(1),
  /** Operations that succeeded and whose effect is in the state. */
  ops: count,
  failed: count,
  /** Whole-transaction gas of an operation; null where the phase has none. */
  gasPerOp: z.strictObject({ min: count, median: count, mean: z.number().nonnegative() }).nullable(),
});

/** What came in through wallets, what went out, what the ledger holds; units of the asset. */
export const reconciliationSchema = z.strictObject({
  asset: z.string().min(1),
  deposited: units,
  withdrawn: units,
  held: units,
  /** deposited − withdrawn − held. */
  difference: units,
});

/** Co-signed batches, and the signers who did not simply sign. */
export const batchesSchema = z.strictObject({
  settled: count,
  /** Did not answer, and were excluded. */
  absent: count,
  /** Signed something else, were found by bisection and excluded. */
  forged: count,
  /** Signed their order with their account's key. */
  fallback: count,
  /** What the relayer earned by the batches' own logs, and what he holds; units of the asset. */
  fees: z.array(z.strictObject({ asset: z.string().min(1), earned: units, held: units })),
});

/** Yield farming: LP shares that savers and providers stake; units, and micro-dollars of rewards. */
export const farmSchema = z.strictObject({
  pool: z.string().min(1),
  /** Savers, who do all of it by co-signed batches, and providers, who stake by transactions. */
  savers: count,
  providers: count,
  /** Shares that went into the stake pool and came out again. */
  staked: units,
  unstaked: units,
  /** Of the stake pool's stream, as the chain has it. */
  rewards: z.strictObject({ asset: z.string().min(1), funded: units, claimed: units, left: units }),
  /** Of the savers, by the AMM pool's own events: what they put in and took out, and their part of the swap fees within. */
  liquidity: z.array(z.strictObject({ asset: z.string().min(1), added: units, removed: units, swapFees: units })),
});

/** `bench/results/demo.json`. */
export const demoReportSchema = z.strictObject({
  meta: metaSchema,
  chain: z.enum(["anvil", "in-process"]),
  /** The whole run, the start of the chain included. */
  seconds: z.number().nonnegative(),
  data: z.strictObject({ file: z.string().min(1), days: count, first: z.iso.date(), last: z.iso.date() }),
  phases: z.array(phaseSchema).min(1),
  batches: batchesSchema,
  farm: farmSchema,
  prices: z.array(
    z.strictObject({
      pool: z.string().min(1),
      /** Distance of the pool's price from the day's close, in hundredths of a percent, at the days' ends. */
      meanErrorBps: z.number().nonnegative(),
      maxErrorBps: z.number().nonnegative(),
      feeBps: z.number().nonnegative(),
    }),
  ),
  /** The mean price that the pool with an oracle answers at the end, asset 1 per asset 0 in raw units. */
  oracle: z.strictObject({
    pool: z.string().min(1),
    windowSeconds: count,
    /** How often the price changed within the window. */
    prices: count,
    consulted: z.number().positive(),
    model: z.number().positive(),
    relativeError: z.number().nonnegative(),
    /** The last price is another. */
    spot: z.number().positive(),
  }),
  /** Words of accounts and books, supplies and wallets compared with the model at the end. */
  compared: count,
  /** What differs, in words. */
  differences: z.array(z.string()),
  reconciliation: z.array(reconciliationSchema).min(1),
});

/** One step of the ladder: load of one kind, paced through every lane. */
export const throughputRungSchema = z.strictObject({
  name: z.string().min(1),
  title: z.string().min(1),
  /** Operations that succeeded and whose effect is in the state. */
  ops: count,
  failed: count,
  /** From the first operation due to the last one mined, all lanes together. */
  opsPerSecond: count,
  offeredPerSecond: count,
  /** Processor time of the nodes, their blocks' overhead included. */
  nodeCpuMicrosPerOp: z.number().nonnegative(),
  /** The same without what as many empty blocks cost. */
  executionCpuMicrosPerOp: z.number().nonnegative(),
  /** Processor time of one ecrecover on the same node, the mean of before and after. */
  ecrecoverMicros: z.number().positive(),
  /** Of batches whose signatures were made one by one; null for transactions. */
  relayerCpuMicrosPerOp: z.number().nonnegative().nullable(),
  /** BLS signatures that were made one by one; the others by the sum of the signers' secrets. */
  individualSignatures: count,
  blocks: count,
  /** How long a block takes to build: the mean, and the longest. */
  blockMillis: z.number().nonnegative(),
  longestBlockMillis: z.number().nonnegative(),
  /** From when an operation was due to when its block was there. */
  p50Millis: z.number().nonnegative(),
  p99Millis: z.number().nonnegative(),
  /** Of an empty block on the same state: time, and processor time of the node. */
  blockOverheadMillis: z.number().nonnegative(),
  blockOverheadCpuMillis: z.number().nonnegative(),
  gasPerOp: count,
  /** Calldata. */
  bytesPerOp: z.number().nonnegative(),
  /** Gas of the storage words that are written, each once a batch, and nothing else; null for transactions. */
  wordsGasPerOp: count.nullable(),
  /** Share of fresh words among those written; null for transactions. */
  freshWordShare: z.number().min(0).max(1).nullable(),
  distinctSigners: count,
  machineShareOfOthers: z.number().min(0).max(1),
  /** Words of accounts, books and balances, after the rung. */
  accountWordsCompared: count,
  accountWordsDiffering: count,
});

/** A figure that is the same in every run. */
export const throughputFigureSchema = z.strictObject({
  name: z.string().min(1),
  unit: z.enum(["gas", "bytes", "ratio", "signers"]),
  value: z.number().nonnegative(),
  /** The most (of signers: the least) it may be; null where there is no limit. */
  bar: z.number().nonnegative().nullable(),
});

/** `bench/results/throughput.json`. */
export const throughputReportSchema = z.strictObject({
  meta: metaSchema.extend({
    lanes: z.int().positive(),
    /** Of each lane. */
    accounts: z.int().positive(),
    seconds: z.number().positive(),
    /** Operations offered per second, all lanes together. */
    rate: z.int().positive(),
    /** From block to block. */
    paceMillis: z.int().positive(),
  }),
  /** Accounts on the page that was registered for real and found equal to what the benchmark writes; gas of each. */
  sample: z.strictObject({ rows: count, gasPerAccount: count }),
  figures: z.array(throughputFigureSchema),
  rungs: z.array(throughputRungSchema),
});

export type Meta = z.infer<typeof metaSchema>;
export type Peer = z.infer<typeof peerSchema>;
export type GasRow = z.infer<typeof gasRowSchema>;
export type PeersOnlyRow = z.infer<typeof peersOnlyRowSchema>;
export type ContractSizeRow = z.infer<typeof sizeSchema>;
export type GasReport = z.infer<typeof gasReportSchema>;
export type DemoPhase = z.infer<typeof phaseSchema>;
export type Reconciliation = z.infer<typeof reconciliationSchema>;
export type DemoBatches = z.infer<typeof batchesSchema>;
export type DemoFarm = z.infer<typeof farmSchema>;
export type DemoReport = z.infer<typeof demoReportSchema>;
export type ThroughputRung = z.infer<typeof throughputRungSchema>;
export type ThroughputFigure = z.infer<typeof throughputFigureSchema>;
export type ThroughputReport = z.infer<typeof throughputReportSchema>;
