// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {LendingMath} from "../libraries/LendingMath.sol";
import {LendingRates} from "../libraries/LendingRates.sol";
import {MarketId} from "../types/MarketId.sol";
import {ADAPTIVE_CURVE, NO_INTEREST} from "../types/MarketParams.sol";
import {Word} from "../types/Word.sol";

/// @title LendingMarkets
/// @notice What is stored of markets beside their books, and their interest.
/// @dev The 32 flags of a market's book are the time of its last update, in seconds; 0 is no market.
abstract contract LendingMarkets {
    using LendingMath for LendingMath.Market;
    using LendingRates for LendingMath.Market;

    /// @dev How a market's rate is found.
    enum RateModel {
        NONE,
        ADAPTIVE,
        EXTERNAL
    }

    struct Debt {
        uint112 borrowShares;
        uint112 feeShares;
        /// @dev In 10,000ths.
        uint16 lltv;
        /// @dev Whether the collateral has RULES, and is pledged.
        bool isPledged;
    }

    struct Storage {
        /// @dev All that a supplier's action touches, packed by `_pack`, which stores it at once.
        uint256 totals; //          slot 0
        Debt debt; //               slot 1
        address oracle; //          slot 2
        uint96 closeOutDebt; //     slot 2
        address irm; //             slot 3
        uint256 loanAsset; //       slot 4
        uint256 collateralAsset; // slot 5
    }

    uint256 internal constant FEE_STEP = 0.005e18;
    uint256 internal constant LLTV_STEP = 1e14;
    /// @dev Gas of a token that is asked for its decimals, the most that is believed, and a supply share's beside them.
    uint256 internal constant TOKEN_GAS = 30_000;
    uint256 internal constant SHARE_DECIMALS = 6;
    uint256 internal constant MAX_DECIMALS = 77;

    uint256 private constant DEBT_SHIFT = 112;
    uint256 private constant RATE_SHIFT = 208;
    uint256 private constant SETTINGS_SHIFT = 248;
    /// @dev Settings: bits 0–5 the fee in 200ths, bits 6–7 the rate model.
    uint256 private constant FEE_MASK = 63;
    uint256 private constant MODEL_SHIFT = 6;

    ILedger internal immutable _LEDGER;

    mapping(MarketId id => Storage) internal _markets;
    mapping(MarketId id => mapping(address account => ILendingCore.Position)) internal _positions;

    constructor(ILedger ledger) {
        _LEDGER = ledger;
    }

    /// @dev The market with its interest up to date, from its book before the inputs; without its debt shares. Nothing is stored
    /// before `_close`, so that a stranger who is asked in between reads what was.
    function _open(MarketId id, Word holdings) internal returns (LendingMath.Market memory market) {
        uint256 interest;
        (market, interest) = _peek(id, holdings);
        if (holdings.flags() != block.timestamp) emit ILendingCore.InterestAccrued(id, interest);
    }

    /// @dev As `_open`, for an action that leaves the market, and the time of its last update, as they are.
    function _peek(
        MarketId id,
        Word holdings
    ) internal view returns (LendingMath.Market memory market, uint256 interest) {
        uint256 last = holdings.flags();
        require(last != 0, ILendingCore.LendingUnknownMarket(id));
        _unpack(_markets[id].totals, market);
        market.idle = holdings.amount(0);
        uint256 elapsed;
        unchecked {
            elapsed = block.timestamp - last; // a time that has been
        }
        if (elapsed == 0) return (market, 0);
        address irm = _irmOf(_markets[id], market.settings);
        (, interest) = market.accrue(irm, _feeOf(market.settings), elapsed);
    }

    /// @dev Stores what an action left of the market, but for its book and its debt shares.
    function _close(MarketId id, LendingMath.Market memory market) internal {
        _markets[id].totals = _pack(market);
        if (market.feeShares == 0) return;
        _markets[id].debt.feeShares += uint112(market.feeShares); // within the supply
        emit ILendingCore.FeeAccrued(id, market.feeShares);
    }

    /// @dev supply shares (112) | debt (96) << 112 | rate (40) << 208 | settings (8) << 248. What is in memory came from such a
    /// word or was checked to fit.
    function _pack(LendingMath.Market memory market) internal pure returns (uint256) {
        return
            market.supplyShares |
            (market.borrowAssets << DEBT_SHIFT) |
            (market.rate << RATE_SHIFT) |
            (market.settings << SETTINGS_SHIFT);
    }

    function _unpack(uint256 totals, LendingMath.Market memory market) internal pure {
        market.supplyShares = uint112(totals);
        market.borrowAssets = uint96(totals >> DEBT_SHIFT);
        market.rate = uint40(totals >> RATE_SHIFT);
        market.settings = totals >> SETTINGS_SHIFT;
    }

    /// @dev The market's rate model, whose address is read only when it is outside.
    function _irmOf(Storage storage stored, uint256 settings) private view returns (address) {
        RateModel model = RateModel(settings >> MODEL_SHIFT);
        if (model == RateModel.ADAPTIVE) return ADAPTIVE_CURVE;
        return model == RateModel.NONE ? NO_INTEREST : stored.irm;
    }

    function _modelOf(address irm) internal pure returns (RateModel) {
        if (irm == NO_INTEREST) return RateModel.NONE;
        return irm == ADAPTIVE_CURVE ? RateModel.ADAPTIVE : RateModel.EXTERNAL;
    }

    /// @dev The fee, WAD.
    function _feeOf(uint256 settings) internal pure returns (uint256) {
        return (settings & FEE_MASK) * FEE_STEP;
    }

    /// @dev The fee in steps beside the model.
    function _settings(RateModel model, uint256 feeSteps) internal pure returns (uint256) {
        return (uint256(model) << MODEL_SHIFT) | feeSteps; // at most 50 steps
    }
}
