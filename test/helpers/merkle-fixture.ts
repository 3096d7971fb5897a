import type { AddressLike, ContractTransactionResponse } from "ethers";
import { RewardTree, type RewardEntry } from "../../src/index.js";
import type { MerkleDistributor } from "../../typechain-types/index.js";
import { ethers, ledgerFixture, networkHelpers } from "./ledger-fixture.js";

export const HOUR = 3600n;
export const DAY = 24n * HOUR;
/** For how long a root of the fixture's distribution waits. */
export const DELAY = 2n * DAY;
export const DECISION_PERIOD = 7n * DAY;
export const BOND = 500n;
/** What the fixture's distribution is funded with. */
export const FUNDS = 10_000n;
/** States of `RootState`. */
export const STATE = { none: 0n, waiting: 1n, disputed: 2n, confirmed: 3n, expired: 4n } as const;
export const URI = "ipfs://rewards";
/** Sends what reverts without an estimate, so that the block's time is the test's. */
export const GAS = { gasLimit: 1_000_000n };

export type MerkleFixture = Awaited<ReturnType<typeof merkleFixture>>;
export type CurrentFixture = Awaited<ReturnType<typeof currentFixture>>;
type Signer = MerkleFixture["alice"];

/** Sends with the block's time set to `timestamp`. */
export async function at(timestamp: bigint, send: () => Promise<ContractTransactionResponse>) {
  await networkHelpers.time.setNextBlockTimestamp(timestamp);
  return send();
}

export async function now(): Promise<bigint> {
  return BigInt(await networkHelpers.time.latest());
}

/**
 * A distributor with one distribution of token 0 by Alice, for the admin as its updater and the relayer as its arbiter, and 10,000
 * units of funds. Alice and Bob allow the distributor to take from their ledger balances and wallets.
 */
export async function merkleFixture() {
  const fixture = await ledgerFixture();
  const { ledger, token0, alice, bob, carol, admin: updater, relayer: arbiter, ids } = fixture;
  const distributor = await ethers.deployContract("MerkleDistributor", [ledger]);
  const terms = {
    asset: ids.token0,
    updater: updater.address,
    arbiter: arbiter.address,
    delay: DELAY,
    bond: BOND,
    salt: ethers.ZeroHash,
  };
  for (const user of [alice, bob]) {
    await ledger.connect(user).setOperator(distributor, true);
    await token0.connect(user).approve(distributor, ethers.MaxUint256);
  }
  const id = await create(distributor, alice, terms);
  await distributor.connect(alice).fund(id, FUNDS);
  const [, , , , , dave, erin] = await ethers.getSigners();
  if (!dave || !erin) throw new Error("There are too few signers");
  const held = async (account: AddressLike, asset = ids.token0) => ledger.balanceOf(account, asset);
  return { ...fixture, distributor, terms, id, updater, arbiter, carol, dave, erin, held };
}

/** The fixture with a current root by which Carol has earned 1,000, Dave 2,000 and Erin 3,000 units. */
export async function currentFixture() {
  const fixture = await merkleFixture();
  const { carol, dave, erin } = fixture;
  const entries = [
    { account: carol.address, amount: 1000n },
    { account: dave.address, amount: 2000n },
    { account: erin.address, amount: 3000n },
  ];
  return { ...fixture, tree: await publish(fixture, entries), entries };
}

export async function create(
  distributor: MerkleDistributor,
  creator: Signer,
  terms: MerkleFixture["terms"],
): Promise<string> {
  await distributor.connect(creator).createDistribution(terms);
  return distributor.idOf(creator, terms);
}

export async function submit(
  { distributor, updater }: Pick<MerkleFixture, "distributor" | "updater">,
  id: string,
  { root, contentHash }: { root: string; contentHash: string },
) {
  return distributor.connect(updater).submitRoot(id, root, contentHash, URI);
}

/** Submits the root of these entries and lets it wait until it is current. */
export async function publish(
  fixture: Pick<MerkleFixture, "distributor" | "updater" | "id">,
  entries: readonly RewardEntry[],
  id = fixture.id,
): Promise<RewardTree> {
  const tree = RewardTree.of({ distribution: id, entries });
  await submit(fixture, id, tree.publication());
  await networkHelpers.time.increase(DELAY);
  return tree;
}

/** The arguments of a claim. */
export function claimArgs(tree: RewardTree, account: string): [string, string, bigint, string[]] {
  const { id, account: owner, cumulative, proof } = tree.claimOf(account);
  return [id, owner, cumulative, proof];
}
