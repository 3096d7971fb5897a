// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {Word} from "../types/Word.sol";
import {ProbeRelayer} from "./ProbeRelayer.sol";

/// @notice Tries many variants of one batch in a single call, each from the same relayer and from the same state.
contract BatchProber {
    error ProberOutOfGas();

    ISettlement public immutable SETTLEMENT;
    /// @notice What a variant gets.
    uint256 public constant GAS = 1_500_000;

    bytes private _batch;
    address[] private _accounts;
    uint256[] private _ids;
    /// @dev The variant: so many bytes of the batch, with this bit flipped; bit 0 is the highest of byte 0.
    uint256 private transient _length;
    uint256 private transient _bit;

    constructor(ISettlement settlement) {
        SETTLEMENT = settlement;
    }

    /// @notice Sets the batch, and whose words of which ids are answered for a variant that settles.
    function set(bytes calldata batch, address[] calldata accounts, uint256[] calldata ids) external {
        (_batch, _accounts, _ids) = (batch, accounts, ids);
    }

    /// @notice Tries the batch with each of these bits flipped. Answers the words, or nothing where it reverted.
    function flip(uint256[] calldata bits) external returns (bytes[] memory answers) {
        answers = new bytes[](bits.length);
        for (uint256 i; i < bits.length; ++i) answers[i] = _try(_batch.length, bits[i]);
    }

    /// @notice Tries so many of the batch's first bytes.
    function cut(uint256[] calldata lengths) external returns (bytes[] memory answers) {
        answers = new bytes[](lengths.length);
        for (uint256 i; i < lengths.length; ++i) answers[i] = _try(lengths[i], type(uint256).max);
    }

    /// @notice The batch as it stands.
    function whole() external returns (bytes memory) {
        return _try(_batch.length, type(uint256).max);
    }

    /// @notice The variant that is being tried.
    function current() external view returns (bytes memory batch) {
        batch = _batch;
        uint256 length = _length;
        assembly ("memory-safe") {
            mstore(batch, length)
        }
        if (_bit / 8 < length) batch[_bit / 8] ^= bytes1(uint8(128 >> (_bit % 8)));
    }

    function words() external view returns (uint256[] memory answer) {
        answer = new uint256[](_accounts.length * _ids.length);
        uint256 next;
        for (uint256 i; i < _accounts.length; ++i) {
            for (uint256 j; j < _ids.length; ++j) {
                answer[next++] = Word.unwrap(SETTLEMENT.LEDGER().wordOf(_accounts[i], _ids[j]));
            }
        }
    }

    /// @notice Who sends the variants.
    function relayer() external view returns (address) {
        bytes32 code = keccak256(type(ProbeRelayer).creationCode);
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), bytes32(0), code)))));
    }

    function _try(uint256 length, uint256 bit) private returns (bytes memory answer) {
        require(gasleft() > GAS + GAS / 4, ProberOutOfGas());
        (_length, _bit) = (length, bit);
        try new ProbeRelayer{salt: 0}() {} catch (bytes memory data) {
            // An error has 4 bytes and words, or nothing.
            if (data.length % 32 == 0) answer = data;
        }
    }
}
