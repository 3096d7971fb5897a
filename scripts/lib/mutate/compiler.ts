import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Sources } from "./sources.js";

const require = createRequire(import.meta.url);
const solc = require("solc") as {
  compile: (input: string, callbacks: { import: (file: string) => { contents: string } }) => string;
};

export type ContractName = { file: string; name: string };
export type Bytecode = ContractName & { bytecode: string; deployedBytecode: string };

type Output = {
  errors?: { severity: string; formattedMessage: string }[];
  contracts?: Record<string, Record<string, { evm: Record<"bytecode" | "deployedBytecode", { object: string }> }>>;
};

/** The compiler refused the source. */
export class CompileError extends Error {
  override readonly name = "CompileError";
}

export type CompileRequest = {
  root: string;
  sources: Sources;
  contracts: readonly ContractName[];
  /** Sources that take the place of those on disk, by file. */
  changed?: ReadonlyMap<string, string>;
  /** As the default profile has it, or without an optimizer, which takes a fourth of the time. */
  optimize: boolean;
};

/** Compiles these contracts, and nothing that they do not need, in this process. */
export function compile({ root, sources, contracts, changed, optimize }: CompileRequest): Bytecode[] {
  const contentOf = (file: string): string => {
    return changed?.get(file) ?? sources.files.get(file) ?? readFileSync(path.join(root, "node_modules", file), "utf8");
  };
  const outputSelection: Record<string, Record<string, string[]>> = {};
  for (const { file, name } of contracts) {
    outputSelection[file] = {
      ...outputSelection[file],
      [name]: ["evm.bytecode.object", "evm.deployedBytecode.object"],
    };
  }
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(contracts.map(({ file }) => [file, { content: contentOf(file) }])),
    settings: {
      evmVersion: "cancun",
      metadata: { bytecodeHash: "none" },
      optimizer: optimize ? { enabled: true, runs: 800 } : { enabled: false },
      outputSelection,
    },
  };
  const answer = solc.compile(JSON.stringify(input), { import: (file) => ({ contents: contentOf(file) }) });
  const output = JSON.parse(answer) as Output;
  const error = output.errors?.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new CompileError(error.formattedMessage);
  return contracts.map(({ file, name }) => {
    const evm = output.contracts?.[file]?.[name]?.evm;
    if (evm === undefined) throw new CompileError(`solc answered nothing for ${name} of ${file}.`);
    return { file, name, bytecode: `0x${evm.bytecode.object}`, deployedBytecode: `0x${evm.deployedBytecode.object}` };
  });
}
