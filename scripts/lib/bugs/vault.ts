import type { Mutation } from "./mutation.js";

const VAULT = "contracts/periphery/LendingVault.sol";
const MARKETS = "contracts/periphery/LendingVaultMarkets.sol";
const RISK = "contracts/periphery/LendingVaultRisk.sol";

export const VAULT_BUGS: readonly Mutation[] = [
  {
    invariant: "VLT-1",
    bug: "a mint takes assets rounded down",
    file: VAULT,
    find: "assets = _toAssets(now_, shares, Math.Rounding.Ceil);",
    replace: "assets = _toAssets(now_, shares, Math.Rounding.Floor);",
  },
  {
    invariant: "VLT-2",
    bug: "a withdrawal burns shares rounded down",
    file: VAULT,
    find: "shares = _toShares(now_, assets, Math.Rounding.Ceil);",
    replace: "shares = _toShares(now_, assets, Math.Rounding.Floor);",
  },
  {
    invariant: "VLT-3",
    bug: "what is idle is asked of the ledger",
    file: MARKETS,
    find: "holdings.idle = _idle;",
    replace: "holdings.idle = LEDGER.balanceOf(address(this), _ASSET);",
  },
  {
    invariant: "VLT-4",
    bug: "a cap is for one supply",
    file: MARKETS,
    find: "room = leg.cap.saturatingSub(leg.assets);",
    replace: "room = leg.cap;",
  },
  {
    invariant: "VLT-5",
    bug: "what a market has lent counts as there",
    file: MARKETS,
    find: "return leg.assets.min(leg.market.idle);",
    replace: "return leg.assets;",
  },
  {
    invariant: "VLT-6",
    bug: "what is announced is accepted a second early",
    file: RISK,
    find: "require(block.timestamp >= validAt, VaultTooEarly(block.timestamp, validAt));",
    replace: "require(block.timestamp + 1 >= validAt, VaultTooEarly(block.timestamp, validAt));",
  },
  {
    invariant: "VLT-7",
    bug: "shares that are paid out stay with the vault",
    file: VAULT,
    find: "_burn(owner, shares);",
    replace: "_transfer(owner, address(this), shares);",
  },
];
