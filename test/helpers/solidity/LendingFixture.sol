// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {ILendingActions} from "../../../contracts/interfaces/ILendingActions.sol";
import {ILendingCore} from "../../../contracts/interfaces/ILendingCore.sol";
import {LendingCore} from "../../../contracts/lending/LendingCore.sol";
import {MockRateModel} from "../../../contracts/mocks/MockRateModel.sol";
import {LendingLens} from "../../../contracts/periphery/LendingLens.sol";
import {ADAPTIVE_CURVE, MarketParams, NO_INTEREST} from "../../../contracts/types/MarketParams.sol";
import {LedgerFixture} from "./LedgerFixture.sol";

/// @title LendingFixture
/// @notice A ledger with the lending core, and each action from ledger balance to ledger balance.
abstract contract LendingFixture is LedgerFixture {
    uint256 internal constant SCALE = 1e36;
    uint256 internal constant ALWAYS_WHOLE = type(uint96).max;

    LendingCore internal lending;
    LendingLens internal lens;
    MockRateModel internal model;
    uint256 internal asset0;
    uint256 internal asset1;

    function _deployLending() internal {
        _deployLedger();
        lending = new LendingCore(ILedger(address(ledger)));
        lens = new LendingLens(ILendingCore(address(lending)));
        model = new MockRateModel();
        (asset0, asset1) = (_id(address(home0)), _id(address(home1)));
        lending.enableRateModel(NO_INTEREST);
        lending.enableRateModel(ADAPTIVE_CURVE);
        lending.enableRateModel(address(model));
    }

    function _create(MarketParams memory market) internal {
        lending.enableLltv(market.lltv);
        _act(market, address(this), 0, 0, abi.encodeCall(ILendingActions.createMarket, (market)));
    }

    function _act(
        MarketParams memory market,
        address account,
        uint256 amount0,
        uint256 amount1,
        bytes memory data
    ) internal returns (uint256 out0, uint256 out1, uint256 minted) {
        ILedger.Call memory parameters;
        parameters.protocol = address(lending);
        parameters.key = market.bookKey();
        (parameters.asset0, parameters.asset1) = (market.loanAsset, market.collateralAsset);
        (parameters.amount0, parameters.amount1, parameters.data) = (amount0, amount1, data); // to the caller
        vm.prank(account);
        return ledger.call(parameters);
    }

    /// @dev Begins a market with a debt so large that each move of time adds interest.
    function _lendIn(MarketParams memory market, address supplier, address borrower) internal {
        _act(market, supplier, 1e20, 0, abi.encodeCall(ILendingActions.supply, (0)));
        _act(market, borrower, 0, 1e20, abi.encodeCall(ILendingActions.addCollateral, (borrower)));
        _act(market, borrower, 0, 0, abi.encodeCall(ILendingActions.borrow, (3e19, borrower)));
    }

    function _section(MarketParams memory market) internal view returns (ILedgerProtocol.Section memory section) {
        section.protocol = address(lending);
        section.key = market.bookKey();
        (section.asset0, section.asset1) = (market.loanAsset, market.collateralAsset);
        section.shareId = lending.shareIdOf(market);
        section.gasCap = 10_000_000;
    }
}
