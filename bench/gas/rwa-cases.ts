import type { GasRow, Peer, PeersOnlyRow } from "../schema.js";
import { BARS, FLOORS, QUOTED } from "./floors.js";

/** What peers of regulated assets can do. */
export type RwaOperation =
  "register" | "mintNew" | "mint" | "transferNew" | "transfer" | "force" | "freeze" | "freezePart";

/** Whole-transaction gas of the peers, by the operation that they stand beside. */
export type RwaFigures = Record<RwaOperation, Peer[]>;

/** What a row says beside its own gas. `quoted` are peers that the run does not bring. */
export type RwaCase = Pick<GasRow, "action" | "state" | "path" | "floor" | "bar"> & { quoted: readonly Peer[] };

const LEDGER = { path: "ledger", floor: null, bar: null } as const;

/** Each of an asset with one condition on its holders, who fulfil it. */
export const RWA_CASES: Readonly<Record<RwaOperation, RwaCase>> = {
  register: {
    ...{ action: "state a holder", state: "new", path: "wallet", bar: null },
    ...{ floor: FLOORS.register, quoted: QUOTED.register },
  },
  mintNew: { ...LEDGER, action: "mint units", state: "new", floor: FLOORS.mintUnits, quoted: QUOTED.mintUnitsNew },
  mint: { ...LEDGER, action: "mint units", state: "steady", floor: FLOORS.mintUnits, quoted: QUOTED.mintUnits },
  transferNew: {
    ...{ ...LEDGER, action: "transfer of units", state: "new" },
    ...{ floor: FLOORS.transferUnits, quoted: QUOTED.transferUnitsNew },
  },
  transfer: {
    ...{ ...LEDGER, action: "transfer of units, idle", state: "steady", bar: BARS.transferUnits },
    ...{ floor: FLOORS.transferUnits, quoted: QUOTED.transferUnits },
  },
  force: {
    ...{ ...LEDGER, action: "forced transfer of units", state: "steady" },
    ...{ floor: FLOORS.forceUnits, quoted: QUOTED.forceUnits },
  },
  freeze: {
    ...{ ...LEDGER, action: "freeze an account", state: "new" },
    ...{ floor: FLOORS.freezeAccount, quoted: QUOTED.freezeAccount },
  },
  freezePart: { ...LEDGER, action: "freeze units of an account", state: "new", quoted: QUOTED.freezeUnits },
};

export const rwaNames = Object.keys(RWA_CASES) as RwaOperation[];

/** A case's row beside its peers, all but our own figures; with `other` words of its own, of the same operation. */
export function rwaRow(
  name: RwaOperation,
  figures: RwaFigures,
  other: Partial<Pick<GasRow, "action" | "state" | "path">> = {},
): PeersOnlyRow {
  const { quoted, ...row } = RWA_CASES[name];
  return { domain: "rwa", ...row, ...other, peers: [...figures[name], ...quoted] };
}

export const rwaRows = (figures: RwaFigures): PeersOnlyRow[] => rwaNames.map((name) => rwaRow(name, figures));
