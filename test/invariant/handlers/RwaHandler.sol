// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAmmActions} from "../../../contracts/interfaces/IAmmActions.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {IRwaAgency} from "../../../contracts/interfaces/IRwaAgency.sol";
import {IRwaCore} from "../../../contracts/interfaces/IRwaCore.sol";
import {HolderFlags} from "../../../contracts/libraries/HolderFlags.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {WordLib} from "../../../contracts/libraries/WordLib.sol";
import {MockProtocol} from "../../../contracts/mocks/MockProtocol.sol";
import {RwaFacade} from "../../../contracts/rwa/RwaFacade.sol";
import {PoolKey} from "../../../contracts/types/PoolKey.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {RwaFixture} from "../../helpers/solidity/RwaFixture.sol";

/// @title RwaHandler
/// @notice Everything that moves units of regulated assets, drawn at random, beside a count of income by days and balances that knows nothing of
/// indices: whenever days pass, what flows is shared out by who has units.
abstract contract RwaHandler is RwaFixture {
    using HolderFlags for Word;
    using WordLib for Word;

    uint256 public constant ACTORS = 5;
    uint256 internal constant UNIT = 1e18;
    uint256 private constant PRECISION = 48;
    bytes32 private constant ROGUE_BOOK = "rogue";

    /// @notice Two assets: one in a pool and pledged, one whose holders are counted, at most three.
    uint256[2] public ids;
    address[] public actors;
    /// @notice An eligible contract that is an unlisted protocol: it may hold units, and its books may not.
    MockProtocol public rogue;
    address public lender = makeAddr("lender");
    RwaFacade public facade;
    PoolKey private _key;
    /// @notice Income that each account should have had, in units · 2^48, and what it was paid.
    mapping(uint256 a => mapping(address account => uint256)) public ideal;
    mapping(uint256 a => mapping(address account => uint256)) public paid;
    mapping(uint256 a => uint256) public paidInAll;
    mapping(uint256 a => uint256) public funded;
    mapping(uint256 a => uint256) private _ends;
    mapping(uint256 a => uint256) private _rates;
    /// @dev What flows on the day of a distribution, which is as before, until that day has been shared out.
    mapping(uint256 a => uint256) private _firstRates;
    mapping(uint256 a => bool) private _isFirst;
    uint256 private _today;
    /// @notice Answers that did not come true, by kind.
    mapping(uint256 kind => uint256) public wrong;
    mapping(bytes4 selector => uint256) public succeeded;

    constructor() {
        vm.warp(1_000 days);
        _today = 1_000 days;
        _deployRwa();
        (ids[0], ids[1]) = (_issue("one", 0), _issue("few", 3));
        facade = _facadeOf(ids[0]);
        ledger.listCore(lender);
        registry.setProtocol(lender);
        rogue = new MockProtocol(ILedger(address(ledger)));
        _admit(address(rogue), true);
        agency.setApproval(ids[0], lender, 1);
        for (uint256 i; i < ACTORS; ++i) {
            actors.push(makeAddr(string(abi.encodePacked("actor ", 65 + i))));
            _admit(actors[i], true);
            _fund(home0, actors[i], 1_000_000 * UNIT);
            agency.mint(ids[0], actors[i], 1_000 * UNIT);
            if (i < 3) agency.mint(ids[1], actors[i], 1_000 * UNIT);
            vm.startPrank(actors[i]);
            ledger.setConsent(ids[0], 1);
            ledger.setConsent(_id(address(home0)), 1);
            vm.stopPrank();
        }
        _key = _createPool(ids[0], actors[0], 100 * UNIT, 100 * UNIT);
        delete _rates[0];
    }

    /* TIME AND INCOME */

    /// @notice Lets days pass, and shares out what flows in them.
    function pass(uint256 seed) external {
        uint256 to = block.timestamp + bound(seed, 1, 3 days);
        uint256 day = to - (to % 1 days);
        for (uint256 a; a < 2; ++a) _shareOut(a, _today, day);
        _today = day;
        vm.warp(to);
        succeeded[msg.sig] += 1;
    }

    function _shareOut(uint256 a, uint256 from, uint256 to) private {
        uint256 until = to < _ends[a] ? to : _ends[a];
        if (from >= until) return;
        uint256 weight = core.assetOf(ids[a]).supply - _pooled(a);
        if (weight < 2 ** 20) {
            _ends[a] += to - from;
            return;
        }
        uint256 flows = (until - from) * _rates[a];
        if (_isFirst[a]) flows = 1 days * _firstRates[a] + (until - from - 1 days) * _rates[a];
        _isFirst[a] = false;
        for (uint256 i; i < ACTORS; ++i) _give(a, actors[i], flows, ledger.balanceOf(actors[i], ids[a]), weight);
        _give(a, address(rogue), flows, ledger.balanceOf(address(rogue), ids[a]), weight);
    }

    function _give(uint256 a, address account, uint256 flows, uint256 units, uint256 weight) private {
        ideal[a][account] += ((flows * units) << (PRECISION - 32)) / weight;
    }

    function distribute(uint256 a, uint256 amount, uint256 duration) external {
        a = a % 2;
        amount = bound(amount, 1, 1e12);
        uint256 end = _today + bound(duration, 2, 20) * 1 days;
        _distribute(ids[a], amount, end);
        if (!_isFirst[a]) _firstRates[a] = _ends[a] > _today ? _rates[a] : 0;
        _isFirst[a] = true;
        IRwaCore.IncomeState memory state = core.incomeStateOf(ids[a]);
        (_rates[a], _ends[a]) = (state.rate, state.end);
        funded[a] += amount;
        succeeded[msg.sig] += 1;
    }

    function claim(uint256 a, uint256 actor) external {
        a = a % 2;
        address account = actors[actor % ACTORS];
        uint256 amount = _claim(ids[a], account);
        paid[a][account] += amount;
        paidInAll[a] += amount;
        succeeded[msg.sig] += 1;
    }

    /* MOVEMENTS */

    /// @notice A transfer, that must succeed where the rules allow it and the balance does, and fail otherwise.
    function move(uint256 a, uint256 from, uint256 to, uint256 amount) external {
        a = a % 2;
        (address giver, address taker) = (actors[from % ACTORS], to % 7 == 5 ? address(rogue) : actors[to % ACTORS]);
        amount = _amount(ids[a], giver, amount);
        bool may = core.refusalOf(ids[a], giver, taker, amount) == IRwaCore.Refusal.NONE;
        bool has = ledger.balanceOf(giver, ids[a]) >= amount;
        bool ok = _tryMove(giver, taker, ids[a], amount);
        if (ok != (may && has)) wrong[0] += 1;
        if (ok) succeeded[msg.sig] += 1;
    }

    function moveByFacade(uint256 from, uint256 to, uint256 amount) external {
        (address giver, address taker) = (actors[from % ACTORS], actors[to % ACTORS]);
        amount = _amount(ids[0], giver, amount);
        bool may = facade.canTransfer(giver, taker, amount) && facade.balanceOf(giver) >= amount;
        bool ok = _tryMoveByFacade(giver, taker, amount);
        if (ok != may) wrong[1] += 1;
        if (ok) succeeded[msg.sig] += 1;
    }

    /// @notice Transfers in a batch, of which an account may make several: each is checked on what is left.
    function moveInBatch(uint256 seed) external {
        uint256[] memory operations = new uint256[](2 * (2 + (seed % 4)));
        uint256[] memory steps = _sequences(ids[0]);
        for (uint256 i; i < operations.length / 2; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            uint256 from = (roll >> 8) % ACTORS;
            address to = actors[(roll >> 16) % ACTORS];
            uint256 amount = 1 + ((roll >> 24) % (400 * UNIT));
            (operations[2 * i], operations[2 * i + 1]) = OperationLib.pack(
                actors[from],
                uint8(steps[from]++),
                0,
                amount,
                uint224(uint160(to))
            );
        }
        ILedgerProtocol.Section memory section;
        (section.asset0, section.gasCap) = (ids[0], 20_000_000);
        (bool executed, uint256[] memory skipped) = settlement.settleWords(section, operations);
        if (executed && skipped[0] != 2 ** (operations.length / 2) - 1) succeeded[msg.sig] += 1;
    }

    /// @notice Swaps in a section, whose movements the ledger tells of when all balances are final.
    function swapInBatch(uint256 seed) external {
        uint256[] memory operations = new uint256[](2 * (2 + (seed % 5)));
        uint256[][2] memory steps = [_sequences(_key.asset0), _sequences(ids[0])];
        for (uint256 i; i < operations.length / 2; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            (uint256 side, uint256 who) = (roll % 2, (roll >> 8) % ACTORS);
            uint8 step = uint8(steps[side][who]++);
            uint256 amount = 1e6 + ((roll >> 24) % (5 * UNIT));
            (operations[2 * i], operations[2 * i + 1]) = OperationLib.pack(actors[who], step, uint8(side), amount, 0);
        }
        ILedgerProtocol.Section memory section = _tradeSection(_key);
        (bool executed, uint256[] memory skipped) = settlement.settleWords(section, operations);
        if (executed && skipped[0] != 2 ** (operations.length / 2) - 1) succeeded[msg.sig] += 1;
    }

    function swap(uint256 actor, uint256 amount, bool sells) external {
        amount = bound(amount, 1e6, 5 * UNIT);
        bytes memory data = abi.encodeCall(IAmmActions.swapExactIn, (0, NEVER));
        _trade(_key, actors[actor % ACTORS], sells ? 0 : amount, sells ? amount : 0, data);
        succeeded[msg.sig] += 1;
    }

    function provide(uint256 actor, uint256 amount) external {
        amount = bound(amount, 1e6, 20 * UNIT);
        bytes memory data = abi.encodeCall(IAmmActions.addLiquidity, (0, NEVER));
        _trade(_key, actors[actor % ACTORS], amount, amount, data); // with change on one side
        succeeded[msg.sig] += 1;
    }

    /// @notice An LP leaves, or is made to, which must always work.
    function leave(uint256 actor, uint256 part, bool isForced) external {
        address account = actors[actor % ACTORS];
        uint256 shares = ledger.balanceOf(account, _key.shareId(address(amm)));
        if (isForced) {
            if (shares < 1e6) return;
            try agency.forceExit(ids[0], address(amm), _key, account, 0, 0) {} catch {
                wrong[2] += 1;
            }
        } else {
            shares = bound(part, 0, shares);
            _trade(_key, account, 0, 0, abi.encodeCall(IAmmActions.removeLiquidity, (shares, 0, 0, NEVER)));
        }
        succeeded[msg.sig] += 1;
    }

    /// @notice A movement into a book of an unlisted protocol and out of it in one call, which must fail.
    function passThrough(uint256 actor, uint256 amountIn, uint256 amountOut) external {
        address account = actor % 7 == 5 ? address(rogue) : actors[actor % ACTORS];
        uint256 balance = ledger.balanceOf(account, ids[0]);
        if (balance == 0) return;
        amountIn = bound(amountIn, 1, balance);
        amountOut = bound(amountOut, 0, amountIn);
        bytes4 magic = ILedgerProtocol.onLedgerCall.selector;
        rogue.setOutcome(MockProtocol.Outcome(magic, WordLib.pack(amountOut, 0), 0, Word.wrap(0)));
        ILedger.Call memory parameters;
        (parameters.protocol, parameters.key) = (address(rogue), ROGUE_BOOK);
        (parameters.asset0, parameters.amount0) = (ids[0], amountIn);
        vm.prank(account);
        try ledger.call(parameters) {
            wrong[6] += 1;
        } catch {
            succeeded[msg.sig] += 1;
        }
    }

    /* AGENTS */

    function supply(uint256 a, uint256 actor, uint256 amount, bool isMore) external {
        a = a % 2;
        address account = actors[actor % ACTORS];
        amount = bound(amount, 1, 500 * UNIT);
        if (isMore) agency.mint(ids[a], account, amount);
        else agency.burn(ids[a], account, amount);
        succeeded[msg.sig] += 1;
    }

    function freeze(uint256 a, uint256 actor, uint256 amount, uint256 kind) external {
        a = a % 2;
        address account = actors[actor % ACTORS];
        amount = bound(amount, 0, 1_500 * UNIT);
        if (kind % 4 == 0) agency.setAccountFrozen(ids[a], account, amount % 2 == 0);
        else if (kind % 4 == 1) agency.setPaused(ids[a], amount % 3 == 0);
        else core.setFrozenTokens(account, ids[a], amount % 3 == 0 ? 0 : amount);
        succeeded[msg.sig] += 1;
    }

    function admit(uint256 actor, uint256 roll) external {
        _admit(actors[actor % ACTORS], roll % 4 != 0);
        succeeded[msg.sig] += 1;
    }

    function force(uint256 a, uint256 from, uint256 to, uint256 amount) external {
        a = a % 2;
        (address giver, address taker) = (actors[from % ACTORS], actors[to % ACTORS]);
        if (to % 4 == 0) {
            // to himself, half of it frozen
            taker = giver;
            core.setFrozenTokens(giver, ids[a], ledger.balanceOf(giver, ids[a]) / 2);
        }
        amount = _amount(ids[a], giver, amount);
        uint256 frozen = core.getFrozenTokens(giver, ids[a]);
        uint256 balance = ledger.balanceOf(giver, ids[a]);
        core.forcedTransfer(giver, taker, ids[a], amount);
        if (giver == taker) {
            bool isSame = core.getFrozenTokens(giver, ids[a]) == frozen && ledger.balanceOf(giver, ids[a]) == balance;
            if (!isSame) wrong[3] += 1;
        }
        succeeded[msg.sig] += 1;
    }

    function recover(uint256 a, uint256 from, uint256 to) external {
        a = a % 2;
        (address lost, address fresh) = (actors[from % ACTORS], actors[to % ACTORS]);
        IRwaAgency.PledgeRef[] memory pledges = _pledgesWith(a, lost);
        agency.recover(ids[a], lost, fresh, pledges);
        ideal[a][fresh] += ideal[a][lost];
        paid[a][fresh] += paid[a][lost];
        (ideal[a][lost], paid[a][lost]) = (0, 0);
        succeeded[msg.sig] += 1;
    }

    /* PLEDGES */

    function pledge(uint256 actor, uint256 amount) external {
        address account = actors[actor % ACTORS];
        amount = bound(amount, 1, ledger.balanceOf(account, ids[0]) + 1);
        vm.prank(lender);
        core.pledge(account, ids[0], amount);
        succeeded[msg.sig] += 1;
    }

    function release(uint256 actor, uint256 amount) external {
        address account = actors[actor % ACTORS];
        uint256 pledged = core.pledgedOf(account, ids[0], lender);
        if (pledged == 0) return;
        amount = bound(amount, 1, pledged);
        vm.prank(lender);
        try core.release(account, ids[0], amount) {
            succeeded[msg.sig] += 1;
        } catch {
            wrong[4] += 1;
        }
    }

    /// @notice A pledgee takes what is his: it works whenever the receiver is eligible, wherever the units are.
    function seize(uint256 actor, uint256 to, uint256 amount) external {
        (address account, address taker) = (actors[actor % ACTORS], actors[to % ACTORS]);
        uint256 pledged = core.pledgedOf(account, ids[0], lender);
        if (pledged == 0) return;
        amount = bound(amount, 1, pledged);
        bool may = core.canReceive(taker) && !core.isFrozen(ids[0], taker) && !core.assetOf(ids[0]).isPaused;
        vm.prank(lender);
        try core.seize(account, ids[0], amount, taker) {
            if (!may) wrong[5] += 1;
            succeeded[msg.sig] += 1;
        } catch {
            if (may) wrong[5] += 1;
        }
    }

    function movePledge(uint256 actor, uint256 to) external {
        agency.movePledge(ids[0], actors[actor % ACTORS], lender, actors[to % ACTORS]);
        succeeded[msg.sig] += 1;
    }

    /* VIEWS */

    /// @notice What the account should be able to claim, in units, rounded down, and what it can.
    function incomeOf(uint256 a, address account) external view returns (uint256 should, uint256 can) {
        return (ideal[a][account] >> PRECISION, paid[a][account] + core.incomeOf(ids[a], account));
    }

    /// @notice Units of asset `a` in holders' balances and in the pool.
    function unitsOf(uint256 a) external view returns (uint256 held, uint256 pooled) {
        for (uint256 i; i < ACTORS; ++i) held += ledger.balanceOf(actors[i], ids[a]);
        held += ledger.balanceOf(address(rogue), ids[a]);
        return (held, _pooled(a));
    }

    function bookOf(uint256 a) external view returns (uint256) {
        return _incomeBook(ids[a]).amount(0);
    }

    function coreOf() external view returns (IRwaCore) {
        return core;
    }

    function ledgerOf() external view returns (ILedger) {
        return ILedger(address(ledger));
    }

    /* INTERNALS */

    function _tryMove(address from, address to, uint256 id, uint256 amount) private returns (bool) {
        vm.prank(from);
        try ledger.transfer(to, id, amount) {
            return true;
        } catch {
            return false;
        }
    }

    function _tryMoveByFacade(address from, address to, uint256 amount) private returns (bool) {
        vm.prank(from);
        try facade.transfer(to, amount) {
            return true;
        } catch {
            return false;
        }
    }

    function _pooled(uint256 a) private view returns (uint256) {
        return a == 0 ? _poolBook(_key).amount(1) : 0;
    }

    function _amount(uint256 id, address account, uint256 seed) private view returns (uint256) {
        uint256 balance = ledger.balanceOf(account, id);
        if (seed % 8 == 0) return balance;
        return bound(seed, 0, balance + 2);
    }

    function _sequences(uint256 id) private view returns (uint256[] memory steps) {
        steps = new uint256[](ACTORS);
        for (uint256 i; i < ACTORS; ++i) steps[i] = ledger.wordOf(actors[i], id).sequence();
    }

    function _pledgesWith(uint256 a, address holder) private view returns (IRwaAgency.PledgeRef[] memory pledges) {
        uint256 count;
        pledges = new IRwaAgency.PledgeRef[](ACTORS);
        for (uint256 i; i < ACTORS; ++i) {
            if (a != 0 || core.pledgedOf(actors[i], ids[0], lender) == 0) continue;
            if (core.pledgeHolderOf(actors[i], ids[0], lender) == holder) {
                pledges[count++] = IRwaAgency.PledgeRef(actors[i], lender);
            }
        }
        assembly ("memory-safe") {
            mstore(pledges, count)
        }
    }
}
