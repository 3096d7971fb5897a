/** A word whose fields the compiler does not know. */
export type PackedWord = { title: string; note: string; fields: readonly (readonly [bits: string, what: string])[] };

/** Which slots the assembly of a function touches, by `file function`. The generator fails when one is missing or gone. */
export const ASSEMBLY_SLOTS: Readonly<Record<string, string>> = {
  "contracts/core/LedgerSections.sol _debitRun":
    "`_cells[key][account].word` of the signer and, in a transfer, of the receiver: `keccak256(account, leg.cells)`, with `leg.cells` the slot of `_cells[key]` that `_setLeg` takes from the compiler",
  "contracts/core/LedgerSections.sol _creditRun": "`_cells[key][account].word` of the signer, as above",
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
