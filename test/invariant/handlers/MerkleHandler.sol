// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {IMerkleDistributor} from "../../../contracts/interfaces/IMerkleDistributor.sol";
import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {MerkleDistributor} from "../../../contracts/staking/MerkleDistributor.sol";
import {DistributionId} from "../../../contracts/types/DistributionId.sol";
import {LedgerFixture} from "../../helpers/solidity/LedgerFixture.sol";

/// @title MerkleHandler
/// @notice Random actions on three distributions, two of one asset, each predicted by a model of its own: who is paid what, which
/// root is current, whose the bonds are. The first two actors are updater and arbiter of all.
/// @dev A tree has one leaf for each of the four actors.
abstract contract MerkleHandler is LedgerFixture {
    uint256 public constant ACTORS = 4;
    uint256 public constant DISTRIBUTIONS = 3;
    uint256 private constant START = 1e12;
    uint256 private constant DECISION_PERIOD = 7 days;

    /// @dev A root as the model knows it: what each actor has earned by it; none when `earned` is all zero.
    struct Root {
        bytes32 root;
        uint256[ACTORS] earned;
    }

    struct Model {
        uint256 funded;
        uint256 claimed;
        uint256 bond;
        uint256 delay;
        Root current;
        Root pending;
        uint256 validAt;
        /// @dev The disputer's number and one; 0 for none.
        uint256 disputer;
        uint256 decideBy;
        bool isConfirmed;
        uint256[ACTORS] paid;
    }

    MerkleDistributor public distributor;
    address[ACTORS] public actors;
    DistributionId[DISTRIBUTIONS] public ids;
    uint256[DISTRIBUTIONS] public assets;
    mapping(uint256 asset => mapping(uint256 actor => uint256)) public balanceOf;
    mapping(uint256 asset => uint256) public donated;
    mapping(bytes4 action => uint256) public succeeded;
    /// @notice By the number of the invariant: how often an action did what the model did not.
    mapping(uint256 invariant_ => uint256) public violations;

    Model[DISTRIBUTIONS] internal _models;

    constructor() {
        _deployLedger();
        distributor = new MerkleDistributor(ILedger(address(ledger)));
        actors = [makeAddr("updater"), makeAddr("arbiter"), makeAddr("ann"), makeAddr("bob")];
        MockERC20[2] memory tokens = [home0, home1];
        for (uint256 i; i < ACTORS; ++i) {
            for (uint256 t; t < 2; ++t) {
                _fund(tokens[t], actors[i], START);
                balanceOf[_id(address(tokens[t]))][i] = START;
            }
            vm.prank(actors[i]);
            ledger.setOperator(address(distributor), true);
        }
        vm.prank(actors[2]);
        ledger.setOperator(actors[3], true); // Bob may direct what Ann earns, not the other way round
        for (uint256 d; d < DISTRIBUTIONS; ++d) {
            assets[d] = _id(address(tokens[d / 2]));
            (_models[d].bond, _models[d].delay) = (d * 1000, (d + 1) * 1 days);
            IMerkleDistributor.Terms memory terms = IMerkleDistributor.Terms({
                asset: assets[d],
                updater: actors[0],
                arbiter: actors[1],
                delay: _models[d].delay,
                bond: _models[d].bond,
                salt: bytes32(d)
            });
            ids[d] = distributor.createDistribution(terms);
        }
    }

    /* FUNDS */

    function fund(uint256 actor, uint256 d, uint256 amount) external {
        (actor, d, amount) = (actor % ACTORS, d % DISTRIBUTIONS, amount % 1e6);
        vm.prank(actors[actor]);
        (bool ok, ) = _do(abi.encodeCall(distributor.fund, (ids[d], amount)));
        _note(1, ok == (amount != 0 && amount <= balanceOf[assets[d]][actor]));
        if (!ok) return;
        succeeded[msg.sig] += 1;
        balanceOf[assets[d]][actor] -= amount;
        _models[d].funded += amount;
    }

    function donate(uint256 actor, uint256 d, uint256 amount) external {
        (actor, d, amount) = (actor % ACTORS, d % DISTRIBUTIONS, amount % 1e6);
        if (amount > balanceOf[assets[d]][actor]) return;
        succeeded[msg.sig] += 1;
        balanceOf[assets[d]][actor] -= amount;
        donated[assets[d]] += amount;
        vm.prank(actors[actor]);
        ledger.transfer(address(distributor), assets[d], amount);
    }

    function wait(uint256 duration) external {
        succeeded[msg.sig] += 1;
        skip(duration % 2 days);
    }

    /* ROOTS */

    /// @dev Mostly what was earned before and something more, sometimes anything.
    function submit(uint256 d, uint256 seed) external {
        d %= DISTRIBUTIONS;
        Model storage m = _matured(d);
        Root memory next;
        for (uint256 i; i < ACTORS; ++i) {
            uint256 part = (seed >> (16 * i)) % 50_000;
            next.earned[i] = seed % 5 == 0 ? part : m.current.earned[i] + part;
        }
        next.root = _treeOf(d, next.earned)[6];
        vm.prank(actors[0]);
        (bool ok, ) = _do(abi.encodeCall(distributor.submitRoot, (ids[d], next.root, bytes32(seed), "")));
        bool isOpen = m.disputer == 0 || block.timestamp >= m.decideBy;
        _note(5, ok == isOpen);
        if (!ok) return;
        succeeded[msg.sig] += 1;
        if (m.disputer != 0) _return(d, m);
        m.pending = next;
        (m.validAt, m.isConfirmed) = (block.timestamp + m.delay, false);
    }

    function withdraw(uint256 d) external {
        d %= DISTRIBUTIONS;
        Model storage m = _matured(d);
        vm.prank(actors[0]);
        (bool ok, ) = _do(abi.encodeCall(distributor.withdrawRoot, (ids[d])));
        _note(5, ok == (m.validAt != 0 && m.disputer == 0));
        if (!ok) return;
        succeeded[msg.sig] += 1;
        _dropPending(m);
    }

    /* DISPUTES */

    function dispute(uint256 actor, uint256 d) external {
        (actor, d) = (actor % ACTORS, d % DISTRIBUTIONS);
        Model storage m = _matured(d);
        vm.prank(actors[actor]);
        (bool ok, ) = _do(abi.encodeCall(distributor.dispute, (ids[d], m.pending.root)));
        bool isOpen = m.validAt != 0 && m.disputer == 0 && !m.isConfirmed;
        _note(6, ok == (isOpen && m.bond <= balanceOf[assets[d]][actor]));
        if (!ok) return;
        succeeded[msg.sig] += 1;
        balanceOf[assets[d]][actor] -= m.bond;
        (m.disputer, m.decideBy) = (actor + 1, block.timestamp + DECISION_PERIOD);
    }

    function resolve(uint256 d, bool isUpheld) external {
        d %= DISTRIBUTIONS;
        Model storage m = _matured(d);
        vm.prank(actors[1]);
        (bool ok, ) = _do(abi.encodeCall(distributor.resolveDispute, (ids[d], m.pending.root, isUpheld)));
        _note(6, ok == (m.disputer != 0 && block.timestamp < m.decideBy));
        if (!ok) return;
        succeeded[msg.sig] += 1;
        if (isUpheld) {
            _return(d, m);
            _dropPending(m);
        } else {
            m.funded += m.bond;
            (m.disputer, m.isConfirmed) = (0, true);
        }
    }

    function expire(uint256 actor, uint256 d) external {
        (actor, d) = (actor % ACTORS, d % DISTRIBUTIONS);
        Model storage m = _matured(d);
        vm.prank(actors[actor]);
        (bool ok, ) = _do(abi.encodeCall(distributor.expireDispute, (ids[d])));
        _note(6, ok == (m.disputer != 0 && block.timestamp >= m.decideBy));
        if (!ok) return;
        succeeded[msg.sig] += 1;
        _return(d, m);
        _dropPending(m);
    }

    /* CLAIMS */

    /// @param from of which distribution the proof is; another one than `d` in one of four cases
    function claim(uint256 caller, uint256 owner, uint256 d, uint256 from, bool isPending) external {
        (caller, owner, d) = (caller % ACTORS, owner % ACTORS, d % DISTRIBUTIONS);
        from = from % 4 == 0 ? (d + 1) % DISTRIBUTIONS : d;
        (uint256 due, IMerkleDistributor.Claim memory c) = _draft(d, owner, from, isPending);
        vm.prank(actors[caller]);
        (bool ok, bytes memory answer) = _do(
            abi.encodeCall(distributor.claim, (c.id, c.account, c.cumulative, c.proof))
        );
        _settle(d, owner, owner, due, ok, answer);
    }

    function claimTo(uint256 caller, uint256 owner, uint256 d, uint256 to, bool isPending) external {
        (caller, owner, d, to) = (caller % ACTORS, owner % ACTORS, d % DISTRIBUTIONS, to % ACTORS);
        (uint256 due, IMerkleDistributor.Claim memory c) = _draft(d, owner, d, isPending);
        vm.prank(actors[caller]);
        (bool ok, bytes memory answer) = _do(
            abi.encodeCall(distributor.claimTo, (c.id, c.account, c.cumulative, c.proof, actors[to]))
        );
        bool isDirected = caller == owner || (owner == 2 && caller == 3);
        if (!isDirected) _note(7, !ok);
        else _settle(d, owner, to, due, ok, answer);
    }

    /// @dev Each actor's claim twice.
    function claimMany(uint256 caller, uint256 d) external {
        (caller, d) = (caller % ACTORS, d % DISTRIBUTIONS);
        IMerkleDistributor.Claim[] memory claims = new IMerkleDistributor.Claim[](2 * ACTORS);
        uint256[] memory dues = new uint256[](ACTORS);
        uint256 sum;
        Model storage m = _matured(d);
        for (uint256 i; i < ACTORS; ++i) {
            (, claims[i]) = _draft(d, i, d, false);
            claims[i + ACTORS] = claims[i];
            uint256 earned = m.current.earned[i];
            if (earned > m.paid[i]) sum += dues[i] = earned - m.paid[i];
        }
        vm.prank(actors[caller]);
        (bool ok, ) = _do(abi.encodeCall(distributor.claimMany, (claims)));
        _note(3, ok == (m.current.root != bytes32(0) && sum <= m.funded - m.claimed));
        if (!ok) return;
        succeeded[msg.sig] += 1;
        for (uint256 i; i < ACTORS; ++i) _pay(d, m, i, i, dues[i]);
    }

    /* VIEWS */

    function modelAt(uint256 d) external view returns (Model memory) {
        return _models[d];
    }

    /// @notice The root that is current by the model, now.
    function currentRoot(uint256 d) external view returns (bytes32) {
        return _isDue(_models[d]) ? _models[d].pending.root : _models[d].current.root;
    }

    /* INTERNALS */

    function _isDue(Model storage m) private view returns (bool) {
        return m.validAt != 0 && m.disputer == 0 && block.timestamp >= m.validAt;
    }

    function _matured(uint256 d) private returns (Model storage m) {
        m = _models[d];
        if (!_isDue(m)) return m;
        m.current = m.pending;
        _dropPending(m);
    }

    function _dropPending(Model storage m) private {
        delete m.pending;
        (m.validAt, m.disputer, m.isConfirmed) = (0, 0, false);
    }

    function _return(uint256 d, Model storage m) private {
        balanceOf[assets[d]][m.disputer - 1] += m.bond;
        m.disputer = 0;
    }

    /// @dev A claim on `d`, by the current or the pending root of `from`, and what the model pays for it: 0 where it fails.
    function _draft(
        uint256 d,
        uint256 owner,
        uint256 from,
        bool isPending
    ) private returns (uint256 due, IMerkleDistributor.Claim memory c) {
        Model storage m = _matured(d);
        Model storage source = _matured(from);
        Root memory root = isPending ? source.pending : source.current;
        c = IMerkleDistributor.Claim({
            id: ids[d],
            account: actors[owner],
            cumulative: root.earned[owner],
            proof: _proofOf(_treeOf(from, root.earned), owner)
        });
        // Two roots of one distribution may be the same, for example both of nothing earned.
        bool isCurrent = from == d && m.current.root != bytes32(0) && root.root == m.current.root;
        if (isCurrent && c.cumulative > m.paid[owner]) due = c.cumulative - m.paid[owner];
        if (due > m.funded - m.claimed) due = 0;
    }

    function _settle(uint256 d, uint256 owner, uint256 to, uint256 due, bool ok, bytes memory answer) private {
        _note(2, ok == (due != 0));
        if (!ok) return;
        _note(3, abi.decode(answer, (uint256)) == due);
        succeeded[msg.sig] += 1;
        _pay(d, _models[d], owner, to, due);
    }

    function _pay(uint256 d, Model storage m, uint256 owner, uint256 to, uint256 amount) private {
        m.paid[owner] += amount;
        m.claimed += amount;
        balanceOf[assets[d]][to] += amount;
    }

    /// @dev Four leaves, two nodes, the root.
    function _treeOf(uint256 d, uint256[ACTORS] memory earned) private view returns (bytes32[7] memory nodes) {
        for (uint256 i; i < ACTORS; ++i) {
            nodes[i] = keccak256(bytes.concat(keccak256(abi.encode(ids[d], actors[i], earned[i]))));
        }
        nodes[4] = Hashes.commutativeKeccak256(nodes[0], nodes[1]);
        nodes[5] = Hashes.commutativeKeccak256(nodes[2], nodes[3]);
        nodes[6] = Hashes.commutativeKeccak256(nodes[4], nodes[5]);
    }

    function _proofOf(bytes32[7] memory nodes, uint256 i) private pure returns (bytes32[] memory proof) {
        proof = new bytes32[](2);
        (proof[0], proof[1]) = (nodes[i ^ 1], i < 2 ? nodes[5] : nodes[4]);
    }

    function _do(bytes memory data) private returns (bool ok, bytes memory answer) {
        return address(distributor).call(data);
    }

    function _note(uint256 invariant_, bool isRight) private {
        if (!isRight) violations[invariant_] += 1;
    }
}
