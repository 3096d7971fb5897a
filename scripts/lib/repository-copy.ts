import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "./paths.js";

/** What the tests need. */
const COPIED = ["contracts", "deploy", "scripts", "src", "test", "typechain-types"];
const COPIED_FILES = ["hardhat.config.ts", "package.json", "tsconfig.json", ".prettierrc.json"];
/** What was built before saves the copy a build of everything. */
const COPIED_BUILD = ["artifacts", "cache/compile-cache.json"];

/** Copies sources, tests and the default build into a new temporary folder, where contracts can be changed. */
export async function copyRepository(name: string, { build }: { build: boolean }): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), `lakh-${name}-`));
  const copied = [...COPIED, ...COPIED_FILES, ...(build ? COPIED_BUILD : [])];
  for (const each of copied.filter((candidate) => existsSync(path.join(ROOT, candidate)))) {
    await mkdir(path.dirname(path.join(folder, each)), { recursive: true });
    await cp(path.join(ROOT, each), path.join(folder, each), { recursive: true });
  }
  await symlink(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"), "junction");
  return folder;
}
