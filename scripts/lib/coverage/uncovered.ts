import type { Uncovered } from "./judge.js";

const NEVER = "never entered";
/** Why a loop over a batch's sections is always entered. */
const SECTION = "A batch has a signer, a signer an operation, and an operation its section: the reader refuses others.";

/** The arms that no test of the run can take. `npm run coverage` fails when one is missing here, or is covered or gone. */
export const UNCOVERED: readonly Uncovered[] = [
  {
    file: "contracts/core/AccountDirectory.sol",
    within: "register",
    condition: "i < count",
    arm: NEVER,
    reason: "A page without rows is refused before, by `DirectoryInvalidCount`.",
  },
  {
    file: "contracts/core/AddressBook.sol",
    within: "list",
    condition: "i < count",
    arm: NEVER,
    reason: "A page without rows is refused before, by `AddressBookInvalidCount`.",
  },
  {
    file: "contracts/libraries/KeyProof.sol",
    within: "areValid",
    condition: "i < count",
    arm: NEVER,
    reason: "`AccountDirectory.register`, the only caller, hands over one registration at least.",
  },
  {
    file: "contracts/libraries/KeyProof.sol",
    within: "areValid",
    condition: "i < count",
    arm: NEVER,
    reason: "The same, in the loop over the weights.",
  },
  {
    file: "contracts/core/Settlement.sol",
    within: "_readTables",
    condition: "i < parts.sections.length",
    arm: NEVER,
    reason: SECTION,
  },
  {
    file: "contracts/core/Settlement.sol",
    within: "_readRecords",
    condition: "i < parts.sections.length",
    arm: NEVER,
    reason: SECTION,
  },
  {
    file: "contracts/core/Settlement.sol",
    within: "_settleAll",
    condition: "i < count",
    arm: NEVER,
    reason: SECTION,
  },
  {
    file: "contracts/core/Settlement.sol",
    within: "_settleAll",
    condition: "i < count",
    arm: NEVER,
    reason: "The same, in the loop that joins what was skipped.",
  },
  {
    file: "contracts/core/Settlement.sol",
    within: "_readRecords",
    condition: "walk.fallbackAt == parts.excluded",
    arm: "left is false",
    reason:
      "A second lock. An entry that names no signer to come is refused when it is read (`_nextFallback`), and the record of " +
      "a signer who was named takes his entry off the list.",
  },
  {
    file: "contracts/core/Settlement.sol",
    within: "_readRecords",
    condition: "walk.fallbackAt == parts.excluded",
    arm: "right is false",
    reason: "A second lock. No signer is awaited at the end of the list only, which is where the exclusions begin.",
  },
  {
    file: "contracts/core/Settlement.sol",
    within: "_hashOperations",
    condition: "i < count",
    arm: NEVER,
    reason: "A record has an operation: the last one carries the mark that ends it.",
  },
  {
    file: "contracts/libraries/BatchReader.sol",
    within: "rootOf",
    condition: "count > 1",
    arm: NEVER,
    reason: "A batch has two leaves at least, its tables and its first chunk.",
  },
  {
    file: "contracts/libraries/BatchReader.sol",
    within: "rootOf",
    condition: "i < parents",
    arm: NEVER,
    reason: "A level has one parent at least.",
  },
  {
    file: "contracts/amm/AmmCore.sol",
    within: "_amountInto",
    condition: "j < ids.length",
    arm: NEVER,
    reason: "The list has a place for the pool that is called, besides one for each of those behind it.",
  },
  {
    file: "contracts/periphery/LendingLens.sol",
    within: "maxWithdrawCollateral",
    condition: "params.lltv == 0",
    arm: "right is true",
    reason:
      "A second lock, before a division. At an LLTV of 0 nothing can be borrowed, and a position without debt is answered before.",
  },
  {
    file: "contracts/periphery/LendingVaultMarkets.sol",
    within: "_planWithdrawal",
    condition: "i < parts.length",
    arm: "right is false",
    reason:
      "A second lock. What is asked for is at most what is idle or liquid (`_maxWithdraw`, `_maxRedeem`), so nothing is left " +
      "when the last market has been asked.",
  },
  {
    file: "contracts/staking/StakingActions.sol",
    within: "_stake",
    condition: "shares != 0",
    arm: "fails",
    reason:
      "A share costs more than a unit only after a thousand roundings of exits, too many for a run that counts each opcode: “a share made " +
      "dear by roundings …” of test/integration/attacks/staking.test.ts takes it on the ordinary build.",
  },
  {
    file: "contracts/insurance/CoverOutcomes.sol",
    within: "settleHolders",
    condition: "i < holders.length",
    arm: NEVER,
    reason: "In the loop that pays: without holders there is nothing to pay, which is answered before.",
  },
  {
    file: "contracts/oracle/ReporterOracle.sol",
    within: "outcomeOf",
    condition: "i < signatures.length",
    arm: NEVER,
    reason: "A quorum is one signature at least; fewer are refused before.",
  },
  {
    file: "contracts/oracle/ReporterOracle.sol",
    within: "_propose",
    condition: "i < count",
    arm: NEVER,
    reason: "A set without reporters has no quorum, and is refused before.",
  },
  {
    file: "contracts/periphery/InsuranceLens.sol",
    within: "requestOf",
    condition: "i <= requestId",
    arm: NEVER,
    reason: "The request is not final here, so there is one that is not.",
  },
  {
    file: "contracts/rwa/RwaIncome.sol",
    within: "_takeFee",
    condition: "due < type(uint128).max",
    arm: "false",
    reason: "A second lock: of a fee below 2^96 a day, 2^128 are owed after ten million years.",
  },
  {
    file: "contracts/rwa/RwaIncome.sol",
    within: "_distribute",
    condition: "hot.has(RwaWords.RUNNING)",
    arm: "right is false",
    reason: "A second lock: a stream whose end is to come runs, as only its end stops it.",
  },
  {
    file: "contracts/rwa/RwaHolders.sol",
    within: "_recoverEncumbrance",
    condition: "from.isFrozen",
    arm: "left is true",
    reason: "A second lock: nobody recovers to an account that is frozen, which may not be given units.",
  },
];
