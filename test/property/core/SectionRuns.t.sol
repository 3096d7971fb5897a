// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {AssetId} from "../../../contracts/libraries/AssetId.sol";
import {BookId} from "../../../contracts/libraries/BookId.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {WordLib} from "../../../contracts/libraries/WordLib.sol";
import {MockProtocol} from "../../../contracts/mocks/MockProtocol.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {LedgerFixture} from "../../helpers/solidity/LedgerFixture.sol";

/// @title SectionRunsTest
/// @notice What a section does in assembly is what it does in plain Solidity: an asset with a facade is logged, so its
/// operations take the plain path, and must leave the same words, books, skips and fees as without the facade. Operations of one
/// account often follow each other. Here each asset has words of its own, in `SectionRunsHomePairTest` both share them.
contract SectionRunsTest is LedgerFixture {
    struct Outcome {
        bool executed;
        uint256 skipped;
        Word[5] words0;
        Word[5] words1;
        Word book;
    }

    uint256 private constant ACCOUNTS = 5;
    uint256 private constant MAX = 2 ** 112 - 1;
    bytes32 private constant KEY = "target";

    MockProtocol private protocol;
    address[ACCOUNTS] private accounts;
    bytes32 private salt;
    uint256 private asset0;
    uint256 private asset1;

    /// @dev Account 0 stands before the wrap of its sequence, account 3 holds almost all that fits, account 4 nothing.
    function setUp() public {
        _deployLedger();
        protocol = new MockProtocol(ILedger(address(ledger)));
        salt = BookId.bookId(address(protocol), 1, 2, "source");
        asset0 = AssetId.issued(address(protocol), salt, 0, 0);
        asset1 = _isHomePair() ? AssetId.issued(address(protocol), salt, 0, 1) : _id(address(home1));
        for (uint256 i; i < ACCOUNTS; ++i) accounts[i] = vm.addr(700 + i);
        for (uint256 i; i < 4; ++i) {
            _issue(asset0, accounts[i], i == 3 ? MAX - 2e5 : 1e6);
            _fundSecond(accounts[i], 1e6);
            vm.startPrank(accounts[i]);
            ledger.setConsent(asset0, 1);
            ledger.setConsent(asset1, 1);
            vm.stopPrank();
        }
        vm.startPrank(accounts[0]);
        for (uint256 i; i < 771; ++i) ledger.cancel(asset0); // 771 · 85 = 2^16 − 1
        vm.stopPrank();
        _fundSecond(address(this), 1e6);
        _issue(asset0, address(this), 1e6);
        ILedger.Call memory fill;
        (fill.protocol, fill.key, fill.asset0, fill.asset1) = (address(protocol), KEY, asset0, asset1);
        (fill.amount0, fill.amount1) = (1e6, 1e6);
        MockProtocol.Outcome memory nothing;
        nothing.magic = ILedgerProtocol.onLedgerCall.selector;
        protocol.setOutcome(nothing);
        (uint256 out0, , ) = ledger.call(fill);
        assertEq(out0, 0, "paid out");
    }

    function test_LED_10_runsOfAProtocolsSection_equalThePlainPath(uint256 seed, uint256 fee0, uint256 fee1) public {
        (uint256[] memory words, uint256[] memory payouts) = _operations(seed, 4);
        protocol.setBatch(ILedgerProtocol.onLedgerBatch.selector, 7, payouts);
        ILedgerProtocol.Section memory section;
        (section.protocol, section.key) = (address(protocol), KEY);
        _assertTwins(section, words, fee0, fee1, seed);
    }

    function test_LED_16_runsOfTransfers_equalThePlainPath(uint256 seed, uint256 fee0, uint256 fee1) public {
        (uint256[] memory words, ) = _operations(seed, 3);
        ILedgerProtocol.Section memory section;
        _assertTwins(section, words, fee0, fee1, seed);
    }

    /* INTERNALS */

    /// @dev Whether both assets share a word.
    function _isHomePair() internal pure virtual returns (bool) {
        return false;
    }

    function _assertTwins(
        ILedgerProtocol.Section memory section,
        uint256[] memory words,
        uint256 fee0,
        uint256 fee1,
        uint256 seed
    ) private {
        (section.asset0, section.asset1, section.gasCap) = (asset0, asset1, 10_000_000);
        (section.fee0, section.fee1) = (fee0 % 3 == 0 ? 0 : fee0 % 1000, fee1 % 3 == 0 ? 0 : fee1 % 1000);
        section.feeTo = accounts[seed % ACCOUNTS];
        uint256 state = vm.snapshotState();
        Outcome memory quick = _run(section, words);
        vm.revertToState(state);
        ledger.FACADES().createFacade(address(protocol), salt, 0, 0);
        Outcome memory plain = _run(section, words);
        assertEq(quick.executed, plain.executed, "executed");
        assertEq(quick.skipped, plain.skipped, "operations skipped");
        for (uint256 i; i < ACCOUNTS; ++i) {
            assertEq(Word.unwrap(quick.words0[i]), Word.unwrap(plain.words0[i]), "word of asset 0");
            assertEq(Word.unwrap(quick.words1[i]), Word.unwrap(plain.words1[i]), "word of asset 1");
        }
        assertEq(Word.unwrap(quick.book), Word.unwrap(plain.book), "book");
    }

    function _run(
        ILedgerProtocol.Section memory section,
        uint256[] memory words
    ) private returns (Outcome memory outcome) {
        uint256[] memory bits;
        (outcome.executed, bits) = settlement.settleWords(section, words);
        if (bits.length != 0) outcome.skipped = bits[0];
        for (uint256 i; i < ACCOUNTS; ++i) {
            outcome.words0[i] = ledger.wordOf(accounts[i], asset0);
            outcome.words1[i] = ledger.wordOf(accounts[i], asset1);
        }
        outcome.book = ledger.bookOf(address(protocol), KEY, asset0, asset1);
    }

    /// @dev One to eight operations, most of them good, with payouts of all kinds. Account 4 neither consents nor holds.
    function _operations(
        uint256 seed,
        uint256 sides
    ) private view returns (uint256[] memory words, uint256[] memory payouts) {
        payouts = new uint256[](1 + (seed % 8));
        words = new uint256[](2 * payouts.length);
        uint8[2][ACCOUNTS] memory ahead;
        uint256 from;
        for (uint256 i; i < payouts.length; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            if ((roll >> 160) % 2 == 0) from = roll % 16 == 0 ? 4 : (roll >> 8) % 4; // else the same again
            uint256 side = (roll >> 16) % (2 * sides);
            if (side >= sides) side &= 1;
            uint256 amount = side == 3 ? 0 : (roll >> 24) % 300_000;
            if ((roll >> 48) % 16 == 0)
                amount =
                    side == 3
                        ? 1
                        : (roll >> 52) % 2 == 0
                            ? 0
                            : 1e6 + 1;
            uint8 sequence;
            if (side != 2) {
                unchecked {
                    // wraps as the ledger's does; where nothing is debited, asset 0's counts
                    uint256 counted = side == 1 && !_isHomePair() ? 1 : 0;
                    sequence = uint8(_sequence(from, counted)) + ahead[from][counted];
                    if ((roll >> 56) % 16 == 0) sequence += 1;
                    else if ((amount != 0) == (side != 3) && from != 4) ahead[from][counted] += 1;
                }
            }
            (words[2 * i], words[2 * i + 1]) = OperationLib.pack(
                accounts[from],
                sequence,
                uint8(side | ((roll >> 64) % 2 == 0 ? OperationLib.CONSENT : 0)),
                amount,
                uint160((roll >> 72) % 16 == 0 ? address(ledger) : accounts[(roll >> 80) % ACCOUNTS])
            );
            payouts[i] = _payout(roll >> 96);
        }
    }

    function _payout(uint256 roll) private pure returns (uint256) {
        uint256 choice = roll % 16;
        uint256 amount = (roll >> 8) % 50_000;
        if (choice < 3) return OperationLib.FAILED | amount;
        if (choice < 8) return amount;
        if (choice < 13) return amount << 112;
        if (choice == 13) return amount | (((roll >> 32) % 50_000) << 112);
        return choice == 14 ? 0 : amount | (7 << 240); // bits that mean nothing
    }

    function _sequence(uint256 account, uint256 side) private view returns (uint256) {
        return (ledger.wordOf(accounts[account], side == 0 ? asset0 : asset1).flags() >> 8) & 0xffff;
    }

    function _fundSecond(address to, uint256 amount) private {
        if (_isHomePair()) _issue(asset1, to, amount);
        else _fund(home1, to, amount);
    }

    /// @dev Units of an id that the protocol mints on another book of its own.
    function _issue(uint256 id, address to, uint256 amount) private {
        MockProtocol.Outcome memory outcome;
        (outcome.magic, outcome.shareId) = (ILedgerProtocol.onLedgerCall.selector, id);
        outcome.issue = WordLib.pack(amount, 0);
        protocol.setOutcome(outcome);
        ILedger.Call memory call;
        (call.protocol, call.key, call.asset0, call.asset1, call.to) = (address(protocol), "source", 1, 2, to);
        (, , uint256 minted) = ledger.call(call);
        assertEq(minted, amount, "minted");
    }
}

/// @title SectionRunsHomePairTest
/// @notice The same where both assets share a word.
contract SectionRunsHomePairTest is SectionRunsTest {
    function _isHomePair() internal pure override returns (bool) {
        return true;
    }
}
