// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {StakeId} from "../types/StakeId.sol";
import {IERC7540Operator} from "./external/IERC7540Operator.sol";
import {IERC7540Redeem} from "./external/IERC7540Redeem.sol";
import {ILedger} from "./ILedger.sol";
import {IStakingCore} from "./IStakingCore.sol";

/// @title IStakedVault
/// @notice ERC-4626 vault on one stake pool: its shares are worth more as the pool's rewards are staked for their holders.
/// @dev Immutable, without an owner. Assets are units of what the pool stakes, as its token or as the ledger's ERC-20 facade of it. Shares
/// have at least six decimals more and at least 18. "Stake" is the vault's shares in the pool: a unit each in a pool without a slasher,
/// worth what `StakeMath` says in another. What the vault owns is what it recorded itself; whatever is sent to it otherwise, tokens, ledger
/// balance, stake or receipts, counts nowhere and stays where it is.
///
/// Profit is staked at once and counted little by little (the drip), so that nobody gains by coming just before it is known. What is not
/// counted yet is stake as the rest is, and a slash takes the same part of it.
///
/// In a pool without a cooldown, exits are those of ERC-4626. In another they are redeem requests of ERC-7540, all under the request id 0:
/// `withdraw` and `redeem` claim what is ready, for a controller in the place of the owner, and previews of them revert.
interface IStakedVault is IERC4626, IERC7540Operator, IERC7540Redeem, IERC165 {
    /// @notice How rewards that are not the vault's asset are sold.
    struct AuctionTerms {
        /// @dev Where the first price begins, in assets for all that is for sale.
        uint96 firstPrice;
        /// @dev The least at which a price begins, in assets, 1 at least.
        uint96 minimumPrice;
        /// @dev What a sale's price is multiplied with for the beginning of the next one, WAD, 1.1e18 to 3e18.
        uint64 multiplier;
        /// @dev In how many seconds a price falls to next to nothing, and begins anew, one hour to 365 days.
        uint32 epoch;
    }

    /// @notice What is for sale of one stream.
    struct Auction {
        /// @dev Rewards.
        uint112 lot; //        slot 0
        /// @dev Where the price begins, or began, in assets.
        uint96 startPrice; //  slot 0
        /// @dev When, seconds: on the average of what is for sale, and each epoch anew. With nothing for sale no time runs.
        uint32 startedAt; //   slot 0
    }

    /// @notice One request that is not collected.
    struct Request {
        /// @dev Of the vault, burnt already.
        uint160 shares; //    slot 0
        /// @dev In the pool's exit queue.
        uint32 requestId; //  slot 0
        /// @dev From when it can be claimed, seconds.
        uint32 readyAt; //    slot 0
    }

    /// @notice `amount` rewards of a stream came in.
    event Harvested(address indexed caller, uint256 indexed stream, uint256 amount);
    /// @notice `assets` were staked for all holders, as `stake`; what drips is `dripping` of the stake now, until `dripEnd`.
    event Compounded(uint256 assets, uint256 stake, uint256 dripping, uint256 dripEnd);
    /// @notice `amount` rewards of a stream were sold for `payment` assets; the next price begins at `nextPrice`.
    event RewardsSold(
        uint256 indexed stream,
        address indexed buyer,
        address indexed receiver,
        uint256 amount,
        uint256 payment,
        uint256 nextPrice
    );
    /// @notice A price began to fall from `startPrice`.
    event EpochStarted(uint256 indexed stream, uint256 startPrice);
    /// @notice The pool paid `assets` for a request of `shares`, which the controller can claim.
    event RequestCollected(address indexed controller, uint256 indexed coreRequestId, uint256 shares, uint256 assets);

    /// @notice There is no stake pool `pool`.
    error StakedVaultUnknownPool(StakeId pool);
    /// @notice `asset` is neither the token of the ledger asset `stakeAsset`, which the pool stakes, nor its facade.
    error StakedVaultWrongAsset(address asset, uint256 stakeAsset);
    /// @notice Profit cannot drip for `period` seconds, not between `minimum` and `maximum`.
    error StakedVaultInvalidDrip(uint256 period, uint256 minimum, uint256 maximum);
    /// @notice The auction's terms `terms` are out of their bounds.
    error StakedVaultInvalidAuction(AuctionTerms terms);
    /// @notice `receiver` cannot receive.
    error StakedVaultInvalidReceiver(address receiver);
    /// @notice `assets` and `shares` are too little: one of them would come for nothing of the other.
    error StakedVaultTooSmall(uint256 assets, uint256 shares);
    /// @notice What a redemption gives is known when it can be claimed.
    error StakedVaultNoPreview();
    /// @notice The pool has no cooldown: redeeming pays at once.
    error StakedVaultNoRequests();
    /// @notice `caller` is neither `account` nor an operator of his.
    error StakedVaultNotOperator(address caller, address account);
    /// @notice `controller` has `maximum` requests that wait, the most there can be.
    error StakedVaultTooManyRequests(address controller, uint256 maximum);
    /// @notice It is after `deadline`.
    error StakedVaultExpired(uint256 deadline);
    /// @notice `lot` rewards are for sale, less than `minimum`, or none.
    error StakedVaultLotTooSmall(uint256 lot, uint256 minimum);
    /// @notice The price is `price` assets, more than `maximum`.
    error StakedVaultPriceTooHigh(uint256 price, uint256 maximum);

    /* ANYONE */

    /// @notice Claims the pool's rewards for the vault. Those in its asset are staked and drip, others are put up for sale. What cannot be
    /// claimed, or is nothing, counts as 0. What the pool has no room for waits. Anyone may call.
    function harvest() external returns (uint256 amount0, uint256 amount1);

    /// @notice Buys all that is for sale of a stream at its price, in assets of the caller's wallet, which are staked and drip. Anyone may
    /// call.
    /// @param minLot rewards at the least, so that a sale just before does not leave little
    /// @param maxPayment assets at the most
    /// @param deadline seconds
    /// @param receiver of the rewards: of a token in his wallet, of an issued asset in his ledger balance
    function buyRewards(
        uint256 stream,
        uint256 minLot,
        uint256 maxPayment,
        uint256 deadline,
        address receiver
    ) external returns (uint256 lot, uint256 payment);

    /* VIEWS */

    /// @notice The staking core.
    function STAKING() external view returns (IStakingCore);

    /// @notice Its ledger.
    function LEDGER() external view returns (ILedger);

    /// @notice The stake pool.
    function POOL() external view returns (StakeId);

    /// @notice For how long profit drips, seconds.
    function DRIP_PERIOD() external view returns (uint256);

    /// @notice How rewards are sold.
    function auctionTerms() external view returns (AuctionTerms memory);

    /// @notice What is for sale of a stream.
    function auctionOf(uint256 stream) external view returns (Auction memory);

    /// @notice What `buyRewards` gives and takes in this block; a lot of 0 is not sold.
    function previewBuy(uint256 stream) external view returns (uint256 lot, uint256 payment);

    /// @notice The vault's stake, what drips of it and is not counted now, and when all is, seconds.
    function stakeOf() external view returns (uint256 stake, uint256 dripping, uint256 dripEnd);

    /// @notice Profit that the pool had no room for, in assets of the vault's ledger balance; the next harvest or sale stakes it.
    function waiting() external view returns (uint256);

    /// @notice Requests of the controller that are not collected, oldest first.
    function requestsOf(address controller) external view returns (Request[] memory);

    /// @notice The vault itself, which is its own share (ERC-7575).
    function share() external view returns (address);
}
