import { ZeroAddress, ZeroHash } from "ethers";
import { nonZeroAddress } from "../assets.js";
import { ValidationError } from "../lakh-error.js";
import { checkAmount } from "../request.js";
import { incomeBook, type IncomeBook } from "../rwa.js";
import { checkOffering, offeringBook, offeringCost, OFFERING_KINDS, type Offering } from "../rwa-offering.js";
import { checkRwaId } from "../rwa-terms.js";
import { madeOperation, type OperationOptions, type OrderOperation } from "./operations.js";

/** The operations of batches that the core of regulated assets knows. */
export type RwaOperationName = "claimIncome";
/** The operations of batches that offerings know. */
export type OfferingOperationName = "subscribe" | "claimUnits" | "refund";

/** The kind of a claim of income, which debits nothing. */
export const CLAIM_INCOME_KIND = 3;
const NAMES: Readonly<Record<number, OfferingOperationName>> = {
  ...{
    [OFFERING_KINDS.subscribe]: "subscribe",
    [OFFERING_KINDS.claim]: "claimUnits",
    [OFFERING_KINDS.refund]: "refund",
  },
};

/**
 * What each may need beyond the builder's gas for an operation: the issuer's answers and notices, fresh words of the units, of an account's
 * income and of an allotment, and the first of a day.
 */
const EXTRA_GAS: Readonly<Record<"transfer" | RwaOperationName | OfferingOperationName, number>> = {
  ...{ transfer: 96_000, claimIncome: 14_000, subscribe: 82_000, claimUnits: 80_000, refund: 14_000 },
};
/** The ledger asks and tells an issuer only while the whole cap of such a call is left: 200,000, of which 63 of 64 parts are passed on. */
const ISSUER_GAS = 230_000;

/** What a transfer of units may need beyond the builder's gas, and its section once. */
export function unitsGas(): { extraGas: number; sectionGas: number } {
  return { extraGas: EXTRA_GAS.transfer, sectionGas: ISSUER_GAS };
}

/** What an operation on an income book may need beyond the builder's gas, by its kind, and its section once. */
export function rwaGas(kind: number): { extraGas: number; sectionGas: number } {
  const name = rwaOperationOf(kind);
  return { extraGas: name === undefined ? 0 : EXTRA_GAS[name], sectionGas: 0 };
}

/** What an operation on an offering may need beyond the builder's gas, by its kind, and its section once. */
export function offeringGas(kind: number): { extraGas: number; sectionGas: number } {
  const name = offeringOperationOf(kind);
  if (name === undefined) return { extraGas: 0, sectionGas: 0 };
  return { extraGas: EXTRA_GAS[name], sectionGas: ISSUER_GAS };
}

/** What an operation on an income book is, by its kind. */
export function rwaOperationOf(kind: number): RwaOperationName | undefined {
  return kind === CLAIM_INCOME_KIND ? "claimIncome" : undefined;
}

/** What an operation on an offering is, by its kind. */
export function offeringOperationOf(kind: number): OfferingOperationName | undefined {
  return NAMES[kind];
}

/** An operation on an offering: its core, its terms, and the fee in units of the pay asset. */
export type OfferingOperation = OperationOptions & { offering: string; terms: Offering };

/**
 * Operations of a batch on regulated assets, each of its signer's own. `sequence` is that of the word that is debited: of the units for a
 * transfer, else of the pay asset, which consents too. No fee can be taken in units.
 */
export const rwaOperations = {
  /** Moves units to an account that may hold them, by its id or its address; without a fee, since it could only be in units. */
  transfer: ({
    id,
    amount,
    to,
    ...options
  }: Omit<OperationOptions, "fee"> & { id: bigint; amount: bigint; to: number | string }): OrderOperation => {
    const receiver = typeof to === "string" ? nonZeroAddress(to, "to") : to;
    const section = { protocol: ZeroAddress, key: ZeroHash, asset0: checkRwaId(id), asset1: 0n, parameters: "0x" };
    const argument = { form: "receiver", to: receiver } as const;
    const made = madeOperation({ section: { ...section, ...NO_SHARE, fee0: 0n }, kind: 0, argument, options });
    return { ...made, amount: checkAmount(amount, "amount"), ...unitsGas() };
  },

  /** Pays out all of the signer's income; there must be some. The fee is taken out of it. */
  claimIncome: ({ rwa, id, payAsset, fee = 0n, ...options }: OperationOptions & IncomeBook & { rwa: string }) => {
    const book = incomeBook({ rwa: nonZeroAddress(rwa, "rwa"), id, payAsset });
    const section = { ...book, ...NO_SHARE, fee0: fee, parameters: "0x" };
    const made = madeOperation({ section, kind: CLAIM_INCOME_KIND, argument: { form: "none" }, options });
    return { ...made, amount: 0n, ...rwaGas(CLAIM_INCOME_KIND) };
  },

  /** Buys exactly `units` for what they cost; not where there is an allow-list. The fee is paid on top. */
  subscribe: ({ units, ...rest }: OfferingOperation & { units: bigint }): OrderOperation => {
    const { allowRoot, hardCap } = rest.terms;
    if (allowRoot !== ZeroHash) {
      throw new ValidationError("NotOffered", "An offering with an allow-list takes subscriptions by wallets", {});
    }
    if (checkAmount(units, "units") > hardCap) {
      throw new ValidationError("AmountTooLarge", `${units} units exceed the hard cap`, { units, hardCap });
    }
    return onOffering("subscribe", rest, { amount: offeringCost(rest.terms, units), units });
  },

  /** Pays out the signer's units of an offering that has succeeded. */
  claimUnits: (options: OfferingOperation): OrderOperation => onOffering("claimUnits", options),

  /** Pays the signer's payment back, of an offering that has failed; the fee is taken out of it. */
  refund: (options: OfferingOperation): OrderOperation => onOffering("refund", options),
} as const;

const NO_SHARE = { shareId: 0n, fee1: 0n } as const;
const KINDS = { subscribe: OFFERING_KINDS.subscribe, claimUnits: OFFERING_KINDS.claim, refund: OFFERING_KINDS.refund };

function onOffering(
  name: OfferingOperationName,
  { offering, terms, fee = 0n, ...options }: OfferingOperation,
  { amount = 0n, units = 0n }: { amount?: bigint; units?: bigint } = {},
): OrderOperation {
  if (name !== "subscribe" && terms.softCap === 0n) {
    throw new ValidationError("NotOffered", "The offering has no soft cap: it delivers at once", {});
  }
  const book = offeringBook({ core: nonZeroAddress(offering, "offering"), terms: checkOffering(terms) });
  const section = { ...book, ...NO_SHARE, fee0: fee, parameters: "0x" };
  const argument = units === 0n ? ({ form: "none" } as const) : ({ form: "limit", value: units } as const);
  const kind = KINDS[name];
  return { ...madeOperation({ section, kind, argument, options }), amount, ...offeringGas(kind) };
}
