import { glob, readFile } from "node:fs/promises";
import path from "node:path";

export type Sources = {
  /** Every Solidity file of contracts/ and test/, by its path. */
  files: ReadonlyMap<string, string>;
  /** The project's files that a file brings in, itself included. */
  closureOf: (file: string) => ReadonlySet<string>;
};

export async function readSources(root: string): Promise<Sources> {
  const files = new Map<string, string>();
  for (const folder of ["contracts", "test"]) {
    const found: string[] = [];
    for await (const file of glob(`${folder}/**/*.sol`, { cwd: root })) found.push(file.split(path.sep).join("/"));
    for (const file of found.sort()) files.set(file, await readFile(path.join(root, file), "utf8"));
  }
  return { files, closureOf: (file) => closure(files, file) };
}

function closure(files: ReadonlyMap<string, string>, start: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    const source = files.get(file);
    if (source === undefined || seen.has(file)) return;
    seen.add(file);
    for (const [, imported = ""] of source.matchAll(/^import\s[^;]*?"([^"]+)"/gms)) {
      visit(imported.startsWith(".") ? path.posix.join(path.posix.dirname(file), imported) : imported);
    }
  };
  visit(start);
  return seen;
}
