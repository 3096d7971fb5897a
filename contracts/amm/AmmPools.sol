// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {IAssetIssuer} from "../interfaces/IAssetIssuer.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {AmmBook} from "../libraries/AmmBook.sol";
import {AmmMath} from "../libraries/AmmMath.sol";
import {AmmOracle} from "../libraries/AmmOracle.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {PoolId} from "../types/PoolId.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {Word} from "../types/Word.sol";

/// @title AmmPools
/// @notice What is stored of pools beside their books: LP supply, offsets, the protocol's part of the fees, price history.
/// @dev `AmmCore` and its part `AmmLiquidity` run on this storage.
abstract contract AmmPools {
    using AmmBook for Word;
    using AmmOracle for AmmOracle.Oracle;

    struct Storage {
        uint128 offset0; //       slot 0: virtual reserves beside the book's; read by a swap of a range pool only
        uint128 offset1; //       slot 0
        uint112 totalShares; //   slot 1: LP supply with the locked and the protocol's shares
        uint128 virtualShares; // slot 1: what the offsets are made of; in a range pool only
        uint128 alpha; //         slot 2
        uint128 beta; //          slot 2
        uint112 protocolShares; // slot 3: touched only while the protocol takes a part
        uint120 rootK; //         slot 3
        uint24 feePeriod; //      slot 3: the one that `rootK` is of
    }

    struct ProtocolFee {
        uint16 part; //         slot 0: of 10,000
        /// @dev How often the part has risen from 0: what was counted in an earlier period is void.
        uint24 period; //       slot 0
        address recipient; //   slot 0
    }

    ILedger internal immutable _LEDGER;

    mapping(PoolId id => Storage) internal _pools;
    mapping(PoolId id => AmmOracle.Oracle) internal _oracles;
    /// @dev Pools of which an asset has RULES, by the id of their share.
    mapping(uint256 shareId => PoolKey) internal _restricted;
    ProtocolFee internal _protocolFee;

    constructor(ILedger ledger) {
        _LEDGER = ledger;
    }

    /// @dev What a swap needs of a pool.
    function _load(PoolId id, Word holdings) internal view returns (AmmMath.Pool memory pool) {
        require(holdings.exists(), IAmmCore.AmmUnknownPool(id));
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

    /// @dev `rootK` of a pool, or 0 when it is of an earlier period or the protocol takes no part.
    function _rootOf(Storage storage stored, ProtocolFee memory fee) internal view returns (uint256) {
        return fee.part != 0 && stored.feePeriod == fee.period ? stored.rootK : 0;
    }

    /// @dev Whether the issuer of an asset with RULES lets `amount` of it move; all gas is the issuer's.
    function _isAllowed(uint256 asset, address from, address to, uint256 amount) internal view returns (bool) {
        bytes memory question = abi.encodeCall(IAssetIssuer.canTransfer, (asset, from, to, amount));
        return BoundedCall.isTrue(_LEDGER.issuerOf(asset), gasleft(), question);
    }

    /// @dev Outputs under the flags the book has.
    function _pay(Word holdings, uint256 out0, uint256 out1) internal pure returns (Word) {
        return WordLib.pack(out0, out1).withFlags(uint32(holdings.flags())); // flags are 32 bits
    }

    function _checkDeadline(uint256 deadline) internal view {
        require(block.timestamp <= deadline, IAmmCore.AmmExpired(deadline, block.timestamp));
    }
}
