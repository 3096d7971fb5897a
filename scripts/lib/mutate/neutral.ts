import { child, childrenOf, isNode, parse, type Node } from "./syntax.js";

/** Costs gas and does nothing. */
const NEUTRAL = " { uint256 spare = gasleft(); spare; }";

/** The source with a statement that does nothing at the head of each function that may read the chain. */
export function addNeutral(source: string): string {
  const places: number[] = [];
  const walk = (node: Node): void => {
    if (node.type === "FunctionDefinition") {
      if (isNode(node.body) && node.stateMutability !== "pure") places.push(child(node, "body").range[0] + 1);
      return;
    }
    for (const next of childrenOf(node)) walk(next);
  };
  walk(parse(source));
  return places.reduceRight((text, place) => text.slice(0, place) + NEUTRAL + text.slice(place), source);
}
