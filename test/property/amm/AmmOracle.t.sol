// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {IAmmCore} from "../../../contracts/interfaces/IAmmCore.sol";
import {AmmOracle} from "../../../contracts/libraries/AmmOracle.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title AmmOracleTest
/// @notice The mean over any window against a record of every touch.
contract AmmOracleTest is Test {
    using AmmOracle for AmmOracle.Oracle;

    struct Touch {
        uint256 timestamp;
        int256 cumulative; // of ln(price) · seconds, WAD
    }

    uint256 private constant START = 1_800_000_000;
    int256 private constant LN_WAD = 41_446531673892822313;

    AmmOracle.Oracle private oracle;
    Touch[] private touches;
    uint256 private x;
    uint256 private y;

    function setUp() public {
        vm.warp(START);
        oracle.init();
        touches.push(Touch(START, 0));
        (x, y) = (1e18, 4e18);
    }

    function consult(uint256 window) external view returns (uint256) {
        return oracle.consult(x, y, window);
    }

    /// @dev Touches at least a minute apart are all in the ring: the mean is that of the whole record.
    function test_AMM_17_consult_isTheMeanOfTheRecord(uint256 seed, uint256 window) public {
        _run(seed, 100, AmmOracle.PERIOD, 4 * AmmOracle.PERIOD);
        _assertMean(bound(window, 1, AmmOracle.MAX_WINDOW), 1e10);
    }

    /// @dev With touches in between, an entry stands for the minute: exact to the end of a minute's entry, and otherwise between
    /// the least and the highest price.
    function test_AMM_17_consult_staysBetweenThePrices(uint256 seed, uint256 window) public {
        (uint256 low, uint256 high) = _run(seed, 150, 1, 50);
        window = bound(window, 1, block.timestamp - START);
        if (window > AmmOracle.MAX_WINDOW) window = AmmOracle.MAX_WINDOW;
        uint256 price = oracle.consult(x, y, window);
        assertGe(price + price / 1e12 + 1, low, "lowest price");
        assertLe(price, high + high / 1e12 + 1, "highest price");
    }

    /// @dev What stands since the last touch counts up to now.
    function test_AMM_17_consult_countsWhatStandsNow() public {
        vm.warp(START + 1000);
        assertApproxEqRel(oracle.consult(x, y, 1000), 4e36, 100, "a price that always stood");
        oracle.touch(x, y);
        (x, y) = (1e18, 1e18); // the price falls to 1
        assertApproxEqRel(oracle.consult(x, y, 1000), 4e36, 100, "in the block of the change");
        vm.warp(START + 2000);
        assertApproxEqRel(oracle.consult(x, y, 2000), 2e36, 100, "half of the time each: the geometric mean");
        assertApproxEqRel(oracle.consult(x, y, 1000), 1e36, 100, "since the change");
        assertApproxEqRel(oracle.consult(y, x, 1000), 1e36, 100, "the inverse");
    }

    function test_AMM_17_init_beginsAtNothing() public view {
        (int128 cumulative, uint40 timestamp) = (oracle.ring[0].cumulative, oracle.ring[0].timestamp);
        assertEq(int256(cumulative), 0, "cumulative");
        assertEq(timestamp, START, "timestamp");
    }

    /// @dev The count of entries goes round without losing its place in the ring.
    function test_AMM_17_touch_goesRound() public {
        oracle.count = type(uint16).max;
        uint256 place = uint256(type(uint16).max) % AmmOracle.SLOTS;
        vm.warp(START + AmmOracle.PERIOD);
        oracle.touch(x, y);
        assertEq(oracle.ring[place].timestamp, START + AmmOracle.PERIOD, "entry");
        assertEq(oracle.count, 2 ** 16 - AmmOracle.SLOTS, "count");
        assertEq(oracle.count % AmmOracle.SLOTS, (place + 1) % AmmOracle.SLOTS, "next place");
    }

    function test_AMM_17_touch_keepsAnEntryForEachPeriod() public {
        vm.warp(START + AmmOracle.PERIOD - 1);
        oracle.touch(x, y);
        assertEq(oracle.count, 1, "within it");
        vm.warp(START + AmmOracle.PERIOD);
        oracle.touch(x, y);
        assertEq(oracle.count, 2, "at its end");
        vm.warp(START + 2 * AmmOracle.PERIOD - 1);
        oracle.touch(x, y);
        assertEq(oracle.count, 2, "within the next");
    }

    /// @dev A side without a whole unit counts as one unit.
    function test_AMM_17_consult_ofASideWithoutAUnit() public {
        vm.warp(START + 1000);
        uint256 dear = oracle.consult(1, 4e18, 1000);
        assertEq(oracle.consult(0, 4e18, 1000), dear, "nothing of the first");
        assertApproxEqRel(dear, 4e54, 100, "as one unit");
        uint256 cheap = oracle.consult(4e18, 1, 1000);
        assertEq(oracle.consult(4e18, 0, 1000), cheap, "nothing of the second");
        assertApproxEqRel(cheap, 25e16, 100, "as one unit");
    }

    function test_AMM_17_consult_refusesWhatItDoesNotKnow() public {
        vm.warp(START + 30);
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmInvalidWindow.selector, 0, AmmOracle.MAX_WINDOW));
        this.consult(0);
        uint256 most = AmmOracle.MAX_WINDOW;
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmInvalidWindow.selector, most + 1, most));
        this.consult(most + 1);
        vm.expectRevert(abi.encodeWithSelector(IAmmCore.AmmOracleTooYoung.selector, 31, 30));
        this.consult(31);
        this.consult(30);
    }

    /// @dev The longest window is known for ever, through the wrap of the entries' number.
    function test_AMM_17_ring_neverForgetsTheLongestWindow() public {
        oracle.count = uint16(type(uint16).max - 20);
        for (uint256 i; i < 64; ++i) oracle.ring[i] = AmmOracle.Observation(0, uint40(START));
        for (uint256 i; i < 100; ++i) {
            vm.warp(block.timestamp + AmmOracle.PERIOD);
            oracle.touch(x, y);
            if (i < 63) continue;
            assertApproxEqRel(oracle.consult(x, y, AmmOracle.MAX_WINDOW), 4e36, 100, "the longest window");
        }
    }

    /// @dev The ends of what virtual reserves can be.
    function test_AMM_17_consult_atTheEnds(bool upsideDown) public {
        (x, y) = upsideDown ? (uint256(0), uint256(2 ** 120 - 1)) : (uint256(2 ** 120 - 1), uint256(0));
        vm.warp(START + 3600 * 24 * 365 * 1000); // a thousand years
        uint256 expected = upsideDown ? (2 ** 120 - 1) * 1e36 : uint256(1e36) / 2 ** 120;
        assertApproxEqRel(oracle.consult(x, y, 3600), expected, 1e10, "price");
        oracle.touch(x, y);
        vm.warp(block.timestamp + 3600);
        assertApproxEqRel(oracle.consult(x, y, 3600), expected, 1e10, "price after a touch");
    }

    /* INTERNALS */

    /// @dev Random touches, `count` of them, `least` to `most` seconds apart; answers the range of prices.
    function _run(
        uint256 seed,
        uint256 count,
        uint256 least,
        uint256 most
    ) private returns (uint256 low, uint256 high) {
        (low, high) = (type(uint256).max, 0);
        for (uint256 i; i < count; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 price = (y * 1e36) / x;
            (low, high) = (price < low ? price : low, price > high ? price : high);
            vm.warp(block.timestamp + bound(seed, least, most));
            touches.push(_now());
            oracle.touch(x, y);
            (x, y) = (1000 + ((seed >> 8) % 2 ** 60), 1000 + ((seed >> 128) % 2 ** 60));
        }
        vm.warp(block.timestamp + bound(seed >> 64, 0, most));
        uint256 last = (y * 1e36) / x;
        (low, high) = (last < low ? last : low, last > high ? last : high);
    }

    /// @dev The record up to now.
    function _now() private view returns (Touch memory) {
        Touch memory last = touches[touches.length - 1];
        int256 ln = FixedPointMathLib.lnWad(int256(y)) - FixedPointMathLib.lnWad(int256(x));
        return Touch(block.timestamp, last.cumulative + ln * int256(block.timestamp - last.timestamp));
    }

    function _assertMean(uint256 window, uint256 tolerance) private view {
        Touch memory later = _now();
        int256 end = later.cumulative;
        uint256 i = touches.length - 1;
        uint256 target = block.timestamp - window;
        while (touches[i].timestamp > target) later = touches[i--];
        Touch memory earlier = touches[i];
        int256 past = earlier.cumulative;
        if (later.timestamp != earlier.timestamp) {
            past +=
                ((later.cumulative - earlier.cumulative) * int256(target - earlier.timestamp)) /
                int256(later.timestamp - earlier.timestamp);
        }
        uint256 expected = uint256(FixedPointMathLib.expWad((end - past) / int256(window) + LN_WAD));
        assertApproxEqRel(oracle.consult(x, y, window), expected, tolerance, "mean");
    }
}
