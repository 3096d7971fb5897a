import { toBeHex, ZeroAddress, type ContractRunner } from "ethers";
import { IEligibilityRegistry__factory } from "../typechain-types/factories/interfaces/IEligibilityRegistry__factory.js";
import { IRwaActions__factory } from "../typechain-types/factories/interfaces/IRwaActions__factory.js";
import { IRwaAgency__factory } from "../typechain-types/factories/interfaces/IRwaAgency__factory.js";
import { RwaCore__factory } from "../typechain-types/factories/rwa/RwaCore__factory.js";
import { type IEligibilityRegistry } from "../typechain-types/interfaces/IEligibilityRegistry.js";
import { type IRwaAgency } from "../typechain-types/interfaces/IRwaAgency.js";
import { type RwaCore } from "../typechain-types/rwa/RwaCore.js";
import { assetId, checkAddress, nonZeroAddress, tokenId, type AssetLike } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { type LedgerCall, type LedgerClient } from "./ledger.js";
import { checkAmount, type Destination, type LakhRequest, type OnBehalf, type Source } from "./request.js";
import { createAgencyBuilders, type OfAsset } from "./rwa-agency.js";
import { createOfferingClient, type OfferingClient } from "./rwa-offering-client.js";
import {
  attestationTypedData,
  checkMidnight,
  checkRwaId,
  RWA_REFUSALS,
  type Attestation,
  type Eligibility,
  type RwaRefusal,
} from "./rwa-terms.js";

/** A regulated asset and what it pays, which name the book of its income. */
export type IncomeBook = OfAsset & { payAsset: AssetLike };

/** What every action on an income book says of its parties. */
export type IncomeAction = IncomeBook & {
  /** Receiver of what is paid out; the client's account unless given, without one whoever sends the request. */
  to?: string;
  source?: Source;
  destination?: Destination;
  /** Pays the wrapped-ether input with ether sent along. */
  payWithEther?: boolean;
};

/** What an account has of an asset, in units; income in units of what the asset pays. */
export type RwaHolding = {
  balance: bigint;
  /** What the account can move: neither frozen nor pledged. */
  movable: bigint;
  frozen: bigint;
  pledged: bigint;
  isFrozen: boolean;
  income: bigint;
};

/** What `createRwaClient` needs. */
export type RwaClientOptions = {
  address: string;
  /** The core of offerings. */
  offering: string;
  weth: string;
  ledger: LedgerClient;
  account?: string | undefined;
  runner?: ContractRunner | null | undefined;
};

const actions = IRwaActions__factory.createInterface();

/** `LedgerCall.data` of each action on an income book, unchecked. */
export const rwaActions = {
  distribute: (end: bigint): string => actions.encodeFunctionData("distribute", [end]),
  addIncome: (): string => actions.encodeFunctionData("addIncome"),
  claimIncome: (account: string): string => actions.encodeFunctionData("claimIncome", [account]),
  collectFees: (): string => actions.encodeFunctionData("collectFees"),
} as const;

/** Builds and reads what concerns regulated assets. Amounts are smallest units; builders throw `ValidationError`. */
export type RwaClient = ReturnType<typeof createRwaClient>;

/** The income book of an asset, as a ledger call names it. */
export function incomeBook({ rwa, id, payAsset }: IncomeBook & { rwa: string }): {
  protocol: string;
  key: string;
  asset0: bigint;
  asset1: bigint;
} {
  return { protocol: rwa, key: toBeHex(checkRwaId(id), 32), asset0: assetId(payAsset), asset1: 0n };
}

/** See `createLakh`. */
export function createRwaClient({ address, offering, weth, ledger, account, runner }: RwaClientOptions) {
  const rwa = nonZeroAddress(address, "rwa");
  const contract: RwaCore = RwaCore__factory.connect(rwa, runner ?? null);
  const agency: IRwaAgency = IRwaAgency__factory.connect(rwa, runner ?? null);
  const registry: IEligibilityRegistry = IEligibilityRegistry__factory.connect(rwa, runner ?? null);
  const offerings: OfferingClient = createOfferingClient({ address: offering, weth, ledger, account, runner });

  function build(options: IncomeAction, data: string, amount0 = 0n): LakhRequest<LedgerCall> {
    const { to, source = "ledger", destination = "ledger", payWithEther = false } = options;
    const book = incomeBook({ rwa, ...options });
    if (payWithEther && (book.asset0 !== tokenId(weth) || amount0 === 0n)) {
      throw new ValidationError("NativeAssetMissing", "The input that ether pays for is not wrapped ether", {});
    }
    const parties = { amount0, amount1: 0n, to: to ?? account ?? ZeroAddress };
    return ledger.call({ ...book, source, destination, data, ...parties }, payWithEther ? amount0 : 0n);
  }

  return {
    address: rwa,
    contract,
    /** What issuers and agents do, and the registry: views of the core's address. */
    agency,
    registry,
    /** Offerings: first sales and resales. */
    offering: offerings,
    ...createAgencyBuilders(rwa),

    /** Spreads `amount` over the days until the midnight `end`; an agent for income. */
    distribute({ amount, end, ...options }: IncomeAction & { amount: bigint; end: bigint }) {
      return build(options, rwaActions.distribute(checkMidnight(end)), checkAmount(amount, "amount"));
    },

    /** Adds `amount` to the income that flows; an agent for income. */
    addIncome({ amount, ...options }: IncomeAction & { amount: bigint }) {
      return build(options, rwaActions.addIncome(), checkAmount(amount, "amount"));
    },

    /** Pays out an account's income; of another as his operator on the ledger. */
    claimIncome({ account: owner, ...options }: IncomeAction & OnBehalf) {
      const holder = owner === undefined ? ZeroAddress : checkAddress(owner, "account");
      return build(options, rwaActions.claimIncome(holder));
    },

    /** Pays out the management fees of an asset; for the fee recipient. */
    collectManagementFees(options: IncomeAction) {
      return build(options, rwaActions.collectFees());
    },

    /** What an agent of the registry signs; `refresh` submits it. */
    async attestationTypedData({ attestation }: { attestation: Attestation }) {
      const network = await runner?.provider?.getNetwork();
      if (network === undefined) {
        throw new ValidationError(
          "NoProvider",
          "The chain's id is signed: give a provider, or use attestationTypedData",
        );
      }
      return attestationTypedData({ rwa, chainId: network.chainId, attestation });
    },

    /** What the registry says of an account, and when it was stated. */
    async eligibilityOf({ account: owner }: { account: string }): Promise<Eligibility & { updatedAt: bigint }> {
      const { eligibility, updatedAt } = await registry.eligibilityOf(owner);
      const { sendUntil, receiveUntil, country, classes } = eligibility;
      return { sendUntil, receiveUntil, country, classes, updatedAt };
    },

    /** What an account has of an asset. */
    async holdingOf({ id, account: owner }: OfAsset & { account: string }): Promise<RwaHolding> {
      const [balance, movable, frozen, pledged, isFrozen, income] = await Promise.all([
        ledger.contract.balanceOf(owner, id),
        contract.movableOf(owner, id),
        contract.getFrozenTokens(owner, id),
        contract.pledgedTotal(owner, id),
        contract.isFrozen(id, owner),
        contract.incomeOf(id, owner),
      ]);
      return { balance, movable, frozen, pledged, isFrozen, income };
    },

    /** Why a movement is refused, or "none". */
    async refusalOf({
      id,
      from,
      to,
      amount,
    }: OfAsset & { from: string; to: string; amount: bigint }): Promise<RwaRefusal> {
      return RWA_REFUSALS[Number(await contract.refusalOf(id, from, to, amount))] ?? "unknownAsset";
    },

    /** Where the asset and its income stand, with its name. */
    async assetOf({ id }: OfAsset) {
      const [state, income, metadata] = await Promise.all([
        contract.assetOf(id),
        contract.incomeStateOf(id),
        contract.metadataOf(id),
      ]);
      const [name, symbol, decimals] = metadata;
      return { name, symbol, decimals, state, income };
    },
  };
}
