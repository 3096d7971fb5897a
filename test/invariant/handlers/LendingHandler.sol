// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Ledger} from "../../../contracts/core/Ledger.sol";
import {ILendingActions} from "../../../contracts/interfaces/ILendingActions.sol";
import {ILendingCore} from "../../../contracts/interfaces/ILendingCore.sol";
import {LendingCore} from "../../../contracts/lending/LendingCore.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {MockPriceOracle} from "../../../contracts/mocks/MockPriceOracle.sol";
import {MockRateModel} from "../../../contracts/mocks/MockRateModel.sol";
import {LendingLens} from "../../../contracts/periphery/LendingLens.sol";
import {ADAPTIVE_CURVE, MarketParams, NO_INTEREST} from "../../../contracts/types/MarketParams.sol";
import {MarketId} from "../../../contracts/types/MarketId.sol";
import {LendingJudge} from "./LendingJudge.sol";

/// @dev Burns all gas at once: a loop would be as good, but the runner notes each of its steps.
contract Burner {
    fallback() external {
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// @title LendingHandler
/// @notice Three accounts on four markets: adaptive and always whole, without interest and capped, an outside rate model, and one the
/// other way round, empty at first.
contract LendingHandler is LendingJudge {
    uint256 private constant FUNDS = 1e27;
    /// @dev Of a wallet's call: an oracle that burns gas burns all it gets.
    uint256 private constant CALL_GAS = 3_000_000;
    uint256 private constant LIMIT = 1e24;
    uint256 private constant LAST_SECOND = type(uint32).max;

    address private immutable BURNER = address(new Burner());

    mapping(bytes4 action => uint256) public succeeded;

    constructor() {
        _deployLending();
        for (uint256 i; i < ACTORS; ++i) {
            actors[i] = vm.addr(177 + i);
            _fund(home0, actors[i], FUNDS);
            _fund(home1, actors[i], FUNDS);
            vm.prank(actors[i]);
            ledger.setConsent(asset0, 1);
        }
        _open(0, MarketParams(asset0, asset1, address(0), ADAPTIVE_CURVE, 0.86e18, ALWAYS_WHOLE));
        _open(1, MarketParams(asset0, asset1, address(0), NO_INTEREST, 0.625e18, 0));
        _open(2, MarketParams(asset0, asset1, address(0), address(model), 0.945e18, 1e9));
        _open(3, MarketParams(asset1, asset0, address(0), ADAPTIVE_CURVE, 0.385e18, 0));
        lending.setFeeRecipient(actors[0]);
        lending.setFee(_markets[0], 0.1e18);
        model.setRate(1e10);
        for (uint256 m; m < 3; ++m) _lendIn(_markets[m], actors[m], actors[(m + 1) % ACTORS]);
    }

    function _open(uint256 m, MarketParams memory market) private {
        _oracles[m] = new MockPriceOracle(SCALE);
        market.oracle = address(_oracles[m]);
        _create(market);
        (_markets[m], _ids[m]) = (market, market.toId(address(lending)));
        for (uint256 i; i < ACTORS; ++i) {
            uint256 shareId = lending.shareIdOf(market); // before the prank, which is for the next call
            vm.prank(actors[i]);
            ledger.setConsent(shareId, 1);
        }
    }

    /* SUPPLIERS */

    function supply(uint256 actor, uint256 m, uint256 amount, bool byShares) external {
        (actor, m) = (actor % ACTORS, m % MARKETS);
        amount = _upTo(amount, LIMIT);
        uint256 quote;
        bytes memory data = abi.encodeCall(ILendingActions.supply, (0));
        if (byShares) {
            uint256 shares = lens.previewSupply(_markets[m], amount);
            quote = shares;
            data = abi.encodeCall(ILendingActions.supplyShares, (shares));
            // Exactly enough, and what is too much comes back.
            amount = lens.previewSupplyShares(_markets[m], shares) + (amount % 3);
        } else {
            quote = lens.previewSupply(_markets[m], amount);
        }
        (bool ok, , uint256 minted) = _try(Kind.SUPPLY, m, actor, actor, amount, data);
        if (ok) _require(minted == quote, 18);
    }

    function withdraw(uint256 actor, uint256 m, uint256 amount, bool byShares) external {
        (actor, m) = (actor % ACTORS, m % MARKETS);
        uint256 held = ledger.balanceOf(actors[actor], lending.shareIdOf(_markets[m]));
        if (byShares) {
            uint256 shares = amount % 8 == 0 ? held : _upTo(amount, held);
            uint256 quote = shares > held + 1 ? 0 : lens.previewRedeem(_markets[m], shares);
            bytes memory data = abi.encodeCall(
                ILendingActions.redeem,
                (shares == held ? type(uint256).max : shares, 0)
            );
            (bool ok, uint256 out, ) = _try(Kind.WITHDRAW, m, actor, actor, 0, data);
            if (ok) _require(out == quote, 18);
        } else {
            uint256 most = lens.maxWithdraw(_markets[m], actors[actor]);
            uint256 assets = amount % 8 == 0 ? most : _upTo(amount, most);
            uint256 quote = lens.previewWithdraw(_markets[m], assets);
            bytes memory data = abi.encodeCall(ILendingActions.withdraw, (assets, quote));
            (bool ok, uint256 out, ) = _try(Kind.WITHDRAW, m, actor, actor, 0, data);
            if (ok) _require(out == assets, 18);
            _require(ok == (assets != 0 && assets <= most), 18);
        }
    }

    /* BORROWERS */

    function addCollateral(uint256 actor, uint256 account, uint256 m, uint256 amount) external {
        (actor, account, m) = (actor % ACTORS, account % ACTORS, m % MARKETS);
        bytes memory data = abi.encodeCall(ILendingActions.addCollateral, (actors[account]));
        _tryWith(Kind.COLLATERAL, m, actor, account, 0, _upTo(amount, LIMIT), data);
    }

    function removeCollateral(uint256 actor, uint256 account, uint256 m, uint256 amount) external {
        (actor, account, m) = (actor % ACTORS, account % 4 == 0 ? (account / 4) % ACTORS : actor % ACTORS, m % MARKETS);
        (bool known, uint256 most) = _ask(abi.encodeCall(lens.maxWithdrawCollateral, (_markets[m], actors[account])));
        amount = _removal(amount, most, lending.positionOf(_ids[m], actors[account]).collateral);
        bytes memory data = abi.encodeCall(ILendingActions.removeCollateral, (amount, actors[account]));
        (bool ok, , ) = _try(Kind.COLLATERAL, m, actor, account, 0, data);
        _require(ok == (known && amount != 0 && amount <= most && _mayAct(actor, account)), 18);
    }

    /// @dev The most that may leave, a unit more, all that there is, or anything up to the most.
    function _removal(uint256 seed, uint256 most, uint256 held) private pure returns (uint256) {
        uint256 roll = seed % 8;
        if (roll < 2) return most + roll;
        return roll == 2 ? held : _upTo(seed / 8, most);
    }

    function borrow(uint256 actor, uint256 account, uint256 m, uint256 amount) external {
        (actor, account, m) = (actor % ACTORS, account % 4 == 0 ? (account / 4) % ACTORS : actor % ACTORS, m % MARKETS);
        (bool known, uint256 most) = _ask(abi.encodeCall(lens.maxBorrow, (_markets[m], actors[account])));
        uint256 roll = amount % 8;
        amount =
            roll == 0
                ? most
                : roll == 1
                    ? most + 1
                    : _upTo(amount / 8, most);
        bytes memory data = abi.encodeCall(ILendingActions.borrow, (amount, actors[account]));
        (bool ok, uint256 out, ) = _try(Kind.BORROW, m, actor, account, 0, data);
        bool expected = known && amount <= most && amount != 0 && _mayAct(actor, account);
        _require(roll > 1 || ok == expected, 18);
        if (ok) _require(out == amount && known && _mayAct(actor, account), 18);
    }

    function repay(uint256 actor, uint256 account, uint256 m, uint256 amount, bool byShares) external {
        (actor, account, m) = (actor % ACTORS, account % ACTORS, m % MARKETS);
        LendingLens.PositionView memory position = lens.positionOf(_markets[m], actors[account]);
        bytes memory data;
        if (byShares) {
            uint256 shares = amount % 4 == 0 ? type(uint256).max : _upTo(amount, position.borrowShares);
            data = abi.encodeCall(ILendingActions.repayShares, (shares, actors[account]));
            // All of it can be repaid, whatever oracle and rate model do.
            (bool ok, , ) = _try(Kind.REPAY, m, actor, account, position.debt, data);
            bool hasFunds = position.debt <= ledger.balanceOf(actors[actor], _markets[m].loanAsset);
            _require(ok || position.borrowShares == 0 || !hasFunds, 15);
        } else {
            amount = amount % 4 == 0 ? position.debt + 1 : _upTo(amount, position.debt);
            _repayAssets(actor, account, m, amount);
        }
    }

    /// @dev As much of `amount` as the lens says.
    function _repayAssets(uint256 actor, uint256 account, uint256 m, uint256 amount) private {
        (uint256 taken, uint256 shares) = lens.previewRepay(_markets[m], actors[account], amount);
        (uint256 idle, uint256 owed) = _idleAndOwed(m, account);
        bytes memory data = abi.encodeCall(ILendingActions.repay, (actors[account]));
        (bool ok, , ) = _try(Kind.REPAY, m, actor, account, amount, data);
        if (!ok) return;
        (uint256 idleAfter, uint256 owedAfter) = _idleAndOwed(m, account);
        _require(_rise(owedAfter, owed) == shares && _rise(idle, idleAfter) == taken, 18);
    }

    function _idleAndOwed(uint256 m, uint256 account) private view returns (uint256 idle, uint256 owed) {
        idle = lens.marketOf(_markets[m]).idle;
        owed = lens.positionOf(_markets[m], actors[account]).borrowShares;
    }

    function liquidate(uint256 actor, uint256 account, uint256 m, uint256 amount) external {
        (actor, account, m) = (actor % ACTORS, account % ACTORS, m % MARKETS);
        LendingLens.PositionView memory position = lens.positionOf(_markets[m], actors[account]);
        amount = amount % 2 == 0 ? position.debt + 1 : _upTo(amount, position.debt);
        LendingLens.Liquidation memory quote;
        try lens.previewLiquidate{gas: CALL_GAS}(_markets[m], actors[account], amount) returns (
            LendingLens.Liquidation memory answer
        ) {
            quote = answer;
        } catch {}
        Snap memory before = _snap(m);
        bytes memory data = abi.encodeCall(ILendingActions.liquidate, (actors[account], quote.seized));
        (bool ok, , ) = _try(Kind.LIQUIDATE, m, actor, account, amount, data);
        bool hasFunds = amount <= ledger.balanceOf(actors[actor], _markets[m].loanAsset);
        if (hasFunds) _require(ok == (quote.repaidShares != 0), 18);
        if (!ok) return;
        Snap memory left = _snap(m);
        _require(_rise(before.idle, left.idle) == quote.repaidAssets, 18);
        _require(_rise(left.collateral, before.collateral) == quote.seized, 18);
        _require(_rise(left.supplied, before.supplied) == quote.badDebt, 18);
    }

    /* MARKETS */

    /// @dev Accrues, changes the fee, or collects it.
    function accrue(uint256 m, uint256 seed) external {
        m = m % MARKETS;
        Snap memory before = _snap(m);
        uint256 actor = (seed >> 8) % ACTORS;
        if (seed % 3 == 0) {
            (bool ok, , ) = _try(Kind.ACCRUE, m, actor, actor, 0, abi.encodeCall(ILendingActions.accrue, ()));
            _require(ok, 19);
        } else if (seed % 3 == 1) {
            lending.setFee(_markets[m], ((seed >> 16) % 51) * 0.005e18);
            _judge(Kind.ACCRUE, m, actor, actor, before, _snap(m));
            succeeded[msg.sig] += 1;
        } else {
            bytes memory data = abi.encodeCall(ILendingActions.collectFee, ());
            (bool ok, , uint256 minted) = _try(Kind.ACCRUE, m, actor, actor, 0, data);
            // The first account alone, and all that the fee added.
            _require(ok == (actor == 0), 20);
            if (ok) _require(minted == before.feeShares && _snap(m).feeShares == 0, 20);
        }
    }

    /// @dev Prices, rates and ways to fail; and time, whose interest is judged.
    function move(uint256 m, uint256 seed) external {
        m = m % MARKETS;
        _setOracle(m, seed >> 8);
        if (seed % 4 == 0) {
            _setModel((seed >> 16) % 4);
            model.setRate((seed >> 32) % 8 == 0 ? type(uint256).max : (seed >> 40) % 1e12);
        }
        uint256 duration = (seed >> 64) % 32 == 0 ? (seed >> 70) % (10 * 365 days) : (seed >> 70) % 30 days;
        if (block.timestamp + duration > LAST_SECOND) return;
        Snap memory before = _snap(m);
        skip(duration);
        _judgeInterest(m, before, _snap(m));
        succeeded[msg.sig] += 1;
    }

    function _failOracle(uint256 m, bool burnsGas) private {
        if (burnsGas) _oracles[m].setAttack(BURNER, "");
        else _oracles[m].setMode(MockPriceOracle.Mode.REVERTS);
    }

    /// @dev 0 answers; 1 reverts, 2 burns all gas, 3 answers less than a word.
    function _setModel(uint256 mode) private {
        if (mode == 2) model.setAttack(BURNER, "");
        else model.setMode(MockRateModel.Mode(mode));
    }

    function _setOracle(uint256 m, uint256 seed) private {
        if (seed % 8 == 0) {
            _failOracle(m, (seed >> 8) % 2 == 0);
            return;
        }
        _oracles[m].setMode(MockPriceOracle.Mode.ANSWERS);
        uint256 price = _oracles[m].price();
        uint256 roll = (seed >> 8) % 16;
        if (roll == 0) price = 1 << ((seed >> 16) % 160);
        else if (roll == 1) price = 0;
        else if (roll < 5) price = SCALE;
        else price = Math.min((price * (50 + ((seed >> 16) % 101))) / 100, 1 << 170);
        _oracles[m].setPrices(price, price - Math.mulDiv(price, (seed >> 32) % 3, 100));
    }

    /// @dev LEN-6: what is owed, and a share of it and of the supply, never falls by interest; LEN-20: the fee gets its part at most.
    function _judgeInterest(uint256 m, Snap memory a, Snap memory b) private {
        _require(b.owed >= a.owed && b.debtShares == a.debtShares && b.idle == a.idle, 6);
        _require(_rise(a.supplied, b.supplied) == _rise(a.owed, b.owed), 6);
        // With the fee's shares at the old price, and the shares that others hold at least at it.
        _require((b.supplied + 1) * (a.shares + SHARES_OFFSET) >= (a.supplied + 1) * (b.shares + SHARES_OFFSET), 5);
        if (_markets[m].irm == NO_INTEREST) _require(b.owed == a.owed, 6);
        (uint256 interest, uint256 feeShares) = (_rise(a.owed, b.owed), _rise(a.feeShares, b.feeShares));
        if (!_require(_rise(a.shares, b.shares) == feeShares && b.feeShares >= a.feeShares, 20)) return;
        if (b.owed < a.owed) return;
        uint256 fee = lending.marketOf(_ids[m]).fee;
        uint256 worth = Math.mulDiv(feeShares, b.supplied + 1, b.shares + SHARES_OFFSET);
        _require(worth * WAD <= interest * fee, 20);
    }

    function setOperator(uint256 owner, uint256 operator, bool approved) external {
        vm.prank(actors[owner % ACTORS]);
        ledger.setOperator(actors[operator % ACTORS], approved);
        succeeded[msg.sig] += 1;
    }

    function transferShares(uint256 from, uint256 to, uint256 m, uint256 amount) external {
        (from, to, m) = (from % ACTORS, to % ACTORS, m % MARKETS);
        uint256 shareId = lending.shareIdOf(_markets[m]);
        bytes32 before = _own((m + 1) % MARKETS);
        amount = _upTo(amount, ledger.balanceOf(actors[from], shareId));
        vm.prank(actors[from]);
        try ledger.transfer(actors[to], shareId, amount) {
            // solhint-disable-next-line reentrancy
            succeeded[msg.sig] += 1;
        } catch {}
        _require(_own((m + 1) % MARKETS) == before, 12);
    }

    /// @dev LEN-17: tokens sent past the ledger's entries, to whatever contract.
    function donate(uint256 seed, uint256 amount) external {
        address[6] memory targets = [
            address(ledger),
            address(lending),
            address(lens),
            address(settlement),
            address(_oracles[seed % MARKETS]),
            address(model)
        ];
        uint256 m = seed % MARKETS;
        bytes32 before = _outcome(m);
        amount = _upTo(amount, LIMIT);
        home0.mint(targets[(seed >> 8) % 6], amount);
        home1.mint(targets[(seed >> 8) % 6], amount);
        _require(_outcome(m) == before, 17);
        succeeded[msg.sig] += 1;
    }

    /* EXITS */

    /// @dev LEN-15: with an oracle and a rate model that fail, debt is repaid and collateral taken out.
    function exit(uint256 actor, uint256 m, uint256 seed) external {
        (actor, m) = (actor % ACTORS, m % MARKETS);
        MockPriceOracle oracle = _oracles[m];
        (MockPriceOracle.Mode oracleMode, MockRateModel.Mode modelMode) = (oracle.mode(), model.mode());
        LendingLens.PositionView memory position = lens.positionOf(_markets[m], actors[actor]);
        if (seed % 4 != 0 && position.borrowShares != 0) return;
        if (position.debt > ledger.balanceOf(actors[actor], _markets[m].loanAsset)) return;
        _failOracle(m, seed % 3 == 0);
        _setModel(1 + ((seed >> 8) % 3));
        // A model that fails leaves the last rate, which may be another than what stood in the answer before.
        position = lens.positionOf(_markets[m], actors[actor]);
        if (position.borrowShares != 0) {
            bytes memory data = abi.encodeCall(ILendingActions.repayShares, (type(uint256).max, address(0)));
            (bool ok, , ) = _try(Kind.REPAY, m, actor, actor, position.debt, data);
            _require(ok, 15);
        }
        if (position.collateral != 0) {
            bytes memory data = abi.encodeCall(ILendingActions.removeCollateral, (type(uint256).max, address(0)));
            (bool ok, , uint256 out) = _try(Kind.COLLATERAL, m, actor, actor, 0, data);
            ILendingCore.Position memory left = lending.positionOf(_ids[m], actors[actor]);
            _require(ok && out == 0 && left.collateral == 0 && left.borrowShares == 0, 15);
        }
        oracle.setMode(oracleMode);
        model.setMode(modelMode);
    }

    /* BATCHES */

    struct Operation {
        uint256 actor;
        uint8 kind;
        uint256 amount;
        uint256 limit;
    }

    /// @dev LEN-13: a section leaves what wallets' calls in its order leave. Up to five operations, of all kinds, good and bad.
    function settle(uint256 m, uint256 seed) external {
        m = m % MARKETS;
        Operation[] memory operations = new Operation[](1 + (seed % 5));
        for (uint256 i; i < operations.length; ++i) {
            operations[i] = _operation(m, uint256(keccak256(abi.encode(seed, i))), operations.length);
        }
        Snap memory before = _snap(m);
        (bytes32 other, bytes32 outcome) = (_own((m + 1) % MARKETS), _outcome(m));
        uint256 state = vm.snapshotState();
        uint256 refused;
        for (uint256 i; i < operations.length; ++i) if (!_actAlone(m, operations[i])) refused |= 1 << i;
        bytes32 wallets = _outcome(m);
        vm.revertToState(state);
        (bool executed, uint256[] memory skipped) = settlement.settleWords(_section(_markets[m]), _pack(m, operations));
        _require(executed && skipped[0] == refused && _outcome(m) == wallets, 13);
        _require(_own((m + 1) % MARKETS) == other, 12);
        _judgeBatch(operations, before, _snap(m));
        if (skipped[0] == 2 ** operations.length - 1) _require(_outcome(m) == outcome, 14);
        if (executed && skipped[0] != 2 ** operations.length - 1) succeeded[msg.sig] += 1;
    }

    function _judgeBatch(Operation[] memory operations, Snap memory a, Snap memory b) private {
        for (uint256 i; i < ACTORS; ++i) {
            bool acts;
            for (uint256 j; j < operations.length; ++j) acts = acts || operations[j].actor == i;
            if (!acts) _judgeWord(a, b, i);
            bool wasHealthy = a.price != 0 && a.accounts[i].owed <= a.accounts[i].maximum;
            _require(!wasHealthy || b.accounts[i].owed <= b.accounts[i].maximum, 7);
        }
        _require((b.supplied + 1) * (a.shares + SHARES_OFFSET) >= (a.supplied + 1) * (b.shares + SHARES_OFFSET), 5);
    }

    function _operation(uint256 m, uint256 roll, uint256 count) private view returns (Operation memory operation) {
        operation.actor = roll % ACTORS;
        address account = actors[operation.actor];
        operation.kind = [0, 1, 2, 3, 8, 11, 0, 2, 3, 8, 11, 1, 3, 8, 9, 15][(roll >> 8) % 16];
        uint256 size = roll >> 16;
        uint256 share = ledger.balanceOf(account, lending.shareIdOf(_markets[m])) / count;
        if (operation.kind == 0) operation.amount = _upTo(size, LIMIT);
        else if (operation.kind == 2) operation.amount = size % 8 == 0 ? share : _upTo(size, share);
        else if (operation.kind == 1) operation.amount = _upTo(size, LIMIT);
        else if (operation.kind == 8) operation.amount = _repayment(size, lens.positionOf(_markets[m], account).debt);
        else if (operation.kind == 9) operation.amount = _upTo(size, LIMIT);
        if (operation.kind == 3) {
            (bool known, uint256 most) = _ask(abi.encodeCall(lens.maxBorrow, (_markets[m], account)));
            operation.limit = size % 4 == 0 ? most + ((size >> 2) % 2) : _upTo(size, known ? most : LIMIT);
        } else if (operation.kind == 11) {
            (bool known, uint256 most) = _ask(abi.encodeCall(lens.maxWithdrawCollateral, (_markets[m], account)));
            uint256 held = lending.positionOf(_ids[m], account).collateral;
            operation.limit = known ? _removal(size, most, held) : _upTo(size, LIMIT);
        } else if ((roll >> 128) % 8 == 0) {
            operation.limit =
                operation.kind == 0
                    ? lens.previewSupply(_markets[m], operation.amount) + ((roll >> 136) % 2)
                    : type(uint112).max;
        }
        // A signer keeps within what he has at the beginning: a section debits all operations before it pays any.
        uint256 held = ledger.balanceOf(
            account,
            operation.kind % 4 == 0 ? _markets[m].loanAsset : _markets[m].collateralAsset
        );
        if (operation.kind % 4 < 2) operation.amount = Math.min(operation.amount, held / count);
    }

    /// @dev Half of them are more than what is owed, and have change.
    function _repayment(uint256 size, uint256 debt) private pure returns (uint256) {
        return size % 2 == 0 ? debt + _upTo(size / 2, debt) : _upTo(size / 2, 2 * debt);
    }

    function _actAlone(uint256 m, Operation memory operation) private returns (bool ok) {
        (uint256 amount0, uint256 amount1) = (0, 0);
        bytes memory data;
        if (operation.kind == 0) {
            (amount0, data) = (operation.amount, abi.encodeCall(ILendingActions.supply, (operation.limit)));
        } else if (operation.kind == 1) {
            (amount1, data) = (operation.amount, abi.encodeCall(ILendingActions.addCollateral, (address(0))));
        } else if (operation.kind == 2) {
            data = abi.encodeCall(ILendingActions.redeem, (operation.amount, operation.limit));
        } else if (operation.kind == 3) {
            data = abi.encodeCall(ILendingActions.borrow, (operation.limit, address(0)));
        } else if (operation.kind == 8) {
            (amount0, data) = (operation.amount, abi.encodeCall(ILendingActions.repay, (address(0))));
        } else if (operation.kind == 11) {
            data = abi.encodeCall(ILendingActions.removeCollateral, (operation.limit, address(0)));
        } else {
            return false;
        }
        try this.doAct{gas: CALL_GAS}(m, actors[operation.actor], amount0, amount1, data) {
            ok = true;
        } catch {}
    }

    function _pack(uint256 m, Operation[] memory operations) private view returns (uint256[] memory words) {
        words = new uint256[](2 * operations.length);
        uint8[2][ACTORS] memory sequence;
        uint256 shareId = lending.shareIdOf(_markets[m]);
        for (uint256 i; i < ACTORS; ++i) {
            sequence[i][0] = uint8(ledger.wordOf(actors[i], asset0).flags() >> 8); // its low 8 bits
            sequence[i][1] = uint8(ledger.wordOf(actors[i], shareId).flags() >> 8);
        }
        for (uint256 i; i < operations.length; ++i) {
            Operation memory operation = operations[i];
            bool moves = operation.kind % 4 == 3 || operation.amount != 0;
            uint256 word = operation.kind % 4 == 2 ? 1 : 0;
            (words[2 * i], words[2 * i + 1]) = OperationLib.pack(
                actors[operation.actor],
                sequence[operation.actor][word],
                operation.kind,
                operation.amount,
                uint224(operation.limit)
            );
            // What is skipped leaves the sequence.
            if (moves) sequence[operation.actor][word] = uint8((uint256(sequence[operation.actor][word]) + 1) % 256);
        }
    }

    /* ATTEMPTS */

    struct Attempt {
        Kind kind;
        uint256 m;
        uint256 actor;
        uint256 account;
        uint256 amount0;
        uint256 amount1;
        bytes data;
    }

    function doAct(
        uint256 m,
        address actor,
        uint256 amount0,
        uint256 amount1,
        bytes memory data
    ) external returns (uint256, uint256, uint256) {
        return _act(_markets[m], actor, amount0, amount1, data);
    }

    function _try(
        Kind kind,
        uint256 m,
        uint256 actor,
        uint256 account,
        uint256 amount0,
        bytes memory data
    ) private returns (bool ok, uint256 out0, uint256 minted) {
        return _tryWith(kind, m, actor, account, amount0, 0, data);
    }

    function _tryWith(
        Kind kind,
        uint256 m,
        uint256 actor,
        uint256 account,
        uint256 amount0,
        uint256 amount1,
        bytes memory data
    ) private returns (bool, uint256, uint256) {
        return _attempt(Attempt(kind, m, actor, account, amount0, amount1, data));
    }

    function _attempt(Attempt memory attempt) private returns (bool ok, uint256 out0, uint256 minted) {
        uint256 m = attempt.m;
        Snap memory before = _snap(m);
        uint256 neighbour = (m + 1 + (before.idle % (MARKETS - 1))) % MARKETS;
        (bytes32 stored, bytes32 other) = (_stored(m), _own(neighbour));
        (ok, out0, minted) = _send(attempt);
        if (ok) {
            _judge(attempt.kind, m, attempt.actor, attempt.account, before, _snap(m));
            succeeded[msg.sig] += 1;
        } else {
            _require(_stored(m) == stored, 14);
        }
        _require(_own(neighbour) == other, 12);
    }

    function _send(Attempt memory attempt) private returns (bool, uint256, uint256) {
        address actor = actors[attempt.actor];
        try this.doAct{gas: CALL_GAS}(attempt.m, actor, attempt.amount0, attempt.amount1, attempt.data) returns (
            uint256 out0,
            uint256,
            uint256 minted
        ) {
            return (true, out0, minted);
        } catch {
            return (false, 0, 0);
        }
    }

    function _mayAct(uint256 actor, uint256 account) private view returns (bool) {
        return actor == account || ledger.isOperator(actors[account], actors[actor]);
    }

    /// @dev The first word that the lens answers, if it does.
    function _ask(bytes memory data) private view returns (bool ok, uint256 first) {
        bytes memory answer;
        (ok, answer) = address(lens).staticcall{gas: CALL_GAS}(data);
        if (ok) first = abi.decode(answer, (uint256));
    }

    /// @dev 1 to `limit` and one more, each length as likely.
    function _upTo(uint256 seed, uint256 limit) private pure returns (uint256) {
        uint256 size = seed % (Math.log2(limit + 1) + 1);
        uint256 amount = 1 + ((seed >> 8) % 2 ** size);
        return amount > limit + 1 ? limit + 1 : amount;
    }

    /* VIEWS */

    function marketCount() external pure returns (uint256) {
        return MARKETS;
    }

    function actorCount() external pure returns (uint256) {
        return ACTORS;
    }

    function marketAt(uint256 m) external view returns (MarketParams memory, MarketId) {
        return (_markets[m], _ids[m]);
    }

    /// @notice All that was deposited of each asset; nothing is ever withdrawn.
    function deposited() external pure returns (uint256) {
        return ACTORS * FUNDS;
    }

    function parts() external view returns (Ledger, LendingCore, uint256 id0, uint256 id1) {
        return (ledger, lending, asset0, asset1);
    }
}
