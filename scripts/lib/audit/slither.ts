import type { Triage } from "./triage.js";

export const SLITHER_VERSION = "0.11.6";

/** What `slither --json` writes, as far as it is read here. */
export type SlitherReport = { success: boolean; error: string | null; results: { detectors?: SlitherFinding[] } };
export type SlitherFinding = { check: string; impact: string; confidence: string; description: string };

export type Judgement = {
  /** Findings of high or medium impact that nobody has judged. */
  open: readonly string[];
  /** Judgements of what Slither no longer finds, or finds more or less often. */
  stale: readonly string[];
  judged: number;
  /** Findings of low impact; they are counted only. */
  low: number;
};

const WEIGHTY: ReadonlySet<string> = new Set(["High", "Medium"]);

/** What a finding is about, without line numbers: the first thing that its description names. */
export function placeOf({ description }: Pick<SlitherFinding, "description">): string {
  const first = (description.trim().split("\n")[0] ?? "").replace(/^Reentrancy in /, "");
  return first.split(/ \((?:contracts|\/)/)[0] ?? "";
}

/** Compares findings with the judgements that are on file. */
export function judge(findings: readonly SlitherFinding[], triage: readonly Triage[]): Judgement {
  const counts = new Map<string, number>();
  for (const finding of findings.filter(({ impact }) => WEIGHTY.has(impact))) {
    const key = `${finding.check}: ${placeOf(finding)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const wanted = new Map(triage.map(({ check, place, count = 1 }) => [`${check}: ${place}`, count]));
  return {
    open: [...counts.keys()].filter((key) => !wanted.has(key)),
    stale: [...wanted].filter(([key, count]) => counts.get(key) !== count).map(([key]) => key),
    judged: [...wanted.keys()].filter((key) => counts.has(key)).length,
    low: findings.filter(({ impact }) => impact === "Low").length,
  };
}

/** The sources as one standard JSON input; packages are found by their path in node_modules. */
export function slitherInput(sources: Readonly<Record<string, string>>): string {
  return JSON.stringify({
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }])),
    settings: {
      evmVersion: "cancun",
      viaIR: true,
      optimizer: { enabled: false },
      remappings: ["@openzeppelin/=node_modules/@openzeppelin/", "solady/=node_modules/solady/"],
      outputSelection: {
        "*": {
          "": ["ast"],
          "*": ["abi", "devdoc", "userdoc", "evm.bytecode", "evm.deployedBytecode", "evm.methodIdentifiers"],
        },
      },
    },
  });
}
