// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAddressBook} from "../interfaces/IAddressBook.sol";
import {AccountPage} from "../libraries/AccountPage.sol";

/// @title AddressBook
/// @notice Short ids for addresses without a key, on pages of immutable code.
contract AddressBook is IAddressBook {
    /// @inheritdoc IAddressBook
    uint256 public pageCount;

    /// @inheritdoc IAddressBook
    function list(address[] calldata accounts) external returns (uint256 firstId) {
        uint256 count = accounts.length;
        uint256 maximum = AccountPage.MAX_ADDRESS_ROWS;
        require(count != 0 && count <= maximum, AddressBookInvalidCount(count, maximum));
        uint256 page = pageCount++;
        require(page < AccountPage.MAX_PAGES, AddressBookFull());
        firstId = AccountPage.idOf(AccountPage.KIND_ADDRESS, page, 0);

        bytes memory rows = new bytes(count * AccountPage.ADDRESS_ROW);
        for (uint256 i; i < count; ++i) {
            address account = accounts[i];
            require(account != address(0), AddressBookZeroAddress(i));
            AccountPage.setAddressRow(rows, i, account);
            emit AddressListed(account, firstId + i);
        }
        AccountPage.create(rows);
    }

    /// @inheritdoc IAddressBook
    function pageAt(uint256 page) external view returns (address) {
        return AccountPage.pageAt(address(this), page);
    }

    /// @inheritdoc IAddressBook
    function accountOf(uint256 id) external view returns (address) {
        (uint256 kind, uint256 page, uint256 index) = AccountPage.split(id);
        if (kind != AccountPage.KIND_ADDRESS) return address(0);
        return AccountPage.addressRow(AccountPage.pageAt(address(this), page), index);
    }
}
