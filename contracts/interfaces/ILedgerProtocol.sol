// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Word} from "../types/Word.sol";

/// @title ILedgerProtocol
/// @notice What the ledger asks of a protocol core. The ledger moves assets, the protocol only computes.
/// @dev Both entries must refuse any caller but the ledger, and must not call the ledger back: what is to be paid,
/// minted or burnt is returned. The selectors and the magic value keep tokens and wallets from being taken for cores.
/// Amounts of the book's assets travel as a `Word`: asset 0 in the low half, asset 1 in the high half.
interface ILedgerProtocol {
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
        /// @dev What `feeTo` earns for each executed operation, in units of asset 0 and asset 1; for assets without RULES and
        /// NOTIFY only. An operation that debits one of them pays the fee on top of the amount; any other one out of what it
        /// is paid: min(fee0, out0) if it is paid asset 0, else min(fee1, out1). It is credited at the end of the frame.
        uint256 fee0;
        uint256 fee1;
        address feeTo;
        /// @dev The protocol's own header, for example a price band.
        bytes parameters;
    }

    /// @notice Executes one action of one account.
    /// @param actor the account that called the ledger; the inputs were taken from it and from nobody else
    /// @param book the book's identity (`BookId`): it names this protocol, both assets and the protocol's key
    /// @param holdings the book before the inputs are added; its 32 flags are the protocol's own
    /// @param inputs what arrived, measured; not what was asked for
    /// @param data the protocol's typed call, `abi.encodeCall` of a function of its actions interface
    /// @return magic `ILedgerProtocol.onLedgerCall.selector`, or the call is refused
    /// @return outputs what leaves the book, with the book's new flags. What leaves in an asset that the actor put in is
    /// change and goes back to the actor, up to the input; the rest goes to the receiver
    /// @return shareId an asset of the protocol's own issue, or 0
    /// @return issue how much of it to mint to the receiver (side 0) and to burn from the actor (side 1), on his `data`'s word
    function onLedgerCall(
        address actor,
        bytes32 book,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) external returns (bytes4 magic, Word outputs, uint256 shareId, Word issue);

    /// @notice Executes a section.
    /// @dev The ledger checks that `shareId` is of the protocol's issue; whether it belongs to this book is for the
    /// protocol to check. Both words of a skipped operation are 0: it must be answered, and change nothing.
    /// `parameters` are the relayer's where an operation was signed outside a batch (EIP-712), so they must not make it
    /// worse for its signer than its own arguments allow. An operation that debits nothing
    /// has used up a step of the sequence of asset 0, as any other has of what it debits.
    /// The answer is to be encoded as compilers do, with nothing behind the payouts.
    /// @param book the book's identity
    /// @param holdings the book before the debits are added
    /// @param shareId what operations burn and payouts mint, or 0
    /// @param parameters the section's header for the protocol
    /// @param operations two words each (`OperationLib`)
    /// @return magic `ILedgerProtocol.onLedgerBatch.selector`
    /// @return flags the book's new flags
    /// @return payouts one word for each operation (`OperationLib`)
    function onLedgerBatch(
        bytes32 book,
        Word holdings,
        uint256 shareId,
        bytes calldata parameters,
        uint256[] calldata operations
    ) external returns (bytes4 magic, uint32 flags, uint256[] memory payouts);
}
