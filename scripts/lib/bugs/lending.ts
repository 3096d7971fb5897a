import type { Mutation } from "./mutation.js";

const ACTIONS = "contracts/lending/LendingActions.sol";
const CORE = "contracts/lending/LendingCore.sol";
const MARKETS = "contracts/lending/LendingMarkets.sol";
const POSITIONS = "contracts/lending/LendingPositions.sol";
const SECTIONS = "contracts/lending/LendingSections.sol";
const MATH = "contracts/libraries/LendingMath.sol";
const RATES = "contracts/libraries/LendingRates.sol";
const CURVE = "contracts/libraries/AdaptiveCurve.sol";
const LENS = "contracts/periphery/LendingLens.sol";

export const LENDING_BUGS: readonly Mutation[] = [
  {
    invariant: "LEN-1",
    bug: "the fee's shares are not counted in the supply",
    file: MATH,
    find: "// never above market.supplyShares += shares;",
    replace: "// never above\n",
  },
  {
    invariant: "LEN-1",
    bug: "a withdrawal burns no shares",
    file: ACTIONS,
    find: "return (_pay(_closeSupply(id, stored, market), assets, 0), WordLib.pack(0, shares));",
    replace: "return (_pay(_closeSupply(id, stored, market), assets, 0), WordLib.pack(0, 0 * shares));",
  },
  {
    invariant: "LEN-2",
    bug: "a repayment leaves the position's debt",
    file: POSITIONS,
    find: "cell.word = WordLib.pack(owed - shares, position.amount(COLLATERAL));",
    replace: "",
  },
  {
    invariant: "LEN-3",
    bug: "a unit more of collateral is credited than came",
    file: POSITIONS,
    find: "cell.word = WordLib.pack(position.amount(OWED), total);",
    replace: "cell.word = WordLib.pack(position.amount(OWED), total + 1);",
  },
  {
    invariant: "LEN-3",
    bug: "collateral that is taken out stays in the position",
    file: POSITIONS,
    find: "cell.word = WordLib.pack(borrowShares, collateral - amount);",
    replace: "",
  },
  {
    invariant: "LEN-4",
    bug: "what is borrowed is not owed",
    file: MATH,
    find: "market.idle -= assets; // checked market.borrowAssets += assets;",
    replace: "market.idle -= assets;",
  },
  {
    invariant: "LEN-5",
    bug: "a withdrawal burns shares rounded down",
    file: ACTIONS,
    find: "uint256 shares = market.toSupplySharesUp(assets);",
    replace: "uint256 shares = market.toSupplySharesDown(assets);",
  },
  {
    invariant: "LEN-5",
    bug: "the shares of a supply round up",
    file: ACTIONS,
    find: "uint256 shares = market.toSupplySharesDown(assets);",
    replace: "uint256 shares = market.toSupplySharesUp(assets);",
  },
  {
    invariant: "LEN-6",
    bug: "interest is taken off the debt",
    file: MATH,
    find: "market.borrowAssets += interest;",
    replace: "market.borrowAssets -= interest.min(market.borrowAssets);",
  },
  {
    invariant: "LEN-6",
    bug: "a market without interest charges some",
    file: RATES,
    find: "if (irm == NO_INTEREST) return 0;",
    replace: "if (irm == NO_INTEREST) return 1e9;",
  },
  {
    invariant: "LEN-7",
    bug: "a borrower is checked without what he borrows",
    file: POSITIONS,
    find: "if (market.toBorrowAssetsUp(owed) > LendingMath",
    replace: "if (market.toBorrowAssetsUp(position.amount(OWED)) > LendingMath",
  },
  {
    invariant: "LEN-7",
    bug: "collateral is taken out without a look at the debt",
    file: POSITIONS,
    find: "if (borrowShares != 0 && market.toBorrowAssetsUp(borrowShares) > maximum) return false;",
    replace: "if (borrowShares != 0 && market.toBorrowAssetsUp(0) > maximum) return false;",
  },
  {
    invariant: "LEN-8",
    bug: "anybody acts on anybody's position",
    file: ACTIONS,
    find: "require(_LEDGER.isOperator(account, actor), LendingNotOperator(actor, account));",
    replace: "",
  },
  {
    invariant: "LEN-9",
    bug: "a healthy position is liquidated",
    file: MATH,
    find: "if (debt <= maximum) return 0;",
    replace: "if (debt <= maximum) return borrowShares;",
  },
  {
    invariant: "LEN-10",
    bug: "the cap of a liquidation is forgotten",
    file: MATH,
    find: "if (needed >= debt || debt - needed <= terms.closeOutDebt) return borrowShares;",
    replace: "if (debt != 0) return borrowShares;",
  },
  {
    invariant: "LEN-10",
    bug: "a liquidator gets more than the incentive",
    file: MATH,
    find: "uint256 factor = incentive(terms.lltv);",
    replace: "uint256 factor = incentive(terms.lltv) + 1e15;",
  },
  {
    invariant: "LEN-11",
    bug: "debt without collateral stays",
    file: MATH,
    find: "if (seized == collateral && left != 0) {",
    replace: "if (seized > collateral && left != 0) {",
  },
  {
    invariant: "LEN-12",
    bug: "debt in one market adds a debt share to the one before it",
    file: MARKETS,
    find: "stored.debt = _pack(market.borrowShares, market); return LendingFlags.updatedNow(true);",
    replace: `stored.debt = _pack(market.borrowShares, market);
        if (_markets[_last].oracle != address(0)) _markets[_last].debt += 1;
        _last = id;
        return LendingFlags.updatedNow(true);
    }

    MarketId private _last;

    function _nothing() private pure {`,
  },
  {
    invariant: "LEN-13",
    bug: "a section's withdrawal passes over its limit",
    file: SECTIONS,
    find: "assets >= body.limit() && _tryWithdraw(",
    replace: "_tryWithdraw(",
  },
  {
    invariant: "LEN-13",
    bug: "a section keeps what a repayment does not need",
    file: SECTIONS,
    find: "return shares == 0 ? OperationLib.FAILED : assets - taken;",
    replace: "return shares == 0 ? OperationLib.FAILED : 0 * (assets - taken);",
  },
  {
    invariant: "LEN-13",
    bug: "an operation of an unknown kind adds collateral",
    file: SECTIONS,
    find: "else if (kind == ADD_COLLATERAL && !_isPledged(",
    replace: "else if (kind & 3 == ADD_COLLATERAL && !_isPledged(",
  },
  {
    invariant: "LEN-14",
    bug: "a refused loan of a section is owed",
    file: POSITIONS,
    find: "market.undoBorrow(assets, shares);",
    replace: "",
  },
  {
    invariant: "LEN-15",
    bug: "whoever has no debt waits for the oracle",
    file: ACTIONS,
    find: "if (owed != 0) {",
    replace: "if (collateral != 0) {",
  },
  {
    invariant: "LEN-15",
    bug: "a repayment waits for the oracle",
    file: ACTIONS,
    find: "(uint256 shares, uint256 assets) = _repay(",
    replace: "_price(stored); (uint256 shares, uint256 assets) = _repay(",
  },
  {
    invariant: "LEN-15",
    bug: "a rate model that fails closes the market",
    file: RATES,
    find: "if (ok) market.rate =",
    replace: "require(ok); market.rate =",
  },
  {
    invariant: "LEN-16",
    bug: "a redemption leaves a part of what it is worth",
    file: ACTIONS,
    find: "uint256 assets = market.toSupplyAssetsDown(shares);",
    replace: "uint256 assets = (market.toSupplyAssetsDown(shares) * 9) / 10;",
  },
  {
    invariant: "LEN-17",
    bug: "idle assets are read from the token",
    file: LENS,
    find: "market.idle = book.amount(0);",
    replace: `(, bytes memory held) = address(uint160(params.loanAsset)).staticcall(
            abi.encodeWithSignature("balanceOf(address)", address(LEDGER))
        );
        market.idle = abi.decode(held, (uint256));`,
  },
  {
    invariant: "LEN-18",
    bug: "a quote forgets the interest",
    file: LENS,
    find: "if (elapsed != 0) market.accrue",
    replace: "if (elapsed == 0) market.accrue",
  },
  {
    invariant: "LEN-19",
    bug: "debt grows beyond its maximum",
    file: MATH,
    find: "interest = interest.min(MAX_DEBT - market.borrowAssets);",
    replace: "",
  },
  {
    invariant: "LEN-20",
    bug: "the fee is of the whole debt",
    file: MATH,
    find: "_addFee(market, (interest * fee) / WAD)",
    replace: "_addFee(market, (market.borrowAssets * fee) / WAD)",
  },
  {
    invariant: "LEN-20",
    bug: "anybody collects the fee",
    file: ACTIONS,
    find: "require(actor == feeRecipient, LendingNotFeeRecipient(actor, feeRecipient));",
    replace: "",
  },
  {
    invariant: "LEN-21",
    bug: "the rate has no maximum",
    file: CURVE,
    find: "if (adapted > MAX_RATE) return MAX_RATE;",
    replace: "",
  },
  {
    invariant: "LEN-21",
    bug: "the exponential is a straight line",
    file: CURVE,
    find: "WAD + r + (r * r) / WAD / 2",
    replace: "WAD + r",
  },
  {
    invariant: "LEN-22",
    bug: "a repayment takes more than is owed",
    file: MATH,
    find: "assets = market.toBorrowAssetsUp(shares).min(market.borrowAssets);",
    replace: "assets = market.toBorrowAssetsUp(shares);",
  },
  {
    invariant: "LEN-22",
    bug: "the debt shares of a loan round down",
    file: MATH,
    find: "return _toUp(assets, market.borrowShares + VIRTUAL_SHARES, market.borrowAssets + VIRTUAL_ASSETS);",
    replace: "return _toDown(assets, market.borrowShares + VIRTUAL_SHARES, market.borrowAssets + VIRTUAL_ASSETS);",
  },
  {
    invariant: "LEN-23",
    bug: "the limit of a debt rounds up",
    file: MATH,
    find: "return (((collateral * price) / PRICE_SCALE) * lltv) / WAD;",
    replace: "return (((collateral * price) / PRICE_SCALE) * lltv) / WAD + 1;",
  },
  {
    invariant: "LEN-23",
    bug: "the incentive is not capped",
    file: MATH,
    find: "return MAX_INCENTIVE.min((WAD * WAD) / (WAD - (INCENTIVE_CURSOR * (WAD - lltv)) / WAD));",
    replace: "return (WAD * WAD) / (WAD - (INCENTIVE_CURSOR * (WAD - lltv)) / WAD);",
  },
  {
    invariant: "LEN-23",
    bug: "a liquidation to health forgets the incentive",
    file: MATH,
    find: "WAD * WAD - incentive(lltv) * lltv",
    replace: "WAD * WAD - WAD * lltv",
  },
  {
    invariant: "LEN-24",
    bug: "an oracle or a rate model for which too little gas is left counts as failing",
    file: RATES,
    find: "require(available > gasCap + SLACK, ILendingCore.LendingInsufficientGas(available, gasCap));",
    replace: "if (available <= gasCap + SLACK) return (false, 0);",
  },
  {
    invariant: "LEN-25",
    bug: "a market is created under other terms than its id names",
    file: ACTIONS,
    find: "require(MarketId.unwrap(expected) == MarketId.unwrap(id), LendingWrongMarket(expected, id));",
    replace: "",
  },
  {
    invariant: "LEN-25",
    bug: "a section pays and burns what is not the share of its market",
    file: CORE,
    find: "require(shareId == 0 || shareId == expected, LendingWrongShare(expected, shareId));",
    replace: "",
  },
  {
    invariant: "LEN-25",
    bug: "a market that is updated when 31 bits of time end is none any more",
    file: "contracts/libraries/LendingFlags.sol",
    find: "if (time == 0) time = TIME_MASK;",
    replace: "",
  },
  {
    invariant: "LEN-26",
    bug: "what was liquidated is seized more than once",
    file: CORE,
    find: "delete seizableOf[id][account][liquidator];",
    replace: "",
  },
];
