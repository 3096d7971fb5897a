import accessManager from "@openzeppelin/contracts/build/contracts/AccessManager.json" with { type: "json" };
import { buildModule, type ArgumentType, type IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";

/** What the ledger is tied to for ever. */
export type CoreInputs = {
  /** Wrapped ether. */
  weth: ArgumentType;
  permit2: ArgumentType;
  /** Pairs of tokens that share a storage word, at most four. */
  homePairs: ArgumentType;
};

/**
 * The suite without its surroundings: authority, ledger, AMM, lenses, and the settlement with its directory. Account 0 deploys and is the first admin of the
 * authority; hand the role over with `grantRole` and `renounceRole` of the AccessManager.
 */
export function deployCore(m: IgnitionModuleBuilder, { weth, permit2, homePairs }: CoreInputs) {
  const authority = m.contract("AccessManager", accessManager, [m.getAccount(0)]);
  const ledger = m.contract("Ledger", [authority, weth, permit2, homePairs]);
  const amm = m.contract("AmmCore", [ledger]);
  const ammLens = m.contract("AmmLens", [amm]);
  const ledgerLens = m.contract("LedgerLens", [ledger]);
  const addressBook = m.contract("AddressBook");
  const directory = m.contract("AccountDirectory", [addressBook]);
  const settlement = m.contract("Settlement", [ledger, directory]);
  m.call(authority, "execute", [ledger, m.encodeFunctionCall(ledger, "listCore", [amm])], { id: "listAmmCore" });
  m.call(authority, "execute", [ledger, m.encodeFunctionCall(ledger, "listSettlement", [settlement])], {
    id: "listSettlement",
  });
  return { authority, ledger, amm, ammLens, ledgerLens, addressBook, directory, settlement };
}

/**
 * `hardhat --config hardhat.production.config.ts --build-profile production ignition deploy deploy/modules/Lakh.ts
 * --parameters deploy/parameters/<network>.json5 --network <network>`
 */
export default buildModule("Lakh", (m) =>
  deployCore(m, {
    weth: m.getParameter<string>("weth"),
    permit2: m.getParameter<string>("permit2"),
    homePairs: m.getParameter<string[][]>("homePairs"),
  }),
);
