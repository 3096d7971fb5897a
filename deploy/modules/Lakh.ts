import accessManager from "@openzeppelin/contracts/build/contracts/AccessManager.json" with { type: "json" };
import { ZeroAddress, zeroPadValue } from "ethers";
import { buildModule, type ArgumentType, type IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";

/** Rate models without a contract, and the loan-to-value limits (WAD) that markets may be created with. */
const RATE_MODELS = { NoInterest: ZeroAddress, AdaptiveCurve: zeroPadValue("0x01", 20) } as const;
const LLTVS = [385n, 625n, 770n, 860n, 915n, 945n, 965n, 980n].map((thousandths) => thousandths * 10n ** 15n);

/** What the ledger is tied to for ever. */
export type CoreInputs = {
  /** Wrapped ether. */
  weth: ArgumentType;
  permit2: ArgumentType;
  /** Pairs of tokens that share a storage word, at most four. */
  homePairs: ArgumentType;
};

/**
 * The suite without its surroundings: authority, ledger, AMM, lending, lenses, and the settlement with its directory. Account 0 deploys and is the first admin of the
 * authority; hand the role over with `grantRole` and `renounceRole` of the AccessManager.
 */
export function deployCore(m: IgnitionModuleBuilder, { weth, permit2, homePairs }: CoreInputs) {
  const authority = m.contract("AccessManager", accessManager, [m.getAccount(0)]);
  const ledger = m.contract("Ledger", [authority, weth, permit2, homePairs]);
  const amm = m.contract("AmmCore", [ledger]);
  const ammLens = m.contract("AmmLens", [amm]);
  const lending = m.contract("LendingCore", [ledger]);
  const lendingLens = m.contract("LendingLens", [lending]);
  const ledgerLens = m.contract("LedgerLens", [ledger]);
  const addressBook = m.contract("AddressBook");
  const directory = m.contract("AccountDirectory", [addressBook]);
  const settlement = m.contract("Settlement", [ledger, directory]);
  const flashLiquidator = m.contract("FlashLiquidator", [lending, amm]);
  const merkleDistributor = m.contract("MerkleDistributor", [ledger]);
  m.call(authority, "execute", [ledger, m.encodeFunctionCall(ledger, "listCore", [amm])], { id: "listAmmCore" });
  const listLending = m.encodeFunctionCall(ledger, "listCore", [lending], { id: "encodeListLendingCore" });
  m.call(authority, "execute", [ledger, listLending], { id: "listLendingCore" });
  for (const [name, irm] of Object.entries(RATE_MODELS)) {
    const data = m.encodeFunctionCall(lending, "enableRateModel", [irm], { id: `encode${name}` });
    m.call(authority, "execute", [lending, data], { id: `enable${name}` });
  }
  for (const lltv of LLTVS) {
    const data = m.encodeFunctionCall(lending, "enableLltv", [lltv], { id: `encodeLltv${lltv}` });
    m.call(authority, "execute", [lending, data], { id: `enableLltv${lltv}` });
  }
  m.call(authority, "execute", [ledger, m.encodeFunctionCall(ledger, "listSettlement", [settlement])], {
    id: "listSettlement",
  });
  const lenses = { ammLens, lendingLens, ledgerLens };
  const helpers = { flashLiquidator, merkleDistributor };
  return { authority, ledger, amm, lending, ...lenses, ...helpers, addressBook, directory, settlement };
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
