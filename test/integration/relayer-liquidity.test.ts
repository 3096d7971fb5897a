import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { findAnvil } from "../../scripts/lib/devnet.js";
import { startRelayer, type Relayer } from "../../scripts/lib/relayer/relayer.js";
import { loadBls } from "../../src/bls/bls.js";
import { lpShareId } from "../../src/assets.js";
import { type RelayerClient } from "../../src/relayer-client.js";
import { addLiquidity, removeLiquidity, swapExactIn, type OrderOperation } from "../../src/settlement/operations.js";
import { at } from "../helpers/deploy.js";
import { testClient } from "../helpers/relayer/clients.js";
import { startSuite, WAD, type Suite } from "../helpers/relayer/suite.js";

const CLIENTS = 3;

describe("liquidity by the relayer", function () {
  this.timeout(60_000);

  it("adds and removes beside swaps in one pool, by the gas that it composes with", async function () {
    if (findAnvil() === undefined) this.skip();
    const bls = await loadBls();
    const suite = await startSuite({ bls, count: CLIENTS });
    const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-relayer-"));
    const clients: RelayerClient[] = [];
    const outcomes = new Map<string, readonly string[]>();
    let relayer: Relayer | undefined;
    try {
      const { addresses, pool, ledger, devnet, settlement } = suite;
      relayer = await startRelayer({
        ...{ host: "127.0.0.1", port: 0, database: path.join(folder, "relayer.sqlite"), rpc: devnet.url },
        ...{ key: suite.relayer.privateKey, chainId: 31_337n, ...addresses, fees: new Map(), tolerance: WAD / 100n },
        ...{ interval: 50, signWithin: 5_000, lifetime: 10, log: () => undefined },
      });
      const { port } = relayer;
      for (const account of suite.members) {
        clients.push(
          testClient({
            ...{ bls, account, port },
            deployment: { chainId: 31_337n, ...addresses, relayer: suite.relayer.address },
            lastNumber: async () => Number(await settlement.lastNumberOf(suite.relayer.address)),
            onEvent(event) {
              if (event.type === "settled") outcomes.set(event.id, event.outcomes);
            },
          }),
        );
      }
      /** Submits one order of each, and answers what became of them. */
      const settle = async (orders: readonly OrderOperation[][]) => {
        const ids = await Promise.all(
          orders.map(async (operations, index) => {
            const order = { id: randomUUID(), operations, deadline: Math.floor(Date.now() / 1_000) + 600 };
            expect((await at(clients, index).submit(order)).type).to.equal("accepted");
            return order.id;
          }),
        );
        for (let tries = 0; tries < 300 && !ids.every((id) => outcomes.has(id)); tries++) await sleep(50);
        return ids.map((id) => outcomes.get(id));
      };
      const terms = { amm: addresses.amm, pool };
      const amounts = { amount0: 10n * WAD, amount1: 20n * WAD, minShares: 1n };
      const swap = { ...terms, assetIn: pool.asset0, amountIn: 5n * WAD, minAmountOut: 4n * WAD, sequence: 0 };
      const added = [0, 1].map(() => addLiquidity({ ...terms, ...amounts, sequence: 0, sequence1: 1 }));
      const band = { price: 10n ** 36n, tolerance: WAD / 50n };
      expect(await settle([...added, [swapExactIn({ ...swap, band })]])).to.deep.equal([
        ...[["executed", "executed"], ["executed", "executed"], ["executed"]],
      ]);
      const shareId = lpShareId({ amm: addresses.amm, pool });
      const held = await sharesOf(suite, shareId);
      expect(held.map((shares) => shares > 9n * WAD)).to.deep.equal([true, true, false]);
      const removed = [0, 1].map((index) => [
        removeLiquidity({ ...terms, shares: at(held, index), minAmount0: 9n * WAD, minAmount1: 9n * WAD, sequence: 0 }),
      ]);
      expect(await settle(removed)).to.deep.equal([["executed"], ["executed"]]);
      expect(await sharesOf(suite, shareId)).to.deep.equal([0n, 0n, 0n]);
      expect(await ledger.balanceOf(at(suite.members, 0).address, pool.asset1)).to.be.greaterThan(0n);
    } finally {
      for (const client of clients) client.close();
      await relayer?.stop();
      await suite.devnet.stop();
      await rm(folder, { recursive: true });
    }
  });
});

async function sharesOf({ ledger, members }: Suite, shareId: bigint): Promise<bigint[]> {
  return Promise.all(members.map(({ address }) => ledger.balanceOf(address, shareId)));
}
