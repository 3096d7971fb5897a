import type { Mutation } from "./mutation.js";

const POOL = "contracts/insurance/UnderwritingPool.sol";
const CAPITAL = "contracts/insurance/UnderwritingCapital.sol";
const STORE = "contracts/insurance/UnderwritingStore.sol";
const DESK = "contracts/insurance/CoverDesk.sol";
const OUTCOMES = "contracts/insurance/CoverOutcomes.sol";
const SALES = "contracts/insurance/CoverSales.sol";
const DESK_STORE = "contracts/insurance/CoverStore.sol";
const EXITS = "contracts/libraries/CappedExits.sol";
const CURVE = "contracts/libraries/CoverCurve.sol";
const EXCESS = "contracts/libraries/ExcessStream.sol";
const FLOW = "contracts/libraries/PremiumFlow.sol";
const REPORTERS = "contracts/oracle/ReporterOracle.sol";
const FEED = "contracts/oracle/FeedTrigger.sol";

export const INSURANCE_BUGS: readonly Mutation[] = [
  {
    invariant: "INS-1",
    bug: "what comes back from a reported risk is not locked",
    file: POOL,
    find: "pool.locked = pool.locked - cover + result.surplus;",
    replace: "pool.locked = pool.locked - cover;",
  },
  {
    invariant: "INS-1",
    bug: "exposure to an event stays when a risk is over",
    file: POOL,
    find: "if (result.eventId != 0) stored.exposures[result.eventId] -= cover;",
    replace: "",
  },
  {
    invariant: "INS-2",
    bug: "locked capital leaves",
    file: CAPITAL,
    find: "if (worth > pool.assets - pool.locked) return false;",
    replace: "if (worth > pool.assets) return false;",
  },
  {
    invariant: "INS-2",
    bug: "capital in the queue backs new cover",
    file: STORE,
    find: "uint256 capital = _toAssets(pool, pool.staying);",
    replace: "uint256 capital = _toAssets(pool, pool.shares);",
  },
  {
    invariant: "INS-3",
    bug: "a settlement leaves premiums in the book of a risk that owes less",
    file: OUTCOMES,
    find: "if (owed != held) _move(risk, product, held, owed);",
    replace: "if (owed > held) _move(risk, product, held, owed);",
  },
  {
    invariant: "INS-4",
    bug: "a reported risk can be reported again",
    file: OUTCOMES,
    find: "totals.state = RiskState.REPORTED;",
    replace: "totals.state = RiskState.OPEN;",
  },
  {
    invariant: "INS-5",
    bug: "what the division into a rate leaves is lost",
    file: FLOW,
    find: "uint256 sum = flow.fraction + (premium << RATE_BITS) - rate * duration;",
    replace: "uint256 sum = flow.fraction;",
  },
  {
    invariant: "INS-5",
    bug: "premiums are earned beyond their week",
    file: FLOW,
    find: "sum += flow.rate * (until - from);",
    replace: "sum += flow.rate * (to - from);",
  },
  {
    invariant: "INS-5",
    bug: "what exits left is earned again and again",
    file: EXCESS,
    find: "stream.amount -= earned;",
    replace: "",
  },
  {
    invariant: "INS-6",
    bug: "a request is paid what its shares have earned since",
    file: EXITS,
    find: "if (worth < request.assets) request.assets = uint96(worth);",
    replace: "request.assets = uint96(worth);",
  },
  {
    invariant: "INS-6",
    bug: "a request has no part of the premiums that its shares back",
    file: STORE,
    find: "uint256 assets = pool.assets + (_unearnedX32(stored, pool) >> UNEARNED_BITS);",
    replace: "uint256 assets = pool.assets + 0 * (_unearnedX32(stored, pool) >> UNEARNED_BITS);",
  },
  {
    invariant: "INS-6",
    bug: "a commission that was credited stays",
    file: OUTCOMES,
    find: "_commissions[id][referrer] = 0;",
    replace: "",
  },
  {
    invariant: "INS-6",
    bug: "a void risk pays commissions",
    file: OUTCOMES,
    find: "if (totals.ratio != VOID) amount = _commissions[id][referrer];",
    replace: "amount = _commissions[id][referrer];",
  },
  {
    invariant: "INS-6",
    bug: "fees that were claimed stay",
    file: POOL,
    find: "fees[actor] = 0;",
    replace: "",
  },
  {
    invariant: "INS-7",
    bug: "a section sells cover until the risk's end",
    file: SALES,
    find: "block.timestamp < risk.cutoff &&",
    replace: "block.timestamp < risk.end &&",
  },
  {
    invariant: "INS-8",
    bug: "a deposit has a share too many",
    file: STORE,
    find: "return StakeMath.toSharesDown(assets, total, pool.shares);",
    replace: "return StakeMath.toSharesDown(assets, total, pool.shares) + 1;",
  },
  {
    invariant: "INS-8",
    bug: "a loss is booked when the money moves, if ever",
    file: POOL,
    find: "pool.assets -= loss;",
    replace: "",
  },
  {
    invariant: "INS-8",
    bug: "what an exit leaves is in the price at once",
    file: CAPITAL,
    find: "pool.excess.add(excess, block.timestamp);",
    replace: "pool.assets += excess;",
  },
  {
    invariant: "INS-9",
    bug: "an exit waits for its cooldown alone",
    file: CAPITAL,
    find: "if (readyAt < pool.horizon) readyAt = pool.horizon;",
    replace: "",
  },
  {
    invariant: "INS-9",
    bug: "cover that is sold later holds up an exit",
    file: CAPITAL,
    find: "if (block.timestamp < request.readyAt || !_tryFinalise(id, pool, requestId)) return (false, 0);",
    replace: "if (block.timestamp < pool.horizon || !_tryFinalise(id, pool, requestId)) return (false, 0);",
  },
  {
    invariant: "INS-10",
    bug: "a risk without a report is void a year late",
    file: OUTCOMES,
    find: "require(block.timestamp >= voidFrom,",
    replace: "require(block.timestamp >= voidFrom + 365 days,",
  },
  {
    invariant: "INS-10",
    bug: "a risk is void before its premiums are earned",
    file: DESK_STORE,
    find: "return Math.max(fallbackBy, PremiumFlow.endOf(end));",
    replace: "return Math.min(fallbackBy, PremiumFlow.endOf(end));",
  },
  {
    invariant: "INS-11",
    bug: "all cover costs what its first unit does",
    file: CURVE,
    find: "return Math.ceilDiv(integral(curve, locked + cover) - integral(curve, locked), WAD);",
    replace:
      "return cover == 0 ? 0 : Math.ceilDiv((integral(curve, locked + 1) - integral(curve, locked)) * cover, WAD);",
  },
  {
    invariant: "INS-12",
    bug: "units that were paid keep their part of what is left",
    file: OUTCOMES,
    find: "(totals.held, totals.cover) = (totals.held - paid, totals.cover - units);",
    replace: "totals.held = totals.held - paid;",
  },
  {
    invariant: "INS-13",
    bug: "anybody has a pool's capital paid out",
    file: POOL,
    find: "require(caller == desk && desk != address(0), UnderwritingNotDesk(caller, desk));",
    replace: "require(desk != address(0), UnderwritingNotDesk(caller, desk));",
  },
  {
    invariant: "INS-13",
    bug: "stopping sales stops payments",
    file: DESK,
    find: "require(ok, CoverZeroAmount());",
    replace: "require(ok && !isPaused, CoverZeroAmount());",
  },
  {
    invariant: "INS-14",
    bug: "the second purchase of a section costs what the first did",
    file: SALES,
    find: "(sale.locked, sale.room) = (sale.locked + cover, sale.room - cover);",
    replace: "sale.room = sale.room - cover;",
  },
  {
    invariant: "INS-15",
    bug: "one reporter is a quorum",
    file: REPORTERS,
    find: "bool isReporter = signer > last && _isReporter[number][signer] && _isBonded(signer);",
    replace: "bool isReporter = signer >= last && _isReporter[number][signer] && _isBonded(signer);",
  },
  {
    invariant: "INS-15",
    bug: "a bond that is to be withdrawn counts",
    file: REPORTERS,
    find: "return BOND == 0 || (bond.amount != 0 && bond.freeAt == 0);",
    replace: "return BOND == 0 || bond.amount != 0;",
  },
  {
    invariant: "INS-15",
    bug: "who lost a bond posts another",
    file: REPORTERS,
    find: "require(!bond.isSlashed, ReporterIsSlashed(msg.sender));",
    replace: "",
  },
  {
    invariant: "INS-16",
    bug: "an answer at the strike is below it",
    file: FEED,
    find: "bool isBeyond = data & BELOW != 0 ? scaled < strike : scaled > strike;",
    replace: "bool isBeyond = data & BELOW != 0 ? scaled <= strike : scaled > strike;",
  },
  {
    invariant: "INS-17",
    bug: "a void takes out of the price what exits left",
    file: POOL,
    find: "if (result.isVoid) loss -= pool.excess.take(loss);",
    replace: "",
  },
  {
    invariant: "INS-18",
    bug: "who comes after a loss has the premiums that flow still",
    file: STORE,
    find: "if (pool.shares != 0) total += Math.saturatingSub(_unearnedX32(stored, pool) >> UNEARNED_BITS, pool.locked);",
    replace: "",
  },
];
