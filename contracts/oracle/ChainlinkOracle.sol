// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOracleErrors} from "../interfaces/IOracleErrors.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {IAggregatorV3} from "../interfaces/external/IAggregatorV3.sol";
import {OracleMath} from "../libraries/OracleMath.sol";

/// @title ChainlinkOracle
/// @notice A price out of Chainlink feeds: up to three of the collateral, multiplied, over up to two of the loan asset,
/// multiplied. A feed that is absent counts as 1. Immutable.
/// @dev Three on the side of the collateral, so that a vault's rate (`VaultRateFeed`) stands beside two others. What a feed
/// says is refused, not replaced: there is no second source. On an L2 a `SequencerGate` stands before it. A feed that stops at
/// a least answer while the market goes on falling (LUNA, 2022) cannot be told from one that is right: choose feeds without.
contract ChainlinkOracle is IPriceOracle {
    /// @notice A feed, or 0 for none, and how old its answer may be, in seconds: a little more than its heartbeat.
    struct Feed {
        IAggregatorV3 source;
        uint256 maxAge;
    }

    /// @notice The feed `feed` answers `answer`, which is no price.
    error OracleInvalidAnswer(address feed, int256 answer);
    /// @notice The feed `feed` was last updated at `updatedAt`, more than `maxAge` seconds ago.
    error OracleStale(address feed, uint256 updatedAt, uint256 maxAge);

    uint256 private constant LEAST_MAX_AGE = 1 minutes;
    uint256 private constant MOST_MAX_AGE = 72 hours;

    IAggregatorV3 private immutable BASE_0;
    IAggregatorV3 private immutable BASE_1;
    IAggregatorV3 private immutable BASE_2;
    IAggregatorV3 private immutable QUOTE_0;
    IAggregatorV3 private immutable QUOTE_1;
    uint256 private immutable BASE_MAX_AGE_0;
    uint256 private immutable BASE_MAX_AGE_1;
    uint256 private immutable BASE_MAX_AGE_2;
    uint256 private immutable QUOTE_MAX_AGE_0;
    uint256 private immutable QUOTE_MAX_AGE_1;
    /// @dev 10^(36 + loan decimals − collateral decimals + quote feeds' decimals − base feeds' decimals).
    uint256 private immutable FACTOR;
    uint256 private immutable DIVISOR;

    /// @param base feeds whose product is what one whole unit of the collateral is worth
    /// @param quote feeds whose product is what one whole unit of the loan asset is worth, in the same currency
    /// @param collateralDecimals at most 24, as those of the loan asset and of each feed; the share's, where a vault's rate is
    /// among the feeds
    constructor(Feed[3] memory base, Feed[2] memory quote, uint256 collateralDecimals, uint256 loanDecimals) {
        int256 exponent = OracleMath.digitsOf(collateralDecimals, loanDecimals);
        for (uint256 i; i < 3; ++i) exponent -= _digitsOf(base[i]);
        for (uint256 i; i < 2; ++i) exponent += _digitsOf(quote[i]);
        OracleMath.Scale memory scale = OracleMath.scaleOf(exponent);
        (FACTOR, DIVISOR) = (scale.factor, scale.divisor);
        (BASE_0, BASE_MAX_AGE_0) = (base[0].source, base[0].maxAge);
        (BASE_1, BASE_MAX_AGE_1) = (base[1].source, base[1].maxAge);
        (BASE_2, BASE_MAX_AGE_2) = (base[2].source, base[2].maxAge);
        (QUOTE_0, QUOTE_MAX_AGE_0) = (quote[0].source, quote[0].maxAge);
        (QUOTE_1, QUOTE_MAX_AGE_1) = (quote[1].source, quote[1].maxAge);
    }

    /* VIEWS */

    /// @inheritdoc IPriceOracle
    /// @dev The same as `price`: a feed is not moved by who borrows.
    function borrowPrice() external view returns (uint256) {
        return price();
    }

    /// @notice The feeds it was deployed with.
    function feeds() external view returns (Feed[3] memory base, Feed[2] memory quote) {
        base = [Feed(BASE_0, BASE_MAX_AGE_0), Feed(BASE_1, BASE_MAX_AGE_1), Feed(BASE_2, BASE_MAX_AGE_2)];
        quote = [Feed(QUOTE_0, QUOTE_MAX_AGE_0), Feed(QUOTE_1, QUOTE_MAX_AGE_1)];
    }

    /// @inheritdoc IPriceOracle
    function price() public view returns (uint256) {
        uint256 base = OracleMath.product(_answerOf(BASE_0, BASE_MAX_AGE_0), _answerOf(BASE_1, BASE_MAX_AGE_1));
        base = OracleMath.product(base, _answerOf(BASE_2, BASE_MAX_AGE_2));
        uint256 quote = OracleMath.product(_answerOf(QUOTE_0, QUOTE_MAX_AGE_0), _answerOf(QUOTE_1, QUOTE_MAX_AGE_1));
        return OracleMath.priceOf(base, quote, OracleMath.Scale(FACTOR, DIVISOR));
    }

    /* INTERNALS */

    function _answerOf(IAggregatorV3 feed, uint256 maxAge) private view returns (uint256) {
        if (address(feed) == address(0)) return 1;
        (, int256 answer, , uint256 updatedAt, ) = feed.latestRoundData();
        require(answer > 0, OracleInvalidAnswer(address(feed), answer));
        require(
            updatedAt != 0 && updatedAt <= block.timestamp,
            IOracleErrors.OracleInvalidTime(address(feed), updatedAt)
        );
        require(block.timestamp - updatedAt <= maxAge, OracleStale(address(feed), updatedAt, maxAge));
        return uint256(answer); // positive
    }

    function _digitsOf(Feed memory feed) private view returns (int256) {
        if (address(feed.source) == address(0)) return 0;
        OracleMath.checked(feed.maxAge, LEAST_MAX_AGE, MOST_MAX_AGE);
        return OracleMath.checkedDecimals(feed.source.decimals());
    }
}
