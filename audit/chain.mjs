// The tests' door to the chain under Hardhat 2: what test/helpers/chain.ts is under Hardhat 3.
// Only the chain is Hardhat 2's, because solidity-coverage listens to it. Hardhat 3's own plugins put their ethers, helpers
// and matchers on the connection, so that a test means the same in both.
import { createRequire } from "node:module";
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatChaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";

const require = createRequire(import.meta.url);
const hre = require("hardhat");
const { createProvider } = require("hardhat/internal/core/providers/construction");

export const isInstrumented = true;

const plugins = [hardhatEthers, hardhatChaiMatchers, hardhatNetworkHelpers];
const handlers = await Promise.all(
  plugins.map(async (plugin) => {
    const { default: load } = await plugin.hookHandlers.network();
    return load();
  }),
);

/** Hardhat's network itself, below all wrappers of a provider. */
function coreOf(provider) {
  let core = provider;
  while (core._wrapped !== undefined) core = core._wrapped;
  return core;
}

/** The emitter of executed opcodes. */
function stepsOf(provider) {
  return coreOf(provider)._node._vm.evm.events;
}

/**
 * An estimate executes its transaction some twenty times, and handing over the steps of each takes most of the time of a
 * test. One that succeeds is answered without them: the transaction itself is about to be sent. With half as much again,
 * because the least gas with which a transaction passes may be too little for a call in it whose failure is passed over.
 */
function estimateQuietly(provider) {
  const core = coreOf(provider);
  const request = core.request.bind(core);
  core.request = async ({ method, params = [] }) => {
    if (method !== "eth_estimateGas") return request({ method, params });
    const { data } = await core._provider.handleRequest(JSON.stringify({ method, params }));
    const { result } = typeof data === "string" ? JSON.parse(data) : data;
    if (result === undefined) return request({ method, params });
    return `0x${((BigInt(result) * 3n) / 2n).toString(16)}`;
  };
}

/** What solidity-coverage sets for the one chain that it knows, set back: the tests expect gas to be estimated and paid. */
const ordinary = { gas: "auto", gasPrice: "auto", blockGasLimit: 1_000_000_000, initialBaseFeePerGas: 1_000_000_000 };

/** A chain of its own, whose steps reach the listener that solidity-coverage put on the one that it knows. */
async function createChain(override) {
  const changes = Object.entries(override).map(([name, value]) => [
    name,
    typeof value === "bigint" ? Number(value) : value,
  ]);
  const hardhat = { ...hre.config.networks.hardhat, ...ordinary, ...Object.fromEntries(changes) };
  const provider = await createProvider({ ...hre.config, networks: { hardhat } }, "hardhat", hre.artifacts);
  await provider.init?.();
  const listeners = stepsOf(hre.network.provider).listeners("step");
  if (listeners.length === 0) throw new Error("solidity-coverage does not listen to the chain");
  for (const listener of listeners) stepsOf(provider).on("step", listener);
  estimateQuietly(provider);
  return provider;
}

async function create({ override = {} } = {}) {
  const { accounts } = hre.config.networks.hardhat;
  const networkConfig = { type: "edr-simulated", accounts, ethers: { waitForTransactionReceipt: false } };
  const connect = async () => ({ provider: await createChain(override), networkName: "hardhat", networkConfig });
  const open = handlers.reduce((next, handler) => (context) => handler.newConnection(context, next), connect);
  return open({ artifacts: hre.artifacts });
}

export const network = { create };
