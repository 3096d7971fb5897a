import type { JsonRpcSigner } from "ethers";
import type { Lab, Sent } from "./lab.js";
import { measure, type Effect } from "./measure.js";
import { UNIT } from "./peer-kit.js";
import { RWA_CASES, rwaNames, type RwaFigures, type RwaOperation } from "./rwa-cases.js";
import { T_REX, TRex } from "./t-rex.js";

type Step = { from: JsonRpcSigner; request: Sent; effects: readonly Effect[] };

/** T-REX, both holders verified by one claim each, its compliance without a module: the least that it takes. */
export async function measureRwaPeers(lab: Lab, holder: JsonRpcSigner): Promise<RwaFigures> {
  const { maker, user } = lab;
  const suite = await TRex.deploy(maker);
  for (const account of [maker, user]) {
    await lab.send(maker, suite.register(account.address, await suite.identify()));
  }
  await lab.send(maker, suite.mint(maker.address, UNIT)); // so that there is a supply
  const identity = await suite.identify();
  const units = (account: JsonRpcSigner, change: bigint): Effect => ({
    ...{ label: "balance", read: () => suite.balanceOf(account.address), change },
  });
  const moved = [units(user, -UNIT), units(holder, UNIT)];
  const minted = { from: maker, request: suite.mint(user.address, 10n * UNIT), effects: [units(user, 10n * UNIT)] };
  const transfer = { from: user, request: suite.transfer(holder.address, UNIT), effects: moved };
  const isFrozen = { label: "freeze", read: () => suite.isFrozen(holder.address), change: 1n };
  const frozen = { label: "frozen units", read: () => suite.frozenOf(user.address), change: UNIT };
  const isVerified = { label: "verification", read: () => suite.isVerified(holder.address), change: 1n };
  const steps: Record<RwaOperation, Step> = {
    register: { from: maker, request: suite.register(holder.address, identity), effects: [isVerified] },
    ...{ mintNew: minted, mint: minted, transferNew: transfer, transfer },
    force: { from: maker, request: suite.forcedTransfer(user.address, holder.address, UNIT), effects: moved },
    freeze: { from: maker, request: suite.freeze(holder.address), effects: [isFrozen] },
    freezePart: { from: maker, request: suite.freezePart(user.address, UNIT), effects: [frozen] },
  };
  const figures = Object.fromEntries(rwaNames.map((name) => [name, []])) as unknown as RwaFigures;
  for (const name of rwaNames) {
    const { action, state } = RWA_CASES[name];
    const { gas } = await measure(lab, { name: `${T_REX.name}: ${action}`, state, ...steps[name] });
    figures[name].push({ ...T_REX, gas, measured: true });
  }
  return figures;
}
