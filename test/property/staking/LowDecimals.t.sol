// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingActions} from "../../../contracts/interfaces/IStakingActions.sol";
import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {StakePool} from "../../../contracts/types/StakePool.sol";
import {StakingFixture} from "../../helpers/solidity/StakingFixture.sol";

/// @title LowDecimalsTest
/// @notice STK-2: 10,000 USDC in 30 days on 10^6 tokens of 18 decimals, with the pool touched every 12 seconds, as often as blocks come:
/// the case that a textbook index pays nothing of (test/differential/synthetix-precision.test.ts).
contract LowDecimalsTest is StakingFixture {
    uint256 private constant REWARD = 10_000e6;
    uint256 private constant STAKE = 1_000_000e18;
    uint256 private constant DURATION = 30 days;
    uint256 private constant INTERVAL = 12;
    /// @dev Of 216,000 that the schedule has.
    uint256 private constant POKES = 2_000;

    StakePool private pool;

    function test_STK_02_lowDecimals_payWhatIsDue() public {
        vm.warp(1_800_000_000);
        _deployStaking();
        MockERC20 usdc = new MockERC20("USD Coin", "USDC", 6);
        (pool.stakeAsset, pool.reward0, pool.funder, pool.step) = (asset0, _id(address(usdc)), address(this), 1);
        _create(pool);
        address staker = makeAddr("staker");
        _fund(home0, staker, STAKE);
        _fund(home0, address(this), POKES);
        _fund(usdc, address(this), REWARD);
        _act(pool, 0, staker, STAKE, 0, abi.encodeCall(IStakingActions.stake, (0, address(0))));
        _act(pool, 0, address(this), 0, REWARD, abi.encodeCall(IStakingActions.fund, (block.timestamp + DURATION)));
        for (uint256 i; i < POKES; ++i) this.poke();
        (, uint256 paid, ) = _act(pool, 0, staker, 0, 0, abi.encodeCall(IStakingActions.claim, (address(0))));
        uint256 due = (REWARD * POKES * INTERVAL) / DURATION;
        assertLe(paid, due, "more than is due");
        // What is rounded is a unit, and what the 2,000 units of the others get is less.
        assertGe(paid, due - 1, "less than is due");
    }

    /// @dev A unit of others, which has the stream counted. A call of its own, so that its memory is freed.
    function poke() external {
        skip(INTERVAL);
        _act(pool, 0, address(this), 1, 0, abi.encodeCall(IStakingActions.stake, (0, address(0))));
    }
}
