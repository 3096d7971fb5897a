export type SourceFile = {
  /** Relative to the repository, with forward slashes. */
  path: string;
  source: string;
};

export type Violation = { path: string; rule: Rule; detail: string };

export type Rule = "import" | "one-contract" | "unique-name" | "licence" | "pragma" | "length";

export const MAX_LINES = 600;

const DOMAINS = ["lending", "amm", "staking", "insurance", "rwa"] as const;
const BASE = ["interfaces", "libraries", "types"];

/** Which folders of contracts/ a folder of contracts/ may import from. A folder that is absent here may import all. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  types: ["types", "libraries"],
  libraries: BASE,
  interfaces: BASE,
  core: ["core", "oracle", ...BASE],
  oracle: ["oracle", ...BASE],
  ...Object.fromEntries(DOMAINS.map((domain) => [domain, [domain, "core", "oracle", ...BASE]])),
};

const FLOATING_PRAGMA_FOLDERS = new Set(BASE);
const EXACT_PRAGMA_FOLDERS = new Set<string>(["core", "oracle", "periphery", ...DOMAINS]);
const EXACT_PRAGMA = "0.8.37";
const FLOATING_PRAGMA = "^0.8.24";

/** Checks the Solidity files of contracts/ and test/ against the rules of the repository. */
export function findViolations(files: readonly SourceFile[]): Violation[] {
  return [...files.flatMap(checkFile), ...checkUniqueNames(files)];
}

function checkFile(file: SourceFile): Violation[] {
  return [
    ...checkImports(file),
    ...checkDefinitions(file),
    ...checkLicence(file),
    ...checkPragma(file),
    ...checkLength(file),
  ];
}

function checkImports(file: SourceFile): Violation[] {
  const folder = contractsFolder(file.path);
  const violation = (detail: string): Violation[] => [{ path: file.path, rule: "import", detail }];
  return importsOf(file.source).flatMap((target) => {
    if (!target.startsWith(".")) {
      const isOwnFile = /^(contracts|test|project)\//.test(target) || target.startsWith("/");
      return isOwnFile ? violation(`${target} must be a relative path`) : [];
    }
    const resolved = resolve(file.path, target);
    const targetFolder = contractsFolder(resolved);
    if (targetFolder === undefined) {
      const isTestFile = file.path.startsWith("test/") && resolved.startsWith("test/");
      return isTestFile ? [] : violation(`${target} is outside contracts/`);
    }
    if (folder === undefined || folder === "mocks") return [];
    if (targetFolder === "mocks") return violation(`${target}: only mocks and tests import mocks`);
    const allowed = ALLOWED[folder];
    if (allowed === undefined || allowed.includes(targetFolder)) return [];
    return violation(`${target}: ${folder} may import only ${[...new Set(allowed)].join(", ")}`);
  });
}

function checkDefinitions(file: SourceFile): Violation[] {
  const folder = contractsFolder(file.path);
  if (folder === undefined) return [];
  const names = definitionsOf(file.source);
  const expected = baseName(file.path);
  const isTypesOnly = folder === "types" && names.length === 0;
  if (isTypesOnly || (names.length === 1 && names[0] === expected)) return [];
  const found = names.length === 0 ? "nothing" : names.join(", ");
  return [{ path: file.path, rule: "one-contract", detail: `must define ${expected} alone, defines ${found}` }];
}

function checkUniqueNames(files: readonly SourceFile[]): Violation[] {
  const owners = new Map<string, string>();
  const violations: Violation[] = [];
  for (const file of files) {
    for (const name of definitionsOf(file.source)) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, file.path);
      else violations.push({ path: file.path, rule: "unique-name", detail: `${name} is also defined in ${owner}` });
    }
  }
  return violations;
}

function checkLicence(file: SourceFile): Violation[] {
  const licences = [...file.source.matchAll(/SPDX-License-Identifier:\s*(.*?)\s*$/gm)].map(([, licence]) => licence);
  if (licences.length === 1 && licences[0] === "MIT") return [];
  const found = licences.length === 0 ? "none" : licences.join(", ");
  return [{ path: file.path, rule: "licence", detail: `the SPDX identifier must be MIT, found ${found}` }];
}

function checkPragma(file: SourceFile): Violation[] {
  const folder = contractsFolder(file.path);
  const pragmas = [...withoutComments(file.source).matchAll(/\bpragma\s+solidity\s+([^;]+);/g)].map(([, p]) =>
    p?.trim(),
  );
  const found = pragmas.length === 1 ? pragmas[0] : undefined;
  const expected =
    folder === undefined
      ? undefined
      : EXACT_PRAGMA_FOLDERS.has(folder)
        ? EXACT_PRAGMA
        : FLOATING_PRAGMA_FOLDERS.has(folder)
          ? FLOATING_PRAGMA
          : undefined;
  if (found !== undefined && (expected === undefined || found === expected)) return [];
  const detail = `the pragma must be ${expected ?? "given once"}, found ${pragmas.join(", ") || "none"}`;
  return [{ path: file.path, rule: "pragma", detail }];
}

function checkLength(file: SourceFile): Violation[] {
  const lines = file.source.replace(/\n$/, "").split("\n").length;
  return lines <= MAX_LINES
    ? []
    : [{ path: file.path, rule: "length", detail: `${lines} lines, at most ${MAX_LINES}` }];
}

/** "amm" for contracts/amm/AmmCore.sol; the file's own name for one directly in contracts/. */
function contractsFolder(path: string): string | undefined {
  const [root, folder] = path.split("/");
  return root === "contracts" ? folder : undefined;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.sol$/, "");
}

function resolve(from: string, target: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function importsOf(source: string): string[] {
  const statements = withoutComments(source).matchAll(/\bimport\b[^;"']*["']([^"']+)["'][^;]*;/g);
  return [...statements].map(([, target]) => target ?? "");
}

/** Names of the contracts, interfaces and libraries of a file. */
function definitionsOf(source: string): string[] {
  const code = withoutComments(source).replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
  const definitions = code.matchAll(
    /(?:^|[;}\s])(?:abstract\s+)?(?:contract|interface|library)\s+([A-Za-z_$][\w$]*)[^;{}]*\{/g,
  );
  return [...definitions].map(([, name]) => name ?? "");
}

/** Removes comments and keeps string literals, in which `//` is text. */
function withoutComments(source: string): string {
  return source.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_match, literal: string | undefined) => literal ?? " ",
  );
}
