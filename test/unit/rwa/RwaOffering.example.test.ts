import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { offeringOf, offeringPrice } from "../../../src/index.js";
import { at } from "../../helpers/deploy.js";
import { DAY, rwaClientFixture, UNIT, USD } from "../../helpers/rwa-client.js";

const DOCUMENT = path.join(import.meta.dirname, "../../../docs/rwa.md");

const text = (amount: bigint, one: bigint): string => (amount / one).toLocaleString("en-US");

describe("RwaOffering", () => {
  it("does what the document's example says", async () => {
    const { rwa, send, admin, issuer, investors, payAsset, id, ledger, time, now } = await rwaClientFixture();
    const document = await readFile(DOCUMENT, "utf8");
    const says = (row: string) => expect(document).to.include(row);
    const [alice, bob, carol] = [at(investors, 0), at(investors, 1), at(investors, 2)];
    const { offering } = rwa;
    await send(admin, offering.setFee({ fee: UNIT / 50n }));
    const opening = await now();
    const terms = offeringOf({
      ...{ payAsset, asset: id, seller: issuer.address, start: opening, end: opening + 30n * DAY },
      ...{ price: offeringPrice({ amount: 50n * USD, units: UNIT }), softCap: 40n * UNIT, hardCap: 100n * UNIT },
      fee: await offering.contract.fee(),
    });
    await send(issuer, rwa.setApproval({ id, protocol: offering.address, approvals: ["venue"] }));
    await send(issuer, offering.create({ terms, units: 100n * UNIT, maxListingFee: 50n * USD }));
    says(`has ${text(terms.hardCap, UNIT)} units for sale at 50 USDC, if ${text(terms.softCap, UNIT)} are sold`);

    const units = 10n * UNIT;
    const { obstacle, cost } = await offering.previewSubscribe({ terms, account: alice.address, units });
    says(`Alice buys ${text(units, UNIT)} units for ${text(cost, USD)} USDC.`);
    says(`// obstacle "${obstacle}", cost ${text(cost, USD)} USDC`);
    await send(alice, offering.subscribe({ terms, units }));
    for (const [buyer, more] of [[bob, 15n * UNIT] as const, [carol, 20n * UNIT] as const]) {
      await send(buyer, offering.subscribe({ terms, units: more }));
    }
    const { sold, owed, escrowed } = await offering.viewOf({ terms });
    says(`// ${text(sold, UNIT)} units are sold, for ${text(escrowed, USD)} USDC.`);
    expect(owed).to.equal(sold);

    await time.increaseTo(terms.end + DAY);
    await send(issuer, offering.settle({ terms, accounts: [alice, bob, carol].map(({ address }) => address) }));
    const before = [await ledger.balanceOf(issuer, payAsset), await ledger.balanceOf(issuer, id)] as const;
    await send(issuer, offering.withdrawProceeds({ terms }));
    await send(issuer, offering.withdrawInventory({ terms }));
    says(`// ${text((await ledger.balanceOf(issuer, payAsset)) - before[0], USD)} USDC at a fee of 2%`);
    says(`// ${text((await ledger.balanceOf(issuer, id)) - before[1], UNIT)} units`);
    await send(alice, offering.claim({ terms }));
    expect(await ledger.balanceOf(alice, id)).to.equal(units);
  });
});
