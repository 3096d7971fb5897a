/**
 * What a newcomer does after `npm run deploy -- --network <name> --with-mocks`: mints the mock tokens, creates a pool of
 * them, and buys one with the other. Its argument is the network's name; the key is in LAKH_DEPLOYER_KEY.
 */
import { JsonRpcProvider, parseUnits, Wallet } from "ethers";
import { NETWORKS, rpcOf } from "../../deploy/networks.js";
import { createLakh, DEPLOYMENTS, poolKey, sendRequest } from "../../src/index.js";
import { MockERC20__factory } from "../../typechain-types/index.js";

const [name = ""] = process.argv.slice(2);
const network = NETWORKS[name];
if (network === undefined) throw new Error(`Name a network: ${Object.keys(NETWORKS).join(", ")}.`);
const deployment = DEPLOYMENTS[network.chainId];
if (deployment === undefined) throw new Error(`Nothing is deployed on ${name}: npm run deploy -- --network ${name}.`);
const key = process.env.LAKH_DEPLOYER_KEY;
if (key === undefined) throw new Error("Set LAKH_DEPLOYER_KEY to a key with test ether.");

// Blocks come faster than the provider's cache forgets.
const provider = new JsonRpcProvider(rpcOf(name, network), undefined, { cacheTimeout: -1 });
const signer = new Wallet(key, provider);
const { addresses } = deployment;
const { index, usd } = addresses;
if (index === undefined || usd === undefined) throw new Error(`${name} was deployed without mock tokens.`);
const lakh = createLakh({ addresses, runner: signer, account: signer.address });
const deadline = BigInt(Math.floor(Date.now() / 1000) + 3600);

for (const token of [index, usd]) {
  const mock = MockERC20__factory.connect(token, signer);
  await (await mock.mint(signer.address, parseUnits("1000", 24))).wait();
  await (await mock.approve(addresses.ledger, parseUnits("1000", 24))).wait();
}

const pool = poolKey({ assets: [index, usd], fee: 3000n });
const source = "wallet";
const { exists } = await lakh.amm.poolOf({ pool });
if (!exists) {
  const amounts = { amount0: parseUnits("10", 18), amount1: parseUnits("10", 18) };
  const create = lakh.amm.createPool({ pool, ...amounts, minShares: 1n, deadline, source });
  await (await sendRequest(signer, create)).wait();
}

const trade = { pool, assetIn: pool.asset0, amountIn: parseUnits("1", 18) };
const before = await lakh.ledger.balanceOf({ account: signer.address, asset: pool.asset1 });
const quote = await lakh.amm.quoteExactIn(trade);
const swap = lakh.amm.swapExactIn({ ...trade, minAmountOut: quote, deadline, source });
await (await sendRequest(signer, swap)).wait();

const after = await lakh.ledger.balanceOf({ account: signer.address, asset: pool.asset1 });
console.log(`bought ${after - before} units on ${name}, quoted ${quote}`);
provider.destroy();
