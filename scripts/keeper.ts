import { readFile } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import { isAddress } from "ethers";
import { wholeNumber } from "./lib/arguments.js";
import { runMain } from "./lib/failure.js";
import { KeeperError } from "./lib/keeper/error.js";
import { type Funds, type Pass } from "./lib/keeper/keeper.js";
import { keepOn } from "./lib/keeper/loop.js";
import { describeOutcome, describePass, describeUpkeep, toJson } from "./lib/keeper/report.js";
import { openKeeper, readDeployment } from "./lib/keeper/start.js";

const FUNDS: readonly Funds[] = ["flash", "ledger", "wallet"];

function address(text: string): string {
  if (isAddress(text)) return text;
  throw new InvalidArgumentError("It must be an address.");
}

function units(text: string): bigint {
  if (/^\d{1,34}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError("It must be a whole number of units.");
}

function funds(text: string): Funds {
  const found = FUNDS.find((each) => each === text);
  if (found === undefined) throw new InvalidArgumentError(`It must be ${FUNDS.join(", ")}.`);
  return found;
}

/** One id more of the option's, each the id of such a thing. */
function idsOf(what: string): (text: string, before: readonly string[] | undefined) => readonly string[] {
  return (text, before) => {
    if (/^0x[0-9a-fA-F]{64}$/.test(text)) return [...(before ?? []), text];
    throw new InvalidArgumentError(`It must be the id of ${what}.`);
  };
}

/** The option alone stands for all. */
function chosen(ids: readonly string[] | true | undefined): readonly string[] | "all" | undefined {
  return ids === true ? "all" : ids;
}

const options = new Command("npm run keeper --")
  .description(
    "Liquidates unhealthy positions of all lending markets where that earns something. The private key comes from the " +
      "environment variable LAKH_KEEPER_KEY or from a file.",
  )
  .requiredOption("--deployment <file>", "JSON with chainId and addresses, as `npm run devnet -- --json` writes it")
  .option("--rpc <url>", "the chain's node (default: the deployment's url)")
  .option("--key <file>", "file with the private key (default: LAKH_KEEPER_KEY)")
  .option("--account <address>", "who would liquidate, for a dry run without a key", address)
  .option(
    "--funds <source>",
    "who pays: flash (a loan), ledger or wallet (own funds; the collateral is kept)",
    funds,
    "flash",
  )
  .option("--min-profit <units>", "least profit of a liquidation, after gas where it can be valued", units, 1n)
  .option("--from-block <number>", "the first block with anything to find", wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
  .option(
    "--staking [ids...]",
    "also look after stake pools, these or all: kicks and finalisations, which pay nothing",
    idsOf("a stake pool"),
  )
  .option(
    "--insurance [ids...]",
    "also look after underwriting pools and risks, these or all: outcomes, payments and exits, which pay nothing",
    idsOf("an underwriting pool or a risk"),
  )
  .option("--interval <ms>", "milliseconds between passes", wholeNumber(50, 3_600_000), 2_000)
  .option("--once", "one pass only")
  .option("--dry-run", "say what would be done, and send nothing")
  .option("--json", "lines of JSON")
  .allowExcessArguments(false)
  .parse()
  .opts<{
    deployment: string;
    rpc?: string;
    key?: string;
    account?: string;
    funds: Funds;
    minProfit: bigint;
    fromBlock: number;
    staking?: readonly string[] | true;
    insurance?: readonly string[] | true;
    interval: number;
    once?: boolean;
    dryRun?: boolean;
    json?: boolean;
  }>();

async function readKey(): Promise<string | undefined> {
  const key = options.key === undefined ? process.env.LAKH_KEEPER_KEY : (await readFile(options.key, "utf8")).trim();
  if (key !== undefined && key !== "") return key;
  if (options.dryRun === true) return undefined;
  throw new KeeperError("KEY_MISSING", "Set LAKH_KEEPER_KEY to the keeper's private key, or name a file with --key.");
}

/** A line of JSON, or a sentence. */
function say(event: string, value: object, sentence: string): void {
  console.log(options.json === true ? toJson({ time: new Date().toISOString(), event, ...value }) : sentence);
}

/** Tasks as their number. */
function counted<P extends { upkeep: readonly unknown[] }>(pass: P | undefined): object | undefined {
  return pass && { ...pass, upkeep: pass.upkeep.length };
}

function sayPass(pass: Pass): void {
  const { staking, insurance, outcomes } = pass;
  const numbers = { outcomes: outcomes.length, staking: counted(staking), insurance: counted(insurance) };
  say("pass", { ...pass, ...numbers }, describePass(pass));
}

/** Whether anything was to do. */
function isEventful({ outcomes, staking, insurance }: Pass): boolean {
  return [outcomes, staking?.upkeep, insurance?.upkeep].some((all) => all !== undefined && all.length > 0);
}

/** Aborts at the first wish to end; what is on its way is waited for. */
function interrupted(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => abort.abort());
  return abort.signal;
}

await runMain(async () => {
  const signal = interrupted();
  const deployment = await readDeployment(options.deployment);
  const key = await readKey();
  const { minProfit, fromBlock, account, staking, insurance } = options;
  const opened = await openKeeper({
    ...{ deployment, rpc: options.rpc ?? deployment.url, key, account, isDryRun: options.dryRun === true },
    ...{ funds: options.funds, minProfit, fromBlock, stakePools: chosen(staking), insurance: chosen(insurance) },
    tell: (outcome) => say("position", outcome, describeOutcome(outcome)),
    tellUpkeep: (upkeep) => say("upkeep", upkeep, describeUpkeep(upkeep)),
  });
  try {
    say("ready", { keeper: opened.account }, `The keeper ${opened.account} watches the markets.`);
    if (options.once === true) {
      const pass = await opened.keeper.pass();
      sayPass(pass);
      return;
    }
    await keepOn({
      ...{ keeper: opened.keeper, interval: options.interval, signal },
      onPass(pass) {
        if (isEventful(pass)) sayPass(pass);
      },
      onFailure: ({ name, message }, failures) =>
        say("failure", { name, message, failures }, `The node fails, ${failures} in a row: ${name}: ${message}`),
    });
  } finally {
    opened.close();
  }
});
