import { glob, readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { JsonFragment } from "ethers";
import { FailureError } from "../failure.js";
import { ROOT } from "../paths.js";
import type { AstNode } from "./ast.js";
import type { StorageLayout } from "./storage.js";

/** What the compiler says of the sources before it generates code: quick, and apart from every build. */
export type Analysis = {
  sources: Readonly<Record<string, SourceFile>>;
  contracts: readonly AnalysedContract[];
};

export type SourceFile = { text: string; ast: AstNode };

export type AnalysedContract = {
  name: string;
  file: string;
  kind: "contract" | "interface" | "library";
  /** Whether it is something that can be deployed and called. */
  deployable: boolean;
  abi: readonly JsonFragment[];
  storage: StorageLayout;
  transient: StorageLayout;
  /** NatSpec for users and developers, what is inherited included. */
  userdoc: NatSpec;
  devdoc: NatSpec;
};

/** What NatSpec says of one thing. */
export type NatSpecEntry = {
  notice?: string;
  details?: string;
  params?: Record<string, string>;
  returns?: Record<string, string>;
};

/** One half of a contract's NatSpec as the compiler puts it out; members by signature, errors in a list of one. */
export type NatSpec = NatSpecEntry & {
  methods?: Record<string, NatSpecEntry>;
  events?: Record<string, NatSpecEntry>;
  errors?: Record<string, NatSpecEntry[]>;
  stateVariables?: Record<string, NatSpecEntry>;
};

type Output = {
  errors?: { severity: string; formattedMessage: string }[];
  sources: Record<string, { ast: AstNode }>;
  contracts: Record<string, Record<string, Compiled>>;
};

type Import = { contents: string } | { error: string };
/** What the npm package offers of the compiler; its own types are `any`. */
type Compiler = { compile: (input: string, callbacks: { import: (name: string) => Import }) => string };

type Compiled = {
  abi: JsonFragment[];
  storageLayout: StorageLayout;
  transientStorageLayout: StorageLayout;
  userdoc: NatSpec;
  devdoc: NatSpec;
};

const SETTINGS = {
  evmVersion: "cancun",
  outputSelection: {
    "*": { "": ["ast"], "*": ["abi", "storageLayout", "transientStorageLayout", "userdoc", "devdoc"] },
  },
};

let analysis: Promise<Analysis> | undefined;

/** The contracts without mocks; analysed once, for every generator. */
export function analyse(): Promise<Analysis> {
  analysis ??= readSources().then(analyseSources);
  return analysis;
}

/** Source and path of each contract but the mocks. */
export async function readSources(): Promise<Record<string, string>> {
  const files: string[] = [];
  for await (const file of glob("contracts/**/*.sol", { cwd: ROOT })) files.push(file.split(path.sep).join("/"));
  const sources: Record<string, string> = {};
  for (const file of files.filter((name) => !name.startsWith("contracts/mocks/")).sort()) {
    sources[file] = (await readFile(path.join(ROOT, file), "utf8")).replaceAll("\r\n", "\n");
  }
  return sources;
}

/** Analyses sources by path; imports of packages are found in node_modules. */
export function analyseSources(sources: Readonly<Record<string, string>>): Analysis {
  const solc = createRequire(import.meta.url)("solc") as Compiler;
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }])),
    settings: SETTINGS,
  };
  const findImport = (name: string): Import => {
    try {
      return { contents: readFileSync(path.join(ROOT, "node_modules", name), "utf8") };
    } catch (error) {
      return { error: String(error) };
    }
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: findImport })) as Output;
  const error = output.errors?.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new FailureError("SOURCES_DO_NOT_COMPILE", error.formattedMessage);
  const files = Object.entries(sources).map(([file, text]): [string, SourceFile] => {
    const ast = output.sources[file]?.ast;
    if (ast === undefined) throw new FailureError("NO_SYNTAX_TREE", `solc has no syntax tree of ${file}.`);
    return [file, { text, ast }];
  });
  return {
    sources: Object.fromEntries(files),
    contracts: files.flatMap(([file, { ast }]) => contractsOf(file, ast, output.contracts[file] ?? {})),
  };
}

function contractsOf(file: string, ast: AstNode, compiled: Record<string, Compiled>): AnalysedContract[] {
  return (ast.nodes as AstNode[])
    .filter(({ nodeType }) => nodeType === "ContractDefinition")
    .map((node) => {
      const { name, contractKind: kind, abstract: isAbstract } = node as unknown as Definition;
      const { abi = [], storageLayout = EMPTY, transientStorageLayout = EMPTY } = compiled[name] ?? {};
      const { userdoc = {}, devdoc = {} } = compiled[name] ?? {};
      const deployable = kind === "contract" && !isAbstract;
      const layouts = { storage: storageLayout, transient: transientStorageLayout };
      return { name, file, kind, deployable, abi, ...layouts, userdoc, devdoc };
    });
}

type Definition = { name: string; contractKind: AnalysedContract["kind"]; abstract: boolean };

const EMPTY: StorageLayout = { storage: [], types: {} };
