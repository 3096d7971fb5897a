import { type Interface } from "ethers";
import { IEligibilityRegistry__factory } from "../typechain-types/factories/interfaces/IEligibilityRegistry__factory.js";
import { IRwaAgency__factory } from "../typechain-types/factories/interfaces/IRwaAgency__factory.js";
import { RwaCore__factory } from "../typechain-types/factories/rwa/RwaCore__factory.js";
import {
  assetId,
  checkAddress,
  checkBytes32,
  checkPool,
  nonZeroAddress,
  type AssetLike,
  type PoolKey,
} from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { checkAmount, checkLimit, type LakhRequest } from "./request.js";
import {
  checkEligibility,
  checkRange,
  checkRwaId,
  countryWords,
  MAX_RWA_UNITS,
  rwaApprovals,
  rwaId,
  rwaRoles,
  type Attestation,
  type Eligibility,
  type RwaApproval,
  type RwaRole,
} from "./rwa-terms.js";

/** Which regulated asset is meant, by its id. */
export type OfAsset = { id: bigint };

/** An asset as it is issued; `IRwaAgency.Terms` says what each field is. */
export type RwaTerms = {
  name: string;
  symbol: string;
  decimals: bigint;
  owner: string;
  payAsset: AssetLike;
  cap: bigint;
  /** 0 for holders that are not counted. */
  holderCap?: bigint;
  classes?: bigint;
  /** Management fee a day, in units of the pay asset. */
  feePerDay?: bigint;
};

/** A pledge: whose, and to whom. */
export type PledgeRef = { account: string; pledgee: string };

const MAX_BATCH = 200;
const MAX_HOLDER_CAP = (1n << 24n) - 1n;
const MAX_FROZEN = (1n << 112n) - 1n;

/** Builds what issuers, their agents and the registry's agents do, for the core at `rwa`. Builders throw `ValidationError`. */
export function createAgencyBuilders(rwa: string) {
  const agency = IRwaAgency__factory.createInterface();
  const registry = IEligibilityRegistry__factory.createInterface();
  // Of ERC-7943, whose names are the core's.
  const core = RwaCore__factory.createInterface();

  function request<P>(data: string, parameters: P): LakhRequest<P> {
    return { to: rwa, data, value: 0n, parameters };
  }

  /** A call by name of arguments that are checked already; the parameters are named. */
  function call<P extends Record<string, unknown>>(name: string, parameters: P): LakhRequest<P> {
    const codec: Interface = agency.hasFunction(name) ? agency : core;
    return request(codec.encodeFunctionData(name, Object.values(parameters)), parameters);
  }

  const account = (address: string): string => nonZeroAddress(address, "account");
  const to = (address: string): string => nonZeroAddress(address, "to");

  return {
    /** The id of an asset that is issued with `salt` here. */
    idOf: ({ salt }: { salt: string }): bigint => rwaId({ rwa, salt }),

    /** Issues an asset; for the authority. Its id is `idOf({ salt })`. */
    issue({ salt, terms }: { salt: string; terms: RwaTerms }) {
      const checked = {
        ...{ name: terms.name, symbol: terms.symbol, decimals: checkRange(terms.decimals, 77n, "decimals") },
        ...{ owner: nonZeroAddress(terms.owner, "owner"), payAsset: assetId(terms.payAsset) },
        ...{ cap: checkRange(terms.cap, MAX_RWA_UNITS, "cap") },
        ...{ holderCap: checkRange(terms.holderCap ?? 0n, MAX_HOLDER_CAP, "holderCap") },
        ...{ classes: checkRange(terms.classes ?? 0n, 255n, "classes") },
        ...{ feePerDay: checkRange(terms.feePerDay ?? 0n, MAX_RWA_UNITS, "feePerDay") },
      };
      const data = agency.encodeFunctionData("issue", [checkBytes32(salt, "salt"), checked]);
      return request(data, { salt, terms: checked });
    },

    /** Sets who collects the fees of all assets; for the authority. */
    setFeeRecipient: ({ recipient }: { recipient: string }) =>
      call("setFeeRecipient", { recipient: nonZeroAddress(recipient, "recipient") }),

    /** Offers the ownership, which the next owner accepts; for the owner. */
    transferOwnership: ({ id, newOwner }: OfAsset & { newOwner: string }) =>
      call("transferOwnership", { id: checkRwaId(id), newOwner: checkAddress(newOwner, "newOwner") }),

    /** Takes the ownership that was offered. */
    acceptOwnership: ({ id }: OfAsset) => call("acceptOwnership", { id: checkRwaId(id) }),

    /** Sets all roles of an agent, none for nobody; for the owner. */
    setAgent: ({ id, agent, roles }: OfAsset & { agent: string; roles: readonly RwaRole[] }) =>
      call("setAgent", { id: checkRwaId(id), agent: nonZeroAddress(agent, "agent"), roles: rwaRoles(roles) }),

    /** Sets all that a protocol is approved for; an agent for terms. A pool is named by the low 160 bits of its id. */
    setApproval: ({ id, protocol, approvals }: OfAsset & { protocol: string; approvals: readonly RwaApproval[] }) =>
      call("setApproval", {
        ...{ id: checkRwaId(id), protocol: nonZeroAddress(protocol, "protocol"), approvals: rwaApprovals(approvals) },
      }),

    /** Approves that a lending market, by its id, is opened on pledges of the asset, or takes that back; an agent for terms. */
    setMarketApproval: ({ id, market, isApproved }: OfAsset & { market: string; isApproved: boolean }) =>
      call("setMarketApproval", { id: checkRwaId(id), market: checkBytes32(market, "market"), isApproved }),

    /** Limits receivers to countries (ISO 3166-1 numeric), or to none where the list is left out; an agent for terms. */
    setCountries: ({ id, countries }: OfAsset & { countries?: readonly bigint[] }) =>
      call("setCountries", {
        ...{ id: checkRwaId(id), isLimited: countries !== undefined, words: countryWords(countries ?? []) },
      }),

    /** Sets the classes that a receiver needs; an agent for terms. */
    setClasses: ({ id, classes }: OfAsset & { classes: bigint }) =>
      call("setClasses", { id: checkRwaId(id), classes: checkRange(classes, 255n, "classes") }),

    /** Lowers the cap; an agent for terms. */
    setCap: ({ id, cap }: OfAsset & { cap: bigint }) =>
      call("setCap", { id: checkRwaId(id), cap: checkRange(cap, MAX_RWA_UNITS, "cap") }),

    /** Sets the most holders of a counted asset; an agent for terms. */
    setHolderCap: ({ id, holderCap }: OfAsset & { holderCap: bigint }) =>
      call("setHolderCap", { id: checkRwaId(id), holderCap: checkRange(holderCap, MAX_HOLDER_CAP, "holderCap") }),

    /** Sets the module, the zero address for none; an agent for terms. */
    setModule: ({ id, module }: OfAsset & { module: string }) =>
      call("setModule", { id: checkRwaId(id), module: checkAddress(module, "module") }),

    /** Stops all movements but forced ones, or lets them go on; an agent for pauses. */
    setPaused: ({ id, isPaused }: OfAsset & { isPaused: boolean }) =>
      call("setPaused", { id: checkRwaId(id), isPaused }),

    /** Issues units to an eligible holder; an agent for mints. */
    mint: (options: OfAsset & { to: string; amount: bigint }) =>
      call("mint", { id: checkRwaId(options.id), to: to(options.to), amount: checkAmount(options.amount, "amount") }),

    /** Destroys units of a holder; an agent for burns. */
    burn: ({ id, from, amount }: OfAsset & { from: string; amount: bigint }) =>
      call("burn", { id: checkRwaId(id), from: account(from), amount: checkAmount(amount, "amount") }),

    /** Freezes or thaws an account as a whole; an agent for freezes. */
    setAccountFrozen: (options: OfAsset & { account: string; isFrozen: boolean }) =>
      call("setAccountFrozen", {
        ...{ id: checkRwaId(options.id), account: account(options.account), isFrozen: options.isFrozen },
      }),

    /** Sets how many units of an account are frozen, also more than it has; an agent for freezes. */
    setFrozenTokens(options: OfAsset & { account: string; amount: bigint }) {
      const id = checkRwaId(options.id);
      const amount = checkRange(options.amount, MAX_FROZEN, "amount");
      return call("setFrozenTokens", { account: account(options.account), id, amount });
    },

    /** Moves units that are not pledged to an account that may hold them; an agent for force. */
    forcedTransfer: (options: OfAsset & { from: string; to: string; amount: bigint }) =>
      call("forcedTransfer", {
        ...{ from: account(options.from), to: to(options.to), id: checkRwaId(options.id) },
        ...{ amount: checkLimit(options.amount, "amount") },
      }),

    /** Moves the units of a pledge, with the pledgee's claim, to an account that may hold them; an agent for force. */
    movePledge: (options: OfAsset & PledgeRef & { to: string }) =>
      call("movePledge", {
        ...{ id: checkRwaId(options.id), account: account(options.account) },
        ...{ pledgee: nonZeroAddress(options.pledgee, "pledgee"), to: to(options.to) },
      }),

    /** Moves all of a lost account to a fresh one; all pledges whose units it has are named. An agent for recoveries. */
    recover({
      id,
      lost,
      fresh,
      pledges = [],
    }: OfAsset & { lost: string; fresh: string; pledges?: readonly PledgeRef[] }) {
      if (account(lost) === account(fresh)) {
        throw new ValidationError("InvalidAddress", "The lost account and the fresh one are the same", { lost });
      }
      const refs = pledges.map((pledge) => ({ account: account(pledge.account), pledgee: account(pledge.pledgee) }));
      return call("recover", { id: checkRwaId(id), lost: account(lost), fresh: account(fresh), pledges: refs });
    },

    /** Has an LP's shares in a restricted pool paid out to him; an agent for force. */
    forceExit(
      options: OfAsset & { amm: string; pool: PoolKey; account: string; minAmounts?: readonly [bigint, bigint] },
    ) {
      checkPool(options.pool);
      const [minAmount0, minAmount1] = options.minAmounts ?? [0n, 0n];
      return call("forceExit", {
        ...{ id: checkRwaId(options.id), amm: nonZeroAddress(options.amm, "amm"), pool: options.pool },
        ...{ account: account(options.account), minAmount0: checkLimit(minAmount0, "minAmount0") },
        ...{ minAmount1: checkLimit(minAmount1, "minAmount1") },
      });
    },

    /** Files a document, or replaces it; an agent for documents. */
    setDocument: (options: OfAsset & { name: string; uri: string; documentHash: string }) =>
      call("setDocument", {
        ...{ id: checkRwaId(options.id), name: checkBytes32(options.name, "name"), uri: options.uri },
        ...{ documentHash: checkBytes32(options.documentHash, "documentHash") },
      }),

    /** Removes a document; an agent for documents. */
    removeDocument: ({ id, name }: OfAsset & { name: string }) =>
      call("removeDocument", { id: checkRwaId(id), name: checkBytes32(name, "name") }),

    /** Deploys the asset's ERC-20 facade; anybody may, once. */
    createFacade: ({ id }: OfAsset) => call("createFacade", { id: checkRwaId(id) }),

    /** States who accounts are, up to 200 at once; for the registry's agents. */
    setAccounts({ statements }: { statements: readonly (Eligibility & { account: string })[] }) {
      if (statements.length === 0 || statements.length > MAX_BATCH) {
        const values = { length: statements.length, maximum: MAX_BATCH };
        throw new ValidationError("AmountOutOfRange", "State between 1 and 200 accounts at once", values);
      }
      const accounts = statements.map((statement) => account(statement.account));
      const eligibilities = statements.map((statement) => checkEligibility(statement));
      return request(registry.encodeFunctionData("setAccounts", [accounts, eligibilities]), { statements });
    },

    /** Submits an attestation (`attestationTypedData`); anybody may. */
    refresh({ attestation, signature }: { attestation: Attestation; signature: string }) {
      checkEligibility(attestation.eligibility);
      return request(registry.encodeFunctionData("refresh", [attestation, signature]), { attestation, signature });
    },

    /** Makes a listed core a protocol, for ever; for the registry's agents. */
    setProtocol({ core }: { core: string }) {
      const parameters = { core: nonZeroAddress(core, "core") };
      return request(registry.encodeFunctionData("setProtocol", [parameters.core]), parameters);
    },
  };
}
