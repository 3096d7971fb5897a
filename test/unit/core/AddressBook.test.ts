import { expect } from "chai";
import { concat, getCreateAddress, id, toBeHex, ZeroAddress } from "ethers";
import type { AccountPageHarness } from "../../../typechain-types/index.js";
import { deployTyped } from "../../helpers/deploy.js";
import {
  connection,
  directoryFixture,
  ethers,
  loadFixture,
  networkHelpers,
  walletOf,
} from "../../helpers/directory-fixture.js";
import { Random, seedFromEnvironment } from "../../helpers/random.js";

const FIRST_ID = 2n ** 31n;
const addressesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => walletOf(index).address);

async function pageHarness() {
  return deployTyped<AccountPageHarness>(connection, "AccountPageHarness");
}

describe("AddressBook", () => {
  describe("list", () => {
    it("reverts without an address and with more than 256", async () => {
      const { book } = await loadFixture(directoryFixture);
      await expect(book.list([])).to.be.revertedWithCustomError(book, "AddressBookInvalidCount").withArgs(0n, 256n);
      await expect(book.list(Array<string>(257).fill(walletOf(0).address)))
        .to.be.revertedWithCustomError(book, "AddressBookInvalidCount")
        .withArgs(257n, 256n);
    });

    it("reverts when its ids are used up (SET_24)", async () => {
      const { book } = await loadFixture(directoryFixture);
      await networkHelpers.setStorageAt(await book.getAddress(), 0, toBeHex(2n ** 23n, 32));
      await expect(book.list(addressesOf(1))).to.be.revertedWithCustomError(book, "AddressBookFull");
    });

    it("reverts for the zero address (SET_24)", async () => {
      const { book } = await loadFixture(directoryFixture);
      await expect(book.list([walletOf(0).address, ZeroAddress]))
        .to.be.revertedWithCustomError(book, "AddressBookZeroAddress")
        .withArgs(1n);
    });

    it("writes pages of 1 to 256 addresses, and no other byte (SET_24)", async () => {
      const { book } = await loadFixture(directoryFixture);
      for (const [page, count] of [1, 8, 256].entries()) {
        const accounts = addressesOf(count);
        expect(await book.list.staticCall(accounts)).to.equal(FIRST_ID + 256n * BigInt(page));
        await book.list(accounts);
        expect(await book.pageCount()).to.equal(BigInt(page + 1));
        expect(await ethers.provider.getCode(await book.pageAt(page))).to.equal(
          concat(["0x00", ...accounts]).toLowerCase(),
        );
      }
    });

    it("emits each id", async () => {
      const { book } = await loadFixture(directoryFixture);
      const accounts = addressesOf(2);
      await book.list(addressesOf(1));
      await expect(book.list(accounts))
        .to.emit(book, "AddressListed")
        .withArgs(accounts[0], FIRST_ID + 256n)
        .to.emit(book, "AddressListed")
        .withArgs(accounts[1], FIRST_ID + 257n);
    });

    it("lists an address as often as somebody likes", async () => {
      const { book } = await loadFixture(directoryFixture);
      const [account = ""] = addressesOf(1);
      await book.list([account, account]);
      expect(await book.accountOf(FIRST_ID)).to.equal(account);
      expect(await book.accountOf(FIRST_ID + 1n)).to.equal(account);
    });
  });

  describe("accountOf", () => {
    it("is zero for what is no id of the book (SET_24)", async () => {
      const { book } = await loadFixture(directoryFixture);
      await book.list(addressesOf(3));
      expect(await book.accountOf(FIRST_ID + 2n)).to.equal(walletOf(2).address);
      const strangers = [0n, 2n, FIRST_ID + 3n, FIRST_ID + 255n, FIRST_ID + 256n, 2n ** 32n - 1n];
      for (const stranger of [...strangers, 2n ** 32n + FIRST_ID, 2n ** 255n + FIRST_ID, 2n ** 256n - 1n]) {
        expect(await book.accountOf(stranger), `${stranger}`).to.equal(ZeroAddress);
      }
    });
  });

  describe("pageAt", () => {
    it("follows the creations, whatever the length of the nonce (SET_23)", async () => {
      const { book } = await loadFixture(directoryFixture);
      const address = await book.getAddress();
      for (const page of [0x7e, 0x7f, 0xff, 0x100, 0xffff, 0x10000, 2 ** 23 - 1]) {
        await networkHelpers.setStorageAt(address, 0, toBeHex(page, 32));
        await networkHelpers.setNonce(address, page + 1);
        const accounts = addressesOf(1);
        await book.list(accounts);
        expect(await book.accountOf(FIRST_ID + 256n * BigInt(page)), `page ${page}`).to.equal(accounts[0]);
      }
    });
  });
});

describe("AccountPage", () => {
  it("computes what ethers does for every length of a nonce", async () => {
    const pages = await loadFixture(pageHarness);
    const random = new Random(seedFromEnvironment());
    const edges = [
      0n,
      1n,
      0x7fn,
      0x80n,
      0xffn,
      0x100n,
      0xffffn,
      0x10000n,
      0xffffffn,
      0x1000000n,
      2n ** 32n - 1n,
      2n ** 32n,
    ];
    const others = Array.from({ length: 60 }, () => random.magnitude(1n, 2n ** 32n));
    for (const nonce of [...edges, ...others]) {
      const from = toBeHex(BigInt(id(`creator ${nonce}`)) >> 96n, 20);
      expect(await pages.addressOf(from, nonce), `nonce ${nonce}`).to.equal(getCreateAddress({ from, nonce }));
    }
  });

  it("splits ids into what they are made of (SET_23)", async () => {
    const pages = await loadFixture(pageHarness);
    const random = new Random(seedFromEnvironment());
    for (let i = 0; i < 60; ++i) {
      const parts = [random.below(2n), random.below(2n ** 23n), random.below(256n)] as const;
      const accountId = await pages.idOf(...parts);
      expect(accountId).to.be.lessThan(2n ** 32n);
      expect([...(await pages.split(accountId))]).to.deep.equal([...parts]);
    }
    expect((await pages.split(2n ** 32n)).kind).to.equal(2n);
  });
});
