import { expect } from "chai";
import { id as hashOf, toBeHex, type JsonRpcSigner } from "ethers";
import { deployLocal, type LocalAddresses } from "../../scripts/lib/deployment.js";
import { type LocalChain } from "../../scripts/lib/devnet.js";
import { startInProcess } from "../../scripts/lib/in-process.js";
import { KeeperError } from "../../scripts/lib/keeper/error.js";
import { createInsuranceUpkeep, type InsuranceCounts } from "../../scripts/lib/keeper/insurance-upkeep.js";
import { createKeeper, type KeeperOptions } from "../../scripts/lib/keeper/keeper.js";
import { createSender } from "../../scripts/lib/keeper/sender.js";
import { checkInsurance } from "../../scripts/lib/keeper/start.js";
import { createUpkeep, type UpkeepPass } from "../../scripts/lib/keeper/upkeep.js";
import {
  coverProduct,
  createLakh,
  riskTerms,
  tokenId,
  underwritingTerms,
  type InsuranceClient,
  type LakhRequest,
  type LedgerClient,
  type RiskTerms,
  type UnderwritingTerms,
} from "../../src/index.js";
import {
  FeedTrigger__factory,
  Ledger__factory,
  MockCoverOracle__factory,
  MockERC20__factory,
  MockRounds__factory,
  type MockCoverOracle,
  type MockRounds,
} from "../../typechain-types/index.js";
import { at } from "../helpers/deploy.js";

const USD = 10n ** 6n;
const DAY = 86_400n;
const WAD = 10n ** 18n;
const DOLLAR = 10n ** 8n;
const KEEPER = 6;

describe("keeper of insurance on a chain", function () {
  this.timeout(180_000);

  let chain: LocalChain;
  let addresses: LocalAddresses;
  let insurance: InsuranceClient;
  let ledger: LedgerClient;
  let signers: JsonRpcSigner[];
  let feed: MockRounds;
  let [oracle, fallback]: MockCoverOracle[] = [];
  let terms: UnderwritingTerms;
  let poolId: string;
  let risks: { depeg: RiskTerms; crash: RiskTerms; flight: RiskTerms };
  let opening: bigint;
  let snapshot: unknown;

  const timeOf = async (): Promise<bigint> => BigInt((await chain.provider.getBlock("latest"))?.timestamp ?? 0);
  const send = async (by: JsonRpcSigner, { to, data }: LakhRequest) =>
    (await by.sendTransaction({ to, data, gasLimit: 3_000_000n })).wait();
  const passTo = async (days: number): Promise<void> => {
    const seconds = Number(opening + BigInt(days) * DAY - (await timeOf()));
    await chain.request({ method: "evm_increaseTime", params: [seconds] });
    await chain.request({ method: "evm_mine", params: [] });
  };
  const of = (risk: RiskTerms) => ({ risk, asset: addresses.usd });
  const idOf = (risk: RiskTerms): string => insurance.riskIdOf(of(risk));
  const statusOf = async (risk: RiskTerms) => (await insurance.riskOf(of(risk))).status;
  const dollarsOf = (signer: JsonRpcSigner) => ledger.contract.balanceOf(signer.address, tokenId(addresses.usd));
  const told = (of: MockCoverOracle | undefined): MockCoverOracle => {
    if (of === undefined) throw new TypeError("No oracle");
    return of;
  };
  /** A holder's word, by which the desk may take his cover. */
  const allow = async (holder: JsonRpcSigner, risk: RiskTerms, units: bigint): Promise<void> => {
    const contract = Ledger__factory.connect(addresses.ledger, holder);
    await (await contract.approve(addresses.coverDesk, insurance.coverIdOf(of(risk)), units)).wait();
  };
  const round = async (cents: bigint, days: bigint): Promise<void> => {
    await (await feed.push((cents * DOLLAR) / 100n, opening + days * DAY)).wait();
  };
  const keeperOf = (options: Partial<KeeperOptions> = {}) => {
    const account = at(signers, KEEPER).address;
    const keeper = createKeeper({ provider: chain.provider, addresses, account, insurance: "all", ...options });
    return async (): Promise<UpkeepPass<InsuranceCounts>> => {
      const { insurance: found } = await keeper.pass();
      if (found === undefined) throw new TypeError("The keeper does not look after insurance");
      return found;
    };
  };
  const shown = ({ upkeep }: UpkeepPass<InsuranceCounts>) =>
    upkeep.map(({ kind, task, risk, amount }) => [kind, task, risk, amount]);

  /**
   * A pool of a million dollars with two products: by a feed, and by an oracle that has another one after it. A stablecoin that may fall
   * below 97 cents, another limit of 50, and a flight, all insured from the tenth to the seventeenth day.
   */
  before(async () => {
    chain = await startInProcess();
    addresses = await deployLocal(chain);
    ({ insurance, ledger } = createLakh({ addresses, runner: chain.provider }));
    signers = await Promise.all(Array.from({ length: 8 }, (_, index) => chain.provider.getSigner(index)));
    const admin = at(signers, 0);
    const token = MockERC20__factory.connect(addresses.usd, admin);
    await (await token.mint(admin, 10n ** 8n * USD)).wait();
    await (await token.approve(addresses.ledger, 10n ** 8n * USD)).wait();
    for (const { address: to } of signers.slice(0, 6)) {
      await send(admin, ledger.deposit({ token: addresses.usd, amount: 10n ** 6n * USD, to }));
    }
    feed = await new MockRounds__factory(admin).deploy(8);
    [oracle, fallback] = [
      await new MockCoverOracle__factory(admin).deploy(),
      await new MockCoverOracle__factory(admin).deploy(),
    ];
    const trigger = await new FeedTrigger__factory(admin).deploy(feed, DAY);
    terms = underwritingTerms({
      ...{ token: addresses.usd, desk: addresses.coverDesk, manager: admin.address, maxWindow: 60n * DAY },
    });
    await send(admin, insurance.createPool({ terms }));
    await send(admin, insurance.deposit({ terms, assets: 10n ** 6n * USD, to: admin.address }));
    poolId = (await insurance.poolOf({ terms })).id;
    const rates = { min: WAD / 50n, kink: WAD / 10n, max: WAD, kinkAt: (8n * WAD) / 10n };
    const feeds = coverProduct({ pool: terms, rates, oracle: await trigger.getAddress(), terms: "A price falls." });
    const flights = coverProduct({
      ...{ pool: terms, rates, oracle: await told(oracle).getAddress(), terms: "A flight is late." },
      fallbackOracle: await told(fallback).getAddress(),
    });
    for (const product of [feeds, flights]) await send(admin, insurance.createProduct({ product }));
    opening = await timeOf();
    const day = (count: bigint): bigint => opening + count * DAY;
    const times = { cutoff: day(10n), end: day(17n), baseRate: WAD / 100n, terms: "" };
    const below = async (cents: bigint) => trigger.dataOf((cents * WAD) / 100n, true);
    const byFeed = { ...times, product: await insurance.productIdOf({ product: feeds }), reportBy: day(20n) };
    risks = {
      depeg: riskTerms({ ...byFeed, oracleData: await below(97n) }),
      crash: riskTerms({ ...byFeed, oracleData: await below(50n) }),
      flight: riskTerms({
        ...{ ...times, product: await insurance.productIdOf({ product: flights }), oracleData: hashOf("LH 400") },
        ...{ reportBy: day(20n), fallbackBy: day(25n) },
      }),
    };
    for (const risk of Object.values(risks)) {
      await send(admin, insurance.openRisk({ risk }));
      for (const [index, holder] of signers.slice(1, 5).entries()) {
        const units = BigInt(index + 1) * 1_000n * USD;
        await send(holder, insurance.buy({ ...of(risk), units, maxCost: units, to: holder.address }));
      }
    }
  });

  beforeEach(async () => {
    snapshot = await chain.request({ method: "evm_snapshot", params: [] });
  });

  afterEach(async () => {
    await chain.request({ method: "evm_revert", params: [snapshot] });
  });

  after(async () => chain.stop());

  it("looks after no insurance unless it is asked to, and leaves alone what nothing can be done of", async () => {
    const keeper = createKeeper({ provider: chain.provider, addresses, account: at(signers, KEEPER).address });
    expect(await keeper.pass()).not.to.have.property("insurance");
    const none = { pools: 1, risks: 3, upkeep: [] };
    const pass = keeperOf();
    expect(await pass()).to.deep.equal(none);
    await passTo(12);
    await round(100n, 11n);
    expect(await pass(), "a price at par, and oracles that say nothing").to.deep.equal(none);
  });

  it("names the round of a feed that is beyond the strike, and says in a dry run what it would do", async () => {
    await passTo(12);
    for (const [cents, day] of [
      ...([[90n, 9n] as const, [100n, 10n] as const, [97n, 11n] as const, [96n, 12n] as const] as const),
    ]) {
      await round(cents, day);
    }
    const lines: unknown[] = [];
    const found = await keeperOf({ tellUpkeep: (upkeep) => lines.push(upkeep) })();
    expect(shown(found)).to.deep.equal([["planned", "report", idOf(risks.depeg), 10_000n * USD]]);
    expect(lines).to.deep.equal(found.upkeep);
    const { pool, protocol, gas, gasCost, profit, reason } = at(found.upkeep, 0);
    expect([pool, protocol, profit, reason]).to.deep.equal([poolId, "insurance", 0n, undefined]);
    expect(gas > 50_000n && gas < 300_000n && gasCost > gas, `${gas}`).to.equal(true);
    expect(await statusOf(risks.depeg)).to.equal("open");
  });

  it("settles, and pays who lets the desk take his cover, as far as he does, and nobody else", async () => {
    const [first, second, third, fourth] = signers.slice(1, 5) as [JsonRpcSigner, ...JsonRpcSigner[]] & JsonRpcSigner[];
    await allow(first, risks.depeg, 400n * USD);
    await (
      await Ledger__factory.connect(addresses.ledger, at(signers, 2)).setOperator(addresses.coverDesk, true)
    ).wait();
    const pass = keeperOf({ signer: at(signers, KEEPER) });
    expect((await pass()).upkeep).to.deep.equal([]);
    await passTo(12);
    await round(96n, 11n);
    const people = [first, second, third, fourth].map((person) => person ?? first);
    const before = await Promise.all(people.map(dollarsOf));
    const done = await pass();
    expect(shown(done)).to.deep.equal([
      ["done", "report", idOf(risks.depeg), 10_000n * USD],
      ["done", "redeem", idOf(risks.depeg), 2_400n * USD],
    ]);
    expect([at(done.upkeep, 1).holders, at(done.upkeep, 1).account]).to.deep.equal([2, undefined]);
    const after = await Promise.all(people.map(dollarsOf));
    expect(after.map((amount, index) => amount - at(before, index))).to.deep.equal([400n * USD, 2_000n * USD, 0n, 0n]);
    expect(await pass()).to.deep.equal({ pools: 1, risks: 3, upkeep: [] });

    // A word that comes later is heard, and of a risk that owes nothing any more nothing is looked after.
    for (const [index, holder] of people.entries()) {
      if (index !== 1) await allow(holder, risks.depeg, 10_000n * USD);
    }
    const rest = await pass();
    expect(shown(rest)).to.deep.equal([["done", "redeem", idOf(risks.depeg), 7_600n * USD]]);
    expect(at(rest.upkeep, 0).holders).to.equal(3);
    expect(await pass()).to.deep.equal({ pools: 1, risks: 2, upkeep: [] });
  });

  it("says that nothing was lost when the trigger does, and gives the capital free", async () => {
    await passTo(17);
    const pass = keeperOf({ signer: at(signers, KEEPER) });
    expect((await pass()).upkeep, "anybody may still name a round").to.deep.equal([]);
    await passTo(18);
    await round(96n, 18n); // too late to count
    expect(shown(await pass())).to.deep.equal([
      ["done", "report", idOf(risks.depeg), 0n],
      ["done", "report", idOf(risks.crash), 0n],
    ]);
    expect((await insurance.poolOf({ terms })).locked).to.equal(10_000n * USD);
    expect(await pass()).to.deep.equal({ pools: 1, risks: 1, upkeep: [] });
  });

  it("asks the other oracle after the first one, and settles what another has reported", async () => {
    const pass = keeperOf({ signer: at(signers, KEEPER), insurance: [idOf(risks.flight)] });
    await passTo(18);
    await (await told(fallback).set(true, 250_000_000n)).wait();
    expect(await pass()).to.deep.equal({ pools: 0, risks: 1, upkeep: [] });
    await passTo(21);
    const [quarter] = (await keeperOf({ insurance: [idOf(risks.flight)] })()).upkeep;
    expect([quarter?.kind, quarter?.task, quarter?.amount]).to.deep.equal(["planned", "report", 2_500n * USD]);
    await send(at(signers, 5), insurance.report({ ...of(risks.flight), proof: "0x", settle: false }));
    expect(shown(await pass())).to.deep.equal([["done", "settle", idOf(risks.flight), 2_500n * USD]]);
    expect(await statusOf(risks.flight)).to.equal("settled");
  });

  it("voids what nobody reported, moves the money and pays it back in one pass", async () => {
    const holder = at(signers, 4);
    await allow(holder, risks.flight, 4_000n * USD);
    await (await told(oracle).setReverting(true)).wait();
    const { held } = await insurance.riskOf(of(risks.flight));
    await passTo(26);
    const pass = keeperOf({
      signer: at(signers, KEEPER),
      insurance: [idOf(risks.flight).toUpperCase().replace("X", "x")],
    });
    const before = await dollarsOf(holder);
    expect(shown(await pass())).to.deep.equal([
      ["done", "void", idOf(risks.flight), held],
      ["done", "settle", idOf(risks.flight), held],
      ["done", "redeem", idOf(risks.flight), (held * 4n) / 10n],
    ]);
    expect((await dollarsOf(holder)) - before).to.equal((held * 4n) / 10n);
  });

  it("makes exits final, as many as free capital lets go", async () => {
    const admin = at(signers, 0);
    const { shares } = await insurance.poolOf({ terms });
    for (const part of [90n, 9n]) await send(admin, insurance.requestExit({ terms, shares: (shares * part) / 100n }));
    await passTo(40);
    // Overdue risks lock 30,000 of a million: all but the last of the two requests can be final before they are void.
    const planned = await keeperOf({ insurance: [poolId] })();
    expect(planned.upkeep.map(({ task, pool, requestId }) => [task, pool, requestId])).to.deep.equal([
      ...Array.from({ length: 3 }, () => ["void", poolId, undefined]),
      ["finalise", poolId, 1n],
    ]);
    const done = await keeperOf({ signer: at(signers, KEEPER) })();
    const last = at(done.upkeep, done.upkeep.length - 1);
    expect(done.upkeep.map(({ kind, task }) => `${kind} ${task}`)).to.deep.equal([
      ...Array.from({ length: 3 }, () => ["done void", "done settle"]).flat(),
      "done finalise",
    ]);
    expect([last.requestId, last.account, last.amount]).to.deep.equal([
      ...[2n, admin.address, (shares * 90n) / 100n + (shares * 9n) / 100n],
    ]);
    expect((await keeperOf()()).upkeep).to.deep.equal([]);
  });

  const watchOf = (options: { mostHolders?: number; mostRequests?: number }) =>
    createInsuranceUpkeep({
      ...{ provider: chain.provider, account: at(signers, KEEPER).address, ledger, weth: addresses.weth, fromBlock: 0 },
      ...{ pools: addresses.underwritingPool, desk: addresses.coverDesk, ...options },
    });

  it("pays holders and makes requests final in pages, and in smaller ones where the gas does not suffice", async () => {
    for (const holder of signers.slice(1, 5)) await allow(holder, risks.depeg, 10_000n * USD);
    await send(at(signers, 5), insurance.deposit({ terms, assets: 1_000n * USD, to: at(signers, 5).address }));
    for (let count = 0; count < 3; count++) {
      await send(at(signers, 5), insurance.requestExit({ terms, shares: 1_000n * USD }));
    }
    await passTo(12);
    await round(96n, 11n);
    const signer = at(signers, KEEPER);
    const account = signer.address;
    await send(signer, insurance.report({ ...of(risks.depeg), proof: toBeHex(1, 32) }));
    const block = () => chain.provider.getBlockNumber();
    const whole = await createUpkeep({ provider: chain.provider, account }).pass(watchOf({}), await block());
    expect(whole.upkeep.map(({ task, holders }) => [task, holders])).to.deep.equal([["redeem", 4]]);
    const { gas } = at(whole.upkeep, 0);
    expect(gas / 4n < 80_000n, `${gas} for four`).to.equal(true);
    const tight = createUpkeep({ provider: chain.provider, account, maxGas: gas });
    const halves = await tight.pass(watchOf({}), await block());
    expect(halves.upkeep.map(({ kind, holders }) => [kind, holders])).to.deep.equal([
      ["planned", 2],
      ["planned", 2],
    ]);
    const tiny = createUpkeep({ provider: chain.provider, account, maxGas: 50_000n });
    const refused = await tiny.pass(watchOf({ mostHolders: 2 }), await block());
    expect(refused.upkeep.map(({ kind, holders, reason }) => [kind, holders, reason?.name])).to.deep.equal(
      Array.from({ length: 4 }, () => ["refused", 1, "TooMuchGas"]),
    );
    expect(refused.upkeep.map(({ account: holder }) => holder)).to.deep.equal(
      signers.slice(1, 5).map(({ address }) => address),
    );
    await passTo(40);
    const live = createUpkeep({ provider: chain.provider, account, send: createSender(signer) });
    const pages = await live.pass(watchOf({ mostHolders: 3, mostRequests: 2 }), await block());
    expect(pages.upkeep.filter(({ task }) => task === "redeem").map(({ holders }) => holders)).to.deep.equal([3, 1]);
    expect(pages.upkeep.filter(({ task }) => task === "finalise").map(({ requestId }) => requestId)).to.deep.equal([
      2n,
      3n,
    ]);
  });

  it("names the reason of what is refused", async () => {
    await passTo(12);
    await round(96n, 11n);
    const refusing = {
      provider: chain.provider,
      getNonce: async () => Promise.resolve(0),
      sendTransaction: async () => Promise.reject(Object.assign(new Error("no money"), { code: "INSUFFICIENT_FUNDS" })),
    } as unknown as JsonRpcSigner;
    const { upkeep } = await keeperOf({ signer: refusing })();
    expect(upkeep.map(({ kind, task }) => [kind, task])).to.deep.equal([["refused", "report"]]);
    expect(at(upkeep, 0).reason?.name).to.equal("INSUFFICIENT_FUNDS");
  });

  it("starts with pools, their desk, and ids that exist alone", async () => {
    const check = async (options: object, ids: readonly string[] | "all" = "all") =>
      checkInsurance(chain.provider, { ...addresses, ...options }, ids).catch((error: unknown) => {
        return error instanceof KeeperError ? [error.code, error.message] : error;
      });
    expect(await check({}, [poolId, idOf(risks.depeg)])).to.equal(undefined);
    for (const options of [
      ...[{ coverDesk: undefined }, { underwritingPool: undefined }, { coverDesk: addresses.usd }],
      ...[{ coverDesk: addresses.lending }, { underwritingPool: addresses.staking }],
    ]) {
      expect(await check(options)).to.have.property("0", "NO_INSURANCE");
    }
    const unknown = `0x${"1".repeat(64)}`;
    expect(await check({}, [poolId, unknown])).to.deep.equal([
      ...["UNKNOWN_RISK", `There is neither an underwriting pool nor a risk ${unknown}.`],
    ]);
  });
});
