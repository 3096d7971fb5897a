const PIPS = 1_000_000n;

/** Virtual reserves as the trader sees them: of what he sells, of what he buys. */
export type Sides = { x: bigint; y: bigint };

/** What `paid` buys: ⌊a(1−f)·Y / (X + a(1−f))⌋, fee in pips. Uniswap v2's formula for a fee of 3,000. */
export function expectedOut({ x, y }: Sides, paid: bigint, fee: bigint): bigint {
  const net = paid * (PIPS - fee);
  return (net * y) / (x * PIPS + net);
}

/** What `out` costs: ⌈X·out / ((Y − out)(1−f))⌉, fee in pips. */
export function expectedIn({ x, y }: Sides, out: bigint, fee: bigint): bigint {
  const divisor = (y - out) * (PIPS - fee);
  return (x * out * PIPS + divisor - 1n) / divisor;
}
