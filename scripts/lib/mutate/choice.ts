import type { TestRecord } from "./messages.js";
import type { Mutant } from "./mutant.js";

/** Where the phases end, in tests; a phase ends the judgement when one fails. */
const PHASES = [3, 12, 48];

/** Where tests compare contracts with models. */
const MODELS = "test/differential/";

/** Which tests can see a mutant, and in which order they are tried. */
export type Chooser = {
  phasesFor: (mutant: Mutant, budget: number) => string[][];
  /** A test that killed is tried first on the next mutants of its function. */
  noteKill: (mutant: Mutant, title: string) => void;
};

type Statement = { start: number; end: number; titles: Set<string> };

export function createChooser(tests: readonly TestRecord[]): Chooser {
  const byTitle = new Map(tests.map((test) => [test.title, test]));
  const byFile = indexStatements(tests);
  const unmapped = tests.filter(({ statements }) => statements === undefined).map(({ title }) => title);
  const kills = new Map<string, number>();
  const killKey = ({ file, scope }: Mutant, title: string): string => `${file}\0${scope}\0${title}`;

  /** Those that run the innermost statement around the change; outside of statements, those that run the file. */
  const touching = ({ file, start, end }: Mutant): ReadonlySet<string> => {
    const statements = byFile.get(file) ?? [];
    const around = statements
      .filter((statement) => statement.start <= start && end <= statement.end)
      .sort((a, b) => a.end - a.start - (b.end - b.start));
    return around[0]?.titles ?? new Set(statements.flatMap(({ titles }) => [...titles]));
  };

  return {
    phasesFor(mutant, budget) {
      const cost = (title: string): number => byTitle.get(title)?.milliseconds ?? 0;
      const rank = (title: string): number => kills.get(killKey(mutant, title)) ?? 0;
      // Tests of one file share their fixtures: the file that killed most comes first.
      const fileRank = (title: string): number => kills.get(killKey(mutant, byTitle.get(title)?.file ?? "")) ?? 0;
      // A comparison with a model finds most of what is wrong with what it runs.
      const isModel = (title: string): number => Number(byTitle.get(title)?.file.startsWith(MODELS) ?? false);
      const order = [...touching(mutant), ...unmapped].sort(
        (a, b) => rank(b) - rank(a) || fileRank(b) - fileRank(a) || isModel(b) - isModel(a) || cost(a) - cost(b),
      );
      const chosen: string[] = [];
      let spent = 0;
      for (const title of order) {
        if (spent + cost(title) > budget && chosen.length > 0) break;
        spent += cost(title);
        chosen.push(title);
      }
      const starts = [0, ...PHASES];
      return starts.map((start, index) => chosen.slice(start, starts[index + 1])).filter((titles) => titles.length > 0);
    },
    noteKill(mutant, title) {
      for (const name of [title, byTitle.get(title)?.file ?? ""]) {
        const key = killKey(mutant, name);
        kills.set(key, (kills.get(key) ?? 0) + 1);
      }
    },
  };
}

function indexStatements(tests: readonly TestRecord[]): Map<string, Statement[]> {
  const byKey = new Map<string, Statement>();
  const byFile = new Map<string, Statement[]>();
  for (const { title, statements = [] } of tests) {
    for (const key of statements) {
      const [, file = "", start = "0", end = "0"] = /^(.*):(\d+)-(\d+)$/.exec(key) ?? [];
      let statement = byKey.get(key);
      if (statement === undefined) {
        statement = { start: Number(start), end: Number(end), titles: new Set() };
        byKey.set(key, statement);
        byFile.set(file, [...(byFile.get(file) ?? []), statement]);
      }
      statement.titles.add(title);
    }
  }
  return byFile;
}
