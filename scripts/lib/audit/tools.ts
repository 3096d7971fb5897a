import { MUTATIONS } from "../bugs/index.js";
import type { Analysis } from "./analysis.js";
import { page, table } from "../markdown.js";
import { countSites, locateBugs, type SiteKind } from "./sites.js";

/** The columns: what runs, and what it answers with. */
export const TOOLS = {
  coverage: "`coverage`",
  second: "`coverage:second-opinion`",
  mutate: "`mutate`",
  fuzz: "`fuzz`",
  invariants: "invariants, `plant-bugs`",
  differential: "differential tests",
  slither: "`slither`",
  solhint: "`lint:sol`",
} as const;

export type Tool = keyof typeof TOOLS;

/**
 * `counts`: it reports how many of these were reached. `changes`: it changes them and reports whether a test notices.
 * `checks`: a wrong one makes it fail. `looks`: it looks at them without running them. `no`: it does not see them.
 */
export type Sight = "counts" | "changes" | "checks" | "looks" | "no";

export type ToolRow = {
  what: string;
  /** Whose places are counted; nothing for what is no place in the source. */
  sites: SiteKind | undefined;
  sight: Readonly<Record<Tool, Sight>>;
  note?: string;
};

const NOTHING: Readonly<Record<Tool, Sight>> = {
  coverage: "no",
  second: "no",
  mutate: "no",
  fuzz: "no",
  invariants: "no",
  differential: "no",
  slither: "no",
  solhint: "no",
};
/** What runs the code checks it through what comes of it, wherever it stands. */
const RUN = { ...NOTHING, fuzz: "checks", invariants: "checks", differential: "checks" } as const;
const BRANCH = { ...RUN, coverage: "counts", second: "counts", mutate: "changes" } as const;

/** The rows. Edit a cell here when a tool learns to see something. */
export const TOOL_ROWS: readonly ToolRow[] = [
  { what: "statements", sites: "statement", sight: { ...BRANCH, slither: "looks" } },
  { what: "arms of `if`", sites: "if", sight: { ...BRANCH, slither: "looks" } },
  { what: "arms of `?:`", sites: "ternary", sight: BRANCH },
  { what: "`require` that holds and that fails", sites: "require", sight: BRANCH },
  {
    what: "right operands of `&&` and `||`",
    sites: "and-or",
    sight: BRANCH,
    note: "coverage also says whether the left one decided alone; solidity-coverage counts the operands of `||` only",
  },
  {
    what: "loops that run not at all, once, more often",
    sites: "loop",
    sight: { ...RUN, coverage: "counts", mutate: "changes" },
    note: "coverage counts entered and never entered, where the source does not decide that; solidity-coverage shows the statements within",
  },
  {
    what: "arms of `try` and `catch`",
    sites: "try",
    sight: { ...RUN, coverage: "counts" },
    note: "empty arms too; a mutant changes what stands in them",
  },
  {
    what: "modifiers that let pass and that refuse",
    sites: "modifier",
    sight: { ...RUN, second: "counts", mutate: "changes", slither: "looks", solhint: "looks" },
    note: "a mutant leaves the modifier out; every modifier here calls one function, whose `require` coverage counts; the access matrix calls each function as everyone",
  },
  {
    what: "assembly blocks, whether reached",
    sites: "assembly",
    sight: { ...RUN, coverage: "counts", slither: "looks", solhint: "looks" },
    note: "a block is one statement: all of its lines are green when it is entered. docs/unchecked.md has the proofs",
  },
  { what: "statements in assembly", sites: "yul-statement", sight: { ...RUN, mutate: "changes" } },
  { what: "`if` in assembly", sites: "yul-if", sight: { ...RUN, coverage: "counts", mutate: "changes" } },
  { what: "cases of `switch` in assembly", sites: "yul-switch-case", sight: { ...RUN, coverage: "counts" } },
  { what: "loops in assembly", sites: "yul-loop", sight: { ...RUN, coverage: "counts", mutate: "changes" } },
  {
    what: "arithmetic that may wrap",
    sites: "unchecked",
    sight: { ...RUN, mutate: "changes" },
    note: "docs/unchecked.md has the proofs",
  },
  {
    what: "direction of a rounding",
    sites: undefined,
    sight: { ...RUN, mutate: "changes", slither: "looks" },
    note: "docs/rounding.md; Slither sees division before multiplication only",
  },
  {
    what: "state between calls of many accounts",
    sites: undefined,
    sight: RUN,
    note: "coverage is of each call for itself",
  },
  {
    what: "calls of others, and what may be entered meanwhile",
    sites: "external-call",
    sight: { ...RUN, slither: "looks", differential: "no" },
    note: "attack tests try every function in a callback",
  },
  {
    what: "collisions in storage",
    sites: undefined,
    sight: NOTHING,
    note: "docs/storage-layout.md is compared at every `npm test`",
  },
  {
    what: "collisions of selectors",
    sites: undefined,
    sight: NOTHING,
    note: 'the generator of docs/errors.md, and "selector collision" among the attack tests',
  },
  {
    what: "who may call",
    sites: undefined,
    sight: { ...NOTHING, invariants: "checks", slither: "looks" },
    note: "docs/access.md and its test",
  },
  {
    what: "gas and size",
    sites: undefined,
    sight: NOTHING,
    note: "`bench:gas:check`, `sizes`",
  },
  {
    what: "style, order, names",
    sites: undefined,
    sight: { ...NOTHING, solhint: "looks" },
  },
];

/** `docs/tools.md`. */
export function toolsDocument(analysis: Pick<Analysis, "sources">): string {
  const counts = countSites(analysis);
  const bugs = locateBugs(analysis, MUTATIONS);
  const tools = Object.keys(TOOLS) as Tool[];
  const rows = TOOL_ROWS.map(({ what, sites, sight, note = "" }) => [
    what,
    sites === undefined ? "" : String(counts[sites]),
    ...tools.map((tool) => (sight[tool] === "no" ? "" : sight[tool])),
    note,
  ]);
  return page(
    "# What each tool sees",
    `Written by \`npm run gen\` from the sources and \`scripts/lib/audit/tools.ts\`; do not edit. The numbers are those of the
places in \`contracts/\` without mocks, counted in the compiler's syntax tree.

* **counts**: it reports how many of these were reached.
* **changes**: it changes them one at a time and reports whether a test notices.
* **checks**: it compares what comes of running them, wherever they stand, so a wrong one makes it fail if its inputs go there.
* **looks**: it looks at them without running them.
* Empty: it does not see them.`,
    table(["what", "places", ...tools.map((tool) => TOOLS[tool]), "note"], rows),
    blindSpot(counts["yul-statement"] ?? 0, bugs),
  );
}

function blindSpot(statements: number, bugs: ReturnType<typeof locateBugs>): string {
  const isSeen = TOOL_ROWS.some(({ sites, sight }) => sites === "yul-statement" && sight.coverage !== "no");
  const start = isSeen
    ? `The ${statements} statements in assembly have a figure of coverage. Beside it`
    : `Of the ${statements} statements in assembly coverage says only that their block was entered and which arms were taken. For them`;
  return `${start} stand the mutants and the ${bugs.assembly} of ${MUTATIONS.length} planted bugs that are in assembly
(${bugs.unchecked} are in unchecked blocks), the plain twins, and the proofs of [unchecked.md](unchecked.md).`;
}
