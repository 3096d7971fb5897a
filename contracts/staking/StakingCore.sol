// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IAssetMetadata} from "../interfaces/IAssetMetadata.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {IStakingActions} from "../interfaces/IStakingActions.sol";
import {IStakingCore} from "../interfaces/IStakingCore.sol";
import {ExitQueue} from "../libraries/ExitQueue.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {StreamLib} from "../libraries/StreamLib.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {StakeId} from "../types/StakeId.sol";
import {StakePool} from "../types/StakePool.sol";
import {Word} from "../types/Word.sol";
import {StakingActions} from "./StakingActions.sol";
import {StakingPools} from "./StakingPools.sol";

/// @title StakingCore
/// @notice Stake pools with reward streams, locks, exit queues and slashing; see `IStakingCore`. Holds no token and no balance: stake
/// and rewards are the pool's ledger books, handed over with each call.
contract StakingCore is StakingActions {
    using OperationLib for uint256[];

    constructor(ILedger ledger) StakingPools(ledger) {}

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
        bytes4 selector = bytes4(data);
        magic = ILedgerProtocol.onLedgerCall.selector;
        _checkInputs(selector, inputs);
        if (selector == IStakingActions.createPool.selector) {
            _createPool(book, abi.decode(data[4:], (StakePool)));
            return (magic, outputs, 0, issue);
        }
        (StakeId id, uint256 stream) = _poolOf(book);
        if (selector == IStakingActions.claim.selector) {
            outputs = _claimRewards(id, stream, actor, abi.decode(data[4:], (address)));
        } else if (selector == IStakingActions.fund.selector) {
            _fund(id, stream, actor, inputs, abi.decode(data[4:], (uint256)));
        } else if (selector == IStakingActions.addRewards.selector) {
            _addRewards(id, stream, actor, inputs);
        } else {
            require(stream == 0, StakingUnknownAction(selector));
            (outputs, issue) = _act(id, actor, holdings, inputs, data);
            if (Word.unwrap(issue) != 0) shareId = id.receiptId(address(this));
        }
    }

    /// @inheritdoc ILedgerProtocol
    /// @dev See `StakingSections`.
    function onLedgerBatch(
        bytes32 book,
        Word holdings,
        uint256 shareId,
        bytes calldata,
        uint256[] calldata operations
    ) external onlyLedger returns (bytes4, uint32, uint256[] memory) {
        require(shareId == 0, StakingUnwantedShare(shareId));
        (StakeId id, uint256 stream) = _poolOf(book);
        uint256[] memory payouts = OperationLib.newPayouts(operations.length / 2);
        if (stream == 0) _settleAll(id, holdings, operations, payouts);
        else _settleClaims(id, operations, payouts);
        payouts.answer(ILedgerProtocol.onLedgerBatch.selector, 0);
    }

    /// @dev The actions on the pool's first book.
    function _act(
        StakeId id,
        address actor,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) private returns (Word outputs, Word issue) {
        bytes4 selector = bytes4(data);
        if (selector == IStakingActions.stake.selector) {
            (uint256 minShares, address account) = abi.decode(data[4:], (uint256, address));
            _stake(id, actor, holdings, inputs, minShares, account);
        } else if (selector == IStakingActions.unstake.selector) {
            (uint256 shares, uint256 minAssets, address account) = abi.decode(data[4:], (uint256, uint256, address));
            outputs = _unstake(id, actor, holdings, shares, minAssets, account);
        } else if (selector == IStakingActions.requestUnstake.selector) {
            (uint256 shares, address account) = abi.decode(data[4:], (uint256, address));
            _requestUnstake(id, actor, holdings, shares, account);
        } else if (selector == IStakingActions.claimUnstaked.selector) {
            outputs = _claimUnstaked(id, actor, holdings, abi.decode(data[4:], (uint256)));
        } else if (selector == IStakingActions.finalise.selector) {
            _finaliseUpTo(id, holdings, abi.decode(data[4:], (uint256)));
        } else if (selector == IStakingActions.lock.selector) {
            _lock(id, actor, abi.decode(data[4:], (uint256)));
        } else if (selector == IStakingActions.kick.selector) {
            _kick(id, abi.decode(data[4:], (address)));
        } else if (selector == IStakingActions.slash.selector) {
            outputs = _slash(id, actor, holdings, abi.decode(data[4:], (uint256)));
        } else {
            issue = _actOnReceipts(id, actor, data);
        }
    }

    function _actOnReceipts(StakeId id, address actor, bytes calldata data) private returns (Word issue) {
        bytes4 selector = bytes4(data);
        if (selector == IStakingActions.mintReceipts.selector) {
            uint256 shares = abi.decode(data[4:], (uint256));
            _mintReceipts(id, actor, shares);
            issue = WordLib.pack(shares, 0); // checked to be there
        } else if (selector == IStakingActions.burnReceipts.selector) {
            uint256 shares = abi.decode(data[4:], (uint256));
            _burnReceipts(id, actor, shares);
            issue = WordLib.pack(0, shares); // checked to be there
        } else if (selector == IStakingActions.allowPledge.selector) {
            (address pledgee, uint256 shares) = abi.decode(data[4:], (address, uint256));
            _allowPledge(id, actor, pledgee, shares);
        } else {
            revert StakingUnknownAction(selector);
        }
    }

    /* VIEWS */

    /// @inheritdoc IStakingCore
    // solhint-disable-next-line func-name-mixedcase
    function LEDGER() external view returns (ILedger) {
        return _LEDGER;
    }

    /// @inheritdoc IStakingCore
    function totalsOf(StakeId id) external view returns (Totals memory) {
        return _pools[id].totals;
    }

    /// @inheritdoc IStakingCore
    function termsOf(StakeId id) external view returns (StakePool memory) {
        return _pools[id].terms;
    }

    /// @inheritdoc IStakingCore
    function streamOf(StakeId id, uint256 stream) external view returns (StreamLib.Stream memory) {
        uint256[2] storage words = _pools[id].streams[stream];
        return StreamLib.unpack(words[0], words[1]);
    }

    /// @inheritdoc IStakingCore
    function positionOf(StakeId id, address account) external view returns (Position memory) {
        return _accounts[id][account].position;
    }

    /// @inheritdoc IStakingCore
    function rewardsOf(
        StakeId id,
        uint256 stream,
        address account
    ) external view returns (uint256 index, uint256 accrued) {
        return _unpackRewards(_accounts[id][account].rewards[stream]);
    }

    /// @inheritdoc IStakingCore
    function slashingOf(StakeId id) external view returns (Slashing memory) {
        return _pools[id].slashing;
    }

    /// @inheritdoc IStakingCore
    function queueOf(
        StakeId id
    ) external view returns (uint256 requested, uint256 owed, uint256 count, uint256 checkpoints) {
        ExitQueue.Queue storage queue = _pools[id].queue;
        return (queue.requested, queue.owed, queue.count, queue.checkpoints.length);
    }

    /// @inheritdoc IStakingCore
    function requestOf(StakeId id, uint256 requestId) external view returns (ExitQueue.Request memory) {
        return _pools[id].queue.requests[requestId];
    }

    /// @inheritdoc IStakingCore
    function checkpointOf(StakeId id, uint256 index) external view returns (ExitQueue.Checkpoint memory) {
        return _pools[id].queue.checkpoints[index];
    }

    /// @inheritdoc IStakingCore
    function receiptIdOf(StakePool calldata pool) external view returns (uint256) {
        return pool.toId(address(this)).receiptId(address(this));
    }

    /// @inheritdoc IAssetMetadata
    function assetName(bytes32 salt) external pure returns (string memory) {
        return string.concat("Lakh stake ", _label(salt));
    }

    /// @inheritdoc IAssetMetadata
    function assetSymbol(bytes32 salt) external pure returns (string memory) {
        return string.concat("ST-", _label(salt));
    }

    /// @inheritdoc IAssetMetadata
    /// @dev The staked asset's, and three more in a pool with a slasher, where a share costs a thousandth of a unit at first; of an
    /// issued asset 18, and 0 of a token that does not answer.
    function assetDecimals(bytes32 salt) external view returns (uint8) {
        Storage storage stored = _pools[StakeId.wrap(salt)];
        uint256 more = stored.totals.settings & SLASHER == 0 ? 0 : SHARE_DECIMALS;
        return uint8(_decimalsOf(stored.terms.stakeAsset) + more); // at most 80
    }

    /// @inheritdoc IAssetMetadata
    function assetSupply(bytes32 salt) external view returns (uint256) {
        return _receiptsOf[StakeId.wrap(salt)];
    }

    /* INTERNALS */

    /// @dev The pool of a book, and which stream's rewards the book holds.
    function _poolOf(bytes32 book) private view returns (StakeId id, uint256 stream) {
        id = StakeId.wrap(book);
        if (_settingsOf(id) != 0) return (id, 0);
        id = _poolOfSecondBook[book];
        require(StakeId.unwrap(id) != 0, StakingUnknownPool(book));
        return (id, 1);
    }

    function _checkLedger() private view {
        require(msg.sender == address(_LEDGER), StakingNotLedger(msg.sender));
    }

    /// @dev The first four bytes of a pool id, in hexadecimal.
    function _label(bytes32 salt) private pure returns (string memory) {
        return Strings.toHexString(uint32(bytes4(salt)), 4);
    }
}
