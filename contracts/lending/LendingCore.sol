// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/interfaces/IERC20Metadata.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IAssetMetadata} from "../interfaces/IAssetMetadata.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {ILendingActions} from "../interfaces/ILendingActions.sol";
import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {LendingMath} from "../libraries/LendingMath.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {MarketId} from "../types/MarketId.sol";
import {ADAPTIVE_CURVE, MarketParams, NO_INTEREST} from "../types/MarketParams.sol";
import {Word} from "../types/Word.sol";
import {LendingActions} from "./LendingActions.sol";
import {LendingMarkets} from "./LendingMarkets.sol";

/// @title LendingCore
/// @notice Isolated lending markets; see `ILendingCore`. Holds no token and no balance: idle assets and collateral are the
/// market's ledger book, handed over with each call.
contract LendingCore is LendingActions {
    using AssetId for uint256;
    using OperationLib for uint256[];

    constructor(ILedger ledger) LendingMarkets(ledger) {}

    modifier onlyLedger() {
        _checkLedger();
        _;
    }

    modifier restricted() {
        _checkAuthority();
        _;
    }

    /* LEDGER ENTRIES */

    /// @inheritdoc ILedgerProtocol
    function onLedgerCall(
        address actor,
        bytes32 book,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) external onlyLedger returns (bytes4 magic, Word outputs, uint256 shareId, Word issue) {
        MarketId id = MarketId.wrap(book);
        bytes4 selector = bytes4(data);
        magic = ILedgerProtocol.onLedgerCall.selector;
        if (selector == ILendingActions.supply.selector) {
            (outputs, issue) = _supply(id, actor, holdings, inputs, abi.decode(data[4:], (uint256)));
        } else if (selector == ILendingActions.borrow.selector) {
            (uint256 assets, address account) = abi.decode(data[4:], (uint256, address));
            outputs = _borrow(id, actor, holdings, inputs, assets, account);
        } else if (selector == ILendingActions.repay.selector) {
            address account = abi.decode(data[4:], (address));
            outputs = _repayAssets(id, actor, holdings, inputs, account);
        } else if (selector == ILendingActions.liquidate.selector) {
            (address account, uint256 minSeized) = abi.decode(data[4:], (address, uint256));
            outputs = _liquidate(id, actor, holdings, inputs, account, minSeized);
        } else if (selector == ILendingActions.withdraw.selector) {
            (uint256 assets, uint256 maxShares) = abi.decode(data[4:], (uint256, uint256));
            (outputs, issue) = _withdraw(id, actor, holdings, inputs, assets, maxShares);
        } else if (selector == ILendingActions.redeem.selector) {
            (uint256 shares, uint256 minAssets) = abi.decode(data[4:], (uint256, uint256));
            (outputs, issue) = _redeem(id, actor, holdings, inputs, shares, minAssets);
        } else if (selector == ILendingActions.repayShares.selector) {
            (uint256 shares, address account) = abi.decode(data[4:], (uint256, address));
            outputs = _repayShares(id, actor, holdings, inputs, shares, account);
        } else if (selector == ILendingActions.addCollateral.selector) {
            outputs = _addCollateral(id, actor, holdings, inputs, abi.decode(data[4:], (address)));
        } else if (selector == ILendingActions.removeCollateral.selector) {
            (uint256 amount, address account) = abi.decode(data[4:], (uint256, address));
            outputs = _removeCollateral(id, actor, holdings, inputs, amount, account);
        } else if (selector == ILendingActions.supplyShares.selector) {
            (outputs, issue) = _supplyShares(id, actor, holdings, inputs, abi.decode(data[4:], (uint256)));
        } else if (selector == ILendingActions.pledgeCollateral.selector) {
            outputs = _pledgeCollateral(id, actor, holdings, inputs, abi.decode(data[4:], (uint256)));
        } else if (selector == ILendingActions.accrue.selector) {
            outputs = _accrueInterest(id, actor, holdings, inputs);
        } else if (selector == ILendingActions.collectFee.selector) {
            (outputs, issue) = _collectFee(id, actor, holdings, inputs);
        } else if (selector == ILendingActions.createMarket.selector) {
            outputs = _createMarket(id, inputs, holdings, abi.decode(data[4:], (MarketParams)));
        } else {
            revert LendingUnknownAction(selector);
        }
        shareId = Word.unwrap(issue) == 0 ? 0 : id.shareId(address(this));
    }

    /// @inheritdoc ILedgerProtocol
    /// @dev See `LendingSections`.
    function onLedgerBatch(
        bytes32 book,
        Word holdings,
        uint256 shareId,
        bytes calldata,
        uint256[] calldata operations
    ) external onlyLedger returns (bytes4, uint32, uint256[] memory) {
        MarketId id = MarketId.wrap(book);
        uint256 expected = id.shareId(address(this));
        require(shareId == 0 || shareId == expected, LendingWrongShare(expected, shareId));
        uint256[] memory payouts = OperationLib.newPayouts(operations.length / 2);
        Word flags = _settleAll(id, holdings, shareId != 0, operations, payouts);
        payouts.answer(ILedgerProtocol.onLedgerBatch.selector, uint32(flags.flags())); // flags are 32 bits
    }

    /* PLEDGES */

    /// @inheritdoc ILendingCore
    function seize(MarketParams calldata market, address account, address liquidator) external {
        MarketId id = market.toId(address(this));
        uint256 amount = seizableOf[id][account][liquidator];
        require(amount != 0, LendingZeroAmount());
        delete seizableOf[id][account][liquidator];
        emit Seized(id, account, liquidator, amount);
        _pledgeOf(market.collateralAsset).seize(account, market.collateralAsset, amount, liquidator);
    }

    /* AUTHORITY */

    /// @inheritdoc ILendingCore
    function enableLltv(uint256 lltv) external restricted {
        require(lltv < LendingMath.WAD && lltv % LLTV_STEP == 0, LendingInvalidLltv(lltv));
        isLltvEnabled[lltv] = true;
        emit LltvEnabled(lltv);
    }

    /// @inheritdoc ILendingCore
    function enableRateModel(address irm) external restricted {
        require(irm == NO_INTEREST || irm == ADAPTIVE_CURVE || irm.code.length != 0, LendingNoCode(irm));
        isRateModelEnabled[irm] = true;
        emit RateModelEnabled(irm);
    }

    /// @inheritdoc ILendingCore
    function setFee(MarketParams calldata market, uint256 fee) external restricted {
        require(fee <= LendingMath.MAX_FEE && fee % FEE_STEP == 0, LendingInvalidFee(fee, LendingMath.MAX_FEE));
        MarketId id = market.toId(address(this));
        // A call of the ledger, which reverts.
        // solhint-disable-next-line no-unchecked-calls
        _LEDGER.call(
            ILedger.Call({
                protocol: address(this),
                asset0: market.loanAsset,
                asset1: market.collateralAsset,
                key: market.bookKey(),
                source: ILedger.Source.LEDGER,
                destination: ILedger.Destination.LEDGER,
                amount0: 0,
                amount1: 0,
                to: address(this),
                data: abi.encodeCall(ILendingActions.accrue, ())
            })
        );
        _setFee(_markets[id], fee / FEE_STEP);
        emit FeeSet(id, fee);
    }

    /// @inheritdoc ILendingCore
    function setFeeRecipient(address recipient) external restricted {
        feeRecipient = recipient;
        emit FeeRecipientSet(recipient);
    }

    /* VIEWS */

    /// @inheritdoc ILendingCore
    // solhint-disable-next-line func-name-mixedcase
    function LEDGER() external view returns (ILedger) {
        return _LEDGER;
    }

    /// @inheritdoc ILendingCore
    function marketOf(MarketId id) external view returns (MarketState memory) {
        LendingMath.Market memory market = _read(_markets[id]);
        return
            MarketState({
                supplyShares: market.supplyShares,
                borrowAssets: market.borrowAssets,
                borrowShares: market.borrowShares,
                feeShares: market.feeShares,
                rate: market.rate,
                fee: _feeOf(market.settings),
                isPledged: _isPledged(market.settings)
            });
    }

    /// @inheritdoc ILendingCore
    function paramsOf(MarketId id) external view returns (MarketParams memory) {
        Storage storage stored = _markets[id];
        return
            MarketParams({
                loanAsset: stored.loanAsset,
                collateralAsset: stored.collateralAsset,
                oracle: stored.oracle,
                irm: stored.irm,
                lltv: _lltvOf(stored),
                closeOutDebt: stored.closeOutDebt
            });
    }

    /// @inheritdoc ILendingCore
    function positionOf(MarketId id, address account) external view returns (Position memory) {
        Word position = _markets[id].positions[account].word;
        // halves of a word
        return Position(uint112(position.amount(OWED)), uint112(position.amount(COLLATERAL)));
    }

    /// @inheritdoc ILendingCore
    function shareIdOf(MarketParams calldata market) external view returns (uint256) {
        return market.toId(address(this)).shareId(address(this));
    }

    /// @inheritdoc IAssetMetadata
    function assetName(bytes32 salt) external pure returns (string memory) {
        return string.concat("Lakh supply ", _label(salt));
    }

    /// @inheritdoc IAssetMetadata
    function assetSymbol(bytes32 salt) external pure returns (string memory) {
        return string.concat("LS-", _label(salt));
    }

    /// @inheritdoc IAssetMetadata
    /// @dev Six more than the loan asset's, as a share costs a millionth of a unit at first; of an issued one, or without an answer,
    /// 18 and six.
    function assetDecimals(bytes32 salt) external view returns (uint8) {
        uint256 asset = _markets[MarketId.wrap(salt)].loanAsset;
        uint256 decimals = 18;
        if (!asset.isIssued()) {
            bytes memory question = abi.encodeCall(IERC20Metadata.decimals, ());
            (bool ok, uint256 answer) = BoundedCall.word(address(uint160(asset)), TOKEN_GAS, question);
            if (ok && answer <= MAX_DECIMALS) decimals = answer;
        }
        return uint8(decimals + SHARE_DECIMALS);
    }

    /// @inheritdoc IAssetMetadata
    /// @dev Shares in holders' hands: not what the fee's recipient has not collected.
    function assetSupply(bytes32 salt) external view returns (uint256) {
        LendingMath.Market memory market = _read(_markets[MarketId.wrap(salt)]);
        return market.supplyShares - market.feeShares;
    }

    /* INTERNALS */

    function _checkLedger() private view {
        require(msg.sender == address(_LEDGER), LendingNotLedger(msg.sender));
    }

    function _checkAuthority() private view {
        (bool allowed, ) = _LEDGER.AUTHORITY().canCall(msg.sender, address(this), msg.sig);
        require(allowed, LendingUnauthorized(msg.sender));
    }

    /// @dev The first four bytes of a market id, in hexadecimal.
    function _label(bytes32 salt) private pure returns (string memory) {
        return Strings.toHexString(uint32(bytes4(salt)), 4);
    }
}
