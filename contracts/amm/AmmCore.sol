// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
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
import {WordLib} from "../libraries/WordLib.sol";
import {PoolId} from "../types/PoolId.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {Word} from "../types/Word.sol";

/// @title AmmCore
/// @notice Constant product on virtual reserves; see `IAmmCore`. Holds no token and no balance: reserves are the pool's
/// ledger book, handed over with each call.
contract AmmCore is IAmmCore {
    using AmmBook for Word;
    using AmmMath for AmmMath.Pool;
    using OperationLib for uint256;
    using OperationLib for uint256[];

    struct Storage {
        uint128 offset0; //     slot 0: virtual reserves beside the book's; read by a swap of a range pool only
        uint128 offset1; //     slot 0
        uint112 totalShares; // slot 1: LP supply with the locked shares
        uint128 alpha; //       slot 2
        uint128 beta; //        slot 2
    }

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
            outputs = _swapExactOut(id, actor, holdings, inputs, data);
        } else {
            shareId = shareIdOf(id);
            if (selector == IAmmActions.addLiquidity.selector) {
                (outputs, issue) = _addLiquidity(id, actor, holdings, inputs, data);
            } else if (selector == IAmmActions.removeLiquidity.selector) {
                require(_isEmpty(inputs), AmmInputsNotWanted(inputs.amount(0), inputs.amount(1)));
                (outputs, issue) = _removeLiquidity(id, actor, holdings, data);
            } else if (selector == IAmmActions.createPool.selector) {
                (outputs, issue) = _createPool(id, actor, inputs, data);
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
        uint256 shares = _openPool(id, key, inputs.amount(0), inputs.amount(1));
        require(shares >= minShares, AmmBelowMinimumShares(shares, minShares));
        emit PoolCreated(id, key.asset0, key.asset1, key.fee, key.alpha, key.beta);
        emit LiquidityAdded(id, actor, inputs.amount(0), inputs.amount(1), shares);
        outputs = WordLib.pack(0, 0).withFlags(AmmBook.flagsFor(key.fee, key.alpha | key.beta != 0));
        issue = WordLib.pack(shares, 0);
    }

    /// @dev Stores a new pool; answers the creator's shares, without the locked ones.
    function _openPool(PoolId id, PoolKey memory key, uint256 amount0, uint256 amount1) private returns (uint256) {
        Storage storage stored = _pools[id];
        require(stored.totalShares == 0, AmmPoolExists(id));
        (uint256 total, uint256 offset0, uint256 offset1) = AmmMath.open(key, amount0, amount1);
        // total is below 2^112, the offsets below 2^119
        stored.totalShares = uint112(total);
        if (key.alpha | key.beta != 0) {
            (stored.alpha, stored.beta) = (key.alpha, key.beta);
            (stored.offset0, stored.offset1) = (uint128(offset0), uint128(offset1));
        }
        return total - AmmMath.LOCKED_SHARES;
    }

    function _addLiquidity(
        PoolId id,
        address actor,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) private returns (Word outputs, Word issue) {
        Storage storage stored = _pools[id];
        AmmMath.Pool memory pool = _loadAll(id, stored, holdings);
        (uint256 shares, uint256 amount0, uint256 amount1) = pool.sharesFor(inputs.amount(0), inputs.amount(1));
        {
            (uint256 minShares, uint256 deadline) = abi.decode(data[4:], (uint256, uint256));
            _checkDeadline(deadline);
            require(shares >= minShares, AmmBelowMinimumShares(shares, minShares));
        }
        _storeShares(stored, pool, pool.totalShares + shares);
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
        AmmMath.Pool memory pool = _loadAll(id, stored, holdings);
        (amount0, amount1) = pool.amountsFor(shares);
        _storeShares(stored, pool, pool.totalShares - shares);
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
        AmmMath.Pool memory pool = _load(id, holdings);
        (bool zeroForOne, uint256 amountIn) = _oneInput(inputs);
        uint256 out = pool.amountOut(zeroForOne, amountIn);
        require(out >= minimum, AmmBelowMinimumOut(out, minimum));
        _logSwap(id, actor, zeroForOne, amountIn, out);
        return zeroForOne ? _pay(holdings, 0, out) : _pay(holdings, out, 0);
    }

    function _swapExactOut(
        PoolId id,
        address actor,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) private returns (Word) {
        (uint256 out, uint256 deadline) = abi.decode(data[4:], (uint256, uint256));
        _checkDeadline(deadline);
        AmmMath.Pool memory pool = _load(id, holdings);
        (bool zeroForOne, uint256 maximum) = _oneInput(inputs);
        uint256 amountIn = pool.amountIn(zeroForOne, out);
        require(amountIn <= maximum, AmmAboveMaximumIn(amountIn, maximum));
        _logSwap(id, actor, zeroForOne, amountIn, out);
        uint256 change = maximum - amountIn;
        return zeroForOne ? _pay(holdings, change, out) : _pay(holdings, out, change);
    }

    function _logSwap(PoolId id, address actor, bool zeroForOne, uint256 amountIn, uint256 out) private {
        // both below 2^112
        (int256 gained, int256 given) = (int256(amountIn), -int256(out));
        if (zeroForOne) emit Swapped(id, actor, gained, given);
        else emit Swapped(id, actor, given, gained);
    }

    /* SECTIONS */

    /// @dev Answers every order: what cannot fill fails, the rest is filled at one price.
    function _clear(
        PoolId id,
        Word holdings,
        Band memory band,
        uint256[] calldata operations,
        uint256[] memory payouts
    ) private {
        AmmMath.Pool memory pool = _load(id, holdings);
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
        emit BatchCleared(id, price, in0, in1, out0, out1);
    }

    /* INTERNALS */

    /// @dev What a swap needs of a pool.
    function _load(PoolId id, Word holdings) private view returns (AmmMath.Pool memory pool) {
        require(holdings.exists(), AmmUnknownPool(id));
        pool.reserve0 = holdings.amount(0);
        pool.reserve1 = holdings.amount(1);
        pool.keep = AmmMath.PIPS - holdings.fee();
        if (holdings.isRange()) {
            Storage storage stored = _pools[id];
            (pool.offset0, pool.offset1) = (stored.offset0, stored.offset1);
        }
    }

    function _loadAll(
        PoolId id,
        Storage storage stored,
        Word holdings
    ) private view returns (AmmMath.Pool memory pool) {
        pool = _load(id, holdings);
        pool.totalShares = stored.totalShares;
        if (holdings.isRange()) (pool.alpha, pool.beta) = (stored.alpha, stored.beta);
    }

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

    /// @dev Stores a new supply and, in a range pool, its offsets.
    function _storeShares(Storage storage stored, AmmMath.Pool memory pool, uint256 shares) private {
        stored.totalShares = uint112(shares); // `sharesFor` keeps it below 2^112
        if (pool.alpha | pool.beta != 0) {
            // both below 2^119
            stored.offset0 = uint128(AmmMath.offset(pool.alpha, shares));
            stored.offset1 = uint128(AmmMath.offset(pool.beta, shares));
        }
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
