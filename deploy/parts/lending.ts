import { ZeroAddress } from "ethers";
import { ADAPTIVE_CURVE } from "../../src/lending-market.js";
import * as bindings from "../../typechain-types/index.js";
import { callAsAuthority, type Part } from "./part.js";

/** Rate models without a contract, and the loan-to-value limits (WAD) that markets may be created with. */
const RATE_MODELS = { NoInterest: ZeroAddress, AdaptiveCurve: ADAPTIVE_CURVE } as const;
const LLTVS = [385n, 625n, 770n, 860n, 915n, 945n, 965n, 980n].map((thousandths) => thousandths * 10n ** 15n);

/** Isolated lending markets, and liquidations paid by a flash loan. */
export const lending = {
  deploy(m, has) {
    const [authority, ledger] = [has("authority"), has("ledger")];
    const lending = m.contract("LendingCore", [ledger]);
    const lendingLens = m.contract("LendingLens", [lending]);
    const flashLiquidator = m.contract("FlashLiquidator", [lending, has("amm")]);
    callAsAuthority(m, { authority, target: ledger, name: "listCore", args: [lending], id: "listLendingCore" });
    for (const [model, irm] of Object.entries(RATE_MODELS)) {
      callAsAuthority(m, { authority, target: lending, name: "enableRateModel", args: [irm], id: `enable${model}` });
    }
    for (const lltv of LLTVS) {
      callAsAuthority(m, { authority, target: lending, name: "enableLltv", args: [lltv], id: `enableLltv${lltv}` });
    }
    return { lending, lendingLens, flashLiquidator };
  },

  async checks({ provider, at }) {
    const ledger = bindings.Ledger__factory.connect(at("ledger"), provider);
    const lending = bindings.LendingCore__factory.connect(at("lending"), provider);
    const lens = bindings.LendingLens__factory.connect(at("lendingLens"), provider);
    const liquidator = bindings.FlashLiquidator__factory.connect(at("flashLiquidator"), provider);
    return [
      ["the lending core's ledger", await lending.LEDGER(), at("ledger")],
      ["the lending lens's core", await lens.LENDING(), at("lending")],
      ["the lending core as a core of the ledger", await ledger.isCore(at("lending")), true],
      ["the adaptive curve as a rate model", await lending.isRateModelEnabled(ADAPTIVE_CURVE), true],
      ["the absence of interest as a rate model", await lending.isRateModelEnabled(ZeroAddress), true],
      ["the highest loan-to-value limit", await lending.isLltvEnabled(LLTVS.at(-1) ?? 0n), true],
      ["the flash liquidator's lending core", await liquidator.LENDING(), at("lending")],
      ["the flash liquidator's AMM", await liquidator.AMM(), at("amm")],
      ["the flash liquidator's ledger", await liquidator.LEDGER(), at("ledger")],
    ];
  },
} as const satisfies Part;
