import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { id as hashOf } from "ethers";
import { network } from "#chain";
import {
  coverProduct,
  createLakh,
  riskTerms,
  tokenId,
  underwritingTerms,
  type LakhRequest,
} from "../../../src/index.js";
import { at, deployLakh, type TestSigner } from "../../helpers/deploy.js";

const DOCUMENT = path.join(import.meta.dirname, "../../../docs/insurance.md");
const USD = 10n ** 6n;
const PERCENT = 10n ** 16n;
const DAY = 86_400n;
const HOUR = 3_600n;

/** The amount in dollars with so many digits, rounded. */
function text(amount: bigint, digits = 0): string {
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return (Number(amount) / Number(USD)).toLocaleString("en-US", format);
}

/** The document's pool, product and risk; the week of the risk's end is over less than 62 days after the beginning. */
async function exampleFixture() {
  const connection = await network.create({
    override: { initialBaseFeePerGas: 0n, allowBlocksWithSameTimestamp: true },
  });
  const { ethers, networkHelpers } = connection;
  const deployed = await deployLakh(connection, { tokens: [{ symbol: "USD", decimals: 6 }] });
  const { ledger, admin } = deployed;
  const pools = await ethers.deployContract("UnderwritingPool", [ledger]);
  const desk = await ethers.deployContract("CoverDesk", [ledger, pools]);
  const oracle = await ethers.deployContract("MockCoverOracle");
  for (const core of [pools, desk]) await ledger.listCore(core);
  const [underwriter, holder, other] = deployed.signers.slice(1, 4) as [TestSigner, TestSigner, TestSigner];
  const token = await at(deployed.tokens, 0).getAddress();
  await at(deployed.tokens, 0).mint(admin, 10n ** 7n * USD);
  await at(deployed.tokens, 0).approve(ledger, 10n ** 7n * USD);
  for (const { address } of [underwriter, holder, other]) await ledger.deposit(token, 10n ** 6n * USD, 0n, address);
  const places = { underwritingPool: await pools.getAddress(), coverDesk: await desk.getAddress() };
  const addresses = { ...deployed.lakh.addresses, ...places };
  const { insurance } = createLakh({ addresses, runner: ethers.provider });
  const { time } = networkHelpers;
  const latest = BigInt(await time.latest());
  const start = latest - (latest % (7n * DAY)) + 8n * DAY + 8n * HOUR;
  /** Sends so many days after the beginning. */
  const send = async (signer: TestSigner, { to, data }: LakhRequest, days = 0n): Promise<void> => {
    const wanted = start + days * DAY;
    if (BigInt(await time.latest()) <= wanted) await time.setNextBlockTimestamp(wanted);
    await (await signer.sendTransaction({ to, data })).wait();
  };
  const terms = underwritingTerms({
    ...{ token, desk: places.coverDesk, manager: admin.address, maxWindow: 90n * DAY },
  });
  const rates = { min: 2n * PERCENT, kink: 10n * PERCENT, max: 100n * PERCENT, kinkAt: 80n * PERCENT };
  const product = coverProduct({
    ...{ pool: terms, rates, fee: 10n * PERCENT, oracle: await oracle.getAddress(), terms: "" },
  });
  await send(admin, insurance.createPool({ terms }));
  await send(underwriter, insurance.deposit({ terms, assets: 10n ** 6n * USD }));
  await send(admin, insurance.createProduct({ product }));
  const risk = riskTerms({
    ...{
      product: await insurance.productIdOf({ product }),
      oracleData: hashOf("hail"),
      terms: "",
      baseRate: 3n * PERCENT,
    },
    ...{ cutoff: start + 30n * DAY, end: start + 60n * DAY, reportBy: start + 80n * DAY },
  });
  await send(admin, insurance.openRisk({ risk }));
  const moneyOf = async ({ address }: TestSigner) => ledger.balanceOf(address, tokenId(token));
  const people = { underwriter, holder, other };
  return { ...people, insurance, oracle, terms, of: { risk, asset: token }, start, send, time, moneyOf };
}

describe("CoverDesk", () => {
  it("does what the document's example says", async () => {
    const fixture = await exampleFixture();
    const { insurance, oracle, terms, of, start, send, time, moneyOf, underwriter, holder, other } = fixture;
    const document = (await readFile(DOCUMENT, "utf8")).replace(/\s+/g, " ");
    const says = (row: string) => expect(document).to.include(row);
    const passTo = async (days: bigint) => time.increaseTo(start + days * DAY);

    const { fee } = await insurance.quote({ ...of, units: 10_000n * USD });
    const buy = async (buyer: TestSigner, units: bigint, maxCost: bigint) => {
      const before = await moneyOf(buyer);
      await send(buyer, insurance.buy({ ...of, units, maxCost }));
      return before - (await moneyOf(buyer));
    };
    const [first, second] = [
      await buy(holder, 10_000n * USD, 370n * USD),
      await buy(other, 500_000n * USD, 21_000n * USD),
    ];
    says(`cover of 10,000 dollars for ${text(first, 2)}, another 500,000 for ${text(second, 2)}.`);
    says(`${text(first, 2)}, of which ${text(fee, 2)} is the fee`);
    const { shares } = await insurance.poolOf({ terms });
    await send(underwriter, insurance.requestExit({ terms, shares: shares / 10n }));
    const { assets, readyAt } = await insurance.exitRequestOf({ terms, requestId: 1n });
    says(`with its part of the premiums ${text(assets)} at the most, ready ${(readyAt - start) / DAY} days later`);
    expect((readyAt - start) % DAY).to.equal(0n);

    await passTo(45n);
    const premiums = ((first + second) * 10n) / 11n;
    const pool = await insurance.poolOf({ terms });
    says(`After 45 days the pool is worth ${text(pool.assets)} dollars`);
    expect(Number(pool.assets - 10n ** 6n * USD) / Number(premiums)).to.be.within(0.72, 0.75);
    await passTo(61n);
    expect((await insurance.poolOf({ terms })).unearned).to.be.greaterThan(0n);
    await passTo(62n);
    expect((await insurance.poolOf({ terms })).unearned).to.equal(0n);

    await oracle.set(true, 250_000_000n);
    await send(other, insurance.report({ ...of, proof: "0x" }), 62n);
    says(`A quarter is lost: ${text((await insurance.riskOf(of)).held)}.`);
    const before = await moneyOf(holder);
    await send(holder, insurance.redeem({ ...of, units: 10_000n * USD }), 62n);
    says(`he redeems 10,000 units for ${text((await moneyOf(holder)) - before)} dollars`);
    await passTo(81n);
    const left = (await insurance.poolOf({ terms })).assets;
    const had = await moneyOf(underwriter);
    await send(underwriter, insurance.claimExit({ terms, requestId: 1n }), 81n);
    says(`On day 81 the pool is worth ${text(left)}, and the exit pays ${text((await moneyOf(underwriter)) - had)}:`);
  });
});
