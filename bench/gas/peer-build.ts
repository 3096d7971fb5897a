import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { FailureError } from "../../scripts/lib/failure.js";
import { installFolder } from "../../scripts/lib/install.js";
import { ROOT } from "../../scripts/lib/paths.js";
import type { Code } from "./artifacts.js";
import { collectSources, type Remappings } from "./peer-sources.js";

/** Where bytecode waits for the addresses of libraries, in bytes: by file, by library. */
export type LinkReferences = Record<string, Record<string, readonly { start: number; length: number }[]>>;
export type PeerCode = Code & { linkReferences: LinkReferences };

/** Contracts of bench/peers that come as sources. */
export type PeerBuild<Name extends string> = {
  /** Of the files in the cache. */
  title: string;
  /** A package of bench/peers, solc under the name of its version. */
  compiler: string;
  settings: { optimizer: { enabled: true; runs: number }; evmVersion: string; viaIR?: true };
  /** Files by contract name, in the packages of bench/peers. */
  contracts: Readonly<Record<Name, string>>;
  remappings?: Remappings;
};

type CompilerOutput = {
  errors?: { severity: string; formattedMessage: string }[];
  contracts?: Record<
    string,
    Record<string, { abi: Code["abi"]; evm: { bytecode: { object: string; linkReferences: LinkReferences } } }>
  >;
};

const MODULES = path.join(ROOT, "bench/peers/node_modules");
const CACHE = path.join(ROOT, "cache/peers");

/** Compiles a peer from its sources, once: the outcome is kept in cache/peers. Nothing of it is committed. */
export async function buildPeer<Name extends string>(build: PeerBuild<Name>): Promise<Record<Name, PeerCode>> {
  await installFolder("bench/peers");
  const input = await inputOf(build);
  const hash = createHash("sha256").update(build.compiler).update(input).digest("hex").slice(0, 16);
  const file = path.join(CACHE, `${build.title}-${hash}.json`);
  try {
    return JSON.parse(await readFile(file, "utf8")) as Record<Name, PeerCode>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await mkdir(CACHE, { recursive: true });
  const draft = `${file}.${process.pid}`;
  const codes = pick(build, await compile(build.compiler, input, draft));
  await writeFile(draft, JSON.stringify(codes));
  await rename(draft, file); // another process may be at the same file
  return codes;
}

async function inputOf({ contracts, remappings = {}, settings }: PeerBuild<string>): Promise<string> {
  const read = (file: string): Promise<string> => readFile(path.join(MODULES, file), "utf8");
  const sources = await collectSources(Object.values(contracts), remappings, read);
  return JSON.stringify({
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }])),
    settings: {
      ...settings,
      remappings: Object.entries(remappings).map(([prefix, target]) => `${prefix}=${target}`),
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.bytecode.linkReferences"] } },
    },
  });
}

/** In a process of its own, which gives its memory back; through files, since solc's program loses data in pipes. */
async function compile(compiler: string, input: string, draft: string): Promise<CompilerOutput> {
  const [given, answer] = [`${draft}.in`, `${draft}.out`];
  await writeFile(given, input);
  const [source, target] = [await open(given), await open(answer, "w")];
  try {
    const args = [path.join(MODULES, compiler, "solc.js"), "--standard-json"];
    const child = spawn(process.execPath, args, { stdio: [source.fd, target.fd, "inherit"] });
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new FailureError("PEER_BUILD_FAILED", `${compiler} ended with ${code ?? "a signal"}.`);
    const output = await readFile(answer, "utf8");
    return JSON.parse(output.slice(output.indexOf("{"))) as CompilerOutput; // a line about SMT solvers may come first
  } finally {
    for (const file of [source, target]) await file.close();
    for (const file of [given, answer]) await rm(file);
  }
}

function pick<Name extends string>(
  { contracts, compiler }: PeerBuild<Name>,
  { errors = [], contracts: compiled = {} }: CompilerOutput,
): Record<Name, PeerCode> {
  const fatal = errors.filter(({ severity }) => severity === "error").map(({ formattedMessage }) => formattedMessage);
  if (fatal.length > 0) throw new FailureError("PEER_BUILD_FAILED", `${compiler} refused:\n${fatal.join("\n")}`);
  const codes: Partial<Record<Name, PeerCode>> = {};
  for (const [name, file] of Object.entries(contracts) as [Name, string][]) {
    const found = compiled[file]?.[name];
    if (found === undefined) throw new FailureError("PEER_BUILD_FAILED", `${file} has no contract ${name}.`);
    const { object, linkReferences } = found.evm.bytecode;
    codes[name] = { abi: found.abi, bytecode: `0x${object}`, linkReferences };
  }
  return codes as Record<Name, PeerCode>;
}

/** The code with its libraries' addresses, which are given by their names. */
export function link({ abi, bytecode, linkReferences }: PeerCode, libraries: Readonly<Record<string, string>>): Code {
  let linked = bytecode;
  for (const [name, places] of Object.values(linkReferences).flatMap((file) => Object.entries(file))) {
    const address = libraries[name];
    if (address === undefined) throw new FailureError("NOT_LINKED", `The library ${name} has no address.`);
    for (const { start, length } of places) {
      const [from, to] = [2 + 2 * start, 2 + 2 * (start + length)];
      linked = linked.slice(0, from) + address.slice(2).toLowerCase() + linked.slice(to);
    }
  }
  return { abi, bytecode: linked };
}
