import type { Mutation } from "./mutation.js";

const ACTIONS = "contracts/staking/StakingActions.sol";
const POOLS = "contracts/staking/StakingPools.sol";
const POSITIONS = "contracts/staking/StakingPositions.sol";
const RECEIPTS = "contracts/staking/StakingReceipts.sol";
const SECTIONS = "contracts/staking/StakingSections.sol";
const MATH = "contracts/libraries/StakeMath.sol";
const STREAM = "contracts/libraries/StreamLib.sol";
const QUEUE = "contracts/libraries/ExitQueue.sol";

export const STAKING_BUGS: readonly Mutation[] = [
  {
    invariant: "STK-1",
    bug: "an exit keeps its weight",
    file: POSITIONS,
    find: "pool.weight = pool.weight - before + weight;",
    replace: "if (weight > before) pool.weight = pool.weight - before + weight;",
  },
  {
    invariant: "STK-1",
    bug: "a kick leaves the boost in the total",
    file: POSITIONS,
    find: "(holding.extra, holding.lockEnd, holding.isUnlocked) = (0, 0, true);",
    replace: "(holding.extra, holding.lockEnd, holding.isUnlocked) = (0, 0, true); holding.weight = holding.shares;",
  },
  {
    invariant: "STK-1",
    bug: "a funding stores shares that it has not read",
    file: ACTIONS,
    find: "pool.hasMoved = true; // its rate _closeStreams(id, pool);",
    replace: "pool.hasMoved = true; _close(id, pool);",
  },
  {
    invariant: "STK-2",
    bug: "the remainder of a division is dropped",
    file: STREAM,
    find: "stream.remainder = dividend % weight;",
    replace: "stream.remainder = 0 * (dividend % weight);",
  },
  {
    invariant: "STK-2",
    bug: "what flows while the pool is idle is lost",
    file: STREAM,
    find: "stream.end = end + (to - from);",
    replace: "",
  },
  {
    invariant: "STK-2",
    bug: "what a funding leaves over is forgotten",
    file: STREAM,
    find: "return total % (end - time);",
    replace: "return 0;",
  },
  {
    invariant: "STK-3",
    bug: "a section's streams are stored and counted again",
    file: POOLS,
    find: "(pool.time << TIME_SHIFT)",
    replace: "((pool.time - 1) << TIME_SHIFT)",
  },
  {
    invariant: "STK-4",
    bug: "receipts move without shares",
    file: RECEIPTS,
    find: "(holding.shares, holding.extra) = (holding.shares + shares, holding.extra + receipts);",
    replace: "holding.extra += receipts;",
  },
  {
    invariant: "STK-4",
    bug: "a seizure leaves what was pledged as not free",
    file: RECEIPTS,
    find: "(holding.shares, holding.extra) = (holding.shares + shares, holding.extra + receipts);",
    replace: "(holding.shares, holding.extra) = (holding.shares + shares, holding.extra + shares);",
  },
  {
    invariant: "STK-5",
    bug: "a claim pays a unit more",
    file: ACTIONS,
    find: "return WordLib.pack(0, amount);",
    replace: "return WordLib.pack(0, amount + 1);",
  },
  {
    invariant: "STK-6",
    bug: "a paid request stays",
    file: QUEUE,
    find: "if (request.shares == 0) delete queue.requests[id]; else queue.requests[id] = request;",
    replace: "",
  },
  {
    invariant: "STK-6",
    bug: "an exit is paid before its cooldown",
    file: POSITIONS,
    find: "if (block.timestamp < request.readyAt) return (false, 0);",
    replace: "",
  },
  {
    invariant: "STK-6",
    bug: "a payment leaves what was set aside",
    file: QUEUE,
    find: "queue.owed -= uint96(payment.assets + payment.excess);",
    replace: "",
  },
  {
    invariant: "STK-7",
    bug: "a slash is not counted",
    file: ACTIONS,
    find: "slashing.taken += uint96(amount); // at most the base",
    replace: "",
  },
  {
    invariant: "STK-7",
    bug: "the limit of a slash is of who left too",
    file: MATH,
    find: "(stayed < base ? stayed : base)",
    replace: "(stayed < 0 ? stayed : base)",
  },
  {
    invariant: "STK-7",
    bug: "a finalisation sets too much aside",
    file: POSITIONS,
    find: "uint256 assets = _toAssets(pool, shares); queue.finalise(shares, assets);",
    replace: "uint256 assets = _toAssets(pool, shares); assets += assets / 8; queue.finalise(shares, assets);",
  },
  {
    invariant: "STK-8",
    bug: "a request is set aside what it was worth when it was made",
    file: POSITIONS,
    find: "uint256 assets = _toAssets(pool, shares); queue.finalise(shares, assets);",
    replace: "uint256 assets = queue.requests[requestId].assets; queue.finalise(shares, assets);",
  },
  {
    invariant: "STK-9",
    bug: "receipts arrive without counting",
    file: RECEIPTS,
    find: "holding = _load(id, settings, to);",
    replace: "holding = _load(id, settings, to); holding.weight += shares;",
  },
  {
    invariant: "STK-9",
    bug: "a claim leaves what it paid",
    file: POSITIONS,
    find: "debt = StreamLib.pay(debt, amount);",
    replace: "debt = StreamLib.pay(debt, 0);",
  },
  {
    invariant: "STK-10",
    bug: "anybody unstakes for anybody",
    file: ACTIONS,
    find: "require(_LEDGER.isOperator(account, actor), StakingNotOperator(actor, account));",
    replace: "",
  },
  {
    invariant: "STK-10",
    bug: "a pledge needs no allowance",
    file: RECEIPTS,
    find: "require(amount <= held.allowed, PledgeeNotApproved(id, msg.sender));",
    replace: "if (amount > held.allowed) held.allowed = uint96(amount);",
  },
  {
    invariant: "STK-10",
    bug: "a pledge does not use up its allowance",
    file: RECEIPTS,
    find: "held.allowed -= uint96(amount); // amount <= allowed",
    replace: "",
  },
  {
    invariant: "STK-11",
    bug: "stake is counted with what it adds",
    file: POSITIONS,
    find: "Holding memory holding = _enter(id, pool.settings, account); // What a running lock adds",
    replace: `Holding memory holding = _enter(id, pool.settings, account);
        (holding.weight, pool.weight) = (holding.weight + shares, pool.weight + shares);
        // What a running lock adds`,
  },
  {
    invariant: "STK-12",
    bug: "an index is counted in whole units of weight",
    file: STREAM,
    find: "stream.remainder = dividend % weight;",
    replace: "stream.index -= (dividend / weight) & 0xffffff; stream.remainder = dividend % weight;",
  },
  {
    invariant: "STK-13",
    bug: "an exit waits for the stream",
    file: ACTIONS,
    find: "if (shares == type(uint256).max) shares = _allOf(id, pool, account); if (!_tryUnstake(",
    replace: `if (shares == type(uint256).max) shares = _allOf(id, pool, account);
        require(pool.stream0.end > pool.time, StakingStreamEnded(pool.time));
        if (!_tryUnstake(`,
  },
  {
    invariant: "STK-13",
    bug: "locked shares are free",
    file: POSITIONS,
    find: "return holding.lockEnd == 0 ? holding.shares : 0;",
    replace: "return holding.shares;",
  },
  {
    invariant: "STK-14",
    bug: "a section's stake passes over its limit",
    file: SECTIONS,
    find: "bool ok = shares >= body.limit() && _tryStake(",
    replace: "bool ok = _tryStake(",
  },
  {
    invariant: "STK-14",
    bug: "an operation of an unknown kind claims",
    file: SECTIONS,
    find: "else if (kind == CLAIM) payout",
    replace: "else if (kind == CLAIM || kind == 35) payout",
  },
];
