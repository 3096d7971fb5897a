export type StepId =
  | "build"
  | "build:production"
  | "test:sol"
  | "test:ts"
  | "check:lock"
  | "typecheck"
  | "lint"
  | "lint:sol"
  | "format:check"
  | "check:fresh"
  | "sizes";

export type Step = {
  /** Also the package.json script that runs it alone. */
  id: StepId;
  title: string;
  args?: readonly string[];
  /** The step it builds on when both run, and the flags that then spare work which is done already. */
  after?: { step: StepId; args: readonly string[] };
  countsTests?: boolean;
};

/** Two lanes for two cores: what compiles and runs the contracts, and everything else. */
export const LANES: readonly (readonly Step[])[] = [
  [
    { id: "build", title: "Build" },
    {
      id: "test:sol",
      title: "Solidity tests",
      after: { step: "build", args: ["--no-compile"] },
      countsTests: true,
    },
    {
      id: "test:ts",
      title: "TypeScript tests",
      after: { step: "build", args: ["--no-compile"] },
      countsTests: true,
    },
  ],
  [
    { id: "check:lock", title: "Lock file complete" },
    { id: "typecheck", title: "Types" },
    { id: "lint", title: "ESLint" },
    { id: "lint:sol", title: "solhint" },
    { id: "format:check", title: "Formatting" },
    { id: "build:production", title: "Production build", args: ["--no-typechain"] },
    { id: "check:fresh", title: "Generated files fresh", after: { step: "build:production", args: [] } },
    { id: "sizes", title: "Contract sizes", after: { step: "build:production", args: ["--no-build"] } },
  ],
];

export const STEPS: readonly Step[] = LANES.flat();

export function isStepId(text: string): text is StepId {
  return STEPS.some(({ id }) => id === text);
}

export type Selection = { only: readonly StepId[]; skip: readonly StepId[] };

export function isSelected(step: Step, { only, skip }: Selection): boolean {
  return (only.length === 0 || only.includes(step.id)) && !skip.includes(step.id);
}
