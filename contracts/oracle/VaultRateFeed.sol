// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAggregatorV3} from "../interfaces/external/IAggregatorV3.sol";
import {OracleMath} from "../libraries/OracleMath.sol";

/// @title VaultRateFeed
/// @notice What one whole share of an ERC-4626 vault is worth in its asset, as a feed. A rise counts at most as fast as a
/// growth rate that is fixed at deployment, so a donation to the vault is no collateral; a fall counts at once.
/// @dev A feed, so that `ChainlinkOracle` multiplies it with the asset's price. The most that counts is
///
///     cap = reference · (1 + growth · (time since the reference + 7 days))
///
/// A cap from deployment alone would leave more room each year, wherever the vault earns less than the growth. So anyone may
/// move the reference to the vault's rate of now. What keeps him from using that:
///
/// * Up: the new reference is at most reference · (1 + growth · time since), without the seven days. However often it is
///   moved, and whatever the vault says then, it stays below the first one · e^(growth · time since deployment).
/// * Down: the reference never falls, and does not move while the vault is below it. Who can lower a vault's rate for a
///   moment takes at most the room that had gathered since the last move. After a loss the vault may so regain what it had
///   before at once, and no more.
/// * Often: it has 18 digits more than the rate, so that the growth of a second is not rounded away. Seven days of growth stay
///   above it for vaults that add what they earn in steps.
///
/// The rate is that of one whole share in units of the asset: a vault of an asset of few decimals grows in steps that are too
/// large for it.
/// The first reference is given, and not above the vault's rate: a donation before deployment does not enter it.
contract VaultRateFeed is IAggregatorV3 {
    struct Reference {
        /// @dev Units of the asset per whole share, WAD.
        uint192 rate; //  slot 0
        uint64 since; //  slot 0
    }

    event ReferenceMoved(uint256 rate);

    /// @notice Growth in seven days counts at once.
    uint256 public constant HEADROOM = 7 days;

    uint256 private constant MAX_GROWTH = 1e18;
    uint256 private constant MAX_RATE = type(uint112).max;
    uint256 private constant WAD = 1e18;

    /// @notice The vault.
    IERC4626 public immutable VAULT;
    /// @notice The most that its rate counts as growing, WAD per year of 365 days, linear from the reference.
    uint256 public immutable GROWTH;
    uint256 private immutable WHOLE_SHARE;
    uint8 private immutable DECIMALS;

    Reference private _reference;

    /// @param rate units of the asset per whole share, at least 1 and at most what the vault says
    /// @param growth WAD per year, at most 1e18
    constructor(IERC4626 vault, uint256 rate, uint256 growth) {
        GROWTH = OracleMath.checked(growth, 0, MAX_GROWTH);
        WHOLE_SHARE = 10 ** OracleMath.checked(vault.decimals(), 0, OracleMath.MAX_DECIMALS);
        DECIMALS = IERC20Metadata(vault.asset()).decimals();
        VAULT = vault;
        OracleMath.checked(rate, 1, Math.min(_vaultRate(), MAX_RATE));
        _move(rate * WAD); // rate < 2^112
    }

    /* USER ACTIONS */

    /// @notice Moves the reference to the vault's rate, as far as it has grown at most; by anyone. Does nothing while that is
    /// below the reference.
    function moveReference() external {
        Reference memory old = _reference;
        uint256 grown = _grown(old, 0);
        uint256 rate = _vaultRate();
        // Where the vault is within what is grown, its rate · 1e18 is too.
        rate = rate > grown / WAD ? grown : rate * WAD;
        if (rate >= old.rate) _move(rate);
    }

    /* VIEWS */

    /// @notice The most that a whole share counts as now, in units of the asset.
    function cap() external view returns (uint256) {
        return _cap();
    }

    /// @inheritdoc IAggregatorV3
    /// @dev The decimals of the vault's asset.
    function decimals() external view returns (uint8) {
        return DECIMALS;
    }

    /// @inheritdoc IAggregatorV3
    /// @dev The rate of now. Rounded down.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        // The cap is below 2^255: the reference is below 2^192, and grows to less than 2^17 times that in 2^40 seconds.
        answer = int256(Math.min(_vaultRate(), _cap()));
        return (0, answer, block.timestamp, block.timestamp, 0);
    }

    /// @notice What the cap grows from: units of the asset per whole share, WAD, and since when.
    function lastReference() external view returns (uint256 rate, uint256 since) {
        return (_reference.rate, _reference.since);
    }

    /* INTERNALS */

    function _move(uint256 rate) private {
        // What does not fit would be a rate beyond every amount of an asset.
        _reference = Reference(uint192(Math.min(rate, type(uint192).max)), uint64(block.timestamp));
        emit ReferenceMoved(rate);
    }

    function _vaultRate() private view returns (uint256) {
        return VAULT.convertToAssets(WHOLE_SHARE);
    }

    function _cap() private view returns (uint256) {
        return _grown(_reference, HEADROOM) / WAD;
    }

    /// @dev The reference, grown up to now and for `ahead` seconds more.
    function _grown(Reference memory from, uint256 ahead) private view returns (uint256) {
        uint256 time = block.timestamp - from.since + ahead;
        return from.rate + Math.mulDiv(from.rate, GROWTH * time, WAD * 365 days);
    }
}
