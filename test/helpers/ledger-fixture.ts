import accessManager from "@openzeppelin/contracts/build/contracts/AccessManager.json" with { type: "json" };
import { expect } from "chai";
import type { Addressable, BaseContract, ContractTransactionResponse } from "ethers";
import { network } from "#chain";
import {
  IAmmActions__factory,
  ILedgerProtocol__factory,
  type AmmCore,
  type Ledger,
  type MockSettlement,
} from "../../typechain-types/index.js";
import type { ILedger, ILedgerProtocol } from "../../typechain-types/core/Ledger.js";

/** One simulated chain for every test of the ledger and the AMM: fixtures are snapshots of it. */
export const { ethers, networkHelpers } = await network.create();
export const { loadFixture } = networkHelpers;

/** What a half-word can hold, in units. */
export const MAX_AMOUNT = 2n ** 112n - 1n;
export const WAD = 10n ** 18n;
/** A deadline that no test reaches, in seconds. */
export const NEVER = 2n ** 40n;
/** The fee of the fixture's pool, in pips. */
export const FEE = 3000n;
export const SOURCE = { ledger: 0n, wallet: 1n, permit2: 2n } as const;
export const DESTINATION = { ledger: 0n, wallet: 1n, native: 2n } as const;
/** Bits of an issued id's flags. */
export const FLAG = { rules0: 1n, rules1: 2n, notify0: 4n, notify1: 8n } as const;
/** What an operation of a batch debits, and the bit of a transfer that hands consent to a fresh receiver. */
export const KIND = { asset0: 0n, asset1: 1n, shares: 2n, none: 3n, consent: 4n } as const;
/** Bits of a payout word. */
export const PAYOUT = { failed: 1n << 255n, shares: 1n << 254n } as const;

/** The magic value of `onLedgerCall`. */
export const CALL_MAGIC = ILedgerProtocol__factory.createInterface().getFunction("onLedgerCall").selector;
/** How far a cancelled word's sequence moves. */
export const CANCELLED = 85n;

/** The typed calls of the AMM. */
export const actions = IAmmActions__factory.createInterface();

export type PoolKey = { asset0: bigint; asset1: bigint; fee: bigint; alpha: bigint; beta: bigint; flags: bigint };
export type LedgerFixture = Awaited<ReturnType<typeof ledgerFixture>>;
/** What a mock protocol answers a call with, in units. */
export type Outcome = {
  magic?: string;
  flags?: bigint;
  out0?: bigint;
  out1?: bigint;
  shareId?: bigint;
  mint?: bigint;
  burn?: bigint;
};
/** A book: its protocol, its assets in the protocol's order, and the protocol's own key. */
export type BookName = { protocol: Addressable | string; asset0: bigint; asset1: bigint; key: string };
export type Watched = Pick<LedgerFixture, "ledger" | "amm" | "token0" | "token1" | "usdc" | "weth" | "permit2">;
export type PoolFixture = Awaited<ReturnType<typeof poolFixture>>;
export type Order = {
  account: Addressable | string;
  sequence?: bigint;
  kind?: bigint;
  amount: bigint;
  arguments?: bigint;
};

/** Ledger with WETH and USDC as home pair, AMM, lenses, mocks, and two accounts with wallets and ledger balances. */
export async function ledgerFixture() {
  const [admin, alice, bob, carol, relayer] = await ethers.getSigners();
  if (!admin || !alice || !bob || !carol || !relayer) throw new FixtureError("signers");
  const authority = await new ethers.ContractFactory(accessManager.abi, accessManager.bytecode, admin).deploy(admin);
  const weth = await ethers.deployContract("MockWETH");
  const permit2 = await ethers.deployContract("MockPermit2");
  const usdc = await ethers.deployContract("MockERC20", ["USD Coin", "USDC", 6]);
  const tokens = [
    await ethers.deployContract("MockERC20", ["Token A", "TKA", 18]),
    await ethers.deployContract("MockERC20", ["Token B", "TKB", 18]),
  ] as const;
  const isSorted = (await idOf(tokens[0])) < (await idOf(tokens[1]));
  const [token0, token1] = isSorted ? tokens : [tokens[1], tokens[0]];

  const ledger = await ethers.deployContract("Ledger", [authority, weth, permit2, [[weth, usdc]]]);
  const amm = await ethers.deployContract("AmmCore", [ledger]);
  const ammLens = await ethers.deployContract("AmmLens", [amm]);
  const ledgerLens = await ethers.deployContract("LedgerLens", [ledger]);
  const protocol = await ethers.deployContract("MockProtocol", [ledger]);
  const issuer = await ethers.deployContract("MockIssuer", [ledger]);
  const settlement = await ethers.deployContract("MockSettlement", [ledger]);
  const facades = await ethers.getContractAt("FacadeFactory", await ledger.FACADES());
  await ledger.listCore(amm);
  await ledger.listCore(issuer);
  await ledger.listSettlement(settlement);

  for (const user of [alice, bob]) {
    await weth.connect(user).deposit({ value: 100n * WAD });
    for (const token of [token0, token1, usdc]) await token.mint(user, 1_000_000n * WAD);
    for (const token of [token0, token1, usdc, weth]) {
      await token.connect(user).approve(ledger, ethers.MaxUint256);
      await token.connect(user).approve(permit2, ethers.MaxUint256);
      const amount = token === weth ? 10n * WAD : 1000n * WAD;
      await ledger.connect(user).deposit(token, amount, amount, user);
    }
  }
  const ids = {
    weth: await idOf(weth),
    usdc: await idOf(usdc),
    token0: await idOf(token0),
    token1: await idOf(token1),
  };
  const accounts = { admin, alice, bob, carol, relayer };
  const contracts = { authority, weth, permit2, usdc, token0, token1, ledger, amm, ammLens, ledgerLens };
  return { ...accounts, ...contracts, facades, protocol, issuer, settlement, ids };
}

/** The ledger fixture with a plain pool of 100 token 0 and 400 token 1, all of it Alice's. */
export async function poolFixture() {
  const fixture = await ledgerFixture();
  const { ledger, amm, alice, ids } = fixture;
  const key: PoolKey = { asset0: ids.token0, asset1: ids.token1, fee: FEE, alpha: 0n, beta: 0n, flags: 0n };
  const poolId = await poolIdOf({ amm, key });
  await ledger.connect(alice).call(
    poolCall({
      amm,
      key,
      to: alice,
      amount0: 100n * WAD,
      amount1: 400n * WAD,
      data: actions.encodeFunctionData("createPool", [key, 1n, NEVER]),
    }),
  );
  return { ...fixture, key, poolId, bookKey: bookKeyOf(key), shareId: await amm.shareIdOf(key) };
}

/** A fixture without its signers. */
export class FixtureError extends Error {
  readonly code = "FIXTURE_INCOMPLETE";
}

/** The ledger id of a token. */
export async function idOf(token: Addressable | string): Promise<bigint> {
  return BigInt(typeof token === "string" ? token : await token.getAddress());
}

/** The id of side `side` of `salt` in the name space of `owner`: a twin of `AssetId.issued`. */
export async function issuedId({
  owner,
  salt,
  flags = 0n,
  side = 0n,
}: {
  owner: Addressable | string;
  salt: string;
  flags?: bigint;
  side?: bigint;
}): Promise<bigint> {
  const coder = ethers.AbiCoder.defaultAbiCoder();
  const address = await ethers.resolveAddress(owner);
  const hash = BigInt(ethers.keccak256(coder.encode(["address", "bytes32", "uint256"], [address, salt, flags])));
  return (1n << 255n) | (flags << 251n) | (hash & (((1n << 250n) - 1n) << 1n)) | side;
}

/** The AMM's own name of a pool's book, beside its assets: a twin of `PoolKey.bookKey`. */
export function bookKeyOf({ fee, alpha, beta, flags }: PoolKey): string {
  const coder = ethers.AbiCoder.defaultAbiCoder();
  return ethers.keccak256(coder.encode(["uint24", "uint128", "uint128", "uint8"], [fee, alpha, beta, flags]));
}

/** The identity of a book: a twin of `BookId.bookId`. */
export async function bookIdOf({ protocol, asset0, asset1, key }: BookName): Promise<string> {
  const values = [await ethers.resolveAddress(protocol), asset0, asset1, key];
  const coder = ethers.AbiCoder.defaultAbiCoder();
  return ethers.keccak256(coder.encode(["address", "uint256", "uint256", "bytes32"], values));
}

/** The id of a pool, which is that of its book. */
export async function poolIdOf({ amm, key }: { amm: Addressable | string; key: PoolKey }): Promise<string> {
  return bookIdOf({ protocol: amm, asset0: key.asset0, asset1: key.asset1, key: bookKeyOf(key) });
}

/** Two amounts and flags as a word: the inverse of `wordParts`. */
export function packWord(amount0: bigint, amount1: bigint, flags = 0n): bigint {
  return amount0 | (amount1 << 112n) | (flags << 224n);
}

/** A mock protocol's answer to a call; what is not given is zero, and the magic value is right. */
export function outcomeOf({
  magic = CALL_MAGIC,
  flags = 0n,
  out0 = 0n,
  out1 = 0n,
  shareId = 0n,
  mint = 0n,
  burn = 0n,
}: Outcome = {}): { magic: string; outputs: bigint; shareId: bigint; issue: bigint } {
  return { magic, outputs: packWord(out0, out1, flags), shareId, issue: packWord(mint, burn) };
}

/** Both halves and the flags of a word. */
export function wordParts(word: bigint): { amount0: bigint; amount1: bigint; flags: bigint } {
  return { amount0: word & MAX_AMOUNT, amount1: (word >> 112n) & MAX_AMOUNT, flags: word >> 224n };
}

/** A call on a protocol; what is not given is zero. */
export function callOf(
  call: Partial<ILedger.CallStruct> & Pick<ILedger.CallStruct, "protocol" | "to">,
): ILedger.CallStruct {
  return {
    key: ethers.ZeroHash,
    asset0: 0n,
    asset1: 0n,
    amount0: 0n,
    amount1: 0n,
    source: SOURCE.ledger,
    destination: DESTINATION.ledger,
    data: "0x",
    ...call,
  };
}

/** A call on a pool of the AMM. */
export function poolCall({
  amm,
  key,
  ...rest
}: { amm: AmmCore; key: PoolKey } & Partial<Omit<ILedger.CallStruct, "key">> &
  Pick<ILedger.CallStruct, "to">): ILedger.CallStruct {
  return callOf({ protocol: amm, key: bookKeyOf(key), asset0: key.asset0, asset1: key.asset1, ...rest });
}

/** A section of a batch: transfers between accounts unless a protocol is given. */
export function sectionOf(
  section: Partial<ILedgerProtocol.SectionStruct> & Pick<ILedgerProtocol.SectionStruct, "asset0" | "asset1">,
): ILedgerProtocol.SectionStruct {
  return {
    protocol: ethers.ZeroAddress,
    key: ethers.ZeroHash,
    shareId: 0n,
    gasCap: 2_000_000n,
    fee0: 0n,
    fee1: 0n,
    feeTo: ethers.ZeroAddress,
    parameters: "0x",
    ...section,
  };
}

/** The receiver of a batched transfer, as an operation's arguments. */
export async function receiverOf(to: Addressable | string): Promise<bigint> {
  return BigInt(await ethers.resolveAddress(to));
}

/** Settles a section and answers what the ledger answered. */
export async function settle({
  settlement,
  section,
  orders,
}: {
  settlement: MockSettlement;
  section: ILedgerProtocol.SectionStruct;
  orders: readonly Order[];
}): Promise<{ executed: boolean; skipped: bigint[]; response: ContractTransactionResponse }> {
  const packed = orders.map(({ account, sequence = 0n, kind = KIND.asset0, amount, arguments: tail = 0n }) => ({
    account,
    sequence,
    kind,
    amount,
    arguments: tail,
  }));
  const response = await settlement.settle(section, packed);
  const receipt = await response.wait();
  for (const log of receipt?.logs ?? []) {
    const parsed = settlement.interface.parseLog(log);
    if (parsed?.name === "SectionSettled") {
      return { executed: parsed.args[0] as boolean, skipped: [...(parsed.args[1] as bigint[])], response };
    }
  }
  throw new FixtureError("no SectionSettled");
}

/** Storage roots and ether of contracts: equal answers mean that no word, book, share or token balance changed. */
export async function stateOf(contracts: readonly BaseContract[]): Promise<string[]> {
  return Promise.all(
    contracts.map(async (contract) => {
      const proof = (await ethers.provider.send("eth_getProof", [await contract.getAddress(), [], "latest"])) as {
        storageHash: string;
        balance: string;
      };
      return `${proof.storageHash} ${proof.balance}`;
    }),
  );
}

/** The contracts of a fixture that hold state worth watching. */
export function watched(fixture: Watched): BaseContract[] {
  return [fixture.ledger, fixture.amm, fixture.token0, fixture.token1, fixture.usdc, fixture.weth, fixture.permit2];
}

/** Expects a transaction to revert with a custom error and its exact arguments, and to change nothing. */
export async function expectRefused({
  fixture,
  send,
  contract = fixture.ledger,
  error,
  args,
}: {
  fixture: Watched;
  send: () => Promise<unknown>;
  contract?: BaseContract;
  error: string;
  args?: readonly unknown[];
}): Promise<void> {
  const before = await stateOf(watched(fixture));
  const assertion = expect(send()).to.be.revertedWithCustomError(contract, error);
  if (args === undefined) await assertion;
  else await assertion.withArgs(...args);
  expect(await stateOf(watched(fixture)), "state").to.deep.equal(before);
}

/** The selector of one of the ledger's errors as revert data. */
export function errorData({ ledger, error, args = [] }: { ledger: Ledger; error: string; args?: unknown[] }): string {
  return ledger.interface.encodeErrorResult(error, args);
}

/** Runs `use` with `account`, a contract, as the sender of transactions. */
export async function impersonate(
  account: Addressable,
): Promise<Awaited<ReturnType<typeof ethers.getImpersonatedSigner>>> {
  const address = await account.getAddress();
  await networkHelpers.setBalance(address, 1000n * WAD);
  return ethers.getImpersonatedSigner(address);
}

/** Signs a deposit through Permit2; without `witness` it is a signature that the ledger has no use for. */
export async function signDeposit({
  fixture,
  owner,
  token,
  amount,
  nonce = 0n,
  deadline = NEVER,
  witness,
}: {
  fixture: Pick<LedgerFixture, "ledger" | "permit2" | "alice">;
  owner: LedgerFixture["alice"];
  token: Addressable;
  amount: bigint;
  nonce?: bigint;
  deadline?: bigint;
  witness?: { to: string; minimum: bigint };
}) {
  const permitted = { permitted: { token: await token.getAddress(), amount }, nonce, deadline };
  const { chainId } = await ethers.provider.getNetwork();
  const domain = { name: "Permit2", chainId, verifyingContract: await fixture.permit2.getAddress() };
  const fields = [
    { name: "permitted", type: "TokenPermissions" },
    { name: "spender", type: "address" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ];
  const tokenPermissions = [
    { name: "token", type: "address" },
    { name: "amount", type: "uint256" },
  ];
  const message = { ...permitted, spender: await fixture.ledger.getAddress() };
  if (witness === undefined) {
    const types = { PermitTransferFrom: fields, TokenPermissions: tokenPermissions };
    return { permitted, signature: await owner.signTypedData(domain, types, message) };
  }
  const types = {
    PermitWitnessTransferFrom: [...fields, { name: "witness", type: "LakhDeposit" }],
    LakhDeposit: [
      { name: "to", type: "address" },
      { name: "minimum", type: "uint256" },
    ],
    TokenPermissions: tokenPermissions,
  };
  return { permitted, signature: await owner.signTypedData(domain, types, { ...message, witness }) };
}
