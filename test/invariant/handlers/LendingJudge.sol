// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILendingCore} from "../../../contracts/interfaces/ILendingCore.sol";
import {MockPriceOracle} from "../../../contracts/mocks/MockPriceOracle.sol";
import {LendingLens} from "../../../contracts/periphery/LendingLens.sol";
import {MarketId} from "../../../contracts/types/MarketId.sol";
import {MarketParams} from "../../../contracts/types/MarketParams.sol";
import {LendingFixture} from "../../helpers/solidity/LendingFixture.sol";

/// @title LendingJudge
/// @notice What an action may do to a market, judged from what stood before and after it, both with interest up to the same second.
/// Its formulas are its own.
abstract contract LendingJudge is LendingFixture {
    enum Kind {
        SUPPLY,
        WITHDRAW,
        COLLATERAL,
        BORROW,
        REPAY,
        LIQUIDATE,
        ACCRUE
    }

    struct Account {
        uint256 supply;
        uint256 debt;
        uint256 collateral;
        /// @dev In loan units, rounded up, and the most that it may be.
        uint256 owed;
        uint256 maximum;
    }

    struct Snap {
        /// @dev Supply, idle and debt assets; supply and debt shares; shares of the fee.
        uint256 supplied;
        uint256 idle;
        uint256 owed;
        uint256 shares;
        uint256 debtShares;
        uint256 feeShares;
        uint256 collateral;
        /// @dev Of liquidation; 0 when the oracle has none.
        uint256 price;
        Account[3] accounts;
    }

    uint256 internal constant MARKETS = 4;
    uint256 internal constant ACTORS = 3;
    uint256 internal constant WAD = 1e18;
    uint256 internal constant SHARES_OFFSET = 1e6;

    address[ACTORS] public actors;
    MarketParams[MARKETS] internal _markets;
    MockPriceOracle[MARKETS] internal _oracles;
    MarketId[MARKETS] internal _ids;

    /// @notice By the number of an invariant LEN-n: how often it did not hold.
    mapping(uint256 number => uint256) public violations;

    function _require(bool holds, uint256 number) internal returns (bool) {
        if (!holds) violations[number] += 1;
        return holds;
    }

    /// @dev What is to be judged must not revert: the runner would take back what it has noted. A fall is more than any rise.
    function _rise(uint256 from, uint256 to) internal pure returns (uint256) {
        unchecked {
            return to - from;
        }
    }

    /* JUDGEMENT */

    /// @dev After an action of `actor` on the position of `account` that stands.
    function _judge(Kind kind, uint256 m, uint256 actor, uint256 account, Snap memory a, Snap memory b) internal {
        _judgeOwnership(kind, account, a, b);
        _judgePrices(kind, a, b);
        for (uint256 i; i < ACTORS; ++i) {
            _judgeHealth(a, b, i);
            bool mayWorsen = i == actor || (i == account && ledger.isOperator(actors[i], actors[actor]));
            if (kind == Kind.LIQUIDATE && i == account) _judgeLiquidation(m, a, b, i);
            else if (!mayWorsen) _judgeWord(a, b, i);
        }
    }

    /// @dev LEN-4: suppliers own what they bring, and lose what they take and bad debt only.
    function _judgeOwnership(Kind kind, uint256 account, Snap memory a, Snap memory b) private {
        if (kind == Kind.LIQUIDATE) {
            Account memory left = b.accounts[account];
            uint256 bad = left.collateral == 0 ? a.accounts[account].owed : 0;
            _require(b.supplied <= a.supplied && b.supplied + bad >= a.supplied, 4);
        } else if (kind == Kind.SUPPLY || kind == Kind.WITHDRAW) {
            _require(b.owed == a.owed && b.debtShares == a.debtShares, 4);
            _require(kind == Kind.SUPPLY ? b.shares > a.shares : b.supplied < a.supplied, 4);
        } else {
            _require(b.supplied == a.supplied && b.shares == a.shares, 4);
        }
        if (kind == Kind.BORROW) _require(b.owed > a.owed && b.debtShares > a.debtShares, 4);
        if (kind == Kind.COLLATERAL || kind == Kind.ACCRUE) _require(b.owed == a.owed && b.idle == a.idle, 4);
    }

    /// @dev LEN-5: a supply share falls by bad debt only; LEN-16: and rises by a unit, or its own price, for all others at most.
    function _judgePrices(Kind kind, Snap memory a, Snap memory b) internal {
        bool wroteOff = kind == Kind.LIQUIDATE && b.supplied < a.supplied;
        uint256 now_ = (b.supplied + 1) * (a.shares + SHARES_OFFSET);
        uint256 before = (a.supplied + 1) * (b.shares + SHARES_OFFSET);
        if (!wroteOff) _require(now_ >= before, 5);
        _require(now_ <= before + Math.max(a.shares + SHARES_OFFSET, a.supplied + 1), 16);
    }

    /// @dev LEN-7
    function _judgeHealth(Snap memory a, Snap memory b, uint256 i) private {
        if (a.price == 0) return;
        bool wasHealthy = a.accounts[i].owed <= a.accounts[i].maximum;
        _require(!wasHealthy || b.accounts[i].owed <= b.accounts[i].maximum, 7);
    }

    /// @dev LEN-8
    function _judgeWord(Snap memory a, Snap memory b, uint256 i) internal {
        _require(b.accounts[i].supply >= a.accounts[i].supply, 8);
        _require(b.accounts[i].debt <= a.accounts[i].debt, 8);
        _require(b.accounts[i].collateral >= a.accounts[i].collateral, 8);
    }

    /// @dev LEN-9 and LEN-10
    function _judgeLiquidation(uint256 m, Snap memory a, Snap memory b, uint256 i) private {
        (Account memory before, Account memory left) = (a.accounts[i], b.accounts[i]);
        if (!_require(a.price != 0 && before.owed > before.maximum, 9)) return;
        if (!_require(left.debt < before.debt && left.collateral <= before.collateral, 9)) return;
        if (!_require(b.idle >= a.idle, 9)) return;
        uint256 factor = _incentive(_markets[m].lltv);
        uint256 worth = Math.mulDiv(before.collateral, a.price, SCALE);
        if (left.debt != 0 && before.owed * factor <= worth * WAD) {
            // Debt over collateral did not rise; what is owed is rounded up.
            _require((left.owed - 1) * before.collateral <= before.owed * left.collateral, 9);
        }
        // A liquidator gets no more than what he pays with the incentive.
        uint256 paid = b.idle - a.idle;
        uint256 seized = Math.mulDiv(before.collateral - left.collateral, a.price, SCALE);
        _require(seized * WAD <= (paid + 1) * factor, 10);
        if (left.debt == 0) return;
        uint256 divisor = WAD * WAD - factor * _markets[m].lltv;
        uint256 needed = Math.ceilDiv((before.owed - before.maximum) * WAD * WAD, divisor);
        if (needed >= before.owed || before.owed - needed <= _markets[m].closeOutDebt) return;
        // No further than to health: a unit for each rounding, and what a debt share and a unit of collateral are worth.
        uint256 slack = 4 + (2 * (a.owed + 1)) / (a.debtShares + SHARES_OFFSET) + a.price / SCALE;
        _require(left.maximum <= left.owed + slack, 10);
    }

    /// @dev The incentive, WAD.
    function _incentive(uint256 lltv) internal pure returns (uint256) {
        uint256 divisor = WAD - (3 * (WAD - lltv)) / 10;
        return Math.min(1.15e18, (WAD * WAD) / divisor);
    }

    /* SNAPSHOTS */

    function _snap(uint256 m) internal view returns (Snap memory snap) {
        LendingLens.MarketView memory market = lens.marketOf(_markets[m]);
        (snap.supplied, snap.shares) = (market.supplyAssets, market.supplyShares);
        (snap.owed, snap.debtShares) = (market.borrowAssets, market.borrowShares);
        (snap.idle, snap.collateral, snap.feeShares) = (market.idle, market.collateral, market.feeShares);
        try _oracles[m].price{gas: 100_000}() returns (uint256 price) {
            snap.price = price;
        } catch {}
        for (uint256 i; i < ACTORS; ++i) {
            Account memory account = snap.accounts[i];
            ILendingCore.Position memory position = lending.positionOf(_ids[m], actors[i]);
            account.supply = ledger.balanceOf(actors[i], market.shareId);
            (account.debt, account.collateral) = (position.borrowShares, position.collateral);
            account.owed = Math.ceilDiv(account.debt * (snap.owed + 1), snap.debtShares + SHARES_OFFSET);
            account.maximum = Math.mulDiv(account.collateral, snap.price, SCALE);
            account.maximum = Math.mulDiv(account.maximum, _markets[m].lltv, WAD);
        }
    }

    /// @dev All that a market stores, and its book.
    function _stored(uint256 m) internal view returns (bytes32 digest) {
        MarketParams memory market = _markets[m];
        digest = keccak256(
            abi.encode(
                lending.marketOf(_ids[m]),
                ledger.bookOf(address(lending), market.bookKey(), market.loanAsset, market.collateralAsset)
            )
        );
        uint256 shareId = lending.shareIdOf(market);
        for (uint256 i; i < ACTORS; ++i) {
            digest = keccak256(
                abi.encode(
                    digest,
                    lending.positionOf(_ids[m], actors[i]),
                    ledger.balanceOf(actors[i], shareId),
                    ledger.balanceOf(actors[i], asset0),
                    ledger.balanceOf(actors[i], asset1)
                )
            );
        }
    }

    /// @dev All that counts of a market, with its interest up to this second.
    function _outcome(uint256 m) internal view returns (bytes32 digest) {
        LendingLens.MarketView memory market = lens.marketOf(_markets[m]);
        market.lastUpdate = 0; // what is refused brings nothing up to date
        digest = keccak256(abi.encode(market, _snap(m)));
        for (uint256 i; i < ACTORS; ++i) {
            digest = keccak256(
                abi.encode(digest, ledger.balanceOf(actors[i], asset0), ledger.balanceOf(actors[i], asset1))
            );
        }
    }

    /// @dev Books, positions and shares of one market alone.
    function _own(uint256 m) internal view returns (bytes32 digest) {
        MarketParams memory market = _markets[m];
        digest = keccak256(
            abi.encode(
                lending.marketOf(_ids[m]),
                ledger.bookOf(address(lending), market.bookKey(), market.loanAsset, market.collateralAsset)
            )
        );
        uint256 shareId = lending.shareIdOf(market);
        for (uint256 i; i < ACTORS; ++i) {
            digest = keccak256(
                abi.encode(digest, lending.positionOf(_ids[m], actors[i]), ledger.balanceOf(actors[i], shareId))
            );
        }
    }
}
