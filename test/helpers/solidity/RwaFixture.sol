// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AmmCore} from "../../../contracts/amm/AmmCore.sol";
import {IAmmActions} from "../../../contracts/interfaces/IAmmActions.sol";
import {IEligibilityRegistry} from "../../../contracts/interfaces/IEligibilityRegistry.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {IRwaActions} from "../../../contracts/interfaces/IRwaActions.sol";
import {IRwaAgency} from "../../../contracts/interfaces/IRwaAgency.sol";
import {RwaAgency} from "../../../contracts/rwa/RwaAgency.sol";
import {RwaCore} from "../../../contracts/rwa/RwaCore.sol";
import {RwaFacade} from "../../../contracts/rwa/RwaFacade.sol";
import {PoolKey, RESTRICTED} from "../../../contracts/types/PoolKey.sol";
import {PoolId} from "../../../contracts/types/PoolId.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {LedgerFixture} from "./LedgerFixture.sol";

/// @title RwaFixture
/// @notice A ledger with the core of regulated assets and the AMM; the contract that inherits this is authority and owner of the assets.
abstract contract RwaFixture is LedgerFixture {
    uint256 internal constant NEVER = type(uint40).max;
    uint256 internal constant VENUE = 2;
    uint256 internal constant POOL = 4;

    RwaCore internal core;
    IRwaAgency internal agency;
    IEligibilityRegistry internal registry;
    AmmCore internal amm;
    uint256 internal pay;

    function _deployRwa() internal {
        _deployLedger();
        amm = new AmmCore(ILedger(address(ledger)));
        core = new RwaCore(ILedger(address(ledger)), address(new RwaAgency(ILedger(address(ledger)))));
        agency = IRwaAgency(address(core));
        registry = IEligibilityRegistry(address(core));
        ledger.listCore(address(core));
        ledger.listCore(address(amm));
        registry.setProtocol(address(amm));
        pay = _id(address(home1));
    }

    function _issue(bytes32 salt, uint24 holderCap) internal returns (uint256 id) {
        IRwaAgency.Terms memory terms;
        (terms.name, terms.symbol, terms.decimals) = ("Asset", "RWA", 18);
        (terms.owner, terms.payAsset, terms.cap, terms.holderCap) = (address(this), pay, type(uint96).max, holderCap);
        return agency.issue(salt, terms);
    }

    function _facadeOf(uint256 id) internal returns (RwaFacade) {
        return RwaFacade(agency.createFacade(id));
    }

    function _admit(address account, bool isEligible) internal {
        uint40 until = isEligible ? uint40(NEVER) : 0;
        registry.setAccount(account, IEligibilityRegistry.Eligibility(until, until, 276, 0));
    }

    /// @dev A restricted pool of the first home token and the asset, with what the account puts in.
    function _createPool(
        uint256 id,
        address account,
        uint256 amount0,
        uint256 amount1
    ) internal returns (PoolKey memory key) {
        key = PoolKey(_id(address(home0)), id, 3000, 0, 0, RESTRICTED);
        address pool = address(uint160(uint256(PoolId.unwrap(key.toId(address(amm))))));
        agency.setApproval(id, address(amm), VENUE);
        agency.setApproval(id, pool, POOL);
        _trade(key, account, amount0, amount1, abi.encodeCall(IAmmActions.createPool, (key, 1, NEVER)));
        agency.setApproval(id, pool, 0);
    }

    function _trade(
        PoolKey memory key,
        address account,
        uint256 amount0,
        uint256 amount1,
        bytes memory data
    ) internal returns (uint256 out0, uint256 out1) {
        ILedger.Call memory parameters;
        (parameters.protocol, parameters.key) = (address(amm), key.bookKey());
        (parameters.asset0, parameters.asset1) = (key.asset0, key.asset1);
        (parameters.amount0, parameters.amount1, parameters.data) = (amount0, amount1, data);
        vm.prank(account);
        (out0, out1, ) = ledger.call(parameters);
    }

    function _tradeSection(PoolKey memory key) internal view returns (ILedgerProtocol.Section memory section) {
        (section.protocol, section.key) = (address(amm), key.bookKey());
        (section.asset0, section.asset1, section.gasCap) = (key.asset0, key.asset1, 20_000_000);
        section.parameters = abi.encode(uint256(1e36), uint256(0.9e18));
    }

    function _income(uint256 id, address account, uint256 amount, bytes memory data) internal returns (uint256 out) {
        ILedger.Call memory parameters;
        (parameters.protocol, parameters.key) = (address(core), bytes32(id));
        (parameters.asset0, parameters.amount0, parameters.data) = (pay, amount, data);
        vm.prank(account);
        (out, , ) = ledger.call(parameters);
    }

    function _distribute(uint256 id, uint256 amount, uint256 end) internal {
        _fund(home1, address(this), amount);
        _income(id, address(this), amount, abi.encodeCall(IRwaActions.distribute, (end)));
    }

    function _claim(uint256 id, address account) internal returns (uint256) {
        return _income(id, account, 0, abi.encodeCall(IRwaActions.claimIncome, (account)));
    }

    function _incomeBook(uint256 id) internal view returns (Word) {
        return ledger.bookOf(address(core), bytes32(id), pay, 0);
    }

    function _poolBook(PoolKey memory key) internal view returns (Word) {
        return ledger.bookOf(address(amm), key.bookKey(), key.asset0, key.asset1);
    }
}
