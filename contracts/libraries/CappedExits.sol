// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {StakeMath} from "./StakeMath.sol";

/// @title CappedExits
/// @notice Exits in the order of their requests, each made final at what its shares are worth then, at most a cap that is fixed when it
/// is made.
/// @dev Unlike `ExitQueue` it fixes what each request is paid when it is final, and not when it is paid: so whoever uses it knows at
/// once what is left for those who stay. The price is a loop over the requests that are made final; anybody can make them final in parts.
/// Shares are below 2^112, assets below 2^96, each rounding is down.
library CappedExits {
    struct Request {
        address owner; //  slot 0
        uint112 shares; // slot 1, all that a finalisation reads
        /// @dev The most that it is paid; once it is final, what it is paid.
        uint96 assets; //  slot 1
        /// @dev When it may be finalised, seconds.
        uint32 readyAt; // slot 1
    }

    struct Queue {
        /// @dev Requests since the beginning; ids begin at 1.
        uint32 count; //      slot 0
        /// @dev The first so many are final.
        uint32 finalCount; // slot 0
        /// @dev Set aside for final requests and not paid: fewer than 2^32 of them, each below 2^96.
        uint128 owed; //      slot 0
        mapping(uint256 id => Request) requests; // slot 1
    }

    /// @notice Puts `shares`, which are paid `cap` at the most, at the end of the line. The caller keeps them within their bounds
    /// and `shares` above 0. There are fewer than 2^32 requests: so many, of two fresh words each, take more than 10^14 gas.
    function push(
        Queue storage queue,
        address owner,
        uint256 shares,
        uint256 cap,
        uint256 readyAt
    ) internal returns (uint256 id) {
        id = uint256(queue.count) + 1;
        queue.count = uint32(id);
        queue.requests[id] = Request(owner, uint112(shares), uint96(cap), uint32(readyAt));
    }

    /// @notice Makes every request up to `id` final where `totalShares` are worth `totalAssets`; what all of them are paid. The caller has
    /// checked that there is a request `id`, and sets it aside.
    function finalise(
        Queue storage queue,
        uint256 id,
        uint256 totalAssets,
        uint256 totalShares
    ) internal returns (uint256 assets) {
        for (uint256 i = uint256(queue.finalCount) + 1; i <= id; ++i) {
            Request storage request = queue.requests[i];
            uint256 worth = StakeMath.toAssetsDown(request.shares, totalAssets, totalShares);
            if (worth < request.assets) request.assets = uint96(worth); // below it
            assets += request.assets;
        }
        (queue.finalCount, queue.owed) = (uint32(id), queue.owed + uint128(assets)); // a part of `totalAssets`
    }

    /// @notice Pays request `id`, which is final, and forgets it.
    function pay(Queue storage queue, uint256 id) internal returns (uint256 assets) {
        assets = queue.requests[id].assets;
        queue.owed -= uint128(assets); // a uint96
        delete queue.requests[id];
    }

    /// @notice Whether request `id` is final.
    function isFinal(Queue storage queue, uint256 id) internal view returns (bool) {
        return id <= queue.finalCount;
    }

    /// @notice Shares of all requests up to `id` that are not final.
    function pendingUpTo(Queue storage queue, uint256 id) internal view returns (uint256 shares) {
        for (uint256 i = uint256(queue.finalCount) + 1; i <= id; ++i) shares += queue.requests[i].shares;
    }
}
