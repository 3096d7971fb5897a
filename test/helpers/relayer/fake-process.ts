// A relayer on a chain in memory, as a process of its own: prints its port, ends with its standard input.
import { loadBls } from "../../../src/bls/bls.js";
import { runRelayer } from "../../../scripts/lib/relayer/relayer.js";
import { createAccounts, FakeChain } from "./fake-chain.js";

const [, , database = ""] = process.argv;
const bls = await loadBls();
const chain = new FakeChain({ bls, accounts: createAccounts(bls, 16), key: `0x${"ab".repeat(32)}` });
const relayer = await runRelayer({
  chain,
  database,
  host: "127.0.0.1",
  port: 0,
  interval: 200,
  signWithin: 600,
  lifetime: 1,
  fees: new Map(),
  tolerance: 0n,
  log: () => undefined,
});
console.log(relayer.port);
process.stdin.resume().once("end", () => process.exit());
