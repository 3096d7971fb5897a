import { existsSync } from "node:fs";
import { cp, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "../paths.js";

const COPIED = ["contracts", "scripts", "src", "test", "typechain-types"];
/** What was built before saves the copy a build of everything. */
const COPIED_BUILD = ["artifacts", "cache/compile-cache.json"];
const COPIED_FILES = ["hardhat.config.ts", "package.json", "tsconfig.json", ".prettierrc.json"];

/** Copies what tests need into a new folder, in which bugs may be planted. */
export async function copyRepository(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "lakh-bugs-"));
  for (const name of [...COPIED, ...COPIED_FILES]) {
    await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  for (const name of COPIED_BUILD.filter((each) => existsSync(path.join(ROOT, each)))) {
    await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  await symlink(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"), "junction");
  return folder;
}
