import { AMM_TRIAGE } from "./triage/amm.js";
import { INSURANCE_TRIAGE } from "./triage/insurance.js";
import { LENDING_TRIAGE } from "./triage/lending.js";
import { ORACLE_TRIAGE } from "./triage/oracles.js";
import { RWA_TRIAGE } from "./triage/rwa.js";
import { STAKING_TRIAGE } from "./triage/staking.js";
import { VAULT_TRIAGE } from "./triage/vaults.js";
import { EXACT, NAMED, ZERO, type Triage } from "./triage/words.js";

export type { Triage };

const LOCK =
  "The lock is held (`nonReentrant`), so nothing that moves a balance can be entered; `test/integration/attacks/access.test.ts` tries every function in a callback. What is open, `setConsent`, `cancel` and `setFrozen`, loads and stores its word at once, and no word is held in memory across a call.";

const LEDGER_TRIAGE: readonly Triage[] = [
  {
    check: "arbitrary-send-erc20",
    place: "LedgerCustody._collect(address,address,uint256)",
    verdict: "false",
    reason:
      "`from` is the receiver that has just been lent the tokens, answered the magic value of ERC-3156 for this loan, and approved the ledger for the repayment. Nobody else's allowance can be drawn on: the answer is asked of the very contract that pays.",
  },
  {
    check: "arbitrary-send-eth",
    place: "LedgerCustody._pushNative(address,uint256)",
    verdict: "false",
    reason:
      "What is sent was debited from the caller's balance (`withdrawNative`) or from a book by its protocol (`call`, `callPath`), in wrapped ether, and unwrapped in the line before. The receiver is the caller's choice, the ether is his.",
  },
  {
    check: "incorrect-shift",
    place: "LedgerSections._creditRun(LedgerSections.Leg[4],uint256,uint256,uint256,uint256)",
    verdict: "false",
    reason:
      "`shl(bits, value)`: 1 is meant to be shifted by 224 + version, and is. It is the consent bit of the version.",
  },
  {
    check: "msg-value-loop",
    place: "Ledger._takeAll(ILedger.Call)",
    verdict: "false",
    reason:
      "It is reached in the first round alone: a later call of a path is refused unless it was carried something, and then takes nothing. All ether of the transaction is an input of the first call, or that call reverts.",
  },
  {
    check: "reentrancy-balance",
    place: "Ledger.callPath(ILedger.Call[])",
    verdict: "false",
    reason: `${LOCK} A pull measures around one \`transferFrom\` alone, in the first call; no balance of the ledger is kept across a protocol's call.`,
  },
  {
    check: "reentrancy-eth",
    place: "Ledger._act(ILedger.Call,ILedger.Call,Word)",
    verdict: "false",
    reason: `${LOCK} The ether goes to WETH.`,
  },
  {
    check: "divide-before-multiply",
    place: "Settlement._gasToCopy(uint256)",
    verdict: "meant",
    reason: "Memory is paid by the word: the length is rounded up to words first, as the EVM does.",
  },
  {
    check: "incorrect-equality",
    place: "Ledger._act(ILedger.Call,ILedger.Call,Word)",
    verdict: "meant",
    reason: EXACT,
  },
  {
    check: "incorrect-equality",
    place: "Ledger._sendOne(uint256,address,uint256,bool)",
    verdict: "meant",
    reason: EXACT,
  },
  {
    check: "incorrect-equality",
    place: "Ledger._settleShares(address,address,bytes32,uint256,Word)",
    verdict: "meant",
    reason: EXACT,
  },
  {
    check: "incorrect-equality",
    place: "LedgerAccounts._checkIssuedBy(address,bytes32,uint256)",
    verdict: "meant",
    reason: EXACT,
  },
  {
    check: "incorrect-equality",
    place: "LedgerAccounts._notify(uint256,address,address,uint256)",
    verdict: "meant",
    reason: EXACT,
  },
  {
    check: "incorrect-equality",
    place: "LedgerAccounts.homeOf(uint256)",
    count: 4,
    verdict: "meant",
    reason: EXACT,
  },
  {
    check: "reentrancy-no-eth",
    place: "Ledger._execute(ILedger.Call,address,Word)",
    verdict: "false",
    reason: `${LOCK} \`_rebook\` loads the book anew after the protocol has answered.`,
  },
  {
    check: "reentrancy-no-eth",
    place: "LedgerCustody.flashLoan(IERC3156FlashBorrower,address,uint256,bytes)",
    verdict: "meant",
    reason:
      "The lock is free during the borrower's callback, so that the loan can be used. Lending and collecting take it each for themselves, the token's own flag keeps it from being lent twice, and the repayment is pulled and measured, not read off a balance.",
  },
  {
    check: "reentrancy-no-eth",
    place: "LedgerSections._settleProtocol(LedgerSections.Frame,ILedgerProtocol.Section,uint256[])",
    verdict: "false",
    reason: `${LOCK} The credits load each word anew after the protocol has answered.`,
  },
  {
    check: "reentrancy-no-eth",
    place: "LedgerSections.settleFrame(ILedgerProtocol.Section,uint256[])",
    verdict: "false",
    reason: LOCK,
  },
  { check: "uninitialized-local", place: "Bls._expand(bytes,bytes).previous", verdict: "meant", reason: ZERO },
  { check: "uninitialized-local", place: "Bls._padded(bytes).zeros", verdict: "meant", reason: "It is the zeros." },
  {
    check: "uninitialized-local",
    place: "KeyProof.areValid(IAccountDirectory.Registration[]).sum",
    verdict: "meant",
    reason: ZERO,
  },
  {
    check: "uninitialized-local",
    place: "Ledger.callPath(ILedger.Call[]).carried",
    verdict: "meant",
    reason: `${ZERO} The first call is carried nothing.`,
  },
  {
    check: "uninitialized-local",
    place: "LedgerAccounts.constructor(IAccessManager,address[2][]).first",
    verdict: "meant",
    reason: `${ZERO} An unused pair's second token is no id, so its first is never looked at.`,
  },
  {
    check: "uninitialized-local",
    place: "LedgerSections.settleFrame(ILedgerProtocol.Section,uint256[]).frame",
    verdict: "false",
    reason: "Its fields are set in the lines below; sums start from 0, and a leg that is not set is not quiet.",
  },
  {
    check: "uninitialized-local",
    place: "Settlement._hashOperations(BatchReader.Parts,uint256,address).count",
    verdict: "meant",
    reason: ZERO,
  },
  {
    check: "uninitialized-local",
    place: "Settlement._readRecords(BatchReader.Parts).walk",
    verdict: "false",
    reason: "Its fields are set in the lines below, `leafStart` by the first `_closeLeaf`, before it is used.",
  },
  {
    check: "uninitialized-local",
    place: "Settlement._resolve(uint256,uint256).hasKey",
    verdict: "meant",
    reason: `${ZERO} Only an account of the directory has a key.`,
  },
  {
    check: "uninitialized-local",
    place: "Settlement._settleAll(BatchReader.Parts).words",
    verdict: "meant",
    reason: ZERO,
  },
  { check: "unused-return", place: "AccountDirectory._revoke(uint256,address)", verdict: "meant", reason: NAMED },
  {
    check: "unused-return",
    place: "AccountDirectory.register(IAccountDirectory.Registration[])",
    verdict: "meant",
    reason: "The page's address follows from its number; `SSTORE2.write` reverts when it could not be made.",
  },
  {
    check: "unused-return",
    place: "AccountSignature.isValid(address,bytes32,bytes)",
    verdict: "meant",
    reason: "The detail of why a signature is malformed; whether it is, is looked at.",
  },
  {
    check: "unused-return",
    place: "AddressBook.list(address[])",
    verdict: "meant",
    reason: "As in `AccountDirectory.register`.",
  },
  {
    check: "unused-return",
    place: "Ledger._carry(ILedger.Call,ILedger.Call,Word)",
    verdict: "meant",
    reason: "Whether an output can be taken off the outputs that it is one of.",
  },
];

export const TRIAGE: readonly Triage[] = [
  ...LEDGER_TRIAGE,
  ...AMM_TRIAGE,
  ...LENDING_TRIAGE,
  ...STAKING_TRIAGE,
  ...VAULT_TRIAGE,
  ...INSURANCE_TRIAGE,
  ...RWA_TRIAGE,
  ...ORACLE_TRIAGE,
];
