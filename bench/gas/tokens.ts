import type { Peer } from "../schema.js";
import { readProduction } from "./artifacts.js";
import { encode, readUint, type Lab } from "./lab.js";
import { measure, type Effect } from "./measure.js";
import { UNIT } from "./peer-kit.js";

const RECEIVER = "0x00000000000000000000000000000000000A11cE";

export type TokenFigures = { transfer: Peer[]; transferNew: Peer[] };

/** Transfers of the libraries' tokens. */
export async function measureTokens(lab: Lab): Promise<TokenFigures> {
  const { user } = lab;
  const peers: Omit<Peer, "gas" | "measured">[] = [
    { name: "OpenZeppelin ERC-20", version: "5.7.0" },
    { name: "Solady ERC-20", version: "0.1.26" },
    { name: "OpenZeppelin ERC-6909", version: "5.7.0" },
    { name: "Solady ERC-6909", version: "0.1.26" },
  ];
  const sources = ["MockERC20", "BenchSoladyToken", "BenchMultiToken", "BenchSoladyMultiToken"];
  const figures: TokenFigures = { transfer: [], transferNew: [] };
  for (const [index, peer] of peers.entries()) {
    const code = await readProduction(`contracts/mocks/${sources[index] ?? ""}.sol`);
    const token = index === 0 ? await lab.deploy(code, "Bench", "BENCH", 18) : await lab.deploy(code);
    const id = index < 2 ? [] : [1n]; // ERC-6909 names an id before the amount
    const to = await token.getAddress();
    await lab.send(user, { to, data: encode(token, "mint", [user.address, ...id, 10n * UNIT]) });
    const balance = (account: string, change: bigint): Effect => ({
      label: "balance",
      read: () => readUint(lab.chain, to, encode(token, "balanceOf", [account, ...id])),
      change,
    });
    for (const state of ["new", "steady"] as const) {
      const { gas } = await measure(lab, {
        name: peer.name,
        from: user,
        request: { to, data: encode(token, "transfer", [RECEIVER, ...id, UNIT]) },
        state,
        effects: [balance(user.address, -UNIT), balance(RECEIVER, UNIT)],
      });
      figures[state === "new" ? "transferNew" : "transfer"].push({ ...peer, gas, measured: true });
    }
  }
  return figures;
}
