/**
 * A program that knows nothing but the package: it reads addresses, swaps, supplies, settles a batch that two accounts
 * have co-signed, and turns a refusal into a sentence. Its argument is the file that `npm run devnet -- --json` writes.
 */
import { readFile } from "node:fs/promises";
import { JsonRpcProvider, MaxUint256, parseUnits, type JsonRpcSigner } from "ethers";
import {
  aggregateOrBisect,
  amountOut,
  buildBatches,
  checkAndSign,
  createLakh,
  decodeSettled,
  digestOf,
  encodeSettle,
  explain,
  GAS_MODEL,
  KEY_KINDS,
  loadBls,
  marketParams,
  OpenRoots,
  openPool,
  poolKey,
  proveKnowledge,
  requestKey,
  sealBatch,
  sendRequest,
  shareAt,
  transfer,
  VALID_FOREVER,
  type CoSigningKey,
  type LakhAddresses,
  type LakhRequest,
  type Order,
} from "lakh";
import { type abis } from "lakh/abi";
import { DEPLOYMENTS } from "lakh/addresses";
import { MockERC20__factory, MockPriceOracle__factory } from "lakh/bindings";
import { type Ledger } from "lakh/bindings/core/Ledger";
import { decodeError } from "lakh/errors";

type Addresses = LakhAddresses & { index: string; usd: string };
type Devnet = { url: string; chainId: number; addresses: Addresses };

// The ABIs are constants: the names in them are types.
type LedgerError = Extract<(typeof abis.ILedger)[number], { type: "error" }>["name"];
const POOR: LedgerError = "LedgerInsufficientBalance";

const { url, chainId: id, addresses: local } = JSON.parse(await readFile(process.argv[2] ?? "", "utf8")) as Devnet;
const chainId = BigInt(id);
const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
const [alice, bob] = [await provider.getSigner(0), await provider.getSigner(1)];

/* ADDRESSES: of a public network in the package, of a local one in the file. */
const addresses = DEPLOYMENTS[id]?.addresses ?? local;
const { index, usd } = local;
const { ledger, amm, lending, directory, settlement } = createLakh({ addresses, runner: alice });
const contract: Ledger = ledger.contract;
if ((await contract.getAddress()) !== addresses.ledger) throw new Error("The client is not of this deployment");
console.log(`read ${Object.keys(addresses).length} addresses of chain ${id}`);

const now = Math.floor(Date.now() / 1000);
const deadline = BigInt(now + 3600);
const send = async (signer: JsonRpcSigner, request: Omit<LakhRequest, "parameters">) =>
  (await sendRequest(signer, request)).wait();
for (const signer of [alice, bob]) {
  for (const token of [index, usd]) {
    const mock = MockERC20__factory.connect(token, signer);
    await (await mock.mint(signer.address, parseUnits("1000000", 18))).wait();
    await (await mock.approve(ledger.address, MaxUint256)).wait();
  }
}

/* A SWAP: quoted by the chain, and by the model without it. */
const pool = poolKey({ assets: [index, usd], fee: 3000n });
const source = "wallet";
const amount = parseUnits("10", 18);
await send(alice, amm.createPool({ pool, amount0: amount, amount1: amount, minShares: 1n, deadline, source }));
const trade = { pool, assetIn: pool.asset0, amountIn: parseUnits("1", 18) };
const quote = await amm.quoteExactIn(trade);
const modelled = amountOut(openPool(pool, amount, amount), true, trade.amountIn);
const swap = amm.swapExactIn({ ...trade, minAmountOut: quote, deadline, source });
await send(alice, swap);
const bought = await ledger.balanceOf({ account: alice.address, asset: pool.asset1 });
console.log(`bought ${bought}, quoted ${quote}, modelled ${modelled}`);

/* A SUPPLY: the market's oracle says loan units per unit of collateral · 1e36. */
const oracle = await new MockPriceOracle__factory(alice).deploy(parseUnits("1000", 36 + 6 - 18));
await oracle.waitForDeployment();
const market = marketParams({
  ...{ loanAsset: usd, collateralAsset: index, oracle: await oracle.getAddress(), lltv: parseUnits("0.86", 18) },
});
await send(alice, lending.createMarket({ market }));
await send(alice, lending.supply({ market, assets: parseUnits("1000", 6), source }));
const { supplyAssets } = await lending.positionOf({ market, account: alice.address });
console.log(`supplied ${supplyAssets}`);

/* A CO-SIGNED BATCH: each pays the other one index unit; the checks of `checkAndSign` are the wallet's. */
const bls = await loadBls();
const trusted = { chainId, settlement: addresses.settlement, directory: addresses.directory };
const members: (Order & { account: string; key: CoSigningKey })[] = [];
for (const [signer, friend] of [[alice, bob] as const, [bob, alice] as const]) {
  const account = signer.address;
  await send(signer, ledger.deposit({ token: index, amount: parseUnits("10", 18), to: account }));
  await send(signer, ledger.setConsent({ asset: index, versions: [0] }));
  const key = await requestKey({ signer, bls, account, chainId, directory: addresses.directory });
  const proof = proveKnowledge({ secretKey: key.secret, account, chainId, directory: addresses.directory });
  const entry = { ...proof, account, kinds: KEY_KINDS.all, validUntil: VALID_FOREVER, deadline, signature: "0x" };
  await (await directory.connect(signer).register([entry])).wait();
  const { holder } = await ledger.wordOf({ account, asset: index });
  const payment = { asset: index, amount: parseUnits("1", 18), to: friend.address };
  const operations = [transfer({ ...payment, sequence: Number(holder.sequence) })];
  members.push({ id: Number(await directory.idOfKey(proof.key)), account, key, operations });
}
const relayer = alice.address;
const time = (await provider.getBlock("latest"))?.timestamp ?? now;
const [batch] = buildBatches({
  ...{ relayer, number: 1, expiry: time + 10, orders: members, gas: { ...GAS_MODEL, operation: 30_000 } },
});
if (batch === undefined) throw new Error("There is no batch");
const parts = { ...trusted, relayer, number: 1, expiry: batch.body.expiry, root: batch.root };
const partials = members.map((member) => ({
  signer: member.id,
  key: member.key.publicKey,
  signature: checkAndSign({
    ...shareAt(batch, batch.encoded.ids.indexOf(member.id)),
    ...{ bls, secret: member.key.secret, trusted, openRoots: new OpenRoots() },
    ...{ intended: member, parts, now: time },
  }),
}));
const { signature, bad } = aggregateOrBisect({ bls, message: digestOf(parts), partials });
const bytes = sealBatch(batch.encoded, { excluded: bad, signature });
const receipt = await send(alice, { to: addresses.settlement, data: encodeSettle(bytes), value: 0n });
const log = receipt?.logs.find(({ address }) => address === addresses.settlement);
if (log === undefined) throw new Error("The batch was not settled");
const [by, number, root, sections, skipped] = settlement.interface.decodeEventLog(
  "BatchSettled",
  log.data,
  log.topics,
) as unknown as [string, bigint, string, bigint, bigint[]];
const settled = decodeSettled({
  ...{ calldata: bytes, event: { relayer: by, number, root, sections, skipped }, amms: [addresses.amm] },
  accountOf: (member) => members.find((one) => one.id === member)?.account,
});
console.log(
  `settled ${settled.operations.map(({ name, outcome }) => `${name} ${outcome}`).join(", ")} with ${bls.kind}`,
);

/* A REFUSAL: from what ethers throws, and from its data alone. */
const tooMuch = ledger.withdraw({ token: usd, amount: parseUnits("1", 30), to: bob.address });
const refusal = await sendRequest(bob, tooMuch).then(
  () => undefined,
  (error: unknown) => error,
);
const { name, message } = explain(refusal);
if (name !== POOR) throw new Error(`Refused by ${name}: ${message}`);
console.log(`refused: ${message}`);
const data = contract.interface.encodeErrorResult("LedgerZeroAmount");
console.log(`decoded: ${decodeError(data).message}`);
provider.destroy();
