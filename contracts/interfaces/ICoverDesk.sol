// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {CoverProduct} from "../types/CoverProduct.sol";
import {ProductId} from "../types/ProductId.sol";
import {RiskId} from "../types/RiskId.sol";
import {RiskTerms} from "../types/RiskTerms.sol";
import {UnderwritingId} from "../types/UnderwritingId.sol";
import {IAssetMetadata} from "./IAssetMetadata.sol";
import {ILedger} from "./ILedger.sol";
import {ILedgerProtocol} from "./ILedgerProtocol.sol";
import {IUnderwritingPool} from "./IUnderwritingPool.sol";

/// @title ICoverDesk
/// @notice Sells parametric cover on risks, and settles each in two steps that do not depend on how many hold it.
/// @dev Cover of a risk is a ledger asset: a unit pays a unit when all is lost. A pool's manager creates products and opens risks, whose
/// terms nobody can change. Anybody brings the outcome (`report`), which is booked at once, and moves the money (`settle`); holders
/// then redeem, whenever they like. A risk without an outcome in time pays its premiums back (`voidRisk`). Users reach buying and
/// redeeming through `ILedger.call` with `ICoverActions`. Stopping sales stops nothing else. Every rounding favours pool and escrow.
interface ICoverDesk is ILedgerProtocol, IAssetMetadata {
    /// @notice NONE does not exist, OPEN has no outcome, REPORTED is booked at the pool, SETTLED can be redeemed.
    enum RiskState {
        NONE,
        OPEN,
        REPORTED,
        SETTLED
    }

    /// @notice A product as it is stored; its terms are in the event of its creation.
    struct Product {
        UnderwritingId pool;
        bytes32 poolKey;
        address asset; //          slot 2
        uint32 maxWindow; //       slot 2
        bool isClosed; //          slot 2
        uint64 minRate; //         slot 3
        uint64 kinkRate; //        slot 3
        uint64 maxRate; //         slot 3
        uint64 kink; //            slot 3
        address feeTo; //          slot 4
        uint64 fee; //             slot 4
        address oracle; //         slot 5
        uint64 referral; //        slot 5
        address fallbackOracle; // slot 6
        address manager; //        slot 7
    }

    /// @notice A risk.
    struct Risk {
        RiskState state;
        /// @dev Units that are sold and not redeemed.
        uint256 cover;
        /// @dev Premiums with fees; of a settled risk what its holders are still owed.
        uint256 held;
        /// @dev What part of the cover is paid, in billionths; of a void risk 2^32 − 1.
        uint256 ratio;
        ProductId product;
        bytes32 eventId;
        bytes32 oracleData;
        bytes32 key;
        uint256 baseRate;
        uint256 cutoff;
        uint256 start;
        uint256 end;
        uint256 reportBy;
        uint256 fallbackBy;
        /// @dev From then on it is void without a report: `fallbackBy`, or when the week of `end` is over if that is later.
        uint256 voidFrom;
        /// @dev Of the fees, what referrers get when there is a report.
        uint256 referred;
    }

    event ProductCreated(
        ProductId indexed id,
        UnderwritingId indexed pool,
        address indexed manager,
        CoverProduct product
    );
    event ProductClosed(ProductId indexed id, bool isClosed);
    event SalesPaused(bool isPaused);
    event RiskOpened(RiskId indexed id, ProductId indexed product, bytes32 indexed eventId, RiskTerms terms);
    /// @notice `account` paid `cost`; who got the cover is in the ledger's event of the same call.
    event CoverBought(RiskId indexed id, address indexed account, uint256 cover, uint256 cost, address referrer);
    /// @notice A sale on the risk, of a section too, brought `referrer` a part of its fee, which he has when there is a report.
    event CommissionEarned(RiskId indexed id, address indexed referrer, uint256 amount);
    /// @notice The risk pays `ratio` billionths of its cover, `loss` in all.
    event RiskReported(RiskId indexed id, address indexed oracle, uint256 ratio, uint256 loss);
    /// @notice The risk had no outcome in time and pays back what its cover cost: `refund` in all.
    event RiskVoided(RiskId indexed id, uint256 refund);
    event RiskSettled(RiskId indexed id, uint256 cover, uint256 escrow);
    event CoverRedeemed(RiskId indexed id, address indexed account, uint256 units, uint256 paid);
    /// @notice A section was settled: the risk after it.
    event CoverSettled(RiskId indexed id, uint256 cover, uint256 held);

    /// @notice `caller` is not the ledger.
    error CoverNotLedger(address caller);
    /// @notice There is no action `selector`.
    error CoverUnknownAction(bytes4 selector);
    /// @notice There is no risk `id`.
    error CoverUnknownRisk(RiskId id);
    /// @notice There is no product `id`.
    error CoverUnknownProduct(ProductId id);
    /// @notice There is no pool `id`, or it is not this desk's.
    error CoverUnknownPool(UnderwritingId id);
    /// @notice The product `id` exists already.
    error CoverProductExists(ProductId id);
    /// @notice The risk `id` exists already.
    error CoverRiskExists(RiskId id);
    /// @notice `caller` is not the pool's manager `manager`.
    error CoverNotManager(address caller, address manager);
    /// @notice `caller` has no authority for this call.
    error CoverUnauthorized(address caller);
    /// @notice A product needs an oracle and somebody who is paid its fee.
    error CoverZeroAddress();
    /// @notice The oracle `oracle` is no contract.
    error CoverNotOracle(address oracle);
    /// @notice The yearly rates `minRate`, `kinkRate`, `maxRate` do not rise from above 0 to at most `maximum`, or the kink is not a share.
    error CoverInvalidRates(uint256 minRate, uint256 kinkRate, uint256 maxRate, uint256 kink, uint256 maximum);
    /// @notice A fee of `fee` is above `maximum`, or a referrer's part of it of `referral` above 1e18.
    error CoverInvalidFee(uint256 fee, uint256 maximum, uint256 referral);
    /// @notice The times of the risk are not in order, or over, or it could be void from `voidFrom` on only, later than `latest`.
    error CoverInvalidTimes(
        uint256 cutoff,
        uint256 start,
        uint256 end,
        uint256 reportBy,
        uint256 fallbackBy,
        uint256 voidFrom,
        uint256 latest
    );
    /// @notice A base rate of `baseRate` is above 1e18.
    error CoverInvalidBaseRate(uint256 baseRate);
    /// @notice No cover is sold: all sales are paused, or the product is closed.
    error CoverSalesStopped(RiskId id);
    /// @notice Cover was sold until `cutoff`.
    error CoverCutoffPassed(RiskId id, uint256 cutoff);
    /// @notice The risk is in state `state`, and `wanted` is wanted.
    error CoverWrongState(RiskId id, RiskState state, RiskState wanted);
    /// @notice `cover` units are wanted of the `room` that can be sold.
    error CoverInsufficientRoom(uint256 cover, uint256 room);
    /// @notice The cover costs `cost`, and at most `maximum` is to be paid.
    error CoverCostTooHigh(uint256 cost, uint256 maximum);
    /// @notice The cover costs `cost`, as much as or more than it could pay.
    error CoverWorthless(uint256 cost, uint256 cover);
    /// @notice Nothing results.
    error CoverZeroAmount();
    /// @notice `units` are to be redeemed of `cover`.
    error CoverInsufficientUnits(uint256 units, uint256 cover);
    /// @notice The call's amounts are `amount0` and `amount1`, where this action takes none, or something of asset 0.
    error CoverWrongInputs(uint256 amount0, uint256 amount1);
    /// @notice It is `time`, and this can be done from `earliest` on.
    error CoverTooEarly(uint256 time, uint256 earliest);
    /// @notice It is `time`, and this could be done before `latest`.
    error CoverTooLate(uint256 time, uint256 latest);
    /// @notice The oracle `oracle` has no final outcome.
    error CoverNotFinal(address oracle);
    /// @notice The oracle `oracle` answers `ratio` billionths, more than all.
    error CoverInvalidRatio(address oracle, uint256 ratio);
    /// @notice `caller` is not the desk itself.
    error CoverNotSelf(address caller);
    /// @notice The section is of the asset `shareId`; this risk's cover is `expected`.
    error CoverWrongShare(uint256 shareId, uint256 expected);
    /// @notice Sections of cover have no parameters, or a referrer's address in one word.
    error CoverInvalidParameters(uint256 length);

    /* MANAGERS */

    /// @notice Creates a product. Only its pool's manager.
    function createProduct(CoverProduct calldata product) external returns (ProductId id);

    /// @notice Stops or resumes the sale of a product's cover. Only its pool's manager.
    function closeProduct(ProductId id, bool isClosed) external;

    /// @notice Opens a risk. Only the manager of its product's pool.
    function openRisk(RiskTerms calldata terms) external returns (RiskId id);

    /* AUTHORITY */

    /// @notice Stops or resumes the sale of all cover. Restricted; it stops no report, settlement or redemption.
    function pauseSales(bool isPaused) external;

    /* OUTCOMES */

    /// @notice Asks the oracle, or after `reportBy` the other one, and books the loss. Anyone may call, from the risk's start on, with
    /// what the oracle wants as proof.
    function report(RiskId id, bytes calldata proof) external;

    /// @notice Moves what holders are owed into the risk's book, or what they are not owed out of it. Anyone may call.
    function settle(RiskId id) external;

    /// @notice `report` and `settle` in one.
    function reportAndSettle(RiskId id, bytes calldata proof) external;

    /// @notice Books that a risk had no outcome by `fallbackBy`, and not before the week of its end is over, when its premiums are earned:
    /// holders are owed what all of them paid, in proportion to their cover. Anyone may call.
    function voidRisk(RiskId id) external;

    /// @notice Credits at the pool what `referrer` has of the fees of a risk that had a report. Anyone may call.
    function creditCommission(RiskId id, address referrer) external returns (uint256 amount);

    /// @notice Redeems for others what they let the desk take of their cover of this risk, by an allowance or as an operator of the ledger,
    /// and pays them in the ledger, the last one with the units that roundings leave. Others, and whose cover is worth less than a unit, are
    /// passed over. Anyone may call.
    function settleHolders(RiskId id, address[] calldata holders) external returns (uint256 paid);

    /* VIEWS */

    /// @notice The ledger.
    function LEDGER() external view returns (ILedger);

    /// @notice The pools.
    function POOLS() external view returns (IUnderwritingPool);

    /// @notice Whether the sale of all cover is stopped.
    function isPaused() external view returns (bool);

    /// @notice A product; all 0 when there is none.
    function productOf(ProductId id) external view returns (Product memory);

    /// @notice A risk; all 0 when there is none.
    function riskOf(RiskId id) external view returns (Risk memory);

    /// @notice Of a risk's fees, what is the referrer's when there is a report, and is not credited yet; nothing of a void risk.
    function commissionOf(RiskId id, address referrer) external view returns (uint256);

    /// @notice What `cover` units of a risk cost now, with the fee, rounded up; the purchase would cost the same. Reverts where it would.
    function quote(RiskId id, uint256 cover) external view returns (uint256 cost, uint256 fee);

    /// @notice The cover that a section gives for `cost` now, 0 where it gives none, and how much can be bought at the most. It gives none for
    /// more than a unit beyond what all that is left costs.
    function coverFor(RiskId id, uint256 cost) external view returns (uint256 cover, uint256 room);
}
