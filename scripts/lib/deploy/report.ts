import { formatEther, formatUnits } from "ethers";
import type { Plan } from "./preflight.js";
import type { Target } from "./target.js";

/** The plan in lines: each transaction, its gas, and what all of it costs. */
export function describePlan({ name, network, strategy, withMocks }: Target, plan: Plan): string {
  const { steps, remaining, cost, deployer, balance } = plan;
  const number = (value: bigint | number): string => value.toLocaleString("en-US");
  const left = new Set(remaining);
  const lines = steps.map((step, index) => {
    const state = left.has(step) ? "" : "  done";
    return `${String(index + 1).padStart(4)}  ${step.future.padEnd(36)}${number(step.gas).padStart(12)}${state}`;
  });
  const l1 = cost.l1 === undefined ? "not said by the chain" : `${formatEther(cost.l1)} ether`;
  return [
    `${name}, chain id ${network.chainId}, strategy ${strategy}${withMocks ? ", with mocks" : ""}`,
    `\n      transaction                                  gas`,
    ...lines,
    `\n${number(remaining.length)} of ${number(steps.length)} transactions remain, ${number(cost.gas)} gas`,
    `gas price     ${formatUnits(cost.gasPrice, "gwei")} gwei`,
    `execution     ${formatEther(cost.execution)} ether`,
    `beside it     ${l1}${network.l1Fee === "none" ? "" : " for posting the transactions"}`,
    `in all        ${formatEther(cost.total)} ether; ${formatEther(cost.wanted)} must be there`,
    `deployer      ${deployer ?? "no key is set"}${balance === undefined ? "" : `, ${formatEther(balance)} ether`}`,
  ].join("\n");
}
