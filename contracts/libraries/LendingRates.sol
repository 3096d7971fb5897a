// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IInterestRateModel} from "../interfaces/IInterestRateModel.sol";
import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {ADAPTIVE_CURVE, NO_INTEREST} from "../types/MarketParams.sol";
import {AdaptiveCurve} from "./AdaptiveCurve.sol";
import {BoundedCall} from "./BoundedCall.sol";
import {LendingMath} from "./LendingMath.sol";

/// @title LendingRates
/// @notice A market's borrow rate by its rate model; what the core charges and the lens shows.
library LendingRates {
    using LendingMath for LendingMath.Market;

    /// @notice Gas of an external rate model.
    uint256 internal constant MODEL_GAS = 100_000;
    /// @notice Gas of the issuer of pledged collateral, for one answer.
    uint256 internal constant PLEDGE_GAS = 100_000;
    /// @dev For a call to an address that is not warm, and what stands before it.
    uint256 private constant SLACK = 5_000;

    /// @notice Adds the interest of `elapsed` seconds by the model `irm`, and the shares of `fee`, WAD, of it; the market's rate moves
    /// on. Answers the interest.
    function accrue(
        LendingMath.Market memory market,
        address irm,
        uint256 fee,
        uint256 elapsed
    ) internal view returns (uint256 interest) {
        interest = market.addInterest(next(market, irm, elapsed), fee, elapsed);
    }

    /// @notice The mean borrow rate of the last `elapsed` seconds, WAD per second; the market's own rate is moved on.
    function next(LendingMath.Market memory market, address irm, uint256 elapsed) internal view returns (uint256 rate) {
        if (irm == NO_INTEREST) return 0;
        (uint256 supplied, uint256 borrowed) = (market.supplyAssets(), market.borrowAssets);
        if (irm == ADAPTIVE_CURVE) {
            (rate, market.rate) = AdaptiveCurve.next(market.rate, supplied, borrowed, elapsed);
            return rate;
        }
        bytes memory question = abi.encodeCall(IInterestRateModel.borrowRate, (supplied, borrowed));
        (bool ok, uint256 answer) = ask(irm, MODEL_GAS, question);
        // A model that fails leaves the market at the last rate it answered.
        if (ok) market.rate = answer < LendingMath.MAX_BORROW_RATE ? answer : LendingMath.MAX_BORROW_RATE;
        return market.rate;
    }

    /// @notice A word from a stranger whose answer decides the outcome: he gets all of `gasCap`, so that whoever sends too little gas
    /// reverts (`LendingInsufficientGas`) instead of making him fail.
    function ask(address stranger, uint256 gasCap, bytes memory question) internal view returns (bool, uint256) {
        uint256 available = (gasleft() * 63) / 64; // EIP-150
        require(available > gasCap + SLACK, ILendingCore.LendingInsufficientGas(available, gasCap));
        return BoundedCall.word(stranger, gasCap, question);
    }
}
