// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoverOracle} from "../../../contracts/interfaces/ICoverOracle.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ReporterOracle} from "../../../contracts/oracle/ReporterOracle.sol";
import {RiskId} from "../../../contracts/types/RiskId.sol";
import {LedgerFixture} from "../../helpers/solidity/LedgerFixture.sol";

/// @title ReporterOracleTest
/// @notice Quorums of reporters, their bonds, their disagreement and their replacement. The test is the desk that asks.
contract ReporterOracleTest is LedgerFixture {
    uint112 private constant BOND = 1000;
    address private constant TREASURY = address(0x7EA);
    RiskId private constant RISK = RiskId.wrap("risk");

    ReporterOracle private oracle;
    uint256 private asset;
    /// @dev In rising order of their addresses.
    uint256[] private keys;
    address[] private reporters;

    function setUp() public {
        _deployLedger();
        asset = _id(address(home1));
        for (uint256 i; i < 5; ++i) _add(uint256(keccak256(abi.encode(i))));
        oracle = _deploy(reporters, 3);
        for (uint256 i; i < 4; ++i) _bond(reporters[i]);
    }

    function test_quorum_isFinal(uint256 ratio) public view {
        (bool isFinal, uint256 said) = _ask(_proof(ratio, 3, 0));
        assertTrue(isFinal, "outcome of a quorum");
        assertEq(said, ratio, "ratio");
    }

    function test_quorum_refusesTooFewStrangersAndRepetition_INS_15() public {
        bytes memory proof = _proof(1, 2, 0);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterQuorumMissed.selector, 2, 3));
        _ask(proof);
        bytes[] memory signatures = new bytes[](3);
        for (uint256 i; i < 3; ++i) signatures[i] = _sign(1, i < 2 ? 0 : 1);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSignature.selector, 1, reporters[0]));
        _ask(abi.encode(1, signatures));
        for (uint256 i; i < 3; ++i) signatures[i] = _sign(1, 2 - i);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSignature.selector, 1, reporters[1]));
        _ask(abi.encode(1, signatures));
        // The fifth has no bond.
        for (uint256 i; i < 3; ++i) signatures[i] = _sign(1, i + 2);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSignature.selector, 2, reporters[4]));
        _ask(abi.encode(1, signatures));
        // LegendaryMoneyMon: what is no signature has the signer zero.
        for (uint256 i; i < 3; ++i) signatures[i] = new bytes(65);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSignature.selector, 0, address(0)));
        _ask(abi.encode(1, signatures));
    }

    /// @dev A bond that is freed or taken while a proof is under way spoils no other signature, nor does what is no reporter's.
    function test_quorum_isOfThoseThatCount_INS_15() public {
        bytes memory proof = _proof(7, 4, 0);
        vm.prank(reporters[1]);
        oracle.freeBond();
        _expectFinal(proof);
        bytes[] memory signatures = new bytes[](6);
        (signatures[0], signatures[1]) = (_sign(7, 0), _sign(7, 0));
        (signatures[2], signatures[3]) = (
            new bytes(65),
            signBytes(uint256(1), oracle.digestOf(address(this), RISK, 7))
        );
        (signatures[4], signatures[5]) = (_sign(7, 2), _sign(7, 3));
        _expectFinal(abi.encode(7, signatures));
        oracle.slash(address(this), RISK, [uint256(1), 2], [_sign(1, 3), _sign(2, 3)]);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSignature.selector, 1, reporters[1]));
        _ask(proof);
        // The last of six is of who lost his bond; the first that does not count is the repetition.
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSignature.selector, 1, reporters[0]));
        _ask(abi.encode(7, signatures));
    }

    /// @dev Only what comes after the last one that counts is counted: many of one are one.
    function test_quorum_countsNobodyTwice_INS_15() public {
        bytes[] memory signatures = new bytes[](9);
        for (uint256 i; i < 9; ++i) signatures[i] = _sign(1, i % 2);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSignature.selector, 2, reporters[0]));
        _ask(abi.encode(1, signatures));
    }

    function test_signature_isOfOneRatioRiskAndDesk() public {
        bytes memory proof = _proof(1, 3, 0);
        ICoverOracle.Question memory question = _question();
        question.risk = RiskId.wrap("another");
        vm.expectPartialRevert(ReporterOracle.ReporterInvalidSignature.selector);
        oracle.outcomeOf(question, proof);
        question.risk = RISK;
        vm.prank(address(1));
        vm.expectPartialRevert(ReporterOracle.ReporterInvalidSignature.selector);
        oracle.outcomeOf(question, proof);
        (, bytes[] memory signatures) = abi.decode(proof, (uint256, bytes[]));
        vm.expectPartialRevert(ReporterOracle.ReporterInvalidSignature.selector);
        _ask(abi.encode(2, signatures));
    }

    /// @dev Two against two: there is no outcome, and who signed both loses his bond.
    function test_disagreement_isNoOutcomeAndIsSlashed_INS_15() public {
        bytes memory proof = _proof(1, 2, 0);
        vm.expectPartialRevert(ReporterOracle.ReporterQuorumMissed.selector);
        _ask(proof);
        uint256[2] memory ratios = [uint256(1), 2];
        bytes[2] memory signatures = [_sign(1, 2), _sign(2, 2)];
        vm.prank(address(0xB0B));
        assertEq(oracle.slash(address(this), RISK, ratios, signatures), BOND, "slashed");
        assertEq(ledger.balanceOf(address(0xB0B), asset), BOND / 2, "half of the bond to who showed it");
        assertEq(ledger.balanceOf(TREASURY, asset), BOND / 2, "half of the bond to the treasury");
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterNotBonded.selector, reporters[2]));
        oracle.slash(address(this), RISK, ratios, signatures);
        // He posts no other, which the same two signatures would take.
        _fund(home1, reporters[2], BOND);
        vm.startPrank(reporters[2]);
        ledger.approve(address(oracle), asset, BOND);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterIsSlashed.selector, reporters[2]));
        oracle.postBond();
        vm.stopPrank();
        proof = _proof(1, 3, 0);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSignature.selector, 2, reporters[2]));
        _ask(proof);
        signatures = [_sign(1, 0), _sign(2, 1)];
        vm.expectRevert(
            abi.encodeWithSelector(ReporterOracle.ReporterNoContradiction.selector, reporters[0], reporters[1])
        );
        oracle.slash(address(this), RISK, ratios, signatures);
        (ratios, signatures) = ([uint256(1), 1], [_sign(1, 0), _sign(1, 0)]);
        vm.expectPartialRevert(ReporterOracle.ReporterNoContradiction.selector);
        oracle.slash(address(this), RISK, ratios, signatures);
        signatures = [bytes(""), bytes("")];
        vm.expectPartialRevert(ReporterOracle.ReporterNoContradiction.selector);
        oracle.slash(address(this), RISK, [uint256(1), 2], signatures);
    }

    function test_bond_waits_INS_15() public {
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterBonded.selector, reporters[0], BOND));
        vm.prank(reporters[0]);
        oracle.postBond();
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterBondLocked.selector, 0));
        vm.prank(reporters[0]);
        oracle.withdrawBond();
        uint256 freeAt = vm.getBlockTimestamp() + 30 days;
        vm.prank(reporters[0]);
        oracle.freeBond();
        bytes memory proof = _proof(1, 3, 0);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSignature.selector, 0, reporters[0]));
        _ask(proof);
        vm.warp(freeAt - 1);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterBondLocked.selector, freeAt));
        vm.prank(reporters[0]);
        oracle.withdrawBond();
        vm.warp(freeAt);
        vm.prank(reporters[0]);
        oracle.withdrawBond();
        assertEq(ledger.balanceOf(reporters[0], asset), BOND, "bond");
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterNotBonded.selector, reporters[0]));
        vm.prank(reporters[0]);
        oracle.withdrawBond();
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterNotBonded.selector, reporters[0]));
        vm.prank(reporters[0]);
        oracle.freeBond();
        _bond(reporters[0]);
        _ask(proof);
    }

    function test_reporters_areReplacedAfterADelay() public {
        address[] memory next = new address[](2);
        (next[0], next[1]) = (reporters[0], reporters[1]);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterUnauthorized.selector, address(0xB0B)));
        vm.prank(address(0xB0B));
        oracle.proposeReporters(next, 2);
        oracle.proposeReporters(next, 2);
        bytes memory proof = _proof(1, 2, 0);
        uint256 validFrom = vm.getBlockTimestamp() + 3 days;
        vm.warp(validFrom - 1);
        vm.expectPartialRevert(ReporterOracle.ReporterQuorumMissed.selector);
        _ask(proof);
        // A set that waits is dropped for another one.
        address[] memory third = new address[](1);
        third[0] = reporters[3];
        oracle.proposeReporters(third, 1);
        vm.warp(validFrom);
        vm.expectPartialRevert(ReporterOracle.ReporterQuorumMissed.selector);
        _ask(proof);
        _ask(_proof(1, 3, 0));
        vm.warp(validFrom - 1 + 3 days);
        (uint256 number, ReporterOracle.ReporterSet memory set) = oracle.currentSet();
        assertEq(number, 2, "number of the set");
        assertEq(set.reporters.length, 1, "reporters of the set");
        _ask(_proof(1, 1, 3));
        proof = _proof(1, 1, 0);
        vm.expectPartialRevert(ReporterOracle.ReporterInvalidSignature.selector);
        _ask(proof);
    }

    function test_sets_areMajoritiesInOrder() public {
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSet.selector, 5, 2, 32));
        oracle.proposeReporters(reporters, 2);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSet.selector, 5, 6, 32));
        oracle.proposeReporters(reporters, 6);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSet.selector, 0, 0, 32));
        oracle.proposeReporters(new address[](0), 0);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSet.selector, 33, 17, 32));
        oracle.proposeReporters(new address[](33), 17);
        address[] memory twice = new address[](2);
        (twice[0], twice[1]) = (reporters[0], reporters[0]);
        vm.expectRevert(abi.encodeWithSelector(ReporterOracle.ReporterInvalidSet.selector, 2, 2, 32));
        oracle.proposeReporters(twice, 2);
    }

    function test_constructor_needsATreasury() public {
        vm.expectRevert(ReporterOracle.ReporterZeroTreasury.selector);
        new ReporterOracle(ILedger(address(ledger)), asset, BOND, address(0), reporters, 3);
    }

    /* HELPERS */

    function _deploy(address[] memory set, uint256 threshold) private returns (ReporterOracle) {
        return new ReporterOracle(ILedger(address(ledger)), asset, BOND, TREASURY, set, threshold);
    }

    function _bond(address reporter) private {
        _fund(home1, reporter, BOND);
        vm.prank(reporter);
        ledger.approve(address(oracle), asset, BOND);
        vm.prank(reporter);
        oracle.postBond();
    }

    function _proof(uint256 ratio, uint256 count, uint256 first) private view returns (bytes memory) {
        bytes[] memory signatures = new bytes[](count);
        for (uint256 i; i < count; ++i) signatures[i] = _sign(ratio, first + i);
        return abi.encode(ratio, signatures);
    }

    function _sign(uint256 ratio, uint256 reporter) private view returns (bytes memory) {
        return signBytes(keys[reporter], oracle.digestOf(address(this), RISK, ratio));
    }

    function _ask(bytes memory proof) private view returns (bool, uint256) {
        return oracle.outcomeOf(_question(), proof);
    }

    function _expectFinal(bytes memory proof) private view {
        (bool isFinal, uint256 ratio) = _ask(proof);
        assertTrue(isFinal, "outcome of a quorum");
        assertEq(ratio, 7, "ratio");
    }

    function _question() private pure returns (ICoverOracle.Question memory) {
        return ICoverOracle.Question(RISK, 0, 0, 0);
    }

    function _add(uint256 key) private {
        key = bound(key, 1, type(uint128).max);
        keys.push(key);
        reporters.push(vm.addr(key));
        for (uint256 i = keys.length - 1; i > 0 && reporters[i] < reporters[i - 1]; --i) {
            (keys[i], keys[i - 1]) = (keys[i - 1], keys[i]);
            (reporters[i], reporters[i - 1]) = (reporters[i - 1], reporters[i]);
        }
    }
}
