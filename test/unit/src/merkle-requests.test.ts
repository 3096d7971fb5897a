import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { network } from "#chain";
import {
  ASSET_FLAGS,
  createLakh,
  issuedId,
  RewardTree,
  tokenId,
  type DistributionTerms,
  type LakhRequest,
} from "../../../src/index.js";
import { at, deployLakh } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";

const UNIT = 10n ** 18n;
const HOUR = 3_600n;
const DAY = 24n * HOUR;
const WEEK = 7n * DAY;

/** The first account creates, funds and disputes, the second submits roots, the third decides. */
async function fixture() {
  const connection = await network.create();
  const deployed = await deployLakh(connection);
  const { admin, tokens, ledger, lakh, merkleDistributor } = deployed;
  const [updater, arbiter, worker] = [1, 2, 3].map((index) => at(deployed.signers, index)) as [
    typeof admin,
    typeof admin,
    typeof admin,
  ];
  const token = at(tokens, 0);
  await token.mint(admin, 1_000n * UNIT);
  await token.approve(ledger, 500n * UNIT);
  await token.approve(merkleDistributor, 500n * UNIT);
  const asset = tokenId(await token.getAddress());
  const send = async (signer: typeof admin, request: LakhRequest): Promise<void> => {
    await (await signer.sendTransaction(request)).wait();
  };
  await send(admin, lakh.ledger.deposit({ token: await token.getAddress(), amount: 100n * UNIT, to: admin.address }));
  await ledger.setOperator(merkleDistributor, true);
  const people = { updater: updater.address, arbiter: arbiter.address };
  const terms: DistributionTerms = { asset, ...people, delay: DAY, bond: UNIT, salt: ZeroHash };
  return { ...deployed, merkle: lakh.merkle, updater, arbiter, worker, token, asset, terms, send, connection };
}

describe("src/merkle-client", () => {
  it("builds requests that create, fund, submit, dispute, decide and claim", async () => {
    const { merkle, terms, admin, updater, arbiter, worker, token, ledger, asset, send, connection } = await fixture();
    const { time } = connection.networkHelpers;
    const distribution = await merkle.distributionIdOf({ creator: admin.address, terms });
    await send(admin, merkle.createDistribution({ terms }));
    await send(admin, merkle.fund({ distribution, amount: 10n * UNIT }));
    await send(admin, merkle.fundFromWallet({ distribution, amount: 20n * UNIT }));
    const funded = async (): Promise<bigint> => (await merkle.contract.distributionOf(distribution)).funded;
    expect(await funded()).to.equal(30n * UNIT);

    const paid = { account: worker.address, amount: 3n * UNIT };
    const tree = RewardTree.of({ distribution, entries: [paid, { account: arbiter.address, amount: UNIT }] });
    const { root } = tree;
    const uri = "ipfs://rewards";
    await send(updater, merkle.submitRoot({ tree, uri }));
    await send(updater, merkle.withdrawRoot({ distribution }));
    await send(updater, merkle.submitRoot({ tree, uri }));
    await send(admin, merkle.dispute({ distribution, root }));
    await send(arbiter, merkle.resolveDispute({ distribution, root, isUpheld: true }));
    await send(updater, merkle.submitRoot({ tree, uri }));
    await send(admin, merkle.dispute({ distribution, root }));
    await time.increase(WEEK);
    await send(worker, merkle.expireDispute({ distribution }));
    await send(updater, merkle.submitRoot({ tree, uri }));
    const claim = tree.claimOf(worker.address);
    expect(await merkle.claimable(claim)).to.equal(0n);
    await time.increase(DAY);
    expect(await merkle.claimable(claim)).to.equal(3n * UNIT);

    await send(admin, merkle.claim(claim));
    expect(await ledger.balanceOf(worker, asset)).to.equal(3n * UNIT);
    const next = tree.withRound([paid]);
    await send(updater, merkle.submitRoot({ tree: next, uri }));
    await time.increase(DAY);
    await send(worker, merkle.claimTo({ claim: next.claimOf(worker.address) }));
    // The client's account receives where nobody else is named.
    expect(await ledger.balanceOf(admin, asset)).to.equal((100n - 10n + 3n) * UNIT);
    await send(arbiter, merkle.claimToWallet({ claim: next.claimOf(arbiter.address), to: arbiter.address }));
    expect(await token.balanceOf(arbiter)).to.equal(UNIT);
    await send(admin, merkle.claimMany({ claims: [worker, arbiter].map(({ address }) => next.claimOf(address)) }));
    expect(await merkle.contract.claimedOf(distribution, worker)).to.equal(6n * UNIT);
    expect(await funded()).to.equal(30n * UNIT);
  });

  it("refuses by name what the distributor would refuse", async () => {
    const { merkle, terms, lakh, admin } = await fixture();
    const create = (change: Partial<DistributionTerms>) => () =>
      merkle.createDistribution({ terms: { ...terms, ...change } });
    const restricted = issuedId({ owner: admin.address, salt: ZeroHash, flags: ASSET_FLAGS.rules0 });
    expectCode(create({ delay: HOUR - 1n }), "AmountOutOfRange");
    expectCode(create({ delay: 30n * DAY + 1n }), "AmountOutOfRange");
    expectCode(create({ bond: 1n << 96n }), "AmountTooLarge");
    expectCode(create({ bond: -1n }), "AmountTooLarge");
    expectCode(create({ updater: ZeroAddress }), "InvalidAddress");
    expectCode(create({ arbiter: "0x12" }), "InvalidAddress");
    expectCode(create({ salt: "0x12" }), "InvalidBytes32");
    expectCode(create({ asset: restricted }), "RestrictedAsset");
    expectCode(() => merkle.fund({ distribution: ZeroHash, amount: 0n }), "AmountZero");
    expectCode(() => merkle.dispute({ distribution: "0x", root: ZeroHash }), "InvalidBytes32");
    expectCode(() => merkle.claimMany({ claims: [] }), "NothingToClaim");
    const { merkle: mute } = createLakh({ addresses: lakh.addresses });
    const claim = { id: ZeroHash, account: admin.address, cumulative: 1n, proof: [] };
    expectCode(() => mute.claimTo({ claim }), "RecipientMissing");
    const code = await mute.distributionIdOf({ creator: admin.address, terms }).catch((error: unknown) => error);
    expect(code).to.have.property("code", "NoProvider");
  });
});
