// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice Up to 16 different numbers from 1 to 255 in their order, one a byte from the low end; 0 ends it.
type MarketQueue is uint128;

/// @dev The most that a queue holds.
uint256 constant QUEUE_SIZE = 16;

using {numberAt, length, has, append} for MarketQueue global;

/// @dev The number at `index`, below QUEUE_SIZE; 0 after the last.
function numberAt(MarketQueue queue, uint256 index) pure returns (uint256) {
    return uint8(MarketQueue.unwrap(queue) >> (8 * index)); // the low byte is meant
}

function length(MarketQueue queue) pure returns (uint256 count) {
    while (count < QUEUE_SIZE && queue.numberAt(count) != 0) ++count;
}

function has(MarketQueue queue, uint256 number) pure returns (bool) {
    for (uint256 i; i < queue.length(); ++i) if (queue.numberAt(i) == number) return true;
    return false;
}

/// @dev The queue with `number` at its end, where there must be room.
function append(MarketQueue queue, uint256 number) pure returns (MarketQueue) {
    return MarketQueue.wrap(MarketQueue.unwrap(queue) | uint128(number << (8 * queue.length()))); // number below 256
}
