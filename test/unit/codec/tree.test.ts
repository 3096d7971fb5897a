import { expect } from "chai";
import { AbiCoder, getBytes, id, Interface, keccak256, TypedDataEncoder, ZeroAddress } from "ethers";
import {
  abis,
  decodeSettle,
  digestOf,
  encodeSettle,
  leafHash,
  maskOf,
  nodeHash,
  orderTypedData,
  proofOf,
  rootOf,
  settleCalldata,
  treeOf,
  verifyProof,
} from "../../../src/index.js";
import { expectCode } from "../../helpers/expect-code.js";

const RELAYER = "0x1111111111111111111111111111111111111111";
const SETTLEMENT = "0x2222222222222222222222222222222222222222";
const DIRECTORY = "0x3333333333333333333333333333333333333333";
const coder = AbiCoder.defaultAbiCoder();

function leavesOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => Uint8Array.of(index, 1, 2));
}

describe("codec/tree", () => {
  it("separates leaves, their places and nodes", () => {
    expect(leafHash(3, Uint8Array.of(9))).to.deep.equal(getBytes(keccak256("0x000000000309")));
    const [left, right] = [leafHash(0, Uint8Array.of(1)), leafHash(1, Uint8Array.of(1))];
    expect(nodeHash(left, right)).to.deep.equal(getBytes(keccak256(Uint8Array.of(1, ...left, ...right))));
    expect(left).not.to.deep.equal(right);
  });

  it("puts 32 zero bytes in place of a missing right child, level by level", () => {
    const [a, b, c] = leavesOf(3).map((bytes, index) => leafHash(index, bytes)) as [Uint8Array, Uint8Array, Uint8Array];
    const zero = new Uint8Array(32);
    expect(rootOf(leavesOf(1))).to.deep.equal(a);
    expect(rootOf(leavesOf(3))).to.deep.equal(nodeHash(nodeHash(a, b), nodeHash(c, zero)));
    const five = treeOf(leavesOf(5));
    expect(five.map(({ length }) => length)).to.deep.equal([5, 3, 2, 1]);
    expect(five[2]?.[1]).to.deep.equal(nodeHash(five[1]?.[2] ?? zero, zero));
  });

  it("proves every leaf of every tree, under its own index and count alone", () => {
    for (let count = 1; count <= 20; count++) {
      const leaves = leavesOf(count);
      const tree = treeOf(leaves);
      const root = rootOf(leaves);
      leaves.forEach((bytes, index) => {
        const proof = proofOf(tree, index);
        const claim = { bytes, index, count, proof, root };
        expect(verifyProof(claim)).to.equal(true);
        expect(verifyProof({ ...claim, bytes: Uint8Array.of(99) })).to.equal(false);
        expect(verifyProof({ ...claim, index: index + 1 })).to.equal(false);
        expect(verifyProof({ ...claim, index: index ^ 1 })).to.equal(false);
        expect(verifyProof({ ...claim, index: -1 })).to.equal(false);
        expect(verifyProof({ ...claim, root: leafHash(0, root) })).to.equal(false);
        expect(verifyProof({ ...claim, count: count * 2 + 1 })).to.equal(false);
        expect(verifyProof({ ...claim, proof: [...proof, new Uint8Array(32)] })).to.equal(false);
        if (proof.length === 0) return;
        expect(verifyProof({ ...claim, proof: proof.slice(1) })).to.equal(false);
        expect(verifyProof({ ...claim, proof: proof.map(() => leafHash(0, root)) })).to.equal(false);
        expect(verifyProof({ ...claim, proof: proof.map((hash) => hash.subarray(1)) })).to.equal(false);
      });
    }
  });

  it("refuses a sibling where none can be", () => {
    const leaves = [...leavesOf(3), Uint8Array.of(3, 1, 2)];
    const tree = treeOf(leaves);
    const claim = { bytes: leaves[2] ?? new Uint8Array(), index: 2, proof: proofOf(tree, 2), root: rootOf(leaves) };
    expect(verifyProof({ ...claim, count: 4 })).to.equal(true);
    expect(verifyProof({ ...claim, count: 3 })).to.equal(false);
  });
});

describe("codec/digest", () => {
  it("masks by the relayer and the number", () => {
    const word = keccak256(coder.encode(["address", "uint256"], [RELAYER, 7]));
    expect(maskOf({ relayer: RELAYER, number: 7 })).to.equal(Number(BigInt(word) & 0xffff_ffffn));
    expectCode(() => maskOf({ relayer: "0x12", number: 7 }), "InvalidAddress");
  });

  it("is the hash of the ABI encoding of its parts", () => {
    const root = getBytes(id("root"));
    const parts = { chainId: 31337n, settlement: SETTLEMENT, directory: DIRECTORY, relayer: RELAYER };
    const types = ["bytes32", "uint256", "address", "address", "uint256", "address", "uint256", "uint256", "bytes32"];
    const values = [id("Lakh batch"), 31337n, SETTLEMENT, DIRECTORY, 1n, RELAYER, 2n ** 47n, 2n ** 39n + 5n, root];
    expect(digestOf({ ...parts, number: 2 ** 47, expiry: 2 ** 39 + 5, root })).to.deep.equal(
      getBytes(keccak256(coder.encode(types, values))),
    );
    expectCode(() => digestOf({ ...parts, number: 1, expiry: 1, root: root.subarray(1) }), "ValueOutOfRange");
  });

  it("writes the calldata of settle, and reads nothing else", () => {
    const settlement = new Interface(abis.ISettlement);
    for (const length of [0, 1, 31, 32, 33, 1000]) {
      const batch = new Uint8Array(length).fill(9);
      const calldata = encodeSettle(batch);
      expect(calldata).to.equal(settlement.encodeFunctionData("settle", [batch]));
      expect(settleCalldata(batch)).to.deep.equal(getBytes(calldata));
      expect(decodeSettle(calldata)).to.deep.equal(batch);
      expectCode(() => decodeSettle(`${calldata}00`), "NotCanonicalAbi");
      expectCode(() => decodeSettle(calldata.slice(0, -2)), "NotCanonicalAbi");
    }
    const calldata = encodeSettle(new Uint8Array(33).fill(9));
    expectCode(() => decodeSettle(`${calldata.slice(0, -2)}01`), "NotCanonicalAbi");
    expectCode(() => decodeSettle(`0x00${calldata.slice(4)}`), "NotCanonicalAbi");
    expectCode(() => decodeSettle("0x"), "NotCanonicalAbi");
    expectCode(() => decodeSettle("settle"), "ValueOutOfRange");
  });

  it("describes an order in the documented types", () => {
    const operation = {
      protocol: DIRECTORY,
      key: id("key"),
      asset0: 1n,
      asset1: 2n,
      shareId: 3n,
      kind: 0,
      sequence: 65_535,
      amount: 4n,
      arguments: 5n,
      fee0: 6n,
      fee1: 7n,
      dependsOnPrevious: false,
    };
    const order = {
      chainId: 1n,
      settlement: SETTLEMENT,
      id: 7,
      account: RELAYER,
      operations: [operation],
      deadline: 9n,
    };
    const typed = orderTypedData(order);
    expect(typed.message.relayer).to.equal(ZeroAddress);
    expect(new TypedDataEncoder(typed.types).encodeType("Order")).to.equal(
      "Order(uint32 id,address account,Operation[] operations,address relayer,uint256 deadline)" +
        "Operation(address protocol,bytes32 key,uint256 asset0,uint256 asset1,uint256 shareId,uint8 kind," +
        "uint16 sequence,uint256 amount,uint256 arguments,uint256 fee0,uint256 fee1,bool dependsOnPrevious)",
    );
    expect(typed.domain).to.deep.equal({ name: "Lakh", version: "1", chainId: 1n, verifyingContract: SETTLEMENT });
  });
});
