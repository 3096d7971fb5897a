// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AmmCore} from "../../../contracts/amm/AmmCore.sol";
import {Ledger} from "../../../contracts/core/Ledger.sol";
import {IAmmActions} from "../../../contracts/interfaces/IAmmActions.sol";
import {IAmmCore} from "../../../contracts/interfaces/IAmmCore.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {AmmLens} from "../../../contracts/periphery/AmmLens.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {ORACLE, PoolKey} from "../../../contracts/types/PoolKey.sol";
import {AmmFixture} from "../../helpers/solidity/AmmFixture.sol";

/// @title AmmHandler
/// @notice Three traders on a plain pool with a fee, a free one and a range pool; counts what must never happen.
contract AmmHandler is AmmFixture {
    uint256 private constant FUNDS = 1e27;
    uint256 private constant POOLS = 3;
    uint256 private constant TRADERS = 3;

    address[TRADERS] public traders;
    PoolKey[POOLS] private _keys;
    IAmmCore.PoolState private _noted;
    uint256 private _collected;

    mapping(bytes4 action => uint256) public succeeded;
    /// @notice AMM-1: swaps and sections after which K was lower.
    uint256 public productFalls;
    /// @notice AMM-2: outputs above the exact quotient.
    uint256 public overpaid;
    /// @notice AMM-8: donations that changed a pool or an account.
    uint256 public donationsFelt;
    /// @notice AMM-9: quotes that execution did not meet to the wei, or that one of the two refused.
    uint256 public misquoted;
    /// @notice AMM-11: liquidity actions after which a share stood for less.
    uint256 public dilutions;
    /// @notice AMM-16: the same of the product of the virtual reserves.
    uint256 public virtualDilutions;
    /// @notice AMM-18: liquidity actions in which the protocol's shares were worth more than its part of what fees added,
    /// or moved the price.
    uint256 public protocolExcesses;

    constructor() {
        _deployAmm();
        _keys[0] = _key(3000, 0, 0);
        _keys[0].flags = ORACLE;
        _keys[1] = _key(0, 0, 0);
        _keys[2] = _key(500, 2 * Q64, Q64 / 8);
        for (uint256 i; i < TRADERS; ++i) {
            traders[i] = vm.addr(77 + i);
            _fund(home0, traders[i], FUNDS);
            _fund(home1, traders[i], FUNDS);
            vm.prank(traders[i]);
            ledger.setConsent(asset0, 1);
        }
        _create(_keys[0], traders[0], 1e20, 3e8);
        _create(_keys[1], traders[1], 1e6, 4e6);
        _create(_keys[2], traders[2], 1e12, 1e12);
        for (uint256 i; i < TRADERS * POOLS; ++i) {
            uint256 shareId = amm.shareIdOf(_keys[i / TRADERS]); // a call, and the prank is the next one's
            vm.prank(traders[i % TRADERS]);
            ledger.setConsent(shareId, 1);
        }
    }

    /* ACTIONS */

    function swapIn(uint256 trader, uint256 pool, uint256 amount, bool zeroForOne) external {
        PoolKey memory key = _keys[pool % POOLS];
        AmmLens.PoolView memory before = _view(key);
        amount = _upTo(amount, 2 * (zeroForOne ? before.virtual0 : before.virtual1));
        uint256 quote = _quote(abi.encodeCall(lens.quoteExactIn, (key, zeroForOne, amount)));
        try this.doSwapIn(key, _trader(trader), zeroForOne, amount) returns (uint256 out) {
            if (out != quote) misquoted += 1;
            (uint256 x, uint256 y) = zeroForOne
                ? (before.virtual0, before.virtual1)
                : (before.virtual1, before.virtual0);
            if (out > Math.mulDiv(amount * (1e6 - key.fee), y, x * 1e6 + amount * (1e6 - key.fee))) overpaid += 1;
            _checkProduct(before, _view(key));
            succeeded[msg.sig] += 1;
        } catch {
            if (quote != type(uint256).max) misquoted += 1;
        }
    }

    function swapOut(uint256 trader, uint256 pool, uint256 out, bool zeroForOne) external {
        PoolKey memory key = _keys[pool % POOLS];
        AmmLens.PoolView memory before = _view(key);
        out = _upTo(out, zeroForOne ? before.reserve1 : before.reserve0);
        uint256 quote = _quote(abi.encodeCall(lens.quoteExactOut, (key, zeroForOne, out)));
        (uint256 balance0, uint256 balance1) = _balances(_trader(trader));
        try this.doSwapOut(key, _trader(trader), zeroForOne, FUNDS / 1000, out) {
            (uint256 after0, uint256 after1) = _balances(_trader(trader));
            uint256 paid = zeroForOne ? balance0 - after0 : balance1 - after1;
            uint256 got = zeroForOne ? after1 - balance1 : after0 - balance0;
            if (paid != quote || got != out) misquoted += 1;
            _checkProduct(before, _view(key));
            succeeded[msg.sig] += 1;
        } catch {
            if (quote <= FUNDS / 1000) misquoted += 1;
        }
    }

    function add(uint256 trader, uint256 pool, uint256 max0, uint256 max1) external {
        PoolKey memory key = _keys[pool % POOLS];
        AmmLens.PoolView memory before = _note(key);
        (max0, max1) = (_upTo(max0, 2 * before.reserve0), _upTo(max1, 2 * before.reserve1));
        uint256 quote = _quote(abi.encodeCall(lens.quoteAdd, (key, max0, max1)));
        try this.doAdd(key, _trader(trader), max0, max1) returns (uint256 shares) {
            if (shares != quote) misquoted += 1;
            _checkDilution(before, key);
            succeeded[msg.sig] += 1;
        } catch {
            (uint256 balance0, uint256 balance1) = _balances(_trader(trader));
            if (quote != type(uint256).max && max0 <= balance0 && max1 <= balance1) misquoted += 1;
        }
    }

    function remove(uint256 trader, uint256 pool, uint256 shares) external {
        PoolKey memory key = _keys[pool % POOLS];
        AmmLens.PoolView memory before = _note(key);
        uint256 balance = ledger.balanceOf(_trader(trader), before.shareId);
        if (balance == 0) return;
        shares = 1 + (shares % (balance / 2 + 1));
        uint256 quote = _quote(abi.encodeCall(lens.quoteRemove, (key, shares)));
        try this.doRemove(key, _trader(trader), shares) returns (uint256 out0, uint256) {
            if (out0 != quote) misquoted += 1;
            _checkDilution(before, key);
            succeeded[msg.sig] += 1;
        } catch {
            // What the pool refuses, the quote refuses.
            if (quote != type(uint256).max) misquoted += 1;
        }
    }

    /// @dev The first trader collects, and then the protocol's part is set anew.
    function takeFee(uint256 pool, uint256 fee) external {
        PoolKey memory key = _keys[pool % POOLS];
        AmmLens.PoolView memory before = _note(key);
        (, address recipient) = amm.protocolFee();
        if (recipient == traders[0]) {
            uint256 shares = _collect(key, recipient);
            if (ledger.balanceOf(recipient, before.shareId) < shares) misquoted += 1;
            AmmLens.PoolView memory afterwards = _view(key);
            if (before.reserve0 != afterwards.reserve0 || before.reserve1 != afterwards.reserve1) protocolExcesses += 1;
            if (before.virtual0 != afterwards.virtual0 || before.virtual1 != afterwards.virtual1) protocolExcesses += 1;
            _checkDilution(before, key);
            succeeded[msg.sig] += 1;
        }
        amm.setProtocolFee(fee % 8 == 0 ? 0 : fee % 2501, traders[0]);
    }

    /// @dev Tokens sent to the ledger and to the core past them.
    function donate(uint256 amount, bool toCore) external {
        bytes32 before = _digest();
        amount = _upTo(amount, 1e24);
        MockERC20[2] memory tokens = [home0, home1];
        for (uint256 i; i < 2; ++i) tokens[i].mint(toCore ? address(amm) : address(ledger), amount);
        if (_digest() != before) donationsFelt += 1;
        succeeded[msg.sig] += 1;
    }

    /// @dev Two to five orders, some of which cannot fill.
    function settle(uint256 pool, uint256 seed) external {
        PoolKey memory key = _keys[pool % POOLS];
        AmmLens.PoolView memory before = _view(key);
        uint256[] memory words = new uint256[](2 * (2 + (seed % 4)));
        uint8[TRADERS] memory sequence;
        for (uint256 i; i < TRADERS; ++i) {
            sequence[i] = uint8(ledger.wordOf(traders[i], asset0).flags() >> 8); // its low 8 bits
        }
        for (uint256 i; i < words.length / 2; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            uint256 amount = _upTo(roll >> 16, (roll % 2 == 0 ? before.virtual0 : before.virtual1) / 4);
            (words[2 * i], words[2 * i + 1]) = OperationLib.pack(
                traders[(roll >> 8) % TRADERS],
                sequence[(roll >> 8) % TRADERS]++,
                uint8(roll % 2),
                amount,
                uint224((roll >> 128) % 4 == 0 ? type(uint112).max : 0)
            );
        }
        (bool executed, uint256[] memory skipped) = settlement.settleWords(_section(key, before.price, 0.8e18), words);
        _checkProduct(before, _view(key));
        if (executed && skipped[0] != 2 ** (words.length / 2) - 1) succeeded[msg.sig] += 1;
    }

    /// @dev Additions of two operations each and removals, some of which cannot be; the same account may come more than once.
    function settleLiquidity(uint256 pool, uint256 seed) external {
        PoolKey memory key = _keys[pool % POOLS];
        AmmLens.PoolView memory before = _note(key);
        uint256[] memory words = new uint256[](4 * (1 + (seed % 4)));
        uint8[2][TRADERS] memory sequence;
        for (uint256 i; i < TRADERS; ++i) {
            sequence[i][0] = uint8(ledger.wordOf(traders[i], asset0).flags() >> 8); // its low 8 bits
            sequence[i][1] = uint8(ledger.wordOf(traders[i], before.shareId).flags() >> 8);
        }
        for (uint256 i; i < words.length / 2; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            uint256 trader = (roll >> 8) % TRADERS;
            uint224 limit = (roll >> 128) % 8 == 0 ? type(uint112).max : 0;
            if (roll % 3 != 0 && i + 1 < words.length / 2) {
                for (uint256 side; side < 2; ++side) {
                    uint256 amount = _upTo(roll >> (16 + side), 2 * (side == 0 ? before.reserve0 : before.reserve1));
                    (words[2 * i], words[2 * i + 1]) = OperationLib.pack(
                        traders[trader],
                        sequence[trader][0]++,
                        8 + uint8(side),
                        amount,
                        limit
                    );
                    if (side == 0) ++i;
                }
            } else {
                (words[2 * i], words[2 * i + 1]) = OperationLib.pack(
                    traders[trader],
                    sequence[trader][1]++,
                    2,
                    _upTo(roll >> 16, ledger.balanceOf(traders[trader], before.shareId)),
                    limit
                );
            }
        }
        ILedgerProtocol.Section memory section = _section(key, 1, 0);
        (section.parameters, section.shareId) = ("", before.shareId);
        (bool executed, uint256[] memory skipped) = settlement.settleWords(section, words);
        _checkDilution(before, key);
        if (executed && skipped[0] != 2 ** (words.length / 2) - 1) succeeded[msg.sig] += 1;
    }

    /* EXTERNAL TWINS, to go on after a revert */

    function doSwapIn(PoolKey memory key, address trader, bool zeroForOne, uint256 amount) external returns (uint256) {
        return _swapIn(key, trader, zeroForOne, amount);
    }

    function doSwapOut(PoolKey memory key, address trader, bool zeroForOne, uint256 maximum, uint256 out) external {
        _swapOut(key, trader, zeroForOne, maximum, out);
    }

    function doAdd(PoolKey memory key, address trader, uint256 max0, uint256 max1) external returns (uint256) {
        return _add(key, trader, max0, max1);
    }

    function doRemove(PoolKey memory key, address trader, uint256 shares) external returns (uint256, uint256) {
        return _remove(key, trader, shares);
    }

    function _collect(PoolKey memory key, address recipient) private returns (uint256 shares) {
        (, , shares) = _act(key, recipient, 0, 0, abi.encodeCall(IAmmActions.collectProtocolFee, ()));
        _collected = shares;
    }

    /* VIEWS */

    function poolCount() external pure returns (uint256) {
        return POOLS;
    }

    function poolView(uint256 index) external view returns (AmmLens.PoolView memory) {
        return _view(_keys[index]);
    }

    function traderCount() external pure returns (uint256) {
        return TRADERS;
    }

    /// @notice All that was deposited of each asset; nothing is ever withdrawn.
    function deposited() external pure returns (uint256) {
        return TRADERS * FUNDS;
    }

    function parts() external view returns (Ledger, AmmCore, uint256 id0, uint256 id1) {
        return (ledger, amm, asset0, asset1);
    }

    /* INTERNALS */

    function _checkProduct(AmmLens.PoolView memory before, AmmLens.PoolView memory afterwards) private {
        if (afterwards.virtual0 * afterwards.virtual1 < before.virtual0 * before.virtual1) productFalls += 1;
    }

    /// @dev The pool, and what stands of the protocol's part before an action.
    function _note(PoolKey memory key) private returns (AmmLens.PoolView memory pool) {
        pool = _view(key);
        _noted = amm.poolOf(pool.id);
    }

    function _checkDilution(AmmLens.PoolView memory before, PoolKey memory key) private {
        AmmLens.PoolView memory afterwards = _view(key);
        uint256 added = amm.poolOf(before.id).protocolShares + _collected - _noted.protocolShares;
        _collected = 0;
        if (added != 0) _checkProtocol(before, added);
        // The protocol's shares come out of what fees added; beside them nobody is diluted.
        before.totalShares += added;
        bool less =
            afterwards.reserve0 * before.totalShares < before.reserve0 * afterwards.totalShares ||
                afterwards.reserve1 * before.totalShares < before.reserve1 * afterwards.totalShares;
        if (less) dilutions += 1;
        uint256 product = afterwards.virtual0 * afterwards.virtual1;
        (uint256 curveShares, uint256 newCurveShares) = (before.totalShares, afterwards.totalShares);
        if (key.alpha | key.beta != 0) {
            (curveShares, newCurveShares) = (_noted.virtualShares, amm.poolOf(before.id).virtualShares);
        }
        (uint256 high, uint256 low) = Math.mul512(product, curveShares ** 2);
        (uint256 floorHigh, uint256 floorLow) = Math.mul512(before.virtual0 * before.virtual1, newCurveShares ** 2);
        bool virtualLess = (high < floorHigh || (high == floorHigh && low < floorLow));
        if (virtualLess) virtualDilutions += 1;
    }

    /// @dev In asset 1, at the price at hand: what `added` shares are worth, and the part of what fees added, 2Y·(1 − √K₀ / √K).
    function _checkProtocol(AmmLens.PoolView memory pool, uint256 added) private {
        (uint256 fee, ) = amm.protocolFee();
        uint256 worth = pool.reserve1 + Math.mulDiv(pool.reserve0, pool.virtual1, pool.virtual0);
        worth = Math.mulDiv(worth, added, pool.totalShares + added);
        uint256 root = Math.sqrt(pool.virtual0 * pool.virtual1);
        uint256 growth = Math.mulDiv(2 * pool.virtual1, root + 2 - _noted.rootK, root) + 2; // both roots are rounded
        if (_noted.rootK == 0 || worth * 10_000 > growth * fee) protocolExcesses += 1;
    }

    /// @dev The first word that the lens answers, or 2^256 − 1 when it refuses.
    function _quote(bytes memory data) private view returns (uint256 first) {
        (bool ok, bytes memory answer) = address(lens).staticcall(data);
        if (!ok) return type(uint256).max;
        assembly ("memory-safe") {
            first := mload(add(answer, 32))
        }
    }

    function _digest() private view returns (bytes32 digest) {
        for (uint256 i; i < POOLS; ++i) {
            digest = keccak256(abi.encode(digest, _view(_keys[i]), ledger.balanceOf(traders[i], asset0)));
            digest = keccak256(abi.encode(digest, ledger.balanceOf(traders[i], asset1)));
        }
    }

    function _trader(uint256 seed) private view returns (address) {
        return traders[seed % TRADERS];
    }

    /// @dev 1 to `limit` and 1,000 more, each length as likely.
    function _upTo(uint256 seed, uint256 limit) private pure returns (uint256) {
        uint256 size = 10 + (seed % (Math.log2(limit + 1) + 1));
        uint256 amount = 1 + ((seed >> 8) % 2 ** size);
        return amount > limit + 1000 ? limit + 1000 : amount;
    }
}
