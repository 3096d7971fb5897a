import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import type { Addressable, ContractTransactionResponse } from "ethers";
import { IRwaOfferingActions__factory } from "../../typechain-types/index.js";
import type { ILedger } from "../../typechain-types/core/Ledger.js";
import { bookIdOf, callOf, ethers, networkHelpers, sectionOf, settle, WAD, type Order } from "./ledger-fixture.js";
import { admit, APPROVAL, rwaFixture, UNITS } from "./rwa-fixture.js";

/** The typed calls of offerings. */
export const offeringActions = IRwaOfferingActions__factory.createInterface();

/** Kinds of operations: twins of `RwaOfferings`. */
export const OFFER_KIND = { subscribe: 0n, claim: 3n, refund: 11n } as const;
export const STATUS = {
  ...{ none: 0n, waiting: 1n, open: 2n, settling: 3n, succeeded: 4n, failed: 5n, cancelled: 6n },
} as const;
export const OBSTACLE = {
  ...{ none: 0n, notOpen: 1n, soldOut: 2n, belowLeast: 3n, aboveMost: 4n, seller: 5n, notAllowed: 6n },
  ...{ refused: 7n, underpaid: 8n },
} as const;
export const USD = 10n ** 6n;
/** 50 USDC for a unit of 18 decimals, scaled by 1e36. */
export const PRICE = (50n * USD * 10n ** 36n) / WAD;
export const HOUR = 3600n;
/** 2%. */
export const FEE = WAD / 50n;
export const LISTING_FEE = 10n * USD;

export type Offering = {
  payAsset: bigint;
  asset: bigint;
  seller: string;
  start: bigint;
  end: bigint;
  price: bigint;
  softCap: bigint;
  hardCap: bigint;
  fee: bigint;
  least: bigint;
  most: bigint;
  allowRoot: string;
  salt: string;
};

export type OfferingFixture = Awaited<ReturnType<typeof offeringFixture>>;
export type Signer = OfferingFixture["alice"];

/**
 * The fixture of regulated assets with the core of offerings as an approved venue, a fee of 2%, a listing fee of 10 USDC, and the relayer as
 * the fee recipient. Carol, the issuer, has 1,000 units as well; Alice, Bob, Dave and Erin have USDC in the ledger. All are eligible.
 */
export async function offeringFixture() {
  const fixture = await rwaFixture();
  const { ledger, core, agency, registry, id, admin, carol, relayer, usdc } = fixture;
  const [, , , , , dave, erin, frank] = await ethers.getSigners();
  if (!dave || !erin || !frank) throw new Error("signers");
  const offering = await ethers.deployContract("RwaOffering", [core]);
  await ledger.listCore(offering);
  await registry.setProtocol(offering);
  await agency.setApproval(id, offering, APPROVAL.venue);
  await agency.connect(admin).setFeeRecipient(relayer);
  await offering.setFee(FEE);
  await offering.setListingFee(fixture.ids.usdc, LISTING_FEE);
  await admit(fixture, [carol, dave, erin]);
  await agency.mint(id, carol, UNITS);
  for (const user of [dave, erin, frank]) {
    await usdc.mint(user, 10n ** 15n);
    await usdc.connect(user).approve(ledger, ethers.MaxUint256);
    await ledger.connect(user).deposit(usdc, 10n ** 14n, 10n ** 14n, user);
  }
  return { ...fixture, offering, dave, erin, frank };
}

type Parts = Pick<OfferingFixture, "offering" | "ids" | "id" | "carol">;

/** Terms of the seller Carol: up to 100 units at 50 USDC, in a window from now to a day later. */
export async function termsOf({ ids, id, carol }: Omit<Parts, "offering">, terms: Partial<Offering> = {}) {
  const now = BigInt(await networkHelpers.time.latest());
  return {
    ...{ payAsset: ids.usdc, asset: id, seller: carol.address, start: now, end: now + 24n * HOUR, price: PRICE },
    ...{ softCap: 0n, hardCap: 100n * WAD, fee: FEE, least: 1n, most: 0n },
    ...{ allowRoot: ethers.ZeroHash, salt: ethers.ZeroHash },
    ...terms,
  } satisfies Offering;
}

/** The core's own name of the book: a twin of `Offering.bookKey`. */
export function offeringKeyOf(terms: Offering): string {
  const { seller, start, end, price, softCap, hardCap, fee, least, most, allowRoot, salt } = terms;
  return ethers.keccak256(
    ethers.AbiCoder.defaultAbiCoder().encode(
      [
        "address",
        "uint40",
        "uint40",
        "uint256",
        ...Array<string>(2).fill("uint96"),
        "uint64",
        "uint96",
        "uint96",
      ].concat(["bytes32", "bytes32"]),
      [seller, start, end, price, softCap, hardCap, fee, least, most, allowRoot, salt],
    ),
  );
}

/** The id of an offering. */
export async function offeringIdOf(offering: Addressable, terms: Offering): Promise<string> {
  return bookIdOf({
    protocol: offering,
    asset0: terms.payAsset,
    asset1: terms.asset,
    key: offeringKeyOf(terms),
  });
}

export type Action = { action: string; args?: readonly unknown[] } & Partial<ILedger.CallStruct>;

/** A call on an offering's book: by name and arguments of `IRwaOfferingActions`, from and to the caller's ledger balance. */
export async function offerCall(
  { offering }: Pick<Parts, "offering">,
  terms: Offering,
  { action, args = [], ...rest }: Action,
): Promise<ILedger.CallStruct> {
  return callOf({
    ...{ protocol: await offering.getAddress(), key: offeringKeyOf(terms) },
    ...{ asset0: terms.payAsset, asset1: terms.asset },
    ...{ to: ethers.ZeroAddress, data: offeringActions.encodeFunctionData(action as never, args as never) },
    ...rest,
  });
}

type Book = Pick<OfferingFixture, "ledger" | "offering">;

/** Makes a call on an offering. */
export async function act(
  fixture: Book,
  terms: Offering,
  user: Signer,
  action: Action,
): Promise<ContractTransactionResponse> {
  return fixture.ledger.connect(user).call(await offerCall(fixture, terms, action));
}

/** Creates an offering with an inventory; pays what the listing costs, up to 1,000 USDC. */
export async function create(
  fixture: Book & Parts,
  { terms, inventory = 100n * WAD, seller = fixture.carol }: { terms: Offering; inventory?: bigint; seller?: Signer },
): Promise<string> {
  const amounts = { amount0: 1000n * USD, amount1: inventory };
  await act(fixture, terms, seller, { action: "create", args: [terms], ...amounts });
  return offeringIdOf(fixture.offering, terms);
}

/** An offering of 100 units by Carol, with what `act` and `subscribe` do on it. */
export async function openFixture(terms: Partial<Offering> = {}) {
  const fixture = await offeringFixture();
  const offer = await termsOf(fixture, terms);
  const offerId = await create(fixture, { terms: offer });
  return { ...fixture, ...onOffer(fixture, offer), offer, offerId };
}

/** Actions on one offering. */
export function onOffer(fixture: Book, offer: Offering) {
  const run = (user: Signer, action: string, args: readonly unknown[] = [], more: Partial<ILedger.CallStruct> = {}) =>
    act(fixture, offer, user, { action, args, ...more });
  const subscribe = (user: Signer, units: bigint, paid = 10_000n * USD, proof: readonly string[] = []) =>
    run(user, "subscribe", [units, proof], { amount0: paid });
  return { run, subscribe };
}

/** Settles a section of the offering. */
export async function settleOffer(
  { offering, settlement }: Pick<OfferingFixture, "offering" | "settlement">,
  terms: Offering,
  orders: readonly Order[],
) {
  const { payAsset: asset0, asset: asset1 } = terms;
  const section = sectionOf({ protocol: offering, key: offeringKeyOf(terms), asset0, asset1, gasCap: 10_000_000n });
  return settle({ settlement, section, orders });
}

/** An account's ledger balances of the pay asset and the asset. */
export async function holdingsOf({ ledger }: Book, terms: Offering, user: Addressable): Promise<[bigint, bigint]> {
  return Promise.all([ledger.balanceOf(user, terms.payAsset), ledger.balanceOf(user, terms.asset)]);
}

/** What both balances of a user change by while `send` runs. */
export async function changes(fixture: Book, terms: Offering, user: Addressable, send: () => Promise<unknown>) {
  const before = await holdingsOf(fixture, terms, user);
  await send();
  const after = await holdingsOf(fixture, terms, user);
  return [after[0] - before[0], after[1] - before[1]] as const;
}

/** Both sides of an offering's book. */
export async function bookOf(
  { ledger, offering }: Book,
  terms: Offering,
): Promise<{ money: bigint; units: bigint; flags: bigint }> {
  const word = await ledger.bookOf(offering, offeringKeyOf(terms), terms.payAsset, terms.asset);
  const half = 2n ** 112n - 1n;
  return { money: word & half, units: (word >> 112n) & half, flags: word >> 224n };
}

/** The tree of an allow-list, whose leaves are hashed as the core hashes them. */
export function allowTree(accounts: readonly string[]) {
  const tree = StandardMerkleTree.of(
    accounts.map((account) => [account]),
    ["address"],
  );
  return { root: tree.root, proofOf: (account: string): string[] => tree.getProof([account]) };
}
