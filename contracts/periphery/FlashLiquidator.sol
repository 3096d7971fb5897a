// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAmmActions} from "../interfaces/IAmmActions.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILendingActions} from "../interfaces/ILendingActions.sol";
import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {MarketParams} from "../types/MarketParams.sol";
import {PoolKey} from "../types/PoolKey.sol";

/// @title FlashLiquidator
/// @notice Liquidates with a flash loan of the ledger and sells the collateral in AMM pools, all in one call, for whoever calls and
/// owns nothing. No privilege; holds nothing between calls; replaceable.
/// @dev Liquidation and sale are one path of the ledger, so the collateral is never a balance of anybody. It serves markets of
/// two tokens: what is issued in the ledger can be neither lent out nor carried along a path (`LedgerBrokenPath`).
contract FlashLiquidator is IERC3156FlashBorrower, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice `profit` units of `token` were sent to `caller`.
    event ProfitPaid(address indexed caller, address indexed token, uint256 profit);

    /// @notice The loan asset `asset` is no token.
    error LiquidatorNotToken(uint256 asset);
    /// @notice `caller` is not the ledger.
    error LiquidatorNotLedger(address caller);
    /// @notice The loan was asked for by `initiator`.
    error LiquidatorNotInitiator(address initiator);
    /// @notice The sale ends with `held` units, where `owed` are to be repaid and `minProfit` earned.
    error LiquidatorBelowMinimumProfit(uint256 held, uint256 owed, uint256 minProfit);

    bytes32 private constant MAGIC = keccak256("ERC3156FlashBorrower.onFlashLoan");

    /// @notice The ledger, which lends and executes.
    ILedger public immutable LEDGER;
    /// @notice The lending core.
    ILendingCore public immutable LENDING;
    /// @notice The AMM.
    IAmmCore public immutable AMM;

    constructor(ILendingCore lending, IAmmCore amm) {
        LEDGER = lending.LEDGER();
        (LENDING, AMM) = (lending, amm);
    }

    /* USER ACTIONS */

    /// @notice Repays debt of the account with up to `maxAssets` borrowed units, sells the collateral through `pools`, one after the
    /// other, from the collateral to the loan asset, and sends all that is left to the caller: at least `minProfit`.
    /// @param maxAssets as the input of `ILendingActions.liquidate`; the ledger must hold as much (`maxFlashLoan`)
    /// @return profit in loan units, without what was given to this contract before
    function liquidate(
        MarketParams calldata market,
        address account,
        uint256 maxAssets,
        PoolKey[] calldata pools,
        uint256 minProfit
    ) external nonReentrant returns (uint256 profit) {
        require(market.loanAsset <= type(uint160).max, LiquidatorNotToken(market.loanAsset));
        address token = address(uint160(market.loanAsset));
        uint256 before = IERC20(token).balanceOf(address(this));
        bytes memory data = abi.encode(_pathOf(market, account, maxAssets, pools), before, minProfit);
        // It answers true or reverts.
        // solhint-disable-next-line no-unchecked-calls
        LEDGER.flashLoan(this, token, maxAssets, data);
        uint256 held = IERC20(token).balanceOf(address(this));
        profit = held - before; // the callback has checked it
        emit ProfitPaid(msg.sender, token, profit);
        if (held != 0) IERC20(token).safeTransfer(msg.sender, held);
    }

    /* LEDGER ENTRIES */

    /// @inheritdoc IERC3156FlashBorrower
    /// @dev For a loan that this contract has asked for, within its own call.
    function onFlashLoan(
        address initiator,
        address token,
        uint256 amount,
        uint256,
        bytes calldata data
    ) external returns (bytes32) {
        require(msg.sender == address(LEDGER), LiquidatorNotLedger(msg.sender));
        require(initiator == address(this), LiquidatorNotInitiator(initiator));
        (ILedger.Call[] memory path, uint256 before, uint256 minProfit) = abi.decode(
            data,
            (ILedger.Call[], uint256, uint256)
        );
        // Once for the liquidation, once for the loan; the ledger takes both whole.
        IERC20(token).forceApprove(address(LEDGER), 2 * amount);
        // What it pays is measured.
        // solhint-disable-next-line no-unchecked-calls
        LEDGER.callPath(path);
        uint256 held = IERC20(token).balanceOf(address(this));
        held = held < before ? 0 : held - before;
        require(held >= amount && held - amount >= minProfit, LiquidatorBelowMinimumProfit(held, amount, minProfit));
        return MAGIC;
    }

    /* INTERNALS */

    /// @dev The liquidation, paid from this contract's wallet, and the sales, the last of which pays to it.
    function _pathOf(
        MarketParams calldata market,
        address account,
        uint256 maxAssets,
        PoolKey[] calldata pools
    ) private view returns (ILedger.Call[] memory path) {
        path = new ILedger.Call[](pools.length + 1);
        path[0] = ILedger.Call({
            protocol: address(LENDING),
            asset0: market.loanAsset,
            asset1: market.collateralAsset,
            key: market.bookKey(),
            source: ILedger.Source.WALLET,
            destination: ILedger.Destination.WALLET,
            amount0: maxAssets,
            amount1: 0,
            to: msg.sender, // of what no pool is named for
            data: abi.encodeCall(ILendingActions.liquidate, (account, 0))
        });
        bytes memory sale = abi.encodeCall(IAmmActions.swapExactIn, (0, block.timestamp));
        for (uint256 i; i < pools.length; ++i) {
            path[i + 1] = ILedger.Call({
                protocol: address(AMM),
                asset0: pools[i].asset0,
                asset1: pools[i].asset1,
                key: pools[i].bookKey(),
                source: ILedger.Source.WALLET,
                destination: ILedger.Destination.WALLET,
                amount0: 0,
                amount1: 0,
                to: i + 1 == pools.length ? address(this) : msg.sender,
                data: sale
            });
        }
    }
}
