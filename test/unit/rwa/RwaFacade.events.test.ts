import { expect } from "chai";
import { loadFixture } from "../../helpers/ledger-fixture.js";
import { rwaFacadeFixture } from "../../helpers/rwa-fixture.js";

describe("RwaFacade", () => {
  describe("events", () => {
    it("says who lets whom spend how much, also nothing any more", async () => {
      const { facade, alice, dave } = await loadFixture(rwaFacadeFixture);
      for (const amount of [9n, 0n]) {
        await expect(facade.connect(alice).approve(dave, amount))
          .to.emit(facade, "Approval")
          .withArgs(alice.address, dave.address, amount);
        expect(await facade.allowance(alice, dave)).to.equal(amount);
      }
    });

    it("says which agent pauses the asset, and which lets it go on", async () => {
      const { facade, carol } = await loadFixture(rwaFacadeFixture);
      await expect(facade.connect(carol).pause()).to.emit(facade, "Paused").withArgs(carol.address);
      expect(await facade.paused()).to.equal(true);
      await expect(facade.connect(carol).unpause()).to.emit(facade, "Unpaused").withArgs(carol.address);
      expect(await facade.paused()).to.equal(false);
    });
  });
});
