// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IBenchPoolManager} from "./IBenchPoolManager.sol";

/// @title BenchManagerCaller
/// @notice The leanest caller of Uniswap v4's pool manager; the liquidity of an account is told apart by its salt. Checks
/// nothing, so that the benchmark shows the manager's own cost.
/// @dev The manager hands back what it was unlocked with: a job, the account, and the arguments as they came, which are
/// words without a head and are read in place.
contract BenchManagerCaller {
    IBenchPoolManager private immutable MANAGER;

    uint256 private constant SWAP = 0;
    uint256 private constant SWAP_TWICE = 1;
    uint256 private constant SWAP_CLAIMS = 2;
    uint256 private constant LIQUIDITY = 3;
    uint256 private constant SWAP_TWICE_CLAIMS = 4;
    uint256 private constant DEPOSIT = 5;

    /// @dev Places in the data of the callback: after job and account, and after a key.
    uint256 private constant KEY = 0x40;
    uint256 private constant AFTER_KEY = 0xe0;

    constructor(IBenchPoolManager manager) {
        MANAGER = manager;
    }

    /// @notice Trades between wallet and wallet; ether where the input is the zero address.
    function swap(IBenchPoolManager.PoolKey calldata, IBenchPoolManager.Swap calldata) external payable {
        _unlock(SWAP);
    }

    /// @notice Trades between the manager's own balances.
    function swapClaims(IBenchPoolManager.PoolKey calldata, IBenchPoolManager.Swap calldata) external {
        _unlock(SWAP_CLAIMS);
    }

    /// @notice Trades in two pools, exact in, between wallet and wallet. The second amount is not read.
    function swapTwice(
        IBenchPoolManager.PoolKey calldata,
        IBenchPoolManager.Swap calldata,
        IBenchPoolManager.PoolKey calldata,
        IBenchPoolManager.Swap calldata
    ) external {
        _unlock(SWAP_TWICE);
    }

    /// @notice As `swapTwice`, between the manager's own balances.
    function swapTwiceClaims(
        IBenchPoolManager.PoolKey calldata,
        IBenchPoolManager.Swap calldata,
        IBenchPoolManager.PoolKey calldata,
        IBenchPoolManager.Swap calldata
    ) external {
        _unlock(SWAP_TWICE_CLAIMS);
    }

    /// @notice Adds liquidity, or takes it out.
    function modify(IBenchPoolManager.PoolKey calldata, IBenchPoolManager.Liquidity calldata) external {
        _unlock(LIQUIDITY);
    }

    /// @notice Starts a pool and adds its first liquidity.
    function create(
        IBenchPoolManager.PoolKey calldata key,
        IBenchPoolManager.Liquidity calldata,
        uint160 sqrtPrice
    ) external {
        MANAGER.initialize(key, sqrtPrice);
        _unlock(LIQUIDITY);
    }

    /// @notice Turns tokens into the caller's balance with the manager.
    function deposit(address, uint256) external {
        _unlock(DEPOSIT);
    }

    /// @notice What is done while the manager is unlocked.
    function unlockCallback(bytes calldata data) external returns (bytes memory) {
        uint256 job = uint256(bytes32(data));
        address account = address(uint160(uint256(bytes32(data[0x20:]))));
        IBenchPoolManager.PoolKey calldata key = _key(data, KEY);
        if (job == SWAP) {
            (int128 change0, int128 change1) = _halves(MANAGER.swap(key, _order(data, AFTER_KEY), ""));
            _square(account, key.currency0, change0);
            _square(account, key.currency1, change1);
        } else if (job == SWAP_CLAIMS) {
            (int128 change0, int128 change1) = _halves(MANAGER.swap(key, _order(data, AFTER_KEY), ""));
            _book(account, key.currency0, change0);
            _book(account, key.currency1, change1);
        } else if (job == LIQUIDITY) {
            (int256 change, ) = MANAGER.modifyLiquidity(key, _liquidity(data, AFTER_KEY), "");
            (int128 change0, int128 change1) = _halves(change);
            _square(account, key.currency0, change0);
            _square(account, key.currency1, change1);
        } else if (job == SWAP_TWICE) {
            (address sold, int128 paid, address bought, int128 received) = _swapTwice(data);
            _square(account, sold, paid);
            _square(account, bought, received);
        } else if (job == SWAP_TWICE_CLAIMS) {
            (address sold, int128 paid, address bought, int128 received) = _swapTwice(data);
            _book(account, sold, paid);
            _book(account, bought, received);
        } else {
            (address token, uint256 amount) = abi.decode(data[KEY:], (address, uint256));
            _square(account, token, -int128(uint128(amount)));
            MANAGER.mint(account, uint160(token), amount);
        }
        return "";
    }

    /// @dev What is to be paid, and what is due, after both trades.
    function _swapTwice(
        bytes calldata data
    ) private returns (address sold, int128 paid, address bought, int128 received) {
        IBenchPoolManager.PoolKey calldata key = _key(data, KEY);
        IBenchPoolManager.Swap calldata order = _order(data, AFTER_KEY);
        IBenchPoolManager.PoolKey calldata nextKey = _key(data, AFTER_KEY + 0x60);
        IBenchPoolManager.Swap memory nextOrder = _order(data, AFTER_KEY + 0x100);
        (int128 change0, int128 change1) = _halves(MANAGER.swap(key, order, ""));
        (sold, paid) = order.zeroForOne ? (key.currency0, change0) : (key.currency1, change1);
        nextOrder.amount = -int256(order.zeroForOne ? change1 : change0);
        (change0, change1) = _halves(MANAGER.swap(nextKey, nextOrder, ""));
        (bought, received) = nextOrder.zeroForOne ? (nextKey.currency1, change1) : (nextKey.currency0, change0);
    }

    /// @dev Unlocks the manager with a job, the caller and what it sent.
    function _unlock(uint256 job) private {
        MANAGER.unlock(abi.encodePacked(job, uint256(uint160(msg.sender)), msg.data[4:]));
    }

    /// @dev Pays what is owed out of the account's wallet, or takes what is due into it.
    function _square(address account, address currency, int128 change) private {
        if (change > 0) {
            MANAGER.take(currency, account, uint128(change));
        } else if (currency == address(0)) {
            MANAGER.settle{value: uint128(-change)}();
        } else {
            MANAGER.sync(currency);
            IERC20(currency).transferFrom(account, address(MANAGER), uint128(-change));
            MANAGER.settle();
        }
    }

    /// @dev As `_square`, with the account's balance in the manager.
    function _book(address account, address currency, int128 change) private {
        if (change > 0) MANAGER.mint(account, uint160(currency), uint128(change));
        else MANAGER.burn(account, uint160(currency), uint128(-change));
    }

    function _key(bytes calldata data, uint256 place) private pure returns (IBenchPoolManager.PoolKey calldata key) {
        assembly ("memory-safe") {
            key := add(data.offset, place)
        }
    }

    function _order(bytes calldata data, uint256 place) private pure returns (IBenchPoolManager.Swap calldata order) {
        assembly ("memory-safe") {
            order := add(data.offset, place)
        }
    }

    function _liquidity(
        bytes calldata data,
        uint256 place
    ) private pure returns (IBenchPoolManager.Liquidity calldata liquidity) {
        assembly ("memory-safe") {
            liquidity := add(data.offset, place)
        }
    }

    function _halves(int256 change) private pure returns (int128 change0, int128 change1) {
        return (int128(change >> 128), int128(change));
    }
}
