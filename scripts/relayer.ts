import { Command, InvalidArgumentError } from "commander";
import { isAddress } from "ethers";
import { wholeNumber } from "./lib/arguments.js";
import { runMain } from "./lib/failure.js";
import { RelayerError } from "./lib/relayer/error.js";
import { createLog } from "./lib/relayer/log.js";
import { isFee, startRelayer } from "./lib/relayer/relayer.js";

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/;
const BPS = 10n ** 14n;
const MAX_LIFETIME = 10;

function address(text: string): string {
  if (isAddress(text)) return text;
  throw new InvalidArgumentError("It must be an address.");
}

/** Collects `asset=units`; the asset is a token's address or a ledger id. */
function fee(text: string, previous: Map<bigint, bigint>): Map<bigint, bigint> {
  const [, asset = "", units = ""] = /^(0x[0-9a-fA-F]{1,64}|\d{1,78})=(\d{1,34})$/.exec(text) ?? [];
  if (asset === "" || !isFee(BigInt(units))) {
    const form = "It must be asset=units, the units a number of at most 5 significant digits.";
    throw new InvalidArgumentError(form);
  }
  return new Map([...previous, [BigInt(asset), BigInt(units)]]);
}

const options = new Command("npm run relayer --")
  .description(
    "Collects orders, has their accounts co-sign batches, and sends them. The private key of the account that pays for " +
      "the transactions comes from the environment variable LAKH_RELAYER_KEY.",
  )
  .requiredOption("--rpc <url>", "the chain's node")
  .requiredOption("--chain-id <number>", "the chain's id", wholeNumber(1, Number.MAX_SAFE_INTEGER))
  .requiredOption("--settlement <address>", "the settlement", address)
  .option("--amm-lens <address>", "the AMM's lens; without it there are no swaps and no changes of liquidity", address)
  .option("--lending <address>", "the lending core; without it there are no operations on its markets", address)
  .option("--staking <address>", "the staking core; without it there are no operations on its pools", address)
  .option(
    "--underwriting-pool <address>",
    "the underwriting pools; without it there are no operations on them",
    address,
  )
  .option("--cover-desk <address>", "the cover desk; without it no cover is bought and redeemed", address)
  .option("--rwa <address>", "the core of regulated assets; without it no units move and no income is claimed", address)
  .option("--rwa-offering <address>", "the core of their offerings; without it there are no subscriptions", address)
  .option("--database <file>", "SQLite file with what was accepted", "relayer.sqlite")
  .option("--host <address>", "the address to listen on", "127.0.0.1")
  .option("--port <number>", "TCP port, 0 for a free one", wholeNumber(0, 65_535), 8546)
  .option("--interval <ms>", "milliseconds between batches", wholeNumber(50, 60_000), 1_000)
  .option("--sign-within <ms>", "milliseconds that clients have to sign", wholeNumber(50, 8_000), 600)
  .option(
    "--lifetime <seconds>",
    "from the building of a batch to its expiry",
    wholeNumber(2, MAX_LIFETIME),
    MAX_LIFETIME,
  )
  .option("--fee <asset=units>", "fee of an executed operation in an asset (repeatable)", fee, new Map())
  .option(
    "--tolerance <bps>",
    "hundredths of a per cent around the price in a section of swaps",
    wholeNumber(1, 1_000),
    50,
  )
  .allowExcessArguments(false)
  .parse()
  .opts<{
    rpc: string;
    chainId: number;
    settlement: string;
    ammLens?: string;
    lending?: string;
    staking?: string;
    underwritingPool?: string;
    coverDesk?: string;
    rwa?: string;
    rwaOffering?: string;
    database: string;
    host: string;
    port: number;
    interval: number;
    signWithin: number;
    lifetime: number;
    fee: Map<bigint, bigint>;
    tolerance: number;
  }>();

/** Resolves at the first wish to end. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
}

await runMain(async () => {
  const end = interrupted();
  const key = process.env.LAKH_RELAYER_KEY;
  if (key === undefined || key === "") {
    throw new RelayerError("KEY_MISSING", "Set LAKH_RELAYER_KEY to the private key of the relayer's account.");
  }
  const { fee: fees, tolerance, chainId, ...rest } = options;
  const log = createLog();
  const relayer = await startRelayer({
    ...rest,
    key,
    chainId: BigInt(chainId),
    fees,
    tolerance: BigInt(tolerance) * BPS,
    log,
  });
  if (!LOOPBACK.test(options.host)) {
    console.error(
      `WARNING: the relayer listens on ${options.host}, beyond this machine, without encryption. ` +
        "Put it behind a proxy with TLS, or leave out --host.",
    );
  }
  log("info", "relayer ready", { host: options.host, port: relayer.port, relayer: relayer.address });
  await end;
  await relayer.stop();
});
