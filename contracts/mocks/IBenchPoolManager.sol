// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IBenchPoolManager
/// @notice The functions of Uniswap v4's pool manager that the benchmark needs. A change is two signed halves of 128
/// bits, the first token's above; negative is owed by the caller.
interface IBenchPoolManager {
    struct PoolKey {
        address currency0;
        address currency1;
        uint24 fee;
        int24 tickSpacing;
        address hooks;
    }

    struct Liquidity {
        int24 low;
        int24 high;
        int256 change;
        bytes32 salt;
    }

    struct Swap {
        bool zeroForOne;
        /// @dev Exact in if negative, exact out if positive.
        int256 amount;
        uint160 limit;
    }

    /// @notice Calls back `unlockCallback`, after which nothing may be owed.
    function unlock(bytes calldata data) external returns (bytes memory);

    /// @notice Starts a pool at a price.
    function initialize(PoolKey calldata key, uint160 sqrtPrice) external returns (int24 tick);

    /// @notice Adds liquidity to a range of the caller, or takes it out.
    function modifyLiquidity(
        PoolKey calldata key,
        Liquidity calldata liquidity,
        bytes calldata data
    ) external returns (int256 change, int256 fees);

    /// @notice Trades in one pool.
    function swap(PoolKey calldata key, Swap calldata order, bytes calldata data) external returns (int256 change);

    /// @notice Notes the balance that the next payment in `currency` is measured from.
    function sync(address currency) external;

    /// @notice Credits what came in since.
    function settle() external payable returns (uint256 paid);

    /// @notice Pays out.
    function take(address currency, address to, uint256 amount) external;

    /// @notice Turns what the caller is due into a balance of `to`.
    function mint(address to, uint256 id, uint256 amount) external;

    /// @notice Pays what the caller owes out of a balance of `from`.
    function burn(address from, uint256 id, uint256 amount) external;
}
