// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IAmmActions} from "../interfaces/IAmmActions.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {IAssetMetadata} from "../interfaces/IAssetMetadata.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {AmmBook} from "../libraries/AmmBook.sol";
import {AmmMath} from "../libraries/AmmMath.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {PoolId} from "../types/PoolId.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {Word} from "../types/Word.sol";

/// @title AmmCore
/// @notice Constant product on virtual reserves; see `IAmmCore`. Holds no token and no balance: reserves are the pool's
/// ledger book, handed over with each call.
contract AmmCore is IAmmCore {
    using AmmBook for Word;
    using AmmMath for AmmMath.Pool;
    using AssetId for uint256;
    using OperationLib for uint256;

    struct Storage {
        uint128 offset0; //     slot 0: virtual reserves beside the book's; read by a swap of a range pool only
        uint128 offset1; //     slot 0
        uint112 totalShares; // slot 1: LP supply with the locked shares
        uint128 alpha; //       slot 2
        uint128 beta; //        slot 2
    }

    /// @dev Sums of a section's eligible orders.
    struct Totals {
        uint256 net0;
        uint256 net1;
        uint256 in0;
        uint256 in1;
        uint256 out0;
        uint256 out1;
    }

    /// @inheritdoc IAmmCore
    ILedger public immutable LEDGER;

    mapping(PoolId id => Storage) private _pools;

    constructor(ILedger ledger) {
        LEDGER = ledger;
    }

    modifier onlyLedger() {
        _checkLedger();
        _;
    }

    /* LEDGER ENTRIES */

    /// @inheritdoc ILedgerProtocol
    function onLedgerCall(
        Action calldata action,
        bytes calldata data
    ) external onlyLedger returns (Outcome memory outcome) {
        bytes4 selector = bytes4(data);
        bytes calldata arguments = data[4:];
        if (selector == IAmmActions.swapExactIn.selector) {
            (uint256 minimum, uint256 deadline) = abi.decode(arguments, (uint256, uint256));
            _checkDeadline(deadline);
            outcome = _swapExactIn(action, minimum);
        } else if (selector == IAmmActions.swapExactOut.selector) {
            (uint256 amountOut, uint256 deadline) = abi.decode(arguments, (uint256, uint256));
            _checkDeadline(deadline);
            outcome = _swapExactOut(action, amountOut);
        } else if (selector == IAmmActions.addLiquidity.selector) {
            (uint256 minShares, uint256 deadline) = abi.decode(arguments, (uint256, uint256));
            _checkDeadline(deadline);
            outcome = _addLiquidity(action, minShares);
        } else if (selector == IAmmActions.removeLiquidity.selector) {
            (uint256 min0, uint256 min1, uint256 deadline) = abi.decode(arguments, (uint256, uint256, uint256));
            _checkDeadline(deadline);
            outcome = _removeLiquidity(action, min0, min1);
        } else if (selector == IAmmActions.createPool.selector) {
            (PoolKey memory key, uint256 minShares, uint256 deadline) = abi.decode(
                arguments,
                (PoolKey, uint256, uint256)
            );
            _checkDeadline(deadline);
            outcome = _createPool(action, key, minShares);
        } else {
            revert AmmUnknownAction(selector);
        }
        outcome.magic = ILedgerProtocol.onLedgerCall.selector;
    }

    /// @inheritdoc ILedgerProtocol
    /// @dev A section of swaps: `parameters` is the ABI encoding of a `Band`, an operation's limit its least output. All
    /// eligible orders clear at one price; an order is eligible iff its limit holds at the band's edge that is worst
    /// for it, so no order's fate depends on another's limit, and the order of operations changes nothing.
    function onLedgerBatch(
        bytes32 key,
        Word book,
        bytes calldata parameters,
        uint256[] calldata operations
    ) external onlyLedger returns (bytes4 magic, uint32 flags, uint256[] memory payouts) {
        PoolId id = PoolId.wrap(key);
        AmmMath.Pool memory pool = _load(id, book);
        (uint256 low, uint256 high) = AmmMath.edges(abi.decode(parameters, (Band)));
        payouts = new uint256[](operations.length / 2);
        Totals memory totals = _collect(pool, operations, payouts, low, high);
        if (totals.in0 | totals.in1 != 0) {
            _fillAll(id, pool, totals, operations, payouts, low, high);
        }
        return (ILedgerProtocol.onLedgerBatch.selector, uint32(book.flags()), payouts); // flags are 32 bits
    }

    /* VIEWS */

    /// @inheritdoc IAmmCore
    function poolOf(
        PoolId id
    ) external view returns (uint256 totalShares, uint256 offset0, uint256 offset1, uint128 alpha, uint128 beta) {
        Storage storage stored = _pools[id];
        return (stored.totalShares, stored.offset0, stored.offset1, stored.alpha, stored.beta);
    }

    /// @inheritdoc IAmmCore
    function shareIdOf(PoolId id) public view returns (uint256) {
        return AssetId.issued(address(this), PoolId.unwrap(id), 0, 0);
    }

    /// @inheritdoc IAssetMetadata
    function assetName(bytes32 salt) external pure returns (string memory) {
        return string.concat("Lakh LP ", _label(salt));
    }

    /// @inheritdoc IAssetMetadata
    function assetSymbol(bytes32 salt) external pure returns (string memory) {
        return string.concat("LLP-", _label(salt));
    }

    /// @inheritdoc IAssetMetadata
    function assetDecimals(bytes32) external pure returns (uint8) {
        return 18;
    }

    /// @inheritdoc IAssetMetadata
    function assetSupply(bytes32 salt) external view returns (uint256) {
        uint256 totalShares = _pools[PoolId.wrap(salt)].totalShares;
        return totalShares == 0 ? 0 : totalShares - AmmMath.LOCKED_SHARES;
    }

    /* ACTIONS */

    function _createPool(
        Action calldata action,
        PoolKey memory key,
        uint256 minShares
    ) private returns (Outcome memory outcome) {
        PoolId id = key.toId();
        require(PoolId.unwrap(id) == action.key, AmmWrongPool(id, action.key));
        require(
            key.asset0 == action.asset0 && key.asset1 == action.asset1 && key.asset0 < key.asset1,
            AmmAssetOrder(action.asset0, action.asset1)
        );
        require(!key.asset0.hasRules(), AmmRestrictedAsset(key.asset0));
        require(!key.asset1.hasRules(), AmmRestrictedAsset(key.asset1));
        require(key.fee <= AmmMath.MAX_FEE, AmmFeeTooHigh(key.fee, AmmMath.MAX_FEE));
        Storage storage stored = _pools[id];
        require(stored.totalShares == 0, AmmPoolExists(id));

        uint256 shares = AmmMath.initialShares(action.amount0, action.amount1, key.alpha, key.beta);
        require(shares > AmmMath.LOCKED_SHARES, AmmBelowMinimumShares(shares, AmmMath.LOCKED_SHARES + 1));
        (stored.alpha, stored.beta) = (key.alpha, key.beta);
        (uint256 offset0, uint256 offset1) = _storeShares(stored, shares);
        uint256 least = AmmMath.MIN_RESERVE;
        require(action.amount0 + offset0 >= least, AmmReserveFloor(action.amount0 + offset0, least));
        require(action.amount1 + offset1 >= least, AmmReserveFloor(action.amount1 + offset1, least));

        outcome.flags = AmmBook.flagsFor(key.fee, key.alpha | key.beta != 0);
        outcome.shareId = shareIdOf(id);
        outcome.mint = shares - AmmMath.LOCKED_SHARES;
        require(outcome.mint >= minShares, AmmBelowMinimumShares(outcome.mint, minShares));
        emit PoolCreated(id, key.asset0, key.asset1, key.fee, key.alpha, key.beta, outcome.shareId);
        emit LiquidityAdded(id, action.actor, action.to, action.amount0, action.amount1, outcome.mint);
    }

    function _addLiquidity(Action calldata action, uint256 minShares) private returns (Outcome memory outcome) {
        PoolId id = PoolId.wrap(action.key);
        Storage storage stored = _pools[id];
        AmmMath.Pool memory pool = _loadAll(stored, action);
        (uint256 shares, uint256 amount0, uint256 amount1) = pool.sharesFor(action.amount0, action.amount1);
        require(shares >= minShares, AmmBelowMinimumShares(shares, minShares));
        _storeShares(stored, pool.totalShares + shares);

        outcome.flags = uint32(action.book.flags());
        outcome.out0 = action.amount0 - amount0; // amounts taken never exceed the inputs: shares round down
        outcome.out1 = action.amount1 - amount1;
        outcome.shareId = shareIdOf(id);
        outcome.mint = shares;
        emit LiquidityAdded(id, action.actor, action.to, amount0, amount1, shares);
    }

    function _removeLiquidity(
        Action calldata action,
        uint256 min0,
        uint256 min1
    ) private returns (Outcome memory outcome) {
        require(action.amount0 | action.amount1 == 0, AmmInputsNotWanted(action.amount0, action.amount1));
        PoolId id = PoolId.wrap(action.key);
        Storage storage stored = _pools[id];
        AmmMath.Pool memory pool = _loadAll(stored, action);
        (outcome.out0, outcome.out1) = pool.amountsFor(action.shares);
        require(outcome.out0 >= min0, AmmBelowMinimumOut(outcome.out0, min0));
        require(outcome.out1 >= min1, AmmBelowMinimumOut(outcome.out1, min1));
        _storeShares(stored, pool.totalShares - action.shares);

        outcome.flags = uint32(action.book.flags());
        outcome.shareId = shareIdOf(id);
        outcome.burn = action.shares;
        emit LiquidityRemoved(id, action.actor, action.to, outcome.out0, outcome.out1, action.shares);
    }

    function _swapExactIn(Action calldata action, uint256 minimum) private returns (Outcome memory outcome) {
        (AmmMath.Pool memory pool, bool zeroForOne, uint256 amountIn) = _openSwap(action);
        uint256 out = pool.amountOut(zeroForOne, amountIn);
        require(out >= minimum, AmmBelowMinimumOut(out, minimum));
        return _closeSwap(action, pool, zeroForOne, amountIn, out);
    }

    function _swapExactOut(Action calldata action, uint256 out) private returns (Outcome memory outcome) {
        (AmmMath.Pool memory pool, bool zeroForOne, uint256 maximum) = _openSwap(action);
        uint256 amountIn = pool.amountIn(zeroForOne, out);
        require(amountIn <= maximum, AmmAboveMaximumIn(amountIn, maximum));
        outcome = _closeSwap(action, pool, zeroForOne, amountIn, out);
        if (zeroForOne) outcome.out0 = maximum - amountIn;
        else outcome.out1 = maximum - amountIn;
    }

    function _openSwap(
        Action calldata action
    ) private view returns (AmmMath.Pool memory pool, bool zeroForOne, uint256 amountIn) {
        require((action.amount0 == 0) != (action.amount1 == 0), AmmOneInputOnly(action.amount0, action.amount1));
        pool = _load(PoolId.wrap(action.key), action.book);
        zeroForOne = action.amount1 == 0;
        amountIn = zeroForOne ? action.amount0 : action.amount1;
    }

    function _closeSwap(
        Action calldata action,
        AmmMath.Pool memory pool,
        bool zeroForOne,
        uint256 amountIn,
        uint256 out
    ) private returns (Outcome memory outcome) {
        outcome.flags = uint32(action.book.flags());
        (uint256 in0, uint256 in1) = zeroForOne ? (amountIn, uint256(0)) : (uint256(0), amountIn);
        (outcome.out0, outcome.out1) = zeroForOne ? (uint256(0), out) : (out, uint256(0));
        pool.checkAfter(in0, in1, outcome.out0, outcome.out1);
        emit Swapped(PoolId.wrap(action.key), action.actor, action.to, in0, in1, outcome.out0, outcome.out1);
    }

    /* SECTIONS */

    /// @dev Marks what cannot fill, and sums the rest.
    function _collect(
        AmmMath.Pool memory pool,
        uint256[] calldata operations,
        uint256[] memory payouts,
        uint256 low,
        uint256 high
    ) private pure returns (Totals memory totals) {
        for (uint256 i; i < payouts.length; ++i) {
            (uint256 side, uint256 body) = (operations[2 * i].side(), operations[2 * i + 1]);
            uint256 amount = body.amount();
            uint256 net = amount * pool.keep;
            if (
                side > 1 ||
                amount < AmmMath.MIN_TRADE ||
                AmmMath.worstOut(net, side == 0, low, high) < _atLeastOne(body.limit())
            ) {
                payouts[i] = OperationLib.FAILED;
            } else if (side == 0) {
                totals.in0 += amount;
                totals.net0 += net;
            } else {
                totals.in1 += amount;
                totals.net1 += net;
            }
        }
    }

    /// @dev Prices the eligible orders once, at (Y + B) / (X + A) on fee-net sums, and fills them all.
    function _fillAll(
        PoolId id,
        AmmMath.Pool memory pool,
        Totals memory totals,
        uint256[] calldata operations,
        uint256[] memory payouts,
        uint256 low,
        uint256 high
    ) private {
        uint256 scaled0 = (pool.reserve0 + pool.offset0) * AmmMath.PIPS + totals.net0;
        uint256 scaled1 = (pool.reserve1 + pool.offset1) * AmmMath.PIPS + totals.net1;
        uint256 price = AmmMath.clearingPrice(scaled0, scaled1, low, high);
        for (uint256 i; i < payouts.length; ++i) {
            if (payouts[i] != 0) continue;
            uint256 net = operations[2 * i + 1].amount() * pool.keep;
            if (operations[2 * i].side() == 0) {
                uint256 out = AmmMath.fill(net, scaled0, scaled1);
                totals.out1 += out;
                payouts[i] = out << 112;
            } else {
                uint256 out = AmmMath.fill(net, scaled1, scaled0);
                totals.out0 += out;
                payouts[i] = out;
            }
        }
        pool.checkAfter(totals.in0, totals.in1, totals.out0, totals.out1);
        emit BatchCleared(id, price, totals.in0, totals.in1, totals.out0, totals.out1);
    }

    /* INTERNALS */

    /// @dev What a swap needs of a pool. The flag proves that the book, and so its pair of assets, is the pool's.
    function _load(PoolId id, Word book) private view returns (AmmMath.Pool memory pool) {
        require(book.exists(), AmmUnknownPool(PoolId.unwrap(id)));
        pool.reserve0 = book.amount(0);
        pool.reserve1 = book.amount(1);
        pool.keep = AmmMath.PIPS - book.fee();
        if (book.isRange()) {
            Storage storage stored = _pools[id];
            (pool.offset0, pool.offset1) = (stored.offset0, stored.offset1);
        }
    }

    function _loadAll(Storage storage stored, Action calldata action) private view returns (AmmMath.Pool memory pool) {
        pool = _load(PoolId.wrap(action.key), action.book);
        pool.totalShares = stored.totalShares;
    }

    function _storeShares(Storage storage stored, uint256 shares) private returns (uint256 offset0, uint256 offset1) {
        require(shares <= type(uint112).max, AmmAmountTooLarge(shares, type(uint112).max));
        stored.totalShares = uint112(shares);
        (uint128 alpha, uint128 beta) = (stored.alpha, stored.beta);
        if (alpha | beta != 0) {
            (offset0, offset1) = (AmmMath.offset(alpha, shares), AmmMath.offset(beta, shares));
            // both below 2^119
            (stored.offset0, stored.offset1) = (uint128(offset0), uint128(offset1));
        }
    }

    /// @dev An order with no limit still wants something for its input.
    function _atLeastOne(uint256 limit) private pure returns (uint256) {
        return limit == 0 ? 1 : limit;
    }

    function _checkLedger() private view {
        require(msg.sender == address(LEDGER), AmmNotLedger(msg.sender));
    }

    function _checkDeadline(uint256 deadline) private view {
        require(block.timestamp <= deadline, AmmExpired(deadline, block.timestamp));
    }

    /// @dev The first four bytes of a pool id, in hexadecimal.
    function _label(bytes32 salt) private pure returns (string memory) {
        return Strings.toHexString(uint32(bytes4(salt)), 4);
    }
}
