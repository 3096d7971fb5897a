// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAggregatorV3} from "../interfaces/external/IAggregatorV3.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {OracleMath} from "../libraries/OracleMath.sol";

/// @title NavOracle
/// @notice A net asset value that a reporter states. It moves by at most a fixed part in each period, whatever he says.
/// Positions are liquidated at what it is so bounded to; nobody borrows while he says something else, or nothing for long.
/// @dev A period begins with the first report after the one before has ended, at the value that stood then: over many
/// periods the value moves by at most `MAX_CHANGE` a period, around the turn of one by up to three times that at once. A
/// reporter who errs, or whose key is lost, stops borrowing, and moves the value no further until the authority replaces him.
///
/// Other protocols read it as a Chainlink feed. They have one price for everything, and the bounded value of a crash is too high to
/// borrow at, so the feed says nothing where `borrowPrice` does: after `MAX_AGE`, and while the reported value is beyond the bound. A round
/// is a report, named by its time.
contract NavOracle is IPriceOracle, IAggregatorV3 {
    struct Nav {
        uint112 reported; // slot 0: loan asset per unit of collateral, both whole, WAD
        uint112 bounded; //  slot 0
        uint112 anchor; //   slot 1: `bounded` when the period began
        uint40 anchoredAt; //slot 1
        uint40 reportedAt; //slot 1
    }

    /// @notice Bounds fixed at deployment.
    struct Terms {
        /// @dev Most that the value moves in a period, a fraction, WAD, at most 0.5e18.
        uint256 maxChange;
        /// @dev Seconds, an hour to 90 days.
        uint256 period;
        /// @dev Seconds after which a report is too old to borrow at, `period` to 400 days.
        uint256 maxAge;
    }

    /// @notice The value that counts is now `bounded`, both WAD.
    event NavReported(uint256 reported, uint256 bounded);

    /// @notice `caller` may not report; the authority decides.
    error OracleUnauthorized(address caller);
    /// @notice The reported value `reported` is outside of what it may move to, of which `bounded` is the nearest.
    error OracleNavBreach(uint256 reported, uint256 bounded);
    /// @notice The last report is of `reportedAt`, more than `maxAge` seconds ago.
    error OracleNavStale(uint256 reportedAt, uint256 maxAge);
    /// @notice There is no round `roundId`; the only one that is kept is `latest`.
    error OracleNavUnknownRound(uint256 roundId, uint256 latest);

    uint256 private constant WAD = 1e18;
    uint256 private constant MOST_MAX_CHANGE = 0.5e18;
    uint256 private constant LEAST_PERIOD = 1 hours;
    uint256 private constant MOST_PERIOD = 90 days;
    uint256 private constant MOST_MAX_AGE = 400 days;
    uint256 private constant MAX_NAV = type(uint112).max;
    int256 private constant NAV_DIGITS = 18;

    /// @notice OpenZeppelin's AccessManager, the ledger's: knows the reporter.
    IAccessManager public immutable AUTHORITY;
    uint256 public immutable MAX_CHANGE;
    uint256 public immutable PERIOD;
    uint256 public immutable MAX_AGE;
    uint256 private immutable FACTOR;
    uint256 private immutable DIVISOR;

    Nav private _nav;

    /// @param value the first value: whole units of the loan asset per whole unit of the collateral, WAD
    constructor(
        IAccessManager authority,
        uint256 value,
        Terms memory terms,
        uint256 collateralDecimals,
        uint256 loanDecimals
    ) {
        AUTHORITY = authority;
        MAX_CHANGE = OracleMath.checked(terms.maxChange, 1, MOST_MAX_CHANGE);
        PERIOD = OracleMath.checked(terms.period, LEAST_PERIOD, MOST_PERIOD);
        MAX_AGE = OracleMath.checked(terms.maxAge, terms.period, MOST_MAX_AGE);
        int256 exponent = OracleMath.digitsOf(collateralDecimals, loanDecimals) - NAV_DIGITS;
        OracleMath.Scale memory scale = OracleMath.scaleOf(exponent);
        (FACTOR, DIVISOR) = (scale.factor, scale.divisor);
        uint112 first = uint112(OracleMath.checked(value, 1, MAX_NAV));
        uint40 timestamp = uint40(block.timestamp);
        _nav = Nav(first, first, first, timestamp, timestamp);
        emit NavReported(first, first);
    }

    /* REPORTER */

    /// @notice States the value, WAD; restricted by the authority. What exceeds the bound counts as the bound, and stops
    /// borrowing until a report is within.
    function report(uint256 value) external {
        (bool allowed, ) = AUTHORITY.canCall(msg.sender, address(this), msg.sig);
        require(allowed, OracleUnauthorized(msg.sender));
        OracleMath.checked(value, 0, MAX_NAV);
        Nav memory nav = _nav;
        nav.reportedAt = uint40(block.timestamp);
        if (nav.reportedAt >= nav.anchoredAt + PERIOD) (nav.anchor, nav.anchoredAt) = (nav.bounded, nav.reportedAt);
        uint256 change = Math.mulDiv(nav.anchor, MAX_CHANGE, WAD);
        uint256 highest = Math.min(nav.anchor + change, MAX_NAV);
        // Both are at most MAX_NAV.
        nav.reported = uint112(value);
        nav.bounded = uint112(Math.min(Math.max(value, nav.anchor - change), highest));
        _nav = nav;
        emit NavReported(value, nav.bounded);
    }

    /* VIEWS */

    /// @inheritdoc IPriceOracle
    /// @dev The lower of what is reported and what that is bounded to: where they differ there is none, so it is `price`.
    function borrowPrice() external view returns (uint256) {
        _trusted();
        return price();
    }

    /// @inheritdoc IAggregatorV3
    /// @dev Whole units of the loan asset per whole unit of the collateral, `decimals` digits behind the point. Reverts where `borrowPrice`
    /// does.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        return _roundOf(_trusted());
    }

    /// @notice The round `round`, which must be the latest: no others are kept. As in Chainlink's feeds.
    function getRoundData(
        uint80 round
    )
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        Nav memory nav = _trusted();
        require(round == nav.reportedAt, OracleNavUnknownRound(round, nav.reportedAt));
        return _roundOf(nav);
    }

    /// @inheritdoc IAggregatorV3
    function decimals() external pure returns (uint8) {
        return 18;
    }

    /// @notice What the feed is of. As in Chainlink's feeds.
    function description() external pure returns (string memory) {
        return "Lakh net asset value";
    }

    /// @notice The version of the feed. As in Chainlink's feeds.
    function version() external pure returns (uint256) {
        return 1;
    }

    /// @notice What was reported last, what counts, and when the period and the report are of.
    function current() external view returns (Nav memory) {
        return _nav;
    }

    /// @inheritdoc IPriceOracle
    /// @dev Of the bounded value, however old: without it a silent reporter would keep every debtor safe.
    function price() public view returns (uint256) {
        return OracleMath.priceOf(_nav.bounded, 1, OracleMath.Scale(FACTOR, DIVISOR));
    }

    /* INTERNALS */

    /// @dev What was reported last, if it is neither too old nor beyond the bound.
    function _trusted() private view returns (Nav memory nav) {
        nav = _nav;
        require(block.timestamp - nav.reportedAt <= MAX_AGE, OracleNavStale(nav.reportedAt, MAX_AGE));
        require(nav.reported == nav.bounded, OracleNavBreach(nav.reported, nav.bounded));
    }

    /// @dev A report is answered in its own round, at once.
    function _roundOf(Nav memory nav) private pure returns (uint80, int256, uint256, uint256, uint80) {
        // 112 bits, and never 0: of the first value, which is 1 or more, at most half goes at once, rounded down
        return (nav.reportedAt, int256(uint256(nav.bounded)), nav.reportedAt, nav.reportedAt, nav.reportedAt);
    }
}
