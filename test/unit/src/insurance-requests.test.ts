import { expect } from "chai";
import { id as hashOf, ZeroAddress, ZeroHash } from "ethers";
import { network } from "#chain";
import {
  createLakh,
  coverProduct,
  coverProductId,
  explain,
  outcomeTypedData,
  readReserves,
  reporterProof,
  riskTerms,
  underwritingTerms,
  WHOLE_COVER,
  type LakhRequest,
} from "../../../src/index.js";
import { at, deployLakh, type TestSigner } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";

const USD = 10n ** 6n;
const WAD = 10n ** 18n;
const HOUR = 3_600n;
const DAY = 24n * HOUR;

/** A pool of 100,000 dollars of the underwriter's, a product of it, and a risk that is on sale; all have dollars in the ledger. */
async function fixture() {
  const connection = await network.create();
  const deployed = await deployLakh(connection, { tokens: [{ symbol: "USD", decimals: 6 }] });
  const { ethers, networkHelpers } = connection;
  const { ledger, admin } = deployed;
  const pools = await ethers.deployContract("UnderwritingPool", [ledger]);
  const desk = await ethers.deployContract("CoverDesk", [ledger, pools]);
  await ledger.listCore(pools);
  await ledger.listCore(desk);
  const [underwriter, holder, other, ...reporters] = deployed.signers.slice(1, 7) as [
    TestSigner,
    TestSigner,
    TestSigner,
    ...TestSigner[],
  ];
  const token = at(deployed.tokens, 0);
  const usd = await token.getAddress();
  await token.mint(admin, 10n ** 6n * USD);
  await token.approve(ledger, 10n ** 6n * USD);
  for (const { address } of [underwriter, holder, other]) {
    await ledger.deposit(usd, 200_000n * USD, 0n, address);
  }
  const inOrder = reporters.map(({ address }) => address).sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const oracle = await ethers.deployContract("ReporterOracle", [ledger, BigInt(usd), 0n, admin, inOrder, 2n]);
  const addresses = {
    ...deployed.lakh.addresses,
    underwritingPool: await pools.getAddress(),
    coverDesk: await desk.getAddress(),
  };
  const { insurance } = createLakh({ addresses, runner: admin });
  const send = async (signer: TestSigner, request: LakhRequest): Promise<void> => {
    const { to, data, value } = request;
    await (await signer.sendTransaction({ to, data, value })).wait();
  };
  const terms = underwritingTerms({
    ...{ token: usd, desk: addresses.coverDesk, manager: admin.address, maxWindow: 60n * DAY, cooldown: DAY },
    ...{ capacity: WAD / 2n, riskLimit: WAD / 10n },
  });
  const product = coverProduct({
    ...{ pool: terms, rates: { min: WAD / 100n, kink: WAD / 10n, max: WAD, kinkAt: (8n * WAD) / 10n } },
    ...{
      oracle: await oracle.getAddress(),
      fee: WAD / 10n,
      referral: WAD / 2n,
      terms: "Pays when the flight is late.",
    },
  });
  const now = BigInt(await networkHelpers.time.latest());
  const risk = riskTerms({
    ...{ product: await insurance.productIdOf({ product }), oracleData: hashOf("LH 400"), terms: "LH 400 on Monday" },
    ...{ baseRate: WAD / 20n, cutoff: now + 10n * DAY, end: now + 11n * DAY, reportBy: now + 20n * DAY },
  });
  // The receiver of shares and cover is whoever sends.
  const mine = createLakh({ addresses }).insurance;
  await send(underwriter, mine.createPool({ terms }));
  await send(underwriter, mine.deposit({ terms, assets: 100_000n * USD, minShares: 1n }));
  await send(admin, insurance.createProduct({ product }));
  await send(admin, insurance.openRisk({ risk }));
  const of = { risk, asset: usd };
  const people = { admin, underwriter, holder, other, reporters };
  const chainId = (await ethers.provider.getNetwork()).chainId;
  const { time } = networkHelpers;
  return { ...deployed, ...people, insurance, mine, send, terms, product, of, usd, oracle, addresses, chainId, time };
}

describe("src/insurance", () => {
  it("sells cover, settles it by two reporters, and lets the underwriter leave", async () => {
    const made = await fixture();
    const { insurance, mine, send, terms, product, of, usd, oracle, addresses, chainId, time, ledger } = made;
    const { admin, underwriter, holder, other, reporters } = made;
    const units = 1_000n * USD;
    const { cost, fee } = await insurance.quote({ ...of, units });
    expect(cost > units / 20n && fee > 0n).to.equal(true);
    const funds = await ledger.balanceOf(holder, BigInt(usd));
    await send(holder, mine.buy({ ...of, units, maxCost: units, referrer: other.address }));
    const paid = funds - (await ledger.balanceOf(holder, BigInt(usd)));
    // The purchase is a second later than the quote, and no dearer.
    expect(paid <= cost && paid > (cost * 99n) / 100n).to.equal(true);
    expect(await insurance.coverOf({ ...of, account: holder.address })).to.equal(units);
    const sold = await insurance.riskOf(of);
    expect([sold.status, sold.cover, sold.held, sold.ratio]).to.deep.equal(["open", units, paid, 0n]);
    const pool = await insurance.poolOf({ terms });
    expect([pool.locked, pool.room]).to.deep.equal([units, pool.assets / 2n - units]);
    const { cover, room } = await insurance.coverFor({ ...of, cost: paid });
    expect(cover < units && room === pool.assets / 10n - units, "the curve has risen").to.equal(true);

    await time.increaseTo(of.risk.end + 1n);
    const ratio = WHOLE_COVER / 2n;
    const signing = { chainId, oracle: await oracle.getAddress(), desk: addresses.coverDesk, ratio };
    const { domain, types, message } = outcomeTypedData({ ...signing, risk: insurance.riskIdOf(of) });
    const signatures = await Promise.all(
      reporters.slice(0, 2).map(async (reporter) => ({
        ...{ reporter: reporter.address, signature: await reporter.signTypedData(domain, types, message) },
      })),
    );
    await send(other, insurance.report({ ...of, proof: reporterProof({ ratio, signatures }), settle: false }));
    expect((await insurance.riskOf(of)).status).to.equal("reported");
    await send(other, insurance.settle(of));
    const settled = await insurance.riskOf(of);
    expect([settled.status, settled.held, settled.ratio]).to.deep.equal(["settled", units / 2n, ratio]);

    const before = await ledger.balanceOf(holder, BigInt(usd));
    await send(holder, mine.redeem({ ...of, units: units / 4n }));
    await ledger.connect(holder).setOperator(addresses.coverDesk, true);
    await send(other, insurance.settleHolders({ ...of, holders: [holder.address, other.address] }));
    expect((await ledger.balanceOf(holder, BigInt(usd))) - before).to.equal(units / 2n);

    const commission = await insurance.commissionOf({ ...of, referrer: other.address });
    expect(await insurance.feesOf({ terms, account: other.address })).to.equal(0n);
    await send(holder, insurance.creditCommission({ ...of, referrer: other.address }));
    expect(await insurance.feesOf({ terms, account: other.address })).to.equal(commission);
    for (const account of [admin.address, other.address]) {
      expect((await insurance.feesOf({ terms, account })) > 0n).to.equal(true);
    }
    await send(other, mine.claimFees({ terms }));
    expect(await insurance.feesOf({ terms, account: other.address })).to.equal(0n);
    expect(product.feeTo).to.equal(admin.address);

    // All of the premium is earned a week after the risk's end; who asks to leave earns nothing more.
    await time.increase(7n * DAY);
    const shares = await ledger.balanceOf(underwriter, pool.shareId);
    const cap = await insurance.exitCap({ terms, shares: shares / 2n });
    await send(underwriter, mine.requestExit({ terms, shares: shares / 2n }));
    expect((await insurance.exitRequestOf({ terms, requestId: 1n })).assets).to.equal(cap);
    await send(underwriter, mine.requestExit({ terms, shares: shares - shares / 2n }));
    const { owner, readyAt } = await insurance.exitRequestOf({ terms, requestId: 2n });
    expect(owner).to.equal(underwriter.address);
    await time.increaseTo(readyAt);
    await send(other, mine.finaliseExits({ terms, requestId: 1n }));
    for (const requestId of [1n, 2n]) await send(underwriter, mine.claimExit({ terms, requestId }));
    const end = await ledger.balanceOf(underwriter, BigInt(usd));
    // What was earned is the premium, what was lost half of the cover; rounding keeps a unit or two.
    expect(end).to.be.closeTo(200_000n * USD + (paid * 10n) / 11n - units / 2n, 3n);
  });

  it("opens and closes sales, and pays back a risk that nobody reports", async () => {
    const made = await fixture();
    const { insurance, mine, send, of, time, admin, holder } = made;
    const productId = of.risk.product;
    await send(admin, insurance.closeProduct({ productId, isClosed: true }));
    const refused = await insurance.quote({ ...of, units: USD }).catch((error: unknown) => error);
    expect(explain(refused).name).to.equal("CoverSalesStopped");
    await send(admin, insurance.closeProduct({ productId, isClosed: false }));
    await send(holder, mine.buy({ ...of, units: 10n * USD, maxCost: 10n * USD }));
    const { voidFrom, held: paid } = await insurance.riskOf(of);
    await time.increaseTo(voidFrom);
    await send(holder, insurance.voidRisk(of));
    expect((await readReserves({ insurance, terms: made.terms })).claims).to.equal(paid);
    await send(holder, insurance.settle(of));
    const { status, held, cover } = await insurance.riskOf(of);
    expect([status, cover]).to.deep.equal(["settled", 10n * USD]);
    expect(held).to.equal(paid);
  });

  it("states reserves beside what could have to be paid, by date and event", async () => {
    const made = await fixture();
    const { insurance, mine, send, of, terms, time, admin, holder, oracle, addresses, chainId, reporters } = made;
    const { risk, asset } = of;
    const eventId = hashOf("storm");
    const second = { asset, risk: { ...risk, eventId, oracleData: hashOf("LH 402"), end: risk.end + DAY } };
    const third = { asset, risk: { ...second.risk, oracleData: hashOf("LH 404") } };
    for (const each of [second, third]) await send(admin, insurance.openRisk(each));
    const sales = [of, second, third].map((each, index) => ({ ...each, units: BigInt(index + 1) * 100n * USD }));
    for (const sale of sales) await send(holder, mine.buy({ ...sale, maxCost: 100n * USD }));
    const report = await readReserves({ insurance, terms });
    expect(report.rows.map(({ risks, cover, largestEvent }) => [risks, cover, largestEvent])).to.deep.equal([
      [1, 100n * USD, 100n * USD],
      [2, 500n * USD, 500n * USD],
    ]);
    expect([report.exposure, report.returning, report.claims]).to.deep.equal([600n * USD, 0n, 0n]);
    expect(report.exposure).to.equal((await insurance.poolOf({ terms })).locked);

    await time.increaseTo(risk.end + 1n);
    const ratio = WHOLE_COVER / 4n;
    const signing = { chainId, oracle: await oracle.getAddress(), desk: addresses.coverDesk, ratio };
    const { domain, types, message } = outcomeTypedData({ ...signing, risk: insurance.riskIdOf(of) });
    const signatures = await Promise.all(
      reporters.slice(1).map(async (reporter) => ({
        ...{ reporter: reporter.address, signature: await reporter.signTypedData(domain, types, message) },
      })),
    );
    await send(holder, insurance.report({ ...of, proof: reporterProof({ ratio, signatures }), settle: false }));
    const reported = await readReserves({ insurance, terms });
    expect([reported.exposure, reported.claims, reported.rows.length]).to.deep.equal([500n * USD, 25n * USD, 1]);
    expect(reported.free).to.equal(reported.assets - reported.locked);
    await send(holder, insurance.settle(of));
    const settled = await readReserves({ insurance, terms });
    expect([settled.claims, settled.returning]).to.deep.equal([25n * USD, 0n]);
    // As it was.
    expect(await readReserves({ insurance, terms, block: report.block })).to.deep.equal(report);
  });

  it("names products and risks as the desk does", async () => {
    const { insurance, product, of, chainId, addresses, usd, terms } = await fixture();
    expect(coverProductId({ chainId, desk: addresses.coverDesk, product })).to.equal(of.risk.product);
    const stored = await insurance.desk.productOf(of.risk.product);
    expect([stored.manager, stored.asset]).to.deep.equal([terms.manager, usd]);
    expect((await insurance.desk.riskOf(insurance.riskIdOf(of))).oracleData).to.equal(hashOf("LH 400"));
    expect(insurance.coverIdOf(of)).to.equal((await insurance.riskOf(of)).coverId);
  });

  it("refuses by name what cannot be", async () => {
    const { insurance, mine, terms, product, of, usd, addresses, holder } = await fixture();
    const pool = { token: usd, desk: addresses.coverDesk, manager: holder.address, maxWindow: DAY };
    const out = (change: Partial<Parameters<typeof underwritingTerms>[0]>) => () =>
      underwritingTerms({ ...pool, ...change });
    expectCode(out({ maxWindow: HOUR - 1n }), "AmountOutOfRange");
    expectCode(out({ cooldown: 366n * DAY }), "AmountOutOfRange");
    expectCode(out({ capacity: 0n }), "AmountOutOfRange");
    expectCode(out({ capacity: WAD / 2n, eventLimit: WAD }), "AmountOutOfRange");
    expectCode(out({ desk: ZeroAddress }), "InvalidAddress");
    const rates = { min: 2n, kink: 1n, max: 3n, kinkAt: 0n };
    expectCode(() => coverProduct({ pool: terms, rates, oracle: usd, terms: "" }), "AmountOutOfRange");
    const fine = { min: 1n, kink: 1n, max: 1n, kinkAt: 0n };
    expectCode(() => coverProduct({ pool: terms, rates: fine, oracle: ZeroAddress, terms: "" }), "InvalidAddress");
    expectCode(() => coverProduct({ pool: terms, rates: fine, oracle: usd, fee: WAD, terms: "" }), "AmountOutOfRange");
    const times = { product: ZeroHash, oracleData: ZeroHash, terms: "", baseRate: 0n, cutoff: 5n, end: 9n };
    expectCode(() => riskTerms({ ...times, reportBy: 9n }), "AmountOutOfRange");
    expectCode(() => riskTerms({ ...times, end: 5n, reportBy: 9n }), "AmountOutOfRange");
    expectCode(() => riskTerms({ ...times, product: "0x", reportBy: 10n }), "InvalidBytes32");
    expectCode(() => mine.deposit({ terms, assets: 0n }), "AmountZero");
    expectCode(() => mine.deposit({ terms, assets: 1n, payWithEther: true }), "NativeAssetMissing");
    expectCode(() => mine.buy({ ...of, units: 0n, maxCost: 1n }), "AmountZero");
    expectCode(() => insurance.settleHolders({ ...of, holders: [] }), "NothingToClaim");
    const signed = { chainId: 1n, oracle: usd, desk: usd, risk: ZeroHash };
    expectCode(() => outcomeTypedData({ ...signed, ratio: WHOLE_COVER + 1n }), "AmountOutOfRange");
    const none = await mine.productIdOf({ product }).catch((error: unknown) => error);
    expect(none).to.have.property("code", "NoProvider");
    const { underwritingPool: _, ...without } = addresses;
    expect(createLakh({ addresses: without }).insurance).to.equal(undefined);
  });
});
