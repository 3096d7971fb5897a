import { ZeroAddress, ZeroHash } from "ethers";
import { ethers, networkHelpers, type PoolFixture } from "./ledger-fixture.js";
import { INSURANCE_TERMS, insuranceActions } from "./insurance-world.js";

const DAY = 86_400n;

/** A pool of Alice's with the desk, one of which the relayer is the desk, a risk, and a reporter's bond that is Alice's. */
export async function insuranceOf({ ledger, alice, relayer, ids }: PoolFixture) {
  const underwriting = await ethers.deployContract("UnderwritingPool", [ledger]);
  const desk = await ethers.deployContract("CoverDesk", [ledger, underwriting]);
  const reporting = await ethers.deployContract("ReporterOracle", [ledger, ids.usdc, 5n, relayer, [alice], 1n]);
  const create = async (terms: ReturnType<typeof poolTermsOf>) => {
    const type = "tuple(uint256,address,uint32,uint64,address,uint32,uint64,uint64)";
    const key = ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode([type], [Object.values(terms)]));
    const protocol = await underwriting.getAddress();
    const data = insuranceActions.encodeFunctionData("createPool", [Object.values(terms)]);
    const amounts = { source: 0n, destination: 0n, amount0: 0n, amount1: 0n };
    const book = { protocol, asset0: terms.asset, asset1: 0n, key };
    await ledger.connect(alice).call({ ...book, ...amounts, to: ZeroAddress, data });
    const types = ["address", "uint256", "uint256", "bytes32"];
    return ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(types, [protocol, terms.asset, 0n, key]));
  };
  const poolTerms = poolTermsOf(ids.usdc, await desk.getAddress(), alice.address);
  await create(poolTerms);
  const relayedPool = await create(poolTermsOf(ids.usdc, relayer.address, alice.address));
  const product = productOf(poolTerms, await reporting.getAddress());
  const productId = await desk.connect(alice).createProduct.staticCall(product);
  await desk.connect(alice).createProduct(product);
  const now = BigInt(await networkHelpers.time.latest());
  const risk = riskOf(productId, now, ZeroHash);
  const riskId = await desk.connect(alice).openRisk.staticCall(risk);
  await desk.connect(alice).openRisk(risk);
  await ledger.connect(alice).approve(reporting, ids.usdc, 10n);
  await reporting.connect(alice).postBond();
  return { underwriting, desk, reporting, relayedPool, poolTerms, productId, riskId };
}

const poolTermsOf = (asset: bigint, desk: string, manager: string) => {
  const { capacity, eventLimit, riskLimit } = INSURANCE_TERMS;
  return { asset, desk, maxWindow: 300n * DAY, capacity, manager, cooldown: DAY, eventLimit, riskLimit };
};

const productOf = (pool: ReturnType<typeof poolTermsOf>, oracle: string, fee = 0n) => {
  const { minRate, kinkRate, maxRate, kink } = INSURANCE_TERMS;
  const fees = { feeTo: oracle, fee, referral: 0n };
  return { pool, minRate, kinkRate, maxRate, kink, ...fees, oracle, fallbackOracle: ZeroAddress, termsHash: ZeroHash };
};

const riskOf = (product: string, now: bigint, termsHash: string) => {
  const times = { cutoff: now + 100n * DAY, start: now + 100n * DAY, end: now + 101n * DAY };
  const late = { reportBy: now + 102n * DAY, fallbackBy: now + 102n * DAY };
  return { product, eventId: ZeroHash, oracleData: ZeroHash, termsHash, baseRate: 0n, ...times, ...late };
};

type Parts = Awaited<ReturnType<typeof insuranceOf>> & Pick<PoolFixture, "alice">;
type Arguments = (fixture: Parts) => unknown[] | Promise<unknown[]>;
type Entry = { contract: "underwriting" | "desk" | "reporting"; args: Arguments; passesWith?: string };

function entry(contract: Entry["contract"], args: Arguments, passesWith?: string): Entry {
  return { contract, args, ...(passesWith === undefined ? {} : { passesWith }) };
}

const pool = (args: Arguments, passesWith?: string): Entry => entry("underwriting", args, passesWith);
const desk = (args: Arguments, passesWith?: string): Entry => entry("desk", args, passesWith);
const reporting = (args: Arguments, passesWith?: string): Entry => entry("reporting", args, passesWith);

const later = async (): Promise<bigint> => BigInt(await networkHelpers.time.latest()) + DAY;

/** What is called on behalf of each rule in `INSURANCE_ACCESS`. */
export const INSURANCE_CASES: Readonly<Record<string, Entry>> = {
  "UnderwritingPool.onLedgerCall": pool(({ alice }) => [alice, ZeroHash, 0n, 0n, "0x"], "UnderwritingUnknownPool"),
  "UnderwritingPool.onLedgerBatch": pool(() => [ZeroHash, 0n, 0n, "0x", []], "UnderwritingUnknownPool"),
  "UnderwritingPool.backCover": pool(async ({ relayedPool }) => [
    ...[relayedPool, [ZeroHash, 0n, 0n, await later(), await later()]],
  ]),
  "UnderwritingPool.releaseCover": pool(({ relayedPool, alice }) => [
    ...[relayedPool, [ZeroHash, 0n, 0n, 0n, alice.address, 0n, false]],
  ]),
  "UnderwritingPool.creditFee": pool(({ relayedPool, alice }) => [relayedPool, alice, 1n]),
  "CoverDesk.onLedgerCall": desk(({ alice }) => [alice, ZeroHash, 0n, 0n, "0x"], "CoverUnknownAction"),
  "CoverDesk.onLedgerBatch": desk(() => [ZeroHash, 0n, 0n, "0x", []], "CoverWrongShare"),
  "CoverDesk.createProduct": desk(async ({ poolTerms, reporting }) => [
    productOf(poolTerms, await reporting.getAddress(), 1n),
  ]),
  "CoverDesk.closeProduct": desk(({ productId }) => [productId, true]),
  "CoverDesk.openRisk": desk(async ({ productId }) => [riskOf(productId, await later(), ethers.id("another"))]),
  "CoverDesk.pauseSales": desk(() => [true]),
  "CoverDesk.report": desk(({ riskId }) => [riskId, "0x"], "CoverTooEarly"),
  "CoverDesk.settle": desk(({ riskId }) => [riskId], "CoverWrongState"),
  "CoverDesk.reportAndSettle": desk(({ riskId }) => [riskId, "0x"], "CoverTooEarly"),
  "CoverDesk.voidRisk": desk(({ riskId }) => [riskId], "CoverTooEarly"),
  "CoverDesk.creditCommission": desk(({ riskId, alice }) => [riskId, alice], "CoverWrongState"),
  "CoverDesk.settleHolders": desk(({ riskId }) => [riskId, []], "CoverWrongState"),
  "ReporterOracle.proposeReporters": reporting(({ alice }) => [[alice], 1n]),
  "ReporterOracle.postBond": reporting(() => [], "ReporterBonded"),
  "ReporterOracle.freeBond": reporting(() => []),
  "ReporterOracle.withdrawBond": reporting(() => [], "ReporterBondLocked"),
  "ReporterOracle.slash": reporting(
    ({ alice }) => [alice, ZeroHash, [1n, 2n], ["0x", "0x"]],
    "ReporterNoContradiction",
  ),
};
