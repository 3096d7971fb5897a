// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IAddressBook
/// @notice Short ids for addresses without a key: receivers, and signers that bring signatures of their own.
/// @dev Anyone may list any address, any number of times: an id gives no right.
interface IAddressBook {
    event AddressListed(address indexed account, uint256 indexed id);

    /// @notice `count` addresses are not from 1 to `maximum`.
    error AddressBookInvalidCount(uint256 count, uint256 maximum);
    /// @notice Address `index` of the page is zero.
    error AddressBookZeroAddress(uint256 index);
    /// @notice The address book has all the pages it can have.
    error AddressBookFull();

    /// @notice Writes 1 to 256 addresses as one page.
    /// @return firstId id of the first one; the others follow
    function list(address[] calldata accounts) external returns (uint256 firstId);

    /// @notice How many pages there are.
    function pageCount() external view returns (uint256);

    /// @notice The contract whose code is page `page`, whether or not it exists yet.
    function pageAt(uint256 page) external view returns (address);

    /// @notice The address of an id, or zero.
    function accountOf(uint256 id) external view returns (address);
}
