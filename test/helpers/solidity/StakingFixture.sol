// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {IStakingActions} from "../../../contracts/interfaces/IStakingActions.sol";
import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {StakingCore} from "../../../contracts/staking/StakingCore.sol";
import {StakeId} from "../../../contracts/types/StakeId.sol";
import {StakePool} from "../../../contracts/types/StakePool.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {LedgerFixture} from "./LedgerFixture.sol";

/// @title StakingFixture
/// @notice A ledger with the staking core, and each action from ledger balance to ledger balance.
abstract contract StakingFixture is LedgerFixture {
    StakingCore internal staking;
    MockERC20 internal second;
    uint256 internal asset0;
    uint256 internal asset1;
    uint256 internal asset2;

    function _deployStaking() internal {
        _deployLedger();
        staking = new StakingCore(ILedger(address(ledger)));
        second = new MockERC20("Second reward", "SECOND", 8);
        (asset0, asset1, asset2) = (_id(address(home0)), _id(address(home1)), _id(address(second)));
        ledger.listCore(address(staking));
    }

    function _create(StakePool memory pool) internal {
        _act(pool, 0, address(this), 0, 0, abi.encodeCall(IStakingActions.createPool, (pool)));
        if (pool.maxLock == 0) staking.issueReceipt(pool.toId(address(staking)));
    }

    function _act(
        StakePool memory pool,
        uint256 stream,
        address account,
        uint256 amount0,
        uint256 amount1,
        bytes memory data
    ) internal returns (uint256 out0, uint256 out1, uint256 minted) {
        ILedger.Call memory parameters;
        parameters.protocol = address(staking);
        parameters.key = _keyOf(pool, stream);
        (parameters.asset0, parameters.asset1) = (pool.stakeAsset, stream == 0 ? pool.reward0 : pool.reward1);
        (parameters.amount0, parameters.amount1, parameters.data) = (amount0, amount1, data); // to the caller
        vm.prank(account);
        return ledger.call(parameters);
    }

    function _keyOf(StakePool memory pool, uint256 stream) internal view returns (bytes32) {
        return stream == 0 ? pool.bookKey() : StakeId.unwrap(pool.toId(address(staking)));
    }

    function _bookOf(StakePool memory pool, uint256 stream) internal view returns (Word) {
        uint256 reward = stream == 0 ? pool.reward0 : pool.reward1;
        return ledger.bookOf(address(staking), _keyOf(pool, stream), pool.stakeAsset, reward);
    }

    function _section(StakePool memory pool) internal view returns (ILedgerProtocol.Section memory section) {
        section.protocol = address(staking);
        section.key = pool.bookKey();
        (section.asset0, section.asset1) = (pool.stakeAsset, pool.reward0);
        section.gasCap = 10_000_000;
    }
}
