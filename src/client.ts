import { type ContractRunner } from "ethers";
import { type AccountDirectory } from "../typechain-types/core/AccountDirectory.js";
import { type AddressBook } from "../typechain-types/core/AddressBook.js";
import { type Settlement } from "../typechain-types/core/Settlement.js";
import { AccountDirectory__factory } from "../typechain-types/factories/core/AccountDirectory__factory.js";
import { AddressBook__factory } from "../typechain-types/factories/core/AddressBook__factory.js";
import { Settlement__factory } from "../typechain-types/factories/core/Settlement__factory.js";
import { LedgerLens__factory } from "../typechain-types/factories/periphery/LedgerLens__factory.js";
import { type LedgerLens } from "../typechain-types/periphery/LedgerLens.js";
import { createAmmClient, type AmmClient } from "./amm.js";
import { nonZeroAddress } from "./assets.js";
import { createInsuranceClient, type InsuranceClient } from "./insurance.js";
import { createLedgerClient, type LedgerClient } from "./ledger.js";
import { createLendingClient, type LendingClient } from "./lending.js";
import { createMerkleClient, type MerkleClient } from "./merkle-client.js";
import { createRwaClient, type RwaClient } from "./rwa.js";
import { createStakingClient, type StakingClient } from "./staking.js";

/** Where the suite is deployed. */
export type LakhAddresses = {
  ledger: string;
  amm: string;
  ammLens: string;
  lending: string;
  lendingLens: string;
  staking: string;
  merkleDistributor: string;
  /** The cores of regulated assets and of their offerings; a deployment may be without. */
  rwa?: string;
  rwaOffering?: string;
  /** The underwriting pools and the desk that sells their cover; a deployment may be without. */
  underwritingPool?: string;
  coverDesk?: string;
  ledgerLens: string;
  addressBook: string;
  directory: string;
  settlement: string;
  weth: string;
  permit2: string;
};

/** What `createLakh` needs: addresses, a runner for reads, and the account that requests are for. */
export type LakhOptions = {
  addresses: LakhAddresses;
  /** Provider or signer for reads; builders need none. */
  runner?: ContractRunner | null;
  /** Receiver where a request names none; the address of a signer given as runner unless given. */
  account?: string;
};

/** A client of one deployment. */
export type Lakh = {
  addresses: LakhAddresses;
  ledger: LedgerClient;
  amm: AmmClient;
  lending: LendingClient;
  staking: StakingClient;
  /** Rewards by Merkle roots; their trees are built by `RewardTree`. */
  merkle: MerkleClient;
  /** Regulated assets and their offerings, where both cores are named. */
  rwa?: RwaClient;
  /** Underwriting pools and cover, where both contracts are named. */
  insurance?: InsuranceClient;
  /** ERC-6909 metadata and decoded words. */
  lens: LedgerLens;
  /** Keys of accounts; see `proveKnowledge` and `registerTypedData`. */
  directory: AccountDirectory;
  /** Short ids of receivers without a key. */
  addressBook: AddressBook;
  /** Executes batches; see `buildBatches` and `checkAndSign`. */
  settlement: Settlement;
};

/** The addresses of a deployment with regulated assets. */
export type RwaAddresses = LakhAddresses & { rwa: string; rwaOffering: string };
/** The addresses of a deployment with insurance. */
export type InsuranceAddresses = LakhAddresses & { underwritingPool: string; coverDesk: string };

/** A client with what its addresses name. */
export type LakhOf<A extends LakhAddresses> = Lakh &
  (A extends RwaAddresses ? { rwa: RwaClient } : unknown) &
  (A extends InsuranceAddresses ? { insurance: InsuranceClient } : unknown);

/**
 * A client of the deployment at `addresses`. `lakh.ledger`, `lakh.amm`, `lakh.lending`, `lakh.staking`, `lakh.merkle`, `lakh.rwa`
 * and `lakh.insurance` build typed requests for `sendRequest(signer, request)`; nothing is sent here.
 */
export function createLakh<A extends LakhAddresses>({
  addresses,
  runner,
  account,
}: LakhOptions & { addresses: A }): LakhOf<A> {
  const { weth, permit2 } = addresses;
  const common = { account: account ?? addressOf(runner), runner };
  const ledger = createLedgerClient({ address: addresses.ledger, weth, permit2, ...common });
  const { rwa, rwaOffering: offering } = addresses;
  const hasRwa = rwa !== undefined && offering !== undefined;
  const { underwritingPool: pools, coverDesk: desk } = addresses;
  const hasInsurance = pools !== undefined && desk !== undefined;
  const lakh: Lakh = {
    addresses,
    ledger,
    amm: createAmmClient({ address: addresses.amm, lens: addresses.ammLens, weth, ledger, ...common }),
    lending: createLendingClient({
      ...{ address: addresses.lending, lens: addresses.lendingLens, weth, ledger, ...common },
    }),
    staking: createStakingClient({ address: addresses.staking, weth, ledger, ...common }),
    merkle: createMerkleClient({ address: addresses.merkleDistributor, ...common }),
    ...(hasRwa ? { rwa: createRwaClient({ address: rwa, offering, weth, ledger, ...common }) } : {}),
    ...(hasInsurance ? { insurance: createInsuranceClient({ pools, desk, weth, ledger, ...common }) } : {}),
    lens: LedgerLens__factory.connect(nonZeroAddress(addresses.ledgerLens, "ledgerLens"), runner ?? null),
    directory: AccountDirectory__factory.connect(nonZeroAddress(addresses.directory, "directory"), runner ?? null),
    addressBook: AddressBook__factory.connect(nonZeroAddress(addresses.addressBook, "addressBook"), runner ?? null),
    settlement: Settlement__factory.connect(nonZeroAddress(addresses.settlement, "settlement"), runner ?? null),
  };
  return lakh as LakhOf<A>;
}

/** A signer knows its address at once. */
function addressOf(runner: ContractRunner | null | undefined): string | undefined {
  if (runner === null || runner === undefined || !("address" in runner)) return undefined;
  return typeof runner.address === "string" ? runner.address : undefined;
}
