// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Ledger} from "../../../contracts/core/Ledger.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {IPermit2} from "../../../contracts/interfaces/external/IPermit2.sol";
import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {MockPermit2} from "../../../contracts/mocks/MockPermit2.sol";
import {MockSettlement} from "../../../contracts/mocks/MockSettlement.sol";
import {MockWETH} from "../../../contracts/mocks/MockWETH.sol";
import {Test} from "./Test.sol";

/// @title LedgerFixture
/// @notice A ledger with one home pair and one settlement version, administered by the contract that inherits this.
abstract contract LedgerFixture is Test {
    Ledger internal ledger;
    MockWETH internal weth;
    MockERC20 internal home0;
    MockERC20 internal home1;
    MockSettlement internal settlement;

    function _deployLedger() internal {
        weth = new MockWETH();
        home0 = new MockERC20("Home token 0", "HOME0", 18);
        home1 = new MockERC20("Home token 1", "HOME1", 6);
        address[2][] memory pairs = new address[2][](1);
        pairs[0] = [address(home0), address(home1)];
        IAccessManager authority = new AccessManager(address(this));
        ledger = new Ledger(authority, address(weth), IPermit2(address(new MockPermit2())), pairs);
        settlement = new MockSettlement(ILedger(address(ledger)));
        ledger.listSettlement(address(settlement));
    }

    /// @dev Mints `amount` of `token` and deposits it for `account`.
    function _fund(MockERC20 token, address account, uint256 amount) internal {
        token.mint(address(this), amount);
        token.approve(address(ledger), amount);
        ledger.deposit(address(token), amount, amount, account);
    }

    function _id(address token) internal pure returns (uint256) {
        return uint160(token);
    }
}
