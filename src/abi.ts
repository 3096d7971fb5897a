/**
 * The ABIs as constants: the names in them are types.
 * @module
 */
import { AmmCore__factory } from "../typechain-types/factories/amm/AmmCore__factory.js";
import { AmmLiquidity__factory } from "../typechain-types/factories/amm/AmmLiquidity__factory.js";
import { AccountDirectory__factory } from "../typechain-types/factories/core/AccountDirectory__factory.js";
import { AddressBook__factory } from "../typechain-types/factories/core/AddressBook__factory.js";
import { FacadeFactory__factory } from "../typechain-types/factories/core/FacadeFactory__factory.js";
import { LedgerFacade__factory } from "../typechain-types/factories/core/LedgerFacade__factory.js";
import { Ledger__factory } from "../typechain-types/factories/core/Ledger__factory.js";
import { CoverDesk__factory } from "../typechain-types/factories/insurance/CoverDesk__factory.js";
import { UnderwritingPool__factory } from "../typechain-types/factories/insurance/UnderwritingPool__factory.js";
import { IAccountDirectory__factory } from "../typechain-types/factories/interfaces/IAccountDirectory__factory.js";
import { IAddressBook__factory } from "../typechain-types/factories/interfaces/IAddressBook__factory.js";
import { IAmmActions__factory } from "../typechain-types/factories/interfaces/IAmmActions__factory.js";
import { IAmmCore__factory } from "../typechain-types/factories/interfaces/IAmmCore__factory.js";
import { IAssetIssuer__factory } from "../typechain-types/factories/interfaces/IAssetIssuer__factory.js";
import { IAssetMetadata__factory } from "../typechain-types/factories/interfaces/IAssetMetadata__factory.js";
import { ICoverActions__factory } from "../typechain-types/factories/interfaces/ICoverActions__factory.js";
import { ICoverDesk__factory } from "../typechain-types/factories/interfaces/ICoverDesk__factory.js";
import { ICoverOracle__factory } from "../typechain-types/factories/interfaces/ICoverOracle__factory.js";
import { IEligibilityRegistry__factory } from "../typechain-types/factories/interfaces/IEligibilityRegistry__factory.js";
import { ILedgerProtocol__factory } from "../typechain-types/factories/interfaces/ILedgerProtocol__factory.js";
import { IInterestRateModel__factory } from "../typechain-types/factories/interfaces/IInterestRateModel__factory.js";
import { ILendingActions__factory } from "../typechain-types/factories/interfaces/ILendingActions__factory.js";
import { ILendingCore__factory } from "../typechain-types/factories/interfaces/ILendingCore__factory.js";
import { ILedger__factory } from "../typechain-types/factories/interfaces/ILedger__factory.js";
import { ILendingVault__factory } from "../typechain-types/factories/interfaces/ILendingVault__factory.js";
import { IMerkleDistributor__factory } from "../typechain-types/factories/interfaces/IMerkleDistributor__factory.js";
import { IPledgeable__factory } from "../typechain-types/factories/interfaces/IPledgeable__factory.js";
import { IPriceOracle__factory } from "../typechain-types/factories/interfaces/IPriceOracle__factory.js";
import { IRwaActions__factory } from "../typechain-types/factories/interfaces/IRwaActions__factory.js";
import { IRwaAgency__factory } from "../typechain-types/factories/interfaces/IRwaAgency__factory.js";
import { IRwaCore__factory } from "../typechain-types/factories/interfaces/IRwaCore__factory.js";
import { IRwaOffering__factory } from "../typechain-types/factories/interfaces/IRwaOffering__factory.js";
import { IRwaOfferingActions__factory } from "../typechain-types/factories/interfaces/IRwaOfferingActions__factory.js";
import { IRwaFacade__factory } from "../typechain-types/factories/interfaces/IRwaFacade__factory.js";
import { IStakedVault__factory } from "../typechain-types/factories/interfaces/IStakedVault__factory.js";
import { IStakingActions__factory } from "../typechain-types/factories/interfaces/IStakingActions__factory.js";
import { IStakingCore__factory } from "../typechain-types/factories/interfaces/IStakingCore__factory.js";
import { ISettlement__factory } from "../typechain-types/factories/interfaces/ISettlement__factory.js";
import { IUnderwritingActions__factory } from "../typechain-types/factories/interfaces/IUnderwritingActions__factory.js";
import { IUnderwritingPool__factory } from "../typechain-types/factories/interfaces/IUnderwritingPool__factory.js";
import { LendingCore__factory } from "../typechain-types/factories/lending/LendingCore__factory.js";
import { KinkedRateModel__factory } from "../typechain-types/factories/lending/KinkedRateModel__factory.js";
import { AmmTwapOracle__factory } from "../typechain-types/factories/oracle/AmmTwapOracle__factory.js";
import { ChainlinkOracle__factory } from "../typechain-types/factories/oracle/ChainlinkOracle__factory.js";
import { FeedTrigger__factory } from "../typechain-types/factories/oracle/FeedTrigger__factory.js";
import { NavOracle__factory } from "../typechain-types/factories/oracle/NavOracle__factory.js";
import { ReporterOracle__factory } from "../typechain-types/factories/oracle/ReporterOracle__factory.js";
import { SequencerGate__factory } from "../typechain-types/factories/oracle/SequencerGate__factory.js";
import { VaultRateFeed__factory } from "../typechain-types/factories/oracle/VaultRateFeed__factory.js";
import { AmmLens__factory } from "../typechain-types/factories/periphery/AmmLens__factory.js";
import { FlashLiquidator__factory } from "../typechain-types/factories/periphery/FlashLiquidator__factory.js";
import { InsuranceLens__factory } from "../typechain-types/factories/periphery/InsuranceLens__factory.js";
import { LedgerLens__factory } from "../typechain-types/factories/periphery/LedgerLens__factory.js";
import { LendingLens__factory } from "../typechain-types/factories/periphery/LendingLens__factory.js";
import { LendingVault__factory } from "../typechain-types/factories/periphery/LendingVault__factory.js";
import { StakingLens__factory } from "../typechain-types/factories/periphery/StakingLens__factory.js";
import { StakedVault__factory } from "../typechain-types/factories/periphery/StakedVault__factory.js";
import { RwaAgency__factory } from "../typechain-types/factories/rwa/RwaAgency__factory.js";
import { RwaCore__factory } from "../typechain-types/factories/rwa/RwaCore__factory.js";
import { RwaFacade__factory } from "../typechain-types/factories/rwa/RwaFacade__factory.js";
import { RwaLens__factory } from "../typechain-types/factories/periphery/RwaLens__factory.js";
import { RwaOffering__factory } from "../typechain-types/factories/rwa/RwaOffering__factory.js";
import { MerkleDistributor__factory } from "../typechain-types/factories/staking/MerkleDistributor__factory.js";
import { StakingCore__factory } from "../typechain-types/factories/staking/StakingCore__factory.js";

/** The ABIs of the suite, by contract, as the bindings hold them. */
export const abis = {
  Ledger: Ledger__factory.abi,
  FacadeFactory: FacadeFactory__factory.abi,
  LedgerFacade: LedgerFacade__factory.abi,
  AccountDirectory: AccountDirectory__factory.abi,
  AddressBook: AddressBook__factory.abi,
  AmmCore: AmmCore__factory.abi,
  AmmLiquidity: AmmLiquidity__factory.abi,
  AmmLens: AmmLens__factory.abi,
  LendingCore: LendingCore__factory.abi,
  LendingLens: LendingLens__factory.abi,
  StakingCore: StakingCore__factory.abi,
  StakingLens: StakingLens__factory.abi,
  FlashLiquidator: FlashLiquidator__factory.abi,
  LedgerLens: LedgerLens__factory.abi,
  KinkedRateModel: KinkedRateModel__factory.abi,
  ChainlinkOracle: ChainlinkOracle__factory.abi,
  SequencerGate: SequencerGate__factory.abi,
  VaultRateFeed: VaultRateFeed__factory.abi,
  AmmTwapOracle: AmmTwapOracle__factory.abi,
  NavOracle: NavOracle__factory.abi,
  LendingVault: LendingVault__factory.abi,
  StakedVault: StakedVault__factory.abi,
  MerkleDistributor: MerkleDistributor__factory.abi,
  RwaCore: RwaCore__factory.abi,
  RwaAgency: RwaAgency__factory.abi,
  RwaFacade: RwaFacade__factory.abi,
  RwaOffering: RwaOffering__factory.abi,
  RwaLens: RwaLens__factory.abi,
  InsuranceLens: InsuranceLens__factory.abi,
  UnderwritingPool: UnderwritingPool__factory.abi,
  CoverDesk: CoverDesk__factory.abi,
  FeedTrigger: FeedTrigger__factory.abi,
  ReporterOracle: ReporterOracle__factory.abi,
  ILedger: ILedger__factory.abi,
  ILedgerProtocol: ILedgerProtocol__factory.abi,
  IAccountDirectory: IAccountDirectory__factory.abi,
  IAddressBook: IAddressBook__factory.abi,
  IAmmActions: IAmmActions__factory.abi,
  IAmmCore: IAmmCore__factory.abi,
  IAssetIssuer: IAssetIssuer__factory.abi,
  IAssetMetadata: IAssetMetadata__factory.abi,
  ICoverActions: ICoverActions__factory.abi,
  ICoverDesk: ICoverDesk__factory.abi,
  ICoverOracle: ICoverOracle__factory.abi,
  IInterestRateModel: IInterestRateModel__factory.abi,
  IEligibilityRegistry: IEligibilityRegistry__factory.abi,
  ILendingActions: ILendingActions__factory.abi,
  ILendingCore: ILendingCore__factory.abi,
  IRwaActions: IRwaActions__factory.abi,
  IRwaAgency: IRwaAgency__factory.abi,
  IRwaCore: IRwaCore__factory.abi,
  IRwaFacade: IRwaFacade__factory.abi,
  IRwaOffering: IRwaOffering__factory.abi,
  IRwaOfferingActions: IRwaOfferingActions__factory.abi,
  IPledgeable: IPledgeable__factory.abi,
  IPriceOracle: IPriceOracle__factory.abi,
  ILendingVault: ILendingVault__factory.abi,
  IMerkleDistributor: IMerkleDistributor__factory.abi,
  ISettlement: ISettlement__factory.abi,
  IStakedVault: IStakedVault__factory.abi,
  IStakingActions: IStakingActions__factory.abi,
  IStakingCore: IStakingCore__factory.abi,
  IUnderwritingActions: IUnderwritingActions__factory.abi,
  IUnderwritingPool: IUnderwritingPool__factory.abi,
} as const;
