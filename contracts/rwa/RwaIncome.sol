// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/src/utils/EfficientHashLib.sol";
import {IRwaCore} from "../interfaces/IRwaCore.sol";
import {RwaWords} from "../libraries/RwaWords.sol";
import {StreamLib} from "../libraries/StreamLib.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {Word} from "../types/Word.sol";
import {RwaRules} from "./RwaRules.sol";

/// @title RwaIncome
/// @notice Income of regulated assets, shared by units and days held: no snapshot, no list of holders, nothing to catch within a day.
/// @dev Counted by whole days of UTC: a day's income is of who holds at its end. Units in protocols' books bear none, so all of it
/// is paid to holders; pledged units are in their holder's balance and bear it.
///
/// A holder's weight is his balance in the ledger, so nothing of him is stored unless the index has moved since. The ledger tells of a
/// movement when it is made, and of all movements of one action when the last is made. So the balance before a
/// movement is not to be had, but what counts is: over an action the index stands still, and what accrued before it is
/// growth · (balance after it − all that came + all that went), to which each movement adds its part. The first finds the
/// growth and keeps it in transient storage with the balance. A later one is of the same action while the balance is as it was; where another action left
/// the same balance, its parts add up to nothing. What accrued is kept modulo 2^104, as parts may be negative meanwhile.
abstract contract RwaIncome is RwaRules {
    using RwaWords for uint256;
    using StreamLib for StreamLib.Stream;
    using WordLib for Word;

    /// @notice The most income in the life of an asset: what accrues, · 2^12, is below 2^103.
    uint256 internal constant MAX_INCOME = (1 << 91) - 1;
    uint256 private constant INDEX_BITS = 152;
    uint256 private constant ACCRUED_SHIFT = 68; // 80 bits of the index less 12 of what accrued
    uint256 private constant ROUND_UP = (1 << ACCRUED_SHIFT) - 1;
    uint256 private constant BALANCE_BITS = 96;

    /* DAYS */

    /// @dev Counts the income up to this day, and answers the asset's word. It cannot revert.
    function _count(uint256 id) internal returns (uint256 hot) {
        Asset storage asset = _assets[id];
        hot = asset.hot;
        if (!hot.has(RwaWords.RUNNING) || hot.countedTo() == _today()) return hot;
        StreamLib.Stream memory stream;
        (hot, stream) = _peek(asset, hot);
        asset.hot = hot;
        (asset.remainder, asset.end) = (uint96(stream.remainder), uint32(stream.end)); // of `StreamLib`
    }

    /// @dev The asset's word and its stream as they will be when this day is counted.
    function _peek(
        Asset storage asset,
        uint256 hot
    ) internal view returns (uint256 counted, StreamLib.Stream memory stream) {
        uint256 today = _today();
        stream = _streamOf(asset, hot);
        counted = hot;
        if (!hot.has(RwaWords.RUNNING)) return (counted, stream);
        (uint256 weight, uint256 from) = (asset.weight, hot.countedTo());
        if (hot.has(RwaWords.STEPPED) && from < today && weight >= StreamLib.MIN_WEIGHT) {
            uint256 rate = stream.rate;
            stream.rate = asset.firstRate;
            stream.accrue(weight, from, from + 1 days); // at most today, as both are midnights, and before the end
            stream.rate = rate;
            from += 1 days;
            counted = counted.withFlag(RwaWords.STEPPED, false);
        }
        stream.accrue(weight, from, today);
        counted = counted.counted(stream.index, today);
        if (stream.end <= today) counted = counted.withFlag(RwaWords.RUNNING, false);
    }

    function _streamOf(Asset storage asset, uint256 hot) internal view returns (StreamLib.Stream memory) {
        return StreamLib.Stream({index: hot.index(), rate: asset.rate, remainder: asset.remainder, end: asset.end});
    }

    /// @dev When the day began, in seconds.
    function _today() internal view returns (uint256) {
        unchecked {
            return block.timestamp - (block.timestamp % 1 days); // the remainder is the smaller
        }
    }

    /* HOLDERS */

    /// @dev Settles one side of a movement that the ledger told of. It cannot revert.
    /// @param gave whether the units went from the account, or came to it
    function _settleTold(uint256 id, uint256 hot, address account, uint256 amount, bool gave) internal {
        uint256 word = _accounts[account];
        if (word.isProtocol()) {
            _weigh(id, amount, gave);
            return;
        }
        bytes32 place = _markOf(id, account);
        uint256 mark = _loadMark(place);
        uint256 stamp = hot.stamp();
        if (word.settled() == stamp && mark == 0) return;
        uint256 record = _records[id][account];
        uint256 balance = _LEDGER.balanceOf(account, id);
        unchecked {
            uint256 growth = hot.index() - uint152(record); // an index only grows
            if (growth != 0) {
                record = _added(record, growth, balance, true);
                _storeMark(place, (growth << BALANCE_BITS) | balance); // 152 and 96 bits
                _records[id][account] =
                    ((_added(record, growth, amount, gave) >> INDEX_BITS) << INDEX_BITS) | hot.index();
            } else if (mark != 0) {
                if (uint96(mark) == balance) _records[id][account] = _added(record, mark >> BALANCE_BITS, amount, gave);
                else _storeMark(place, 0);
            }
        }
        if (word.settled() != stamp) _accounts[account] = word.withSettled(stamp);
    }

    /// @dev Settles an account by its balance, outside of all actions of the ledger that are under way; answers its record.
    function _settleNow(uint256 id, uint256 hot, address account) internal returns (uint256 record) {
        record = _records[id][account];
        if (_accounts[account].isProtocol()) return record;
        bytes32 place = _markOf(id, account);
        if (_loadMark(place) != 0) _storeMark(place, 0);
        uint256 settled = _settledRecord(id, hot, account, record);
        if (settled != record) _records[id][account] = record = settled;
    }

    /// @dev The account's record with all that accrued.
    function _settledRecord(uint256 id, uint256 hot, address account, uint256 record) internal view returns (uint256) {
        unchecked {
            uint256 growth = hot.index() - uint152(record); // an index only grows
            if (growth == 0) return record;
            record = _added(record, growth, _LEDGER.balanceOf(account, id), true);
            return ((record >> INDEX_BITS) << INDEX_BITS) | hot.index();
        }
    }

    /// @dev The record with what `units` accrued while the index grew, or without it; rounded down either way.
    function _added(uint256 record, uint256 growth, uint256 units, bool isMore) private pure returns (uint256) {
        unchecked {
            // An index is below 2^152 and units are below 2^96. Sums are meant modulo 2^104, above the index.
            uint256 part = growth * units;
            return
                isMore
                    ? record + ((part >> ACCRUED_SHIFT) << INDEX_BITS)
                    : record - (((part + ROUND_UP) >> ACCRUED_SHIFT) << INDEX_BITS);
        }
    }

    /// @dev What of a record can be paid, in whole units.
    function _payable(uint256 record) internal pure returns (uint256) {
        uint256 accrued = record >> INDEX_BITS;
        // Rounded parts can make it negative by little: nothing, then.
        return accrued >> 103 != 0 ? 0 : accrued >> StreamLib.ACCRUED_BITS;
    }

    /// @dev The record without `amount` units, which can be paid.
    function _paid(uint256 record, uint256 amount) internal pure returns (uint256) {
        unchecked {
            return record - (amount << (INDEX_BITS + StreamLib.ACCRUED_BITS)); // no more than accrued
        }
    }

    /// @dev Units that come out of a protocol's book bear income again, those that go into one do not.
    function _weigh(uint256 id, uint256 amount, bool isMore) private {
        unchecked {
            // Weights are the balances of holders, of which units come and to which they go; with the books they are the supply.
            if (isMore) _assets[id].weight += uint96(amount);
            else _assets[id].weight -= uint96(amount);
        }
    }

    /* HOLDER COUNT */

    /// @dev Counts whether the account has units. Only of counted assets.
    function _countHolder(uint256 id, address account) private {
        bool has = _LEDGER.balanceOf(account, id) != 0;
        if (has == _isHolder[id][account]) return;
        _isHolder[id][account] = has;
        _assets[id].hot = _assets[id].hot.withHolder(has);
    }

    function _countHolders(uint256 id, uint256 hot, address from, address to) internal {
        if (!hot.has(RwaWords.COUNTED)) return;
        if (from != address(0)) _countHolder(id, from);
        if (to != address(0)) _countHolder(id, to);
    }

    /// @dev Moves units by the issuer's own hand: settles both, since the ledger does not tell of it.
    function _relocate(uint256 id, address from, address to, uint256 amount) internal {
        uint256 hot = _count(id);
        _settleNow(id, hot, from);
        _settleNow(id, hot, to);
        _LEDGER.forceTransfer(id, from, to, amount);
        _countHolders(id, hot, from, to);
    }

    /* ACTIONS */

    function _distribute(uint256 id, address actor, uint256 amount, uint256 end) internal {
        uint256 hot = _count(id);
        Asset storage asset = _assets[id];
        uint256 first = _today() + 1 days;
        uint256 earliest = first + 1 days;
        if (asset.end > earliest && hot.has(RwaWords.RUNNING)) earliest = asset.end;
        uint256 latest = first + StreamLib.MAX_DURATION - (StreamLib.MAX_DURATION % 1 days);
        require(end >= earliest && end <= latest && end % 1 days == 0, IRwaCore.RwaInvalidEnd(end, earliest, latest));
        _pour(id, actor, hot, amount, end);
    }

    function _addIncome(uint256 id, address actor, uint256 amount) internal {
        uint256 hot = _count(id);
        uint256 end = _assets[id].end;
        require(hot.has(RwaWords.RUNNING) && end > _today() + 1 days, IRwaCore.RwaNoIncome(end));
        _pour(id, actor, hot, amount, end);
    }

    /// @dev Of both alike: for agents, because the income of a life is limited and the issuer answers for it, and less the fee.
    /// `amount` is not 0, so that something is left. It flows from the next midnight on, so that nobody who comes when he hears of it
    /// has a part of this day's; what flows today is as it was.
    function _pour(uint256 id, address actor, uint256 hot, uint256 amount, uint256 end) private {
        _checkAgent(id, actor, INCOME);
        Asset storage asset = _assets[id];
        uint256 weight = asset.weight;
        require(weight >= StreamLib.MIN_WEIGHT, IRwaCore.RwaTooFewUnits(weight, StreamLib.MIN_WEIGHT));
        uint256 today = _today();
        uint256 fee = _takeFee(asset, amount, today);
        amount -= fee;
        uint256 room = MAX_INCOME - asset.funded;
        require(amount <= room, IRwaCore.RwaAmountTooLarge(amount, room));
        asset.funded += uint96(amount); // at most MAX_INCOME
        StreamLib.Stream memory stream = _streamOf(asset, hot);
        if (!hot.has(RwaWords.RUNNING)) (stream.end, stream.rate) = (0, 0);
        uint256 minimum = stream.rate;
        if (!hot.has(RwaWords.STEPPED)) asset.firstRate = uint104(minimum); // of `StreamLib`
        asset.left = uint32(stream.fund(asset.left, amount, today + 1 days, end)); // below the duration
        require(
            stream.rate >= minimum && stream.rate <= StreamLib.MAX_RATE,
            IRwaCore.RwaInvalidRate(stream.rate, minimum, StreamLib.MAX_RATE)
        );
        (asset.rate, asset.end) = (uint104(stream.rate), uint32(end)); // at most MAX_RATE; 32 bits until 2097
        asset.hot = hot.counted(hot.index(), today).withFlag(RwaWords.RUNNING | RwaWords.STEPPED, true);
        emit IRwaCore.IncomeDistributed(id, actor, amount, fee, stream.rate, end);
    }

    /// @dev The management fee: so much a day since the last one, at most half of what is distributed; the rest stays owed.
    function _takeFee(Asset storage asset, uint256 amount, uint256 today) private returns (uint256 fee) {
        uint256 due = asset.feeDue + ((today - asset.feeDay) / 1 days) * asset.feePerDay; // below 2^128 + 2^17 · 2^96
        fee = due < amount / 2 ? due : amount / 2;
        due -= fee;
        asset.feeDue = due < type(uint128).max ? uint128(due) : type(uint128).max;
        asset.feeDay = uint32(today);
        asset.fees += uint112(fee); // what a book can hold
    }

    /// @dev Answers what the account is paid, 0 where there is nothing or it is frozen.
    function _tryClaim(uint256 id, uint256 hot, address account) internal returns (uint256 amount) {
        if (_isFrozen(id, account)) return 0;
        uint256 record = _settledRecord(id, hot, account, _records[id][account]);
        amount = _accounts[account].isProtocol() ? 0 : _payable(record);
        if (amount == 0) return 0;
        bytes32 place = _markOf(id, account);
        if (_loadMark(place) != 0) _storeMark(place, 0);
        _records[id][account] = _paid(record, amount);
        emit IRwaCore.IncomePaid(id, account, amount);
    }

    function _collectFees(uint256 id, address actor) internal returns (uint256 amount) {
        require(actor == _feeRecipient, IRwaCore.RwaNotFeeRecipient(actor, _feeRecipient));
        Asset storage asset = _assets[id];
        amount = asset.fees;
        require(amount != 0, IRwaCore.RwaZeroAmount());
        asset.fees = 0;
        emit IRwaCore.FeesCollected(id, actor, amount);
    }

    function _isFrozen(uint256 id, address account) internal view returns (bool) {
        return _accounts[account].encumbrances() != 0 && _encumbrances[id][account].isFrozen;
    }

    /* MARKS */

    /// @dev Where in transient storage an account's mark is: the growth that its last settlement found in this transaction, and the balance
    /// that it had when the ledger told of the movement.
    function _markOf(uint256 id, address account) private pure returns (bytes32) {
        return EfficientHashLib.hash(bytes32(id), bytes32(uint256(uint160(account))));
    }

    function _loadMark(bytes32 place) private view returns (uint256 mark) {
        assembly ("memory-safe") {
            mark := tload(place)
        }
    }

    function _storeMark(bytes32 place, uint256 mark) private {
        assembly ("memory-safe") {
            tstore(place, mark)
        }
    }
}
