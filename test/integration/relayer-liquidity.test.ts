import { expect } from "chai";
import { findAnvil } from "../../scripts/lib/devnet.js";
import { loadBls } from "../../src/bls/bls.js";
import { lpShareId } from "../../src/assets.js";
import { addLiquidity, removeLiquidity, swapExactIn } from "../../src/settlement/operations.js";
import { at } from "../helpers/deploy.js";
import { openSession } from "../helpers/relayer/session.js";
import { startSuite, WAD, type Suite } from "../helpers/relayer/suite.js";

const CLIENTS = 3;

describe("liquidity by the relayer", function () {
  this.timeout(60_000);

  it("adds and removes beside swaps in one pool, by the gas that it composes with", async function () {
    if (findAnvil() === undefined) this.skip();
    const bls = await loadBls();
    const suite = await startSuite({ bls, count: CLIENTS });
    let session: Awaited<ReturnType<typeof openSession>> | undefined;
    try {
      const { addresses, pool, ledger } = suite;
      session = await openSession({ bls, suite, protocols: { ammLens: addresses.ammLens } });
      const { settle } = session;
      const terms = { amm: addresses.amm, pool };
      const amounts = { amount0: 10n * WAD, amount1: 20n * WAD, minShares: 1n };
      const swap = { ...terms, assetIn: pool.asset0, amountIn: 5n * WAD, minAmountOut: 4n * WAD, sequence: 0 };
      const added = [0, 1].map(() => addLiquidity({ ...terms, ...amounts, sequence: 0, sequence1: 1 }));
      const band = { price: 10n ** 36n, tolerance: WAD / 50n };
      expect(await settle([...[...added, [swapExactIn({ ...swap, band })]].entries()])).to.deep.equal([
        ...[["executed", "executed"], ["executed", "executed"], ["executed"]],
      ]);
      const shareId = lpShareId({ amm: addresses.amm, pool });
      const held = await sharesOf(suite, shareId);
      expect(held.map((shares) => shares > 9n * WAD)).to.deep.equal([true, true, false]);
      const removed = [0, 1].map((index) => [
        removeLiquidity({ ...terms, shares: at(held, index), minAmount0: 9n * WAD, minAmount1: 9n * WAD, sequence: 0 }),
      ]);
      expect(await settle([...removed.entries()])).to.deep.equal([["executed"], ["executed"]]);
      expect(await sharesOf(suite, shareId)).to.deep.equal([0n, 0n, 0n]);
      expect(await ledger.balanceOf(at(suite.members, 0).address, pool.asset1)).to.be.greaterThan(0n);
    } finally {
      await session?.close();
      await suite.devnet.stop();
    }
  });
});

async function sharesOf({ ledger, members }: Suite, shareId: bigint): Promise<bigint[]> {
  return Promise.all(members.map(({ address }) => ledger.balanceOf(address, shareId)));
}
