// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AmmCore} from "../../contracts/amm/AmmCore.sol";
import {IAmmCore} from "../../contracts/interfaces/IAmmCore.sol";
import {Ledger} from "../../contracts/core/Ledger.sol";
import {AmmLens} from "../../contracts/periphery/AmmLens.sol";
import {AmmMath} from "../../contracts/libraries/AmmMath.sol";
import {Test} from "../helpers/solidity/Test.sol";
import {AmmHandler} from "./handlers/AmmHandler.sol";

/// @dev Declared beside the tests, so that the runner knows its code when this file runs alone.
contract AmmTrading is AmmHandler {}

/// @title AmmInvariants
/// @notice The AMM invariants of docs/invariants.md that speak of sequences of actions.
contract AmmInvariants is Test {
    AmmHandler private handler;
    bytes4[] private actions;

    function setUp() public {
        handler = new AmmTrading();
        actions = [
            handler.swapIn.selector,
            handler.swapOut.selector,
            handler.add.selector,
            handler.remove.selector,
            handler.donate.selector,
            handler.settle.selector,
            handler.takeFee.selector,
            handler.settleLiquidity.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: actions}));
    }

    /// @dev No action is dead: each succeeds on each pool in a fixed scenario, and the invariants hold at its end.
    function test_everyActionSucceeds() public {
        for (uint256 round; round < 160; ++round) {
            uint256 seed = uint256(keccak256(abi.encode(round)));
            (uint256 other, bool side) = (uint256(keccak256(abi.encode(seed))), seed % 2 == 0);
            if (round % 8 == 0) handler.swapIn(round / 8, round / 24, seed, side);
            if (round % 8 == 1) handler.swapOut(round / 8, round / 24, seed, side);
            if (round % 8 == 2) handler.add(round / 8, round / 24, seed, other);
            if (round % 8 == 3) handler.remove(round / 8, round / 8, seed);
            if (round % 8 == 4) handler.donate(seed, side);
            if (round % 8 == 5) handler.settle(round / 8, seed);
            if (round % 8 == 6) handler.takeFee(round / 8, seed);
            if (round % 8 == 7) handler.settleLiquidity(round / 8, seed);
        }
        for (uint256 i; i < actions.length; ++i) {
            assertGt(handler.succeeded(actions[i]), 2, string(abi.encodePacked("successes of action ", 48 + i)));
        }
        invariant_AMM_01_productNeverFalls();
        invariant_AMM_02_outputsAreWithinTheQuotient();
        invariant_AMM_04_reservesAndSharesAddUp();
        invariant_AMM_08_donationsChangeNothing();
        invariant_AMM_09_quotesAreExecution();
        invariant_AMM_11_sharesAreNeverDiluted();
        invariant_AMM_16_productPerShareNeverFalls();
        invariant_AMM_18_protocolTakesItsPartOfTheGrowth();
    }

    function invariant_AMM_01_productNeverFalls() public view {
        assertEq(handler.productFalls(), 0, "swaps and sections after which K was lower");
    }

    function invariant_AMM_02_outputsAreWithinTheQuotient() public view {
        assertEq(handler.overpaid(), 0, "outputs above the exact quotient");
    }

    /// @dev Books and traders hold together what was deposited; holders and the lock have all shares; offsets follow the virtual shares.
    function invariant_AMM_04_reservesAndSharesAddUp() public view {
        (Ledger ledger, AmmCore amm, uint256 asset0, uint256 asset1) = handler.parts();
        (uint256 sum0, uint256 sum1) = (0, 0);
        for (uint256 i; i < handler.traderCount(); ++i) {
            sum0 += ledger.balanceOf(handler.traders(i), asset0);
            sum1 += ledger.balanceOf(handler.traders(i), asset1);
        }
        for (uint256 i; i < handler.poolCount(); ++i) {
            AmmLens.PoolView memory pool = handler.poolView(i);
            (sum0, sum1) = (sum0 + pool.reserve0, sum1 + pool.reserve1);
            IAmmCore.PoolState memory state = amm.poolOf(pool.id);
            uint256 shares = AmmMath.LOCKED_SHARES + state.protocolShares;
            for (uint256 j; j < handler.traderCount(); ++j)
                shares += ledger.balanceOf(handler.traders(j), pool.shareId);
            assertEq(pool.totalShares, shares, "LP supply against holders, protocol and lock");
            assertEq(state.offset0, (uint256(state.alpha) * state.virtualShares) >> 80, "offset 0");
            assertEq(state.offset1, (uint256(state.beta) * state.virtualShares) >> 80, "offset 1");
            assertLe(state.virtualShares, shares << 16, "virtual shares");
        }
        assertEq(sum0, handler.deposited(), "asset 0 of traders and pools");
        assertEq(sum1, handler.deposited(), "asset 1 of traders and pools");
    }

    function invariant_AMM_08_donationsChangeNothing() public view {
        assertEq(handler.donationsFelt(), 0, "donations that changed a pool or an account");
    }

    function invariant_AMM_09_quotesAreExecution() public view {
        assertEq(handler.misquoted(), 0, "quotes that execution did not meet");
    }

    function invariant_AMM_11_sharesAreNeverDiluted() public view {
        assertEq(handler.dilutions(), 0, "liquidity actions after which a share stood for less");
    }

    function invariant_AMM_16_productPerShareNeverFalls() public view {
        assertEq(handler.virtualDilutions(), 0, "liquidity actions after which X*Y per share squared was lower");
    }

    function invariant_AMM_18_protocolTakesItsPartOfTheGrowth() public view {
        assertEq(
            handler.protocolExcesses(),
            0,
            "actions in which the protocol took more than its part of what fees added"
        );
    }
}
