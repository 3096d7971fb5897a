import { AbiCoder, ZeroAddress, ZeroHash } from "ethers";
import type { Random } from "../../scripts/lib/demo/random.js";
import {
  ACCOUNT_FORM,
  LIMIT_FORM,
  type BatchOperation,
  type OperationType,
  type SectionHeader,
  type SignerRecord,
} from "../../src/index.js";
import type { Cohort } from "./cohort.js";
import { BAND, type LaneModel, type Movement, type SwapOrder, type Words } from "./model.js";

export const KINDS = ["transfer", "swap", "vault", "rules"] as const;
export type Kind = (typeof KINDS)[number];
/** Parts of each kind of operation. */
export type Mix = Partial<Record<Kind, number>>;

/** What an operation pays its relayer, in units of asset 0 or asset 1. */
export const FEE = 5;
const LEAST = 1_000;
const MOST = 50_000;
/** Of an existing word that is written, and of a fresh one. */
const EXISTING_WORD_GAS = 5_000;
const FRESH_WORD_GAS = 22_100;
/** Gas that a section's frame may need besides its words: for each operation, and once. */
const OPERATION_CAP: Record<Kind, number> = { transfer: 3_200, swap: 2_600, vault: 5_500, rules: 14_000 };
const SECTION_CAP = 100_000;

/** Rough gas of a batch, a signer (and one who brings a signature of his own), an opened page, and an operation. */
const BATCH_GAS = 350_000;
const SIGNER_GAS = { "co-signature": 1_200, fallback: 16_000 } as const;
const PAGE_GAS = 4_000;
const OPERATION_GAS: Record<Kind, number> = {
  transfer: 4_300 + EXISTING_WORD_GAS,
  swap: 3_200,
  vault: 5_500 + FRESH_WORD_GAS,
  rules: 13_000 + EXISTING_WORD_GAS,
};
/** Share of EIP-7825's 2^24 gas that a batch is planned for. */
const GAS_TARGET = 0.86 * 2 ** 24;

/** How many signers a batch of such a load can have on so many pages. */
export function signersThatFit({
  pages,
  mix,
  operationsPerSigner: k,
  by,
}: {
  pages: number;
  mix: Mix;
  operationsPerSigner: number;
  by: keyof typeof SIGNER_GAS;
}): number {
  const parts = KINDS.reduce((sum, kind) => sum + (mix[kind] ?? 0), 0);
  const average = (value: (kind: Kind) => number): number =>
    KINDS.reduce((sum, kind) => sum + ((mix[kind] ?? 0) / parts) * value(kind), 0);
  const operation = average((kind) => OPERATION_GAS[kind]);
  const receivers = average((kind) => (kind === "transfer" || kind === "rules" ? 1 : 0));
  const gasOf = (signers: number): number => {
    const opened = pages * (1 - (1 - 1 / pages) ** (signers * (1 + k * receivers)));
    return BATCH_GAS + signers * (SIGNER_GAS[by] + EXISTING_WORD_GAS + k * operation) + opened * PAGE_GAS;
  };
  let signers = 1;
  while (gasOf(signers + 1) <= GAS_TARGET) signers++;
  return signers;
}

/** Assets and contracts that the load speaks of. */
export type Places = {
  asset0: bigint;
  asset1: bigint;
  /** Whether both share a word. */
  isHomePair: boolean;
  rulesAsset: bigint;
  amm: string;
  poolBookKey: string;
  vault: string;
  /** Share ids of the vaults' books, by their number, which is also their key. */
  vaultShares: readonly bigint[];
};

export type BatchPlan = {
  signers: number;
  operationsPerSigner: number;
  mix: Mix;
  /** Share of the listed signers that do not sign. */
  absent: number;
  /** The vault of this batch. */
  vault: number;
};

/** A batch's contents, and what the model says it does. */
export type PlannedBatch = {
  sections: SectionHeader[];
  types: OperationType[];
  records: SignerRecord[];
  /** Indices of the accounts that sign and that do not. */
  signers: number[];
  absent: number[];
  /** Operations of those who sign. */
  operations: number;
  /** Operations of those who do not. */
  unsigned: number;
  /** Gas of the storage words alone. */
  wordsGas: number;
  freshWords: number;
  writtenWords: number;
};

/** One operation before it is encoded. */
type Intent = { kind: Kind; account: number; side: number; amount: number; to: number };

/** Draws distinct signers, each account as often as any other. */
export class Rota {
  readonly #order: Uint32Array;
  readonly #random: Random;
  #next = 0;

  /** Of the accounts from `first` to just below `end`. */
  constructor({ first = 0, end, random }: { first?: number; end: number; random: Random }) {
    this.#order = Uint32Array.from({ length: end - first }, (_, index) => first + index);
    this.#random = random;
    this.#next = this.#order.length;
  }

  /** `count` different accounts, fewer than there are. */
  draw(count: number): number[] {
    const order = this.#order;
    if (count > order.length) throw new RangeError("There are fewer accounts than signers");
    if (this.#next + count > order.length) {
      for (let i = order.length - 1; i > 0; i--) {
        const j = this.#random.below(i + 1);
        [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
      }
      this.#next = 0;
    }
    const drawn = [...order.subarray(this.#next, this.#next + count)];
    this.#next += count;
    return drawn;
  }
}

/** Plans a batch and executes it in the model. */
export function planBatch(
  plan: BatchPlan,
  {
    places,
    cohort,
    model,
    random,
    rota,
  }: { places: Places; cohort: Cohort; model: LaneModel; random: Random; rota: Rota },
): PlannedBatch {
  const kinds = KINDS.filter((kind) => (plan.mix[kind] ?? 0) > 0);
  const drawKind = weighted(plan.mix, kinds, random);
  const drawn = rota.draw(plan.signers);
  const absentCount = Math.round(drawn.length * plan.absent);
  const [absent, signers] = [drawn.slice(0, absentCount), drawn.slice(absentCount)];
  const types = typesOf(kinds);
  const executed: Record<Kind, Intent[]> = { transfer: [], swap: [], vault: [], rules: [] };
  const counts: Record<Kind, number> = { transfer: 0, swap: 0, vault: 0, rules: 0 };
  const words = new WordCount();
  const records: SignerRecord[] = [];
  drawn.forEach((account, position) => {
    const isAbsent = position < absentCount;
    const own = Array.from({ length: plan.operationsPerSigner }, () => drawKind());
    own.sort((a, b) => KINDS.indexOf(a) - KINDS.indexOf(b));
    const used = { home: 0, rules: 0, shares: 0, spentShares: 0 };
    const operations: BatchOperation[] = [];
    for (const kind of own) {
      const intent = drawIntent(kind, account, { plan, model, random, used });
      const sequence = sequenceOf(intent, { model, vault: plan.vault, used });
      operations.push(encodeIntent(intent, sequence, { kinds, cohort }));
      counts[kind]++;
      if (!isAbsent) executed[kind].push(intent);
    }
    records.push({ id: cohort.idOf(account), operations });
  });
  for (const kind of kinds)
    for (const intent of executed[kind])
      words.touch(intent, { model, vault: plan.vault, isHomePair: places.isHomePair });
  execute(executed, model, plan.vault);
  return {
    sections: kinds.map((kind) => {
      const gasCap = SECTION_CAP + counts[kind] * OPERATION_CAP[kind] + words.gasIn[kind];
      return sectionOf(kind, gasCap, places, plan.vault);
    }),
    types,
    records,
    signers,
    absent,
    operations: signers.length * plan.operationsPerSigner,
    unsigned: absent.length * plan.operationsPerSigner,
    wordsGas: words.gas,
    freshWords: words.fresh,
    writtenWords: words.written,
  };
}

/** Distinct words that a batch writes. */
class WordCount {
  readonly #seen = new Set<string>();
  gas = 0;
  /** By the section that writes a word first. */
  readonly gasIn: Record<Kind, number> = { transfer: 0, swap: 0, vault: 0, rules: 0 };
  fresh = 0;
  written = 0;

  touch(
    { kind, account, to }: Intent,
    { model, vault, isHomePair }: { model: LaneModel; vault: number; isHomePair: boolean },
  ): void {
    const before = this.gas;
    const words = kind === "rules" ? model.rules : model.home;
    this.#add(kind === "rules" ? "rules" : "home", account, words);
    if (kind === "transfer" || kind === "rules") this.#add(kind === "rules" ? "rules" : "home", to, words);
    if (kind === "swap" && !isHomePair) this.#add("other", account, model.home);
    if (kind === "vault") this.#add("shares", account, model.vaults[vault]?.shares);
    this.gasIn[kind] += this.gas - before;
  }

  #add(name: string, account: number, words: Words | undefined): void {
    const key = `${name} ${account}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const isFresh = words?.consent[account] === 0;
    this.written++;
    if (isFresh) this.fresh++;
    this.gas += isFresh ? FRESH_WORD_GAS : EXISTING_WORD_GAS;
  }
}

function weighted(mix: Mix, kinds: readonly Kind[], random: Random): () => Kind {
  const total = kinds.reduce((sum, kind) => sum + (mix[kind] ?? 0), 0);
  return () => {
    let drawn = random.below(total);
    for (const kind of kinds) {
      drawn -= mix[kind] ?? 0;
      if (drawn < 0) return kind;
    }
    throw new RangeError("A mix names no kind");
  };
}

type Used = { home: number; rules: number; shares: number; spentShares: number };

function drawIntent(
  kind: Kind,
  account: number,
  { plan, model, random, used }: { plan: BatchPlan; model: LaneModel; random: Random; used: Used },
): Intent {
  const amount = LEAST + random.below(MOST - LEAST);
  const coin = random.below(2);
  const to = kind === "transfer" || kind === "rules" ? random.below(model.relayer) : account;
  if (kind === "rules") return { kind, account, side: 0, amount, to };
  if (kind !== "vault") return { kind, account, side: coin, amount, to };
  // One in three redeems, where there is something to redeem.
  const held = (model.vaults[plan.vault]?.shares.side0[account] ?? 0) - used.spentShares;
  const redeems = held >= amount && random.below(3) === 0;
  if (redeems) used.spentShares += amount;
  return { kind, account, side: redeems ? 2 : 0, amount, to };
}

/** The sequence of the debited word when the operation's turn comes. */
function sequenceOf(
  { kind, account, side }: Intent,
  { model, vault, used }: { model: LaneModel; vault: number; used: Used },
): number {
  if (kind === "rules") return ((model.rules.sequence[account] ?? 0) + used.rules++) & 255;
  if (side === 2) return ((model.vaults[vault]?.shares.sequence[account] ?? 0) + used.shares++) & 255;
  return ((model.home.sequence[account] ?? 0) + used.home++) & 255;
}

/** Two types for each kind, but one for transfers with RULES. */
function typesOf(kinds: readonly Kind[]): OperationType[] {
  return kinds.flatMap((kind, section): OperationType[] => {
    const argumentForm = { transfer: ACCOUNT_FORM, swap: LIMIT_FORM, vault: 0, rules: ACCOUNT_FORM }[kind];
    const debited = { transfer: [0, 1], swap: [0, 1], vault: [0, 2], rules: [0] }[kind];
    return debited.map((side) => ({ section, kind: side, amountForm: 3, argumentForm }));
  });
}

function encodeIntent(
  { kind, side, amount, to }: Intent,
  sequence: number,
  { kinds, cohort }: { kinds: readonly Kind[]; cohort: Cohort },
): BatchOperation {
  const type = 2 * kinds.indexOf(kind) + (side === 0 ? 0 : 1);
  const argument = kind === "transfer" || kind === "rules" ? cohort.idOf(to) : kind === "swap" ? limitOf(amount) : 0;
  return { type, dependsOnPrevious: false, sequence, amount: BigInt(amount), argument: BigInt(argument) };
}

/** A tenth less than the amount: the pool stays near 1:1. */
export function limitOf(amount: number): number {
  return Math.floor(amount * 0.9);
}

function sectionOf(kind: Kind, gasCap: number, places: Places, vault: number): SectionHeader {
  const { asset0, asset1, rulesAsset, amm, poolBookKey, vaultShares } = places;
  const plain = {
    key: ZeroHash,
    asset0,
    asset1,
    shareId: 0n,
    gasCap,
    fee0: BigInt(FEE),
    fee1: BigInt(FEE),
    parameters: "0x",
  };
  switch (kind) {
    case "transfer":
      return { ...plain, protocol: ZeroAddress };
    case "swap": {
      const parameters = AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [BAND.price, BAND.tolerance]);
      return { ...plain, protocol: amm, key: poolBookKey, parameters };
    }
    case "vault":
      return {
        ...plain,
        protocol: places.vault,
        key: vaultKey(vault),
        asset1: 0n,
        fee1: 0n,
        shareId: vaultShares[vault] ?? 0n,
      };
    case "rules":
      return { ...plain, protocol: ZeroAddress, asset0: rulesAsset, asset1: 0n, fee0: 0n, fee1: 0n };
  }
}

/** The key of a vault's book. */
export function vaultKey(vault: number): string {
  return `0x${vault.toString(16).padStart(64, "0")}`;
}

function execute(executed: Record<Kind, Intent[]>, model: LaneModel, vault: number): void {
  for (const intent of executed.transfer) model.transfer(model.home, intent, FEE);
  if (executed.swap.length > 0) model.swapAll(executed.swap.map(toOrder), FEE);
  if (executed.vault.length > 0) model.vaultAll(vault, executed.vault.map(toMovement), FEE);
  for (const intent of executed.rules) model.transfer(model.rules, intent, 0);
}

function toOrder({ account, side, amount }: Intent): SwapOrder {
  return { account, side: side === 0 ? 0 : 1, amount, limit: limitOf(amount) };
}

function toMovement({ account, side, amount }: Intent): Movement {
  return { account, side, amount };
}
