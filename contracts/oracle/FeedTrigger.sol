// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoverOracle} from "../interfaces/ICoverOracle.sol";
import {IOracleErrors} from "../interfaces/IOracleErrors.sol";
import {IAggregatorRounds} from "../interfaces/external/IAggregatorRounds.sol";
import {OracleMath} from "../libraries/OracleMath.sol";

/// @title FeedTrigger
/// @notice Pays all of the cover when a Chainlink feed answered beyond a strike at any time of the risk, nothing when it did not.
/// @dev Who says that it did names the round. That it did not is final a day after the risk's end, when everybody could have named
/// one, and only if the feed went on: a feed that stopped proves nothing. An answer at the strike is not beyond it.
/// A feed that cannot answer below some least price, as that of LUNA could not in 2022, never triggers below it.
contract FeedTrigger is ICoverOracle {
    /// @notice The round `roundId` is of `updatedAt`, outside of the risk's time from `start` to `end`.
    error OracleRoundOutside(uint80 roundId, uint256 updatedAt, uint256 start, uint256 end);
    /// @notice The round `roundId` answered `answer`, which is not beyond `strike`, both as the trigger scales them.
    error OracleNotTriggered(uint80 roundId, int256 answer, int256 strike);
    /// @notice The feed's last answer is of `updatedAt`, more than `maxAge` seconds ago or before the risk's end `end`.
    error OracleFeedStopped(uint256 updatedAt, uint256 maxAge, uint256 end);

    /// @notice How long anybody can name a round after a risk's end, seconds.
    uint256 public constant GRACE = 1 days;
    uint256 private constant ALL = 1e9;
    uint256 private constant LEAST_MAX_AGE = 1 minutes;
    uint256 private constant MOST_MAX_AGE = 72 hours;
    uint256 private constant STRIKE_DECIMALS = 18;
    uint256 private constant BELOW = 1 << 255;

    IAggregatorRounds public immutable FEED;
    /// @notice Seconds after which the feed counts as stopped: a little more than its heartbeat.
    uint256 public immutable MAX_AGE;
    /// @dev Answers and strikes are multiplied by these, one of which is 1, to have the same decimals.
    int256 private immutable ANSWER_FACTOR;
    int256 private immutable STRIKE_FACTOR;

    constructor(IAggregatorRounds feed, uint256 maxAge) {
        MAX_AGE = OracleMath.checked(maxAge, LEAST_MAX_AGE, MOST_MAX_AGE);
        FEED = feed;
        uint256 decimals = OracleMath.checked(feed.decimals(), 0, OracleMath.MAX_DECIMALS);
        bool isShort = decimals < STRIKE_DECIMALS;
        ANSWER_FACTOR = isShort ? int256(10 ** (STRIKE_DECIMALS - decimals)) : int256(1);
        STRIKE_FACTOR = isShort ? int256(1) : int256(10 ** (decimals - STRIKE_DECIMALS));
    }

    /// @notice What a risk's `oracleData` says: a strike, WAD, and whether answers below it count or those above.
    function dataOf(int128 strike, bool isBelow) external pure returns (bytes32) {
        return bytes32((isBelow ? BELOW : 0) | uint256(uint128(strike)));
    }

    /// @inheritdoc ICoverOracle
    /// @dev `proof` is the number of the round that is beyond the strike, ABI-encoded; empty to say that none is.
    function outcomeOf(
        Question calldata question,
        bytes calldata proof
    ) external view returns (bool isFinal, uint256 ratio) {
        if (proof.length != 0) {
            _checkRound(question, abi.decode(proof, (uint80)));
            return (true, ALL);
        }
        if (block.timestamp < question.end + GRACE) return (false, 0);
        (uint80 roundId, int256 answer, , uint256 updatedAt, ) = FEED.latestRoundData();
        _checkTime(updatedAt);
        bool isOn = answer > 0 && roundId != 0 && updatedAt >= question.end && block.timestamp - updatedAt <= MAX_AGE;
        require(isOn, OracleFeedStopped(updatedAt, MAX_AGE, question.end));
        return (true, 0);
    }

    function _checkRound(Question calldata question, uint80 roundId) private view {
        (, int256 answer, , uint256 updatedAt, ) = FEED.getRoundData(roundId);
        _checkTime(updatedAt);
        bool isWithin = updatedAt >= question.start && updatedAt <= question.end;
        require(isWithin, OracleRoundOutside(roundId, updatedAt, question.start, question.end));
        uint256 data = uint256(question.data);
        int256 strike = int256(int128(uint128(data))) * STRIKE_FACTOR;
        int256 scaled = answer * ANSWER_FACTOR;
        bool isBeyond = data & BELOW != 0 ? scaled < strike : scaled > strike;
        // No price is not a low price.
        require(answer > 0 && isBeyond, OracleNotTriggered(roundId, scaled, strike));
    }

    function _checkTime(uint256 updatedAt) private view {
        bool isTime = updatedAt != 0 && updatedAt <= block.timestamp;
        require(isTime, IOracleErrors.OracleInvalidTime(address(FEED), updatedAt));
    }
}
