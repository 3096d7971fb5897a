import type { Addressable, BigNumberish } from "ethers";
import {
  IEligibilityRegistry__factory,
  IRwaActions__factory,
  IRwaAgency__factory,
  type IRwaAgency,
  type IEligibilityRegistry,
  type RwaCore,
} from "../../typechain-types/index.js";
import type { ILedger } from "../../typechain-types/core/Ledger.js";
import { bookIdOf, callOf, ethers, issuedId, ledgerFixture, networkHelpers, WAD } from "./ledger-fixture.js";

/** The typed calls of an income book. */
export const rwaActions = IRwaActions__factory.createInterface();

export const DAY = 86_400n;
export const YEAR = 365n * DAY;
/** The flags of an asset's word: RULES and NOTIFY of side 0. */
export const ASSET_FLAGS = 5n;
export const SALT = ethers.id("12 Main Street");
export const UNITS = 1_000n * WAD;
export const ROLE = {
  ...{ mint: 1n, burn: 2n, freeze: 4n, force: 8n, pause: 16n, recover: 32n, documents: 64n, income: 128n, terms: 256n },
} as const;
export const APPROVAL = { pledgee: 1n, venue: 2n, pool: 4n } as const;
export const REFUSAL = {
  ...{ none: 0n, unknownAsset: 1n, paused: 2n, senderNotEligible: 3n, senderFrozen: 4n, unitsHeld: 5n },
  ...{ receiverNotEligible: 6n, receiverFrozen: 7n, receiverCountry: 8n, receiverClasses: 9n },
  ...{ protocolNotApproved: 10n, holderCap: 11n, module: 12n },
} as const;
/** ISO 3166-1 numeric. */
export const COUNTRY = { france: 250, germany: 276, unitedStates: 840 } as const;
/** An eligibility that no test outlives. */
export const ELIGIBLE = {
  ...{ sendUntil: 2n ** 40n - 1n, receiveUntil: 2n ** 40n - 1n, country: COUNTRY.germany, classes: 0n },
};

export type RwaFixture = Awaited<ReturnType<typeof rwaFixture>>;
type Signer = RwaFixture["alice"];
type Terms = IRwaAgency.TermsStruct;

/** The terms of the fixture's asset: 6 decimals of nothing special, paid in USDC. */
export function termsOf(owner: string, payAsset: bigint, terms: Partial<Terms> = {}): Terms {
  return {
    ...{ name: "12 Main Street", symbol: "MAIN12", decimals: 18, owner, payAsset },
    ...{ cap: 2n ** 96n - 1n, holderCap: 0, classes: 0, feePerDay: 0n },
    ...terms,
  };
}

/**
 * The ledger fixture with the core of regulated assets, and an asset that pays USDC and belongs to Carol, of which Alice and Bob are
 * eligible and have 1,000 units each. The admin is the registry's agent.
 */
export async function rwaFixture() {
  const fixture = await ledgerFixture();
  const { ledger, ids, admin, alice, bob, carol, usdc } = fixture;
  const part = await ethers.deployContract("RwaAgency", [ledger]);
  const core: RwaCore = await ethers.deployContract("RwaCore", [ledger, part]);
  await ledger.listCore(core);
  const agency: IRwaAgency = IRwaAgency__factory.connect(await core.getAddress(), carol);
  const registry: IEligibilityRegistry = IEligibilityRegistry__factory.connect(await core.getAddress(), admin);
  await usdc.mint(carol, 10n ** 18n);
  await usdc.connect(carol).approve(ledger, ethers.MaxUint256);
  await ledger.connect(carol).deposit(usdc, 10n ** 17n, 10n ** 17n, carol);
  for (const account of [alice, bob]) await registry.setAccount(account, ELIGIBLE);
  const id = await issuedId({ owner: core, salt: SALT, flags: ASSET_FLAGS });
  await agency.connect(admin).issue(SALT, termsOf(carol.address, ids.usdc));
  for (const account of [alice, bob]) await agency.mint(id, account, UNITS);
  return { ...fixture, core, agency, registry, id };
}

/** The fixture with strangers to the registry and a facade. */
export async function rwaFacadeFixture() {
  const fixture = await rwaFixture();
  const { agency, core, id } = fixture;
  await agency.createFacade(id);
  const facade = await ethers.getContractAt("RwaFacade", (await core.assetOf(id)).facade);
  const [, , , , , dave, erin] = await ethers.getSigners();
  if (!dave || !erin) throw new Error("signers");
  return { ...fixture, facade, dave, erin };
}

type Book = Pick<RwaFixture, "core" | "ids" | "id">;

/** The id of an asset's income book. */
export async function incomeBookOf({ core, ids, id }: Book): Promise<string> {
  return bookIdOf({ protocol: core, asset0: ids.usdc, asset1: 0n, key: ethers.toBeHex(id, 32) });
}

type Action = { action: string; args?: readonly unknown[]; id?: bigint } & Partial<ILedger.CallStruct>;

/** A call on an asset's income book: by name and arguments of `IRwaActions`, from and to the ledger unless said otherwise. */
export function incomeCall(fixture: Book, { action, args = [], id = fixture.id, ...rest }: Action): ILedger.CallStruct {
  return callOf({
    ...{ protocol: fixture.core, key: ethers.toBeHex(id, 32), asset0: fixture.ids.usdc, asset1: 0n },
    ...{ to: ethers.ZeroAddress, data: rwaActions.encodeFunctionData(action as never, args as never) },
    ...rest,
  });
}

/** Distributes so much of USDC over so many whole days, of which the first begins at the next midnight; answers the end. */
export async function distribute(
  fixture: Book & Pick<RwaFixture, "ledger" | "carol">,
  { amount, days, id = fixture.id }: { amount: bigint; days: bigint; id?: bigint },
): Promise<bigint> {
  const now = BigInt(await networkHelpers.time.latest()) + 1n;
  await networkHelpers.time.setNextBlockTimestamp(now);
  const end = now - (now % DAY) + (days + 1n) * DAY;
  const call = incomeCall(fixture, { action: "distribute", args: [end], amount0: amount, id });
  await fixture.ledger.connect(fixture.carol).call(call);
  return end;
}

/** Claims a user's income to his ledger balance. */
export async function claim(fixture: Book & Pick<RwaFixture, "ledger">, user: Signer, account = ethers.ZeroAddress) {
  return fixture.ledger.connect(user).call(incomeCall(fixture, { action: "claimIncome", args: [account] }));
}

/** Moves time to the beginning of the day after so many days. */
export async function passDays(days: bigint): Promise<void> {
  const now = BigInt(await networkHelpers.time.latest());
  await networkHelpers.time.increaseTo(now - (now % DAY) + days * DAY);
}

/** Makes accounts eligible, in Germany and without classes unless said otherwise. */
export async function admit(
  { registry }: Pick<RwaFixture, "registry">,
  accounts: readonly Addressable[],
  eligibility: Partial<Record<keyof typeof ELIGIBLE, BigNumberish>> = {},
): Promise<void> {
  for (const account of accounts) await registry.setAccount(account, { ...ELIGIBLE, ...eligibility });
}
