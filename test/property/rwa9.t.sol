// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LendingCore} from "../../contracts/lending/LendingCore.sol";
import {IAmmActions} from "../../contracts/interfaces/IAmmActions.sol";
import {ILendingActions} from "../../contracts/interfaces/ILendingActions.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../contracts/interfaces/ILedgerProtocol.sol";
import {IRwaActions} from "../../contracts/interfaces/IRwaActions.sol";
import {IRwaAgency} from "../../contracts/interfaces/IRwaAgency.sol";
import {MockProtocol} from "../../contracts/mocks/MockProtocol.sol";
import {MockPriceOracle} from "../../contracts/mocks/MockPriceOracle.sol";
import {WordLib} from "../../contracts/libraries/WordLib.sol";
import {MarketParams} from "../../contracts/types/MarketParams.sol";
import {PoolKey} from "../../contracts/types/PoolKey.sol";
import {Word} from "../../contracts/types/Word.sol";
import {RwaFixture} from "../helpers/solidity/RwaFixture.sol";

contract Rwa9 is RwaFixture {
    using WordLib for Word;
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

    function _pass(address from, address to, uint256 id, uint256 amountIn, uint256 amountOut) private {
        rogue.setOutcome(
            MockProtocol.Outcome(ILedgerProtocol.onLedgerCall.selector, WordLib.pack(amountOut, 0), 0, Word.wrap(0))
        );
        ILedger.Call memory p;
        (p.protocol, p.key, p.asset0, p.amount0, p.to) = (address(rogue), "b", id, amountIn, to);
        vm.prank(from);
        ledger.call(p);
    }

    // A holder that is a contract (or an EOA with a delegation) is a protocol of its own.
    function testHidesInOwnBook() public {
        uint256 id = _issue("a", 0);
        agency.mint(id, address(rogue), 1_000);
        _pass(address(rogue), address(rogue), id, 1_000, 0);
        core.setFrozenTokens(address(rogue), id, type(uint112).max);
        bool forced = true;
        try core.forcedTransfer(address(rogue), bob, id, 1) {} catch {
            forced = false;
        }
        assertTrue(!forced, "force reaches the book");
        try agency.burn(id, address(rogue), 1) {
            forced = true;
        } catch {}
        assertTrue(!forced, "burn reaches the book");
        _pass(address(rogue), bob, id, 0, 1_000);
        assertEq(ledger.balanceOf(bob, id), 1_000, "all frozen, all gone");
    }

    // Record wraps modulo 2^104.
    function testTakesAllIncome() public {
        IRwaAgency.Terms memory terms;
        (terms.name, terms.symbol, terms.decimals) = ("Asset", "RWA", 18);
        (terms.owner, terms.payAsset, terms.cap) = (address(this), _id(address(home0)), type(uint96).max);
        uint256 id = agency.issue("w", terms);
        pay = _id(address(home0));
        agency.mint(id, bob, 100e18);
        _fund(home0, address(this), 1e24);
        _income(id, address(this), 1e24, abi.encodeCall(IRwaActions.distribute, (1_001 days)));
        vm.warp(1_001 days);
        uint256 n = (uint256(2 ** 92) - uint256(1e24)) / 1e4 + 1;
        agency.mint(id, alice, n);
        _pass(alice, alice, id, n, 0);
        uint256 claimable = core.incomeOf(id, address(rogue));
        emit log(claimable);
        assertTrue(claimable > 0.99e24, "claimable");
        assertEq(_claim(id, address(rogue)), claimable, "claimed");
        assertTrue(_incomeBook(id).amount(0) < 0.01e24, "book is empty");
        emit log(core.incomeOf(id, bob));
        _pass(alice, alice, id, 0, n);
        assertEq(ledger.balanceOf(alice, id), n, "units back");
    }

    event log(uint256);

    function testFrozenLpPaysOutToAnother() public {
        uint256 id = _issue("a", 0);
        agency.mint(id, alice, 1_000e18);
        _fund(home0, alice, 1_000e18);
        PoolKey memory key = _createPool(id, alice, 1_000e18, 1_000e18);
        core.setFrozenTokens(alice, id, type(uint112).max);
        ILedger.Call memory p;
        (p.protocol, p.key, p.to) = (address(amm), key.bookKey(), bob);
        (p.asset0, p.asset1) = (key.asset0, key.asset1);
        uint256 shares = ledger.balanceOf(alice, key.shareId(address(amm)));
        p.data = abi.encodeCall(IAmmActions.removeLiquidity, (shares, 0, 0, NEVER));
        vm.prank(alice);
        ledger.call(p);
        emit log(ledger.balanceOf(bob, id));
        assertTrue(ledger.balanceOf(bob, id) > 999e18, "bob has them");
    }

    function _lend(
        LendingCore lending,
        MarketParams memory m,
        address who,
        uint256 amount0,
        bytes memory data
    ) private {
        ILedger.Call memory p;
        (p.protocol, p.key, p.asset0, p.asset1) = (address(lending), m.bookKey(), m.loanAsset, m.collateralAsset);
        (p.amount0, p.data) = (amount0, data);
        vm.prank(who);
        ledger.call(p);
    }

    function testBorrowsAgainstMovedPledge() public {
        uint256 id = _issue("a", 0);
        LendingCore lending = new LendingCore(ILedger(address(ledger)));
        ledger.listCore(address(lending));
        registry.setProtocol(address(lending));
        lending.enableRateModel(address(0));
        lending.enableLltv(0.8e18);
        agency.setApproval(id, address(lending), 1);
        agency.mint(id, alice, 1_000e18);
        MarketParams memory m = MarketParams(
            _id(address(home0)),
            id,
            address(new MockPriceOracle(1e36)),
            address(0),
            0.8e18,
            type(uint96).max
        );
        _fund(home0, bob, 10_000e18);
        _lend(lending, m, bob, 0, abi.encodeCall(ILendingActions.createMarket, (m)));
        _lend(lending, m, bob, 10_000e18, abi.encodeCall(ILendingActions.supply, (1)));
        _lend(lending, m, alice, 0, abi.encodeCall(ILendingActions.pledgeCollateral, (1_000e18)));
        // Sanctioned: neither eligible nor thawed, and the units are with the issuer's custodian.
        address custodian = makeAddr("custodian");
        _admit(custodian, true);
        _admit(alice, false);
        agency.setAccountFrozen(id, alice, true);
        agency.movePledge(id, alice, address(lending), custodian);
        _lend(lending, m, alice, 0, abi.encodeCall(ILendingActions.borrow, (800e18, alice)));
        assertEq(ledger.balanceOf(alice, _id(address(home0))), 800e18, "borrowed");
        assertEq(core.pledgedTotal(custodian, id), 1_000e18, "on the custodian");
    }

    function testNoFee() public {
        IRwaAgency.Terms memory terms;
        (terms.owner, terms.payAsset, terms.cap, terms.feePerDay) = (address(this), pay, type(uint96).max, 1e6);
        uint256 id = agency.issue("f", terms);
        agency.mint(id, bob, 100e18);
        vm.warp(1_100 days);
        _distribute(id, 1, 1_101 days);
        _fund(home1, address(this), 1e9);
        _income(id, address(this), 1e9, abi.encodeCall(IRwaActions.addIncome, ()));
        assertEq(core.incomeStateOf(id).fees, 0, "fees");
        vm.warp(1_101 days);
        assertTrue(_claim(id, bob) > 0.99e9, "all of it");
    }

    function testOtherIssuerBlocksMarking() public {
        uint256 id = _issue("a", 0);
        address core2 = makeAddr("core2");
        ledger.listCore(core2);
        core.setFrozenTokens(core2, id, 1);
        bool ok;
        try registry.setProtocol(core2) {
            ok = true;
        } catch {}
        assertTrue(!ok, "blocked");
    }

    // An asset of whole shares: its income never flows, and nobody gets it back.
    function testWholeSharesEarnNothing() public {
        IRwaAgency.Terms memory terms;
        (terms.owner, terms.payAsset, terms.cap, terms.decimals) = (address(this), pay, 10_000, 0);
        uint256 id = agency.issue("h", terms);
        agency.mint(id, bob, 10_000);
        _distribute(id, 50_000e6, 1_001 days);
        vm.warp(2_000 days);
        assertEq(core.incomeOf(id, bob), 0, "nothing");
        assertEq(_incomeBook(id).amount(0), 50_000e6, "stuck");
    }

    // Issuer of another asset keeps an issuer from approving his pool.
    function testOtherIssuerBlocksPool() public {
        uint256 id = _issue("a", 0);
        uint256 other = _issue("b", 0);
        address pool = makeAddr("pool");
        core.setFrozenTokens(pool, other, 1);
        bool ok;
        try agency.setApproval(id, pool, 4) {
            ok = true;
        } catch {}
        assertTrue(!ok, "blocked");
    }

    // Two weeks' dust, then the record of an unlisted book wraps: 10,000 of 6 decimals while 2^20 units were out.
    function testWrapsAfterDust() public {
        uint256 id = _issue("d", 0);
        agency.mint(id, bob, 1 << 20);
        _distribute(id, 10_000e6, 1_001 days);
        vm.warp(1_001 days);
        _distribute(id, 10_000e6, 1_002 days); // others' income
        agency.mint(id, bob, 1_000_000e18);
        agency.mint(id, alice, 600_000e18);
        uint256 n = (uint256(2 ** 92 - 5_000e6) * (1 << 20)) / 10_000e6;
        emit log(n);
        _pass(alice, alice, id, n, 0);
        emit log(core.incomeOf(id, address(rogue)));
        assertTrue(core.incomeOf(id, address(rogue)) > 4_000e6, "made of nothing");
    }
}
