import { expect } from "chai";
import { concat, keccak256, Network, toBeHex, type JsonRpcSigner, type Provider } from "ethers";
import { PUBLIC_NETWORKS } from "../../../../deploy/networks.js";
import { type LocalChain } from "../../../../scripts/lib/devnet.js";
import { startInProcess } from "../../../../scripts/lib/in-process.js";
import { costOf } from "../../../../scripts/lib/keeper/cost.js";
import { createSender } from "../../../../scripts/lib/keeper/sender.js";
import { l1FeeKindOf } from "../../../../scripts/lib/l1-fee.js";

const L1_BLOCK = "0x4200000000000000000000000000000000000015";
const TARGET = "0x000000000000000000000000000000000000bEEF";
const GAS = 21_000n;

describe("keeper", () => {
  let chain: LocalChain;
  let signer: JsonRpcSigner;
  const request = async (method: string, ...params: unknown[]): Promise<unknown> => chain.request({ method, params });
  const transaction = { to: TARGET, data: "0x" };

  before(async () => {
    chain = await startInProcess();
    signer = await chain.provider.getSigner(1);
  });

  after(async () => chain.stop());

  describe("cost of a transaction", () => {
    /** The chain as if it were another one. */
    const as = (chainId: number): Provider =>
      new Proxy<Provider>(chain.provider, {
        get(target, name) {
          if (name === "getNetwork") return async () => Promise.resolve(Network.from(chainId));
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
    const data = concat(Array.from({ length: 32 }, (_, index) => keccak256(toBeHex(index + 1))));

    before(async () => {
      const slots = { "0x1": 10n ** 9n, "0x7": 10n ** 8n, "0x3": (5_227n << 96n) | (1_014_213n << 64n) };
      for (const [slot, value] of Object.entries(slots)) {
        await request("hardhat_setStorageAt", L1_BLOCK, slot, toBeHex(value, 32));
      }
    });

    it("has what an OP chain asks for posting it", async () => {
      const { gasPrice } = await chain.provider.getFeeData();
      const of = async (bytes: string) => costOf(as(PUBLIC_NETWORKS.base.chainId), { to: TARGET, data: bytes }, GAS);
      const [short, long] = [await of("0x"), await of(data)];
      expect(short.l1Cost).to.be.above(0n);
      expect(long.l1Cost).to.be.above(short.l1Cost);
      expect(long.gasCost).to.equal(GAS * (gasPrice ?? 0n) + long.l1Cost);
    });

    it("is the gas alone where nothing is charged, where the estimate has it, and where the chain does not say", async () => {
      expect(l1FeeKindOf(31_337)).to.equal("none");
      expect(l1FeeKindOf(PUBLIC_NETWORKS.arbitrum.chainId)).to.equal("arbitrum");
      const { gasPrice } = await chain.provider.getFeeData();
      for (const chainId of [31_337, PUBLIC_NETWORKS.arbitrum.chainId, PUBLIC_NETWORKS.scroll.chainId]) {
        const cost = await costOf(as(chainId), { to: TARGET, data }, GAS);
        expect(cost).to.deep.equal({ gasCost: GAS * (gasPrice ?? 0n), l1Cost: 0n });
      }
    });
  });

  describe("sender", () => {
    const waiting = async (): Promise<{ hash: string; maxFeePerGas: string }[]> => {
      const { transactions } = (await request("eth_getBlockByNumber", "pending", true)) as {
        transactions: { hash: string; from: string; maxFeePerGas: string }[];
      };
      return transactions;
    };

    it("sends one after the other, with gas to spare", async () => {
      const send = createSender(signer);
      for (let times = 0; times < 2; times++) {
        const receipt = await send(transaction, GAS);
        const sent = await receipt?.getTransaction();
        expect(receipt?.status).to.equal(1);
        expect(sent?.gasLimit).to.equal((GAS * 120n) / 100n);
      }
    });

    it("takes the place of one that is not mined in time, by paying more", async () => {
      const send = createSender(signer, 2_000);
      const nonce = await signer.getNonce("latest");
      await request("evm_setAutomine", false);
      try {
        const late: unknown = await send(transaction, GAS).catch((reason: unknown) => reason);
        expect(late).to.be.instanceOf(Error);
        expect((late as Error).name).to.equal("NotMined");
        const [first] = await waiting();
        expect((late as Error).message).to.equal(
          `Transaction ${first?.hash ?? ""} was not mined within 2 s; the next takes its place.`,
        );
        const second = send(transaction, GAS);
        let other = first;
        while (other?.hash === first?.hash) {
          await new Promise((resolve) => setTimeout(resolve, 10));
          const all = await waiting();
          expect(all.length).to.equal(1);
          other = all[0];
        }
        expect(BigInt(other?.maxFeePerGas ?? 0)).to.be.at.least((BigInt(first?.maxFeePerGas ?? 0) * 125n) / 100n);
        await request("evm_mine");
        const receipt = await second;
        expect(receipt?.hash).to.equal(other?.hash);
        expect(await signer.getNonce("latest")).to.equal(nonce + 1);
      } finally {
        await request("evm_setAutomine", true);
      }
    });
  });
});
