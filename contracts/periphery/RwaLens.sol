// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEligibilityRegistry} from "../interfaces/IEligibilityRegistry.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IRwaCore} from "../interfaces/IRwaCore.sol";
import {IRwaOffering} from "../interfaces/IRwaOffering.sol";
import {StreamLib} from "../libraries/StreamLib.sol";
import {Offering} from "../types/Offering.sol";
import {OfferingId} from "../types/OfferingId.sol";

/// @title RwaLens
/// @notice Views of regulated assets, of what accounts have of them, and of offerings, each in one call. No privilege; replaceable.
/// @dev What it answers is what the cores answer in the same block; amounts are in units, rounded as there.
contract RwaLens {
    /// @notice An asset with its income.
    struct AssetView {
        string name;
        string symbol;
        uint256 decimals;
        IRwaCore.AssetState state;
        IRwaCore.IncomeState income;
        /// @dev Units of what it pays that flow in 365 days at the rate from the next midnight on, for each unit of the asset in a holder's balance,
        /// · 1e18, rounded down; 0 while nothing flows, also because holders have too few units (`StreamLib`). With both prices it is the
        /// yield.
        uint256 yearlyIncome;
    }

    /// @notice What an account has of an asset, and may do with it.
    struct HoldingView {
        uint256 balance;
        /// @dev Units that the account can move.
        uint256 movable;
        /// @dev Units that are frozen, perhaps more than there are, and units that are pledged.
        uint256 frozen;
        uint256 pledged;
        /// @dev Income that it can claim, in units of what the asset pays.
        uint256 income;
        /// @dev Whether the account as a whole is frozen in the asset.
        bool isFrozen;
        IEligibilityRegistry.Eligibility eligibility;
    }

    /// @notice An offering and an account's part of it.
    struct OfferingView {
        OfferingId id;
        IRwaOffering.Status status;
        Offering terms;
        IRwaOffering.Totals totals;
        /// @dev Units that may still be bought.
        uint256 left;
        /// @dev What the seller could withdraw and the fee recipient could collect.
        uint256 proceeds;
        uint256 fees;
        IRwaOffering.Allotment allotment;
        /// @dev What the account could claim and have refunded; one of them is 0.
        uint256 claimable;
        uint256 refundable;
    }

    uint256 private constant YEAR = 365 days;
    uint256 private constant WAD = 1e18;
    /// @dev Rates are units a second · 2^32 (`StreamLib`).
    uint256 private constant RATE_SCALE = 2 ** 32;

    IRwaCore public immutable RWA;
    IRwaOffering public immutable OFFERING;
    ILedger public immutable LEDGER;

    constructor(IRwaOffering offering) {
        OFFERING = offering;
        RWA = offering.RWA();
        LEDGER = RWA.LEDGER();
    }

    /// @notice The asset; all zero of one that does not exist.
    function assetOf(uint256 id) public view returns (AssetView memory view_) {
        view_.state = RWA.assetOf(id);
        if (view_.state.owner == address(0)) return view_;
        (view_.name, view_.symbol, view_.decimals) = RWA.metadataOf(id);
        IRwaCore.IncomeState memory income = RWA.incomeStateOf(id);
        view_.income = income;
        bool flows = block.timestamp < income.end && income.weight >= StreamLib.MIN_WEIGHT;
        // a rate is below 2^104 and a year's scale below 2^85
        if (flows) view_.yearlyIncome = (income.rate * YEAR * WAD) / RATE_SCALE / income.weight;
    }

    /// @notice What the account has of the asset.
    function holdingOf(uint256 id, address account) public view returns (HoldingView memory view_) {
        view_.balance = LEDGER.balanceOf(account, id);
        view_.movable = RWA.movableOf(account, id);
        view_.frozen = RWA.getFrozenTokens(account, id);
        view_.pledged = RWA.pledgedTotal(account, id);
        view_.income = RWA.incomeOf(id, account);
        view_.isFrozen = RWA.isFrozen(id, account);
        (view_.eligibility, ) = IEligibilityRegistry(address(RWA)).eligibilityOf(account);
    }

    /// @notice What the account has of each asset.
    function holdingsOf(uint256[] calldata ids, address account) external view returns (HoldingView[] memory views) {
        views = new HoldingView[](ids.length);
        for (uint256 i; i < ids.length; ++i) views[i] = holdingOf(ids[i], account);
    }

    /// @notice What each account has of the asset: a register's page.
    function registerOf(uint256 id, address[] calldata accounts) external view returns (HoldingView[] memory views) {
        views = new HoldingView[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) views[i] = holdingOf(id, accounts[i]);
    }

    /// @notice The offering, and the account's part of it; all zero of one that does not exist.
    function offeringOf(OfferingId id, address account) external view returns (OfferingView memory view_) {
        view_.status = OFFERING.statusOf(id);
        if (view_.status == IRwaOffering.Status.NONE) return view_;
        view_.id = id;
        view_.terms = OFFERING.termsOf(id);
        view_.totals = OFFERING.totalsOf(id);
        if (view_.status == IRwaOffering.Status.WAITING || view_.status == IRwaOffering.Status.OPEN) {
            uint256 room = view_.terms.hardCap - view_.totals.sold; // never above the hard cap
            uint256 inventory = OFFERING.inventoryOf(id);
            view_.left = inventory < room ? inventory : room;
        }
        (view_.proceeds, view_.fees) = OFFERING.dueOf(id);
        view_.allotment = OFFERING.allotmentOf(id, account);
        (view_.claimable, view_.refundable) = OFFERING.claimableOf(id, account);
    }
}
