// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccountPage} from "../libraries/AccountPage.sol";

/// @title AccountPageHarness
/// @notice `AccountPage` behind external calls.
contract AccountPageHarness {
    function addressOf(address creator, uint256 nonce) external pure returns (address) {
        return AccountPage.addressOf(creator, nonce);
    }

    function split(uint256 id) external pure returns (uint256 kind, uint256 page, uint256 index) {
        return AccountPage.split(id);
    }

    function idOf(uint256 kind, uint256 page, uint256 index) external pure returns (uint256) {
        return AccountPage.idOf(kind, page, index);
    }
}
