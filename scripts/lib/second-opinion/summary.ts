/** A figure of Istanbul's `coverage-summary.json`. */
export type Figure = { total: number; covered: number };
export type Figures = { statements: Figure; branches: Figure };
/** What each file of a report reaches, by its path in the repository. */
export type Summary = ReadonlyMap<string, Figures>;

type Raw = Record<string, Figures | undefined>;

/**
 * Reads Istanbul's summary. Paths are absolute in one report and relative in another; what lies outside `contracts/`, mocks
 * and files without a statement are left out.
 */
export function parseSummary(text: string): Summary {
  const summary = new Map<string, Figures>();
  for (const [file, figures] of Object.entries(JSON.parse(text) as Raw)) {
    const path = /(?:^|\/)(contracts\/(?!mocks\/).*\.sol)$/.exec(file.replaceAll("\\", "/"))?.[1];
    if (path === undefined || figures === undefined || figures.statements.total === 0) continue;
    summary.set(path, { statements: figures.statements, branches: figures.branches });
  }
  return new Map([...summary].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Percent, 100 where there is nothing to reach. */
export function percent({ total, covered }: Figure): number {
  return total === 0 ? 100 : (100 * covered) / total;
}

/** The sum over all files. */
export function totalOf(summary: Summary): Figures {
  const sum: Figures = { statements: { total: 0, covered: 0 }, branches: { total: 0, covered: 0 } };
  for (const figures of summary.values()) {
    for (const kind of ["statements", "branches"] as const) {
      sum[kind].total += figures[kind].total;
      sum[kind].covered += figures[kind].covered;
    }
  }
  return sum;
}
