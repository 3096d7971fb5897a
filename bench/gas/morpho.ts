import { AbiCoder, Contract, ContractFactory, keccak256, type Signer } from "ethers";
import type { Code } from "./artifacts.js";
import { buildMorpho } from "./morpho-code.js";

/** The five words that are a market; their hash is its id. */
export type MorphoParams = {
  loanToken: string;
  collateralToken: string;
  oracle: string;
  irm: string;
  lltv: bigint;
};
export type MorphoMarket = { id: string; params: MorphoParams };
export type MorphoTotals = {
  totalSupplyAssets: bigint;
  totalSupplyShares: bigint;
  totalBorrowAssets: bigint;
  totalBorrowShares: bigint;
  lastUpdate: bigint;
  fee: bigint;
};
export type MorphoPosition = { supplyShares: bigint; borrowShares: bigint; collateral: bigint };

/** A call to Morpho, for any account to send. */
export type MorphoRequest = { to: string; data: string };
/** One of the two; Morpho computes the other. */
export type MorphoAmount = { assets: bigint } | { shares: bigint };

type Entry = { market: MorphoMarket; onBehalf: string };
type Exit = Entry & { receiver?: string };

const NO_DATA = "0x";
const PARAMS = ["address", "address", "address", "address", "uint256"];

const tuple = ({ loanToken, collateralToken, oracle, irm, lltv }: MorphoParams): unknown[] => [
  loanToken,
  collateralToken,
  oracle,
  irm,
  lltv,
];
const pair = (amount: MorphoAmount): [assets: bigint, shares: bigint] =>
  "assets" in amount ? [amount.assets, 0n] : [0n, amount.shares];

/** Morpho's id of a market. */
export const morphoId = (params: MorphoParams): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(PARAMS, tuple(params)));

/**
 * Morpho Blue with the mock rate model and oracles of its package, on any chain that `owner` is connected to.
 * Actions are requests that the caller sends from whichever account it likes; tokens must be approved to `address`.
 */
export class Morpho {
  readonly address: string;
  readonly contract: Contract;
  /** The package's mock: a yearly rate of as many percent as are borrowed. */
  readonly irm: string;
  readonly #owner: Signer;
  readonly #oracleCode: Code;

  private constructor(options: { address: string; contract: Contract; irm: string; owner: Signer; oracleCode: Code }) {
    this.address = options.address;
    this.contract = options.contract;
    this.irm = options.irm;
    this.#owner = options.owner;
    this.#oracleCode = options.oracleCode;
  }

  /** `irms` are enabled beside the mock; the zero address stands for a rate of 0. */
  static async deploy(owner: Signer, { irms = [] }: { irms?: readonly string[] } = {}): Promise<Morpho> {
    const code = await buildMorpho();
    const contract = await deployCode(owner, code.Morpho, await owner.getAddress());
    const irm = await (await deployCode(owner, code.IrmMock)).getAddress();
    const morpho = new Morpho({
      ...{ address: await contract.getAddress(), contract, irm, owner, oracleCode: code.OracleMock },
    });
    for (const each of [irm, ...irms]) await morpho.#administer("enableIrm", each);
    return morpho;
  }

  /* MARKETS */

  /** With an oracle of its own unless one is given, at `price`: loan units for a unit of collateral, 1e36. */
  async createMarket({
    loanToken,
    collateralToken,
    lltv,
    irm = this.irm,
    ...source
  }: Omit<MorphoParams, "irm" | "oracle"> & { irm?: string } & (
      { price: bigint } | { oracle: string }
    )): Promise<MorphoMarket> {
    const oracle = "oracle" in source ? source.oracle : await this.createOracle(source.price);
    const isKnown = (await this.contract.getFunction("isLltvEnabled")(lltv)) as boolean;
    if (!isKnown) await this.#administer("enableLltv", lltv);
    const params = { loanToken, collateralToken, oracle, irm, lltv };
    await this.#administer("createMarket", tuple(params));
    return { id: morphoId(params), params };
  }

  /** The package's mock; `setPrice` changes what it says. */
  async createOracle(price: bigint): Promise<string> {
    const oracle = await deployCode(this.#owner, this.#oracleCode);
    await transact(oracle, "setPrice", price);
    return oracle.getAddress();
  }

  async setPrice({ params }: MorphoMarket, price: bigint): Promise<void> {
    const oracle = new Contract(params.oracle, this.#oracleCode.abi, this.#owner);
    await transact(oracle, "setPrice", price);
  }

  /** Share of the interest, WAD, at most 0.25. Accrues first. */
  async setFee({ params }: MorphoMarket, fee: bigint, recipient: string): Promise<void> {
    if ((await this.contract.getFunction("feeRecipient")()) !== recipient) {
      await this.#administer("setFeeRecipient", recipient);
    }
    await this.#administer("setFee", tuple(params), fee);
  }

  async #administer(name: string, ...args: unknown[]): Promise<void> {
    await transact(this.contract, name, ...args);
  }

  /* ACTIONS */

  supply({ market, onBehalf, ...amount }: Entry & MorphoAmount): MorphoRequest {
    return this.#request("supply", market, ...pair(amount), onBehalf, NO_DATA);
  }

  withdraw({ market, onBehalf, receiver = onBehalf, ...amount }: Exit & MorphoAmount): MorphoRequest {
    return this.#request("withdraw", market, ...pair(amount), onBehalf, receiver);
  }

  supplyCollateral({ market, onBehalf, assets }: Entry & { assets: bigint }): MorphoRequest {
    return this.#request("supplyCollateral", market, assets, onBehalf, NO_DATA);
  }

  withdrawCollateral({ market, onBehalf, receiver = onBehalf, assets }: Exit & { assets: bigint }): MorphoRequest {
    return this.#request("withdrawCollateral", market, assets, onBehalf, receiver);
  }

  borrow({ market, onBehalf, receiver = onBehalf, ...amount }: Exit & MorphoAmount): MorphoRequest {
    return this.#request("borrow", market, ...pair(amount), onBehalf, receiver);
  }

  repay({ market, onBehalf, ...amount }: Entry & MorphoAmount): MorphoRequest {
    return this.#request("repay", market, ...pair(amount), onBehalf, NO_DATA);
  }

  /** Either for so much collateral or for so many shares of the debt. */
  liquidate({
    market,
    borrower,
    ...amount
  }: { market: MorphoMarket; borrower: string } & (
    { seizedAssets: bigint } | { repaidShares: bigint }
  )): MorphoRequest {
    const [seized, shares] = "seizedAssets" in amount ? [amount.seizedAssets, 0n] : [0n, amount.repaidShares];
    return this.#request("liquidate", market, borrower, seized, shares, NO_DATA);
  }

  accrueInterest({ market }: { market: MorphoMarket }): MorphoRequest {
    return this.#request("accrueInterest", market);
  }

  #request(name: string, { params }: MorphoMarket, ...args: unknown[]): MorphoRequest {
    return { to: this.address, data: this.contract.interface.encodeFunctionData(name, [tuple(params), ...args]) };
  }

  /* STATE */

  /** As stored: interest since `lastUpdate` is not in it. */
  async marketOf({ id }: MorphoMarket): Promise<MorphoTotals> {
    const words = (await this.contract.getFunction("market")(id)) as bigint[];
    const [totalSupplyAssets, totalSupplyShares, totalBorrowAssets, totalBorrowShares, lastUpdate, fee] = words as [
      ...[bigint, bigint, bigint, bigint, bigint, bigint],
    ];
    return { totalSupplyAssets, totalSupplyShares, totalBorrowAssets, totalBorrowShares, lastUpdate, fee };
  }

  async positionOf({ id }: MorphoMarket, account: string): Promise<MorphoPosition> {
    const words = (await this.contract.getFunction("position")(id, account)) as [bigint, bigint, bigint];
    const [supplyShares, borrowShares, collateral] = words;
    return { supplyShares, borrowShares, collateral };
  }
}

async function deployCode(owner: Signer, { abi, bytecode }: Code, ...args: unknown[]): Promise<Contract> {
  const contract = await new ContractFactory(abi, bytecode, owner).deploy(...args);
  await contract.waitForDeployment();
  return contract as Contract;
}

async function transact(contract: Contract, name: string, ...args: unknown[]): Promise<void> {
  await (await contract.getFunction(name).send(...args)).wait();
}
