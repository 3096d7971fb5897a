// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AmmCore} from "../../../contracts/amm/AmmCore.sol";
import {IAmmActions} from "../../../contracts/interfaces/IAmmActions.sol";
import {IAmmCore} from "../../../contracts/interfaces/IAmmCore.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {AmmLens} from "../../../contracts/periphery/AmmLens.sol";
import {PoolKey} from "../../../contracts/types/PoolKey.sol";
import {LedgerFixture} from "./LedgerFixture.sol";

/// @title AmmFixture
/// @notice A ledger with the AMM, pools of the home pair, and each action from ledger balance to ledger balance.
abstract contract AmmFixture is LedgerFixture {
    uint256 internal constant NO_DEADLINE = type(uint256).max;
    uint128 internal constant Q64 = 2 ** 64;

    AmmCore internal amm;
    AmmLens internal lens;
    uint256 internal asset0;
    uint256 internal asset1;

    function _deployAmm() internal {
        _deployLedger();
        amm = new AmmCore(ILedger(address(ledger)));
        lens = new AmmLens(IAmmCore(address(amm)));
        (asset0, asset1) = (_id(address(home0)), _id(address(home1)));
        if (asset0 > asset1) (asset0, asset1) = (asset1, asset0);
    }

    function _key(uint24 fee, uint128 alpha, uint128 beta) internal view returns (PoolKey memory) {
        return PoolKey({asset0: asset0, asset1: asset1, fee: fee, alpha: alpha, beta: beta, flags: 0});
    }

    /* ACTIONS */

    function _create(PoolKey memory key, address account, uint256 amount0, uint256 amount1) internal {
        _act(key, account, amount0, amount1, abi.encodeCall(IAmmActions.createPool, (key, 0, NO_DEADLINE)));
    }

    function _add(PoolKey memory key, address account, uint256 max0, uint256 max1) internal returns (uint256 shares) {
        (, , shares) = _act(key, account, max0, max1, abi.encodeCall(IAmmActions.addLiquidity, (0, NO_DEADLINE)));
    }

    function _remove(
        PoolKey memory key,
        address account,
        uint256 shares
    ) internal returns (uint256 out0, uint256 out1) {
        bytes memory data = abi.encodeCall(IAmmActions.removeLiquidity, (shares, 0, 0, NO_DEADLINE));
        (out0, out1, ) = _act(key, account, 0, 0, data);
    }

    function _swapIn(
        PoolKey memory key,
        address account,
        bool zeroForOne,
        uint256 amountIn
    ) internal returns (uint256 out) {
        (uint256 in0, uint256 in1) = zeroForOne ? (amountIn, uint256(0)) : (uint256(0), amountIn);
        bytes memory data = abi.encodeCall(IAmmActions.swapExactIn, (0, NO_DEADLINE));
        (uint256 out0, uint256 out1, ) = _act(key, account, in0, in1, data);
        return out0 + out1;
    }

    function _swapOut(PoolKey memory key, address account, bool zeroForOne, uint256 maximum, uint256 out) internal {
        (uint256 in0, uint256 in1) = zeroForOne ? (maximum, uint256(0)) : (uint256(0), maximum);
        _act(key, account, in0, in1, abi.encodeCall(IAmmActions.swapExactOut, (out, NO_DEADLINE)));
    }

    function _act(
        PoolKey memory key,
        address account,
        uint256 amount0,
        uint256 amount1,
        bytes memory data
    ) internal returns (uint256 out0, uint256 out1, uint256 minted) {
        ILedger.Call memory parameters;
        parameters.protocol = address(amm);
        parameters.key = key.bookKey();
        (parameters.asset0, parameters.asset1) = (key.asset0, key.asset1);
        (parameters.amount0, parameters.amount1, parameters.data) = (amount0, amount1, data); // to the caller
        vm.prank(account);
        return ledger.call(parameters);
    }

    /// @dev A section of swaps within `tolerance` (WAD) of `price` (1e36).
    function _section(
        PoolKey memory key,
        uint256 price,
        uint256 tolerance
    ) internal view returns (ILedgerProtocol.Section memory section) {
        section.protocol = address(amm);
        section.key = key.bookKey();
        (section.asset0, section.asset1) = (key.asset0, key.asset1);
        section.gasCap = 20_000_000;
        section.parameters = abi.encode(IAmmCore.Band({price: price, tolerance: tolerance}));
    }

    /* VIEWS */

    function _view(PoolKey memory key) internal view returns (AmmLens.PoolView memory) {
        return lens.poolOf(key);
    }

    function _balances(address account) internal view returns (uint256, uint256) {
        return (ledger.balanceOf(account, asset0), ledger.balanceOf(account, asset1));
    }
}
