import accessManager from "@openzeppelin/contracts/build/contracts/AccessManager.json" with { type: "json" };
import * as bindings from "../../typechain-types/index.js";
import { callAsAuthority, type Part } from "./part.js";

/** Address and state of settlement version 0, or why there is none. */
async function firstSettlement(ledger: bindings.Ledger): Promise<string> {
  try {
    const [settlement, isActive] = await ledger.settlementOf(0n);
    return `${settlement} ${isActive}`;
  } catch {
    return "not listed";
  }
}

/** Authority, ledger, and the settlement with its directory. */
export const core = {
  deploy(m, _has, { weth, permit2, homePairs }) {
    const authority = m.contract("AccessManager", accessManager, [m.getAccount(0)]);
    const ledger = m.contract("Ledger", [authority, weth, permit2, homePairs]);
    const ledgerLens = m.contract("LedgerLens", [ledger]);
    const addressBook = m.contract("AddressBook");
    const directory = m.contract("AccountDirectory", [addressBook]);
    const settlement = m.contract("Settlement", [ledger, directory]);
    callAsAuthority(m, {
      ...{ authority, target: ledger, name: "listSettlement", args: [settlement], id: "listSettlement" },
    });
    return { authority, ledger, ledgerLens, addressBook, directory, settlement };
  },

  async checks({ provider, at }) {
    const ledger = bindings.Ledger__factory.connect(at("ledger"), provider);
    const ledgerLens = bindings.LedgerLens__factory.connect(at("ledgerLens"), provider);
    const directory = bindings.AccountDirectory__factory.connect(at("directory"), provider);
    const settlement = bindings.Settlement__factory.connect(at("settlement"), provider);
    return [
      ["the ledger's authority", await ledger.AUTHORITY(), at("authority")],
      ["the ledger lens's ledger", await ledgerLens.LEDGER(), at("ledger")],
      ["the directory's address book", await directory.ADDRESS_BOOK(), at("addressBook")],
      ["the settlement's ledger", await settlement.LEDGER(), at("ledger")],
      ["the settlement's directory", await settlement.DIRECTORY(), at("directory")],
      ["the first settlement version of the ledger", await firstSettlement(ledger), `${at("settlement")} true`],
    ];
  },

  async inner({ provider, at }) {
    const facades = await bindings.Ledger__factory.connect(at("ledger"), provider).FACADES();
    const implementation = await bindings.FacadeFactory__factory.connect(facades, provider).IMPLEMENTATION();
    return {
      facadeFactory: { contract: "FacadeFactory", address: facades, by: "ledger", args: [at("ledger")] },
      facadeImplementation: { contract: "LedgerFacade", address: implementation, by: "ledger", args: [at("ledger")] },
    };
  },
} as const satisfies Part;
