// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {AmmMath} from "../libraries/AmmMath.sol";
import {AmmOracle} from "../libraries/AmmOracle.sol";
import {OracleMath} from "../libraries/OracleMath.sol";
import {PoolId} from "../types/PoolId.sol";
import {ORACLE, PoolKey} from "../types/PoolKey.sol";
import {Word} from "../types/Word.sol";

/// @title AmmTwapOracle
/// @notice The price of an AMM pool that keeps a history: the mean of a window to liquidate at, the lower of that and the price
/// of now to borrow at. None while the pool is thin, or its price at an edge of its range. Immutable.
/// @dev What the mean costs to move is in docs/amm-manipulation.md. A push within one block has no weight in the mean, and
/// lowers `borrowPrice` at most. But after a fall the mean is behind: who pushes the price back up for a moment, which costs
/// him fees only, borrows at it. So a market's LLTV has to leave room for a fall within the window, and what can be borrowed
/// has to stay below the cost of moving the pool.
///
/// The price of now is of the pool's ledger book and its offsets. No reader sees half of a swap in them: a swap changes the
/// book only, in one store. A change of liquidity stores the offsets and then the book; tokens of a wallet are pulled before
/// both, and whoever else could change state is called after both, so that in between there are but static questions to
/// issuers. What any of them calls back into the ledger meets its lock. The history of a block in which the pool was touched
/// ends with the block before.
///
/// At an edge of its range a pool stays at the edge's price, and the market's is beyond, nobody knows how far. The mean and
/// the price of now must both be a thousandth of the price inside: an input of a few units moves a pool off its edge, but its
/// mean stays there. A pool of a range narrower than that has no price here.
contract AmmTwapOracle is IPriceOracle {
    /// @notice `asset` is not in the pool.
    error OracleAssetNotInPool(uint256 asset);
    /// @notice The pool's virtual reserves are `reserve0` and `reserve1`, at least one below its minimum of `minimum0` or `minimum1`.
    error OracleThinPool(uint256 reserve0, uint256 reserve1, uint256 minimum0, uint256 minimum1);
    /// @notice The pool's price `price` is at an edge of its range: not within `low` to `high`.
    error OracleRangeExhausted(uint256 price, uint256 low, uint256 high);

    uint256 private constant LEAST_WINDOW = 30 minutes;
    /// @dev Part of the price that it must be inside of the range.
    uint256 private constant EDGE = 1000;

    IAmmCore public immutable AMM;
    ILedger public immutable LEDGER;
    /// @notice Seconds that the mean is of.
    uint256 public immutable WINDOW;
    /// @notice Virtual reserves, in units, below which the pool has no price here.
    uint256 public immutable MINIMUM_0;
    uint256 public immutable MINIMUM_1;
    /// @notice Whether the collateral is the pool's asset 0, and the loan asset its asset 1.
    bool public immutable IS_COLLATERAL_0;
    /// @dev The range less a thousandth at each edge: asset 1 per asset 0 · 1e36.
    uint256 private immutable LOW;
    uint256 private immutable HIGH;
    uint256 private immutable ASSET_0;
    uint256 private immutable ASSET_1;
    uint24 private immutable FEE;
    uint128 private immutable ALPHA;
    uint128 private immutable BETA;
    uint8 private immutable FLAGS;

    /// @param key a pool that exists and has the flag ORACLE
    /// @param collateral the ledger id of one of its assets; the other one is the loan asset
    /// @param window 1,800 to 3,780 seconds
    /// @param minimum0 least virtual reserve of asset 0, at least 1,000 units; a push of the price lowers one of the reserves by
    /// its root, so well below what the pool has
    constructor(
        IAmmCore amm,
        PoolKey memory key,
        uint256 collateral,
        uint256 window,
        uint256 minimum0,
        uint256 minimum1
    ) {
        PoolId id = key.toId(address(amm));
        require(amm.poolOf(id).totalShares != 0, IAmmCore.AmmUnknownPool(id));
        require(key.flags & ORACLE != 0, IAmmCore.AmmNoOracle(id));
        require(collateral == key.asset0 || collateral == key.asset1, OracleAssetNotInPool(collateral));
        (AMM, LEDGER, IS_COLLATERAL_0) = (amm, amm.LEDGER(), collateral == key.asset0);
        WINDOW = OracleMath.checked(window, LEAST_WINDOW, AmmOracle.MAX_WINDOW);
        MINIMUM_0 = OracleMath.checked(minimum0, AmmMath.MIN_RESERVE, type(uint120).max);
        MINIMUM_1 = OracleMath.checked(minimum1, AmmMath.MIN_RESERVE, type(uint120).max);
        (LOW, HIGH) = _rangeOf(key);
        (ASSET_0, ASSET_1, FEE) = (key.asset0, key.asset1, key.fee);
        (ALPHA, BETA, FLAGS) = (key.alpha, key.beta, key.flags);
    }

    /* VIEWS */

    /// @inheritdoc IPriceOracle
    function price() external view returns (uint256) {
        (uint256 mean, ) = _prices();
        return _inLoan(mean);
    }

    /// @inheritdoc IPriceOracle
    function borrowPrice() external view returns (uint256) {
        (uint256 mean, uint256 spot) = _prices();
        return Math.min(_inLoan(mean), _inLoan(spot));
    }

    /// @notice The pool it reads.
    function poolKey() public view returns (PoolKey memory) {
        return PoolKey(ASSET_0, ASSET_1, FEE, ALPHA, BETA, FLAGS);
    }

    /* INTERNALS */

    /// @dev The mean and the price of now, asset 1 per asset 0 · 1e36, rounded down.
    function _prices() private view returns (uint256 mean, uint256 spot) {
        PoolKey memory key = poolKey();
        Word book = LEDGER.bookOf(address(AMM), key.bookKey(), key.asset0, key.asset1);
        IAmmCore.PoolState memory pool = AMM.poolOf(key.toId(address(AMM)));
        (uint256 reserve0, uint256 reserve1) = (book.amount(0) + pool.offset0, book.amount(1) + pool.offset1);
        require(
            reserve0 >= MINIMUM_0 && reserve1 >= MINIMUM_1,
            OracleThinPool(reserve0, reserve1, MINIMUM_0, MINIMUM_1)
        );
        spot = _checkedPrice(Math.mulDiv(reserve1, AmmMath.PRICE_SCALE, reserve0)); // at least MINIMUM_0
        mean = _checkedPrice(AMM.consult(key, WINDOW));
    }

    function _checkedPrice(uint256 value) private view returns (uint256) {
        require(value >= LOW && value <= HIGH, OracleRangeExhausted(value, LOW, HIGH));
        return value;
    }

    /// @dev Loan per collateral, rounded down: `value` was rounded down itself, so its inverse is taken of one more. Swaps leave
    /// 1,000 units of what is below 2^120, so neither is zero.
    function _inLoan(uint256 value) private view returns (uint256) {
        return IS_COLLATERAL_0 ? value : AmmMath.PRICE_SCALE ** 2 / (value + 1);
    }

    /// @dev beta² and 1 / alpha², Q128, less a thousandth. A plain pool has every price. Fees widen a range a little.
    function _rangeOf(PoolKey memory key) private pure returns (uint256 low, uint256 high) {
        low = Math.mulDiv(uint256(key.beta) ** 2, AmmMath.PRICE_SCALE, 1 << 128);
        low += low / EDGE;
        if (key.alpha == 0) return (low, type(uint256).max);
        high = (AmmMath.PRICE_SCALE << 128) / uint256(key.alpha) ** 2;
        high -= high / EDGE;
    }
}
