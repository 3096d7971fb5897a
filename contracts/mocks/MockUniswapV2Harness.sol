// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAmmActions} from "../interfaces/IAmmActions.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {PoolId} from "../types/PoolId.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {Word} from "../types/Word.sol";
import {IUniswapV2Factory} from "./IUniswapV2Factory.sol";
import {IUniswapV2Pair} from "./IUniswapV2Pair.sol";
import {MockERC20} from "./MockERC20.sol";

/// @title MockUniswapV2Harness
/// @notice Does the same operations on a pool of the AMM and on a genuine Uniswap v2 pair, and reports both.
/// @dev The pair gets exactly what the AMM took; a swap of the pair is first tried one unit in its disfavour, which
/// its product check must refuse.
contract MockUniswapV2Harness {
    enum Kind {
        Add,
        Remove,
        ExactIn,
        ExactOut
    }

    /// @notice Add: most of both assets. Remove: shares. Swaps: the exact amount.
    struct Operation {
        Kind kind;
        bool zeroForOne;
        uint256 amount0;
        uint256 amount1;
    }

    /// @notice What one operation moved. `tight` is the reason with which the pair refused one unit more out, or one
    /// unit less in.
    struct Result {
        uint256 amount0;
        uint256 amount1;
        uint256 shares;
        uint256 pairAmount0;
        uint256 pairAmount1;
        uint256 pairShares;
        uint256 reserve0;
        uint256 reserve1;
        uint256 pairReserve0;
        uint256 pairReserve1;
        uint256 totalShares;
        uint256 pairTotalShares;
        bytes tight;
    }

    uint256 private constant FUNDS = 1 << 110;

    IAmmCore public immutable AMM;
    ILedger public immutable LEDGER;
    IUniswapV2Factory public immutable FACTORY;

    constructor(IAmmCore amm, IUniswapV2Factory factory) {
        AMM = amm;
        LEDGER = amm.LEDGER();
        FACTORY = factory;
    }

    /// @notice Mints tokens to this contract, half of them into the ledger.
    function fund(MockERC20 token) external {
        token.mint(address(this), 2 * FUNDS);
        token.approve(address(LEDGER), FUNDS);
        LEDGER.deposit(address(token), FUNDS, FUNDS, address(this));
    }

    /// @notice Creates a pool and a pair with the first operation's amounts, and goes on with the others.
    function run(PoolKey calldata key, Operation[] calldata operations) external returns (Result[] memory results) {
        (address token0, address token1) = (address(uint160(key.asset0)), address(uint160(key.asset1)));
        IUniswapV2Pair pair = IUniswapV2Pair(FACTORY.createPair(token0, token1));
        results = new Result[](operations.length);
        for (uint256 i; i < operations.length; ++i) {
            _runOnAmm(key, operations[i], i == 0, results[i]);
            _runOnPair(pair, operations[i], results[i]);
            _measure(key, pair, results[i]);
        }
    }

    /// @notice A swap of the pair in a frame of its own, so that a refusal leaves nothing. Only this contract.
    function trySwap(IUniswapV2Pair pair, uint256 out0, uint256 out1) external {
        pair.swap(out0, out1, address(this), "");
    }

    function _runOnAmm(PoolKey calldata key, Operation calldata operation, bool isFirst, Result memory result) private {
        ILedger.Call memory parameters;
        parameters.protocol = address(AMM);
        parameters.key = key.bookKey();
        (parameters.asset0, parameters.asset1) = (key.asset0, key.asset1);
        parameters.to = address(this);
        bool isSwap = operation.kind == Kind.ExactIn || operation.kind == Kind.ExactOut;
        if (operation.kind == Kind.Add) {
            (parameters.amount0, parameters.amount1) = (operation.amount0, operation.amount1);
            parameters.data =
                isFirst
                    ? abi.encodeCall(IAmmActions.createPool, (key, 0, block.timestamp))
                    : abi.encodeCall(IAmmActions.addLiquidity, (0, block.timestamp));
        } else if (operation.kind == Kind.Remove) {
            parameters.data = abi.encodeCall(IAmmActions.removeLiquidity, (operation.amount0, 0, 0, block.timestamp));
        } else if (operation.kind == Kind.ExactIn) {
            parameters.data = abi.encodeCall(IAmmActions.swapExactIn, (0, block.timestamp));
        } else {
            parameters.data = abi.encodeCall(IAmmActions.swapExactOut, (operation.amount0, block.timestamp));
        }
        if (isSwap) {
            uint256 input = operation.kind == Kind.ExactIn ? operation.amount0 : FUNDS / 2;
            if (operation.zeroForOne) parameters.amount0 = input;
            else parameters.amount1 = input;
        }
        (uint256 before0, uint256 before1) = _balances(key);
        (, , uint256 minted) = LEDGER.call(parameters);
        (uint256 after0, uint256 after1) = _balances(key);
        result.amount0 = _difference(before0, after0);
        result.amount1 = _difference(before1, after1);
        result.shares = operation.kind == Kind.Remove ? operation.amount0 : minted;
    }

    function _runOnPair(IUniswapV2Pair pair, Operation calldata operation, Result memory result) private {
        (IERC20 token0, IERC20 token1) = (IERC20(pair.token0()), IERC20(pair.token1()));
        if (operation.kind == Kind.Add) {
            token0.transfer(address(pair), result.amount0);
            token1.transfer(address(pair), result.amount1);
            result.pairShares = pair.mint(address(this));
            (result.pairAmount0, result.pairAmount1) = (result.amount0, result.amount1);
        } else if (operation.kind == Kind.Remove) {
            pair.transfer(address(pair), operation.amount0);
            (result.pairAmount0, result.pairAmount1) = pair.burn(address(this));
            result.pairShares = operation.amount0;
        } else {
            bool isExactIn = operation.kind == Kind.ExactIn;
            (uint256 paid, uint256 out) = operation.zeroForOne
                ? (result.amount0, result.amount1)
                : (result.amount1, result.amount0);
            (uint256 out0, uint256 out1) = operation.zeroForOne ? (uint256(0), out) : (out, uint256(0));
            IERC20 tokenIn = operation.zeroForOne ? token0 : token1;
            tokenIn.transfer(address(pair), isExactIn ? paid : paid - 1);
            uint256 more = isExactIn ? 1 : 0;
            try
                this.trySwap(pair, operation.zeroForOne ? 0 : out0 + more, operation.zeroForOne ? out1 + more : 0)
            {} catch (bytes memory reason) {
                result.tight = reason;
            }
            if (!isExactIn) tokenIn.transfer(address(pair), 1);
            pair.swap(out0, out1, address(this), "");
            (result.pairAmount0, result.pairAmount1) = (result.amount0, result.amount1);
        }
    }

    function _measure(PoolKey calldata key, IUniswapV2Pair pair, Result memory result) private view {
        PoolId id = key.toId(address(AMM));
        uint256 book = Word.unwrap(LEDGER.bookOf(address(AMM), key.bookKey(), key.asset0, key.asset1));
        (result.reserve0, result.reserve1) = (uint112(book), uint112(book >> 112));
        (result.pairReserve0, result.pairReserve1, ) = pair.getReserves();
        result.totalShares = AMM.poolOf(id).totalShares;
        result.pairTotalShares = pair.totalSupply();
    }

    function _balances(PoolKey calldata key) private view returns (uint256, uint256) {
        return (LEDGER.balanceOf(address(this), key.asset0), LEDGER.balanceOf(address(this), key.asset1));
    }

    function _difference(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? b - a : a - b;
    }
}
