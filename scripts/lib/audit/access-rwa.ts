import type { Access, ContractAccess } from "./access.js";

const LEDGER: readonly Access[] = [{ roles: ["ledger"], others: "RwaNotLedger" }];
const PLEDGEE: readonly Access[] = [{ roles: ["approvedCore"], others: "PledgeInsufficient" }];
const AUTHORITY: readonly Access[] = [{ roles: ["authority"], others: "RwaUnauthorized" }];
const REGISTRAR: readonly Access[] = [{ roles: ["authority"], others: "EligibilityUnauthorized" }];
const AGENT: readonly Access[] = [{ roles: ["assetOwner"], others: "RwaNotAgent" }];
const OFFERING_LEDGER: readonly Access[] = [{ roles: ["ledger"], others: "OfferingNotLedger" }];
const OFFERING_AUTHORITY: readonly Access[] = [{ roles: ["authority"], others: "OfferingUnauthorized" }];
const OWNER: readonly Access[] = [{ roles: ["assetOwner"], others: "RwaNotOwner", note: "not his agents" }];

/** The rules of the contracts of regulated assets. */
export const RWA_ACCESS: Readonly<Record<"RwaCore" | "RwaAgency" | "RwaFacade" | "RwaOffering", ContractAccess>> = {
  RwaCore: {
    functions: {
      onLedgerCall: LEDGER,
      onLedgerBatch: LEDGER,
      onLedgerMovement: LEDGER,
      pledge: [{ roles: ["approvedCore"], others: "PledgeeNotApproved" }],
      release: PLEDGEE,
      seize: PLEDGEE,
      facadeTransfer: [{ roles: ["assetFacade"], others: "RwaNotFacade" }],
      setMarketApproval: AGENT,
      forcedTransfer: AGENT,
      setFrozenTokens: AGENT,
    },
    views: [
      ...["AGENCY", "LEDGER", "assetDecimals", "assetName", "assetOf", "assetSupply", "assetSymbol", "canReceive"],
      ...["canSend", "canTransfer", "getFrozenTokens", "incomeOf", "incomeStateOf", "isFrozen", "metadataOf"],
      ...[
        "marketApprovalOf",
        "mayBorrow",
        "movableOf",
        "isMarketApproved",
        "pledgeHolderOf",
        "pledgedOf",
        "pledgedTotal",
        "recordOf",
        "refusalOf",
        "requireTransfer",
      ],
      ...["approvalsOf", "countriesOf", "rolesOf", "supportsInterface"],
    ],
  },
  RwaAgency: {
    functions: {
      issue: AUTHORITY,
      setFeeRecipient: AUTHORITY,
      setAccount: REGISTRAR,
      setAccounts: REGISTRAR,
      setProtocol: REGISTRAR,
      refresh: [
        { roles: ["signature"], others: "EligibilityInvalidSignature", note: "of who may setAccount without delay" },
      ],
      transferOwnership: OWNER,
      acceptOwnership: [{ roles: ["nextAssetOwner"], others: "RwaNotOwner" }],
      setAgent: OWNER,
      setApproval: AGENT,
      setCountries: AGENT,
      setClasses: AGENT,
      setCap: AGENT,
      setHolderCap: AGENT,
      setModule: AGENT,
      setPaused: AGENT,
      mint: AGENT,
      burn: AGENT,
      setAccountFrozen: AGENT,
      setFrozenTokens: AGENT,
      forcedTransfer: AGENT,
      movePledge: AGENT,
      recover: AGENT,
      forceExit: AGENT,
      setDocument: AGENT,
      removeDocument: AGENT,
      createFacade: [{ roles: ["anyone"], note: "once for each asset" }],
    },
    views: [
      ...["FACADE_IMPLEMENTATION", "attestationDigest", "eip712Domain"],
      ...["eligibilityOf", "feeRecipient", "getAllDocuments", "getDocument", "isProtocol"],
    ],
  },
  RwaFacade: {
    functions: {
      transfer: [{ roles: ["owner"], others: "ERC7943CannotSend", note: "an eligible holder, of his own" }],
      batchTransfer: [{ roles: ["owner"], others: "ERC7943CannotSend" }],
      transferFrom: [{ roles: ["spender"], others: "ERC20InsufficientAllowance" }],
      approve: [{ roles: ["anyone"], note: "of his own units" }],
      mint: AGENT,
      burn: AGENT,
      forcedTransfer: AGENT,
      setFrozenTokens: AGENT,
      freezePartialTokens: AGENT,
      unfreezePartialTokens: AGENT,
      setAddressFrozen: AGENT,
      recoveryAddress: AGENT,
      pause: AGENT,
      unpause: AGENT,
    },
    views: [
      ...["allowance", "balanceOf", "canReceive", "canSend", "canTransfer", "compliance", "decimals"],
      ...["getFrozenTokens", "id", "identityRegistry", "isFrozen", "name", "onchainID", "paused"],
      ...["supportsInterface", "symbol", "totalSupply", "version"],
    ],
  },
  RwaOffering: {
    functions: {
      onLedgerCall: OFFERING_LEDGER,
      onLedgerBatch: OFFERING_LEDGER,
      setFee: OFFERING_AUTHORITY,
      setListingFee: OFFERING_AUTHORITY,
    },
    views: [
      ...[
        "LEDGER",
        "MAX_FEE",
        "PAYOUT_DELAY",
        "RWA",
        "SETTLEMENT",
        "allotmentOf",
        "canTransfer",
        "claimableOf",
        "costOf",
        "dueOf",
        "fee",
      ],
      ...["inventoryOf", "listingFeeOf", "previewCreate", "previewSubscribe", "statusOf", "termsOf", "totalsOf"],
    ],
  },
};
