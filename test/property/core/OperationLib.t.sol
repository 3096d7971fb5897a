// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title OperationLibTest
/// @notice What is packed into an operation's two words comes out again, and no field reaches into another.
contract OperationLibTest is Test {
    using OperationLib for uint256;

    struct Fields {
        address account;
        uint8 sequence;
        uint8 kind;
        uint112 amount;
        uint224 arguments;
    }

    function test_LED_14_pack_roundTrips(Fields memory fields) public pure {
        (uint256 head, uint256 body) = _pack(fields);
        assertEq(head.account(), fields.account, "account");
        assertEq(head.sequence(), fields.sequence, "sequence");
        assertEq(head.kind(), fields.kind, "kind");
        assertEq(head.side(), fields.kind % 4, "side");
        assertEq(body.amount(), fields.amount, "amount");
        assertEq(body.limit(), fields.arguments % 2 ** 112, "limit");
        assertEq(head.receiver(body), address(uint160(fields.arguments)), "receiver");
    }

    /// @dev Every bit of both words belongs to one field.
    function test_LED_14_pack_losesNothing(Fields memory fields, Fields memory other) public pure {
        (uint256 head, uint256 body) = _pack(fields);
        (uint256 otherHead, uint256 otherBody) = _pack(other);
        bool same = keccak256(abi.encode(fields)) == keccak256(abi.encode(other));
        assertEq(head == otherHead && body == otherBody, same, "same words");
    }

    function test_LED_14_pack_cutsAnAmountThatIsTooLarge(Fields memory fields, uint256 amount) public pure {
        (, uint256 body) = OperationLib.pack(fields.account, 0, 0, amount, fields.arguments);
        assertEq(body.amount(), amount % 2 ** 112, "amount");
        assertEq(body.limit(), fields.arguments % 2 ** 112, "limit");
    }

    function test_LED_14_payout_flagsAreOutsideBothAmounts(uint112 out0, uint112 out1) public pure {
        uint256 payout = uint256(out0) | (uint256(out1) << 112);
        assertEq(payout & (OperationLib.FAILED | OperationLib.SHARES), 0, "flags of a plain payout");
        assertEq(payout.amount(), out0, "out 0");
        assertEq(payout.limit(), out1, "out 1");
        assertEq((payout | OperationLib.SHARES).amount(), out0, "shares to mint");
    }

    function _pack(Fields memory fields) private pure returns (uint256 head, uint256 body) {
        return OperationLib.pack(fields.account, fields.sequence, fields.kind, fields.amount, fields.arguments);
    }
}
