// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoverOracle} from "../../../contracts/interfaces/ICoverOracle.sol";
import {IOracleErrors} from "../../../contracts/interfaces/IOracleErrors.sol";
import {MockRounds} from "../../../contracts/mocks/MockRounds.sol";
import {FeedTrigger} from "../../../contracts/oracle/FeedTrigger.sol";
import {RiskId} from "../../../contracts/types/RiskId.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title FeedTriggerTest
/// @notice Strikes to the last digit, feeds of 0 to 24 decimals, both directions, and rounds at the edges of a risk's time (Y2K's findings).
contract FeedTriggerTest is Test {
    uint256 private constant START = 1_800_000_000;
    uint256 private constant END = START + 30 days;
    uint256 private constant MAX_AGE = 1 hours;

    function test_strike_isNotBeyondItself_INS_16(uint256 decimals, uint256 price, bool isBelow) public {
        decimals = bound(decimals, 0, 24);
        price = bound(price, 2, decimals < 18 ? 1e9 * 10 ** decimals : 1e27);
        MockRounds feed = new MockRounds(uint8(decimals));
        FeedTrigger trigger = new FeedTrigger(feed, MAX_AGE);
        // The strike is the price, to the last digit that both have.
        if (decimals > 18) price -= price % 10 ** (decimals - 18);
        if (price == 0) return;
        int128 strike = int128(int256(decimals > 18 ? price / 10 ** (decimals - 18) : price * 10 ** (18 - decimals)));
        bytes32 data = trigger.dataOf(strike, isBelow);
        vm.warp(END);
        for (uint256 i; i < 3; ++i) {
            uint80 round = feed.push(int256(price + i - 1), START);
            bool isBeyond = isBelow ? i == 0 : i == 2;
            if (isBeyond && price + i - 1 != 0) {
                (bool isFinal, uint256 ratio) = trigger.outcomeOf(_question(data), abi.encode(round));
                assertTrue(isFinal && ratio == 1e9, "outcome beyond the strike");
            } else {
                vm.expectPartialRevert(FeedTrigger.OracleNotTriggered.selector);
                trigger.outcomeOf(_question(data), abi.encode(round));
            }
        }
    }

    function test_rounds_countFromStartToEnd_INS_16() public {
        MockRounds feed = new MockRounds(8);
        FeedTrigger trigger = new FeedTrigger(feed, MAX_AGE);
        bytes32 data = trigger.dataOf(0.99e18, true);
        uint256[4] memory times = [START - 1, START, END, END + 1];
        for (uint256 i; i < 4; ++i) feed.push(0.98e8, times[i]);
        vm.warp(END + 1);
        for (uint80 i; i < 4; ++i) {
            if (i == 0 || i == 3) {
                vm.expectRevert(
                    abi.encodeWithSelector(FeedTrigger.OracleRoundOutside.selector, i + 1, times[i], START, END)
                );
                trigger.outcomeOf(_question(data), abi.encode(i + 1));
            } else {
                (bool isFinal, uint256 ratio) = trigger.outcomeOf(_question(data), abi.encode(i + 1));
                assertTrue(isFinal && ratio == 1e9, "outcome at an edge");
            }
        }
        vm.expectPartialRevert(MockRounds.MockRoundsUnknown.selector);
        trigger.outcomeOf(_question(data), abi.encode(uint80(9)));
    }

    function test_nothing_isFinalADayAfterTheEnd_INS_16() public {
        MockRounds feed = new MockRounds(8);
        FeedTrigger trigger = new FeedTrigger(feed, MAX_AGE);
        bytes32 data = trigger.dataOf(0.99e18, true);
        vm.warp(END + 1 days - 1);
        feed.push(1e8, END + 1 days - MAX_AGE - 1);
        (bool isFinal, ) = trigger.outcomeOf(_question(data), "");
        assertFalse(isFinal, "outcome before everybody could name a round");
        vm.warp(END + 1 days);
        vm.expectRevert(
            abi.encodeWithSelector(FeedTrigger.OracleFeedStopped.selector, END + 1 days - MAX_AGE - 1, MAX_AGE, END)
        );
        trigger.outcomeOf(_question(data), "");
        feed.push(1e8, END + 1 days - MAX_AGE);
        uint256 ratio;
        (isFinal, ratio) = trigger.outcomeOf(_question(data), "");
        assertTrue(isFinal && ratio == 0, "outcome of a feed that went on");
        // A feed that stopped within the risk's time proves nothing, and neither does one of the future or of no price.
        feed.push(1e8, END - 1);
        vm.expectPartialRevert(FeedTrigger.OracleFeedStopped.selector);
        trigger.outcomeOf(_question(data), "");
        feed.push(0, END + 1 days);
        vm.expectPartialRevert(FeedTrigger.OracleFeedStopped.selector);
        trigger.outcomeOf(_question(data), "");
        feed.push(1e8, END + 1 days + 1);
        vm.expectPartialRevert(IOracleErrors.OracleInvalidTime.selector);
        trigger.outcomeOf(_question(data), "");
    }

    function test_noPrice_isNotALowOne() public {
        MockRounds feed = new MockRounds(8);
        FeedTrigger trigger = new FeedTrigger(feed, MAX_AGE);
        bytes32 data = trigger.dataOf(0.99e18, true);
        vm.warp(END);
        for (int256 answer = -1; answer < 1; ++answer) {
            uint80 round = feed.push(answer, START);
            vm.expectPartialRevert(FeedTrigger.OracleNotTriggered.selector);
            trigger.outcomeOf(_question(data), abi.encode(round));
        }
    }

    function test_constructor_refuses() public {
        MockRounds feed = new MockRounds(8);
        vm.expectPartialRevert(IOracleErrors.OracleOutOfBounds.selector);
        new FeedTrigger(feed, 59);
        vm.expectPartialRevert(IOracleErrors.OracleOutOfBounds.selector);
        new FeedTrigger(feed, 72 hours + 1);
        MockRounds long = new MockRounds(25);
        vm.expectPartialRevert(IOracleErrors.OracleOutOfBounds.selector);
        new FeedTrigger(long, MAX_AGE);
    }

    function _question(bytes32 data) private pure returns (ICoverOracle.Question memory) {
        return ICoverOracle.Question(RiskId.wrap("risk"), data, START, END);
    }
}
