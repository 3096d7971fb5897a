import { expect } from "chai";
import { AbiCoder, concat, Interface, Result, type ParamType } from "ethers";
import { network } from "#chain";
import {
  abis,
  decodeError,
  encodeWord,
  explain,
  knownErrors,
  SENTENCES,
  tokenId,
  ValidationError,
} from "../../../src/index.js";
import { at, deployLakh } from "../../helpers/deploy.js";

const ADDRESS = "0x1111111111111111111111111111111111111111";
const coder = AbiCoder.defaultAbiCoder();

function sample({ type, components }: ParamType): unknown {
  if (components !== null) return components.map(sample);
  if (type === "address") return ADDRESS;
  if (type === "string") return "text";
  if (type.startsWith("bytes")) return `0x${"ab".repeat(Number(type.slice(5)))}`;
  return 7n;
}

async function failureOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  return expect.fail("Nothing was thrown");
}

describe("src/errors", () => {
  it("knows every custom error of every ABI", () => {
    for (const abi of Object.values(abis)) {
      new Interface(abi).forEachError(({ selector, name }) =>
        expect([...knownErrors().keys()], name).to.include(selector),
      );
    }
    expect(knownErrors().size).to.be.greaterThan(80);
  });

  it("has one sentence for every known error, and no other", () => {
    const names = [...new Set([...knownErrors().values()].map(({ name }) => name))].sort();
    expect(Object.keys(SENTENCES).sort()).to.deep.equal(names);
  });

  it("says every error in a sentence without gaps", () => {
    for (const fragment of knownErrors().values()) {
      const values = fragment.inputs.map(sample);
      const decoded = decodeError(concat([fragment.selector, coder.encode(fragment.inputs, values)]));
      expect(decoded.name).to.equal(fragment.name);
      expect(decoded.signature).to.equal(fragment.format("sighash"));
      const args = Object.values(decoded.args).map((value) => (value instanceof Result ? value.toArray() : value));
      expect(args).to.deep.equal(values);
      expect(decoded.message, fragment.name).to.match(/^\S.*\.$/);
      expect(decoded.message, fragment.name).not.to.match(/undefined|[{}]/);
    }
  });

  it("names tokens by address and issued assets by the start of their id", () => {
    const error = new Interface(["error LedgerUnknownId(uint256 id)"]);
    const say = (id: bigint) => decodeError(error.encodeErrorResult("LedgerUnknownId", [id])).message;
    expect(say(tokenId(ADDRESS))).to.equal(`token ${ADDRESS} is no asset's id.`);
    expect(say(1n << 255n)).to.equal("issued asset 0x8000000000000000… is no asset's id.");
    expect(say(0n)).to.equal("id 0 is no asset's id.");
    const taken = new Interface(abis.AccountDirectory).encodeErrorResult("DirectoryKeyTaken", [3n, 2n ** 31n - 1n]);
    expect(decodeError(taken).message).to.equal(
      "The key of registration 3, or its negative, is that of id 2147483647.",
    );
  });

  it("reads words as their two amounts", () => {
    const error = new Interface(abis.ILedger);
    const book = `0x${"ab".repeat(32)}`;
    const word = (amount0: bigint, amount1: bigint) => encodeWord({ amount0, amount1, flags: 1n });
    const data = error.encodeErrorResult("LedgerInsufficientBook", [book, word(5n, 7n), word(1n, 0n), word(0n, 8n)]);
    expect(decodeError(data).message).to.equal(
      `The book ${book} holds 5 and 7 units, takes 1 and 0 and cannot pay 0 and 8.`,
    );
  });

  it("decodes Solidity's own errors", () => {
    const reason = new Interface(["error Error(string reason)", "error Panic(uint256 code)"]);
    expect(decodeError(reason.encodeErrorResult("Error", ["UniswapV2: K"]))).to.deep.equal({
      name: "Error",
      args: { reason: "UniswapV2: K" },
      signature: "Error(string)",
      message: "UniswapV2: K.",
    });
    const panic = decodeError(reason.encodeErrorResult("Panic", [17n]));
    expect(panic.args).to.deep.equal({ code: 17n });
    expect(panic.message).to.match(/range/);
    expect(decodeError(reason.encodeErrorResult("Panic", [255n])).message).to.equal("Panic 255.");
  });

  it("names what it does not know, and never throws", () => {
    expect(decodeError("0x").name).to.equal("Empty");
    expect(decodeError("no data").name).to.equal("Empty");
    expect(decodeError("0x12").name).to.equal("Unknown");
    expect(decodeError("0x12345678")).to.include({ name: "Unknown", signature: "0x12345678" });
    const [selector] = [...knownErrors()].find(([, { inputs }]) => inputs.length > 0) ?? expect.fail("no error");
    expect(decodeError(selector).name).to.equal("Unknown"); // its arguments are missing
    expect(decodeError("0x08c379a0").name).to.equal("Unknown");
  });

  it("explains what a call throws", async () => {
    const { ledger, tokens, admin } = await deployLakh(await network.create());
    const token = await at(tokens, 0).getAddress();
    const call = explain(await failureOf(() => ledger.withdraw.staticCall(token, 5n, admin)));
    expect(call.name).to.equal("LedgerInsufficientBalance");
    expect(call.args).to.deep.equal({ account: admin.address, id: BigInt(token), balance: 0n, needed: 5n });
    expect(call.message).to.equal(`${admin.address} holds 0 units of token ${token} in the ledger and needs 5.`);
    const sent = explain(await failureOf(() => ledger.withdraw(token, 5n, admin)));
    expect(sent.name).to.equal("LedgerInsufficientBalance");
  });

  it("explains this package's refusals and other errors", () => {
    const refusal = new ValidationError("AmountZero", "amount is zero", { name: "amount" });
    expect(explain(refusal)).to.deep.equal({
      name: "AmountZero",
      args: { name: "amount" },
      signature: "",
      message: "amount is zero.",
    });
    expect(explain(new RangeError("Out of range"))).to.include({ name: "RangeError", message: "Out of range." });
    expect(explain("nothing")).to.include({ name: "Unknown", message: "nothing." });
    const coded = Object.assign(new Error("long"), { shortMessage: "short", code: "NETWORK_ERROR" });
    expect(explain(coded)).to.include({ name: "NETWORK_ERROR", message: "short." });
    const nested = { cause: { info: { error: { data: { data: "0x12345678" } } } } };
    expect(explain(Object.assign(new Error("nested"), nested)).signature).to.equal("0x12345678");
    const circular: { cause?: unknown } = {};
    circular.cause = circular;
    expect(explain(circular).name).to.equal("Unknown");
  });
});
