export type LockEntry = {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
};

export type Lock = { lockfileVersion: number; packages: Record<string, LockEntry> };

export type Manifest = Pick<LockEntry, "dependencies" | "devDependencies" | "optionalDependencies">;

const KINDS = ["dependencies", "devDependencies", "optionalDependencies"] as const;

/** One version; under another name where a package is needed in more than one. */
const EXACT = /^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/;

/**
 * Finds what would make an install differ between machines: a dependency or a platform package without an entry, an
 * entry without a hash, an address of one particular registry, a version range in package.json.
 */
export function findLockProblems(lock: Lock, manifest: Manifest): string[] {
  const problems: string[] = [];
  const root = lock.packages[""] ?? {};
  for (const kind of KINDS) {
    const wanted = manifest[kind] ?? {};
    const locked = root[kind] ?? {};
    for (const name of new Set([...Object.keys(wanted), ...Object.keys(locked)])) {
      const range = wanted[name];
      if (range !== locked[name]) {
        problems.push(
          `${name}: package.json asks for ${range ?? "nothing"}, the lock for ${locked[name] ?? "nothing"}`,
        );
      } else if (!EXACT.test(range ?? "")) {
        problems.push(`${name}: ${range ?? ""} is not an exact version`);
      }
    }
  }
  for (const [location, entry] of Object.entries(lock.packages)) {
    if (location !== "" && entry.link !== true) {
      if (entry.integrity === undefined) problems.push(`${location}: no integrity hash`);
      if (entry.resolved !== undefined)
        problems.push(`${location}: a "resolved" address ties the lock to one registry`);
    }
    const needed = { ...entry.dependencies, ...entry.optionalDependencies };
    for (const name of Object.keys(needed)) {
      if (!isReachable(lock, location, name)) problems.push(`${location}: its dependency ${name} has no entry`);
    }
  }
  return problems;
}

/** Node's lookup: the folder of the package itself, then each one above it. */
function isReachable(lock: Lock, from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, "")) {
    if (`${folder === "" ? "" : `${folder}/`}node_modules/${name}` in lock.packages) return true;
    if (folder === "") return false;
  }
}
