import { type TypedDataDomain, type TypedDataField } from "ethers";
import { checkAddress } from "./assets.js";

/** EIP-712 data for `signer.signTypedData(domain, types, message)`. */
export type TypedData<Message> = {
  domain: TypedDataDomain;
  types: Record<string, TypedDataField[]>;
  message: Message;
};

/** An EIP-2612 permit; `value` in units, `deadline` in Unix seconds, inclusive. */
export type PermitMessage = { owner: string; spender: string; value: bigint; nonce: bigint; deadline: bigint };

/** A Permit2 allowance; `amount` below 2^160, `expiration` and `sigDeadline` in Unix seconds. */
export type Permit2Single = {
  details: { token: string; amount: bigint; expiration: bigint; nonce: bigint };
  spender: string;
  sigDeadline: bigint;
};

/** A single Permit2 transfer; the nonce is any unused one. */
export type Permit2Transfer = {
  permitted: { token: string; amount: bigint };
  nonce: bigint;
  deadline: bigint;
};

/** What the owner of a Permit2 deposit signs besides the transfer, so that a submitter cannot choose the receiver. */
export type DepositWitness = { to: string; minimum: bigint };

const PERMIT: TypedDataField[] = [
  { name: "owner", type: "address" },
  { name: "spender", type: "address" },
  { name: "value", type: "uint256" },
  { name: "nonce", type: "uint256" },
  { name: "deadline", type: "uint256" },
];
const TOKEN_PERMISSIONS: TypedDataField[] = [
  { name: "token", type: "address" },
  { name: "amount", type: "uint256" },
];
const TRANSFER: TypedDataField[] = [
  { name: "permitted", type: "TokenPermissions" },
  { name: "spender", type: "address" },
  { name: "nonce", type: "uint256" },
  { name: "deadline", type: "uint256" },
];
const PERMIT_DETAILS: TypedDataField[] = [
  { name: "token", type: "address" },
  { name: "amount", type: "uint160" },
  { name: "expiration", type: "uint48" },
  { name: "nonce", type: "uint48" },
];
const PERMIT_SINGLE: TypedDataField[] = [
  { name: "details", type: "PermitDetails" },
  { name: "spender", type: "address" },
  { name: "sigDeadline", type: "uint256" },
];
const LAKH_DEPOSIT: TypedDataField[] = [
  { name: "to", type: "address" },
  { name: "minimum", type: "uint256" },
];

/** An EIP-2612 permit of `token`; `version` is "1" unless given. */
export function permitTypedData({
  token,
  chainId,
  ...message
}: PermitMessage & {
  token: { address: string; name: string; version?: string };
  chainId: bigint;
}): TypedData<PermitMessage> {
  const { address, name, version = "1" } = token;
  return {
    domain: { name, version, chainId, verifyingContract: checkAddress(address, "token") },
    types: { Permit: PERMIT },
    message,
  };
}

/** A Permit2 allowance for `message.spender` (the ledger). */
export function permit2TypedData({
  permit2,
  chainId,
  permitted,
}: {
  permit2: string;
  chainId: bigint;
  permitted: Permit2Single;
}): TypedData<Permit2Single> {
  return {
    domain: permit2Domain(permit2, chainId),
    types: { PermitSingle: PERMIT_SINGLE, PermitDetails: PERMIT_DETAILS },
    message: permitted,
  };
}

/** A single Permit2 transfer to `spender` (the ledger), to be submitted by its owner himself. */
export function permit2TransferTypedData({
  permit2,
  chainId,
  spender,
  permitted,
}: {
  permit2: string;
  chainId: bigint;
  spender: string;
  permitted: Permit2Transfer;
}): TypedData<Permit2Transfer & { spender: string }> {
  return {
    domain: permit2Domain(permit2, chainId),
    types: { PermitTransferFrom: TRANSFER, TokenPermissions: TOKEN_PERMISSIONS },
    message: { ...permitted, spender },
  };
}

/** As `permit2TransferTypedData`, with the witness `LakhDeposit`: anybody may submit it. */
export function permit2DepositTypedData({
  permit2,
  chainId,
  spender,
  permitted,
  witness,
}: {
  permit2: string;
  chainId: bigint;
  spender: string;
  permitted: Permit2Transfer;
  witness: DepositWitness;
}): TypedData<Permit2Transfer & { spender: string; witness: DepositWitness }> {
  return {
    domain: permit2Domain(permit2, chainId),
    types: {
      PermitWitnessTransferFrom: [...TRANSFER, { name: "witness", type: "LakhDeposit" }],
      LakhDeposit: LAKH_DEPOSIT,
      TokenPermissions: TOKEN_PERMISSIONS,
    },
    message: { ...permitted, spender, witness },
  };
}

/** Permit2 has no version in its domain. */
function permit2Domain(permit2: string, chainId: bigint): TypedDataDomain {
  return { name: "Permit2", chainId, verifyingContract: checkAddress(permit2, "permit2") };
}
