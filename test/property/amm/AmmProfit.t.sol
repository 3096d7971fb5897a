// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PoolKey} from "../../../contracts/types/PoolKey.sol";
import {AmmFixture} from "../../helpers/solidity/AmmFixture.sol";

/// @title AmmProfitTest
/// @notice Nobody gets out of a pool, at its smallest, more than he put in, whatever he does and in whatever order.
contract AmmProfitTest is AmmFixture {
    struct Purse {
        uint256 amount0;
        uint256 amount1;
    }

    uint256 private constant FUNDS = 1e24;

    address private victim;
    address private attacker;

    function setUp() public {
        _deployAmm();
        victim = makeAddr("victim");
        attacker = makeAddr("attacker");
        _fund(home0, victim, FUNDS);
        _fund(home1, victim, FUNDS);
        _fund(home0, attacker, FUNDS);
        _fund(home1, attacker, FUNDS);
    }

    /// @dev Sixteen actions on a plain pool with reserves of 1,001 to 10^6 units, without a fee.
    function test_AMM_13_tinyPlainPool_attackerNeverGains(
        uint256 reserve0,
        uint256 reserve1,
        uint256[16] memory steps
    ) public {
        PoolKey memory key = _key(0, 0, 0);
        _create(key, victim, bound(reserve0, 1001, 1e6), bound(reserve1, 1001, 1e6));
        _assertNoProfit(key, steps);
    }

    /// @dev Sixteen actions on a range pool with reserves of 1 to 10^6 units, without a fee.
    function test_AMM_13_tinyRangePool_attackerNeverGains(
        uint256 reserve0,
        uint256 reserve1,
        uint256 alpha,
        uint256 beta,
        uint256[16] memory steps
    ) public {
        PoolKey memory key = _key(0, uint128(bound(alpha, 0, 4 * Q64)), uint128(bound(beta, 0, Q64 / 4 - 1)));
        try this.create(key, bound(reserve0, 1, 1e6), bound(reserve1, 1, 1e6)) {
            _assertNoProfit(key, steps);
        } catch {}
    }

    /// @dev The shortest way to gain from a rounded virtual offset: add, trade, remove, trade back.
    function test_AMM_13_addTradeRemoveTradeBack_neverGains(
        uint256 reserve0,
        uint256 reserve1,
        uint256 alpha,
        uint256 beta,
        uint256 multiple,
        uint256 amount
    ) public {
        PoolKey memory key = _key(0, uint128(bound(alpha, 0, 4 * Q64)), uint128(bound(beta, 0, Q64 / 4 - 1)));
        (reserve0, reserve1) = (bound(reserve0, 1, 2000), bound(reserve1, 1, 10_000));
        try this.create(key, reserve0, reserve1) {
            _assertCycleDoesNotGain(key, reserve0, reserve1, bound(multiple, 1, 10), bound(amount, 1000, 1e6));
        } catch {}
    }

    /// @dev At the pool's creation T = 2,285 and the offsets are 828 and 42.
    function test_AMM_13_addTradeRemoveTradeBack_neverGainsInAKnownPool() public {
        PoolKey memory key = _key(0, 6684835972609300609, 346927561074757893);
        _create(key, victim, 1083, 2692);
        _assertCycleDoesNotGain(key, 1083, 2692, 10, 269_482);
    }

    function swap(PoolKey memory key, uint256 amount) external {
        _swapIn(key, attacker, true, amount);
    }

    function buyBack(PoolKey memory key, uint256 amount) external {
        _swapOut(key, attacker, false, 1e23, amount);
    }

    function create(PoolKey memory key, uint256 amount0, uint256 amount1) external {
        _create(key, victim, amount0, amount1);
    }

    /// @dev One step of the attacker, chosen by the seed.
    function step(PoolKey memory key, uint256 seed) external {
        (uint256 action, uint256 size) = (seed % 6, (seed >> 16) % 24);
        uint256 amount = 1 + ((seed >> 32) % 2 ** size);
        uint256 shareId = amm.shareIdOf(key.toId());
        if (action < 2) {
            _swapIn(key, attacker, action == 0, amount + 999);
        } else if (action < 4) {
            _swapOut(key, attacker, action == 2, 1e23, amount);
        } else if (action == 4) {
            _add(key, attacker, amount, 1 + ((seed >> 128) % 2 ** size));
        } else {
            uint256 shares = ledger.balanceOf(attacker, shareId);
            if (shares != 0) _remove(key, attacker, 1 + ((seed >> 32) % shares));
        }
    }

    /// @dev Adds `multiple` times the pool, sells `amount` of asset 0, leaves, and buys asset 0 back to where he began.
    function _assertCycleDoesNotGain(
        PoolKey memory key,
        uint256 reserve0,
        uint256 reserve1,
        uint256 multiple,
        uint256 amount
    ) private {
        Purse memory before = _purse();
        uint256 shares = _add(key, attacker, reserve0 * multiple, reserve1 * multiple);
        try this.swap(key, amount) {} catch {}
        _remove(key, attacker, shares);
        Purse memory between = _purse();
        if (between.amount0 < before.amount0) {
            try this.buyBack(key, before.amount0 - between.amount0) {} catch {
                return;
            }
        }
        _assertNotBetter(before, _purse());
    }

    function _assertNoProfit(PoolKey memory key, uint256[16] memory steps) private {
        Purse memory before = _purse();
        for (uint256 i; i < steps.length; ++i) {
            try this.step(key, steps[i]) {} catch {}
        }
        uint256 shares = ledger.balanceOf(attacker, amm.shareIdOf(key.toId()));
        if (shares != 0) _remove(key, attacker, shares);
        _assertNotBetter(before, _purse());
    }

    function _assertNotBetter(Purse memory before, Purse memory afterwards) private pure {
        bool gained =
            afterwards.amount0 >= before.amount0 &&
                afterwards.amount1 >= before.amount1 &&
                afterwards.amount0 + afterwards.amount1 > before.amount0 + before.amount1;
        assertFalse(gained, "gain of one asset without a loss of the other");
    }

    function _purse() private view returns (Purse memory purse) {
        (purse.amount0, purse.amount1) = _balances(attacker);
    }
}
