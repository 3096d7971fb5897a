import type { AmmModel } from "../../../src/index.js";
import { MockERC20__factory } from "../../../typechain-types/index.js";
import type { LocalChain } from "../devnet.js";
import { DOLLAR, INDEX_UNIT } from "./market.js";
import { DemoError, mineBlock, sign, type Account } from "./sender.js";

const MAX_UINT256 = (1n << 256n) - 1n;

export type FillOptions = {
  chain: LocalChain;
  model: AmmModel;
  index: string;
  usd: string;
  /** Of each token, to each account. */
  dollars: ReadonlyMap<Account, bigint>;
  /** Micro-dollars for one unit of the index. */
  price: bigint;
  /** Unix seconds of the block. */
  timestamp: bigint;
};

/** Tokens for everybody, and the approval of the ledger, in one block: not operations of the suite. */
export async function fillWallets({ chain, model, index, usd, dollars, price, timestamp }: FillOptions): Promise<void> {
  const codec = MockERC20__factory.createInterface();
  const signed: string[] = [];
  for (const [account, value] of dollars) {
    const { address } = account;
    const amounts = [
      [index, (value * DOLLAR * INDEX_UNIT) / price],
      [usd, value * DOLLAR],
    ] as const;
    for (const [token, amount] of amounts) {
      const mint = codec.encodeFunctionData("mint", [address, amount]);
      const approve = codec.encodeFunctionData("approve", [model.ledger.address, MAX_UINT256]);
      for (const data of [mint, approve]) {
        signed.push(await sign(account, { to: token, data, value: 0n }, signed.length));
      }
      model.ledger.mintToken({ token, to: address, amount });
      model.ledger.approveToken({ token, owner: address, amount: MAX_UINT256 });
    }
  }
  const mined = await mineBlock(chain, signed, timestamp);
  if (mined.some(({ succeeded }) => !succeeded)) {
    throw new DemoError("UNEXPECTED_OUTCOME", "A wallet could not be filled.");
  }
}
