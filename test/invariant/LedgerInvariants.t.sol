// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Ledger} from "../../contracts/core/Ledger.sol";
import {Word} from "../../contracts/types/Word.sol";
import {Test} from "../helpers/solidity/Test.sol";
import {LedgerHandler} from "./handlers/LedgerHandler.sol";
import {LedgerShadow} from "./handlers/LedgerShadow.sol";

/// @dev Declared beside the tests, so that the runner knows its code when this file runs alone.
contract LedgerActions is LedgerHandler {}

/// @title LedgerInvariants
/// @notice LED-1 to LED-12 and LED-15 of docs/invariants.md after any sequence of actions.
contract LedgerInvariants is Test {
    uint256 private constant MAX = 2 ** 112 - 1;

    LedgerHandler private handler;
    Ledger private ledger;
    address[4] private actors;
    uint256[8] private ids;
    uint256[6] private keys;
    bytes4[] private actions;

    function setUp() public {
        handler = new LedgerActions();
        ledger = handler.LEDGER();
        (actors, ids, keys) = (handler.actorList(), handler.idList(), handler.keyList());
        actions = [
            handler.deposit.selector,
            handler.depositNative.selector,
            handler.withdraw.selector,
            handler.withdrawNative.selector,
            handler.donate.selector,
            handler.flashLoan.selector,
            handler.transfer.selector,
            handler.approve.selector,
            handler.setOperator.selector,
            handler.transferFrom.selector,
            handler.mint.selector,
            handler.burn.selector,
            handler.forceTransfer.selector,
            handler.setFrozen.selector,
            handler.refuse.selector,
            handler.callProtocol.selector,
            handler.callPath.selector,
            handler.setConsent.selector,
            handler.cancel.selector,
            handler.settleTransfers.selector,
            handler.settleProtocol.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: actions}));
        _warmUp();
    }

    /// @dev No action is dead: each succeeds in a fixed scenario, and the invariants hold at its end.
    function test_everyActionSucceeds() public {
        for (uint256 round; round < 40; ++round) {
            for (uint256 i; i < actions.length; ++i) {
                bytes32 a = keccak256(abi.encode(round, i));
                bytes memory seeds = abi.encode(a, keccak256(abi.encode(a, 1)), uint256(a) % 2, uint256(a) >> 8, a);
                // Booleans take the third word; the others hold any number there.
                if (actions[i] == handler.setFrozen.selector || actions[i] == handler.refuse.selector) {
                    seeds = abi.encode(a, uint256(a) % 2);
                }
                (bool ok, ) = address(handler).call(bytes.concat(actions[i], seeds));
                assertTrue(ok, "the handler's own code");
            }
        }
        for (uint256 i; i < actions.length; ++i) {
            assertGt(handler.succeeded(actions[i]), 0, string(abi.encodePacked("successes of action ", _digits(i))));
        }
        _assertAll();
    }

    function invariant_LED_01_custodyIsSumOfHoldersAndBooks() public view {
        for (uint256 i; i < 5; ++i) {
            address token = address(uint160(ids[i])); // a token's id is its address
            uint256 held = IERC20(token).balanceOf(address(ledger));
            assertEq(_sumOf(ids[i]) + handler.donated(token), held, "holders, books and donations against custody");
        }
    }

    function invariant_LED_02_nobodyLosesWithoutHisWord() public view {
        for (uint256 i; i < 4; ++i) {
            for (uint256 j; j < 8; ++j) {
                uint256 owed = handler.shadowBalance(actors[i], ids[j]);
                assertGe(ledger.balanceOf(actors[i], ids[j]), owed, "balance against what the owner left");
            }
        }
    }

    function invariant_LED_03_movementsPreserveFlags() public view {
        for (uint256 i; i < 4; ++i) {
            for (uint256 j; j < 6; ++j) {
                uint256 flags = ledger.wordOf(actors[i], keys[j]).flags() & ~uint256(0xffff00);
                uint256 wanted = handler.shadowConsent(actors[i], keys[j]);
                if (handler.shadowFrozen(actors[i], keys[j])) wanted |= 1 << 24;
                assertEq(flags, wanted, "consent, frozen and zero bits");
            }
        }
    }

    function invariant_LED_04_neighbourHalfIsUntouched() public view {
        for (uint256 i; i < 4; ++i) {
            for (uint256 j; j < 6; ++j) {
                uint256[2] memory pair = handler.idsAt(keys[j]);
                uint256 word = Word.unwrap(ledger.wordOf(actors[i], keys[j]));
                assertEq(word & MAX, handler.shadowBalance(actors[i], pair[0]), "low half");
                assertEq((word >> 112) & MAX, handler.shadowBalance(actors[i], pair[1]), "high half");
            }
        }
    }

    function invariant_LED_05_issuedIsMintedLessBurnt() public view {
        for (uint256 i = 5; i < 8; ++i) {
            assertEq(_sumOf(ids[i]), handler.issuedSupply(ids[i]), "holders and books against minted less burnt");
        }
    }

    function invariant_LED_06_booksChangeInTheirOwnCallsOnly() public view {
        for (uint256 i; i < 3; ++i) {
            LedgerShadow.Book memory wanted = handler.shadowBook(i);
            Word book = _book(i, wanted);
            assertEq(book.amount(0), wanted.amounts[0], "book's amount 0");
            assertEq(book.amount(1), wanted.amounts[1], "book's amount 1");
            assertEq(book.flags(), wanted.flags, "book's flags");
        }
    }

    function invariant_LED_07_locksAreFreeAndNoEtherStays() public view {
        assertEq(handler.stuck(), 0, "actions that left a lock or ether");
        assertEq(address(ledger).balance, 0, "ether of the ledger");
    }

    function invariant_LED_08_allowanceIsApprovedLessSpent() public view {
        for (uint256 i; i < 4; ++i) {
            for (uint256 j; j < 4; ++j) {
                for (uint256 k; k < 8; ++k) {
                    uint256 wanted = handler.shadowAllowance(actors[i], actors[j], ids[k]);
                    assertEq(ledger.allowance(actors[i], actors[j], ids[k]), wanted, "allowance");
                }
            }
        }
    }

    function invariant_LED_09_sequenceCountsBatchedDebitsAndCancels() public view {
        for (uint256 i; i < 4; ++i) {
            for (uint256 j; j < 6; ++j) {
                uint256 sequence = (ledger.wordOf(actors[i], keys[j]).flags() >> 8) & 0xffff;
                assertEq(sequence, handler.shadowSequence(actors[i], keys[j]), "sequence");
            }
        }
    }

    function invariant_LED_10_everyActionEndsAsItMust() public view {
        assertEq(bytes32(handler.lastMispredicted()), bytes32(0), "last action with another outcome");
        assertEq(handler.mispredicted(), 0, "actions with another outcome or other skips");
    }

    function invariant_LED_11_silentAccountKeepsEverything() public view {
        address silent = actors[3];
        for (uint256 j; j < 8; ++j) {
            if (ids[j] == handler.rulesId()) continue; // its issuer may force a movement
            assertEq(ledger.balanceOf(silent, ids[j]), handler.shadowBalance(silent, ids[j]), "silent balance");
        }
        for (uint256 j; j < 6; ++j) {
            uint256 flags = ledger.wordOf(silent, keys[j]).flags();
            assertEq(flags & 0xffffff, 0, "consent and sequence of the silent account");
        }
    }

    function invariant_LED_12_noticesTellEveryMovement() public view {
        for (uint256 i; i < 4; ++i) {
            uint256 balance = ledger.balanceOf(actors[i], ids[6]);
            int256 told = handler.issuer().tallyOf(ids[6], actors[i]);
            assertEq(told + int256(handler.ownMints(actors[i])), int256(balance), "balance by notices and own mints");
        }
    }

    function invariant_LED_15_protocolsSeeSkippedOperationsBlanked() public view {
        assertEq(handler.misshown(), 0, "sections whose protocol saw other operations");
    }

    /* INTERNALS */

    /// @dev Something for everybody, and consent of those who act.
    function _warmUp() private {
        for (uint256 i; i < 4; ++i) {
            for (uint256 j; j < 4; ++j) handler.deposit(i, j, ((10 ** 20) << 8) + 21, i);
            handler.depositNative(i, ((10 ** 18) << 8) + 20, i);
            handler.mint(0, i, ((10 ** 12) << 8) + 16);
            handler.mint(1, i, ((10 ** 12) << 8) + 16);
            for (uint256 j; j < 8; ++j) if (i < 3) handler.setConsent(i, j, 1);
            if (i < 3) handler.approve(i, i + 1, i, 16 * 10 ** 16 + 2);
        }
    }

    function _assertAll() private view {
        invariant_LED_01_custodyIsSumOfHoldersAndBooks();
        invariant_LED_02_nobodyLosesWithoutHisWord();
        invariant_LED_03_movementsPreserveFlags();
        invariant_LED_04_neighbourHalfIsUntouched();
        invariant_LED_05_issuedIsMintedLessBurnt();
        invariant_LED_06_booksChangeInTheirOwnCallsOnly();
        invariant_LED_07_locksAreFreeAndNoEtherStays();
        invariant_LED_08_allowanceIsApprovedLessSpent();
        invariant_LED_09_sequenceCountsBatchedDebitsAndCancels();
        invariant_LED_10_everyActionEndsAsItMust();
        invariant_LED_11_silentAccountKeepsEverything();
        invariant_LED_12_noticesTellEveryMovement();
        invariant_LED_15_protocolsSeeSkippedOperationsBlanked();
    }

    function _sumOf(uint256 id) private view returns (uint256 sum) {
        for (uint256 i; i < 4; ++i) sum += ledger.balanceOf(actors[i], id);
        for (uint256 i; i < 3; ++i) {
            LedgerShadow.Book memory book = handler.shadowBook(i);
            for (uint256 side; side < 2; ++side) {
                if (book.ids[side] == id) sum += _book(i, book).amount(side);
            }
        }
    }

    function _book(uint256 index, LedgerShadow.Book memory book) private view returns (Word) {
        return ledger.bookOf(address(handler.protocol()), handler.bookKeys(index), book.ids[0], book.ids[1]);
    }

    function _digits(uint256 number) private pure returns (bytes memory) {
        return abi.encodePacked(bytes1(uint8(48 + number / 10)), bytes1(uint8(48 + (number % 10))));
    }
}
