/** What the manifest of the package takes from that of the repository. */
export type RepositoryManifest = {
  name: string;
  version: string;
  description: string;
  keywords: string[];
  license: string;
  author: string;
  dependencies: Record<string, string>;
};

/** Types and code of one entry point. */
type Entry = { types: string; default: string };

export type PackageManifest = Omit<RepositoryManifest, "dependencies"> & {
  type: "module";
  types: string;
  sideEffects: false;
  engines: { node: string };
  files: string[];
  exports: Record<string, Entry | string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};

/**
 * Shared with the consumer, who passes providers and signers of it: two copies would have private members that TypeScript
 * and `instanceof` tell apart.
 */
const PEERS: ReadonlySet<string> = new Set(["ethers"]);

/** Native code that not every machine has; `loadBls` does without it. */
const OPTIONAL: ReadonlySet<string> = new Set(["@chainsafe/blst"]);

/** The entry points of the package, and the modules that they lead to, without extension. */
export const ENTRIES = {
  ".": "src/index",
  "./abi": "src/abi",
  "./addresses": "src/addresses",
  "./errors": "src/errors",
  "./bindings": "typechain-types/index",
  "./bindings/*": "typechain-types/*",
} as const satisfies Readonly<Record<string, string>>;

/** The packages that a module imports, types included; imports of the package itself and of files are none. */
export function importedPackages(source: string): string[] {
  const specifiers = source.matchAll(/(?:\bfrom\s+|^import\s+|\bimport\()["']([\w@][\w@:./-]*)["']/gm);
  const names = [...specifiers].map(([, specifier = ""]) =>
    specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/"),
  );
  return [...new Set(names)];
}

/** The manifest of the package whose modules import `imported`; throws when the repository does not depend on one of them. */
export function packageManifest(repository: RepositoryManifest, imported: Iterable<string>): PackageManifest {
  const dependencies: Record<string, string> = {};
  const optionalDependencies: Record<string, string> = {};
  const peerDependencies: Record<string, string> = {};
  for (const name of [...new Set(imported)].sort()) {
    const version = repository.dependencies[name];
    if (version === undefined) throw new RangeError(`The package imports ${name}, which is no dependency.`);
    const kind = PEERS.has(name) ? peerDependencies : OPTIONAL.has(name) ? optionalDependencies : dependencies;
    kind[name] = `^${version}`;
  }
  const { name, version, description, keywords, license, author } = repository;
  return {
    ...{ name, version, description, keywords, license, author },
    type: "module",
    types: `./${ENTRIES["."]}.d.ts`,
    sideEffects: false,
    engines: { node: ">=20" },
    files: ["src", "typechain-types"],
    exports: {
      ...Object.fromEntries(
        Object.entries(ENTRIES).map(([entry, file]) => [
          entry,
          { types: `./${file}.d.ts`, default: `./${file}.js` } satisfies Entry,
        ]),
      ),
      "./package.json": "./package.json",
    },
    dependencies,
    optionalDependencies,
    peerDependencies,
  };
}
