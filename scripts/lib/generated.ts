import { cp, mkdtemp, readFile, readdir, rm, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { manipulationDocument } from "../../bench/amm/manipulation-document.js";
import { AUDIT_DOCUMENTS, type AuditDocument } from "./audit/documents.js";
import { renderAddresses } from "./deploy/addresses.js";
import { FailureError } from "./failure.js";
import { ROOT } from "./paths.js";
import { ammCurve } from "./pictures/amm-curve.js";
import { runPackageScript } from "./process.js";
import { VECTOR_DOCUMENTS } from "./vectors/documents.js";

/** Something derived from the sources and committed. `run` writes `output` below `folder`, never elsewhere. */
export type Generator = {
  name: string;
  /** File or folder, relative to the repository. */
  output: string;
  run: (folder: string) => Promise<void>;
};

const MANIPULATION: AuditDocument = {
  name: "cost of moving a pool's average price",
  output: "docs/amm-manipulation.md",
  render: () => Promise.resolve(manipulationDocument()),
};

const CURVE: AuditDocument = {
  name: "picture of the AMM's curve",
  output: "docs/amm-curve.svg",
  render: ammCurve,
};

const ADDRESSES: AuditDocument = {
  name: "where the suite is deployed",
  output: "src/addresses.ts",
  render: () => renderAddresses(),
};

/** Add a generator here and `npm run gen` writes its output, `npm run check:fresh` guards it. */
export const GENERATORS: readonly Generator[] = [
  {
    name: "TypeChain bindings of the production build",
    output: "typechain-types",
    async run(folder) {
      const env = { LAKH_TYPECHAIN_OUT_DIR: path.join(folder, "typechain-types") };
      const { code, output } = await runPackageScript("build:production", [], { env });
      if (code !== 0) throw new FailureError("BUILD_FAILED", `The production build failed:\n${output.trim()}`);
    },
  },
  ...[...AUDIT_DOCUMENTS, MANIPULATION, CURVE, ADDRESSES, ...VECTOR_DOCUMENTS].map(({ name, output, render }) => ({
    name,
    output,
    async run(folder: string) {
      const file = path.join(folder, output);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, await render());
    },
  })),
];

/** Runs all generators into a fresh folder, hands it over, and removes it. */
export async function withGenerated<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const cache = path.join(ROOT, "cache-production");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, "generated-"));
  try {
    for (const generator of GENERATORS) await generator.run(folder);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Replaces the committed outputs by the ones in `folder`. */
export async function installGenerated(folder: string): Promise<void> {
  for (const { output } of GENERATORS) {
    await rm(path.join(ROOT, output), { recursive: true, force: true });
    if ((await filesBelow(folder, output)).length > 0) {
      await cp(path.join(folder, output), path.join(ROOT, output), { recursive: true });
    }
  }
}

export type StaleFile = { path: string; reason: "differs" | "is missing" | "is no longer generated" };

/** Compares the outputs in `folder` with those in the repository. */
export async function findStaleFiles(folder: string): Promise<StaleFile[]> {
  const stale: StaleFile[] = [];
  for (const { output } of GENERATORS) {
    const wanted = new Set(await filesBelow(folder, output));
    const present = new Set(await filesBelow(ROOT, output));
    for (const file of [...new Set([...wanted, ...present])].sort()) {
      if (!present.has(file)) stale.push({ path: file, reason: "is missing" });
      else if (!wanted.has(file)) stale.push({ path: file, reason: "is no longer generated" });
      else if (!(await sameContent(path.join(folder, file), path.join(ROOT, file)))) {
        stale.push({ path: file, reason: "differs" });
      }
    }
  }
  return stale;
}

async function filesBelow(root: string, relative: string): Promise<string[]> {
  try {
    const entries = await readdir(path.join(root, relative), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    if (code === "ENOTDIR") return [relative];
    throw error;
  }
}

async function sameContent(left: string, right: string): Promise<boolean> {
  const [a, b] = await Promise.all([readFile(left), readFile(right)]);
  return a.equals(b);
}
