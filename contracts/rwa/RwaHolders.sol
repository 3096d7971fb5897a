// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC7943MultiToken} from "../interfaces/external/IERC7943MultiToken.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {IRwaAgency} from "../interfaces/IRwaAgency.sol";
import {IRwaCore} from "../interfaces/IRwaCore.sol";
import {RwaWords} from "../libraries/RwaWords.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {RwaIncome} from "./RwaIncome.sol";

/// @title RwaHolders
/// @notice What agents do with holders' units: mint, burn, freeze, force, move a pledge, recover, take an LP out of a pool.
/// @dev A part of `RwaAgency`. State is written before the ledger is called, and the ledger refuses to take from a core.
abstract contract RwaHolders is RwaIncome, IRwaAgency {
    using RwaWords for uint256;

    /* SUPPLY */

    /// @inheritdoc IRwaAgency
    function mint(uint256 id, address to, uint256 amount) external {
        _checkCaller(id, MINT);
        _checkAmount(amount);
        Asset storage asset = _assets[id];
        require(!asset.hot.has(RwaWords.PAUSED), IRwaCore.RwaPaused(id));
        uint256 supply = asset.supply + amount; // amount is checked to be below 2^96
        require(supply <= asset.cap, RwaAboveCap(supply, asset.cap));
        _checkTaker(id, to);
        _checkRoom(id, to, amount);
        uint256 hot = _count(id);
        _settleNow(id, hot, to);
        asset.supply = uint96(supply); // at most the cap
        asset.weight += uint96(amount); // at most the supply
        _LEDGER.mint(id, to, amount);
        _countHolders(id, hot, address(0), to);
    }

    /// @inheritdoc IRwaAgency
    function burn(uint256 id, address from, uint256 amount) external {
        _checkCaller(id, BURN);
        _checkAmount(amount);
        _thaw(id, from, amount);
        Asset storage asset = _assets[id];
        uint256 hot = _count(id);
        _settleNow(id, hot, from);
        asset.supply -= uint96(amount); // a part of a balance
        asset.weight -= uint96(amount); // likewise
        _LEDGER.burn(id, from, amount);
        _countHolders(id, hot, from, address(0));
    }

    /* FREEZES */

    /// @notice See `IERC7943MultiToken.setFrozenTokens`.
    function setFrozenTokens(address account, uint256 id, uint256 amount) external returns (bool) {
        _checkCaller(id, FREEZE);
        require(amount <= type(uint112).max, IRwaCore.RwaAmountTooLarge(amount, type(uint112).max));
        Encumbrance memory encumbrance = _encumbrances[id][account];
        encumbrance.frozen = uint112(amount);
        _encumber(id, account, encumbrance);
        emit IERC7943MultiToken.Frozen(account, id, amount);
        return true;
    }

    /// @inheritdoc IRwaAgency
    function setAccountFrozen(uint256 id, address account, bool isFrozen) external {
        _checkCaller(id, FREEZE);
        Encumbrance memory encumbrance = _encumbrances[id][account];
        encumbrance.isFrozen = isFrozen;
        _encumber(id, account, encumbrance);
        emit AccountFrozenSet(id, account, isFrozen);
    }

    /* FORCE */

    /// @notice See `IERC7943MultiToken.forcedTransfer`: of units that are not pledged, to an account that may hold the asset.
    /// @dev To oneself it changes nothing.
    function forcedTransfer(address from, address to, uint256 id, uint256 amount) external returns (bool) {
        _checkCaller(id, FORCE);
        _checkTaker(id, to);
        if (from == to) _checkForceable(id, from, amount);
        else _thaw(id, from, amount);
        _relocate(id, from, to, amount);
        emit IERC7943MultiToken.ForcedTransfer(from, to, id, amount);
        return true;
    }

    /// @inheritdoc IRwaAgency
    function movePledge(uint256 id, address account, address pledgee, address to) external {
        _checkCaller(id, FORCE);
        Pledge storage stored = _pledges[id][account][pledgee];
        (uint96 amount, address holder) = (stored.amount, stored.holder);
        require(amount != 0 && holder != to, RwaNoPledge(account, pledgee, holder));
        _checkTaker(id, to);
        stored.holder = to;
        Encumbrance memory encumbrance = _encumbrances[id][holder];
        encumbrance.pledged -= amount; // the pledge is a part of it
        _encumber(id, holder, encumbrance);
        encumbrance = _encumbrances[id][to];
        encumbrance.pledged += amount; // with it at most the balance, once the units are there
        _encumber(id, to, encumbrance);
        emit PledgeMoved(id, account, pledgee, holder, to, amount);
        _relocate(id, holder, to, amount);
        emit IERC7943MultiToken.ForcedTransfer(holder, to, id, amount);
    }

    /// @inheritdoc IRwaAgency
    function recover(uint256 id, address lost, address fresh, PledgeRef[] calldata pledges) external {
        _checkCaller(id, RECOVER);
        require(lost != fresh, RwaSameAccount(lost));
        _checkTaker(id, fresh);
        _recoverPledges(id, lost, fresh, pledges);
        _recoverEncumbrance(id, lost, fresh);
        uint256 hot = _count(id);
        _recoverIncome(id, hot, lost, fresh);
        uint256 balance = _LEDGER.balanceOf(lost, id);
        if (balance != 0) _relocate(id, lost, fresh, balance);
        emit IERC7943MultiToken.ForcedTransfer(lost, fresh, id, balance);
        emit Recovered(id, lost, fresh, balance);
    }

    /// @inheritdoc IRwaAgency
    /// @dev What the pool pays the account passes the rules of `id`, and those of the pool's other asset where the caller has the force
    /// role of that, too: one issuer's force is none over another's asset.
    function forceExit(
        uint256 id,
        address amm,
        PoolKey calldata key,
        address account,
        uint256 minAmount0,
        uint256 minAmount1
    ) external returns (uint256 amount0, uint256 amount1) {
        address actor = _actor(id);
        _checkAgent(id, actor, FORCE);
        require(_accounts[amm].isProtocol() && (key.asset0 == id || key.asset1 == id), RwaNotProtocol(amm));
        _forcedExit = _exitOf(id, amm, account);
        uint256 other = key.asset0 == id ? key.asset1 : key.asset0;
        if (_isAgent(other, actor, FORCE)) _otherExit = _exitOf(other, amm, account);
        (amount0, amount1) = IAmmCore(amm).forceExit(key, account, minAmount0, minAmount1);
        (_forcedExit, _otherExit) = (0, 0);
        emit ExitForced(id, amm, account, amount0, amount1);
    }

    /* INTERNALS */

    /// @dev Units of which the account can be deprived: those that are not pledged.
    function _checkForceable(uint256 id, address from, uint256 amount) private view returns (uint256 available) {
        uint256 pledged = _encumbrances[id][from].pledged;
        available = _LEDGER.balanceOf(from, id) - pledged; // pledged units are in the balance
        require(amount <= available, RwaNotForceable(from, id, available, amount));
    }

    /// @dev Thaws what of `amount` is frozen, before it leaves.
    function _thaw(uint256 id, address from, uint256 amount) private {
        uint256 available = _checkForceable(id, from, amount);
        Encumbrance memory encumbrance = _encumbrances[id][from];
        uint256 unfrozen = available > encumbrance.frozen ? available - encumbrance.frozen : 0;
        if (amount <= unfrozen) return;
        // amount <= available, so what it exceeds the unfrozen by is frozen
        encumbrance.frozen -= uint112(amount - unfrozen);
        _encumber(id, from, encumbrance);
        emit IERC7943MultiToken.Frozen(from, id, encumbrance.frozen);
    }

    function _recoverPledges(uint256 id, address lost, address fresh, PledgeRef[] calldata pledges) private {
        uint256 named;
        for (uint256 i; i < pledges.length; ++i) {
            (address account, address pledgee) = (pledges[i].account, pledges[i].pledgee);
            Pledge storage stored = _pledges[id][account][pledgee];
            uint256 amount = stored.amount;
            require(amount != 0 && stored.holder == lost, RwaNoPledge(account, pledgee, lost));
            stored.holder = fresh;
            named += amount;
            emit PledgeMoved(id, account, pledgee, lost, fresh, amount);
        }
        uint256 pledged = _encumbrances[id][lost].pledged;
        require(named == pledged, RwaPledgesMissing(pledged, named));
    }

    /// @dev Freezes go with the person.
    function _recoverEncumbrance(uint256 id, address lost, address fresh) private {
        Encumbrance memory from = _encumbrances[id][lost];
        Encumbrance memory to = _encumbrances[id][fresh];
        uint256 frozen = uint256(from.frozen) + to.frozen;
        if (frozen > type(uint112).max) frozen = type(uint112).max;
        if (from.frozen != 0) {
            emit IERC7943MultiToken.Frozen(lost, id, 0);
            emit IERC7943MultiToken.Frozen(fresh, id, frozen);
        }
        if (from.isFrozen) emit AccountFrozenSet(id, fresh, true);
        to = Encumbrance({
            frozen: uint112(frozen),
            pledged: to.pledged + from.pledged, // together at most the supply
            isFrozen: to.isFrozen || from.isFrozen
        });
        _encumber(id, fresh, to);
        _encumber(id, lost, Encumbrance({frozen: 0, pledged: 0, isFrozen: from.isFrozen}));
    }

    function _recoverIncome(uint256 id, uint256 hot, address lost, address fresh) private {
        uint256 from = _settleNow(id, hot, lost);
        uint256 to = _settleNow(id, hot, fresh);
        unchecked {
            // what accrued, above the 152 bits of the index, is meant modulo 2^104
            _records[id][fresh] = to + ((from >> 152) << 152);
            _records[id][lost] = uint152(from);
        }
    }

    function _checkAmount(uint256 amount) private pure {
        require(amount != 0, IRwaCore.RwaZeroAmount());
        require(amount <= MAX_UNITS, IRwaCore.RwaAmountTooLarge(amount, MAX_UNITS));
    }
}
