// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CoverCurve} from "../../../contracts/libraries/CoverCurve.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title CoverCurveTest
/// @notice Curves of every size up to 2^96 − 1 and every rate: what cover costs does not depend on how it is split.
contract CoverCurveTest is Test {
    using CoverCurve for CoverCurve.Curve;

    uint256 private constant MAX = type(uint96).max;
    uint256 private constant WAD = 1e18;

    function test_price_isTheSameInParts_INS_11(uint256 seed, uint256 size, uint256 locked, uint256 cover) public pure {
        CoverCurve.Curve memory curve = _curve(seed, size);
        locked = bound(locked, 0, curve.size);
        cover = bound(cover, 0, curve.size - locked);
        uint256 once = curve.price(locked, cover);
        uint256[4] memory counts = [uint256(1), 2, 10, 100];
        for (uint256 c; c < counts.length; ++c) {
            (uint256 done, uint256 paid) = (locked, 0);
            for (uint256 i; i < counts[c]; ++i) {
                uint256 part = i + 1 == counts[c] ? locked + cover - done : cover / counts[c];
                paid += curve.price(done, part);
                done += part;
            }
            assertGe(paid, once, "premium in parts");
            assertLe(paid, once + counts[c] - 1, "premium in parts");
        }
    }

    function test_price_isWithinTheRates(uint256 seed, uint256 size, uint256 locked, uint256 cover) public pure {
        CoverCurve.Curve memory curve = _curve(seed, size);
        locked = bound(locked, 0, curve.size);
        cover = bound(cover, 0, curve.size - locked);
        uint256 paid = curve.price(locked, cover);
        assertGe(paid, (cover * curve.low) / WAD, "premium against the lowest rate");
        assertLe(paid, (cover * curve.high) / WAD + 1, "premium against the highest rate");
    }

    function test_price_risesWithWhatIsLocked(uint256 seed, uint256 size, uint256 locked, uint256 cover) public pure {
        CoverCurve.Curve memory curve = _curve(seed, size);
        locked = bound(locked, 0, curve.size - 1);
        cover = bound(cover, 0, curve.size - locked - 1);
        // Two integrals are rounded, so a premium may be a unit off.
        assertGe(curve.price(locked + 1, cover) + 1, curve.price(locked, cover), "premium of the next unit");
    }

    function test_coverFor_isPaidForAndNearlyAll(
        uint256 seed,
        uint256 size,
        uint256 locked,
        uint256 budget
    ) public pure {
        CoverCurve.Curve memory curve = _curve(seed, size);
        locked = bound(locked, 0, curve.size);
        uint256 all = curve.price(locked, curve.size - locked);
        budget = bound(budget, 0, budget % 2 == 0 && all + 3 < MAX ? all + 3 : MAX);
        uint256 cover = curve.coverFor(locked, budget);
        if (budget > all + 1) {
            assertEq(cover, 0, "cover for more than all that is left costs");
            return;
        }
        assertLe(cover, curve.size - locked, "cover against what is left");
        assertLe(curve.price(locked, cover), budget, "premium against the budget");
        if (cover == curve.size - locked) return;
        // What the roots' rounding loses: a few parts in the rate, and a unit.
        uint256 more = cover + 1 + (64 * cover) / curve.low;
        if (more > curve.size - locked) return;
        assertGe(curve.price(locked, more) + 1, budget, "budget against the next cover");
    }

    /// @dev All that is left for what it costs, or a unit more, and nothing for two.
    function test_coverFor_givesNoChange_INS_14(uint256 seed, uint256 size, uint256 locked) public pure {
        CoverCurve.Curve memory curve = _curve(seed, size);
        locked = bound(locked, 0, curve.size - 1);
        uint256 left = curve.size - locked;
        uint256 all = curve.price(locked, left);
        if (all + 2 > MAX) return;
        assertEq(curve.coverFor(locked, all + 1), left, "cover for a unit more than all costs");
        assertEq(curve.coverFor(locked, all + 2), 0, "cover for two units more than all costs");
        assertEq(curve.coverFor(locked, MAX), 0, "cover for all that there can be");
    }

    /// @dev Every curve and every split of few units.
    function test_price_ofEverySmallCurve() public pure {
        for (uint256 size = 1; size < 8; ++size)
            for (uint256 kink; kink <= size; ++kink)
                for (uint256 rates; rates < 27; ++rates) {
                    uint256 low = 0.1e18 + 1;
                    uint256 mid = low + (rates % 3) * 0.4e18;
                    CoverCurve.Curve memory curve = CoverCurve.create(low, mid, mid + (rates / 9) * 0.7e18, kink, size);
                    _checkSplits(curve);
                }
    }

    function _checkSplits(CoverCurve.Curve memory curve) private pure {
        for (uint256 locked; locked <= curve.size; ++locked)
            for (uint256 cover; cover <= curve.size - locked; ++cover) {
                uint256 once = curve.price(locked, cover);
                for (uint256 first; first <= cover; ++first) {
                    uint256 paid = curve.price(locked, first) + curve.price(locked + first, cover - first);
                    assertGe(paid, once, "premium in two parts");
                    assertLe(paid, once + 1, "premium in two parts");
                }
                assertGe(curve.coverFor(locked, once) + 2, cover, "cover for its premium");
            }
    }

    function _curve(uint256 seed, uint256 size) private pure returns (CoverCurve.Curve memory curve) {
        size = bound(size, 1, MAX);
        uint256 kink = bound(uint256(keccak256(abi.encode(seed, 0))), 0, size);
        uint256 low = bound(uint256(keccak256(abi.encode(seed, 1))) >> (seed % 250), 1, CoverCurve.MAX_RATE);
        uint256 mid = bound(uint256(keccak256(abi.encode(seed, 2))), low, CoverCurve.MAX_RATE);
        uint256 high = bound(uint256(keccak256(abi.encode(seed, 3))), mid, CoverCurve.MAX_RATE);
        return CoverCurve.create(low, mid, high, kink, size);
    }
}
