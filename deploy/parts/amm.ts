import * as bindings from "../../typechain-types/index.js";
import { callAsAuthority, type Part } from "./part.js";

/** Constant product pools. */
export const amm = {
  deploy(m, has) {
    const [authority, ledger] = [has("authority"), has("ledger")];
    const amm = m.contract("AmmCore", [ledger]);
    const ammLens = m.contract("AmmLens", [amm]);
    callAsAuthority(m, { authority, target: ledger, name: "listCore", args: [amm], id: "listAmmCore" });
    return { amm, ammLens };
  },

  async checks({ provider, at }) {
    const ledger = bindings.Ledger__factory.connect(at("ledger"), provider);
    const amm = bindings.AmmCore__factory.connect(at("amm"), provider);
    const lens = bindings.AmmLens__factory.connect(at("ammLens"), provider);
    return [
      ["the AMM's ledger", await amm.LEDGER(), at("ledger")],
      ["the AMM lens's AMM", await lens.AMM(), at("amm")],
      ["the AMM lens's ledger", await lens.LEDGER(), at("ledger")],
      ["the AMM as a core of the ledger", await ledger.isCore(at("amm")), true],
    ];
  },

  async inner({ provider, at }) {
    const address = await bindings.AmmCore__factory.connect(at("amm"), provider).LIQUIDITY();
    return { ammLiquidity: { contract: "AmmLiquidity", address, by: "amm", args: [at("ledger")] } };
  },
} as const satisfies Part;
