/**
 * One of the processes that judge mutants. It runs in a copy of the repository, loads the tests once, and for each mutant
 * compiles what the change touches, lays the new bytecode into the artifacts, rewinds the chains and runs the tests.
 */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import hre from "hardhat";
import { recordHits } from "../../hardhat/coverage/record-hits.js";
import { TestLog } from "../../hardhat/coverage/test-log.js";
import { rewindChains, watchChains } from "./chains.js";
import { compile, CompileError, type Bytecode, type ContractName } from "./compiler.js";
import type { Answer, Request, Status, TestRecord, Verdict } from "./messages.js";
import { apply, type Mutant } from "./mutant.js";
import { addNeutral } from "./neutral.js";
import { readSources } from "./sources.js";
import { loadSuite } from "./suite.js";

/** What a test may take before it counts as hanging, in milliseconds. */
const TEST_TIMEOUT = 60_000;

const root = process.cwd();
const sources = await readSources(root);
const [, , ...testFiles] = process.argv;

const log = new TestLog();
if (hre.globalOptions.coverage) {
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  recordHits(hre, log);
}

/** What is deployed in tests, mocks included. */
const names: ContractName[] = [...(await hre.artifacts.getAllFullyQualifiedNames())]
  .map((qualified) => {
    const [file = "", name = ""] = qualified.split(":");
    return { file, name };
  })
  .filter(({ file, name }) => file.startsWith("contracts/") && !/^(I[A-Z]|Bench)/.test(name));

watchChains();
const suite = await loadSuite(testFiles, TEST_TIMEOUT);

function touchedBy(file: string): ContractName[] {
  return names.filter((each) => sources.closureOf(each.file).has(file));
}

/** Every statement as `file:start-end`, by the tag that the instrumented build gives it. */
function statementsByTag(): Map<string, string> {
  type Statement = { tag: string; startUtf16: number; endUtf16: number };
  const { _coverage } = hre as unknown as { _coverage: { filesMetadata: Map<string, Map<string, Statement>> } };
  const statements = new Map<string, string>();
  for (const [file, entries] of _coverage.filesMetadata) {
    for (const { tag, startUtf16, endUtf16 } of entries.values()) {
      statements.set(tag, `${file}:${startUtf16}-${endUtf16}`);
    }
  }
  return statements;
}

/** Runs every test once; on the instrumented build it keeps what each one ran, with what laid its fixture. */
async function mapTests(): Promise<TestRecord[]> {
  if (!hre.globalOptions.coverage) {
    const outcomes = await suite.run(undefined, { bail: false });
    return outcomes.map(({ title, file, milliseconds }) => ({ title, file: path.relative(root, file), milliseconds }));
  }
  const statements = statementsByTag();
  const outcomes = await suite.run(undefined, {
    bail: false,
    onEnd(title) {
      log.endOf("", title);
    },
  });
  const reached = log.read((tags) => [...tags].flatMap((tag) => statements.get(tag) ?? []))[""] ?? {};
  return outcomes.map(({ title, file, milliseconds }) => {
    return { title, file: path.relative(root, file), milliseconds, statements: reached[title] ?? [] };
  });
}

async function install(codes: readonly Bytecode[]): Promise<void> {
  for (const { file, name, bytecode, deployedBytecode } of codes) {
    const artifactPath = await hre.artifacts.getArtifactPath(`${file}:${name}`);
    const artifact = JSON.parse(await readFile(artifactPath, "utf8")) as object;
    await writeFile(artifactPath, JSON.stringify({ ...artifact, bytecode, deployedBytecode }));
  }
}

/** Every contract with code that does nothing, so that gas and addresses of code are not what they were. */
function neutralSources(): Map<string, string> {
  const contracts = [...sources.files].filter(([file]) =>
    /^contracts\/(amm|core|insurance|lending|libraries|oracle|periphery|rwa|staking)\//.test(file),
  );
  return new Map(contracts.map(([file, source]) => [file, addNeutral(source)]));
}

const originals = new Map<string, Bytecode[]>();

/** The unchanged code of these contracts. */
function originalOf(contracts: readonly ContractName[], optimize: boolean): Bytecode[] {
  const key = JSON.stringify([contracts, optimize]);
  const known = originals.get(key) ?? compile({ root, sources, contracts, optimize });
  originals.set(key, known);
  return known;
}

function isSame(left: readonly Bytecode[], right: readonly Bytecode[]): boolean {
  return left.every(({ bytecode }, index) => bytecode === right[index]?.bytecode);
}

/** Judges a mutant: the status, and the test that failed. */
async function judge(mutant: Mutant, phases: readonly (readonly string[])[]): Promise<[Status, string?]> {
  const { file } = mutant;
  const source = apply(sources.files.get(file) ?? "", mutant);
  const request = { root, sources, contracts: touchedBy(file), changed: new Map([[file, source]]) };
  let codes: Bytecode[];
  try {
    codes = compile({ ...request, optimize: false });
  } catch (error) {
    if (error instanceof CompileError) return ["invalid"];
    throw error;
  }
  const before = originalOf(request.contracts, false);
  if (isSame(codes, before)) return ["same"];
  await install(codes);
  try {
    await rewindChains();
    for (const titles of phases) {
      const failure = (await suite.run(titles, { bail: true })).find(({ failed }) => failed);
      if (failure !== undefined) return ["killed", failure.title];
    }
  } finally {
    await install(before);
  }
  // What the optimizer makes one code of is no change.
  if (isSame(compile({ ...request, optimize: true }), originalOf(request.contracts, true))) return ["same"];
  return ["survived"];
}

async function answer(request: Request): Promise<Answer> {
  switch (request.type) {
    case "map":
      return { type: "mapped", tests: await mapTests() };
    case "check": {
      if (request.neutral)
        await install(compile({ root, sources, contracts: names, changed: neutralSources(), optimize: false }));
      await rewindChains();
      const outcomes = await suite.run(request.titles, { bail: false });
      if (request.neutral) await install(originalOf(names, false));
      return { type: "checked", failed: outcomes.filter(({ failed }) => failed).map(({ title }) => title) };
    }
    case "judge": {
      const start = performance.now();
      const [status, killer] = await judge(request.mutant, request.phases);
      const milliseconds = Math.round(performance.now() - start);
      const verdict: Verdict = {
        id: request.mutant.id,
        status,
        milliseconds,
        ...(killer === undefined ? {} : { killer }),
      };
      return { type: "judged", verdict };
    }
  }
}

const send = (message: Answer): void => {
  process.send?.(message);
};

process.on("disconnect", () => {
  process.exit(0);
});
process.on("message", (request: Request) => {
  answer(request).then(send, (error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
send({ type: "ready" });
