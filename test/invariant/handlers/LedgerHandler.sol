// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {AssetId} from "../../../contracts/libraries/AssetId.sol";
import {BookId} from "../../../contracts/libraries/BookId.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {WordLib} from "../../../contracts/libraries/WordLib.sol";
import {FeeOnTransferToken} from "../../../contracts/mocks/FeeOnTransferToken.sol";
import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {MockFlashBorrower} from "../../../contracts/mocks/MockFlashBorrower.sol";
import {MockProtocol} from "../../../contracts/mocks/MockProtocol.sol";
import {Ledger} from "../../../contracts/core/Ledger.sol";
import {TallyIssuer} from "../../helpers/solidity/TallyIssuer.sol";
import {LedgerShadow} from "./LedgerShadow.sol";

/// @title LedgerHandler
/// @notice Random actions on a ledger, each also done to the shadow. Four accounts; the last never acts or consents.
/// @dev Tokens: a home pair, one with a word of its own, one with a fee, wrapped ether. Issued: an asset with RULES and
/// one with NOTIFY in one word, and the shares of a mock protocol that has three books.
contract LedgerHandler is LedgerShadow {
    /// @dev An operation to be packed: indices of its signer and its receiver, 4 for the ledger.
    struct Draft {
        uint256 actor;
        uint256 side;
        uint256 amount;
        uint256 to;
    }

    struct Approval {
        address owner;
        address spender;
        uint256 id;
    }

    uint256 private constant FEE_BPS = 37;
    uint256 private constant ACTIVE = 3;
    bytes32 private constant SALT = "issue";

    TallyIssuer public issuer;
    MockProtocol public protocol;
    MockFlashBorrower public borrower;
    address[4] public actors;
    uint256[8] public ids;
    uint256[6] public keys;
    bytes32[3] public bookKeys;
    uint256 public noticeId;

    Approval[] private _approvals;
    mapping(address token => uint256) public donated;
    mapping(bytes4 action => uint256) public succeeded;
    /// @notice Actions that the ledger did and the shadow refused, or the reverse, or with other skips.
    uint256 public mispredicted;
    bytes4 public lastMispredicted;
    /// @notice Sections whose protocol saw other operations than the signed ones with the skipped ones blanked.
    uint256 public misshown;
    /// @notice Units of the asset with NOTIFY that its issuer minted itself, of which it is not told.
    mapping(address account => uint256) public ownMints;
    /// @notice Actions after which a lock was still taken or ether stayed behind.
    uint256 public stuck;

    constructor() {
        _deployLedger();
        MockERC20 solo = new MockERC20("Solo token", "SOLO", 8);
        MockERC20 taxed = new FeeOnTransferToken("Taxed token", "TAX", 18, FEE_BPS);
        issuer = new TallyIssuer(ILedger(address(ledger)));
        protocol = new MockProtocol(ILedger(address(ledger)));
        borrower = new MockFlashBorrower(ledger);
        actors = [makeAddr("ann"), makeAddr("bob"), makeAddr("cleo"), makeAddr("silent")];
        ledger.listCore(address(issuer));
        ledger.listCore(address(protocol)); // one of its books holds the asset with RULES
        uint256 flags = AssetId.RULES_0 | AssetId.NOTIFY_1;
        issuer.execute(abi.encodeCall(ledger.issueAsset, (SALT, flags, address(issuer), address(issuer))));
        rulesId = AssetId.issued(address(issuer), SALT, flags, 0);
        noticeId = AssetId.issued(address(issuer), SALT, flags, 1);
        bookKeys = [bytes32("book 0"), bytes32("book 1"), bytes32("book 2")];
        (uint256 low, uint256 high) = (_id(address(home1)), _id(address(home0))); // the protocol's order, not the word's
        shareId = AssetId.issued(address(protocol), BookId.bookId(address(protocol), low, high, bookKeys[0]), 0, 0);
        ids = [
            _id(address(home0)),
            _id(address(home1)),
            _id(address(solo)),
            _id(address(taxed)),
            _id(address(weth)),
            rulesId,
            noticeId,
            shareId
        ];
        keys = [ids[0], ids[2], ids[3], ids[4], rulesId, shareId];
        _idsAt[ids[0]] = [ids[0], ids[1]];
        _idsAt[rulesId] = [rulesId, noticeId];
        for (uint256 i = 1; i < 6; ++i) if (i != 4) _idsAt[keys[i]][0] = keys[i];
        for (uint256 i; i < 6; ++i) {
            keyOf[_idsAt[keys[i]][0]] = keys[i];
            keyOf[_idsAt[keys[i]][1]] = keys[i];
        }
        _shadowBooks[0].ids = [low, high];
        _shadowBooks[1].ids = [ids[4], noticeId];
        _shadowBooks[2].ids = [ids[2], rulesId];
    }

    modifier audited() {
        _;
        _probe();
    }

    /* TOKENS */

    function deposit(uint256 actor, uint256 token, uint256 amount, uint256 to) external audited {
        (address from, address receiver) = (_active(actor), _any(to));
        MockERC20 erc20 = _token(token);
        amount = _size(amount);
        erc20.mint(from, amount);
        vm.prank(from);
        erc20.approve(address(ledger), amount);
        uint256 fee = address(erc20) == _address(ids[3]) ? (amount * FEE_BPS + 9999) / 10_000 : 0;
        vm.prank(from);
        (bool ok, ) = _do(abi.encodeCall(ledger.deposit, (address(erc20), amount, 0, receiver)));
        _model(ok, abi.encodeCall(this.modelIn, (receiver, _id(address(erc20)), amount - fee)));
    }

    function depositNative(uint256 actor, uint256 amount, uint256 to) external audited {
        (address from, address receiver) = (_active(actor), _any(to));
        amount = _size(amount);
        deal(from, amount);
        vm.prank(from);
        (bool ok, ) = address(ledger).call{value: amount}(abi.encodeCall(ledger.depositNative, (receiver)));
        _model(ok, abi.encodeCall(this.modelIn, (receiver, ids[4], amount)));
    }

    function withdraw(uint256 actor, uint256 token, uint256 amount) external audited {
        (address from, address erc20) = (_active(actor), address(_token(token)));
        amount = _part(from, _id(erc20), amount);
        vm.prank(from);
        (bool ok, ) = _do(abi.encodeCall(ledger.withdraw, (erc20, amount, from)));
        _model(ok, abi.encodeCall(this.modelOut, (from, _id(erc20), amount)));
    }

    function withdrawNative(uint256 actor, uint256 amount) external audited {
        address from = _active(actor);
        amount = _part(from, ids[4], amount);
        vm.prank(from);
        (bool ok, ) = _do(abi.encodeCall(ledger.withdrawNative, (amount, from)));
        _model(ok, abi.encodeCall(this.modelOut, (from, ids[4], amount)));
    }

    /// @dev Tokens sent to the ledger past it count for nobody.
    function donate(uint256 token, uint256 amount) external audited {
        MockERC20 erc20 = _token(token);
        amount = _size(amount);
        erc20.mint(address(ledger), amount);
        donated[address(erc20)] += amount;
        succeeded[msg.sig] += 1;
    }

    /// @dev While the loan is open the borrower tries to take the same loan again and to pay with a deposit.
    function flashLoan(uint256 token, uint256 amount, uint256 mode) external audited {
        address erc20 = address(_token(token));
        uint256 held = IERC20(erc20).balanceOf(address(ledger));
        if (held == 0) return;
        amount = 1 + (amount % held);
        mode = mode % 8 < 5 ? 0 : (mode % 8) - 4;
        MockFlashBorrower.Call[] memory calls = new MockFlashBorrower.Call[](1);
        calls[0].target = address(ledger);
        calls[0].data = abi.encodeCall(ledger.flashLoan, (borrower, erc20, 1, ""));
        borrower.setCalls(calls, false);
        borrower.setMode(MockFlashBorrower.Mode(mode));
        try borrower.borrow(erc20, amount, "") {
            bool bad = mode != 0 || erc20 == _address(ids[3]) || borrower.results()[0].isSuccess;
            _record(!bad);
        } catch {
            _record(mode != 0 || erc20 == _address(ids[3]));
        }
    }

    /* HOLDERS */

    function transfer(uint256 actor, uint256 id, uint256 to, uint256 amount) external audited {
        (address from, address receiver) = (_active(actor), _any(to));
        id = ids[id % 8];
        amount = _part(from, id, amount);
        vm.prank(from);
        (bool ok, ) = _do(abi.encodeCall(ledger.transfer, (receiver, id, amount)));
        _model(ok, abi.encodeCall(this.modelTransfer, (from, receiver, id, amount)));
    }

    function approve(uint256 actor, uint256 spender, uint256 id, uint256 amount) external audited {
        (address from, address to) = (_active(actor), _any(spender));
        id = ids[id % 8];
        if (amount % 4 == 0) amount = type(uint256).max;
        else amount = _part(from, id, amount);
        vm.prank(from);
        ledger.approve(to, id, amount);
        shadowAllowance[from][to][id] = amount;
        _approvals.push(Approval(from, to, id));
        succeeded[msg.sig] += 1;
    }

    function setOperator(uint256 actor, uint256 spender, bool approved) external audited {
        (address from, address to) = (_active(actor), _any(spender));
        vm.prank(from);
        ledger.setOperator(to, approved);
        shadowOperator[from][to] = approved;
        succeeded[msg.sig] += 1;
    }

    /// @dev Mostly under an approval made before; else the owner may be the silent account: nobody has its word.
    function transferFrom(uint256 actor, uint256 owner, uint256 to, uint256 id, uint256 amount) external audited {
        Approval memory approval = Approval(_any(owner), _active(actor), ids[id % 8]);
        if (_approvals.length != 0 && owner % 4 != 3) approval = _approvals[owner % _approvals.length];
        (address from, address spender, address receiver) = (approval.owner, approval.spender, _any(to));
        id = approval.id;
        uint256 allowed = shadowAllowance[from][spender][id];
        amount = _part(from, id, amount);
        if (amount > allowed && to % 8 > 3) amount = allowed;
        vm.prank(spender);
        (bool ok, ) = _do(abi.encodeCall(ledger.transferFrom, (from, receiver, id, amount)));
        _model(ok, abi.encodeCall(this.modelTransferFrom, (spender, from, receiver, id, amount)));
    }

    /* ISSUER */

    function mint(uint256 id, uint256 to, uint256 amount) external audited {
        address receiver = _any(to);
        id = id % 2 == 0 ? rulesId : noticeId;
        // Now and then what just fits, or one unit more.
        uint256 room = MAX - shadowBalance[receiver][id];
        if (amount % 8 < 6) amount = _size(amount);
        else amount = amount % 8 == 6 ? room : room + 1;
        bool ok = _issue(abi.encodeCall(ledger.mint, (id, receiver, amount)));
        if (ok && id == noticeId) ownMints[receiver] += amount;
        _model(ok, abi.encodeCall(this.modelMint, (receiver, id, amount)));
    }

    function burn(uint256 id, uint256 from, uint256 amount) external audited {
        address owner = _any(from);
        id = id % 4 == 0 ? noticeId : rulesId;
        amount = _part(owner, id, amount);
        bool ok = _issue(abi.encodeCall(ledger.burn, (id, owner, amount)));
        _model(ok, abi.encodeCall(this.modelBurn, (owner, id, amount)));
    }

    function forceTransfer(uint256 id, uint256 from, uint256 to, uint256 amount) external audited {
        (address owner, address receiver) = (_any(from), _any(to));
        id = id % 4 == 0 ? noticeId : rulesId;
        amount = _part(owner, id, amount);
        bool ok = _issue(abi.encodeCall(ledger.forceTransfer, (id, owner, receiver, amount)));
        _model(ok, abi.encodeCall(this.modelForce, (owner, receiver, id, amount)));
    }

    function setFrozen(uint256 account, bool frozen) external audited {
        address owner = _any(account);
        _issue(abi.encodeCall(ledger.setFrozen, (rulesId, owner, frozen)));
        shadowFrozen[owner][rulesId] = frozen;
        succeeded[msg.sig] += 1;
    }

    function refuse(uint256 account, bool refused) external audited {
        address owner = _any(account);
        refused = refused && uint256(keccak256(abi.encode(account))) % 2 == 0;
        issuer.refuse(owner, refused);
        shadowRefused[owner] = refused;
        succeeded[msg.sig] += 1;
    }

    /* PROTOCOL */

    function callProtocol(uint256 actor, uint256 to, uint256 seed) external audited {
        CallModel memory model = _drawCall(actor, to, seed);
        bool ok = _call(model, _shadowBooks[model.book].ids, (seed >> 13) % 2 == 0, false);
        _model(ok, abi.encodeCall(this.modelCall, (model)));
    }

    /// @dev One call of a book twice, the second time with what the first pays.
    function callPath(uint256 actor, uint256 to, uint256 seed) external audited {
        CallModel memory model = _drawCall(actor, to, seed);
        (model.out[0], model.out[1], model.burn) = (model.out[0] / 2, model.out[1] / 2, model.burn / 2);
        bool ok = _call(model, _shadowBooks[model.book].ids, (seed >> 13) % 2 == 0, true);
        _model(ok, abi.encodeCall(this.modelPath, (model)));
    }

    /* BATCHES */

    function setConsent(uint256 actor, uint256 id, uint256 seed) external audited {
        address from = _active(actor);
        id = ids[id % 8];
        uint8 versions = seed % 4 == 0 ? 0 : 1;
        vm.prank(from);
        ledger.setConsent(id, versions);
        shadowConsent[from][keyOf[id]] = versions;
        succeeded[msg.sig] += 1;
    }

    function cancel(uint256 actor, uint256 id) external audited {
        address from = _active(actor);
        id = ids[id % 8];
        vm.prank(from);
        ledger.cancel(id);
        unchecked {
            shadowSequence[from][keyOf[id]] += 85; // wraps as the ledger's does
        }
        succeeded[msg.sig] += 1;
    }

    function settleTransfers(uint256 seed) external audited {
        uint256 pair = seed % 2;
        uint256[2] memory assets = pair == 0 ? [ids[0], ids[1]] : [rulesId, noticeId];
        uint256[] memory words = _operations(seed >> 1, [assets[0], assets[1], 0], 2);
        ILedgerProtocol.Section memory section;
        (section.asset0, section.asset1, section.gasCap) = (assets[0], assets[1], 10_000_000);
        Fees memory fees = _fees(seed, assets);
        (section.fee0, section.fee1, section.feeTo) = (fees.each[0], fees.each[1], fees.to);
        (bool executed, uint256[] memory skipped) = settlement.settleWords(section, words);
        (bool predicted, bytes memory answer) = address(this).call(
            abi.encodeCall(this.modelTransfers, (assets, words, fees))
        );
        _compare(executed, skipped, predicted, answer, words.length / 2);
    }

    function settleProtocol(uint256 seed) external audited {
        SectionModel memory model;
        if ((seed >> 8) % 2 == 0) model.book = 1 + ((seed >> 9) % 2);
        ILedgerProtocol.Section memory section;
        (section.protocol, section.key) = (address(protocol), bookKeys[model.book]);
        if (model.book == 0) section.shareId = shareId;
        (section.asset0, section.asset1) = (_shadowBooks[model.book].ids[0], _shadowBooks[model.book].ids[1]);
        section.gasCap = 10_000_000;
        model.fees = _fees(seed, [section.asset0, section.asset1]);
        (section.fee0, section.fee1, section.feeTo) = (model.fees.each[0], model.fees.each[1], model.fees.to);
        model.words = _operations(seed, [section.asset0, section.asset1, section.shareId], 4);
        model.payouts = new uint256[](model.words.length / 2);
        for (uint256 i; i < model.payouts.length; ++i) {
            model.payouts[i] = _payout(uint256(keccak256(abi.encode(seed, "pay", i))), model.book == 0);
        }
        model.magic = seed % 8 != 0;
        model.flags = uint32(seed >> 224);
        bytes4 magic = model.magic ? ILedgerProtocol.onLedgerBatch.selector : bytes4(0);
        protocol.setBatch(magic, model.flags, model.payouts);
        (bool executed, uint256[] memory skipped) = settlement.settleWords(section, model.words);
        (bool predicted, bytes memory answer) = address(this).call(abi.encodeCall(this.modelSection, (model)));
        if (executed && predicted) {
            (, uint256 blanked) = abi.decode(answer, (uint256, uint256));
            if (!_sawBlanked(model.words, blanked)) misshown += 1;
        }
        _compare(executed, skipped, predicted, answer, model.payouts.length);
    }

    /* VIEWS */

    function LEDGER() external view returns (Ledger) {
        return ledger;
    }

    function actorList() external view returns (address[4] memory) {
        return actors;
    }

    function idList() external view returns (uint256[8] memory) {
        return ids;
    }

    function keyList() external view returns (uint256[6] memory) {
        return keys;
    }

    /* INTERNALS */

    /// @dev Three to six operations, most of them good: other senders, sequences, sides, amounts now and then. In a
    /// transfer section some spend what the one before brought.
    function _operations(
        uint256 seed,
        uint256[3] memory assets,
        uint256 sides
    ) private view returns (uint256[] memory words) {
        words = new uint256[](2 * (3 + (seed % 4)));
        uint8[9] memory ahead;
        Draft memory draft;
        for (uint256 i; i < words.length / 2; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            if (sides == 2 && i != 0 && (roll >> 40) % 3 == 0 && draft.to < 4) {
                draft.actor = draft.to;
                draft.amount += shadowBalance[actors[draft.actor]][assets[draft.side]];
                if (draft.amount > MAX) draft.amount = MAX;
            } else {
                draft.actor = roll % 16 == 0 ? ACTIVE : (roll >> 4) % ACTIVE;
                draft.side = (roll >> 8) % sides;
                draft.amount = (roll >> 12) % 4 == 0 ? 1 : 0;
                if (draft.side < 3) draft.amount = _part(actors[draft.actor], assets[draft.side], roll >> 16);
            }
            draft.to = (roll >> 20) % 16 == 0 ? 4 : (roll >> 24) % 4;
            (words[2 * i], words[2 * i + 1]) = OperationLib.pack(
                actors[draft.actor],
                draft.side < 3 ? _sequence(draft, assets, ahead, (roll >> 12) % 8 == 0) : 0,
                _kind(draft, sides == 2 && (roll >> 48) % 2 == 0),
                draft.amount,
                uint160(draft.to == 4 ? address(ledger) : actors[draft.to])
            );
        }
    }

    /// @dev What is debited; now and then with consent for the receiver, unless he is the silent account.
    function _kind(Draft memory draft, bool consents) private pure returns (uint8) {
        uint256 consent = consents && draft.to != ACTIVE ? OperationLib.CONSENT : 0;
        return uint8(draft.side | consent); // both below 8
    }

    /// @dev Mostly small fees for anybody; now and then more than a half holds, or in an asset with RULES or NOTIFY.
    function _fees(uint256 seed, uint256[2] memory assets) private view returns (Fees memory fees) {
        for (uint256 side; side < 2; ++side) {
            uint256 roll = uint256(keccak256(abi.encode(seed, side, "fee")));
            if (roll % 4 == 0) continue;
            if (_isToken(assets[side])) fees.each[side] = roll % 64 == 1 ? MAX + 1 : 1 + ((roll >> 8) % 1e6);
            else if (roll % 32 == 1) fees.each[side] = 1;
        }
        fees.to = _any(seed >> 3);
    }

    /// @dev The next sequence of the word that the operation debits, or one too high.
    function _sequence(
        Draft memory draft,
        uint256[3] memory assets,
        uint8[9] memory ahead,
        bool tooHigh
    ) private view returns (uint8 sequence) {
        (address from, uint256 key) = (actors[draft.actor], keyOf[assets[draft.side]]);
        uint256 slot = 3 * draft.actor + (key == keyOf[assets[0]] ? 0 : draft.side);
        unchecked {
            sequence = uint8(shadowSequence[from][key]); // its low 8 bits
            if (draft.actor < ACTIVE) sequence += ahead[slot]; // wraps as the ledger's does
            if (tooHigh) return sequence + 1;
            if (draft.actor < ACTIVE && draft.amount != 0 && shadowConsent[from][key] != 0) ahead[slot] += 1;
        }
    }

    /// @dev Whether the protocol saw what was signed, with both words of each blanked operation 0.
    function _sawBlanked(uint256[] memory words, uint256 blanked) private view returns (bool) {
        uint256[] memory seen = protocol.operationsSeen();
        if (seen.length != words.length) return false;
        for (uint256 i; i < words.length; ++i) {
            if (seen[i] != ((blanked >> (i / 2)) & 1 != 0 ? 0 : words[i])) return false;
        }
        return true;
    }

    function _payout(uint256 roll, bool hasShares) private pure returns (uint256) {
        if (roll % 4 == 0) return OperationLib.FAILED;
        if (roll % 4 == 1 && hasShares) return OperationLib.SHARES | ((roll >> 8) % 1e12);
        // One asset in half of the cases, both in the others.
        uint256 out0 = roll % 8 == 2 ? 0 : (roll >> 8) % 1e6;
        uint256 out1 = roll % 8 == 3 ? 0 : (roll >> 64) % 1e6;
        return out0 | (out1 << 112);
    }

    function _drawCall(uint256 actor, uint256 to, uint256 seed) private view returns (CallModel memory model) {
        (model.actor, model.to, model.book) = (_active(actor), _any(to), seed % 3);
        Book memory book = _shadowBooks[model.book];
        model.fromWallet = model.book != 1 && (seed >> 8) % 2 == 0;
        model.toWallet = model.book != 1 && (seed >> 9) % 2 == 0;
        for (uint256 side; side < 2; ++side) {
            uint256 roll = uint256(keccak256(abi.encode(seed, side)));
            if (roll % 3 == 0) continue;
            bool isPulled = model.fromWallet && _isToken(book.ids[side]);
            model.amountsIn[side] = isPulled ? _size(roll) : _part(model.actor, book.ids[side], roll);
        }
        for (uint256 side; side < 2; ++side) {
            uint256 roll = uint256(keccak256(abi.encode(seed, side, "out")));
            uint256 available = book.amounts[side] + model.amountsIn[side];
            if (roll % 3 != 0) model.out[side] = roll % 32 == 1 ? available + 1 : (roll >> 8) % (available + 1);
            if (model.out[side] > MAX) model.out[side] = MAX;
        }
        if (model.book == 0) {
            if ((seed >> 10) % 2 == 0) model.mint = _size(seed >> 16);
            if ((seed >> 11) % 4 != 0) model.burn = _part(model.actor, shareId, seed >> 32);
        }
        model.flags = uint32(seed >> 128);
    }

    function _call(
        CallModel memory model,
        uint256[2] memory assets,
        bool namesReceiver,
        bool twice
    ) private returns (bool ok) {
        MockProtocol.Outcome memory outcome;
        outcome.magic = ILedgerProtocol.onLedgerCall.selector;
        outcome.outputs = WordLib.pack(model.out[0], model.out[1]).withFlags(model.flags);
        outcome.issue = WordLib.pack(model.mint, model.burn);
        if (model.mint | model.burn != 0) outcome.shareId = shareId;
        protocol.setOutcome(outcome);
        ILedger.Call memory parameters;
        (parameters.protocol, parameters.key, parameters.to) = (address(protocol), bookKeys[model.book], model.to);
        (parameters.asset0, parameters.asset1) = (assets[0], assets[1]);
        (parameters.amount0, parameters.amount1) = (model.amountsIn[0], model.amountsIn[1]);
        if (model.to == model.actor && !namesReceiver) parameters.to = address(0);
        if (model.toWallet) parameters.destination = ILedger.Destination.WALLET;
        if (model.fromWallet) {
            parameters.source = ILedger.Source.WALLET;
            for (uint256 side; side < 2; ++side) {
                if (!_isToken(assets[side])) continue;
                MockERC20 erc20 = MockERC20(_address(assets[side]));
                erc20.mint(model.actor, model.amountsIn[side]);
                vm.prank(model.actor);
                erc20.approve(address(ledger), model.amountsIn[side]);
            }
        }
        bytes memory data = twice ? _pathOf(parameters) : abi.encodeCall(ledger.call, (parameters));
        vm.prank(model.actor);
        (ok, ) = _do(data);
    }

    function _pathOf(ILedger.Call memory parameters) private view returns (bytes memory) {
        ILedger.Call[] memory calls = new ILedger.Call[](2);
        calls[0] = parameters;
        calls[1] = abi.decode(abi.encode(parameters), (ILedger.Call));
        (calls[1].amount0, calls[1].amount1) = (0, 0);
        return abi.encodeCall(ledger.callPath, (calls));
    }

    function _compare(
        bool executed,
        uint256[] memory skipped,
        bool predicted,
        bytes memory answer,
        uint256 operations
    ) private {
        bool same = executed == predicted;
        uint256 skips = executed && skipped.length != 0 ? skipped[0] : 0;
        if (same && executed) same = skips == abi.decode(answer, (uint256));
        if (executed && skips != 2 ** operations - 1) succeeded[msg.sig] += 1;
        if (!same) (mispredicted, lastMispredicted) = (mispredicted + 1, msg.sig);
    }

    function _do(bytes memory data) private returns (bool, bytes memory) {
        return address(ledger).call(data);
    }

    function _issue(bytes memory data) private returns (bool ok) {
        (ok, ) = address(issuer).call(abi.encodeCall(issuer.execute, (data)));
    }

    /// @dev Does the same to the shadow, and notes a difference.
    function _model(bool done, bytes memory data) private {
        (bool predicted, ) = address(this).call(data);
        if (done) succeeded[msg.sig] += 1;
        if (done != predicted) (mispredicted, lastMispredicted) = (mispredicted + 1, msg.sig);
    }

    function _record(bool asPredicted) private {
        if (asPredicted) succeeded[msg.sig] += 1;
        else (mispredicted, lastMispredicted) = (mispredicted + 1, msg.sig);
    }

    function _probe() private {
        if (!_isFree()) stuck += 1;
    }

    /// @dev A transfer of nothing needs the lock; a loan limit of 0 means that a loan is open.
    function _isFree() private returns (bool) {
        try ledger.transfer(address(this), ids[0], 0) returns (bool) {} catch {
            return false;
        }
        for (uint256 i; i < 5; ++i) {
            address token = _address(ids[i]);
            if (ledger.maxFlashLoan(token) != IERC20(token).balanceOf(address(ledger))) return false;
        }
        return address(ledger).balance == 0;
    }

    function _active(uint256 seed) private view returns (address) {
        return actors[seed % ACTIVE];
    }

    function _any(uint256 seed) private view returns (address) {
        return actors[seed % 4];
    }

    function _token(uint256 seed) private view returns (MockERC20) {
        return MockERC20(_address(ids[seed % 4]));
    }

    function _address(uint256 id) private pure returns (address) {
        return address(uint160(id)); // a token's id is its address
    }

    /// @dev 1 to 10^24 units, each length as likely.
    function _size(uint256 seed) private pure returns (uint256) {
        return 1 + ((seed >> 8) % 10 ** (1 + ((seed & 255) % 24)));
    }

    /// @dev Mostly a part of the balance; sometimes all of it, or one unit too much.
    function _part(address account, uint256 id, uint256 seed) private view returns (uint256) {
        uint256 balance = shadowBalance[account][id];
        if (seed % 16 == 0) return balance < MAX ? balance + 1 : balance;
        if (seed % 4 == 1) return balance;
        return (seed >> 4) % (balance + 1);
    }
}
