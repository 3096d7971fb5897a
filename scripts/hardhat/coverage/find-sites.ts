import type { AssemblyBlock, Block } from "@solidity-parser/parser/dist/src/ast-types.js";
import { assemblyIfSite, assemblyLoopSite, assemblySwitchSite } from "./assembly-sites.js";
import type { Site } from "./site.js";
import { parseSource, spanOf, textOf, visit, type Span } from "./syntax.js";
import { conditionSite, doWhileSite, logicSite, loopSite, requireSite, trySite } from "./solidity-sites.js";
import type { CoveredFunction, Unseen } from "./types.js";

type Found = {
  sites: (Site & { within: string })[];
  functions: (Omit<CoveredFunction, "tag"> & { isEmpty: boolean })[];
  /** Assembly blocks with a probe. */
  assembly: Span[];
  unseen: Unseen[];
};

/** A probe is a call, and empties what these read. */
const RETURN_DATA = /\breturndata(?:size|copy)\b/;

/** All places of a source that want a probe, in an order that a source and its instrumented twin share. */
export function findSites(source: string): Found {
  const found: Found = { sites: [], functions: [], assembly: [], unseen: [] };
  const seen = new Set<string>();
  let [within, isConstant] = ["", false];
  let block: (Span & { isClosed: boolean }) | undefined;

  const add = (site: Site | undefined): void => {
    if (site === undefined || isConstant) return;
    // The tree holds the value of a state variable twice.
    const key = [site.kind, site.start, site.end].join();
    if (seen.has(key)) return;
    seen.add(key);
    if (block?.isClosed === true) {
      found.unseen.push({ text: textOf(source, site), within, reason: "the block reads the return data of a call" });
      return;
    }
    found.sites.push({ ...site, within });
    if (block !== undefined && found.assembly.at(-1)?.start !== block.start) found.assembly.push(block);
  };
  const enter = (name: string, header: { range?: [number, number]; type: string }, body: Block | null): void => {
    within = name;
    if (body === null) return;
    const isEmpty = body.statements.length === 0;
    found.functions.push({ name, header: spanOf(header).start, ...spanOf(body), isEmpty });
  };
  const enterAssembly = (body: AssemblyBlock): void => {
    const span = spanOf(body);
    block = { ...span, isClosed: RETURN_DATA.test(source.slice(span.start, span.end)) };
  };

  visit(parseSource(source), {
    // A constant cannot call a probe.
    StateVariableDeclaration: ({ variables }) => {
      isConstant = variables.some((each) => each.isDeclaredConst === true);
    },
    "StateVariableDeclaration:exit": () => {
      isConstant = false;
    },
    FileLevelConstant: () => {
      isConstant = true;
    },
    "FileLevelConstant:exit": () => {
      isConstant = false;
    },
    FunctionDefinition: (node) => {
      const special = node.isConstructor ? "constructor" : node.isReceiveEther ? "receive" : "fallback";
      enter(node.name ?? special, node, node.body);
    },
    "FunctionDefinition:exit": () => {
      within = "";
    },
    ModifierDefinition: (node) => enter(node.name, node, node.body),
    "ModifierDefinition:exit": () => {
      within = "";
    },
    IfStatement: (node) => add(conditionSite(node)),
    Conditional: (node) => add(conditionSite(node)),
    BinaryOperation: (node) => add(logicSite(node)),
    FunctionCall: (node) => add(requireSite(node)),
    ForStatement: (node) => add(loopSite(node, source)),
    WhileStatement: (node) => add(loopSite(node, source)),
    DoWhileStatement: (node) => add(doWhileSite(node)),
    TryStatement: (node) => add(trySite(node)),
    InlineAssemblyStatement: (node) => enterAssembly(node.body),
    "InlineAssemblyStatement:exit": () => {
      block = undefined;
    },
    AssemblyIf: (node) => add(assemblyIfSite(node)),
    AssemblySwitch: (node) => add(assemblySwitchSite(node, source)),
    AssemblyFor: (node) => add(assemblyLoopSite(node, source)),
  });
  return found;
}
