// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IAssetIssuer} from "../interfaces/IAssetIssuer.sol";
import {IAssetMetadata} from "../interfaces/IAssetMetadata.sol";
import {ILedger} from "../interfaces/ILedger.sol";

/// @notice Issuer of assets with RULES and NOTIFY, whose answers tests choose.
contract MockIssuer is IAssetIssuer, IAssetMetadata {
    /// @notice A notice as it arrived, with the balances the ledger answered at that moment.
    struct Notice {
        uint256 id;
        address from;
        address to;
        uint256 amount;
        uint256 balanceFrom;
        uint256 balanceTo;
    }

    error MockIssuerRefuses();

    ILedger public immutable LEDGER;
    mapping(address account => bool refused) public isRefused;
    Notice[] public notices;
    bool public noticesRevert;
    bool public burnsGas;
    /// @notice The most an account may hold of any id; 0 for no cap.
    uint256 public cap;
    /// @dev Whether everything passes for the length of a call of its own.
    bool private _letsPass;
    bytes public noticeAttack;
    bool public attackSucceeded;

    constructor(ILedger ledger) {
        LEDGER = ledger;
    }

    function refuse(address account, bool refused) external {
        isRefused[account] = refused;
    }

    function setNoticesRevert(bool reverts) external {
        noticesRevert = reverts;
    }

    function setCap(uint256 newCap) external {
        cap = newCap;
    }

    function setBurnsGas(bool burns) external {
        burnsGas = burns;
    }

    /// @notice A call to the ledger to try from within a notice.
    function setNoticeAttack(bytes calldata data) external {
        noticeAttack = data;
    }

    function issue(bytes32 salt, uint256 flags, address issuer0, address issuer1) external {
        LEDGER.issueAsset(salt, flags, issuer0, issuer1);
    }

    function mint(uint256 id, address to, uint256 amount) external {
        LEDGER.mint(id, to, amount);
    }

    function burn(uint256 id, address from, uint256 amount) external {
        LEDGER.burn(id, from, amount);
    }

    function forceTransfer(uint256 id, address from, address to, uint256 amount) external {
        LEDGER.forceTransfer(id, from, to, amount);
    }

    /// @notice Calls `target` as this issuer; meanwhile everything may pass if `letsPass`.
    function execute(address target, bytes calldata data, bool letsPass) external returns (bytes memory answer) {
        _letsPass = letsPass;
        answer = Address.functionCall(target, data);
        _letsPass = false;
    }

    function setFrozen(uint256 id, address account, bool frozen) external {
        LEDGER.setFrozen(id, account, frozen);
    }

    function onLedgerMovement(uint256 id, address from, address to, uint256 amount) external {
        if (burnsGas) for (;;) {}
        if (noticesRevert) revert MockIssuerRefuses();
        if (noticeAttack.length != 0) (attackSucceeded, ) = address(LEDGER).call(noticeAttack);
        notices.push(Notice(id, from, to, amount, LEDGER.balanceOf(from, id), LEDGER.balanceOf(to, id)));
    }

    function noticeCount() external view returns (uint256) {
        return notices.length;
    }

    function canTransfer(uint256 id, address from, address to, uint256 amount) external view returns (bool) {
        if (_letsPass) return true;
        if (burnsGas) for (;;) {}
        if (cap != 0 && LEDGER.balanceOf(to, id) + amount > cap) return false;
        return !isRefused[from] && !isRefused[to];
    }

    function assetName(bytes32) external pure returns (string memory) {
        return "Mock asset";
    }

    function assetSymbol(bytes32) external pure returns (string memory) {
        return "MOCK";
    }

    function assetDecimals(bytes32) external pure returns (uint8) {
        return 6;
    }

    function assetSupply(bytes32) external pure returns (uint256) {
        return 0;
    }
}
