// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {AssetId} from "../../../contracts/libraries/AssetId.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {LedgerFixture} from "../../helpers/solidity/LedgerFixture.sol";
import {TallyIssuer} from "../../helpers/solidity/TallyIssuer.sol";

/// @title TransferSectionTest
/// @notice A batch of transfers runs on running state: each operation finds what those before it left.
contract TransferSectionTest is LedgerFixture {
    uint256 private constant ACCOUNTS = 6;
    uint256 private constant MAX = 2 ** 112 - 1;

    address[ACCOUNTS] private accounts;
    uint256 private asset;

    function setUp() public {
        _deployLedger();
        asset = _id(address(home1));
        for (uint256 i; i < ACCOUNTS; ++i) {
            accounts[i] = vm.addr(500 + i);
            vm.prank(accounts[i]);
            ledger.setConsent(asset, 1);
        }
    }

    /// @dev One amount through all hands in one section: each hand owns nothing but what the operation before brought.
    function test_LED_16_aChain_passesOneAmountThroughAllHands(uint256 amount, uint256 hops) public {
        amount = bound(amount, 1, MAX);
        hops = bound(hops, 1, ACCOUNTS - 1);
        _fund(home1, accounts[0], amount);
        uint256[] memory words = new uint256[](2 * hops);
        for (uint256 i; i < hops; ++i) _put(words, i, i, i + 1, 0, amount);
        (bool executed, uint256 skipped) = _settle(words, asset);
        assertTrue(executed, "executed");
        assertEq(skipped, 0, "operations skipped");
        for (uint256 i; i < ACCOUNTS; ++i) {
            assertEq(ledger.balanceOf(accounts[i], asset), i == hops ? amount : 0, "balance");
            assertEq(_sequence(i), i < hops ? 1 : 0, "sequence");
        }
    }

    /// @dev The same operations from the last to the first: only who holds something when it is his turn pays.
    function test_LED_16_aChainBackwards_movesTheFirstHopAlone(uint256 amount, uint256 hops) public {
        amount = bound(amount, 1, MAX);
        hops = bound(hops, 1, ACCOUNTS - 1);
        _fund(home1, accounts[0], amount);
        uint256[] memory words = new uint256[](2 * hops);
        for (uint256 i; i < hops; ++i) _put(words, i, hops - 1 - i, hops - i, 0, amount);
        (bool executed, uint256 skipped) = _settle(words, asset);
        assertTrue(executed, "executed");
        assertEq(skipped, 2 ** (hops - 1) - 1, "operations skipped");
        for (uint256 i; i < ACCOUNTS; ++i) {
            assertEq(ledger.balanceOf(accounts[i], asset), i == 1 ? amount : 0, "balance");
            assertEq(_sequence(i), i == 0 ? 1 : 0, "sequence");
        }
    }

    /// @dev A signer's second operation finds his first done; what is left decides.
    function test_LED_16_twoOperationsOfOneSigner_cannotSpendTwice(uint256 balance, uint256 a, uint256 b) public {
        balance = bound(balance, 1, MAX);
        (a, b) = (bound(a, 1, balance), bound(b, 1, MAX));
        _fund(home1, accounts[0], balance);
        uint256[] memory words = new uint256[](4);
        _put(words, 0, 0, 1, 0, a);
        _put(words, 1, 0, 2, 1, b);
        (bool executed, uint256 skipped) = _settle(words, asset);
        bool covers = a + b <= balance;
        assertTrue(executed, "executed");
        assertEq(skipped, covers ? 0 : 2, "operations skipped");
        assertEq(ledger.balanceOf(accounts[0], asset), balance - a - (covers ? b : 0), "balance of the signer");
        assertEq(ledger.balanceOf(accounts[2], asset), covers ? b : 0, "balance of the second receiver");
    }

    /// @dev What a cancel voids: every operation signed for one of the next 85 sequences.
    function test_LED_09_cancel_voidsTheNext85(uint256 ahead, uint256 debits) public {
        (ahead, debits) = (bound(ahead, 0, 84), bound(debits, 0, 3));
        _fund(home1, accounts[0], 100);
        for (uint256 i; i < debits; ++i) _settleOne(0, 1, uint8(i), 1);
        vm.prank(accounts[0]);
        ledger.cancel(asset);
        assertEq(_sequence(0), debits + 85, "sequence");
        assertEq(_settleOne(0, 1, uint8(debits + ahead), 1), 1, "a voided operation is skipped");
        assertEq(_settleOne(0, 1, uint8(debits + 85), 1), 0, "the next operation is executed");
    }

    /// @dev A credit that does not fit takes down its section, with all before it, and consumes no sequence.
    function test_LED_16_aCreditThatDoesNotFit_revertsTheSection(uint256 room, uint256 amount) public {
        TallyIssuer issuer = new TallyIssuer(ILedger(address(ledger)));
        bytes memory issue = abi.encodeCall(ledger.issueAsset, ("s", AssetId.RULES_0, address(issuer), address(0)));
        issuer.execute(issue);
        asset = AssetId.issued(address(issuer), "s", AssetId.RULES_0, 0);
        (room, amount) = (bound(room, 0, 1e6), bound(amount, 1, 1e6));
        issuer.execute(abi.encodeCall(ledger.mint, (asset, accounts[0], 1e7)));
        issuer.execute(abi.encodeCall(ledger.mint, (asset, accounts[1], MAX - room)));
        vm.prank(accounts[0]);
        ledger.setConsent(asset, 1);
        uint256[] memory words = new uint256[](4);
        _put(words, 0, 0, 2, 0, 5);
        _put(words, 1, 0, 1, 1, amount);
        (bool executed, ) = _settle(words, asset);
        bool fits = amount <= room;
        assertEq(executed, fits, "executed");
        assertEq(ledger.balanceOf(accounts[0], asset), fits ? 1e7 - 5 - amount : 1e7, "balance of the signer");
        assertEq(ledger.balanceOf(accounts[1], asset), fits ? MAX - room + amount : MAX - room, "balance near the top");
        assertEq(ledger.balanceOf(accounts[2], asset), fits ? 5 : 0, "balance of the first receiver");
        assertEq(_sequence(0), fits ? 2 : 0, "sequence");
    }

    /* INTERNALS */

    function _put(
        uint256[] memory words,
        uint256 index,
        uint256 from,
        uint256 to,
        uint8 sequence,
        uint256 amount
    ) private view {
        (words[2 * index], words[2 * index + 1]) = OperationLib.pack(
            accounts[from],
            sequence,
            0,
            amount,
            uint160(accounts[to])
        );
    }

    function _settle(uint256[] memory words, uint256 id) private returns (bool executed, uint256 skipped) {
        ILedgerProtocol.Section memory section;
        (section.asset0, section.gasCap) = (id, 10_000_000);
        uint256[] memory bits;
        (executed, bits) = settlement.settleWords(section, words);
        if (bits.length != 0) skipped = bits[0];
    }

    function _settleOne(uint256 from, uint256 to, uint8 sequence, uint256 amount) private returns (uint256 skipped) {
        uint256[] memory words = new uint256[](2);
        _put(words, 0, from, to, sequence, amount);
        (, skipped) = _settle(words, asset);
    }

    function _sequence(uint256 account) private view returns (uint256) {
        return (ledger.wordOf(accounts[account], asset).flags() >> 8) & 0xffff;
    }
}
