// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PremiumFlow} from "../../../contracts/libraries/PremiumFlow.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title PremiumFlowTest
/// @notice Premiums up to 2^96 − 1 over up to two years: what is earned and what waits is what was paid, whoever looks.
contract PremiumFlowTest is Test {
    using PremiumFlow for PremiumFlow.Flow;

    uint256 private constant START = 1_800_000_000;
    uint256 private constant MAX = type(uint96).max;

    mapping(uint256 week => uint256 rate) private _cuts;
    mapping(uint256 week => uint256 rate) private _others;

    function test_nothingIsLost_INS_05(
        uint256[8] memory premiums,
        uint256[8] memory waits,
        uint256[8] memory spans
    ) public {
        PremiumFlow.Flow memory flow;
        (uint256 time, uint256 paid, uint256 earned) = (START, 0, 0);
        for (uint256 i; i < 8; ++i) {
            uint256 next = time + bound(waits[i], 0, i % 2 == 0 ? 30 days : 1 hours);
            earned += flow.accrue(_cuts, time, next);
            time = next;
            uint256 premium = bound(premiums[i], 0, i % 3 == 0 ? 100 : MAX);
            earned += flow.add(_cuts, premium, time, time + bound(spans[i], 0, 730 days));
            paid += premium;
            flow = PremiumFlow.unpack(flow.pack());
            uint256 waiting = flow.waiting(_cuts, time) + flow.fraction;
            assertEq((paid - earned) << 32, waiting, "premiums that are not earned");
        }
        earned += flow.accrue(_cuts, time, time + 737 days);
        assertEq(earned, paid, "premiums when all weeks are over");
        assertEq(flow.rate, 0, "rate when all weeks are over");
        assertEq(flow.fraction, 0, "fraction when all weeks are over");
    }

    function test_looksDoNotMatter_INS_05(uint256 premium, uint256 span, uint256[6] memory looks) public {
        premium = bound(premium, 0, MAX);
        span = bound(span, 0, 100 days);
        PremiumFlow.Flow memory once;
        PremiumFlow.Flow memory often;
        uint256 first = once.add(_cuts, premium, START, START + span);
        uint256 sum = often.add(_others, premium, START, START + span);
        assertEq(first, sum, "earned at once");
        uint256 time = START;
        for (uint256 i; i < 6; ++i) {
            uint256 next = time + bound(looks[i], 0, 21 days);
            sum += often.accrue(_others, time, next);
            time = next;
        }
        first += once.accrue(_cuts, START, time);
        assertEq(first, sum, "earned by one look and by six");
        assertEq(once.fraction, often.fraction, "fraction by one look and by six");
        assertEq(once.rate, often.rate, "rate by one look and by six");
    }

    /// @dev All that a pool can have, in its last second, twice: the second is earned at once, but for what the rate holds.
    function test_beyondTheHighestRateIsEarnedAtOnce_INS_05() public {
        PremiumFlow.Flow memory flow;
        uint256 time = PremiumFlow.endOf(START) - 1;
        assertEq(flow.add(_cuts, MAX, time, time), 0, "earned at once by the first");
        uint256 earned = flow.add(_cuts, MAX, time, time);
        assertGe(earned, MAX - 1, "earned at once by the second");
        assertEq(flow.rate, PremiumFlow.MAX_RATE, "rate");
        flow = PremiumFlow.unpack(flow.pack());
        earned += flow.accrue(_cuts, time, time + 1);
        assertEq(earned, 2 * MAX, "earned in all");
        assertEq(flow.rate, 0, "rate when the week is over");
    }

    /// @dev A premium that ends late puts off nothing that others earn.
    function test_aLatePremiumHoldsUpNobody(uint256 premium, uint256 late) public {
        premium = bound(premium, 1, MAX);
        PremiumFlow.Flow memory flow;
        uint256 earned = flow.add(_cuts, premium, START, START + 1 days);
        earned += flow.add(_cuts, bound(late, 0, 1), START, START + 730 days);
        earned += flow.accrue(_cuts, START, START + 14 days);
        assertGe(earned, premium, "earned after the week of the first one");
    }
}
