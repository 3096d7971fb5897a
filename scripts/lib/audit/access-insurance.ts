import type { Access, ContractAccess } from "./access.js";

const ANYONE: Access = { roles: ["anyone"] };
const DESK: readonly Access[] = [{ roles: ["desk"], others: "UnderwritingNotDesk", note: "within the pool's limits" }];
const MANAGER: readonly Access[] = [{ roles: ["poolManager"], others: "CoverNotManager" }];

/** The rules of the contracts of insurance and of their oracles. */
export const INSURANCE_ACCESS: Readonly<
  Record<"UnderwritingPool" | "CoverDesk" | "FeedTrigger" | "ReporterOracle", ContractAccess>
> = {
  UnderwritingPool: {
    functions: {
      onLedgerCall: [{ roles: ["ledger"], others: "UnderwritingNotLedger" }],
      onLedgerBatch: [{ roles: ["ledger"], others: "UnderwritingNotLedger" }],
      backCover: DESK,
      releaseCover: DESK,
      creditFee: DESK,
    },
    views: [
      ...["LEDGER", "stateOf", "termsOf", "excessOf", "backingOf", "exposureOf", "feesOf", "queueOf", "requestOf"],
      ...["assetName", "assetSymbol", "assetDecimals", "assetSupply"],
    ],
  },
  CoverDesk: {
    functions: {
      onLedgerCall: [{ roles: ["ledger"], others: "CoverNotLedger" }],
      onLedgerBatch: [{ roles: ["ledger"], others: "CoverNotLedger" }],
      createProduct: MANAGER,
      closeProduct: [{ roles: ["poolManager"], others: "CoverNotManager", note: "stops sales, and nothing else" }],
      openRisk: MANAGER,
      pauseSales: [{ roles: ["authority"], others: "CoverUnauthorized", note: "stops sales, and nothing else" }],
      report: [{ ...ANYONE, note: "the risk's oracle decides" }],
      settle: [ANYONE],
      reportAndSettle: [{ ...ANYONE, note: "the risk's oracle decides" }],
      voidRisk: [{ ...ANYONE, note: "when the time for reports is over, and the week of the risk's end" }],
      creditCommission: [{ ...ANYONE, note: "credits the referrer of a risk that was reported" }],
      settleHolders: [{ ...ANYONE, note: "pays holders who let the desk take their cover" }],
    },
    views: [
      ...["LEDGER", "POOLS", "isPaused", "productOf", "riskOf", "commissionOf", "quote", "coverFor"],
      ...["assetName", "assetSymbol", "assetDecimals", "assetSupply"],
    ],
  },
  FeedTrigger: { functions: {}, views: ["FEED", "GRACE", "MAX_AGE", "dataOf", "outcomeOf"] },
  ReporterOracle: {
    functions: {
      proposeReporters: [{ roles: ["authority"], others: "ReporterUnauthorized", note: "counts after a delay" }],
      postBond: [{ roles: ["owner"], others: "LedgerInsufficientAllowance", locked: "LedgerLocked" }],
      freeBond: [{ roles: ["bonded"], others: "ReporterNotBonded" }],
      withdrawBond: [{ roles: ["bonded"], others: "ReporterNotBonded" }],
      slash: [{ ...ANYONE, note: "with two signatures of one reporter on two ratios" }],
    },
    views: [
      ...["ASSET", "AUTHORITY", "BOND", "BOND_DELAY", "LEDGER", "MAX_REPORTERS", "ROTATION_DELAY", "TREASURY"],
      ...["bondOf", "currentSet", "digestOf", "eip712Domain", "outcomeOf"],
    ],
  },
};
