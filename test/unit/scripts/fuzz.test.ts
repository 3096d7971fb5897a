import path from "node:path";
import { AbiCoder, id } from "ethers";
import { expect } from "chai";
import { FailureError } from "../../../scripts/lib/failure.js";
import { checkSeed, nextSeed, planRound, settlementAmount, smallSeed } from "../../../scripts/lib/fuzz/budget.js";
import { regressionFile, regressionName, regressionSource } from "../../../scripts/lib/fuzz/regression.js";
import { reportOf, type Call, type TestReport } from "../../../scripts/lib/fuzz/report.js";
import { addTests, sumRound } from "../../../scripts/lib/fuzz/result.js";
import { plantedBugs } from "../../../scripts/lib/fuzz/self-test.js";
import { countOperations } from "../../../scripts/lib/fuzz/settlement.js";
import { readTarget, select } from "../../../scripts/lib/fuzz/targets.js";

const ROOT = path.join(import.meta.dirname, "../../..");
const HANDLER = "0x5615deb798bb3e4dfa0139dfa1b3d433cc23b72f";
const SENDER = "0x0000000000000000000000000000000000004d8c";
const SEED = "0x1a4b";

function callTo(signature: string, types: string[], values: unknown[]): Call {
  const calldata = id(signature).slice(0, 10) + AbiCoder.defaultAbiCoder().encode(types, values).slice(2);
  const contract = "project/test/invariant/LedgerInvariants.t.sol:LedgerActions";
  return { sender: SENDER, target: HANDLER, contract, signature, calldata };
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.slice(2), "hex"));
}

const MINT = callTo("mint(uint256,uint256,uint256)", ["uint256", "uint256", "uint256"], [20179294474974n, 2n, 1n]);

const REPORT: TestReport = {
  file: "test/invariant/LedgerInvariants.t.sol",
  contract: "LedgerInvariants",
  test: "invariant_LED_04_neighbourHalfIsUntouched",
  status: "failed",
  reason: "low half: 1 != 2",
  seconds: 1,
  runs: 2,
  calls: 128,
  reverts: 3,
  discards: 1,
  counterexample: [MINT],
  originalCalls: 20,
};

describe("fuzz", () => {
  describe("report", () => {
    // As EDR 0.20 answered with a planted carry.
    const suites = [
      {
        id: { name: "LedgerInvariants", source: "project/test/invariant/LedgerInvariants.t.sol" },
        testResults: [
          {
            name: "invariant_LED_04_neighbourHalfIsUntouched()",
            status: "Failure",
            reason: "low half: 1 != 2",
            durationNs: 420_000_000n,
            kind: { runs: 2n, calls: 128n, reverts: 3n, metrics: { mint: { calls: 9n, reverts: 3n, discards: 1n } } },
            counterexample: {
              originalSequenceSize: 20n,
              sequence: [
                {
                  sender: bytesOf(SENDER),
                  address: bytesOf(HANDLER),
                  calldata: bytesOf(MINT.calldata),
                  contractName: MINT.contract ?? "",
                  signature: MINT.signature ?? "",
                  args: "20179294474974 [2.017e13], 2, 1",
                },
              ],
            },
          },
          {
            name: "test_LED_16_runs(uint256)",
            status: "Failure",
            durationNs: 1n,
            kind: { runs: 7n, meanGas: 1n, medianGas: 1n },
            counterexample: { calldata: bytesOf("0x12345678") },
          },
          { name: "test_plain()", status: "Success", durationNs: 0n, kind: { consumedGas: 5n }, counterexample: null },
        ],
      },
    ];

    it("keeps calls, reverts and the shrunk sequence of an invariant", () => {
      expect(reportOf(suites)[0]).to.deep.equal({ ...REPORT, seconds: 0.42 });
    });

    it("keeps the input of a fuzz test, and nothing for what passed", () => {
      const [, fuzz, plain] = reportOf(suites);
      expect(fuzz).to.include({ test: "test_LED_16_runs", status: "failed", runs: 7, calls: 0 });
      expect(fuzz?.counterexample).to.deep.equal([{ calldata: "0x12345678" }]);
      expect(plain).to.include({ test: "test_plain", status: "passed", runs: 0 });
      expect(plain).to.not.have.property("counterexample");
    });
  });

  describe("regression test", () => {
    it("has a name and a file of its own", () => {
      expect(regressionName(REPORT.test, 1)).to.equal("Led04NeighbourHalfIsUntouchedRegression1");
      expect(regressionFile("test_AMM_02_swap_pays", 3)).to.equal("test/regression/Amm02SwapPaysRegression3.t.sol");
    });

    it("makes the calls again and asserts the invariant", async () => {
      const counterexample = { report: REPORT, calls: [MINT], seed: SEED, number: 1 };
      expect(await regressionSource(counterexample, ROOT)).to.equal(`// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Replay} from "../helpers/solidity/Replay.sol";
import {LedgerActions, LedgerInvariants} from "../invariant/LedgerInvariants.t.sol";

/// @title Led04NeighbourHalfIsUntouchedRegression1
/// @notice Once broke LedgerInvariants.invariant_LED_04_neighbourHalfIsUntouched: low half: 1 != 2
/// @dev Found by \`npm run fuzz\` with seed 0x1a4b, shrunk from 20 calls.
contract Led04NeighbourHalfIsUntouchedRegression1 is Replay {
    function test_LED_04_neighbourHalfIsUntouched_again() public {
        address tests = _begin(type(LedgerInvariants).creationCode);
        LedgerActions handler = LedgerActions(targetContracts()[0]);
        vm.prank(0x0000000000000000000000000000000000004D8c);
        handler.mint(20179294474974, 2, 1);
        _run(tests, abi.encodeCall(LedgerInvariants.invariant_LED_04_neighbourHalfIsUntouched, ()));
    }
}
`);
    });

    it("names several handlers by their addresses, and keeps bytes where there is no literal", async () => {
      const other = callTo("act(uint256[2])", ["uint256[2]"], [[1n, 2n]]);
      const calls = [MINT, { ...other, target: SENDER }];
      const source = await regressionSource({ report: REPORT, calls, seed: SEED, number: 2 }, ROOT);
      expect(source).to.include("handler0 = LedgerActions(0x5615dEB798BB3E4dFa0139dFa1b3D433Cc23b72f)");
      expect(source).to.include(`hex"${other.calldata.slice(2)}"`);
    });

    it("runs a fuzz test on its input", async () => {
      const signature = "test_LED_16_runs(uint256,bool,address,bytes32,bytes)";
      const types = ["uint256", "bool", "address", "bytes32", "bytes"];
      const word = `0x${"ab".repeat(32)}`;
      const call = callTo(signature, types, [7n, true, SENDER, word, "0x0102"]);
      const report = { ...REPORT, test: "test_LED_16_runs", file: "test/property/core/A.t.sol", contract: "ATest" };
      const source = await regressionSource({ report, calls: [call], seed: SEED, number: 1 }, ROOT);
      const args = `7, true, 0x0000000000000000000000000000000000004D8c, bytes32(${word}), hex"0102"`;
      expect(source.replace(/\s+/g, " ").replace(/\( /g, "(").replace(/ \)/g, ")")).to.include(
        `abi.encodeCall(ATest.test_LED_16_runs, (${args}))`,
      );
      expect(source).to.include('import {ATest} from "../property/core/A.t.sol";');
    });
  });

  describe("budget", () => {
    it("doubles the rounds, up to the longest or what is left", () => {
      const amount = { calls: 1_000_000, invariants: 20, depth: 256 };
      expect([0, 1, 2, 3, 9].map((number) => planRound(number, SEED, amount).runs)).to.deep.equal([4, 8, 16, 32, 32]);
      expect(planRound(9, SEED, { ...amount, calls: 10_000 }).runs).to.equal(2);
      expect(planRound(9, SEED, { ...amount, invariants: 0 }).runs).to.equal(32);
    });

    it("gives fuzz tests a multiple of 8 inputs", () => {
      for (const calls of [1, 777, 1_000_000]) {
        const { inputs } = planRound(5, SEED, { calls, invariants: 3, depth: 7 });
        expect(inputs % 8).to.equal(0);
        expect(inputs).to.be.greaterThan(0);
      }
    });

    it("chains the seeds, so that one of them begins the rest", () => {
      expect(nextSeed("0x1")).to.equal(nextSeed("0x01"));
      expect(nextSeed(nextSeed("0x1"))).to.match(/^0x[0-9a-f]{64}$/);
      expect(nextSeed("0x1")).to.not.equal(nextSeed("0x2"));
      expect(smallSeed(`0x1${"0".repeat(16)}`)).to.equal("0");
      expect(smallSeed("0xff")).to.equal("255");
    });

    it("refuses what is no seed", () => {
      expect(checkSeed("0xAB")).to.equal("0xab");
      for (const text of ["12", "0x", "0xg", `0x${"1".repeat(65)}`]) {
        expect(() => checkSeed(text)).to.throw(FailureError, JSON.stringify(text));
      }
    });

    it("gives the settlement its share", () => {
      expect(settlementAmount(1_000_000)).to.deep.equal({
        ...{ batches: 200, flips: 2_000, operations: 50_000, lending: 10_000, staking: 10_000 },
        ...{ morpho: 2_000, sequences: 100 },
      });
      expect(settlementAmount(1).batches).to.be.greaterThan(0);
    });
  });

  describe("result", () => {
    it("counts calls that neither reverted nor were dropped, and inputs apart from them", () => {
      const fuzz: TestReport = { ...REPORT, test: "test_LED_16_runs", runs: 64, calls: 0, reverts: 0, discards: 0 };
      const round = { seed: SEED, runs: 2, depth: 64, inputs: 64 };
      expect(sumRound(round, [REPORT, fuzz], 2)).to.include({ calls: 124, reverts: 3, cases: 64 });
      const totals = new Map<string, number>();
      for (let i = 0; i < 2; i++) addTests(totals, [REPORT, fuzz]);
      expect([...totals.values()]).to.deep.equal([248, 128]);
    });

    it("adds up the operations that the settlement's tests tell of", () => {
      expect(countOperations("  seed 7: 200 operations (x)\n ok\n seed 7: 31 operations")).to.equal(231);
      expect(countOperations("4 passing")).to.equal(0);
    });
  });

  describe("targets", () => {
    const source = `contract ATest is Test {
      function invariant_LED_04_a() public {}
      function test_LED_05_b(uint256 x) public {}
      function test_LED_06_c() public {}
    }`;
    const target = readTarget("test/property/core/A.t.sol", source);

    it("have something to vary", () => {
      expect(target.invariants).to.deep.equal(["invariant_LED_04_a"]);
      expect(target.fuzzTests).to.deep.equal(["test_LED_05_b"]);
    });

    it("are selected by contract, id, test or name of the settlement", () => {
      expect(select([target], []).settlement).to.equal(true);
      expect(select([target], ["ATest"]).targets).to.deep.equal([target]);
      const one = select([target], ["LED-4", "settlement"]);
      expect(one.targets).to.deep.equal([{ ...target, fuzzTests: [] }]);
      expect(one.settlement).to.equal(true);
      expect(select([target], ["LED-4", "LED-5"]).targets).to.deep.equal([target]);
      expect(() => select([target], ["LED-9"])).to.throw(FailureError, "LED-9");
    });
  });

  it("has a planted bug of each kind to find", () => {
    expect(plantedBugs().map(({ kind }) => kind)).to.deep.equal([
      "rounding direction",
      "missing refund",
      "carry across the half-word",
    ]);
  });
});
