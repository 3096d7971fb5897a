import { expect } from "chai";
import type { BaseContract, ContractTransactionResponse } from "ethers";
import { ethers, loadFixture, networkHelpers, type LedgerFixture } from "../helpers/ledger-fixture.js";

type Signer = LedgerFixture["alice"];
type Sent = Promise<ContractTransactionResponse>;

/** A regulated asset, or its ERC-20, as ERC-7943 sees it. Alice and Bob are eligible, and Alice has `balance`; Carol is no agent. */
export type Erc7943 = {
  interfaceId: string;
  /** Has `Frozen`, `ForcedTransfer` and the errors of forced movements. */
  token: BaseContract & { supportsInterface: (id: string) => Promise<boolean> };
  /** Has `Transfer`. */
  base: BaseContract;
  /** What errors of transfers are of. */
  thrower: BaseContract;
  agent: Signer;
  alice: Signer;
  bob: Signer;
  stranger: Signer;
  balance: bigint;
  transfer: (from: Signer, to: string, amount: bigint) => Sent;
  pull: (spender: Signer, from: string, to: string, amount: bigint) => Sent;
  approve: (owner: Signer, spender: string, amount: bigint) => Sent;
  force: (agent: Signer, from: string, to: string, amount: bigint) => Sent;
  freeze: (agent: Signer, account: string, amount: bigint) => Sent;
  mint: (agent: Signer, to: string, amount: bigint) => Sent;
  burn: (agent: Signer, from: string, amount: bigint) => Sent;
  pause: (isPaused: boolean) => Sent;
  admit: (account: string, maySend: boolean, mayReceive: boolean) => Sent;
  canTransfer: (from: string, to: string, amount: bigint) => Promise<boolean>;
  canSend: (account: string) => Promise<boolean>;
  canReceive: (account: string) => Promise<boolean>;
  frozenOf: (account: string) => Promise<bigint>;
  balanceOf: (account: string) => Promise<bigint>;
  /** Arguments of the token's events and errors, with the id where it has one. */
  frozenArgs: (account: string, amount: bigint) => unknown[];
  forcedArgs: (from: string, to: string, amount: bigint) => unknown[];
  /** What a refused transfer reverts with. */
  refused: { send: string; receive: string; frozen: string; rule: string };
};

const NOBODY = ethers.ZeroAddress;

/** Behaviours of the ERC-7943 reference tests in our words, and what they have missed. */
export function behavesLikeErc7943(title: string, fixture: () => Promise<Erc7943>): void {
  const load = () => loadFixture(fixture);

  describe(title, () => {
    describe("interfaces", () => {
      it("has those of ERC-165 and ERC-7943", async () => {
        const { token, interfaceId } = await load();
        for (const id of [interfaceId, "0x01ffc9a7"]) expect(await token.supportsInterface(id)).to.equal(true);
      });
      for (const id of ["0xffffffff", "0xbf1ef5fe", "0x80ac58cd"]) {
        it(`has not ${id}`, async () => expect(await (await load()).token.supportsInterface(id)).to.equal(false));
      }
    });

    describe("canSend and canReceive", () => {
      for (const [maySend, mayReceive] of [
        [true, true],
        [true, false],
        [false, true],
        [false, false],
      ] as const) {
        it(`say ${maySend} and ${mayReceive} when the registry does`, async () => {
          const { admit, bob, canSend, canReceive } = await load();
          await admit(bob.address, maySend, mayReceive);
          expect([await canSend(bob.address), await canReceive(bob.address)]).to.deep.equal([maySend, mayReceive]);
        });
      }
      it("say no of strangers and of nobody", async () => {
        const { canSend, canReceive, stranger } = await load();
        for (const account of [stranger.address, NOBODY]) {
          expect([await canSend(account), await canReceive(account)]).to.deep.equal([false, false]);
        }
      });
      it("do not depend on balances, freezes or pauses", async () => {
        const { freeze, pause, agent, alice, balance, canSend, canReceive } = await load();
        await freeze(agent, alice.address, balance);
        await pause(true);
        expect([await canSend(alice.address), await canReceive(alice.address)]).to.deep.equal([true, true]);
      });
    });

    describe("setFrozenTokens", () => {
      it("is for agents", async () => {
        const { freeze, stranger, alice } = await load();
        await expect(freeze(stranger, alice.address, 1n)).to.be.revert(ethers);
        await expect(freeze(alice, alice.address, 1n)).to.be.revert(ethers);
      });
      for (const part of [0n, 1n, 50n, 100n, 250n]) {
        it(`freezes ${part} % of the balance, and says so`, async () => {
          const { freeze, token, agent, alice, balance, frozenArgs, frozenOf, balanceOf } = await load();
          const amount = (balance * part) / 100n;
          await expect(freeze(agent, alice.address, amount))
            .to.emit(token, "Frozen")
            .withArgs(...frozenArgs(alice.address, amount));
          expect([await frozenOf(alice.address), await balanceOf(alice.address)]).to.deep.equal([amount, balance]);
        });
      }
      it("overwrites", async () => {
        const { freeze, agent, alice, frozenOf } = await load();
        for (const amount of [5n, 3n, 9n, 0n]) await freeze(agent, alice.address, amount);
        expect(await frozenOf(alice.address)).to.equal(0n);
      });
      it("freezes of who has nothing, and then what he is sent", async () => {
        const { freeze, transfer, mint, agent, alice, bob, refused, thrower } = await load();
        await freeze(agent, bob.address, 10n);
        await transfer(alice, bob.address, 10n);
        await expect(transfer(bob, alice.address, 1n)).to.be.revertedWithCustomError(thrower, refused.frozen);
        await mint(agent, bob.address, 4n);
        await transfer(bob, alice.address, 4n);
      });
      it("leaves others", async () => {
        const { freeze, transfer, agent, alice, bob, balance, frozenOf } = await load();
        await freeze(agent, bob.address, balance);
        expect(await frozenOf(alice.address)).to.equal(0n);
        await transfer(alice, bob.address, balance);
      });
    });

    describe("canTransfer", () => {
      for (const maySend of [true, false]) {
        for (const mayReceive of [true, false]) {
          for (const isPaused of [false, true]) {
            for (const frozen of [0n, 50n, 100n, 150n]) {
              const state = [maySend ? "" : "not ", mayReceive ? "" : "not ", isPaused ? "" : "not "];
              it(`is what a transfer does: may ${state[0]}send, may ${state[1]}receive, ${state[2]}paused, ${frozen} % frozen`, async () => {
                const it_ = await load();
                const { alice, bob, agent, balance } = it_;
                const held = (balance * frozen) / 100n;
                await it_.freeze(agent, alice.address, held);
                await it_.pause(isPaused);
                await it_.admit(alice.address, maySend, true);
                await it_.admit(bob.address, true, mayReceive);
                const free = held < balance ? balance - held : 0n;
                const isOpen = maySend && mayReceive && !isPaused;
                for (const amount of new Set([0n, 1n, free, free + 1n, balance, balance + 1n])) {
                  const should = isOpen && (amount <= free || amount > balance);
                  expect(await it_.canTransfer(alice.address, bob.address, amount), `view of ${amount}`).to.equal(
                    should,
                  );
                  const snapshot = await networkHelpers.takeSnapshot();
                  const sent = it_.transfer(alice, bob.address, amount);
                  if (should && amount <= balance) await sent;
                  else await expect(sent, `transfer of ${amount}`).to.be.revert(ethers);
                  await snapshot.restore();
                }
              });
            }
          }
        }
      }
      it("is true to oneself, and false from and to nobody", async () => {
        const { canTransfer, alice } = await load();
        expect(await canTransfer(alice.address, alice.address, 1n)).to.equal(true);
        expect(await canTransfer(NOBODY, alice.address, 1n)).to.equal(false);
        expect(await canTransfer(alice.address, NOBODY, 1n)).to.equal(false);
      });
      it("does not revert on any amount", async () => {
        const { canTransfer, freeze, agent, alice, bob } = await load();
        await freeze(agent, alice.address, 1n);
        expect(await canTransfer(alice.address, bob.address, 2n ** 256n - 1n)).to.equal(true); // the balance's matter
      });
    });

    describe("transfers", () => {
      it("move units and say so", async () => {
        const { transfer, base, alice, bob, balance, balanceOf } = await load();
        await expect(transfer(alice, bob.address, 7n)).to.emit(base, "Transfer");
        expect([await balanceOf(alice.address), await balanceOf(bob.address)]).to.deep.equal([balance - 7n, 7n]);
      });
      it("refuse with the reason's error", async () => {
        const { transfer, freeze, admit, pause, agent, alice, bob, stranger, balance, thrower, refused } = await load();
        await expect(transfer(alice, stranger.address, 1n)).to.be.revertedWithCustomError(thrower, refused.receive);
        await freeze(agent, alice.address, 1n);
        await expect(transfer(alice, bob.address, balance)).to.be.revertedWithCustomError(thrower, refused.frozen);
        await admit(alice.address, false, true);
        await expect(transfer(alice, bob.address, 1n)).to.be.revertedWithCustomError(thrower, refused.send);
        await pause(true);
        await expect(transfer(alice, bob.address, 1n)).to.be.revertedWithCustomError(thrower, refused.rule);
      });
      it("by a spender are held to the same, whatever the spender is", async () => {
        const { pull, approve, freeze, agent, alice, bob, stranger, balance, thrower, refused, balanceOf } =
          await load();
        await approve(alice, stranger.address, balance);
        await pull(stranger, alice.address, bob.address, 3n);
        await freeze(agent, alice.address, balance - 5n);
        await expect(pull(stranger, alice.address, bob.address, 3n)).to.be.revertedWithCustomError(
          thrower,
          refused.frozen,
        );
        await expect(pull(stranger, alice.address, stranger.address, 1n)).to.be.revertedWithCustomError(
          thrower,
          refused.receive,
        );
        await pull(stranger, alice.address, bob.address, 2n);
        expect(await balanceOf(bob.address)).to.equal(5n);
      });
      it("to oneself leave balance and freeze", async () => {
        const { transfer, freeze, agent, alice, balance, balanceOf, frozenOf } = await load();
        await freeze(agent, alice.address, 5n);
        await transfer(alice, alice.address, balance - 5n);
        expect([await balanceOf(alice.address), await frozenOf(alice.address)]).to.deep.equal([balance, 5n]);
      });
    });

    describe("mint and burn", () => {
      it("are for agents, and to who may receive", async () => {
        const { mint, burn, agent, alice, bob, stranger, token } = await load();
        await expect(mint(stranger, bob.address, 1n)).to.be.revert(ethers);
        await expect(burn(stranger, alice.address, 1n)).to.be.revert(ethers);
        await expect(mint(agent, stranger.address, 1n)).to.be.revertedWithCustomError(token, "ERC7943CannotReceive");
      });
      it("burn of who may not send, and thaw before", async () => {
        const { burn, freeze, admit, agent, alice, balance, token, frozenArgs, frozenOf, balanceOf } = await load();
        await admit(alice.address, false, false);
        await freeze(agent, alice.address, balance - 2n);
        await expect(burn(agent, alice.address, 5n))
          .to.emit(token, "Frozen")
          .withArgs(...frozenArgs(alice.address, balance - 5n));
        expect([await frozenOf(alice.address), await balanceOf(alice.address)]).to.deep.equal([
          balance - 5n,
          balance - 5n,
        ]);
      });
    });

    describe("forcedTransfer", () => {
      it("is for agents", async () => {
        const { force, stranger, alice, bob } = await load();
        for (const caller of [stranger, alice, bob]) {
          await expect(force(caller, alice.address, bob.address, 1n)).to.be.revert(ethers);
        }
      });
      it("refuses a receiver who may not receive, and more than there is", async () => {
        const { force, agent, alice, bob, stranger, balance, token } = await load();
        await expect(force(agent, alice.address, stranger.address, 1n))
          .to.be.revertedWithCustomError(token, "ERC7943CannotReceive")
          .withArgs(stranger.address);
        await expect(force(agent, alice.address, bob.address, balance + 1n)).to.be.revert(ethers);
      });
      for (const [frozen, amount, left] of [
        [0n, 40n, 0n],
        [60n, 40n, 60n],
        [60n, 50n, 50n],
        [100n, 100n, 0n],
        [150n, 30n, 120n],
      ] as const) {
        it(`of ${amount} % with ${frozen} % frozen leaves ${left} % frozen`, async () => {
          const { force, freeze, agent, alice, bob, balance, token, forcedArgs, frozenArgs, frozenOf, balanceOf } =
            await load();
          const of = (part: bigint) => (balance * part) / 100n;
          await freeze(agent, alice.address, of(frozen));
          const sent = force(agent, alice.address, bob.address, of(amount));
          await expect(sent)
            .to.emit(token, "ForcedTransfer")
            .withArgs(...forcedArgs(alice.address, bob.address, of(amount)));
          if (left === frozen) await expect(sent).not.to.emit(token, "Frozen");
          else
            await expect(sent)
              .to.emit(token, "Frozen")
              .withArgs(...frozenArgs(alice.address, of(left)));
          expect([
            await frozenOf(alice.address),
            await balanceOf(alice.address),
            await balanceOf(bob.address),
          ]).to.deep.equal([of(left), balance - of(amount), of(amount)]);
        });
      }
      it("moves in a pause, and from who may not send", async () => {
        const { force, pause, admit, agent, alice, bob, balanceOf } = await load();
        await pause(true);
        await admit(alice.address, false, false);
        await force(agent, alice.address, bob.address, 5n);
        expect(await balanceOf(bob.address)).to.equal(5n);
      });
      it("to oneself thaws nothing and moves nothing: the reference's first bug", async () => {
        const { force, freeze, agent, alice, balance, token, frozenOf, balanceOf } = await load();
        await freeze(agent, alice.address, balance);
        await expect(force(agent, alice.address, alice.address, balance)).not.to.emit(token, "Frozen");
        expect([await frozenOf(alice.address), await balanceOf(alice.address)]).to.deep.equal([balance, balance]);
      });
      it("of nothing changes nothing", async () => {
        const { force, freeze, agent, alice, bob, balance, frozenOf, balanceOf } = await load();
        await freeze(agent, alice.address, balance);
        await force(agent, alice.address, bob.address, 0n);
        expect([await frozenOf(alice.address), await balanceOf(alice.address)]).to.deep.equal([balance, balance]);
      });
    });
  });
}
