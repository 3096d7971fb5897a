import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ROOT } from "../scripts/lib/paths.js";
import type { Meta } from "./schema.js";

export type MetaOptions = { fork: string; profile?: string; seed?: string };

/** What the figures of this run depend on. */
export function readMeta({ fork, profile = "production", seed }: MetaOptions): Meta {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  return {
    date: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    fork,
    solc: manifest.devDependencies.solc ?? "unknown",
    profile,
    commit: readCommit(),
    node: process.versions.node,
    cpus: os.availableParallelism(),
    ...(seed === undefined ? {} : { seed }),
  };
}

function readCommit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    const isChanged = git("status", "--porcelain", "--untracked-files=no", "--", "contracts", "src") !== "";
    return `${git("rev-parse", "--short=10", "HEAD")}${isChanged ? "+" : ""}`;
  } catch {
    return "unknown"; // a copy without its history
  }
}
