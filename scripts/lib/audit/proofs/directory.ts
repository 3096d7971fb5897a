import { UNSAYABLE, type Proof } from "./proof.js";

const DIRECTORY = "contracts/core/AccountDirectory.sol";
const PAGE = "contracts/libraries/AccountPage.sol";
const SIGNATURE = "contracts/libraries/AccountSignature.sol";
const PROOF = "contracts/libraries/KeyProof.sol";
const SUM = "contracts/libraries/KeySum.sol";

const TERMS =
  "`terms` has 1 + 2·count terms of 160 bytes, and callers use indices 0 to 2·count (`areValid`), with a count of at most 203.";

export const DIRECTORY_PROOFS: readonly Proof[] = [
  {
    file: DIRECTORY,
    function: "idOfKey",
    hash: "d1c53e1f",
    proof:
      "Meant to wrap: an unknown key has 0 there, and 0 − 1 is the 2^256 − 1 that the interface promises. Every other value is an id plus one, above 0.",
  },
  {
    file: PAGE,
    function: "setKeyRow",
    hash: "b83a9c68",
    reason: "Rows of 121 bytes are no type of Solidity's.",
    proof:
      "`rows` has 121 bytes for each registration and `index` is below their number (`register`), so the 96 bytes of the key, three words of a calldata struct, and the 25 behind them are within it. `rest` holds account, kinds and valid until in its high 25 bytes: the decoder has bounded each to its type, so they do not overlap.",
  },
  {
    file: PAGE,
    function: "setAddressRow",
    hash: "0abfecc8",
    reason: "As `setKeyRow`.",
    proof:
      "`rows` has 20 bytes for each account and `index` is below their number (`list`). The shift by 96 bits drops whatever could stand above an address, and 20 bytes are copied.",
  },
  {
    file: PAGE,
    function: "keyRow",
    hash: "6785135c",
    reason: UNSAYABLE.scratch,
    proof:
      "`key` is an array of three words that the compiler has allocated; the other copy goes to scratch space. `index` has 8 bits (`split`), so the offset is below 2^15. Behind the code's end there are zeros: no row, no account. The results are cut to their types in Solidity.",
  },
  {
    file: PAGE,
    function: "_addressAt",
    hash: "f0c0adc4",
    reason: UNSAYABLE.scratch,
    proof:
      "Copies 32 bytes of code to scratch space, zeros behind its end, and shifts the high 20 down: a clean address. The 12 bytes behind it, of the next row or of the same, are shifted out.",
  },
  {
    file: SIGNATURE,
    function: "_isContract",
    hash: "131f4da5",
    reason: UNSAYABLE.scratch,
    proof:
      "Copies the 23 bytes of a short code to scratch space and takes the first three. Only code with EIP-7702's prefix begins with 0xef.",
  },
  {
    file: PROOF,
    function: "_isSumInfinity",
    hash: "16856f13",
    reason: "A high-level call would copy the terms, 65,120 bytes of them for a full page.",
    proof:
      "The precompile reads `terms` and writes 128 bytes to its beginning, where there are at least 160. The words count only where the call succeeded and just 128 bytes came, so terms that the precompile refused are not taken for a sum. It gets 63/64 of the gas and a refusal burns it: then the answer is false, and the caller reverts.",
  },
  {
    file: PROOF,
    function: "_setGenerator",
    hash: "76356976",
    reason: "Terms of 160 bytes are no type of Solidity's.",
    proof: `${TERMS} Writes the four words of the first one's point; the high 16 bytes of each coordinate are 0 in the constants.`,
  },
  {
    file: PROOF,
    function: "_setPoint",
    hash: "def14a63",
    reason: "As `_setGenerator`.",
    proof: `${TERMS} Writes bytes 16–63 and 80–127 of a term from the 96 bytes of a point in calldata. Bytes 0–15 and 64–79 are never written and stay the zeros of a new array.`,
  },
  {
    file: PROOF,
    function: "_setScalar",
    hash: "83cf1e99",
    reason: "As `_setGenerator`.",
    proof: `${TERMS} 160 + 160 · index is 32 for the length and 128 for the point of a term: its last word. The precompile takes any number of 256 bits as a scalar.`,
  },
  {
    file: PROOF,
    function: "_scalar",
    hash: "cf1fdd88",
    reason: "As `_setGenerator`.",
    proof: `${TERMS} Reads the word that \`_setScalar\` wrote.`,
  },
  {
    file: SUM,
    function: "allocate",
    hash: "97b36ae0",
    reason: "Solidity does not give the address of an array in memory.",
    proof:
      "The address of nine words that the compiler has allocated and set to 0. They are never freed, so the sum stays valid for the whole transaction.",
  },
  {
    file: SUM,
    function: "point",
    hash: "03e86d05",
    reason: "As `allocate`.",
    proof: "The first four of the nine words, as an array of four. A `Sum` comes from `allocate` alone.",
  },
  {
    file: SUM,
    function: "addRow",
    hash: "888d7e42",
    reason:
      "Solidity cannot copy code to a place, nor hand a precompile memory without copying it; the sum of keys is some 650 of 2,063 gas of an operation at k = 1 (docs/decisions/0006).",
    twin: "`@noble/curves` in `test/unit/bls`; `test/unit/core/Settlement.signers.test.ts` compares sums.",
    proof:
      "`index` has 8 bits. The row's 121 bytes go to 144–264 of the nine words, 288 bytes; y moves up by 16 to 208–255, and the mask sets 192–207 to 0. Bytes 128–143 are never written and stay 0, so both coordinates are below 2^384. `rest` is read before y overwrites a part of it. The call writes its 128 bytes over the sum only where it succeeds; where it does not, the batch reverts. Where there is no row the account is 0, and nothing is added.",
  },
];
