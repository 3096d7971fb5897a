// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";

/// @notice Prices that tests choose, and the ways in which an oracle can fail.
contract MockPriceOracle is IPriceOracle {
    /// @notice How it answers.
    enum Mode {
        ANSWERS,
        REVERTS,
        BURNS_GAS,
        /// @dev Calls `victim` with `attack` first, statically as it is called.
        REENTERS
    }

    error MockPriceOracleFails();

    Mode public mode;
    address public victim;
    bytes public attack;
    uint256 private _price;
    uint256 private _borrowPrice;

    constructor(uint256 newPrice) {
        (_price, _borrowPrice) = (newPrice, newPrice);
    }

    function setPrice(uint256 newPrice) external {
        (_price, _borrowPrice) = (newPrice, newPrice);
    }

    function setPrices(uint256 newPrice, uint256 newBorrowPrice) external {
        (_price, _borrowPrice) = (newPrice, newBorrowPrice);
    }

    function setMode(Mode newMode) external {
        mode = newMode;
    }

    function setAttack(address newVictim, bytes calldata newAttack) external {
        (mode, victim, attack) = (Mode.REENTERS, newVictim, newAttack);
    }

    function price() external view returns (uint256) {
        _behave();
        return _price;
    }

    function borrowPrice() external view returns (uint256) {
        _behave();
        return _borrowPrice;
    }

    function _behave() private view {
        if (mode == Mode.REVERTS) revert MockPriceOracleFails();
        if (mode == Mode.BURNS_GAS) for (;;) {}
        if (mode != Mode.REENTERS) return;
        (bool ok, ) = victim.staticcall(attack);
        if (!ok) revert MockPriceOracleFails();
    }
}
