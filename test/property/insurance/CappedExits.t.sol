// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CappedExits} from "../../../contracts/libraries/CappedExits.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title CappedExitsTest
/// @notice Up to eight requests at any prices, made final in one or two parts and paid in any order.
contract CappedExitsTest is Test {
    using CappedExits for CappedExits.Queue;

    uint256 private constant MAX = type(uint96).max;
    uint256 private constant MAX_SHARES = type(uint112).max;
    uint256 private constant COUNT = 8;

    CappedExits.Queue private _queue;

    function test_eachIsPaidTheLessOfBothPrices_INS_06(
        uint256[8] memory shares,
        uint256[8] memory assets,
        uint256[3] memory totals,
        uint256 parts
    ) public {
        uint256 sum;
        for (uint256 i; i < COUNT; ++i) {
            shares[i] = bound(shares[i], 1, MAX_SHARES / COUNT);
            assets[i] = bound(assets[i], 0, MAX / COUNT);
            sum += shares[i];
            assertEq(_queue.push(address(this), shares[i], assets[i], i), i + 1, "id");
        }
        parts = bound(parts, 1, COUNT);
        totals[2] = bound(totals[2], sum, MAX_SHARES);
        uint256 paid;
        for (uint256 i; i < 2; ++i) {
            (uint256 from, uint256 to) = i == 0 ? (uint256(0), parts) : (parts, COUNT);
            totals[i] = bound(totals[i], 0, MAX);
            uint256 pending = _sum(shares, from, to);
            assertEq(_queue.pendingUpTo(to), pending, "pending");
            uint256 part = _queue.finalise(to, totals[i], totals[2]);
            assertLe(part, (pending * (totals[i] + 1)) / (totals[2] + 1000), "paid, against what all are worth");
            paid += part;
            assertTrue(_queue.isFinal(to) && !_queue.isFinal(to + 1), "final up to");
            for (uint256 j = from; j < to; ++j) {
                uint256 worth = (shares[j] * (totals[i] + 1)) / (totals[2] + 1000);
                assertEq(_queue.requests[j + 1].assets, worth < assets[j] ? worth : assets[j], "paid to each");
            }
        }
        assertEq(_queue.owed, paid, "set aside");
        assertEq(_queue.pendingUpTo(COUNT), 0, "pending at the end");
        for (uint256 i = COUNT; i != 0; --i) paid -= _queue.pay(i);
        assertEq(paid, 0, "paid in all");
        assertEq(_queue.owed, 0, "set aside at the end");
        assertEq(_queue.requests[1].owner, address(0), "a request that is paid");
    }

    /// @dev Each at most what a pool has, all of them more.
    function test_moreIsOwedThanAPoolHas_INS_09() public {
        for (uint256 i = 1; i < 4; ++i) {
            _queue.push(address(this), MAX_SHARES, MAX, 0);
            assertGe(_queue.finalise(i, MAX, MAX_SHARES), MAX / 2, "set aside");
        }
        assertGt(_queue.owed, MAX, "set aside in all");
        for (uint256 i = 1; i < 4; ++i) _queue.pay(i);
        assertEq(_queue.owed, 0, "set aside at the end");
    }

    function _sum(uint256[8] memory shares, uint256 from, uint256 to) private pure returns (uint256 sum) {
        for (uint256 i = from; i < to; ++i) sum += shares[i];
    }
}
