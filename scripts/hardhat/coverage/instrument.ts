import { Edits } from "./edits.js";
import { findSites } from "./find-sites.js";
import { ASSEMBLY_PROBE, hitStatement, LIBRARY_IMPORT, probeId, type ProbeId } from "./probes.js";
import { textOf } from "./syntax.js";
import type { Branch, CoveredFunction, Unseen } from "./types.js";

type Instrumented = {
  source: string;
  branches: readonly Branch[];
  functions: readonly CoveredFunction[];
  unseen: readonly Unseen[];
};

/**
 * Adds the probes of branches to `instrumented`, which is `original` with Hardhat's probes of statements. What is
 * answered has its places in `original`.
 */
export function instrument(file: string, original: string, instrumented: string): Instrumented {
  const [places, twins] = [findSites(original), findSites(instrumented)];
  const edits = new Edits(instrumented);

  const branches = pair(file, places.sites, twins.sites).map(([site, twin], index): Branch => {
    const text = textOf(original, site);
    if (site.kind !== twin.kind || text !== textOf(instrumented, twin)) throw mismatch(file, text);
    const probe = (number: number): ProbeId => probeId(`${file}:branch:${index.toString()}:${number.toString()}`);
    twin.place(edits, probe);
    const { kind, within, start, end } = site;
    const arms = site.arms.map(({ name, probe: number, outcome }) => {
      const { whenTrue, whenFalse } = probe(number);
      return { name, tag: outcome ? whenTrue : whenFalse };
    });
    return { kind, within, text, start, end, arms };
  });
  for (const { start } of twins.assembly) edits.insert(start + 1, ASSEMBLY_PROBE);

  const pairs = pair(file, places.functions, twins.functions);
  const functions = pairs.map(([{ isEmpty, ...place }, twin], index): CoveredFunction => {
    if (!isEmpty) return place;
    const id = probeId(`${file}:function:${index.toString()}`);
    edits.insert(twin.start + 1, hitStatement(id));
    return { ...place, tag: id.whenFalse };
  });
  return { source: edits.apply() + LIBRARY_IMPORT, branches, functions, unseen: places.unseen };
}

function pair<T>(file: string, left: readonly T[], right: readonly T[]): [T, T][] {
  if (left.length !== right.length) throw mismatch(file, `${left.length.toString()} and ${right.length.toString()}`);
  return left.map((each, index) => [each, right[index] ?? each]);
}

const mismatch = (file: string, what: string): Error =>
  new Error(`The instrumented ${file} differs from the original in more than probes: ${what}`);
