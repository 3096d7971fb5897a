// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAmmActions} from "../../../contracts/interfaces/IAmmActions.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {AmmLens} from "../../../contracts/periphery/AmmLens.sol";
import {PoolKey} from "../../../contracts/types/PoolKey.sol";

/// @title QuoteProbe
/// @notice A trader that asks for a quote, acts, and says what was quoted and what it gained; many times in one transaction.
contract QuoteProbe {
    enum Kind {
        CREATE,
        SELL,
        BUY,
        ADD,
        REMOVE
    }

    /// @dev Amounts or shares, as the lens takes them; `offered` is what a purchase may cost.
    struct Action {
        Kind kind;
        bool zeroForOne;
        uint256 a;
        uint256 b;
        uint256 offered;
    }

    /// @dev Errors are selectors.
    struct Answer {
        bool isQuoted;
        bool isDone;
        bytes4 quoteError;
        bytes4 actionError;
        uint256[3] quote;
        /// @dev What the ledger holds for this contract after the action less what it held before: both assets and shares.
        int256[3] gained;
    }

    event Answered(Answer[] answers);

    uint256 private constant NO_DEADLINE = type(uint256).max;

    ILedger private immutable LEDGER;
    AmmLens private immutable LENS;

    constructor(ILedger ledger, AmmLens lens) {
        (LEDGER, LENS) = (ledger, lens);
    }

    /// @notice Puts all of its tokens into the ledger.
    function deposit(IERC20 token) external {
        uint256 amount = token.balanceOf(address(this));
        token.approve(address(LEDGER), amount);
        LEDGER.deposit(address(token), amount, amount, address(this));
    }

    function run(PoolKey calldata key, Action[] calldata actions) external {
        uint256 shareId = LENS.poolOf(key).shareId;
        Answer[] memory answers = new Answer[](actions.length);
        for (uint256 i; i < actions.length; ++i) {
            Answer memory answer = answers[i];
            _quote(key, actions[i], answer);
            int256[3] memory before = _balances(key, shareId);
            _act(key, actions[i], answer);
            answer.gained = _balances(key, shareId);
            for (uint256 j; j < 3; ++j) answer.gained[j] -= before[j];
        }
        emit Answered(answers);
    }

    function _quote(PoolKey calldata key, Action calldata action, Answer memory answer) private view {
        Kind kind = action.kind;
        bytes memory data;
        if (kind == Kind.CREATE) data = abi.encodeCall(LENS.quoteCreate, (key, action.a, action.b));
        if (kind == Kind.SELL) data = abi.encodeCall(LENS.quoteExactIn, (key, action.zeroForOne, action.a));
        if (kind == Kind.BUY) data = abi.encodeCall(LENS.quoteExactOut, (key, action.zeroForOne, action.a));
        if (kind == Kind.ADD) data = abi.encodeCall(LENS.quoteAdd, (key, action.a, action.b));
        if (kind == Kind.REMOVE) data = abi.encodeCall(LENS.quoteRemove, (key, action.a));
        (bool ok, bytes memory result) = address(LENS).staticcall(data);
        answer.isQuoted = ok;
        if (!ok) answer.quoteError = bytes4(result);
        else if (result.length == 32) answer.quote[0] = abi.decode(result, (uint256));
        else if (result.length == 64) (answer.quote[0], answer.quote[1]) = abi.decode(result, (uint256, uint256));
        else answer.quote = abi.decode(result, (uint256[3]));
    }

    function _act(PoolKey calldata key, Action calldata action, Answer memory answer) private {
        Kind kind = action.kind;
        ILedger.Call memory parameters;
        parameters.protocol = address(LENS.AMM());
        parameters.key = key.bookKey();
        (parameters.asset0, parameters.asset1) = (key.asset0, key.asset1);
        if (kind == Kind.CREATE) parameters.data = abi.encodeCall(IAmmActions.createPool, (key, 0, NO_DEADLINE));
        if (kind == Kind.SELL) parameters.data = abi.encodeCall(IAmmActions.swapExactIn, (0, NO_DEADLINE));
        if (kind == Kind.BUY) parameters.data = abi.encodeCall(IAmmActions.swapExactOut, (action.a, NO_DEADLINE));
        if (kind == Kind.ADD) parameters.data = abi.encodeCall(IAmmActions.addLiquidity, (0, NO_DEADLINE));
        if (kind == Kind.REMOVE)
            parameters.data = abi.encodeCall(IAmmActions.removeLiquidity, (action.a, 0, 0, NO_DEADLINE));
        if (kind == Kind.CREATE || kind == Kind.ADD) {
            (parameters.amount0, parameters.amount1) = (action.a, action.b);
        } else if (kind != Kind.REMOVE) {
            uint256 offered = kind == Kind.SELL ? action.a : action.offered;
            if (action.zeroForOne) parameters.amount0 = offered;
            else parameters.amount1 = offered;
        }
        (bool ok, bytes memory result) = address(LEDGER).call(abi.encodeCall(LEDGER.call, (parameters)));
        answer.isDone = ok;
        if (!ok) answer.actionError = bytes4(result);
    }

    function _balances(PoolKey calldata key, uint256 shareId) private view returns (int256[3] memory amounts) {
        uint256[3] memory ids = [key.asset0, key.asset1, shareId];
        // A balance has 112 bits.
        for (uint256 i; i < 3; ++i) amounts[i] = int256(LEDGER.balanceOf(address(this), ids[i]));
    }
}
