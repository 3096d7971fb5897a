// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {Word} from "../types/Word.sol";

/// @notice A protocol that answers what it is told to, and can turn on others while it has control.
contract MockProtocol is ILedgerProtocol {
    struct Action {
        address actor;
        bytes32 book;
        Word holdings;
        Word inputs;
    }

    struct Outcome {
        bytes4 magic;
        Word outputs;
        uint256 shareId;
        Word issue;
    }

    struct Batch {
        bytes32 book;
        Word holdings;
        uint256 shareId;
        bytes parameters;
    }

    struct Attack {
        address target;
        bytes data;
    }

    error MockProtocolRefuses();
    error MockProtocolForeignShare(uint256 shareId);

    ILedger public immutable LEDGER;

    Outcome private _outcome;
    uint256[] private _payouts;
    uint32 private _batchFlags;
    bytes4 private _batchMagic = ILedgerProtocol.onLedgerBatch.selector;
    bytes private _batchAnswer;
    Attack private _attack;
    bool private _reverts;
    bool private _burnsGas;
    bool private _comparesShare;

    /// @notice What the last call handed over.
    Action public lastAction;
    bytes public lastData;
    /// @notice What the last section handed over.
    Batch public lastBatch;
    uint256[] public lastOperations;
    /// @notice Result of the last attack.
    bool public attackSucceeded;
    bytes public attackAnswer;

    constructor(ILedger ledger) {
        LEDGER = ledger;
        _outcome.magic = ILedgerProtocol.onLedgerCall.selector;
    }

    function setOutcome(Outcome calldata outcome) external {
        _outcome = outcome;
    }

    function setBatch(bytes4 magic, uint32 flags, uint256[] calldata payouts) external {
        (_batchMagic, _batchFlags, _payouts) = (magic, flags, payouts);
    }

    /// @notice Answers a section with these bytes as they are; without bytes, as `setBatch` says.
    function setBatchAnswer(bytes calldata answer) external {
        _batchAnswer = answer;
    }

    function setReverts(bool reverts, bool burnsGas) external {
        (_reverts, _burnsGas) = (reverts, burnsGas);
    }

    /// @notice Whether a section's share must be the one of its book.
    function setComparesShare(bool compares) external {
        _comparesShare = compares;
    }

    function setAttack(address target, bytes calldata data) external {
        _attack = Attack(target, data);
    }

    /// @notice Lets the mock act as an account: issue assets, mint, force transfers.
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        (bool ok, bytes memory answer) = target.call(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        return answer;
    }

    function onLedgerCall(
        address actor,
        bytes32 book,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) external returns (bytes4, Word, uint256, Word) {
        if (_reverts) revert MockProtocolRefuses();
        lastAction = Action(actor, book, holdings, inputs);
        lastData = data;
        _strike();
        return (_outcome.magic, _outcome.outputs, _outcome.shareId, _outcome.issue);
    }

    function onLedgerBatch(
        bytes32 book,
        Word holdings,
        uint256 shareId,
        bytes calldata parameters,
        uint256[] calldata operations
    ) external returns (bytes4, uint32, uint256[] memory) {
        if (_burnsGas) for (;;) {}
        if (_reverts) revert MockProtocolRefuses();
        if (_comparesShare && shareId != AssetId.issued(address(this), book, 0, 0)) {
            revert MockProtocolForeignShare(shareId);
        }
        lastBatch = Batch(book, holdings, shareId, parameters);
        lastOperations = operations;
        _strike();
        bytes memory answer = _batchAnswer;
        if (answer.length != 0) {
            assembly ("memory-safe") {
                return(add(answer, 32), mload(answer))
            }
        }
        return (_batchMagic, _batchFlags, _payouts);
    }

    function operationsSeen() external view returns (uint256[] memory) {
        return lastOperations;
    }

    function _strike() private {
        address target = _attack.target;
        if (target != address(0)) (attackSucceeded, attackAnswer) = target.call(_attack.data);
    }
}
