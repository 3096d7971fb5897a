import { Interface, type ErrorFragment, type JsonFragment } from "ethers";
import { FailureError } from "../failure.js";
import type { Analysis } from "./analysis.js";
import { nodesOf, type AstNode } from "./ast.js";
import { code, page, table } from "../markdown.js";

/** A custom error of the suite. */
export type ErrorEntry = {
  name: string;
  selector: string;
  /** With the names of its parameters. */
  signature: string;
  /** Contract or interface, and file. */
  declaredIn: string;
  file: string;
  notice: string;
  detail: string;
  /** Deployable contracts whose ABI has it. */
  carriedBy: readonly string[];
};

/** An error of a package that stands in an ABI, for example of OpenZeppelin's. */
export type ForeignError = Pick<ErrorEntry, "name" | "selector" | "signature" | "carriedBy">;

/** Every error that the sources declare, by domain and name. */
export function collectErrors({ sources, contracts }: Analysis): ErrorEntry[] {
  const deployable = contracts.filter(({ deployable }) => deployable);
  const entries: ErrorEntry[] = [];
  for (const [file, { ast }] of Object.entries(sources)) {
    for (const contract of nodesOf(ast, "ContractDefinition")) {
      const declared = new Interface(contracts.find(({ name }) => name === contract.name)?.abi ?? []);
      for (const node of nodesOf(contract, "ErrorDefinition")) {
        const selector = `0x${String(node.errorSelector)}`;
        entries.push({
          name: String(node.name),
          selector,
          signature: signatureOf(declared.getError(selector)),
          declaredIn: String(contract.name),
          file,
          ...documentationOf(node),
          carriedBy: carriersOf(selector, deployable),
        });
      }
    }
  }
  return entries.sort((a, b) => a.file.localeCompare(b.file) || a.name.localeCompare(b.name));
}

/** Errors of packages in the ABIs of deployable contracts. */
export function collectForeignErrors({ contracts }: Analysis, own: readonly ErrorEntry[]): ForeignError[] {
  const deployable = contracts.filter(({ deployable }) => deployable);
  const known = new Set(own.map(({ selector }) => selector));
  const found = new Map<string, ForeignError>();
  for (const { abi } of deployable) {
    new Interface(abi).forEachError((fragment) => {
      const { name, selector } = fragment;
      if (known.has(selector)) return;
      found.set(selector, {
        name,
        selector,
        signature: signatureOf(fragment),
        carriedBy: carriersOf(selector, deployable),
      });
    });
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Fails when two errors share a selector, or when what the source says of one is not its sentence: the @notice of an error
 * is its sentence in `src/sentences.ts`, with the parameters in backticks instead of braces.
 */
export function checkErrors(
  own: readonly ErrorEntry[],
  foreign: readonly ForeignError[],
  sentences: Readonly<Record<string, string>>,
): void {
  const bySelector = new Map<string, string>();
  for (const { selector, signature } of [...own, ...foreign]) {
    const other = bySelector.get(selector);
    if (other !== undefined && other !== signature) {
      throw new FailureError("SELECTOR_COLLISION", `${selector} is the selector of ${other} and of ${signature}.`);
    }
    bySelector.set(selector, signature);
  }
  for (const { name, notice, file } of own) {
    const wanted = `${(sentences[name] ?? "").replaceAll(/\{(\w+)\}/g, "`$1`")}.`;
    if (notice === wanted) continue;
    throw new FailureError(
      "ERROR_TOLD_TWICE",
      `${name} is "${notice}" in ${file} and "${wanted}" in src/sentences.ts: they must be the same.`,
    );
  }
}

/** The @notice and the @dev of a definition, each as one line. */
export function documentationOf({ documentation }: AstNode): { notice: string; detail: string } {
  const text = (documentation as { text?: string } | undefined)?.text ?? "";
  const lines = text.replaceAll(/\s*\n\s*/g, " ").trim();
  const tag = (name: string): string => new RegExp(`@${name} (.*?)(?= @|$)`).exec(lines)?.[1]?.trim() ?? "";
  return { notice: tag("notice"), detail: tag("dev") };
}

function signatureOf(fragment: ErrorFragment | null): string {
  return fragment === null ? "" : fragment.format("full").replace(/^error /, "");
}

function carriersOf(
  selector: string,
  contracts: readonly { name: string; abi: readonly JsonFragment[] }[],
): readonly string[] {
  return contracts.filter(({ abi }) => new Interface(abi).getError(selector) !== null).map(({ name }) => name);
}

/** `docs/errors.md`. */
export function renderErrors(own: readonly ErrorEntry[], foreign: readonly ForeignError[]): string {
  const files = [...new Set(own.map(({ file }) => file))];
  const sections = files.map((file) => {
    const rows = own
      .filter((entry) => entry.file === file)
      .map(({ selector, signature, notice, detail, carriedBy }) => [
        code(selector),
        code(signature),
        `${notice} ${detail}`.trim(),
        carriedBy.join(", ") || "none yet",
      ]);
    return [`## ${file}`, table(["selector", "error", "when", "in the ABI of"], rows)].join("\n\n");
  });
  const rows = foreign.map(({ selector, signature, carriedBy }) => [
    code(selector),
    code(signature),
    carriedBy.join(", "),
  ]);
  return page(
    "# Errors",
    `Written by \`npm run gen\` from the sources; do not edit. ${own.length} errors are declared here, by file. No two share a
selector, or the generator fails.

The words are those of each declaration. \`explain\` of \`src/errors.ts\` tells a user the same sentence, with the values of
the case in it (\`src/sentences.ts\`); the generator fails when they differ, \`test/unit/src/errors.test.ts\` when an error
has no sentence, and \`test/unit/core/errors.test.ts\` when no test raises it.`,
    ...sections,
    "## Packages",
    "Of OpenZeppelin and Solady, in the ABIs because their libraries are compiled in.",
    table(["selector", "error", "in the ABI of"], rows),
  );
}

/** `docs/errors.md` of the sources. */
export function errorsDocument(analysis: Analysis, sentences: Readonly<Record<string, string>>): string {
  const own = collectErrors(analysis);
  const foreign = collectForeignErrors(analysis, own);
  checkErrors(own, foreign, sentences);
  return renderErrors(own, foreign);
}
