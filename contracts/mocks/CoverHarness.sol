// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CoverCurve} from "../libraries/CoverCurve.sol";
import {PremiumFlow} from "../libraries/PremiumFlow.sol";

/// @title CoverHarness
/// @notice `CoverCurve` and `PremiumFlow` behind external calls.
contract CoverHarness {
    using CoverCurve for CoverCurve.Curve;
    using PremiumFlow for PremiumFlow.Flow;

    /// @notice At `time`, `premium` begins to flow until the week of `end` is over; none does where it is 0.
    struct Step {
        uint256 time;
        uint256 premium;
        uint256 end;
    }

    struct Outcome {
        uint256 earned;
        uint256 rate;
        uint256 fraction;
        uint256 waiting;
    }

    uint256 private _runs;
    mapping(uint256 run => mapping(uint256 week => uint256 rate)) private _cuts;

    /// @notice Each step's outcome, from a flow in which there is nothing. Not a view: the cuts are stored.
    function run(Step[] calldata steps) external returns (Outcome[] memory outcomes) {
        mapping(uint256 week => uint256 rate) storage cuts = _cuts[++_runs];
        outcomes = new Outcome[](steps.length);
        uint256 word = 0;
        uint256 time = steps[0].time;
        for (uint256 i = 0; i < steps.length; ++i) {
            PremiumFlow.Flow memory flow = PremiumFlow.unpack(word);
            Step calldata step = steps[i];
            uint256 earned = flow.accrue(cuts, time, step.time);
            time = step.time;
            if (step.premium != 0) earned += flow.add(cuts, step.premium, time, step.end);
            outcomes[i] = Outcome(earned, flow.rate, flow.fraction, flow.waiting(cuts, time));
            word = flow.pack();
        }
    }

    /// @notice By the curve's rates, its kink and its size.
    function price(uint256[5] calldata curve, uint256 locked, uint256 cover) external pure returns (uint256) {
        return _curveOf(curve).price(locked, cover);
    }

    function coverFor(uint256[5] calldata curve, uint256 locked, uint256 budget) external pure returns (uint256) {
        return _curveOf(curve).coverFor(locked, budget);
    }

    function _curveOf(uint256[5] calldata curve) private pure returns (CoverCurve.Curve memory) {
        return CoverCurve.create(curve[0], curve[1], curve[2], curve[3], curve[4]);
    }
}
