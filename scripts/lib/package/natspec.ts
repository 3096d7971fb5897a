import { Interface, type EventFragment, type ErrorFragment, type FunctionFragment } from "ethers";
import type { AnalysedContract, NatSpecEntry } from "../audit/analysis.js";
import { code, page } from "../markdown.js";

/** A page of API docs about one contract. */
export type ContractPage = { name: string; markdown: string };

/**
 * The contracts that are deployed, and the interfaces that no contract of the same name implements: those encode what a core
 * is sent, or are for others to implement.
 */
export function documentedContracts(contracts: readonly AnalysedContract[]): AnalysedContract[] {
  const deployable = new Set(contracts.filter((contract) => contract.deployable).map(({ name }) => name));
  return contracts.filter(
    ({ deployable: isDeployed, kind, name, file }) =>
      isDeployed || (kind === "interface" && !file.includes("/external/") && !deployable.has(name.slice(1))),
  );
}

/** What a contract's NatSpec says, as Markdown with a title that TypeDoc reads. */
export function contractPage(contract: AnalysedContract): ContractPage {
  const { name, file, abi, userdoc, devdoc } = contract;
  const members = new Interface(abi);
  const functions = members.fragments.filter((fragment) => fragment.type === "function") as FunctionFragment[];
  const events = members.fragments.filter((fragment) => fragment.type === "event") as EventFragment[];
  const errors = members.fragments.filter((fragment) => fragment.type === "error") as ErrorFragment[];
  const sections = [
    section("Functions", functions, (fragment) => {
      const signature = fragment.format("sighash");
      const variable = fragment.inputs.length === 0 ? devdoc.stateVariables?.[fragment.name] : undefined;
      return { ...variable, ...devdoc.methods?.[signature], ...userdoc.methods?.[signature] };
    }),
    section("Events", events, (fragment) => {
      const signature = fragment.format("sighash");
      return { ...devdoc.events?.[signature], ...userdoc.events?.[signature] };
    }),
    section("Errors", errors, (fragment) => {
      const signature = fragment.format("sighash");
      return { ...devdoc.errors?.[signature]?.[0], ...userdoc.errors?.[signature]?.[0] };
    }),
  ];
  const heading = `---\ntitle: ${name}\ngroup: Contracts\n---`;
  return { name, markdown: page(heading, code(file), ...sentences({ ...devdoc, ...userdoc }), ...sections.flat()) };
}

type Fragment = FunctionFragment | EventFragment | ErrorFragment;

function section<F extends Fragment>(title: string, fragments: readonly F[], entryOf: (fragment: F) => NatSpecEntry) {
  if (fragments.length === 0) return [];
  const sorted = fragments.toSorted((a, b) => a.name.localeCompare(b.name));
  return [`## ${title}`, ...sorted.flatMap((fragment) => member(fragment, entryOf(fragment)))];
}

function member(fragment: Fragment, entry: NatSpecEntry): string[] {
  const named = [
    ...Object.entries(entry.params ?? {}).map(([name, text]) => `- ${code(name)}: ${text}`),
    ...Object.entries(entry.returns ?? {}).map(([name, text]) => `- returns ${code(name)}: ${text}`),
  ];
  const lines = [`### ${fragment.name}`, code(fragment.format("full")), ...sentences(entry)];
  return named.length === 0 ? lines : [...lines, named.join("\n")];
}

function sentences({ notice, details }: NatSpecEntry): string[] {
  return [notice, details].filter((text) => text !== undefined);
}
