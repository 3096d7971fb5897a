// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IEligibilityRegistry
/// @notice Who may hold regulated assets: one word an account, shared by all assets of `RwaCore`, at whose address it is.
/// @dev Kept by agents, whom the ledger's authority allows `setAccount`, or by attestations that they sign and anybody submits.
/// What expired or was never written is not eligible. Times are in seconds; the moment `until` itself still counts.
interface IEligibilityRegistry {
    /// @notice What an agent states of an account.
    struct Eligibility {
        /// @dev Until when the account may send.
        uint40 sendUntil;
        /// @dev Until when it may receive.
        uint40 receiveUntil;
        /// @dev ISO 3166-1 numeric, at most 1,023; 0 for unknown.
        uint16 country;
        /// @dev Bits whose meaning agents and issuers agree on, for example an accredited investor.
        uint8 classes;
    }

    /// @notice What an agent signs (EIP-712) for anybody to submit.
    struct Attestation {
        address account;
        Eligibility eligibility;
        /// @dev When it was signed. It counts over everything that was written before, and nothing that was written since.
        uint40 issuedAt;
        /// @dev Until when it may be submitted.
        uint40 deadline;
        address attester;
    }

    /// @notice `writer` stated the account's eligibility; an attester's statement is of `updatedAt`.
    event EligibilitySet(
        address indexed account,
        address indexed writer,
        uint40 sendUntil,
        uint40 receiveUntil,
        uint16 country,
        uint8 classes,
        uint40 updatedAt
    );
    /// @notice `core` stands for its books from now on: assets enter where their issuers approve it, and always leave.
    event ProtocolSet(address indexed core);

    /// @notice `caller` may not write to the registry; the authority decides.
    error EligibilityUnauthorized(address caller);
    /// @notice The zero address has no eligibility.
    error EligibilityZeroAccount();
    /// @notice `account` is a protocol core: its books are no holder.
    error EligibilityIsCore(address account);
    /// @notice `account` is no listed core, or was written as a holder before.
    error EligibilityNotProtocol(address account);
    /// @notice `country` is above 1,023.
    error EligibilityInvalidCountry(uint256 country);
    /// @notice `length` accounts at once exceed the maximum of `maximum`.
    error EligibilityBatchTooLong(uint256 length, uint256 maximum);
    /// @notice `accounts` accounts stand beside `eligibilities` statements.
    error EligibilityLengthMismatch(uint256 accounts, uint256 eligibilities);
    /// @notice The attestation is of `issuedAt`: not after the last statement, of `updatedAt`, or in the future.
    error EligibilityStale(uint256 issuedAt, uint256 updatedAt);
    /// @notice The attestation's deadline `deadline` has passed; it is `timestamp`.
    error EligibilityExpired(uint256 deadline, uint256 timestamp);
    /// @notice `attester` has not signed this attestation.
    error EligibilityInvalidSignature(address attester);

    /// @notice States an account's eligibility. Restricted.
    /// @dev 0 as a time takes a right away at once.
    function setAccount(address account, Eligibility calldata eligibility) external;

    /// @notice States the eligibility of up to 200 accounts; of one that stands twice the last. Restricted.
    function setAccounts(address[] calldata accounts, Eligibility[] calldata eligibilities) external;

    /// @notice Submits an attestation; anybody may.
    /// @dev The attester may `setAccount` now, without delay. ERC-1271 where he is a contract.
    function refresh(Attestation calldata attestation, bytes calldata signature) external;

    /// @notice Makes a listed core that was never a holder a protocol, for ever. Restricted.
    function setProtocol(address core) external;

    /// @notice What is stated of the account, and when it was.
    function eligibilityOf(address account) external view returns (Eligibility memory eligibility, uint256 updatedAt);

    /// @notice Whether the account is a protocol, whose books may hold assets.
    function isProtocol(address account) external view returns (bool);

    /// @notice The EIP-712 digest of an attestation.
    function attestationDigest(Attestation calldata attestation) external view returns (bytes32);

    /// @notice The registry's EIP-712 domain, as ERC-5267 states it.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
}
