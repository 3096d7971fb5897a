import { expect } from "chai";
import { isInstrumented } from "#chain";
import { AmmModel, bookKey, LedgerModel, poolId, publicKeyOf, SettlementModel } from "../../src/index.js";
import { at } from "../helpers/deploy.js";
import {
  BOOK_ID,
  ethers,
  loadFixture,
  MAX_GAS,
  networkHelpers,
  recordOf,
  sectionOf,
  secretOf,
  setPage,
  settle,
  settlementFixture,
  swapSection,
  typeOf,
  WAD,
  type Member,
} from "../helpers/settlement-fixture.js";
import { ACCOUNT_FORM, LIMIT_FORM } from "../../src/index.js";

/** Five pages of 203 rows, which the directory's own pages do not reach. */
const PAGES = [10, 11, 12, 300, 301];
const ROWS = 203;
const SIGNERS = 1000;
const PRICE = 4n * 10n ** 36n;

/** A thousand accounts with keys, balances of the home pair and consent. */
async function crowdFixture() {
  const fixture = await settlementFixture();
  const { ledger, home, admin } = fixture;
  const crowd: Member[] = [];
  for (const page of PAGES) {
    crowd.push(
      ...(await setPage(fixture, { page, count: ROWS, key: (row) => publicKeyOf(secretOf(page * 256 + row)) })),
    );
  }
  crowd.length = SIGNERS;
  const transfers = crowd.flatMap(({ wallet }) =>
    [home.asset0, home.asset1].map((id) =>
      ledger.interface.encodeFunctionData("transfer", [wallet.address, id, 100n * WAD]),
    ),
  );
  for (let i = 0; i < transfers.length; i += 200) await ledger.connect(admin).multicall(transfers.slice(i, i + 200));
  const data = ledger.interface.encodeFunctionData("setConsent", [home.asset0, 1n]);
  const to = await ledger.getAddress();
  const { provider } = ethers;
  for (const { wallet } of crowd) {
    await networkHelpers.setBalance(wallet.address, WAD);
    await provider.send("hardhat_impersonateAccount", [wallet.address]);
    await provider.send("eth_sendTransaction", [{ from: wallet.address, to, data, gas: "0x186a0" }]);
  }
  return { ...fixture, crowd };
}

describe("settlement", () => {
  it("executes operations of 1,000 co-signers in one transaction", async function () {
    // Gas is another without the optimiser and with counters.
    if (isInstrumented) this.skip();
    this.timeout(240_000);
    const fixture = await loadFixture(crowdFixture);
    const { ledger, home, homePool, amm, tokens, crowd, relayer, carol } = fixture;
    const sections = [
      sectionOf(fixture, { gasCap: 6_000_000 }),
      await swapSection(fixture, homePool, { gasCap: 8_000_000, price: PRICE }),
    ];
    const types = [
      typeOf(0, { amountForm: 3, argumentForm: ACCOUNT_FORM }),
      typeOf(1, { amountForm: 3, argumentForm: LIMIT_FORM }),
      typeOf(1, { kind: 1, amountForm: 3, argumentForm: LIMIT_FORM }),
    ];
    // A third pays a neighbour, the others swap, both ways.
    const records = crowd.map(({ id }, index) => {
      const amount = BigInt(1 + (index % 90)) * (WAD / 10n);
      if (index % 3 !== 0) return recordOf(id, { type: index % 3, amount, argument: 1n });
      const neighbour = at(crowd, (index + 1) % SIGNERS);
      return recordOf(id, { type: 0, amount, argument: BigInt(index === 0 ? BOOK_ID + 4 : neighbour.id) });
    });
    // One in fifty did not sign.
    const excluded = crowd.filter((_, index) => index % 50 === 7).map(({ id }) => id);

    const model = new LedgerModel({
      address: await ledger.getAddress(),
      tokens: tokens.map((token) => token.target as string),
      homePairs: [[at(tokens, 0).target as string, at(tokens, 1).target as string]],
    });
    const address = await amm.getAddress();
    new AmmModel({ address, ledger: model }); // the ledger asks it from now on
    const accounts = new Map<number, string>([
      ...crowd.map(({ id, wallet }) => [id, wallet.address] as const),
      [BOOK_ID + 4, carol.address],
    ]);
    const { key } = model.homeOf(home.asset0);
    const wordsOf = () =>
      Promise.all(
        [...accounts.values(), relayer.address].map(
          async (account) => [account, await ledger.wordOf(account, home.asset0)] as const,
        ),
      );
    for (const [account, word] of await wordsOf()) model.state.set(`word ${account} ${key}`, word);
    const book = `book ${poolId({ amm: address, pool: homePool })}`;
    const bookOf = () => ledger.bookOf(amm, bookKey(homePool), homePool.asset0, homePool.asset1);
    model.state.set(book, await bookOf());

    const settled = await settle(fixture, { sections, types, records, excluded });
    expect(settled.receipt.gasUsed).to.be.lessThan(MAX_GAS);
    const batches = new SettlementModel({
      ledger: model,
      accountOf: (id) => {
        const account = accounts.get(id);
        return account === undefined ? undefined : { account, registered: id < BOOK_ID };
      },
    });
    const outcome = batches.settle({ ...settled.body, excluded });
    expect(outcome.sections).to.equal(3n);
    expect(settled.skipped).to.deep.equal(outcome.executed.map((section) => section.map((isExecuted) => !isExecuted)));
    expect(settled.executed).to.deep.equal([true, true]);
    expect(settled.skipped.flat().filter((isSkipped) => isSkipped)).to.have.length(excluded.length);
    for (const [account, word] of await wordsOf()) {
      expect(word, account).to.equal(model.state.get(`word ${account} ${key}`));
    }
    expect(await bookOf()).to.equal(model.state.get(book));
  });
});
