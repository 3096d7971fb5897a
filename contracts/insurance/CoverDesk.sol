// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IAssetMetadata} from "../interfaces/IAssetMetadata.sol";
import {ICoverActions} from "../interfaces/ICoverActions.sol";
import {ICoverDesk} from "../interfaces/ICoverDesk.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {AssetDecimals} from "../libraries/AssetDecimals.sol";
import {CoverCurve} from "../libraries/CoverCurve.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {ProductId} from "../types/ProductId.sol";
import {RiskId} from "../types/RiskId.sol";
import {Word} from "../types/Word.sol";
import {CoverSections} from "./CoverSections.sol";
import {CoverStore} from "./CoverStore.sol";

/// @title CoverDesk
/// @notice Parametric cover, settled at once for any number of holders; see `ICoverDesk`. Holds no token: premiums of a risk, later what
/// its holders are owed, are the risk's ledger book, handed over with each call.
contract CoverDesk is CoverSections {
    using CoverCurve for CoverCurve.Curve;
    using OperationLib for uint256[];

    constructor(ILedger ledger, IUnderwritingPool pools) CoverStore(ledger, pools) {}

    modifier onlyLedger() {
        require(msg.sender == address(_LEDGER), CoverNotLedger(msg.sender));
        _;
    }

    /* LEDGER ENTRIES */

    /// @inheritdoc ILedgerProtocol
    function onLedgerCall(
        address actor,
        bytes32 book,
        Word,
        Word inputs,
        bytes calldata data
    ) external onlyLedger returns (bytes4 magic, Word outputs, uint256 shareId, Word issue) {
        magic = ILedgerProtocol.onLedgerCall.selector;
        _checkInputs(bytes4(data), inputs);
        RiskId id = RiskId.wrap(book);
        (outputs, issue) = _act(id, actor, inputs.amount(0), data);
        if (Word.unwrap(issue) != 0) shareId = id.coverId(address(this));
    }

    /// @inheritdoc ILedgerProtocol
    /// @dev See `CoverSections`.
    function onLedgerBatch(
        bytes32 book,
        Word,
        uint256 shareId,
        bytes calldata parameters,
        uint256[] calldata operations
    ) external onlyLedger returns (bytes4, uint32, uint256[] memory) {
        RiskId id = RiskId.wrap(book);
        uint256 expected = id.coverId(address(this));
        require(shareId == expected, CoverWrongShare(shareId, expected));
        uint256[] memory payouts = OperationLib.newPayouts(operations.length / 2);
        _settleAll(id, parameters, operations, payouts);
        payouts.answer(ILedgerProtocol.onLedgerBatch.selector, 0);
    }

    /* VIEWS */

    /// @inheritdoc ICoverDesk
    // solhint-disable-next-line func-name-mixedcase
    function LEDGER() external view returns (ILedger) {
        return _LEDGER;
    }

    /// @inheritdoc ICoverDesk
    // solhint-disable-next-line func-name-mixedcase
    function POOLS() external view returns (IUnderwritingPool) {
        return _POOLS;
    }

    /// @inheritdoc ICoverDesk
    function productOf(ProductId id) external view returns (Product memory) {
        return _products[id];
    }

    /// @inheritdoc ICoverDesk
    function riskOf(RiskId id) external view returns (Risk memory) {
        Storage storage risk = _risks[id];
        Totals memory totals = _load(risk);
        return
            Risk({
                state: totals.state,
                cover: totals.cover,
                held: totals.held,
                ratio: totals.ratio,
                product: risk.product,
                eventId: risk.eventId,
                oracleData: risk.oracleData,
                key: risk.key,
                baseRate: risk.baseRate,
                cutoff: risk.cutoff,
                start: risk.start,
                end: risk.end,
                reportBy: risk.reportBy,
                fallbackBy: risk.fallbackBy,
                voidFrom: _voidFrom(risk.end, risk.fallbackBy),
                referred: risk.referred
            });
    }

    /// @inheritdoc ICoverDesk
    function commissionOf(RiskId id, address referrer) external view returns (uint256) {
        return _load(_risks[id]).ratio == VOID ? 0 : _commissions[id][referrer];
    }

    /// @inheritdoc ICoverDesk
    function quote(RiskId id, uint256 cover) external view returns (uint256 cost, uint256 fee) {
        (Storage storage risk, Sale memory sale) = _onSale(id);
        cost = _costOf(sale, cover);
        uint256 rate = _products[risk.product].fee;
        fee = cost - (_netOf(sale.held + cost, rate) - _netOf(sale.held, rate));
    }

    /// @inheritdoc ICoverDesk
    function coverFor(RiskId id, uint256 cost) external view returns (uint256 cover, uint256 room) {
        (, Sale memory sale) = _onSale(id);
        require(cost <= type(uint96).max, CoverCostTooHigh(cost, type(uint96).max));
        (cover, room) = (sale.curve.coverFor(sale.locked, cost), sale.room);
        if (!_isForSale(sale, cover, cost)) cover = 0;
    }

    /// @inheritdoc IAssetMetadata
    function assetName(bytes32 salt) external pure returns (string memory) {
        return string.concat("Lakh cover ", _label(salt));
    }

    /// @inheritdoc IAssetMetadata
    function assetSymbol(bytes32 salt) external pure returns (string memory) {
        return string.concat("CV-", _label(salt));
    }

    /// @inheritdoc IAssetMetadata
    /// @dev The asset's.
    function assetDecimals(bytes32 salt) external view returns (uint8) {
        address asset = _products[_risks[RiskId.wrap(salt)].product].asset;
        return uint8(AssetDecimals.decimalsOf(uint160(asset))); // at most 77
    }

    /// @inheritdoc IAssetMetadata
    function assetSupply(bytes32 salt) external view returns (uint256) {
        return _load(_risks[RiskId.wrap(salt)]).cover;
    }

    /* INTERNALS */

    function _act(
        RiskId id,
        address actor,
        uint256 input,
        bytes calldata data
    ) private returns (Word outputs, Word issue) {
        bytes4 selector = bytes4(data);
        if (selector == ICoverActions.buy.selector) {
            (uint256 cover, address referrer) = abi.decode(data[4:], (uint256, address));
            uint256 cost = _buy(id, actor, cover, input, referrer);
            (outputs, issue) = (WordLib.pack(input - cost, 0), WordLib.pack(cover, 0)); // checked
        } else if (selector == ICoverActions.redeem.selector) {
            uint256 units = abi.decode(data[4:], (uint256));
            (outputs, issue) = (WordLib.pack(_redeem(id, actor, units), 0), WordLib.pack(0, units)); // checked
        } else if (selector == ICoverActions.receiveClaims.selector) {
            require(actor == address(this), CoverNotSelf(actor));
        } else if (selector == ICoverActions.sendPremiums.selector) {
            require(actor == address(this), CoverNotSelf(actor));
            outputs = WordLib.pack(abi.decode(data[4:], (uint256)), 0); // what it holds beyond what it owes
        } else {
            revert CoverUnknownAction(selector);
        }
    }

    function _buy(
        RiskId id,
        address actor,
        uint256 cover,
        uint256 maximum,
        address referrer
    ) private returns (uint256 cost) {
        (Storage storage risk, Sale memory sale) = _onSale(id);
        cost = _costOf(sale, cover);
        require(cost <= maximum, CoverCostTooHigh(cost, maximum));
        _sell(sale, cover, cost); // checked by `_costOf`
        _closeSale(id, risk, sale, referrer);
        emit CoverBought(id, actor, cover, cost, referrer);
    }

    function _redeem(RiskId id, address actor, uint256 units) private returns (uint256 paid) {
        Storage storage risk = _risks[id];
        Totals memory totals = _inState(id, risk, RiskState.SETTLED);
        require(units <= totals.cover, CoverInsufficientUnits(units, totals.cover));
        bool ok;
        (ok, paid) = _tryRedeem(totals, units, 0);
        require(ok, CoverZeroAmount());
        _store(risk, totals);
        if (actor != address(this)) emit CoverRedeemed(id, actor, units, paid);
    }

    /// @dev What `cover` costs, which is for sale.
    function _costOf(Sale memory sale, uint256 cover) private pure returns (uint256 cost) {
        require(cover != 0, CoverZeroAmount());
        require(cover <= sale.room, CoverInsufficientRoom(cover, sale.room));
        cost = sale.curve.price(sale.locked, cover);
        require(cost < cover, CoverWorthless(cost, cover));
    }

    function _onSale(RiskId id) private view returns (Storage storage risk, Sale memory sale) {
        risk = _risks[id];
        Totals memory totals = _inState(id, risk, RiskState.OPEN);
        require(block.timestamp < risk.cutoff, CoverCutoffPassed(id, risk.cutoff));
        require(_isOnSale(risk, totals), CoverSalesStopped(id));
        sale = _openSale(risk, totals);
    }

    /// @dev A purchase and what comes from the pool take asset 0, and nothing else takes anything.
    function _checkInputs(bytes4 selector, Word inputs) private pure {
        bool takes = selector == ICoverActions.buy.selector || selector == ICoverActions.receiveClaims.selector;
        (uint256 amount0, uint256 amount1) = (inputs.amount(0), inputs.amount(1));
        require((amount0 != 0) == takes && amount1 == 0, CoverWrongInputs(amount0, amount1));
    }

    /// @dev The first four bytes of a risk id, in hexadecimal.
    function _label(bytes32 salt) private pure returns (string memory) {
        return Strings.toHexString(uint32(bytes4(salt)), 4);
    }
}
