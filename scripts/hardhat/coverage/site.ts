import type { Edits } from "./edits.js";
import type { ProbeId } from "./probes.js";
import type { Span } from "./syntax.js";
import type { BranchKind } from "./types.js";

/** The outcome of one of a site's probes is one of its arms. */
export type SiteArm = { name: string; probe: number; outcome: boolean };

/** A branch in a source, and how its probes get into that source. */
export type Site = Span & {
  kind: BranchKind;
  arms: readonly SiteArm[];
  place: (edits: Edits, probe: (index: number) => ProbeId) => void;
};

/** A condition that holds or does not. */
export function outcomes(whenTrue: string, whenFalse: string): readonly SiteArm[] {
  return [
    { name: whenTrue, probe: 0, outcome: true },
    { name: whenFalse, probe: 0, outcome: false },
  ];
}

/** Bodies of which one runs: a probe each. */
export function bodies(names: readonly string[]): readonly SiteArm[] {
  return names.map((name, probe) => ({ name, probe, outcome: false }));
}
