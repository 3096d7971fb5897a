import { readFile } from "node:fs/promises";
import path from "node:path";
import { FailureError } from "../failure.js";
import { writeJson } from "../output.js";
import type { Lock } from "../lock.js";
import { runCommand } from "../process.js";

type Versioned = { version: string };
type VersionedLock = Lock & Partial<Versioned>;

/**
 * Turns the changesets of a repository into a new version: package.json, CHANGELOG.md and package-lock.json say it, the
 * changesets are gone. Answers the version, which is the old one where there were none. Throws `VERSION_FAILED`.
 */
export async function applyChangesets(folder: string): Promise<string> {
  const { code, output } = await runCommand("changeset version", { cwd: folder });
  if (code !== 0) throw new FailureError("VERSION_FAILED", `changeset version failed:\n${output.trim()}`);
  const { version } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")) as Versioned;
  const file = path.join(folder, "package-lock.json");
  // npm would write what a lock for all registries must not have.
  const lock = JSON.parse(await readFile(file, "utf8")) as VersionedLock;
  lock.version = version;
  Object.assign(lock.packages[""] ?? {}, { version });
  await writeJson(file, lock);
  return version;
}
