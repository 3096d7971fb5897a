import type { Mutation } from "./mutation.js";

const ACCOUNTS = "contracts/core/LedgerAccounts.sol";
const CUSTODY = "contracts/core/LedgerCustody.sol";
const LEDGER = "contracts/core/Ledger.sol";
const SECTIONS = "contracts/core/LedgerSections.sol";
const SETTLEMENTS = "contracts/core/LedgerSettlements.sol";
const ASSET_ID = "contracts/libraries/AssetId.sol";
const FLAGS = "contracts/libraries/HolderFlags.sol";
const OPERATION = "contracts/libraries/OperationLib.sol";
const WORD = "contracts/libraries/WordLib.sol";

export const LEDGER_BUGS: readonly Mutation[] = [
  {
    invariant: "LED-1",
    bug: "what was asked for is credited, not what arrived",
    file: CUSTODY,
    find: "return _received(token, before);",
    replace: "before = _received(token, before); return amount;",
  },
  {
    invariant: "LED-1",
    bug: "an input from a balance in the ledger is not debited",
    file: LEDGER,
    find: "_takeOut(id, msg.sender, amount); return amount;",
    replace: "if (id.isIssued()) _takeOut(id, msg.sender, amount); return amount;",
  },
  {
    invariant: "LED-1",
    bug: "a transfer credits a word read before the debit, so one to oneself mints",
    file: ACCOUNTS,
    find: "_debit(from, id, amount); _credit(to, id, amount); _log(caller, from, to, id, amount);",
    replace: `(uint256 key, uint256 side) = homeOf(id);
        Word stale = _cells[key][to].word;
        _debit(from, id, amount);
        (, _cells[key][to].word) = stale.tryAdd(side, amount);
        _log(caller, from, to, id, amount);`,
  },
  {
    invariant: "LED-1",
    bug: "a fee is debited, and nobody earns it",
    file: SECTIONS,
    find: "mstore(add(leg, 0xe0), add(mload(add(leg, 0xe0)), sub(debit, amount)))",
    replace: "",
  },
  {
    invariant: "LED-1",
    bug: "a fee is earned, and nobody pays it",
    file: SECTIONS,
    find: "_credit(to, leg.id, amount - fee);",
    replace: "_credit(to, leg.id, amount);",
  },
  {
    invariant: "LED-2",
    bug: "transferFrom needs no allowance",
    file: ACCOUNTS,
    find: "if (!isOperator[sender][msg.sender]) _spendAllowance(sender, msg.sender, id, amount);",
    replace: "",
  },
  {
    invariant: "LED-2",
    bug: "a failed operation's debit is not given back",
    file: SECTIONS,
    find: "_credit(head.account(), leg.id, amount + leg.fee);",
    replace: "",
  },
  {
    invariant: "LED-2",
    bug: "a failed operation's fee is not given back",
    file: SECTIONS,
    find: "_credit(head.account(), leg.id, amount + leg.fee);",
    replace: "_credit(head.account(), leg.id, amount);",
  },
  {
    invariant: "LED-3",
    bug: "a credit clears the flags",
    file: ACCOUNTS,
    find: "cell.word = sum;",
    replace: "cell.word = sum.withFlags(0);",
  },
  {
    invariant: "LED-3",
    bug: "bumping the sequence thaws the word",
    file: FLAGS,
    find: "(Word.unwrap(word) & ~SEQUENCE) | (next & SEQUENCE)",
    replace: "(Word.unwrap(word) & ~(SEQUENCE | (FROZEN << WordLib.FLAGS_SHIFT))) | (next & SEQUENCE)",
  },
  {
    invariant: "LED-4",
    bug: "an addition carries into the neighbour",
    file: WORD,
    find: "ok = (value | (_half(word, shift) + value)) >> HALF == 0;",
    replace: "ok = value >> HALF == 0;",
  },
  {
    invariant: "LED-4",
    bug: "an addition of a huge value wraps",
    file: WORD,
    find: "ok = (value | (_half(word, shift) + value)) >> HALF == 0;",
    replace: "ok = (_half(word, shift) + value) >> HALF == 0;",
  },
  {
    invariant: "LED-4",
    bug: "a subtraction borrows from the neighbour",
    file: WORD,
    find: "ok = value <= _half(word, shift);",
    replace: "ok = value <= MAX_AMOUNT;",
  },
  {
    invariant: "LED-5",
    bug: "a burn takes nothing",
    file: ACCOUNTS,
    find: "_debit(from, id, amount); _log(msg.sender, from, address(0), id, amount);",
    replace: "_log(msg.sender, from, address(0), id, amount);",
  },
  {
    invariant: "LED-6",
    bug: "the flags that a protocol answers are lost",
    file: WORD,
    find: "(flags(outputs) << FLAGS_SHIFT)",
    replace: "(flags(word) << FLAGS_SHIFT)",
  },
  {
    invariant: "LED-6",
    bug: "a section's payouts do not leave the book",
    file: SECTIONS,
    find: "leg.paid += amount;",
    replace: "",
  },
  {
    invariant: "LED-6",
    bug: "what a section pays in a run does not leave the book",
    file: SECTIONS,
    find: "mstore(leg, add(mload(leg), amount))",
    replace: "",
  },
  {
    invariant: "LED-7",
    bug: "the flash lock of a token stays taken",
    file: CUSTODY,
    find: "loan.tstore(false);",
    replace: "",
  },
  {
    invariant: "LED-8",
    bug: "an allowance is not spent",
    file: ACCOUNTS,
    find: "allowances[id] = allowed - amount;",
    replace: "",
  },
  {
    invariant: "LED-9",
    bug: "a batched debit leaves the sequence, so it can be replayed",
    file: FLAGS,
    find: "left = advanced(left, 1);",
    replace: "",
  },
  {
    invariant: "LED-9",
    bug: "a debit in a run leaves the sequence",
    file: SECTIONS,
    find: "sub(add(word, SEQUENCE_STEP),",
    replace: "sub(word,",
  },
  {
    invariant: "LED-9",
    bug: "a cancel voids one operation only",
    file: SETTLEMENTS,
    find: "CANCELLED_AHEAD = 85;",
    replace: "CANCELLED_AHEAD = 1;",
  },
  {
    invariant: "LED-10",
    bug: "an operation with another sequence is executed",
    file: FLAGS,
    find: "|| uint8(sequence(word)) != step",
    replace: "",
  },
  {
    invariant: "LED-10",
    bug: "an operation with another sequence is executed in a run",
    file: SECTIONS,
    find: "and(xor(shr(232, word), shr(88, head)), 0xff)",
    replace: "0",
  },
  {
    invariant: "LED-10",
    bug: "a sequence that wraps in a run carries into the frozen bit",
    file: SECTIONS,
    find: "shr(248, xor(word, add(word, SEQUENCE_STEP)))",
    replace: "0",
  },
  {
    invariant: "LED-10",
    bug: "an operation that holds its amount, but not the fee, is executed",
    file: SECTIONS,
    find: "gt(debit, shr(144, shl(mload(add(leg, 0x40)), word)))",
    replace: "gt(amount, shr(144, shl(mload(add(leg, 0x40)), word)))",
  },
  {
    invariant: "LED-10",
    bug: "a frozen word moves",
    file: ACCOUNTS,
    find: "require(!_cellOf(from, id).word.isFrozen(), LedgerFrozen(id, from));",
    replace: "",
  },
  {
    invariant: "LED-11",
    bug: "a settlement acts without consent",
    file: FLAGS,
    find: "!consents(word, version) ||",
    replace: "",
  },
  {
    invariant: "LED-11",
    bug: "a settlement acts without consent in a run",
    file: SECTIONS,
    find: "iszero(and(shr(version, word), 1)),",
    replace: "0,",
  },
  {
    invariant: "LED-11",
    bug: "an issuer burns an asset without RULES from anybody",
    file: ACCOUNTS,
    find: "else { _checkForced(id, from);",
    replace: "else { _checkIssuer(id);",
  },
  {
    invariant: "LED-12",
    bug: "a transfer is not told to the issuer",
    file: ACCOUNTS,
    find: "_log(caller, from, to, id, amount); _notify(id, from, to, amount);",
    replace: "_log(caller, from, to, id, amount);",
  },
  {
    invariant: "LED-13",
    bug: "the flags of an id are not hashed, so a word has aliases",
    file: ASSET_ID,
    find: "abi.encode(owner, salt, flags)",
    replace: "abi.encode(owner, salt)",
  },
  {
    invariant: "LED-14",
    bug: "an amount that is too large reaches into the limit",
    file: OPERATION,
    find: "(amount_ & AMOUNT_MASK)",
    replace: "amount_",
  },
  {
    invariant: "LED-15",
    bug: "a skipped operation reaches the protocol as it was signed",
    file: SECTIONS,
    find: "position.blank();",
    replace: "",
  },
  {
    invariant: "LED-15",
    bug: "a skipped operation keeps its second word",
    file: OPERATION,
    find: "mstore(position, 0) mstore(add(position, 32), 0)",
    replace: "mstore(position, 0)",
  },
  {
    invariant: "LED-16",
    bug: "transfers of a section are credited when all are debited",
    file: SECTIONS,
    find: "_credit(to, leg.id, amount); address from = head.account();",
    replace: "address from = head.account();",
    also: {
      find: `position = _debitRun(frame.legs, frame.version, position, end, isTransfer);
        while (position < end) {
            (uint256 head, uint256 body) = (position.load(), position.loadBody());
            bool ok = isTransfer
                ? _tryTransfer(frame, head, body)
                : _tryDebit(frame, head, body.amount(), frame.protocol);
            if (!ok) _skip(frame, position);
            position = _debitRun(frame.legs, frame.version, position.next(), end, isTransfer);
        }`,
      replace: `for (; position < end; position = position.next()) {
            (uint256 head, uint256 body) = (position.load(), position.loadBody());
            bool ok = isTransfer
                ? _tryTransfer(frame, head, body)
                : _tryDebit(frame, head, body.amount(), frame.protocol);
            if (!ok) _skip(frame, position);
        }
        for (position = frame.operations.first(); isTransfer && position < end; position = position.next()) {
            (uint256 head, uint256 body) = (position.load(), position.loadBody());
            if (head != 0) _credit(head.receiver(body), frame.legs[head.side()].id, body.amount());
        }`,
    },
  },
  {
    invariant: "LED-16",
    bug: "a transfer that does not fit is dropped with what it debited",
    file: SECTIONS,
    find: "_credit(to, leg.id, amount); address from = head.account();",
    replace: `(uint256 key, uint256 at) = homeOf(leg.id);
        (, _cells[key][to].word) = _cells[key][to].word.tryAdd(at, amount);
        address from = head.account();`,
  },
  {
    invariant: "LED-16",
    bug: "a transfer that does not fit is passed over in a run",
    file: SECTIONS,
    find: "if shr(112, add(shr(144, shl(mload(add(leg, 0x40)), held)), amount)) {",
    replace: "if shr(112, add(shr(144, shl(mload(add(leg, 0x40)), held)), amount)) { position := add(position, 64)",
  },
  {
    invariant: "LED-16",
    bug: "a transfer to oneself is debited alone",
    file: SECTIONS,
    find: "or(eq(to, shr(96, head)), and(shr(81, head), 1))",
    replace: "and(shr(81, head), 1)",
  },
  {
    invariant: "LED-17",
    bug: "what is carried is delivered too",
    file: LEDGER,
    find: "(, left) = left.trySub(side, out);",
    replace: "",
  },
  {
    invariant: "LED-17",
    bug: "change is carried too",
    file: LEDGER,
    find: "(outputs, carried) = _carry(parameters, next, outputs);",
    replace: `(outputs, carried) = _carry(
            parameters,
            next,
            Word.wrap(Word.unwrap(outputs) + Word.unwrap(change))
        );`,
  },
  {
    invariant: "LED-17",
    bug: "an issued asset is carried past its issuer",
    file: LEDGER,
    find: "if (id.isIssued() || (place == 1 && id != next.asset1)) continue;",
    replace: "if (place == 1 && id != next.asset1) continue;",
  },
  {
    invariant: "LED-17",
    bug: "two outputs of one token run over into the other side",
    file: LEDGER,
    find: "if (!ok) _refuseAmount(out);",
    replace: "if (!ok) carried = Word.wrap(Word.unwrap(carried) + (out << (place * WordLib.HALF)));",
  },
  {
    invariant: "LED-17",
    bug: "amounts of a later call are passed over",
    file: LEDGER,
    find: "Word.unwrap(carried) != 0 && next.amount0 | next.amount1 == 0",
    replace: "Word.unwrap(carried) != 0",
  },
  {
    invariant: "LED-17",
    bug: "unused wrapped ether of a later call returns as ether",
    file: LEDGER,
    find: "msg.value != 0 && amountIn != 0 && id == _idOf(WETH)",
    replace: "msg.value != 0 && id == _idOf(WETH)",
  },
];
