// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {UnderwritingTerms} from "../types/UnderwritingTerms.sol";

/// @title IUnderwritingActions
/// @notice What `ILedger.Call.data` holds for underwriting pools: the ABI encoding of one of these functions.
/// @dev They cannot be called directly. The call's `key` is `UnderwritingTerms.bookKey`, its asset 0 the pool's asset, its asset 1 none
/// (0). Amounts that come in are the call's `amount0`: for `deposit` and `returnPremiums`, none for the others. What goes out goes to
/// the call's receiver.
interface IUnderwritingActions {
    /// @notice Creates the pool.
    function createPool(UnderwritingTerms calldata terms) external;

    /// @notice Deposits the whole input for at least `minShares` shares, which the receiver gets. Shares round down.
    function deposit(uint256 minShares) external;

    /// @notice Burns `shares` of the caller and puts them into the exit queue. They are paid at the most what they are worth now with the
    /// premiums that are not earned yet: no limit counts on them any more, and cover that is sold from now on brings them nothing. But
    /// they lose what the pool loses until they are final, of cover that is sold later too.
    function requestExit(uint256 shares) external;

    /// @notice Makes every request up to `requestId` final, which must be ready, at what its shares are worth now, at most its cap. What
    /// they are worth beyond that is earned by who stays, over a week from now.
    function finaliseExits(uint256 requestId) external;

    /// @notice Pays out the caller's request, which it makes final first if it is ready, with all before it.
    function claimExit(uint256 requestId) external;

    /// @notice Pays out the caller's fees and commissions.
    function claimFees() external;

    /// @notice Pays `amount` towards what holders of a reported risk are owed, beyond its premiums. Only the desk.
    function payClaims(uint256 amount) external;

    /// @notice Takes back premiums that a reported risk does not owe to holders. Only the desk.
    function returnPremiums() external;
}
