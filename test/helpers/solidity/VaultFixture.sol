// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILendingActions} from "../../../contracts/interfaces/ILendingActions.sol";
import {ILendingCore} from "../../../contracts/interfaces/ILendingCore.sol";
import {ILendingVault} from "../../../contracts/interfaces/ILendingVault.sol";
import {LendingCore} from "../../../contracts/lending/LendingCore.sol";
import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {MockPriceOracle} from "../../../contracts/mocks/MockPriceOracle.sol";
import {MockRateModel} from "../../../contracts/mocks/MockRateModel.sol";
import {LendingLens} from "../../../contracts/periphery/LendingLens.sol";
import {LendingVault} from "../../../contracts/periphery/LendingVault.sol";
import {MarketId} from "../../../contracts/types/MarketId.sol";
import {ADAPTIVE_CURVE, MarketParams, NO_INTEREST} from "../../../contracts/types/MarketParams.sol";
import {LedgerFixture} from "./LedgerFixture.sol";

/// @title VaultFixture
/// @notice A vault of one token on three markets, each with its own rate model, administered by the contract that inherits this.
abstract contract VaultFixture is LedgerFixture {
    uint256 internal constant MARKETS = 3;
    uint256 internal constant CAP = 1e24;
    uint256 internal constant LLTV = 0.86e18;
    uint256 private constant PRICE_SCALE = 1e36;
    uint256 private constant TIMELOCK = 1 days;

    MockERC20 internal token;
    LendingCore internal lending;
    LendingLens internal lens;
    LendingVault internal vault;
    MockPriceOracle internal oracle;
    MockRateModel internal rateModel;
    MarketParams[MARKETS] internal markets;
    MarketId[] internal ids;

    function _deployVault() internal {
        _deployLedger();
        token = new MockERC20("Loan token", "LOAN", 18);
        lending = new LendingCore(ILedger(address(ledger)));
        lens = new LendingLens(ILendingCore(address(lending)));
        ledger.listCore(address(lending));
        lending.enableLltv(LLTV);
        oracle = new MockPriceOracle(PRICE_SCALE);
        rateModel = new MockRateModel();
        rateModel.setRate(1e9);
        vault = new LendingVault(
            ILendingCore(address(lending)),
            IERC20(address(token)),
            address(this),
            TIMELOCK,
            "Vault",
            "VLT"
        );
        address[MARKETS] memory models = [ADAPTIVE_CURVE, address(rateModel), NO_INTEREST];
        for (uint256 i; i < MARKETS; ++i) _addMarket(i, models[i]);
        skip(TIMELOCK);
        for (uint256 i; i < MARKETS; ++i) vault.acceptCap(markets[i]);
        vault.setSupplyQueue(ids);
    }

    function _addMarket(uint256 index, address irm) private {
        lending.enableRateModel(irm);
        markets[index] = MarketParams({
            loanAsset: _id(address(token)),
            collateralAsset: _id(address(home0)),
            oracle: address(oracle),
            irm: irm,
            lltv: LLTV,
            closeOutDebt: type(uint96).max
        });
        _act(index, address(this), 0, 0, abi.encodeCall(ILendingActions.createMarket, (markets[index])));
        ids.push(markets[index].toId(address(lending)));
        vault.submitCap(markets[index], CAP);
    }

    /* ACTIONS */

    /// @dev A deposit of fresh tokens.
    function _deposit(address account, uint256 assets) internal returns (uint256) {
        _give(account, assets);
        vm.prank(account);
        return vault.deposit(assets, account);
    }

    function _give(address account, uint256 assets) internal {
        token.mint(account, assets);
        vm.prank(account);
        token.approve(address(vault), type(uint256).max);
    }

    /// @dev Borrows `assets` against twice as much.
    function _borrow(uint256 index, address account, uint256 assets) internal {
        _fund(home0, account, 2 * assets);
        _act(index, account, 0, 2 * assets, abi.encodeCall(ILendingActions.addCollateral, (account)));
        _act(index, account, 0, 0, abi.encodeCall(ILendingActions.borrow, (assets, account)));
    }

    /// @dev Has all of the account's collateral, worth nothing for a moment, seized for a unit, and its debt written off.
    function _loseDebt(uint256 index, address account) internal {
        oracle.setPrice(1e12);
        _fund(token, address(this), 1e18);
        _act(index, address(this), 1e18, 0, abi.encodeCall(ILendingActions.liquidate, (account, 0)));
        oracle.setPrice(PRICE_SCALE);
    }

    function _supplyTo(uint256 index, address from, address to, uint256 assets) internal {
        _fund(token, from, assets);
        vm.prank(from);
        // A call of the ledger, which reverts.
        // solhint-disable-next-line no-unchecked-calls
        ledger.call(_call(index, assets, 0, to, abi.encodeCall(ILendingActions.supply, (0))));
    }

    function _act(uint256 index, address account, uint256 amount0, uint256 amount1, bytes memory data) private {
        vm.prank(account);
        // A call of the ledger, which reverts.
        // solhint-disable-next-line no-unchecked-calls
        ledger.call(_call(index, amount0, amount1, account, data));
    }

    function _call(
        uint256 index,
        uint256 amount0,
        uint256 amount1,
        address to,
        bytes memory data
    ) private view returns (ILedger.Call memory) {
        MarketParams memory market = markets[index];
        return
            ILedger.Call({
                protocol: address(lending),
                asset0: market.loanAsset,
                asset1: market.collateralAsset,
                key: market.bookKey(),
                source: ILedger.Source.LEDGER,
                destination: ILedger.Destination.LEDGER,
                amount0: amount0,
                amount1: amount1,
                to: to,
                data: data
            });
    }

    function _reallocate(uint256 index, uint256 assets) internal {
        ILendingVault.Allocation[] memory allocations = new ILendingVault.Allocation[](1);
        allocations[0] = ILendingVault.Allocation(ids[index], assets);
        vault.reallocate(allocations);
    }
}
