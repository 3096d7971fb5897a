import { ContractFactory, getAddress, id as hashOf, toBeHex, type Signer } from "ethers";
import { runMain } from "../scripts/lib/failure.js";
import { startInProcess } from "../scripts/lib/in-process.js";
import { RewardTree } from "../src/index.js";
import { MerkleDistributor__factory, MockERC20__factory, Ledger__factory } from "../typechain-types/index.js";
import { readProduction } from "./gas/artifacts.js";

const DAY = 24 * 3600;
const SIZES = [1, 100, 10_000];
const COUNTS = [1, 10, 100];
const MANY = hashOf("many");

const show = (value: number): string => Math.round(value).toLocaleString("en-US");
/** Each tree has accounts of its own, without a ledger balance. */
const accountOf = (tree: string, index: number): string =>
  getAddress(toBeHex(BigInt(tree.slice(0, 34)) + BigInt(index), 20));

/** What a claim costs, by the size of the tree and by how many stand in one transaction. */
await runMain(async () => {
  const chain = await startInProcess();
  try {
    const admin = await chain.provider.getSigner(0);
    const deploy = async (source: string, args: readonly unknown[], signer: Signer = admin): Promise<string> => {
      const { abi, bytecode } = await readProduction(source);
      const contract = await new ContractFactory(abi, bytecode, signer).deploy(...args);
      await contract.waitForDeployment();
      return contract.getAddress();
    };
    const [weth, permit2] = [
      await deploy("contracts/mocks/MockWETH.sol", []),
      await deploy("contracts/mocks/MockPermit2.sol", []),
    ];
    const tokenAt = await deploy("contracts/mocks/MockERC20.sol", ["Reward", "RWD", 18]);
    // Anything with code can be its authority: nothing is listed here.
    const ledgerAt = await deploy("contracts/core/Ledger.sol", [weth, weth, permit2, []]);
    const at = await deploy("contracts/staking/MerkleDistributor.sol", [ledgerAt]);
    const token = MockERC20__factory.connect(tokenAt, admin);
    const ledger = Ledger__factory.connect(ledgerAt, admin);
    const distributor = MerkleDistributor__factory.connect(at, admin);
    const me = await admin.getAddress();
    const funds = 10n ** 24n;
    await (await token.mint(me, funds)).wait();
    await (await token.approve(ledgerAt, funds)).wait();
    await (await ledger.deposit(tokenAt, funds, funds, me)).wait();
    await (await ledger.setOperator(at, true)).wait();

    /** A distribution whose current root pays a unit to each of so many accounts; `earned` comes on top. */
    const current = async (size: number, salt: string): Promise<RewardTree> => {
      const terms = { asset: BigInt(tokenAt), updater: me, arbiter: me, delay: BigInt(DAY), bond: 0n, salt };
      await (await distributor.createDistribution(terms)).wait();
      const distribution = await distributor.idOf(me, terms);
      await (await distributor.fund(distribution, 10n ** 20n)).wait();
      const entries = Array.from({ length: size }, (_, index) => ({
        account: accountOf(salt, index),
        amount: 10n ** 9n,
      }));
      return publish(RewardTree.of({ distribution, entries }));
    };
    const publish = async (tree: RewardTree): Promise<RewardTree> => {
      const { root, contentHash } = tree.publication();
      await (await distributor.submitRoot(tree.distribution, root, contentHash, "")).wait();
      await chain.request({ method: "evm_increaseTime", params: [DAY] });
      await chain.request({ method: "evm_mine", params: [] });
      return tree;
    };
    const claim = async (tree: RewardTree, owner: string): Promise<number> => {
      const { id, account, cumulative, proof } = tree.claimOf(owner);
      return Number((await (await distributor.claim(id, account, cumulative, proof)).wait())?.gasUsed);
    };
    const claimMany = async (tree: RewardTree, from: number, count: number): Promise<number> => {
      const claims = Array.from({ length: count }, (_, index) => tree.claimOf(accountOf(MANY, from + index)));
      return Number((await (await distributor.claimMany(claims)).wait())?.gasUsed);
    };

    console.log("claim, whole transactions, production build: first of an account; later, over a balance");
    for (const size of SIZES) {
      const salt = hashOf(`tree of ${size.toString()}`);
      const owner = accountOf(salt, 0);
      const tree = await current(size, salt);
      const first = await claim(tree, owner);
      const next = await publish(tree.withRound([{ account: owner, amount: 1n }]));
      const later = await claim(next, owner);
      console.log(`${show(size).padStart(9)} accounts ${show(first).padStart(9)} ${show(later).padStart(9)}`);
    }
    console.log("claimMany of a tree of 1,000, for each claim: first of its account; later");
    const tree = await current(1_000, MANY);
    let from = 0;
    const firsts: number[] = [];
    for (const count of COUNTS) {
      firsts.push((await claimMany(tree, from, count)) / count);
      from += count;
    }
    const next = await publish(tree.withRound(tree.entries));
    from = 0;
    for (const [place, count] of COUNTS.entries()) {
      const later = (await claimMany(next, from, count)) / count;
      console.log(
        `${show(count).padStart(9)} claims   ${show(firsts[place] ?? 0).padStart(9)} ${show(later).padStart(9)}`,
      );
      from += count;
    }
  } finally {
    await chain.stop();
  }
});
