// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoverDesk} from "../../../contracts/interfaces/ICoverDesk.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {IUnderwritingPool} from "../../../contracts/interfaces/IUnderwritingPool.sol";
import {RiskId} from "../../../contracts/types/RiskId.sol";
import {RiskTerms} from "../../../contracts/types/RiskTerms.sol";
import {InsuranceFixture} from "../../helpers/solidity/InsuranceFixture.sol";

/// @title InsuranceJudge
/// @notice What came into a pool and its risks and what went, and what must stand between. Its formulas are its own.
abstract contract InsuranceJudge is InsuranceFixture {
    struct Sums {
        /// @dev Of risks without an outcome: cover, premiums with fees.
        uint256 open;
        uint256 held;
        /// @dev Fees of risks without an outcome, and commissions of those with a report, that are not credited.
        uint256 uncredited;
        /// @dev Of risks that are reported and not settled: what comes back, and what holders are owed.
        uint256 surplus;
        uint256 owed;
        /// @dev Of all risks: what their books hold, premiums for the pool, losses.
        uint256 books;
        uint256 premiums;
        uint256 losses;
    }

    uint256 internal constant ACTORS = 3;
    uint256 internal constant FEE = 0.1e18;
    uint256 internal constant WEEK = 7 days;

    address[ACTORS] public actors;
    RiskTerms[] internal _terms;
    RiskId[] internal _ids;
    /// @dev By risk, when it was reported or voided: premiums with fees, losses of the pool, what holders are owed, what they were paid.
    mapping(uint256 r => uint256) internal _heldOf;
    mapping(uint256 r => uint256) internal _lossOf;
    mapping(uint256 r => uint256) internal _owedOf;
    mapping(uint256 r => uint256) internal _paidOf;
    mapping(uint256 r => bool) internal _isVoid;
    /// @dev What referrers earned by sales of a risk, and was not credited.
    mapping(uint256 r => mapping(address referrer => uint256)) internal _commissions;
    uint256 internal _deposited;
    uint256 internal _exited;
    uint256 internal _spent;
    uint256 internal _redeemed;
    uint256 internal _feesPaid;

    /// @notice Breaches that actions have seen, by number of the invariant.
    mapping(uint256 invariantNumber => uint256) public violations;

    function countOf() external view returns (uint256) {
        return _ids.length;
    }

    /// @notice INS-1: what is locked, and what the risks say it should be.
    function lockedOf() external view returns (uint256 locked, uint256 expected) {
        Sums memory sums = _sums();
        return (pools.stateOf(poolId).locked, sums.open + sums.surplus);
    }

    /// @notice INS-1: exposure to an event, and what its risks say it should be.
    function exposureOf(bytes32 eventId) external view returns (uint256 exposure, uint256 expected) {
        for (uint256 r; r < _ids.length; ++r) {
            ICoverDesk.Risk memory risk = desk.riskOf(_ids[r]);
            if (risk.state == ICoverDesk.RiskState.OPEN && risk.eventId == eventId) expected += risk.cover;
        }
        exposure = pools.exposureOf(poolId, eventId);
    }

    /// @notice INS-3: a risk's cover and that of holders, its book and what it should hold.
    function riskOf(
        uint256 r
    ) external view returns (uint256 cover, uint256 units, uint256 book, uint256 held, uint256 paid, uint256 owed) {
        ICoverDesk.Risk memory risk = desk.riskOf(_ids[r]);
        (cover, held, book) = (risk.cover, risk.held, _riskBook(_terms[r]));
        for (uint256 i; i < ACTORS; ++i) units += _coverOf(_ids[r], actors[i]);
        (paid, owed) = (_paidOf[r], risk.state == ICoverDesk.RiskState.SETTLED ? _owedOf[r] - held : 0);
    }

    /// @notice INS-5: premiums and what exits left that are not earned, as deposits, losses and exits tell, and as the pool does, in
    /// units · 2^32.
    function unearnedOf() external view returns (uint256 told, uint256 flowing) {
        return (_unearned() << 32, pools.stateOf(poolId).unearnedX32);
    }

    /// @notice INS-6: the pool's book and all that it must be, with premiums that lie with the risks; and all books against what came and
    /// went.
    function booksOf() external view returns (uint256 left, uint256 right, uint256 all, uint256 moved) {
        Sums memory sums = _sums();
        (, , uint256 setAside) = pools.queueOf(poolId);
        uint256 fees = pools.feesOf(poolId, FEE_TO);
        for (uint256 i; i < ACTORS; ++i) fees += pools.feesOf(poolId, actors[i]);
        left = _poolBook() + sums.held;
        right = pools.stateOf(poolId).assets + _unearned() + setAside + fees + sums.uncredited + sums.owed;
        (all, moved) = (_poolBook() + sums.books, _deposited + _spent - _exited - _redeemed - _feesPaid);
    }

    /// @notice INS-6: shares that wait against requests, and what is set aside against requests that are final.
    function queueOf() external view returns (uint256 waiting, uint256 requested, uint256 owed, uint256 setAside) {
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        uint256 count;
        uint256 finalCount;
        (count, finalCount, setAside) = pools.queueOf(poolId);
        for (uint256 i = 1; i <= count; ++i) {
            if (i <= finalCount) owed += pools.requestOf(poolId, i).assets;
            else requested += pools.requestOf(poolId, i).shares;
        }
        waiting = state.shares - state.staying;
    }

    function stateOf() external view returns (IUnderwritingPool.State memory) {
        return pools.stateOf(poolId);
    }

    /* INTERNALS */

    function _require(bool condition, uint256 number) internal {
        if (!condition) ++violations[number];
    }

    function _unearned() internal view returns (uint256) {
        Sums memory sums = _sums();
        (, , uint256 setAside) = pools.queueOf(poolId);
        // earned = assets + losses + exits − deposits
        return sums.premiums + _deposited - pools.stateOf(poolId).assets - sums.losses - setAside - _exited;
    }

    function _sums() internal view returns (Sums memory sums) {
        for (uint256 r; r < _ids.length; ++r) {
            ICoverDesk.Risk memory risk = desk.riskOf(_ids[r]);
            bool isOpen = risk.state == ICoverDesk.RiskState.OPEN;
            uint256 held = isOpen ? risk.held : _heldOf[r];
            sums.premiums += (held * WAD) / (WAD + FEE);
            sums.losses += _lossOf[r];
            sums.books += _riskBook(_terms[r]);
            if (isOpen) {
                (sums.open, sums.held) = (sums.open + risk.cover, sums.held + held);
                sums.uncredited += held - (held * WAD) / (WAD + FEE);
                continue;
            }
            for (uint256 i; i < ACTORS && !_isVoid[r]; ++i) sums.uncredited += _commissions[r][actors[i]];
            if (risk.state == ICoverDesk.RiskState.REPORTED) {
                (sums.owed, sums.held) = (sums.owed + _owedOf[r], sums.held + held);
                if (held > _owedOf[r]) sums.surplus += held - _owedOf[r];
            }
        }
    }

    /// @dev What a share is worth, · 2^96.
    function _price() internal view returns (uint256) {
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        return ((state.assets + 1) << 96) / (state.shares + 1000);
    }

    /// @dev INS-8: an exit leaves the price where it was, but for what roundings leave to who stays: less than a unit of the shares' worth,
    /// and one in each price.
    function _requireNoJump(uint256 before) internal {
        uint256 price = _price();
        _require(
            price >= before && price - before <= (uint256(1) << 96) / (pools.stateOf(poolId).shares + 1000) + 1,
            8
        );
    }

    function _isFinal(uint256 requestId) internal view returns (bool) {
        (, uint256 finalCount, ) = pools.queueOf(poolId);
        return requestId <= finalCount;
    }

    /// @dev When a risk without a report can be void: not before its last report, nor before the week of its end is over.
    function _voidFromOf(uint256 r) internal view returns (uint256) {
        (uint256 end, uint256 fallbackBy) = (_terms[r].end, _terms[r].fallbackBy);
        uint256 earned = end - (end % WEEK) + WEEK;
        return fallbackBy > earned ? fallbackBy : earned;
    }

    /// @dev A quarter of the fee of what was sold is the referrer's, when there is a report.
    function _earn(uint256 r, address referrer, uint256 held, uint256 heldBefore) internal {
        uint256 fee = held - heldBefore - ((held * WAD) / (WAD + FEE) - (heldBefore * WAD) / (WAD + FEE));
        _commissions[r][referrer] += fee / 4;
        _require(desk.commissionOf(_ids[r], referrer) == _commissions[r][referrer], 6);
    }

    function _tryPool(address account, uint256 amount, bytes memory data) internal returns (bool, uint256, uint256) {
        ILedger.Call memory parameters;
        (parameters.protocol, parameters.asset0) = (address(pools), asset);
        (parameters.key, parameters.amount0, parameters.data) = (terms.bookKey(), amount, data);
        return _tryCall(account, parameters);
    }

    function _tryRisk(
        uint256 r,
        address account,
        uint256 amount,
        bytes memory data
    ) internal returns (bool, uint256, uint256) {
        ILedger.Call memory parameters;
        (parameters.protocol, parameters.asset0) = (address(desk), asset);
        (parameters.key, parameters.amount0, parameters.data) = (_terms[r].bookKey(), amount, data);
        return _tryCall(account, parameters);
    }

    function _tryCall(address account, ILedger.Call memory parameters) private returns (bool, uint256, uint256) {
        vm.prank(account);
        try ledger.call(parameters) returns (uint256 out0, uint256, uint256 minted) {
            return (true, out0, minted);
        } catch {
            return (false, 0, 0);
        }
    }
}
