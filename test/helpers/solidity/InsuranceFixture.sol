// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CoverDesk} from "../../../contracts/insurance/CoverDesk.sol";
import {UnderwritingPool} from "../../../contracts/insurance/UnderwritingPool.sol";
import {ICoverActions} from "../../../contracts/interfaces/ICoverActions.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {IUnderwritingActions} from "../../../contracts/interfaces/IUnderwritingActions.sol";
import {IUnderwritingPool} from "../../../contracts/interfaces/IUnderwritingPool.sol";
import {MockCoverOracle} from "../../../contracts/mocks/MockCoverOracle.sol";
import {CoverProduct} from "../../../contracts/types/CoverProduct.sol";
import {ProductId} from "../../../contracts/types/ProductId.sol";
import {RiskId} from "../../../contracts/types/RiskId.sol";
import {RiskTerms} from "../../../contracts/types/RiskTerms.sol";
import {UnderwritingId} from "../../../contracts/types/UnderwritingId.sol";
import {UnderwritingTerms} from "../../../contracts/types/UnderwritingTerms.sol";
import {LedgerFixture} from "./LedgerFixture.sol";

/// @title InsuranceFixture
/// @notice A ledger with a pool and a desk, of which the inheriting contract is manager and authority, and each action from ledger
/// balance to ledger balance. The asset has 6 decimals.
abstract contract InsuranceFixture is LedgerFixture {
    uint256 internal constant WAD = 1e18;
    uint256 internal constant YEAR = 365 days;
    address internal constant FEE_TO = address(0xFEE);

    UnderwritingPool internal pools;
    CoverDesk internal desk;
    MockCoverOracle internal oracle;
    MockCoverOracle internal other;
    uint256 internal asset;
    UnderwritingTerms internal terms;
    UnderwritingId internal poolId;

    function _deployInsurance() internal {
        _deployLedger();
        pools = new UnderwritingPool(ILedger(address(ledger)));
        desk = new CoverDesk(ILedger(address(ledger)), IUnderwritingPool(address(pools)));
        (oracle, other) = (new MockCoverOracle(), new MockCoverOracle());
        asset = _id(address(home1));
        terms = UnderwritingTerms({
            asset: asset,
            desk: address(desk),
            maxWindow: 120 days,
            capacity: uint64(WAD),
            manager: address(this),
            cooldown: 1 days,
            eventLimit: 0.8e18,
            riskLimit: 0.6e18
        });
        poolId = _createPool(terms);
    }

    /* POOLS */

    function _createPool(UnderwritingTerms memory made) internal returns (UnderwritingId) {
        _onPool(made, address(this), 0, abi.encodeCall(IUnderwritingActions.createPool, (made)));
        return made.toId(address(pools));
    }

    function _deposit(address account, uint256 amount) internal returns (uint256 shares) {
        _fund(home1, account, amount);
        (, shares) = _onPool(terms, account, amount, abi.encodeCall(IUnderwritingActions.deposit, (0)));
    }

    function _requestExit(address account, uint256 shares) internal returns (uint256 requestId) {
        _onPool(terms, account, 0, abi.encodeCall(IUnderwritingActions.requestExit, (shares)));
        (requestId, , ) = pools.queueOf(poolId);
    }

    function _claimExit(address account, uint256 requestId) internal returns (uint256 paid) {
        (paid, ) = _onPool(terms, account, 0, abi.encodeCall(IUnderwritingActions.claimExit, (requestId)));
    }

    function _onPool(
        UnderwritingTerms memory made,
        address account,
        uint256 amount,
        bytes memory data
    ) internal returns (uint256 paid, uint256 minted) {
        ILedger.Call memory parameters;
        (parameters.protocol, parameters.asset0) = (address(pools), made.asset);
        (parameters.key, parameters.amount0, parameters.data) = (made.bookKey(), amount, data); // to the caller
        vm.prank(account);
        (paid, , minted) = ledger.call(parameters);
    }

    function _poolBook() internal view returns (uint256) {
        return ledger.bookOf(address(pools), terms.bookKey(), asset, 0).amount(0);
    }

    /* PRODUCTS AND RISKS */

    /// @dev 2 % a year at first, 10 % at 80 %, 50 % at last, with a fee of a tenth of which a quarter is the referrer's.
    function _product() internal view returns (CoverProduct memory) {
        return
            CoverProduct({
                pool: terms,
                minRate: 0.02e18,
                kinkRate: 0.1e18,
                maxRate: 0.5e18,
                kink: 0.8e18,
                feeTo: FEE_TO,
                fee: 0.1e18,
                referral: 0.25e18,
                oracle: address(oracle),
                fallbackOracle: address(other),
                termsHash: keccak256("terms")
            });
    }

    /// @dev Sold for 30 days, observed for 30, reported within 10, by the other oracle within 20.
    function _riskOf(ProductId product, bytes32 eventId, bytes32 name) internal view returns (RiskTerms memory) {
        uint32 now_ = uint32(vm.getBlockTimestamp());
        return
            RiskTerms({
                product: product,
                eventId: eventId,
                oracleData: name,
                termsHash: name,
                baseRate: 0.03e18,
                cutoff: now_ + 30 days,
                start: now_ + 30 days,
                end: now_ + 60 days,
                reportBy: now_ + 70 days,
                fallbackBy: now_ + 80 days
            });
    }

    function _open(bytes32 name) internal returns (RiskTerms memory risk, RiskId id) {
        CoverProduct memory product = _product();
        ProductId productId = product.toId(address(desk));
        if (desk.productOf(productId).manager == address(0)) desk.createProduct(product);
        risk = _riskOf(productId, 0, name);
        id = desk.openRisk(risk);
    }

    function _buy(address account, RiskTerms memory risk, uint256 cover) internal returns (uint256 cost) {
        return _buyFor(account, risk, cover, address(0));
    }

    function _buyFor(
        address account,
        RiskTerms memory risk,
        uint256 cover,
        address referrer
    ) internal returns (uint256 cost) {
        _fund(home1, account, cover);
        uint256 before = ledger.balanceOf(account, asset);
        _onRisk(account, risk, cover, abi.encodeCall(ICoverActions.buy, (cover, referrer)));
        cost = before - ledger.balanceOf(account, asset);
    }

    function _redeem(address account, RiskTerms memory risk, uint256 units) internal returns (uint256) {
        return _onRisk(account, risk, 0, abi.encodeCall(ICoverActions.redeem, (units)));
    }

    function _onRisk(
        address account,
        RiskTerms memory risk,
        uint256 amount,
        bytes memory data
    ) internal returns (uint256 paid) {
        ILedger.Call memory parameters;
        (parameters.protocol, parameters.asset0) = (address(desk), asset);
        (parameters.key, parameters.amount0, parameters.data) = (risk.bookKey(), amount, data); // to the caller
        vm.prank(account);
        (paid, , ) = ledger.call(parameters);
    }

    function _riskBook(RiskTerms memory risk) internal view returns (uint256) {
        return ledger.bookOf(address(desk), risk.bookKey(), asset, 0).amount(0);
    }

    function _coverOf(RiskId id, address account) internal view returns (uint256) {
        return ledger.balanceOf(account, id.coverId(address(desk)));
    }

    /* SECTIONS */

    function _poolSection() internal view returns (ILedgerProtocol.Section memory section) {
        (section.protocol, section.key, section.asset0) = (address(pools), terms.bookKey(), asset);
        (section.shareId, section.gasCap) = (poolId.shareId(address(pools)), 14_000_000);
    }

    function _riskSection(
        RiskTerms memory risk,
        RiskId id
    ) internal view returns (ILedgerProtocol.Section memory section) {
        (section.protocol, section.key, section.asset0) = (address(desk), risk.bookKey(), asset);
        (section.shareId, section.gasCap) = (id.coverId(address(desk)), 14_000_000);
    }
}
