// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExitQueue} from "../../../contracts/libraries/ExitQueue.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title ExitQueueTest
/// @notice Queues of shares and assets up to 2^96 − 1, and every small queue: each share is paid once, and all that was set aside is
/// paid or given back, in whichever order.
contract ExitQueueTest is Test {
    using ExitQueue for ExitQueue.Queue;

    struct Sum {
        uint256 shares;
        uint256 assets;
        uint256 excess;
    }

    struct Plan {
        /// @dev Of each request.
        uint256[] shares;
        uint256[] worth;
        /// @dev Of each finalisation.
        uint256[] lengths;
        uint256[] assets;
    }

    uint256 private constant MAX = type(uint96).max;
    uint256 private constant ALL = type(uint256).max;
    address private constant OWNER = address(type(uint160).max);

    uint256 private _count;
    mapping(uint256 number => ExitQueue.Queue) private _queues;

    /* REQUESTS */

    function test_push_keepsEveryFieldAtItsMaximum() public {
        ExitQueue.Queue storage queue = _next();
        queue.requested = uint128(MAX * type(uint32).max);
        queue.count = type(uint32).max - 1;
        queue.owed = uint96(MAX);
        uint256 id = queue.push(OWNER, MAX, MAX, type(uint32).max);
        ExitQueue.Request memory request = queue.requests[id];
        assertEq(id, type(uint32).max, "id");
        assertEq(request.owner, OWNER, "owner");
        assertEq(request.shares, MAX, "shares");
        assertEq(request.start, MAX * type(uint32).max, "start");
        assertEq(request.assets, MAX, "assets");
        assertEq(request.readyAt, type(uint32).max, "readyAt");
        // 2^32 requests of 2^96 − 1: the longest line
        assertEq(queue.requested, MAX * 2 ** 32, "requested");
        assertEq(queue.owed, MAX, "owed");
        assertEq(queue.count, type(uint32).max, "count");
    }

    /// @dev The end of the longest line, paid out of the largest finalisation of it: no product is too long.
    function test_pay_holdsTheLongestLine(uint256 assets, uint256 worth) public {
        assets = bound(assets, 0, MAX);
        worth = bound(worth, 0, MAX);
        ExitQueue.Queue storage queue = _next();
        queue.requested = uint128(MAX * type(uint32).max);
        uint256 id = queue.push(OWNER, MAX, worth, 0);
        queue.finalise(MAX * 2 ** 32, assets);
        ExitQueue.Payment memory payment = queue.pay(id, 1);
        uint256 value = assets - (assets * type(uint32).max) / 2 ** 32;
        assertEq(payment.shares, MAX, "shares");
        assertEq(payment.assets, value < worth ? value : worth, "assets");
        assertEq(payment.assets + payment.excess, value, "value");
        assertEq(queue.owed, assets - value, "owed");
    }

    /* QUEUES */

    /// @dev Five requests, four finalisations at any boundary; paid whenever, in two orders.
    function test_pay_paysEachShareOnce(uint256[5] memory shares, uint256[5] memory worth, uint256 seed) public {
        Plan memory plan;
        plan.shares = new uint256[](5);
        plan.worth = new uint256[](5);
        uint256 total = 0;
        for (uint256 i = 0; i < 5; ++i) {
            plan.shares[i] = bound(shares[i], 1, MAX);
            plan.worth[i] = bound(worth[i], 0, MAX);
            total += plan.shares[i];
        }
        plan.lengths = new uint256[](4);
        plan.assets = new uint256[](4);
        uint256 room = MAX;
        for (uint256 i = 0; i < 4; ++i) {
            // 4 − i shares are left at the least
            plan.lengths[i] = bound(uint256(keccak256(abi.encode(seed, i))), 1, total - (3 - i));
            plan.assets[i] = bound(uint256(keccak256(abi.encode(seed, i, "assets"))), 0, room);
            total -= plan.lengths[i];
            room -= plan.assets[i];
        }
        _check(plan);
    }

    /* EVERY SMALL QUEUE */

    /// @dev One to three requests of 1 or 2 shares, up to two finalisations at every boundary, of less and of more than they are worth.
    function test_pay_paysEachShareOnceInEverySmallQueue() public {
        for (uint256 count = 1; count <= 3; ++count) {
            for (uint256 code = 0; code < 2 ** count; ++code) {
                for (uint256 first = 1; first <= 2 * count; ++first) {
                    // A call, whose memory is forgotten.
                    for (uint256 second = 0; first + second <= 2 * count; ++second) {
                        this.checkQueues(count, code, first, second);
                    }
                }
            }
        }
    }

    function checkQueues(uint256 count, uint256 code, uint256 first, uint256 second) external {
        Plan memory plan;
        plan.shares = new uint256[](count);
        plan.worth = new uint256[](count);
        uint256 total = 0;
        for (uint256 i = 0; i < count; ++i) {
            plan.shares[i] = 1 + ((code >> i) & 1);
            plan.worth[i] = i % 2 == 0 ? 2 * plan.shares[i] - 1 : plan.shares[i];
            total += plan.shares[i];
        }
        if (first + second > total) return;
        plan.lengths = new uint256[](second == 0 ? 1 : 2);
        plan.assets = new uint256[](plan.lengths.length);
        plan.lengths[0] = first;
        for (uint256 assets0 = 0; assets0 < 4; ++assets0) {
            plan.assets[0] = (first * assets0 + 1) / 2;
            if (second == 0) {
                _check(plan);
                continue;
            }
            plan.lengths[1] = second;
            for (uint256 assets1 = 0; assets1 < 4; ++assets1) {
                plan.assets[1] = (second * assets1 + 1) / 2;
                _check(plan);
            }
        }
    }

    /* CHECKS */

    /// @dev Plays the plan twice: paid at the end in the order of requests, and after each finalisation in the other.
    function _check(Plan memory plan) private {
        Sum[] memory late = _play(plan, false);
        Sum[] memory early = _play(plan, true);
        (uint256 aside, uint256 last, uint256 place, uint256 gone) = (0, 0, 0, 0);
        for (uint256 i = 0; i < plan.lengths.length; ++i) {
            last += plan.lengths[i];
            aside += plan.assets[i];
        }
        for (uint256 i = 0; i < late.length; ++i) {
            uint256 rest = last > place ? last - place : 0;
            assertEq(late[i].shares, rest < plan.shares[i] ? rest : plan.shares[i], "shares, in the order of requests");
            assertLe(late[i].assets, plan.worth[i], "assets");
            assertEq(early[i].shares, late[i].shares, "shares, early");
            assertEq(early[i].assets, late[i].assets, "assets, early");
            assertEq(early[i].excess, late[i].excess, "excess, early");
            place += plan.shares[i];
            gone += late[i].assets + late[i].excess;
        }
        assertEq(gone, aside, "paid and given back");
    }

    function _play(Plan memory plan, bool isEarly) private returns (Sum[] memory sums) {
        ExitQueue.Queue storage queue = _next();
        uint256 count = plan.shares.length;
        sums = new Sum[](count);
        uint256 total = 0;
        for (uint256 i = 0; i < count; ++i) {
            assertEq(queue.push(OWNER, plan.shares[i], plan.worth[i], i), i + 1, "id");
            total += plan.shares[i];
        }
        for (uint256 i = 0; i < plan.lengths.length; ++i) {
            queue.finalise(plan.lengths[i], plan.assets[i]);
            total -= plan.lengths[i];
            assertEq(queue.pending(), total, "pending");
            if (!isEarly) continue;
            for (uint256 id = count; id > 0; --id) _pay(queue, id, 1, sums[id - 1]);
            assertEq(queue.owed, 0, "owed when one finalisation has been paid");
        }
        for (uint256 id = 1; id <= count; ++id) {
            uint256 rest = queue.pendingUpTo(id);
            _pay(queue, id, ALL, sums[id - 1]);
            assertEq(queue.requests[id].shares, plan.shares[id - 1] - sums[id - 1].shares, "shares left");
            assertEq(queue.requests[id].owner == address(0), rest == 0, "whether it is forgotten");
            assertEq(queue.pay(id, ALL).shares, 0, "shares paid again");
        }
        assertEq(queue.owed, 0, "owed");
    }

    function _pay(ExitQueue.Queue storage queue, uint256 id, uint256 maxCheckpoints, Sum memory sum) private {
        uint256 owed = queue.owed;
        ExitQueue.Payment memory payment = queue.pay(id, maxCheckpoints);
        sum.shares += payment.shares;
        sum.assets += payment.assets;
        sum.excess += payment.excess;
        assertEq(owed - queue.owed, payment.assets + payment.excess, "owed less");
    }

    function _next() private returns (ExitQueue.Queue storage) {
        return _queues[++_count];
    }
}
