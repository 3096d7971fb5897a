// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOracleErrors} from "../interfaces/IOracleErrors.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {IAggregatorV3} from "../interfaces/external/IAggregatorV3.sol";
import {OracleMath} from "../libraries/OracleMath.sol";

/// @title SequencerGate
/// @notice Another oracle, closed while an L2's sequencer is down and for a grace period after: nobody is liquidated by a price
/// that he could not answer to, and nobody borrows at one of before. To repay or to add collateral asks no oracle.
/// @dev A wrapper, so that every adapter can have it and none must. Chainlink's uptime feeds answer 0 while the sequencer is
/// up; `startedAt` is when that began. A market chooses it with its oracle: where the uptime feed fails, so does the market.
contract SequencerGate is IPriceOracle {
    /// @notice The sequencer is down.
    error OracleSequencerDown();
    /// @notice The sequencer was down; there is no price up to and at `until`.
    error OracleGracePeriod(uint256 until);

    uint256 private constant LEAST_GRACE_PERIOD = 1 minutes;
    uint256 private constant MOST_GRACE_PERIOD = 24 hours;

    /// @notice The oracle behind the gate.
    IPriceOracle public immutable ORACLE;
    /// @notice The sequencer's uptime feed.
    IAggregatorV3 public immutable UPTIME_FEED;
    /// @notice Seconds.
    uint256 public immutable GRACE_PERIOD;

    constructor(IPriceOracle oracle, IAggregatorV3 uptimeFeed, uint256 gracePeriod) {
        GRACE_PERIOD = OracleMath.checked(gracePeriod, LEAST_GRACE_PERIOD, MOST_GRACE_PERIOD);
        (ORACLE, UPTIME_FEED) = (oracle, uptimeFeed);
    }

    modifier whenOpen() {
        _checkOpen();
        _;
    }

    /* VIEWS */

    /// @inheritdoc IPriceOracle
    function price() external view whenOpen returns (uint256) {
        return ORACLE.price();
    }

    /// @inheritdoc IPriceOracle
    function borrowPrice() external view whenOpen returns (uint256) {
        return ORACLE.borrowPrice();
    }

    /* INTERNALS */

    function _checkOpen() private view {
        (, int256 answer, uint256 startedAt, , ) = UPTIME_FEED.latestRoundData();
        require(
            startedAt != 0 && startedAt <= block.timestamp,
            IOracleErrors.OracleInvalidTime(address(UPTIME_FEED), startedAt)
        );
        require(answer == 0, OracleSequencerDown());
        uint256 until = startedAt + GRACE_PERIOD; // startedAt is not after now
        require(block.timestamp > until, OracleGracePeriod(until));
    }
}
