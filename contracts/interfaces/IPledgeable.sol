// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IPledgeable
/// @notice Encumbrance instead of transfer: pledged units stay on the holder's name, with their income, but only the
/// pledgee can release or seize them. How an asset with RULES serves as collateral, stake or insured value.
/// @dev Implemented by the asset's issuer. Amounts are in the asset's units. A pledgee is a protocol core that the
/// issuer approved for the asset; movable units of a holder are balance − frozen − pledged.
interface IPledgeable {
    event Pledged(uint256 indexed id, address indexed account, address indexed pledgee, uint256 amount);
    event PledgeReleased(uint256 indexed id, address indexed account, address indexed pledgee, uint256 amount);
    event PledgeSeized(
        uint256 indexed id,
        address indexed account,
        address indexed pledgee,
        address to,
        uint256 amount
    );

    /// @notice `account` can move `movable` units of `id` and needs `needed`.
    error PledgeInsufficientUnits(address account, uint256 id, uint256 movable, uint256 needed);
    /// @notice `account` has pledged `pledged` units of `id` to `pledgee`, not `needed`.
    error PledgeInsufficient(address account, uint256 id, address pledgee, uint256 pledged, uint256 needed);
    /// @notice `pledgee` may not take pledges of `id`.
    error PledgeeNotApproved(uint256 id, address pledgee);

    /// @notice Pledges `amount` movable units of `account` to the caller. Only an approved pledgee may call, and only
    /// while executing an action of `account`.
    function pledge(address account, uint256 id, uint256 amount) external;

    /// @notice Gives `amount` pledged units back to `account`. Only the pledgee.
    function release(address account, uint256 id, uint256 amount) external;

    /// @notice Moves `amount` pledged units to the eligible `to`. Only the pledgee; a freeze of `account` does not stop it.
    function seize(address account, uint256 id, uint256 amount, address to) external;

    /// @notice Whether the pledge of `account` to `pledgee` may back new debt: the units are with `account` still, free of the issuer's
    /// freezes, and `account` could pledge them now. A pledgee asks before each new debt; repaying, releasing and seizing ask nobody.
    /// @dev Called statically with at most 100,000 gas; a revert counts as a refusal.
    function mayBorrow(address account, uint256 id, address pledgee) external view returns (bool);

    /// @notice Whether the calling pledgee may open a market of id `market` on pledges of `id`. Who makes a market chooses its oracle and what
    /// it lends, and so who is liquidated to whom: without the issuer's word for the market anybody could seize from himself.
    /// @dev Called statically with at most 100,000 gas; a revert counts as a refusal.
    function isMarketApproved(uint256 id, bytes32 market) external view returns (bool);

    /// @notice Who has the units of the pledge of `account` to `pledgee`: `account`, unless the issuer moved them with the pledge. He may
    /// have them released as far as nothing is owed on them.
    /// @dev Called statically with at most 100,000 gas; a revert counts as `account`.
    function pledgeHolderOf(address account, uint256 id, address pledgee) external view returns (address);

    /// @notice Units of `account` pledged to `pledgee`.
    function pledgedOf(address account, uint256 id, address pledgee) external view returns (uint256);

    /// @notice Units of `account` pledged to anybody.
    function pledgedTotal(address account, uint256 id) external view returns (uint256);
}
