import * as bindings from "../../typechain-types/index.js";
import { callAsAuthority, type Part } from "./part.js";

/** Cores that may hold regulated assets, once their issuers approve them, by the suite's name. */
const PROTOCOLS = { amm: "Amm", lending: "Lending", rwaOffering: "RwaOffering" } as const;

/** Regulated assets with their registry and income, and offerings of them. */
export const rwa = {
  deploy(m, has) {
    const [authority, ledger] = [has("authority"), has("ledger")];
    const rwaAgency = m.contract("RwaAgency", [ledger]);
    const rwa = m.contract("RwaCore", [ledger, rwaAgency]);
    const rwaOffering = m.contract("RwaOffering", [rwa]);
    const rwaLens = m.contract("RwaLens", [rwaOffering]);
    callAsAuthority(m, { authority, target: ledger, name: "listCore", args: [rwa], id: "listRwaCore" });
    callAsAuthority(m, { authority, target: ledger, name: "listCore", args: [rwaOffering], id: "listRwaOffering" });
    // The registry is a part of the core, and so are the functions of its agency's code.
    const registry = m.contractAt("IEligibilityRegistry", rwa);
    const cores = { amm: has("amm"), lending: has("lending"), rwaOffering };
    for (const [name, label] of Object.entries(PROTOCOLS)) {
      const core = cores[name as keyof typeof cores];
      callAsAuthority(m, { authority, target: registry, name: "setProtocol", args: [core], id: `set${label}Protocol` });
    }
    return { rwaAgency, rwa, rwaOffering, rwaLens };
  },

  async checks({ provider, at }) {
    const ledger = bindings.Ledger__factory.connect(at("ledger"), provider);
    const core = bindings.RwaCore__factory.connect(at("rwa"), provider);
    const registry = bindings.IEligibilityRegistry__factory.connect(at("rwa"), provider);
    const offering = bindings.RwaOffering__factory.connect(at("rwaOffering"), provider);
    const lens = bindings.RwaLens__factory.connect(at("rwaLens"), provider);
    const protocols = Object.keys(PROTOCOLS).map(async (name) => {
      return [`${name} as a protocol of regulated assets`, await registry.isProtocol(at(name)), true] as const;
    });
    return [
      ["the core of regulated assets' ledger", await core.LEDGER(), at("ledger")],
      ["the core of regulated assets' agency", await core.AGENCY(), at("rwaAgency")],
      ["the offerings' ledger", await offering.LEDGER(), at("ledger")],
      ["the offerings' core of regulated assets", await offering.RWA(), at("rwa")],
      ["the lens's offerings", await lens.OFFERING(), at("rwaOffering")],
      ["the core of regulated assets as a core of the ledger", await ledger.isCore(at("rwa")), true],
      ["the offerings as a core of the ledger", await ledger.isCore(at("rwaOffering")), true],
      ...(await Promise.all(protocols)),
    ];
  },

  async inner({ provider, at }) {
    const agency = bindings.IRwaAgency__factory.connect(at("rwa"), provider);
    const address = await agency.FACADE_IMPLEMENTATION();
    return {
      rwaFacadeImplementation: { contract: "RwaFacade", address, by: "rwaAgency", args: [at("ledger")] },
    };
  },
} as const satisfies Part;
