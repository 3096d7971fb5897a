// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {AmmMath} from "../libraries/AmmMath.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {PoolId} from "../types/PoolId.sol";
import {Word} from "../types/Word.sol";
import {AmmPools} from "./AmmPools.sol";

/// @title AmmSections
/// @notice Clears the swaps of a batch's section at one price.
/// @dev `_collectRun` and `_fillRun` do in assembly what the loops around them do, and stop before what they cannot decide.
abstract contract AmmSections is AmmPools {
    using AmmMath for AmmMath.Pool;
    using OperationLib for uint256;

    /// @dev The orders of a section that sell one asset. An amount, fee included, buys numerator / denominator of the other.
    /// The loops in assembly know the places of the fields.
    struct Side {
        /// @dev At the edge of the band that is worst for them; then at the section's price.
        uint256 numerator; //   0x00
        uint256 denominator; // 0x20
        /// @dev Sums over those that are eligible.
        uint256 sold; //        0x40
        uint256 bought; //      0x60
    }

    // For assembly, which takes literals only: a half of a word, and `AmmMath.MIN_TRADE`.
    uint256 private constant HALF_MASK = 0xffffffffffffffffffffffffffff;
    uint256 private constant LEAST_TRADE = 1000;

    /* SECTIONS */

    /// @dev Answers every order: what cannot fill fails, the rest is filled at one price.
    function _clear(
        PoolId id,
        Word holdings,
        IAmmCore.Band memory band,
        uint256[] calldata operations,
        uint256[] memory payouts
    ) internal {
        AmmMath.Pool memory pool = _open(id, holdings);
        (uint256 low, uint256 high) = AmmMath.edges(band);
        Side[2] memory sides;
        (sides[0].numerator, sides[0].denominator) = AmmMath.worstRate(pool.keep, true, low, high);
        (sides[1].numerator, sides[1].denominator) = AmmMath.worstRate(pool.keep, false, low, high);
        _collect(sides, operations, payouts);
        if (sides[0].sold | sides[1].sold == 0) return;
        uint256 price = _price(pool, sides, low, high);
        _fillAll(sides, operations, payouts);
        _finish(id, pool, sides, price);
    }

    /// @dev Marks what cannot fill, and sums the rest.
    function _collect(Side[2] memory sides, uint256[] calldata operations, uint256[] memory payouts) private pure {
        uint256 i = _collectRun(sides, operations, payouts, 0);
        while (i < payouts.length) {
            (uint256 kind, uint256 body) = (operations[2 * i].kind(), operations[2 * i + 1]);
            if (_isEligible(sides, kind, body.amount(), body.limit())) sides[kind].sold += body.amount();
            else payouts[i] = OperationLib.FAILED;
            i = _collectRun(sides, operations, payouts, i + 1);
        }
    }

    /// @dev Whether the limit holds at the worst edge of the band. An order with no limit still wants something.
    function _isEligible(
        Side[2] memory sides,
        uint256 kind,
        uint256 amount,
        uint256 limit
    ) private pure returns (bool) {
        if (kind > 1 || amount < AmmMath.MIN_TRADE) return false;
        uint256 worst = Math.mulDiv(amount, sides[kind].numerator, sides[kind].denominator);
        return worst != 0 && worst >= limit;
    }

    /// @dev Sums orders from `index` on, and stops before the first that is not eligible or whose product with the numerator
    /// exceeds 256 bits.
    function _collectRun(
        Side[2] memory sides,
        uint256[] calldata operations,
        uint256[] memory payouts,
        uint256 index
    ) private pure returns (uint256 stopped) {
        assembly ("memory-safe") {
            let position := add(operations.offset, shl(6, index))
            let end := add(operations.offset, shl(6, mload(payouts)))
            for {} lt(position, end) {
                position := add(position, 64)
            } {
                let kind := and(shr(80, calldataload(position)), 0xff)
                let body := calldataload(add(position, 32))
                let amount := and(body, HALF_MASK)
                if or(gt(kind, 1), lt(amount, LEAST_TRADE)) {
                    break
                }
                let side := mload(add(sides, shl(5, kind)))
                let product := mul(amount, mload(side))
                if sub(div(product, amount), mload(side)) {
                    break
                } // amount is not 0
                let worst := div(product, mload(add(side, 0x20)))
                if or(iszero(worst), lt(worst, and(shr(112, body), HALF_MASK))) {
                    break
                }
                side := add(side, 0x40)
                mstore(side, add(mload(side), amount)) // side.sold: each below 2^112, fewer than 2^32 of them
            }
            stopped := shr(6, sub(position, operations.offset))
        }
    }

    /// @dev Prices the eligible orders once, at (Y + B) / (X + A) on fee-net sums.
    function _price(
        AmmMath.Pool memory pool,
        Side[2] memory sides,
        uint256 low,
        uint256 high
    ) private pure returns (uint256) {
        uint256 scaled0 = (pool.reserve0 + pool.offset0) * AmmMath.PIPS + sides[0].sold * pool.keep;
        uint256 scaled1 = (pool.reserve1 + pool.offset1) * AmmMath.PIPS + sides[1].sold * pool.keep;
        (sides[0].numerator, sides[0].denominator) = (scaled1 * pool.keep, scaled0 * AmmMath.PIPS);
        (sides[1].numerator, sides[1].denominator) = (scaled0 * pool.keep, scaled1 * AmmMath.PIPS);
        return AmmMath.clearingPrice(scaled0, scaled1, low, high);
    }

    /// @dev Fills every eligible order at the section's price, rounded down.
    function _fillAll(Side[2] memory sides, uint256[] calldata operations, uint256[] memory payouts) private pure {
        uint256 i = _fillRun(sides, operations, payouts, 0);
        while (i < payouts.length) {
            uint256 kind = operations[2 * i].kind();
            uint256 out = Math.mulDiv(operations[2 * i + 1].amount(), sides[kind].numerator, sides[kind].denominator);
            sides[kind].bought += out;
            payouts[i] = kind == 0 ? out << 112 : out;
            i = _fillRun(sides, operations, payouts, i + 1);
        }
    }

    /// @dev Fills orders from `index` on, and stops before the first whose product with the numerator exceeds 256 bits.
    function _fillRun(
        Side[2] memory sides,
        uint256[] calldata operations,
        uint256[] memory payouts,
        uint256 index
    ) private pure returns (uint256 stopped) {
        assembly ("memory-safe") {
            let position := add(operations.offset, shl(6, index))
            let end := add(operations.offset, shl(6, mload(payouts)))
            let answer := add(add(payouts, 32), shl(5, index))
            for {} lt(position, end) {
                position := add(position, 64)
                answer := add(answer, 32)
            } {
                if mload(answer) {
                    continue
                } // not eligible
                let kind := and(shr(80, calldataload(position)), 1) // what is eligible has kind 0 or 1
                let amount := and(calldataload(add(position, 32)), HALF_MASK)
                let side := mload(add(sides, shl(5, kind)))
                let out := mul(amount, mload(side))
                if sub(div(out, amount), mload(side)) {
                    break
                } // amount is not 0
                out := div(out, mload(add(side, 0x20)))
                side := add(side, 0x60)
                mstore(side, add(mload(side), out)) // side.bought: see `AmmMath.checkAfter`
                mstore(answer, shl(mul(112, iszero(kind)), out))
            }
            stopped := shr(6, sub(position, operations.offset))
        }
    }

    function _finish(PoolId id, AmmMath.Pool memory pool, Side[2] memory sides, uint256 price) private {
        (uint256 in0, uint256 in1, uint256 out0, uint256 out1) = (
            sides[0].sold,
            sides[1].sold,
            sides[1].bought,
            sides[0].bought
        );
        pool.checkAfter(in0, in1, out0, out1);
        emit IAmmCore.BatchCleared(id, price, in0, in1, out0, out1);
    }
}
