// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {LendingMath} from "../../../contracts/libraries/LendingMath.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title LendingMathTest
/// @notice The market's arithmetic on totals of 0 to their maximum, prices of 1 to 2^160, all LLTVs.
contract LendingMathTest is Test {
    using LendingMath for LendingMath.Market;

    struct Seeds {
        uint256 idle;
        uint256 supplyShares;
        uint256 borrowAssets;
        uint256 borrowShares;
        uint256 amount;
        uint256 other;
    }

    struct Terms {
        uint256 debt;
        uint256 collateral;
        uint256 price;
        uint256 lltv;
        uint256 input;
        bool isWhole;
    }

    struct Case {
        LendingMath.Market market;
        LendingMath.Terms terms;
        uint256 owned;
        uint256 collateral;
    }

    struct Result {
        uint256 shares;
        uint256 paid;
        uint256 seized;
        uint256 badDebt;
    }

    uint256 private constant WAD = 1e18;
    uint256 private constant SCALE = 1e36;
    uint256 private constant MAX = 2 ** 112 - 1;

    /* SHARES */

    /// @dev Each conversion is the exact quotient, down or up; toAssets↓(toShares↓(x)) <= x <= toAssets↑(toShares↑(x)).
    function test_LEN_22_conversions_areTheExactQuotients(Seeds memory seeds) public pure {
        LendingMath.Market memory market = _market(seeds);
        uint256 x = _scale(seeds.amount, 112);
        (uint256 assets, uint256 shares) = (market.idle + market.borrowAssets + 1, market.supplyShares + 1e6);
        _assertQuotient(market.toSupplySharesDown(x), market.toSupplySharesUp(x), x * shares, assets);
        _assertQuotient(market.toSupplyAssetsDown(x), market.toSupplyAssetsUp(x), x * assets, shares);
        (assets, shares) = (market.borrowAssets + 1, market.borrowShares + 1e6);
        _assertQuotient(market.toBorrowSharesDown(x), market.toBorrowSharesUp(x), x * shares, assets);
        _assertQuotient(market.toBorrowAssetsDown(x), market.toBorrowAssetsUp(x), x * assets, shares);
        uint256 down = market.toSupplySharesDown(x);
        if (down <= MAX) assertLe(market.toSupplyAssetsDown(down), x, "assets of shares, down");
        uint256 up = market.toSupplySharesUp(x);
        if (up <= MAX) assertGe(market.toSupplyAssetsUp(up), x, "assets of shares, up");
    }

    function _assertQuotient(uint256 down, uint256 up, uint256 numerator, uint256 denominator) private pure {
        // down · d <= n < (down + 1) · d, without overflow
        assertEq(down, numerator / denominator, "quotient, down");
        assertEq(up, numerator / denominator + (numerator % denominator == 0 ? 0 : 1), "quotient, up");
    }

    /// @dev Supplying and withdrawing at once gains nothing, borrowing and repaying costs at least what was borrowed.
    function test_LEN_22_thereAndBack_neverGains(Seeds memory seeds) public pure {
        LendingMath.Market memory market = _market(seeds);
        uint256 assets = _scale(seeds.amount, 95);
        uint256 shares = market.toSupplySharesDown(assets);
        if (market.supplyShares + shares <= MAX && market.idle + assets <= MAX) {
            market.supply(assets, shares);
            assertLe(market.toSupplyAssetsDown(shares), assets, "assets back");
            assertGe(market.toSupplySharesUp(assets), shares, "shares for the same assets");
        }
        market = _market(seeds);
        assets = Math.min(assets, market.idle);
        shares = market.toBorrowSharesUp(assets);
        if (market.borrowShares + shares <= MAX && market.borrowAssets + assets <= LendingMath.MAX_DEBT) {
            market.borrow(assets, shares);
            assertGe(market.toBorrowAssetsUp(shares), assets, "debt for what was borrowed");
            assertLe(market.toBorrowSharesDown(assets), shares, "shares repaid with the same assets");
        }
    }

    /// @dev Never more than is owed, and what suppliers own stays.
    function test_LEN_22_repay_takesWhatIsOwedAtMost(Seeds memory seeds) public pure {
        LendingMath.Market memory market = _market(seeds);
        uint256 shares = bound(seeds.amount, 0, market.borrowShares);
        (uint256 supplied, uint256 owed) = (market.supplyAssets(), market.borrowAssets);
        uint256 expected = Math.ceilDiv(shares * (owed + 1), market.borrowShares + 1e6);
        uint256 assets = market.repay(shares);
        assertEq(assets, Math.min(expected, owed), "assets repaid");
        assertEq(market.supplyAssets(), supplied, "what suppliers own");
    }

    /* INTEREST */

    /// @dev A hundred years at the highest rate, on whatever totals: no revert, and the debt ends at its maximum.
    function test_LEN_19_addInterest_neverReverts(
        Seeds memory seeds,
        uint256 rate,
        uint256 fee,
        uint256 elapsed
    ) public pure {
        LendingMath.Market memory market = _market(seeds);
        rate = bound(rate, 0, LendingMath.MAX_BORROW_RATE);
        (fee, elapsed) = (bound(fee, 0, 50) * 0.005e18, bound(elapsed, 0, 36_525 days));
        (uint256 supplied, uint256 owed, uint256 shares) = (
            market.supplyAssets(),
            market.borrowAssets,
            market.supplyShares
        );
        uint256 interest = market.addInterest(rate, fee, elapsed);
        uint256 feeShares = market.feeShares;
        assertEq(market.borrowAssets, owed + interest, "debt");
        assertLe(market.borrowAssets, LendingMath.MAX_DEBT, "debt against its maximum");
        assertEq(market.supplyShares, shares + feeShares, "supply shares");
        assertLe(market.supplyShares, LendingMath.MAX_SHARES, "supply shares against their maximum");
        assertGe(
            (market.supplyAssets() + 1) * (shares + 1e6),
            (supplied + 1) * (market.supplyShares + 1e6),
            "a share's price"
        );
        uint256 worth = Math.mulDiv(feeShares, market.supplyAssets() + 1, market.supplyShares + 1e6);
        assertLe(worth, Math.mulDiv(interest, fee, WAD), "worth of the fee's shares");
    }

    /// @dev At the ends: totals at their maximum, a century at 800 % a year.
    function test_LEN_19_addInterest_saturates() public pure {
        LendingMath.Market memory market = LendingMath.Market(MAX, MAX, LendingMath.MAX_DEBT, MAX, 0, 0, 0);
        uint256 interest = market.addInterest(LendingMath.MAX_BORROW_RATE, 0.25e18, 36_525 days);
        uint256 feeShares = market.feeShares;
        assertEq(interest + feeShares, 0, "interest of the largest debt");
        market = LendingMath.Market(MAX, MAX, LendingMath.MAX_DEBT - 1, MAX, 0, 0, 0);
        interest = market.addInterest(LendingMath.MAX_BORROW_RATE, 0.25e18, 36_525 days);
        feeShares = market.feeShares;
        assertEq(interest, 1, "what is left of the debt's room");
        assertEq(feeShares, 0, "what is left of the shares' room");
    }

    /// @dev x + x²/2 + x³/6, below e^x − 1; in two parts it comes to no less, but for a rounding of each.
    function test_LEN_19_addInterest_isTheThirdPolynomial(
        uint256 owed,
        uint256 rate,
        uint256 first,
        uint256 second
    ) public pure {
        owed = bound(owed, 1e9, 2 ** 80);
        rate = bound(rate, 1, LendingMath.MAX_BORROW_RATE);
        (first, second) = (bound(first, 0, 365 days), bound(second, 0, 365 days));
        uint256 x = rate * (first + second);
        uint256 factor = x + (x * x) / (2 * WAD) + Math.mulDiv(x * x, x, 6 * WAD * WAD);
        LendingMath.Market memory market = LendingMath.Market(0, 0, owed, 0, 0, 0, 0);
        uint256 interest = market.addInterest(rate, 0, first + second);
        assertApproxEqAbs(interest, Math.mulDiv(owed, factor, WAD), (10 * owed) / WAD + 2, "interest");
        market = LendingMath.Market(0, 0, owed, 0, 0, 0, 0);
        uint256 part = market.addInterest(rate, 0, first);
        uint256 rest = market.addInterest(rate, 0, second);
        assertGe(part + rest + 10 + (10 * owed * (1 + factor / WAD)) / WAD, interest, "interest in two parts");
    }

    /* HEALTH */

    /// @dev Never more than the exact product, within one unit of each floor, and monotone in all three.
    function test_LEN_23_maxDebt_isMonotone(uint256 collateral, uint256 price, uint256 lltv, uint256 more) public pure {
        collateral = _scale(collateral, 112);
        (price, lltv) = (_scale(price, 160), bound(lltv, 0, WAD - 1));
        uint256 maximum = LendingMath.maxDebt(collateral, price, lltv);
        assertLe(maximum, Math.mulDiv(collateral, price, SCALE), "against the collateral's worth");
        assertLe(maximum, LendingMath.maxDebt(bound(more, collateral, MAX), price, lltv), "with more collateral");
        assertLe(maximum, LendingMath.maxDebt(collateral, bound(more, price, 2 ** 160), lltv), "at a higher price");
        assertLe(maximum, LendingMath.maxDebt(collateral, price, bound(more, lltv, WAD - 1)), "with a higher LLTV");
    }

    /// @dev min(1.15, 1 / (1 − 0.3 · (1 − LLTV))), to four digits.
    function test_LEN_23_incentive_isThatOfTheTable() public pure {
        uint256[8] memory lltvs = [uint256(3850), 6250, 7700, 8600, 9150, 9450, 9650, 9800];
        uint256[8] memory values = [uint256(11500), 11268, 10741, 10438, 10262, 10168, 10106, 10060];
        for (uint256 i; i < lltvs.length; ++i) {
            assertEq((LendingMath.incentive(lltvs[i] * 1e14) + 0.5e14) / 1e14, values[i], "incentive");
        }
    }

    /// @dev What a liquidation takes is always worth less than it pays off of the limit: it ends.
    function test_LEN_23_incentive_timesLltvIsBelowOne(uint256 lltv) public pure {
        lltv = bound(lltv, 0, 9999) * 1e14;
        assertLt(LendingMath.incentive(lltv) * lltv, WAD * WAD, "incentive times LLTV");
        assertGe(LendingMath.incentive(lltv), WAD, "incentive");
    }

    /* LIQUIDATION */

    /// @dev Capped: healthy afterwards, and with one debt share less it would not be, but for roundings.
    function test_LEN_23_liquidate_reachesHealthAndNoMore(Terms memory seeds) public pure {
        Case memory c = _unhealthy(seeds);
        if (c.collateral == 0 || _isHealthy(c)) return;
        c.terms.closeOutDebt = 0;
        Result memory result = _liquidate(c, MAX);
        assertGt(result.shares, 0, "shares repaid");
        if (result.seized == c.collateral || result.shares == c.owned) return;
        uint256 left = c.market.toBorrowAssetsUp(c.owned - result.shares);
        uint256 maximum = LendingMath.maxDebt(c.collateral - result.seized, c.terms.price, c.terms.lltv);
        // Two units for the roundings of the debt and of both floors of the limit.
        assertLe(left, maximum + 2, "debt against the limit");
        uint256 slack = 5 + c.terms.price / SCALE + c.market.toBorrowAssetsUp(1);
        assertLe(maximum, left + slack, "limit against the debt");
    }

    /// @dev Capped with a close-out debt: a part first, then all that may be, repays no more than all that may be at once.
    function test_LEN_10_liquidate_stepsTakeNoMore(Terms memory seeds, uint96 closeOutDebt) public pure {
        Case memory c = _unhealthy(seeds);
        if (c.collateral == 0 || _isHealthy(c)) return;
        c.terms.closeOutDebt = closeOutDebt;
        uint256 most = c.market.liquidatableShares(c.owned, c.collateral, c.terms);
        if (most == c.owned) return;
        Result memory first = _liquidate(c, _scale(seeds.input, 96));
        (uint256 left, uint256 collateral) = (c.owned - first.shares, c.collateral - first.seized);
        if (left == 0 || collateral == 0) return;
        uint256 then = c.market.liquidatableShares(left, collateral, c.terms);
        if (then != left) return;
        // All of the rest may go: only where rounding, a debt share's or a collateral unit's worth, stands between.
        uint256 debt = c.market.toBorrowAssetsUp(left);
        uint256 slack = 8 + 4 * (c.terms.price / SCALE + c.market.toBorrowAssetsUp(1));
        uint256 scaled = (slack * WAD * WAD) / (WAD * WAD - LendingMath.incentive(c.terms.lltv) * c.terms.lltv);
        assertLe(debt, closeOutDebt + slack + scaled, "what may be taken whole in the second step");
    }

    /// @dev Seized is worth at most what was paid with the incentive; all is accounted for; bad debt only without collateral.
    function test_LEN_23_liquidate_takesWhatIsDue(Terms memory seeds) public pure {
        Case memory c = _unhealthy(seeds);
        if (c.collateral == 0) return;
        c.terms.closeOutDebt = seeds.isWhole ? LendingMath.MAX_DEBT : 0;
        bool isHealthy = _isHealthy(c);
        uint256 input = _scale(seeds.input, 96);
        (uint256 supplied, uint256 all) = (c.market.supplyAssets(), c.market.borrowShares);
        Result memory result = _liquidate(c, input);
        if (isHealthy) {
            assertEq(result.shares + result.paid + result.seized + result.badDebt, 0, "what a healthy position loses");
            return;
        }
        assertLe(result.paid, input, "paid");
        assertLe(result.seized, c.collateral, "seized");
        assertLe(result.shares, c.owned, "shares repaid");
        uint256 worth = Math.mulDiv(result.seized, c.terms.price, SCALE);
        assertLe(worth * WAD, (result.paid + 1) * LendingMath.incentive(c.terms.lltv), "worth of what was seized");
        assertEq(c.market.supplyAssets(), supplied - result.badDebt, "what suppliers own");
        bool isGone = result.shares != 0 && result.seized == c.collateral;
        assertEq(c.market.borrowShares, all - (isGone ? c.owned : result.shares), "debt shares");
        if (!isGone) assertEq(result.badDebt, 0, "bad debt");
    }

    /// @dev 100 units at an incentive of 15 % are paid by 115 of collateral just so: nothing of either is left, and no debt is bad.
    function test_LEN_23_liquidate_ofAllForAllLeavesNoBadDebt() public pure {
        for (uint256 less; less < 2; ++less) {
            Case memory c;
            (c.market.borrowAssets, c.market.borrowShares, c.owned) = (100, 100e6, 100e6);
            (c.collateral, c.terms) = (115 - less, LendingMath.Terms(SCALE, 0.5e18, LendingMath.MAX_DEBT));
            Result memory result = _liquidate(c, 1000);
            assertEq(result.seized, c.collateral, "seized");
            assertEq(result.badDebt, 0, "bad debt");
            assertEq(result.paid, 100, "paid");
            assertEq(c.market.borrowAssets + c.market.borrowShares, 0, "debt left");
        }
    }

    /// @dev In two parts a liquidator gets no more than at once, but for a rounding.
    function test_LEN_23_liquidate_splittingNeverPays(Terms memory seeds, uint256 part) public pure {
        Case memory c = _unhealthy(seeds);
        if (c.collateral == 0 || _isHealthy(c)) return;
        c.terms.closeOutDebt = LendingMath.MAX_DEBT;
        Case memory once = _unhealthy(seeds);
        once.terms.closeOutDebt = LendingMath.MAX_DEBT;
        Result memory whole = _liquidate(once, MAX);
        Result memory first = _liquidate(c, bound(part, 0, whole.paid));
        if (first.seized == c.collateral) return;
        (c.owned, c.collateral) = (c.owned - first.shares, c.collateral - first.seized);
        Result memory second = _liquidate(c, MAX);
        assertLe(second.seized, c.collateral, "seized of what was left");
        if (whole.seized < once.collateral) {
            assertLe(first.seized + second.seized, whole.seized + 1, "seized in two parts against once");
        }
    }

    function _isHealthy(Case memory c) private pure returns (bool) {
        uint256 debt = c.market.toBorrowAssetsUp(c.owned);
        return debt <= LendingMath.maxDebt(c.collateral, c.terms.price, c.terms.lltv);
    }

    function _liquidate(Case memory c, uint256 input) private pure returns (Result memory result) {
        (result.shares, result.paid, result.seized, result.badDebt) = c.market.liquidate(
            c.owned,
            c.collateral,
            input,
            c.terms
        );
    }

    /* INPUTS */

    /// @dev A market whose debt shares are at a price of 1e-6 to 1, and half of them somebody's.
    function _unhealthy(Terms memory seeds) private pure returns (Case memory c) {
        c.market.borrowAssets = 1 + _scale(seeds.debt, 90);
        c.market.borrowShares = c.market.borrowAssets * (1 + (seeds.debt % 1e6));
        c.market.idle = c.market.borrowAssets;
        c.market.supplyShares = c.market.borrowAssets;
        c.owned = c.market.borrowShares / 2;
        c.terms.price = _scale(seeds.price, 150);
        c.terms.lltv = bound(seeds.lltv, 1, 9999) * 1e14;
        // Worth 0 to twice what it must be.
        uint256 needed = Math.mulDiv(c.market.borrowAssets, WAD, 2 * c.terms.lltv);
        if (needed > 2 ** 110) return c;
        if (needed > 2 ** 100 && c.terms.price < SCALE >> 20) return c;
        needed = Math.mulDiv(needed, SCALE, c.terms.price);
        if (needed <= 2 ** 110) c.collateral = bound(seeds.collateral, 0, 2 * needed);
    }

    function _market(Seeds memory seeds) private pure returns (LendingMath.Market memory market) {
        market.idle = _scale(seeds.idle, 112) - 1;
        market.supplyShares = _scale(seeds.supplyShares, 112) - 1;
        market.borrowAssets = _scale(seeds.borrowAssets, 96) - 1;
        market.borrowShares = _scale(seeds.borrowShares, 112) - 1;
    }

    /// @dev 1 to 2^bits − 1, each length as likely.
    function _scale(uint256 seed, uint256 bits) private pure returns (uint256) {
        uint256 size = 1 + (seed % bits);
        return 1 + ((seed >> 8) % (2 ** size - 1));
    }
}
