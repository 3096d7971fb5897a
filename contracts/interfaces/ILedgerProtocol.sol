// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Word} from "../types/Word.sol";

/// @title ILedgerProtocol
/// @notice What the ledger asks of a protocol core. The ledger moves assets, the protocol only computes.
/// @dev Both entries must refuse any caller but the ledger, and must not call the ledger back: what is to be paid,
/// minted or burnt is returned. The selectors and the magic value keep tokens and wallets from being taken for cores.
interface ILedgerProtocol {
    /// @notice One action of one account, with what the ledger already holds for it.
    struct Action {
        /// @dev The account that called the ledger; amounts below were taken from it and from nobody else.
        address actor;
        /// @dev Receiver of outputs and of minted shares.
        address to;
        bytes32 key;
        uint256 asset0;
        uint256 asset1;
        /// @dev The book before `amount0` and `amount1` are added. Its 32 flags are the protocol's own; flags that the
        /// protocol once set prove that this book, and so this pair of assets, belongs to `key`.
        Word book;
        /// @dev Measured inputs, in units of asset 0 and asset 1; what arrived, not what was asked for.
        uint256 amount0;
        uint256 amount1;
        /// @dev The most shares the actor lets the protocol burn.
        uint256 shares;
    }

    /// @notice The protocol's answer.
    struct Outcome {
        /// @dev `ILedgerProtocol.onLedgerCall.selector`, or the call is refused.
        bytes4 magic;
        /// @dev The book's new flags.
        uint32 flags;
        /// @dev Paid out of the book after the inputs were added to it. What is paid in an asset that the actor put in
        /// goes back to the actor as change, up to the input; the rest goes to the receiver.
        uint256 out0;
        uint256 out1;
        /// @dev An asset of the protocol's own issue (0 for none), and how much of it to mint to the receiver and to
        /// burn from the actor (at most `shares`).
        uint256 shareId;
        uint256 mint;
        uint256 burn;
    }

    /// @notice A section of a batch: many accounts' operations on one book.
    struct Section {
        /// @dev The core; the zero address for transfers between accounts.
        address protocol;
        bytes32 key;
        uint256 asset0;
        uint256 asset1;
        /// @dev An asset of the protocol's own issue that operations burn or payouts mint; 0 for none.
        uint256 shareId;
        /// @dev Gas the section's frame gets, at the most.
        uint256 gasCap;
        /// @dev The protocol's own header, for example a price band.
        bytes parameters;
    }

    /// @notice Executes one action.
    /// @param action the inputs, measured and already in the ledger's hands
    /// @param data the protocol's typed call, `abi.encodeCall` of a function of its actions interface
    function onLedgerCall(Action calldata action, bytes calldata data) external returns (Outcome memory outcome);

    /// @notice Executes a section.
    /// @param key the book's key
    /// @param book the section's book before the debits are added; its flags prove its assets
    /// @param parameters the section's header for the protocol
    /// @param operations two words each (`OperationLib`); the amount of a skipped operation is 0
    /// @return magic `ILedgerProtocol.onLedgerBatch.selector`
    /// @return flags the book's new flags
    /// @return payouts one word for each operation (`OperationLib`)
    function onLedgerBatch(
        bytes32 key,
        Word book,
        bytes calldata parameters,
        uint256[] calldata operations
    ) external returns (bytes4 magic, uint32 flags, uint256[] memory payouts);
}
