import { copyFile, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { FailureError } from "../failure.js";
import { writeJson } from "../output.js";
import { ROOT } from "../paths.js";
import { runCommand } from "../process.js";
import { removeTestBindings } from "./bindings.js";
import { PACKAGE_DOCUMENT } from "./document.js";
import { importedPackages, packageManifest, type PackageManifest, type RepositoryManifest } from "./manifest.js";

/** The folder that is packed. */
export const PACKAGE_FOLDER = path.join(ROOT, "dist");

export type PackedPackage = {
  /** Absolute path. */
  tarball: string;
  /** Bytes of the tarball. */
  packed: number;
  /** Bytes of its files. */
  unpacked: number;
  files: string[];
  manifest: PackageManifest;
};

/** The package could not be built. */
export class PackageError extends FailureError {
  constructor(code: "COMPILE_FAILED" | "PACK_FAILED", message: string) {
    super(code, message);
    this.name = "PackageError";
  }
}

/** Compiles the package to `dist/`, with a manifest and a README of its own, and packs it there. */
export async function buildPackage(): Promise<PackedPackage> {
  await rm(PACKAGE_FOLDER, { recursive: true, force: true });
  const compiled = await runCommand("tsc -p tsconfig.package.json");
  if (compiled.code !== 0) {
    throw new PackageError("COMPILE_FAILED", `The package does not compile:\n${compiled.output.trim()}`);
  }
  await removeTestBindings(path.join(PACKAGE_FOLDER, "typechain-types"));
  const repository = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as RepositoryManifest;
  const manifest = packageManifest(repository, await importsBelow(PACKAGE_FOLDER));
  await writeJson(path.join(PACKAGE_FOLDER, "package.json"), manifest);
  await copyFile(path.join(ROOT, "LICENSE"), path.join(PACKAGE_FOLDER, "LICENSE"));
  return { ...(await pack()), manifest };
}

/** Every package that a compiled module or its declarations import. */
async function importsBelow(folder: string): Promise<Set<string>> {
  const imported = new Set<string>();
  for (const file of await readdir(folder, { recursive: true })) {
    if (!/\.(js|d\.ts)$/.test(file)) continue;
    for (const name of importedPackages(await readFile(path.join(folder, file), "utf8"))) imported.add(name);
  }
  return imported;
}

/** Packs what was compiled, with its README as it stands now. */
export async function pack(): Promise<Omit<PackedPackage, "manifest">> {
  await copyFile(PACKAGE_DOCUMENT, path.join(PACKAGE_FOLDER, "README.md"));
  const { code, output } = await runCommand("npm pack --json --loglevel=error", { cwd: PACKAGE_FOLDER });
  if (code !== 0) throw new PackageError("PACK_FAILED", `npm pack failed:\n${output.trim()}`);
  const answer = JSON.parse(output.slice(output.search(/^[[{]/m))) as PackAnswer[] | Record<string, PackAnswer>;
  const [packed] = Object.values(answer) as (PackAnswer | undefined)[];
  if (packed === undefined) throw new PackageError("PACK_FAILED", "npm pack packed nothing.");
  return {
    tarball: path.join(PACKAGE_FOLDER, packed.filename),
    packed: packed.size,
    unpacked: packed.unpackedSize,
    files: packed.files.map((file) => file.path),
  };
}

/** One package of what `npm pack --json` prints: a list, or an object by name from npm 12 on. */
type PackAnswer = { filename: string; size: number; unpackedSize: number; files: { path: string }[] };
