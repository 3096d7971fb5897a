import { id as keccakOf, type BaseContract, Interface, keccak256, ZeroAddress, ZeroHash } from "ethers";
import { CoverDesk__factory, MockCoverOracle__factory } from "../../typechain-types/index.js";
import { FailureError } from "../../scripts/lib/failure.js";
import type { ILedger } from "../../typechain-types/core/Ledger.js";
import type { GasRow } from "../schema.js";
import { readProduction } from "./artifacts.js";
import type { Lab, Measured, Sent } from "./lab.js";
import { UNIT } from "./peer-kit.js";
import { sectionAccounts, sectionRow, type SectionBook, type Sections } from "./sections.js";

const DAY = 86_400n;
const WAD = 10n ** 18n;
/** All of the cover, in billionths. */
const ALL = 10n ** 9n;
const COVER = 100n * UNIT;
const COST = 10n * UNIT;
const KINDS = { deposit: 0n, buy: 0n, requestExit: 2n, redeem: 2n, claimExit: 3n } as const;
/** Sections of 400 purchases each: 10,000 policies in all. */
const FULL_SECTIONS = 25;

const ACTIONS = new Interface([
  "function createPool((uint256 asset, address desk, uint32 maxWindow, uint64 capacity, address manager, uint32 cooldown, uint64 eventLimit, uint64 riskLimit) terms)",
  "function deposit(uint256 minShares)",
  "function requestExit(uint256 shares)",
  "function claimExit(uint256 requestId)",
  "function buy(uint256 cover, address referrer)",
  "function redeem(uint256 units)",
]);

type Amounts = { route?: "wallet" | "ledger"; amount0?: bigint };
type Risk = { id: string; book: SectionBook; call: (data: string, amounts?: Amounts) => Sent };

/** Our own limits; wallet rows are whole transactions, the others an operation's without authorisation and calldata. */
const INSURANCE_BARS = {
  buyWallet: 95_000,
  redeemWallet: 60_000,
  settle: 60_000,
  buyNew: 31_000,
  buy: 14_000,
  redeem: 12_500,
};

/**
 * Gas of insurance: capital, purchases, outcomes and payments, from wallets and in sections of 400 accounts, and the settlement of a
 * risk of one policy and of 10,000.
 */
export async function measureInsurance(lab: Lab, sections: Sections): Promise<GasRow[]> {
  const { maker, user, ledger, send } = lab;
  const suite = await openInsurance(lab);
  const { desk, oracle, pool, shareId, openRisk } = suite;
  const rows: GasRow[] = [];
  const record = (action: string, state: GasRow["state"], { gas, ...rest }: Measured, bar: number | null = null) => {
    const { execGas, calldataBytes, l1FeeWei } = rest;
    const shape = { domain: "insurance", path: "wallet", peers: [], floor: null } as const;
    rows.push({
      ...shape,
      action,
      state,
      gas,
      execGas,
      calldataBytes,
      l1FeeWei: String(l1FeeWei),
      bar,
    } as unknown as GasRow);
  };
  const direct = (name: string, args: readonly unknown[] = []): Sent => ({
    to: desk.target as string,
    data: (desk.interface as Interface).encodeFunctionData(name, [...args]),
  });
  const buy = (risk: Risk, route: "wallet" | "ledger" = "wallet") =>
    risk.call(ACTIONS.encodeFunctionData("buy", [COVER, ZeroAddress]), { route, amount0: COST });
  const redeem = (risk: Risk, units: bigint, route: "wallet" | "ledger" = "wallet") =>
    risk.call(ACTIONS.encodeFunctionData("redeem", [units]), { route });

  // Capital.
  const deposit = pool.call(ACTIONS.encodeFunctionData("deposit", [0n]), {
    route: "wallet",
    amount0: 1_000_000n * UNIT,
  });
  record("deposit of an underwriter", "new", await send(maker, deposit));
  record("deposit of an underwriter", "steady", await send(maker, deposit));
  const exit = pool.call(ACTIONS.encodeFunctionData("requestExit", [UNIT]));
  record("request of an exit", "steady", await send(maker, exit));

  // One policy, from wallets.
  const [single, other, both] = [await openRisk("single"), await openRisk("other"), await openRisk("both")];
  await send(maker, buy(both));
  await send(maker, buy(single));
  record("buy cover", "new", await send(user, buy(single)), INSURANCE_BARS.buyWallet);
  record("buy cover", "steady", await send(user, buy(single)), INSURANCE_BARS.buyWallet);
  record("buy cover from the ledger", "steady", await send(user, buy(single, "ledger")));

  // 10,000 policies, in sections.
  const many = await openRisk("many");
  const accounts = sectionAccounts(0x15a9n);
  await sections.handOver(BigInt(pool.book.asset0), 1000n * COST, accounts);
  const fresh = await sections.run(many.book, accounts, { kind: KINDS.buy, amount: UNIT });
  rows.push(section("buy cover, of 400 in a section", "new", fresh, INSURANCE_BARS.buyNew));
  const again = await sections.run(many.book, accounts, { kind: KINDS.buy, amount: UNIT, sequence: 1n });
  rows.push(section("buy cover, of 400 in a section", "steady", again, INSURANCE_BARS.buy));
  for (let i = 1; i < FULL_SECTIONS; i += 1) {
    const others = sectionAccounts(0x15a9n + BigInt(i));
    await sections.handOver(BigInt(pool.book.asset0), 100n * COST, others);
    await sections.run(many.book, others, { kind: KINDS.buy, amount: UNIT });
  }

  // Outcomes.
  await lab.wait(Number(60n * DAY));
  await (await oracle.set(true, 0n)).wait();
  record("report of no loss, other risk", "steady", await send(maker, direct("report", [other.id, "0x"])));
  await (await oracle.set(true, ALL)).wait();
  record("report of a loss, one policy", "steady", await send(maker, direct("report", [single.id, "0x"])));
  record(
    "settle a risk, of one policy",
    "steady",
    await send(maker, direct("settle", [single.id])),
    INSURANCE_BARS.settle,
  );
  record("report of a loss, 10,000 policies", "steady", await send(maker, direct("report", [many.id, "0x"])));
  record(
    "settle a risk, of 10,000 policies",
    "steady",
    await send(maker, direct("settle", [many.id])),
    INSURANCE_BARS.settle,
  );

  const inOne = direct("reportAndSettle", [both.id, "0x"]);
  record("report and settle in one, a loss", "steady", await send(maker, inOne));

  // Payments.
  record("redeem cover", "steady", await send(user, redeem(single, COVER)), INSURANCE_BARS.redeemWallet);
  record("redeem cover into the ledger", "steady", await send(user, redeem(single, COVER, "ledger")));
  const paid = await redeemAll(lab, sections, many, accounts);
  rows.push(section("redeem cover, of 400 in a section", "steady", paid, INSURANCE_BARS.redeem));
  const shares = await ledger.balanceOf(maker.address, shareId);
  if (shares === 0n) throw new FailureError("WRONG_EFFECT", "The underwriter has no shares.");
  return rows;
}

const section = (action: string, state: GasRow["state"], gas: number, bar: number): GasRow =>
  sectionRow({ domain: "insurance" as GasRow["domain"], action, state, gas, bar });

/** Every account redeems a half of the least that any has. */
async function redeemAll(lab: Lab, sections: Sections, risk: Risk, accounts: readonly string[]): Promise<number> {
  const { ledger, maker, chain } = lab;
  const balances = await Promise.all(accounts.map((account) => ledger.balanceOf(account, risk.book.shareId)));
  const least = balances.reduce((a, b) => (a < b ? a : b));
  if (least === 0n) throw new FailureError("WRONG_EFFECT", `${maker.address}: an account has no cover.`);
  await chain.request({ method: "evm_mine", params: [] });
  return sections.run(risk.book, accounts, { kind: KINDS.redeem, amount: least / 2n });
}

/** A pool of a token with its desk and an oracle that answers what it is told; the maker manages it. */
async function openInsurance(lab: Lab) {
  const { ledger, maker, deploy, send, c: token } = lab;
  const to = await ledger.getAddress();
  const pools = await deploy(await readProduction("contracts/insurance/UnderwritingPool.sol"), to);
  const deskCode = await readProduction("contracts/insurance/CoverDesk.sol");
  const desk = CoverDesk__factory.connect(await (await deploy(deskCode, to, pools.target)).getAddress(), maker);
  const oracleCode = await readProduction("contracts/mocks/MockCoverOracle.sol");
  const oracle = MockCoverOracle__factory.connect(await (await deploy(oracleCode)).getAddress(), maker);
  const asset0 = BigInt(await token.getAddress());
  const callOn =
    (protocol: BaseContract, key: string) =>
    (data: string, { route = "ledger", amount0 = 0n }: Amounts = {}) => {
      const side = route === "ledger" ? 0n : 1n;
      const book = { protocol: protocol.target as string, asset0, asset1: 0n, key };
      const sides = { source: side, destination: side, to: ZeroAddress };
      const request: ILedger.CallStruct = { ...book, ...sides, amount0, amount1: 0n, data };
      return { to, data: ledger.interface.encodeFunctionData("call", [request]) };
    };
  const coder = ledger.interface.getAbiCoder();
  const terms = [asset0, desk.target, 120n * DAY, WAD, maker.address, DAY, WAD, WAD];
  const termsType = "tuple(uint256,address,uint32,uint64,address,uint32,uint64,uint64)";
  const poolKey = keccak256(coder.encode([termsType], [terms]));
  const bookOf = (protocol: BaseContract, key: string): string =>
    keccak256(coder.encode(["address", "uint256", "uint256", "bytes32"], [protocol.target, asset0, 0n, key]));
  const poolCall = callOn(pools, poolKey);
  await send(maker, poolCall(ACTIONS.encodeFunctionData("createPool", [terms])));
  const product = [
    ...[terms, WAD / 50n, WAD / 10n, WAD / 2n, (8n * WAD) / 10n],
    ...[maker.address, WAD / 10n, WAD / 4n, oracle.target, ZeroAddress, ZeroHash],
  ];
  const data = desk.interface.encodeFunctionData("createProduct", [product as never]);
  await send(maker, { to: await desk.getAddress(), data });
  const [created] = await desk.queryFilter(desk.filters.ProductCreated());
  const productId = created?.args.id ?? ZeroHash;
  const openRisk = async (name: string): Promise<Risk> => {
    const now = BigInt((await lab.chain.provider.getBlock("latest"))?.timestamp ?? 0);
    const times = [now + 30n * DAY, now + 30n * DAY, now + 50n * DAY, now + 100n * DAY, now + 100n * DAY];
    const risk = [productId, ZeroHash, keccakOf(name), keccakOf(name), WAD / 50n, ...times];
    const type = "tuple(bytes32,bytes32,bytes32,bytes32,uint64,uint32,uint32,uint32,uint32,uint32)";
    const key = keccak256(coder.encode([type], [risk]));
    await (await desk.openRisk(risk as never)).wait();
    const id = bookOf(desk, key);
    const shareId = issuedOf(desk.target as string, id);
    return { id, call: callOn(desk, key), book: { protocol: desk.target, key, asset0, asset1: 0n, shareId } };
  };
  const issuedOf = (owner: string, salt: string): bigint => {
    const hash = BigInt(keccak256(coder.encode(["address", "bytes32", "uint256"], [owner, salt, 0n])));
    return (1n << 255n) | (hash & (((1n << 250n) - 1n) << 1n));
  };
  const shareId = issuedOf(pools.target as string, bookOf(pools, poolKey));
  const book = { protocol: pools.target as string, key: poolKey, asset0, asset1: 0n, shareId };
  return { desk, oracle, shareId, openRisk, pool: { book, call: poolCall } };
}
