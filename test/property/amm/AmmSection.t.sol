// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AmmLens} from "../../../contracts/periphery/AmmLens.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {PoolKey} from "../../../contracts/types/PoolKey.sol";
import {AmmFixture} from "../../helpers/solidity/AmmFixture.sol";

/// @title AmmSectionTest
/// @notice Batches of swaps at one price, through the ledger's section frame.
contract AmmSectionTest is AmmFixture {
    struct Order {
        uint256 account;
        uint256 side;
        uint256 amount;
        uint256 limit;
    }

    struct Setting {
        uint256 reserve0;
        uint256 reserve1;
        uint256 fee;
        uint256 alpha;
        uint256 beta;
        uint256 seed;
    }

    /// @dev What a section did.
    struct Result {
        bool executed;
        uint256 skipped;
        uint256[8] balance0;
        uint256[8] balance1;
        AmmLens.PoolView pool;
    }

    uint256 private constant ACCOUNTS = 8;
    uint256 private constant FUNDS = 1e30;
    uint256 private constant TOLERANCE = 0.9e18;
    uint256 private constant PIPS = 1e6;

    address[ACCOUNTS] private accounts;
    PoolKey private key;
    /// @dev Whether the last order carries the sequence of one before it.
    bool private isReplayed;

    function setUp() public {
        _deployAmm();
        _fund(home0, address(this), FUNDS);
        _fund(home1, address(this), FUNDS);
        for (uint256 i; i < ACCOUNTS; ++i) {
            accounts[i] = vm.addr(1000 + i);
            _fund(home0, accounts[i], FUNDS);
            _fund(home1, accounts[i], FUNDS);
            vm.prank(accounts[i]);
            ledger.setConsent(asset0, 1);
        }
    }

    /* AMM-5 */

    function test_AMM_05_permutation_changesNoOutput(Setting memory setting, uint256 shuffle) public {
        if (!_createPool(setting)) return;
        Order[] memory orders = _orders(setting.seed, 7);
        uint256 state = vm.snapshotState();
        Result memory first = _run(orders);
        vm.revertToState(state);
        for (uint256 i = orders.length - 1; i > 0; --i) {
            uint256 j = uint256(keccak256(abi.encode(shuffle, i))) % (i + 1);
            (orders[i], orders[j]) = (orders[j], orders[i]);
        }
        _assertSame(first, _run(orders), ACCOUNTS);
    }

    /// @dev An order signed twice: the copy carries a sequence that is spent, and is skipped where it stands.
    function test_AMM_05_duplicateOrder_isFilledOnceAndChangesNoOutput(Setting memory setting, uint256 which) public {
        if (!_createPool(setting)) return;
        Order[] memory orders = _orders(setting.seed, 7);
        for (uint256 i; i < orders.length; ++i) orders[i].account = i; // so that every sequence is 0
        uint256 state = vm.snapshotState();
        Result memory first = _run(orders);
        vm.revertToState(state);
        Order[] memory more = new Order[](orders.length + 1);
        for (uint256 i; i < orders.length; ++i) more[i] = orders[i];
        more[orders.length] = orders[which % orders.length];
        isReplayed = true;
        Result memory second = _run(more);
        isReplayed = false;
        if (second.executed) assertEq((second.skipped >> orders.length) & 1, 1, "the copy is skipped");
        _assertSame(first, second, ACCOUNTS);
    }

    /// @dev One order in two halves of two accounts: nobody else sees it, and both get together what one gets, less a unit.
    function test_AMM_05_splittingAnOrder_changesNoOutput(Setting memory setting, uint256 part) public {
        if (!_createPool(setting)) return;
        Order[] memory orders = _orders(setting.seed, 6);
        for (uint256 i; i < orders.length; ++i) (orders[i].account, orders[i].limit) = (i % 6, 0);
        Order memory whole = orders[0];
        (whole.account, whole.amount) = (6, whole.amount + 2000);
        uint256 state = vm.snapshotState();
        Result memory first = _run(orders);
        vm.revertToState(state);
        Order[] memory more = new Order[](orders.length + 1);
        for (uint256 i = 1; i < orders.length; ++i) more[i] = orders[i];
        part = bound(part, 1000, whole.amount - 1000);
        more[0] = Order(6, whole.side, part, 0);
        more[orders.length] = Order(7, whole.side, whole.amount - part, 0);
        Result memory second = _run(more);
        // A part may be too small to buy a unit, which changes what is sold.
        if (!first.executed || !second.executed || first.skipped != 0 || second.skipped != 0) return;
        for (uint256 i; i < 6; ++i) {
            assertEq(second.balance0[i], first.balance0[i], "asset 0 of another");
            assertEq(second.balance1[i], first.balance1[i], "asset 1 of another");
        }
        bool zero = whole.side == 0;
        uint256 atOnce = (zero ? first.balance1[6] : first.balance0[6]) - FUNDS;
        uint256 parts = zero ? second.balance1[6] + second.balance1[7] : second.balance0[6] + second.balance0[7];
        assertLe(parts - 2 * FUNDS, atOnce, "both parts against the whole");
        assertGe(parts - 2 * FUNDS + 1, atOnce, "both parts and a unit against the whole");
    }

    /* AMM-6 */

    /// @dev Limits that no price meets: just above what the band's own price pays, up to the largest.
    function test_AMM_06_unreachableLimits_changeNoOutput(Setting memory setting, uint256 seed) public {
        if (!_createPool(setting)) return;
        Order[] memory orders = _orders(setting.seed, 6);
        uint256 state = vm.snapshotState();
        Result memory first = _run(orders);
        vm.revertToState(state);
        AmmLens.PoolView memory pool = _view(key);
        Order[] memory more = new Order[](orders.length + 2);
        for (uint256 i; i < orders.length; ++i) more[i + 1] = orders[i];
        for (uint256 i; i < 2; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            (uint256 x, uint256 y) = i == 0 ? (pool.virtual0, pool.virtual1) : (pool.virtual1, pool.virtual0);
            uint256 amount = 1000 + (roll % (8 * x));
            uint256 above = 1 + Math.mulDiv(amount, y, x);
            more[i * (more.length - 1)] = Order(6 + i, i, amount, roll % 2 == 0 ? above : type(uint112).max);
        }
        Result memory second = _run(more);
        _assertSame(first, second, 6);
        for (uint256 i = 6; i < ACCOUNTS; ++i) {
            assertEq(second.balance0[i] + second.balance1[i], 2 * FUNDS, "who asks for too much keeps what he has");
        }
    }

    /// @dev Orders of two further accounts, none of which can fill, between the others.
    function test_AMM_06_ineligibleOrders_changeNoOutput(Setting memory setting, uint256 seed) public {
        if (!_createPool(setting)) return;
        Order[] memory orders = _orders(setting.seed, 6);
        uint256 state = vm.snapshotState();
        Result memory first = _run(orders);
        vm.revertToState(state);
        Order[] memory more = new Order[](orders.length + 3);
        uint256 gap = seed % (orders.length + 1);
        for (uint256 i; i < more.length; ++i) {
            if (i >= gap && i < gap + 3) more[i] = _ineligible(uint256(keccak256(abi.encode(seed, i))));
            else more[i] = orders[i < gap ? i : i - 3];
        }
        Result memory second = _run(more);
        _assertSame(first, second, 6);
        for (uint256 i = 6; i < ACCOUNTS; ++i) {
            assertEq(second.balance0[i], FUNDS, "asset 0 of who cannot fill");
            assertEq(second.balance1[i], FUNDS, "asset 1 of who cannot fill");
        }
    }

    /* AMM-1, AMM-12 */

    /// @dev One order an account, so that each fill shows. All at (Y + B) / (X + A), none below its limit.
    function test_AMM_12_fills_areAtOnePriceAndWithinLimits(Setting memory setting) public {
        if (!_createPool(setting)) return;
        Order[] memory orders = _orders(setting.seed, 7);
        for (uint256 i; i < orders.length; ++i) orders[i].account = i;
        AmmLens.PoolView memory pool = _view(key);
        Result memory result = _run(orders);
        if (!result.executed) return;
        assertGe(result.pool.virtual0 * result.pool.virtual1, pool.virtual0 * pool.virtual1, "K");
        (uint256 scaled0, uint256 scaled1) = (pool.virtual0 * PIPS, pool.virtual1 * PIPS);
        for (uint256 i; i < orders.length; ++i) {
            if ((result.skipped >> i) & 1 != 0) continue;
            uint256 net = orders[i].amount * (PIPS - key.fee);
            if (orders[i].side == 0) scaled0 += net;
            else scaled1 += net;
        }
        for (uint256 i; i < orders.length; ++i) _assertFill(orders[i], i, result, scaled0, scaled1);
    }

    /// @dev Everyone who sells asset 0, and everyone who sells asset 1, in one section: less than a unit from the one price.
    function test_AMM_12_bothSides_getTheUniformPriceWithinOneUnit(Setting memory setting) public {
        if (!_createPool(setting)) return;
        Order[] memory orders = _orders(setting.seed, 7);
        for (uint256 i; i < orders.length; ++i) (orders[i].account, orders[i].side, orders[i].limit) = (i, i % 2, 0);
        AmmLens.PoolView memory pool = _view(key);
        Result memory result = _run(orders);
        if (!result.executed || result.skipped & 3 != 0) return; // one of each side, at least
        (uint256 scaled0, uint256 scaled1) = (pool.virtual0 * PIPS, pool.virtual1 * PIPS);
        for (uint256 i; i < orders.length; ++i) {
            if ((result.skipped >> i) & 1 != 0) continue;
            if (i % 2 == 0) scaled0 += orders[i].amount * (PIPS - key.fee);
            else scaled1 += orders[i].amount * (PIPS - key.fee);
        }
        for (uint256 i; i < orders.length; ++i) {
            if ((result.skipped >> i) & 1 != 0) continue;
            uint256 net = orders[i].amount * (PIPS - key.fee);
            bool zero = i % 2 == 0;
            uint256 out = (zero ? result.balance1[i] : result.balance0[i]) - FUNDS;
            (uint256 mine, uint256 other) = zero ? (scaled0, scaled1) : (scaled1, scaled0);
            // out <= net · price < out + 1, in whole numbers
            assertLe(out * mine * PIPS, net * other, "paid against the price");
            assertGt((out + 1) * mine * PIPS, net * other, "a unit more against the price");
        }
    }

    /// @dev A section that sells one asset pays together what one swap of the sum pays, less a unit for each order at most.
    function test_AMM_12_oneSidedSection_paysTheSwapOfItsSum(Setting memory setting, bool zeroForOne) public {
        if (!_createPool(setting)) return;
        Order[] memory orders = _orders(setting.seed, 7);
        uint256 sum = 0;
        for (uint256 i; i < orders.length; ++i) {
            (orders[i].account, orders[i].side, orders[i].limit) = (i, zeroForOne ? 0 : 1, 0);
            if (orders[i].amount < 1000) orders[i].amount = 1000;
            sum += orders[i].amount;
        }
        uint256 state = vm.snapshotState();
        Result memory batch = _run(orders);
        vm.revertToState(state);
        if (!batch.executed || batch.skipped != 0) return;
        uint256 out = _swapIn(key, address(this), zeroForOne, sum);
        uint256 paid = 0;
        for (uint256 i; i < orders.length; ++i) paid += (zeroForOne ? batch.balance1[i] : batch.balance0[i]) - FUNDS;
        assertLe(paid, out, "the section against the swap");
        assertGe(paid + orders.length, out, "the section and a unit an order against the swap");
    }

    /// @dev Both sides of one account at the price of the others: it moves the price by its rounding alone, so that the others'
    /// outputs stay within a unit, and within what a unit of the other asset is worth.
    function test_AMM_12_crossingOneselfAtThePrice_changesNoOutputByMoreThanAUnit(
        Setting memory setting,
        uint256 amount
    ) public {
        setting.fee = 0; // so that what is crossed is the same with and without it
        if (!_createPool(setting)) return;
        Order[] memory orders = _orders(setting.seed, 6);
        for (uint256 i; i < orders.length; ++i) (orders[i].account, orders[i].limit) = (i % 6, 0);
        AmmLens.PoolView memory pool = _view(key);
        uint256 state = vm.snapshotState();
        Result memory first = _run(orders);
        vm.revertToState(state);
        if (!first.executed || first.skipped != 0) return;
        (uint256 x, uint256 y) = (pool.virtual0, pool.virtual1);
        for (uint256 i; i < orders.length; ++i) {
            if (orders[i].side == 0) x += orders[i].amount;
            else y += orders[i].amount;
        }
        amount = bound(amount, 1000, 1000 + x);
        uint256 other = Math.mulDiv(amount, y, x);
        if (other < 1000) return;
        Order[] memory more = new Order[](orders.length + 2);
        for (uint256 i; i < orders.length; ++i) more[i] = orders[i];
        (more[orders.length], more[orders.length + 1]) = (Order(7, 0, amount, 0), Order(7, 1, other, 0));
        Result memory second = _run(more);
        if (!second.executed || second.skipped != 0) return;
        for (uint256 i; i < 6; ++i) {
            assertLe(_distance(second.balance1[i], first.balance1[i]), orders.length, "asset 1 of another");
            // What a unit of asset 1 is worth.
            uint256 unit = 1 + Math.ceilDiv(x, y);
            assertLe(_distance(second.balance0[i], first.balance0[i]), orders.length * unit, "asset 0 of another");
        }
        assertLe(second.balance0[7], FUNDS, "asset 0 of who crosses himself");
        assertLe(second.balance1[7], FUNDS, "asset 1 of who crosses himself");
    }

    /// @dev Both sides of one account in one section: he pays the fee twice and never gains.
    function test_AMM_13_crossingOneself_neverGains(Setting memory setting, uint256 amount0, uint256 amount1) public {
        if (!_createPool(setting)) return;
        AmmLens.PoolView memory pool = _view(key);
        Order[] memory orders = new Order[](2);
        orders[0] = Order(0, 0, bound(amount0, 1000, 1000 + pool.virtual0), 0);
        orders[1] = Order(0, 1, bound(amount1, 1000, 1000 + pool.virtual1), 0);
        Result memory result = _run(orders);
        bool gained =
            result.balance0[0] >= FUNDS &&
                result.balance1[0] >= FUNDS &&
                result.balance0[0] + result.balance1[0] > 2 * FUNDS;
        assertFalse(gained, "gain of one asset without a loss of the other");
    }

    /* AMM-10 */

    function test_AMM_10_batchOfOne_isTheWalletSwap(Setting memory setting, uint256 amount, bool zeroForOne) public {
        if (!_createPool(setting)) return;
        AmmLens.PoolView memory pool = _view(key);
        amount = bound(amount, 1000, 1000 + 2 * (zeroForOne ? pool.virtual0 : pool.virtual1));
        Order[] memory orders = new Order[](1);
        orders[0] = Order(0, zeroForOne ? 0 : 1, amount, 0);
        uint256 state = vm.snapshotState();
        Result memory batch = _run(orders);
        vm.revertToState(state);
        if (!batch.executed || batch.skipped != 0) return;
        _swapIn(key, accounts[0], zeroForOne, amount);
        (uint256 balance0, uint256 balance1) = _balances(accounts[0]);
        assertEq(batch.balance0[0], balance0, "asset 0");
        assertEq(batch.balance1[0], balance1, "asset 1");
        assertEq(batch.pool.reserve0, _view(key).reserve0, "reserve 0");
        assertEq(batch.pool.reserve1, _view(key).reserve1, "reserve 1");
    }

    /* AMM-15 */

    /// @dev A crossing section at price 1 stands exactly within a band that holds 1.
    function test_AMM_15_bandEdges_areInclusive() public {
        key = _key(0, 0, 0);
        _create(key, address(this), 1e6, 1e6);
        Order[] memory orders = new Order[](2);
        (orders[0], orders[1]) = (Order(0, 0, 5000, 0), Order(1, 1, 5000, 0));
        uint256 state = vm.snapshotState();
        assertTrue(_runAt(orders, 1e36, 0).executed, "price at both edges");
        vm.revertToState(state);
        assertFalse(_runAt(orders, 1e36 + 1, 0).executed, "price below the band");
        vm.revertToState(state);
        assertFalse(_runAt(orders, 1e36 - 1, 0).executed, "price above the band");
        vm.revertToState(state);
        assertTrue(_runAt(orders, 1.25e36, 0.2e18).executed, "price at the low edge");
        vm.revertToState(state);
        assertTrue(_runAt(orders, 0.8e36, 0.25e18).executed, "price at the high edge");
    }

    /// @dev A section that only sells one asset moves the price; outside the band nothing of it stands.
    function test_AMM_15_oneSidedSection_standsInsideTheBandOnly(
        Setting memory setting,
        uint256 tolerance,
        bool zeroForOne
    ) public {
        if (!_createPool(setting)) return;
        Order[] memory orders = _orders(setting.seed, 5);
        for (uint256 i; i < orders.length; ++i) {
            (orders[i].account, orders[i].side, orders[i].limit) = (i, zeroForOne ? 0 : 1, 0);
        }
        tolerance = bound(tolerance, 0, 0.9e18);
        AmmLens.PoolView memory pool = _view(key);
        Result memory result = _runAt(orders, pool.price, tolerance);
        if (!result.executed) {
            assertEq(result.pool.reserve0, pool.reserve0, "reserve 0");
            for (uint256 i; i < ACCOUNTS; ++i) assertEq(result.balance0[i], FUNDS, "asset 0 of a signer");
            return;
        }
        (uint256 x, uint256 y) = (pool.virtual0 * PIPS, pool.virtual1 * PIPS);
        bool filled;
        for (uint256 i; i < orders.length; ++i) {
            if ((result.skipped >> i) & 1 != 0) continue;
            filled = true;
            if (zeroForOne) x += orders[i].amount * (PIPS - key.fee);
            else y += orders[i].amount * (PIPS - key.fee);
        }
        if (!filled) return;
        uint256 low = Math.ceilDiv(pool.price * (1e18 - tolerance), 1e18);
        assertGe(Math.mulDiv(y, 1e36, x), low, "price against the low edge");
        assertLe(Math.mulDiv(y, 1e36, x), (pool.price * (1e18 + tolerance)) / 1e18, "price against the high edge");
    }

    function createPool(uint256 reserve0, uint256 reserve1) external {
        _create(key, address(this), reserve0, reserve1);
    }

    /* INTERNALS */

    function _createPool(Setting memory setting) private returns (bool) {
        bool isRange = setting.alpha % 2 == 0;
        key = _key(
            uint24(setting.fee % 3 == 0 ? 0 : bound(setting.fee, 0, 50_000)),
            uint128(isRange ? bound(setting.alpha, 0, 4 * Q64) : 0),
            uint128(isRange ? bound(setting.beta, 0, Q64 / 4 - 1) : 0)
        );
        (uint256 size0, uint256 size1) = (4 + (setting.reserve0 % 20), 4 + (setting.reserve1 % 20));
        uint256 reserve0 = bound(setting.reserve0, 10 ** size0 / 2, 10 ** size0);
        uint256 reserve1 = bound(setting.reserve1, 10 ** size1 / 2, 10 ** size1);
        try this.createPool(reserve0, reserve1) {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev Two to seven orders of the first `count` accounts, duplicates included; every fourth limit is too high.
    function _orders(uint256 seed, uint256 count) private view returns (Order[] memory orders) {
        AmmLens.PoolView memory pool = _view(key);
        orders = new Order[](2 + (seed % 6));
        for (uint256 i; i < orders.length; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            orders[i].account = roll % count;
            orders[i].side = (roll >> 8) % 2;
            bool zero = orders[i].side == 0;
            uint256 reserve = zero ? pool.virtual0 : pool.virtual1;
            orders[i].amount = (roll >> 16) % 16 == 0 ? 999 : 1000 + ((roll >> 24) % (1 + reserve / 8));
            uint256 fair = Math.mulDiv(orders[i].amount, zero ? pool.virtual1 : pool.virtual0, reserve);
            if ((roll >> 160) % 4 == 0) orders[i].limit = 1 + fair;
            else orders[i].limit = (fair * ((roll >> 168) % 100)) / 1500;
        }
    }

    /// @dev Too small, a limit that no price of the band meets, or more than the account has.
    function _ineligible(uint256 roll) private view returns (Order memory order) {
        (order.account, order.side) = (6 + (roll % 2), (roll >> 8) % 2);
        AmmLens.PoolView memory pool = _view(key);
        bool zero = order.side == 0;
        (uint256 x, uint256 y) = zero ? (pool.virtual0, pool.virtual1) : (pool.virtual1, pool.virtual0);
        uint256 choice = (roll >> 16) % 3;
        order.amount = choice == 0 ? 999 : 1000 + ((roll >> 24) % x);
        if (choice == 1) order.limit = 1 + Math.mulDiv(order.amount, y, x);
        if (choice == 2) order.amount = FUNDS + 1;
    }

    function _run(Order[] memory orders) private returns (Result memory) {
        return _runAt(orders, _view(key).price, TOLERANCE);
    }

    function _runAt(Order[] memory orders, uint256 price, uint256 tolerance) private returns (Result memory result) {
        uint256[] memory words = new uint256[](2 * orders.length);
        uint8[ACCOUNTS] memory sequence;
        for (uint256 i; i < orders.length; ++i) {
            Order memory order = orders[i];
            (words[2 * i], words[2 * i + 1]) = OperationLib.pack(
                accounts[order.account],
                isReplayed && i == orders.length - 1 ? 0 : sequence[order.account],
                uint8(order.side),
                order.amount,
                uint224(order.limit)
            );
            if (order.amount <= FUNDS) sequence[order.account] += 1; // the ledger skips the others before their debit
        }
        uint256[] memory skipped;
        (result.executed, skipped) = settlement.settleWords(_section(key, price, tolerance), words);
        if (skipped.length != 0) result.skipped = skipped[0];
        for (uint256 i; i < ACCOUNTS; ++i) (result.balance0[i], result.balance1[i]) = _balances(accounts[i]);
        result.pool = _view(key);
    }

    /// @dev out is ⌊net · price⌋ at the one price, and not below the limit.
    function _assertFill(
        Order memory order,
        uint256 index,
        Result memory result,
        uint256 scaled0,
        uint256 scaled1
    ) private view {
        bool zero = order.side == 0;
        (uint256 sold, uint256 bought) = zero
            ? (result.balance0[index], result.balance1[index])
            : (result.balance1[index], result.balance0[index]);
        if ((result.skipped >> index) & 1 != 0) {
            assertEq(sold, FUNDS, "sold by a skipped order");
            assertEq(bought, FUNDS, "bought by a skipped order");
            return;
        }
        assertEq(FUNDS - sold, order.amount, "sold");
        uint256 net = order.amount * (PIPS - key.fee);
        uint256 exact = zero ? Math.mulDiv(net, scaled1, scaled0 * PIPS) : Math.mulDiv(net, scaled0, scaled1 * PIPS);
        assertEq(bought - FUNDS, exact, "bought");
        assertGe(bought - FUNDS, order.limit, "bought against the limit");
    }

    function _distance(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? b - a : a - b;
    }

    function _assertSame(Result memory first, Result memory second, uint256 count) private pure {
        assertEq(second.executed, first.executed, "executed");
        for (uint256 i; i < count; ++i) {
            assertEq(second.balance0[i], first.balance0[i], "asset 0 of an account");
            assertEq(second.balance1[i], first.balance1[i], "asset 1 of an account");
        }
        assertEq(second.pool.reserve0, first.pool.reserve0, "reserve 0");
        assertEq(second.pool.reserve1, first.pool.reserve1, "reserve 1");
    }
}
