// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {LendingFlags} from "../libraries/LendingFlags.sol";
import {LendingMath} from "../libraries/LendingMath.sol";
import {LendingRates} from "../libraries/LendingRates.sol";
import {MarketId} from "../types/MarketId.sol";
import {ADAPTIVE_CURVE, NO_INTEREST} from "../types/MarketParams.sol";
import {Word} from "../types/Word.sol";

/// @title LendingMarkets
/// @notice What is stored of markets beside their books, and their interest.
/// @dev A market's book tells by its flags when it was updated last, and which of two words is newer (`LendingFlags`). Both words hold
/// the debt and the rate: a supplier's action writes that with the supply's shares alone, a borrower's that with the debt's. Where the
/// fee adds to the supply's shares with every update, such a choice saves nothing: there the first word is always the newer one, and the
/// second holds the fee's shares.
abstract contract LendingMarkets {
    using LendingFlags for Word;
    using LendingMath for LendingMath.Market;
    using LendingRates for LendingMath.Market;

    /// @dev How a market's rate is found.
    enum RateModel {
        NONE,
        ADAPTIVE,
        EXTERNAL
    }

    /// @dev A position: debt shares on side 0, collateral on side 1. A struct, so that a reference to it can be held.
    struct Cell {
        Word word;
    }

    struct Storage {
        /// @dev Supply shares, and debt, rate and settings (`_pack`).
        uint256 supply; //          slot 0
        /// @dev Debt shares, and debt, rate and settings (`_pack`); or debt shares and the fee's (`_packFee`).
        uint256 debt; //            slot 1
        address oracle; //          slot 2
        /// @dev In 10,000ths.
        uint16 lltv; //             slot 2
        /// @dev The close-out debt, short (`_closeOutOf`).
        uint80 closeOut; //         slot 2
        address irm; //             slot 3
        uint96 closeOutDebt; //     slot 3
        uint256 loanAsset; //       slot 4
        uint256 collateralAsset; // slot 5
        mapping(address account => Cell) positions;
    }

    uint256 internal constant FEE_STEP = 0.005e18;
    uint256 internal constant LLTV_STEP = 1e14;
    /// @dev Gas of a token that is asked for its decimals, the most that is believed, and a supply share's beside them.
    uint256 internal constant TOKEN_GAS = 30_000;
    uint256 internal constant SHARE_DECIMALS = 6;
    uint256 internal constant MAX_DECIMALS = 77;

    /// @dev Sides of a position.
    uint256 internal constant OWED = 0;
    uint256 internal constant COLLATERAL = 1;

    uint256 private constant DEBT_SHIFT = 112;
    uint256 private constant RATE_SHIFT = 208;
    uint256 private constant RATE_MASK = type(uint40).max >> 2;
    uint256 private constant SETTINGS_SHIFT = 246;
    uint256 private constant FEE_SHARES_SHIFT = 112;
    /// @dev Settings: bits 0–5 the fee in 200ths, or `PAST_FEE`; bits 6–7 the rate model; bit 8 whether the collateral has RULES, and
    /// is pledged; bit 9 the turn.
    uint256 private constant FEE_MASK = 63;
    /// @dev There is no fee, but there was one.
    uint256 private constant PAST_FEE = 63;
    uint256 private constant MODEL_SHIFT = 6;
    uint256 private constant MODEL_MASK = 3;
    uint256 private constant PLEDGED = 1 << 8;
    /// @dev The word on the debt is the newer one if its turn is not that of the word on the supply: for views, which have no book.
    uint256 private constant TURN = 1 << 255;
    /// @dev Short close-out debts of 2^96 − 1, and of less that does not fit.
    uint256 private constant ANY_DEBT = type(uint80).max;
    uint256 private constant LONG_DEBT = ANY_DEBT - 1;

    ILedger internal immutable _LEDGER;

    mapping(MarketId id => Storage) internal _markets;

    constructor(ILedger ledger) {
        _LEDGER = ledger;
    }

    /* OPENING */

    // The market with its interest up to date, from its book before the inputs. Nothing is stored before it is closed, so that a
    // stranger who is asked in between reads what was.

    /// @dev For a supplier's action: without debt shares.
    function _openSupply(
        MarketId id,
        Storage storage stored,
        Word holdings
    ) internal returns (LendingMath.Market memory market) {
        _loadSupply(stored, holdings, market);
        _accrue(id, stored, holdings, market);
    }

    /// @dev For a borrower's action: without supply shares where there is no fee.
    function _openDebt(
        MarketId id,
        Storage storage stored,
        Word holdings
    ) internal returns (LendingMath.Market memory market) {
        _loadDebt(stored, holdings, market);
        _accrue(id, stored, holdings, market);
    }

    /// @dev As `_openDebt`, for an action that leaves the market, and the time of its last update, as they are.
    function _peekDebt(Storage storage stored, Word holdings) internal view returns (LendingMath.Market memory market) {
        _loadDebt(stored, holdings, market);
        uint256 elapsed = holdings.elapsed();
        if (elapsed != 0) _addInterest(stored, market, elapsed);
    }

    /// @dev For both.
    function _openAll(
        MarketId id,
        Storage storage stored,
        Word holdings
    ) internal returns (LendingMath.Market memory market) {
        _loadSupply(stored, holdings, market);
        market.borrowShares = uint112(stored.debt);
        _accrue(id, stored, holdings, market);
    }

    /* CLOSING */

    // Stores what an action left of the market, but for its book, whose new flags it answers.

    function _closeSupply(
        MarketId id,
        Storage storage stored,
        LendingMath.Market memory market
    ) internal returns (Word) {
        stored.supply = _pack(market.supplyShares, market);
        if (market.feeShares != 0) {
            stored.debt += market.feeShares << FEE_SHARES_SHIFT; // within the supply
            emit ILendingCore.FeeAccrued(id, market.feeShares);
        }
        return LendingFlags.updatedNow(false);
    }

    function _closeDebt(MarketId id, Storage storage stored, LendingMath.Market memory market) internal returns (Word) {
        if (_hasFee(market.settings)) return _closeAll(id, stored, market);
        stored.debt = _pack(market.borrowShares, market);
        return LendingFlags.updatedNow(true);
    }

    function _closeAll(MarketId id, Storage storage stored, LendingMath.Market memory market) internal returns (Word) {
        stored.supply = _pack(market.supplyShares, market);
        stored.debt =
            _hasFee(market.settings)
                ? _packFee(market.borrowShares, (stored.debt >> FEE_SHARES_SHIFT) + market.feeShares)
                : _pack(market.borrowShares, market);
        if (market.feeShares != 0) emit ILendingCore.FeeAccrued(id, market.feeShares);
        return LendingFlags.updatedNow(false);
    }

    /* WORDS */

    /// @dev shares (112) | debt (96) << 112 | rate (38) << 208 | settings (10) << 246. What is in memory came from such a word or was
    /// checked to fit.
    function _pack(uint256 shares, LendingMath.Market memory market) internal pure returns (uint256) {
        return
            shares |
            (market.borrowAssets << DEBT_SHIFT) |
            (market.rate << RATE_SHIFT) |
            (market.settings << SETTINGS_SHIFT);
    }

    /// @dev The word on the debt of a market with a fee: debt shares (112) | the fee's shares (112) << 112.
    function _packFee(uint256 borrowShares, uint256 feeShares) internal pure returns (uint256) {
        return borrowShares | (feeShares << FEE_SHARES_SHIFT);
    }

    /// @dev Of a word of `_pack`, all but the shares.
    function _unpack(uint256 word, LendingMath.Market memory market) internal pure {
        market.borrowAssets = uint96(word >> DEBT_SHIFT);
        market.rate = (word >> RATE_SHIFT) & RATE_MASK;
        market.settings = word >> SETTINGS_SHIFT;
    }

    /// @dev The market as it is stored, without its book.
    function _read(Storage storage stored) internal view returns (LendingMath.Market memory market) {
        (uint256 supply, uint256 debt) = (stored.supply, stored.debt);
        market.supplyShares = uint112(supply);
        market.borrowShares = uint112(debt);
        bool hasFee = _hasFee(supply >> SETTINGS_SHIFT);
        if (hasFee) market.feeShares = debt >> FEE_SHARES_SHIFT;
        _unpack(!hasFee && (supply ^ debt) & TURN != 0 ? debt : supply, market);
    }

    /* SETTINGS */

    /// @dev The fee, WAD.
    function _feeOf(uint256 settings) internal pure returns (uint256) {
        uint256 steps = settings & FEE_MASK;
        return steps == PAST_FEE ? 0 : steps * FEE_STEP;
    }

    /// @dev Whether the market has, or had, a fee.
    function _hasFee(uint256 settings) internal pure returns (bool) {
        return settings & FEE_MASK != 0;
    }

    function _isPledged(uint256 settings) internal pure returns (bool) {
        return settings & PLEDGED != 0;
    }

    /// @dev Of a market without a fee.
    function _settings(RateModel model, bool isPledged) internal pure returns (uint256) {
        return (uint256(model) << MODEL_SHIFT) | (isPledged ? PLEDGED : 0);
    }

    /// @dev Settings that never change may be read of either word.
    function _takesPledges(Storage storage stored) internal view returns (bool) {
        return _isPledged(stored.supply >> SETTINGS_SHIFT);
    }

    /// @dev Sets the fee, in steps, of a market whose word on the supply is the newer one.
    function _setFee(Storage storage stored, uint256 steps) internal {
        uint256 supply = stored.supply;
        bool hadFee = _hasFee(supply >> SETTINGS_SHIFT);
        if (hadFee && steps == 0) steps = PAST_FEE;
        if (!hadFee && steps != 0) stored.debt = _packFee(uint112(stored.debt), 0);
        stored.supply = (supply & ~(FEE_MASK << SETTINGS_SHIFT)) | (steps << SETTINGS_SHIFT);
    }

    function _modelOf(address irm) internal pure returns (RateModel) {
        if (irm == NO_INTEREST) return RateModel.NONE;
        return irm == ADAPTIVE_CURVE ? RateModel.ADAPTIVE : RateModel.EXTERNAL;
    }

    function _closeOutOf(Storage storage stored) internal view returns (uint256 closeOut) {
        closeOut = stored.closeOut;
        if (closeOut == ANY_DEBT) return LendingMath.MAX_DEBT;
        if (closeOut == LONG_DEBT) return stored.closeOutDebt;
    }

    function _shorten(uint256 closeOutDebt) internal pure returns (uint80) {
        if (closeOutDebt == LendingMath.MAX_DEBT) return uint80(ANY_DEBT);
        return uint80(closeOutDebt < LONG_DEBT ? closeOutDebt : LONG_DEBT); // below 2^80
    }

    /* INTERNALS */

    function _loadSupply(Storage storage stored, Word holdings, LendingMath.Market memory market) private view {
        uint256 word = stored.supply;
        market.idle = holdings.amount(0);
        market.supplyShares = uint112(word);
        // With the turn of the word on the debt, the word on the supply becomes the newer one.
        _unpack(holdings.isDebtNewer() ? stored.debt : word, market);
    }

    function _loadDebt(Storage storage stored, Word holdings, LendingMath.Market memory market) private view {
        uint256 word = stored.debt;
        market.idle = holdings.amount(0);
        market.borrowShares = uint112(word);
        if (!holdings.isDebtNewer()) {
            word = stored.supply ^ TURN; // with the other turn, the word on the debt becomes the newer one
            market.supplyShares = uint112(word);
        }
        _unpack(word, market);
    }

    function _accrue(MarketId id, Storage storage stored, Word holdings, LendingMath.Market memory market) private {
        _checkExists(id, holdings);
        uint256 elapsed = holdings.elapsed();
        if (elapsed != 0) emit ILendingCore.InterestAccrued(id, _addInterest(stored, market, elapsed));
    }

    function _addInterest(
        Storage storage stored,
        LendingMath.Market memory market,
        uint256 elapsed
    ) private view returns (uint256) {
        return market.accrue(_irmOf(stored, market.settings), _feeOf(market.settings), elapsed);
    }

    function _checkExists(MarketId id, Word holdings) internal pure {
        if (holdings.flags() == 0) revert ILendingCore.LendingUnknownMarket(id);
    }

    /// @dev The market's rate model, whose address is read only when it is outside.
    function _irmOf(Storage storage stored, uint256 settings) private view returns (address) {
        uint256 model = (settings >> MODEL_SHIFT) & MODEL_MASK;
        if (model == uint256(RateModel.ADAPTIVE)) return ADAPTIVE_CURVE;
        return model == uint256(RateModel.NONE) ? NO_INTEREST : stored.irm;
    }
}
