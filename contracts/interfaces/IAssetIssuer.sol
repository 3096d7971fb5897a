// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IAssetIssuer
/// @notice What the ledger asks of, or tells, the issuer of an asset with RULES or NOTIFY.
/// @dev Plain assets call nobody. A book stands as its protocol's address; minting and burning as the zero address.
interface IAssetIssuer {
    /// @notice Whether the issuer of an id with RULES lets `amount` units move. Called statically, before the movement,
    /// with at most 100,000 gas; a revert counts as a refusal.
    /// @dev Asked by the ledger, and by the AMM for the shares of pools with the id: two issuers of one pool share about 60,000
    /// gas there, so an answer should cost less than 30,000. When a pool is created the AMM asks for a movement to the
    /// pool, the low 160 bits of its id as an address: with that as a holder the issuer approves the pool. Afterwards a
    /// pool stands as the AMM's address, as other books do.
    function canTransfer(uint256 id, address from, address to, uint256 amount) external view returns (bool);

    /// @notice Told to the issuer of an id with NOTIFY, of each movement but its own mints and burns, after every word of the movement is stored, with
    /// 200,000 gas. It cannot refuse: a revert is logged and the movement stands.
    function onLedgerMovement(uint256 id, address from, address to, uint256 amount) external;
}
