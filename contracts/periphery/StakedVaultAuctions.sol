// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IStakedVault} from "../interfaces/IStakedVault.sol";
import {StakedVaultPool} from "./StakedVaultPool.sol";

/// @title StakedVaultAuctions
/// @notice How rewards become stake: at once where they are the vault's asset, by a Dutch auction where they are not.
/// @dev All that was harvested of a stream is one lot, whose price falls evenly from a beginning to next to nothing, and then begins anew, so
/// that it is never 0. The next price begins at a multiple of what was paid, as in Euler's FeeFlow. Unlike there no time runs with nothing for
/// sale, and what is added has the price go back as if the lot had been there for its average time: nobody gets for little what was not
/// for sale.
abstract contract StakedVaultAuctions is ReentrancyGuardTransient, StakedVaultPool {
    using Math for uint256;
    using SafeERC20 for IERC20;

    uint256 private constant WAD = 1e18;
    uint256 private constant MIN_MULTIPLIER = 1.1e18;
    uint256 private constant MAX_MULTIPLIER = 3e18;
    uint256 private constant MIN_EPOCH = 1 hours;
    uint256 private constant MAX_EPOCH = 365 days;

    uint96 private immutable _FIRST_PRICE;
    uint96 private immutable _MINIMUM_PRICE;
    uint64 private immutable _MULTIPLIER;
    uint32 private immutable _EPOCH;

    mapping(uint256 stream => Auction) private _auctions;

    constructor(AuctionTerms memory terms) {
        require(
            terms.minimumPrice != 0 &&
                terms.firstPrice >= terms.minimumPrice &&
                terms.multiplier >= MIN_MULTIPLIER &&
                terms.multiplier <= MAX_MULTIPLIER &&
                terms.epoch >= MIN_EPOCH &&
                terms.epoch <= MAX_EPOCH,
            StakedVaultInvalidAuction(terms)
        );
        (_FIRST_PRICE, _MINIMUM_PRICE) = (terms.firstPrice, terms.minimumPrice);
        (_MULTIPLIER, _EPOCH) = (terms.multiplier, terms.epoch);
        for (uint256 stream; stream < 2; ++stream) _auctions[stream].startPrice = terms.firstPrice;
    }

    /* ANYONE */

    /// @inheritdoc IStakedVault
    function harvest() external nonReentrant returns (uint256 amount0, uint256 amount1) {
        amount0 = _harvest(0);
        if (_rewardOf(1) != 0) amount1 = _harvest(1);
        _compound(0);
    }

    /// @inheritdoc IStakedVault
    function buyRewards(
        uint256 stream,
        uint256 minLot,
        uint256 maxPayment,
        uint256 deadline,
        address receiver
    ) external nonReentrant returns (uint256 lot, uint256 payment) {
        require(block.timestamp <= deadline, StakedVaultExpired(deadline));
        _checkReceiver(receiver);
        (lot, payment) = previewBuy(stream);
        require(lot != 0 && lot >= minLot, StakedVaultLotTooSmall(lot, minLot));
        require(payment <= maxPayment, StakedVaultPriceTooHigh(payment, maxPayment));
        uint256 next = ((payment * _MULTIPLIER) / WAD).max(_MINIMUM_PRICE).min(type(uint96).max);
        _auctions[stream] = Auction({lot: 0, startPrice: uint96(next), startedAt: 0}); // bounded
        emit RewardsSold(stream, msg.sender, receiver, lot, payment, next);
        _pull(payment);
        if (!_isIssued()) LEDGER.deposit(_TOKEN, payment, payment, address(this));
        _compound(payment);
        _send(_rewardOf(stream), lot, receiver);
    }

    /* VIEWS */

    /// @inheritdoc IStakedVault
    function previewBuy(uint256 stream) public view returns (uint256 lot, uint256 payment) {
        Auction memory auction = _auctions[stream];
        return (auction.lot, _priceOf(auction));
    }

    /// @inheritdoc IStakedVault
    function auctionOf(uint256 stream) external view returns (Auction memory) {
        return _auctions[stream];
    }

    /// @inheritdoc IStakedVault
    function auctionTerms() external view returns (AuctionTerms memory) {
        return AuctionTerms(_FIRST_PRICE, _MINIMUM_PRICE, _MULTIPLIER, _EPOCH);
    }

    /* INTERNALS */

    function _harvest(uint256 stream) private returns (uint256 amount) {
        amount = _claimRewards(stream);
        if (amount == 0) return 0;
        emit Harvested(msg.sender, stream, amount);
        if (_rewardOf(stream) == _STAKE_ASSET) {
            _compound(amount);
            return amount;
        }
        Auction memory auction = _auctions[stream];
        if (auction.lot == 0) emit EpochStarted(stream, auction.startPrice);
        uint256 lot = auction.lot + amount;
        uint256 elapsed = (_elapsed(auction) * auction.lot) / lot;
        // a part of the vault's ledger balance, and a time until 2106
        (auction.lot, auction.startedAt) = (uint112(lot), uint32(block.timestamp - elapsed));
        _auctions[stream] = auction;
    }

    /// @dev Rounded up, so never 0. Of no lot it is where the next price begins.
    function _priceOf(Auction memory auction) private view returns (uint256) {
        if (auction.lot == 0) return auction.startPrice;
        return Math.ceilDiv(auction.startPrice * (_EPOCH - _elapsed(auction)), _EPOCH);
    }

    /// @dev Seconds of the epoch that runs.
    function _elapsed(Auction memory auction) private view returns (uint256) {
        return (block.timestamp - auction.startedAt) % _EPOCH;
    }

    /// @dev Takes assets from the caller's wallet.
    function _pull(uint256 assets) internal {
        IERC20(_TOKEN).safeTransferFrom(msg.sender, address(this), assets);
    }

    /// @dev Neither nobody nor the vault, where what comes counts nowhere.
    function _checkReceiver(address receiver) internal view {
        require(receiver != address(0) && receiver != address(this), StakedVaultInvalidReceiver(receiver));
    }
}
