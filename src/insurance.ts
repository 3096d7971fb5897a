import { toBeHex, ZeroAddress, type ContractRunner } from "ethers";
import { CoverDesk__factory } from "../typechain-types/factories/insurance/CoverDesk__factory.js";
import { UnderwritingPool__factory } from "../typechain-types/factories/insurance/UnderwritingPool__factory.js";
import { ICoverActions__factory } from "../typechain-types/factories/interfaces/ICoverActions__factory.js";
import { IUnderwritingActions__factory } from "../typechain-types/factories/interfaces/IUnderwritingActions__factory.js";
import { type CoverDesk } from "../typechain-types/insurance/CoverDesk.js";
import { type UnderwritingPool } from "../typechain-types/insurance/UnderwritingPool.js";
import { assetId, checkAddress, nonZeroAddress, tokenId, type AssetLike } from "./assets.js";
import {
  coverId,
  coverProductId,
  RISK_STATES,
  riskBook,
  riskId,
  underwritingBook,
  underwritingId,
  underwritingShareId,
  type CoverProduct,
  type RiskStatus,
  type RiskTerms,
  type UnderwritingTerms,
} from "./insurance-terms.js";
import { ValidationError } from "./lakh-error.js";
import { type LedgerCall, type LedgerClient } from "./ledger.js";
import { checkAmount, checkLimit, type Destination, type LakhRequest, type Source } from "./request.js";

/** The pool that is meant. */
export type OfUnderwriting = { terms: UnderwritingTerms };
/** The risk that is meant, and its pool's asset. */
export type OfRisk = { risk: RiskTerms; asset: AssetLike };

/** What every action says of its parties. */
export type InsuranceAction = {
  /** Receiver of what results; the client's account unless given, without one whoever sends the request. */
  to?: string;
  /** Where inputs come from; the caller's ledger balance unless given. */
  source?: Source;
  /** Where outputs go; the receiver's ledger balance unless given. */
  destination?: Destination;
  /** Pays the wrapped-ether input with ether sent along. */
  payWithEther?: boolean;
};

/** What `createInsuranceClient` needs. */
export type InsuranceClientOptions = {
  pools: string;
  desk: string;
  weth: string;
  ledger: LedgerClient;
  account?: string | undefined;
  runner?: ContractRunner | null | undefined;
};

/** A pool as it is, and what its share is worth. */
export type UnderwritingView = {
  id: string;
  shareId: bigint;
  /** What the shares own, and what of it is locked. */
  assets: bigint;
  locked: bigint;
  shares: bigint;
  /** Shares that are not in the exit queue. */
  staying: bigint;
  /** Premiums, and what exits left, that are not earned yet, rounded down. */
  unearned: bigint;
  /** What may still be locked. */
  room: bigint;
};

/** A risk as it is. */
export type RiskView = {
  id: string;
  coverId: bigint;
  status: RiskStatus;
  /** Units that are sold and not redeemed. */
  cover: bigint;
  /** Premiums with fees; of a settled risk what its holders are still owed. */
  held: bigint;
  /** What part of the cover is paid, in billionths; `VOID_RATIO` of a void risk. */
  ratio: bigint;
  /** From then on the risk is void if there was no report, Unix seconds. */
  voidFrom: bigint;
};

/** The most that a pool takes, and a request is paid. */
const MAX_ASSETS = (1n << 96n) - 1n;

const pool = IUnderwritingActions__factory.createInterface();
const cover = ICoverActions__factory.createInterface();

/** `LedgerCall.data` of each action on a pool, unchecked. */
export const underwritingActions = {
  createPool: (terms: UnderwritingTerms): string => pool.encodeFunctionData("createPool", [terms]),
  deposit: (minShares: bigint): string => pool.encodeFunctionData("deposit", [minShares]),
  requestExit: (shares: bigint): string => pool.encodeFunctionData("requestExit", [shares]),
  finaliseExits: (requestId: bigint): string => pool.encodeFunctionData("finaliseExits", [requestId]),
  claimExit: (requestId: bigint): string => pool.encodeFunctionData("claimExit", [requestId]),
  claimFees: (): string => pool.encodeFunctionData("claimFees"),
} as const;

/** `LedgerCall.data` of each action on a risk, unchecked. */
export const coverActions = {
  buy: (units: bigint, referrer: string): string => cover.encodeFunctionData("buy", [units, referrer]),
  redeem: (units: bigint): string => cover.encodeFunctionData("redeem", [units]),
} as const;

/** Builds and reads what concerns insurance. Amounts are smallest units; builders throw `ValidationError`. */
export type InsuranceClient = ReturnType<typeof createInsuranceClient>;

/** See `createLakh`. */
export function createInsuranceClient(options: InsuranceClientOptions) {
  const { weth, ledger, account, runner } = options;
  const pools = nonZeroAddress(options.pools, "underwritingPool");
  const desk = nonZeroAddress(options.desk, "coverDesk");
  const poolContract: UnderwritingPool = UnderwritingPool__factory.connect(pools, runner ?? null);
  const deskContract: CoverDesk = CoverDesk__factory.connect(desk, runner ?? null);
  const codec = CoverDesk__factory.createInterface();

  type Book = { protocol: string; key: string; asset0: bigint; asset1: bigint };

  function act(book: Book, data: string, parties: InsuranceAction, amount0 = 0n): LakhRequest<LedgerCall> {
    const { to, source = "ledger", destination = "ledger", payWithEther = false } = parties;
    const ether = book.asset0 === tokenId(weth) ? amount0 : 0n;
    if (payWithEther && ether === 0n) {
      throw new ValidationError("NativeAssetMissing", "The input that ether pays for is not wrapped ether", {});
    }
    const amounts = { amount0, amount1: 0n, to: to ?? account ?? ZeroAddress };
    return ledger.call({ ...book, source, destination, data, ...amounts }, payWithEther ? ether : 0n);
  }

  const onPool = (terms: UnderwritingTerms, data: string, parties: InsuranceAction, amount0?: bigint) =>
    act(underwritingBook({ pools, terms }), data, parties, amount0);
  const onRisk = ({ risk, asset }: OfRisk, data: string, parties: InsuranceAction, amount0?: bigint) =>
    act(riskBook({ desk, risk, asset }), data, parties, amount0);

  /** A request to the desk itself. */
  function request<P>(data: string, parameters: P): LakhRequest<P> {
    return { to: desk, data, value: 0n, parameters };
  }

  const idOf = ({ risk, asset }: OfRisk): string => riskId({ desk, risk, asset });

  async function productIdOf({ product }: { product: CoverProduct }): Promise<string> {
    const network = await runner?.provider?.getNetwork();
    if (network === undefined) {
      throw new ValidationError("NoProvider", "The chain's id is part of it: give a provider, or use coverProductId");
    }
    return coverProductId({ chainId: network.chainId, desk, product });
  }

  return {
    pools: poolContract,
    desk: deskContract,

    /* UNDERWRITERS */

    /** Creates the pool; anybody may. */
    createPool({ terms }: OfUnderwriting): LakhRequest<LedgerCall> {
      return onPool(terms, underwritingActions.createPool(terms), {});
    },

    /** Deposits exactly `assets`; shares round down and are at least `minShares`. */
    deposit({
      terms,
      assets,
      minShares = 0n,
      ...parties
    }: InsuranceAction & OfUnderwriting & { assets: bigint; minShares?: bigint }) {
      const data = underwritingActions.deposit(checkLimit(minShares, "minShares"));
      return onPool(terms, data, parties, checkAmount(assets, "assets"));
    },

    /** Puts `shares` of the caller into the exit queue, for `exitCap` at the most; they back no new cover. */
    requestExit({ terms, shares }: OfUnderwriting & { shares: bigint }) {
      return onPool(terms, underwritingActions.requestExit(checkAmount(shares, "shares")), {});
    },

    /** Makes every request up to `requestId` final, which must be ready; anybody may, also in parts where there are many. */
    finaliseExits({ terms, requestId }: OfUnderwriting & { requestId: bigint }) {
      return onPool(terms, underwritingActions.finaliseExits(checkAmount(requestId, "requestId")), {});
    },

    /** Pays out the caller's request, which it makes final first with all before it. */
    claimExit({ terms, requestId, ...parties }: InsuranceAction & OfUnderwriting & { requestId: bigint }) {
      return onPool(terms, underwritingActions.claimExit(checkAmount(requestId, "requestId")), parties);
    },

    /** Pays out the caller's fees and commissions. */
    claimFees({ terms, ...parties }: InsuranceAction & OfUnderwriting) {
      return onPool(terms, underwritingActions.claimFees(), parties);
    },

    /* MANAGERS */

    /** Creates a product; for its pool's manager. */
    createProduct({ product }: { product: CoverProduct }): LakhRequest<{ product: CoverProduct }> {
      return request(codec.encodeFunctionData("createProduct", [product]), { product });
    },

    /** Stops or resumes the sale of a product's cover; for its pool's manager. */
    closeProduct({ productId, isClosed }: { productId: string; isClosed: boolean }) {
      return request(codec.encodeFunctionData("closeProduct", [productId, isClosed]), { productId, isClosed });
    },

    /** Opens a risk; for the manager of its product's pool. */
    openRisk({ risk }: { risk: RiskTerms }): LakhRequest<{ risk: RiskTerms }> {
      return request(codec.encodeFunctionData("openRisk", [risk]), { risk });
    },

    /* HOLDERS */

    /** Buys exactly `units` of cover for at most `maxCost`, of which what is not needed stays with the caller. */
    buy({
      units,
      maxCost,
      referrer = ZeroAddress,
      risk,
      asset,
      ...parties
    }: InsuranceAction & OfRisk & { units: bigint; maxCost: bigint; referrer?: string }) {
      const data = coverActions.buy(checkAmount(units, "units"), checkAddress(referrer, "referrer"));
      return onRisk({ risk, asset }, data, parties, checkAmount(maxCost, "maxCost"));
    },

    /** Burns exactly `units` of cover of a settled risk, and pays what they are worth. */
    redeem({ units, risk, asset, ...parties }: InsuranceAction & OfRisk & { units: bigint }) {
      return onRisk({ risk, asset }, coverActions.redeem(checkAmount(units, "units")), parties);
    },

    /* OUTCOMES */

    /** Books what the oracle says by this proof, and unless `settle` is false moves the money; anybody may. */
    report({ proof, settle = true, ...of }: OfRisk & { proof: string; settle?: boolean }) {
      const id = idOf(of);
      const name = settle ? "reportAndSettle" : "report";
      return request(codec.encodeFunctionData(name as "report", [id, proof]), { riskId: id, proof, settle });
    },

    /** Moves the money of a risk that was reported or is void; anybody may. */
    settle(of: OfRisk): LakhRequest<{ riskId: string }> {
      const id = idOf(of);
      return request(codec.encodeFunctionData("settle", [id]), { riskId: id });
    },

    /** Books that a risk had no outcome in time, from its `voidFrom` on; anybody may. `settle` moves the money. */
    voidRisk(of: OfRisk): LakhRequest<{ riskId: string }> {
      const id = idOf(of);
      return request(codec.encodeFunctionData("voidRisk", [id]), { riskId: id });
    },

    /** Credits what the referrer has of the fees of a risk that had a report, for `claimFees`; anybody may. */
    creditCommission({ referrer, ...of }: OfRisk & { referrer: string }) {
      const checked = nonZeroAddress(referrer, "referrer");
      const id = idOf(of);
      return request(codec.encodeFunctionData("creditCommission", [id, checked]), { riskId: id, referrer: checked });
    },

    /** Redeems for holders who let the desk take their cover, and pays them in the ledger; anybody may. */
    settleHolders({ holders, ...of }: OfRisk & { holders: readonly string[] }) {
      if (holders.length === 0) throw new ValidationError("NothingToClaim", "There is no holder");
      const checked = holders.map((holder) => nonZeroAddress(holder, "holder"));
      const id = idOf(of);
      return request(codec.encodeFunctionData("settleHolders", [id, checked]), { riskId: id, holders: checked });
    },

    /* READS */

    /** The product's id here; `openRisk` names it. */
    productIdOf,

    /** The id of the risk here. */
    riskIdOf: idOf,

    /** The ledger id of the risk's cover. */
    coverIdOf: ({ risk, asset }: OfRisk): bigint => coverId({ desk, risk, asset }),

    /** The pool up to now. */
    async poolOf({ terms }: OfUnderwriting): Promise<UnderwritingView> {
      const id = underwritingId({ pools, terms });
      const [state, backing] = await Promise.all([
        poolContract.stateOf(id),
        poolContract.backingOf(id, toBeHex(0, 32)),
      ]);
      const { assets, locked, shares, staying, unearnedX32 } = state;
      const room = backing.capacity > backing.locked ? backing.capacity - backing.locked : 0n;
      const shareId = underwritingShareId({ pools, terms });
      return { id, shareId, assets, locked, shares, staying, unearned: unearnedX32 >> 32n, room };
    },

    /** The most that an exit of `shares` is paid which is asked for now: with their part of the premiums that are not earned. */
    async exitCap({ terms, shares }: OfUnderwriting & { shares: bigint }): Promise<bigint> {
      const state = await poolContract.stateOf(underwritingId({ pools, terms }));
      const assets = state.assets + (state.unearnedX32 >> 32n);
      const cap = (checkAmount(shares, "shares") * (assets + 1n)) / (state.shares + 1_000n);
      return cap < MAX_ASSETS ? cap : MAX_ASSETS;
    },

    /** A request in the exit queue; all 0 when there is none, or it is paid. `assets` is its cap, once it is final what it is paid. */
    async exitRequestOf({ terms, requestId }: OfUnderwriting & { requestId: bigint }) {
      const { owner, shares, assets, readyAt } = await poolContract.requestOf(
        underwritingId({ pools, terms }),
        requestId,
      );
      return { owner, shares, assets, readyAt };
    },

    /** Fees and commissions that the account can claim. */
    async feesOf({ terms, account: owner }: OfUnderwriting & { account: string }): Promise<bigint> {
      return poolContract.feesOf(underwritingId({ pools, terms }), checkAddress(owner, "account"));
    },

    /** The risk as it is. */
    async riskOf(of: OfRisk): Promise<RiskView> {
      const id = idOf(of);
      const { state, cover: sold, held, ratio, voidFrom } = await deskContract.riskOf(id);
      const status = RISK_STATES[Number(state)] ?? "none";
      return { id, coverId: coverId({ desk, ...of }), status, cover: sold, held, ratio, voidFrom };
    },

    /** Of the risk's fees, what is the referrer's when there is a report, and is not credited yet. */
    async commissionOf({ referrer, ...of }: OfRisk & { referrer: string }): Promise<bigint> {
      return deskContract.commissionOf(idOf(of), checkAddress(referrer, "referrer"));
    },

    /** What `units` of cover cost now, with the fee in it, as a purchase would; rejects where that would be refused. */
    async quote({ units, ...of }: OfRisk & { units: bigint }): Promise<{ cost: bigint; fee: bigint }> {
      const { cost, fee } = await deskContract.quote(idOf(of), checkAmount(units, "units"));
      return { cost, fee };
    },

    /** The cover that a batch's purchase gives for `cost` now, 0 where it fails, and how much can be bought at the most. */
    async coverFor({ cost, ...of }: OfRisk & { cost: bigint }): Promise<{ cover: bigint; room: bigint }> {
      const { cover: units, room } = await deskContract.coverFor(idOf(of), checkAmount(cost, "cost"));
      return { cover: units, room };
    },

    /** The account's cover of the risk, in units. */
    async coverOf({ account: owner, risk, asset }: OfRisk & { account: string }): Promise<bigint> {
      return ledger.contract.balanceOf(checkAddress(owner, "account"), coverId({ desk, risk, asset: assetId(asset) }));
    },
  };
}
