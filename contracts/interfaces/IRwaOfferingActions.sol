// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Offering} from "../types/Offering.sol";

/// @title IRwaOfferingActions
/// @notice What `ILedger.Call.data` holds for the core of offerings: the ABI encoding of one of these functions.
/// @dev They cannot be called directly. The call's `key` is `Offering.bookKey`, its asset 0 what is paid, its asset 1 the regulated
/// asset. Payments are `amount0`, units `amount1`; what an action does not use of a payment is change. Money goes to the call's
/// receiver, units of a buyer or the seller to the caller alone.
interface IRwaOfferingActions {
    /// @notice Creates the offering, pays the listing fee out of `amount0`, and puts `amount1` units in. The seller.
    function create(Offering calldata offering) external;

    /// @notice Puts `amount1` units in. The seller, before the end.
    function deposit() external;

    /// @notice Buys `units` for what they cost, rounded up, at most `amount0`. Delivered at once, or with a soft cap set aside.
    /// @param proof of the caller in the allow-list; empty where there is none
    function subscribe(uint256 units, bytes32[] calldata proof) external;

    /// @notice Pays out the caller's units when the offering has succeeded, his own payment counted, from `IRwaOffering.PAYOUT_DELAY`
    /// after the close on. It is settled by that.
    function claim() external;

    /// @notice Pays the caller's whole payment back: when the offering has failed, or from `IRwaOffering.PAYOUT_DELAY` after the close on
    /// when it is not settled and he may not be given the units.
    function refund() external;

    /// @notice Settles the payments of those accounts that may be given their units now; passes over others. Anyone, when enough is
    /// sold for the soft cap, from the close on. The units stay there for their buyers.
    function settle(address[] calldata accounts) external;

    /// @notice Notes of those accounts that may not be given their units now and whose payments are not settled that it is so; and makes the
    /// units the seller's again of those of which it was noted between `IRwaOffering.SETTLEMENT` and twice that ago. Passes over others.
    /// Anyone, when enough is sold for the soft cap, from the close on. The payments stay there for who paid them.
    function release(address[] calldata accounts) external;

    /// @notice Pays out what is the seller's so far, less the fee. The seller; with a soft cap from `IRwaOffering.PAYOUT_DELAY` after the close
    /// on.
    function withdrawProceeds() external;

    /// @notice Takes out `units` that are not sold, 2^256 − 1 for all. The seller: without a soft cap at any time, else after the end,
    /// when all is sold, or when it is cancelled; all units when it has failed. An agent of the asset for force at any time, to whomever may be given them.
    function withdrawInventory(uint256 units) external;

    /// @notice Ends an offering of which nothing was sold. The seller.
    function cancel() external;

    /// @notice Pays out the platform's fees so far; its share of the proceeds when they are the seller's. The fee recipient of regulated assets.
    function collectFees() external;

    /// @notice Takes a settled account's units out, to whomever may be given them. An agent of the asset for force, when the offering has
    /// succeeded, from `IRwaOffering.PAYOUT_DELAY` after the close on.
    function forceClaim(address account) external;
}
