// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IERC7540Operator} from "../interfaces/external/IERC7540Operator.sol";
import {IERC7540Redeem} from "../interfaces/external/IERC7540Redeem.sol";
import {IStakedVault} from "../interfaces/IStakedVault.sol";
import {IStakingCore} from "../interfaces/IStakingCore.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {StakeId} from "../types/StakeId.sol";
import {StakedVaultAuctions} from "./StakedVaultAuctions.sol";
import {StakedVaultExits} from "./StakedVaultExits.sol";
import {StakedVaultPool} from "./StakedVaultPool.sol";

/// @title StakedVault
/// @notice An auto-compounding ERC-4626 share of one stake pool, with ERC-7540 redeem requests where the pool has a cooldown; see
/// `IStakedVault`.
/// @dev Shares are parts of the counted stake, not of its worth: so a share's part of the stake never falls, a slash or not, and what
/// it is worth is the pool's word. One view serves an action, its preview and its limit. Strangers, which are tokens alone, are called
/// when nothing is written or when everything is, and the lock is closed.
contract StakedVault is ERC4626, ERC20Permit, StakedVaultExits {
    using Math for uint256;
    using SafeERC20 for IERC20;

    /// @dev The least that shares have more of decimals than assets, and the least they have.
    uint8 private constant MIN_OFFSET = 6;
    uint8 private constant MIN_DECIMALS = 18;

    uint8 private immutable _OFFSET;

    /// @param staking the core
    /// @param pool which exists
    /// @param token what the pool stakes: the token, or the facade of an issued asset
    /// @param dripPeriod seconds, one hour to 365 days
    /// @param terms of the sale of rewards
    constructor(
        IStakingCore staking,
        StakeId pool,
        IERC20 token,
        string memory name,
        string memory symbol,
        uint256 dripPeriod,
        AuctionTerms memory terms
    )
        ERC20(name, symbol)
        ERC20Permit(name)
        ERC4626(token)
        StakedVaultPool(staking, pool, address(token), dripPeriod)
        StakedVaultAuctions(terms)
    {
        (bool ok, uint8 tokenDecimals) = SafeERC20.tryGetDecimals(token);
        if (!ok) tokenDecimals = MIN_DECIMALS;
        bool isFine = tokenDecimals >= MIN_DECIMALS - MIN_OFFSET;
        _OFFSET = isFine ? MIN_OFFSET : MIN_DECIMALS - tokenDecimals;
        // What the ledger pulls is what the vault puts into its own calls. An issued asset is in the ledger already.
        if (!_isIssued()) token.forceApprove(address(LEDGER), type(uint256).max);
    }

    /* USER ACTIONS */

    /// @inheritdoc IERC4626
    /// @dev Shares round down.
    function deposit(
        uint256 assets,
        address receiver
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 shares) {
        Snapshot memory now_ = _snapshot();
        uint256 maximum = _poolRoom(now_);
        require(assets <= maximum, ERC4626ExceededMaxDeposit(receiver, assets, maximum));
        shares = _toShares(now_, _toStake(now_, assets), Math.Rounding.Floor);
        _enter(now_, receiver, assets, shares);
    }

    /// @inheritdoc IERC4626
    /// @dev Assets round up.
    function mint(
        uint256 shares,
        address receiver
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 assets) {
        Snapshot memory now_ = _snapshot();
        uint256 maximum = _toShares(now_, _toStake(now_, _poolRoom(now_)), Math.Rounding.Floor);
        require(shares <= maximum, ERC4626ExceededMaxMint(receiver, shares, maximum));
        assets = _costOf(now_, _partOf(now_, shares, Math.Rounding.Ceil));
        _enter(now_, receiver, assets, shares);
    }

    /// @inheritdoc IERC4626
    /// @dev Shares round up. With a cooldown a claim of what is ready, by the controller `owner` or his operator.
    function withdraw(
        uint256 assets,
        address receiver,
        address owner
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 shares) {
        _checkReceiver(receiver);
        if (_COOLDOWN == 0) {
            Snapshot memory now_ = _snapshot();
            uint256 maximum = _worthOf(now_, balanceOf(owner));
            require(assets <= maximum, ERC4626ExceededMaxWithdraw(owner, assets, maximum));
            shares = _toShares(now_, assets, Math.Rounding.Ceil); // a unit of stake is one of the asset
            _exit(receiver, owner, assets, shares);
        } else {
            _checkOperator(owner);
            _collect(owner);
            (, uint256 maximum) = _collected(owner);
            require(assets <= maximum, ERC4626ExceededMaxWithdraw(owner, assets, maximum));
            shares = _claimAssets(owner, assets);
            _payClaim(receiver, owner, assets, shares);
        }
    }

    /// @inheritdoc IERC4626
    /// @dev Assets round down. With a cooldown a claim of what is ready, by the controller `owner` or his operator.
    function redeem(
        uint256 shares,
        address receiver,
        address owner
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 assets) {
        _checkReceiver(receiver);
        if (_COOLDOWN == 0) {
            uint256 maximum = balanceOf(owner);
            require(shares <= maximum, ERC4626ExceededMaxRedeem(owner, shares, maximum));
            assets = _worthOf(_snapshot(), shares);
            _exit(receiver, owner, assets, shares);
        } else {
            _checkOperator(owner);
            _collect(owner);
            (uint256 maximum, ) = _collected(owner);
            require(shares <= maximum, ERC4626ExceededMaxRedeem(owner, shares, maximum));
            assets = _claimShares(owner, shares);
            _payClaim(receiver, owner, assets, shares);
        }
    }

    /// @inheritdoc IERC7540Redeem
    /// @dev The shares are burnt at once. By the owner or his operator, for the owner; by them or by his allowance, for a controller who is
    /// the caller or whose operator the caller is. So nobody fills another's places. The request id is 0.
    function requestRedeem(
        uint256 shares,
        address controller,
        address owner
    ) external nonReentrant returns (uint256 requestId) {
        require(_COOLDOWN != 0, StakedVaultNoRequests());
        bool isOwners = msg.sender == owner || isOperator[owner][msg.sender];
        if (!isOwners) _spendAllowance(owner, msg.sender, shares);
        if (!isOwners || controller != owner) _checkOperator(controller);
        Snapshot memory now_ = _snapshot();
        uint256 stake = _partOf(now_, shares, Math.Rounding.Floor);
        require(_toAssets(now_, stake) != 0, StakedVaultTooSmall(0, shares));
        _burn(owner, shares);
        emit RedeemRequest(controller, owner, 0, msg.sender, shares);
        _push(controller, shares, stake);
        return 0;
    }

    /* VIEWS */

    /// @inheritdoc IERC4626
    /// @dev What the counted stake is worth.
    function totalAssets() public view override(ERC4626, IERC4626) returns (uint256) {
        Snapshot memory now_ = _poolSnapshot();
        return _toAssets(now_, now_.stake);
    }

    /// @inheritdoc IERC4626
    /// @dev The room of the pool, and of the ledger for the token.
    function maxDeposit(address) public view override(ERC4626, IERC4626) returns (uint256) {
        return _maxDeposit(_poolSnapshot());
    }

    /// @inheritdoc IERC4626
    function maxMint(address) public view override(ERC4626, IERC4626) returns (uint256) {
        Snapshot memory now_ = _snapshot();
        return _toShares(now_, _toStake(now_, _maxDeposit(now_)), Math.Rounding.Floor);
    }

    /// @inheritdoc IERC4626
    /// @dev With a cooldown what the controller can claim.
    function maxWithdraw(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        return _COOLDOWN == 0 ? _worthOf(_snapshot(), balanceOf(owner)) : _claimableAssets(owner);
    }

    /// @inheritdoc IERC4626
    /// @dev With a cooldown what the controller can claim.
    function maxRedeem(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        return _COOLDOWN == 0 ? balanceOf(owner) : _claimableShares(owner);
    }

    /// @inheritdoc IERC4626
    function previewMint(uint256 shares) public view override(ERC4626, IERC4626) returns (uint256) {
        Snapshot memory now_ = _snapshot();
        return _costOf(now_, _partOf(now_, shares, Math.Rounding.Ceil));
    }

    /// @inheritdoc IERC4626
    function previewWithdraw(uint256 assets) public view override(ERC4626, IERC4626) returns (uint256) {
        _checkPreview();
        return _toShares(_snapshot(), assets, Math.Rounding.Ceil);
    }

    /// @inheritdoc IERC4626
    function previewRedeem(uint256 shares) public view override(ERC4626, IERC4626) returns (uint256) {
        _checkPreview();
        return _worthOf(_snapshot(), shares);
    }

    /// @inheritdoc IERC165
    /// @dev ERC-7575 always, ERC-7540's redeem requests and operators with a cooldown.
    function supportsInterface(bytes4 interfaceId) external view returns (bool) {
        if (interfaceId == type(IERC7540Redeem).interfaceId || interfaceId == type(IERC7540Operator).interfaceId) {
            return _COOLDOWN != 0;
        }
        bytes4 erc7575 = type(IERC4626).interfaceId ^ IStakedVault.share.selector;
        return interfaceId == type(IERC165).interfaceId || interfaceId == erc7575;
    }

    /// @inheritdoc IStakedVault
    function share() external view returns (address) {
        return address(this);
    }

    function decimals() public view override(ERC20, ERC4626, IERC20Metadata) returns (uint8) {
        return ERC4626.decimals();
    }

    /* FLOWS */

    /// @dev Between the view and the writes a token can have the pool slashed, which costs the depositor.
    function _enter(Snapshot memory now_, address receiver, uint256 assets, uint256 shares) private {
        require((assets == 0) == (shares == 0), StakedVaultTooSmall(assets, shares));
        _checkReceiver(receiver);
        if (assets != 0) {
            _pull(assets);
            _addStake(assets, _toStake(now_, assets));
        }
        _mint(receiver, shares);
        emit Deposit(msg.sender, receiver, assets, shares);
    }

    /// @dev In a pool without a cooldown. All is written before: the last call sends the tokens.
    function _exit(address receiver, address owner, uint256 assets, uint256 shares) private {
        if (msg.sender != owner) _spendAllowance(owner, msg.sender, shares);
        _burn(owner, shares);
        emit Withdraw(msg.sender, receiver, owner, assets, shares);
        _unstake(assets, receiver);
    }

    function _payClaim(address receiver, address controller, uint256 assets, uint256 shares) private {
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
        _send(_STAKE_ASSET, assets, receiver);
    }

    /* INTERNALS */

    function _snapshot() private view returns (Snapshot memory now_) {
        now_ = _poolSnapshot();
        now_.supply = totalSupply();
    }

    /// @dev All that the ledger holds of a token is one half-word at most.
    function _maxDeposit(Snapshot memory now_) private view returns (uint256 room) {
        room = _poolRoom(now_);
        if (!_isIssued()) {
            room = room.min(WordLib.MAX_AMOUNT.saturatingSub(IERC20(_TOKEN).balanceOf(address(LEDGER))));
        }
    }

    /// @dev Shares for a part of the stake.
    function _toShares(Snapshot memory now_, uint256 stake, Math.Rounding rounding) private view returns (uint256) {
        return stake.mulDiv(now_.supply + 10 ** _OFFSET, now_.stake + _virtualStake(), rounding);
    }

    /// @dev The part of the stake that shares are.
    function _partOf(Snapshot memory now_, uint256 shares, Math.Rounding rounding) private view returns (uint256) {
        return shares.mulDiv(now_.stake + _virtualStake(), now_.supply + 10 ** _OFFSET, rounding);
    }

    function _worthOf(Snapshot memory now_, uint256 shares) private view returns (uint256) {
        return _toAssets(now_, _partOf(now_, shares, Math.Rounding.Floor));
    }

    /// @dev Rounds down always: of `deposit` and of its preview, and `convertToShares`.
    function _convertToShares(uint256 assets, Math.Rounding) internal view override returns (uint256) {
        Snapshot memory now_ = _snapshot();
        return _toShares(now_, _toStake(now_, assets), Math.Rounding.Floor);
    }

    /// @dev Rounds down always: `convertToAssets`.
    function _convertToAssets(uint256 shares, Math.Rounding) internal view override returns (uint256) {
        return _worthOf(_snapshot(), shares);
    }

    function _checkPreview() private view {
        require(_COOLDOWN == 0, StakedVaultNoPreview());
    }

    function _decimalsOffset() internal view override returns (uint8) {
        return _OFFSET;
    }
}
