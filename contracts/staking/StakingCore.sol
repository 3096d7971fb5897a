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
        uint256 flags = holdings.flags();
        if (selector == IStakingActions.createPool.selector) {
            flags = _createPool(book, abi.decode(data[4:], (StakePool)));
        } else if (flags == 0) {
            outputs = _actOnSecond(book, actor, inputs, data);
        } else {
            StakeId id = StakeId.wrap(book);
            (outputs, issue) = _act(id, actor, holdings, inputs, data);
            if (Word.unwrap(issue) != 0) shareId = id.receiptId(address(this));
        }
        outputs = outputs.withFlags(uint32(flags)); // as they were, or settings
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
        uint256[] memory payouts = OperationLib.newPayouts(operations.length / 2);
        uint256 flags = holdings.flags();
        if (flags == 0) _settleClaims(_poolOfSecond(book), operations, payouts);
        else _settleAll(StakeId.wrap(book), holdings, operations, payouts);
        payouts.answer(ILedgerProtocol.onLedgerBatch.selector, uint32(flags));
    }

    /// @dev The actions on the book of a second stream, which has no flags.
    function _actOnSecond(
        bytes32 book,
        address actor,
        Word inputs,
        bytes calldata data
    ) private returns (Word outputs) {
        bytes4 selector = bytes4(data);
        StakeId id = _poolOfSecond(book);
        if (selector == IStakingActions.claim.selector) {
            outputs = _claimRewards(id, 1, actor, abi.decode(data[4:], (address)));
        } else if (selector == IStakingActions.fund.selector) {
            _fund(id, 1, actor, inputs.amount(1), abi.decode(data[4:], (uint256)));
        } else if (selector == IStakingActions.addRewards.selector) {
            _addRewards(id, 1, actor, inputs.amount(1));
        } else {
            revert StakingUnknownAction(selector);
        }
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
        if (selector == IStakingActions.claim.selector) {
            outputs = _claimRewards(id, 0, actor, abi.decode(data[4:], (address)));
        } else if (selector == IStakingActions.stake.selector) {
            (uint256 minShares, address account) = abi.decode(data[4:], (uint256, address));
            _stake(id, actor, holdings, inputs, minShares, account);
        } else if (selector == IStakingActions.unstake.selector) {
            (uint256 shares, address account) = abi.decode(data[4:], (uint256, address));
            outputs = _unstake(id, actor, holdings, shares, account);
        } else if (selector == IStakingActions.requestUnstake.selector) {
            (uint256 shares, address account) = abi.decode(data[4:], (uint256, address));
            _requestUnstake(id, actor, holdings, shares, account);
        } else if (selector == IStakingActions.claimUnstaked.selector) {
            outputs = _claimUnstaked(id, actor, holdings, abi.decode(data[4:], (uint256)));
        } else if (selector == IStakingActions.finalise.selector) {
            _finaliseUpTo(id, holdings, abi.decode(data[4:], (uint256)));
        } else if (selector == IStakingActions.lock.selector) {
            _lock(id, actor, holdings, abi.decode(data[4:], (uint256)));
        } else if (selector == IStakingActions.kick.selector) {
            _kick(id, holdings, abi.decode(data[4:], (address)));
        } else if (selector == IStakingActions.slash.selector) {
            outputs = _slash(id, actor, holdings, abi.decode(data[4:], (uint256)));
        } else {
            issue = _actBeside(id, actor, holdings.flags(), inputs, data);
        }
    }

    /// @dev The actions that pay nothing out.
    function _actBeside(
        StakeId id,
        address actor,
        uint256 settings,
        Word inputs,
        bytes calldata data
    ) private returns (Word issue) {
        bytes4 selector = bytes4(data);
        if (selector == IStakingActions.fund.selector) {
            _fund(id, 0, actor, inputs.amount(1), abi.decode(data[4:], (uint256)));
        } else if (selector == IStakingActions.addRewards.selector) {
            _addRewards(id, 0, actor, inputs.amount(1));
        } else if (selector == IStakingActions.mintReceipts.selector) {
            uint256 shares = abi.decode(data[4:], (uint256));
            _mintReceipts(id, actor, settings, shares);
            issue = WordLib.pack(shares, 0); // checked to be there
        } else if (selector == IStakingActions.burnReceipts.selector) {
            uint256 shares = abi.decode(data[4:], (uint256));
            _burnReceipts(id, actor, settings, shares);
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
        return _totalsOf(id);
    }

    /// @inheritdoc IStakingCore
    function termsOf(StakeId id) external view returns (StakePool memory) {
        return _pools[id].terms;
    }

    /// @inheritdoc IStakingCore
    function streamOf(StakeId id, uint256 stream) external view returns (StreamState memory) {
        Storage storage stored = _pools[id];
        uint256[2] storage words = stream == 0 ? stored.stream0 : stored.stream1;
        StreamLib.Stream memory state = StreamLib.unpack(words[0], words[1]);
        Funding storage funding = stored.fundings[stream];
        return
            StreamState({
                index: state.index,
                remainder: state.remainder,
                rate: state.rate,
                end: state.end,
                funded: funding.funded,
                left: funding.left
            });
    }

    /// @inheritdoc IStakingCore
    function positionOf(StakeId id, address account) external view returns (Position memory) {
        Holding memory holding = _load(id, _settingsOf(id), account);
        return
            Position({
                shares: holding.shares,
                extra: holding.extra,
                lockEnd: holding.lockEnd,
                debt0: holding.debt0,
                debt1: holding.debt1
            });
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
        uint256 more = stored.settings & SLASHER == 0 ? 0 : SHARE_DECIMALS;
        return uint8(_decimalsOf(stored.terms.stakeAsset) + more); // at most 80
    }

    /// @inheritdoc IAssetMetadata
    function assetSupply(bytes32 salt) external view returns (uint256) {
        return _receiptsOf[StakeId.wrap(salt)];
    }

    /* INTERNALS */

    /// @dev The pool whose second stream's rewards the book holds.
    function _poolOfSecond(bytes32 book) private view returns (StakeId id) {
        id = _poolOfSecondBook[book];
        require(StakeId.unwrap(id) != 0, StakingUnknownPool(book));
    }

    function _checkLedger() private view {
        require(msg.sender == address(_LEDGER), StakingNotLedger(msg.sender));
    }

    /// @dev The first four bytes of a pool id, in hexadecimal.
    function _label(bytes32 salt) private pure returns (string memory) {
        return Strings.toHexString(uint32(bytes4(salt)), 4);
    }
}
