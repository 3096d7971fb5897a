/** A word whose fields the compiler does not know. */
export type PackedWord = { title: string; note: string; fields: readonly (readonly [bits: string, what: string])[] };

/** Which slots the assembly of a function touches, by `file function`. The generator fails when one is missing or gone. */
export const ASSEMBLY_SLOTS: Readonly<Record<string, string>> = {
  "contracts/core/LedgerSections.sol _debitRun":
    "`_cells[key][account].word` of the signer and, in a transfer, of the receiver: `keccak256(account, leg.cells)`, with `leg.cells` the slot of `_cells[key]` that `_setLeg` takes from the compiler",
  "contracts/core/LedgerSections.sol _creditRun": "`_cells[key][account].word` of the signer, as above",
  "contracts/rwa/RwaIncome.sol _loadMark":
    "no storage; transient `keccak256(id, account)` of `_markOf`, the only transient slots of the core but the first, `_forcedExit`",
  "contracts/rwa/RwaIncome.sol _storeMark": "as above",
};

export const PACKED_WORDS: readonly PackedWord[] = [
  {
    title: "`Word` of a holder",
    note: "`_cells[key][account]` of the ledger (`WordLib`, `HolderFlags`).",
    fields: [
      ["0–111", "amount of the asset on side 0"],
      ["112–223", "amount of the asset on side 1"],
      ["224–231", "consent to settlement versions 0–7"],
      ["232–247", "sequence of batched operations"],
      ["248", "frozen by the issuer of a side with RULES"],
      ["249–255", "zero"],
    ],
  },
  {
    title: "`Word` of a book",
    note: "`_books[book]` of the ledger; the flags are the protocol's, here the AMM's (`AmmBook`).",
    fields: [
      ["0–111", "reserve of asset 0"],
      ["112–223", "reserve of asset 1"],
      ["224–239", "fee in pips"],
      ["240", "the pool has virtual offsets"],
      ["241–254", "zero"],
      ["255", "the pool exists"],
    ],
  },
  {
    title: "Account of a regulated asset",
    note: "`_accounts[account]` of `RwaCore` (`RwaWords`).",
    fields: [
      ["0–39", "until when it may send"],
      ["40–79", "until when it may receive"],
      ["80–95", "country"],
      ["96–103", "classes"],
      ["104", "it is a protocol"],
      ["105–111", "zero"],
      ["112–151", "when that was stated"],
      ["152–183", "in how many assets units of it are frozen or pledged, or it is frozen"],
      ["184–247", "stamp of the asset in which its income was settled last"],
      ["248–255", "zero"],
    ],
  },
  {
    title: "First word of a regulated asset",
    note: "`_assets[id].hot` of `RwaCore` (`RwaWords`).",
    fields: [
      ["0–151", "income per unit · 2^80"],
      ["152–183", "the day to which it is counted, in seconds; with the number the stamp"],
      ["184–215", "number of the asset"],
      ["216–223", "flags: paused, income runs, countries, holders are counted, module"],
      ["224–231", "classes that a receiver needs"],
      ["232–255", "holders"],
    ],
  },
  {
    title: "Income record",
    note: "`_records[id][account]` of `RwaCore` (`RwaIncome`).",
    fields: [
      ["0–151", "the index to which it is counted"],
      ["152–255", "what accrued, in units · 2^12, modulo 2^104"],
    ],
  },
  {
    title: "Revocations",
    note: "Of `AccountDirectory`.",
    fields: [
      ["`revokedPages[group]`, bit p", "page 256·group + p has revoked rows"],
      ["`revokedIn[page]`, bit i", "row i of the page is revoked"],
    ],
  },
  {
    title: "Pages",
    note: "Not storage but code that never changes: a STOP byte, then rows (`AccountPage`). Bytes of a row:",
    fields: [
      ["key, 0–47", "x of the BLS key"],
      ["key, 48–95", "y"],
      ["key, 96–115", "account"],
      ["key, 116", "kinds"],
      ["key, 117–120", "valid until"],
      ["address, 0–19", "account"],
    ],
  },
];
