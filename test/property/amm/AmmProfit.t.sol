// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAmmCore} from "../../../contracts/interfaces/IAmmCore.sol";
import {AmmMath} from "../../../contracts/libraries/AmmMath.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {AmmLens} from "../../../contracts/periphery/AmmLens.sol";
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
    uint256 private constant LONG = 120;
    address private constant RECIPIENT = address(0xfee);

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
        vm.prank(attacker);
        ledger.setConsent(asset0, 1);
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

    /// @dev Sixteen actions on a range pool with reserves of 1 to 10^6 units and a fee of 0 to 5 %, mostly none.
    function test_AMM_13_tinyRangePool_attackerNeverGains(
        uint256 reserve0,
        uint256 reserve1,
        uint256 alpha,
        uint256 beta,
        uint256 fee,
        uint256[16] memory steps
    ) public {
        PoolKey memory key = _rangeKey(fee, alpha, beta);
        try this.create(key, _scale(reserve0, 1e6), _scale(reserve1, 1e6)) {
            _assertNoProfit(key, steps);
        } catch {}
    }

    /// @dev 120 actions on a plain or a range pool, with batches of the attacker's own orders between them, and the protocol's
    /// part of the fees on, off or changed. `amm-profit.test.ts` searches sequences of 1,000 on the model.
    function test_AMM_13_longSequenceWithBatchesAndProtocolFee_attackerNeverGains(
        uint256 reserve0,
        uint256 reserve1,
        uint256 alpha,
        uint256 beta,
        uint256 fee,
        uint256 seed
    ) public {
        bool isPlain = seed % 3 == 0;
        PoolKey memory key = _rangeKey(fee, isPlain ? 0 : alpha, isPlain ? 0 : beta);
        amm.setProtocolFee(seed % 2 == 0 ? 0 : AmmMath.MAX_PROTOCOL_FEE, RECIPIENT);
        try this.create(key, _scale(reserve0, 1e6), _scale(reserve1, 1e6)) {
            AmmLens.PoolView memory start = _view(key);
            Purse memory before = _purse();
            for (uint256 i; i < LONG; ++i) {
                uint256 roll = uint256(keccak256(abi.encode(seed, i)));
                if (roll % 8 == 0) {
                    try this.trySection(key, roll >> 8) {} catch {}
                } else if (roll % 64 == 1) {
                    amm.setProtocolFee((roll >> 8) % (AmmMath.MAX_PROTOCOL_FEE + 1), RECIPIENT);
                } else {
                    try this.step(key, roll >> 8) {} catch {}
                }
            }
            uint256 shares = ledger.balanceOf(attacker, start.shareId);
            if (shares != 0) _leave(key, shares);
            _assertWorthNoMore(key, start, before);
            _settleUp(key, before);
            _assertWorthNoMore(key, start, before);
        } catch {}
    }

    /// @dev Twelve rounds of the attack on a rounded offset: add, trade, remove, each at sizes of the attacker's choice.
    function test_AMM_13_repeatedCycles_attackerNeverGains(
        uint256 reserve0,
        uint256 reserve1,
        uint256 alpha,
        uint256 beta,
        uint256 fee,
        uint256[12] memory rounds
    ) public {
        PoolKey memory key = _rangeKey(fee, alpha, beta);
        (reserve0, reserve1) = (_scale(reserve0, 1e6), _scale(reserve1, 1e6));
        try this.create(key, reserve0, reserve1) {
            Purse memory before = _purse();
            for (uint256 i; i < rounds.length; ++i) {
                try this.cycle(key, rounds[i]) {} catch {}
            }
            _settleUp(key, before);
            _assertNotBetter(before, _purse());
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
        PoolKey memory key = _rangeKey(0, alpha, beta);
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

    /// @dev One share is added, nearly all of asset 1 is bought, and the share is removed for nothing of asset 1. Removing
    /// lowers the offset of asset 1 by a unit that the payout of 0 does not make up for.
    function test_AMM_13_removingForNothing_neverGainsInAKnownPool() public {
        PoolKey memory key = _key(0, 19318857299976598193, 120158066673825947);
        _create(key, victim, 1, 170_632);
        Purse memory before = _purse();
        uint256 shares = _add(key, attacker, 3, 2);
        _swapIn(key, attacker, true, 18_844_198);
        _leave(key, shares);
        _settleUp(key, before);
        _assertNotBetter(before, _purse());
    }

    /// @dev The same with any sizes: few shares, a trade of many times the pool, and the shares removed one by one.
    function test_AMM_13_removingForNothing_neverGains(
        uint256 reserve0,
        uint256 reserve1,
        uint256 alpha,
        uint256 beta,
        uint256 added,
        uint256 sold
    ) public {
        PoolKey memory key = _key(0, uint128(bound(alpha, 0, 4 * Q64)), uint128(bound(beta, 0, Q64 / 64)));
        try this.create(key, _scale(reserve0, 16), _scale(reserve1, 1e6)) {
            Purse memory before = _purse();
            try this.add(key, 3 + (added % 4), 2 + (added % 16)) returns (uint256 shares) {
                AmmLens.PoolView memory pool = _view(key);
                try this.swap(key, true, 1000 + (sold % (100 * pool.virtual0))) {} catch {}
                for (uint256 i; i < shares && i < 8; ++i) _leave(key, i == 7 ? shares - 7 : 1);
                _settleUp(key, before);
                _assertNotBetter(before, _purse());
            } catch {}
        } catch {}
    }

    /// @dev Removes the attacker's shares; those that the pool finds not worth a unit stay with him, and count for nothing.
    function _leave(PoolKey memory key, uint256 shares) private {
        try this.remove(key, shares) {} catch (bytes memory reason) {
            assertTrue(bytes4(reason) == IAmmCore.AmmProductFell.selector, "refused for its product alone");
        }
    }

    /* EXTERNAL TWINS, to go on after a revert */

    /// @dev One to three orders of the attacker at one price, within any band.
    function trySection(PoolKey memory key, uint256 seed) external {
        AmmLens.PoolView memory pool = _view(key);
        uint256[] memory words = new uint256[](2 + 2 * (seed % 3));
        uint8 sequence = uint8(ledger.wordOf(attacker, asset0).flags() >> 8); // bits 8 to 23 are the sequence
        for (uint256 i; i < words.length / 2; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            uint256 amount = 1000 + ((roll >> 8) % (2 * (roll % 2 == 0 ? pool.virtual0 : pool.virtual1)));
            (words[2 * i], words[2 * i + 1]) = OperationLib.pack(attacker, sequence, uint8(roll % 2), amount, 0);
            unchecked {
                ++sequence; // modulo 256, as an operation carries it
            }
        }
        settlement.settleWords(_section(key, pool.price, 0.9e18), words);
    }

    function add(PoolKey memory key, uint256 amount0, uint256 amount1) external returns (uint256) {
        return _add(key, attacker, amount0, amount1);
    }

    function swap(PoolKey memory key, bool zeroForOne, uint256 amount) external {
        _swapIn(key, attacker, zeroForOne, amount);
    }

    function buy(PoolKey memory key, bool zeroForOne, uint256 amount) external {
        _swapOut(key, attacker, zeroForOne, 1e23, amount);
    }

    function remove(PoolKey memory key, uint256 shares) external {
        _remove(key, attacker, shares);
    }

    /// @dev Adds, trades as the seed says, and removes all of it.
    function cycle(PoolKey memory key, uint256 seed) external {
        AmmLens.PoolView memory pool = _view(key);
        uint256 multiple = 1 + (seed % 12);
        uint256 shares = _add(key, attacker, pool.reserve0 * multiple + 2, pool.reserve1 * multiple + 2);
        for (uint256 i; i < 2; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            if (roll % 4 != 0)
                try this.swap(key, roll % 2 == 0, 1000 + ((roll >> 8) % 2 ** (1 + ((roll >> 2) % 24)))) {} catch {}
        }
        _leave(key, shares);
    }

    function create(PoolKey memory key, uint256 amount0, uint256 amount1) external {
        _create(key, victim, amount0, amount1);
    }

    /// @dev One step of the attacker, chosen by the seed.
    function step(PoolKey memory key, uint256 seed) external {
        (uint256 action, uint256 size) = (seed % 6, (seed >> 16) % 24);
        uint256 amount = 1 + ((seed >> 32) % 2 ** size);
        uint256 shareId = amm.shareIdOf(key);
        if (action < 2) {
            _swapIn(key, attacker, action == 0, amount + 999);
        } else if (action < 4) {
            _swapOut(key, attacker, action == 2, 1e23, amount);
        } else if (action == 4) {
            _add(key, attacker, amount, 1 + ((seed >> 128) % 2 ** size));
        } else {
            uint256 shares = ledger.balanceOf(attacker, shareId);
            if (shares != 0) _leave(key, 1 + ((seed >> 32) % shares));
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
        // One unit more of each, which a range pool keeps back when it counts the shares.
        try this.add(key, reserve0 * multiple + 1, reserve1 * multiple + 1) returns (uint256 shares) {
            try this.swap(key, true, amount) {} catch {}
            _leave(key, shares);
            _settleUp(key, before);
            _assertNotBetter(before, _purse());
        } catch {}
    }

    function _assertNoProfit(PoolKey memory key, uint256[16] memory steps) private {
        Purse memory before = _purse();
        for (uint256 i; i < steps.length; ++i) {
            try this.step(key, steps[i]) {} catch {}
        }
        uint256 shares = ledger.balanceOf(attacker, amm.shareIdOf(key));
        if (shares != 0) _leave(key, shares);
        _settleUp(key, before);
        _assertNotBetter(before, _purse());
    }

    /// @dev Buys back what is missing of one asset with what was won of the other: so that any gain shows.
    function _settleUp(PoolKey memory key, Purse memory before) private {
        Purse memory purse = _purse();
        if (purse.amount0 < before.amount0 && purse.amount1 > before.amount1) {
            try this.buy(key, false, before.amount0 - purse.amount0) {} catch {
                try this.swap(key, false, purse.amount1 - before.amount1) {} catch {}
            }
        } else if (purse.amount1 < before.amount1 && purse.amount0 > before.amount0) {
            try this.buy(key, true, before.amount1 - purse.amount1) {} catch {
                try this.swap(key, true, purse.amount0 - before.amount0) {} catch {}
            }
        }
    }

    function _assertNotBetter(Purse memory before, Purse memory afterwards) private pure {
        bool gained =
            afterwards.amount0 >= before.amount0 &&
                afterwards.amount1 >= before.amount1 &&
                afterwards.amount0 + afterwards.amount1 > before.amount0 + before.amount1;
        assertFalse(gained, "gain of one asset without a loss of the other");
    }

    /// @dev What he gained, at the price of the start, is nothing; at most a unit of an asset with an offset when the supply is
    /// another than at the start, which may complete a unit that was cut off of the offset.
    function _assertWorthNoMore(PoolKey memory key, AmmLens.PoolView memory start, Purse memory before) private view {
        Purse memory purse = _purse();
        (int256 x, int256 y) = (int256(start.virtual0), int256(start.virtual1));
        int256 worth =
            (int256(purse.amount0) - int256(before.amount0)) * y + (int256(purse.amount1) - int256(before.amount1)) * x;
        int256 slack = 0;
        if (_view(key).totalShares != start.totalShares) {
            if (key.alpha != 0) slack += y;
            if (key.beta != 0) slack += x;
        }
        assertLe(worth, slack, "worth of what the attacker gained");
    }

    function _rangeKey(uint256 fee, uint256 alpha, uint256 beta) private view returns (PoolKey memory) {
        return
            _key(
                uint24(fee % 4 == 0 ? bound(fee, 0, 50_000) : 0),
                uint128(bound(alpha, 0, 4 * Q64)),
                uint128(bound(beta, 0, Q64 / 4 - 1))
            );
    }

    /// @dev 1 to `limit`, each length as likely.
    function _scale(uint256 seed, uint256 limit) private pure returns (uint256) {
        return 1 + (seed % Math.min(limit, 2 ** (1 + (uint256(keccak256(abi.encode(seed))) % 20))));
    }

    function _purse() private view returns (Purse memory purse) {
        (purse.amount0, purse.amount1) = _balances(attacker);
    }
}
