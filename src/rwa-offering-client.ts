import { ZeroAddress, type ContractRunner } from "ethers";
import { IRwaOfferingActions__factory } from "../typechain-types/factories/interfaces/IRwaOfferingActions__factory.js";
import { RwaOffering__factory } from "../typechain-types/factories/rwa/RwaOffering__factory.js";
import { type RwaOffering } from "../typechain-types/rwa/RwaOffering.js";
import { assetId, nonZeroAddress, tokenId, type AssetLike } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { type LedgerCall, type LedgerClient } from "./ledger.js";
import { ALL } from "./lending.js";
import { checkAmount, checkLimit, type Destination, type LakhRequest, type Source } from "./request.js";
import {
  checkOffering,
  MAX_OFFERING_FEE,
  OFFERING_OBSTACLES,
  OFFERING_PAYOUT_DELAY,
  OFFERING_STATUSES,
  offeringBook,
  offeringCost,
  offeringId,
  type Offering,
  type OfferingObstacle,
  type OfferingStatus,
} from "./rwa-offering.js";

/** Which offering is meant. */
export type OfOffering = { terms: Offering };

/** What every action says of its offering and its parties. */
export type OfferingAction = OfOffering & {
  /** Receiver of money; the client's account unless given, without one whoever sends the request. Units go to the sender alone. */
  to?: string;
  /** Where payments come from; the caller's ledger balance unless given. */
  source?: Source;
  /** Where money goes; the receiver's ledger balance unless given. */
  destination?: Destination;
  /** Pays the wrapped-ether input with ether sent along. */
  payWithEther?: boolean;
};

/** What `createOfferingClient` needs. */
export type OfferingClientOptions = {
  address: string;
  weth: string;
  ledger: LedgerClient;
  account?: string | undefined;
  runner?: ContractRunner | null | undefined;
};

/** Where an offering stands, and what is left of it. */
export type OfferingView = {
  id: string;
  status: OfferingStatus;
  /** Units: sold, still to be had (none when it is closed), and in the book for buyers. */
  sold: bigint;
  left: bigint;
  owed: bigint;
  /** Units of the pay asset: payments that are not settled, and those that are the seller's and the platform's once it has succeeded. */
  escrowed: bigint;
  earned: bigint;
  /** What the seller and the fee recipient could take now. */
  proceeds: bigint;
  fees: bigint;
  /**
   * From when on bought units and proceeds leave at the earliest and, unless it fails, payments go back: Unix seconds, as it stands; 0 without
   * a soft cap: at any time.
   */
  paysOutAt: bigint;
};

/** What an account has in an offering. */
export type AllotmentView = {
  units: bigint;
  payment: bigint;
  isSettled: boolean;
  /**
   * When it was noted that the account may not be given its units, Unix seconds, 0 for never: 30 to 60 days later they are released if that is
   * so still, unless the payment is settled before.
   */
  refusedAt: bigint;
  /** What `claim` and `refund` would pay now; one of them is 0. */
  claimable: bigint;
  refundable: bigint;
};

const actions = IRwaOfferingActions__factory.createInterface();

/** `LedgerCall.data` of each action on an offering, unchecked. */
export const offeringActions = {
  create: (terms: Offering): string => actions.encodeFunctionData("create", [terms]),
  deposit: (): string => actions.encodeFunctionData("deposit"),
  subscribe: (units: bigint, proof: readonly string[]): string =>
    actions.encodeFunctionData("subscribe", [units, [...proof]]),
  claim: (): string => actions.encodeFunctionData("claim"),
  refund: (): string => actions.encodeFunctionData("refund"),
  settle: (accounts: readonly string[]): string => actions.encodeFunctionData("settle", [[...accounts]]),
  release: (accounts: readonly string[]): string => actions.encodeFunctionData("release", [[...accounts]]),
  withdrawProceeds: (): string => actions.encodeFunctionData("withdrawProceeds"),
  withdrawInventory: (units: bigint): string => actions.encodeFunctionData("withdrawInventory", [units]),
  cancel: (): string => actions.encodeFunctionData("cancel"),
  collectFees: (): string => actions.encodeFunctionData("collectFees"),
  forceClaim: (account: string): string => actions.encodeFunctionData("forceClaim", [account]),
} as const;

/** Builds and reads what concerns offerings. Amounts are smallest units; builders throw `ValidationError`. */
export type OfferingClient = ReturnType<typeof createOfferingClient>;

/** See `createLakh`. */
export function createOfferingClient({ address, weth, ledger, account, runner }: OfferingClientOptions) {
  const core = nonZeroAddress(address, "rwaOffering");
  const contract: RwaOffering = RwaOffering__factory.connect(core, runner ?? null);
  const codec = RwaOffering__factory.createInterface();

  type Action = { options: OfferingAction; payment?: bigint; units?: bigint; data: string; isUnits?: boolean };

  /** What pays units names nobody: they go to who sends the request. */
  function build({ options, payment = 0n, units = 0n, data, isUnits = false }: Action): LakhRequest<LedgerCall> {
    const { terms, to, source = "ledger", destination = "ledger", payWithEther = false } = options;
    const book = offeringBook({ core, terms: checkOffering(terms) });
    if (payWithEther && (book.asset0 !== tokenId(weth) || payment === 0n)) {
      throw new ValidationError("NativeAssetMissing", "The input that ether pays for is not wrapped ether", {});
    }
    const parties = { amount0: payment, amount1: units, to: isUnits ? ZeroAddress : (to ?? account ?? ZeroAddress) };
    return ledger.call({ ...book, source, destination, data, ...parties }, payWithEther ? payment : 0n);
  }

  return {
    address: core,
    contract,

    /** The id of the offering here. */
    idOf: ({ terms }: OfOffering): string => offeringId({ core, terms }),

    /** Creates the offering, for its seller: pays at most `maxListingFee` and puts `units` in. */
    create({ maxListingFee, units = 0n, ...options }: OfferingAction & { maxListingFee: bigint; units?: bigint }) {
      const payment = checkLimit(maxListingFee, "maxListingFee");
      const data = offeringActions.create(checkOffering(options.terms));
      return build({ options, payment, units: checkLimit(units, "units"), data, isUnits: true });
    },

    /** Puts units in; for the seller. */
    deposit({ terms, units }: OfOffering & { units: bigint }) {
      return build({ options: { terms }, units: checkAmount(units, "units"), data: offeringActions.deposit() });
    },

    /** Buys units for what they cost; `proof` is of the allow-list (`AllowList.proofOf`). */
    subscribe({ units, proof = [], ...options }: OfferingAction & { units: bigint; proof?: readonly string[] }) {
      const { most, hardCap } = options.terms;
      if (checkAmount(units, "units") > hardCap || (most !== 0n && units > most)) {
        throw new ValidationError("AmountTooLarge", `${units} units exceed the most of an account`, { most, hardCap });
      }
      const payment = offeringCost(options.terms, units);
      return build({ options, payment, data: offeringActions.subscribe(units, proof), isUnits: true });
    },

    /** Pays out the caller's units when the offering has succeeded, from a day after the close on. */
    claim({ terms }: OfOffering) {
      return build({ options: { terms: escrow(terms) }, data: offeringActions.claim(), isUnits: true });
    },

    /** Pays the caller's payment back: when the offering has failed, or is closed, his is not settled, and he may not be given the units. */
    refund(options: OfferingAction) {
      escrow(options.terms);
      return build({ options, data: offeringActions.refund() });
    },

    /** Settles the payments of those accounts that may be given their units; anybody may, from the close on. */
    settle({ terms, accounts }: OfOffering & { accounts: readonly string[] }) {
      return build({ options: { terms: escrow(terms) }, data: offeringActions.settle(checkAccounts(accounts)) });
    },

    /**
     * Notes of those accounts that may not be given their units and whose payments are not settled that it is so, and makes the units the
     * seller's again where that was noted 30 to 60 days ago; anybody may, from the close on. The payments stay there for who paid them.
     */
    release({ terms, accounts }: OfOffering & { accounts: readonly string[] }) {
      return build({ options: { terms: escrow(terms) }, data: offeringActions.release(checkAccounts(accounts)) });
    },

    /** Pays out what is the seller's so far, less the fee; for the seller, with a soft cap from a day after the close on. */
    withdrawProceeds(options: OfferingAction) {
      return build({ options, data: offeringActions.withdrawProceeds() });
    },

    /** Takes out units that are not sold, `ALL` for all of them; for the seller, to himself. */
    withdrawInventory({ terms, units = ALL }: OfOffering & { units?: bigint }) {
      return build({ options: { terms }, data: offeringActions.withdrawInventory(checkUnits(units)), isUnits: true });
    },

    /** As `withdrawInventory`, for an agent of the asset for force, to an account that may be given them. */
    forceInventory({ terms, units = ALL, to }: OfOffering & { units?: bigint; to: string }) {
      const options = { terms, to: nonZeroAddress(to, "to") };
      return build({ options, data: offeringActions.withdrawInventory(checkUnits(units)) });
    },

    /** Takes a settled account's units out, to an account that may be given them; for an agent of the asset for force. */
    forceClaim({ terms, account: owner, to }: OfOffering & { account: string; to: string }) {
      const options = { terms, to: nonZeroAddress(to, "to") };
      return build({ options, data: offeringActions.forceClaim(nonZeroAddress(owner, "account")) });
    },

    /** Ends an offering of which nothing was sold; for the seller. */
    cancel({ terms }: OfOffering) {
      return build({ options: { terms }, data: offeringActions.cancel() });
    },

    /** Pays out the platform's fees so far; for the fee recipient. */
    collectFees(options: OfferingAction) {
      return build({ options, data: offeringActions.collectFees() });
    },

    /** Sets the platform's share in offerings to come, WAD; for the authority. */
    setFee({ fee }: { fee: bigint }): LakhRequest<{ fee: bigint }> {
      if (fee < 0n || fee > MAX_OFFERING_FEE) {
        throw new ValidationError("FeeTooHigh", "The fee is at most 5%", { fee, max: MAX_OFFERING_FEE });
      }
      return { to: core, data: codec.encodeFunctionData("setFee", [fee]), value: 0n, parameters: { fee } };
    },

    /** Sets what a creation costs in units of a pay asset; for the authority. */
    setListingFee({ payAsset, amount }: { payAsset: AssetLike; amount: bigint }) {
      const parameters = { payAsset: assetId(payAsset), amount: checkLimit(amount, "amount") };
      const data = codec.encodeFunctionData("setListingFee", [parameters.payAsset, amount]);
      return { to: core, data, value: 0n, parameters };
    },

    /** Where the offering stands. */
    async viewOf({ terms }: OfOffering): Promise<OfferingView> {
      const id = offeringId({ core, terms });
      const [status, totals, [proceeds, fees]] = await Promise.all([
        contract.statusOf(id),
        contract.totalsOf(id),
        contract.dueOf(id),
      ]);
      const name = OFFERING_STATUSES[Number(status)] ?? "none";
      const { sold, owed, escrowed, earned, closedAt } = totals;
      const inventory = name === "waiting" || name === "open" ? await contract.inventoryOf(id) : 0n;
      const room = terms.hardCap - sold;
      const left = room < inventory ? room : inventory;
      const close = closedAt === 0n ? terms.end : closedAt;
      const paysOutAt = terms.softCap === 0n ? 0n : close + OFFERING_PAYOUT_DELAY;
      return { id, status: name, sold, left, owed, escrowed, earned, proceeds, fees, paysOutAt };
    },

    /** What an account has in the offering. */
    async allotmentOf({ terms, account: owner }: OfOffering & { account: string }): Promise<AllotmentView> {
      const id = offeringId({ core, terms });
      const [{ units, payment, isSettled, refusedAt }, claimable] = await Promise.all([
        contract.allotmentOf(id, owner),
        contract.claimableOf(id, owner),
      ]);
      return { units, payment, isSettled, refusedAt, claimable: claimable.units, refundable: claimable.payment };
    },

    /** What a subscription costs, and what stands in its way now. */
    async previewSubscribe({
      terms,
      account: owner,
      units,
      proof = [],
    }: OfOffering & { account: string; units: bigint; proof?: readonly string[] }): Promise<{
      obstacle: OfferingObstacle;
      cost: bigint;
    }> {
      const id = offeringId({ core, terms });
      const { obstacle, cost } = await contract.previewSubscribe(id, owner, units, [...proof]);
      return { obstacle: OFFERING_OBSTACLES[Number(obstacle)] ?? "none", cost };
    },
  };
}

function checkAccounts(accounts: readonly string[]): string[] {
  if (accounts.length === 0) throw new ValidationError("NothingToClaim", "There is no account");
  return accounts.map((each) => nonZeroAddress(each, "account"));
}

function checkUnits(units: bigint): bigint {
  return units === ALL ? units : checkAmount(units, "units");
}

/** Throws `NotOffered` where everything is delivered at once. */
function escrow(terms: Offering): Offering {
  if (checkOffering(terms).softCap === 0n) {
    throw new ValidationError("NotOffered", "The offering has no soft cap: it delivers at once", {});
  }
  return terms;
}
