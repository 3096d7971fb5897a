import { expect } from "chai";
import type { JsonRpcSigner } from "ethers";
import type { Lab, Measured } from "../../../bench/gas/lab.js";
import { EffectError, measure, type Effect, type Measurement } from "../../../bench/gas/measure.js";

const FIGURES: Measured = { gas: 21_000, execGas: 0, calldataBytes: 0, l1FeeWei: 0n };

/** What a figure is before and after the transaction, and by how much it should change. */
type Figure = { from: bigint; to: bigint; change?: bigint; empties?: true };

/** Empty where it is measured, or else why it is not. */
async function reasonOf(state: Measurement["state"], figures: readonly Figure[]): Promise<string> {
  let isSent = false;
  const send = async (): Promise<Measured> => {
    isSent = true;
    return Promise.resolve(FIGURES);
  };
  const effects = figures.map(({ from, to, change = to - from, ...rest }): Effect => ({
    ...{ label: "figure", read: async () => Promise.resolve(isSent ? to : from), change },
    ...rest,
  }));
  const request = { to: "", data: "" };
  try {
    await measure({ send } as unknown as Lab, { name: "test", from: {} as JsonRpcSigner, request, state, effects });
    return "";
  } catch (error) {
    if (error instanceof EffectError) return error.message;
    throw error;
  }
}

describe("a measured transaction", () => {
  it("fails when a figure does not change by its formula", async () => {
    expect(await reasonOf("steady", [{ from: 5n, to: 7n, change: 2n }])).to.equal("");
    expect(await reasonOf("steady", [{ from: 5n, to: 7n, change: 3n }])).to.include("changed by 2, not by 3");
  });

  it("is steady from above 0 to above 0, and new where one figure starts at 0", async () => {
    expect(await reasonOf("steady", [{ from: 0n, to: 7n }])).to.include("the state is not steady");
    expect(await reasonOf("steady", [{ from: 7n, to: 0n }])).to.include("the state is not steady");
    const [fresh, used] = [
      { from: 0n, to: 7n },
      { from: 7n, to: 9n },
    ];
    expect(await reasonOf("new", [fresh, used])).to.equal("");
    expect(await reasonOf("new", [used])).to.include("the state is not new");
  });

  it("is steady as well where it empties a figure, which then has to be empty", async () => {
    expect(await reasonOf("steady", [{ from: 7n, to: 0n, empties: true }])).to.equal("");
    expect(await reasonOf("steady", [{ from: 7n, to: 1n, empties: true }])).to.include("figure is not empty");
    expect(await reasonOf("steady", [{ from: 0n, to: 0n, empties: true }])).to.include("the state is not steady");
  });
});
