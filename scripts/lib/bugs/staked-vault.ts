import type { Mutation } from "./mutation.js";

const VAULT = "contracts/periphery/StakedVault.sol";
const POOL = "contracts/periphery/StakedVaultPool.sol";
const AUCTIONS = "contracts/periphery/StakedVaultAuctions.sol";
const EXITS = "contracts/periphery/StakedVaultExits.sol";

export const STAKED_VAULT_BUGS: readonly Mutation[] = [
  {
    invariant: "STV-1",
    bug: "a lot that is sold stays for sale",
    file: AUCTIONS,
    find: "Auction({lot: 0, startPrice: uint96(next), startedAt: 0});",
    replace: "Auction({lot: uint112(lot), startPrice: uint96(next), startedAt: 0});",
  },
  {
    invariant: "STV-2",
    bug: "a request takes its part of the stake rounded up",
    file: VAULT,
    find: "uint256 stake = _partOf(now_, shares, Math.Rounding.Floor);",
    replace: "uint256 stake = _partOf(now_, shares, Math.Rounding.Ceil);",
  },
  {
    invariant: "STV-3",
    bug: "a harvest has what dripped drip again",
    file: POOL,
    find: "dripping += added;",
    replace: "dripping = stake.dripping + added;",
  },
  {
    invariant: "STV-4",
    bug: "a limit of claims rounds a request's part of the line down",
    file: EXITS,
    find: "assets = total - ((request.start - line.upTo) * total) / length;",
    replace: "assets = (request.shares * total) / length;",
  },
  {
    invariant: "STV-5",
    bug: "what a request was paid is counted twice",
    file: EXITS,
    find: "account.assets += uint128(assets);",
    replace: "account.assets += uint128(2 * assets);",
  },
  {
    invariant: "STV-6",
    bug: "profit is counted at once",
    file: POOL,
    find: "dripping += added;",
    replace: "",
  },
  {
    invariant: "STV-7",
    bug: "stake is asked of the core",
    file: POOL,
    find: "now_.stake = stake.total - _dripping(stake);",
    replace: "now_.stake = STAKING.positionOf(POOL, address(this)).shares - _dripping(stake);",
  },
  {
    invariant: "STV-8",
    bug: "a request is ready an hour late",
    file: EXITS,
    find: "readyAt: uint32(block.timestamp + _COOLDOWN)",
    replace: "readyAt: uint32(block.timestamp + _COOLDOWN + 1 hours)",
  },
  {
    invariant: "STV-9",
    bug: "the next price begins at what was paid",
    file: AUCTIONS,
    find: "((payment * _MULTIPLIER) / WAD).max(_MINIMUM_PRICE)",
    replace: "payment",
  },
];
