import type { Mutation } from "./mutation.js";

const CORE = "contracts/rwa/RwaCore.sol";
const HOLDERS = "contracts/rwa/RwaHolders.sol";
const INCOME = "contracts/rwa/RwaIncome.sol";
const REGISTRY = "contracts/rwa/EligibilityRegistry.sol";
const RULES = "contracts/rwa/RwaRules.sol";

export const RWA_BUGS: readonly Mutation[] = [
  {
    invariant: "RWA-1",
    bug: "a burn leaves the supply",
    file: HOLDERS,
    find: "asset.supply -= uint96(amount); // a part of a balance",
    replace: "",
  },
  {
    invariant: "RWA-2",
    bug: "what is pledged can move",
    file: RULES,
    find: "bool isHeld = amount <= balance && amount > _movable(balance, encumbrance);",
    replace: "bool isHeld = amount <= balance && amount > balance - encumbrance.frozen;",
  },
  {
    invariant: "RWA-2",
    bug: "a pledge is not counted with its holder",
    file: CORE,
    find: "encumbrance.pledged += uint96(amount); // likewise",
    replace: "",
  },
  {
    invariant: "RWA-3",
    bug: "the ledger is told that small amounts may always move",
    file: CORE,
    find: "return _refusalOf(id, from, to, amount, true) == Refusal.NONE;",
    replace: "return amount < 100e18 || _refusalOf(id, from, to, amount, true) == Refusal.NONE;",
  },
  {
    invariant: "RWA-4",
    bug: "an exit waits for the LP's eligibility",
    file: HOLDERS,
    find: "_forcedExit = _exitOf(id, amm, account);",
    replace: "",
  },
  {
    invariant: "RWA-4",
    bug: "a pledgee seizes for anybody",
    file: CORE,
    find: "_checkTaker(id, to); emit PledgeSeized(",
    replace: "emit PledgeSeized(",
  },
  {
    invariant: "RWA-5",
    bug: "units in a pool bear income",
    file: INCOME,
    find: "else _assets[id].weight -= uint96(amount);",
    replace: "",
  },
  {
    invariant: "RWA-6",
    bug: "of several movements of one action the first alone counts",
    file: INCOME,
    find: "_storeMark(place, (growth << BALANCE_BITS) | balance); // 152 and 96 bits",
    replace: "",
  },
  {
    invariant: "RWA-6",
    bug: "the balance after a movement counts",
    file: INCOME,
    find: "(_added(record, growth, amount, gave) >> INDEX_BITS)",
    replace: "(record >> INDEX_BITS)",
  },
  {
    invariant: "RWA-6",
    bug: "what is distributed flows on the same day",
    file: INCOME,
    find: "stream.rate = asset.firstRate;",
    replace: "",
  },
  {
    invariant: "RWA-7",
    bug: "what is claimed stays",
    file: INCOME,
    find: "_records[id][account] = _paid(record, amount);",
    replace: "_records[id][account] = record;",
  },
  {
    invariant: "RWA-8",
    bug: "a forced transfer to oneself thaws",
    file: HOLDERS,
    find: "if (from == to) _checkForceable(id, from, amount); else _thaw(id, from, amount);",
    replace: "_thaw(id, from, amount);",
  },
  {
    invariant: "RWA-9",
    bug: "holders are not counted",
    file: INCOME,
    find: "_assets[id].hot = _assets[id].hot.withHolder(has);",
    replace: "",
  },
  {
    invariant: "RWA-10",
    bug: "an old attestation counts",
    file: REGISTRY,
    find: "bool isNew = attestation.issuedAt > updatedAt && attestation.issuedAt <= block.timestamp;",
    replace: "bool isNew = attestation.issuedAt <= block.timestamp;",
  },
  {
    invariant: "RWA-11",
    bug: "units enter any book",
    file: "contracts/core/LedgerAccounts.sol",
    find: "if (id.hasRules()) require(isCore[protocol], LedgerUnlistedProtocol(protocol, id));",
    replace: "",
  },
  {
    invariant: "RWA-12",
    bug: "a pledge backs debt wherever its units are",
    file: CORE,
    find: "pledgeHolderOf(account, id, pledgee) == account &&",
    replace: "",
  },
];
