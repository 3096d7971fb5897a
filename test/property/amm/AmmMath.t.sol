// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAmmCore} from "../../../contracts/interfaces/IAmmCore.sol";
import {AmmMath} from "../../../contracts/libraries/AmmMath.sol";
import {PoolKey} from "../../../contracts/types/PoolKey.sol";
import {AmmMathHarness} from "../../helpers/solidity/AmmMathHarness.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title AmmMathTest
/// @notice The pool's arithmetic on reserves of 1 to 2^112 − 1 units, virtual offsets of 0 to 2^118, fees of 0 to 5 %.
contract AmmMathTest is Test {
    struct Seeds {
        uint256 reserve0;
        uint256 reserve1;
        uint256 offset0;
        uint256 offset1;
        uint256 fee;
        uint256 amount;
        uint256 split;
        bool zeroForOne;
    }

    struct RangeSeeds {
        uint256 reserve0;
        uint256 reserve1;
        uint256 alpha;
        uint256 beta;
        uint256 shares;
        uint256 max0;
        uint256 max1;
        bool tiny;
    }

    uint256 private constant PIPS = 1e6;
    uint256 private constant MAX = 2 ** 112 - 1;
    uint256 private constant Q64 = 2 ** 64;

    AmmMathHarness private immutable MATH = new AmmMathHarness();

    /* SWAPS */

    function test_AMM_01_swapExactIn_productNeverFalls(Seeds memory seeds) public view {
        AmmMath.Pool memory pool = _pool(seeds);
        uint256 paid = _scale(seeds.amount, 112);
        try MATH.amountOut(pool, seeds.zeroForOne, paid) returns (uint256 out) {
            uint256 before = _product(pool);
            _apply(pool, seeds.zeroForOne, paid, out);
            assertGe(_product(pool), before, "K");
        } catch {}
    }

    function test_AMM_01_swapExactOut_productNeverFalls(Seeds memory seeds) public view {
        AmmMath.Pool memory pool = _pool(seeds);
        uint256 out = _scale(seeds.amount, 112);
        try MATH.amountIn(pool, seeds.zeroForOne, out) returns (uint256 paid) {
            uint256 before = _product(pool);
            _apply(pool, seeds.zeroForOne, paid, out);
            assertGe(_product(pool), before, "K");
        } catch {}
    }

    /// @dev out is the largest whole number with out · (X + net) <= net · Y.
    function test_AMM_02_swapExactIn_paysTheExactQuotientRoundedDown(Seeds memory seeds) public view {
        AmmMath.Pool memory pool = _pool(seeds);
        uint256 paid = _scale(seeds.amount, 112);
        try MATH.amountOut(pool, seeds.zeroForOne, paid) returns (uint256 out) {
            (uint256 x, uint256 y) = _sides(pool, seeds.zeroForOne);
            uint256 net = paid * pool.keep;
            assertLe(out * (x * PIPS + net), net * y, "out against the quotient");
            assertGt((out + 1) * (x * PIPS + net), net * y, "out + 1 against the quotient");
        } catch {}
    }

    /// @dev paid is the smallest whole number with paid · (Y − out)(1 − f) >= X · out.
    function test_AMM_02_swapExactOut_takesTheExactQuotientRoundedUp(Seeds memory seeds) public view {
        AmmMath.Pool memory pool = _pool(seeds);
        uint256 out = _scale(seeds.amount, 112);
        try MATH.amountIn(pool, seeds.zeroForOne, out) returns (uint256 paid) {
            (uint256 x, uint256 y) = _sides(pool, seeds.zeroForOne);
            assertGe(paid * pool.keep * (y - out), x * out * PIPS, "paid against the quotient");
            assertLt((paid - 1) * pool.keep * (y - out), x * out * PIPS, "paid - 1 against the quotient");
        } catch {}
    }

    function test_AMM_02_exactOutOfExactIn_neverCostsMore(Seeds memory seeds) public view {
        AmmMath.Pool memory pool = _pool(seeds);
        uint256 paid = _scale(seeds.amount, 112);
        try MATH.amountOut(pool, seeds.zeroForOne, paid) returns (uint256 out) {
            try MATH.amountIn(pool, seeds.zeroForOne, out) returns (uint256 needed) {
                assertLe(needed, paid, "input for the same output");
                assertGe(MATH.amountOut(pool, seeds.zeroForOne, needed), out, "output of that input");
            } catch {}
        } catch {}
    }

    function test_AMM_03_splittingASwap_neverPays(Seeds memory seeds) public view {
        AmmMath.Pool memory pool = _pool(seeds);
        uint256 whole = _scale(seeds.amount, 112);
        if (whole < 2 * AmmMath.MIN_TRADE) return;
        uint256 first = bound(seeds.split, AmmMath.MIN_TRADE, whole - AmmMath.MIN_TRADE);
        try MATH.amountOut(pool, seeds.zeroForOne, whole) returns (uint256 atOnce) {
            uint256 out = 0;
            // A part too small to buy one unit is refused; the other is traded all the same.
            try MATH.amountOut(pool, seeds.zeroForOne, first) returns (uint256 part) {
                out = part;
                _apply(pool, seeds.zeroForOne, first, out);
            } catch {}
            try MATH.amountOut(pool, seeds.zeroForOne, whole - first) returns (uint256 rest) {
                assertLe(out + rest, atOnce, "outputs of both parts");
            } catch {}
        } catch {}
    }

    /// @dev There and back: what was paid is never exceeded by what comes back.
    function test_AMM_13_thereAndBack_neverGains(Seeds memory seeds) public view {
        AmmMath.Pool memory pool = _pool(seeds);
        uint256 paid = _scale(seeds.amount, 112);
        try MATH.amountOut(pool, seeds.zeroForOne, paid) returns (uint256 out) {
            _apply(pool, seeds.zeroForOne, paid, out);
            try MATH.amountOut(pool, !seeds.zeroForOne, out) returns (uint256 back) {
                assertLe(back, paid, "what comes back");
            } catch {}
        } catch {}
    }

    /* LIQUIDITY */

    function test_AMM_07_addThenRemove_neverGains(RangeSeeds memory seeds) public view {
        AmmMath.Pool memory pool = _rangePool(seeds);
        if (pool.keep == 0) return;
        (uint256 max0, uint256 max1) = (_scale(seeds.max0, 112), _scale(seeds.max1, 112));
        try MATH.sharesFor(pool, max0, max1) returns (uint256 shares, uint256 in0, uint256 in1) {
            assertLe(in0, max0, "taken of asset 0");
            assertLe(in1, max1, "taken of asset 1");
            if (!_resize(pool, in0, in1, shares)) return;
            try MATH.amountsFor(pool, shares) returns (uint256 out0, uint256 out1) {
                assertLe(out0, in0, "asset 0 back");
                assertLe(out1, in1, "asset 1 back");
            } catch {}
        } catch {}
    }

    /// @dev Real and virtual reserves alike.
    function test_AMM_11_addLiquidity_reservesPerShareNeverFall(RangeSeeds memory seeds) public view {
        AmmMath.Pool memory pool = _rangePool(seeds);
        if (pool.keep == 0) return;
        uint256 bits = seeds.tiny ? 24 : 112;
        AmmMath.Pool memory before = _copy(pool);
        try MATH.sharesFor(pool, _scale(seeds.max0, bits), _scale(seeds.max1, bits)) returns (
            uint256 shares,
            uint256 in0,
            uint256 in1
        ) {
            if (_resize(pool, in0, in1, shares)) _assertNotDiluted(before, pool);
        } catch {}
    }

    function test_AMM_11_removeLiquidity_reservesPerShareNeverFall(RangeSeeds memory seeds) public view {
        (AmmMath.Pool memory before, AmmMath.Pool memory pool) = _removed(seeds);
        if (pool.keep != 0) _assertRealNotDiluted(before, pool);
    }

    /// @dev X·Y per virtual share squared, in 512 bits.
    function test_AMM_16_removeLiquidity_productPerShareNeverFalls(RangeSeeds memory seeds) public view {
        (AmmMath.Pool memory before, AmmMath.Pool memory pool) = _removed(seeds);
        if (pool.keep == 0) return;
        (uint256 high, uint256 low) = Math.mul512(_product(pool), _curveShares(before) ** 2);
        (uint256 floorHigh, uint256 floorLow) = Math.mul512(_product(before), _curveShares(pool) ** 2);
        assertTrue(high > floorHigh || (high == floorHigh && low >= floorLow), "X*Y per share squared");
    }

    function test_AMM_16_addLiquidity_virtualReservesPerShareNeverFall(RangeSeeds memory seeds) public view {
        AmmMath.Pool memory pool = _rangePool(seeds);
        if (pool.keep == 0 || (pool.alpha | pool.beta) == 0) return;
        AmmMath.Pool memory before = _copy(pool);
        // From one share to three times the pool, on the smallest reserves as on the largest.
        (uint256 max0, uint256 max1) = (3 * pool.reserve0 + 1, 3 * pool.reserve1 + 1);
        try MATH.sharesFor(pool, bound(seeds.max0, 0, max0), bound(seeds.max1, 0, max1)) returns (
            uint256 shares,
            uint256 in0,
            uint256 in1
        ) {
            if (_resize(pool, in0, in1, shares)) _assertNotDiluted(before, pool);
        } catch {}
    }

    /// @dev The rounding that favours the pool costs at most one unit more than the quotient; a removal that empties a side
    /// may cost more of the other, and beside shares of the protocol a virtual share rounds.
    function test_AMM_11_liquidity_isWithinTwoUnitsOfTheQuotient(RangeSeeds memory seeds) public view {
        AmmMath.Pool memory pool = _rangePool(seeds);
        if (pool.keep == 0) return;
        uint256 removed = bound(seeds.shares, 1, pool.totalShares - AmmMath.LOCKED_SHARES);
        try MATH.amountsFor(pool, removed) returns (uint256 out0, uint256 out1) {
            if (out0 != 0 && out1 != 0) {
                // The protocol's shares are no virtual ones: then a virtual share rounds too.
                bool isPure = pool.alpha | pool.beta == 0 || pool.virtualShares == pool.totalShares << 16;
                uint256 virtualShares = isPure ? type(uint256).max : pool.virtualShares;
                (uint256 slack0, uint256 slack1) = (
                    2 + pool.reserve0 / virtualShares,
                    2 + pool.reserve1 / virtualShares
                );
                assertLe((pool.reserve0 * removed) / pool.totalShares, out0 + slack0, "asset 0 out");
                assertLe((pool.reserve1 * removed) / pool.totalShares, out1 + slack1, "asset 1 out");
            }
        } catch {}
        try MATH.sharesFor(pool, _scale(seeds.max0, 112), _scale(seeds.max1, 112)) returns (
            uint256 shares,
            uint256 in0,
            uint256 in1
        ) {
            assertLe(in0, Math.ceilDiv(pool.reserve0 * shares, pool.totalShares) + 1, "asset 0 in");
            assertLe(in1, Math.ceilDiv(pool.reserve1 * shares, pool.totalShares) + 1, "asset 1 in");
        } catch {}
    }

    /// @dev T is the floor of the root: T² <= (r0 + alpha·T)(r1 + beta·T), and not much smaller than it could be.
    function test_AMM_14_initialShares_areTheRootRoundedDown(RangeSeeds memory seeds) public view {
        (uint256 r0, uint256 r1) = (_scale(seeds.reserve0, 112), _scale(seeds.reserve1, 112));
        (uint128 alpha, uint128 beta) = (_rate(seeds.alpha), _rate(seeds.beta));
        try MATH.initialShares(r0, r1, alpha, beta) returns (uint256 shares) {
            if (shares > MAX) return;
            assertTrue(_rootHolds(shares, r0, r1, alpha, beta), "shares within the root");
            // b is cut by less than 1, the root by less than 2; both weigh 1 / 2c with c = 1 - alpha·beta.
            uint256 c = 2 ** 128 - uint256(alpha) * beta;
            uint256 slack = 2 + 2 ** 130 / c;
            if (alpha | beta == 0) slack = 1;
            if (shares + slack > MAX) return;
            assertFalse(_rootHolds(shares + slack, r0, r1, alpha, beta), "more shares within the root");
        } catch {}
    }

    function test_AMM_14_initialShares_ofAPlainPoolAreTheSquareRoot(uint256 seed0, uint256 seed1) public pure {
        (uint256 r0, uint256 r1) = (_scale(seed0, 112), _scale(seed1, 112));
        uint256 shares = AmmMath.initialShares(r0, r1, 0, 0);
        assertLe(shares * shares, r0 * r1, "square of the shares");
        assertGt((shares + 1) * (shares + 1), r0 * r1, "square of one more");
    }

    /* PROTOCOL FEE */

    /// @dev In asset 1 at the price at hand: worth(s) = s / (T + s) · (r0·Y/X + r1), growth = 2Y·(1 − √K₀ / √K).
    function test_AMM_18_accrue_isWorthAtMostItsPartOfTheGrowth(
        RangeSeeds memory seeds,
        uint256 paid,
        bool zeroForOne,
        uint256 fee
    ) public view {
        AmmMath.Pool memory pool = _rangePool(seeds);
        if (pool.keep == 0) return;
        pool.keep = PIPS - AmmMath.MAX_FEE;
        pool.rootK = MATH.newRoot(pool);
        AmmMath.Pool memory before = _copy(pool);
        for (uint256 i; i < 2; ++i) {
            uint256 amount = _scale(paid >> i, 112);
            try MATH.amountOut(pool, zeroForOne, amount) returns (uint256 out) {
                _apply(pool, zeroForOne, amount, out);
                if (pool.reserve0 > MAX || pool.reserve1 > MAX) return;
            } catch {}
            zeroForOne = !zeroForOne;
        }
        fee = bound(fee, 0, AmmMath.MAX_PROTOCOL_FEE);
        (uint256 shares, AmmMath.Pool memory accrued) = MATH.accrue(pool, fee);
        assertEq(accrued.totalShares, pool.totalShares + shares, "supply");
        assertEq(accrued.virtualShares, pool.virtualShares, "virtual shares");
        assertEq(_product(accrued), _product(pool), "K");
        bool isRange = pool.alpha | pool.beta != 0;
        if (isRange && shares != 0)
            assertLe(accrued.totalShares, pool.virtualShares / 1024, "supply beside virtual shares");
        bool isCapped = accrued.totalShares == MAX || (isRange && accrued.totalShares == pool.virtualShares / 1024);
        if (shares == 0 || isCapped) return;
        // s / (T + s) <= fee · (√K − √K₀) / (√K − √(a·b)), and the same with one share more is above what is due but for the
        // rounding of the roots: each by less than 1.
        uint256 root = Math.sqrt(_product(pool));
        uint256 growth = root - before.rootK;
        {
            // A scope of its own, for the compiler without an optimizer.
            uint256 base = root - Math.sqrt(pool.offset0 * pool.offset1);
            assertLe(
                Math.mulDiv(shares, base * 10_000, pool.totalShares + shares, Math.Rounding.Ceil),
                fee * growth,
                "part of the supply"
            );
            assertGt(
                Math.mulDiv(shares + 1, base * 10_000, pool.totalShares + shares + 1, Math.Rounding.Ceil) + 1,
                fee * growth,
                "one share more"
            );
        }
        (uint256 x, uint256 y) = (pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1);
        uint256 worth = Math.mulDiv(
            pool.reserve1 + Math.mulDiv(pool.reserve0, y, x),
            shares,
            pool.totalShares + shares
        );
        uint256 earned = Math.mulDiv(2 * y, growth + 2, root, Math.Rounding.Ceil) + 2;
        assertLe(worth * 10_000, earned * fee + 20_000, "worth of the part");
    }

    /// @dev K has grown fourfold over the root that was counted; of 65,536 virtual shares to a share, 1,024 are left at the least.
    function test_AMM_18_accrue_leavesVirtualSharesForEachShare() public view {
        AmmMath.Pool memory pool;
        (pool.reserve0, pool.reserve1, pool.rootK) = (1e12, 1e12, 5e11);
        (pool.alpha, pool.offset0, pool.offset1) = (1, 1e6, 0);
        pool.virtualShares = 1e9 << 16;
        for (uint256 i; i < 3; ++i) {
            pool.totalShares = (64 - i) * 1e9 - (i == 1 ? 0 : 5);
            (uint256 shares, ) = MATH.accrue(pool, 2500);
            if (i == 0) assertEq(shares, 5, "what is left to 64 times the depositors' shares");
            if (i == 1) assertEq(shares, 1e9, "as many as are left");
            if (i == 2) assertEq(shares, 2e9 + 5, "the same");
        }
        pool.totalShares = 65e9;
        (uint256 none, ) = MATH.accrue(pool, 2500);
        assertEq(none, 0, "beyond it none");
        (pool.alpha, pool.offset0) = (0, 0);
        (uint256 some, ) = MATH.accrue(pool, 2500);
        assertGt(some, 9e9, "in a plain pool there is no such end");
    }

    /* WHAT NO POOL OF THE CORE COMES TO */

    function test_AMM_01_checkAfter_refusesAProductThatFell() public {
        AmmMath.Pool memory pool;
        (pool.reserve0, pool.reserve1) = (5000, 8000);
        MATH.checkAfter(pool, 1000, 0, 0, 1333);
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmProductFell.selector, 40_000_000, 39_996_000));
        MATH.checkAfter(pool, 1000, 0, 0, 1334);
    }

    /// @dev Offsets count on both sides, before and after.
    function test_AMM_01_checkAfter_countsTheOffsets() public {
        AmmMath.Pool memory pool;
        (pool.reserve0, pool.reserve1, pool.offset0, pool.offset1) = (2000, 3000, 3000, 5000);
        MATH.checkAfter(pool, 1000, 0, 0, 1333);
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmProductFell.selector, 40_000_000, 39_996_000));
        MATH.checkAfter(pool, 1000, 0, 0, 1334);
    }

    /// @dev Who takes nothing of a side that a removal left below the floor is not held up by it.
    function test_AMM_04_checkAfter_asksForTheFloorOfWhatIsTaken() public {
        AmmMath.Pool memory pool;
        (pool.reserve0, pool.reserve1) = (500, 4000);
        MATH.checkAfter(pool, 0, 1, 0, 0);
        MATH.checkAfter(pool, 400, 0, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmReserveFloor.selector, 499, 1000));
        MATH.checkAfter(pool, 0, 100, 1, 0);
        (pool.reserve0, pool.reserve1) = (4000, 500);
        MATH.checkAfter(pool, 1, 0, 0, 0);
        MATH.checkAfter(pool, 0, 400, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmReserveFloor.selector, 499, 1000));
        MATH.checkAfter(pool, 100, 0, 0, 1);
    }

    /// @dev A half of the shares has no whole virtual unit of the side of which all have one.
    function test_AMM_16_amountsFor_leavesNoSideWithoutAVirtualUnit() public {
        AmmMath.Pool memory pool;
        (pool.totalShares, pool.virtualShares) = (4000, 4000 << 16);
        (pool.reserve0, pool.beta, pool.offset1) = (1e6, uint128(Q64 / 4000 + 1), 1);
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmProductFell.selector, 5e5, 0));
        MATH.amountsFor(pool, 2000);
        (pool.reserve0, pool.reserve1) = (pool.reserve1, pool.reserve0);
        (pool.alpha, pool.beta) = (pool.beta, pool.alpha);
        (pool.offset0, pool.offset1) = (pool.offset1, pool.offset0);
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmProductFell.selector, 5e5, 0));
        MATH.amountsFor(pool, 2000);
    }

    function test_open_refusesAnAssetBesideItself() public {
        PoolKey memory key;
        (key.asset0, key.asset1) = (5, 5);
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmAssetOrder.selector, 5, 5));
        MATH.open(key, 1e9, 1e9);
        key.asset1 = 6;
        assertEq(MATH.open(key, 1e9, 1e9).totalShares, 1e9, "shares");
    }

    function test_offset_refusesMoreThanItsWidth() public {
        assertEq(MATH.offset(2 ** 71, (2 ** 112 - 1) << 16), 2 ** 119 - 2 ** 7, "offset");
        assertEq(MATH.offset(2 ** 119 - 1, 2 ** 80), 2 ** 119 - 1, "the most");
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmAmountTooLarge.selector, 2 ** 119, AmmMath.MAX_OFFSET));
        MATH.offset(2 ** 72, 2 ** 127);
    }

    /// @dev The offset of the pool's virtual shares is half of what fits, so as many shares again have room, whatever is offered.
    function test_AMM_16_sharesFor_leavesRoomForTheOffset() public view {
        AmmMath.Pool memory pool;
        (pool.totalShares, pool.virtualShares) = (1e18, 1e18 << 16);
        (pool.reserve0, pool.reserve1) = (1e6, 1e6);
        pool.alpha = uint128(uint256(2 ** 198) / (1e18 << 16));
        pool.offset0 = MATH.offset(pool.alpha, pool.virtualShares);
        (uint256 shares, , ) = MATH.sharesFor(pool, MAX, MAX);
        assertGt(shares, 1e18 - 1e9, "as many again");
        assertLe(MATH.offset(pool.alpha, pool.virtualShares + (shares << 16)), AmmMath.MAX_OFFSET, "they fit");
    }

    function test_sharesFor_refusesWhenThePoolHoldsNothing() public {
        AmmMath.Pool memory pool;
        (pool.totalShares, pool.virtualShares) = (2000, 2000 << 16);
        vm.expectRevert(IAmmCore.AmmZeroShares.selector);
        MATH.sharesFor(pool, 1000, 1000);
    }

    /// @dev The side without a real unit has no bound of its own, and may cost a unit by rounding: X = 3000 of 2000 shares,
    /// ⌈3000 · 2001 / 2000⌉ = 3002, of which the offset of 2001 shares gives 3001.
    function test_AMM_16_sharesFor_refusesAUnitThatWasNotOffered() public {
        AmmMath.Pool memory pool;
        (pool.totalShares, pool.virtualShares, pool.reserve1) = (2000, 2000 << 16, 2000);
        (pool.alpha, pool.offset0) = (uint128((3 * Q64) / 2), 3000);
        (uint256 shares, uint256 amount0, uint256 amount1) = MATH.sharesFor(pool, 1, 1);
        assertTrue(shares == 1 && amount0 == 1 && amount1 == 1, "one of each");
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmAboveMaximumIn.selector, 1, 0));
        MATH.sharesFor(pool, 0, 1);
        (pool.reserve0, pool.reserve1) = (pool.reserve1, pool.reserve0);
        (pool.alpha, pool.beta) = (pool.beta, pool.alpha);
        (pool.offset0, pool.offset1) = (pool.offset1, pool.offset0);
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmAboveMaximumIn.selector, 1, 0));
        MATH.sharesFor(pool, 1, 0);
    }

    function test_sharesFor_ofNothingOfOneSideAreNone() public {
        AmmMath.Pool memory pool;
        (pool.totalShares, pool.virtualShares, pool.reserve0, pool.reserve1) = (2000, 2000 << 16, 2000, 2000);
        (pool.alpha, pool.beta, pool.offset0, pool.offset1) = (uint128(Q64 / 2), uint128(Q64 / 2), 1000, 1000);
        vm.expectRevert(IAmmCore.AmmZeroShares.selector);
        MATH.sharesFor(pool, 0, 1000);
        vm.expectRevert(IAmmCore.AmmZeroShares.selector);
        MATH.sharesFor(pool, 1000, 0);
    }

    function test_initialShares_refusesASumBeyondItsWidth() public {
        assertGt(MATH.initialShares(1, 2 ** 90 - 1, 2 ** 100, 1), 0, "just within");
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmAmountTooLarge.selector, 2 ** 126, 2 ** 126 - 1));
        MATH.initialShares(1, 2 ** 90, 2 ** 100, 1);
    }

    /// @dev Whichever side is emptied, the other keeps the more. Of 4,000 shares 10 leave; ⌈1000 · 3990 / 4000⌉ = 998 should stay
    /// of the side whose offset is 997 then, ⌈9000 · 3990 / 4000⌉ = 8978 of the other. That one keeps ⌈998 · 8978 / 997⌉ = 8988 of
    /// its 8997.
    function test_AMM_16_amountsFor_emptiedSidesAreMirrored() public view {
        AmmMath.Pool memory pool;
        (pool.totalShares, pool.virtualShares) = (4000, 4000 << 16);
        (pool.reserve0, pool.reserve1) = (0, 8000);
        (pool.alpha, pool.offset0) = (uint128(Q64 / 4), 1000);
        (pool.beta, pool.offset1) = (uint128(Q64 / 4), 1000);
        (uint256 amount0, uint256 amount1) = MATH.amountsFor(pool, 10);
        (pool.reserve0, pool.reserve1) = (pool.reserve1, pool.reserve0);
        (uint256 mirrored0, uint256 mirrored1) = MATH.amountsFor(pool, 10);
        assertTrue(amount0 == mirrored1 && amount1 == mirrored0, "the same the other way round");
        assertTrue(amount0 == 0 && amount1 == 9, "what is left of 20 when the product is kept");
    }

    function test_AMM_16_amountsFor_ofOneSideOnly() public view {
        AmmMath.Pool memory pool;
        (pool.totalShares, pool.virtualShares, pool.reserve0) = (4000, 4000 << 16, 4000);
        (pool.alpha, pool.offset0) = (uint128(Q64), 4000);
        (uint256 amount0, uint256 amount1) = MATH.amountsFor(pool, 1000);
        assertTrue(amount0 == 1000 && amount1 == 0, "asset 0 alone");
        (pool.reserve0, pool.reserve1) = (pool.reserve1, pool.reserve0);
        (pool.alpha, pool.beta) = (pool.beta, pool.alpha);
        (pool.offset0, pool.offset1) = (pool.offset1, pool.offset0);
        (amount0, amount1) = MATH.amountsFor(pool, 1000);
        assertTrue(amount0 == 0 && amount1 == 1000, "asset 1 alone");
    }

    /* INTERNALS */

    function _pool(Seeds memory seeds) private pure returns (AmmMath.Pool memory pool) {
        pool.reserve0 = _scale(seeds.reserve0, 112);
        pool.reserve1 = _scale(seeds.reserve1, 112);
        pool.offset0 = seeds.offset0 % 3 == 0 ? 0 : _scale(seeds.offset0, 118);
        pool.offset1 = seeds.offset1 % 3 == 0 ? 0 : _scale(seeds.offset1, 118);
        pool.keep = PIPS - (seeds.fee % 4 == 0 ? 0 : bound(seeds.fee, 0, AmmMath.MAX_FEE));
    }

    /// @dev A pool with the shares that its creation would have minted, and every other time some of the protocol's; keep 0
    /// when there is no such pool.
    function _rangePool(RangeSeeds memory seeds) private view returns (AmmMath.Pool memory pool) {
        uint256 bits = seeds.tiny ? 20 : 108;
        (pool.reserve0, pool.reserve1) = (_scale(seeds.reserve0, bits), _scale(seeds.reserve1, bits));
        (pool.alpha, pool.beta) = (_rate(seeds.alpha), _rate(seeds.beta));
        try MATH.initialShares(pool.reserve0, pool.reserve1, pool.alpha, pool.beta) returns (uint256 shares) {
            if (shares <= AmmMath.LOCKED_SHARES || shares > MAX) return pool;
            if (_resize(pool, 0, 0, shares)) pool.keep = PIPS;
            pool.totalShares += _protocolShares(seeds, shares);
            if (pool.totalShares > MAX) pool.keep = 0;
        } catch {}
    }

    /// @dev None, few, or many times what depositors have.
    function _protocolShares(RangeSeeds memory seeds, uint256 shares) private pure returns (uint256) {
        uint256 roll = uint256(keccak256(abi.encode(seeds)));
        if (roll % 2 == 0) return 0;
        return bound(roll >> 8, 0, roll % 4 == 1 ? shares / 4 : 100 * shares);
    }

    /// @dev Adds to the pool as the core does, the first shares included; false when it would refuse.
    function _resize(AmmMath.Pool memory pool, uint256 in0, uint256 in1, uint256 shares) private view returns (bool) {
        pool.reserve0 += in0;
        pool.reserve1 += in1;
        if (pool.alpha | pool.beta != 0) {
            pool.virtualShares +=
                pool.totalShares == 0 ? shares << 16 : (pool.virtualShares * shares) / pool.totalShares;
        }
        pool.totalShares += shares;
        if (pool.reserve0 > MAX || pool.reserve1 > MAX || pool.totalShares > MAX) return false;
        try MATH.offset(pool.alpha, pool.virtualShares) returns (uint256 value) {
            pool.offset0 = value;
        } catch {
            return false;
        }
        try MATH.offset(pool.beta, pool.virtualShares) returns (uint256 value) {
            pool.offset1 = value;
        } catch {
            return false;
        }
        return true;
    }

    /// @dev A pool before and after some of its shares are removed; keep 0 when there is no such pool.
    function _removed(
        RangeSeeds memory seeds
    ) private view returns (AmmMath.Pool memory before, AmmMath.Pool memory pool) {
        pool = _rangePool(seeds);
        if (pool.keep == 0) return (before, pool);
        before = _copy(pool);
        uint256 shares = bound(seeds.shares, 1, pool.totalShares - AmmMath.LOCKED_SHARES);
        try MATH.amountsFor(pool, shares) returns (uint256 out0, uint256 out1) {
            (pool.reserve0, pool.reserve1) = (pool.reserve0 - out0, pool.reserve1 - out1);
            pool.virtualShares -= (pool.virtualShares * shares) / pool.totalShares;
            pool.totalShares -= shares;
            pool.offset0 = MATH.offset(pool.alpha, pool.virtualShares);
            pool.offset1 = MATH.offset(pool.beta, pool.virtualShares);
        } catch {
            pool.keep = 0;
        }
    }

    function _assertRealNotDiluted(AmmMath.Pool memory before, AmmMath.Pool memory pool) private pure {
        (uint256 t, uint256 total) = (before.totalShares, pool.totalShares);
        assertGe(pool.reserve0 * t, before.reserve0 * total, "reserve 0 per share");
        assertGe(pool.reserve1 * t, before.reserve1 * total, "reserve 1 per share");
    }

    function _assertNotDiluted(AmmMath.Pool memory before, AmmMath.Pool memory pool) private pure {
        _assertRealNotDiluted(before, pool);
        (uint256 t, uint256 total) = (_curveShares(before), _curveShares(pool));
        assertGe((pool.reserve0 + pool.offset0) * t, (before.reserve0 + before.offset0) * total, "X per virtual share");
        assertGe((pool.reserve1 + pool.offset1) * t, (before.reserve1 + before.offset1) * total, "Y per virtual share");
    }

    /// @dev The shares that the curve grows with.
    function _curveShares(AmmMath.Pool memory pool) private pure returns (uint256) {
        return pool.alpha | pool.beta == 0 ? pool.totalShares : pool.virtualShares;
    }

    function _copy(AmmMath.Pool memory pool) private pure returns (AmmMath.Pool memory) {
        return abi.decode(abi.encode(pool), (AmmMath.Pool));
    }

    /// @dev shares² · 2^128 <= (r0·2^64 + alpha·shares)(r1·2^64 + beta·shares), in 512 bits.
    function _rootHolds(
        uint256 shares,
        uint256 r0,
        uint256 r1,
        uint128 alpha,
        uint128 beta
    ) private pure returns (bool) {
        (uint256 leftHigh, uint256 leftLow) = Math.mul512(shares * Q64, shares * Q64);
        (uint256 high, uint256 low) = Math.mul512(r0 * Q64 + alpha * shares, r1 * Q64 + beta * shares);
        return leftHigh < high || (leftHigh == high && leftLow <= low);
    }

    function _apply(AmmMath.Pool memory pool, bool zeroForOne, uint256 paid, uint256 out) private pure {
        if (zeroForOne) (pool.reserve0, pool.reserve1) = (pool.reserve0 + paid, pool.reserve1 - out);
        else (pool.reserve0, pool.reserve1) = (pool.reserve0 - out, pool.reserve1 + paid);
    }

    /// @dev Computed here, not by the library under test.
    function _sides(AmmMath.Pool memory pool, bool zeroForOne) private pure returns (uint256 x, uint256 y) {
        (x, y) = (pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1);
        if (!zeroForOne) (x, y) = (y, x);
    }

    function _product(AmmMath.Pool memory pool) private pure returns (uint256) {
        return (pool.reserve0 + pool.offset0) * (pool.reserve1 + pool.offset1);
    }

    /// @dev A number of 1 to `bits` bits, each length as likely.
    function _scale(uint256 seed, uint256 bits) private pure returns (uint256) {
        uint256 size = 1 + (uint256(keccak256(abi.encode(seed))) % bits);
        return 1 + (seed % (2 ** size - 1));
    }

    /// @dev 0 every fourth time, else between 2^-32 and 2^32.
    function _rate(uint256 seed) private pure returns (uint128) {
        return seed % 4 == 0 ? 0 : uint128(_scale(seed, 96)); // < 2^96
    }
}
