// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ledger} from "../../contracts/core/Ledger.sol";
import {ILendingCore} from "../../contracts/interfaces/ILendingCore.sol";
import {LendingCore} from "../../contracts/lending/LendingCore.sol";
import {MarketId} from "../../contracts/types/MarketId.sol";
import {MarketParams} from "../../contracts/types/MarketParams.sol";
import {Word} from "../../contracts/types/Word.sol";
import {Test} from "../helpers/solidity/Test.sol";
import {LendingHandler} from "./handlers/LendingHandler.sol";

/// @dev Declared beside the tests, so that the runner knows its code when this file runs alone.
contract Lending is LendingHandler {}

/// @title LendingInvariants
/// @notice The lending invariants of docs/invariants.md that speak of sequences of actions.
/// @dev The runner makes runs of its own for each function, so those that the handler counts share a few.
contract LendingInvariants is Test {
    LendingHandler private handler;
    bytes4[] private actions;

    function setUp() public {
        handler = new Lending();
        actions = [
            handler.supply.selector,
            handler.withdraw.selector,
            handler.addCollateral.selector,
            handler.removeCollateral.selector,
            handler.borrow.selector,
            handler.repay.selector,
            handler.liquidate.selector,
            handler.accrue.selector,
            handler.move.selector,
            handler.setOperator.selector,
            handler.transferShares.selector,
            handler.donate.selector,
            handler.exit.selector,
            handler.settle.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: actions}));
    }

    /// @dev No action is dead: each succeeds in a fixed scenario, and the invariants hold at its end.
    function test_everyActionSucceeds() public {
        // Somebody borrows all that he may, the price halves, and somebody else liquidates him.
        uint256 amount = 70 + (80 << 60); // of 80 · 2^52 units
        handler.supply(1, 0, amount, false);
        handler.addCollateral(2, 2, 0, amount);
        handler.borrow(2, 2, 0, 0);
        handler.move(0, 1 | (1 << 8) | (5 << 16));
        handler.liquidate(1, 2, 0, 0);
        for (uint256 round; round < 224; ++round) {
            uint256 seed = uint256(keccak256(abi.encode(round)));
            (uint256 other, uint256 third) = (uint256(keccak256(abi.encode(seed))), seed >> 64);
            (uint256 actor, uint256 m) = (seed >> 16, seed >> 24);
            uint256 action = round % 14;
            if (action == 0) handler.supply(actor, m, other, seed % 2 == 0);
            if (action == 1) handler.withdraw(actor, m, other, seed % 2 == 0);
            if (action == 2) handler.addCollateral(actor, third, m, other);
            if (action == 3) handler.removeCollateral(actor, third, m, other);
            if (action == 4) handler.borrow(actor, third, m, other);
            if (action == 5) handler.repay(actor, third, m, other, seed % 2 == 0);
            if (action == 6) for (uint256 i; i < 12; ++i) handler.liquidate(actor, i, i / 3, other);
            if (action == 7) handler.accrue(m, other);
            if (action == 8) handler.move(m, other);
            if (action == 9) handler.setOperator(actor, third, seed % 2 == 0);
            if (action == 10) handler.transferShares(actor, third, m, other);
            if (action == 11) handler.donate(seed, other);
            if (action == 12) handler.exit(actor, m, other);
            if (action == 13) handler.settle(m, other);
        }
        invariant_LEN_01_LEN_02_LEN_03_LEN_11_totalsAreSums();
        invariant_LEN_04_LEN_05_LEN_06_LEN_16_pricesNeverFall();
        invariant_LEN_07_LEN_08_LEN_09_LEN_10_positionsAreTheirOwners();
        invariant_LEN_12_LEN_14_LEN_17_nothingElseMoves();
        invariant_LEN_13_LEN_15_batchesAndExits();
        invariant_LEN_18_LEN_19_LEN_20_quotesAndFees();
        for (uint256 i; i < actions.length; ++i) {
            assertGt(handler.succeeded(actions[i]), 0, string(abi.encodePacked("successes of action ", 65 + i)));
        }
    }

    /// @dev Sums over all holders; what accounts and books hold is what was deposited.
    function invariant_LEN_01_LEN_02_LEN_03_LEN_11_totalsAreSums() public view {
        (Ledger ledger, , uint256 asset0, uint256 asset1) = handler.parts();
        (uint256 sum0, uint256 sum1) = (0, 0);
        for (uint256 i; i < handler.actorCount(); ++i) {
            sum0 += ledger.balanceOf(handler.actors(i), asset0);
            sum1 += ledger.balanceOf(handler.actors(i), asset1);
        }
        for (uint256 m; m < handler.marketCount(); ++m) {
            (MarketParams memory market, ) = handler.marketAt(m);
            (uint256 held0, uint256 held1) = _assertMarket(m);
            (sum0, sum1) = market.loanAsset == asset0 ? (sum0 + held0, sum1 + held1) : (sum0 + held1, sum1 + held0);
        }
        assertEq(sum0, handler.deposited(), "LEN-3: asset 0 of accounts and books");
        assertEq(sum1, handler.deposited(), "LEN-3: asset 1 of accounts and books");
    }

    function _assertMarket(uint256 m) private view returns (uint256 held0, uint256 held1) {
        (Ledger ledger, LendingCore lending, , ) = handler.parts();
        (MarketParams memory market, MarketId id) = handler.marketAt(m);
        Word book = ledger.bookOf(address(lending), market.bookKey(), market.loanAsset, market.collateralAsset);
        (held0, held1) = (book.amount(0), book.amount(1));
        ILendingCore.MarketState memory state = lending.marketOf(id);
        (uint256 shares, uint256 debt, uint256 collateral) = (state.feeShares, 0, 0);
        uint256 shareId = lending.shareIdOf(market);
        for (uint256 i; i < handler.actorCount(); ++i) {
            ILendingCore.Position memory position = lending.positionOf(id, handler.actors(i));
            shares += ledger.balanceOf(handler.actors(i), shareId);
            debt += position.borrowShares;
            collateral += position.collateral;
            assertTrue(position.borrowShares == 0 || position.collateral != 0, "LEN-11: debt without collateral");
        }
        assertEq(state.supplyShares, shares, "LEN-1: supply shares against holders and fee");
        assertEq(state.borrowShares, debt, "LEN-2: debt shares against positions");
        assertEq(held1, collateral, "LEN-3: collateral in the book against positions");
    }

    function invariant_LEN_04_LEN_05_LEN_06_LEN_16_pricesNeverFall() public view {
        assertEq(handler.violations(4), 0, "LEN-4: actions that changed what suppliers own, or are owed");
        assertEq(handler.violations(5), 0, "LEN-5: falls of a supply share without bad debt");
        assertEq(handler.violations(6), 0, "LEN-6: falls of debt by interest");
        assertEq(handler.violations(16), 0, "LEN-16: actions that raised a share by more than a rounding");
    }

    function invariant_LEN_07_LEN_08_LEN_09_LEN_10_positionsAreTheirOwners() public view {
        assertEq(handler.violations(7), 0, "LEN-7: healthy positions that an action made unhealthy");
        assertEq(handler.violations(8), 0, "LEN-8: positions that others made worse");
        assertEq(handler.violations(9), 0, "LEN-9: liquidations of a healthy position, or that worsened it");
        assertEq(handler.violations(10), 0, "LEN-10: liquidations beyond health, or of more than is due");
    }

    function invariant_LEN_12_LEN_14_LEN_17_nothingElseMoves() public view {
        assertEq(handler.violations(12), 0, "LEN-12: actions that another market felt");
        assertEq(handler.violations(14), 0, "LEN-14: refusals that changed something");
        assertEq(handler.violations(17), 0, "LEN-17: donations that moved something");
    }

    function invariant_LEN_13_LEN_15_batchesAndExits() public view {
        assertEq(handler.violations(13), 0, "LEN-13: sections unlike the calls of wallets");
        assertEq(handler.violations(15), 0, "LEN-15: exits that a failing oracle or rate model closed");
    }

    function invariant_LEN_18_LEN_19_LEN_20_quotesAndFees() public view {
        assertEq(handler.violations(18), 0, "LEN-18: quotes that execution did not meet");
        assertEq(handler.violations(19), 0, "LEN-19: accruals that failed");
        assertEq(handler.violations(20), 0, "LEN-20: fees of more than their part, or for others");
    }
}
