/**
 * Refusals as names, arguments and sentences.
 * @module
 */
import {
  AbiCoder,
  dataLength,
  dataSlice,
  getAddress,
  Interface,
  isHexString,
  toBeHex,
  type ErrorFragment,
} from "ethers";
import { abis } from "./abi.js";
import { decodeWord, isIssued } from "./assets.js";
import { LakhError } from "./lakh-error.js";
import { SENTENCES } from "./sentences.js";

/** A refusal, decoded. */
export type DecodedError = {
  /** The error's name; `Error` and `Panic` for Solidity's own, `Unknown` for data of no known error, `Empty` for none. */
  name: string;
  /** By parameter name. */
  args: Readonly<Record<string, unknown>>;
  /** For example `LedgerUnknownId(uint256)`; for unknown data its first four bytes. */
  signature: string;
  /** One plain sentence. */
  message: string;
};

/** Errors of what the suite calls: OpenZeppelin's tokens and authority, and Permit2. */
const FOREIGN = [
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error ERC20InvalidSender(address sender)",
  "error ERC20InvalidReceiver(address receiver)",
  "error ERC20InvalidApprover(address approver)",
  "error ERC20InvalidSpender(address spender)",
  "error ERC2612ExpiredSignature(uint256 deadline)",
  "error ERC2612InvalidSigner(address signer, address owner)",
  "error InvalidAccountNonce(address account, uint256 currentNonce)",
  "error AccessManagedInvalidAuthority(address authority)",
  "error AccessManagedRequiredDelay(address caller, uint32 delay)",
  "error AccessManagedUnauthorized(address caller)",
  "error AccessManagerAlreadyScheduled(bytes32 operationId)",
  "error AccessManagerBadConfirmation()",
  "error AccessManagerExpired(bytes32 operationId)",
  "error AccessManagerLockedRole(uint64 roleId)",
  "error AccessManagerNotReady(bytes32 operationId)",
  "error AccessManagerNotScheduled(bytes32 operationId)",
  "error AccessManagerUnauthorizedAccount(address msgsender, uint64 roleId)",
  "error AccessManagerUnauthorizedCall(address caller, address target, bytes4 selector)",
  "error AddressEmptyCode(address target)",
  "error FailedCall()",
  "error DeploymentFailed()",
  "error FailedDeployment()",
  "error InsufficientBalance(uint256 balance, uint256 needed)",
  "error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)",
  "error SafeERC20FailedOperation(address token)",
  "error SignatureExpired(uint256 signatureDeadline)",
  "error InvalidNonce()",
  "error InvalidAmount(uint256 maxAmount)",
  "error AllowanceExpired(uint256 deadline)",
  "error InsufficientAllowance(uint256 amount)",
  "error InvalidSignatureLength()",
  "error InvalidSignature()",
  "error InvalidSigner()",
  "error InvalidContractSignature()",
] as const;

const PANICS: Readonly<Record<string, string>> = {
  "1": "An assertion failed",
  "17": "A number grew beyond its range or fell below zero",
  "18": "A division by zero was tried",
  "33": "A value is no member of its enumeration",
  "34": "A byte array in storage is malformed",
  "49": "An empty array was shortened",
  "50": "An array was read beyond its end",
  "65": "Too much memory was asked for",
  "81": "An uninitialized function was called",
};

const ERROR_SELECTOR = "0x08c379a0";
const PANIC_SELECTOR = "0x4e487b71";
const MAX_ADDRESS = (1n << 160n) - 1n;
const MAX_ACCOUNT_ID = (1n << 32n) - 1n;
/** Parameters that hold ids: of the ledger, or of the directory of accounts. */
const ID_NAMES: ReadonlySet<string> = new Set(["id", "asset0", "asset1"]);
/** Parameters that hold ledger words. */
const WORD_NAMES: ReadonlySet<string> = new Set(["holdings", "inputs", "outputs"]);

const fragments: ReadonlyMap<string, ErrorFragment> = collectFragments();

/** Every custom error that `decodeError` knows, by selector. */
export function knownErrors(): ReadonlyMap<string, ErrorFragment> {
  return fragments;
}

/** Decodes the data of a revert; what is unknown is named `Unknown`, and nothing throws. */
export function decodeError(data: string): DecodedError {
  if (!isHexString(data) || dataLength(data) === 0) return { name: "Empty", args: {}, signature: "", ...SILENT };
  if (dataLength(data) < 4) return unknown(data);
  const selector = dataSlice(data, 0, 4);
  try {
    if (selector === ERROR_SELECTOR) return decodeReason(data);
    if (selector === PANIC_SELECTOR) return decodePanic(data);
    const fragment = fragments.get(selector);
    return fragment === undefined ? unknown(selector) : decodeCustom(fragment, data);
  } catch {
    return unknown(selector);
  }
}

/**
 * Explains what ethers, or this package, has thrown: the revert data wherever it hides in the error, else the error's
 * own short message under the name of its code.
 */
export function explain(error: unknown): DecodedError {
  if (error instanceof LakhError) {
    return { name: error.code, args: error.values, signature: "", message: sentence(error.message) };
  }
  const data = findData(error, new Set());
  if (data !== undefined) return decodeError(data);
  if (error instanceof Error) {
    const { shortMessage, code } = error as { shortMessage?: unknown; code?: unknown };
    return {
      name: typeof code === "string" ? code : error.name,
      args: {},
      signature: "",
      message: sentence(typeof shortMessage === "string" ? shortMessage : error.message),
    };
  }
  return { name: "Unknown", args: {}, signature: "", message: sentence(String(error)) };
}

const SILENT = { message: "The call was refused without a reason." };

function collectFragments(): Map<string, ErrorFragment> {
  const found = new Map<string, ErrorFragment>();
  for (const abi of [FOREIGN, ...Object.values(abis)]) {
    new Interface(abi).forEachError((fragment) => found.set(fragment.selector, fragment));
  }
  return found;
}

function decodeCustom(fragment: ErrorFragment, data: string): DecodedError {
  const values = AbiCoder.defaultAbiCoder().decode(fragment.inputs, dataSlice(data, 4));
  const args: Record<string, unknown> = {};
  fragment.inputs.forEach((input, index) => {
    args[input.name] = values[index] as unknown;
  });
  const template = SENTENCES[fragment.name] ?? `${fragment.name} was raised`;
  const message = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => display(name, args[name]));
  return { name: fragment.name, args, signature: fragment.format("sighash"), message: sentence(message) };
}

function decodeReason(data: string): DecodedError {
  const [reason] = AbiCoder.defaultAbiCoder().decode(["string"], dataSlice(data, 4)) as unknown as [string];
  return { name: "Error", args: { reason }, signature: "Error(string)", message: sentence(reason) };
}

function decodePanic(data: string): DecodedError {
  const [code] = AbiCoder.defaultAbiCoder().decode(["uint256"], dataSlice(data, 4)) as unknown as [bigint];
  const message = sentence(PANICS[code.toString()] ?? `Panic ${code}`);
  return { name: "Panic", args: { code }, signature: "Panic(uint256)", message };
}

function unknown(selector: string): DecodedError {
  return { name: "Unknown", args: {}, signature: selector, message: `The call was refused with ${selector}.` };
}

/** Ids of tokens read as addresses, those of accounts as numbers, words as their two amounts, other values as they are. */
function display(name: string, value: unknown): string {
  if (typeof value !== "bigint") return String(value);
  if (WORD_NAMES.has(name)) {
    const { amount0, amount1 } = decodeWord(value);
    return `${amount0} and ${amount1}`;
  }
  if (!ID_NAMES.has(name)) return value.toString();
  if (isIssued(value)) return `issued asset ${toBeHex(value, 32).slice(0, 18)}…`;
  return value > MAX_ACCOUNT_ID && value <= MAX_ADDRESS ? `token ${getAddress(toBeHex(value, 20))}` : `id ${value}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The first revert data in `data`, `error`, `info`, `cause` or `body` of an error, the outer one first. */
function findData(value: unknown, seen: Set<unknown>): string | undefined {
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  seen.add(value);
  const record = value as Record<string, unknown>;
  const { data } = record;
  if (isRevertData(data)) return data;
  for (const key of ["data", "error", "info", "cause", "originalError"]) {
    const found = findData(record[key], seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isRevertData(data: unknown): data is string {
  return typeof data === "string" && isHexString(data) && dataLength(data) >= 4;
}
