// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAmmActions} from "../interfaces/IAmmActions.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {IAssetIssuer} from "../interfaces/IAssetIssuer.sol";
import {IAssetMetadata} from "../interfaces/IAssetMetadata.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {AmmBook} from "../libraries/AmmBook.sol";
import {AmmMath} from "../libraries/AmmMath.sol";
import {AmmOracle} from "../libraries/AmmOracle.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {BookId} from "../libraries/BookId.sol";
import {HolderFlags} from "../libraries/HolderFlags.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {PoolId} from "../types/PoolId.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {Word} from "../types/Word.sol";
import {AmmLiquidity} from "./AmmLiquidity.sol";
import {AmmPools} from "./AmmPools.sol";
import {AmmSections} from "./AmmSections.sol";

/// @title AmmCore
/// @notice Constant product on virtual reserves; see `IAmmCore`. Holds no token and no balance: reserves are the pool's
/// ledger book, handed over with each call.
/// @dev Swaps run here, changes of liquidity in `AmmLiquidity`, on this storage.
contract AmmCore is AmmSections, IAmmCore {
    using AmmBook for Word;
    using AmmMath for AmmMath.Pool;
    using AmmOracle for AmmOracle.Oracle;
    using AssetId for uint256;
    using HolderFlags for Word;
    using OperationLib for uint256[];

    /// @inheritdoc IAmmCore
    address public immutable LIQUIDITY;

    constructor(ILedger ledger) AmmPools(ledger) {
        LIQUIDITY = address(new AmmLiquidity(ledger));
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
    ) external onlyLedger returns (bytes4, Word outputs, uint256, Word) {
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
            _delegate();
        }
        return (ILedgerProtocol.onLedgerCall.selector, outputs, 0, Word.wrap(0));
    }

    /// @inheritdoc ILedgerProtocol
    /// @dev With `parameters`, the ABI encoding of a `Band`, a section of swaps; without, one of changes of liquidity (see
    /// `AmmLiquidity.onLedgerBatch`). All eligible orders of a section of swaps clear at one price; an order is eligible iff its
    /// limit, its least output, holds at the band's edge that is worst for it, so no order's fate depends on another's
    /// limit, and the order of operations changes nothing. Shares play no part. The kind of an operation is the side it
    /// sells; other kinds fail.
    function onLedgerBatch(
        bytes32 book,
        Word holdings,
        uint256,
        bytes calldata parameters,
        uint256[] calldata operations
    ) external onlyLedger returns (bytes4, uint32, uint256[] memory) {
        if (parameters.length == 0) _delegate();
        uint256[] memory payouts = OperationLib.newPayouts(operations.length / 2);
        _clear(PoolId.wrap(book), holdings, abi.decode(parameters, (Band)), operations, payouts);
        payouts.answer(ILedgerProtocol.onLedgerBatch.selector, uint32(holdings.flags())); // flags are 32 bits
    }

    /* ISSUERS */

    /// @inheritdoc IAmmCore
    function forceExit(PoolKey calldata, address, uint256, uint256) external returns (uint256, uint256) {
        _delegate();
    }

    /* AUTHORITY */

    /// @inheritdoc IAmmCore
    function setProtocolFee(uint256 fee, address recipient) external {
        (bool allowed, ) = _LEDGER.AUTHORITY().canCall(msg.sender, address(this), msg.sig);
        require(allowed, AmmUnauthorized(msg.sender));
        require(fee <= AmmMath.MAX_PROTOCOL_FEE, AmmProtocolFeeTooHigh(fee, AmmMath.MAX_PROTOCOL_FEE));
        ProtocolFee memory old = _protocolFee;
        uint24 period = old.part == 0 && fee != 0 ? old.period + 1 : old.period;
        _protocolFee = ProtocolFee({part: uint16(fee), period: period, recipient: recipient});
        emit ProtocolFeeSet(fee, recipient);
    }

    /* VIEWS */

    /// @inheritdoc IAmmCore
    // solhint-disable-next-line func-name-mixedcase
    function LEDGER() external view returns (ILedger) {
        return _LEDGER;
    }

    /// @inheritdoc IAmmCore
    function protocolFee() external view returns (uint256 fee, address recipient) {
        return (_protocolFee.part, _protocolFee.recipient);
    }

    /// @inheritdoc IAmmCore
    function poolOf(PoolId id) external view returns (PoolState memory) {
        Storage storage stored = _pools[id];
        return
            PoolState({
                totalShares: stored.totalShares,
                virtualShares: stored.virtualShares,
                offset0: stored.offset0,
                offset1: stored.offset1,
                alpha: stored.alpha,
                beta: stored.beta,
                rootK: _rootOf(stored, _protocolFee),
                protocolShares: stored.protocolShares
            });
    }

    /// @inheritdoc IAmmCore
    function consult(PoolKey calldata key, uint256 window) external view returns (uint256 price) {
        PoolId id = key.toId(address(this));
        Word book = _bookOf(key);
        AmmMath.Pool memory pool = _load(id, book);
        require(book.hasOracle(), AmmNoOracle(id));
        return _oracles[id].consult(pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1, window);
    }

    /// @inheritdoc IAmmCore
    function shareIdOf(PoolKey calldata key) external view returns (uint256) {
        return key.shareId(address(this));
    }

    /// @inheritdoc IAssetIssuer
    /// @dev Of the share of a pool with RULES: as the issuers of its assets let the assets behind `shares` move, rounded up,
    /// and no holder whom one of them has frozen may give. A mint asks for an exit to `to`. Both answers share the gas that
    /// the ledger gives for one.
    function canTransfer(uint256 id, address from, address to, uint256 shares) external view returns (bool) {
        PoolKey memory key = _restricted[id];
        if (key.flags == 0) return false;
        Word book = _bookOf(key);
        uint256 totalShares = _pools[key.toId(address(this))].totalShares;
        return
            _mayMove(key.asset0, from, to, Math.mulDiv(book.amount(0), shares, totalShares, Math.Rounding.Ceil)) &&
            _mayMove(key.asset1, from, to, Math.mulDiv(book.amount(1), shares, totalShares, Math.Rounding.Ceil));
    }

    /// @inheritdoc IAssetIssuer
    function onLedgerMovement(uint256, address, address, uint256) external pure {}

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
    /// @dev Shares in holders' hands: neither the locked ones nor what the protocol has not collected.
    function assetSupply(bytes32 salt) external view returns (uint256) {
        Storage storage stored = _pools[PoolId.wrap(salt)];
        uint256 totalShares = stored.totalShares;
        return totalShares == 0 ? 0 : totalShares - AmmMath.LOCKED_SHARES - stored.protocolShares;
    }

    /* ACTIONS */

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
            Word book = _LEDGER.bookOf(address(this), name, key.asset0, key.asset1);
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

    /// @dev Hands the call to `LIQUIDITY` and ends it with its answer.
    function _delegate() private {
        address liquidity = LIQUIDITY;
        assembly ("memory-safe") {
            let start := mload(0x40)
            calldatacopy(start, 0, calldatasize())
            let ok := delegatecall(gas(), liquidity, start, calldatasize(), 0, 0)
            returndatacopy(start, 0, returndatasize())
            if ok {
                return(start, returndatasize())
            }
            revert(start, returndatasize())
        }
    }

    function _bookOf(PoolKey memory key) private view returns (Word) {
        return _LEDGER.bookOf(address(this), key.bookKey(), key.asset0, key.asset1);
    }

    /// @dev Whether `amount` of an asset of a pool may move as a share moves; a mint is out of the pool.
    function _mayMove(uint256 asset, address from, address to, uint256 amount) private view returns (bool) {
        if (!asset.hasRules()) return true;
        if (from == address(0)) from = address(this);
        else if (_LEDGER.wordOf(from, asset).isFrozen()) return false;
        return _isAllowed(asset, from, to, amount);
    }

    function _oneInput(Word inputs) private pure returns (bool zeroForOne, uint256 amount) {
        (uint256 amount0, uint256 amount1) = (inputs.amount(0), inputs.amount(1));
        require((amount0 == 0) != (amount1 == 0), AmmOneInputOnly(amount0, amount1));
        return (amount1 == 0, amount0 | amount1);
    }

    function _checkLedger() private view {
        require(msg.sender == address(_LEDGER), AmmNotLedger(msg.sender));
    }

    /// @dev The first four bytes of a pool id, in hexadecimal.
    function _label(bytes32 salt) private pure returns (string memory) {
        return Strings.toHexString(uint32(bytes4(salt)), 4);
    }
}
