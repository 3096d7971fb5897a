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

    /// @dev All that a supplier's action touches.
    struct Totals {
        uint112 supplyShares;
        uint96 borrowAssets;
        uint40 rate;
        /// @dev Bits 0–5 the fee in 200ths, bits 6–7 the rate model.
        uint8 settings;
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
        Totals totals; //           slot 0
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

    uint8 private constant FEE_MASK = 63;
    uint8 private constant MODEL_SHIFT = 6;

    ILedger internal immutable _LEDGER;

    mapping(MarketId id => Storage) internal _markets;
    mapping(MarketId id => mapping(address account => ILendingCore.Position)) internal _positions;

    constructor(ILedger ledger) {
        _LEDGER = ledger;
    }

    /// @dev The market with its interest up to date, from its book before the inputs; without its debt shares.
    function _open(MarketId id, Word holdings) internal returns (LendingMath.Market memory market) {
        uint256 last = holdings.flags();
        require(last != 0, ILendingCore.LendingUnknownMarket(id));
        Totals memory totals = _markets[id].totals;
        market.idle = holdings.amount(0);
        (market.supplyShares, market.borrowAssets) = (totals.supplyShares, totals.borrowAssets);
        (market.rate, market.settings) = (totals.rate, totals.settings);
        uint256 elapsed;
        unchecked {
            elapsed = block.timestamp - last; // a time that has been
        }
        if (elapsed == 0) return market;
        address irm = _irmOf(_markets[id], totals.settings);
        (uint256 rate, uint256 interest, uint256 feeShares) = market.accrue(irm, _feeOf(totals.settings), elapsed);
        if (feeShares != 0) _markets[id].debt.feeShares += uint112(feeShares); // within the supply
        emit ILendingCore.InterestAccrued(id, rate, interest, feeShares);
    }

    /// @dev Stores what an action left of the market, but for its book and its debt shares.
    function _close(MarketId id, LendingMath.Market memory market) internal {
        // What is in memory came from such fields or was checked to fit: shares below 2^112, debt below 2^96, the rate below 2^40.
        _markets[id].totals = Totals({
            supplyShares: uint112(market.supplyShares),
            borrowAssets: uint96(market.borrowAssets),
            rate: uint40(market.rate),
            settings: uint8(market.settings)
        });
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
    function _settings(RateModel model, uint256 feeSteps) internal pure returns (uint8) {
        return (uint8(model) << MODEL_SHIFT) | uint8(feeSteps); // at most 50 steps
    }
}
