// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ILendingActions} from "../../../contracts/interfaces/ILendingActions.sol";
import {ILendingCore} from "../../../contracts/interfaces/ILendingCore.sol";
import {ILendingVault} from "../../../contracts/interfaces/ILendingVault.sol";
import {MockPriceOracle} from "../../../contracts/mocks/MockPriceOracle.sol";
import {LendingVault} from "../../../contracts/periphery/LendingVault.sol";
import {MarketId} from "../../../contracts/types/MarketId.sol";
import {MarketParams, NO_INTEREST} from "../../../contracts/types/MarketParams.sol";
import {LendingFixture} from "../../helpers/solidity/LendingFixture.sol";

/// @title LendingVaultNumbersTest
/// @notice A vault gives a market its number for ever, and has 255 of them: a byte of a queue.
contract LendingVaultNumbersTest is LendingFixture {
    uint256 private constant NUMBERS = 255;
    uint256 private constant QUEUE_SIZE = 16;
    uint256 private constant TIMELOCK = 1 days;

    LendingVault private vault;
    address private oracle;

    function setUp() public {
        vm.warp(1_800_000_000);
        _deployLending();
        oracle = address(new MockPriceOracle(SCALE));
        _create(_marketAt(0));
        vault = new LendingVault(
            ILendingCore(address(lending)),
            IERC20(address(home0)),
            address(this),
            TIMELOCK,
            "Vault",
            "VLT"
        );
    }

    function test_acceptCap_refusesA256thMarketAndTakesAnOldOne() public {
        for (uint256 first; first < NUMBERS; first += QUEUE_SIZE) {
            uint256 count = NUMBERS - first < QUEUE_SIZE ? NUMBERS - first : QUEUE_SIZE;
            for (uint256 i; i < count; ++i) _submit(first + i);
            skip(TIMELOCK);
            for (uint256 i; i < count; ++i) vault.acceptCap(_marketAt(first + i));
            assertEq(vault.withdrawQueue().length, count, "markets in the queue");
            // A cap of 0 lets an empty market go at once.
            for (uint256 i; i < count; ++i) vault.submitCap(_marketAt(first + i), 0);
            vault.setWithdrawQueue(new MarketId[](0));
        }
        _submit(NUMBERS);
        vault.submitCap(_marketAt(0), 1);
        skip(TIMELOCK);
        vm.expectRevert(
            abi.encodeWithSelector(ILendingVault.VaultTooManyMarkets.selector, NUMBERS + 1, type(uint8).max)
        );
        vault.acceptCap(_marketAt(NUMBERS));
        vault.acceptCap(_marketAt(0));
        assertTrue(vault.marketConfigOf(_marketAt(0).toId(address(lending))).isEnabled, "an old market comes back");
    }

    function _submit(uint256 index) private {
        MarketParams memory market = _marketAt(index);
        if (index != 0) {
            _act(market, address(this), 0, 0, abi.encodeCall(ILendingActions.createMarket, (market)));
        }
        vault.submitCap(market, 1);
    }

    function _marketAt(uint256 index) private view returns (MarketParams memory) {
        return MarketParams(asset0, asset1, oracle, NO_INTEREST, 0.86e18, index);
    }
}
