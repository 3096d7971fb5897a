import { isInstrumented } from "#chain";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import {
  ACCOUNT_FORM,
  addLiquidity,
  AmmModel,
  bookKey,
  buildBatches,
  decodeFloat,
  encodeFloat,
  KEY_KINDS,
  KIND_ADD,
  LedgerModel,
  LIMIT_FORM,
  lpShareId,
  poolId,
  removeLiquidity,
  SettlementModel,
  SIDE_SHARES,
  type BatchOperation,
  type Order,
  type SectionHeader,
} from "../../src/index.js";
import { at } from "../helpers/deploy.js";
import { registrationOf, walletOf } from "../helpers/directory-fixture.js";
import { actions, poolCall } from "../helpers/ledger-fixture.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";
import {
  BOOK_ID,
  ethers,
  loadFixture,
  memberAt,
  MEMBERS,
  networkHelpers,
  NEVER,
  recordOf,
  sectionOf,
  sendFrom,
  settle,
  settlementFixture,
  swapSection,
  typeOf,
  WAD,
  type BatchOptions,
  type SettlementFixture,
} from "../helpers/settlement-fixture.js";

const ROUNDS = countFromEnvironment("LAKH_BATCHES", 12);
/** Members whose keys may do everything. */
const FREE = Array.from({ length: MEMBERS - 4 }, (_, id) => id);
const PRICE = 4n * 10n ** 36n;

type Content = Pick<BatchOptions, "sections" | "types" | "records">;
type Model = { ledger: LedgerModel; batches: SettlementModel };

async function differentialFixture() {
  const fixture = await settlementFixture();
  const accounts = new Map<number, string>();
  for (let id = 0; id < MEMBERS; id++) accounts.set(id, memberAt(fixture, id).wallet.address);
  for (let index = 0; index < 5; index++) {
    accounts.set(BOOK_ID + index, await fixture.directory.accountOf(BOOK_ID + index));
  }
  return { ...fixture, accounts, revoked: new Set<number>() };
}
type Fixture = Awaited<ReturnType<typeof differentialFixture>>;

/** The model of the fixture's chain as it stands. */
async function modelOf(fixture: Fixture): Promise<Model> {
  const { tokens, amm, accounts, revoked, homePool, acrossPool } = fixture;
  const [one, two] = [at(tokens, 0), at(tokens, 1)].map((token) => token.target as string);
  const ledger = new LedgerModel({
    address: await fixture.ledger.getAddress(),
    tokens: tokens.map((token) => token.target as string),
    homePairs: [[one ?? "", two ?? ""]],
  });
  const address = await amm.getAddress();
  new AmmModel({ address, ledger }); // the ledger asks it from now on
  const batches = new SettlementModel({
    ledger,
    accountOf: (id) => {
      const account = accounts.get(id);
      const kinds = revoked.has(id) ? 0 : KEY_KINDS.all;
      return account === undefined ? undefined : { account, registered: id < BOOK_ID, kinds };
    },
  });
  await takeOver(fixture, ledger);
  expect(
    [homePool, acrossPool].map((pool) => ledger.state.get(`book ${poolId({ amm: address, pool })}`) > 0n),
  ).to.deep.equal([true, true]);
  return { ledger, batches };
}

/** Every word of every account and every book, under the model's names. */
async function chainState(fixture: Fixture, model: LedgerModel): Promise<Map<string, bigint>> {
  const { ledger, ids, accounts, relayer, rival, amm, homePool, acrossPool } = fixture;
  const state = new Map<string, bigint>();
  const owners = [...accounts.values(), relayer.address, rival.address];
  await Promise.all(
    owners.flatMap((account) =>
      ids.map(async (id) => {
        state.set(`word ${account} ${model.homeOf(id).key}`, await ledger.wordOf(account, id));
      }),
    ),
  );
  for (const pool of [homePool, acrossPool]) {
    const { asset0, asset1 } = pool;
    const address = await amm.getAddress();
    const id = poolId({ amm: address, pool });
    state.set(`book ${id}`, await ledger.bookOf(amm, bookKey(pool), asset0, asset1));
    state.set(`amm ${address} ${id} totalShares`, (await amm.poolOf(id)).totalShares);
    const shareId = lpShareId({ amm: address, pool });
    await Promise.all(
      owners.map(async (account) => {
        state.set(`word ${account} ${model.homeOf(shareId).key}`, await ledger.wordOf(account, shareId));
      }),
    );
  }
  return state;
}

/** Makes the model's state the chain's. */
async function takeOver(fixture: Fixture, ledger: LedgerModel): Promise<void> {
  for (const [name, word] of await chainState(fixture, ledger)) ledger.state.set(name, word);
}

/** Registers key number `index`, alone on a page, for the account of `signer`, which consents to batches. */
async function registerOne(fixture: Fixture, index: number, signer = walletOf(index)): Promise<number> {
  const { ledger, directory, chainId, accounts, ids } = fixture;
  const address = await directory.getAddress();
  const registration = await registrationOf({ address, chainId }, index, { signer });
  await directory.register([registration]);
  accounts.set(index, signer.address);
  const consents = ids.map((id) => ledger.interface.encodeFunctionData("setConsent", [id, 1n]));
  const data = ledger.interface.encodeFunctionData("multicall", [consents]);
  await sendFrom({ from: signer.address, to: await ledger.getAddress(), data });
  return index;
}

/** What wallets do between batches: one random action of one account. */
async function actBetween(random: Random, fixture: Fixture, signers: number[]): Promise<string> {
  const { ledger, directory, accounts, revoked, tokens, ids } = fixture;
  const id = random.pick(signers);
  const from = accounts.get(id) ?? "";
  const asset = random.pick(ids);
  const action = random.pick(["revoke", "register", "again", "deposit", "withdraw", "transfer", "cancel", "consent"]);
  const onLedger = async (data: string) => sendFrom({ from, to: await ledger.getAddress(), data });
  const encode = ledger.interface.encodeFunctionData.bind(ledger.interface);
  if (action === "revoke") {
    // Half of the time, so that enough are left.
    if (random.chance(50) || revoked.has(id)) return "nothing";
    const data = directory.interface.encodeFunctionData("revoke", [id]);
    await sendFrom({ from, to: await directory.getAddress(), data });
    revoked.add(id);
  } else if (action === "register" || action === "again") {
    const index = Number(await directory.pageCount()) * 256;
    // A new account, or a second key of an account that has one, as after a loss.
    const signer =
      action === "register" ? walletOf(index) : walletOf(random.pick(signers.filter((each) => each < MEMBERS)));
    signers.push(await registerOne(fixture, index, signer));
  } else if (action === "deposit") {
    const amount = random.magnitude(1n, 100n * WAD);
    const token = random.pick(tokens);
    await token.mint(fixture.admin, amount);
    await ledger.deposit(token, amount, amount, from);
  } else if (action === "withdraw") {
    const balance = await ledger.balanceOf(from, asset);
    if (balance === 0n) return "nothing";
    const token = ethers.toBeHex(asset, 20);
    await onLedger(encode("withdraw", [token, 1n + random.below(balance), from]));
  } else if (action === "transfer") {
    const balance = await ledger.balanceOf(from, asset);
    await onLedger(encode("transfer", [random.pick([...accounts.values()]), asset, random.below(balance + 1n)]));
  } else if (action === "cancel") {
    await onLedger(encode("cancel", [asset]));
  } else {
    await onLedger(encode("setConsent", [asset, random.pick([0n, 1n, 1n])]));
  }
  return action;
}

/** Sections of transfers and swaps in random order, with records of many members; what can go wrong does now and then. */
async function randomContent(
  random: Random,
  fixture: Fixture,
  model: Model,
  signers: readonly number[] = FREE,
): Promise<Content> {
  const { homePool, acrossPool, home, across } = fixture;
  const sections: SectionHeader[] = [];
  for (let count = 1 + Number(random.below(5n)); count > 0; count--) {
    const pool = random.pick([homePool, acrossPool]);
    const fees = { fee0: randomFee(random), fee1: randomFee(random) };
    if (random.chance(30)) sections.push(await swapSection(fixture, pool, { parameters: "0x", ...fees }));
    else if (random.chance(45)) sections.push(sectionOf(fixture, { ...random.pick([home, across]), ...fees }));
    // Now and then a band around a price that the pool does not have: the section fails.
    else sections.push(await swapSection(fixture, pool, { price: random.chance(10) ? PRICE * 3n : PRICE, ...fees }));
  }
  const types = sections.flatMap(({ protocol, parameters }, section) => {
    const isSwap = protocol !== ZeroAddress;
    if (isSwap && parameters === "0x") {
      return [
        typeOf(section, { kind: KIND_ADD, argumentForm: random.pick([0, 0, LIMIT_FORM]), amountForm: 3 }),
        typeOf(section, { kind: random.chance(90) ? KIND_ADD + 1 : 1, amountForm: random.pick([3, 14]) }),
        typeOf(section, { kind: SIDE_SHARES, argumentForm: random.pick([0, 0, 28]) }),
      ];
    }
    const forms = isSwap ? [LIMIT_FORM, 14, 0] : [ACCOUNT_FORM, 20, ACCOUNT_FORM];
    return forms.map((argumentForm, index) =>
      typeOf(section, {
        kind: Number(random.below(10n)) === 0 ? 3 : index % 2,
        argumentForm,
        amountForm: random.pick([3, 14]),
      }),
    );
  });
  const ids = signers.filter(() => random.chance(60));
  const records = (ids.length === 0 ? [0] : ids).map((id) => {
    const operations: Partial<BatchOperation>[] = [];
    const steps = new Map<bigint, number>();
    const picks = Array.from({ length: 1 + Number(random.below(4n)) }, () =>
      Number(random.below(BigInt(types.length))),
    );
    // The other half of most additions.
    for (const pick of [...picks]) if (types[pick]?.kind === KIND_ADD && random.chance(85)) picks.push(pick + 1);
    picks.sort((a, b) => a - b); // by section
    let previous: number | undefined;
    for (const type of picks) {
      const { section, kind, argumentForm } = at(types, type);
      const { asset0, asset1, shareId } = at(sections, section);
      const { key } = model.ledger.homeOf(at([asset0, asset1, shareId, asset0], kind & 3));
      const start = model.ledger.state.get(`word ${at([fixture.accounts.get(id) ?? ""], 0)} ${key}`) >> 232n;
      const step = steps.get(key) ?? 0;
      if ((kind & 3) !== 3) steps.set(key, step + 1);
      operations.push({
        type,
        sequence: random.chance(5) ? Number(random.below(256n)) : Number((start + BigInt(step)) & 255n),
        amount: randomAmount(random),
        argument: randomArgument(random, argumentForm, fixture),
        dependsOnPrevious: previous !== undefined && previous < section && random.chance(30),
      });
      previous = section;
    }
    return recordOf(id, ...operations);
  });
  return { sections, types, records };
}

function randomFee(random: Random): bigint {
  return random.chance(50) ? 0n : decodeFloat(encodeFloat(random.magnitude(1n, WAD), "down"));
}

function randomAmount(random: Random): bigint {
  if (random.chance(4)) return 0n;
  const amount = random.chance(5) ? 5000n * WAD : random.magnitude(1000n, 300n * WAD);
  return decodeFloat(encodeFloat(amount, "down"));
}

function randomArgument(random: Random, form: number, { accounts, rival }: Fixture): bigint {
  if (form === ACCOUNT_FORM) return BigInt(random.pick([...accounts.keys(), BOOK_ID + 99]));
  if (form === 20) return BigInt(random.pick([...accounts.values(), rival.address, "0x0"]));
  if (form === 0) return 0n;
  if (form === 28) return (random.magnitude(1n, 100n * WAD) << 112n) | random.magnitude(1n, 100n * WAD);
  return decodeFloat(encodeFloat(random.magnitude(1n, 1000n * WAD), "down"));
}

/** Settles on the chain and in the model, and compares all that they say and hold. */
async function settleBoth(fixture: Fixture, model: Model, content: Content, options: Partial<BatchOptions> = {}) {
  const settled = await settle(fixture, { ...content, ...options });
  const outcome = model.batches.settle({ ...settled.body, excluded: options.excluded ?? [] });
  expect({ executed: settled.executed, skipped: settled.skipped }).to.deep.equal({
    executed: content.sections.map((_, section) => ((outcome.sections >> BigInt(section)) & 1n) === 1n),
    skipped: outcome.executed.map((section) => section.map((isExecuted) => !isExecuted)),
  });
  for (const [name, word] of await chainState(fixture, model.ledger)) {
    expect(word, name).to.equal(model.ledger.state.get(name));
  }
  return settled;
}

/** Swaps of one side in turn, each member one. */
function swapsOf(count: number): { id: number; side: 0 | 1; amount: bigint }[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index,
    side: index % 3 === 2 ? 1 : 0,
    amount: BigInt(index + 1) * 3n * WAD + BigInt(index) * 777n,
  }));
}

describe("settlement and wallets", () => {
  it("settle random batches as the model does, over every account (SET_12, SET_17)", async function () {
    this.timeout(180_000 + ROUNDS * 5_000);
    const fixture = await loadFixture(differentialFixture);
    const model = await modelOf(fixture);
    const seed = seedFromEnvironment();
    const random = new Random(seed);
    const counts = { executed: 0, skipped: 0, failed: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const content = await randomContent(random, fixture, model);
      const excluded = content.records.map(({ id }) => id).filter(() => random.chance(5));
      const own = content.records.map(({ id }) => ({ id })).filter(() => random.chance(5));
      const settled = await settleBoth(fixture, model, content, { excluded, fallbacks: own });
      counts.failed += settled.executed.filter((isExecuted) => !isExecuted).length;
      for (const isSkipped of settled.skipped.flat()) counts[isSkipped ? "skipped" : "executed"] += 1;
    }
    const { executed, skipped, failed } = counts;
    console.log(
      `      seed ${seed}: ${executed + skipped} operations in ${ROUNDS} batches: ` +
        `${executed} executed, ${skipped} skipped; ${failed} sections failed`,
    );
    expect(counts.executed).to.be.greaterThan(10 * ROUNDS);
    expect(counts.skipped).to.be.greaterThan(ROUNDS);
  });

  it("settle as the model does between all that wallets do with keys, balances and sequences (SET_08, SET_10)", async function () {
    this.timeout(180_000 + ROUNDS * 10_000);
    const fixture = await loadFixture(differentialFixture);
    const model = await modelOf(fixture);
    const seed = seedFromEnvironment();
    const random = new Random(seed);
    const signers = [...FREE];
    const [counts, actions] = [{ executed: 0, skipped: 0 }, new Map<string, number>()];
    for (let round = 0; round < ROUNDS; round++) {
      for (let count = Number(random.below(8n)); count > 0; count--) {
        const action = await actBetween(random, fixture, signers);
        actions.set(action, (actions.get(action) ?? 0) + 1);
      }
      await takeOver(fixture, model.ledger);
      const content = await randomContent(random, fixture, model, signers);
      const excluded = content.records.map(({ id }) => id).filter(() => random.chance(5));
      // The account's own signature counts with a revoked key as well.
      const own = content.records.filter(({ id }) => id < MEMBERS && random.chance(fixture.revoked.has(id) ? 50 : 5));
      const fallbacks = own.map(({ id }) => ({ id }));
      const settled = await settleBoth(fixture, model, content, { excluded, fallbacks });
      for (const isSkipped of settled.skipped.flat()) counts[isSkipped ? "skipped" : "executed"] += 1;
    }
    const done = [...actions].map(([action, count]) => `${count} ${action}`).join(", ");
    const { executed, skipped } = counts;
    console.log(
      `      seed ${seed}: ${executed + skipped} operations in ${ROUNDS} batches: ` +
        `${executed} executed, ${skipped} skipped; between them ${done}`,
    );
    expect(executed).to.be.greaterThan(5 * ROUNDS);
    expect(skipped).to.be.greaterThan(ROUNDS);
  });

  it("swap to the wei the same, when a section has one swap (SET_17)", async () => {
    const fixture = await loadFixture(differentialFixture);
    const { ledger, amm, homePool, acrossPool } = fixture;
    for (const pool of [homePool, acrossPool]) {
      const clean = await networkHelpers.takeSnapshot();
      const swaps = swapsOf(9);
      const section = await swapSection(fixture, pool, { tolerance: (WAD * 9n) / 10n });
      const settled = await settle(fixture, {
        sections: swaps.map(() => ({ ...section, gasCap: 600_000 })),
        types: swaps.map(({ side }, index) => typeOf(index, { kind: side })),
        records: swaps.map(({ id, amount }, index) => recordOf(id, { type: index, amount })),
      });
      expect(settled.skipped.flat()).to.deep.equal(swaps.map(() => false));
      const batched = await balancesOf(fixture);
      await clean.restore();
      for (const { id, side, amount } of swaps) {
        const call = {
          ...poolCall({
            amm,
            key: pool,
            to: memberAt(fixture, id).wallet.address,
            ...(side === 0 ? { amount0: amount } : { amount1: amount }),
            data: actions.encodeFunctionData("swapExactIn", [0n, NEVER]),
          }),
          protocol: await amm.getAddress(),
        };
        const data = ledger.interface.encodeFunctionData("call", [call]);
        await sendFrom({ from: memberAt(fixture, id).wallet.address, to: await ledger.getAddress(), data });
      }
      expect(await balancesOf(fixture)).to.deep.equal(batched);
      await clean.restore();
    }
  });

  it("add and remove liquidity to the wei the same, in any pool (SET_17, AMM_21)", async () => {
    const fixture = await loadFixture(differentialFixture);
    const { ledger, amm, homePool, acrossPool } = fixture;
    const address = await amm.getAddress();
    const random = new Random(seedFromEnvironment());
    for (const pool of [homePool, acrossPool]) {
      const shareId = lpShareId({ amm: address, pool });
      const isHome = pool === homePool;
      const members = Array.from({ length: 12 }, (_, id) => id);
      const additions = members.map((id) => ({
        id,
        amount0: random.magnitude(1000n, 300n * WAD),
        amount1: random.magnitude(4000n, 900n * WAD),
        // All, or a part, or nothing of what he has got.
        part: random.below(4n),
      }));
      const clean = await networkHelpers.takeSnapshot();
      const section = await swapSection(fixture, pool, { parameters: "0x" });
      const added = await settle(fixture, {
        sections: [section],
        types: [KIND_ADD, KIND_ADD + 1].map((kind) => typeOf(0, { kind, argumentForm: 14 })),
        records: additions.map(({ id, amount0, amount1 }) =>
          recordOf(
            id,
            { type: 0, amount: amount0, argument: 1n },
            { type: 1, amount: amount1, argument: 1n, sequence: isHome ? 1 : 0 },
          ),
        ),
      });
      expect(added.skipped.flat().every((isSkipped) => !isSkipped)).to.equal(true);
      const removals: { id: number; shares: bigint }[] = [];
      for (const { id, part } of additions) {
        const held = await ledger.balanceOf(memberAt(fixture, id).wallet, shareId);
        expect(held).to.be.greaterThan(0n);
        if (part > 0n) removals.push({ id, shares: (held * part) / 3n });
      }
      const removed = await settle(fixture, {
        sections: [section],
        types: [typeOf(0, { kind: SIDE_SHARES, argumentForm: 28 })],
        records: removals.map(({ id, shares }) => recordOf(id, { amount: shares, argument: (1n << 112n) | 1n })),
      });
      expect(removed.skipped.flat().every((isSkipped) => !isSkipped)).to.equal(true);
      const state = async () => [
        await balancesOf(fixture),
        await Promise.all(members.map((id) => ledger.balanceOf(memberAt(fixture, id).wallet, shareId))),
        await amm.poolOf(poolId({ amm: address, pool })),
        (await ledger.bookOf(amm, bookKey(pool), pool.asset0, pool.asset1)).toString(),
      ];
      const batched = await state();
      await clean.restore();
      const act = async (id: number, amounts: { amount0?: bigint; amount1?: bigint }, data: string) => {
        const { wallet } = memberAt(fixture, id);
        const call = { ...poolCall({ amm, key: pool, to: wallet.address, ...amounts, data }), protocol: address };
        await sendFrom({
          from: wallet.address,
          to: await ledger.getAddress(),
          data: ledger.interface.encodeFunctionData("call", [call]),
        });
      };
      // In the order of the batches.
      for (const id of added.encoded.ids) {
        const addition = at(additions, id);
        await act(id, addition, actions.encodeFunctionData("addLiquidity", [1n, NEVER]));
      }
      for (const id of removed.encoded.ids) {
        const { shares } = at(
          removals.filter((one) => one.id === id),
          0,
        );
        await act(id, {}, actions.encodeFunctionData("removeLiquidity", [shares, 1n, 1n, NEVER]));
      }
      expect(await state()).to.deep.equal(batched);
      await clean.restore();
    }
  });

  it("execute additions and removals that the client builds", async function () {
    if (isInstrumented) this.skip(); // the client's gas is that of code without probes
    const fixture = await loadFixture(differentialFixture);
    const { ledger, amm, homePool, acrossPool, relayer } = fixture;
    const address = await amm.getAddress();
    const send = async (orders: Order[]) => {
      const [batch] = buildBatches({ relayer: relayer.address, number: 1, expiry: 0, orders });
      const { sections, types, records } = batch?.body ?? expect.fail("no batch");
      return settle(fixture, { sections, types, records });
    };
    const liquidity = { amm: address, minShares: 1n, amount0: 10n * WAD, amount1: 50n * WAD };
    const added = await send(
      [0, 1, 2].map((id) => ({
        id,
        operations: [
          ...addLiquidity({ ...liquidity, pool: homePool, sequence: 0, sequence1: 1, fee: 1000n, fee1: 2000n }),
          ...addLiquidity({ ...liquidity, pool: acrossPool, sequence: 0, sequence1: 0 }),
        ],
      })),
    );
    expect(added.skipped.flat().every((isSkipped) => !isSkipped)).to.equal(true);
    const shareId = lpShareId({ amm: address, pool: homePool });
    const holder = memberAt(fixture, 1).wallet;
    const shares = await ledger.balanceOf(holder, shareId);
    expect(shares).to.equal(20n * WAD);
    const removed = await send([
      {
        id: 1,
        operations: [
          removeLiquidity({ amm: address, pool: homePool, shares, minAmount0: 10n * WAD, minAmount1: 1n, sequence: 0 }),
        ],
      },
    ]);
    expect(removed.skipped.flat()).to.deep.equal([false]);
    expect(await ledger.balanceOf(holder, shareId)).to.equal(0n);
  });

  it("transfer the same (SET_17)", async () => {
    const fixture = await loadFixture(differentialFixture);
    const { ledger, home, across } = fixture;
    const random = new Random(seedFromEnvironment());
    const transfers = Array.from({ length: 30 }, (_, from) => ({
      from,
      to: Number(random.below(BigInt(MEMBERS))),
      amount: random.magnitude(1n, 30n * WAD),
      side: random.pick([0, 1, 2, 3]),
    }));
    const clean = await networkHelpers.takeSnapshot();
    const settled = await settle(fixture, {
      sections: [sectionOf(fixture, { ...home }), sectionOf(fixture, { ...across })],
      types: [0, 1, 2, 3].map((side) => typeOf(side >> 1, { kind: side & 1, argumentForm: ACCOUNT_FORM })),
      records: transfers.map(({ from, to, amount, side }) =>
        recordOf(from, { type: side, amount, argument: BigInt(to) }),
      ),
    });
    expect(settled.skipped.flat().some((isSkipped) => isSkipped)).to.equal(false);
    const batched = await balancesOf(fixture);
    await clean.restore();
    for (const { from, to, amount, side } of transfers) {
      const id = at([home.asset0, home.asset1, across.asset0, across.asset1], side);
      const parameters = [memberAt(fixture, to).wallet.address, id, amount] as const;
      const data = ledger.interface.encodeFunctionData("transfer", [...parameters]);
      await sendFrom({ from: memberAt(fixture, from).wallet.address, to: await ledger.getAddress(), data });
    }
    expect(await balancesOf(fixture)).to.deep.equal(batched);
  });

  it("come to the same whatever the order of the records (SET_14, SET_18)", async () => {
    const fixture = await loadFixture(differentialFixture);
    const { homePool, home } = fixture;
    const swaps = swapsOf(30);
    const sections = [
      sectionOf(fixture, { ...home }),
      await swapSection(fixture, homePool, { tolerance: WAD / 4n, gasCap: 4_000_000 }),
    ];
    const types = [
      typeOf(0, { kind: 1, argumentForm: ACCOUNT_FORM }),
      typeOf(1, { kind: 0, argumentForm: 14 }),
      typeOf(1, { kind: 1, argumentForm: 14 }),
    ];
    const records = swaps.map(({ id, side, amount }, index) =>
      recordOf(
        id,
        { type: 0, amount: 10n * WAD, argument: BigInt((id + 7) % FREE.length) },
        // Some limits hold at the band's worst edge and some do not.
        { type: 1 + side, amount, argument: index % 5 === 0 ? amount * 5n : 1n, sequence: 1 },
      ),
    );
    const clean = await networkHelpers.takeSnapshot();
    const seen = new Set<string>();
    const orders = new Set<string>();
    for (const number of [1, 2, 3, 4, 5, 1000]) {
      const settled = await settle(fixture, { sections, types, records, number });
      expect(settled.executed).to.deep.equal([true, true]);
      orders.add(settled.encoded.ids.join());
      const skipped = settled.encoded.ids.filter((_, index) => settled.skipped[1]?.[index]);
      seen.add(JSON.stringify([(await balancesOf(fixture)).map(String), skipped.sort((a, b) => a - b)]));
      await clean.restore();
    }
    expect(orders.size).to.be.greaterThan(3);
    expect(seen.size).to.equal(1);
  });
});

/** Balances of all accounts in all tokens. */
async function balancesOf({ ledger, ids, accounts }: SettlementFixture & { accounts: ReadonlyMap<number, string> }) {
  return Promise.all([...accounts.values()].flatMap((account) => ids.map(async (id) => ledger.balanceOf(account, id))));
}
