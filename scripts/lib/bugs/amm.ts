import type { Mutation } from "./mutation.js";

const CORE = "contracts/amm/AmmCore.sol";
const POOLS = "contracts/amm/AmmPools.sol";
const SECTIONS = "contracts/amm/AmmSections.sol";
const MATH = "contracts/libraries/AmmMath.sol";
const ORACLE = "contracts/libraries/AmmOracle.sol";
const LENS = "contracts/periphery/AmmLens.sol";

export const AMM_BUGS: readonly Mutation[] = [
  {
    invariant: "AMM-1",
    bug: "the input is left out of the divisor",
    file: MATH,
    find: "out = fill(net, x * PIPS + net, y * PIPS);",
    replace: "out = fill(net, x * PIPS, y * PIPS);",
  },
  {
    invariant: "AMM-2",
    bug: "an output rounds up",
    file: MATH,
    find: "return Math.mulDiv(net, scaledOut, scaledIn * PIPS);",
    replace: "return Math.mulDiv(net, scaledOut, scaledIn * PIPS, Math.Rounding.Ceil);",
  },
  {
    invariant: "AMM-2",
    bug: "the input for an exact output rounds down",
    file: MATH,
    find: "Math.ceilDiv(x * out * PIPS, (y - out) * pool.keep)",
    replace: "(x * out * PIPS) / ((y - out) * pool.keep)",
  },
  {
    invariant: "AMM-3",
    bug: "an output rounds up, so many small swaps pay",
    file: MATH,
    find: "return Math.mulDiv(net, scaledOut, scaledIn * PIPS);",
    replace: "return Math.mulDiv(net, scaledOut, scaledIn * PIPS, Math.Rounding.Ceil);",
  },
  {
    invariant: "AMM-4",
    bug: "removing liquidity burns no shares",
    file: CORE,
    find: "issue = WordLib.pack(0, shares);",
    replace: "issue = WordLib.pack(0, 0);",
  },
  {
    invariant: "AMM-4",
    bug: "added shares are not counted in the supply",
    file: CORE,
    find: "pool.totalShares += shares;",
    replace: "",
  },
  {
    invariant: "AMM-4",
    bug: "the offsets do not follow the shares that are added",
    file: POOLS,
    find: "stored.offset0 = uint128(AmmMath.offset(pool.alpha, pool.totalShares));",
    replace: "",
  },
  {
    invariant: "AMM-5",
    bug: "a fill changes the price of the next",
    file: SECTIONS,
    find: "mstore(side, add(mload(side), out))",
    replace: `mstore(side, add(mload(side), out))
                mstore(sub(side, 0x60), sub(mload(sub(side, 0x60)), out))`,
  },
  {
    invariant: "AMM-6",
    bug: "an order that cannot fill moves the price",
    file: SECTIONS,
    find: "else payouts[i] = OperationLib.FAILED;",
    replace: "else { payouts[i] = OperationLib.FAILED; if (kind == 0) sides[0].sold += body.amount(); }",
  },
  {
    invariant: "AMM-7",
    bug: "shares round up, and more is taken than was offered",
    file: MATH,
    find: "return (maximum * pool.totalShares) / reserve;",
    replace: "return Math.ceilDiv(maximum * pool.totalShares, reserve);",
    also: {
      find: "require(amount0 <= max0, IAmmCore.AmmAboveMaximumIn(amount0, max0));",
      replace: "",
    },
  },
  {
    invariant: "AMM-8",
    bug: "reserves are read from the token",
    file: LENS,
    find: "(pool.reserve0, pool.reserve1) = (book.amount(0), book.amount(1));",
    replace: `(, bytes memory held) = address(uint160(key.asset0)).staticcall(
            abi.encodeWithSignature("balanceOf(address)", address(LEDGER))
        );
        (pool.reserve0, pool.reserve1) = (abi.decode(held, (uint256)), book.amount(1));`,
  },
  {
    invariant: "AMM-9",
    bug: "a quote forgets the fee",
    file: LENS,
    find: "pool.keep = AmmMath.PIPS - book.fee();",
    replace: "pool.keep = AmmMath.PIPS;",
  },
  {
    invariant: "AMM-10",
    bug: "a batch counts its input twice",
    file: SECTIONS,
    find: "* AmmMath.PIPS + sides[0].sold * pool.keep;",
    replace: "* AmmMath.PIPS + 2 * sides[0].sold * pool.keep;",
  },
  {
    invariant: "AMM-11",
    bug: "what new shares cost rounds down",
    file: MATH,
    find: "amount = Math.ceilDiv(reserve * shares, pool.totalShares);",
    replace: "amount = (reserve * shares) / pool.totalShares;",
  },
  {
    invariant: "AMM-11",
    bug: "what shares are worth rounds up",
    file: MATH,
    find: "amount0 = (pool.reserve0 * shares) / pool.totalShares;",
    replace: "amount0 = Math.ceilDiv(pool.reserve0 * shares, pool.totalShares);",
  },
  {
    invariant: "AMM-12",
    bug: "an order fills below its limit",
    file: SECTIONS,
    find: "or(iszero(worst), lt(worst, and(shr(112, body), HALF_MASK)))",
    replace: "iszero(worst)",
  },
  {
    invariant: "AMM-12",
    bug: "an order whose product exceeds 256 bits fills below its limit",
    file: SECTIONS,
    find: "return worst != 0 && worst >= limit;",
    replace: "return worst != 0;",
  },
  {
    invariant: "AMM-13",
    bug: "the whole input comes back as change",
    file: CORE,
    find: "uint256 change = maximum - amountIn;",
    replace: "uint256 change = maximum;",
  },
  {
    invariant: "AMM-13",
    bug: "what shares of a range pool cost and are worth forgets its offsets",
    file: MATH,
    find: "amount = Math.ceilDiv(reserve * shares, pool.totalShares); if (rate == 0) return amount;",
    replace: "amount = Math.ceilDiv(reserve * shares, pool.totalShares); if (rate < 1 << 127) return amount;",
    also: {
      find: "if (pool.alpha | pool.beta != 0) return _keepProduct(pool, pool.totalShares - shares, amount0, amount1);",
      replace: "",
    },
  },
  {
    invariant: "AMM-13",
    bug: "what shares of a range pool are worth forgets its offsets",
    file: MATH,
    find: "if (pool.alpha | pool.beta != 0) return _keepProduct(pool, pool.totalShares - shares, amount0, amount1);",
    replace: "",
  },
  {
    invariant: "AMM-14",
    bug: "the first shares are more than the reserves carry",
    file: MATH,
    find: "shares = Math.mulDiv(b + root, 1 << 127, c);",
    replace: "shares = Math.mulDiv(b + root, 1 << 127, c) + 1;",
  },
  {
    invariant: "AMM-15",
    bug: "a price above the band clears",
    file: MATH,
    find: "price >= low && priceUp <= high",
    replace: "price >= low && priceUp != 0",
  },
  {
    invariant: "AMM-16",
    bug: "a removal from a range pool pays the plain quotient",
    file: MATH,
    find: "if (pool.alpha | pool.beta != 0) return _keepProduct(pool, pool.totalShares - shares, amount0, amount1);",
    replace: "",
  },
  {
    invariant: "AMM-16",
    bug: "an addition to a range pool takes the plain quotient",
    file: MATH,
    find: "amount = Math.max(amount, Math.saturatingSub(needed, offset(rate, total) + reserve));",
    replace: "needed;",
  },
  {
    invariant: "AMM-16",
    bug: "an emptied side is forgotten",
    file: MATH,
    find: "if (held0 != 0 && held0 < share0) {",
    replace: "if (held0 > 2 ** 200) {",
  },
  {
    invariant: "AMM-17",
    bug: "the mean is over a longer window",
    file: ORACLE,
    find: "int256 mean = (current.cumulative - past) / int256(window);",
    replace: "int256 mean = (current.cumulative - past) / int256(window + 1);",
  },
  {
    invariant: "AMM-17",
    bug: "the history forgets all but one entry",
    file: ORACLE,
    find: "oracle.ring[count % SLOTS] = latest;",
    replace: "oracle.ring[0] = latest;",
  },
  {
    invariant: "AMM-18",
    bug: "the whole root counts as growth",
    file: MATH,
    find: "uint256 growth = (root - pool.rootK) * fee;",
    replace: "uint256 growth = root * fee;",
  },
  {
    invariant: "AMM-19",
    bug: "a pool may stand twice in a path",
    file: CORE,
    find: "require(PoolId.unwrap(ids[j]) != PoolId.unwrap(hop), AmmPoolTwice(hop));",
    replace: "{}",
  },
  {
    invariant: "AMM-19",
    bug: "a pool pays a unit more than the next one needs",
    file: CORE,
    find: "amount = _load(hop, book).amountIn(zeroForOne, amount);",
    replace: "amount = _load(hop, book).amountIn(zeroForOne, amount) + 1;",
  },
  {
    invariant: "AMM-19",
    bug: "the way through a pool is not that of its assets",
    file: CORE,
    find: "require(zeroForOne || asset == key.asset0, AmmBrokenPath(hop, asset));",
    replace: "",
  },
];
