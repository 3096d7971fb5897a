import { expect } from "chai";
import type { DeployError } from "../../../scripts/lib/deploy/error.js";
import { findTransaction } from "../../../scripts/lib/deploy/ignite.js";
import type { Request } from "../../../scripts/lib/devnet.js";

const SENDER = "0xAbCd000000000000000000000000000000000001";

/** A chain whose block `nonce → block` says where each nonce was used; blocks below `oldest` are forgotten. */
function chainWith(blocks: readonly number[], { last, oldest = 0 }: { last: number; oldest?: number }): Request {
  return ({ method, params }) => {
    const [first = "", second = ""] = (params ?? []) as string[];
    if (method === "eth_blockNumber") return Promise.resolve(`0x${last.toString(16)}`);
    if (method === "eth_getTransactionCount") {
      const block = second.startsWith("0x") ? Number(second) : last;
      if (block < oldest) return Promise.reject(new Error("missing trie node"));
      return Promise.resolve(`0x${blocks.filter((mined) => mined <= block).length.toString(16)}`);
    }
    const transactions = blocks.flatMap((mined, nonce) =>
      mined === Number(first)
        ? [{ hash: `hash ${nonce}`, from: SENDER.toLowerCase(), nonce: `0x${nonce.toString(16)}` }]
        : [],
    );
    return Promise.resolve({
      number: first,
      transactions: [{ hash: "other", from: "0x00", nonce: "0x0" }, ...transactions],
    });
  };
}

describe("the transaction that used a nonce", () => {
  it("is found wherever it was mined", async () => {
    const blocks = [1, 2, 2, 2, 7, 900, 901, 1_000];
    const request = chainWith(blocks, { last: 1_000 });
    for (const nonce of blocks.keys()) expect(await findTransaction(request, SENDER, nonce)).to.equal(`hash ${nonce}`);
  });

  it("is found in the first block and in the last", async () => {
    expect(await findTransaction(chainWith([0], { last: 0 }), SENDER, 0)).to.equal("hash 0");
    expect(await findTransaction(chainWith([3], { last: 3 }), SENDER, 0)).to.equal("hash 0");
  });

  it("is none when no transaction used it", async () => {
    expect(await findTransaction(chainWith([1, 2], { last: 5 }), SENDER, 2)).to.equal(undefined);
  });

  it("is found on a node that remembers little", async () => {
    const request = chainWith([5, 995], { last: 1_000, oldest: 900 });
    expect(await findTransaction(request, SENDER, 1)).to.equal("hash 1");
  });

  it("is asked of the user when the node has forgotten", async () => {
    const error: unknown = await findTransaction(chainWith([5], { last: 1_000, oldest: 900 }), SENDER, 0).catch(
      (reason: unknown) => reason,
    );
    expect((error as DeployError).code).to.equal("TRANSACTION_LOST");
  });
});
