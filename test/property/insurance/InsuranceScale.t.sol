// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {RiskId} from "../../../contracts/types/RiskId.sol";
import {RiskTerms} from "../../../contracts/types/RiskTerms.sol";
import {InsuranceFixture} from "../../helpers/solidity/InsuranceFixture.sol";

/// @title InsuranceScale
/// @notice A risk with as many policies as a town. Alone in its file: where each statement is counted it takes all memory there is.
contract InsuranceScale is InsuranceFixture {
    uint256 private constant USD = 1e6;
    uint256 private constant SECTION = 200;
    uint256 private constant SECTIONS = 50;
    address private constant ALICE = address(0xA11CE);
    address private constant UNDERWRITER = address(0xCA9);

    RiskTerms private risk;
    RiskId private id;

    function setUp() public {
        _deployInsurance();
        _deposit(UNDERWRITER, 10_000_000 * USD);
        (risk, id) = _open("first");
    }

    /// @dev 10,000 policies in sections of 200, each of its own account: outcome and settlement take what they take for one.
    function test_tenThousandPoliciesSettleAsOne_INS_12() public {
        (RiskTerms memory many, RiskId manyId) = _open("many");
        (RiskTerms memory first, RiskId firstId) = _open("of one");
        _buy(ALICE, first, 100 * USD);
        _buy(ALICE, risk, 100 * USD);
        _fund(home1, UNDERWRITER, SECTIONS * SECTION * 10 * USD);
        uint256 sold;
        for (uint256 s; s < SECTIONS; ++s) sold += _sellSection(many, manyId, s);
        assertEq(desk.riskOf(manyId).cover, sold, "cover of 10,000 policies");
        oracle.set(true, 1e9);
        vm.warp(risk.end);
        desk.riskOf(firstId); // as `manyId` was read
        // The first one touches what all have in common.
        (uint256[3] memory reports, uint256[3] memory settlements) = ([uint256(0), 0, 0], [uint256(0), 0, 0]);
        RiskId[3] memory ids = [id, firstId, manyId];
        for (uint256 i; i < 3; ++i) reports[i] = _gasOfReport(ids[i]);
        for (uint256 i; i < 3; ++i) settlements[i] = _gasOfSettle(ids[i]);
        assertApproxEqAbs(reports[2], reports[1], 1_000, "gas of a report");
        assertApproxEqAbs(settlements[2], settlements[1], 1_000, "gas of a settlement");
        assertLe(settlements[0], 60_000, "gas of a settlement");
        assertEq(_riskBook(many), sold, "book of 10,000 policies");
        address holder = _holder(SECTIONS - 1, SECTION - 1);
        uint256 units = _coverOf(manyId, holder);
        assertEq(_redeem(holder, many, units), units, "paid to the last");
    }

    /* HELPERS */

    function _sellSection(RiskTerms memory many, RiskId manyId, uint256 s) private returns (uint256 sold) {
        uint256[] memory operations = new uint256[](2 * SECTION);
        for (uint256 i; i < SECTION; ++i) {
            address account = _holder(s, i);
            vm.prank(UNDERWRITER);
            ledger.transfer(account, asset, 10 * USD);
            vm.prank(account);
            ledger.setConsent(asset, 1);
            (operations[2 * i], operations[2 * i + 1]) = OperationLib.pack(account, 0, 0, 5 * USD, 0);
        }
        uint256 before = desk.riskOf(manyId).cover;
        (bool executed, uint256[] memory skipped) = settlement.settleWords(_riskSection(many, manyId), operations);
        assertTrue(executed && skipped[0] == 0, "section");
        return desk.riskOf(manyId).cover - before;
    }

    function _holder(uint256 s, uint256 i) private pure returns (address) {
        return address(uint160(0x1000000 + s * SECTION + i));
    }

    function _gasOfReport(RiskId riskId) private returns (uint256 used) {
        used = gasleft();
        desk.report(riskId, "");
        used -= gasleft();
    }

    function _gasOfSettle(RiskId riskId) private returns (uint256 used) {
        used = gasleft();
        desk.settle(riskId);
        used -= gasleft();
    }
}
