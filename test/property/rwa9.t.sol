// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LendingCore} from "../../contracts/lending/LendingCore.sol";
import {IAmmActions} from "../../contracts/interfaces/IAmmActions.sol";
import {ILendingActions} from "../../contracts/interfaces/ILendingActions.sol";
import {ILendingCore} from "../../contracts/interfaces/ILendingCore.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../contracts/interfaces/ILedgerProtocol.sol";
import {IRwaActions} from "../../contracts/interfaces/IRwaActions.sol";
import {IRwaAgency} from "../../contracts/interfaces/IRwaAgency.sol";
import {IRwaCore} from "../../contracts/interfaces/IRwaCore.sol";
import {MockProtocol} from "../../contracts/mocks/MockProtocol.sol";
import {MockPriceOracle} from "../../contracts/mocks/MockPriceOracle.sol";
import {OperationLib} from "../../contracts/libraries/OperationLib.sol";
import {WordLib} from "../../contracts/libraries/WordLib.sol";
import {MarketId} from "../../contracts/types/MarketId.sol";
import {MarketParams} from "../../contracts/types/MarketParams.sol";
import {PoolId} from "../../contracts/types/PoolId.sol";
import {PoolKey, RESTRICTED} from "../../contracts/types/PoolKey.sol";
import {Word} from "../../contracts/types/Word.sol";
import {RwaFixture} from "../helpers/solidity/RwaFixture.sol";

/// @title Rwa9
/// @notice Ways around the rules of regulated assets that were open once: each test shows one shut.
contract Rwa9 is RwaFixture {
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    MockProtocol internal rogue;

    function setUp() public {
        vm.warp(1_000 days);
        _deployRwa();
        rogue = new MockProtocol(ILedger(address(ledger)));
        _admit(address(rogue), true);
        _admit(alice, true);
        _admit(bob, true);
    }

    /// @dev A call that would put units into the rogue's book.
    function _refusePass(address from, uint256 id, uint256 amount) private {
        Word out = WordLib.pack(amount, 0);
        rogue.setOutcome(MockProtocol.Outcome(ILedgerProtocol.onLedgerCall.selector, out, 0, Word.wrap(0)));
        ILedger.Call memory parameters;
        (parameters.protocol, parameters.key, parameters.asset0) = (address(rogue), "b", id);
        (parameters.amount0, parameters.to) = (amount, from);
        vm.prank(from);
        try ledger.call(parameters) {
            assertTrue(false, "units enter the book");
        } catch (bytes memory reason) {
            bytes memory expected = abi.encodeWithSelector(ILedger.LedgerUnlistedProtocol.selector, address(rogue), id);
            assertEq(reason, expected, "error");
        }
    }

    /* BOOKS OF UNLISTED PROTOCOLS */

    /// @notice Nobody puts units into a book of his own, where neither a freeze nor force would reach them.
    function test_RWA_11_nobodyHidesUnitsInABookOfHisOwn() public {
        uint256 id = _issue("a", 0);
        agency.mint(id, address(rogue), 1_000);
        _refusePass(address(rogue), id, 1_000);
        core.setFrozenTokens(address(rogue), id, type(uint112).max);
        core.forcedTransfer(address(rogue), bob, id, 1);
        agency.burn(id, address(rogue), 999);
        assertEq(ledger.balanceOf(bob, id), 1, "units forced");
        assertEq(ledger.balanceOf(address(rogue), id), 0, "units hidden");
    }

    /// @notice Nor does he make income of units that only flowed through it.
    function test_noIncomeIsMadeOfUnitsThatFlowThroughABook(uint256 units) public {
        uint256 id = _issue("d", 0);
        agency.mint(id, bob, 1 << 20);
        _distribute(id, 10_000e6, 1_002 days);
        vm.warp(1_002 days);
        units = bound(units, 1, type(uint96).max - (1 << 20));
        agency.mint(id, alice, units);
        _refusePass(alice, id, units);
        assertEq(core.incomeOf(id, address(rogue)), 0, "income of the book");
    }

    /// @notice An asset's books are those of listed cores, in sections, too.
    function test_noSectionPutsUnitsIntoABookOfAnUnlistedProtocol() public {
        uint256 id = _issue("s", 0);
        agency.mint(id, alice, 100);
        vm.prank(alice);
        ledger.setConsent(id, 1);
        ILedgerProtocol.Section memory section;
        (section.protocol, section.key, section.asset0) = (address(rogue), "b", id);
        section.gasCap = 20_000_000;
        uint256[] memory operations = new uint256[](2);
        (operations[0], operations[1]) = OperationLib.pack(alice, 0, 0, 100, 0);
        rogue.setBatch(ILedgerProtocol.onLedgerBatch.selector, 0, new uint256[](1));
        (bool executed, ) = settlement.settleWords(section, operations);
        assertTrue(!executed, "the section is refused");
        assertEq(ledger.balanceOf(alice, id), 100, "units");
    }

    /* FREEZES */

    /// @notice A freeze of more than an LP's balance holds his shares; once it is covered they are free.
    function test_freezeOfAnAmountHoldsLpShares(uint256 frozen) public {
        uint256 id = _issue("a", 0);
        agency.mint(id, alice, 1_000e18);
        _fund(home0, alice, 1_000e18);
        PoolKey memory key = _createPool(id, alice, 1_000e18, 1_000e18);
        uint256 shareId = key.shareId(address(amm));
        uint256 shares = ledger.balanceOf(alice, shareId);
        frozen = bound(frozen, 1, type(uint112).max);
        core.setFrozenTokens(alice, id, frozen);
        assertFalse(_tryLeave(key, alice, bob, shares / 2), "paid out to somebody else");
        vm.prank(alice);
        try ledger.transfer(bob, shareId, 1) {
            assertTrue(false, "shares given away");
        } catch {}
        assertTrue(_tryLeave(key, alice, alice, shares / 2), "paid out to himself");
        bool isCovered = frozen <= ledger.balanceOf(alice, id);
        assertEq(_tryLeave(key, alice, bob, shares / 4), isCovered, "paid out when the balance covers the freeze");
        assertGe(core.movableOf(alice, id) + frozen, ledger.balanceOf(alice, id), "frozen units");
    }

    function _tryLeave(PoolKey memory key, address from, address to, uint256 shares) private returns (bool) {
        ILedger.Call memory parameters;
        (parameters.protocol, parameters.key, parameters.to) = (address(amm), key.bookKey(), to);
        (parameters.asset0, parameters.asset1) = (key.asset0, key.asset1);
        parameters.data = abi.encodeCall(IAmmActions.removeLiquidity, (shares, 0, 0, NEVER));
        vm.prank(from);
        try ledger.call(parameters) {
            return true;
        } catch {
            return false;
        }
    }

    function _lend(
        LendingCore lending,
        MarketParams memory m,
        address who,
        uint256 amount0,
        bytes memory data
    ) private returns (uint256 out) {
        ILedger.Call memory p;
        (p.protocol, p.key, p.asset0, p.asset1) = (address(lending), m.bookKey(), m.loanAsset, m.collateralAsset);
        (p.amount0, p.data) = (amount0, data);
        vm.prank(who);
        (out, , ) = ledger.call(p);
    }

    function _borrow(LendingCore lending, MarketParams memory market, address who, uint256 amount) private {
        _lend(lending, market, who, 0, abi.encodeCall(ILendingActions.borrow, (amount, who)));
    }

    function tryBorrow(LendingCore lending, MarketParams calldata market, address who, uint256 amount) external {
        _borrow(lending, market, who, amount);
    }

    /// @dev A market on the asset, with Bob's money, in which Alice has pledged 1,000 units and borrowed 100.
    function _market(uint256 id) private returns (LendingCore lending, MarketParams memory market) {
        lending = new LendingCore(ILedger(address(ledger)));
        ledger.listCore(address(lending));
        registry.setProtocol(address(lending));
        lending.enableRateModel(address(0));
        lending.enableLltv(0.8e18);
        agency.setApproval(id, address(lending), 1);
        agency.mint(id, alice, 1_000e18);
        address oracle = address(new MockPriceOracle(1e36));
        market = MarketParams(_id(address(home0)), id, oracle, address(0), 0.8e18, type(uint96).max);
        _fund(home0, bob, 10_000e18);
        bytes32 marketId = MarketId.unwrap(market.toId(address(lending)));
        core.setMarketApproval(id, marketId, true);
        _lend(lending, market, bob, 0, abi.encodeCall(ILendingActions.createMarket, (market)));
        _lend(lending, market, bob, 10_000e18, abi.encodeCall(ILendingActions.supply, (1)));
        _lend(lending, market, alice, 0, abi.encodeCall(ILendingActions.pledgeCollateral, (1_000e18)));
        _borrow(lending, market, alice, 100e18);
    }

    /* PLEDGES */

    /// @notice Against a pledge that was moved, frozen or whose pledgor may not send there is no new debt, and as ever repaying.
    function test_RWA_12_noNewDebtOnAPledgeThatIsNotThePledgors(uint256 kind) public {
        uint256 id = _issue("a", 0);
        (LendingCore lending, MarketParams memory market) = _market(id);
        kind = bound(kind, 0, 6);
        address custodian = makeAddr("custodian");
        _admit(custodian, true);
        if (kind == 0) agency.movePledge(id, alice, address(lending), custodian);
        if (kind == 1) agency.setAccountFrozen(id, alice, true);
        if (kind == 2) core.setFrozenTokens(alice, id, 1);
        if (kind == 3) _admit(alice, false);
        if (kind == 4) agency.setPaused(id, true);
        if (kind == 5) agency.setApproval(id, address(lending), 0);
        if (kind == 6) {
            IRwaAgency.PledgeRef[] memory pledges = new IRwaAgency.PledgeRef[](1);
            pledges[0] = IRwaAgency.PledgeRef(alice, address(lending));
            agency.recover(id, alice, custodian, pledges);
        }
        assertFalse(core.mayBorrow(alice, id, address(lending)), "may borrow");
        try this.tryBorrow(lending, market, alice, 1) {
            assertTrue(false, "borrowed");
        } catch (bytes memory reason) {
            bytes memory expected = abi.encodeWithSelector(ILendingCore.LendingPledgeRefused.selector, alice, id);
            assertEq(reason, expected, "error");
        }
        _lend(lending, market, alice, 50e18, abi.encodeCall(ILendingActions.repay, (alice)));
        assertEq(ledger.balanceOf(alice, _id(address(home0))), 50e18, "loan assets left");
    }

    /// @notice Whose units a recovery moved with their pledge repays the loan, in the lost account's name, and has them back.
    function test_recoveredPledgeIsReleasedToTheFreshAccount() public {
        uint256 id = _issue("a", 0);
        (LendingCore lending, MarketParams memory market) = _market(id);
        address fresh = makeAddr("fresh");
        _admit(fresh, true);
        IRwaAgency.PledgeRef[] memory pledges = new IRwaAgency.PledgeRef[](1);
        pledges[0] = IRwaAgency.PledgeRef(alice, address(lending));
        agency.recover(id, alice, fresh, pledges);
        _fund(home0, fresh, 200e18);
        _lend(lending, market, fresh, 200e18, abi.encodeCall(ILendingActions.repay, (alice)));
        _lend(lending, market, fresh, 0, abi.encodeCall(ILendingActions.removeCollateral, (1_000e18, alice)));
        assertEq(core.movableOf(fresh, id), 1_000e18, "units");
        assertEq(ledger.balanceOf(fresh, _id(address(home0))), 100e18, "change");
    }

    /* INCOME */

    /// @notice The management fee is taken of what is added as of what is distributed.
    function test_whatIsAddedBearsTheFee() public {
        IRwaAgency.Terms memory terms;
        (terms.owner, terms.payAsset, terms.cap, terms.feePerDay) = (address(this), pay, type(uint96).max, 1e6);
        uint256 id = agency.issue("f", terms);
        agency.mint(id, bob, 100e18);
        vm.warp(1_100 days);
        _distribute(id, 1, 1_102 days);
        _fund(home1, address(this), 1e9);
        _income(id, address(this), 1e9, abi.encodeCall(IRwaActions.addIncome, ()));
        assertEq(core.incomeStateOf(id).fees, 100e6, "fees of 100 days");
    }

    /// @notice Nobody but agents adds, so that nobody exhausts what an asset can pay in its life.
    function test_noStrangerAddsIncome() public {
        uint256 id = _issue("a", 0);
        agency.mint(id, bob, 100e18);
        _distribute(id, 1e9, 1_002 days);
        _fund(home1, alice, 1e9);
        try this.addIncome(id, alice, 1e9) {
            assertTrue(false, "added");
        } catch (bytes memory reason) {
            assertEq(reason, abi.encodeWithSelector(IRwaCore.RwaNotAgent.selector, alice, id, 128), "error");
        }
    }

    /// @notice Who comes in the last second of the day of a distribution has nothing of that day.
    function test_RWA_06_distributionBeginsAtTheNextMidnight(uint256 days_, uint256 amount) public {
        uint256 id = _issue("n", 0);
        agency.mint(id, bob, 100e18);
        days_ = bound(days_, 1, 3_000);
        amount = bound(amount, 1e6, 1e15);
        vm.warp(1_001 days - 1);
        _distribute(id, amount, 1_001 days + days_ * 1 days);
        vm.prank(bob);
        ledger.transfer(alice, id, 100e18);
        vm.warp(1_001 days);
        assertEq(core.incomeOf(id, alice) + core.incomeOf(id, bob), 0, "income of the first day");
        vm.prank(alice);
        ledger.transfer(bob, id, 100e18);
        vm.warp(1_001 days + days_ * 1 days);
        assertApproxEqAbs(core.incomeOf(id, bob), amount, 2, "income in the end");
        assertEq(core.incomeOf(id, alice), 0, "income of who came and went");
    }

    /// @notice No asset is too small to share income, and none is distributed while nobody would have it.
    function test_incomeHasSomebodyToGoTo(uint256 cap, uint256 units) public {
        IRwaAgency.Terms memory terms;
        (terms.owner, terms.payAsset, terms.cap) = (address(this), pay, uint96(bound(cap, 0, 2 ** 20 - 1)));
        try agency.issue("h", terms) {
            assertTrue(false, "issued");
        } catch (bytes memory reason) {
            bytes4 selector = IRwaAgency.RwaInvalidCap.selector;
            bytes memory expected = abi.encodeWithSelector(selector, terms.cap, 2 ** 20, type(uint96).max);
            assertEq(reason, expected, "error of the cap");
        }
        terms.cap = 2 ** 20;
        uint256 id = agency.issue("h", terms);
        units = bound(units, 1, 2 ** 20 - 1);
        agency.mint(id, bob, units);
        try this.distribute(id, 50_000e6, 1_002 days) {
            assertTrue(false, "distributed");
        } catch (bytes memory reason) {
            assertEq(reason, abi.encodeWithSelector(IRwaCore.RwaTooFewUnits.selector, units, 2 ** 20), "error");
        }
        agency.mint(id, bob, 2 ** 20 - units);
        _distribute(id, 50_000e6, 1_002 days);
    }

    function distribute(uint256 id, uint256 amount, uint256 end) external {
        _distribute(id, amount, end);
    }

    function addIncome(uint256 id, address who, uint256 amount) external {
        _income(id, who, amount, abi.encodeCall(IRwaActions.addIncome, ()));
    }

    /* WHAT ANOTHER ISSUER DOES */

    /// @notice A freeze of another asset keeps no core from being marked, and no pool from being approved.
    function test_noFreezeOfAnotherAssetBlocksProtocolsAndPools(uint256 amount) public {
        uint256 id = _issue("a", 0);
        uint256 other = _issue("b", 0);
        (address core2, address pool) = (makeAddr("core2"), makeAddr("pool"));
        ledger.listCore(core2);
        core.setFrozenTokens(core2, other, bound(amount, 1, type(uint112).max));
        agency.setAccountFrozen(other, pool, true);
        registry.setProtocol(core2);
        agency.setApproval(id, pool, POOL);
        assertTrue(registry.isProtocol(core2), "protocol");
        assertEq(core.approvalsOf(id, pool), POOL, "pool");
        core.setFrozenTokens(core2, other, 0);
        assertTrue(registry.isProtocol(core2), "protocol after a thaw");
    }

    /// @notice An exit that one issuer forces passes his rules, and another's only where he has the force role there.
    function test_forcedExitPaysNoOtherIssuersAssetPastItsRules() public {
        (uint256 first, uint256 second) = (_issue("a", 0), _issue("b", 0));
        if (first > second) (first, second) = (second, first);
        for (uint256 side; side < 2; ++side) {
            agency.mint(side == 0 ? first : second, alice, 1_000e18);
            agency.setApproval(side == 0 ? first : second, address(amm), VENUE);
        }
        PoolKey memory key = PoolKey(first, second, 3000, 0, 0, RESTRICTED);
        address pool = address(uint160(uint256(PoolId.unwrap(key.toId(address(amm))))));
        agency.setApproval(first, pool, POOL);
        agency.setApproval(second, pool, POOL);
        _trade(key, alice, 1_000e18, 1_000e18, abi.encodeCall(IAmmActions.createPool, (key, 1, NEVER)));
        agency.setAgent(first, bob, 8);
        agency.setAccountFrozen(second, alice, true);
        vm.prank(bob);
        try agency.forceExit(first, address(amm), key, alice, 0, 0) {
            assertTrue(false, "the other asset was paid");
        } catch {}
        agency.setAccountFrozen(second, alice, false);
        _admit(alice, false);
        agency.setAgent(second, bob, 8);
        vm.prank(bob);
        agency.forceExit(first, address(amm), key, alice, 0, 0);
        assertGt(ledger.balanceOf(alice, first), 999e18, "units of the first");
        assertGt(ledger.balanceOf(alice, second), 999e18, "units of the second");
        assertFalse(core.canTransfer(first, address(amm), alice, 1), "the door is shut again");
        assertFalse(core.canTransfer(second, address(amm), alice, 1), "the other door, too");
    }
}
