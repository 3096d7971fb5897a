// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {ILendingVault} from "../interfaces/ILendingVault.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {MarketId} from "../types/MarketId.sol";
import {LendingVaultMarkets} from "./LendingVaultMarkets.sol";
import {LendingVaultRisk} from "./LendingVaultRisk.sol";

/// @title LendingVault
/// @notice Deposits and withdrawals of an ERC-4626 vault on lending markets, its fee, its allocation; see `ILendingVault`.
/// @dev One view of all holdings serves an action, its preview and its limit, so they agree to the unit. Strangers, which are the
/// token alone, are called when nothing is written or when everything is: a callback finds a consistent vault, and a locked one.
/// Between a deposit's view and its writes a token can have the vault's assets change in the core only downwards, by bad debt,
/// which costs the depositor.
contract LendingVault is ERC4626, LendingVaultRisk {
    using Math for uint256;
    using SafeERC20 for IERC20;

    /// @dev Holdings, and shares with those that the fee adds now.
    struct Snapshot {
        Holdings holdings;
        uint256 supply;
        uint256 gain;
        uint256 feeShares;
    }

    uint256 private constant WAD = 1e18;
    uint256 private constant MAX_FEE = 0.5e18;
    /// @dev The least that shares have more of decimals than assets, and the least they have.
    uint8 private constant MIN_OFFSET = 6;
    uint8 private constant MIN_DECIMALS = 18;
    /// @dev No deposit brings all shares above: their products with assets, below 2^118, are taken in 512 bits, and whatever is
    /// left of them fits a word.
    uint256 private constant MAX_SUPPLY = type(uint224).max;

    uint8 private immutable _OFFSET;

    /// @inheritdoc ILendingVault
    address public feeRecipient; // slot of both
    uint96 private _fee;

    /// @param lending the core
    /// @param token what is lent
    /// @param owner who sets the roles
    /// @param newTimelock in seconds, one day to 14 days
    constructor(
        ILendingCore lending,
        IERC20 token,
        address owner,
        uint256 newTimelock,
        string memory name,
        string memory symbol
    )
        ERC20(name, symbol)
        ERC4626(token)
        LendingVaultMarkets(lending, address(token))
        LendingVaultRisk(owner, newTimelock)
    {
        (bool ok, uint8 tokenDecimals) = SafeERC20.tryGetDecimals(token);
        if (!ok) tokenDecimals = MIN_DECIMALS;
        bool isFine = tokenDecimals >= MIN_DECIMALS - MIN_OFFSET;
        _OFFSET = isFine ? MIN_OFFSET : MIN_DECIMALS - tokenDecimals;
        // What the ledger pulls is what the vault puts into its own calls.
        token.forceApprove(address(LEDGER), type(uint256).max);
    }

    /* USER ACTIONS */

    /// @inheritdoc IERC4626
    /// @dev Shares round down. What no market of the supply queue takes, which is less than the price of one of its shares, is idle.
    function deposit(
        uint256 assets,
        address receiver
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 shares) {
        Snapshot memory now_ = _snapshot();
        uint256 maximum = _maxDeposit(now_);
        require(assets <= maximum, ERC4626ExceededMaxDeposit(receiver, assets, maximum));
        shares = _toShares(now_, assets, Math.Rounding.Floor);
        _enter(now_, receiver, assets, shares);
    }

    /// @inheritdoc IERC4626
    /// @dev Assets round up.
    function mint(
        uint256 shares,
        address receiver
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 assets) {
        Snapshot memory now_ = _snapshot();
        uint256 maximum = _toShares(now_, _maxDeposit(now_), Math.Rounding.Floor);
        require(shares <= maximum, ERC4626ExceededMaxMint(receiver, shares, maximum));
        assets = _toAssets(now_, shares, Math.Rounding.Ceil);
        _enter(now_, receiver, assets, shares);
    }

    /// @inheritdoc IERC4626
    /// @dev Shares round up. What is idle goes first, then the withdraw queue in order.
    function withdraw(
        uint256 assets,
        address receiver,
        address owner
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 shares) {
        Snapshot memory now_ = _snapshot();
        uint256 maximum = _maxWithdraw(now_, owner);
        require(assets <= maximum, ERC4626ExceededMaxWithdraw(owner, assets, maximum));
        shares = _toShares(now_, assets, Math.Rounding.Ceil);
        _exit(now_, receiver, owner, assets, shares);
    }

    /// @inheritdoc IERC4626
    /// @dev Assets round down.
    function redeem(
        uint256 shares,
        address receiver,
        address owner
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 assets) {
        Snapshot memory now_ = _snapshot();
        uint256 maximum = _maxRedeem(now_, owner);
        require(shares <= maximum, ERC4626ExceededMaxRedeem(owner, shares, maximum));
        assets = _toAssets(now_, shares, Math.Rounding.Floor);
        _exit(now_, receiver, owner, assets, shares);
    }

    /* ROLES */

    /// @inheritdoc ILendingVault
    function setFee(uint256 newFee) external onlyOwner nonReentrant {
        require(newFee <= MAX_FEE, VaultFeeTooLarge(newFee, MAX_FEE));
        require(newFee == 0 || feeRecipient != address(0), VaultNoFeeRecipient());
        _accrueFee();
        _fee = uint96(newFee); // checked
        emit FeeSet(newFee);
    }

    /// @inheritdoc ILendingVault
    function setFeeRecipient(address newFeeRecipient) external onlyOwner nonReentrant {
        require(_fee == 0 || newFeeRecipient != address(0), VaultNoFeeRecipient());
        _accrueFee();
        feeRecipient = newFeeRecipient;
        emit FeeRecipientSet(newFeeRecipient);
    }

    /// @inheritdoc ILendingVault
    function reallocate(Allocation[] calldata allocations) external onlyAllocator nonReentrant {
        uint256 left = _idle;
        for (uint256 i; i < allocations.length; ++i) {
            MarketId id = allocations[i].id;
            Leg memory leg = _legOf(_enabledNumber(id));
            (uint256 before, uint256 wanted) = (leg.assets, allocations[i].assets);
            if (wanted == type(uint256).max) wanted = before + _roomOf(leg).min(left);
            if (wanted == 0) {
                left += _redeemAll(leg);
            } else if (wanted < before) {
                uint256 out = before - wanted;
                _withdrawFrom(leg, out, address(0));
                left += out;
            } else if (wanted != before) {
                require(wanted <= leg.cap, VaultCapExceeded(id, wanted, leg.cap));
                uint256 more = wanted - before;
                require(more <= left, VaultInsufficientIdle(more, left));
                _supplyTo(leg, more, ILedger.Source.LEDGER);
                left -= more;
            }
            emit Reallocated(id, msg.sender, before, wanted);
        }
        _idle = uint128(left); // a part of the vault's ledger balance
    }

    /* VIEWS */

    /// @inheritdoc IERC4626
    function totalAssets() public view override(ERC4626, IERC4626) returns (uint256) {
        return _holdings().total;
    }

    /// @inheritdoc IERC4626
    /// @dev The room of the supply queue, and of the ledger for the token.
    function maxDeposit(address) public view override(ERC4626, IERC4626) returns (uint256) {
        return _maxDeposit(_snapshot()).min(_ledgerRoom());
    }

    /// @inheritdoc IERC4626
    function maxMint(address) public view override(ERC4626, IERC4626) returns (uint256) {
        Snapshot memory now_ = _snapshot();
        return _toShares(now_, _maxDeposit(now_).min(_ledgerRoom()), Math.Rounding.Floor);
    }

    /// @inheritdoc IERC4626
    /// @dev As much as is idle or not lent in the markets.
    function maxWithdraw(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        return _maxWithdraw(_snapshot(), owner);
    }

    /// @inheritdoc IERC4626
    function maxRedeem(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        return _maxRedeem(_snapshot(), owner);
    }

    /// @inheritdoc ILendingVault
    function fee() external view returns (uint256) {
        return _fee;
    }

    /// @inheritdoc ILendingVault
    function idle() external view returns (uint256) {
        return _idle;
    }

    /// @inheritdoc ILendingVault
    function lastTotalAssets() external view returns (uint256) {
        return _lastTotalAssets;
    }

    /// @inheritdoc ILendingVault
    function assetsIn(MarketId id) external view returns (uint256) {
        return _legOf(_enabledNumber(id)).assets;
    }

    /* FLOWS */

    /// @dev Into one market straight from the vault's wallet; into several, or none, over its ledger balance, so that the token is
    /// called twice at most.
    function _enter(Snapshot memory now_, address receiver, uint256 assets, uint256 shares) private {
        require((assets == 0) == (shares == 0), VaultTooSmall(assets, shares));
        (uint256[] memory parts, uint256 count, uint256 left) = _planSupply(now_.holdings, assets);
        IERC20(asset()).safeTransferFrom(msg.sender, address(this), assets);
        bool isDirect = count == 1 && left == 0;
        if (!isDirect && assets != 0) LEDGER.deposit(asset(), assets, assets, address(this));
        ILedger.Source source = isDirect ? ILedger.Source.WALLET : ILedger.Source.LEDGER;
        for (uint256 i; i < parts.length; ++i) {
            if (parts[i] != 0) _supplyTo(now_.holdings.legs[i], parts[i], source);
        }
        _mintFee(now_);
        _setLastTotalAssets(now_.holdings.total + assets);
        if (left != 0) _idle += uint128(left); // a part of the vault's ledger balance
        _mint(receiver, shares);
        emit Deposit(msg.sender, receiver, assets, shares);
    }

    /// @dev From one market straight to the receiver's wallet; from several, or what is idle, over the vault's ledger balance. All is
    /// written before: the last call sends the tokens.
    function _exit(Snapshot memory now_, address receiver, address owner, uint256 assets, uint256 shares) private {
        // Nobody's tokens, and nobody's wallet.
        require(receiver != address(0) && receiver != address(this), VaultInvalidReceiver(receiver));
        if (msg.sender != owner) _spendAllowance(owner, msg.sender, shares);
        _mintFee(now_);
        _burn(owner, shares);
        _setLastTotalAssets(now_.holdings.total - assets);
        emit Withdraw(msg.sender, receiver, owner, assets, shares);
        (uint256[] memory parts, uint256 count, uint256 fromIdle) = _planWithdrawal(now_.holdings, assets);
        if (fromIdle != 0) _idle -= uint128(fromIdle); // a part of it
        bool isDirect = count == 1 && fromIdle == 0;
        for (uint256 i; i < parts.length; ++i) {
            if (parts[i] != 0) _withdrawFrom(now_.holdings.legs[i], parts[i], isDirect ? receiver : address(0));
        }
        if (!isDirect && assets != 0) LEDGER.withdraw(asset(), assets, receiver);
    }

    /* INTERNALS */

    function _snapshot() private view returns (Snapshot memory now_) {
        now_.holdings = _holdings();
        now_.supply = totalSupply();
        (uint256 total, uint256 last) = (now_.holdings.total, _lastTotalAssets);
        uint256 rate = _fee;
        if (rate == 0 || total <= last) return now_;
        now_.gain = total - last;
        uint256 assets = now_.gain.mulDiv(rate, WAD); // at most half of the total
        uint256 shares = assets.mulDiv(now_.supply + _virtualShares(), total - assets + 1);
        now_.feeShares = shares.min(MAX_SUPPLY.saturatingSub(now_.supply));
        now_.supply += now_.feeShares;
    }

    function _accrueFee() internal override {
        Snapshot memory now_ = _snapshot();
        _mintFee(now_);
        _setLastTotalAssets(now_.holdings.total);
    }

    function _mintFee(Snapshot memory now_) private {
        if (now_.feeShares == 0) return;
        _mint(feeRecipient, now_.feeShares);
        emit FeeAccrued(now_.gain, now_.feeShares);
    }

    function _maxDeposit(Snapshot memory now_) private view returns (uint256 assets) {
        assets = _room(now_.holdings).min(WordLib.MAX_AMOUNT);
        uint256 shares = now_.supply + _virtualShares();
        uint256 price = now_.holdings.total + 1;
        // Where a share costs a unit or more, there is room for as many shares as there are assets.
        if (price < shares) assets = assets.min(MAX_SUPPLY.saturatingSub(now_.supply).mulDiv(price, shares));
    }

    function _maxWithdraw(Snapshot memory now_, address owner) private view returns (uint256) {
        return _toAssets(now_, balanceOf(owner), Math.Rounding.Floor).min(_available(now_.holdings));
    }

    function _maxRedeem(Snapshot memory now_, address owner) private view returns (uint256) {
        // The most that is worth no more than there is: assets round down.
        uint256 available = _available(now_.holdings);
        return (_toShares(now_, available + 1, Math.Rounding.Ceil) - 1).min(balanceOf(owner));
    }

    /// @dev What the ledger can take of the token: all that it holds is one half-word at most.
    function _ledgerRoom() private view returns (uint256) {
        return WordLib.MAX_AMOUNT.saturatingSub(IERC20(asset()).balanceOf(address(LEDGER)));
    }

    function _toShares(Snapshot memory now_, uint256 assets, Math.Rounding rounding) private view returns (uint256) {
        return assets.mulDiv(now_.supply + _virtualShares(), now_.holdings.total + 1, rounding);
    }

    function _toAssets(Snapshot memory now_, uint256 shares, Math.Rounding rounding) private view returns (uint256) {
        return shares.mulDiv(now_.holdings.total + 1, now_.supply + _virtualShares(), rounding);
    }

    function _convertToShares(uint256 assets, Math.Rounding rounding) internal view override returns (uint256) {
        return _toShares(_snapshot(), assets, rounding);
    }

    function _convertToAssets(uint256 shares, Math.Rounding rounding) internal view override returns (uint256) {
        return _toAssets(_snapshot(), shares, rounding);
    }

    function _virtualShares() private view returns (uint256) {
        return 10 ** _OFFSET;
    }

    function _decimalsOffset() internal view override returns (uint8) {
        return _OFFSET;
    }
}
