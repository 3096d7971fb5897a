// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {RwaOffering} from "../../../contracts/rwa/RwaOffering.sol";
import {Offering} from "../../../contracts/types/Offering.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {RwaFixture} from "./RwaFixture.sol";

/// @title OfferingFixture
/// @notice Regulated assets with the core of offerings, which is a venue of one asset; the contract that inherits this is authority, issuer
/// and agent. The pay asset has 6 decimals.
abstract contract OfferingFixture is RwaFixture {
    address internal constant FEE_TO = address(0xFEE);

    RwaOffering internal offering;
    uint256 internal asset;

    function _deployOffering() internal {
        _deployRwa();
        asset = _issue("offered", 0);
        offering = new RwaOffering(core);
        ledger.listCore(address(offering));
        registry.setProtocol(address(offering));
        agency.setApproval(asset, address(offering), VENUE);
        agency.setFeeRecipient(FEE_TO);
    }

    /// @dev Makes a call from ledger balance to ledger balance; answers what leaves the book, and nothing where it is refused.
    function _tryAct(
        Offering memory terms,
        address caller,
        address to,
        uint256[2] memory inputs,
        bytes memory data
    ) internal returns (bool ok, uint256 out0, uint256 out1) {
        ILedger.Call memory parameters;
        (parameters.protocol, parameters.key) = (address(offering), terms.bookKey());
        (parameters.asset0, parameters.asset1) = (terms.payAsset, terms.asset);
        (parameters.amount0, parameters.amount1) = (inputs[0], inputs[1]);
        (parameters.to, parameters.data) = (to, data);
        vm.prank(caller);
        try ledger.call(parameters) returns (uint256 paid0, uint256 paid1, uint256) {
            return (true, paid0, paid1);
        } catch {
            return (false, 0, 0);
        }
    }

    function _tryAct(
        Offering memory terms,
        address caller,
        address to,
        bytes memory data
    ) internal returns (bool ok, uint256 out0, uint256 out1) {
        return _tryAct(terms, caller, to, [uint256(0), 0], data);
    }

    function _offerSection(Offering memory terms) internal view returns (ILedgerProtocol.Section memory section) {
        (section.protocol, section.key) = (address(offering), terms.bookKey());
        (section.asset0, section.asset1, section.gasCap) = (terms.payAsset, terms.asset, 20_000_000);
    }

    function _offerBook(Offering memory terms) internal view returns (Word) {
        return ledger.bookOf(address(offering), terms.bookKey(), terms.payAsset, terms.asset);
    }
}
