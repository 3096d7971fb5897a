// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetIssuer} from "../interfaces/IAssetIssuer.sol";
import {IPledgeable} from "../interfaces/IPledgeable.sol";
import {IStakingActions} from "../interfaces/IStakingActions.sol";
import {IStakingCore} from "../interfaces/IStakingCore.sol";
import {RECEIPT_FLAGS, StakeId} from "../types/StakeId.sol";
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
    function issueReceipt(StakeId id) external returns (uint256 receipt) {
        uint256 settings = _settingsOf(id);
        require(settings != 0, StakingUnknownPool(StakeId.unwrap(id)));
        require(settings & LOCKS == 0, StakingNotOffered(msg.sig));
        receipt = id.receiptId(address(this));
        _poolOfReceipt[receipt] = id;
        _LEDGER.issueAsset(StakeId.unwrap(id), RECEIPT_FLAGS, address(this), address(0));
        emit ReceiptIssued(id, receipt);
    }

    function _mintReceipts(StakeId id, address actor, uint256 settings, uint256 shares) internal {
        Holding memory holding = _load(id, settings, actor);
        uint256 free = settings & LOCKS == 0 ? _freeOf(settings, holding) : 0;
        require(shares != 0, StakingZeroAmount());
        require(shares <= free, StakingInsufficientShares(shares, free));
        holding.extra += shares;
        _store(id, actor, holding);
        _receiptsOf[id] += shares;
        _minter = actor;
        emit ReceiptsMinted(id, actor, shares);
    }

    /// @dev The ledger burns them from the actor, or reverts: pledges are a part of `extra` too.
    function _burnReceipts(StakeId id, address actor, uint256 settings, uint256 shares) internal {
        Holding memory holding = _load(id, settings, actor);
        uint256 receipts = _receiptsOf[id];
        uint256 most = receipts < holding.extra ? receipts : holding.extra;
        require(shares != 0, StakingZeroAmount());
        require(shares <= most, StakingInsufficientShares(shares, most));
        holding.extra -= shares; // a part of it
        _store(id, actor, holding);
        _receiptsOf[id] = receipts - shares;
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
        require(amount != 0, StakingZeroAmount());
        require(amount <= held.allowed, PledgeeNotApproved(id, msg.sender));
        uint256 settings = _settingsOf(pool);
        Holding memory holding = _load(pool, settings, account);
        uint256 free = _freeOf(settings, holding);
        require(amount <= free, PledgeInsufficientUnits(account, id, free, amount));
        held.allowed -= uint96(amount); // amount <= allowed
        held.pledged += uint96(amount); // a part of the shares
        holding.extra += amount;
        _store(pool, account, holding);
        emit Pledged(id, account, msg.sender, amount);
    }

    /// @inheritdoc IPledgeable
    function release(address account, uint256 id, uint256 amount) external {
        _freeShares(_unpledge(account, id, amount), account, amount);
        emit PledgeReleased(id, account, msg.sender, amount);
    }

    /// @inheritdoc IPledgeable
    /// @dev `to` gets free shares.
    function seize(address account, uint256 id, uint256 amount, address to) external {
        require(to != address(0), StakingZeroAccount());
        StakeId pool = _unpledge(account, id, amount);
        _freeShares(pool, account, amount);
        _move(pool, account, to, amount, false);
        emit PledgeSeized(id, account, msg.sender, to, amount);
    }

    /// @inheritdoc IPledgeable
    /// @dev Always: nobody freezes or moves stake, and a pledge's shares are the account's until they are seized.
    function mayBorrow(address, uint256, address) external pure returns (bool) {
        return true;
    }

    /// @inheritdoc IPledgeable
    /// @dev Any: a receipt's only rule is where it goes, which a seizure keeps.
    function isMarketApproved(uint256, bytes32) external pure returns (bool) {
        return true;
    }

    /// @inheritdoc IPledgeable
    function pledgeHolderOf(address account, uint256, address) external pure returns (address) {
        return account;
    }

    /// @inheritdoc IPledgeable
    function pledgedOf(address account, uint256 id, address pledgee) external view returns (uint256) {
        return _pledges[_poolOfReceipt[id]][account][pledgee].pledged;
    }

    /// @inheritdoc IPledgeable
    function pledgedTotal(address account, uint256 id) external view returns (uint256) {
        StakeId pool = _poolOfReceipt[id];
        if (StakeId.unwrap(pool) == 0) return 0;
        return _load(pool, _settingsOf(pool), account).extra - _LEDGER.balanceOf(account, id);
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
        require(amount != 0, StakingZeroAmount());
        require(amount <= pledged, PledgeInsufficient(account, id, msg.sender, pledged, amount));
        held.pledged = uint96(pledged - amount);
    }

    /// @dev Moves shares, receipts or free ones. No weight changes in all, so the pool is not stored.
    function _move(StakeId id, address from, address to, uint256 shares, bool isReceipt) private {
        if (from == to || shares == 0) return;
        uint256 settings = _settingsOf(id);
        Pool memory pool = _open(id, settings);
        uint256 receipts = isReceipt ? shares : 0;
        Holding memory holding = _load(id, settings, from);
        (holding.shares, holding.extra) = (holding.shares - shares, holding.extra - receipts);
        _leave(id, pool, from, holding);
        holding = _load(id, settings, to);
        (holding.shares, holding.extra) = (holding.shares + shares, holding.extra + receipts); // a part of all shares
        _leave(id, pool, to, holding);
    }

    /// @dev Of shares that were pledged.
    function _freeShares(StakeId id, address account, uint256 shares) private {
        Holding memory holding = _load(id, _settingsOf(id), account);
        holding.extra -= shares; // a part of it
        _store(id, account, holding);
    }

    function _settingsOf(StakeId id) internal view returns (uint256) {
        return _pools[id].settings;
    }
}
