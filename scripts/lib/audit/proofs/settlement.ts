import { UNSAYABLE, type Proof } from "./proof.js";

const SETTLEMENT = "contracts/core/Settlement.sol";
const READER = "contracts/libraries/BatchReader.sol";
const RECORDS = "contracts/libraries/PlainRecords.sol";

const OFFSETS =
  "Offsets start within the calldata and grow by sizes of at most three bytes, so they stay far below 2^256. What lies behind the end of the calldata reads as 0, and the part that ends there is checked.";

export const SETTLEMENT_PROOFS: readonly Proof[] = [
  {
    file: SETTLEMENT,
    function: "_gasToCopy",
    hash: "a8ef2ead",
    reason: "Solidity does not tell how much memory is in use.",
    proof: "Reads the free memory pointer. In words it is far below 2^59, and the arithmetic with it is checked.",
  },
  {
    file: SETTLEMENT,
    function: "_sequence",
    hash: "020f3447",
    proof:
      "Meant to wrap: `uint8(low - current)` is the distance of the low bytes modulo 256, and the sum is cut to 16 bits, as the ledger counts. `low` has 8 bits and `current` 16, so the sum before the cut is below 2^17.",
  },
  {
    file: READER,
    function: "readHead",
    hash: "5eda4c73",
    reason: "Solidity does not tell where a slice of calldata begins.",
    proof: "Reads the offset of a calldata parameter that the decoder has checked; touches no memory.",
  },
  {
    file: READER,
    function: "readHead",
    hash: "f0232960",
    proof:
      "The fields of the head have at most three bytes, and the batch is calldata, so every offset is below 2^64. They only grow (start ≤ leaf0 ≤ chunks ≤ fallbacks ≤ excluded ≤ signature), and `signature <= end` is required: all of them are within the batch. `padded` is the length rounded up, so `padding` is 0 to 31; the word behind the batch then holds the padding and what lies behind the calldata, which is 0.",
  },
  {
    file: READER,
    function: "readSections",
    hash: "02e340cb",
    proof: `${OFFSETS} The counts are at most 64. \`operations -= wanted\` comes after \`wanted <= operations\`. \`10 ** i\` is at most 10^31. Array accesses and slices are checked here as everywhere.`,
  },
  {
    file: READER,
    function: "readTypes",
    hash: "c4f87940",
    proof:
      "`count` has 8 bits, so the end of the table is an offset in the calldata, and equal to the start of the chunks. `3 - FORM_FLOAT` wraps, and adding it wraps back: with forms of 128 and 129 the length is 2 + amount form + 3 or + 4, at least 5. The joined fields do not overlap: length ≤ 30, amount form ≤ 14, argument form ≤ 129, index < 64 (checked against the sections), kinds ≤ 7, kind < 256, and the last ≤ 2; each has 8 bits or 2 of its own.",
  },
  {
    file: READER,
    function: "readTypes",
    hash: "9317f30a",
    reason: "Solidity does not give the address of a struct in memory.",
    proof: "Takes the address of a struct. It has 32 bits: 2^32 bytes of memory would cost 2^45 gas.",
  },
  {
    file: READER,
    function: "readPlace",
    hash: "6186941e",
    proof: `${OFFSETS} The place has 32 bits.`,
  },
  {
    file: READER,
    function: "readDistance",
    hash: "1a3911cf",
    proof:
      "The loop reads at most five groups: the sixth would come with a shift of 35 and is refused. So a place grows by at most 1 + (2^35 − 1), in a chunk of 32 records by at most 2^40, and `_closeLeaf` refuses a chunk whose last place exceeds 32 bits; places grow, so then none did. Until then an id of more than 32 bits names a key on no page or an address, and the batch reverts. The offset grows by five at most.",
  },
  {
    file: READER,
    function: "readOperation",
    hash: "14f53787",
    proof: `${OFFSETS} The type is one of 64, 0 where there is none, which is refused. The amount's form is 0, 3 or 14 (\`readTypes\`), so \`w >> 128\` cut to 112 bits is the 14 bytes behind the tag. The argument's form is at most 28 where it is a number of bytes, so the shift is by 32 to 256 bits; by 256 it gives 0.`,
  },
  {
    file: READER,
    function: "tables",
    hash: "a24ee25f",
    reason: UNSAYABLE.position,
    proof:
      "The addresses of two arrays' first elements, 64 and 32 words long. `PlainRecords` masks its indices to 6 and 5 bits.",
  },
  {
    file: READER,
    function: "readFloat",
    hash: "10e74847",
    proof:
      "Callers hand over 24 bits, so the mantissa is below 2^19 and the exponent below 32: the product is below 2^19 · 10^31 < 2^122. The access of the table is checked. What exceeds 112 bits is refused.",
  },
  {
    file: READER,
    function: "append",
    hash: "3a352aa0",
    reason:
      "Written where the ledger's call needs it: 4,354 became 3,420 gas for a signer with the packed types (docs/decisions/0006).",
    twin: "The codec's writer in `src/codec`; `test/unit/core/Settlement.reader.test.ts` compares what the ledger is handed.",
    proof:
      "The low 32 bits of a packed type are the address of its section, put there by `readTypes`; `next` and `end` are its first two fields. `_allocate` reserves 64 bytes for each operation between `operations` and `end`, and `next` grows by 64 from the first, so `next < end` leaves room for both words. Without room nothing is written, and the batch is refused.",
  },
  {
    file: READER,
    function: "skipDependents",
    hash: "e2418f4b",
    reason: UNSAYABLE.position,
    proof:
      "`packed >> 64` is the number of an operation that `depend` has checked to be below the section's room, so both words are within the reserved memory. It runs before the section's call is made, and blanks only.",
  },
  {
    file: READER,
    function: "callOf",
    hash: "a7a73779",
    reason: "The call is built in place: encoding it anew would cost 300 gas for each operation.",
    proof:
      "`section.call` is the encoding that `_allocate` began and `section.end` the byte after its last operation, so the length that is written is that of the whole call, all of it reserved. `_readRecords` has checked that every operation was written (`next == end`), so no byte of it is left over from before.",
  },
  {
    file: READER,
    function: "isExcluded",
    hash: "b78f0b7d",
    proof:
      "`signer` is below `parts.signers`, of 16 bits, so the offset is within the calldata and the shift below 8. `checkExcluded` has made sure that the bitmap has a bit for each signer.",
  },
  {
    file: READER,
    function: "nextExcluded",
    hash: "aa16d8ec",
    proof:
      "`from` is below 2^16. After the shift by at most 7 the word still holds 249 bits, and a chunk has 32, so `end` is never beyond them. Bits behind the bitmap belong to the signature: a bit found there is at or after `parts.signers`, so not before `end`, which is answered then. `clz` of 0 is 256, and `from + 256` is not before `end` either.",
  },
  {
    file: READER,
    function: "leafHash",
    hash: "a1b4d11a",
    reason: "`abi.encodePacked` with a slice copies twice; the leaf is hashed where it lies in free memory.",
    twin: "`leafHash` of `src/codec/tree.ts`; `test/unit/core/Settlement.settle.test.ts` and `test/unit/codec/tree.test.ts`.",
    proof:
      "`end >= from`: leaf 0 ends where the chunks begin, and the others where the cursor is, which only moves on and is checked to be within the chunks before. Memory is used from the free pointer on and not kept. The first five bytes are 0 and the index in 32 bits, which is at most 2^16 / 32.",
  },
  {
    file: READER,
    function: "word",
    hash: "8a3f6e70",
    reason: "Solidity checks a slice's bounds; behind the calldata there are zeros, and the parts' ends are checked.",
    proof: "One read of calldata, which never fails and touches no memory.",
  },
  {
    file: READER,
    function: "check",
    hash: "5ecfc258",
    proof:
      "`offset` is that of a part or of a cursor in it, and every part begins at or after `parts.start`. The difference is shown to a person and nothing else.",
  },
  {
    file: READER,
    function: "_readSection",
    hash: "55a90d1a",
    proof: `${OFFSETS} 4 + 3 + 3 + 3 + 2 bytes of \`tail\` end with the section's 163. \`next\` is checked to be within leaf 0 before the parameters are sliced, and the count to be at most the bytes of the chunks, so the memory that \`_allocate\` reserves is bounded by the calldata.`,
  },
  {
    file: READER,
    function: "_allocate",
    hash: "201e24a6",
    reason: "As `callOf`.",
    proof:
      "`data` ends with an array of no elements, so the word before `begin` is its length: it becomes the number of words to come. The free pointer is set to `begin + 64 * count` rounded up to 32, at least 32 further, so behind everything that `data` had and that is reserved; `count` is at most the length of the calldata. The last write is to the section's fourth field, `call`.",
  },
  {
    file: READER,
    function: "_nodeHash",
    hash: "5b5f5084",
    reason: "`abi.encodePacked` allocates for each node.",
    twin: "`rootOf` of `src/codec/tree.ts`; `test/unit/codec/tree.test.ts`, `Settlement.settle.test.ts`.",
    proof:
      "Writes 65 bytes from the free pointer on and hashes them; the memory is not kept. The first byte, 1, sets a node apart from a leaf, which begins with 0.",
  },
  {
    file: RECORDS,
    function: "read",
    hash: "a6fc2ab0",
    twin: "`Settlement._beginAny`, `_addSigner`, `_appendAny` with `BatchReader` and `KeySum`; `test/unit/core/Settlement.reader.test.ts`, `Settlement.malformed.test.ts` and `Settlement.flips.test.ts` send batches both ways.",
    reason: "1,308 became 758 gas for an operation at k = 16, 3,051 became 2,063 at k = 1 (docs/decisions/0006).",
    proof: `**Where it reads.** Calldata, behind whose end there are zeros; a chunk ends before record \`stop\`, and \`_closeLeaf\` refuses an offset that ran past the chunks. The type is 6 bits of the tag times 32 within 64 words, the exponents 5 bits times 32 within 32 words. Rows are copied from pages, behind whose end there are zeros: no row has an account of 0.

**Where it writes.** Scratch space; fields of the cursor; the nine words of \`sum\`: the row's 121 bytes go to 144–264 and the sum to 0–127 of 288, bytes 128–143 are never written and stay 0, and y moves 16 bytes up, with zeros before it. Operations go to \`next\` of their section, only if it is below \`end\`, and it moves on by 64, as in \`append\`.

**Page address.** The page is below 2^23 in both uses: it is of the open group, which \`_openPage\` takes from ids of keys only, or of an id below 2^31. So the nonce has 1 to 3 bytes, and the word hashed is the RLP list of 21 and its bytes, 0x94, the directory, the nonce. The hash's upper 96 bits stay in \`cursor.code\`, which nothing but \`extcodecopy\` uses, and that counts 160.

**Arithmetic.** A place grows by at most 2^14; more is left to the general way, and so is the second form of a small distance (a group of 0). Products of mantissa and power are below 2^122; those that exceed 112 bits are left to the general way, which refuses them. The joined fields of the head do not overlap: the signer's kinds are shifted out, the sequence and the kind have 8 bits each, the rest of the argument 80; amount and argument share the body at bit 112.

**Same as the general way.** A key is added whatever its state; a revoked or expired one leaves a signer of 0, who is allowed nothing, so his operations are not plain and the general way blanks them. A page of the open group is opened only if its bit in \`revokedPages\` is 0, so \`revoked\` is 0 there. When the precompile refuses, it has written nothing, and the general way, which adds the same row, reverts.`,
  },
];
