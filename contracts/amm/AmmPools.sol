// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {IAssetMetadata} from "../interfaces/IAssetMetadata.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {AmmBook} from "../libraries/AmmBook.sol";
import {AmmMath} from "../libraries/AmmMath.sol";
import {AmmOracle} from "../libraries/AmmOracle.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {PoolId} from "../types/PoolId.sol";
import {ORACLE, PoolKey} from "../types/PoolKey.sol";
import {Word} from "../types/Word.sol";

/// @title AmmPools
/// @notice What is stored of pools beside their books: LP supply, offsets, the protocol's part of the fees, price history.
abstract contract AmmPools is IAmmCore {
    using AmmBook for Word;
    using AmmMath for AmmMath.Pool;
    using AmmOracle for AmmOracle.Oracle;

    struct Storage {
        uint128 offset0; //       slot 0: virtual reserves beside the book's; read by a swap of a range pool only
        uint128 offset1; //       slot 0
        uint112 totalShares; //   slot 1: LP supply with the locked and the protocol's shares
        uint112 rootK; //         slot 1
        uint128 alpha; //         slot 2
        uint128 beta; //          slot 2
        uint112 protocolShares; // slot 3
    }

    /// @inheritdoc IAmmCore
    ILedger public immutable LEDGER;

    mapping(PoolId id => Storage) internal _pools;
    mapping(PoolId id => AmmOracle.Oracle) private _oracles;
    uint16 private _protocolFee;
    address private _feeRecipient;

    constructor(ILedger ledger) {
        LEDGER = ledger;
    }

    /* AUTHORITY */

    /// @inheritdoc IAmmCore
    function setProtocolFee(uint256 fee, address recipient) external {
        (bool allowed, ) = LEDGER.AUTHORITY().canCall(msg.sender, address(this), msg.sig);
        require(allowed, AmmUnauthorized(msg.sender));
        require(fee <= AmmMath.MAX_PROTOCOL_FEE, AmmProtocolFeeTooHigh(fee, AmmMath.MAX_PROTOCOL_FEE));
        (_protocolFee, _feeRecipient) = (uint16(fee), recipient);
        emit ProtocolFeeSet(fee, recipient);
    }

    /* VIEWS */

    /// @inheritdoc IAmmCore
    function protocolFee() external view returns (uint256 fee, address recipient) {
        return (_protocolFee, _feeRecipient);
    }

    /// @inheritdoc IAmmCore
    function poolOf(PoolId id) external view returns (PoolState memory) {
        Storage storage stored = _pools[id];
        return
            PoolState({
                totalShares: stored.totalShares,
                offset0: stored.offset0,
                offset1: stored.offset1,
                alpha: stored.alpha,
                beta: stored.beta,
                rootK: stored.rootK,
                protocolShares: stored.protocolShares
            });
    }

    /// @inheritdoc IAmmCore
    function consult(PoolKey calldata key, uint256 window) external view returns (uint256 price) {
        PoolId id = key.toId(address(this));
        Word book = LEDGER.bookOf(address(this), key.bookKey(), key.asset0, key.asset1);
        AmmMath.Pool memory pool = _load(id, book);
        require(book.hasOracle(), AmmNoOracle(id));
        return _oracles[id].consult(pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1, window);
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
    /// @dev Shares in holders' hands: neither the locked ones nor what the protocol has not collected.
    function assetSupply(bytes32 salt) external view returns (uint256) {
        Storage storage stored = _pools[PoolId.wrap(salt)];
        uint256 totalShares = stored.totalShares;
        return totalShares == 0 ? 0 : totalShares - AmmMath.LOCKED_SHARES - stored.protocolShares;
    }

    /* INTERNALS */

    /// @dev What a swap needs of a pool.
    function _load(PoolId id, Word holdings) internal view returns (AmmMath.Pool memory pool) {
        require(holdings.exists(), AmmUnknownPool(id));
        pool.reserve0 = holdings.amount(0);
        pool.reserve1 = holdings.amount(1);
        pool.keep = AmmMath.PIPS - holdings.fee();
        if (holdings.isRange()) {
            Storage storage stored = _pools[id];
            (pool.offset0, pool.offset1) = (stored.offset0, stored.offset1);
        }
    }

    /// @dev What a swap needs of a pool that it is about to change: its price so far goes into its history.
    function _open(PoolId id, Word holdings) internal returns (AmmMath.Pool memory pool) {
        pool = _load(id, holdings);
        if (holdings.hasOracle()) {
            _oracles[id].touch(pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1);
        }
    }

    /// @dev What a change of liquidity needs of a pool, with the protocol's part of the fees so far in the supply.
    function _openAll(PoolId id, Storage storage stored, Word holdings) internal returns (AmmMath.Pool memory pool) {
        pool = _open(id, holdings);
        (pool.totalShares, pool.rootK) = (stored.totalShares, stored.rootK);
        if (holdings.isRange()) (pool.alpha, pool.beta) = (stored.alpha, stored.beta);
        uint256 shares = pool.accrue(_protocolFee);
        if (shares == 0) return pool;
        stored.protocolShares += uint112(shares); // with the supply below 2^112
        emit ProtocolSharesAdded(id, shares);
    }

    /// @dev Stores the supply that a change of liquidity left and, in a range pool, its offsets. The reserves of `pool` are those
    /// that the change left.
    function _close(Storage storage stored, AmmMath.Pool memory pool) internal {
        bool isRange = pool.alpha | pool.beta != 0;
        if (isRange) {
            // both below 2^119
            stored.offset0 = uint128(AmmMath.offset(pool.alpha, pool.totalShares));
            stored.offset1 = uint128(AmmMath.offset(pool.beta, pool.totalShares));
        }
        // `sharesFor` keeps the supply below 2^112; the root of two reserves is below 2^112.
        stored.totalShares = uint112(pool.totalShares);
        stored.rootK = _protocolFee == 0 || isRange ? 0 : uint112(pool.newRoot());
    }

    /// @dev Stores a new pool; answers the creator's shares, without the locked ones.
    function _create(PoolId id, PoolKey memory key, uint256 amount0, uint256 amount1) internal returns (uint256) {
        Storage storage stored = _pools[id];
        require(stored.totalShares == 0, AmmPoolExists(id));
        AmmMath.Pool memory pool = AmmMath.open(key, amount0, amount1);
        if (key.alpha | key.beta != 0) (stored.alpha, stored.beta) = (key.alpha, key.beta);
        _close(stored, pool);
        if (key.flags & ORACLE != 0) _oracles[id].init();
        return pool.totalShares - AmmMath.LOCKED_SHARES;
    }

    /// @dev Takes the protocol's shares of the pool for `actor`, who must be their recipient.
    function _collect(PoolId id, address actor, Word holdings) internal returns (uint256 shares) {
        require(actor == _feeRecipient, AmmNotFeeRecipient(actor, _feeRecipient));
        Storage storage stored = _pools[id];
        AmmMath.Pool memory pool = _openAll(id, stored, holdings);
        _close(stored, pool);
        shares = stored.protocolShares;
        stored.protocolShares = 0;
        emit ProtocolSharesCollected(id, actor, shares);
    }

    /// @dev The first four bytes of a pool id, in hexadecimal.
    function _label(bytes32 salt) private pure returns (string memory) {
        return Strings.toHexString(uint32(bytes4(salt)), 4);
    }
}
