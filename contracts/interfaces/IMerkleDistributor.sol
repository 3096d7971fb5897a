// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {DistributionId} from "../types/DistributionId.sol";
import {ILedger} from "./ILedger.sol";

/// @title IMerkleDistributor
/// @notice Many independent distributions of rewards, each by Merkle roots over what accounts have earned in all, that wait and
/// can be disputed before anybody is paid by them.
/// @dev No owner, no upgrade, no fee. Amounts are units of a distribution's asset in the ledger. Each distribution pays from what it
/// was funded with and from nothing else; what is sent to the distributor otherwise, ledger balance or tokens, counts nowhere and
/// stays where it is.
///
/// A leaf is `keccak256(bytes.concat(keccak256(abi.encode(id, account, cumulative))))`, as of OpenZeppelin's StandardMerkleTree:
/// the id keeps a leaf in its distribution, and the second hash keeps nodes, of 64 bytes, from being leaves. `cumulative` is all
/// that the account has earned since the beginning, so that a claim pays the difference to what it was paid, whichever roots it
/// has missed.
///
/// A root waits for the distribution's delay. While it waits, anyone may dispute it for the bond; a disputed root pays nothing.
/// The arbiter upholds the dispute, which drops the root and gives the bond back, or rejects it, which adds the bond to the funds
/// and lets the root wait on, without another dispute. If he says nothing for `DECISION_PERIOD`, the root is dropped and the
/// bond goes back. All that time the root before it stays current.
///
/// What nobody claims is taken back by nobody: what a root owes cannot be known on chain, so any way out could take what it pays.
/// The updater gives it away by a root, to the creator as to any other account, and that root waits and can be disputed.
interface IMerkleDistributor {
    /// @notice What a distribution is, for ever.
    struct Terms {
        /// @dev Ledger id, without RULES and NOTIFY.
        uint256 asset;
        /// @dev Submits roots.
        address updater;
        /// @dev Decides disputes.
        address arbiter;
        /// @dev For how long a root waits, in seconds: one hour to 30 days.
        uint256 delay;
        /// @dev What a dispute costs if it is rejected, in units of the asset, at most 2^96 − 1; 0 for nothing.
        uint256 bond;
        /// @dev Chosen by the creator, for several distributions of the same terms.
        bytes32 salt;
    }

    /// @notice A distribution as it is.
    struct Distribution {
        uint256 asset;
        address updater;
        address arbiter;
        uint256 delay;
        uint256 bond;
        /// @dev All that it was ever funded with, rejected bonds too: the reserve and all that was claimed.
        uint256 funded;
        /// @dev What it can pay.
        uint256 reserve;
    }

    /// @notice What a root that is not current is.
    enum RootState {
        /// @dev There is none.
        NONE,
        /// @dev It becomes current at `validAt` unless it is disputed before.
        WAITING,
        /// @dev It waits for the arbiter, until `decideBy`.
        DISPUTED,
        /// @dev The arbiter has rejected its dispute; it becomes current at `validAt`.
        CONFIRMED,
        /// @dev The arbiter has said nothing; it never becomes current, and the bond can be given back.
        EXPIRED
    }

    /// @notice A root that is not current yet, or never will be.
    struct PendingRoot {
        RootState state;
        bytes32 root;
        bytes32 contentHash;
        /// @dev The second from which it is current.
        uint256 validAt;
        /// @dev Zero unless it is disputed or expired.
        address disputer;
        /// @dev The second from which the arbiter is late; 0 unless it is disputed or expired.
        uint256 decideBy;
    }

    /// @notice One claim of `claimMany`.
    struct Claim {
        DistributionId id;
        address account;
        uint256 cumulative;
        bytes32[] proof;
    }

    event DistributionCreated(DistributionId indexed id, address indexed creator, uint256 indexed asset, Terms terms);
    event Funded(DistributionId indexed id, address indexed funder, uint256 amount);
    /// @notice The root is current from `validAt` on, of which there is no event, unless one of the others comes before.
    event RootSubmitted(DistributionId indexed id, bytes32 root, bytes32 contentHash, string uri, uint256 validAt);
    /// @notice The updater took the root back, or replaced it.
    event RootWithdrawn(DistributionId indexed id, bytes32 root);
    event RootDisputed(
        DistributionId indexed id,
        address indexed disputer,
        bytes32 root,
        uint256 bond,
        uint256 decideBy
    );
    /// @notice The root is dropped, the bond is the disputer's again.
    event DisputeUpheld(DistributionId indexed id, address indexed disputer, bytes32 root, uint256 bond);
    /// @notice The root waits on, until `validAt` at least; the bond is the distribution's.
    event DisputeRejected(
        DistributionId indexed id,
        address indexed disputer,
        bytes32 root,
        uint256 bond,
        uint256 validAt
    );
    /// @notice The arbiter was late: the root is dropped, the bond is the disputer's again.
    event DisputeExpired(DistributionId indexed id, address indexed disputer, bytes32 root, uint256 bond);
    event Claimed(
        DistributionId indexed id,
        address indexed account,
        address indexed to,
        uint256 amount,
        uint256 cumulative
    );

    /// @notice `asset` is no asset's id, or one with RULES or NOTIFY.
    error MerkleInvalidAsset(uint256 asset);
    /// @notice A distribution needs an updater and an arbiter.
    error MerkleZeroAddress();
    /// @notice The delay of `delay` seconds is not between `minimum` and `maximum`.
    error MerkleInvalidDelay(uint256 delay, uint256 minimum, uint256 maximum);
    /// @notice The bond of `bond` exceeds `maximum`.
    error MerkleBondTooLarge(uint256 bond, uint256 maximum);
    /// @notice The distribution `id` exists already.
    error MerkleAlreadyExists(DistributionId id);
    /// @notice There is no distribution `id`.
    error MerkleUnknownDistribution(DistributionId id);
    /// @notice Nothing would be added.
    error MerkleZeroAmount();
    /// @notice `asset` is issued in the ledger and cannot be in a wallet.
    error MerkleNotToken(uint256 asset);
    /// @notice `caller` is not the updater `updater`.
    error MerkleNotUpdater(address caller, address updater);
    /// @notice `caller` is not the arbiter `arbiter`.
    error MerkleNotArbiter(address caller, address arbiter);
    /// @notice A root cannot be zero.
    error MerkleZeroRoot();
    /// @notice No root of `id` is pending.
    error MerkleNothingPending(DistributionId id);
    /// @notice The pending root is `pending`, not `root`.
    error MerkleWrongRoot(bytes32 pending, bytes32 root);
    /// @notice The pending root of `id` is disputed, and the arbiter has until `decideBy`.
    error MerkleDisputed(DistributionId id, uint256 decideBy);
    /// @notice The pending root of `id` is not disputed.
    error MerkleNotDisputed(DistributionId id);
    /// @notice The arbiter has confirmed the pending root of `id`.
    error MerkleConfirmed(DistributionId id);
    /// @notice It is `timestamp`, and the arbiter had until `decideBy`.
    error MerkleTooLate(uint256 timestamp, uint256 decideBy);
    /// @notice It is `timestamp`, and the arbiter has until `decideBy`.
    error MerkleTooEarly(uint256 timestamp, uint256 decideBy);
    /// @notice The current root of `id` does not say that `account` has earned `cumulative` by this proof.
    error MerkleInvalidProof(DistributionId id, address account, uint256 cumulative);
    /// @notice `account` has claimed `claimed` of `id` and is owed nothing by `cumulative`.
    error MerkleNothingToClaim(DistributionId id, address account, uint256 cumulative, uint256 claimed);
    /// @notice `wanted` are to be paid by `id`, which has `available`.
    error MerkleInsufficientFunds(DistributionId id, uint256 wanted, uint256 available);
    /// @notice `caller` is not an operator of `account` on the ledger.
    error MerkleNotOperator(address caller, address account);

    /* FUNDERS */

    /// @notice Creates a distribution of the caller's, who has no more say over it than anybody.
    function createDistribution(Terms calldata terms) external returns (DistributionId id);

    /// @notice Adds `amount` of the caller's ledger balance to the funds. The distributor must be his operator or have his allowance.
    function fund(DistributionId id, uint256 amount) external;

    /// @notice Adds `amount` of the caller's tokens, by ERC-20 allowance to the distributor.
    /// @dev For tokens that arrive whole; one with a fee on transfers goes through a ledger balance.
    /// @return credited what arrived in the ledger
    function fundFromWallet(DistributionId id, uint256 amount) external returns (uint256 credited);

    /* UPDATER */

    /// @notice Has `root` wait, in place of an undisputed one that waits. Only the updater.
    /// @param contentHash of the published data, from which the root can be computed
    /// @param uri where the data is
    function submitRoot(DistributionId id, bytes32 root, bytes32 contentHash, string calldata uri) external;

    /// @notice Takes back the root that waits, unless it is disputed. Only the updater.
    function withdrawRoot(DistributionId id) external;

    /* DISPUTES */

    /// @notice Disputes the root that waits, for the bond from the caller's ledger balance. The distributor must be his operator
    /// or have his allowance. Anyone; he shows the arbiter why.
    /// @param root as it stands, so that nobody disputes another one than he has seen
    function dispute(DistributionId id, bytes32 root) external;

    /// @notice Drops the disputed root and gives the bond back, or has the root wait on and the bond added to the funds. Only the
    /// arbiter, within `DECISION_PERIOD` from the dispute.
    function resolveDispute(DistributionId id, bytes32 root, bool isUpheld) external;

    /// @notice Drops the disputed root and gives the bond back, as the arbiter is late. Anyone.
    function expireDispute(DistributionId id) external;

    /* CLAIMS */

    /// @notice Pays what the account has earned and was not paid, to its ledger balance. Anyone.
    function claim(
        DistributionId id,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof
    ) external returns (uint256 amount);

    /// @notice As `claim`, to the ledger balance of `to`. Only the account, or its operator on the ledger.
    function claimTo(
        DistributionId id,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof,
        address to
    ) external returns (uint256 amount);

    /// @notice As `claim`, to the wallet of `to`. Only the account, or its operator on the ledger.
    function claimToWallet(
        DistributionId id,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof,
        address to
    ) external returns (uint256 amount);

    /// @notice Claims of any accounts and distributions, each to its account's ledger balance. Anyone.
    /// @dev A claim by which nothing is owed pays 0 and stops no other, since somebody may have made it before. Everything else that
    /// `claim` refuses is refused.
    function claimMany(Claim[] calldata claims) external returns (uint256[] memory amounts);

    /* VIEWS */

    /// @notice The ledger.
    function LEDGER() external view returns (ILedger);

    /// @notice How long the arbiter has from a dispute on, in seconds.
    function DECISION_PERIOD() external view returns (uint256);

    /// @notice The id of a distribution, whether it exists or not.
    function idOf(address creator, Terms calldata terms) external view returns (DistributionId);

    /// @notice Terms and funds of a distribution. All zero if there is none.
    function distributionOf(DistributionId id) external view returns (Distribution memory);

    /// @notice The root that claims are proved by now, and the hash of its data; zero if there is none.
    function rootOf(DistributionId id) external view returns (bytes32 root, bytes32 contentHash);

    /// @notice The root that is not current.
    function pendingRootOf(DistributionId id) external view returns (PendingRoot memory);

    /// @notice All that the account was paid.
    function claimedOf(DistributionId id, address account) external view returns (uint256);

    /// @notice What `claim` would pay now; 0 where it would revert.
    function claimable(
        DistributionId id,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof
    ) external view returns (uint256);
}
