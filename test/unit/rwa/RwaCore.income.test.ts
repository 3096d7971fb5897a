import { expect } from "chai";
import {
  ethers,
  KIND,
  loadFixture,
  networkHelpers,
  receiverOf,
  sectionOf,
  settle,
} from "../../helpers/ledger-fixture.js";
import {
  admit,
  claim,
  DAY,
  distribute,
  ELIGIBLE,
  incomeCall,
  passDays,
  ROLE,
  rwaFacadeFixture,
  termsOf,
  UNITS,
  type RwaFixture,
} from "../../helpers/rwa-fixture.js";

const RENT = 20_000_000n; // 20 USDC a day, of two equal holders
const DAYS = 10n;

/** Alice and Bob have 1,000 units each, and 20 USDC a day flow for ten days, of which the first has begun. */
async function rentedFixture() {
  const fixture = await rwaFacadeFixture();
  await passDays(1n);
  const end = await distribute(fixture, { amount: RENT * DAYS, days: DAYS });
  await passDays(1n);
  return { ...fixture, end };
}

const incomeOf = async ({ core, id }: Pick<RwaFixture, "core" | "id">, accounts: { address: string }[]) =>
  Promise.all(accounts.map(({ address }) => core.incomeOf(id, address)));

describe("RwaCore", () => {
  describe("distribute", () => {
    it("is for agents, of an input, until the beginning of a day that is neither near nor far", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { ledger, core, id, alice, carol, ids } = fixture;
      await passDays(1n);
      const today = BigInt(await networkHelpers.time.latest());
      const send = (end: bigint, amount0 = 1_000_000n, user = carol) =>
        ledger.connect(user).call(incomeCall(fixture, { action: "distribute", args: [end], amount0 }));
      await expect(send(today + 2n * DAY, 5n, alice))
        .to.be.revertedWithCustomError(core, "RwaNotAgent")
        .withArgs(alice.address, id, ROLE.income);
      await expect(send(today + 2n * DAY, 0n)).to.be.revertedWithCustomError(core, "RwaWrongInputs");
      const latest = today + 3107n * DAY;
      for (const end of [today + DAY, today + 2n * DAY + 1n, latest + DAY]) {
        await expect(send(end))
          .to.be.revertedWithCustomError(core, "RwaInvalidEnd")
          .withArgs(end, today + 2n * DAY, latest);
      }
      await send(latest, 10n ** 9n);
      await expect(send(latest - DAY)).to.be.revertedWithCustomError(core, "RwaInvalidEnd");
      await expect(
        ledger.connect(carol).call(incomeCall(fixture, { action: "collectFees" })),
      ).to.be.revertedWithCustomError(core, "RwaNotFeeRecipient");
      await expect(
        ledger.connect(carol).call({ ...incomeCall(fixture, { action: "addIncome" }), asset0: ids.weth }),
      ).to.be.revertedWithCustomError(core, "RwaUnknownBook");
      await expect(ledger.connect(carol).call({ ...incomeCall(fixture, { action: "addIncome" }), data: "0x12345678" }))
        .to.be.revertedWithCustomError(core, "RwaUnknownAction")
        .withArgs("0x12345678");
      expect(await core.rolesOf(id, alice)).to.equal(0n);
    });

    it("does not let the rate fall while income flows; agents add to it", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { ledger, core, end, carol, alice, usdc, ids } = fixture;
      const more = (amount0: bigint, at: bigint) =>
        ledger.connect(carol).call(incomeCall(fixture, { action: "distribute", args: [at], amount0 }));
      await expect(more(1n, end + DAY)).to.be.revertedWithCustomError(core, "RwaInvalidRate");
      await more(RENT, end + DAY); // a tenth of the rent for each of the days that are left after this one
      await ledger.connect(alice).deposit(usdc, RENT, RENT, alice);
      await expect(ledger.connect(alice).call(incomeCall(fixture, { action: "addIncome", amount0: RENT })))
        .to.be.revertedWithCustomError(core, "RwaNotAgent")
        .withArgs(alice.address, fixture.id, ROLE.income);
      await ledger.connect(carol).call(incomeCall(fixture, { action: "addIncome", amount0: RENT * DAYS }));
      await passDays(1n);
      expect(await incomeOf(fixture, [alice])).to.deep.equal([RENT / 2n - 1n]); // this day's is as it was, rounded down
      await passDays(1n);
      expect(await incomeOf(fixture, [alice])).to.deep.equal([RENT / 2n + RENT - 1n]); // then twice the rate
      await passDays(DAYS - 2n);
      await expect(ledger.connect(carol).call(incomeCall(fixture, { action: "addIncome", amount0: 5n })))
        .to.be.revertedWithCustomError(core, "RwaNoIncome")
        .withArgs(end + DAY); // on the last day nothing flows beyond it
      await passDays(2n);
      expect(await incomeOf(fixture, [alice])).to.deep.equal([RENT / 2n + RENT * DAYS - 1n]);
      expect(await ledger.balanceOf(alice, ids.usdc)).to.be.greaterThan(0n);
      await ledger.connect(alice).transfer(alice, fixture.id, 1n);
      await expect(ledger.connect(carol).call(incomeCall(fixture, { action: "addIncome", amount0: 5n })))
        .to.be.revertedWithCustomError(core, "RwaNoIncome")
        .withArgs(end + DAY);
    });
  });

  describe("claimIncome", () => {
    it("pays by whole days and units held, to the ledger or the wallet", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { ledger, core, id, ids, usdc, alice, bob } = fixture;
      await expect(claim(fixture, alice)).to.be.revertedWithCustomError(core, "RwaZeroAmount");
      await networkHelpers.time.increase(DAY - 100n);
      expect(await incomeOf(fixture, [alice, bob])).to.deep.equal([0n, 0n]);
      await passDays(1n);
      expect(await incomeOf(fixture, [alice, bob])).to.deep.equal([RENT / 2n - 1n, RENT / 2n - 1n]); // the rate rounds down
      const before = await ledger.balanceOf(alice, ids.usdc);
      await expect(claim(fixture, alice))
        .to.emit(core, "IncomePaid")
        .withArgs(id, alice.address, RENT / 2n - 1n);
      expect(await ledger.balanceOf(alice, ids.usdc)).to.equal(before + RENT / 2n - 1n);
      const call = incomeCall(fixture, { action: "claimIncome", args: [ethers.ZeroAddress], destination: 1n });
      await expect(ledger.connect(bob).call(call)).to.changeTokenBalance(ethers, usdc, bob, RENT / 2n - 1n);
    });

    it("follows who had the units at the end of each day (RWA_06)", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { ledger, id, alice, bob, dave } = fixture;
      await admit(fixture, [dave]);
      await passDays(1n);
      await ledger.connect(alice).transfer(dave, id, UNITS); // Alice has one day
      await passDays(2n);
      await ledger.connect(dave).transfer(bob, id, UNITS / 2n); // Dave two of all, then half
      await passDays(1n);
      const half = RENT / 2n;
      const [first, second, third] = await incomeOf(fixture, [alice, dave, bob]);
      expect([first, second, third]).to.deep.equal([half - 1n, (half * 5n) / 2n - 1n, half * 4n + half / 2n - 1n]);
      await passDays(20n);
      const all = await incomeOf(fixture, [alice, dave, bob]);
      const sum = all.reduce((total, each) => total + each, 0n);
      expect(RENT * DAYS - sum).to.be.lessThanOrEqual(4n);
    });

    it("pays the pledgor, the frozen one when he has thawed, and who is not eligible any more", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { core, agency, registry, id, alice, bob } = fixture;
      await passDays(1n);
      await registry.setAccount(alice, { ...ELIGIBLE, sendUntil: 0n, receiveUntil: 0n });
      await claim(fixture, alice);
      await agency.setAccountFrozen(id, bob, true);
      await expect(claim(fixture, bob))
        .to.be.revertedWithCustomError(core, "RwaAccountFrozen")
        .withArgs(id, bob.address);
      await agency.setAccountFrozen(id, bob, false);
      await claim(fixture, bob);
    });

    it("pays nothing to who got units just now, of whom roundings leave less than nothing", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { ledger, core, id, alice, dave } = fixture;
      await admit(fixture, [dave]);
      await passDays(1n);
      await ledger.connect(alice).transfer(dave, id, UNITS / 3n);
      expect((await core.recordOf(id, dave)).accrued).to.equal(2n ** 104n - 1n); // −1, of 2^12 to a unit
      expect(await incomeOf(fixture, [dave])).to.deep.equal([0n]);
      await expect(claim(fixture, dave)).to.be.revertedWithCustomError(core, "RwaZeroAmount");
    });

    it("is kept in the record, to 2^-12 of a unit, at the index at which it was settled", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { ledger, core, id, alice, bob } = fixture;
      await passDays(1n);
      await ledger.connect(alice).transfer(bob, id, UNITS / 2n);
      const { index, accrued } = await core.recordOf(id, alice);
      expect(index).to.equal((await core.incomeStateOf(id)).index);
      expect(accrued >> 12n).to.equal(RENT / 2n - 1n);
      expect(await incomeOf(fixture, [alice])).to.deep.equal([RENT / 2n - 1n]);
    });

    it("is the account's own or its operator's", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { ledger, core, alice, bob } = fixture;
      await passDays(1n);
      await expect(claim(fixture, bob, alice.address))
        .to.be.revertedWithCustomError(core, "RwaNotOperator")
        .withArgs(bob.address, alice.address);
      await ledger.connect(alice).setOperator(bob, true);
      await claim(fixture, bob, alice.address);
      expect(await incomeOf(fixture, [alice])).to.deep.equal([0n]);
    });

    it("settles in batches, each signer for himself", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { ledger, core, settlement, id, ids, alice, bob, carol } = fixture;
      await passDays(1n);
      for (const user of [alice, bob, carol]) await ledger.connect(user).setConsent(ids.usdc, 1n);
      const section = sectionOf({
        ...{ protocol: await core.getAddress(), key: ethers.toBeHex(id, 32), asset0: ids.usdc, asset1: 0n },
      });
      const orders = [alice, carol, bob, alice].map((account, i) => ({
        ...{ account, amount: 0n, kind: KIND.none, sequence: i === 3 ? 1n : 0n },
      }));
      const { executed, skipped } = await settle({ settlement, section, orders });
      expect([executed, skipped]).to.deep.equal([true, [10n]]); // Carol has nothing, nor has Alice again
      expect(await incomeOf(fixture, [alice, bob])).to.deep.equal([0n, 0n]);
      const wrong = await settle({ settlement, section, orders: [{ account: bob, amount: 5n, sequence: 1n }] });
      expect(wrong.skipped).to.deep.equal([1n]); // no kind of this book
    });

    it("says nothing of a signer in a batch who has nothing to claim", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { ledger, core, settlement, id, ids, alice, carol } = fixture;
      await passDays(1n);
      for (const user of [alice, carol]) await ledger.connect(user).setConsent(ids.usdc, 1n);
      const section = sectionOf({
        ...{ protocol: await core.getAddress(), key: ethers.toBeHex(id, 32), asset0: ids.usdc, asset1: 0n },
      });
      const orders = [carol, alice].map((account) => ({ account, amount: 0n, kind: KIND.none }));
      const { skipped, response } = await settle({ settlement, section, orders });
      expect(skipped).to.deep.equal([1n]);
      const paid = await core.queryFilter(core.filters.IncomePaid(), response.blockNumber ?? 0);
      expect(paid.map(({ args }) => [...args])).to.deep.equal([[id, alice.address, RENT / 2n - 1n]]);
    });

    it("follows transfers in batches", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { ledger, settlement, id, alice, bob } = fixture;
      await ledger.connect(alice).setConsent(id, 1n);
      await passDays(1n);
      const to = await receiverOf(bob);
      const orders = [0n, 1n, 2n].map((sequence) => ({ account: alice, amount: UNITS / 4n, sequence, arguments: to }));
      await settle({ settlement, section: sectionOf({ asset0: id, asset1: 0n }), orders });
      await passDays(1n);
      const half = RENT / 2n;
      expect(await incomeOf(fixture, [alice, bob])).to.deep.equal([
        half + half / 4n - 1n,
        half * 2n + (half * 3n) / 4n - 1n,
      ]);
    });

    it("waits while nobody has units, and loses nothing", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { agency, core, id, end, alice, bob } = fixture;
      for (const account of [alice, bob]) await agency.burn(id, account, UNITS);
      await passDays(4n);
      await agency.mint(id, alice, UNITS);
      expect((await core.incomeStateOf(id)).end).to.equal(end + 4n * DAY);
      await passDays(1n);
      expect(await incomeOf(fixture, [alice])).to.deep.equal([RENT - 1n]);
      await passDays(DAYS);
      expect(await incomeOf(fixture, [alice])).to.deep.equal([RENT * DAYS - 1n]);
    });

    it("begins at the next midnight, so that who hears of it and comes has no part of the day", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { ledger, core, id, alice, bob, dave } = fixture;
      await admit(fixture, [dave]);
      await passDays(1n);
      await distribute(fixture, { amount: RENT * 2n, days: 2n });
      await ledger.connect(alice).transfer(dave, id, UNITS);
      await passDays(1n);
      expect(await incomeOf(fixture, [alice, bob, dave])).to.deep.equal([0n, 0n, 0n]);
      await ledger.connect(dave).transfer(alice, id, UNITS);
      await distribute(fixture, { amount: RENT * 2n, days: 2n }); // 30 a day after this one
      await ledger.connect(bob).transfer(dave, id, UNITS);
      await passDays(1n);
      expect(await incomeOf(fixture, [alice, bob, dave])).to.deep.equal([RENT / 2n - 1n, 0n, RENT / 2n - 1n]);
      await passDays(1n);
      const second = (RENT * 5n) / 4n;
      expect(await incomeOf(fixture, [alice, bob, dave])).to.deep.equal([second - 1n, 0n, second - 1n]);
      expect((await core.incomeStateOf(id)).funded).to.equal(RENT * 4n);
    });

    it("keeps the first day's rate while nobody has units", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { agency, core, id, end, alice, bob } = fixture;
      await distribute(fixture, { amount: RENT * DAYS, days: DAYS });
      for (const account of [alice, bob]) await agency.burn(id, account, UNITS);
      await passDays(3n);
      await agency.mint(id, alice, UNITS);
      const state = await core.incomeStateOf(id);
      expect([state.end, state.firstRate < state.rate]).to.deep.equal([end + 4n * DAY, true]);
      await passDays(1n);
      expect(await incomeOf(fixture, [alice])).to.deep.equal([RENT - 1n]);
      await passDays(20n);
      expect(await incomeOf(fixture, [alice])).to.deep.equal([RENT * DAYS * 2n - 1n]);
    });

    it("pays nothing for what comes and goes within a day", async () => {
      const fixture = await loadFixture(rentedFixture);
      const { ledger, id, alice, bob } = fixture;
      await networkHelpers.time.increase(DAY / 2n);
      await ledger.connect(alice).transfer(bob, id, UNITS);
      await ledger.connect(bob).transfer(alice, id, UNITS);
      await passDays(1n);
      expect(await incomeOf(fixture, [alice, bob])).to.deep.equal([RENT / 2n - 1n, RENT / 2n - 1n]);
    });
  });

  describe("management fee", () => {
    it("accrues by days, and takes at most half of a distribution", async () => {
      const fixture = await loadFixture(rwaFacadeFixture);
      const { agency, core, ledger, ids, admin, carol, dave, alice } = fixture;
      const salt = ethers.id("managed");
      const terms = termsOf(carol.address, ids.usdc, { feePerDay: 100n });
      const id = await agency.connect(admin).issue.staticCall(salt, terms);
      await agency.connect(admin).issue(salt, terms);
      await agency.mint(id, alice, UNITS);
      await agency.connect(admin).setFeeRecipient(dave);
      await passDays(10n);
      await distribute({ ...fixture, id }, { amount: 1_200n, days: 1n });
      let state = await core.incomeStateOf(id);
      expect([state.fees, state.feeDue, state.funded]).to.deep.equal([600n, 400n, 600n]);
      expect(state.firstRate).to.equal(0n); // it begins at the next midnight
      await passDays(1n);
      await distribute({ ...fixture, id }, { amount: 10_000n, days: 2n });
      state = await core.incomeStateOf(id);
      expect([state.fees, state.feeDue]).to.deep.equal([1_100n, 0n]);
      await passDays(1n);
      await ledger.connect(carol).call(incomeCall({ ...fixture, id }, { action: "addIncome", amount0: 100n }));
      state = await core.incomeStateOf(id);
      expect([state.fees, state.feeDue]).to.deep.equal([1_150n, 50n]);
      const collect = incomeCall({ ...fixture, id }, { action: "collectFees" });
      await expect(ledger.connect(alice).call(collect)).to.be.revertedWithCustomError(core, "RwaNotFeeRecipient");
      await ledger.connect(dave).call(collect);
      expect(await ledger.balanceOf(dave, ids.usdc)).to.equal(1_150n);
      await expect(ledger.connect(dave).call(collect)).to.be.revertedWithCustomError(core, "RwaZeroAmount");
    });
  });
});
