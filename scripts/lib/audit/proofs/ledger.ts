import { UNSAYABLE, type Proof } from "./proof.js";

const LEDGER = "contracts/core/Ledger.sol";
const ACCOUNTS = "contracts/core/LedgerAccounts.sol";
const CUSTODY = "contracts/core/LedgerCustody.sol";
const SECTIONS = "contracts/core/LedgerSections.sol";
const OPERATION = "contracts/libraries/OperationLib.sol";
const SETTLEMENTS = "contracts/core/LedgerSettlements.sol";
const WORD = "contracts/libraries/WordLib.sol";
const FLAGS = "contracts/libraries/HolderFlags.sol";
const BOUNDED = "contracts/libraries/BoundedCall.sol";

const COUNT =
  "A section has fewer than 2^32 operations: each is 64 bytes of calldata, and memory for them alone would cost more gas than a block has.";
const ANSWER =
  "`answer` is the place of a payout and grows by 32 with each operation; `_ask` made sure that there are as many payouts as operations, so it ends at the array's end, an address in memory far below 2^64.";

export const LEDGER_PROOFS: readonly Proof[] = [
  {
    file: LEDGER,
    function: "call",
    hash: "62996532",
    reason:
      "A 0 that the optimiser does not take for a literal: it writes a second copy of a function that is called with one, 1,000 bytes here.",
    proof:
      "The calldata of `call` has at least four bytes, so the word is 0: there is no input yet. Memory is not touched.",
  },
  {
    file: LEDGER,
    function: "callPath",
    hash: "885a5c57",
    proof:
      "`last` is the length of an array in calldata, below 2^64, and is not 0 in the line before. `i` goes from 0 to `last` and ends there, so `i + 1` is at most 2^64; `calls[i + 1]` is checked against the length by the compiler.",
  },
  {
    file: LEDGER,
    function: "_settleShares",
    hash: "2d872993",
    proof: "Both are halves of one word, below 2^112; the sum is below 2^113.",
  },
  {
    file: LEDGER,
    function: "_act",
    hash: "c7013573",
    proof:
      "`change = inputs.min(outputs)` is on each side the smaller of what went in and what came out, and has no flags. So each half is subtracted from one that is not smaller: nothing is borrowed from the neighbour or from the flags.",
  },
  {
    file: LEDGER,
    function: "_act",
    hash: "297b4a6b",
    reason: "The language compares no places in calldata.",
    proof:
      "`parameters` and `next` are offsets in calldata; `eq` gives 0 or 1, a clean `bool`. They are equal in `call`, in the last call of a path, and where a path names one place twice, which `callPath` then refuses as nothing was carried. Memory is not touched.",
  },
  {
    file: ACCOUNTS,
    function: "_checkGas",
    hash: "ca600908",
    proof:
      "`gasleft()` is below 2^64, as every gas limit is, so the product with 63 is below 2^70. The result is at most what EIP-150 lets a call have; the reserve is subtracted from it with saturation.",
  },
  {
    file: ACCOUNTS,
    function: "_spendAllowance",
    hash: "e8b1b383",
    proof: "The line before requires `allowed >= amount`, and nothing is called between the two.",
  },
  {
    file: CUSTODY,
    function: "_received",
    hash: "26471218",
    proof:
      "The difference is taken only where `held > before`. A token whose balance falls while it is pulled credits 0, which `_creditDeposit` and the flash loan refuse. `held` was bounded by 2^112 − 1 two lines before, so what is credited fits a half.",
  },
  {
    file: SETTLEMENTS,
    function: "listSettlement",
    hash: "61a21c7e",
    proof: "The line before requires `version < 8`, so it fits eight bits and its successor does not wrap.",
  },
  {
    file: SECTIONS,
    function: "settle",
    hash: "de8b6d37",
    reason: "Solidity can only encode the same arguments a second time, operation by operation (docs/decisions/0004).",
    proof:
      "`frame` is a copy of the whole calldata, which holds two decoded arguments and is longer than 32 bytes. The first word of its content keeps its low 224 bits and gets the other selector in its high 32, which in a `bytes4` are the only ones set. The write stays within the first word of the copy.",
  },
  {
    file: SECTIONS,
    function: "_setLeg",
    hash: "5c125e6d",
    proof:
      "`homeOf` answers a side of 0 or 1, so `below` is 0 or 112 and `above` 144 or 32: no product above 112, no difference below 32.",
  },
  {
    file: SECTIONS,
    function: "_setLeg",
    hash: "100c1dee",
    reason: "Solidity does not name the slot of a mapping in a mapping.",
    proof: "Reads the slot of a storage reference that the compiler made, and touches neither memory nor storage.",
  },
  {
    file: SECTIONS,
    function: "_skipWords",
    hash: "5c5a2e14",
    proof:
      "The length is that of an array in calldata, which the decoder bounds by 2^64, so the sum with 255 is far from 2^256. `settle` refuses an odd length; half of it is the count of operations, rounded up to words of 256 bits.",
  },
  {
    file: SECTIONS,
    function: "_bounds",
    hash: "1b3ddac3",
    proof:
      "`operations` is an array in memory, so its place plus 32 bytes for each element is an address that gas can pay for, far below 2^64. The result is the byte after its last element.",
  },
  {
    file: SECTIONS,
    function: "_ask",
    hash: "721b4b94",
    reason: "`abi.decode` copies the payouts; they are read where the answer holds them (docs/decisions/0004).",
    proof:
      "The line before requires at least 128 bytes of answer, which are just the four words that are read. `magic` may carry bits below its 32: Solidity clears them when it compares, and `flags` is cut to 32 bits by its only use. Offset and length are checked before they are used.",
  },
  {
    file: SECTIONS,
    function: "_ask",
    hash: "b61f7eb4",
    proof:
      "`count` is half the length of an array in memory, below 2^59, so `128 + 32 * count` does not wrap. With `length == count`, `offset == 96` and this total the payouts are the last `32 * count` bytes of the answer, and `lastArray` points at their length.",
  },
  {
    file: SECTIONS,
    function: "_debitRun",
    hash: "825e35ac",
    twin: "`_tryDebit` and `_tryTransfer` beside it; `test/property/core/SectionRuns.t.sol` settles random sections both ways (an asset that is logged takes the plain way) and compares every word.",
    reason:
      "7,646 became 7,425 gas for a batched swap with both loops of the ledger, and one store for all debits of a signer 9,065 → 3,356 … 2,996 for swaps of k = 1 and 16 (docs/decisions/0004).",
    proof: `**Bounds.** \`position\` runs by 64 from a head to \`end\`, the array's end; the read of a head at \`end\` itself touches the array's end or free memory and its result is unused, because \`lt(position, end)\` is part of the same condition. \`and(shr(75, head), 0x60)\` is 0, 32, 64 or 96: one of the four pointers of \`legs\`. Only scratch space is written, and the fields \`taken\` and \`earned\` of a leg.

**Debit.** \`amount\` is masked to 112 bits, a fee is at most 2^112 − 1 (\`_setLeg\`), so \`debit\` is below 2^113 and does not wrap; it is compared with the half as \`above\` and 144 cut it out, and only what is not greater is subtracted: nothing is borrowed from the neighbour. The step of the sequence is added only where bits 248–255 stay the same, so it does not carry into the frozen bit; a wrap is left to the plain path. Consent, the low byte of the sequence and a positive amount are checked before, so each of the twin's refusals ends the run.

**Credit of a transfer.** Receiver, ledger and signer himself are excluded, so the receiver's slot is another than the one whose word is held in \`word\`, and no word is overwritten with a stale one. The sum with the half is below 2^112 or the run ends, so the addition of \`amount << below\` does not carry. A fresh word gets one bit, of a version below 8. Nothing is called between load and store.

**Sums.** Each amount and fee is below 2^112. ${COUNT} The sums stay below 2^144, and \`_settleProtocol\` checks them against 2^112 − 1.

**Ids that are nobody's.** A leg of id 0 is quiet, but no word has an amount of it, so its debit ends the run; leg 3 and an unset leg 2 are not quiet.`,
  },
  {
    file: SECTIONS,
    function: "_tryDebit",
    hash: "2237c7c4",
    proof:
      "`amount` is cut to 112 bits by `OperationLib.amount`, a fee is at most 2^112 − 1 (`_setLeg`), so `debit` is below 2^113. `trySub` refuses what exceeds the half.",
  },
  {
    file: SECTIONS,
    function: "_tryDebit",
    hash: "03d1e297",
    proof: `Each term is below 2^112. ${COUNT} So both sums stay below 2^144. \`_settleProtocol\` requires them to be at most 2^112 − 1 before they enter a book; the fees are credited through \`_credit\`, which refuses what does not fit.`,
  },
  { file: SECTIONS, function: "_creditAll", hash: "749bf7f2", proof: ANSWER },
  {
    file: SECTIONS,
    function: "_creditRun",
    hash: "9f647d5c",
    twin: "`_settleOperation` and `_payOperation` beside it; `test/property/core/SectionRuns.t.sol` as above.",
    reason: "7,646 became 7,425 gas for a batched swap with both loops of the ledger (docs/decisions/0004).",
    proof: `**Bounds.** \`position\` and \`answer\` run in step from one array each to \`end\`; \`_ask\` made sure that both have the same count. Written are scratch space and the field \`paid\` of a leg.

**What is paid.** A payout below 2^112 pays asset 0. With nothing but high bits it pays asset 1, cut to 112 bits as \`limit\` cuts it, whatever stands in bits 224–253; with both it is left to the plain path. Bit 254 alone pays shares, where their leg is quiet; bit 255 is left to the plain path. Where a fee would come out of the payout (\`and(hasFees, shr(81, head))\`, \`hasFees\` being 0 or 1) the run ends.

**Credit.** The half plus the amount is below 2^112 or the run ends, so adding \`amount << below\` does not carry into the neighbour or the flags. A fresh word gets the consent bit of a version below 8, as \`_consentFresh\` gives it. The word is loaded and stored with no call between, each time anew, so an account may occur twice.

**Sums.** Each amount is below 2^112. ${COUNT} Both assets must be quiet, or nothing is done at all: nobody is to be asked, told or logged.`,
  },
  {
    file: SECTIONS,
    function: "_refund",
    hash: "53979fb0",
    proof:
      "The operation is one that was debited (its head is not 0), and its debit added just this amount and this fee to the two sums; it is refunded once, because a refund blanks it. So neither falls below 0. `amount + leg.fee` is below 2^113, and `_credit` refuses what does not fit the half.",
  },
  {
    file: SECTIONS,
    function: "_payOperation",
    hash: "0c4cdc78",
    proof: `\`fee <= amount\` after the line before, and it is subtracted only where it is not equal, so \`amount - fee\` is above 0. Both sums are of terms below 2^112. ${COUNT} They stay below 2^144 and are checked against 2^112 − 1 before they enter a book.`,
  },
  { file: SECTIONS, function: "_notifyAll", hash: "749bf7f2", proof: ANSWER },
  {
    file: SECTIONS,
    function: "_skip",
    hash: "df7032d9",
    proof:
      "`position` is that of an operation of the array, at or after its first, so the difference is a multiple of 64 from 0 on. `index` is below the count, and `skipped` has a bit for each of them; the access of its word is checked even here. The shift is by less than 256.",
  },
  {
    file: OPERATION,
    function: "first",
    hash: "8ebd1b6f",
    reason: UNSAYABLE.position,
    proof: "The address of an array's first element, 32 after its length. Reads and writes nothing.",
  },
  {
    file: OPERATION,
    function: "next",
    hash: "20a12425",
    proof:
      "A position is an address in memory, far below 2^64 because memory is paid by the square of its size; 64 more does not wrap. Callers compare with the array's end before they read.",
  },
  {
    file: OPERATION,
    function: "load",
    hash: "18e57042",
    reason: UNSAYABLE.position,
    proof:
      "Reads one word at a position that the callers keep within its array (`_debitAll`, `_creditAll`, `_notifyAll`: `position < end`, payouts in step).",
  },
  {
    file: OPERATION,
    function: "loadBody",
    hash: "1c1da492",
    reason: UNSAYABLE.position,
    proof:
      "The second of an operation's two words: arrays of operations have an even length (`settle` refuses another), so it is within the array where the first is.",
  },
  {
    file: OPERATION,
    function: "blank",
    hash: "6abd1c0f",
    reason: UNSAYABLE.position,
    proof:
      "Writes the two words of an operation whose first is within its array; the length is even, so the second is too. The only caller is `_skip`.",
  },
  {
    file: OPERATION,
    function: "lastArray",
    hash: "c9f58bc9",
    reason: "`abi.decode` would copy the array (docs/decisions/0004).",
    proof:
      "`encoded + length(encoded)` is 32 before the end of the content, so `count` words before it stands the length of an array that ends there. It is called for three encodings that end so: the request of `abi.encodeCall` with the operations as its last argument, the ledger's own answer with one bit array of known length, and a protocol's answer of which `_ask` has checked offset, length and size. The result points into `encoded`, so it is allocated memory.",
  },
  {
    file: OPERATION,
    function: "newPayouts",
    hash: "2f0a0eac",
    reason: "The answer stands where the ABI wants it, so that it is not copied (docs/decisions/0004).",
    proof:
      "`words` has 4 + count elements, zeroed by the compiler. `payouts` is its fourth element, which becomes the length, followed by just `count` elements; the three before it are the room that `answer` uses. All of it is within `words`.",
  },
  {
    file: OPERATION,
    function: "answer",
    hash: "d1be14ea",
    reason: "As `newPayouts`.",
    proof:
      "`start` is the first element of the array behind `newPayouts`, so the three words that are written and the `128 + 32 * count` bytes that are returned are within it. They are (magic, flags, 96, count, payouts), the encoding of the declared results. It ends the call: no lock is held there, and the only modifier of `onLedgerBatch` does nothing after the body.",
  },
  {
    file: WORD,
    function: "amount",
    hash: "0f87dd5d",
    proof:
      "`side` is 0 or 1 everywhere (`homeOf`, literals, or a masked bit), so the shift is by 0 or 112. Whatever is in `word`, the mask leaves 112 bits.",
  },
  {
    file: WORD,
    function: "tryAdd",
    hash: "c11646c4",
    proof:
      "`side` is 0 or 1, so `shift` is 0 or 112. A value of more than 112 bits is refused by its own high bits, whatever the sum wraps to; any other leaves a sum below 2^113. Only a value that leaves the sum at most MAX_AMOUNT is added, so the shifted addition neither carries into the neighbour nor into the flags, nor wraps the word. Every value above, up to 2^256 − 1, is refused.",
  },
  {
    file: WORD,
    function: "trySettle",
    hash: "54e13d48",
    proof:
      "The six amounts have 112 bits. A sum of two is below 2^113; what is below 0 after the subtraction wraps to at least 2^256 − 2^112 and has bits above the 112th, which make `ok` false. Where `ok` is true both sides are at most MAX_AMOUNT, so the parts that are joined do not overlap. `_rebook`, the only caller, reverts where it is false, so the result is not used then.",
  },
  {
    file: WORD,
    function: "trySub",
    hash: "c2fd74f4",
    proof:
      "`side` is 0 or 1, so `shift` is 0 or 112. Only a value that is at most the half is subtracted from it, shifted to its place: nothing is borrowed from the neighbour or from the flags. A larger value, up to 2^256 − 1, is refused.",
  },
  {
    file: WORD,
    function: "_half",
    hash: "21ea9acd",
    proof:
      "`shift` is 0 or 112 in every call, so `256 − 112 − shift` is 144 or 32. The shift to the left drops what is above the half, the shift to the right what is below.",
  },
  {
    file: FLAGS,
    function: "advanced",
    hash: "2f86aa4c",
    proof:
      "`steps` has 16 bits, so the shifted value is below 2^248. Bits 249–255 of a holder's word are 0, so the sum does not wrap; even if it did, only its sequence bits are taken over, by the mask, and these are the sum modulo 2^16. All other bits are those of `word`.",
  },
  {
    file: BOUNDED,
    function: "word",
    hash: "0d452e89",
    reason:
      "A high-level call reverts its caller on malformed return data, and a low-level one copies all of it; here a stranger can do neither.",
    proof:
      "Reads `data` within its length and writes the scratch word alone. The answer is read only after a call that succeeded and returned a word at least; otherwise it is 0.",
  },
  {
    file: BOUNDED,
    function: "isWord",
    hash: "fe776940",
    reason: "A high-level call reverts its caller on malformed return data, and a low-level one copies all of it.",
    proof:
      "The call is static, reads the content of `data` and writes at most 32 bytes to scratch space, however much the target returns. The word counts only where the call succeeded and at least 32 bytes came, so a stale word in scratch space is never taken for an answer. `and` of comparisons gives 0 or 1, a clean `bool`.",
  },
];
