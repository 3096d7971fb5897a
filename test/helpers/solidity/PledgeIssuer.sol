// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetIssuer} from "../../../contracts/interfaces/IAssetIssuer.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {IPledgeable} from "../../../contracts/interfaces/IPledgeable.sol";
import {AssetId} from "../../../contracts/libraries/AssetId.sol";

/// @title PledgeIssuer
/// @notice An issuer of an asset with RULES whose units may be pledged; it looks at another contract while it is asked.
contract PledgeIssuer is IAssetIssuer, IPledgeable {
    ILedger public immutable LEDGER;
    uint256 public immutable ASSET;

    mapping(address account => mapping(address pledgee => uint256)) private _pledged;
    mapping(address account => uint256) private _total;
    address private _seen;
    bytes private _question;
    /// @notice What the other answered during the last pledge, release or seizure.
    bytes public answer;

    constructor(ILedger ledger) {
        LEDGER = ledger;
        ledger.issueAsset(0, 1, address(this), address(0));
        ASSET = AssetId.issued(address(this), 0, 1, 0);
    }

    function mint(address to, uint256 amount) external {
        LEDGER.mint(ASSET, to, amount);
    }

    function look(address seen, bytes calldata question) external {
        (_seen, _question) = (seen, question);
    }

    function pledge(address account, uint256, uint256 amount) external {
        _pledged[account][msg.sender] += amount;
        _total[account] += amount;
        _look();
    }

    function release(address account, uint256, uint256 amount) external {
        _pledged[account][msg.sender] -= amount;
        _total[account] -= amount;
        _look();
    }

    function seize(address account, uint256, uint256 amount, address to) external {
        _pledged[account][msg.sender] -= amount;
        _total[account] -= amount;
        _look();
        LEDGER.forceTransfer(ASSET, account, to, amount);
    }

    function pledgedOf(address account, uint256, address pledgee) external view returns (uint256) {
        return _pledged[account][pledgee];
    }

    function pledgedTotal(address account, uint256) external view returns (uint256) {
        return _total[account];
    }

    function mayBorrow(address, uint256, address) external pure returns (bool) {
        return true;
    }

    function isMarketApproved(uint256, bytes32) external pure returns (bool) {
        return true;
    }

    function pledgeHolderOf(address account, uint256, address) external pure returns (address) {
        return account;
    }

    function canTransfer(uint256, address from, address, uint256 amount) external view returns (bool) {
        return from == address(0) || LEDGER.balanceOf(from, ASSET) - _total[from] >= amount;
    }

    function onLedgerMovement(uint256, address, address, uint256) external {}

    function _look() private {
        if (_seen != address(0)) (, answer) = _seen.staticcall(_question);
    }
}
