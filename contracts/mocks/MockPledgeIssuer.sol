// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetIssuer} from "../interfaces/IAssetIssuer.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IPledgeable} from "../interfaces/IPledgeable.sol";

/// @notice Issuer of an asset with RULES that takes pledges: units that an account has pledged do not move but by the pledgee.
contract MockPledgeIssuer is IAssetIssuer, IPledgeable {
    ILedger public immutable LEDGER;
    mapping(uint256 id => mapping(address pledgee => bool)) public isPledgee;
    mapping(address account => bool) public isEligible;
    mapping(address account => mapping(uint256 id => mapping(address pledgee => uint256))) public pledgedOf;
    mapping(address account => mapping(uint256 id => uint256)) public pledgedTotal;
    /// @notice Whose pledges back no new debt, and with whom a pledge's units are now.
    mapping(address account => bool) public isBarred;
    mapping(address account => address) public holderOf;
    mapping(bytes32 market => bool) public isRefused;
    bool public burnsGas;
    /// @notice A static call to make while pledging, and what it answered.
    address public watched;
    bytes public question;
    bytes public answer;

    constructor(ILedger ledger) {
        LEDGER = ledger;
    }

    function issue(bytes32 salt, uint256 flags) external {
        LEDGER.issueAsset(salt, flags, address(this), address(0));
    }

    function mint(uint256 id, address to, uint256 amount) external {
        LEDGER.mint(id, to, amount);
    }

    function approve(uint256 id, address pledgee, bool approved) external {
        isPledgee[id][pledgee] = approved;
    }

    function setEligible(address account, bool eligible) external {
        isEligible[account] = eligible;
    }

    function bar(address account, bool barred) external {
        isBarred[account] = barred;
    }

    function setHolder(address account, address holder) external {
        holderOf[account] = holder;
    }

    function setBurnsGas(bool burns) external {
        burnsGas = burns;
    }

    function refuseMarket(bytes32 market, bool refused) external {
        isRefused[market] = refused;
    }

    function isMarketApproved(uint256, bytes32 market) external view returns (bool) {
        return !isRefused[market];
    }

    function watch(address target, bytes calldata data) external {
        (watched, question) = (target, data);
    }

    function pledge(address account, uint256 id, uint256 amount) external {
        require(isPledgee[id][msg.sender], PledgeeNotApproved(id, msg.sender));
        uint256 movable = LEDGER.balanceOf(account, id) - pledgedTotal[account][id];
        require(amount <= movable, PledgeInsufficientUnits(account, id, movable, amount));
        pledgedOf[account][id][msg.sender] += amount;
        pledgedTotal[account][id] += amount;
        if (watched != address(0)) (, answer) = watched.staticcall(question);
        emit Pledged(id, account, msg.sender, amount);
    }

    function release(address account, uint256 id, uint256 amount) external {
        _unpledge(account, id, amount);
        emit PledgeReleased(id, account, msg.sender, amount);
    }

    function seize(address account, uint256 id, uint256 amount, address to) external {
        _unpledge(account, id, amount);
        LEDGER.forceTransfer(id, account, to, amount);
        emit PledgeSeized(id, account, msg.sender, to, amount);
    }

    function onLedgerMovement(uint256, address, address, uint256) external pure {}

    function canTransfer(uint256 id, address from, address to, uint256 amount) external view returns (bool) {
        if (from != address(0) && LEDGER.balanceOf(from, id) - pledgedTotal[from][id] < amount) return false;
        return isEligible[to];
    }

    function mayBorrow(address account, uint256, address) external view returns (bool) {
        while (burnsGas) {}
        return !isBarred[account];
    }

    function pledgeHolderOf(address account, uint256, address) external view returns (address) {
        while (burnsGas) {}
        return holderOf[account] == address(0) ? account : holderOf[account];
    }

    function _unpledge(address account, uint256 id, uint256 amount) private {
        uint256 pledged = pledgedOf[account][id][msg.sender];
        require(amount <= pledged, PledgeInsufficient(account, id, msg.sender, pledged, amount));
        pledgedOf[account][id][msg.sender] = pledged - amount;
        pledgedTotal[account][id] -= amount;
    }
}
