import { ZeroAddress, type Contract } from "ethers";
import { network } from "#chain";
import { Morpho, type MorphoMarket } from "../../bench/gas/morpho.js";
import {
  DESTINATIONS,
  encodeLendingAction,
  marketKey,
  hashMarket,
  lastUpdateOf,
  NO_INTEREST,
  PRICE_SCALE,
  SOURCES,
  supplyShareIdOf,
  tokenId,
  type LendingAction,
  type LendingMarket,
  type MarketParams,
} from "../../src/index.js";
import { type LendingCore, type MockLinearRateModel, type MockPriceOracle } from "../../typechain-types/index.js";
import { at, deployLakh, deployTyped, type LakhFixture } from "./deploy.js";
import { TimedChain, type Reply } from "./timed-chain.js";

/** One account in both markets; `loan` and `collateral` are what it has beside them. */
export type PairAccount = {
  supplyShares: bigint;
  borrowShares: bigint;
  collateral: bigint;
  loan: bigint;
  collateralLeft: bigint;
};

export type PairSide = { market: LendingMarket; account: PairAccount };

export const PAIR_LLTVS = [5000n, 8600n, 9450n, 9800n].map((part) => part * 10n ** 14n);
const USERS = 4;
const FUNDS = 10n ** 30n;
const MAX_UINT256 = (1n << 256n) - 1n;

/** The lending core and Morpho Blue on one chain, with the same tokens, oracle and rate, and markets in pairs. */
export class LendingPair {
  readonly chain: TimedChain;
  readonly users: string[];
  readonly feeRecipient: string;
  /** Of the market that is being compared. */
  params: MarketParams;
  #morphoMarket: MorphoMarket;
  readonly #suite: LakhFixture;
  readonly #lending: LendingCore;
  readonly #lendingAddress: string;
  readonly #ledgerAddress: string;
  readonly #morpho: Morpho;
  readonly #rateModel: string;
  readonly #tokens: readonly [string, string];

  private constructor(options: {
    chain: TimedChain;
    users: string[];
    feeRecipient: string;
    suite: LakhFixture;
    lending: LendingCore;
    addresses: { lending: string; ledger: string; rateModel: string };
    morpho: Morpho;
    tokens: readonly [string, string];
  }) {
    this.chain = options.chain;
    this.users = options.users;
    this.feeRecipient = options.feeRecipient;
    this.#suite = options.suite;
    this.#lending = options.lending;
    this.#lendingAddress = options.addresses.lending;
    this.#ledgerAddress = options.addresses.ledger;
    this.#rateModel = options.addresses.rateModel;
    this.#morpho = options.morpho;
    this.#tokens = options.tokens;
    const [loan, collateral] = options.tokens;
    this.params = {
      ...{ loanAsset: tokenId(loan), collateralAsset: tokenId(collateral), oracle: ZeroAddress },
      ...{ irm: NO_INTEREST, lltv: 0n, closeOutDebt: 0n },
    };
    this.#morphoMarket = {
      id: "",
      params: { loanToken: loan, collateralToken: collateral, oracle: "", irm: "", lltv: 0n },
    };
  }

  static async create(): Promise<LendingPair> {
    const connection = await network.create({
      override: { initialBaseFeePerGas: 0n, allowBlocksWithSameTimestamp: true },
    });
    const specs = ["LOAN", "COLL"].map((symbol) => ({ symbol, decimals: 18 }));
    const suite = await deployLakh(connection, { tokens: specs });
    const { ledger, admin } = suite;
    const lending = await deployTyped<LendingCore>(connection, "LendingCore", [ledger]);
    const linear = await deployTyped<MockLinearRateModel>(connection, "MockLinearRateModel");
    const rateModel = await linear.getAddress();
    await ledger.listCore(lending);
    for (const irm of [NO_INTEREST, rateModel]) await lending.enableRateModel(irm);
    for (const lltv of PAIR_LLTVS) await lending.enableLltv(lltv);
    const morpho = await Morpho.deploy(admin, { irms: [ZeroAddress] });
    const [loan, collateral] = [await at(suite.tokens, 0).getAddress(), await at(suite.tokens, 1).getAddress()];
    const users = suite.signers.slice(1, 1 + USERS).map(({ address }) => address);
    const feeRecipient = at(suite.signers, 1 + USERS).address;
    await lending.setFeeRecipient(feeRecipient);
    const addresses = { lending: await lending.getAddress(), ledger: await ledger.getAddress(), rateModel };
    for (const user of users) {
      const signer = await connection.ethers.getSigner(user);
      for (const token of suite.tokens) {
        await token.mint(user, 2n * FUNDS);
        for (const spender of [morpho.address, addresses.ledger]) {
          await token.connect(signer).approve(spender, MAX_UINT256);
        }
        await ledger.connect(signer).deposit(token, FUNDS, FUNDS, user);
      }
    }
    const chain = await TimedChain.of(connection);
    return new LendingPair({
      ...{ chain, users, feeRecipient, suite, lending, addresses, morpho, tokens: [loan, collateral] as const },
    });
  }

  /** A new market on both sides, with an oracle of its own at a price of 1. */
  async open({ lltv, closeOutDebt, hasInterest }: { lltv: bigint; closeOutDebt: bigint; hasInterest: boolean }) {
    const { connection } = this.chain;
    const oracle = await deployTyped<MockPriceOracle>(connection, "MockPriceOracle", [PRICE_SCALE]);
    const address = await oracle.getAddress();
    const [loanToken, collateralToken] = this.#tokens;
    const irm = hasInterest ? this.#rateModel : NO_INTEREST;
    this.params = { ...this.params, oracle: address, irm, lltv, closeOutDebt };
    this.#morphoMarket = await this.#morpho.createMarket({
      ...{ loanToken, collateralToken, lltv, oracle: address },
      ...(hasInterest ? {} : { irm: ZeroAddress }),
    });
    await this.chain.adopt();
    const user = at(this.users, 0);
    const created = await this.ours(user, { name: "createMarket", market: this.params });
    if ("error" in created) throw new Error(`The market was refused: ${created.error.name}`);
    await this.theirs(user, "accrueInterest", []); // so that both count from this second
  }

  async setPrice(price: bigint): Promise<void> {
    const oracle = await this.chain.connection.ethers.getContractAt("MockPriceOracle", this.params.oracle);
    const data = oracle.interface.encodeFunctionData("setPrice", [price]);
    await this.chain.send({ from: at(this.users, 0), to: this.params.oracle, data });
  }

  /** On both sides, which take the interest so far under the old fee. */
  async setFee(fee: bigint): Promise<void> {
    const from = this.#suite.admin.address;
    const data = this.#lending.interface.encodeFunctionData("setFee", [this.params, fee]);
    const contract: Contract = this.#morpho.contract;
    if ((await contract.getFunction("feeRecipient")()) !== this.feeRecipient) {
      const first = contract.interface.encodeFunctionData("setFeeRecipient", [this.feeRecipient]);
      await this.chain.send({ from, to: this.#morpho.address, data: first });
    }
    for (const reply of [
      await this.chain.send({ from, to: this.#lendingAddress, data }),
      await this.theirs(from, "setFee", [fee]),
    ]) {
      if ("error" in reply) throw new Error(`The fee was refused: ${reply.error.name}`);
    }
  }

  /* ACTIONS */

  /** A call of ours, from and to the ledger. */
  async ours(
    from: string,
    action: LendingAction,
    { amount0 = 0n, amount1 = 0n }: { amount0?: bigint; amount1?: bigint } = {},
  ): Promise<Reply> {
    const { loanAsset: asset0, collateralAsset: asset1 } = this.params;
    const call = {
      ...{ protocol: this.#lendingAddress, asset0, asset1, key: marketKey(this.params), amount0, amount1 },
      ...{ source: SOURCES.ledger, destination: DESTINATIONS.ledger, to: ZeroAddress },
      data: encodeLendingAction(action),
    };
    const data = this.#suite.ledger.interface.encodeFunctionData("call", [call]);
    return this.chain.send({ from, to: this.#ledgerAddress, data });
  }

  /** A call of Morpho's, whose first argument is the market. */
  async theirs(from: string, name: string, args: readonly unknown[]): Promise<Reply> {
    const { loanToken, collateralToken, oracle, irm, lltv } = this.#morphoMarket.params;
    const market = [loanToken, collateralToken, oracle, irm, lltv];
    const data = this.#morpho.contract.interface.encodeFunctionData(name, [market, ...args]);
    return this.chain.send({ from, to: this.#morpho.address, data });
  }

  /* STATE */

  /** What stands on our side: as of the last update. */
  async ourSide(account: string): Promise<PairSide & { feeShares: bigint; updated: bigint }> {
    const { loanAsset, collateralAsset } = this.params;
    const { interface: codec } = this.#lending;
    const { interface: ledger } = this.#suite.ledger;
    const id = hashMarket({ lending: this.#lendingAddress, market: this.params });
    const shareId = supplyShareIdOf({ lending: this.#lendingAddress, id });
    const balanceOf = async (asset: bigint): Promise<bigint> => {
      const words = await this.chain.words(
        this.#ledgerAddress,
        ledger.encodeFunctionData("balanceOf", [account, asset]),
      );
      return at(words, 0);
    };
    const key = marketKey(this.params);
    const [stored, book, position, supplyShares, loan, collateralLeft] = await Promise.all([
      this.chain.words(this.#lendingAddress, codec.encodeFunctionData("marketOf", [id])),
      this.chain.words(
        this.#ledgerAddress,
        ledger.encodeFunctionData("bookOf", [this.#lendingAddress, key, loanAsset, collateralAsset]),
      ),
      this.chain.words(this.#lendingAddress, codec.encodeFunctionData("positionOf", [id, account])),
      ...([balanceOf(shareId), balanceOf(loanAsset), balanceOf(collateralAsset)] as const),
    ]);
    const idle = at(book, 0) & ((1n << 112n) - 1n);
    return {
      market: { idle, supplyShares: at(stored, 0), borrowAssets: at(stored, 1), borrowShares: at(stored, 2) },
      account: { supplyShares, borrowShares: at(position, 0), collateral: at(position, 1), loan, collateralLeft },
      feeShares: at(stored, 3),
      updated: lastUpdateOf(at(book, 0)),
    };
  }

  /** The same of Morpho's side. */
  async theirSide(account: string): Promise<PairSide & { feeShares: bigint; updated: bigint }> {
    const { id } = this.#morphoMarket;
    const { address, contract } = this.#morpho;
    const { interface: codec } = contract;
    const balanceOf = async (index: 0 | 1): Promise<bigint> => {
      const token = at(this.#suite.tokens, index).interface.encodeFunctionData("balanceOf", [account]);
      return at(await this.chain.words(this.#tokens[index], token), 0);
    };
    const [stored, position, fees, loan, collateralLeft] = await Promise.all([
      this.chain.words(address, codec.encodeFunctionData("market", [id])),
      this.chain.words(address, codec.encodeFunctionData("position", [id, account])),
      this.chain.words(address, codec.encodeFunctionData("position", [id, this.feeRecipient])),
      ...([balanceOf(0), balanceOf(1)] as const),
    ]);
    const [supplyAssets, borrowAssets] = [at(stored, 0), at(stored, 2)];
    return {
      market: {
        ...{ idle: supplyAssets - borrowAssets, supplyShares: at(stored, 1) },
        ...{ borrowAssets, borrowShares: at(stored, 3) },
      },
      account: {
        ...{ supplyShares: at(position, 0), borrowShares: at(position, 1), collateral: at(position, 2) },
        ...{ loan, collateralLeft },
      },
      feeShares: at(fees, 0),
      updated: at(stored, 4),
    };
  }
}
