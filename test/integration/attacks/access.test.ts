import { expect } from "chai";
import { Interface, type InterfaceAbi, type Signer } from "ethers";
import { ACCESS, type Access } from "../../../scripts/lib/audit/access.js";
import { accessProblems } from "../../../scripts/lib/audit/access-document.js";
import { explain } from "../../../src/index.js";
import { abis } from "../../../src/abi.js";
import { MockFlashBorrower__factory, Settlement__factory } from "../../../typechain-types/index.js";
import {
  ACCESS_CASES,
  accessFixture,
  HOLDERS,
  type AccessCase,
  type AccessFixture,
  type Sending,
} from "../../helpers/access-cases.js";
import { callOf, loadFixture } from "../../helpers/ledger-fixture.js";

type Rule = { name: string; contract: string; access: Access };

const RULES: readonly Rule[] = Object.entries(ACCESS).flatMap(([contract, { functions }]) =>
  Object.entries(functions).flatMap(([key, cases]) =>
    cases.map((access) => {
      const name = [`${contract}.${key}`, ...(access.case === undefined ? [] : [access.case])].join(" ");
      return { name, contract, access };
    }),
  ),
);

const MOCK_ERRORS = new Interface(MockFlashBorrower__factory.abi);

/** The name of what a call reverts with, or nothing. */
async function refusalOf(signer: Signer, { to, data, value = 0n }: Sending): Promise<string | undefined> {
  try {
    await signer.call({ to: await to.getAddress(), data, value });
    return undefined;
  } catch (error) {
    const { name, signature } = explain(error);
    return name === "Unknown" ? (MOCK_ERRORS.getError(signature)?.name ?? signature) : name;
  }
}

function caseOf(name: string): AccessCase {
  return ACCESS_CASES[name] ?? expect.fail(`There is no case for ${name}`);
}

/** Calls as everyone, with the account's signature or with another's. */
async function answersOf(fixture: AccessFixture, name: string, isSigned: boolean): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const [actor, signer] of Object.entries(fixture.actors)) {
    answers[actor] = await refusalOf(signer, await caseOf(name).send(fixture, actor, isSigned));
  }
  return answers;
}

function expectedFor(fixture: AccessFixture, { name, access }: Rule, isSigned: boolean): Record<string, unknown> {
  const { passesWith } = caseOf(name);
  const { roles, others } = access;
  const mayAll = roles.includes("anyone") || (isSigned && roles.includes("signature"));
  const holders = roles.flatMap((role) => (role === "anyone" || role === "signature" ? [] : HOLDERS[role]));
  return Object.fromEntries(
    Object.keys(fixture.actors).map((actor) => [actor, mayAll || holders.includes(actor) ? passesWith : others]),
  );
}

describe("attacks", () => {
  describe("access by strangers", () => {
    it("has a rule and a case for every function of every contract", () => {
      const contracts = Object.keys(ACCESS).map((name) => {
        const abi: InterfaceAbi = name === "Settlement" ? Settlement__factory.abi : abis[name as keyof typeof abis];
        return { name, abi: JSON.parse(new Interface(abi).formatJson()) as never };
      });
      expect(accessProblems(contracts, ACCESS)).to.deep.equal([]);
      expect(Object.keys(ACCESS_CASES).sort()).to.deep.equal(RULES.map(({ name }) => name).sort());
    });

    for (const rule of RULES) {
      it(`${rule.name}: ${rule.access.roles.join(", ")}`, async () => {
        const fixture = await loadFixture(accessFixture);
        const signatures = rule.access.roles.includes("signature") ? [true, false] : [false];
        for (const isSigned of signatures) {
          const answers = await answersOf(fixture, rule.name, isSigned);
          expect(answers, isSigned ? "signed" : "by itself").to.deep.equal(expectedFor(fixture, rule, isSigned));
        }
      });
    }
  });

  describe("access while the lock is held", () => {
    for (const { name, access } of RULES) {
      it(`${name}: ${access.locked ?? "not stopped"}`, async () => {
        const fixture = await loadFixture(accessFixture);
        const { ledger, protocol, alice } = fixture;
        await ledger.listSettlement(protocol); // else it would be refused before the lock is looked at
        const { to, data } = await caseOf(name).send(fixture, "owner", true);
        await protocol.setAttack(to, data);
        await ledger.connect(alice).call(callOf({ protocol, to: alice }));
        const answer = await protocol.attackAnswer();
        const error = (await protocol.attackSucceeded()) ? undefined : explain({ data: answer }).name;
        if (access.locked !== undefined) expect(error).to.equal(access.locked);
        else expect(error).to.not.equal("LedgerLocked");
      });
    }
  });
});
