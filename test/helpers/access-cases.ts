import { concat, toBeHex, ZeroAddress, ZeroHash, type BaseContract, type Signer } from "ethers";
import { RewardTree, revokeTypedData } from "../../src/index.js";
import type { StakingCore, MockERC20 } from "../../typechain-types/index.js";
import type { Role } from "../../scripts/lib/audit/access.js";
import { registrationOf, sign, walletOf } from "./directory-fixture.js";
import {
  actions,
  callOf,
  ethers,
  FLAG,
  impersonate,
  issuedId,
  networkHelpers,
  NEVER,
  poolFixture,
  type PoolFixture,
  sectionOf,
  signDeposit,
  WAD,
} from "./ledger-fixture.js";
import { INSURANCE_CASES, insuranceOf } from "./access-insurance.js";
import { RWA_CASES, rwaOf } from "./access-rwa.js";
import { createMarket, LLTV } from "./lending-fixture.js";
import { createPool, stakeCall } from "./staking-fixture.js";

type VaultParts = { own: MockERC20; account: Signer };
export type AccessFixture = Awaited<ReturnType<typeof accessFixture>>;
/** A call by one account: what to send where. */
export type Sending = { to: BaseContract; data: string; value?: bigint };
export type AccessCase = {
  send: (fixture: AccessFixture, actor: string, isSigned: boolean) => Promise<Sending> | Sending;
  /** What a call that may be made comes to, unless it succeeds: an error of something behind the check. */
  passesWith?: string;
};

const SALT = ethers.id("access");
const NO_MARKET = {
  ...{ loanAsset: 1n, collateralAsset: 2n, oracle: ZeroAddress, irm: ZeroAddress, lltv: 0n, closeOutDebt: 0n },
};
const DAY = 24n * 3600n;
const NOTHING_PENDING = { passesWith: "VaultNothingPending" };
const EMPTY_HEAD = concat(["0x01", toBeHex(1, 6), toBeHex(0, 15)]); // version 1, number 1, expired, nothing in it

/**
 * One account for each role: Alice owns a share, a token and units of a regulated asset; Bob is her operator and the relayer
 * her spender, with nothing of their own. A second issuer and a second facade are strangers to her ids.
 */
export async function accessFixture() {
  const fixture = await poolFixture();
  const { ledger, amm, weth, alice, bob, carol, relayer: spender, admin, issuer, settlement, facades } = fixture;
  const own = await ethers.deployContract("MockERC20", ["Own", "OWN", 18]);
  await own.mint(alice, 100n);
  await own.connect(alice).approve(ledger, ethers.MaxUint256);
  await own.connect(alice).approve(fixture.permit2, ethers.MaxUint256);
  await ledger.connect(alice).deposit(own, 10n, 10n, alice);
  await ledger.connect(bob).withdraw(weth, await ledger.balanceOf(bob, await weth.getAddress()), bob);

  const rival = await ethers.deployContract("MockIssuer", [ledger]);
  const rules = await issuedId({ owner: issuer, salt: SALT, flags: FLAG.rules0 });
  for (const each of [issuer, rival]) await each.issue(SALT, FLAG.rules0, each, ZeroAddress);
  await issuer.mint(rules, alice, 10n);
  await issuer.mint(rules, issuer, 10n);
  await ledger.connect(alice).setOperator(bob, true);
  await ledger.connect(alice).approve(spender, fixture.shareId, 10n);

  await facades.createFacade(amm, fixture.poolId, 0n, 0n);
  await facades.createFacade(rival, SALT, FLAG.rules0, 0n);
  const facade = await ethers.getContractAt("LedgerFacade", await ledger.facadeOf(fixture.shareId));
  const otherId = await issuedId({ owner: rival, salt: SALT, flags: FLAG.rules0 });
  const otherFacade = await ethers.getContractAt("LedgerFacade", await ledger.facadeOf(otherId));

  const book = await ethers.deployContract("AddressBook");
  const directory = await ethers.deployContract("AccountDirectory", [book]);
  const liquidity = await ethers.getContractAt("AmmLiquidity", await amm.LIQUIDITY());
  const batches = await ethers.deployContract("Settlement", [ledger, directory]);
  const borrower = await ethers.deployContract("MockFlashBorrower", [ledger]);
  const ratedVault = await ethers.deployContract("MockVault", [own, 0n]);
  const vaultRate = await ethers.deployContract("VaultRateFeed", [ratedVault, 1n, 0n]);
  const terms = { maxChange: 1n, period: 3600n, maxAge: 3600n };
  const nav = await ethers.deployContract("NavOracle", [fixture.authority, WAD, terms, 18n, 18n]);
  const { chainId } = await ethers.provider.getNetwork();
  const place = { address: await directory.getAddress(), chainId };
  await directory.register([await registrationOf(place, 0)]);
  const account = walletOf(0).connect(ethers.provider);
  await networkHelpers.setBalance(account.address, WAD);

  const contracts = { issuer, rival, core: amm, settlement, factory: facades, facade, otherFacade, ledger, weth };
  const actors: Record<string, Signer> = { stranger: carol, owner: alice, operator: bob, spender, admin, account };
  for (const [name, contract] of Object.entries(contracts)) actors[name] = await impersonate(contract);
  const vault = await vaultOf({ ...fixture, own, account });
  const lending = await ethers.getContractAt("LendingCore", await vault.LENDING());
  const liquidator = await ethers.deployContract("FlashLiquidator", [lending, amm]);
  const stakes = await stakesOf({ ...fixture, own });
  const stakedVault = await stakedVaultOf({ ...fixture, own, staking: stakes.staking });
  const merkle = await merkleOf({ ...fixture, own, account });
  const regulated = await rwaOf(fixture, account.address);
  const insured = await insuranceOf(fixture);
  actors.assetFacade = await impersonate(regulated.rwaFacade);
  const more = {
    lending,
    liquidator,
    vault,
    stakedVault,
    vaultRate,
    nav,
    ...stakes,
    ...merkle,
    ...regulated,
    ...insured,
  };
  const deployed = { ...more, own, rival, facade, book, directory, batches, borrower, liquidity };
  return { ...fixture, ...deployed, actors, rules, place, account };
}

/** A stake pool in which Alice has pledged shares to the spender, and may pledge more. */
async function stakesOf({ ledger, alice, relayer, own }: PoolFixture & Pick<VaultParts, "own">) {
  const staking = await ethers.deployContract("StakingCore", [ledger]);
  await ledger.listCore(staking);
  const [stakeAsset, reward0] = [BigInt(await own.getAddress()), BigInt(await ledger.WETH())];
  const terms = { reward1: 0n, funder: alice.address, cooldown: 0n, maxBoost: 0n, slasher: ZeroAddress };
  const stakePool = { stakeAsset, reward0, ...terms, maxLock: 0n, maxSlash: 0n, step: 1n };
  const { stakeId, receiptId } = await createPool({ ledger, staking, alice }, stakePool);
  await staking.issueReceipt(stakeId);
  const source = 1n; // the wallet
  const run = async (action: string, args: readonly unknown[], amount0 = 0n) =>
    ledger.connect(alice).call(await stakeCall(staking, stakePool, { action, args, amount0, source }));
  await own.connect(alice).approve(ledger, ethers.MaxUint256);
  await run("stake", [0n, ZeroAddress], 20n);
  await run("allowPledge", [relayer.address, 10n]);
  await staking.connect(relayer).pledge(alice, receiptId, 5n);
  return { staking, stakeId, receiptId };
}

/** A vault on a stake pool of the own token with a cooldown, in which Alice has shares and a claim, with an operator and a spender. */
async function stakedVaultOf(fixture: PoolFixture & Pick<VaultParts, "own"> & { staking: StakingCore }) {
  const { ledger, staking, alice, bob, relayer, own } = fixture;
  const [stakeAsset, reward0] = [BigInt(await own.getAddress()), BigInt(await ledger.WETH())];
  const terms = { reward1: 0n, funder: alice.address, cooldown: DAY, maxBoost: 0n, slasher: ZeroAddress };
  const { stakeId } = await createPool(
    { ledger, staking, alice },
    { stakeAsset, reward0, ...terms, maxLock: 0n, maxSlash: 0n, step: 1n },
  );
  const auction = { firstPrice: 1n, minimumPrice: 1n, multiplier: 2n * WAD, epoch: DAY };
  const vault = await ethers.deployContract("StakedVault", [staking, stakeId, own, "Staked", "STV", DAY, auction]);
  await own.connect(alice).approve(vault, ethers.MaxUint256);
  await vault.connect(alice).deposit(20n, alice);
  await vault.connect(alice).requestRedeem((await vault.balanceOf(alice)) / 2n, alice, alice);
  await vault.connect(alice).setOperator(bob, true);
  for (const spender of [alice, relayer]) await vault.connect(alice).approve(spender, WAD);
  await networkHelpers.time.increase(DAY);
  return vault;
}

/** A vault of the own token with a market, in which Alice has shares; the roles are those of `HOLDERS`. */
async function vaultOf({ ledger, admin, alice, bob, relayer, own, account }: PoolFixture & VaultParts) {
  const lending = await ethers.deployContract("LendingCore", [ledger]);
  const oracle = await ethers.deployContract("MockPriceOracle", [1n]);
  await lending.enableRateModel(ZeroAddress);
  await lending.enableLltv(LLTV);
  const [loanAsset, collateralAsset] = [BigInt(await own.getAddress()), BigInt(await ledger.WETH())];
  const terms = { oracle: await oracle.getAddress(), irm: ZeroAddress, lltv: LLTV, closeOutDebt: 0n };
  const market = { loanAsset, collateralAsset, ...terms };
  const { marketId } = await createMarket({ ledger, lending, alice }, market);
  const vault = await ethers.deployContract("LendingVault", [lending, own, admin, DAY, "Vault", "VLT"]);
  await vault.setCurator(bob);
  await vault.setAllocator(relayer, true);
  await vault.submitGuardian(account);
  await vault.submitCap(market, 100n);
  await networkHelpers.time.increase(DAY);
  await vault.acceptCap(market);
  await vault.setSupplyQueue([marketId]);
  await own.connect(alice).approve(vault, ethers.MaxUint256);
  await vault.connect(alice).deposit(10n, alice);
  for (const spender of [alice, relayer]) await vault.connect(alice).approve(spender, WAD);
  await vault.transferOwnership(account);
  return vault;
}

/** A funded distribution of the own token, by whose current root Alice has earned a unit; the roles are those of `HOLDERS`. */
async function merkleOf({ ledger, admin: updater, relayer: arbiter, alice, own }: PoolFixture & VaultParts) {
  const distributor = await ethers.deployContract("MerkleDistributor", [ledger]);
  const asset = BigInt(await own.getAddress());
  const terms = { asset, updater: updater.address, arbiter: arbiter.address, delay: DAY, bond: 0n, salt: SALT };
  await distributor.connect(alice).createDistribution(terms);
  const distribution = await distributor.idOf(alice, terms);
  await ledger.connect(alice).approve(distributor, asset, 1n);
  await distributor.connect(alice).fund(distribution, 1n);
  const tree = RewardTree.of({ distribution, entries: [{ account: alice.address, amount: 1n }] });
  await distributor.connect(updater).submitRoot(distribution, tree.root, SALT, "");
  await networkHelpers.time.increase(DAY);
  return { distributor, distributionTerms: terms, distribution, rewards: tree.claimOf(alice.address) };
}

/** Who has a role; the others are strangers. */
export const HOLDERS: Readonly<Record<Exclude<Role, "anyone" | "signature">, readonly string[]>> = {
  owner: ["owner"],
  operator: ["operator"],
  spender: ["spender"],
  issuer: ["issuer"],
  ruler: ["issuer"],
  core: ["issuer", "core"],
  settlement: ["settlement"],
  authority: ["admin"],
  factory: ["factory"],
  facade: ["facade"],
  ledger: ["ledger"],
  self: ["ledger"],
  weth: ["weth"],
  account: ["account"],
  vaultOwner: ["admin"],
  nextOwner: ["account"],
  curator: ["admin", "operator"],
  allocator: ["admin", "operator", "spender"],
  guardian: ["admin", "account"],
  pledgee: ["spender"],
  relayer: ["stranger", "owner", "operator", "spender", "admin", "account"],
  updater: ["admin"],
  arbiter: ["spender"],
  approvedCore: ["core"],
  assetFacade: ["assetFacade"],
  assetOwner: ["owner"],
  nextAssetOwner: ["account"],
  desk: ["spender"],
  poolManager: ["owner"],
  bonded: ["owner"],
};

type Named =
  | "ledger"
  | "facade"
  | "amm"
  | "lending"
  | "staking"
  | "liquidator"
  | "vault"
  | "stakedVault"
  | "liquidity"
  | "directory"
  | "book"
  | "batches"
  | "facades"
  | "vaultRate"
  | "distributor"
  | "nav"
  | "rwa"
  | "rwaAgency"
  | "rwaFacade"
  | "offering"
  | "underwriting"
  | "desk"
  | "reporting";

/** A case that calls `name` of a contract of the fixture with these arguments. */
function calling(
  contract: Named,
  name: string,
  args: (fixture: AccessFixture, actor: string, isSigned: boolean) => unknown[] | Promise<unknown[]>,
  { value, passesWith }: { value?: bigint; passesWith?: string } = {},
): AccessCase {
  return {
    ...(passesWith === undefined ? {} : { passesWith }),
    async send(fixture, actor, isSigned) {
      const to: BaseContract = fixture[contract];
      const values = await Promise.all((await args(fixture, actor, isSigned)).map(resolved));
      const data = to.interface.encodeFunctionData(name, values);
      return { to, data, ...(value === undefined ? {} : { value }) };
    },
  };
}

/** Contracts and accounts as their addresses, in lists too. */
async function resolved(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map(resolved));
  const { getAddress } = (value ?? {}) as { getAddress?: () => Promise<string> };
  return typeof getAddress === "function" ? (value as { getAddress: () => Promise<string> }).getAddress() : value;
}

const asset = async ({ own }: AccessFixture): Promise<bigint> => BigInt(await own.getAddress());
const section = () => sectionOf({ asset0: 0n, asset1: 0n });

async function depositTerms(fixture: AccessFixture, isSigned: boolean): Promise<unknown[]> {
  const { own, alice, bob } = fixture;
  const witness = { to: alice.address, minimum: 1n };
  const signer = isSigned ? alice : bob;
  const { permitted, signature } = await signDeposit({ fixture, owner: signer, token: own, amount: 1n, witness });
  return [alice, alice, 1n, permitted, signature];
}

async function registration({ place }: AccessFixture, actor: string, isSigned: boolean): Promise<unknown[]> {
  // Key 1 for the account of wallet 0, which needs no signature when it calls itself.
  const entry = await registrationOf(place, 1, { signer: walletOf(0) });
  const forged = await registrationOf(place, 1, { signer: walletOf(2), account: walletOf(0).address });
  const signature = isSigned ? entry.signature : actor === "account" ? "0x" : forged.signature;
  return [[{ ...entry, signature }]];
}

async function revocation({ place }: AccessFixture, isSigned: boolean): Promise<unknown[]> {
  const terms = { directory: place.address, chainId: place.chainId, id: 0n, deadline: NEVER };
  return [0n, NEVER, await sign(walletOf(isSigned ? 0 : 1), revokeTypedData(terms))];
}

/** Alice's permit of a share for Carol, or Bob's for her. */
async function sharePermit({ stakedVault, alice, bob, carol, place }: AccessFixture, isSigned: boolean) {
  const verifyingContract = await stakedVault.getAddress();
  const domain = { name: "Staked", version: "1", chainId: place.chainId, verifyingContract };
  const names = ["value", "nonce", "deadline"].map((name) => ({ name, type: "uint256" }));
  const Permit = [{ name: "owner", type: "address" }, { name: "spender", type: "address" }, ...names];
  const terms = { owner: alice.address, spender: carol.address, value: 1n, nonce: 0n, deadline: NEVER };
  const signer = isSigned ? alice : bob;
  const { v, r, s } = ethers.Signature.from(await signer.signTypedData(domain, { Permit }, terms));
  return [alice, carol, 1n, NEVER, v, r, s];
}

const holdings = ({ ledger, amm, key, bookKey }: AccessFixture) => ledger.bookOf(amm, bookKey, key.asset0, key.asset1);
const band = ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [4n * 10n ** 36n, WAD / 10n]);
const swap = actions.encodeFunctionData("swapExactIn", [0n, NEVER]);

const rewardArgs = ({ rewards: { id, account, cumulative, proof } }: AccessFixture): unknown[] => [
  ...[id, account, cumulative, proof],
];

const restricted = ({ key, rules }: AccessFixture) => ({ ...key, asset1: rules, flags: 2n });

/** One case for each rule of `ACCESS`: contract, function and, where there are several, the case. */
export const ACCESS_CASES: Readonly<Record<string, AccessCase>> = {
  "Ledger.transfer": calling("ledger", "transfer", ({ carol, shareId }) => [carol, shareId, 1n]),
  "Ledger.transferFrom": calling("ledger", "transferFrom", ({ alice, carol, shareId }) => [alice, carol, shareId, 1n]),
  "Ledger.approve": calling("ledger", "approve", ({ carol, shareId }) => [carol, shareId, 1n]),
  "Ledger.setOperator": calling("ledger", "setOperator", ({ carol }) => [carol, true]),
  "Ledger.deposit": calling("ledger", "deposit", ({ own, alice }) => [own, 1n, 1n, alice]),
  "Ledger.depositNative": calling("ledger", "depositNative", ({ alice }) => [alice], { value: 1n }),
  "Ledger.depositWithPermit2": calling("ledger", "depositWithPermit2", (fixture, _, isSigned) =>
    depositTerms(fixture, isSigned),
  ),
  "Ledger.withdraw": calling("ledger", "withdraw", ({ own, carol }) => [own, 1n, carol]),
  "Ledger.withdrawNative": calling("ledger", "withdrawNative", ({ carol }) => [1n, carol]),
  "Ledger.permit": calling("ledger", "permit", ({ own }) => [own, 1n, NEVER, 27, ZeroHash, ZeroHash]),
  "Ledger.permit2": calling("ledger", "permit2", ({ own, ledger }) => [
    {
      details: { token: own.target, amount: 1n, expiration: 1n, nonce: 0n },
      spender: ledger.target,
      sigDeadline: NEVER,
    },
    "0x",
  ]),
  "Ledger.flashLoan": calling("ledger", "flashLoan", ({ borrower, own }) => [borrower, own, 1n, "0x"], {
    passesWith: "MockUnexpectedInitiator",
  }),
  "Ledger.multicall": calling("ledger", "multicall", ({ ledger, carol }) => [
    [ledger.interface.encodeFunctionData("setOperator", [carol.address, true])],
  ]),
  "Ledger.call": calling("ledger", "call", async (fixture) => [
    callOf({
      protocol: fixture.protocol.target,
      to: fixture.alice.address,
      asset0: await asset(fixture),
      amount0: 1n,
    }),
  ]),
  "Ledger.callPath": calling("ledger", "callPath", async (fixture) => [
    [
      callOf({
        protocol: fixture.protocol.target,
        to: fixture.alice.address,
        asset0: await asset(fixture),
        amount0: 1n,
      }),
    ],
  ]),
  "Ledger.issueAsset without NOTIFY": calling("ledger", "issueAsset", ({ issuer }) => [
    ethers.id("new"),
    FLAG.rules0,
    issuer,
    ZeroAddress,
  ]),
  "Ledger.issueAsset with NOTIFY": calling("ledger", "issueAsset", ({ issuer }) => [
    ethers.id("new"),
    FLAG.notify0,
    issuer,
    ZeroAddress,
  ]),
  "Ledger.mint": calling("ledger", "mint", ({ rules, alice }) => [rules, alice, 1n]),
  "Ledger.burn from himself": calling("ledger", "burn", ({ rules, actors }, actor) => [rules, actors[actor], 1n]),
  "Ledger.burn from others": calling("ledger", "burn", ({ rules, alice }) => [rules, alice, 1n]),
  "Ledger.forceTransfer": calling("ledger", "forceTransfer", ({ rules, alice, carol }) => [rules, alice, carol, 1n]),
  "Ledger.setFrozen": calling("ledger", "setFrozen", ({ rules, alice }) => [rules, alice, true]),
  "Ledger.setFacade": calling("ledger", "setFacade", ({ rules, carol }) => [rules, carol]),
  "Ledger.facadeTransfer": calling("ledger", "facadeTransfer", ({ shareId, alice, carol }) => [
    ...[shareId, alice, alice, carol, 1n],
  ]),
  "Ledger.facadeApprove": calling("ledger", "facadeApprove", ({ shareId, alice, carol }) => [
    ...[shareId, alice, carol, 1n],
  ]),
  "Ledger.setConsent": calling("ledger", "setConsent", ({ shareId }) => [shareId, 1n]),
  "Ledger.cancel": calling("ledger", "cancel", ({ shareId }) => [shareId]),
  "Ledger.settle": calling("ledger", "settle", () => [section(), []]),
  "Ledger.settleFrame": calling("ledger", "settleFrame", () => [section(), []]),
  "Ledger.listCore": calling("ledger", "listCore", ({ carol }) => [carol]),
  "Ledger.listSettlement": calling("ledger", "listSettlement", ({ carol }) => [carol]),
  "Ledger.switchSettlement": calling("ledger", "switchSettlement", () => [0n, false]),
  "Ledger.receive": { send: ({ ledger }) => ({ to: ledger, data: "0x", value: 1n }) },
  "FacadeFactory.createFacade": calling("facades", "createFacade", ({ carol }) => [carol, SALT, 0n, 0n]),
  "LedgerFacade.transfer": calling("facade", "transfer", ({ carol }) => [carol, 1n]),
  "LedgerFacade.transferFrom": calling("facade", "transferFrom", ({ alice, carol }) => [alice, carol, 1n]),
  "LedgerFacade.approve": calling("facade", "approve", ({ carol }) => [carol, 1n]),
  "Settlement.settle": calling("batches", "settle", () => [EMPTY_HEAD], { passesWith: "SettlementExpired" }),
  "AccountDirectory.register": calling("directory", "register", registration),
  "AccountDirectory.revoke": calling("directory", "revoke", () => [0n]),
  "AccountDirectory.revokeBySignature": calling("directory", "revokeBySignature", (fixture, _, isSigned) =>
    revocation(fixture, isSigned),
  ),
  "AddressBook.list": calling("book", "list", ({ carol }) => [[carol]]),
  "AmmCore.onLedgerCall": calling("amm", "onLedgerCall", async (fixture) => [
    ...[fixture.alice, fixture.poolId, await holdings(fixture), WAD, swap],
  ]),
  "AmmCore.forceExit": calling("amm", "forceExit", (fixture) => [restricted(fixture), fixture.alice, 0n, 0n], {
    passesWith: "LedgerNotIssuer", // there is no such pool
  }),
  "AmmLiquidity.onLedgerCall": calling("liquidity", "onLedgerCall", async (fixture) => [
    ...[fixture.alice, fixture.poolId, await holdings(fixture), WAD, swap],
  ]),
  "AmmLiquidity.onLedgerBatch": calling("liquidity", "onLedgerBatch", async (fixture) => [
    ...[fixture.poolId, await holdings(fixture), 0n, "0x", []],
  ]),
  "AmmLiquidity.forceExit": calling("liquidity", "forceExit", (fixture) => [
    restricted(fixture),
    fixture.alice,
    0n,
    0n,
  ]),
  "LendingCore.onLedgerCall": calling("lending", "onLedgerCall", ({ alice }) => [alice, SALT, 0n, 0n, "0x"], {
    passesWith: "LendingUnknownAction",
  }),
  "LendingCore.onLedgerBatch": calling("lending", "onLedgerBatch", () => [SALT, 0n, 0n, "0x", []], {
    passesWith: "LendingUnknownMarket",
  }),
  "LendingCore.seize": calling("lending", "seize", ({ alice, bob }) => [NO_MARKET, alice, bob], {
    passesWith: "LendingZeroAmount",
  }),
  "LendingCore.enableLltv": calling("lending", "enableLltv", () => [WAD / 2n]),
  "LendingCore.enableRateModel": calling("lending", "enableRateModel", () => [ZeroAddress]),
  "LendingCore.setFee": calling("lending", "setFee", () => [NO_MARKET, 0n], { passesWith: "LendingUnknownMarket" }),
  "LendingCore.setFeeRecipient": calling("lending", "setFeeRecipient", ({ alice }) => [alice]),
  "StakingCore.onLedgerCall": calling("staking", "onLedgerCall", ({ alice }) => [alice, SALT, 0n, 0n, "0x"], {
    passesWith: "StakingUnknownPool",
  }),
  "StakingCore.onLedgerBatch": calling("staking", "onLedgerBatch", () => [SALT, 0n, 0n, "0x", []], {
    passesWith: "StakingUnknownPool",
  }),
  "StakingCore.onLedgerMovement": calling("staking", "onLedgerMovement", ({ alice }) => [1n, alice, alice, 1n]),
  "StakingCore.issueReceipt": calling("staking", "issueReceipt", ({ stakeId }) => [stakeId], {
    passesWith: "LedgerAlreadyIssued",
  }),
  "StakingCore.pledge": calling("staking", "pledge", ({ alice, receiptId }) => [alice, receiptId, 1n]),
  "StakingCore.release": calling("staking", "release", ({ alice, receiptId }) => [alice, receiptId, 1n]),
  "StakingCore.seize": calling("staking", "seize", ({ alice, bob, receiptId }) => [alice, receiptId, 1n, bob]),
  "StakedVault.deposit": calling("stakedVault", "deposit", ({ alice }) => [1n, alice]),
  "StakedVault.mint": calling("stakedVault", "mint", ({ alice }) => [10n ** 6n, alice]),
  "StakedVault.withdraw": calling("stakedVault", "withdraw", ({ alice, carol }) => [1n, carol, alice]),
  "StakedVault.redeem": calling("stakedVault", "redeem", ({ alice, carol }) => [1n, carol, alice]),
  // Each for himself: by whose shares it is what the rule says.
  "StakedVault.requestRedeem": calling("stakedVault", "requestRedeem", ({ alice, actors }, actor) => [
    10n ** 6n,
    actors[actor],
    alice,
  ]),
  "StakedVault.setOperator": calling("stakedVault", "setOperator", ({ carol }) => [carol, true]),
  "StakedVault.transfer": calling("stakedVault", "transfer", ({ carol }) => [carol, 1n]),
  "StakedVault.transferFrom": calling("stakedVault", "transferFrom", ({ alice, carol }) => [alice, carol, 1n]),
  "StakedVault.approve": calling("stakedVault", "approve", ({ carol }) => [carol, 1n]),
  "StakedVault.permit": calling("stakedVault", "permit", (fixture, _, isSigned) => sharePermit(fixture, isSigned)),
  "StakedVault.harvest": calling("stakedVault", "harvest", () => []),
  "StakedVault.buyRewards": calling("stakedVault", "buyRewards", ({ carol }) => [0n, 0n, 0n, NEVER, carol], {
    passesWith: "StakedVaultLotTooSmall",
  }),
  "LendingVault.deposit": calling("vault", "deposit", ({ alice }) => [1n, alice]),
  "LendingVault.mint": calling("vault", "mint", ({ alice }) => [1n, alice]),
  "LendingVault.withdraw": calling("vault", "withdraw", ({ alice, carol }) => [1n, carol, alice]),
  "LendingVault.redeem": calling("vault", "redeem", ({ alice, carol }) => [1n, carol, alice]),
  "LendingVault.transfer": calling("vault", "transfer", ({ carol }) => [carol, 1n]),
  "LendingVault.transferFrom": calling("vault", "transferFrom", ({ alice, carol }) => [alice, carol, 1n]),
  "LendingVault.approve": calling("vault", "approve", ({ carol }) => [carol, 1n]),
  "LendingVault.setCurator": calling("vault", "setCurator", ({ carol }) => [carol]),
  "LendingVault.setAllocator": calling("vault", "setAllocator", ({ carol }) => [carol, true]),
  "LendingVault.setFee": calling("vault", "setFee", () => [0n]),
  "LendingVault.setFeeRecipient": calling("vault", "setFeeRecipient", ({ carol }) => [carol]),
  "LendingVault.submitTimelock": calling("vault", "submitTimelock", () => [DAY * 2n]),
  "LendingVault.submitGuardian": calling("vault", "submitGuardian", ({ carol }) => [carol]),
  "LendingVault.transferOwnership": calling("vault", "transferOwnership", ({ carol }) => [carol]),
  "LendingVault.acceptOwnership": calling("vault", "acceptOwnership", () => []),
  "LendingVault.renounceOwnership": calling("vault", "renounceOwnership", () => []),
  "LendingVault.submitCap": calling("vault", "submitCap", () => [NO_MARKET, 0n], { passesWith: "VaultWrongAsset" }),
  "LendingVault.submitRemoval": calling("vault", "submitRemoval", () => [SALT], {
    passesWith: "VaultMarketNotEnabled",
  }),
  "LendingVault.acceptTimelock": calling("vault", "acceptTimelock", () => [], NOTHING_PENDING),
  "LendingVault.acceptGuardian": calling("vault", "acceptGuardian", () => [], NOTHING_PENDING),
  "LendingVault.acceptCap": calling("vault", "acceptCap", () => [NO_MARKET], NOTHING_PENDING),
  "LendingVault.revokeTimelock": calling("vault", "revokeTimelock", () => [], NOTHING_PENDING),
  "LendingVault.revokeGuardian": calling("vault", "revokeGuardian", () => [], NOTHING_PENDING),
  "LendingVault.revokeCap": calling("vault", "revokeCap", () => [SALT], NOTHING_PENDING),
  "LendingVault.revokeRemoval": calling("vault", "revokeRemoval", () => [SALT], {
    passesWith: "VaultMarketNotEnabled",
  }),
  "LendingVault.setSupplyQueue": calling("vault", "setSupplyQueue", () => [[]]),
  "LendingVault.setWithdrawQueue": calling("vault", "setWithdrawQueue", () => [[]], { passesWith: "VaultCapNotZero" }),
  "LendingVault.reallocate": calling("vault", "reallocate", () => [[]]),
  "FlashLiquidator.liquidate": calling(
    "liquidator",
    "liquidate",
    async ({ own, bob }) => [{ ...NO_MARKET, loanAsset: BigInt(await own.getAddress()) }, bob, 1n << 100n, [], 0n],
    { passesWith: "ERC20InsufficientBalance" },
  ),
  "FlashLiquidator.onFlashLoan": calling("liquidator", "onFlashLoan", ({ alice, own }) => [alice, own, 1n, 0n, "0x"], {
    passesWith: "LiquidatorNotInitiator",
  }),
  "MerkleDistributor.createDistribution": calling("distributor", "createDistribution", ({ distributionTerms }) => [
    { ...distributionTerms, salt: ZeroHash },
  ]),
  "MerkleDistributor.fund": calling("distributor", "fund", ({ distribution }) => [distribution, 0n], {
    passesWith: "MerkleZeroAmount",
  }),
  "MerkleDistributor.fundFromWallet": calling(
    "distributor",
    "fundFromWallet",
    ({ distribution }) => [distribution, 1n],
    {
      passesWith: "ERC20InsufficientAllowance",
    },
  ),
  "MerkleDistributor.submitRoot": calling("distributor", "submitRoot", ({ distribution }) => [
    ...[distribution, SALT, SALT, ""],
  ]),
  "MerkleDistributor.withdrawRoot": calling("distributor", "withdrawRoot", ({ distribution }) => [distribution], {
    passesWith: "MerkleNothingPending",
  }),
  "MerkleDistributor.dispute": calling("distributor", "dispute", ({ distribution }) => [distribution, SALT], {
    passesWith: "MerkleNothingPending",
  }),
  "MerkleDistributor.resolveDispute": calling(
    "distributor",
    "resolveDispute",
    ({ distribution }) => [distribution, SALT, true],
    { passesWith: "MerkleNotDisputed" },
  ),
  "MerkleDistributor.expireDispute": calling("distributor", "expireDispute", ({ distribution }) => [distribution], {
    passesWith: "MerkleNotDisputed",
  }),
  "MerkleDistributor.claim": calling("distributor", "claim", rewardArgs),
  "MerkleDistributor.claimTo": calling("distributor", "claimTo", (fixture) => [...rewardArgs(fixture), fixture.carol]),
  "MerkleDistributor.claimToWallet": calling("distributor", "claimToWallet", (fixture) => [
    ...[...rewardArgs(fixture), fixture.carol],
  ]),
  "MerkleDistributor.claimMany": calling("distributor", "claimMany", ({ rewards }) => [[rewards]]),
  "AmmCore.setProtocolFee": calling("amm", "setProtocolFee", ({ alice }) => [1000n, alice]),
  "AmmCore.onLedgerBatch": calling("amm", "onLedgerBatch", async (fixture) => [
    ...[fixture.poolId, await holdings(fixture), 0n, band, []],
  ]),
  "VaultRateFeed.moveReference": calling("vaultRate", "moveReference", () => []),
  "NavOracle.report": calling("nav", "report", () => [WAD]),
  ...Object.fromEntries(
    Object.entries({ ...RWA_CASES, ...INSURANCE_CASES }).map(([name, { contract, args, ...rest }]) => [
      name,
      calling(contract, name.slice(name.indexOf(".") + 1), args, rest),
    ]),
  ),
};
