// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CoverCurve} from "../libraries/CoverCurve.sol";
import {ExcessStream} from "../libraries/ExcessStream.sol";
import {PremiumFlow} from "../libraries/PremiumFlow.sol";

/// @title CoverHarness
/// @notice `CoverCurve`, `PremiumFlow` and `ExcessStream` behind external calls.
contract CoverHarness {
    using CoverCurve for CoverCurve.Curve;
    using ExcessStream for ExcessStream.Stream;
    using PremiumFlow for PremiumFlow.Flow;

    /// @notice At `time`, `premium` begins to flow until the week of `end` is over; none does where it is 0.
    struct Step {
        uint256 time;
        uint256 premium;
        uint256 end;
    }

    /// @notice At `time`, `excess` is left, and `loss` is taken back, or what there is.
    struct ExitStep {
        uint256 time;
        uint256 excess;
        uint256 loss;
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

    /// @notice After each step: what was earned before it, what it took back, what is not earned, and when all of it is.
    function runExits(ExitStep[] calldata steps) external pure returns (uint256[4][] memory outcomes) {
        outcomes = new uint256[4][](steps.length);
        ExcessStream.Stream memory stream;
        uint256 time = steps[0].time;
        for (uint256 i = 0; i < steps.length; ++i) {
            uint256 earned = stream.accrue(time, steps[i].time);
            time = steps[i].time;
            stream.add(steps[i].excess, time);
            uint256 taken = stream.take(steps[i].loss);
            outcomes[i] = [earned, taken, stream.amount, stream.end];
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
