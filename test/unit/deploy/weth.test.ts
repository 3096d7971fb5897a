import { AbiCoder, id, toBeHex } from "ethers";
import { expect } from "chai";
import { findWethFault } from "../../../scripts/lib/deploy/probe.js";

const WETH = "0x4200000000000000000000000000000000000006";
const text = (symbol: string): string => AbiCoder.defaultAbiCoder().encode(["string"], [symbol]);

const GOOD: Readonly<Record<string, string | undefined>> = {
  ...{ "symbol()": text("WETH"), "decimals()": toBeHex(18, 32), "deposit()": "0x", "withdraw(uint256)": "0x" },
};

/** What is found at fault with a contract that answers as `GOOD` but for some functions. */
function faultOf(changes: Record<string, string | undefined> = {}): Promise<string | undefined> {
  const answers = new Map(
    Object.entries({ ...GOOD, ...changes }).map(([signature, answer]) => [id(signature).slice(0, 10), answer]),
  );
  return findWethFault(({ data }) => Promise.resolve(answers.get(data.slice(0, 10))), WETH);
}

describe("wrapped ether", () => {
  it("has a symbol and 18 decimals, and takes deposits and withdrawals", async () => {
    expect(await faultOf()).to.equal(undefined);
  });

  it("is missed where something of it is", async () => {
    for (const symbol of ["0x", text(""), `0x${"11".repeat(32)}`, undefined]) {
      expect(await faultOf({ "symbol()": symbol })).to.equal(`symbol() of ${WETH} answers no text.`);
    }
    for (const decimals of [toBeHex(6, 32), "0x", undefined]) {
      expect(await faultOf({ "decimals()": decimals })).to.equal(`decimals() of ${WETH}, WETH, does not answer 18.`);
    }
    expect(await faultOf({ "deposit()": undefined })).to.equal(`${WETH}, WETH, takes no deposit().`);
    expect(await faultOf({ "withdraw(uint256)": undefined })).to.equal(`${WETH}, WETH, takes no withdraw(0).`);
  });
});
