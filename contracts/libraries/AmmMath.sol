// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {ORACLE, PoolKey, RESTRICTED} from "../types/PoolKey.sol";
import {AssetId} from "./AssetId.sol";

/// @title AmmMath
/// @notice The pool: constant product on virtual reserves X = r0 + offset0, Y = r1 + offset1. Execution and quotes share
/// these functions. Amounts are raw units; every rounding favours the pool.
/// @dev Bounds: r < 2^112 (a book's half), offset < 2^119, so X, Y < 2^120; a fee-net input in pips is below 2^132.
library AmmMath {
    using AssetId for uint256;

    /// @notice A pool in memory.
    struct Pool {
        uint256 reserve0;
        uint256 reserve1;
        uint256 offset0;
        uint256 offset1;
        /// @dev Pips of an input that trade: 1e6 − fee.
        uint256 keep;
        uint256 totalShares;
        /// @dev Shares that the offsets are made of, in 65,536ths: those of depositors, without what the protocol's part of the
        /// fees added, which moves no price; 0 in a plain pool. Needed for liquidity only, as what follows.
        uint256 virtualShares;
        /// @dev Virtual units a share adds, Q64.
        uint128 alpha;
        uint128 beta;
        /// @dev Root of the product of the virtual reserves when the protocol's part of the fees was last counted, rounded up,
        /// below 2^120; 0 when it takes none.
        uint256 rootK;
    }

    uint256 internal constant PIPS = 1e6;
    /// @notice Highest fee, 5 %.
    uint256 internal constant MAX_FEE = 50_000;
    /// @notice Shares locked for ever at creation.
    uint256 internal constant LOCKED_SHARES = 1000;
    /// @notice Least input of a swap, and least virtual reserve that a swap may leave, in units: rounding stays small
    /// against every trade and every pool.
    uint256 internal constant MIN_TRADE = 1000;
    uint256 internal constant MIN_RESERVE = 1000;
    uint256 internal constant MAX_OFFSET = 2 ** 119 - 1;
    /// @notice Virtual shares in a share: what rounds to whole virtual shares stays far below the worth of a share.
    uint256 internal constant VIRTUAL_SCALE = 2 ** 16;
    /// @dev Virtual shares that the protocol's part leaves for each share, at the least: rounding to whole ones stays below a
    /// thousandth of a share's worth.
    uint256 private constant LEAST_VIRTUAL = 2 ** 10;
    uint256 private constant OFFSET_SCALE = 2 ** 64 * VIRTUAL_SCALE;
    /// @notice Most that the protocol takes of what the fees add to a pool, in parts of 10,000.
    uint256 internal constant MAX_PROTOCOL_FEE = 2500;
    uint256 internal constant PROTOCOL_FEE_SCALE = 10_000;
    uint256 internal constant PRICE_SCALE = 1e36;
    uint256 private constant MAX_AMOUNT = type(uint112).max;
    uint256 private constant WAD = 1e18;

    /* SWAPS */

    /// @notice What `paid` (at most 2^112 − 1) of one asset buys, rounded down:
    /// ⌊a(1−f)·Y / (X + a(1−f))⌋, Uniswap v2's formula on virtual reserves.
    /// @param zeroForOne true when asset 0 is sold
    function amountOut(Pool memory pool, bool zeroForOne, uint256 paid) internal pure returns (uint256 out) {
        require(paid >= MIN_TRADE, IAmmCore.AmmBelowMinimumTrade(paid, MIN_TRADE));
        (uint256 x, uint256 y) = _virtual(pool, zeroForOne);
        unchecked {
            // paid < 2^112, keep <= 10^6, x and y < 2^120: every term is below 2^141
            uint256 net = paid * pool.keep;
            out = fill(net, x * PIPS + net, y * PIPS);
        }
        require(out != 0, IAmmCore.AmmBelowMinimumOut(0, 1));
        _checkOut(pool, zeroForOne, y, out);
    }

    /// @notice What must be paid in for exactly `out`, rounded up: ⌈X·out / ((Y − out)(1−f))⌉.
    /// @param zeroForOne true when asset 0 is sold
    function amountIn(Pool memory pool, bool zeroForOne, uint256 out) internal pure returns (uint256 amount) {
        require(out != 0, IAmmCore.AmmBelowMinimumOut(0, 1));
        (uint256 x, uint256 y) = _virtual(pool, zeroForOne);
        _checkOut(pool, zeroForOne, y, out);
        unchecked {
            // out <= y; x·out·10^6 < 2^252
            amount = Math.ceilDiv(x * out * PIPS, (y - out) * pool.keep);
        }
        require(amount >= MIN_TRADE, IAmmCore.AmmBelowMinimumTrade(amount, MIN_TRADE));
        require(amount <= MAX_AMOUNT, IAmmCore.AmmAmountTooLarge(amount, MAX_AMOUNT));
    }

    /// @notice An order's output at the price `scaledOut / scaledIn`, rounded down. `scaledIn` is below 2^150.
    /// @param net fee-net input in pips (amount · keep), below 2^132
    function fill(uint256 net, uint256 scaledIn, uint256 scaledOut) internal pure returns (uint256) {
        unchecked {
            return Math.mulDiv(net, scaledOut, scaledIn * PIPS);
        }
    }

    /* BATCHES */

    /// @notice The lowest and the highest price of a band; the edges round towards the reference.
    function edges(IAmmCore.Band memory band) internal pure returns (uint256 low, uint256 high) {
        require(
            band.price != 0 && band.price <= type(uint192).max && band.tolerance < WAD,
            IAmmCore.AmmInvalidBand(band.price, band.tolerance)
        );
        low = Math.ceilDiv(band.price * (WAD - band.tolerance), WAD);
        high = (band.price * (WAD + band.tolerance)) / WAD;
    }

    /// @notice What an amount, fee included, buys at the edge of the band that is worst for it, as a fraction. Independent of
    /// any order. The numerator is below 2^213.
    function worstRate(
        uint256 keep,
        bool zeroForOne,
        uint256 low,
        uint256 high
    ) internal pure returns (uint256 numerator, uint256 denominator) {
        // keep <= 10^6, low < 2^192
        return zeroForOne ? (keep * low, PRICE_SCALE * PIPS) : (keep * (PRICE_SCALE / PIPS), high);
    }

    /// @notice The uniform price, asset 1 per asset 0 · 1e36, rounded down; reverts outside the band.
    function clearingPrice(
        uint256 scaled0,
        uint256 scaled1,
        uint256 low,
        uint256 high
    ) internal pure returns (uint256 price) {
        price = Math.mulDiv(scaled1, PRICE_SCALE, scaled0);
        // A price between `high` and `high + 1` rounds down to `high`, and is outside all the same.
        uint256 priceUp = Math.mulDiv(scaled1, PRICE_SCALE, scaled0, Math.Rounding.Ceil);
        require(price >= low && priceUp <= high, IAmmCore.AmmOutsideBand(price, low, high));
    }

    /// @notice Checks what a section leaves: K not below before, virtual reserves not below the floor.
    function checkAfter(Pool memory pool, uint256 in0, uint256 in1, uint256 out0, uint256 out1) internal pure {
        unchecked {
            // Reserves and amounts are below 2^112, offsets below 2^119: sums stay below 2^120, products below 2^240. (Sums
            // of a section may be larger until the ledger has checked them; it reverts such a section.)
            (uint256 held0, uint256 held1) = (pool.reserve0 + in0, pool.reserve1 + in1);
            require(out0 <= held0, IAmmCore.AmmRangeExhausted(out0, held0));
            require(out1 <= held1, IAmmCore.AmmRangeExhausted(out1, held1));
            (uint256 newX, uint256 newY) = (held0 - out0 + pool.offset0, held1 - out1 + pool.offset1);
            require(out0 <= in0 || newX >= MIN_RESERVE, IAmmCore.AmmReserveFloor(newX, MIN_RESERVE));
            require(out1 <= in1 || newY >= MIN_RESERVE, IAmmCore.AmmReserveFloor(newY, MIN_RESERVE));
            uint256 product = (pool.reserve0 + pool.offset0) * (pool.reserve1 + pool.offset1);
            require(newX * newY >= product, IAmmCore.AmmProductFell(product, newX * newY));
        }
    }

    /* LIQUIDITY */

    /// @notice T of a new pool: the root of T² = (r0 + alpha·T)(r1 + beta·T), rounded down; √(r0·r1) when both are 0.
    /// @dev With c = 1 − alpha·beta and b = alpha·r1 + beta·r0: T = (b + √(b² + 4c·r0·r1)) / 2c.
    function initialShares(
        uint256 reserve0,
        uint256 reserve1,
        uint128 alpha,
        uint128 beta
    ) internal pure returns (uint256 shares) {
        uint256 overlap = uint256(alpha) * beta; // Q128, < 2^256
        require(overlap < 1 << 128, IAmmCore.AmmEmptyRange(alpha, beta));
        if (alpha | beta == 0) return Math.sqrt(reserve0 * reserve1);
        uint256 c = (1 << 128) - overlap;
        uint256 b = (alpha * reserve1 + beta * reserve0) >> 64;
        require(b < 1 << 126, IAmmCore.AmmAmountTooLarge(b, (1 << 126) - 1));
        uint256 root = Math.sqrt(b * b + Math.mulDiv(c, reserve0 * reserve1, 1 << 126)); // < 2^253
        shares = Math.mulDiv(b + root, 1 << 127, c);
    }

    /// @notice Virtual offset of `virtualShares` (below 2^128) at `rate` (alpha or beta, Q64), rounded down.
    function offset(uint128 rate, uint256 virtualShares) internal pure returns (uint256 value) {
        value = (rate * virtualShares) / OFFSET_SCALE;
        require(value <= MAX_OFFSET, IAmmCore.AmmAmountTooLarge(value, MAX_OFFSET));
    }

    /// @notice Checks what `createPool` is given; answers the new pool.
    function open(PoolKey memory key, uint256 amount0, uint256 amount1) internal pure returns (Pool memory pool) {
        require(key.asset0 < key.asset1, IAmmCore.AmmAssetOrder(key.asset0, key.asset1));
        bool isRestricted = key.isRestricted();
        require(isRestricted || !key.asset0.hasRules(), IAmmCore.AmmRestrictedAsset(key.asset0));
        require(isRestricted || !key.asset1.hasRules(), IAmmCore.AmmRestrictedAsset(key.asset1));
        require(key.fee <= MAX_FEE, IAmmCore.AmmFeeTooHigh(key.fee, MAX_FEE));
        // A pool without an asset with rules has nothing to inherit.
        bool isNeeded = key.asset0.hasRules() || key.asset1.hasRules();
        require(key.flags <= ORACLE | RESTRICTED && isRestricted == isNeeded, IAmmCore.AmmInvalidFlags(key.flags));
        (pool.reserve0, pool.reserve1, pool.alpha, pool.beta) = (amount0, amount1, key.alpha, key.beta);
        uint256 total = initialShares(amount0, amount1, key.alpha, key.beta);
        require(total > LOCKED_SHARES, IAmmCore.AmmBelowMinimumShares(total, LOCKED_SHARES + 1));
        require(total <= MAX_AMOUNT, IAmmCore.AmmAmountTooLarge(total, MAX_AMOUNT));
        (pool.totalShares, pool.keep) = (total, PIPS - key.fee);
        if (isRange(pool)) _setVirtualShares(pool, total * VIRTUAL_SCALE);
        (uint256 x, uint256 y) = (amount0 + pool.offset0, amount1 + pool.offset1);
        require(x >= MIN_RESERVE, IAmmCore.AmmReserveFloor(x, MIN_RESERVE));
        require(y >= MIN_RESERVE, IAmmCore.AmmReserveFloor(y, MIN_RESERVE));
    }

    /// @notice Whether the pool has virtual offsets.
    function isRange(Pool memory pool) internal pure returns (bool) {
        return pool.alpha | pool.beta != 0;
    }

    /// @notice Shares that both inputs cover, rounded down, and what they take of each, rounded up.
    /// @dev In a range pool the offsets round down, so the amounts also keep X and Y per virtual share from falling: at most
    /// one unit more, for which the shares leave room.
    function sharesFor(
        Pool memory pool,
        uint256 max0,
        uint256 max1
    ) internal pure returns (uint256 shares, uint256 amount0, uint256 amount1) {
        (shares, amount0, amount1) = trySharesFor(pool, max0, max1);
        require(shares != 0, IAmmCore.AmmZeroShares());
        require(amount0 <= max0, IAmmCore.AmmAboveMaximumIn(amount0, max0));
        require(amount1 <= max1, IAmmCore.AmmAboveMaximumIn(amount1, max1));
    }

    /// @notice As `sharesFor`, for the caller to check: no shares, or more of an asset than the input, is a refusal.
    function trySharesFor(
        Pool memory pool,
        uint256 max0,
        uint256 max1
    ) internal pure returns (uint256 shares, uint256 amount0, uint256 amount1) {
        // A pool keeps at least one real unit of one side: its locked shares are worth something, rounded up.
        if (pool.reserve0 | pool.reserve1 != 0) shares = MAX_AMOUNT - pool.totalShares;
        shares = Math.min(shares, _sharesOf(pool, max0, pool.reserve0, pool.alpha));
        shares = Math.min(shares, _sharesOf(pool, max1, pool.reserve1, pool.beta));
        amount0 = _amountIn(pool, shares, pool.reserve0, pool.offset0, pool.alpha);
        amount1 = _amountIn(pool, shares, pool.reserve1, pool.offset1, pool.beta);
    }

    /// @notice What `shares` are worth of each reserve, rounded down, and so that X·Y per virtual share squared does not fall.
    function amountsFor(Pool memory pool, uint256 shares) internal pure returns (uint256 amount0, uint256 amount1) {
        require(shares != 0, IAmmCore.AmmZeroShares());
        uint256 available = pool.totalShares - LOCKED_SHARES;
        require(shares <= available, IAmmCore.AmmInsufficientShares(shares, available));
        uint256 left;
        uint256 least;
        (amount0, amount1, left, least) = tryAmountsFor(pool, shares);
        require(left >= least, IAmmCore.AmmProductFell(least, left));
    }

    /// @notice As `amountsFor`, for the caller to check: a product of `left`, below the `least` that it must be, is a refusal.
    /// `shares` are some, and not among the locked.
    function tryAmountsFor(
        Pool memory pool,
        uint256 shares
    ) internal pure returns (uint256 amount0, uint256 amount1, uint256 left, uint256 least) {
        amount0 = (pool.reserve0 * shares) / pool.totalShares;
        amount1 = (pool.reserve1 * shares) / pool.totalShares;
        if (isRange(pool)) return _keepProduct(pool, pool.virtualShares - _virtualOf(pool, shares), amount0, amount1);
    }

    /// @notice Adds what `sharesFor` answered to the pool.
    function grow(Pool memory pool, uint256 shares, uint256 amount0, uint256 amount1) internal pure {
        if (isRange(pool)) _setVirtualShares(pool, pool.virtualShares + _virtualOf(pool, shares));
        pool.totalShares += shares;
        (pool.reserve0, pool.reserve1) = (pool.reserve0 + amount0, pool.reserve1 + amount1);
    }

    /// @notice Takes what `amountsFor` answered out of the pool.
    function shrink(Pool memory pool, uint256 shares, uint256 amount0, uint256 amount1) internal pure {
        if (isRange(pool)) _setVirtualShares(pool, pool.virtualShares - _virtualOf(pool, shares));
        pool.totalShares -= shares;
        (pool.reserve0, pool.reserve1) = (pool.reserve0 - amount0, pool.reserve1 - amount1);
    }

    /* PROTOCOL FEE */

    /// @notice Shares that the protocol gets for its part `fee` (of 10,000) of what fees added since `rootK` was taken, rounded
    /// down; the pool is left with them in its supply. They are no virtual shares: X and Y stay.
    /// @dev Uniswap v2's formula (whitepaper §2.4) with the root of the offsets, √(a·b), out of the divisor:
    /// s = T·φ(√K − √K₀) / (√K − √(a·b) − φ(√K − √K₀)). At a price p the fees added 2√p(√K − √K₀), and the pool holds
    /// 2√(pK) − a·p − b, at most 2√p(√K − √(a·b)): the shares are worth at most the part φ, at every price.
    function accrue(Pool memory pool, uint256 fee) internal pure returns (uint256 shares) {
        if (fee == 0 || pool.rootK == 0) return 0;
        uint256 root = Math.sqrt(_product(pool));
        if (root <= pool.rootK) return 0;
        uint256 growth = (root - pool.rootK) * fee;
        // The offsets are those of `rootK`, which is not below their root: the divisor exceeds the growth's 7,500 parts.
        uint256 base = root - Math.sqrt(pool.offset0 * pool.offset1);
        shares = Math.mulDiv(pool.totalShares, growth, base * PROTOCOL_FEE_SCALE - growth);
        // In a range pool until T is 64 times what depositors hold: the growth that takes is beyond any pool's life.
        uint256 most = isRange(pool) ? Math.min(pool.virtualShares / LEAST_VIRTUAL, MAX_AMOUNT) : MAX_AMOUNT;
        shares = Math.min(shares, Math.saturatingSub(most, pool.totalShares));
        pool.totalShares += shares;
    }

    /// @notice `rootK` of the pool as it stands now: root of the product of its virtual reserves, rounded up.
    function newRoot(Pool memory pool) internal pure returns (uint256) {
        return Math.sqrt(_product(pool), Math.Rounding.Ceil);
    }

    /* INTERNALS */

    /// @dev X·Y, below 2^240.
    function _product(Pool memory pool) private pure returns (uint256) {
        return (pool.reserve0 + pool.offset0) * (pool.reserve1 + pool.offset1);
    }

    /// @dev The virtual shares among `shares`, rounded down. U <= T · 65,536 < 2^128: additions round it down, and a removal
    /// leaves ⌈U·T'/T⌉.
    function _virtualOf(Pool memory pool, uint256 shares) private pure returns (uint256) {
        return (pool.virtualShares * shares) / pool.totalShares;
    }

    function _setVirtualShares(Pool memory pool, uint256 virtualShares) private pure {
        pool.virtualShares = virtualShares;
        (pool.offset0, pool.offset1) = (offset(pool.alpha, virtualShares), offset(pool.beta, virtualShares));
    }

    /// @dev Shares that at most `maximum` of one asset covers, rounded down, with room for their offset; in a range pool one
    /// unit is kept back.
    function _sharesOf(
        Pool memory pool,
        uint256 maximum,
        uint256 reserve,
        uint128 rate
    ) private pure returns (uint256 shares) {
        shares = type(uint256).max;
        if (rate != 0) {
            if (maximum != 0) --maximum;
            // The most virtual shares whose offset fits; the pool's own do.
            uint256 most = Math.min(((MAX_OFFSET + 1) * OFFSET_SCALE - 1) / rate, MAX_AMOUNT * VIRTUAL_SCALE);
            shares = ((most - pool.virtualShares) * pool.totalShares) / pool.virtualShares;
        }
        if (reserve != 0) shares = Math.min(shares, (maximum * pool.totalShares) / reserve);
    }

    /// @dev max(⌈r·s/T⌉, ⌈X·U'/U⌉ − offset' − r), U the virtual shares.
    function _amountIn(
        Pool memory pool,
        uint256 shares,
        uint256 reserve,
        uint256 oldOffset,
        uint128 rate
    ) private pure returns (uint256 amount) {
        amount = Math.ceilDiv(reserve * shares, pool.totalShares);
        if (rate == 0) return amount;
        uint256 virtualShares = pool.virtualShares + _virtualOf(pool, shares);
        uint256 needed = Math.ceilDiv((reserve + oldOffset) * virtualShares, pool.virtualShares); // < 2^249
        amount = Math.max(amount, Math.saturatingSub(needed, offset(rate, virtualShares) + reserve));
    }

    /// @dev Lowers what a removal from a range pool pays until X·Y/U² does not fall although the offsets round down with U:
    /// at most r + offset' − ⌈X·U'/U⌉ of each, U' = `virtualShares`; and where one side has not that much left to keep, the
    /// other keeps the more; shares that are not even worth that cannot be removed alone, nor those that would leave a side
    /// without one whole virtual unit: K would be lost, to whoever inflated the supply before.
    function _keepProduct(
        Pool memory pool,
        uint256 virtualShares,
        uint256 amount0,
        uint256 amount1
    ) private pure returns (uint256, uint256, uint256, uint256) {
        // < 2^120
        uint256 share0 = Math.ceilDiv((pool.reserve0 + pool.offset0) * virtualShares, pool.virtualShares);
        uint256 share1 = Math.ceilDiv((pool.reserve1 + pool.offset1) * virtualShares, pool.virtualShares);
        uint256 held0 = pool.reserve0 + offset(pool.alpha, virtualShares);
        uint256 held1 = pool.reserve1 + offset(pool.beta, virtualShares);
        amount0 = Math.min(amount0, Math.saturatingSub(held0, share0));
        amount1 = Math.min(amount1, Math.saturatingSub(held1, share1));
        if (held0 != 0 && held0 < share0) {
            amount1 = Math.min(amount1, Math.saturatingSub(held1, Math.ceilDiv(share0 * share1, held0)));
        } else if (held1 != 0 && held1 < share1) {
            amount0 = Math.min(amount0, Math.saturatingSub(held0, Math.ceilDiv(share0 * share1, held1)));
        }
        return (amount0, amount1, (held0 - amount0) * (held1 - amount1), share0 * share1);
    }

    /// @dev An output must be held for real, and leave the virtual reserve above the floor. The product X·Y needs no check:
    /// it cannot fall, because the output rounds down or the input up.
    function _checkOut(Pool memory pool, bool zeroForOne, uint256 y, uint256 out) private pure {
        uint256 held = zeroForOne ? pool.reserve1 : pool.reserve0;
        require(out <= held, IAmmCore.AmmRangeExhausted(out, held));
        unchecked {
            require(y - out >= MIN_RESERVE, IAmmCore.AmmReserveFloor(y - out, MIN_RESERVE)); // out <= held <= y
        }
    }

    /// @dev Virtual reserves of the asset sold and of the asset bought, each below 2^120.
    function _virtual(Pool memory pool, bool zeroForOne) private pure returns (uint256 x, uint256 y) {
        unchecked {
            (x, y) = (pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1);
        }
        if (!zeroForOne) (x, y) = (y, x);
    }
}
