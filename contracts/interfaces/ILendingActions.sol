// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {MarketParams} from "../types/MarketParams.sol";

/// @title ILendingActions
/// @notice What `ILedger.Call.data` holds for the lending core: the ABI encoding of one of these functions.
/// @dev They cannot be called directly. The call's `key` is `MarketParams.bookKey`, its asset 0 is the loan asset, its asset 1
/// the collateral. Amounts that come in are the call's own: `amount0` for `supply`, `supplyShares`, `repay`, `repayShares` and
/// `liquidate`, `amount1` for `addCollateral`, none for the others; what is not taken is change. What goes out goes to the
/// call's receiver. An `account` of 0 stands for the caller; another's is touched to his advantage only, or by his operator
/// on the ledger.
interface ILendingActions {
    /// @notice Creates the market. Its rate model and its LLTV must be enabled.
    function createMarket(MarketParams calldata market) external;

    /// @notice Lends the whole input. Shares round down and are minted to the receiver.
    function supply(uint256 minShares) external;

    /// @notice Lends what exactly `shares` cost, rounded up; the rest of the input is change.
    function supplyShares(uint256 shares) external;

    /// @notice Pays out exactly `assets` for shares of the caller, rounded up, at most `maxShares`.
    function withdraw(uint256 assets, uint256 maxShares) external;

    /// @notice Burns exactly `shares` of the caller, 2^256 − 1 for all of them, and pays out what they are worth, rounded down.
    function redeem(uint256 shares, uint256 minAssets) external;

    /// @notice Adds the whole input of collateral to the account's position.
    function addCollateral(address account) external;

    /// @notice Pledges `amount` units of the caller's own collateral, which has RULES, to the market (`IPledgeable`).
    function pledgeCollateral(uint256 amount) external;

    /// @notice Takes out, or releases, `amount` units of the account's collateral, 2^256 − 1 for all of it. The position must stay
    /// healthy at `IPriceOracle.borrowPrice`; without debt nobody is asked. The account, its operator, or who has its pledged units now.
    function removeCollateral(uint256 amount, address account) external;

    /// @notice Borrows exactly `assets` on the account's position, which must be healthy at `IPriceOracle.borrowPrice` afterwards. Debt
    /// shares round up. Against pledged collateral its issuer is asked (`IPledgeable.mayBorrow`).
    function borrow(uint256 assets, address account) external;

    /// @notice Repays the account's debt as far as the input goes. Debt shares round down; the rest is change.
    function repay(address account) external;

    /// @notice Repays up to `shares` debt shares of the account, at what they cost, rounded up.
    function repayShares(uint256 shares, address account) external;

    /// @notice Repays debt of an unhealthy position as far as the input goes, and at most what makes it healthy, or all of it where no
    /// more than the market's `closeOutDebt` would be left. Pays out as much collateral as that is worth with the incentive,
    /// rounded down; pledged collateral is seized to the caller. Debt that no collateral is left for is taken off what
    /// suppliers own.
    function liquidate(address account, uint256 minSeized) external;

    /// @notice Brings the market's interest up to date.
    function accrue() external;

    /// @notice Mints to the receiver the shares that the fee added. Only the fee's recipient.
    function collectFee() external;
}
