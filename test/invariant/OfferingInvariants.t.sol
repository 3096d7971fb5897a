// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRwaOffering} from "../../contracts/interfaces/IRwaOffering.sol";
import {Test} from "../helpers/solidity/Test.sol";
import {OfferingHandler} from "./handlers/OfferingHandler.sol";
import {OfferingShadow} from "./handlers/OfferingShadow.sol";

/// @dev Declared beside the tests, so that the runner knows its code when this file runs alone.
contract Sales is OfferingHandler {}

/// @title OfferingInvariants
/// @notice The invariants of offerings in docs/invariants.md.
contract OfferingInvariants is Test {
    uint256 private constant PEOPLE = 7;

    OfferingHandler private handler;
    bytes4[] private actions;

    function setUp() public {
        handler = new Sales();
        actions = [
            handler.charge.selector,
            handler.offer.selector,
            handler.resell.selector,
            handler.cancel.selector,
            handler.deposit.selector,
            handler.subscribe.selector,
            handler.settleBatch.selector,
            handler.pass.selector,
            handler.subscribe.selector,
            handler.freeze.selector,
            handler.pause.selector,
            handler.close.selector,
            handler.admit.selector,
            handler.settle.selector,
            handler.release.selector,
            handler.mature.selector,
            handler.forceClaim.selector,
            handler.settleBatch.selector,
            handler.claim.selector,
            handler.withdrawProceeds.selector,
            handler.expire.selector,
            handler.release.selector,
            handler.refund.selector,
            handler.admit.selector,
            handler.claim.selector,
            handler.settle.selector,
            handler.collectFees.selector,
            handler.withdrawInventory.selector,
            handler.windUp.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: actions}));
    }

    /// @dev No action is dead, nor a way that an offering can take: each succeeds in a fixed scenario, and the invariants hold at its end.
    function test_everyActionSucceeds() public {
        // How often each acts in a season, in the order of an offering's life.
        bytes memory repeats = hex"0101010101080301080101030302030302030201020304030202010301";
        for (uint256 round; round < 48; ++round) {
            for (uint256 i; i < actions.length; ++i) {
                for (uint256 j; j < uint8(repeats[i]); ++j) {
                    uint256 seed = uint256(keccak256(abi.encode(round, i, j)));
                    (bool ok, ) = address(handler).call(abi.encodeWithSelector(actions[i], seed));
                    assertTrue(ok, "action");
                }
            }
        }
        invariant_OFR_01_OFR_02_OFR_03_OFR_04_OFR_07_booksAndRecords();
        invariant_OFR_01_OFR_02_OFR_05_moneyInIsMoneyOut();
        invariant_OFR_01_OFR_02_OFR_03_OFR_04_OFR_05_OFR_06_OFR_07_OFR_08_actions();
        for (uint256 i; i < actions.length; ++i) {
            assertGt(handler.succeeded(actions[i]), 0, string(abi.encodePacked("successes of action ", 65 + i)));
        }
        bytes32[11] memory names = [
            bytes32("allow-list"),
            "most",
            "sold out",
            "failed",
            "refund after success",
            "refund of released",
            "inventory by force",
            "batched subscribe",
            "batched claim",
            "batched refund",
            "without a soft cap"
        ];
        for (uint256 i; i < names.length; ++i) {
            assertGt(handler.reached(names[i]), 0, string(abi.encodePacked(names[i])));
        }
    }

    function invariant_OFR_01_OFR_02_OFR_03_OFR_04_OFR_07_booksAndRecords() public view {
        (uint256 first, uint256 end) = handler.recent();
        for (uint256 r = first; r < end; ++r) {
            OfferingShadow.View memory sale = handler.viewOf(r);
            _checkBook(sale);
            _checkParts(sale);
            IRwaOffering.Totals memory totals = sale.totals;
            (uint256 proceeds, uint256 fees) = (sale.sums.proceeds, sale.sums.fees);
            assertEq(sale.proceeds, proceeds, "OFR-3: proceeds that are due");
            assertEq(sale.fees, fees, "OFR-3: fees that are due");
            uint256 taken = uint256(totals.withdrawn) + totals.collected;
            assertLe(taken + proceeds + fees, uint256(totals.earned) + totals.listingFee, "OFR-3: taken and due");
            assertEq(totals.sold, sale.sums.sold, "OFR-4: units sold");
            assertLe(totals.sold, sale.hardCap, "OFR-4: units sold against the hard cap");
            assertEq(sale.inventory, sale.sums.inventory, "OFR-4: inventory");
            assertEq(uint256(sale.status), uint256(sale.sums.status), "OFR-7: status");
            if (sale.isPaidOut) assertGe(totals.earned, sale.secured, "OFR-7: settled payments");
            bool isFailed = sale.status == IRwaOffering.Status.FAILED;
            if (isFailed) assertFalse(sale.isPaidOut, "OFR-7: paid out of what failed");
        }
    }

    /// @dev Of all accounts and all books together, and of each account.
    function invariant_OFR_01_OFR_02_OFR_05_moneyInIsMoneyOut() public view {
        for (uint256 i; i < PEOPLE; ++i) {
            (uint256[2] memory has, uint256[2] memory should) = handler.balancesOf(handler.personAt(i));
            assertEq(has[0], should[0], "OFR-2: money of an account");
            assertEq(has[1], should[1], "OFR-5: units of an account");
        }
        (uint256[2] memory held, uint256[2] memory all) = handler.totalOf();
        assertEq(held[0], all[0], "OFR-1: money in balances and books");
        assertEq(held[1], all[1], "OFR-1: units in balances and books");
    }

    function invariant_OFR_01_OFR_02_OFR_03_OFR_04_OFR_05_OFR_06_OFR_07_OFR_08_actions() public view {
        assertEq(handler.violations(1), 0, "OFR-1: creations, deposits and ends that are not as they should be");
        assertEq(handler.violations(2), 0, "OFR-2: payments and units that are not paid, or twice");
        assertEq(handler.violations(3), 0, "OFR-3: proceeds and fees of another amount");
        assertEq(handler.violations(4), 0, "OFR-4: sales of another cost, refused ones within, and others beyond");
        assertEq(handler.violations(5), 0, "OFR-5: units to others");
        assertEq(handler.violations(6), 0, "OFR-6: payments that do not go back");
        assertEq(handler.violations(7), 0, "OFR-7: paid out before it is secured");
        assertEq(handler.violations(8), 0, "OFR-8: released before the time, or not");
    }

    function _checkBook(OfferingShadow.View memory sale) private pure {
        IRwaOffering.Totals memory totals = sale.totals;
        uint256 money = uint256(totals.escrowed) + totals.earned + totals.listingFee;
        assertEq(sale.money, money - totals.withdrawn - totals.collected, "OFR-1: money against what is recorded");
        assertEq(sale.units, sale.inventory + totals.owed, "OFR-1: units against what is recorded");
        assertEq(sale.money, sale.flows[0], "OFR-1: money in less money out");
        assertEq(sale.units, sale.flows[1], "OFR-1: units in less units out");
    }

    function _checkParts(OfferingShadow.View memory sale) private pure {
        IRwaOffering.Totals memory totals = sale.totals;
        bool isFailed = sale.status == IRwaOffering.Status.FAILED;
        assertEq(sale.differing, 0, "OFR-2: allotments that are not what was paid and settled");
        assertEq(totals.escrowed, sale.unsettled, "OFR-2: payments in escrow");
        assertEq(totals.earned, sale.sums.earned, "OFR-2: payments that are earned");
        assertGe(totals.earned, sale.settled, "OFR-2: settled payments");
        assertEq(totals.owed, sale.isEscrow && !isFailed ? sale.allotted : 0, "OFR-2: units owed");
        assertEq(totals.owed, sale.sums.owed, "OFR-2: units owed by what was bought");
    }
}
