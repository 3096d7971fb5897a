import {
  AbiCoder,
  toBeHex,
  ZeroAddress,
  ZeroHash,
  type BaseContract,
  type ContractTransactionReceipt,
  type Wallet,
} from "ethers";
import { network } from "#chain";
import {
  ACCOUNT_FORM,
  bookKey,
  digestOf,
  encodeBody,
  KEY_KINDS,
  lpShareId,
  orderTypedData,
  rootOf,
  sealBatch,
  tokenId,
  type BatchBody,
  type BatchOperation,
  type Bls,
  type DigestParts,
  type EncodedBody,
  type Fallback,
  type OperationType,
  type OrderMessage,
  type PoolKey,
  type SectionHeader,
  type SignerRecord,
} from "../../src/index.js";
import { toBytes, toHex } from "../../src/codec/bytes.js";
import type { AccountDirectory, AddressBook, MockProtocol, Settlement } from "../../typechain-types/index.js";
import { nativeBls } from "./bls.js";
import { at, deployLakh, deployTyped } from "./deploy.js";
import { registrationOf, secretOf, sign, walletOf } from "./directory-fixture.js";
import { keepTime } from "./keep-time.js";
import { writeKeyPage } from "./key-pages.js";
import { actions, poolCall } from "./ledger-fixture.js";

/** One simulated chain for the tests of the settlement. */
export const connection = await network.create();
export const { ethers, networkHelpers } = connection;
export const loadFixture = keepTime(networkHelpers);

export const WAD = 10n ** 18n;
/** A deadline that no test reaches, in seconds. */
export const NEVER = 2n ** 40n;
/** Members of the first page. The last ones' keys may do one thing each, and the last of all soon ends. */
export const MEMBERS = 40;
/** What each member and each outsider holds of each token. */
export const BALANCE = 1000n * WAD;
/** EIP-7825. */
export const MAX_GAS = 16_777_216n;
/** Seconds from the fixture's start for which the key of the last member is valid. */
export const SHORT_LIFE = 1000n;
/** Bit 31 of an id: the address book's. */
export const BOOK_ID = 2 ** 31;
export const POOL_FEE = 3000n;

export type SettlementFixture = Awaited<ReturnType<typeof settlementFixture>>;
/** An account that signs. */
export type Member = { id: number; wallet: Wallet; secret: Uint8Array };
type Signer = Pick<Wallet, "signTypedData">;

/** What a fallback signature is to say; the rest follows from the record. */
export type FallbackOrder = {
  id: number;
  /** The account's own wallet unless given. */
  signer?: Signer;
  deadline?: number;
  bound?: boolean;
  /** Instead of a signature of the right message. */
  signature?: string;
  /** Changes what is signed. */
  forge?: (message: OrderMessage) => OrderMessage;
};

export type BatchOptions = Pick<BatchBody, "sections" | "types" | "records"> & {
  fallbacks?: readonly FallbackOrder[];
  excluded?: readonly number[];
  /** Of the batch, an hour's third ahead unless given. */
  expiry?: number;
  /** One above the last unless given. */
  number?: number;
  relayer?: SettlementFixture["relayer"];
  settlement?: Settlement;
  /** Address of a relayer that is no account of the network. */
  relayerAddress?: string;
  /** Changes what the digest that signers sign speaks of. */
  digest?: Partial<DigestParts>;
  /** Ids that sign, all that should unless given. */
  cosigners?: readonly number[];
  /** Changes the whole batch before it is sent. */
  tamper?: (batch: Uint8Array, layout: Layout) => Uint8Array;
};

/** Where the parts of a batch begin, as its head says. */
export type Layout = {
  leaf0: number;
  chunks: number;
  fallbacks: number;
  excluded: number;
  signature: number;
  end: number;
};

/** A batch, ready to be sent. */
export type BuiltBatch = {
  body: BatchBody;
  encoded: EncodedBody;
  bytes: Uint8Array;
  root: Uint8Array;
  digest: Uint8Array;
  number: number;
  expiry: number;
};

/** What became of a batch: which sections were executed, and which operations of each were skipped. */
export type Settled = BuiltBatch & { executed: boolean[]; skipped: boolean[][]; receipt: ContractTransactionReceipt };

/**
 * The suite with a settlement as version 0; 40 registered members and 4 outsiders of the address book with ledger balances
 * and consent in four tokens, two of which are a home pair; a pool on the home pair and one across words; a mock core that
 * is listed and one that is not.
 */
export async function settlementFixture() {
  const tokenSpecs = ["ONE", "TWO", "SIX", "SEVEN"].map((symbol) => ({ symbol, decimals: 18 }));
  const suite = await deployLakh(connection, { tokens: tokenSpecs, homePairs: [[0, 1]] });
  const { ledger, amm, admin, tokens, signers } = suite;
  const [relayer, rival, carol] = [at(signers, 1), at(signers, 2), at(signers, 3)];
  const book = await deployTyped<AddressBook>(connection, "AddressBook");
  const directory = await deployTyped<AccountDirectory>(connection, "AccountDirectory", [book]);
  const settlement = await deployTyped<Settlement>(connection, "Settlement", [ledger, directory]);
  const core = await deployTyped<MockProtocol>(connection, "MockProtocol", [ledger]);
  const protocol = await deployTyped<MockProtocol>(connection, "MockProtocol", [ledger]);
  await ledger.listSettlement(settlement);
  await ledger.listCore(amm);
  await ledger.listCore(core);
  const { chainId } = await ethers.provider.getNetwork();

  const now = BigInt(await networkHelpers.time.latest());
  const address = await directory.getAddress();
  const registrations = await Promise.all(
    Array.from({ length: MEMBERS }, (_, index) => registrationOf({ address, chainId }, index, specialOf(index, now))),
  );
  await directory.register(registrations);
  const members: Member[] = registrations.map((_, id) => ({
    id,
    wallet: walletOf(id).connect(ethers.provider),
    secret: secretOf(id),
  }));
  const outsiders: Member[] = Array.from({ length: 4 }, (_, index) => ({
    id: BOOK_ID + index,
    wallet: walletOf(1000 + index).connect(ethers.provider),
    secret: secretOf(1000 + index),
  }));
  await book.list([...outsiders.map(({ wallet }) => wallet.address), carol.address]);

  const ids = tokens.map((token) => tokenId(token.target as string));
  const [one, two, six, seven] = [at(ids, 0), at(ids, 1), at(ids, 2), at(ids, 3)];
  const home = one < two ? { asset0: one, asset1: two } : { asset0: two, asset1: one };
  const across = six < seven ? { asset0: six, asset1: seven } : { asset0: seven, asset1: six };
  const funded = [...members, ...outsiders];
  const reserve = 1_000_000n * WAD;
  for (const token of tokens) {
    await token.mint(admin, reserve * 2n);
    await token.approve(ledger, ethers.MaxUint256);
  }
  const deposits = tokens.flatMap((token) =>
    funded.map(({ wallet }) =>
      ledger.interface.encodeFunctionData("deposit", [token.target, BALANCE, BALANCE, wallet.address]),
    ),
  );
  for (const token of tokens) await ledger.deposit(token, reserve, reserve, admin);
  for (let i = 0; i < deposits.length; i += 88) await ledger.multicall(deposits.slice(i, i + 88));
  const consents = [one, six, seven].map((id) => ledger.interface.encodeFunctionData("setConsent", [id, 1n]));
  const data = ledger.interface.encodeFunctionData("multicall", [consents]);
  for (const { wallet } of funded) await sendFrom({ from: wallet.address, to: await ledger.getAddress(), data });

  const pools: PoolKey[] = [home, across].map((pair) => ({ ...pair, fee: POOL_FEE, alpha: 0n, beta: 0n, flags: 0n }));
  for (const key of pools) {
    await ledger.call(
      poolCall({
        amm,
        key,
        to: admin,
        amount0: 10_000n * WAD,
        amount1: 40_000n * WAD,
        data: actions.encodeFunctionData("createPool", [key, 1n, NEVER]),
      }),
    );
  }
  const [homePool, acrossPool] = [at(pools, 0), at(pools, 1)];
  const accounts = { admin, relayer, rival, carol, members, outsiders };
  const contracts = { ...suite, book, directory, settlement, core, protocol };
  return { ...contracts, ...accounts, chainId, ids, home, across, homePool, acrossPool, bls: await nativeBls() };
}

/** What the keys of the last members may do. */
function specialOf(index: number, now: bigint) {
  if (index === MEMBERS - 4) return { kinds: KEY_KINDS.transfer };
  if (index === MEMBERS - 3) return { kinds: KEY_KINDS.cores };
  if (index === MEMBERS - 2) return { kinds: KEY_KINDS.protocols };
  if (index === MEMBERS - 1) return { validUntil: now + SHORT_LIFE };
  return {};
}

/** Sends a transaction from an account whose key is not asked for. */
export async function sendFrom({ from, to, data }: { from: string; to: string; data: string }): Promise<string> {
  await networkHelpers.setBalance(from, 1000n * WAD);
  await networkHelpers.impersonateAccount(from);
  return (await ethers.provider.send("eth_sendTransaction", [
    { from, to, data, gas: "0xf42400", gasPrice: "0x77359400" },
  ])) as string;
}

/** Member number `index`. */
export function memberAt(fixture: Pick<SettlementFixture, "members">, index: number): Member {
  return at(fixture.members, index);
}

/** A section of transfers in the home pair unless changed. */
export function sectionOf(
  { home }: Pick<SettlementFixture, "home">,
  changes: Partial<SectionHeader> = {},
): SectionHeader {
  return {
    protocol: ZeroAddress,
    key: ZeroHash,
    ...home,
    shareId: 0n,
    gasCap: 2_000_000,
    fee0: 0n,
    fee1: 0n,
    parameters: "0x",
    ...changes,
  };
}

/** A section of swaps in a pool, with a band of `tolerance` (WAD) around `price`. */
export async function swapSection(
  { amm, home }: Pick<SettlementFixture, "amm" | "home">,
  pool: PoolKey,
  { price = 4n * 10n ** 36n, tolerance = WAD / 2n, ...changes }: SwapBand & Partial<SectionHeader> = {},
): Promise<SectionHeader> {
  const address = await amm.getAddress();
  return sectionOf(
    { home },
    {
      protocol: address,
      key: bookKey(pool),
      asset0: pool.asset0,
      asset1: pool.asset1,
      shareId: lpShareId({ amm: address, pool }),
      parameters: AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [price, tolerance]),
      gasCap: 3_000_000,
      ...changes,
    },
  );
}

type SwapBand = { price?: bigint; tolerance?: bigint };

/** A type of the section `section`; a full amount and no argument unless changed. */
export function typeOf(section: number, changes: Partial<OperationType> = {}): OperationType {
  return { section, kind: 0, amountForm: 14, argumentForm: 0, ...changes };
}

/** A record of these operations; what is not given is zero. */
export function recordOf(id: number, ...operations: Partial<BatchOperation>[]): SignerRecord {
  const blank = { type: 0, dependsOnPrevious: false, sequence: 0, amount: 0n, argument: 0n };
  return { id, operations: operations.map((operation) => ({ ...blank, ...operation })) };
}

/** One section of transfers of asset 0, each to the account of an id. */
export function transferBatch(
  fixture: Pick<SettlementFixture, "home">,
  transfers: readonly { from: number; to: number; amount?: bigint; sequence?: number }[],
): Pick<BatchBody, "sections" | "types" | "records"> {
  return {
    sections: [sectionOf(fixture)],
    types: [typeOf(0, { argumentForm: ACCOUNT_FORM })],
    records: transfers.map(({ from, to, amount = 5n, sequence = 0 }) =>
      recordOf(from, { amount, sequence, argument: BigInt(to) }),
    ),
  };
}

/** Encodes a batch and signs it for all of its signers. */
export async function buildBatch(fixture: SettlementFixture, options: BatchOptions): Promise<BuiltBatch> {
  const { directory, chainId, bls } = fixture;
  const { sections, types, records, excluded = [], relayer = fixture.relayer } = options;
  const settlement = options.settlement ?? fixture.settlement;
  const from = options.relayerAddress ?? relayer.address;
  const number = options.number ?? Number(await settlement.lastNumberOf(from)) + 1;
  const expiry = options.expiry ?? (await networkHelpers.time.latest()) + 1200;
  const draft: BatchBody = { relayer: from, number, expiry, sections, types, records, fallbacks: [] };
  const fallbacks: Fallback[] = [];
  for (const order of options.fallbacks ?? []) {
    fallbacks.push(await signOrder(fixture, { ...options, settlement }, draft, order));
  }
  const body = { ...draft, fallbacks };
  const encoded = encodeBody(body);
  const root = rootOf(encoded.leaves);
  const addresses = { settlement: await settlement.getAddress(), directory: await directory.getAddress() };
  const parts = { chainId, ...addresses, relayer: from, number, expiry, root, ...options.digest };
  const digest = digestOf(parts);
  const absent = new Set([...excluded, ...fallbacks.map(({ id }) => id)]);
  const cosigners = options.cosigners ?? encoded.ids.filter((id) => !absent.has(id));
  const signature = signFor(bls, cosigners, digest);
  const sealed = sealBatch(encoded, { excluded, signature });
  const bytes = options.tamper?.(sealed, layoutOf(sealed)) ?? sealed;
  return { body, encoded, bytes, root, digest, number, expiry };
}

/** Builds a batch and sends it; `gasLimit` is the most that a transaction may have unless given. */
export async function settle(
  fixture: SettlementFixture,
  options: BatchOptions & { gasLimit?: bigint },
): Promise<Settled> {
  const built = await buildBatch(fixture, options);
  return sendBatch(fixture, built, options);
}

/** Sends a batch that was built, and reads what became of it. */
export async function sendBatch(
  fixture: SettlementFixture,
  built: BuiltBatch,
  options: Pick<BatchOptions, "relayer" | "settlement"> & { gasLimit?: bigint } = {},
): Promise<Settled> {
  const { relayer = fixture.relayer, settlement = fixture.settlement, gasLimit = MAX_GAS } = options;
  const response = await settlement.connect(relayer).settle(built.bytes, { gasLimit });
  const receipt = await response.wait();
  if (receipt === null) throw new Error("The batch was not mined");
  return { ...built, ...readSettled(fixture, built.body, receipt), receipt };
}

/** What `BatchSettled` says of the sections and operations of `body`. */
export function readSettled(
  { settlement }: Pick<SettlementFixture, "settlement">,
  body: Pick<BatchBody, "sections" | "types" | "records">,
  receipt: ContractTransactionReceipt,
): Pick<Settled, "executed" | "skipped"> {
  const event = settlement.interface.getEvent("BatchSettled");
  const log = receipt.logs.findLast(({ topics }) => topics[0] === event.topicHash);
  if (log === undefined) throw new Error("No BatchSettled");
  const [bits, words] = settlement.interface.decodeEventLog(event, log.data, log.topics).slice(3) as unknown as [
    bigint,
    bigint[],
  ];
  let start = 0;
  const skipped = countsOf(body).map((count) => {
    const flags = Array.from({ length: count }, (_, index) => {
      return ((at(words, start + (index >> 8)) >> BigInt(index & 255)) & 1n) === 1n;
    });
    start += Math.ceil(count / 256);
    return flags;
  });
  if (start !== words.length) throw new Error("There are words of nobody");
  return { executed: body.sections.map((_, index) => ((bits >> BigInt(index)) & 1n) === 1n), skipped };
}

/** Operations of each section. */
function countsOf({ sections, types, records }: Pick<BatchBody, "sections" | "types" | "records">): number[] {
  const operations = records.flatMap((record) => record.operations);
  return sections.map((_, index) => operations.filter(({ type }) => at(types, type).section === index).length);
}

/** Where the parts of a batch begin. */
export function layoutOf(batch: Uint8Array): Layout {
  const view = new DataView(batch.buffer, batch.byteOffset);
  const uint24 = (offset: number) => (view.getUint16(offset) << 8) | view.getUint8(offset + 2);
  const chunks = 22 + view.getUint16(12);
  const fallbacks = chunks + uint24(14);
  const excluded = fallbacks + uint24(17);
  return { leaf0: 22, chunks, fallbacks, excluded, signature: excluded + view.getUint16(20), end: batch.length };
}

/** The message of a record's fallback signature, with the sequences that its words have now. */
export async function orderOf(
  fixture: Pick<SettlementFixture, "ledger" | "directory" | "chainId" | "settlement">,
  body: Pick<BatchBody, "sections" | "types" | "records" | "relayer">,
  { id, deadline, bound = false }: { id: number; deadline: number; bound?: boolean },
) {
  const record = body.records.find((each) => each.id === id);
  if (record === undefined) throw new Error(`There is no record of ${id}`);
  const account = await fixture.directory.accountOf(id);
  const operations: OrderMessage["operations"] = [];
  for (const operation of record.operations) {
    const { section, kind, argumentForm } = at(body.types, operation.type);
    const { protocol, key, asset0, asset1, shareId, fee0, fee1 } = at(body.sections, section);
    const debited = [asset0, asset1, shareId, asset0][kind & 3];
    const argument = operation.argument;
    operations.push({
      ...{ protocol, key, asset0, asset1, shareId, kind, fee0, fee1 },
      sequence: await sequenceOf(fixture, account, debited, operation.sequence),
      amount: operation.amount,
      arguments: argumentForm === ACCOUNT_FORM ? BigInt(await fixture.directory.accountOf(argument)) : argument,
      dependsOnPrevious: operation.dependsOnPrevious,
    });
  }
  return orderTypedData({
    chainId: fixture.chainId,
    settlement: await fixture.settlement.getAddress(),
    id,
    account,
    operations,
    ...(bound ? { relayer: body.relayer } : {}),
    deadline: BigInt(deadline),
  });
}

/** The 16 bits of a sequence whose low byte an operation carries, at most 255 ahead of the word. */
async function sequenceOf(
  { ledger }: Pick<SettlementFixture, "ledger">,
  account: string,
  id: bigint | undefined,
  low: number,
): Promise<number> {
  if (id === undefined) return low;
  const current = Number((await ledger.wordOf(account, id)) >> 232n) & 0xffff;
  return (current + ((low - current) & 255)) & 0xffff;
}

async function signOrder(
  fixture: SettlementFixture,
  options: BatchOptions & { settlement: Settlement },
  draft: BatchBody,
  order: FallbackOrder,
): Promise<Fallback> {
  const { id, bound = false, deadline = draft.expiry } = order;
  if (order.signature !== undefined) return { id, deadline, bound, signature: order.signature };
  const data = await orderOf({ ...fixture, settlement: options.settlement }, draft, { id, deadline, bound });
  const message = order.forge?.(data.message) ?? data.message;
  return { id, deadline, bound, signature: await sign(order.signer ?? signerOf(fixture, id), { ...data, message }) };
}

function signerOf({ outsiders }: SettlementFixture, id: number): Signer {
  return outsiders.find((outsider) => outsider.id === id)?.wallet ?? walletOf(id);
}

/** The sum of the signatures of the keys that tests register under these ids. */
export function signFor(bls: Bls, ids: readonly number[], message: Uint8Array): Uint8Array {
  if (ids.length === 0) return new Uint8Array();
  return bls.aggregateSignatures(ids.map((id) => bls.sign(secretOf(id), message)));
}

/** Other content under the signature that a batch has: what a relayer could try. */
export function forge(
  { body, bytes }: BuiltBatch,
  change: Partial<BatchBody>,
  excluded: readonly number[] = [],
): Uint8Array {
  const { signature, end } = layoutOf(bytes);
  return sealBatch(encodeBody({ ...body, ...change }), { excluded, signature: bytes.slice(signature, end) });
}

/** Puts a page of keys where the directory would create it, without registration: `count` accounts and their keys. */
export async function setPage(
  { directory }: Pick<SettlementFixture, "directory">,
  { page, count, key }: { page: number; count: number; key: (index: number) => Uint8Array },
): Promise<Member[]> {
  const members = Array.from({ length: count }, (_, index) => {
    const id = page * 256 + index;
    return { id, wallet: walletOf(id).connect(ethers.provider), secret: secretOf(id) };
  });
  const rows = members.map(({ wallet }, index) => ({ key: key(index), account: wallet.address }));
  await writeKeyPage(networkHelpers, directory, { page, rows });
  return members;
}

/** Calls `settle` with `batch` without sending it; throws what it reverts with. */
export async function callSettle(
  { settlement, relayer }: Pick<SettlementFixture, "settlement" | "relayer">,
  batch: Uint8Array,
): Promise<void> {
  await settlement.connect(relayer).settle.staticCall(batch, { gasLimit: MAX_GAS });
}

/** Words of accounts, one line for each account and word. */
export async function wordsOf(
  { ledger, ids }: Pick<SettlementFixture, "ledger" | "ids">,
  accounts: readonly string[],
): Promise<string[]> {
  const words = ids.slice(1); // the first two share one
  return Promise.all(
    accounts.flatMap((account) =>
      words.map(async (id) => `${account} ${id} ${toBeHex(await ledger.wordOf(account, id), 32)}`),
    ),
  );
}

/** Storage roots of contracts: equal answers mean that nothing was written. */
export async function rootsOf(contracts: readonly BaseContract[]): Promise<string[]> {
  return Promise.all(
    contracts.map(async (contract) => {
      const proof = (await ethers.provider.send("eth_getProof", [await contract.getAddress(), [], "latest"])) as {
        storageHash: string;
      };
      return proof.storageHash;
    }),
  );
}

export { secretOf, toBytes, toHex };
