import { expect } from "chai";
import { nextStep, type Sighting } from "../../../../scripts/lib/relayer/recovery.js";

const transaction = { raw: "0x", hash: "0x", nonce: 5, maxFee: 1n, priorityFee: 1n };
const sent = { state: "sent", number: 7, expiry: 100, transaction } as const;
/** Nothing has happened to the batch yet. */
const fresh: Sighting = { timestamp: 90, lastNumber: 6, nonce: 5, log: "none" };

describe("recovery of a batch", () => {
  it("gives up what was never sent, whatever the chain says", () => {
    const built = { ...sent, state: "built", transaction: undefined } as const;
    expect(nextStep(built, fresh)).to.deep.equal({ kind: "void", why: "never-sent" });
    expect(nextStep(built, { ...fresh, lastNumber: 7 })).to.deep.equal({ kind: "void", why: "never-sent" });
  });

  it("waits while it may be mined, up to the last second", () => {
    expect(nextStep(sent, fresh)).to.deep.equal({ kind: "wait" });
    expect(nextStep(sent, { ...fresh, timestamp: 100 })).to.deep.equal({ kind: "wait" });
  });

  it("settles when its log is there, however late it is seen", () => {
    expect(nextStep(sent, { timestamp: 90, lastNumber: 7, nonce: 6, log: "ours" })).to.deep.equal({ kind: "settle" });
    expect(nextStep(sent, { timestamp: 999, lastNumber: 9, nonce: 8, log: "ours" })).to.deep.equal({ kind: "settle" });
  });

  it("waits when its number is used and the node has not found the log", () => {
    expect(nextStep(sent, { timestamp: 999, lastNumber: 7, nonce: 6, log: "none" })).to.deep.equal({ kind: "wait" });
  });

  it("gives up a number that is used for another batch, or passed over", () => {
    const overtaken = { kind: "void", why: "overtaken" };
    expect(nextStep(sent, { ...fresh, lastNumber: 7, log: "foreign" })).to.deep.equal(overtaken);
    expect(nextStep(sent, { ...fresh, lastNumber: 8 })).to.deep.equal(overtaken);
  });

  it("gives up when the chain's clock has passed the expiry", () => {
    expect(nextStep(sent, { ...fresh, timestamp: 101 })).to.deep.equal({ kind: "void", why: "expired" });
  });

  it("gives up when another transaction has used the nonce, or it was reverted", () => {
    expect(nextStep(sent, { ...fresh, nonce: 6 })).to.deep.equal({ kind: "void", why: "displaced" });
  });

  it("never decides twice in a row: a void batch stays void as the chain goes on", () => {
    const states: Sighting[] = [
      { ...fresh, timestamp: 101 },
      { ...fresh, timestamp: 200, nonce: 6 },
      { ...fresh, timestamp: 300, nonce: 7, lastNumber: 8 },
    ];
    for (const state of states) expect(nextStep(sent, state).kind).to.equal("void");
  });
});
