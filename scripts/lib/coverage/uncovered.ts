import type { Uncovered } from "./judge.js";

/** The arms that no test can take. `npm run coverage` fails when one is missing here, or is covered or gone. */
export const UNCOVERED: readonly Uncovered[] = [];
