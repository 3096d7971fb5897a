// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingActions} from "../../../contracts/interfaces/IStakingActions.sol";
import {ExitQueue} from "../../../contracts/libraries/ExitQueue.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {StakePool} from "../../../contracts/types/StakePool.sol";
import {StakingJudge} from "./StakingJudge.sol";

/// @title StakingHandler
/// @notice Three accounts in three pools: with two streams and exits at once, with a cooldown and a slasher, and with locks. The
/// handler is funder, slasher and the protocol to which stake is pledged.
contract StakingHandler is StakingJudge {
    uint256 private constant FUNDS = 1e30;
    uint256 private constant LIMIT = 1e24;
    uint256 private constant LAST_SECOND = type(uint32).max - 10 * 365 days;

    mapping(bytes4 action => uint256) public succeeded;
    /// @notice Rewards that were funded and paid, and stake that came and went, by pool and stream.
    mapping(uint256 m => mapping(uint256 stream => uint256)) public funded;
    mapping(uint256 m => mapping(uint256 stream => uint256)) public paid;
    mapping(uint256 m => uint256) public staked;

    constructor() {
        vm.warp(1_800_000_000);
        _deployStaking();
        _fund(home1, address(this), FUNDS);
        _fund(second, address(this), FUNDS);
        for (uint256 i; i < ACTORS; ++i) {
            actors[i] = vm.addr(177 + i);
            _fund(home0, actors[i], FUNDS);
            vm.prank(actors[i]);
            ledger.setConsent(asset0, 1);
        }
        StakePool memory plain;
        (plain.stakeAsset, plain.reward0, plain.funder, plain.step) = (asset0, asset1, address(this), 1);
        _open(LOCKED, plain);
        _open(SLASHED, plain);
        _open(DOUBLE, plain);
        for (uint256 m; m < POOLS; ++m) {
            for (uint256 i; i < ACTORS; ++i) _act(_pools[m], 0, actors[i], 1e20, 0, _stakeData(i));
            staked[m] = ACTORS * 1e20;
            _begin(m, 0, 1e12, 30 days);
        }
        _begin(DOUBLE, 1, 1e10, 7 days);
    }

    function _begin(uint256 m, uint256 stream, uint256 amount, uint256 duration) private {
        bytes memory data = abi.encodeCall(IStakingActions.fund, (block.timestamp + duration));
        _act(_pools[m], stream, address(this), 0, amount, data);
        funded[m][stream] = amount;
    }

    function _open(uint256 m, StakePool memory plain) private {
        StakePool memory pool = abi.decode(abi.encode(plain), (StakePool));
        if (m == DOUBLE) pool.reward1 = asset2;
        if (m == SLASHED) {
            (pool.cooldown, pool.slasher, pool.maxSlash, pool.step) = (1 days, address(this), 0.3e18, 1 minutes);
        }
        if (m == LOCKED) (pool.maxLock, pool.maxBoost, pool.step) = (30 days, 2e18, 1 hours);
        _create(pool);
        (_pools[m], _ids[m]) = (pool, pool.toId(address(staking)));
    }

    /* STAKERS */

    function stake(uint256 actor, uint256 target, uint256 m, uint256 amount) external {
        (actor, target, m) = (actor % ACTORS, target % ACTORS, m % POOLS);
        _take(Deed(Kind.STAKE, m, 0, actor, target, 0), _upTo(amount, LIMIT), _stakeData(target));
    }

    /// @dev STK-13: whatever is free can leave, or queue up, at any time.
    function unstake(uint256 actor, uint256 m, uint256 amount) external {
        (actor, m) = (actor % ACTORS, m % POOLS);
        Snap memory before = _snap(m);
        Holder memory holder = before.holders[actor];
        bool isLocked = m == LOCKED && holder.lockEnd > block.timestamp;
        uint256 free = m == LOCKED ? (isLocked ? 0 : holder.shares) : holder.shares - holder.extra;
        uint256 shares = amount % 4 == 0 ? free : _upTo(amount, free);
        bytes memory data =
            m == SLASHED
                ? abi.encodeCall(IStakingActions.requestUnstake, (shares, address(0)))
                : abi.encodeCall(IStakingActions.unstake, (shares, address(0)));
        uint256 worth = m == SLASHED ? _worth(before, shares) : shares;
        (bool ok, uint256 out) = _take(Deed(Kind.LEAVE, m, 0, actor, actor, 0), 0, data);
        _require(ok == (worth != 0 && shares <= free), 13);
        if (ok) _require(out == (m == SLASHED ? 0 : shares), 5);
    }

    /// @dev STK-6: in order, once, and at most what it was worth.
    function claimUnstaked(uint256 actor, uint256 seed) external {
        actor = actor % ACTORS;
        (, , uint256 count, ) = staking.queueOf(_ids[SLASHED]);
        uint256 requestId = 1 + (seed % (count + 1));
        ExitQueue.Request memory request = staking.requestOf(_ids[SLASHED], requestId);
        if (seed % 2 == 0 && request.owner != address(0)) actor = _indexOf(request.owner);
        Snap memory before = _snap(SLASHED);
        bool isFinal = _isFinal(SLASHED, request);
        bytes memory data = abi.encodeCall(IStakingActions.claimUnstaked, (requestId));
        (bool ok, uint256 out) = _take(Deed(Kind.EXIT, SLASHED, 0, actor, actor, 0), 0, data);
        _require(ok == (request.owner == actors[actor] && (isFinal || block.timestamp >= request.readyAt)), 6);
        if (!ok) return;
        _require(out <= request.assets && staking.requestOf(_ids[SLASHED], requestId).owner == address(0), 6);
        _require(isFinal || out <= _worth(before, request.shares) + 1, 8);
        _require(_isFinal(SLASHED, request), 6);
    }

    function finalise(uint256 actor, uint256 seed) external {
        (, , uint256 count, ) = staking.queueOf(_ids[SLASHED]);
        uint256 requestId = 1 + (seed % (count + 1));
        ExitQueue.Request memory request = staking.requestOf(_ids[SLASHED], requestId);
        bool isDue = request.owner != address(0) && block.timestamp >= request.readyAt && !_isFinal(SLASHED, request);
        bytes memory data = abi.encodeCall(IStakingActions.finalise, (requestId));
        (bool ok, ) = _take(Deed(Kind.EXIT, SLASHED, 0, actor % ACTORS, actor % ACTORS, 0), 0, data);
        _require(ok == isDue, 6);
    }

    function claim(uint256 actor, uint256 m, uint256 stream) external {
        (actor, m) = (actor % ACTORS, m % POOLS);
        stream = m == DOUBLE ? stream % 2 : 0;
        uint256 due = _snap(m).holders[actor].claimable[stream] >> 12;
        bytes memory data = abi.encodeCall(IStakingActions.claim, (address(0)));
        (bool ok, uint256 out) = _take(Deed(Kind.CLAIM, m, stream, actor, actor, 0), 0, data);
        _require(ok == (due != 0) && out == due, 5); // the book holds it
    }

    function lock(uint256 actor, uint256 duration) external {
        actor = actor % ACTORS;
        uint256 until = block.timestamp + (duration % 8 == 0 ? 30 days : duration % 31 days);
        bytes memory data = abi.encodeCall(IStakingActions.lock, (until));
        (bool ok, ) = _take(Deed(Kind.LOCK, LOCKED, 0, actor, actor, 0), 0, data);
        if (!ok) return;
        Holder memory holder = _snap(LOCKED).holders[actor];
        _require(holder.extra == (holder.shares * 2e18 * (until - block.timestamp)) / (30 days * 1e18), 1);
    }

    function kick(uint256 actor, uint256 target) external {
        (actor, target) = (actor % ACTORS, target % ACTORS);
        Holder memory holder = _snap(LOCKED).holders[target];
        bytes memory data = abi.encodeCall(IStakingActions.kick, (actors[target]));
        (bool ok, ) = _take(Deed(Kind.KICK, LOCKED, 0, actor, target, 0), 0, data);
        _require(ok == (holder.lockEnd != 0 && holder.lockEnd <= block.timestamp), 13);
        if (ok) _require(_snap(LOCKED).holders[target].weight == holder.shares, 1);
    }

    /* RECEIPTS AND PLEDGES */

    /// @dev Receipts are minted and burnt, and move through up to three accounts.
    function receipts(uint256 actor, uint256 m, uint256 seed, uint256 amount) external {
        (actor, m) = (actor % ACTORS, m % LOCKED);
        Holder memory holder = _snap(m).holders[actor];
        if (seed % 4 == 0) {
            amount = amount % 4 == 0 ? holder.shares - holder.extra : _upTo(amount, holder.shares - holder.extra);
            _take(Deed(Kind.RECEIPT, m, 0, actor, actor, 0), 0, abi.encodeCall(IStakingActions.mintReceipts, (amount)));
        } else if (seed % 4 == 1) {
            amount = _upTo(amount, holder.receipts);
            _take(Deed(Kind.RECEIPT, m, 0, actor, actor, 0), 0, abi.encodeCall(IStakingActions.burnReceipts, (amount)));
        } else {
            amount = amount % 4 == 0 ? holder.receipts : _upTo(amount, holder.receipts);
            uint256 receipt = _receiptOf(m);
            for (uint256 i; i < 1 + ((seed >> 8) % 3); ++i) {
                uint256 to = (seed >> (16 + i)) % ACTORS;
                Snap memory before = _snap(m);
                vm.prank(actors[actor]);
                try ledger.transfer(actors[to], receipt, amount) {
                    _judge(Deed(Kind.RECEIPT, m, 0, actor, to, 0), before, _snap(m));
                    // solhint-disable-next-line reentrancy
                    succeeded[msg.sig] += 1;
                } catch {
                    _require(amount > holder.receipts, 4);
                }
                actor = to;
            }
        }
    }

    /// @dev Free shares are pledged to the handler, which releases and seizes them.
    function pledges(uint256 actor, uint256 m, uint256 seed, uint256 amount) external {
        (actor, m) = (actor % ACTORS, m % LOCKED);
        Snap memory before = _snap(m);
        Holder memory holder = before.holders[actor];
        uint256 receipt = _receiptOf(m);
        if (seed % 4 == 0) {
            amount = _upTo(amount, holder.shares - holder.extra);
            bytes memory data = abi.encodeCall(IStakingActions.allowPledge, (address(this), amount / 2));
            _take(Deed(Kind.RECEIPT, m, 0, actor, actor, 0), 0, data);
            bool mayPledge = amount <= staking.pledgeAllowanceOf(_ids[m], actors[actor], address(this));
            try staking.pledge(actors[actor], receipt, amount) {
                _require(mayPledge, 10);
            } catch {}
            amount /= 2;
            try staking.pledge(actors[actor], receipt, amount) {
                _require(_snap(m).holders[actor].pledged == holder.pledged + amount, 4);
                _judge(Deed(Kind.RECEIPT, m, 0, actor, actor, 0), before, _snap(m));
            } catch {}
            return;
        }
        amount = _upTo(amount, holder.pledged);
        if (seed % 4 == 1) {
            try staking.release(actors[actor], receipt, amount) {
                _judge(Deed(Kind.RECEIPT, m, 0, actor, actor, 0), before, _snap(m));
            } catch {
                _require(amount == 0 || amount > holder.pledged, 4);
            }
            return;
        }
        uint256 to = (seed >> 8) % ACTORS;
        try staking.seize(actors[actor], receipt, amount, actors[to]) {
            _judge(Deed(Kind.SEIZE, m, 0, to, actor, 0), before, _snap(m));
            succeeded[msg.sig] += 1;
        } catch {
            _require(amount == 0 || amount > holder.pledged, 4);
        }
    }

    /* FUNDER AND SLASHER */

    function fund(uint256 m, uint256 stream, uint256 amount, uint256 duration) external {
        m = m % POOLS;
        stream = m == DOUBLE ? stream % 2 : 0;
        uint256 end = staking.streamOf(_ids[m], stream).end;
        uint256 earliest = block.timestamp + 1 hours;
        if (earliest < end) earliest = end;
        _pour(m, stream, _upTo(amount, 1e15), earliest + (duration % 8 == 0 ? 0 : duration % 40 days));
    }

    function slash(uint256 seed, uint256 amount) external {
        Snap memory before = _snap(SLASHED);
        amount = seed % 4 == 0 ? (before.assets * 3) / 10 : _upTo(amount, before.assets);
        bytes memory data = abi.encodeCall(IStakingActions.slash, (amount));
        try this.act(SLASHED, 0, address(this), 0, 0, data) returns (uint256 out, uint256) {
            _require(out == amount, 5);
            staked[SLASHED] -= amount;
            _judge(Deed(Kind.SLASH, SLASHED, 0, ACTORS, ACTORS, 0), before, _snap(SLASHED));
            succeeded[msg.sig] += 1;
        } catch {}
    }

    /* TIME */

    /// @dev STK-3 and STK-11: indices and what can be claimed never fall; who has no weight gets nothing.
    function move(uint256 seed) public {
        uint256 duration = seed % 16 == 0 ? (seed >> 8) % 365 days : (seed >> 8) % 2 days;
        if (block.timestamp + duration > LAST_SECOND) return;
        Snap[POOLS] memory before;
        for (uint256 m; m < POOLS; ++m) before[m] = _snap(m);
        skip(duration);
        for (uint256 m; m < POOLS; ++m) _judgeTime(before[m], _snap(m));
        succeeded[msg.sig] += 1;
    }

    function _judgeTime(Snap memory a, Snap memory b) private {
        for (uint256 s; s < 2; ++s) {
            _require(b.index[s] >= a.index[s], 3);
            for (uint256 i; i < ACTORS; ++i) {
                (uint256 now_, uint256 before) = (b.holders[i].claimable[s], a.holders[i].claimable[s]);
                _require(now_ >= before, 3);
                _require(a.holders[i].weight != 0 || now_ == before, 11);
            }
        }
    }

    /// @dev STK-12: what can be claimed does not depend on how often anybody looks at pools and accounts.
    function poke(uint256 m, uint256 seed) external {
        m = m % POOLS;
        (uint256 pokes, uint256 interval) = (1 + (seed % 12), (seed >> 8) % 3 hours);
        if (block.timestamp + pokes * interval > LAST_SECOND) return;
        uint256 state = vm.snapshotState();
        skip(pokes * interval);
        Snap memory alone = _snap(m);
        vm.revertToState(state);
        uint256 receipt = _receiptOf(m);
        for (uint256 i; i < pokes; ++i) {
            skip(interval);
            settlement.settleWords(_section(_pools[m]), new uint256[](0));
            (address from, address to) = (actors[(seed >> 32) % ACTORS], actors[(seed >> 40) % ACTORS]);
            if (ledger.balanceOf(from, receipt) == 0) continue;
            vm.prank(from);
            ledger.transfer(to, receipt, 1);
            vm.prank(to);
            ledger.transfer(from, receipt, 1);
        }
        Snap memory poked = _snap(m);
        rounds += 2 * pokes; // transfers
        for (uint256 i; i < ACTORS; ++i) {
            for (uint256 s; s < 2; ++s) {
                uint256 expected = alone.holders[i].claimable[s];
                _require(poked.holders[i].claimable[s] <= expected, 12);
                _require(poked.holders[i].claimable[s] + 2 * pokes >= expected, 12);
            }
        }
        // solhint-disable-next-line reentrancy
        succeeded[msg.sig] += 1;
    }

    /// @dev STK-11: who comes, and goes in the same block, gets nothing of what is funded between.
    function flash(uint256 actor, uint256 m, uint256 amount) external {
        (actor, m) = (actor % ACTORS, m % POOLS);
        uint256[2] memory before = _snap(m).holders[actor].claimable;
        _take(Deed(Kind.STAKE, m, 0, actor, actor, 0), 1 + (amount % LIMIT), _stakeData(actor));
        _pour(m, 0, 1e15, block.timestamp + 30 days);
        bytes memory data =
            m == SLASHED
                ? abi.encodeCall(IStakingActions.requestUnstake, (type(uint256).max, address(0)))
                : abi.encodeCall(IStakingActions.unstake, (type(uint256).max, address(0)));
        (bool ok, ) = _take(Deed(Kind.LEAVE, m, 0, actor, actor, 0), 0, data);
        uint256[2] memory left = _snap(m).holders[actor].claimable;
        _require(left[0] <= before[0] && left[1] <= before[1], 11);
        if (ok) succeeded[msg.sig] += 1;
    }

    /* BATCHES */

    /// @dev STK-14: a section leaves what wallets' calls in its order leave. Up to five operations, of all kinds, good and bad.
    function settle(uint256 m, uint256 seed) external {
        m = m % POOLS;
        (uint256[] memory operations, bytes[] memory calls) = _draw(m, seed);
        uint256 state = vm.snapshotState();
        uint256 refused;
        for (uint256 i; i < calls.length; ++i) {
            if (!_alone(m, operations[2 * i], operations[2 * i + 1], calls[i])) refused |= 1 << i;
        }
        bytes32 wallets = _outcome(m);
        vm.revertToState(state);
        _require(_together(m, operations) == refused && _outcome(m) == wallets, 14);
        rounds += calls.length;
        if (refused != 2 ** calls.length - 1) succeeded[msg.sig] += 1;
    }

    function _draw(uint256 m, uint256 seed) private view returns (uint256[] memory operations, bytes[] memory calls) {
        calls = new bytes[](1 + (seed % 5));
        operations = new uint256[](2 * calls.length);
        uint256[] memory sequences = _sequences();
        for (uint256 i; i < calls.length; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            uint8 sequence = uint8(sequences[roll % ACTORS]++);
            (operations[2 * i], operations[2 * i + 1], calls[i]) = _operation(m, roll, sequence);
        }
    }

    /// @dev Settles the section; answers what was refused, or all bits when it failed.
    function _together(uint256 m, uint256[] memory operations) private returns (uint256) {
        (uint256 stakeBefore, uint256 reward) = (_bookOf(_pools[m], 0).amount(0), _bookOf(_pools[m], 0).amount(1));
        (bool executed, uint256[] memory skipped) = settlement.settleWords(_section(_pools[m]), operations);
        paid[m][0] += reward - _bookOf(_pools[m], 0).amount(1);
        staked[m] = staked[m] + _bookOf(_pools[m], 0).amount(0) - stakeBefore;
        return executed ? skipped[0] : type(uint256).max;
    }

    function _sequences() private view returns (uint256[] memory sequences) {
        sequences = new uint256[](ACTORS);
        for (uint256 i; i < ACTORS; ++i) sequences[i] = ledger.wordOf(actors[i], asset0).flags() >> 8;
    }

    function _operation(
        uint256 m,
        uint256 roll,
        uint8 sequence
    ) private view returns (uint256 head, uint256 body, bytes memory data) {
        uint8 kind = [0, 3, 11, 19, 27, 0, 19, 11, 3, 35][(roll >> 8) % 10];
        (uint256 amount, uint256 limit) = _sizesOf(m, roll, kind);
        data = _dataOf(kind, limit);
        (head, body) = OperationLib.pack(actors[roll % ACTORS], sequence, kind, amount, uint224(limit));
    }

    function _sizesOf(uint256 m, uint256 roll, uint8 kind) private view returns (uint256 amount, uint256 limit) {
        uint256 size = roll >> 16;
        if (kind == 0) {
            amount = 1 + (size % LIMIT);
            if (size % 8 == 0) limit = 1100 * amount;
        } else if (kind == 11 || kind == 19) {
            limit = _upTo(size, staking.positionOf(_ids[m], actors[roll % ACTORS]).shares / 2);
        } else if (kind != 3) {
            (, , uint256 count, ) = staking.queueOf(_ids[m]);
            limit = 1 + (size % (count + 1));
        }
    }

    function _dataOf(uint8 kind, uint256 limit) private pure returns (bytes memory data) {
        if (kind == 0) data = abi.encodeCall(IStakingActions.stake, (limit, address(0)));
        else if (kind == 3) data = abi.encodeCall(IStakingActions.claim, (address(0)));
        else if (kind == 11) data = abi.encodeCall(IStakingActions.unstake, (limit, address(0)));
        else if (kind == 19) data = abi.encodeCall(IStakingActions.requestUnstake, (limit, address(0)));
        else if (kind == 27) data = abi.encodeCall(IStakingActions.claimUnstaked, (limit));
    }

    function _alone(uint256 m, uint256 head, uint256 body, bytes memory data) private returns (bool) {
        if (data.length == 0) return false;
        try this.act(m, 0, OperationLib.account(head), OperationLib.amount(body), 0, data) {
            return true;
        } catch {
            return false;
        }
    }

    /* INTERNALS */

    /// @dev For the handler itself, which catches what is refused.
    function act(
        uint256 m,
        uint256 stream,
        address account,
        uint256 amount0,
        uint256 amount1,
        bytes calldata data
    ) external returns (uint256 out0, uint256 out1) {
        require(msg.sender == address(this));
        (out0, out1, ) = _act(_pools[m], stream, account, amount0, amount1, data);
    }

    /// @dev An account's action, judged when it stands; answers what it was paid.
    function _take(Deed memory deed, uint256 amount, bytes memory data) private returns (bool ok, uint256 out) {
        uint256 m = deed.m;
        Snap memory before = _snap(m);
        try this.act(m, deed.stream, actors[deed.actor], amount, 0, data) returns (uint256 out0, uint256 out1) {
            ok = true;
            out = out0 + out1;
            staked[m] = staked[m] + amount - out0;
            paid[m][deed.stream] += out1;
            deed.paid = out1;
        } catch {
            return (false, 0);
        }
        _judge(deed, before, _snap(m));
        succeeded[msg.sig] += 1;
    }

    function _pour(uint256 m, uint256 stream, uint256 amount, uint256 end) private {
        Snap memory before = _snap(m);
        bytes memory data =
            end % 3 == 0 ? abi.encodeCall(IStakingActions.addRewards, ()) : abi.encodeCall(IStakingActions.fund, (end));
        try this.act(m, stream, address(this), 0, amount, data) {
            funded[m][stream] += amount;
            _judge(Deed(Kind.FUND, m, stream, ACTORS, ACTORS, amount), before, _snap(m));
            succeeded[msg.sig] += 1;
        } catch {}
    }

    function _stakeData(uint256 target) private view returns (bytes memory) {
        return abi.encodeCall(IStakingActions.stake, (0, actors[target]));
    }

    /// @dev Mostly up to `most`, of any size; at times more.
    function _upTo(uint256 seed, uint256 most) private pure returns (uint256) {
        if (seed % 16 == 1) return most + 1;
        uint256 size = most >> ((seed >> 8) % 96);
        return size == 0 ? most : (seed >> 16) % (size + 1);
    }

    function _indexOf(address account) private view returns (uint256 index) {
        for (; actors[index] != account; ++index) {}
    }

    /* SUMS */

    /// @notice What the test sums up of a pool.
    function snapOf(uint256 m) external view returns (Snap memory) {
        return _snap(m);
    }

    /// @notice The identity of a pool, and its receipts.
    function receiptsOf(uint256 m) external view returns (uint256 supply, uint256 held) {
        uint256 receipt = _receiptOf(m);
        for (uint256 i; i < ACTORS; ++i) held += ledger.balanceOf(actors[i], receipt);
        supply = staking.assetSupply(_keyOf(_pools[m], 1));
    }

    /// @notice What a stream keeps in rewards · 2^80, what its book holds, and the rewards funded in its life.
    function streamOf(uint256 m, uint256 s) external view returns (uint256 kept, uint256 held, uint256 total) {
        (, uint256 left, ) = _streamNow(m, s);
        return (left, _bookOf(_pools[m], s).amount(1), staking.streamOf(_ids[m], s).funded);
    }

    /// @notice Shares that wait, and units set aside and not paid, summed up over all requests.
    function queueOf(uint256 m) external view returns (uint256 waiting, uint256 setAside) {
        (, , uint256 count, ) = staking.queueOf(_ids[m]);
        for (uint256 r = 1; r <= count; ++r) {
            ExitQueue.Request memory request = staking.requestOf(_ids[m], r);
            if (request.shares == 0) continue;
            if (_isFinal(m, request)) setAside += _setAside(m, request);
            else waiting += request.shares;
        }
    }

    function _setAside(uint256 m, ExitQueue.Request memory request) private view returns (uint256) {
        ExitQueue.Checkpoint memory before;
        ExitQueue.Checkpoint memory next = staking.checkpointOf(_ids[m], 0);
        for (uint256 c = 1; next.upTo <= request.start; ++c) {
            (before, next) = (next, staking.checkpointOf(_ids[m], c));
        }
        (uint256 length, uint256 assets) = (next.upTo - before.upTo, next.assets - before.assets);
        uint256 from = request.start - before.upTo;
        return ((from + request.shares) * assets) / length - (from * assets) / length;
    }
}
