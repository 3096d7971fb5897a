import { type TypedDataField } from "ethers";
import { ASSET_FLAGS, assetId, hasNotice, hasRules, issuedId, nonZeroAddress } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { type TypedData } from "./signatures.js";

/** Roles of an asset's agents, as bits. */
export const RWA_ROLES = {
  ...{ mint: 1n, burn: 2n, freeze: 4n, force: 8n, pause: 16n, recover: 32n, documents: 64n, income: 128n, terms: 256n },
} as const;
/** What a protocol or a pool is approved for, as bits. */
export const RWA_APPROVALS = { pledgee: 1n, venue: 2n, pool: 4n } as const;
/** Names of `IRwaCore.Refusal`, by number. */
export const RWA_REFUSALS = [
  ...(["none", "unknownAsset", "paused", "senderNotEligible", "senderFrozen", "unitsFrozenOrPledged"] as const),
  ...(["receiverNotEligible", "receiverFrozen", "receiverCountry", "receiverClasses"] as const),
  ...(["protocolNotApproved", "holderCap", "module"] as const),
] as const;

/** What an agent of an asset may do; see `IRwaAgency.setAgent`. */
export type RwaRole = keyof typeof RWA_ROLES;
/** What an asset's issuer approves a protocol or a pool for; see `IRwaAgency.setApproval`. */
export type RwaApproval = keyof typeof RWA_APPROVALS;
/** Why an asset's rules refuse a movement; see `IRwaCore.Refusal`. */
export type RwaRefusal = (typeof RWA_REFUSALS)[number];

/** Whom an agent of the registry says that an account is: until when it may send and receive (Unix seconds), its country (ISO 3166-1 numeric) and classes. */
export type Eligibility = { sendUntil: bigint; receiveUntil: bigint; country: bigint; classes: bigint };

/** What an agent of the registry signs for anybody to submit; `issuedAt` and `deadline` in Unix seconds. */
export type Attestation = {
  account: string;
  eligibility: Eligibility;
  issuedAt: bigint;
  deadline: bigint;
  attester: string;
};

/** What is signed of an attestation: its fields in one row. */
export type AttestationMessage = Omit<Attestation, "eligibility"> & Eligibility;

/** The most units that an asset can have. */
export const MAX_RWA_UNITS = (1n << 96n) - 1n;
const MAX_TIME = (1n << 40n) - 1n;
const MAX_COUNTRY = 1023n;
const MAX_CLASSES = 255n;
const DAY = 86_400n;

const ATTESTATION: TypedDataField[] = [
  { name: "account", type: "address" },
  { name: "sendUntil", type: "uint40" },
  { name: "receiveUntil", type: "uint40" },
  { name: "country", type: "uint16" },
  { name: "classes", type: "uint8" },
  { name: "issuedAt", type: "uint40" },
  { name: "deadline", type: "uint40" },
  { name: "attester", type: "address" },
];

/** The id of a regulated asset by the salt that it is issued with. */
export function rwaId({ rwa, salt }: { rwa: string; salt: string }): bigint {
  return issuedId({ owner: rwa, salt, flags: ASSET_FLAGS.rules0 | ASSET_FLAGS.notify0 });
}

/** Throws `WrongAsset` for an id that no regulated asset can have. */
export function checkRwaId(id: bigint): bigint {
  if (hasRules(assetId(id)) && hasNotice(id) && (id & 1n) === 0n) return id;
  throw new ValidationError("WrongAsset", `${id} is no regulated asset's id`, { id });
}

/** The bits of roles. */
export function rwaRoles(roles: readonly RwaRole[]): bigint {
  return roles.reduce((bits, role) => bits | RWA_ROLES[role], 0n);
}

/** The bits of approvals. */
export function rwaApprovals(approvals: readonly RwaApproval[]): bigint {
  return approvals.reduce((bits, approval) => bits | RWA_APPROVALS[approval], 0n);
}

/** The four words of a list of countries, ISO 3166-1 numeric. Throws `AmountOutOfRange`. */
export function countryWords(countries: readonly bigint[]): [bigint, bigint, bigint, bigint] {
  const words: [bigint, bigint, bigint, bigint] = [0n, 0n, 0n, 0n];
  for (const country of countries) {
    checkRange(country, MAX_COUNTRY, "country");
    words[Number(country >> 8n)] = (words[Number(country >> 8n)] ?? 0n) | (1n << (country & 255n));
  }
  return words;
}

/** The countries of `RwaCore.countriesOf`. */
export function countriesOf(words: readonly bigint[]): bigint[] {
  return Array.from({ length: 1024 }, (_, country) => BigInt(country)).filter(
    (country) => (((words[Number(country >> 8n)] ?? 0n) >> (country & 255n)) & 1n) === 1n,
  );
}

/** Throws `AmountOutOfRange` for what the registry has no room for. */
export function checkEligibility(eligibility: Eligibility): Eligibility {
  checkRange(eligibility.sendUntil, MAX_TIME, "sendUntil");
  checkRange(eligibility.receiveUntil, MAX_TIME, "receiveUntil");
  checkRange(eligibility.country, MAX_COUNTRY, "country");
  checkRange(eligibility.classes, MAX_CLASSES, "classes");
  return eligibility;
}

/** An attestation for `attester.signTypedData(domain, types, message)`; `rwa` is the address of the core. */
export function attestationTypedData({
  rwa,
  chainId,
  attestation,
}: {
  rwa: string;
  chainId: bigint;
  attestation: Attestation;
}): TypedData<AttestationMessage> {
  const { eligibility, account, attester, issuedAt, deadline } = attestation;
  checkRange(issuedAt, MAX_TIME, "issuedAt");
  checkRange(deadline, MAX_TIME, "deadline");
  return {
    domain: { name: "Lakh eligibility", version: "1", chainId, verifyingContract: nonZeroAddress(rwa, "rwa") },
    types: { Attestation: ATTESTATION },
    message: {
      ...{ account: nonZeroAddress(account, "account"), ...checkEligibility(eligibility) },
      ...{ issuedAt, deadline, attester: nonZeroAddress(attester, "attester") },
    },
  };
}

/** The end of an income: a midnight (UTC) in Unix seconds. Throws `AmountOutOfRange` for another time. */
export function checkMidnight(end: bigint): bigint {
  if (end > 0n && end <= MAX_TIME && end % DAY === 0n) return end;
  throw new ValidationError("AmountOutOfRange", `${end} is no midnight (UTC) in Unix seconds`, { end });
}

/** Throws `AmountOutOfRange` unless 0 <= value <= maximum. */
export function checkRange(value: bigint, maximum: bigint, name: string): bigint {
  if (value >= 0n && value <= maximum) return value;
  throw new ValidationError("AmountOutOfRange", `${name} is not between 0 and ${maximum}`, { [name]: value, maximum });
}
