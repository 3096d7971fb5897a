// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title ExitQueue
/// @notice Exits in the order of their requests: shares queue up, a finalisation sets assets aside for the next so many of them at
/// one price, and each request is paid what its part of that is, at most what it was worth when it was made.
/// @dev Requests and finalisations are places on one line of shares since the beginning, so a finalisation of any number of
/// requests writes one checkpoint, and may end within a request, which is then paid in part. The idea is that of Lido's
/// withdrawal queue. Whoever uses it decides what may be finalised and at which price, and keeps what is `owed` apart from
/// what else it holds. Shares and assets are below 2^96, rounding is down, and the parts of a checkpoint add up to it: what is
/// not paid comes back as `excess`.
library ExitQueue {
    struct Request {
        address owner; //  slot 0
        /// @dev Not paid yet.
        uint96 shares; //  slot 0
        /// @dev Place on the line of the first of them.
        uint128 start; //  slot 1
        /// @dev What they were worth when the request was made.
        uint96 assets; //  slot 1
        /// @dev When it may be finalised, seconds.
        uint32 readyAt; // slot 1
    }

    /// @notice Up to place `upTo` of the line `assets` were set aside since the beginning.
    struct Checkpoint {
        uint128 upTo; //   slot 0
        uint128 assets; // slot 0
    }

    struct Queue {
        /// @dev Shares since the beginning: the end of the line.
        uint128 requested; // slot 0
        /// @dev Set aside and neither paid nor given back.
        uint96 owed; //       slot 0
        /// @dev Requests since the beginning; ids begin at 1.
        uint32 count; //      slot 0
        Checkpoint[] checkpoints; // slot 1
        mapping(uint256 id => Request) requests; // slot 2
    }

    /// @notice What a request is paid.
    struct Payment {
        /// @dev Its shares that this pays for.
        uint256 shares;
        uint256 assets;
        /// @dev Set aside for it and more than it was worth when it was made: back to whoever stays.
        uint256 excess;
    }

    /// @notice Puts `shares`, worth `assets`, at the end of the line. The caller keeps both below 2^96, `shares` above 0, and the
    /// requests below 2^32.
    function push(
        Queue storage queue,
        address owner,
        uint256 shares,
        uint256 assets,
        uint256 readyAt
    ) internal returns (uint256 id) {
        uint256 start = queue.requested;
        unchecked {
            id = uint256(queue.count) + 1; // below 2^32
            queue.requested = uint128(start + shares); // 2^32 times 2^96
            queue.count = uint32(id);
        }
        queue.requests[id] = Request(owner, uint96(shares), uint128(start), uint96(assets), uint32(readyAt));
    }

    /// @notice Sets `assets` aside for the next `shares` of the line, which are at most `pending` and above 0.
    function finalise(Queue storage queue, uint256 shares, uint256 assets) internal {
        (uint256 upTo, uint256 total) = _last(queue);
        queue.owed += uint96(assets);
        queue.checkpoints.push(Checkpoint(uint128(upTo + shares), uint128(total + assets))); // as `requested`
    }

    /// @notice Takes off the line what is finalised of a request, over at most `maxCheckpoints` finalisations. All 0 when nothing
    /// is. The request is forgotten when it is paid whole.
    function pay(Queue storage queue, uint256 id, uint256 maxCheckpoints) internal returns (Payment memory payment) {
        Request memory request = queue.requests[id];
        uint256 count = queue.checkpoints.length;
        uint256 index = _find(queue, request.start);
        Checkpoint memory before;
        if (index != 0) before = queue.checkpoints[index - 1];
        for (; index < count && maxCheckpoints != 0 && request.shares != 0; ++index) {
            Checkpoint memory checkpoint = queue.checkpoints[index];
            _payOne(request, before, checkpoint, payment);
            before = checkpoint;
            --maxCheckpoints;
        }
        if (payment.shares == 0) return payment;
        queue.owed -= uint96(payment.assets + payment.excess);
        if (request.shares == 0) delete queue.requests[id];
        else queue.requests[id] = request;
    }

    /// @notice Shares that are not finalised.
    function pending(Queue storage queue) internal view returns (uint256) {
        (uint256 upTo, ) = _last(queue);
        return queue.requested - upTo;
    }

    /// @notice Shares to finalise until the whole of request `id` is; 0 when it is.
    function pendingUpTo(Queue storage queue, uint256 id) internal view returns (uint256) {
        Request storage request = queue.requests[id];
        uint256 end = uint256(request.start) + request.shares;
        (uint256 upTo, ) = _last(queue);
        return end > upTo ? end - upTo : 0;
    }

    /// @dev One finalisation's part of a request: from place to place, each rounded down, so that all parts add up.
    function _payOne(
        Request memory request,
        Checkpoint memory before,
        Checkpoint memory checkpoint,
        Payment memory payment
    ) private pure {
        uint256 length = checkpoint.upTo - before.upTo;
        uint256 assets = checkpoint.assets - before.assets;
        uint256 from = request.start - before.upTo;
        uint256 to = from + request.shares;
        if (to > length) to = length;
        uint256 value = (to * assets) / length - (from * assets) / length;
        uint256 shares = to - from;
        uint256 worth = (request.assets * shares) / request.shares;
        uint256 paid = value < worth ? value : worth;
        payment.shares += shares;
        payment.assets += paid;
        payment.excess += value - paid;
        // All of them at most what they were.
        request.shares -= uint96(shares);
        request.start += uint128(shares);
        request.assets -= uint96(worth);
    }

    /// @dev The first checkpoint behind `place`; the number of checkpoints when there is none.
    function _find(Queue storage queue, uint256 place) private view returns (uint256 low) {
        uint256 high = queue.checkpoints.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (queue.checkpoints[middle].upTo > place) high = middle;
            else low = middle + 1;
        }
    }

    function _last(Queue storage queue) private view returns (uint256 upTo, uint256 assets) {
        uint256 count = queue.checkpoints.length;
        if (count == 0) return (0, 0);
        Checkpoint storage checkpoint = queue.checkpoints[count - 1];
        return (checkpoint.upTo, checkpoint.assets);
    }
}
