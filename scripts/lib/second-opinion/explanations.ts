const ARMS =
  "Lower here: arms of loops and of `&&` that no test can take, which are no branches there. " +
  "Each has its reason in `scripts/lib/coverage/uncovered.ts`.";

/** Names the Solidity tests that reach the rest. */
function solidity(what: string, ...files: string[]): string {
  return `Solidity tests reach what is missing there: ${what} (${files.map((file) => `\`test/${file}\``).join(", ")}).`;
}

const DESK = "property/insurance/CoverDesk.t.sol";
const POOL = "property/insurance/UnderwritingPool.t.sol";
const EDGES = "property/insurance/InsuranceEdges.t.sol";
const FAIRNESS = "property/insurance/InsuranceFairness.t.sol";
const ATTACKS = "property/insurance/InsuranceAttacks.t.sol";
const INSURANCE = "invariant/InsuranceInvariants.t.sol";
const RWA = ["property/rwa9.t.sol", "invariant/RwaInvariants.t.sol"] as const;

/** The random operations of a model are fewer there, so they come to fewer of its refusals. */
const FEWER_COVERS =
  " The refusals of purchases and exits that `test/differential/insurance-model.test.ts` comes to are fewer too: 150 random operations there, 400 here.";
/** Sections of insurance are settled in TypeScript by one test alone, which leaves marked code out. */
const SECTIONS =
  "batch sections, which of the TypeScript tests only one of gas settles (`test/unit/settlement/insurance-operations.test.ts`), and that one skips itself on instrumented code";

/** Why a file's figures differ, from a look at each place. A row is due for each difference above a percent. */
export const EXPLANATIONS: Readonly<Record<string, string>> = {
  "contracts/amm/AmmCore.sol": ARMS,
  "contracts/core/AccountDirectory.sol": ARMS,
  "contracts/core/AddressBook.sol": ARMS,
  "contracts/core/LedgerCustody.sol":
    "A modifier that can only let through: `_collect` takes the lock after the borrower's callback, when every call of it has let go.",
  "contracts/core/Settlement.sol": ARMS,
  "contracts/insurance/CoverDesk.sol":
    solidity(
      `the refusals, premiums beyond what is owed, the names of cover, and ${SECTIONS}`,
      ...[DESK, EDGES, FAIRNESS, ATTACKS, INSURANCE],
    ) + FEWER_COVERS,
  "contracts/insurance/CoverOutcomes.sol":
    solidity(
      "what a fallback oracle, an oracle that is not final and one that answers too much come to, premiums beyond what is owed, holders by allowance, parts of a unit",
      ...[DESK, EDGES, FAIRNESS, INSURANCE],
    ) + FEWER_COVERS,
  "contracts/insurance/CoverSales.sol": solidity(
    "sections that sell nothing, and commissions of less than a unit",
    ...[INSURANCE, EDGES],
  ),
  "contracts/insurance/CoverSections.sol": solidity(SECTIONS, INSURANCE, ATTACKS, EDGES),
  "contracts/insurance/CoverStore.sol": solidity("the refusals of products and risks", DESK, EDGES),
  "contracts/insurance/UnderwritingCapital.sol": solidity(
    "deposits and exits that are refused in sections, and exits that wait for locked capital",
    ...[POOL, EDGES, INSURANCE],
  ),
  "contracts/insurance/UnderwritingPool.sol":
    solidity(
      `the refusals, premiums beyond what is owed, the names of shares, and ${SECTIONS}`,
      ...[POOL, EDGES, FAIRNESS, INSURANCE],
    ) + FEWER_COVERS,
  "contracts/insurance/UnderwritingSections.sol": solidity(SECTIONS, INSURANCE, EDGES),
  "contracts/insurance/UnderwritingStore.sol": solidity("a pool that holds the most that fits", POOL),
  "contracts/lending/LendingSections.sol":
    "Withdrawals in sections come in the random operations of `test/differential/lending-model.test.ts` (150 there, 300 here); " +
    "`test/integration/attacks/lending-rounding.test.ts` settles them too, and skips itself on instrumented code. " +
    "Those that fail are in `test/invariant/LendingInvariants.t.sol`.",
  "contracts/libraries/AdaptiveCurve.sol": solidity(
    "the ends of the exponential and of the rate",
    "property/lending/AdaptiveCurve.t.sol",
  ),
  "contracts/libraries/AmmMath.sol":
    solidity(
      "a product that falls, an offset beyond its width, shares of a pool that holds nothing, and the far sides of a section",
      ...["property/amm/AmmMath.t.sol", "property/amm/AmmSection.t.sol"],
    ) +
    " A section that sells out is random in TypeScript: 20 sections of `test/differential/amm-section-extremes.test.ts` there, 300 here.",
  "contracts/libraries/AmmOracle.sol":
    solidity("a full ring, sides without a unit", "property/amm/AmmOracle.t.sol") +
    " A second touch in a block is random in TypeScript, and less often there.",
  "contracts/libraries/AssetDecimals.sol": solidity("the decimals of cover and of shares", POOL, EDGES),
  "contracts/libraries/BatchReader.sol": ARMS,
  "contracts/libraries/CappedExits.sol": solidity(
    "exits that a loss makes worth less than at their request",
    "property/insurance/CappedExits.t.sol",
    POOL,
  ),
  "contracts/libraries/KeyProof.sol": ARMS,
  "contracts/libraries/LendingFlags.sol": solidity(
    "the second in which the time begins anew, every 68 years",
    "property/lending/LendingFlags.t.sol",
  ),
  "contracts/oracle/FeedTrigger.sol": solidity("all of it", "property/insurance/FeedTrigger.t.sol", EDGES),
  "contracts/oracle/ReporterOracle.sol": solidity(
    "bonds withdrawn and slashed, sets that are replaced, and the refusals",
    ...["property/insurance/ReporterOracle.t.sol", EDGES],
  ),
  "contracts/periphery/InsuranceLens.sol": solidity("exits that lose while they wait, and an empty list", EDGES),
  "contracts/periphery/LendingLens.sol": solidity(
    "limits of a position under water, and a liquidation at a price of 0",
    "invariant/LendingInvariants.t.sol",
  ),
  "contracts/periphery/LendingVault.sol":
    "Modifiers that can only let through: who may call `setFee`, `setFeeRecipient` and `reallocate` is the owner or an allocator, so a " +
    "callback is refused by the modifier before the lock.",
  "contracts/periphery/LendingVaultMarkets.sol": ARMS,
  "contracts/periphery/LendingVaultRisk.sol":
    solidity("the 256th market", "property/lending/LendingVaultNumbers.t.sol") +
    " The lock of `setWithdrawQueue` can only let through: a callback is no allocator.",
  "contracts/periphery/StakedVaultExits.sol": solidity(
    "a search through several finalisations, and claims of nothing",
    ...["property/staking/StakedVault.t.sol", "invariant/StakedVaultInvariants.t.sol"],
  ),
  "contracts/rwa/RwaHolders.sol": solidity("an exit forced past the rules of both issuers", ...RWA),
  "contracts/rwa/RwaIncome.sol":
    solidity("marks of an action before in the same transaction, and income of too few units", ...RWA) +
    " Lower here: arms that no test can take (`scripts/lib/coverage/uncovered.ts`).",
  "contracts/rwa/RwaRules.sol": solidity(
    "shares of who has units frozen, and an exit forced past both issuers",
    ...RWA,
  ),
};
