// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {PoolId} from "../types/PoolId.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {IAssetIssuer} from "./IAssetIssuer.sol";
import {IAssetMetadata} from "./IAssetMetadata.sol";
import {ILedger} from "./ILedger.sol";
import {ILedgerProtocol} from "./ILedgerProtocol.sol";

/// @title IAmmCore
/// @notice Automated market maker with one pool type: constant product on virtual reserves,
/// (reserve0 + alpha·U) · (reserve1 + beta·U) = K with U the LP supply without what the protocol's part of the fees added.
/// @dev Reserves, fee and flags are the pool's ledger book; only T and the virtual offsets are stored here. Users reach
/// it through `ILedger.call` with `IAmmActions`. Every rounding favours the pool.
interface IAmmCore is ILedgerProtocol, IAssetIssuer, IAssetMetadata {
    /// @notice Band of prices that the co-signers of a batch accept, in units of asset 1 per unit of asset 0 · 1e36.
    struct Band {
        uint256 price;
        /// @dev Fraction of the price, WAD, below 1e18.
        uint256 tolerance;
    }

    /// @notice What is stored of a pool beside its book.
    struct PoolState {
        /// @dev LP supply, with the locked 1,000 and the protocol's shares; 0 when there is no pool.
        uint256 totalShares;
        /// @dev Shares that the virtual offsets are made of, in 65,536ths: the supply without what the protocol's part added,
        /// rounded down at each addition and up at each removal; 0 in a plain pool.
        uint256 virtualShares;
        /// @dev Virtual reserves beside the book's, in units.
        uint256 offset0;
        uint256 offset1;
        /// @dev Virtual units that a share adds, Q64: those of the key.
        uint128 alpha;
        uint128 beta;
        /// @dev Root of the product of the virtual reserves when the protocol's part was last counted, rounded up; 0 when there
        /// was no change of liquidity since it takes one.
        uint256 rootK;
        /// @dev Shares of the supply that the protocol has not collected yet.
        uint256 protocolShares;
    }

    event PoolCreated(
        PoolId indexed id,
        uint256 indexed asset0,
        uint256 indexed asset1,
        uint24 fee,
        uint128 alpha,
        uint128 beta,
        uint8 flags
    );
    /// @notice Shares added to the supply for the protocol, before the liquidity event that follows.
    event ProtocolSharesAdded(PoolId indexed id, uint256 shares);
    event ProtocolSharesCollected(PoolId indexed id, address indexed recipient, uint256 shares);
    /// @notice The protocol takes `fee` parts of 10,000 of what fees add to pools, from each pool's next liquidity event on.
    event ProtocolFeeSet(uint256 fee, address indexed recipient);
    event LiquidityAdded(PoolId indexed id, address indexed account, uint256 amount0, uint256 amount1, uint256 shares);
    event LiquidityRemoved(
        PoolId indexed id,
        address indexed account,
        uint256 amount0,
        uint256 amount1,
        uint256 shares
    );
    /// @notice A swap, from the pool's side: what came in is positive, what went out negative.
    event Swapped(PoolId indexed id, address indexed account, int256 amount0, int256 amount1);
    /// @notice `issuer` had `shares` of `account` paid out to it; the `LiquidityRemoved` before is in the AMM's own name.
    event ExitForced(
        PoolId indexed id,
        address indexed account,
        address indexed issuer,
        uint256 amount0,
        uint256 amount1,
        uint256 shares
    );
    /// @notice A section cleared: sums of all fills at the uniform price (asset 1 per asset 0 · 1e36, rounded down).
    event BatchCleared(
        PoolId indexed id,
        uint256 price,
        uint256 amountIn0,
        uint256 amountIn1,
        uint256 amountOut0,
        uint256 amountOut1
    );

    /// @notice `caller` is not the ledger.
    error AmmNotLedger(address caller);
    /// @notice The core's part at `part` was called directly.
    error AmmNotCore(address part);
    /// @notice `selector` is no action of the AMM.
    error AmmUnknownAction(bytes4 selector);
    /// @notice There is no pool `id`.
    error AmmUnknownPool(PoolId id);
    /// @notice The pool `id` exists already.
    error AmmPoolExists(PoolId id);
    /// @notice The pool key is that of `expected`, the call is for `id`.
    error AmmWrongPool(PoolId expected, PoolId id);
    /// @notice `asset0` and `asset1` are not in ascending order.
    error AmmAssetOrder(uint256 asset0, uint256 asset1);
    /// @notice `id` has transfer rules and cannot be in this pool.
    /// @dev Not in a pool without the flag RESTRICTED, nor in one that the issuer has not made a holder, by the low 160 bits of
    /// the pool's id as an address. The share of a restricted pool can be in none.
    error AmmRestrictedAsset(uint256 id);
    /// @notice The fee of `fee` pips exceeds the maximum of `maximum`.
    error AmmFeeTooHigh(uint256 fee, uint256 maximum);
    /// @notice The price range of alpha `alpha` and beta `beta` is empty.
    error AmmEmptyRange(uint128 alpha, uint128 beta);
    /// @notice The deadline `deadline` has passed; it is `timestamp`.
    error AmmExpired(uint256 deadline, uint256 timestamp);
    /// @notice A swap takes one input, not `amount0` and `amount1`.
    error AmmOneInputOnly(uint256 amount0, uint256 amount1);
    /// @notice Liquidity is removed without inputs, not with `amount0` and `amount1`.
    error AmmInputsNotWanted(uint256 amount0, uint256 amount1);
    /// @notice The input of `amount` units is below the minimum of `minimum`.
    error AmmBelowMinimumTrade(uint256 amount, uint256 minimum);
    /// @notice The output would be `out` units, less than the minimum of `minimum`.
    error AmmBelowMinimumOut(uint256 out, uint256 minimum);
    /// @notice The input would be `amountIn` units, more than the maximum of `maximum`.
    error AmmAboveMaximumIn(uint256 amountIn, uint256 maximum);
    /// @notice The shares would be `shares`, less than the minimum of `minimum`.
    error AmmBelowMinimumShares(uint256 shares, uint256 minimum);
    /// @notice No share results from these amounts.
    error AmmZeroShares();
    /// @notice `shares` shares exceed the `available` in holders' hands.
    error AmmInsufficientShares(uint256 shares, uint256 available);
    /// @notice The output of `out` units exceeds the pool's `reserve`.
    error AmmRangeExhausted(uint256 out, uint256 reserve);
    /// @notice The pool would be left with `reserve` units, less than the minimum of `minimum`.
    error AmmReserveFloor(uint256 reserve, uint256 minimum);
    /// @notice `amount` exceeds the maximum of `maximum`.
    error AmmAmountTooLarge(uint256 amount, uint256 maximum);
    /// @notice The price `price` with tolerance `tolerance` is no band.
    error AmmInvalidBand(uint256 price, uint256 tolerance);
    /// @notice The price `price` is outside the band from `low` to `high`.
    error AmmOutsideBand(uint256 price, uint256 low, uint256 high);
    /// @notice The product of the reserves would fall from `before` to `afterwards`.
    error AmmProductFell(uint256 before, uint256 afterwards);

    /// @notice The path needs `asset` from the pool `id`, which does not hold it.
    error AmmBrokenPath(PoolId id, uint256 asset);
    /// @notice The pool `id` stands twice in the path.
    error AmmPoolTwice(PoolId id);
    /// @notice The section's share is `shareId`, the pool's is `expected`.
    error AmmWrongShare(uint256 expected, uint256 shareId);
    /// @notice The pool key's flags `flags` are unknown, or RESTRICTED where no asset has RULES.
    error AmmInvalidFlags(uint8 flags);
    /// @notice `caller` may not do this; the ledger's authority decides, or the issuer of a pool's asset.
    error AmmUnauthorized(address caller);
    /// @notice The protocol's part of `fee` of 10,000 exceeds the maximum of `maximum`.
    error AmmProtocolFeeTooHigh(uint256 fee, uint256 maximum);
    /// @notice Protocol fees go to `recipient`, not to `actor`.
    error AmmNotFeeRecipient(address actor, address recipient);
    /// @notice The pool `id` keeps no history of its price.
    error AmmNoOracle(PoolId id);
    /// @notice The window of `window` seconds is 0 or exceeds the maximum of `maximum`.
    error AmmInvalidWindow(uint256 window, uint256 maximum);
    /// @notice The window of `window` seconds begins before the pool's history, which is `age` seconds long.
    error AmmOracleTooYoung(uint256 window, uint256 age);

    /// @notice The ledger this core computes for; the only caller of its two entries.
    function LEDGER() external view returns (ILedger);

    /// @notice The code of what changes liquidity; it runs on this contract's storage, by `delegatecall`.
    function LIQUIDITY() external view returns (address);

    /// @notice What is stored of a pool; all 0 when it does not exist.
    function poolOf(PoolId id) external view returns (PoolState memory);

    /// @notice The protocol's part of what fees add to pools, in parts of 10,000 (at most 2,500), and who may collect it.
    function protocolFee() external view returns (uint256 fee, address recipient);

    /// @notice Sets both. Restricted by the ledger's authority. A pool counts by the part of the time when its liquidity
    /// changes, for all that fees added since its last change; growth before the part last rose from 0 does not count. What
    /// was not collected goes to the new recipient.
    function setProtocolFee(uint256 fee, address recipient) external;

    /// @notice Burns all shares of `account` in a RESTRICTED pool and credits what they are worth, at least both minima, to
    /// `account`'s own ledger balance, rounded down as in a removal. Only the issuer of an asset of the pool that has RULES,
    /// and not shares in a core's account. Liquidity removed at a price that was moved is worth no less at the true one but
    /// for the rounding, which at the edge of a range takes up to one virtual unit: the minima bound it.
    /// @dev The ledger asks the issuers whether the pool may pay `account`, as always: the issuer that forces the exit of one
    /// who is not eligible says yes to it for the length of this call, and no to what he would do with it afterwards.
    function forceExit(
        PoolKey calldata key,
        address account,
        uint256 minAmount0,
        uint256 minAmount1
    ) external returns (uint256 amount0, uint256 amount1);

    /// @notice Geometric mean of the pool's virtual price over the last `window` seconds (at most 3,780), asset 1 per asset 0 ·
    /// 1e36, raw units. Only pools with the flag ORACLE. No price of this block has a weight.
    /// @dev A window begins to the minute: where a price moved within the minute of its beginning, the logarithm of the mean
    /// is off by up to (60 / window) times the logarithm of that move, and a trade of any size can choose between the two. It
    /// says nothing of liquidity: a reader checks the pool's reserves too, and takes a window that is long beside a minute.
    function consult(PoolKey calldata key, uint256 window) external view returns (uint256 price);

    /// @notice The ledger id of the pool's LP share, which has RULES when the pool is RESTRICTED.
    function shareIdOf(PoolKey calldata key) external view returns (uint256);
}
