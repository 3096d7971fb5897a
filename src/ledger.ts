import { getCreateAddress, Signature, type ContractRunner, type SignatureLike } from "ethers";
import { FacadeFactory__factory } from "../typechain-types/factories/core/FacadeFactory__factory.js";
import { Ledger__factory } from "../typechain-types/factories/core/Ledger__factory.js";
import { type Ledger } from "../typechain-types/core/Ledger.js";
import {
  assetId,
  checkAddress,
  checkBytes32,
  checkIssued,
  decodeHolderFlags,
  decodeWord,
  isIssued,
  issuedId,
  nonZeroAddress,
  tokenId,
  type AssetLike,
  type DecodedWord,
  type HolderFlags,
} from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import {
  checkAmount,
  checkLimit,
  DESTINATIONS,
  receiverOf,
  SOURCES,
  type Destination,
  type LakhRequest,
  type Source,
} from "./request.js";
import {
  permit2DepositTypedData,
  permit2TypedData,
  permitTypedData,
  type DepositWitness,
  type Permit2Single,
  type Permit2Transfer,
} from "./signatures.js";

/** What `createLedgerClient` needs. */
export type LedgerClientOptions = {
  address: string;
  weth: string;
  permit2: string;
  /** Receiver where a request names none. */
  account?: string | undefined;
  runner?: ContractRunner | null | undefined;
};

/** One action on a protocol's book (`ILedger.Call`); amounts in smallest units. */
export type LedgerCall = {
  protocol: string;
  /** The book's assets, in the protocol's order. */
  asset0: bigint;
  asset1: bigint;
  /** The protocol's own name of the book, beside its assets; of a pool its `bookKey`. */
  key: string;
  source: Source;
  destination: Destination;
  /** The most that is paid in. */
  amount0: bigint;
  amount1: bigint;
  /** Receiver of outputs and shares; the zero address stands for whoever sends the request. */
  to: string;
  data: string;
};

const MAX_UINT256 = (1n << 256n) - 1n;

/** Builds and reads what concerns the ledger. Amounts are smallest units; builders throw `ValidationError`. */
export type LedgerClient = ReturnType<typeof createLedgerClient>;

/** See `createLakh`. */
export function createLedgerClient({ address, weth, permit2, account, runner }: LedgerClientOptions) {
  const ledger = nonZeroAddress(address, "ledger");
  const contract: Ledger = Ledger__factory.connect(ledger, runner ?? null);
  const codec = Ledger__factory.createInterface();
  const facadeCodec = FacadeFactory__factory.createInterface();
  // The ledger's constructor deploys the factory, its first and only contract.
  const facades = getCreateAddress({ from: ledger, nonce: 1 });

  function request<Parameters>(parameters: Parameters, data: string, value = 0n): LakhRequest<Parameters> {
    return { to: ledger, data, value, parameters };
  }

  function receiver(to: string | undefined): string {
    return notLedger(receiverOf(to, account));
  }

  function notLedger(address: string): string {
    if (address === ledger) {
      throw new ValidationError("InvalidAddress", "The ledger itself cannot receive", { name: "to", address });
    }
    return address;
  }

  function encodeCall(parameters: LedgerCall) {
    checkLimit(parameters.amount0, "amount0");
    checkLimit(parameters.amount1, "amount1");
    if (parameters.destination === "native" && nativeOf(parameters) === undefined) {
      throw new ValidationError("NativeAssetMissing", "No output of this call is wrapped ether", {});
    }
    return {
      ...parameters,
      to: notLedger(checkAddress(parameters.to, "to")),
      source: SOURCES[parameters.source],
      destination: DESTINATIONS[parameters.destination],
    };
  }

  /** The wrapped-ether side of a call. */
  function nativeOf({ asset0, asset1, amount0, amount1 }: LedgerCall): { id: bigint; amount: bigint } | undefined {
    const sides = [
      { id: asset0, amount: amount0 },
      { id: asset1, amount: amount1 },
    ];
    return sides.find(({ id }) => id === tokenId(weth));
  }

  function checkValue(parameters: LedgerCall, value: bigint): void {
    const native = nativeOf(parameters);
    if (value !== 0n && (native === undefined || native.amount !== value)) {
      throw new ValidationError("NativeAssetMissing", "Ether must be the whole input of the wrapped-ether side", {
        value,
        wanted: native?.amount ?? 0n,
      });
    }
  }

  return {
    address: ledger,
    contract,
    /** The factory of ERC-20 facades. */
    facades,

    /**
     * Takes tokens from the caller's wallet (approved to the ledger). At least `minimum` (`amount`) must arrive. Credits `to`, or without
     * one the client's account, whoever sends it.
     */
    deposit({ token, amount, minimum = amount, to }: { token: string; amount: bigint; minimum?: bigint; to?: string }) {
      const parameters = {
        token: nonZeroAddress(token, "token"),
        amount: checkAmount(amount, "amount"),
        minimum: checkLimit(minimum, "minimum"),
        to: receiver(to),
      };
      return request(
        parameters,
        codec.encodeFunctionData("deposit", [parameters.token, amount, minimum, parameters.to]),
      );
    },

    /** Wraps and deposits `amount` wei of ether, sent with the request, for `to` as in `deposit`. */
    depositNative({ amount, to }: { amount: bigint; to?: string }) {
      const parameters = { amount: checkAmount(amount, "amount"), to: receiver(to) };
      return request(parameters, codec.encodeFunctionData("depositNative", [parameters.to]), amount);
    },

    /** Deposits by a Permit2 signature of `owner` over the same receiver and minimum (`permit2DepositTypedData`). */
    depositWithPermit2({
      owner,
      to,
      minimum,
      permitted,
      signature,
    }: {
      owner: string;
      to?: string;
      minimum?: bigint;
      permitted: Permit2Transfer;
      signature: string;
    }) {
      const amount = checkAmount(permitted.permitted.amount, "amount");
      const parameters = {
        owner: nonZeroAddress(owner, "owner"),
        to: receiver(to ?? owner),
        minimum: checkLimit(minimum ?? amount, "minimum"),
        permitted,
        signature,
      };
      return request(
        parameters,
        codec.encodeFunctionData("depositWithPermit2", [
          parameters.owner,
          parameters.to,
          parameters.minimum,
          permitted,
          signature,
        ]),
      );
    },

    /** Sends tokens of the caller's ledger balance to a wallet. */
    withdraw({ token, amount, to }: { token: string; amount: bigint; to?: string }) {
      const parameters = {
        token: nonZeroAddress(token, "token"),
        amount: checkAmount(amount, "amount"),
        to: receiver(to),
      };
      return request(parameters, codec.encodeFunctionData("withdraw", [parameters.token, amount, parameters.to]));
    },

    /** Unwraps `amount` wei of the caller's wrapped ether and sends it. */
    withdrawNative({ amount, to }: { amount: bigint; to?: string }) {
      const parameters = { amount: checkAmount(amount, "amount"), to: receiver(to) };
      return request(parameters, codec.encodeFunctionData("withdrawNative", [amount, parameters.to]));
    },

    /** Moves an asset to another account within the ledger. */
    transfer({ asset, amount, to }: { asset: AssetLike; amount: bigint; to: string }) {
      const parameters = { id: assetId(asset), amount: checkLimit(amount, "amount"), to: receiver(to) };
      return request(parameters, codec.encodeFunctionData("transfer", [parameters.to, parameters.id, amount]));
    },

    /** As `transfer`, out of `from`'s balance, by his allowance or as his operator. */
    transferFrom({ from, asset, amount, to }: { from: string; asset: AssetLike; amount: bigint; to?: string }) {
      const parameters = {
        from: nonZeroAddress(from, "from"),
        id: assetId(asset),
        amount: checkLimit(amount, "amount"),
        to: receiver(to),
      };
      return request(
        parameters,
        codec.encodeFunctionData("transferFrom", [parameters.from, parameters.to, parameters.id, amount]),
      );
    },

    /** Allows `spender` to move `amount` units; 2^256 − 1, the default, is not spent. */
    approve({ spender, asset, amount = MAX_UINT256 }: { spender: string; asset: AssetLike; amount?: bigint }) {
      if (amount < 0n || amount > MAX_UINT256) {
        throw new ValidationError("AmountOutOfRange", "An allowance is 0 to 2^256 − 1", { amount });
      }
      const parameters = { spender: checkAddress(spender, "spender"), id: assetId(asset), amount };
      return request(parameters, codec.encodeFunctionData("approve", [parameters.spender, parameters.id, amount]));
    },

    /** Lets, or no longer lets, `operator` move every asset of the caller. */
    setOperator({ operator, approved }: { operator: string; approved: boolean }) {
      const parameters = { operator: checkAddress(operator, "operator"), approved };
      return request(parameters, codec.encodeFunctionData("setOperator", [parameters.operator, approved]));
    },

    /** Submits an EIP-2612 permit of the caller for the ledger (`permitTypedData`). */
    permit({
      token,
      value,
      deadline,
      signature,
    }: {
      token: string;
      value: bigint;
      deadline: bigint;
      signature: SignatureLike;
    }) {
      const { v, r, s } = Signature.from(signature);
      const parameters = { token: nonZeroAddress(token, "token"), value, deadline, signature: { v, r, s } };
      return request(parameters, codec.encodeFunctionData("permit", [parameters.token, value, deadline, v, r, s]));
    },

    /** Submits a Permit2 allowance signature of the caller (`permit2TypedData`). */
    permit2({ permitted, signature }: { permitted: Permit2Single; signature: string }) {
      return request({ permitted, signature }, codec.encodeFunctionData("permit2", [permitted, signature]));
    },

    /** Sets which settlement versions (0 to 7) may act on the caller's word of an asset. */
    setConsent({ asset, versions }: { asset: AssetLike; versions: readonly number[] }) {
      let bits = 0n;
      for (const version of versions) {
        if (!Number.isInteger(version) || version < 0 || version > 7) {
          throw new ValidationError("InvalidVersion", `A settlement version is 0 to 7, not ${version}`, { version });
        }
        bits |= 1n << BigInt(version);
      }
      const parameters = { id: assetId(asset), versions: bits };
      return request(parameters, codec.encodeFunctionData("setConsent", [parameters.id, bits]));
    },

    /** Voids the caller's signed but unexecuted operations on the word of an asset: its sequence moves 85 on. */
    cancel({ asset }: { asset: AssetLike }) {
      const parameters = { id: assetId(asset) };
      return request(parameters, codec.encodeFunctionData("cancel", [parameters.id]));
    },

    /** Deploys the ERC-20 facade of an issued asset; anybody may. */
    createFacade({
      owner,
      salt,
      flags = 0n,
      side = 0n,
    }: {
      owner: string;
      salt: string;
      flags?: bigint;
      side?: bigint;
    }) {
      checkIssued(flags, side);
      const parameters = { owner: nonZeroAddress(owner, "owner"), salt: checkBytes32(salt, "salt"), flags, side };
      return {
        to: facades,
        data: facadeCodec.encodeFunctionData("createFacade", [parameters.owner, salt, flags, side]),
        value: 0n,
        parameters: { ...parameters, id: issuedId(parameters) },
      };
    },

    /** Lends `amount` of a token to an ERC-3156 `receiver` for the length of its callback, free of charge. */
    flashLoan({
      receiver: borrower,
      token,
      amount,
      data = "0x",
    }: {
      receiver: string;
      token: string;
      amount: bigint;
      data?: string;
    }) {
      const parameters = {
        receiver: nonZeroAddress(borrower, "receiver"),
        token: nonZeroAddress(token, "token"),
        amount: checkAmount(amount, "amount"),
        data,
      };
      return request(
        parameters,
        codec.encodeFunctionData("flashLoan", [parameters.receiver, parameters.token, amount, data]),
      );
    },

    /** One action on a protocol's book. `value` wei stands for the whole wrapped-ether input when it is not 0. */
    call(parameters: LedgerCall, value = 0n): LakhRequest<LedgerCall> {
      checkValue(parameters, value);
      return request(parameters, codec.encodeFunctionData("call", [encodeCall(parameters)]), value);
    },

    /**
     * Actions in order, each with what the one before pays in the tokens of its book; all or nothing. Only the first takes inputs:
     * the amounts of the others are 0. `value` wei stands for its whole wrapped-ether input. Outputs that are not carried, shares
     * and change go where each call says.
     */
    callPath(calls: readonly LedgerCall[], value = 0n): LakhRequest<{ calls: readonly LedgerCall[] }> {
      const [first] = calls;
      if (first === undefined) throw new ValidationError("EmptyPath", "A path needs a call");
      checkValue(first, value);
      calls.slice(1).forEach((next, i) => {
        const { asset0, asset1 } = calls[i] ?? first;
        const isJoined = [asset0, asset1].some((id) => !isIssued(id) && (id === next.asset0 || id === next.asset1));
        if (!isJoined || next.amount0 !== 0n || next.amount1 !== 0n) {
          const values = { index: i + 1, amount0: next.amount0, amount1: next.amount1 };
          throw new ValidationError("BrokenPath", `Call ${i + 1} is carried nothing or has amounts of its own`, values);
        }
      });
      return request({ calls }, codec.encodeFunctionData("callPath", [calls.map(encodeCall)]), value);
    },

    /** Joins requests for the ledger into one transaction, all or nothing. None may carry ether. */
    multicall(requests: readonly LakhRequest[]): LakhRequest<{ requests: readonly LakhRequest[] }> {
      if (requests.length === 0) throw new ValidationError("EmptyMulticall", "A multicall needs a request");
      for (const { to, value } of requests) {
        if (to !== ledger) throw new ValidationError("ForeignCall", "A multicall reaches the ledger alone", { to });
        if (value !== 0n) throw new ValidationError("EtherInMulticall", "A multicall carries no ether", { value });
      }
      return request({ requests }, codec.encodeFunctionData("multicall", [requests.map(({ data }) => data)]));
    },

    /** EIP-712 data of an EIP-2612 permit for the ledger. */
    permitTypedData(options: {
      token: { address: string; name: string; version?: string };
      chainId: bigint;
      owner: string;
      value: bigint;
      nonce: bigint;
      deadline: bigint;
    }) {
      return permitTypedData({ ...options, spender: ledger });
    },

    /** EIP-712 data of a Permit2 allowance for the ledger; times in Unix seconds. */
    permit2TypedData({
      chainId,
      details,
      sigDeadline,
    }: {
      chainId: bigint;
      details: Permit2Single["details"];
      sigDeadline: bigint;
    }) {
      return permit2TypedData({ permit2, chainId, permitted: { details, spender: ledger, sigDeadline } });
    },

    /** EIP-712 data of a Permit2 deposit; anybody may submit it, for the receiver and the minimum of its witness. */
    permit2DepositTypedData({
      chainId,
      permitted,
      witness,
    }: {
      chainId: bigint;
      permitted: Permit2Transfer;
      witness: DepositWitness;
    }) {
      return permit2DepositTypedData({ permit2, chainId, spender: ledger, permitted, witness });
    },

    /** The account's ledger balance, in units. */
    async balanceOf({ account: holder, asset }: { account: string; asset: AssetLike }): Promise<bigint> {
      return contract.balanceOf(holder, assetId(asset));
    },

    /** The account's word that holds an asset, with both amounts and the flags. */
    async wordOf({
      account: holder,
      asset,
    }: {
      account: string;
      asset: AssetLike;
    }): Promise<DecodedWord & { holder: HolderFlags }> {
      const word = decodeWord(await contract.wordOf(holder, assetId(asset)));
      return { ...word, holder: decodeHolderFlags(word.flags) };
    },

    /** The ERC-20 facade of an asset, or undefined. */
    async facadeOf({ asset }: { asset: AssetLike }): Promise<string | undefined> {
      const facade = await contract.facadeOf(assetId(asset));
      return BigInt(facade) === 0n ? undefined : facade;
    },
  };
}
