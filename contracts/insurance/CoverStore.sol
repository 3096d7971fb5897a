// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICoverDesk} from "../interfaces/ICoverDesk.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {BookId} from "../libraries/BookId.sol";
import {PremiumFlow} from "../libraries/PremiumFlow.sol";
import {CoverProduct} from "../types/CoverProduct.sol";
import {ProductId} from "../types/ProductId.sol";
import {RiskId} from "../types/RiskId.sol";
import {RiskTerms} from "../types/RiskTerms.sol";
import {UnderwritingId} from "../types/UnderwritingId.sol";

/// @title CoverStore
/// @notice Products and risks: what is stored of them, and how they come to be.
abstract contract CoverStore is ICoverDesk {
    /// @dev One risk. A purchase writes slot 0, and with a referrer slot 6 and his commission.
    struct Storage {
        /// @dev cover (96) | held (96) << 96 | ratio (32) << 192 | state (8) << 224
        uint256 totals; //       slot 0
        uint64 baseRate; //      slot 1
        uint32 cutoff; //        slot 1
        uint32 start; //         slot 1
        uint32 end; //           slot 1
        uint32 reportBy; //      slot 1
        uint32 fallbackBy; //    slot 1
        ProductId product; //    slot 2
        bytes32 eventId; //      slot 3
        bytes32 oracleData; //   slot 4
        bytes32 key; //          slot 5
        uint96 referred; //      slot 6
    }

    /// @dev The first word of a risk in memory.
    struct Totals {
        uint256 cover;
        /// @dev Premiums with fees, later what holders are owed.
        uint256 held;
        uint256 ratio;
        RiskState state;
    }

    uint256 internal constant WAD = 1e18;
    /// @dev All of the cover, in billionths.
    uint256 internal constant ALL = 1e9;
    /// @dev The ratio of a void risk.
    uint256 internal constant VOID = type(uint32).max;
    /// @dev The highest yearly rate and fee: with a base rate of 1 and a window of two years no rate exceeds `CoverCurve.MAX_RATE`.
    uint256 internal constant MAX_YEARLY_RATE = 4e18;
    uint256 internal constant MAX_FEE = 0.5e18;

    uint256 private constant HELD_SHIFT = 96;
    uint256 private constant RATIO_SHIFT = 192;
    uint256 private constant STATE_SHIFT = 224;

    ILedger internal immutable _LEDGER;
    IUnderwritingPool internal immutable _POOLS;

    /// @inheritdoc ICoverDesk
    bool public isPaused;
    mapping(ProductId id => Product) internal _products;
    mapping(RiskId id => Storage) internal _risks;
    /// @dev Of a risk's fees, what is a referrer's when it is reported, until it is credited at the pool.
    mapping(RiskId id => mapping(address referrer => uint256 amount)) internal _commissions;

    constructor(ILedger ledger, IUnderwritingPool pools) {
        (_LEDGER, _POOLS) = (ledger, pools);
    }

    /* MANAGERS */

    /// @inheritdoc ICoverDesk
    function createProduct(CoverProduct calldata product) external returns (ProductId id) {
        address manager = product.pool.manager;
        require(msg.sender == manager, CoverNotManager(msg.sender, manager));
        UnderwritingId pool = product.pool.toId(address(_POOLS));
        require(_POOLS.termsOf(pool).desk == address(this), CoverUnknownPool(pool));
        _checkProduct(product);
        id = product.toId(address(this));
        Product storage stored = _products[id];
        require(stored.manager == address(0), CoverProductExists(id));
        (stored.pool, stored.poolKey) = (pool, product.pool.bookKey());
        (stored.asset, stored.maxWindow) = (address(uint160(product.pool.asset)), product.pool.maxWindow);
        (stored.minRate, stored.kinkRate) = (product.minRate, product.kinkRate);
        (stored.maxRate, stored.kink) = (product.maxRate, product.kink);
        (stored.feeTo, stored.fee, stored.referral) = (product.feeTo, product.fee, product.referral);
        (stored.oracle, stored.fallbackOracle, stored.manager) = (product.oracle, product.fallbackOracle, manager);
        emit ProductCreated(id, pool, manager, product);
    }

    /// @inheritdoc ICoverDesk
    function closeProduct(ProductId id, bool isClosed) external {
        Product storage product = _ofManager(id);
        product.isClosed = isClosed;
        emit ProductClosed(id, isClosed);
    }

    /// @inheritdoc ICoverDesk
    function openRisk(RiskTerms calldata terms) external returns (RiskId id) {
        Product storage product = _ofManager(terms.product);
        require(terms.baseRate <= WAD, CoverInvalidBaseRate(terms.baseRate));
        _checkTimes(terms, product);
        bytes32 key = terms.bookKey();
        id = RiskId.wrap(BookId.bookId(address(this), uint160(product.asset), 0, key));
        Storage storage risk = _risks[id];
        require(risk.key == 0, CoverRiskExists(id));
        _store(risk, Totals({cover: 0, held: 0, ratio: 0, state: RiskState.OPEN}));
        (risk.baseRate, risk.cutoff, risk.start) = (terms.baseRate, terms.cutoff, terms.start);
        (risk.end, risk.reportBy, risk.fallbackBy) = (terms.end, terms.reportBy, terms.fallbackBy);
        (risk.product, risk.eventId, risk.oracleData) = (terms.product, terms.eventId, terms.oracleData);
        risk.key = key;
        emit RiskOpened(id, terms.product, terms.eventId, terms);
    }

    /* AUTHORITY */

    /// @inheritdoc ICoverDesk
    function pauseSales(bool isPaused_) external {
        (bool allowed, ) = _LEDGER.AUTHORITY().canCall(msg.sender, address(this), msg.sig);
        require(allowed, CoverUnauthorized(msg.sender));
        isPaused = isPaused_;
        emit SalesPaused(isPaused_);
    }

    /* INTERNALS */

    function _load(Storage storage risk) internal view returns (Totals memory totals) {
        uint256 word = risk.totals;
        totals.cover = uint96(word);
        totals.held = uint96(word >> HELD_SHIFT);
        totals.ratio = uint32(word >> RATIO_SHIFT);
        totals.state = RiskState(word >> STATE_SHIFT);
    }

    /// @dev Cover is at most what a pool locks, premiums are at most the cover, and so is what is owed: below 2^96.
    function _store(Storage storage risk, Totals memory totals) internal {
        risk.totals =
            totals.cover |
            (totals.held << HELD_SHIFT) |
            (totals.ratio << RATIO_SHIFT) |
            (uint256(totals.state) << STATE_SHIFT);
    }

    /// @dev The part of premiums with fees that is the pool's, rounded down.
    function _netOf(uint256 held, uint256 fee) internal pure returns (uint256) {
        return (held * WAD) / (WAD + fee);
    }

    /// @dev From when on a risk without a report can be void: its premiums are all earned then, and what it takes back is in the price.
    function _voidFrom(uint256 end, uint256 fallbackBy) internal pure returns (uint256) {
        return Math.max(fallbackBy, PremiumFlow.endOf(end));
    }

    function _ofManager(ProductId id) private view returns (Product storage product) {
        product = _products[id];
        address manager = product.manager;
        require(manager != address(0), CoverUnknownProduct(id));
        require(msg.sender == manager, CoverNotManager(msg.sender, manager));
    }

    function _checkProduct(CoverProduct calldata product) private view {
        bool isRate = product.minRate != 0 && product.minRate <= product.kinkRate;
        isRate = isRate && product.kinkRate <= product.maxRate && product.maxRate <= MAX_YEARLY_RATE;
        require(
            isRate && product.kink <= WAD,
            CoverInvalidRates(product.minRate, product.kinkRate, product.maxRate, product.kink, MAX_YEARLY_RATE)
        );
        bool isFee = product.fee <= MAX_FEE && product.referral <= WAD;
        require(isFee, CoverInvalidFee(product.fee, MAX_FEE, product.referral));
        require(product.oracle != address(0) && product.feeTo != address(0), CoverZeroAddress());
        require(product.oracle.code.length != 0, CoverNotOracle(product.oracle));
        bool isOther = product.fallbackOracle == address(0) || product.fallbackOracle.code.length != 0;
        require(isOther, CoverNotOracle(product.fallbackOracle));
    }

    function _checkTimes(RiskTerms calldata terms, Product storage product) private view {
        uint256 latest = block.timestamp + product.maxWindow;
        bool isOrder = block.timestamp < terms.cutoff && terms.cutoff <= terms.start && terms.start < terms.end;
        isOrder = isOrder && terms.end < terms.reportBy && terms.reportBy <= terms.fallbackBy;
        // Without another oracle there is no time for it.
        bool isFallback = product.fallbackOracle != address(0) || terms.fallbackBy == terms.reportBy;
        uint256 voidFrom = _voidFrom(terms.end, terms.fallbackBy);
        require(
            isOrder && isFallback && voidFrom <= latest,
            CoverInvalidTimes(terms.cutoff, terms.start, terms.end, terms.reportBy, terms.fallbackBy, voidFrom, latest)
        );
    }
}
