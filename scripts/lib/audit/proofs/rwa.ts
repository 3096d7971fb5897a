import type { Proof } from "./proof.js";

const CORE = "contracts/rwa/RwaCore.sol";
const HOLDERS = "contracts/rwa/RwaHolders.sol";
const INCOME = "contracts/rwa/RwaIncome.sol";
const WORDS = "contracts/libraries/RwaWords.sol";

export const RWA_PROOFS: readonly Proof[] = [
  {
    file: WORDS,
    function: "encumbered",
    hash: "ee2d9625",
    proof:
      "The count has 32 bits and is of assets, which are numbered with 32 bits; `_encumber` adds one when an asset's encumbrance of the account becomes something, and takes one when it becomes nothing again, so one is there. No carry reaches the neighbours.",
  },
  {
    file: WORDS,
    function: "withHolder",
    hash: "9a5780d3",
    proof:
      "The count stands in the highest 24 bits. One is added when an account becomes a holder, which needs room below a cap of at most 10^6 or one that leaves; what seizures and forced movements add beyond it would have to be 15 million eligible accounts. One is taken from an account that was counted.",
  },
  {
    file: CORE,
    function: "_delegate",
    hash: "c07dab15",
    reason: "Solidity has no words for a call that ends with another's answer, whatever that is.",
    proof:
      "It copies the call behind the free memory pointer, where nothing is, and ends the call with the answer, so no Solidity runs on what it left in memory. The agency is a contract of this suite, fixed at deployment, with the same storage layout (`RwaAssets`, whose slots come first in both).",
  },
  {
    file: HOLDERS,
    function: "_recoverIncome",
    hash: "f859dee8",
    proof:
      "What accrued stands above the 152 bits of the index, so the sum carries out at the top alone and is meant modulo 2^104: both are what was told of income, together below 2^103, or negative by roundings.",
  },
  {
    file: INCOME,
    function: "_today",
    hash: "6e8ee429",
    proof: "A remainder is at most what is divided.",
  },
  {
    file: INCOME,
    function: "_settleTold",
    hash: "06aedd5e",
    proof:
      "A record's index is one that the asset had, and the asset's only grows (`StreamLib.accrue`), so the difference is not negative and below 2^152; with a balance below 2^96, the cap of a supply, the mark has 248 bits. `_added` is argued there.",
  },
  {
    file: INCOME,
    function: "_settledRecord",
    hash: "8defe3e3",
    proof: "As in `_settleTold`: a record's index is at most the asset's.",
  },
  {
    file: INCOME,
    function: "_added",
    hash: "cb049639",
    proof:
      "The growth is below 2^152 and units are at most a supply, below 2^96, so the product is below 2^248, also with what rounds up. Shifted to the 104 bits above the index the part leaves the index alone; sums there are meant modulo 2^104: what truly accrued is below 2^91 · 2^12, and parts that are negative meanwhile add up to it.",
  },
  {
    file: INCOME,
    function: "_paid",
    hash: "4b3f390e",
    proof:
      "The amount is what `_payable` found: shifted back it is at most what accrued, so nothing is borrowed from the index.",
  },
  {
    file: INCOME,
    function: "_weigh",
    hash: "4584621e",
    proof:
      "Units that go into a protocol's book were in a holder's balance when the action began, and the notices of what went in come before those of what came out; so the weight, the sum of these balances, holds them. Units that come out were in a book, so that the sum is at most the supply, below 2^96. A protocol is marked before it can receive anything, for ever.",
  },
  {
    file: INCOME,
    function: "_loadMark",
    hash: "24d0e8ed",
    reason: "Solidity has no mappings in transient storage.",
    proof: "It reads one transient slot, a hash of the asset's id and the account, and no memory.",
  },
  {
    file: INCOME,
    function: "_storeMark",
    hash: "f4a1f1d4",
    reason: "Solidity has no mappings in transient storage.",
    proof: "It writes that slot, and no memory. No other transient slot of the core is a hash.",
  },
];
