import { expect } from "chai";
import { judge, placeOf, slitherInput, type SlitherFinding } from "../../../../scripts/lib/audit/slither.js";
import { TRIAGE, type Triage } from "../../../../scripts/lib/audit/triage.js";

/** As Slither 0.11.6 wrote them. */
const FINDINGS: readonly SlitherFinding[] = [
  {
    check: "arbitrary-send-eth",
    impact: "High",
    confidence: "Medium",
    description:
      "LedgerCustody._pushNative(address,uint256) (contracts/core/LedgerCustody.sol#179-183) sends eth to arbitrary user\n\tDangerous calls:\n\t- (ok,None) = to.call{value: amount}() (contracts/core/LedgerCustody.sol#181)\n",
  },
  {
    check: "reentrancy-no-eth",
    impact: "Medium",
    confidence: "Medium",
    description:
      "Reentrancy in Ledger._execute(ILedger.Call,address,Word) (contracts/core/Ledger.sol#102-118):\n\tExternal calls:\n",
  },
  ...["SECOND_0", "SECOND_1"].map((name, index) => ({
    check: "incorrect-equality",
    impact: "Medium",
    confidence: "High",
    description: `LedgerAccounts.homeOf(uint256) (contracts/core/LedgerAccounts.sol#244-251) uses a dangerous strict equality:\n\t- id == ${name} (contracts/core/LedgerAccounts.sol#${246 + index})\n`,
  })),
  {
    check: "timestamp",
    impact: "Low",
    confidence: "Medium",
    description: "AmmCore._checkDeadline(uint256) (contracts/amm/AmmCore.sol#481-483) uses timestamp for comparisons\n",
  },
];

const JUDGED: readonly Triage[] = [
  { check: "arbitrary-send-eth", place: "LedgerCustody._pushNative(address,uint256)", verdict: "false", reason: "" },
  {
    check: "reentrancy-no-eth",
    place: "Ledger._execute(ILedger.Call,address,Word)",
    verdict: "false",
    reason: "",
  },
  { check: "incorrect-equality", place: "LedgerAccounts.homeOf(uint256)", count: 2, verdict: "meant", reason: "" },
];

describe("judgements of Slither's findings", () => {
  it("name a finding by its place, not by its line", () => {
    expect(FINDINGS.map(placeOf)).to.deep.equal([
      "LedgerCustody._pushNative(address,uint256)",
      "Ledger._execute(ILedger.Call,address,Word)",
      "LedgerAccounts.homeOf(uint256)",
      "LedgerAccounts.homeOf(uint256)",
      "AmmCore._checkDeadline(uint256)",
    ]);
  });

  it("leave nothing open when each place is judged, and count what is of low impact", () => {
    expect(judge(FINDINGS, JUDGED)).to.deep.equal({ open: [], stale: [], judged: 3, low: 1 });
  });

  it("show a finding without a judgement, and a judgement without its finding", () => {
    const [send, ...others] = JUDGED;
    expect(judge(FINDINGS, others).open).to.deep.equal([
      "arbitrary-send-eth: LedgerCustody._pushNative(address,uint256)",
    ]);
    expect(judge(FINDINGS.slice(1), JUDGED).stale).to.deep.equal([`${send?.check}: ${send?.place}`]);
  });

  it("notice that a place is found more or less often", () => {
    expect(judge(FINDINGS.slice(0, 3), JUDGED).stale).to.deep.equal([
      "incorrect-equality: LedgerAccounts.homeOf(uint256)",
    ]);
  });

  it("stand once for each place, with a reason", () => {
    const keys = TRIAGE.map(({ check, place }) => `${check}: ${place}`);
    expect(new Set(keys).size).to.equal(keys.length);
    for (const { place, reason } of TRIAGE) expect(reason, place).to.match(/\.$/);
  });

  it("hand Slither the sources with packages by their folder", () => {
    const input = JSON.parse(slitherInput({ "contracts/A.sol": "contract A {}" })) as {
      sources: unknown;
      settings: { remappings: string[] };
    };
    expect(input.sources).to.deep.equal({ "contracts/A.sol": { content: "contract A {}" } });
    expect(input.settings.remappings).to.include("@openzeppelin/=node_modules/@openzeppelin/");
  });
});
