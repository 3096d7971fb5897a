// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IERC7540Operator} from "../interfaces/external/IERC7540Operator.sol";
import {IERC7540Redeem} from "../interfaces/external/IERC7540Redeem.sol";
import {IStakedVault} from "../interfaces/IStakedVault.sol";
import {ExitQueue} from "../libraries/ExitQueue.sol";
import {StakedVaultAuctions} from "./StakedVaultAuctions.sol";

/// @title StakedVaultExits
/// @notice What controllers asked for in a pool with a cooldown, and what the pool has paid them.
/// @dev A request is one of the pool's exit queue, in which the vault is the owner of all of its own. What the pool pays for a controller's
/// is one amount for so many shares. A request is ready by its own time, whoever stands before it.
abstract contract StakedVaultExits is StakedVaultAuctions {
    using Math for uint256;

    struct Controller {
        /// @dev Burnt shares whose requests are paid, and what for them is in the vault's ledger balance, which is below 2^112.
        uint256 shares; //     slot 0
        uint128 assets; //     slot 1
        /// @dev Requests from `first` on, before `next`, in the order of their times.
        uint32 first; //       slot 1
        uint32 next; //        slot 1
        mapping(uint256 number => Request) requests; // slot 2
    }

    /// @dev The pool's exit queue, as it is after the requests before.
    struct Line {
        Snapshot pool;
        /// @dev The place up to which all is final, and by how many finalisations of the past.
        uint256 upTo;
        uint256 checkpoints;
    }

    /// @dev So that a claim can collect all that is ready.
    uint256 internal constant MAX_REQUESTS = 16;

    mapping(address controller => Controller) private _controllers;
    /// @inheritdoc IERC7540Operator
    mapping(address controller => mapping(address operator => bool)) public isOperator;

    /* OPERATORS */

    /// @inheritdoc IERC7540Operator
    function setOperator(address operator, bool approved) external returns (bool) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    function _checkOperator(address account) internal view {
        require(msg.sender == account || isOperator[account][msg.sender], StakedVaultNotOperator(msg.sender, account));
    }

    /* VIEWS */

    /// @inheritdoc IERC7540Redeem
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares) {
        if (requestId != 0) return 0;
        Controller storage account = _controllers[controller];
        for (uint256 i = account.first; i < account.next; ++i) {
            if (!_isReady(account.requests[i])) shares += account.requests[i].shares;
        }
    }

    /// @inheritdoc IERC7540Redeem
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        return requestId == 0 ? _claimableShares(controller) : 0;
    }

    /// @inheritdoc IStakedVault
    function requestsOf(address controller) external view returns (Request[] memory requests) {
        Controller storage account = _controllers[controller];
        uint256 first = account.first;
        requests = new Request[](account.next - first);
        for (uint256 i; i < requests.length; ++i) requests[i] = account.requests[first + i];
    }

    function _claimableShares(address controller) internal view returns (uint256 shares) {
        Controller storage account = _controllers[controller];
        shares = account.shares;
        for (uint256 i = account.first; i < account.next && _isReady(account.requests[i]); ++i) {
            shares += account.requests[i].shares;
        }
    }

    /// @dev What the core will have paid when all that is ready is collected, to the unit.
    function _claimableAssets(address controller) internal view returns (uint256 assets) {
        Controller storage account = _controllers[controller];
        assets = account.assets;
        if (account.first == account.next) return assets;
        Line memory line = _line();
        for (uint256 i = account.first; i < account.next && _isReady(account.requests[i]); ++i) {
            assets += _paymentOf(line, STAKING.requestOf(POOL, account.requests[i].requestId));
        }
    }

    /* REQUESTS */

    /// @dev Requests `stake` for the controller, for which `shares` were burnt.
    function _push(address controller, uint256 shares, uint256 stake) internal {
        Controller storage account = _controllers[controller];
        if (_isFull(account)) _collect(controller);
        require(!_isFull(account), StakedVaultTooManyRequests(controller, MAX_REQUESTS));
        // Shares are below 2^160; times and the core's requests have 32 bits.
        account.requests[account.next++] = Request({
            shares: uint160(shares),
            requestId: uint32(_requestUnstake(stake)),
            readyAt: uint32(block.timestamp + _COOLDOWN)
        });
    }

    /// @dev Has the core pay all of the controller's requests that are ready, oldest first. It calls no stranger.
    function _collect(address controller) internal {
        Controller storage account = _controllers[controller];
        while (account.first < account.next) {
            Request memory request = account.requests[account.first];
            if (!_isReady(request)) return;
            delete account.requests[account.first++];
            uint256 assets = _claimUnstaked(request.requestId);
            account.shares += request.shares;
            account.assets += uint128(assets); // a part of the vault's ledger balance
            emit RequestCollected(controller, request.requestId, request.shares, assets);
        }
    }

    /// @dev Takes `shares` of what was collected, for their part of it, rounded down.
    function _claimShares(address controller, uint256 shares) internal returns (uint256 assets) {
        Controller storage account = _controllers[controller];
        if (shares != 0) assets = uint256(account.assets).mulDiv(shares, account.shares);
        _take(account, shares, assets);
    }

    /// @dev Takes `assets` of what was collected, for their part of the shares, rounded up.
    function _claimAssets(address controller, uint256 assets) internal returns (uint256 shares) {
        Controller storage account = _controllers[controller];
        if (assets != 0) shares = assets.mulDiv(account.shares, account.assets, Math.Rounding.Ceil);
        _take(account, shares, assets);
    }

    /// @dev What was collected.
    function _collected(address controller) internal view returns (uint256 shares, uint256 assets) {
        return (_controllers[controller].shares, _controllers[controller].assets);
    }

    function _take(Controller storage account, uint256 shares, uint256 assets) private {
        (account.shares, account.assets) = (account.shares - shares, account.assets - uint128(assets)); // parts
    }

    function _isReady(Request memory request) private view returns (bool) {
        return block.timestamp >= request.readyAt;
    }

    function _isFull(Controller storage account) private view returns (bool) {
        return account.next - account.first == MAX_REQUESTS;
    }

    /* THE CORE'S QUEUE */

    function _line() private view returns (Line memory line) {
        line.pool = _poolSnapshot();
        (, , , line.checkpoints) = STAKING.queueOf(POOL);
        if (line.checkpoints != 0) line.upTo = STAKING.checkpointOf(POOL, line.checkpoints - 1).upTo;
    }

    /// @dev What the core pays for a request that is ready, and what that does to the line: as `ExitQueue` and `StakingPositions` do. The core
    /// makes whole requests final, so one finalisation has all of it.
    function _paymentOf(Line memory line, ExitQueue.Request memory request) private view returns (uint256 assets) {
        uint256 end = uint256(request.start) + request.shares;
        if (end <= line.upTo) {
            assets = _setAside(line.checkpoints, request);
        } else {
            uint256 length = end - line.upTo;
            uint256 total = _toAssets(line.pool, length);
            assets = total - ((request.start - line.upTo) * total) / length;
            if (_HAS_SLASHER) {
                (line.pool.poolShares, line.pool.poolAssets) = (
                    line.pool.poolShares - length,
                    line.pool.poolAssets - total
                );
            }
            line.upTo = end;
        }
        uint256 paid = assets.min(request.assets);
        if (_HAS_SLASHER) line.pool.poolAssets += assets - paid;
        return paid;
    }

    /// @dev A request's part of the finalisation that it is in.
    function _setAside(uint256 checkpoints, ExitQueue.Request memory request) private view returns (uint256) {
        (uint256 low, uint256 high) = (0, checkpoints - 1);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (STAKING.checkpointOf(POOL, middle).upTo > request.start) high = middle;
            else low = middle + 1;
        }
        ExitQueue.Checkpoint memory checkpoint = STAKING.checkpointOf(POOL, low);
        ExitQueue.Checkpoint memory before;
        if (low != 0) before = STAKING.checkpointOf(POOL, low - 1);
        uint256 length = checkpoint.upTo - before.upTo;
        uint256 total = checkpoint.assets - before.assets;
        uint256 from = request.start - before.upTo;
        return ((from + request.shares) * total) / length - (from * total) / length;
    }
}
