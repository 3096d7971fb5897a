import { expect } from "chai";
import { explain } from "../../src/index.js";
import { checkAfter, clearingPrice, edges, fill, worstOut, type PoolState } from "../../src/models/amm-math.js";
import type { AmmCore, Ledger } from "../../typechain-types/index.js";
import {
  ethers,
  impersonate,
  loadFixture,
  MAX_AMOUNT,
  packWord,
  PAYOUT,
  poolFixture,
} from "../helpers/ledger-fixture.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";

/** Sections of the AMM with numbers up to the ends of their range: its loops in assembly against plain whole numbers. */
type Order = { kind: bigint; amount: bigint; limit: bigint };
type Section = { pool: PoolState; fee: bigint; price: bigint; tolerance: bigint; orders: readonly Order[] };
type Answer = { error: string } | { payouts: bigint[] };

const SECTIONS = countFromEnvironment("LAKH_SECTIONS", 300);
const PIPS = 1_000_000n;
const WAD = 10n ** 18n;
const SCALE = 10n ** 36n;
const WORD = 1n << 256n;
const EXISTS = 1n << 31n;

/** What a pool without a range has of one. */
const PLAIN = { alpha: 0n, beta: 0n, rootK: 0n, virtualShares: 0n };

function randomSection(random: Random): Section {
  // Full reserves and orders of both kinds: what is bought may exceed a half, which the ledger's book then refuses.
  const isFull = random.chance(15);
  const reserve = () => (isFull ? MAX_AMOUNT - random.below(1000n) : random.magnitude(1n, MAX_AMOUNT));
  const fee = random.below(50_001n);
  const [reserve0, reserve1] = [isFull ? 1n + random.below(10_000n) : reserve(), reserve()];
  const pool = {
    reserve0,
    reserve1,
    offset0: 0n,
    offset1: 0n,
    keep: PIPS - fee,
    totalShares: 0n,
    ...PLAIN,
  };
  const orders = Array.from({ length: 1 + Number(random.below(6n)) }, () => ({
    kind: random.chance(95) ? random.below(2n) : 2n + random.below(254n),
    amount: isFull
      ? MAX_AMOUNT - random.below(1000n)
      : random.chance(10)
        ? random.below(2000n)
        : random.magnitude(1000n, MAX_AMOUNT),
    limit: random.chance(70) ? 0n : random.magnitude(1n, MAX_AMOUNT),
  }));
  // Around the price at which these orders would clear if all were eligible.
  const sold = (kind: bigint) =>
    orders.filter((order) => order.kind === kind).reduce((sum, { amount }) => sum + amount, 0n);
  const price = ((reserve1 * PIPS + sold(1n) * pool.keep) * SCALE) / (reserve0 * PIPS + sold(0n) * pool.keep);
  const clamped = price === 0n ? 1n : price >= 1n << 192n ? (1n << 192n) - 1n : price;
  return { pool, fee, price: clamped, tolerance: (WAD * 99n) / 100n, orders };
}

/** What a section comes to, in whole numbers. */
function expected({ pool, price, tolerance, orders }: Section): Answer {
  const { keep } = pool;
  try {
    const band = edges({ price, tolerance });
    const isEligible = ({ kind, amount, limit }: Order): boolean => {
      if (kind > 1n || amount < 1000n) return false;
      const worst = worstOut(amount * keep, kind === 0n, band);
      return worst !== 0n && worst >= limit;
    };
    const eligible = orders.filter(isEligible);
    if (eligible.length === 0) return { payouts: orders.map(() => PAYOUT.failed) };
    const sold = (side: bigint) =>
      eligible.filter(({ kind }) => kind === side).reduce((sum, { amount }) => sum + amount, 0n);
    const scaled0 = pool.reserve0 * PIPS + sold(0n) * keep;
    const scaled1 = pool.reserve1 * PIPS + sold(1n) * keep;
    clearingPrice(scaled0, scaled1, band);
    const bought = [0n, 0n];
    const payouts = orders.map((order) => {
      if (!isEligible(order)) return PAYOUT.failed;
      const [scaledIn, scaledOut, side] = order.kind === 0n ? [scaled0, scaled1, 0] : [scaled1, scaled0, 1];
      const out = fill(order.amount * keep, scaledIn, scaledOut);
      bought[side] = (bought[side] ?? 0n) + out;
      return order.kind === 0n ? (out << 112n) % WORD : out;
    });
    checkAfter(pool, { in0: sold(0n), in1: sold(1n), out0: bought[1] ?? 0n, out1: bought[0] ?? 0n });
    return { payouts };
  } catch (error) {
    return { error: explain(error).name };
  }
}

async function actual(
  { amm, ledger, poolId }: { amm: AmmCore; ledger: Ledger; poolId: string },
  { pool, fee, price, tolerance, orders }: Section,
): Promise<Answer> {
  const self = await impersonate(ledger);
  const words = orders.flatMap(({ kind, amount, limit }) => [
    (1n << 96n) | (kind << 80n), // an account that is not nobody
    (limit << 112n) | amount,
  ]);
  const band = ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [price, tolerance]);
  const holdings = packWord(pool.reserve0, pool.reserve1, fee | EXISTS);
  try {
    const [, , payouts] = await amm.connect(self).onLedgerBatch.staticCall(poolId, holdings, 0n, band, words);
    return { payouts: [...payouts] };
  } catch (error) {
    return { error: explain(error).name };
  }
}

describe("sections of the AMM", () => {
  it("count an order whose product exceeds 256 bits, though no price that it leaves is in the band", async () => {
    const fixture = await loadFixture(poolFixture);
    const [reserve0, reserve1] = [1_000_000n, 1n << 90n];
    const pool = { reserve0, reserve1, offset0: 0n, offset1: 0n, keep: PIPS, totalShares: 0n, ...PLAIN };
    const orders = [
      { kind: 0n, amount: 5000n, limit: 0n },
      { kind: 0n, amount: 1n << 100n, limit: 1n },
    ];
    const section = { pool, fee: 0n, price: (reserve1 * SCALE) / reserve0, tolerance: (WAD * 9n) / 10n, orders };
    const answer = expected(section);
    expect(answer).to.deep.equal({ error: "AmmOutsideBand" });
    expect(await actual(fixture, section)).to.deep.equal(answer);
  });

  it(`come to what whole numbers say, up to the ends of their range (AMM_06, AMM_12)`, async function () {
    this.timeout(120_000);
    const fixture = await loadFixture(poolFixture);
    const random = new Random(seedFromEnvironment());
    const seen = { filled: 0, refused: 0, large: 0 };
    for (let i = 0; i < SECTIONS; ++i) {
      const section = randomSection(random);
      const answer = expected(section);
      expect(await actual(fixture, section), `section ${i}`).to.deep.equal(answer);
      if ("error" in answer) seen.refused++;
      else {
        if (answer.payouts.some((payout) => payout !== PAYOUT.failed)) seen.filled++;
        if (answer.payouts.some((payout) => payout !== PAYOUT.failed && payout >> 224n !== 0n)) seen.large++;
      }
    }
    expect(seen.filled).to.be.greaterThan(SECTIONS / 4);
    expect(seen.refused).to.be.greaterThan(0);
    expect(seen.large, "outputs that exceed a half").to.be.greaterThan(0);
  });
});
