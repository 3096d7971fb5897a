import { createHash } from "node:crypto";

/** Kinds of change, as the report names them. */
export type Operator =
  | "arithmetic"
  | "assembly call"
  | "assembly condition"
  | "assembly deletion"
  | "assembly literal"
  | "assignment"
  | "bitwise"
  | "comparison"
  | "condition"
  | "constant"
  | "deletion"
  | "logic"
  | "loop"
  | "modifier"
  | "negation"
  | "require"
  | "rounding";

/** One change of one place: `source.slice(start, end)` becomes `replacement`. */
export type Edit = { operator: Operator; start: number; end: number; replacement: string };

export type Mutant = Edit & {
  /** Of the file, the change and its place; another when the file changes. */
  id: string;
  file: string;
  line: number;
  /** The function around it, or the contract. */
  scope: string;
  original: string;
  /** The lines it stands on, before and after. */
  lines: { before: string; after: string };
};

export function toMutant(file: string, source: string, scope: string, edit: Edit): Mutant {
  const { start, end, replacement } = edit;
  const hash = createHash("sha256").update(`${file}\0${source}\0${start}\0${end}\0${replacement}`).digest("hex");
  const line = source.slice(0, start).split("\n").length;
  const next = source.indexOf("\n", end);
  const [first, last] = [source.lastIndexOf("\n", start - 1) + 1, next === -1 ? source.length : next];
  const [head, tail] = [source.slice(first, start), source.slice(end, last)];
  const original = source.slice(start, end);
  const lines = { before: head + original + tail, after: head + replacement + tail };
  return { ...edit, id: hash.slice(0, 12), file, line, scope, original, lines };
}

export function apply(source: string, { start, end, replacement }: Edit): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

/** `Ledger.sol:120 _debit: amount < fee -> amount <= fee` */
export function describe({ file, line, scope, original, replacement }: Mutant): string {
  const words = (text: string): string => {
    const oneLine = text.replace(/\s+/g, " ").trim();
    return oneLine.length > 70 ? `${oneLine.slice(0, 67)}...` : oneLine;
  };
  const after = replacement === "{}" || replacement === "" ? "(nothing)" : words(replacement);
  return `${file.replace("contracts/", "")}:${line.toString()} ${scope}: ${words(original)} -> ${after}`;
}
