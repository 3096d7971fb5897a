import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { FailureError } from "./failure.js";
import { ROOT } from "./paths.js";
import { runCommand } from "./process.js";

const SHOWN_LINES = 60;

/** Installs what the lock of a folder of its own names, unless it is there already. */
export async function installFolder(folder: string): Promise<"installed" | "present"> {
  const lock = await readFile(path.join(ROOT, folder, "package-lock.json"), "utf8");
  const stamp = path.join(ROOT, folder, "node_modules", ".lakh-setup");
  if (existsSync(stamp) && (await readFile(stamp, "utf8")) === lock) return "present";
  const { code, output } = await runCommand(`npm ci --prefix ${folder} --no-audit --no-fund --loglevel=error`);
  if (code !== 0) {
    const lines = output.trimEnd().split("\n").slice(-SHOWN_LINES).join("\n");
    throw new FailureError("INSTALL_FAILED", `${folder}/ could not be installed:\n${lines}`);
  }
  await writeFile(stamp, lock);
  return "installed";
}
