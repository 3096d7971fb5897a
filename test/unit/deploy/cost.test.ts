import { expect } from "chai";
import { toBeHex } from "ethers";
import { NETWORKS } from "../../../deploy/networks.js";
import { estimateCost, stepGas, type PlanStep } from "../../../scripts/lib/deploy/plan.js";
import type { LocalChain } from "../../../scripts/lib/devnet.js";
import { startInProcess } from "../../../scripts/lib/in-process.js";

const L1_BLOCK = "0x4200000000000000000000000000000000000015";
const step = (data: string): PlanStep => ({
  future: "Test#Step",
  gas: 1_000_000n,
  to: undefined,
  data,
  codeBytes: 1_000,
});

describe("cost of a deployment", () => {
  let chain: LocalChain;

  before(async () => {
    chain = await startInProcess();
  });

  after(async () => chain.stop());

  const networkOf = (name: string) => NETWORKS[name] ?? expect.fail(name);

  it("is gas times price where nothing else is charged, and half as much again must be there", async () => {
    const cost = await estimateCost(chain.request, networkOf("standIn"), [step("0x00"), step("0x01")]);
    expect(cost.gas).to.equal(2_000_000n);
    expect(cost.l1).to.equal(0n);
    expect(cost.total).to.equal(2_000_000n * cost.gasPrice);
    expect(cost.wanted).to.equal(3_000_000n * cost.gasPrice);
  });

  it("has what an OP chain asks for posting the bytes, by its own oracle", async () => {
    const slots = { "0x1": 10n ** 9n, "0x7": 10n ** 8n, "0x3": (5_227n << 96n) | (1_014_213n << 64n) };
    for (const [slot, value] of Object.entries(slots)) {
      await chain.request({ method: "hardhat_setStorageAt", params: [L1_BLOCK, slot, toBeHex(value, 32)] });
    }
    const bytes = (length: number): string => `0x${"0123456789abcdef".repeat(length / 8)}`;
    const [small, large] = [
      await estimateCost(chain.request, networkOf("opSepolia"), [step(bytes(64))]),
      await estimateCost(chain.request, networkOf("opSepolia"), [step(bytes(64)), step(bytes(64))]),
    ];
    expect(small.l1 ?? 0n).to.be.above(0n);
    expect(large.l1).to.equal(2n * (small.l1 ?? 0n));
    expect(small.total).to.equal(small.execution + (small.l1 ?? 0n));
  });

  it("says when a chain does not tell", async () => {
    const { l1, total, execution } = await estimateCost(chain.request, networkOf("scrollSepolia"), [step("0x00")]);
    expect(l1).to.equal(undefined);
    expect(total).to.equal(execution);
  });

  it("counts what MegaETH charges for code", () => {
    expect(stepGas(networkOf("megaeth"), step("0x00"))).to.equal(1_000_000n + 1_000n * 9_800n);
    expect(stepGas(networkOf("base"), step("0x00"))).to.equal(1_000_000n);
  });
});
