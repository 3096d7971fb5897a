// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetIssuer} from "../interfaces/IAssetIssuer.sol";
import {IPledgeable} from "../interfaces/IPledgeable.sol";
import {IStakingActions} from "../interfaces/IStakingActions.sol";
import {IStakingCore} from "../interfaces/IStakingCore.sol";
import {RECEIPT_FLAGS, StakeId} from "../types/StakeId.sol";
import {StakePool} from "../types/StakePool.sol";
import {StakingSections} from "./StakingSections.sol";

/// @title StakingReceipts
/// @notice Stake on the move: receipts, which are ledger assets, and pledges. Weight and rewards to come go where the shares go;
/// what was counted before stays with who had it.
/// @dev A movement changes no total, so the pool is not stored. Receipts have RULES so that no listed core takes them into a book, where
/// nobody would be paid their rewards: cores take them as pledges. No rule of theirs looks at who holds them.
abstract contract StakingReceipts is StakingSections, IStakingCore {
    struct Pledge {
        uint96 pledged; // slot 0
        uint96 allowed; // slot 0
    }

    mapping(uint256 receipt => StakeId) private _poolOfReceipt;
    mapping(StakeId id => mapping(address account => mapping(address pledgee => Pledge))) private _pledges;
    mapping(StakeId id => uint256 receipts) internal _receiptsOf;
    /// @dev To whom receipts may be minted in the current call: the ledger asks before it mints them to the call's receiver.
    address private transient _minter;

    /* RECEIPTS */

    /// @inheritdoc IStakingCore
    function issueReceipt(StakePool calldata pool) external returns (uint256 receipt) {
        StakeId id = pool.toId(address(this));
        uint256 settings = _pools[id].totals.settings;
        require(settings != 0, StakingUnknownPool(StakeId.unwrap(id)));
        require(settings & LOCKS == 0, StakingNotOffered(msg.sig));
        receipt = id.receiptId(address(this));
        _poolOfReceipt[receipt] = id;
        _LEDGER.issueAsset(StakeId.unwrap(id), RECEIPT_FLAGS, address(this), address(0));
        emit ReceiptIssued(id, receipt);
    }

    function _mintReceipts(StakeId id, address actor, uint256 shares) internal {
        Position memory position = _accounts[id][actor].position;
        uint256 free = _settingsOf(id) & LOCKS == 0 ? position.shares - position.extra : 0;
        require(shares != 0, StakingZeroAmount());
        require(shares <= free, StakingInsufficientShares(shares, free));
        position.extra += uint96(shares);
        _leave(id, actor, position);
        _receiptsOf[id] += shares;
        _minter = actor;
        emit ReceiptsMinted(id, actor, shares);
    }

    /// @dev The ledger burns them from the actor, or reverts: pledges are a part of `extra` too.
    function _burnReceipts(StakeId id, address actor, uint256 shares) internal {
        Position storage position = _accounts[id][actor].position;
        require(shares != 0, StakingZeroAmount());
        require(shares <= position.extra, StakingInsufficientShares(shares, position.extra));
        position.extra -= uint96(shares); // shares <= extra
        _receiptsOf[id] -= shares;
        emit ReceiptsBurnt(id, actor, shares);
    }

    /// @inheritdoc IAssetIssuer
    /// @dev Only of receipts, and only by the ledger. It must not fail: what it does is bounded, and receipts are part of `extra`.
    function onLedgerMovement(uint256 id, address from, address to, uint256 amount) external {
        require(msg.sender == address(_LEDGER), StakingNotLedger(msg.sender));
        _move(_poolOfReceipt[id], from, to, amount, true);
    }

    /// @inheritdoc IAssetIssuer
    function canTransfer(uint256, address from, address to, uint256) external view returns (bool) {
        if (from == address(0)) return to == _minter;
        return to == address(0) || !_LEDGER.isCore(to);
    }

    /* PLEDGES */

    function _allowPledge(StakeId id, address actor, address pledgee, uint256 shares) internal {
        require(_settingsOf(id) & LOCKS == 0, StakingNotOffered(IStakingActions.allowPledge.selector));
        require(shares <= type(uint96).max, StakingAmountTooLarge(shares, type(uint96).max));
        _pledges[id][actor][pledgee].allowed = uint96(shares);
        emit PledgeAllowed(id, actor, pledgee, shares);
    }

    /// @inheritdoc IPledgeable
    /// @dev Whom the account allowed it, once for each unit. Pledged are shares, which the account must not hold as receipts.
    function pledge(address account, uint256 id, uint256 amount) external {
        StakeId pool = _poolOfReceipt[id];
        Pledge storage held = _pledges[pool][account][msg.sender];
        require(amount <= held.allowed, PledgeeNotApproved(id, msg.sender));
        Position storage position = _accounts[pool][account].position;
        uint256 free = position.shares - position.extra;
        require(amount <= free, PledgeInsufficientUnits(account, id, free, amount));
        held.allowed -= uint96(amount); // amount <= allowed
        held.pledged += uint96(amount); // a part of the shares
        position.extra += uint96(amount);
        emit Pledged(id, account, msg.sender, amount);
    }

    /// @inheritdoc IPledgeable
    function release(address account, uint256 id, uint256 amount) external {
        StakeId pool = _unpledge(account, id, amount);
        _accounts[pool][account].position.extra -= uint96(amount); // a part of it
        emit PledgeReleased(id, account, msg.sender, amount);
    }

    /// @inheritdoc IPledgeable
    /// @dev `to` gets free shares.
    function seize(address account, uint256 id, uint256 amount, address to) external {
        require(to != address(0), StakingZeroAccount());
        StakeId pool = _unpledge(account, id, amount);
        if (to == account)
            _accounts[pool][account].position.extra -= uint96(amount); // a part of it
        else _move(pool, account, to, amount, false);
        emit PledgeSeized(id, account, msg.sender, to, amount);
    }

    /// @inheritdoc IPledgeable
    function pledgedOf(address account, uint256 id, address pledgee) external view returns (uint256) {
        return _pledges[_poolOfReceipt[id]][account][pledgee].pledged;
    }

    /// @inheritdoc IPledgeable
    function pledgedTotal(address account, uint256 id) external view returns (uint256) {
        StakeId pool = _poolOfReceipt[id];
        if (StakeId.unwrap(pool) == 0) return 0;
        return _accounts[pool][account].position.extra - _LEDGER.balanceOf(account, id);
    }

    /// @inheritdoc IStakingCore
    function pledgeAllowanceOf(StakeId id, address account, address pledgee) external view returns (uint256) {
        return _pledges[id][account][pledgee].allowed;
    }

    /* INTERNALS */

    function _unpledge(address account, uint256 id, uint256 amount) private returns (StakeId pool) {
        pool = _poolOfReceipt[id];
        Pledge storage held = _pledges[pool][account][msg.sender];
        uint256 pledged = held.pledged;
        require(amount <= pledged, PledgeInsufficient(account, id, msg.sender, pledged, amount));
        held.pledged = uint96(pledged - amount);
    }

    /// @dev Moves shares that are not free, which stay so with receipts.
    function _move(StakeId id, address from, address to, uint256 shares, bool isReceipt) private {
        // Of nothing anybody could move, and count for others as often as he likes.
        if (from == to || shares == 0) return;
        Pool memory pool = _peek(id);
        Position memory source = _enter(id, pool, from);
        source.shares -= uint96(shares);
        source.extra -= uint96(shares);
        _leave(id, from, source);
        Position memory target = _enter(id, pool, to);
        target.shares += uint96(shares); // a part of all shares
        if (isReceipt) target.extra += uint96(shares);
        _leave(id, to, target);
    }

    function _settingsOf(StakeId id) internal view returns (uint256) {
        return _pools[id].totals.settings;
    }
}
