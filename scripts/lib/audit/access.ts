import { INSURANCE_ACCESS } from "./access-insurance.js";
import { RWA_ACCESS } from "./access-rwa.js";

/** Who may call something, as the code knows him. */
export const ROLES = {
  anyone: "any account or contract; it acts for itself",
  owner: "the account whose balance or wallet it is",
  operator: "an operator that the owner set (ERC-6909)",
  spender: "an account with an allowance of the owner for the id",
  signature: "anyone who brings the account's signature of just this",
  issuer: "the issuer of the id, fixed when the id was issued",
  ruler: "the issuer of an id with RULES",
  core: "a contract that the authority listed as a core",
  settlement: "a settlement version that is listed and not switched off",
  authority: "who the AccessManager lets make this call; `restricted`",
  factory: "the facade factory that the ledger deployed",
  facade: "the ERC-20 facade of the id",
  ledger: "the ledger of the core",
  self: "the contract itself",
  weth: "wrapped ether, when it is unwrapped",
  account: "the account that the key is bound to",
  vaultOwner: "the owner of the vault",
  nextOwner: "the account that the owner named as the next one",
  curator: "the vault's curator, and its owner",
  allocator: "an allocator of the vault, its curator and its owner",
  guardian: "the vault's guardian, and its owner",
  pledgee: "the protocol that the account allowed to take its shares as a pledge",
  relayer: "an account without code, in a transaction of its own",
  updater: "the updater of the distribution",
  arbiter: "the arbiter of the distribution",
  approvedCore: "a core that the asset's issuer approved as pledgee",
  assetFacade: "the facade of the regulated asset",
  assetOwner: "the regulated asset's owner, and his agents for it",
  desk: "the desk that the underwriting pool's terms name",
  poolManager: "the manager that the underwriting pool's terms name",
  bonded: "a reporter who has posted his bond",
  nextAssetOwner: "the account to which the owner offered the regulated asset",
} as const;

export type Role = keyof typeof ROLES;

/** One way to use a function that changes state. */
export type Access = {
  /** What is meant, where a function has more than one rule. */
  case?: string;
  roles: readonly Role[];
  /** The error that everybody else gets; none where anyone may. */
  others?: string;
  /** What a call gets while the ledger's lock is held: in a callback of a token, a protocol or an issuer. */
  locked?: "LedgerLocked";
  note?: string;
};

export type ContractAccess = {
  /** By name; `receive` is the plain transfer of ether. */
  functions: Readonly<Record<string, readonly Access[]>>;
  /** Functions that read: anyone, at any time. */
  views: readonly string[];
};

const LOCKED = "LedgerLocked";
const NOT_OWNER = "OwnableUnauthorizedAccount";
const ANYONE: Access = { roles: ["anyone"] };

/** The rules of every external function of every deployable contract, kept equal to the ABIs by the generator. */
export const ACCESS: Readonly<Record<string, ContractAccess>> = {
  Ledger: {
    functions: {
      transfer: [{ roles: ["owner"], others: "LedgerInsufficientBalance", locked: LOCKED }],
      transferFrom: [
        { roles: ["owner", "operator", "spender"], others: "LedgerInsufficientAllowance", locked: LOCKED },
      ],
      approve: [{ ...ANYONE, note: "of his own balances" }],
      setOperator: [{ ...ANYONE, note: "of his own balances" }],
      deposit: [
        { roles: ["owner"], others: "ERC20InsufficientAllowance", locked: LOCKED, note: "the token's own error" },
      ],
      depositNative: [{ ...ANYONE, locked: LOCKED, note: "with his ether" }],
      depositWithPermit2: [
        {
          roles: ["signature"],
          others: "InvalidSigner",
          locked: LOCKED,
          note: "Permit2's error; receiver and minimum are signed",
        },
      ],
      withdraw: [{ roles: ["owner"], others: "LedgerInsufficientBalance", locked: LOCKED }],
      withdrawNative: [{ roles: ["owner"], others: "LedgerInsufficientBalance", locked: LOCKED }],
      permit: [{ ...ANYONE, locked: LOCKED, note: "for his own allowance to the ledger" }],
      permit2: [{ ...ANYONE, locked: LOCKED, note: "for his own allowance to the ledger" }],
      flashLoan: [{ ...ANYONE, locked: LOCKED, note: "the receiver must answer and repay by its own allowance" }],
      multicall: [{ ...ANYONE, note: "each step is checked as if it came alone" }],
      call: [{ roles: ["owner"], others: "LedgerInsufficientBalance", locked: LOCKED }],
      callPath: [{ roles: ["owner"], others: "LedgerInsufficientBalance", locked: LOCKED }],
      issueAsset: [
        { ...ANYONE, case: "without NOTIFY", note: "in his own name space" },
        { case: "with NOTIFY", roles: ["core"], others: "LedgerNotListed", note: "the issuer must be a core too" },
      ],
      mint: [{ roles: ["issuer"], others: "LedgerNotIssuer", locked: LOCKED }],
      burn: [
        { case: "from himself", roles: ["issuer"], others: "LedgerNotIssuer", locked: LOCKED },
        {
          case: "from others",
          roles: ["ruler"],
          others: "LedgerNotIssuer",
          locked: LOCKED,
          note: "never from a core: `LedgerForcedFromProtocol`",
        },
      ],
      forceTransfer: [
        {
          roles: ["ruler"],
          others: "LedgerNotIssuer",
          locked: LOCKED,
          note: "never from a core: `LedgerForcedFromProtocol`",
        },
      ],
      setFrozen: [{ roles: ["ruler"], others: "LedgerNotIssuer" }],
      setFacade: [{ roles: ["factory"], others: "LedgerNotFacade" }],
      facadeTransfer: [{ roles: ["facade"], others: "LedgerNotFacade", locked: LOCKED }],
      facadeApprove: [{ roles: ["facade"], others: "LedgerNotFacade" }],
      setConsent: [{ ...ANYONE, note: "on his own word" }],
      cancel: [{ ...ANYONE, note: "on his own word" }],
      settle: [
        {
          roles: ["settlement"],
          others: "LedgerNotSettlement",
          locked: LOCKED,
          note: "switched off: `LedgerSettlementSwitchedOff`; it moves words that consent to it",
        },
      ],
      settleFrame: [{ roles: ["self"], others: "LedgerNotSelf", locked: LOCKED }],
      listCore: [{ roles: ["authority"], others: "LedgerUnauthorized" }],
      listSettlement: [{ roles: ["authority"], others: "LedgerUnauthorized" }],
      switchSettlement: [{ roles: ["authority"], others: "LedgerUnauthorized" }],
      receive: [{ roles: ["weth"], others: "LedgerUnexpectedEther" }],
    },
    views: [
      ...["allowance", "AUTHORITY", "balanceOf", "bookOf", "facadeOf", "FACADES", "flashFee", "homeOf", "isCore"],
      ...["isOperator", "issuerOf", "maxFlashLoan", "PERMIT2", "settlementOf", "supportsInterface", "WETH", "wordOf"],
    ],
  },
  FacadeFactory: {
    functions: { createFacade: [{ ...ANYONE, note: "the address and what it shows follow from the id" }] },
    views: ["IMPLEMENTATION", "LEDGER"],
  },
  LedgerFacade: {
    functions: {
      transfer: [{ roles: ["owner"], others: "LedgerInsufficientBalance", locked: LOCKED }],
      transferFrom: [
        {
          roles: ["owner", "spender"],
          others: "LedgerInsufficientAllowance",
          locked: LOCKED,
          note: "operators act in the ledger only",
        },
      ],
      approve: [{ ...ANYONE, note: "of his own balance" }],
    },
    views: ["allowance", "balanceOf", "decimals", "id", "LEDGER", "name", "symbol", "totalSupply"],
  },
  Settlement: {
    functions: {
      settle: [
        {
          roles: ["relayer"],
          others: "SettlementRelayerHasCode",
          note: "what it does is signed by those whose words it moves",
        },
      ],
    },
    views: ["digestOf", "DIRECTORY", "eip712Domain", "lastNumberOf", "LEDGER", "maskOf"],
  },
  AccountDirectory: {
    functions: {
      register: [
        { roles: ["account", "signature"], others: "DirectoryBadSignature", note: "and a proof of the key's secret" },
      ],
      revoke: [{ roles: ["account"], others: "DirectoryNotAccount" }],
      revokeBySignature: [{ roles: ["signature"], others: "DirectoryBadSignature" }],
    },
    views: [
      ...["accountOf", "ADDRESS_BOOK", "eip712Domain", "idOfKey", "isRevoked", "pageAt", "pageCount", "recordOf"],
      ...["revokedIn", "revokedPages"],
    ],
  },
  AddressBook: {
    functions: { list: [{ ...ANYONE, note: "an id gives no right" }] },
    views: ["accountOf", "pageAt", "pageCount"],
  },
  AmmCore: {
    functions: {
      onLedgerCall: [{ roles: ["ledger"], others: "AmmNotLedger" }],
      onLedgerBatch: [{ roles: ["ledger"], others: "AmmNotLedger" }],
      forceExit: [{ roles: ["ruler"], others: "AmmUnauthorized", note: "of an asset of the pool" }],
      setProtocolFee: [{ roles: ["authority"], others: "AmmUnauthorized" }],
    },
    views: [
      ...["assetDecimals", "assetName", "assetSupply", "assetSymbol", "canTransfer", "consult", "LEDGER", "LIQUIDITY"],
      ...["onLedgerMovement", "poolOf", "protocolFee", "shareIdOf"],
    ],
  },
  AmmLiquidity: {
    functions: {
      onLedgerCall: [{ roles: [], others: "AmmNotCore", note: "the core's own code, by `delegatecall`" }],
      onLedgerBatch: [{ roles: [], others: "AmmNotCore", note: "the core's own code, by `delegatecall`" }],
      forceExit: [{ roles: [], others: "AmmNotCore", note: "the core's own code, by `delegatecall`" }],
    },
    views: [],
  },
  AmmLens: {
    functions: {},
    views: [
      "AMM",
      "LEDGER",
      "poolOf",
      "quoteAdd",
      "quoteCreate",
      "quoteExactIn",
      "quoteExactOut",
      "quotePathExactIn",
      "quotePathExactOut",
      "quoteRemove",
    ],
  },
  LendingCore: {
    functions: {
      onLedgerCall: [{ roles: ["ledger"], others: "LendingNotLedger" }],
      onLedgerBatch: [{ roles: ["ledger"], others: "LendingNotLedger" }],
      seize: [{ ...ANYONE, note: "to the liquidator, of what he liquidated; moves nothing else" }],
      enableLltv: [{ roles: ["authority"], others: "LendingUnauthorized" }],
      enableRateModel: [{ roles: ["authority"], others: "LendingUnauthorized" }],
      setFee: [{ roles: ["authority"], others: "LendingUnauthorized" }],
      setFeeRecipient: [{ roles: ["authority"], others: "LendingUnauthorized" }],
    },
    views: [
      ...["assetDecimals", "assetName", "assetSupply", "assetSymbol", "feeRecipient", "isLltvEnabled"],
      ...["isRateModelEnabled", "LEDGER", "marketOf", "paramsOf", "positionOf", "seizableOf", "shareIdOf"],
    ],
  },
  StakingCore: {
    functions: {
      onLedgerCall: [{ roles: ["ledger"], others: "StakingNotLedger" }],
      onLedgerBatch: [{ roles: ["ledger"], others: "StakingNotLedger" }],
      onLedgerMovement: [{ roles: ["ledger"], others: "StakingNotLedger" }],
      issueReceipt: [{ ...ANYONE, note: "once for each pool" }],
      pledge: [{ roles: ["pledgee"], others: "PledgeeNotApproved" }],
      release: [{ roles: ["pledgee"], others: "PledgeInsufficient" }],
      seize: [{ roles: ["pledgee"], others: "PledgeInsufficient" }],
    },
    views: [
      "LEDGER",
      "totalsOf",
      "termsOf",
      "streamOf",
      "positionOf",
      "slashingOf",
      "queueOf",
      "requestOf",
      "checkpointOf",
      "pledgeAllowanceOf",
      "canTransfer",
      "mayBorrow",
      "isMarketApproved",
      "pledgeHolderOf",
      "pledgedOf",
      "pledgedTotal",
      "assetName",
      "assetSymbol",
      "assetDecimals",
      "assetSupply",
    ],
  },
  StakingLens: {
    functions: {},
    views: ["STAKING", "LEDGER", "poolOf", "positionOf", "earned", "previewStake", "previewUnstake", "requestOf"],
  },
  InsuranceLens: {
    functions: {},
    views: [
      ...["DESK", "LEDGER", "POOLS", "coverOf", "coversOf", "poolOf", "previewDeposit", "previewExit", "requestOf"],
      "underwriterOf",
    ],
  },
  RwaLens: {
    functions: {},
    views: ["LEDGER", "OFFERING", "RWA", "assetOf", "holdingOf", "holdingsOf", "offeringOf", "registerOf"],
  },
  LendingLens: {
    functions: {},
    views: [
      ...["LEDGER", "LENDING", "healthFactor", "marketOf", "maxBorrow", "maxWithdraw", "maxWithdrawCollateral"],
      ...["positionOf", "previewBorrow", "previewLiquidate", "previewRedeem", "previewRepay", "previewSupply"],
      ...["previewSupplyShares", "previewWithdraw"],
    ],
  },
  StakedVault: {
    functions: {
      deposit: [{ roles: ["owner"], others: "ERC20InsufficientAllowance", note: "the token's own error" }],
      mint: [{ roles: ["owner"], others: "ERC20InsufficientAllowance", note: "the token's own error" }],
      withdraw: [
        {
          roles: ["owner", "operator"],
          others: "StakedVaultNotOperator",
          note: "the controller's, set in the vault; without a cooldown the owner or a spender of shares",
        },
      ],
      redeem: [
        {
          roles: ["owner", "operator"],
          others: "StakedVaultNotOperator",
          note: "the controller's, set in the vault; without a cooldown the owner or a spender of shares",
        },
      ],
      requestRedeem: [
        {
          roles: ["owner", "operator", "spender"],
          others: "ERC20InsufficientAllowance",
          note: "owner and operator for the owner; everybody for himself and whose operator he is",
        },
      ],
      setOperator: [{ ...ANYONE, note: "of his own shares and claims" }],
      transfer: [{ roles: ["owner"], others: "ERC20InsufficientBalance" }],
      transferFrom: [{ roles: ["owner", "spender"], others: "ERC20InsufficientAllowance" }],
      approve: [{ ...ANYONE, note: "of his own shares" }],
      permit: [{ roles: ["signature"], others: "ERC2612InvalidSigner" }],
      harvest: [ANYONE],
      buyRewards: [{ ...ANYONE, note: "at the price" }],
    },
    views: [
      ...["DOMAIN_SEPARATOR", "DRIP_PERIOD", "LEDGER", "POOL", "STAKING", "allowance", "asset", "auctionOf"],
      ...["auctionTerms", "balanceOf", "claimableRedeemRequest", "convertToAssets", "convertToShares", "decimals"],
      ...["eip712Domain", "isOperator", "maxDeposit", "maxMint", "maxRedeem", "maxWithdraw", "name", "nonces"],
      ...["pendingRedeemRequest", "previewBuy", "previewDeposit", "previewMint", "previewRedeem", "previewWithdraw"],
      ...["requestsOf", "share", "stakeOf", "supportsInterface", "symbol", "totalAssets", "totalSupply", "waiting"],
    ],
  },
  LendingVault: {
    functions: {
      deposit: [{ roles: ["owner"], others: "ERC20InsufficientAllowance", note: "the token's own error" }],
      mint: [{ roles: ["owner"], others: "ERC20InsufficientAllowance", note: "the token's own error" }],
      withdraw: [{ roles: ["owner", "spender"], others: "ERC20InsufficientAllowance" }],
      redeem: [{ roles: ["owner", "spender"], others: "ERC20InsufficientAllowance" }],
      transfer: [{ roles: ["owner"], others: "ERC20InsufficientBalance" }],
      transferFrom: [{ roles: ["owner", "spender"], others: "ERC20InsufficientAllowance" }],
      approve: [{ ...ANYONE, note: "of his own shares" }],
      setCurator: [{ roles: ["vaultOwner"], others: NOT_OWNER }],
      setAllocator: [{ roles: ["vaultOwner"], others: NOT_OWNER }],
      setFee: [{ roles: ["vaultOwner"], others: NOT_OWNER }],
      setFeeRecipient: [{ roles: ["vaultOwner"], others: NOT_OWNER }],
      submitTimelock: [{ roles: ["vaultOwner"], others: NOT_OWNER, note: "a shorter one waits" }],
      submitGuardian: [{ roles: ["vaultOwner"], others: NOT_OWNER, note: "waits, unless there was none" }],
      transferOwnership: [{ roles: ["vaultOwner"], others: NOT_OWNER, note: "the next owner must accept" }],
      acceptOwnership: [{ roles: ["nextOwner"], others: NOT_OWNER }],
      renounceOwnership: [{ roles: ["vaultOwner"], others: NOT_OWNER }],
      submitCap: [{ roles: ["curator"], others: "VaultUnauthorized", note: "a higher one waits" }],
      submitRemoval: [{ roles: ["curator"], others: "VaultUnauthorized", note: "waits" }],
      acceptTimelock: [{ ...ANYONE, note: "after the timelock" }],
      acceptGuardian: [{ ...ANYONE, note: "after the timelock" }],
      acceptCap: [{ ...ANYONE, note: "after the timelock" }],
      revokeTimelock: [{ roles: ["guardian"], others: "VaultUnauthorized" }],
      revokeGuardian: [{ roles: ["guardian"], others: "VaultUnauthorized" }],
      revokeCap: [{ roles: ["curator", "guardian"], others: "VaultUnauthorized" }],
      revokeRemoval: [{ roles: ["curator", "guardian"], others: "VaultUnauthorized" }],
      setSupplyQueue: [{ roles: ["allocator"], others: "VaultUnauthorized" }],
      setWithdrawQueue: [{ roles: ["allocator"], others: "VaultUnauthorized" }],
      reallocate: [{ roles: ["allocator"], others: "VaultUnauthorized", note: "between enabled markets and idle" }],
    },
    views: [
      ...["LEDGER", "LENDING", "allowance", "asset", "assetsIn", "balanceOf", "convertToAssets", "convertToShares"],
      ...["curator", "decimals", "fee", "feeRecipient", "guardian", "idle", "isAllocator", "lastTotalAssets"],
      ...["marketConfigOf", "maxDeposit", "maxMint", "maxRedeem", "maxWithdraw", "name", "owner", "pendingCapOf"],
      ...["pendingGuardian", "pendingOwner", "pendingTimelock", "previewDeposit", "previewMint", "previewRedeem"],
      ...["previewWithdraw", "supplyQueue", "symbol", "timelock", "totalAssets", "totalSupply", "withdrawQueue"],
    ],
  },
  FlashLiquidator: {
    functions: {
      liquidate: [{ ...ANYONE, locked: LOCKED, note: "with borrowed money; all profit is his" }],
      onFlashLoan: [
        { roles: ["ledger"], others: "LiquidatorNotLedger", note: "of its own loan: else `LiquidatorNotInitiator`" },
      ],
    },
    views: ["AMM", "LEDGER", "LENDING"],
  },
  MerkleDistributor: {
    functions: {
      createDistribution: [{ ...ANYONE, note: "in his own name, without a say over it" }],
      fund: [{ ...ANYONE, locked: LOCKED, note: "from his own ledger balance" }],
      fundFromWallet: [{ ...ANYONE, note: "from his own wallet" }],
      submitRoot: [{ roles: ["updater"], others: "MerkleNotUpdater", note: "waits, and can be disputed" }],
      withdrawRoot: [{ roles: ["updater"], others: "MerkleNotUpdater", note: "one that waits, undisputed" }],
      dispute: [{ ...ANYONE, note: "for the bond" }],
      resolveDispute: [{ roles: ["arbiter"], others: "MerkleNotArbiter", note: "within the decision period" }],
      expireDispute: [{ ...ANYONE, note: "after the decision period" }],
      claim: [{ ...ANYONE, locked: LOCKED, note: "paid to the account of the proof" }],
      claimTo: [{ roles: ["owner", "operator"], others: "MerkleNotOperator" }],
      claimToWallet: [{ roles: ["owner", "operator"], others: "MerkleNotOperator" }],
      claimMany: [{ ...ANYONE, locked: LOCKED, note: "paid to the accounts of the proofs" }],
    },
    views: [
      ...["DECISION_PERIOD", "LEDGER", "claimable", "claimedOf", "distributionOf", "idOf", "pendingRootOf", "rootOf"],
    ],
  },
  LedgerLens: {
    functions: {},
    views: ["decimals", "holdingOf", "issuedId", "LEDGER", "name", "symbol", "tokenId"],
  },
  KinkedRateModel: {
    functions: {},
    views: ["BASE", "borrowRate", "KINK", "rateAt", "SLOPE_ABOVE", "SLOPE_BELOW"],
  },
  ChainlinkOracle: { functions: {}, views: ["borrowPrice", "feeds", "price"] },
  SequencerGate: { functions: {}, views: ["borrowPrice", "GRACE_PERIOD", "ORACLE", "price", "UPTIME_FEED"] },
  VaultRateFeed: {
    functions: { moveReference: [{ ...ANYONE, note: "never faster than the growth, and never down" }] },
    views: ["cap", "decimals", "GROWTH", "HEADROOM", "lastReference", "latestRoundData", "VAULT"],
  },
  AmmTwapOracle: {
    functions: {},
    views: [
      ...["AMM", "borrowPrice", "IS_COLLATERAL_0", "LEDGER", "MINIMUM_0", "MINIMUM_1", "poolKey", "price", "WINDOW"],
    ],
  },
  NavOracle: {
    functions: {
      report: [{ roles: ["authority"], others: "OracleUnauthorized", note: "counts as far as the bound only" }],
    },
    views: [
      ...["AUTHORITY", "borrowPrice", "current", "decimals", "description", "getRoundData", "latestRoundData"],
      ...["MAX_AGE", "MAX_CHANGE", "PERIOD", "price", "version"],
    ],
  },
  ...RWA_ACCESS,
  ...INSURANCE_ACCESS,
};
