// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILendingActions} from "../interfaces/ILendingActions.sol";
import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {ILendingVault} from "../interfaces/ILendingVault.sol";
import {BookId} from "../libraries/BookId.sol";
import {LendingFlags} from "../libraries/LendingFlags.sol";
import {LendingMath} from "../libraries/LendingMath.sol";
import {LendingRates} from "../libraries/LendingRates.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {MarketId} from "../types/MarketId.sol";
import {ADAPTIVE_CURVE, NO_INTEREST} from "../types/MarketParams.sol";
import {MarketQueue, QUEUE_SIZE} from "../types/MarketQueue.sol";
import {Word} from "../types/Word.sol";

/// @title LendingVaultMarkets
/// @notice What a vault has, market by market, with interest up to this second, and how it moves.
/// @dev A market has a number for ever, from 1. What the core will do is computed here by its own libraries, so the calls are made
/// with exact limits and nothing is read back: a rate model must answer the vault as it answers the core. No market can fail
/// another: neither supply nor withdrawal asks an oracle, and a rate model that fails leaves its market at the last rate.
abstract contract LendingVaultMarkets is ILendingVault {
    using LendingFlags for Word;
    using LendingMath for LendingMath.Market;
    using LendingRates for LendingMath.Market;
    using Math for uint256;

    /// @dev A market as it is stored. With a built-in rate model slot 3 is not read.
    struct Market {
        bytes32 key; //             slot 0
        uint256 collateralAsset; // slot 1
        uint112 shares; //          slot 2
        uint112 cap; //             slot 2
        bool isExternal; //         slot 2
        bool isAdaptive; //         slot 2
        address irm; //             slot 3
        uint40 removableAt; //      slot 3
    }

    /// @dev A market in memory, accrued.
    struct Leg {
        uint256 number;
        LendingMath.Market market;
        uint256 shares;
        /// @dev What the shares are worth, rounded down.
        uint256 assets;
        uint256 cap;
    }

    /// @dev All markets of the withdraw queue, in its order, and what is idle.
    struct Holdings {
        Leg[] legs;
        uint256 idle;
        uint256 total;
    }

    /// @inheritdoc ILendingVault
    ILendingCore public immutable LENDING;
    /// @inheritdoc ILendingVault
    ILedger public immutable LEDGER;
    uint256 internal immutable _ASSET;

    uint128 internal _lastTotalAssets; //    slot of both: written by every deposit and withdrawal
    uint128 internal _idle;
    MarketQueue internal _supplyQueue; //    slot of both: read by every action
    MarketQueue internal _withdrawQueue;
    Market[] internal _markets;
    mapping(MarketId id => uint256 number) internal _numberOf;

    constructor(ILendingCore lending, address token) {
        LENDING = lending;
        LEDGER = lending.LEDGER();
        _ASSET = uint160(token);
    }

    /* HOLDINGS */

    function _holdings() internal view returns (Holdings memory holdings) {
        MarketQueue queue = _withdrawQueue;
        holdings.legs = new Leg[](queue.length());
        holdings.idle = _idle;
        holdings.total = holdings.idle;
        for (uint256 i; i < holdings.legs.length; ++i) {
            holdings.legs[i] = _legOf(queue.numberAt(i));
            holdings.total += holdings.legs[i].assets;
        }
    }

    function _legOf(uint256 number) internal view returns (Leg memory leg) {
        Market memory stored = _marketAt(number);
        (leg.number, leg.shares, leg.cap) = (number, stored.shares, stored.cap);
        MarketId id = _idOf(stored);
        Word book = LEDGER.bookOf(address(LENDING), stored.key, _ASSET, stored.collateralAsset);
        ILendingCore.MarketState memory state = LENDING.marketOf(id);
        leg.market.idle = book.amount(0);
        (leg.market.supplyShares, leg.market.borrowAssets) = (state.supplyShares, state.borrowAssets);
        leg.market.rate = state.rate;
        uint256 elapsed = book.elapsed();
        if (elapsed != 0) leg.market.accrue(stored.irm, state.fee, elapsed);
        leg.assets = leg.market.toSupplyAssetsDown(leg.shares);
    }

    /// @dev The most that one more supply to the market can be. It keeps the vault's assets there within the cap, as no supply adds
    /// more than itself to what its supplier has, the book and the market's shares within what the core holds.
    function _roomOf(Leg memory leg) internal pure returns (uint256 room) {
        room = leg.cap.saturatingSub(leg.assets);
        room = room.min(WordLib.MAX_AMOUNT - leg.market.idle);
        // The most that mints no more shares than fit, which round down.
        uint256 shares = LendingMath.MAX_SHARES - leg.market.supplyShares;
        return room.min(leg.market.toSupplyAssetsUp(shares + 1) - 1);
    }

    /// @dev What all of the supply queue takes.
    function _room(Holdings memory holdings) internal view returns (uint256 room) {
        MarketQueue queue = _supplyQueue;
        for (uint256 i; i < QUEUE_SIZE && queue.numberAt(i) != 0; ++i) {
            (bool found, Leg memory leg) = _find(holdings, queue.numberAt(i));
            if (found) room += _roomOf(leg);
        }
    }

    /// @dev What can be paid out now, of all that the vault has.
    function _available(Holdings memory holdings) internal pure returns (uint256 assets) {
        assets = holdings.idle;
        for (uint256 i; i < holdings.legs.length; ++i) assets += _liquidOf(holdings.legs[i]);
    }

    function _liquidOf(Leg memory leg) internal pure returns (uint256) {
        return leg.assets.min(leg.market.idle);
    }

    /* PLANS */

    /// @dev What of `assets` goes where: by place of the market in the legs. What is too little for a share of its market, and what
    /// fits nowhere, is left to be idle. `count` markets get something.
    function _planSupply(
        Holdings memory holdings,
        uint256 assets
    ) internal view returns (uint256[] memory parts, uint256 count, uint256 left) {
        parts = new uint256[](holdings.legs.length);
        left = assets;
        MarketQueue queue = _supplyQueue;
        for (uint256 i; left != 0 && i < QUEUE_SIZE && queue.numberAt(i) != 0; ++i) {
            uint256 place = _placeOf(holdings, queue.numberAt(i));
            if (place == parts.length) continue;
            Leg memory leg = holdings.legs[place];
            uint256 part = left.min(_roomOf(leg));
            if (leg.market.toSupplySharesDown(part) == 0) continue;
            parts[place] = part;
            left -= part;
            ++count;
        }
    }

    /// @dev What of `assets` comes from where: first what is idle, answered apart.
    function _planWithdrawal(
        Holdings memory holdings,
        uint256 assets
    ) internal pure returns (uint256[] memory parts, uint256 count, uint256 fromIdle) {
        parts = new uint256[](holdings.legs.length);
        fromIdle = assets.min(holdings.idle);
        uint256 left = assets - fromIdle;
        for (uint256 i; left != 0 && i < parts.length; ++i) {
            uint256 part = left.min(_liquidOf(holdings.legs[i]));
            if (part == 0) continue;
            parts[i] = part;
            left -= part;
            ++count;
        }
    }

    /* MOVES */

    /// @dev Lends, and records what that minted. Exactly the shares computed here, or it reverts: a token that delivers less than
    /// is sent does.
    function _supplyTo(Leg memory leg, uint256 assets, ILedger.Source source) internal {
        uint256 shares = leg.market.toSupplySharesDown(assets);
        bytes memory action = abi.encodeCall(ILendingActions.supply, (shares));
        (, uint256 minted) = _act(leg.number, source, ILedger.Destination.LEDGER, address(0), assets, action);
        _markets[leg.number - 1].shares += uint112(minted); // a part of the market's, which fit
    }

    /// @dev Takes out exactly `assets`: to the wallet of `to`, or to the vault's ledger balance where that is 0. The shares, rounded
    /// up, are off the record before.
    function _withdrawFrom(Leg memory leg, uint256 assets, address to) internal {
        uint256 shares = leg.market.toSupplySharesUp(assets);
        _markets[leg.number - 1].shares -= uint112(shares); // no more than the shares that are worth `assets` or more
        bytes memory action = abi.encodeCall(ILendingActions.withdraw, (assets, shares));
        ILedger.Destination destination = to == address(0) ? ILedger.Destination.LEDGER : ILedger.Destination.WALLET;
        _act(leg.number, ILedger.Source.LEDGER, destination, to, 0, action);
    }

    /// @dev Takes out all that is recorded; what is worth nothing is only forgotten.
    function _redeemAll(Leg memory leg) internal returns (uint256 assets) {
        _markets[leg.number - 1].shares = 0;
        if (leg.assets == 0) return 0;
        bytes memory action = abi.encodeCall(ILendingActions.redeem, (leg.shares, leg.assets));
        (assets, ) = _act(leg.number, ILedger.Source.LEDGER, ILedger.Destination.LEDGER, address(0), 0, action);
    }

    function _act(
        uint256 number,
        ILedger.Source source,
        ILedger.Destination destination,
        address to,
        uint256 amount,
        bytes memory action
    ) private returns (uint256 out, uint256 minted) {
        Market storage stored = _markets[number - 1];
        (out, , minted) = LEDGER.call(
            ILedger.Call({
                protocol: address(LENDING),
                asset0: _ASSET,
                asset1: stored.collateralAsset,
                key: stored.key,
                source: source,
                destination: destination,
                amount0: amount,
                amount1: 0,
                to: to,
                data: action
            })
        );
    }

    /* IDENTITIES */

    function _idsOf(MarketQueue queue) internal view returns (MarketId[] memory ids) {
        ids = new MarketId[](queue.length());
        for (uint256 i; i < ids.length; ++i) ids[i] = _idAt(queue.numberAt(i));
    }

    function _idAt(uint256 number) internal view returns (MarketId) {
        return _idOf(_marketAt(number));
    }

    function _idOf(Market memory stored) private view returns (MarketId) {
        return MarketId.wrap(BookId.bookId(address(LENDING), _ASSET, stored.collateralAsset, stored.key));
    }

    /// @dev Without `removableAt`.
    function _marketAt(uint256 number) private view returns (Market memory market) {
        Market storage stored = _markets[number - 1];
        (market.key, market.collateralAsset) = (stored.key, stored.collateralAsset);
        (market.shares, market.cap) = (stored.shares, stored.cap);
        if (stored.isExternal) market.irm = stored.irm;
        else market.irm = stored.isAdaptive ? ADAPTIVE_CURVE : NO_INTEREST;
    }

    function _find(Holdings memory holdings, uint256 number) private pure returns (bool found, Leg memory leg) {
        uint256 place = _placeOf(holdings, number);
        found = place != holdings.legs.length;
        if (found) leg = holdings.legs[place];
    }

    /// @dev Where the market is in the legs; their length when it is not.
    function _placeOf(Holdings memory holdings, uint256 number) private pure returns (uint256 place) {
        while (place < holdings.legs.length && holdings.legs[place].number != number) ++place;
    }
}
