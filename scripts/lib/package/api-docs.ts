import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  Application,
  Comment,
  Converter,
  Logger,
  LogLevel,
  ReflectionKind,
  ReflectionType,
  UnknownType,
} from "typedoc";
import type { DeclarationReflection, ProjectReflection, TypeDocOptions } from "typedoc";
import { analyse } from "../audit/analysis.js";
import { FailureError } from "../failure.js";
import { ROOT } from "../paths.js";
import { ENTRIES } from "./manifest.js";
import { contractPage, documentedContracts } from "./natspec.js";

/** Where the pages go; not committed. */
export const API_DOCS_FOLDER = path.join(ROOT, "docs", "api");

/** The bindings have no docstrings of their own: a contract's page speaks for them. */
const BINDINGS = "./bindings";
const CONTRACT_TYPES = [
  ...["AccountDirectory", "AddressBook", "AmmCore", "AmmLens", "Ledger", "LedgerLens"],
  ...["LendingCore", "LendingLens", "Settlement", "StakingCore", "MerkleDistributor", "UnderwritingPool", "CoverDesk"],
  ...["RwaCore", "IRwaAgency", "IEligibilityRegistry", "RwaOffering"],
];
/** Inner parts of the models that no name is exported for. */
const INNER_TYPES = ["StakingQueue"];

/** Constants with a function for each action of an interface. */
const ACTIONS: Readonly<Record<string, string>> = {
  ...{ ammActions: "IAmmActions", lendingActions: "ILendingActions", stakingActions: "IStakingActions" },
  ...{ rwaActions: "IRwaActions", offeringActions: "IRwaOfferingActions" },
  ...{ underwritingActions: "IUnderwritingActions", coverActions: "ICoverActions" },
};

const OPTIONS: TypeDocOptions = {
  name: "Lakh",
  readme: path.join(ROOT, "docs", "package.md"),
  tsconfig: path.join(ROOT, "tsconfig.package.json"),
  ...{ excludePrivate: true, excludeInternal: true, excludeExternals: true, disableSources: true },
  ...{ includeVersion: true, githubPages: false, hideGenerator: true },
  validation: { notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: true },
  // The fields of options and results have their types and the sentence above them.
  requiredToBeDocumented: ["Module", "Variable", "Function", "Class", "Method", "Accessor", "TypeAlias"],
  intentionallyNotExported: [...CONTRACT_TYPES, ...INNER_TYPES],
  treatWarningsAsErrors: true,
  logLevel: LogLevel.Warn,
};

/** The API docs could not be written; the message is TypeDoc's. */
export class ApiDocsError extends FailureError {
  constructor(code: "DOCS_INCOMPLETE", message: string) {
    super(code, message);
    this.name = "ApiDocsError";
  }
}

/** Writes HTML pages of the package's entry points and of the contracts; throws an `ApiDocsError` with TypeDoc's warnings. */
export async function writeApiDocs(out = API_DOCS_FOLDER): Promise<{ modules: number; contracts: number }> {
  const cache = path.join(ROOT, "cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, "contracts-"));
  try {
    const pages = documentedContracts((await analyse()).contracts).map(contractPage);
    for (const { name, markdown } of pages) await writeFile(path.join(folder, `${name}.md`), markdown);
    const modules = await runTypeDoc(
      pages.map(({ name }) => path.join(folder, `${name}.md`)),
      out,
    );
    return { modules, contracts: pages.length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Keeps what TypeDoc warns of. */
class Listener extends Logger {
  readonly said: string[] = [];

  override log(message: string, level: LogLevel.Verbose | LogLevel.Info | LogLevel.Warn | LogLevel.Error): void {
    super.log(message, level);
    if (level >= LogLevel.Warn) this.said.push(message);
  }
}

async function runTypeDoc(projectDocuments: string[], out: string): Promise<number> {
  const entries = Object.entries(ENTRIES).filter(([entry]) => !entry.startsWith(BINDINGS));
  const names = new Map(entries.map(([entry, file]) => [path.basename(file), path.posix.join("lakh", entry)]));
  const entryPoints = entries.map(([, file]) => path.join(ROOT, `${file}.ts`));
  const app = await Application.bootstrap({ ...OPTIONS, entryPoints, projectDocuments, out });
  const listener = new Listener();
  app.logger = listener;
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    foldAbis(project);
    describeActions(project);
    for (const child of project.children ?? []) child.name = names.get(child.name) ?? child.name;
  });
  const project = await app.convert();
  if (project !== undefined) {
    app.validate(project);
    if (listener.said.length === 0) await app.generateOutputs(project);
  }
  if (listener.said.length > 0) throw new ApiDocsError("DOCS_INCOMPLETE", listener.said.join("\n"));
  return project?.children?.length ?? 0;
}

/** The members of a constant that is an object. */
function membersOf(project: ProjectReflection, name: string): DeclarationReflection[] {
  const constants = project.getReflectionsByKind(ReflectionKind.Variable);
  const found = constants.find((reflection) => reflection.name === name && reflection.isDeclaration());
  const type = (found as DeclarationReflection | undefined)?.type;
  return type instanceof ReflectionType ? (type.declaration.children ?? []) : [];
}

/** An ABI is a constant of thousands of members, and the contract's page says what they are. */
function foldAbis(project: ProjectReflection): void {
  for (const abi of membersOf(project, "abis")) {
    project.removeTypeReflections(abi.type);
    abi.type = new UnknownType(`typeof ${abi.name}__factory.abi`);
  }
}

function describeActions(project: ProjectReflection): void {
  for (const [name, contract] of Object.entries(ACTIONS)) {
    for (const action of membersOf(project, name)) {
      action.comment = new Comment([{ kind: "text", text: `The call of \`${contract}.${action.name}\`.` }]);
    }
  }
}
