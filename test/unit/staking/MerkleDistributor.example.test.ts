import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { explain, RewardTree } from "../../../src/index.js";
import { ethers, loadFixture, networkHelpers } from "../../helpers/ledger-fixture.js";
import { claimArgs, create, DAY, DECISION_PERIOD, merkleFixture, submit } from "../../helpers/merkle-fixture.js";

const DOCUMENT = path.join(import.meta.dirname, "../../../docs/merkle.md");

const text = (amount: bigint): string => amount.toLocaleString("en-US");

describe("MerkleDistributor", () => {
  it("does what the document's example says", async () => {
    const fixture = await loadFixture(merkleFixture);
    const { distributor, ledger, terms, alice, bob, carol, dave, erin, arbiter, token0, held } = fixture;
    const document = await readFile(DOCUMENT, "utf8");
    const says = (row: string) => expect(document).to.include(row);
    const id = await create(distributor, alice, { ...terms, salt: ethers.id("example"), bond: 200n });
    await distributor.connect(alice).fund(id, 10_000n);
    const cells = async () => {
      const { funded, reserve } = await distributor.distributionOf(id);
      return `${text(funded)} | ${text(reserve)} | ${text(await held(carol))} | ${text(await held(dave))} |`;
    };
    const lastWord = async (run: () => Promise<unknown>): Promise<string> => {
      try {
        await run();
      } catch (error) {
        return explain(error).name;
      }
      return expect.fail("It was not refused");
    };

    const week1 = RewardTree.of({
      distribution: id,
      entries: [
        { account: carol.address, amount: 3000n },
        { account: dave.address, amount: 1000n },
      ],
    });
    week1.checkFunds((await distributor.distributionOf(id)).funded);
    await submit(fixture, id, week1.publication());
    says(`\`${await lastWord(() => distributor.claim(...claimArgs(week1, carol.address)))}\``);
    await networkHelpers.time.increase(2n * DAY);
    await distributor.connect(erin).claim(...claimArgs(week1, carol.address));
    says(`| two days later, Erin claims for Carol | ${await cells()}`);

    const week2 = week1.withRound([
      { account: carol.address, amount: 500n },
      { account: dave.address, amount: 2500n },
    ]);
    const wrong = week1.withRound([{ account: erin.address, amount: 6000n }]);
    await submit(fixture, id, wrong.publication());
    await distributor.connect(bob).dispute(id, wrong.root);
    await distributor.connect(arbiter).resolveDispute(id, wrong.root, true);
    says(`| the updater is wrong; Bob disputes, the arbiter agrees | ${await cells()}`);
    await submit(fixture, id, week2.publication());
    await distributor.connect(bob).dispute(id, week2.root);
    await distributor.connect(arbiter).resolveDispute(id, week2.root, false);
    says(`| the updater is right; Bob disputes, the arbiter does not agree | ${await cells()}`);
    await networkHelpers.time.increase(2n * DAY);
    const inWallet = await token0.balanceOf(dave);
    await distributor.connect(dave).claimToWallet(...claimArgs(week2, dave.address), dave);
    says(`sends ${text((await token0.balanceOf(dave)) - inWallet)} to his wallet`);
    await distributor.claimMany([week2.claimOf(carol.address), week2.claimOf(dave.address)]);
    says(`| two days later, Dave claims to his wallet, anybody for both | ${await cells()}`);

    const last = week2.withRound([{ account: alice.address, amount: 3200n }]);
    await submit(fixture, id, last.publication());
    await distributor.connect(bob).dispute(id, last.root);
    await networkHelpers.time.increase(DECISION_PERIOD);
    await distributor.expireDispute(id);
    await submit(fixture, id, last.publication());
    await networkHelpers.time.increase(2n * DAY);
    const before = await held(alice);
    await distributor.connect(alice).claim(...claimArgs(last, alice.address));
    says(`Alice is paid ${text((await held(alice)) - before)}`);
    says(`| the last root | ${await cells()}`);
    expect(await ledger.isOperator(alice, distributor)).to.equal(true);
  });
});
