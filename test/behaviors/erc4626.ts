import { expect } from "chai";
import type { Addressable, ContractTransactionReceipt, Interface } from "ethers";
import type { LendingVault } from "../../typechain-types/index.js";
import { ethers, loadFixture, type LedgerFixture } from "../helpers/ledger-fixture.js";

type Signer = LedgerFixture["alice"];

/** A vault with something in it. `depositor` has tokens and shares, `stranger` neither; nobody has an allowance for shares. */
export type Erc4626Fixture = {
  vault: Vault;
  token: Token;
  depositor: Signer;
  stranger: Signer;
  /** Assets that can go in and come out again. */
  amount: bigint;
};

/** The vault's asset, of which accounts can be given more. */
type Token = {
  balanceOf: (account: Addressable | string) => Promise<bigint>;
  decimals: () => Promise<bigint>;
  getAddress: () => Promise<string>;
  mint: (to: Addressable, amount: bigint) => Promise<unknown>;
};
type Names = "asset" | "allowance" | "approve" | "balanceOf" | "decimals" | "getAddress";
type Conversions = "convertToAssets" | "convertToShares";
/** What every vault's binding has, ours as an example. */
type Standard = Pick<LendingVault, Names | Conversions | Action | (typeof PREVIEW)[Action] | (typeof MAXIMUM)[Action]>;
type Vault = Standard & { interface: Interface; connect: (signer: Signer) => Standard };
type Action = "deposit" | "mint" | "withdraw" | "redeem";
type Named<T> = Readonly<Record<Action, T>>;

const ACTIONS: readonly Action[] = ["deposit", "mint", "withdraw", "redeem"];
const PREVIEW = {
  deposit: "previewDeposit",
  mint: "previewMint",
  withdraw: "previewWithdraw",
  redeem: "previewRedeem",
} as const satisfies Named<string>;
const MAXIMUM = { deposit: "maxDeposit", mint: "maxMint", withdraw: "maxWithdraw", redeem: "maxRedeem" } as const;
const EXCEEDED = {
  deposit: "ERC4626ExceededMaxDeposit",
  mint: "ERC4626ExceededMaxMint",
  withdraw: "ERC4626ExceededMaxWithdraw",
  redeem: "ERC4626ExceededMaxRedeem",
} as const satisfies Named<string>;

/** Asked of nobody, as a transaction that others of its block precede cannot be estimated. */
const GAS = { gasLimit: 5_000_000n };

const isEntry = (action: Action): boolean => action === "deposit" || action === "mint";
const isInShares = (action: Action): boolean => action === "mint" || action === "redeem";

/** Runs transactions that are mined together, at one time. */
async function inOneBlock(run: () => Promise<void>): Promise<void> {
  await ethers.provider.send("evm_setAutomine", [false]);
  try {
    await run();
    await ethers.provider.send("evm_mine", []);
  } finally {
    await ethers.provider.send("evm_setAutomine", [true]);
  }
}

/** Sends an action of the depositor for himself, or of `caller` on him, to `receiver`. */
function send(
  { vault, depositor }: Erc4626Fixture,
  action: Action,
  amount: bigint,
  { caller = depositor, receiver = depositor.address }: { caller?: Signer; receiver?: string } = {},
) {
  const connected = vault.connect(caller);
  if (action === "deposit" || action === "mint") return connected[action](amount, receiver, GAS);
  return connected[action](amount, receiver, depositor.address, GAS);
}

/** What the token and the vault say of an account. */
async function purse({ vault, token }: Erc4626Fixture, account: string) {
  return { tokens: await token.balanceOf(account), shares: await vault.balanceOf(account) };
}

async function eventOf({ vault }: Erc4626Fixture, receipt: ContractTransactionReceipt | null, name: string) {
  const address = await vault.getAddress();
  const logs = (receipt?.logs ?? []).filter((log) => log.address === address);
  const parsed = logs.flatMap((log) => vault.interface.parseLog(log) ?? []);
  return parsed.find((log) => log.name === name)?.args.toArray() as unknown[] | undefined;
}

/** An amount for an action that moves about `fixture.amount`. */
async function amountFor({ vault, amount }: Erc4626Fixture, action: Action): Promise<bigint> {
  return isInShares(action) ? vault.convertToShares(amount) : amount;
}

/** What ERC-4626 demands of a vault that is neither empty nor full, and what an integrator may rely on. */
export function behavesLikeErc4626(fixtureOf: () => Promise<Erc4626Fixture>): void {
  const load = () => loadFixture(fixtureOf);

  describe("as an ERC-4626 vault", () => {
    it("names its asset, and has six decimals more at least", async () => {
      const { vault, token } = await load();
      expect(await vault.asset()).to.equal(await token.getAddress());
      expect(await vault.decimals()).to.be.at.least((await token.decimals()) + 6n);
      expect(await vault.decimals()).to.be.at.least(18n);
    });

    it("converts the same for everyone, rounding down, and back for no more", async () => {
      const { vault, stranger, amount } = await load();
      for (const assets of [0n, 1n, amount / 3n, amount]) {
        const shares = await vault.convertToShares(assets);
        expect(await vault.connect(stranger).convertToShares(assets)).to.equal(shares);
        expect(await vault.convertToAssets(shares)).to.be.at.most(assets);
        expect(await vault.previewDeposit(assets)).to.be.at.most(shares);
        expect(await vault.previewWithdraw(assets)).to.be.at.least(shares);
        expect(await vault.previewRedeem(shares)).to.be.at.most(await vault.convertToAssets(shares));
        expect(await vault.previewMint(shares)).to.be.at.least(await vault.convertToAssets(shares));
      }
    });

    for (const action of ACTIONS) describe(action, () => behavesLikeAction(load, action));

    for (const there of ["deposit", "mint"] as const) {
      for (const back of ["withdraw", "redeem"] as const) {
        it(`gives nobody a gain by ${there} and ${back} in one block`, async () => {
          const fixture = await load();
          const { depositor } = fixture;
          const before = await purse(fixture, depositor.address);
          const amounts = [await amountFor(fixture, there), await amountFor(fixture, back)] as const;
          await inOneBlock(async () => {
            await send(fixture, there, amounts[0]);
            await send(fixture, back, amounts[1]);
          });
          const after = await purse(fixture, depositor.address);
          const isLoss = after.tokens < before.tokens || after.shares < before.shares;
          const isSame = after.tokens === before.tokens && after.shares === before.shares;
          expect(isLoss || isSame).to.equal(true);
        });
      }
    }
  });
}

function behavesLikeAction(load: () => Promise<Erc4626Fixture>, action: Action): void {
  const entry = isEntry(action);

  it("moves what its event tells", async () => {
    const fixture = await load();
    const { depositor, stranger } = fixture;
    const amount = await amountFor(fixture, action);
    const before = { own: await purse(fixture, depositor.address), other: await purse(fixture, stranger.address) };
    const sent = await send(fixture, action, amount, { receiver: stranger.address });
    const event = await eventOf(fixture, await sent.wait(), entry ? "Deposit" : "Withdraw");
    const [assets, shares] = (event ?? []).slice(-2) as [bigint, bigint];
    const parties = [depositor.address, stranger.address, ...(entry ? [] : [depositor.address])];
    expect((event ?? []).slice(0, -2)).to.deep.equal(parties);
    expect(isInShares(action) ? shares : assets).to.equal(amount);
    const after = { own: await purse(fixture, depositor.address), other: await purse(fixture, stranger.address) };
    const { own, other } = before;
    const [tokens, moved] = entry ? [-assets, 0n] : [0n, -shares];
    expect(after.own).to.deep.equal({ tokens: own.tokens + tokens, shares: own.shares + moved });
    const [paid, minted] = entry ? [0n, shares] : [assets, 0n];
    expect(after.other).to.deep.equal({ tokens: other.tokens + paid, shares: other.shares + minted });
  });

  it("answers what its preview answers", async () => {
    const fixture = await load();
    const { vault, depositor } = fixture;
    const amount = await amountFor(fixture, action);
    const connected = vault.connect(depositor);
    const blockTag = await ethers.provider.getBlockNumber(); // at one time
    const answer =
      action === "deposit" || action === "mint"
        ? await connected[action].staticCall(amount, depositor, { blockTag })
        : await connected[action].staticCall(amount, depositor, depositor, { blockTag });
    expect(answer).to.equal(await vault[PREVIEW[action]](amount, { blockTag }));
  });

  it("does nothing for nothing", async () => {
    const fixture = await load();
    const before = await purse(fixture, fixture.depositor.address);
    await send(fixture, action, 0n);
    expect(await purse(fixture, fixture.depositor.address)).to.deep.equal(before);
  });

  it("can be done to its maximum, and no further", async () => {
    const fixture = await load();
    const { vault, token, depositor } = fixture;
    await token.mint(depositor, 2n ** 100n);
    const blockTag = await ethers.provider.getBlockNumber(); // at one time
    const maximum = await vault[MAXIMUM[action]](depositor, { blockTag });
    expect(maximum).to.be.greaterThan(0n);
    const attempt = async (amount: bigint) => {
      const connected = vault.connect(depositor);
      if (action === "deposit" || action === "mint") {
        return connected[action].staticCall(amount, depositor, { blockTag });
      }
      return connected[action].staticCall(amount, depositor, depositor, { blockTag });
    };
    expect(await attempt(maximum)).to.equal(await vault[PREVIEW[action]](maximum, { blockTag }));
    await expect(attempt(maximum + 1n))
      .to.be.revertedWithCustomError(vault, EXCEEDED[action])
      .withArgs(depositor, maximum + 1n, maximum);
  });

  if (entry) return;

  it("is refused to a third party without allowance", async () => {
    const fixture = await load();
    const { vault, depositor, stranger } = fixture;
    const amount = await amountFor(fixture, action);
    for (const part of [1n, amount]) {
      const shares = action === "redeem" ? part : await vault.previewWithdraw(part);
      const sent = send(fixture, action, part, { caller: stranger, receiver: stranger.address });
      await expect(sent).to.be.revertedWithCustomError(vault, "ERC20InsufficientAllowance");
      expect(shares).to.be.greaterThan(0n);
    }
    expect(await vault.allowance(depositor, stranger)).to.equal(0n);
  });

  it("spends the allowance of a third party in shares", async () => {
    const fixture = await load();
    const { vault, depositor, stranger } = fixture;
    const amount = await amountFor(fixture, action);
    const allowed = 2n * (await vault.convertToShares(fixture.amount));
    await vault.connect(depositor).approve(stranger, allowed);
    const before = await vault.balanceOf(depositor);
    await send(fixture, action, amount, { caller: stranger, receiver: stranger.address });
    const burnt = before - (await vault.balanceOf(depositor));
    expect(burnt).to.be.greaterThan(0n);
    expect(await vault.allowance(depositor, stranger)).to.equal(allowed - burnt);
  });
}
