// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {LedgerFacade} from "./LedgerFacade.sol";

/// @title FacadeFactory
/// @notice Deploys the ERC-20 facade of an issued ledger asset: a clone at an address that follows from the id. Deployed
/// by the ledger itself; anyone may call.
contract FacadeFactory {
    event FacadeCreated(uint256 indexed id, address indexed facade, address indexed owner, bytes32 salt);

    /// @notice `id` has its facade already, at `facade`.
    error FacadeExists(uint256 id, address facade);
    /// @notice No asset has the flags `flags` and the side `side`.
    error FacadeInvalidAsset(uint256 flags, uint256 side);

    /// @notice The ledger whose assets get facades.
    ILedger public immutable LEDGER;
    /// @notice What every facade is a clone of.
    address public immutable IMPLEMENTATION;

    constructor(ILedger ledger) {
        LEDGER = ledger;
        IMPLEMENTATION = address(new LedgerFacade(ledger));
    }

    /// @notice Deploys the facade of `AssetId.issued(owner, salt, flags, side)`; its name, symbol, decimals and supply are
    /// what `owner` answers for `salt` (`IAssetMetadata`).
    function createFacade(address owner, bytes32 salt, uint256 flags, uint256 side) external returns (address facade) {
        require(flags <= AssetId.MAX_FLAGS && side < 2, FacadeInvalidAsset(flags, side));
        uint256 id = AssetId.issued(owner, salt, flags, side);
        require(LEDGER.facadeOf(id) == address(0), FacadeExists(id, LEDGER.facadeOf(id)));
        facade = Clones.cloneDeterministicWithImmutableArgs(IMPLEMENTATION, abi.encode(id, owner, salt), bytes32(id));
        emit FacadeCreated(id, facade, owner, salt);
        LEDGER.setFacade(id, facade);
    }
}
