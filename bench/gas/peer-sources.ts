import path from "node:path";

/** Import prefixes and the folders that they stand for. */
export type Remappings = Readonly<Record<string, string>>;

const IMPORT = /(?:^|;)\s*import\s+(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/gm;

/** What a Solidity file imports, as it is written there. */
export function importsOf(source: string): string[] {
  return [...source.matchAll(IMPORT)].map(([, specifier]) => specifier ?? "");
}

/** The path that `specifier` means in the file `from`. */
export function resolveImport(from: string, specifier: string, remappings: Remappings): string {
  if (specifier.startsWith(".")) return path.posix.join(path.posix.dirname(from), specifier);
  const prefix = Object.keys(remappings)
    .filter((candidate) => specifier.startsWith(candidate))
    .reduce((longest, candidate) => (candidate.length > longest.length ? candidate : longest), "");
  return prefix === "" ? specifier : `${remappings[prefix] ?? ""}${specifier.slice(prefix.length)}`;
}

/** Reads `entries` and everything that they import, by path. */
export async function collectSources(
  entries: readonly string[],
  remappings: Remappings,
  read: (file: string) => Promise<string>,
): Promise<Record<string, string>> {
  const sources: Record<string, string> = {};
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (file in sources) continue;
    const source = await read(file);
    sources[file] = source;
    for (const specifier of importsOf(source)) waiting.push(resolveImport(file, specifier, remappings));
  }
  return Object.fromEntries(Object.entries(sources).sort(([a], [b]) => (a < b ? -1 : 1)));
}
