// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAmmActions} from "../interfaces/IAmmActions.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {AmmBook} from "../libraries/AmmBook.sol";
import {AmmMath} from "../libraries/AmmMath.sol";
import {BookId} from "../libraries/BookId.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {PoolId} from "../types/PoolId.sol";
import {ORACLE, PoolKey} from "../types/PoolKey.sol";
import {Word} from "../types/Word.sol";
import {AmmPools} from "./AmmPools.sol";
import {AmmSections} from "./AmmSections.sol";

/// @title AmmCore
/// @notice Constant product on virtual reserves; see `IAmmCore`. Holds no token and no balance: reserves are the pool's
/// ledger book, handed over with each call.
contract AmmCore is AmmSections {
    using AmmBook for Word;
    using AmmMath for AmmMath.Pool;
    using OperationLib for uint256[];

    constructor(ILedger ledger) AmmPools(ledger) {}

    modifier onlyLedger() {
        _checkLedger();
        _;
    }

    /* LEDGER ENTRIES */

    /// @inheritdoc ILedgerProtocol
    function onLedgerCall(
        address actor,
        bytes32 book,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) external onlyLedger returns (bytes4 magic, Word outputs, uint256 shareId, Word issue) {
        PoolId id = PoolId.wrap(book);
        bytes4 selector = bytes4(data);
        if (selector == IAmmActions.swapExactIn.selector) {
            outputs = _swapExactIn(id, actor, holdings, inputs, data);
        } else if (selector == IAmmActions.swapExactOut.selector) {
            (uint256 out, uint256 deadline) = abi.decode(data[4:], (uint256, uint256));
            _checkDeadline(deadline);
            outputs = _swapExactOut(id, actor, holdings, inputs, out);
        } else if (selector == IAmmActions.swapExactOutPath.selector) {
            outputs = _swapExactOut(id, actor, holdings, inputs, _amountInto(id, data));
        } else {
            shareId = shareIdOf(id);
            if (selector == IAmmActions.addLiquidity.selector) {
                (outputs, issue) = _addLiquidity(id, actor, holdings, inputs, data);
            } else if (selector == IAmmActions.removeLiquidity.selector) {
                require(_isEmpty(inputs), AmmInputsNotWanted(inputs.amount(0), inputs.amount(1)));
                (outputs, issue) = _removeLiquidity(id, actor, holdings, data);
            } else if (selector == IAmmActions.createPool.selector) {
                (outputs, issue) = _createPool(id, actor, inputs, data);
            } else if (selector == IAmmActions.collectProtocolFee.selector) {
                require(_isEmpty(inputs), AmmInputsNotWanted(inputs.amount(0), inputs.amount(1)));
                issue = WordLib.pack(_collect(id, actor, holdings), 0);
                outputs = _pay(holdings, 0, 0);
            } else {
                revert AmmUnknownAction(selector);
            }
        }
        magic = ILedgerProtocol.onLedgerCall.selector;
    }

    /// @inheritdoc ILedgerProtocol
    /// @dev A section of swaps: `parameters` is the ABI encoding of a `Band`, an operation's limit its least output. All
    /// eligible orders clear at one price; an order is eligible iff its limit holds at the band's edge that is worst
    /// for it, so no order's fate depends on another's limit, and the order of operations changes nothing. Shares
    /// play no part. The kind of an operation is the side it sells; other kinds fail.
    function onLedgerBatch(
        bytes32 book,
        Word holdings,
        uint256,
        bytes calldata parameters,
        uint256[] calldata operations
    ) external onlyLedger returns (bytes4, uint32, uint256[] memory) {
        uint256[] memory payouts = OperationLib.newPayouts(operations.length / 2);
        _clear(PoolId.wrap(book), holdings, abi.decode(parameters, (Band)), operations, payouts);
        payouts.answer(ILedgerProtocol.onLedgerBatch.selector, uint32(holdings.flags())); // flags are 32 bits
    }

    /* ACTIONS */

    function _createPool(
        PoolId id,
        address actor,
        Word inputs,
        bytes calldata data
    ) private returns (Word outputs, Word issue) {
        (PoolKey memory key, uint256 minShares, uint256 deadline) = abi.decode(data[4:], (PoolKey, uint256, uint256));
        _checkDeadline(deadline);
        // The book names the assets, so a key that hashes to it is the pool's.
        PoolId expected = key.toId(address(this));
        require(PoolId.unwrap(expected) == PoolId.unwrap(id), AmmWrongPool(expected, id));
        uint256 shares = _create(id, key, inputs.amount(0), inputs.amount(1));
        require(shares >= minShares, AmmBelowMinimumShares(shares, minShares));
        emit PoolCreated(id, key.asset0, key.asset1, key.fee, key.alpha, key.beta, key.flags);
        emit LiquidityAdded(id, actor, inputs.amount(0), inputs.amount(1), shares);
        uint32 flags = AmmBook.flagsFor(key.fee, key.alpha | key.beta != 0, key.flags & ORACLE != 0);
        outputs = WordLib.pack(0, 0).withFlags(flags);
        issue = WordLib.pack(shares, 0);
    }

    function _addLiquidity(
        PoolId id,
        address actor,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) private returns (Word outputs, Word issue) {
        Storage storage stored = _pools[id];
        AmmMath.Pool memory pool = _openAll(id, stored, holdings);
        (uint256 shares, uint256 amount0, uint256 amount1) = pool.sharesFor(inputs.amount(0), inputs.amount(1));
        {
            (uint256 minShares, uint256 deadline) = abi.decode(data[4:], (uint256, uint256));
            _checkDeadline(deadline);
            require(shares >= minShares, AmmBelowMinimumShares(shares, minShares));
        }
        pool.totalShares += shares;
        (pool.reserve0, pool.reserve1) = (pool.reserve0 + amount0, pool.reserve1 + amount1);
        _close(stored, pool);
        emit LiquidityAdded(id, actor, amount0, amount1, shares);
        issue = WordLib.pack(shares, 0);
        // Amounts taken never exceed the inputs, because shares round down.
        outputs = _pay(holdings, inputs.amount(0) - amount0, inputs.amount(1) - amount1);
    }

    function _removeLiquidity(
        PoolId id,
        address actor,
        Word holdings,
        bytes calldata data
    ) private returns (Word outputs, Word issue) {
        (uint256 shares, uint256 min0, uint256 min1, uint256 deadline) = abi.decode(
            data[4:],
            (uint256, uint256, uint256, uint256)
        );
        _checkDeadline(deadline);
        (uint256 amount0, uint256 amount1) = _burnShares(id, holdings, shares);
        require(amount0 >= min0, AmmBelowMinimumOut(amount0, min0));
        require(amount1 >= min1, AmmBelowMinimumOut(amount1, min1));
        emit LiquidityRemoved(id, actor, amount0, amount1, shares);
        outputs = _pay(holdings, amount0, amount1);
        issue = WordLib.pack(0, shares); // shares <= totalShares < 2^112
    }

    function _burnShares(PoolId id, Word holdings, uint256 shares) private returns (uint256 amount0, uint256 amount1) {
        Storage storage stored = _pools[id];
        AmmMath.Pool memory pool = _openAll(id, stored, holdings);
        (amount0, amount1) = pool.amountsFor(shares);
        pool.totalShares -= shares;
        (pool.reserve0, pool.reserve1) = (pool.reserve0 - amount0, pool.reserve1 - amount1);
        _close(stored, pool);
    }

    function _swapExactIn(
        PoolId id,
        address actor,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) private returns (Word) {
        (uint256 minimum, uint256 deadline) = abi.decode(data[4:], (uint256, uint256));
        _checkDeadline(deadline);
        AmmMath.Pool memory pool = _open(id, holdings);
        (bool zeroForOne, uint256 amountIn) = _oneInput(inputs);
        uint256 out = pool.amountOut(zeroForOne, amountIn);
        require(out >= minimum, AmmBelowMinimumOut(out, minimum));
        _logSwap(id, actor, zeroForOne, amountIn, out);
        return zeroForOne ? _pay(holdings, 0, out) : _pay(holdings, out, 0);
    }

    function _swapExactOut(PoolId id, address actor, Word holdings, Word inputs, uint256 out) private returns (Word) {
        AmmMath.Pool memory pool = _open(id, holdings);
        (bool zeroForOne, uint256 maximum) = _oneInput(inputs);
        uint256 amountIn = pool.amountIn(zeroForOne, out);
        require(amountIn <= maximum, AmmAboveMaximumIn(amountIn, maximum));
        _logSwap(id, actor, zeroForOne, amountIn, out);
        uint256 change = maximum - amountIn;
        return zeroForOne ? _pay(holdings, change, out) : _pay(holdings, out, change);
    }

    /// @dev What `id` must pay so that the pools behind it pay the path's last amount: from the last pool back to the first, each
    /// for the input of the one behind, at their books as they stand. No pool may stand twice, as its first swap would move
    /// its price.
    function _amountInto(PoolId id, bytes calldata data) private view returns (uint256 amount) {
        (PoolKey[] memory next, uint256 asset, uint256 amountOut, uint256 deadline) = abi.decode(
            data[4:],
            (PoolKey[], uint256, uint256, uint256)
        );
        _checkDeadline(deadline);
        amount = amountOut;
        PoolId[] memory ids = new PoolId[](next.length + 1);
        ids[0] = id;
        for (uint256 i = next.length; i != 0; --i) {
            PoolKey memory key = next[i - 1];
            bytes32 name = key.bookKey();
            PoolId hop = PoolId.wrap(BookId.bookId(address(this), key.asset0, key.asset1, name));
            for (uint256 j; j < ids.length; ++j)
                require(PoolId.unwrap(ids[j]) != PoolId.unwrap(hop), AmmPoolTwice(hop));
            ids[i] = hop;
            bool zeroForOne = asset == key.asset1;
            require(zeroForOne || asset == key.asset0, AmmBrokenPath(hop, asset));
            Word book = LEDGER.bookOf(address(this), name, key.asset0, key.asset1);
            amount = _load(hop, book).amountIn(zeroForOne, amount);
            asset = zeroForOne ? key.asset0 : key.asset1;
        }
    }

    function _logSwap(PoolId id, address actor, bool zeroForOne, uint256 amountIn, uint256 out) private {
        // both below 2^112
        (int256 gained, int256 given) = (int256(amountIn), -int256(out));
        if (zeroForOne) emit Swapped(id, actor, gained, given);
        else emit Swapped(id, actor, given, gained);
    }

    /* INTERNALS */

    /// @dev Outputs under the flags the book has.
    function _pay(Word holdings, uint256 out0, uint256 out1) private pure returns (Word) {
        return WordLib.pack(out0, out1).withFlags(uint32(holdings.flags())); // flags are 32 bits
    }

    function _isEmpty(Word inputs) private pure returns (bool) {
        return Word.unwrap(inputs) == 0;
    }

    function _oneInput(Word inputs) private pure returns (bool zeroForOne, uint256 amount) {
        (uint256 amount0, uint256 amount1) = (inputs.amount(0), inputs.amount(1));
        require((amount0 == 0) != (amount1 == 0), AmmOneInputOnly(amount0, amount1));
        return (amount1 == 0, amount0 | amount1);
    }

    function _checkLedger() private view {
        require(msg.sender == address(LEDGER), AmmNotLedger(msg.sender));
    }

    function _checkDeadline(uint256 deadline) private view {
        require(block.timestamp <= deadline, AmmExpired(deadline, block.timestamp));
    }
}
