// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEligibilityRegistry} from "../interfaces/IEligibilityRegistry.sol";
import {IRwaCore} from "../interfaces/IRwaCore.sol";
import {AccountSignature} from "../libraries/AccountSignature.sol";
import {RwaWords} from "../libraries/RwaWords.sol";
import {RwaAssets} from "./RwaAssets.sol";

/// @title EligibilityRegistry
/// @notice Who may hold regulated assets; see `IEligibilityRegistry`. A part of `RwaCore`, because a movement reads both parties' words and
/// a contract of its own would cost each movement 2,600 gas more.
abstract contract EligibilityRegistry is RwaAssets, IEligibilityRegistry {
    using RwaWords for uint256;

    uint256 private constant MAX_BATCH = 200;
    uint256 private constant MAX_COUNTRY = 1023;
    string private constant NAME = "Lakh eligibility";
    string private constant VERSION = "1";
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(address account,uint40 sendUntil,uint40 receiveUntil,uint16 country,uint8 classes,uint40 issuedAt,uint40 deadline,address attester)"
    );

    /// @dev This code's own address, where it does nothing.
    address private immutable SELF = address(this);

    modifier onlyRegistrar() {
        _checkRegistrar();
        _;
    }

    /* AGENTS */

    /// @inheritdoc IEligibilityRegistry
    function setAccount(address account, Eligibility calldata eligibility) external onlyRegistrar {
        _state(account, msg.sender, eligibility, uint40(block.timestamp));
    }

    /// @inheritdoc IEligibilityRegistry
    function setAccounts(address[] calldata accounts, Eligibility[] calldata eligibilities) external onlyRegistrar {
        uint256 length = accounts.length;
        require(length <= MAX_BATCH, EligibilityBatchTooLong(length, MAX_BATCH));
        require(length == eligibilities.length, EligibilityLengthMismatch(length, eligibilities.length));
        for (uint256 i; i < length; ++i) _state(accounts[i], msg.sender, eligibilities[i], uint40(block.timestamp));
    }

    /// @inheritdoc IEligibilityRegistry
    function setProtocol(address core) external onlyRegistrar {
        uint256 word = _accounts[core];
        require(!word.isStated() && _LEDGER.isCore(core), EligibilityNotProtocol(core));
        _accounts[core] = word.asProtocol();
        emit ProtocolSet(core);
    }

    /* ANYONE */

    /// @inheritdoc IEligibilityRegistry
    function refresh(Attestation calldata attestation, bytes calldata signature) external {
        _checkAsCore();
        uint256 updatedAt = _accounts[attestation.account].updatedAt();
        bool isNew = attestation.issuedAt > updatedAt && attestation.issuedAt <= block.timestamp;
        require(isNew, EligibilityStale(attestation.issuedAt, updatedAt));
        require(block.timestamp <= attestation.deadline, EligibilityExpired(attestation.deadline, block.timestamp));
        address attester = attestation.attester;
        require(_isAuthorized(attester, this.setAccount.selector), EligibilityUnauthorized(attester));
        bytes32 digest = _digest(attestation);
        require(AccountSignature.isValid(attester, digest, signature), EligibilityInvalidSignature(attester));
        _state(attestation.account, attester, attestation.eligibility, attestation.issuedAt);
    }

    /* VIEWS */

    /// @inheritdoc IEligibilityRegistry
    function eligibilityOf(address account) external view returns (Eligibility memory eligibility, uint256 updatedAt) {
        uint256 word = _accounts[account];
        eligibility = Eligibility({
            sendUntil: uint40(word.sendUntil()), // of 40 bits
            receiveUntil: uint40(word.receiveUntil()), // likewise
            country: uint16(word.country()), // of 16 bits
            classes: uint8(word.classes()) // of 8 bits
        });
        updatedAt = word.updatedAt();
    }

    /// @inheritdoc IEligibilityRegistry
    function isProtocol(address account) external view returns (bool) {
        return _accounts[account].isProtocol();
    }

    /// @inheritdoc IEligibilityRegistry
    function attestationDigest(Attestation calldata attestation) external view returns (bytes32) {
        return _digest(attestation);
    }

    /// @inheritdoc IEligibilityRegistry
    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (hex"0f", NAME, VERSION, block.chainid, address(this), 0, new uint256[](0));
    }

    /* INTERNALS */

    function _state(address account, address writer, Eligibility calldata eligibility, uint40 updatedAt) private {
        require(account != address(0), EligibilityZeroAccount());
        require(eligibility.country <= MAX_COUNTRY, EligibilityInvalidCountry(eligibility.country));
        uint256 word = _accounts[account];
        require(!word.isProtocol() && !_LEDGER.isCore(account), EligibilityIsCore(account));
        _accounts[account] = word.withStatement(
            eligibility.sendUntil,
            eligibility.receiveUntil,
            eligibility.country,
            eligibility.classes,
            updatedAt
        );
        emit EligibilitySet(
            account,
            writer,
            eligibility.sendUntil,
            eligibility.receiveUntil,
            eligibility.country,
            eligibility.classes,
            updatedAt
        );
    }

    /// @dev Refuses calls of the part itself, on storage that is not the core's.
    function _checkAsCore() internal view {
        require(address(this) != SELF, IRwaCore.RwaNotCore(address(this)));
    }

    function _digest(Attestation calldata attestation) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(NAME)), keccak256(bytes(VERSION)), block.chainid, address(this))
        );
        Eligibility calldata eligibility = attestation.eligibility;
        bytes32 structHash = keccak256(
            abi.encode(
                ATTESTATION_TYPEHASH,
                attestation.account,
                eligibility.sendUntil,
                eligibility.receiveUntil,
                eligibility.country,
                eligibility.classes,
                attestation.issuedAt,
                attestation.deadline,
                attestation.attester
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _checkRegistrar() private view {
        _checkAsCore();
        require(_isAuthorized(msg.sender, msg.sig), EligibilityUnauthorized(msg.sender));
    }
}
