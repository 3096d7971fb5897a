import { ZeroAddress } from "ethers";
import { createRandom } from "../../scripts/lib/demo/random.js";
import { FailureError } from "../../scripts/lib/failure.js";
import { bookKey, poolKey } from "../../src/index.js";
import { BenchSettlement__factory, MockERC20__factory } from "../../typechain-types/index.js";
import type { ThroughputFigure } from "../schema.js";
import { deployed, fillWords, listSettlement, mined, POOL_FEE, TRANSACTION_GAS, type Lane } from "./lane.js";
import {
  planBatch,
  Rota,
  signersThatFit,
  type BatchPlan,
  type Kind,
  type Mix,
  type Places,
  type PlannedBatch,
} from "./load.js";
import { FUNDS, LaneModel, POOL_RESERVE } from "./model.js";
import { countSkipped, type Receipt } from "./pace.js";
import type { Prepared } from "./relayer.js";
import { HALVES, MIXED, readTime } from "./rungs.js";
import type { Site } from "./site.js";

const SIGNERS = 1_000;
const SWAPS = 400;
const LIFETIME = 3_000;
const FAR_FUTURE = 4_102_444_800n; // 2100-01-01

const KIND_TITLES: Record<Kind, string> = {
  transfer: "transfers",
  swap: "swaps",
  vault: "vault, first touch,",
  rules: "transfers with RULES",
};

type Compared = { real: number; read: number; computed: number };
type Spent = { gas: number; bytes: number };
type Outcome = Spent & { planned: PlannedBatch };

/** What does not depend on the machine: gas and bytes of single batches. The site's model follows. */
export async function measureGas(site: Site, note: (text: string) => void): Promise<ThroughputFigure[]> {
  const { lane, cohort } = site;
  const figures: ThroughputFigure[] = [];
  const add = (name: string, unit: ThroughputFigure["unit"], value: number, bar: number | null): void => {
    note(name);
    figures.push({ name, unit, value: Number(value.toFixed(unit === "bytes" || unit === "ratio" ? 2 : 0)), bar });
  };
  const addBatch = (
    name: string,
    { gas, bytes, planned }: Outcome,
    bars: { gas: number | null; bytes: number | null },
  ) => {
    add(`${name}: gas of an operation`, "gas", gas / planned.operations, bars.gas);
    add(`${name}: calldata of an operation`, "bytes", bytes / planned.operations, bars.bytes);
  };
  await lane.chain.request({ method: "evm_setAutomine", params: [true] });
  const deployTwin = async (directory: string): Promise<string> => {
    const factory = new BenchSettlement__factory(lane.deployer);
    const twin = await deployed(factory.deploy(lane.ledger, cohort.base, directory));
    await listSettlement(lane.authority, lane.ledger, twin);
    return twin;
  };
  const reader = await deployTwin(lane.directory);
  const pageless = await deployTwin(ZeroAddress);
  const apart = await openApart(site);
  await lane.chain.request({ method: "evm_setAutomine", params: [false] });

  const random = createRandom("gas");
  // Whoever has a wallet has an address of his own, which the twin cannot compute.
  const first = cohort.wallets;
  const everyone = new Rota({ first, end: cohort.size, random });
  const neighbours = new Rota({ first, end: Math.min(cohort.size, first + SIGNERS), random });
  const plan = (
    rota: Rota,
    options: Partial<BatchPlan>,
    { places, model }: Where = { ...lane, ...site },
  ): PlannedBatch =>
    planBatch(
      { signers: SIGNERS, operationsPerSigner: 1, mix: { swap: 1 }, absent: 0, vault: 0, ...options },
      { places, cohort, model, random, rota },
    );
  const run = async (rota: Rota, options: Partial<BatchPlan>): Promise<Outcome> => {
    const planned = plan(rota, options);
    return { ...(await settle(site, planned)), planned };
  };
  /** With authorisation, and without it by either twin, on the same state; gas of a signer. */
  const compare = async (rota: Rota, signers: number, where?: Where): Promise<Compared> => {
    const planned = plan(rota, { signers }, where);
    const prepared = await prepare(site, planned);
    const bare: number[] = [];
    for (const settlement of [reader, pageless]) {
      const state = await lane.chain.request({ method: "evm_snapshot" });
      bare.push(await send(lane, site.relayer.redirect(prepared, { settlement, gasLimit: TRANSACTION_GAS })));
      await lane.chain.request({ method: "evm_revert", params: [state] });
    }
    const real = await send(lane, prepared);
    const [read = 0, computed = 0] = bare;
    return { real: real / signers, read: read / signers, computed: computed / signers };
  };

  const size = cohort.size.toLocaleString("en-US");
  const shared = await compare(neighbours, SIGNERS);
  add("authorisation alone of one of 1,000 signers on shared pages", "gas", shared.real - shared.read, 1_000);
  add("authorisation and address of one of 1,000 signers on shared pages", "gas", shared.real - shared.computed, null);
  const scattered = await compare(everyone, SIGNERS);
  add(`authorisation alone of one of 1,000 signers among ${size}`, "gas", scattered.real - scattered.read, null);
  add(
    `authorisation, address and page of one of 1,000 signers among ${size}`,
    "gas",
    scattered.real - scattered.computed,
    2_500,
  );
  add("distinct co-signers of one transaction, at least", "signers", SIGNERS, SIGNERS);
  const home = await compare(everyone, SWAPS);
  add("swap of 400 before authorisation, home pair", "gas", home.computed, 8_500);
  const across = await compare(neighbours, SWAPS, apart);
  add("swap of 400 before authorisation, across words", "gas", across.computed, 13_500);

  const fit = (operationsPerSigner: number, mix: Mix): number =>
    Math.min(
      signersThatFit({ pages: cohort.pages, mix, operationsPerSigner, by: "co-signature" }),
      cohort.size - first,
    );
  const pair = (operationsPerSigner: number, mix: Mix = HALVES): Promise<Outcome> =>
    run(everyone, { signers: fit(operationsPerSigner, mix), operationsPerSigner, mix });
  addBatch("transfers and swaps, k = 1", await pair(1), { gas: null, bytes: 12 });
  addBatch("transfers and swaps, k = 4", await pair(4), { gas: 7_000, bytes: 8 });
  addBatch("transfers and swaps, k = 16", await pair(16), { gas: 5_000, bytes: null });
  addBatch("swaps, k = 16", await pair(16, { swap: 1 }), { gas: 2_000, bytes: null });
  for (const [kind, title] of Object.entries(KIND_TITLES) as [Kind, string][]) {
    const { gas, planned } = await run(everyone, { signers: fit(1, { [kind]: 1 }), mix: { [kind]: 1 } });
    add(`${title} alone, k = 1: gas of an operation`, "gas", gas / planned.operations, null);
  }
  const mixed = await run(everyone, { signers: fit(1, MIXED), mix: MIXED });
  addBatch("mixed, all sign", mixed, { gas: 14_000, bytes: 12 });
  add("mixed, all sign: gas against that of the storage words", "ratio", mixed.gas / mixed.planned.wordsGas, 1.35);
  add("mixed, all sign: fresh words among those written", "ratio", freshShare(mixed), null);
  add("mixed, all sign: signers", "signers", mixed.planned.signers.length, 1_000);
  const listed = await run(everyone, { signers: fit(1, MIXED), mix: MIXED, absent: 0.1 });
  addBatch("mixed, 10 % do not sign", listed, { gas: 14_000, bytes: 12 });
  add("mixed, 10 % do not sign: fresh words among those written", "ratio", freshShare(listed), null);
  return figures;
}

function freshShare({ planned: { freshWords, writtenWords } }: Outcome): number {
  return freshWords / writtenWords;
}

type Where = { places: Places; model: LaneModel };

/** A pool of two tokens with words of their own, and a model for it. */
async function openApart({ lane, cohort, relayer }: Site): Promise<Where> {
  const { deployer, ledger, lakh } = lane;
  const target = await ledger.getAddress();
  const addresses = [];
  for (const symbol of ["C", "D"]) {
    const address = await deployed(new MockERC20__factory(deployer).deploy(`Bench ${symbol}`, symbol, 6));
    const token = MockERC20__factory.connect(address, deployer);
    await mined(token.mint(deployer.address, POOL_RESERVE));
    await mined(token.approve(target, POOL_RESERVE));
    await mined(token.mint(target, BigInt(FUNDS) * BigInt(SIGNERS + 1)));
    addresses.push(address);
  }
  const pool = poolKey({ assets: [addresses[0] ?? "", addresses[1] ?? ""], fee: POOL_FEE });
  const creation = { pool, amount0: POOL_RESERVE, amount1: POOL_RESERVE, minShares: 1n, deadline: FAR_FUTURE };
  await mined(deployer.sendTransaction(lakh.amm.createPool({ ...creation, source: "wallet", to: deployer.address })));
  const end = Math.min(cohort.size, cohort.wallets + SIGNERS);
  const accounts = Buffer.concat([
    cohort.addresses.subarray(20 * cohort.wallets, 20 * end),
    Buffer.from(relayer.address.slice(2), "hex"),
  ]);
  const { asset0, asset1 } = pool;
  await fillWords(lane, [
    { id: asset0, amount0: FUNDS, amount1: 0, accounts },
    { id: asset1, amount0: FUNDS, amount1: 0, accounts },
  ]);
  return {
    places: { ...lane.places, asset0, asset1, isHomePair: false, poolBookKey: bookKey(pool) },
    model: new LaneModel({ accounts: cohort.size, wallets: 0, vaults: 1, fee: POOL_FEE }),
  };
}

async function prepare({ lane, cohort, relayer }: Site, planned: PlannedBatch): Promise<Prepared> {
  const expiry = (await readTime(lane)) + LIFETIME;
  return relayer.prepare(planned, { cohort, target: lane, expiry, gasLimit: TRANSACTION_GAS, signing: "sum" });
}

async function settle(site: Site, planned: PlannedBatch): Promise<Spent> {
  const prepared = await prepare(site, planned);
  return { gas: await send(site.lane, prepared), bytes: prepared.calldataBytes };
}

/** Sends a batch into a block of its own; throws unless every signed operation was executed. */
async function send({ chain }: Lane, { raw, unsigned }: Prepared): Promise<number> {
  const hash = await chain.request({ method: "eth_sendRawTransaction", params: [raw] });
  await chain.request({ method: "evm_mine" });
  const receipt = (await chain.request({ method: "eth_getTransactionReceipt", params: [hash] })) as Receipt | null;
  if (receipt?.status !== "0x1") {
    const reason = await chain
      .request({
        method: "debug_traceTransaction",
        params: [hash, { tracer: "callTracer", tracerConfig: { onlyTopCall: true } }],
      })
      .catch(() => undefined);
    throw new FailureError("BATCH_REVERTED", `A batch reverted: ${JSON.stringify(reason ?? receipt).slice(0, 400)}`);
  }
  const skipped = countSkipped(receipt) - unsigned;
  if (skipped !== 0) throw new FailureError("BATCH_SKIPPED", `${skipped} operations of a batch were skipped.`);
  return Number(receipt.gasUsed);
}
