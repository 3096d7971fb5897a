import type { Span } from "./syntax.js";

export type BranchKind =
  | "if"
  | "ternary"
  | "require"
  | "and"
  | "or"
  | "loop"
  | "try"
  | "assembly if"
  | "assembly switch"
  | "assembly loop";

/** One way out of a branch; `tag` is what its probe sends. */
export type Arm = { name: string; tag: string };

/** A place where the code goes one of several ways. The span is that of the condition in the original file. */
export type Branch = Span & { kind: BranchKind; within: string; text: string; arms: readonly Arm[] };

/** A function, constructor or modifier; the span is that of its body. Without a statement it has a probe of its own. */
export type CoveredFunction = Span & { name: string; header: number; tag?: string };

export type Statement = Span & { tag: string };

/** Branches of an assembly block that no probe may enter. */
export type Unseen = { text: string; within: string; reason: string };

export type FileSites = {
  /** Relative to the repository, with slashes. */
  file: string;
  source: string;
  statements: readonly Statement[];
  branches: readonly Branch[];
  functions: readonly CoveredFunction[];
  unseen: readonly Unseen[];
};
