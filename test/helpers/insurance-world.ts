import { AbiCoder, Interface, keccak256, toBeHex, ZeroAddress, ZeroHash, type BaseContract } from "ethers";
import { network } from "#chain";
import { InsuranceModel, type InsuranceRisk, type InsuranceTerms } from "../../src/models/insurance.js";
import { tokenId } from "../../src/index.js";
import { at, deployLakh, type LakhFixture } from "./deploy.js";

const DAY = 86_400n;
const WAD = 10n ** 18n;
const FUNDS = 10n ** 24n;
const GAS = 16_000_000n;
const USERS = 4;

/** The typed calls of pools and desk. */
export const insuranceActions = new Interface([
  "function createPool((uint256 asset, address desk, uint32 maxWindow, uint64 capacity, address manager, uint32 cooldown, uint64 eventLimit, uint64 riskLimit) terms)",
  "function deposit(uint256 minShares)",
  "function requestExit(uint256 shares)",
  "function finaliseExits(uint256 requestId)",
  "function claimExit(uint256 requestId)",
  "function claimFees()",
  "function buy(uint256 cover, address referrer)",
  "function redeem(uint256 units)",
]);

const POOL_TYPE = "tuple(uint256,address,uint32,uint64,address,uint32,uint64,uint64)";
const RISK_TYPE = "tuple(bytes32,bytes32,bytes32,bytes32,uint64,uint32,uint32,uint32,uint32,uint32)";
const coder = AbiCoder.defaultAbiCoder();

/** What the chain answers: numbers, or the name of the error. */
export type Reply = { values: readonly bigint[] } | { error: string };

/** One pool and its desk on chain, and the model in the same state: everybody holds much of the asset in the ledger. */
export class InsuranceWorld {
  readonly suite: LakhFixture;
  readonly pools: BaseContract;
  readonly desk: BaseContract;
  readonly oracle: BaseContract;
  readonly lens: BaseContract;
  readonly model: InsuranceModel;
  readonly users: readonly string[];
  readonly asset: bigint;
  poolKey = ZeroHash;
  productId = ZeroHash;
  readonly riskKeys: string[] = [];
  readonly #errors: Interface;

  private constructor(
    suite: LakhFixture,
    contracts: { pools: BaseContract; desk: BaseContract; oracle: BaseContract; lens: BaseContract },
    { model, asset }: { model: InsuranceModel; asset: bigint },
  ) {
    [this.suite, this.model, this.asset] = [suite, model, asset];
    ({ pools: this.pools, desk: this.desk, oracle: this.oracle, lens: this.lens } = contracts);
    this.users = suite.signers.slice(0, USERS).map(({ address }) => address);
    const all = [suite.ledger, contracts.pools, contracts.desk].flatMap(({ interface: { fragments } }) =>
      fragments.filter(({ type }) => type === "error").map((fragment) => fragment.format("full")),
    );
    this.#errors = new Interface([...new Set(all)]);
  }

  static async create(terms: InsuranceTerms): Promise<InsuranceWorld> {
    const connection = await network.create({
      override: { initialBaseFeePerGas: 0n, allowBlocksWithSameTimestamp: true },
    });
    const suite = await deployLakh(connection, { tokens: [{ symbol: "USD", decimals: 6 }] });
    const deploy = async (name: string, parameters: readonly unknown[] = []) =>
      (await connection.ethers.deployContract(name, [...parameters])) as unknown as BaseContract;
    const pools = await deploy("UnderwritingPool", [suite.ledger]);
    const desk = await deploy("CoverDesk", [suite.ledger, pools]);
    const oracle = await deploy("MockCoverOracle");
    const lens = await deploy("InsuranceLens", [desk]);
    const feeTo = at(suite.signers, USERS - 1).address;
    const now = BigInt((await connection.ethers.provider.getBlock("latest"))?.timestamp ?? 0);
    const asset = tokenId(await at(suite.tokens, 0).getAddress());
    const model = new InsuranceModel({ terms, now, feeTo });
    const world = new InsuranceWorld(suite, { pools, desk, oracle, lens }, { model, asset });
    await world.#open(terms);
    return world;
  }

  /** Moves both to `time`. */
  async pass(time: bigint): Promise<void> {
    this.model.pass(time);
    if (time === BigInt((await this.suite.connection.ethers.provider.getBlock("latest"))?.timestamp ?? 0)) return;
    await this.#request("evm_setNextBlockTimestamp", [toBeHex(time)]);
    await this.#request("evm_mine", []);
  }

  /** An action on the pool's book, from and to the ledger. */
  onPool(name: string, args: readonly unknown[] = [], amount0 = 0n): { to: string; data: string } {
    return this.#callOn(this.pools, this.poolKey, { name, args, amount0 });
  }

  /** An action on the book of risk `r`. */
  onRisk(r: number, name: string, args: readonly unknown[] = [], amount0 = 0n): { to: string; data: string } {
    return this.#callOn(this.desk, at(this.riskKeys, r), { name, args, amount0 });
  }

  /** A call of the desk itself about risk `r`. */
  onDesk(name: string, r: number, ...args: readonly unknown[]): { to: string; data: string } {
    const data = this.desk.interface.encodeFunctionData(name, [this.riskId(r), ...args]);
    return { to: this.desk.target as string, data };
  }

  riskId(r: number): string {
    return this.#bookId(this.desk, at(this.riskKeys, r));
  }

  poolId(): string {
    return this.#bookId(this.pools, this.poolKey);
  }

  /** Opens a risk on both sides. */
  async openRisk({ eventId, ...risk }: InsuranceRisk): Promise<void> {
    const event = eventId === "" ? ZeroHash : keccak256(coder.encode(["string"], [eventId]));
    const name = toBeHex(this.riskKeys.length + 1, 32);
    const times = [risk.cutoff, risk.start, risk.end, risk.reportBy, risk.fallbackBy];
    const terms = [this.productId, event, name, name, risk.baseRate, ...times];
    this.riskKeys.push(keccak256(coder.encode([RISK_TYPE], [terms])));
    const data = this.desk.interface.encodeFunctionData("openRisk", [terms]);
    await this.#must({ from: at(this.users, 0), to: this.desk.target as string, data });
    this.model.openRisk({ eventId, ...risk });
  }

  /** What the oracle says from now on, in billionths. */
  async say(ratio: bigint): Promise<void> {
    const data = this.oracle.interface.encodeFunctionData("set", [true, ratio]);
    await this.#must({ from: at(this.users, 0), to: this.oracle.target as string, data });
  }

  /** Asks, then sends in the same second; what the call refuses is not sent. */
  async send(from: string, { to, data }: { to: string; data: string }): Promise<Reply> {
    const request = { from, to, data, gas: toBeHex(GAS), gasPrice: "0x0" };
    let answer: string;
    try {
      answer = (await this.#request("eth_call", [request, "latest"])) as string;
    } catch (error) {
      return { error: this.#nameOf(error) };
    }
    await this.#request("evm_setNextBlockTimestamp", [toBeHex(this.model.now)]);
    await this.#request("eth_sendTransaction", [request]);
    return { values: wordsOf(answer) };
  }

  /** The words that a view of one of the contracts answers. */
  async ask(contract: BaseContract, name: string, args: readonly unknown[]): Promise<bigint[]> {
    const data = contract.interface.encodeFunctionData(name, [...args]);
    return wordsOf((await this.#request("eth_call", [{ to: contract.target, data }, "latest"])) as string);
  }

  async bookOf(contract: BaseContract, key: string): Promise<bigint> {
    const [word = 0n] = await this.ask(this.suite.ledger, "bookOf", [contract.target, key, this.asset, 0n]);
    return word & ((1n << 112n) - 1n);
  }

  /** The ledger's id of the pool's share, or of a risk's cover. */
  shareOf(contract: BaseContract, book: string): bigint {
    const hash = BigInt(
      keccak256(coder.encode(["address", "bytes32", "uint256"], [contract.target as string, book, 0n])),
    );
    return (1n << 255n) | (hash & (((1n << 250n) - 1n) << 1n));
  }

  async #open({ capacity, cooldown, eventLimit, riskLimit, ...product }: InsuranceTerms): Promise<void> {
    const { suite, desk, users, asset } = this;
    const manager = at(users, 0);
    const pool = [asset, desk.target, 60n * DAY, capacity, manager, cooldown, eventLimit, riskLimit];
    this.poolKey = keccak256(coder.encode([POOL_TYPE], [pool]));
    await this.#must({ from: manager, ...this.onPool("createPool", [pool]) });
    const { minRate, kinkRate, maxRate, kink, fee, referral } = product;
    const rates = [minRate, kinkRate, maxRate, kink, this.model.feeTo, fee, referral];
    const terms = [pool, ...rates, this.oracle.target, ZeroAddress, ZeroHash];
    const data = desk.interface.encodeFunctionData("createProduct", [terms]);
    const to = desk.target as string;
    const answer = (await this.#request("eth_call", [{ from: manager, to, data }, "latest"])) as string;
    this.productId = answer;
    await this.#must({ from: manager, to, data });
    const token = at(suite.tokens, 0);
    for (const user of users) {
      const signer = await suite.connection.ethers.getSigner(user);
      await token.connect(signer).mint(user, FUNDS);
      await token.connect(signer).approve(suite.ledger, FUNDS);
      await suite.ledger.connect(signer).deposit(token, FUNDS, FUNDS, user);
    }
    const block = await suite.connection.ethers.provider.getBlock("latest");
    this.model.pass(BigInt(block?.timestamp ?? 0));
  }

  #callOn(
    protocol: BaseContract,
    key: string,
    { name, args, amount0 }: { name: string; args: readonly unknown[]; amount0: bigint },
  ): { to: string; data: string } {
    const book = { protocol: protocol.target as string, asset0: this.asset, asset1: 0n, key };
    const sides = { source: 0n, destination: 0n, to: ZeroAddress };
    const request = {
      ...book,
      ...sides,
      amount0,
      amount1: 0n,
      data: insuranceActions.encodeFunctionData(name, [...args]),
    };
    const { ledger } = this.suite;
    return { to: ledger.target as string, data: ledger.interface.encodeFunctionData("call", [request]) };
  }

  #bookId(protocol: BaseContract, key: string): string {
    const types = ["address", "uint256", "uint256", "bytes32"];
    return keccak256(coder.encode(types, [protocol.target as string, this.asset, 0n, key]));
  }

  async #must(request: { from: string; to: string; data: string }): Promise<void> {
    await this.#request("evm_setNextBlockTimestamp", [toBeHex(this.model.now)]).catch(() => undefined);
    await this.#request("eth_sendTransaction", [{ ...request, gas: toBeHex(GAS), gasPrice: "0x0" }]);
  }

  async #request(method: string, params: unknown[]): Promise<unknown> {
    return this.suite.connection.provider.request({ method, params });
  }

  #nameOf(error: unknown): string {
    const { data } = error as { data?: unknown };
    const text = typeof data === "string" ? data : (data as { data?: unknown } | undefined)?.data;
    if (typeof text !== "string") throw error;
    return this.#errors.parseError(text)?.name ?? text;
  }
}

function wordsOf(answer: string): bigint[] {
  return Array.from({ length: (answer.length - 2) / 64 }, (_, i) =>
    BigInt(`0x${answer.slice(2 + 64 * i, 66 + 64 * i)}`),
  );
}

export const INSURANCE_TERMS: InsuranceTerms = {
  capacity: (9n * WAD) / 10n,
  riskLimit: WAD / 2n,
  eventLimit: (7n * WAD) / 10n,
  cooldown: DAY,
  minRate: WAD / 50n,
  kinkRate: WAD / 5n,
  maxRate: 2n * WAD,
  kink: (7n * WAD) / 10n,
  fee: WAD / 10n,
  referral: WAD / 3n,
};
