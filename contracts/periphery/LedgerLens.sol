// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {HolderFlags} from "../libraries/HolderFlags.sol";
import {Word} from "../types/Word.sol";

/// @title LedgerLens
/// @notice ERC-6909 metadata and decoded words of the ledger. No privilege; replaceable.
/// @dev An issued id is a hash: its name is known once its ERC-20 facade exists (`FacadeFactory.createFacade`, by anyone).
contract LedgerLens {
    using AssetId for uint256;
    using HolderFlags for Word;

    /// @notice A holder's word, decoded.
    struct Holding {
        uint256 key;
        uint256 side;
        uint256 balance;
        /// @dev The other asset's amount in the same word.
        uint256 neighbour;
        uint8 consent;
        uint16 sequence;
        bool frozen;
    }

    /// @notice `id` has no metadata.
    /// @dev None that the ledger could vouch for.
    error LensNoMetadata(uint256 id);

    /// @notice The ledger this lens reads.
    ILedger public immutable LEDGER;

    constructor(ILedger ledger) {
        LEDGER = ledger;
    }

    /// @notice ERC-6909 metadata: the token's name, or that of the issued asset's facade.
    function name(uint256 id) external view returns (string memory) {
        return _sourceOf(id).name();
    }

    /// @notice ERC-6909 metadata: the token's symbol, or that of the issued asset's facade.
    function symbol(uint256 id) external view returns (string memory) {
        return _sourceOf(id).symbol();
    }

    /// @notice ERC-6909 metadata: the token's decimals, or those of the issued asset's facade.
    function decimals(uint256 id) external view returns (uint8) {
        return _sourceOf(id).decimals();
    }

    /// @notice The id of a token.
    function tokenId(address token) external pure returns (uint256) {
        return uint160(token);
    }

    /// @notice The id of an issued asset (`AssetId`).
    function issuedId(address owner, bytes32 salt, uint256 flags, uint256 side) external pure returns (uint256) {
        return AssetId.issued(owner, salt, flags, side);
    }

    /// @notice Balance, neighbour and flags of the account's word of `id`.
    function holdingOf(address account, uint256 id) external view returns (Holding memory holding) {
        Word word = LEDGER.wordOf(account, id);
        (holding.key, holding.side) = LEDGER.homeOf(id);
        holding.balance = word.amount(holding.side);
        holding.neighbour = word.amount(1 - holding.side);
        holding.consent = word.consent();
        holding.sequence = word.sequence();
        holding.frozen = word.isFrozen();
    }

    function _sourceOf(uint256 id) private view returns (IERC20Metadata) {
        address source = id.isIssued() ? LEDGER.facadeOf(id) : address(uint160(id));
        require(source.code.length != 0 && (id.isIssued() || id <= type(uint160).max), LensNoMetadata(id));
        return IERC20Metadata(source);
    }
}
