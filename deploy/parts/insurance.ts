import * as bindings from "../../typechain-types/index.js";
import { callAsAuthority, type Part } from "./part.js";

/** Underwriting pools, and the desk that sells parametric cover. Oracles belong to products, and are deployed with them. */
export const insurance = {
  deploy(m, has) {
    const [authority, ledger] = [has("authority"), has("ledger")];
    const underwritingPool = m.contract("UnderwritingPool", [ledger]);
    const coverDesk = m.contract("CoverDesk", [ledger, underwritingPool]);
    const insuranceLens = m.contract("InsuranceLens", [coverDesk]);
    for (const [core, id] of [
      [underwritingPool, "listUnderwritingPool"],
      [coverDesk, "listCoverDesk"],
    ] as const) {
      callAsAuthority(m, { authority, target: ledger, name: "listCore", args: [core], id });
    }
    return { underwritingPool, coverDesk, insuranceLens };
  },

  async checks({ provider, at }) {
    const ledger = bindings.Ledger__factory.connect(at("ledger"), provider);
    const pool = bindings.UnderwritingPool__factory.connect(at("underwritingPool"), provider);
    const desk = bindings.CoverDesk__factory.connect(at("coverDesk"), provider);
    const lens = bindings.InsuranceLens__factory.connect(at("insuranceLens"), provider);
    return [
      ["the insurance lens's desk", await lens.DESK(), at("coverDesk")],
      ["the underwriting pools' ledger", await pool.LEDGER(), at("ledger")],
      ["the cover desk's ledger", await desk.LEDGER(), at("ledger")],
      ["the cover desk's pools", await desk.POOLS(), at("underwritingPool")],
      ["the underwriting pools as a core of the ledger", await ledger.isCore(at("underwritingPool")), true],
      ["the cover desk as a core of the ledger", await ledger.isCore(at("coverDesk")), true],
    ];
  },
} as const satisfies Part;
