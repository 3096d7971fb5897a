// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAmmActions} from "../interfaces/IAmmActions.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {AmmBook} from "../libraries/AmmBook.sol";
import {AmmMath} from "../libraries/AmmMath.sol";
import {AmmOracle} from "../libraries/AmmOracle.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {PoolId} from "../types/PoolId.sol";
import {ORACLE, PoolKey} from "../types/PoolKey.sol";
import {Word} from "../types/Word.sol";
import {AmmPools} from "./AmmPools.sol";

/// @title AmmLiquidity
/// @notice The part of `AmmCore` that changes liquidity: creation, additions, removals, by wallets and in sections, and the
/// protocol's shares.
/// @dev `AmmCore` deploys it and hands it the calls by `delegatecall`, so that each fits its size: it runs on the core's
/// storage and as the core, and has no say of its own. Called directly it refuses.
contract AmmLiquidity is AmmPools {
    using AmmBook for Word;
    using AmmMath for AmmMath.Pool;
    using AmmOracle for AmmOracle.Oracle;
    using AssetId for uint256;
    using OperationLib for uint256;
    using OperationLib for uint256[];

    /// @dev Kind of an addition's first half; of its second it is one more. The two low bits name what is debited.
    uint8 private constant ADDITION = 8;

    address private immutable SELF = address(this);

    constructor(ILedger ledger) AmmPools(ledger) {}

    modifier onlyAsCore() {
        require(address(this) != SELF, IAmmCore.AmmNotCore(address(this)));
        _;
    }

    /* LEDGER ENTRIES */

    /// @dev The actions of `AmmCore.onLedgerCall` that change liquidity.
    function onLedgerCall(
        address actor,
        bytes32 book,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) external onlyAsCore returns (bytes4 magic, Word outputs, uint256 shareId, Word issue) {
        PoolId id = PoolId.wrap(book);
        bytes4 selector = bytes4(data);
        if (selector == IAmmActions.addLiquidity.selector) {
            (outputs, issue) = _addLiquidity(id, actor, holdings, inputs, data);
        } else if (selector == IAmmActions.removeLiquidity.selector) {
            _checkNoInputs(inputs);
            (outputs, issue) = _removeLiquidity(id, actor, holdings, data);
        } else if (selector == IAmmActions.createPool.selector) {
            (outputs, issue) = _createPool(id, actor, inputs, data);
        } else if (selector == IAmmActions.collectProtocolFee.selector) {
            _checkNoInputs(inputs);
            issue = WordLib.pack(_collect(id, actor, holdings), 0);
            outputs = _pay(holdings, 0, 0);
        } else {
            revert IAmmCore.AmmUnknownAction(selector);
        }
        shareId = _shareIdOf(id, outputs); // the flags of what leaves are the book's
        magic = ILedgerProtocol.onLedgerCall.selector;
    }

    /// @dev A section of changes of liquidity, one after the other as wallets make them. An operation of kind 8 and the next of
    /// kind 9 by the same account are one addition: the inputs are their amounts, the least shares the limit that both
    /// carry; the first is answered by the shares, the second by the change. One without the other fails. An operation of
    /// kind 2 is a removal of its amount of shares, for at least its limit of asset 0 and its second limit of asset 1.
    /// Others fail: no kind means something in a section of swaps too, so whoever chooses the section's parameters cannot
    /// turn what an account signed by itself into something else.
    function onLedgerBatch(
        bytes32 book,
        Word holdings,
        uint256 shareId,
        bytes calldata,
        uint256[] calldata operations
    ) external onlyAsCore returns (bytes4, uint32, uint256[] memory) {
        _checkShare(PoolId.wrap(book), holdings, shareId);
        uint256[] memory payouts = OperationLib.newPayouts(operations.length / 2);
        _settleAll(PoolId.wrap(book), holdings, operations, payouts);
        payouts.answer(ILedgerProtocol.onLedgerBatch.selector, uint32(holdings.flags())); // flags are 32 bits
    }

    /* ISSUERS */

    /// @dev See `IAmmCore.forceExit`.
    function forceExit(
        PoolKey calldata key,
        address account,
        uint256 minAmount0,
        uint256 minAmount1
    ) external onlyAsCore returns (uint256 amount0, uint256 amount1) {
        require(_isIssuer(key.asset0) || _isIssuer(key.asset1), IAmmCore.AmmUnauthorized(msg.sender));
        uint256 shareId = key.shareId(address(this));
        uint256 shares = _LEDGER.balanceOf(account, shareId);
        _LEDGER.forceTransfer(shareId, account, address(this), shares);
        (amount0, amount1, ) = _LEDGER.call(
            ILedger.Call({
                protocol: address(this),
                asset0: key.asset0,
                asset1: key.asset1,
                key: key.bookKey(),
                source: ILedger.Source.LEDGER,
                destination: ILedger.Destination.LEDGER,
                amount0: 0,
                amount1: 0,
                to: account,
                data: abi.encodeCall(IAmmActions.removeLiquidity, (shares, minAmount0, minAmount1, block.timestamp))
            })
        );
        emit IAmmCore.ExitForced(key.toId(address(this)), account, msg.sender, amount0, amount1, shares);
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
        require(PoolId.unwrap(expected) == PoolId.unwrap(id), IAmmCore.AmmWrongPool(expected, id));
        if (key.isRestricted()) {
            _checkApproved(id, key.asset0, actor, inputs.amount(0));
            _checkApproved(id, key.asset1, actor, inputs.amount(1));
        }
        uint256 shares = _create(id, key, inputs.amount(0), inputs.amount(1));
        require(shares >= minShares, IAmmCore.AmmBelowMinimumShares(shares, minShares));
        emit IAmmCore.PoolCreated(id, key.asset0, key.asset1, key.fee, key.alpha, key.beta, key.flags);
        emit IAmmCore.LiquidityAdded(id, actor, inputs.amount(0), inputs.amount(1), shares);
        outputs = WordLib.pack(0, 0).withFlags(AmmBook.flagsFor(key));
        issue = WordLib.pack(shares, 0);
    }

    /// @dev Stores a new pool; answers the creator's shares, without the locked ones.
    function _create(PoolId id, PoolKey memory key, uint256 amount0, uint256 amount1) private returns (uint256) {
        Storage storage stored = _pools[id];
        require(stored.totalShares == 0, IAmmCore.AmmPoolExists(id));
        AmmMath.Pool memory pool = AmmMath.open(key, amount0, amount1);
        if (pool.isRange()) (stored.alpha, stored.beta) = (key.alpha, key.beta);
        _close(stored, pool);
        if (key.flags & ORACLE != 0) _oracles[id].init();
        if (key.isRestricted()) {
            _restricted[key.shareId(address(this))] = key;
            // It moves nothing, so the ledger takes it within its own call.
            _LEDGER.issueAsset(PoolId.unwrap(id), AssetId.RULES_0, address(this), address(0));
        }
        return pool.totalShares - AmmMath.LOCKED_SHARES;
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
            require(shares >= minShares, IAmmCore.AmmBelowMinimumShares(shares, minShares));
        }
        _add(id, pool, actor, shares, amount0, amount1);
        _close(stored, pool);
        issue = WordLib.pack(shares, 0);
        // Amounts taken never exceed the inputs.
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
        (uint256 amount0, uint256 amount1) = _burnShares(id, actor, holdings, shares);
        require(amount0 >= min0, IAmmCore.AmmBelowMinimumOut(amount0, min0));
        require(amount1 >= min1, IAmmCore.AmmBelowMinimumOut(amount1, min1));
        if (holdings.isRestricted()) _checkExit(id, actor, amount0, amount1);
        outputs = _pay(holdings, amount0, amount1);
        issue = WordLib.pack(0, shares); // shares <= totalShares < 2^112
    }

    function _burnShares(
        PoolId id,
        address actor,
        Word holdings,
        uint256 shares
    ) private returns (uint256 amount0, uint256 amount1) {
        Storage storage stored = _pools[id];
        AmmMath.Pool memory pool = _openAll(id, stored, holdings);
        (amount0, amount1) = pool.amountsFor(shares);
        _remove(id, pool, actor, shares, amount0, amount1);
        _close(stored, pool);
    }

    /// @dev Takes the protocol's shares of the pool for `actor`, who must be their recipient.
    function _collect(PoolId id, address actor, Word holdings) private returns (uint256 shares) {
        address recipient = _protocolFee.recipient;
        require(actor == recipient, IAmmCore.AmmNotFeeRecipient(actor, recipient));
        Storage storage stored = _pools[id];
        AmmMath.Pool memory pool = _openAll(id, stored, holdings);
        _close(stored, pool);
        shares = stored.protocolShares;
        stored.protocolShares = 0;
        emit IAmmCore.ProtocolSharesCollected(id, actor, shares);
    }

    /* SECTIONS */

    function _settleAll(PoolId id, Word holdings, uint256[] calldata operations, uint256[] memory payouts) private {
        Storage storage stored = _pools[id];
        AmmMath.Pool memory pool = _openAll(id, stored, holdings);
        for (uint256 i; i < payouts.length; ++i) {
            (uint256 head, uint256 body) = (operations[2 * i], operations[2 * i + 1]);
            if (head.kind() == OperationLib.SIDE_SHARES) {
                payouts[i] = _settleRemoval(id, pool, head, body);
            } else if (_isAddition(operations, i)) {
                uint256 other = operations[2 * i + 3];
                (payouts[i], payouts[i + 1]) = _settleAddition(id, pool, head.account(), body, other);
                ++i;
            } else {
                payouts[i] = OperationLib.FAILED;
            }
        }
        _close(stored, pool);
    }

    /// @dev Whether the operation at `index` and the next are the two halves of an addition.
    function _isAddition(uint256[] calldata operations, uint256 index) private pure returns (bool) {
        if (2 * index + 3 >= operations.length) return false;
        (uint256 head, uint256 next) = (operations[2 * index], operations[2 * index + 2]);
        return head.kind() == ADDITION && next.kind() == ADDITION + 1 && head.account() == next.account();
    }

    function _settleAddition(
        PoolId id,
        AmmMath.Pool memory pool,
        address account,
        uint256 body0,
        uint256 body1
    ) private returns (uint256 first, uint256 second) {
        (uint256 max0, uint256 max1) = (body0.amount(), body1.amount());
        (uint256 shares, uint256 amount0, uint256 amount1) = pool.trySharesFor(max0, max1);
        // Both halves say the same, so that none is taken for another's.
        bool isMeant = body0.limit() == body1.limit() && shares >= body0.limit();
        if (shares == 0 || !isMeant || amount0 > max0 || amount1 > max1) {
            return (OperationLib.FAILED, OperationLib.FAILED);
        }
        _add(id, pool, account, shares, amount0, amount1);
        return (OperationLib.SHARES | shares, ((max1 - amount1) << 112) | (max0 - amount0));
    }

    function _settleRemoval(
        PoolId id,
        AmmMath.Pool memory pool,
        uint256 head,
        uint256 body
    ) private returns (uint256 payout) {
        uint256 shares = body.amount(); // some, and a holder's: the ledger took them from him
        (uint256 amount0, uint256 amount1, uint256 left, uint256 least) = pool.tryAmountsFor(shares);
        if (left < least || amount0 < body.limit() || amount1 < head.secondLimit(body)) return OperationLib.FAILED;
        _remove(id, pool, head.account(), shares, amount0, amount1);
        return (amount1 << 112) | amount0;
    }

    /* INTERNALS */

    function _add(
        PoolId id,
        AmmMath.Pool memory pool,
        address account,
        uint256 shares,
        uint256 amount0,
        uint256 amount1
    ) private {
        pool.grow(shares, amount0, amount1);
        emit IAmmCore.LiquidityAdded(id, account, amount0, amount1, shares);
    }

    function _remove(
        PoolId id,
        AmmMath.Pool memory pool,
        address account,
        uint256 shares,
        uint256 amount0,
        uint256 amount1
    ) private {
        pool.shrink(shares, amount0, amount1);
        emit IAmmCore.LiquidityRemoved(id, account, amount0, amount1, shares);
    }

    /// @dev What a change of liquidity needs of a pool, with the protocol's part of the fees so far in the supply.
    function _openAll(PoolId id, Storage storage stored, Word holdings) private returns (AmmMath.Pool memory pool) {
        pool = _open(id, holdings);
        (pool.totalShares, pool.virtualShares) = (stored.totalShares, stored.virtualShares);
        if (holdings.isRange()) (pool.alpha, pool.beta) = (stored.alpha, stored.beta);
        ProtocolFee memory fee = _protocolFee;
        if (fee.part == 0) return pool;
        pool.rootK = _rootOf(stored, fee);
        uint256 shares = pool.accrue(fee.part);
        if (shares == 0) return pool;
        stored.protocolShares += uint112(shares); // with the supply below 2^112
        emit IAmmCore.ProtocolSharesAdded(id, shares);
    }

    /// @dev Stores what a change of liquidity left of the pool, but for its reserves.
    function _close(Storage storage stored, AmmMath.Pool memory pool) private {
        // offsets below 2^119
        if (pool.isRange()) (stored.offset0, stored.offset1) = (uint128(pool.offset0), uint128(pool.offset1));
        // `sharesFor` keeps the supply below 2^112, and the virtual shares follow it below 2^128.
        (stored.totalShares, stored.virtualShares) = (uint112(pool.totalShares), uint128(pool.virtualShares));
        if (_protocolFee.part == 0) return;
        (stored.rootK, stored.feePeriod) = (uint120(pool.newRoot()), _protocolFee.period); // below 2^120
    }

    function _shareIdOf(PoolId id, Word book) private view returns (uint256) {
        return id.shareId(address(this), book.isRestricted());
    }

    function _checkShare(PoolId id, Word book, uint256 shareId) private view {
        uint256 expected = _shareIdOf(id, book);
        require(shareId == expected, IAmmCore.AmmWrongShare(expected, shareId));
    }

    /// @dev Refuses a pool that the issuer of an asset with RULES has not made a holder of it, by the address in the pool's id:
    /// what else is in a pool decides who can get at the asset. And the share of a restricted pool, because the issuer of
    /// the asset behind it could not force its exit.
    function _checkApproved(PoolId id, uint256 asset, address actor, uint256 amount) private view {
        if (!asset.hasRules()) return;
        address pool = address(uint160(uint256(PoolId.unwrap(id))));
        bool isApproved = _isAllowed(asset, actor, pool, amount) && _restricted[asset].flags == 0;
        require(isApproved, IAmmCore.AmmRestrictedAsset(asset));
    }

    /// @dev Asks the issuers of a restricted pool as a section does, where the ledger does not: of an asset with RULES of which nothing
    /// leaves. Else who may not have it would leave a pool that holds none of it with all of the other asset. An exit that an issuer forces
    /// is his to decide.
    function _checkExit(PoolId id, address actor, uint256 amount0, uint256 amount1) private view {
        if (actor == address(this) || (amount0 != 0 && amount1 != 0)) return;
        PoolKey storage key = _restricted[id.shareId(address(this), true)];
        if (amount0 == 0) _checkReceiver(key.asset0, actor);
        if (amount1 == 0) _checkReceiver(key.asset1, actor);
    }

    function _checkReceiver(uint256 asset, address actor) private view {
        bool isAllowed = !asset.hasRules() || _isAllowed(asset, address(this), actor, 0);
        require(isAllowed, ILedger.LedgerTransferRefused(asset, address(this), actor, 0));
    }

    /// @dev Whether the caller has a say over the asset.
    function _isIssuer(uint256 asset) private view returns (bool) {
        return asset.hasRules() && _LEDGER.issuerOf(asset) == msg.sender;
    }

    function _checkNoInputs(Word inputs) private pure {
        (uint256 amount0, uint256 amount1) = (inputs.amount(0), inputs.amount(1));
        require(amount0 | amount1 == 0, IAmmCore.AmmInputsNotWanted(amount0, amount1));
    }
}
