// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {MarketId} from "../types/MarketId.sol";
import {MarketParams} from "../types/MarketParams.sol";
import {IAssetMetadata} from "./IAssetMetadata.sol";
import {ILedger} from "./ILedger.sol";
import {ILedgerProtocol} from "./ILedgerProtocol.sol";

/// @title ILendingCore
/// @notice Isolated lending markets: one loan asset, one collateral, one oracle, one rate model, one LLTV, for ever.
/// @dev What a market holds, idle loan assets and collateral, is its ledger book; totals and positions are stored here. Supply
/// shares are a ledger asset of the market (`MarketId.shareId`). Users reach it through `ILedger.call` with `ILendingActions`.
/// The shape is that of Morpho Blue. Every rounding favours the market.
interface ILendingCore is ILedgerProtocol, IAssetMetadata {
    /// @notice What is stored of a market beside its book, as of its last update.
    struct MarketState {
        /// @dev With the virtual shares left out and the fee's shares counted.
        uint256 supplyShares;
        /// @dev Debt of all, in units of the loan asset.
        uint256 borrowAssets;
        uint256 borrowShares;
        /// @dev Shares of the supply that the fee added and its recipient has not collected.
        uint256 feeShares;
        /// @dev Adaptive curve: the rate at the target utilisation. External model: its last answer. WAD per second.
        uint256 rate;
        /// @dev Share of the interest that goes to the fee's recipient, WAD.
        uint256 fee;
        /// @dev Whether the collateral has RULES and is pledged, not held.
        bool isPledged;
    }

    /// @notice One account in one market.
    struct Position {
        uint112 borrowShares; // slot 0
        uint112 collateral; //   slot 0
    }

    event MarketCreated(
        MarketId indexed id,
        uint256 indexed loanAsset,
        uint256 indexed collateralAsset,
        address oracle,
        address irm,
        uint256 lltv,
        uint256 closeOutDebt
    );
    /// @notice `interest`, since the last update, was added to debt and supply.
    event InterestAccrued(MarketId indexed id, uint256 interest);
    /// @notice `feeShares` were added to the supply's shares for the fee's recipient.
    event FeeAccrued(MarketId indexed id, uint256 feeShares);
    event Supplied(MarketId indexed id, address indexed account, uint256 assets, uint256 shares);
    event Withdrawn(MarketId indexed id, address indexed account, uint256 assets, uint256 shares);
    event CollateralAdded(MarketId indexed id, address indexed caller, address indexed account, uint256 amount);
    event CollateralRemoved(MarketId indexed id, address indexed caller, address indexed account, uint256 amount);
    event Borrowed(
        MarketId indexed id,
        address indexed caller,
        address indexed account,
        uint256 assets,
        uint256 shares
    );
    event Repaid(MarketId indexed id, address indexed caller, address indexed account, uint256 assets, uint256 shares);
    /// @notice `badDebt` units and `badShares` debt shares had no collateral left and were written off.
    event Liquidated(
        MarketId indexed id,
        address indexed liquidator,
        address indexed account,
        uint256 repaidAssets,
        uint256 repaidShares,
        uint256 seized,
        uint256 badDebt,
        uint256 badShares
    );
    /// @notice The account, which owed nothing, owes something since an operation of a section. With `Borrowed` it names everyone who
    /// can be liquidated.
    event DebtOpened(MarketId indexed id, address indexed account);
    /// @notice A section was settled: the market after it. Its other operations have no events of their own; what each did follows from the
    /// batch and the market before.
    event MarketSettled(
        MarketId indexed id,
        uint256 supplyAssets,
        uint256 supplyShares,
        uint256 borrowAssets,
        uint256 borrowShares
    );
    /// @notice `amount` pledged units of `account`, liquidated before, moved to `liquidator`.
    event Seized(MarketId indexed id, address indexed account, address indexed liquidator, uint256 amount);
    event LltvEnabled(uint256 lltv);
    event RateModelEnabled(address indexed irm);
    event FeeSet(MarketId indexed id, uint256 fee);
    event FeeRecipientSet(address indexed recipient);
    event FeeCollected(MarketId indexed id, address indexed recipient, uint256 shares);

    /// @notice `caller` is not the ledger.
    error LendingNotLedger(address caller);
    /// @notice There is no action `selector`.
    error LendingUnknownAction(bytes4 selector);
    /// @notice There is no market `id`.
    error LendingUnknownMarket(MarketId id);
    /// @notice The market `id` exists already.
    error LendingMarketExists(MarketId id);
    /// @notice The call is on the book `id`, the parameters are of `expected`.
    error LendingWrongMarket(MarketId expected, MarketId id);
    /// @notice A market cannot lend `asset` against itself.
    error LendingSameAsset(uint256 asset);
    /// @notice `asset` has RULES and cannot be lent.
    error LendingRestrictedAsset(uint256 asset);
    /// @notice `lltv` is not enabled.
    error LendingLltvNotEnabled(uint256 lltv);
    /// @notice `lltv` is not below 1e18, or no multiple of 1e14.
    error LendingInvalidLltv(uint256 lltv);
    /// @notice The rate model `irm` is not enabled.
    error LendingRateModelNotEnabled(address irm);
    /// @notice `account` has no code.
    error LendingNoCode(address account);
    /// @notice `amount` exceeds the maximum of `maximum`.
    error LendingAmountTooLarge(uint256 amount, uint256 maximum);
    /// @notice The call's amounts are `amount0` and `amount1`, where this action takes none of one of them or something of it.
    error LendingWrongInputs(uint256 amount0, uint256 amount1);
    /// @notice Nothing, or no share, results.
    error LendingZeroAmount();
    /// @notice The shares would be `shares`, less than the minimum of `minimum`.
    error LendingBelowMinimumShares(uint256 shares, uint256 minimum);
    /// @notice The shares would be `shares`, more than the maximum of `maximum`.
    error LendingAboveMaximumShares(uint256 shares, uint256 maximum);
    /// @notice The amount would be `amount`, less than the minimum of `minimum`.
    error LendingBelowMinimumOut(uint256 amount, uint256 minimum);
    /// @notice `needed` units are needed where `input` came in.
    error LendingInsufficientInput(uint256 input, uint256 needed);
    /// @notice `wanted` units are wanted of the `available` that are not lent.
    error LendingInsufficientLiquidity(uint256 wanted, uint256 available);
    /// @notice `shares` exceed the `available` in holders' hands.
    error LendingInsufficientShares(uint256 shares, uint256 available);
    /// @notice `wanted` units of collateral are wanted of `available`.
    error LendingInsufficientCollateral(uint256 wanted, uint256 available);
    /// @notice The position would owe `debt` and may owe at most `maximum`.
    error LendingUnhealthy(uint256 debt, uint256 maximum);
    /// @notice The position owes `debt` and may owe `maximum`: it cannot be liquidated.
    error LendingHealthy(uint256 debt, uint256 maximum);
    /// @notice The oracle's price is 0.
    error LendingZeroPrice(address oracle);
    /// @notice The collateral `collateralAsset` is to be pledged, not held, or the other way round.
    /// @dev One with RULES comes by `pledgeCollateral`, any other by `addCollateral`.
    error LendingWrongCollateral(uint256 collateralAsset);
    /// @notice The issuer of `asset` has not approved the market `id`, whose collateral it would be.
    error LendingMarketNotApproved(uint256 asset, MarketId id);
    /// @notice The issuer of `asset` lets the pledge of `account` back no new debt.
    error LendingPledgeRefused(address account, uint256 asset);
    /// @notice `caller` is not an operator of `account` on the ledger.
    error LendingNotOperator(address caller, address account);
    /// @notice `available` gas is left where a rate model, an oracle or an issuer must get `needed`.
    error LendingInsufficientGas(uint256 available, uint256 needed);
    /// @notice The section's share is `shareId`, the market's is `expected`.
    error LendingWrongShare(uint256 expected, uint256 shareId);
    /// @notice `caller` has no authority for this call.
    error LendingUnauthorized(address caller);
    /// @notice The fee of `fee` exceeds `maximum`, or is no multiple of 0.5 %.
    error LendingInvalidFee(uint256 fee, uint256 maximum);
    /// @notice `actor` is not the fee's recipient `recipient`.
    error LendingNotFeeRecipient(address actor, address recipient);

    /* PLEDGES */

    /// @notice Has the issuer move to `liquidator` what he liquidated of the account's pledged collateral. Anyone may call; the
    /// issuer must hold `liquidator` for eligible.
    /// @dev A liquidation runs within the ledger's call, where no issuer can move a balance.
    function seize(MarketParams calldata market, address account, address liquidator) external;

    /* AUTHORITY */

    /// @notice Lets markets be created with `lltv`, WAD. Restricted; there is no removal.
    function enableLltv(uint256 lltv) external;

    /// @notice Lets markets be created with the rate model `irm`. Restricted; there is no removal.
    function enableRateModel(address irm) external;

    /// @notice Sets the market's fee: the share of the interest, WAD, at most 0.25e18, a multiple of 0.005e18. What accrued so far
    /// is at the old fee. Restricted.
    function setFee(MarketParams calldata market, uint256 fee) external;

    /// @notice Sets who may collect the fee of all markets. Restricted.
    function setFeeRecipient(address recipient) external;

    /* VIEWS */

    /// @notice The ledger.
    function LEDGER() external view returns (ILedger);

    /// @notice What is stored of a market, as of its last update.
    function marketOf(MarketId id) external view returns (MarketState memory);

    /// @notice The parameters of a market; all 0 when there is none.
    function paramsOf(MarketId id) external view returns (MarketParams memory);

    /// @notice The account's debt shares and collateral.
    function positionOf(MarketId id, address account) external view returns (Position memory);

    /// @notice Pledged collateral of `account` that `liquidator` has liquidated and not been given (`seize`).
    function seizableOf(MarketId id, address account, address liquidator) external view returns (uint256);

    /// @notice Whether markets may be created with `lltv`.
    function isLltvEnabled(uint256 lltv) external view returns (bool);

    /// @notice Whether markets may be created with `irm`.
    function isRateModelEnabled(address irm) external view returns (bool);

    /// @notice Who may collect the fee.
    function feeRecipient() external view returns (address);

    /// @notice The ledger id of the market's supply share.
    function shareIdOf(MarketParams calldata market) external view returns (uint256);
}
