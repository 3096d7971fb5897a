import { setTimeout as sleep } from "node:timers/promises";
import { verifyContract } from "@nomicfoundation/hardhat-verify/verify";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { runPackageScript } from "../process.js";
import { DeployError } from "./error.js";
import { openHardhat } from "./hardhat.js";
import { ACCESS_MANAGER, accessManagerInput } from "./prebuilt.js";
import { constructorData, readRecord, type ContractRecord } from "./record.js";
import { networkOf } from "./target.js";

export const EXPLORERS = ["etherscan", "blockscout"] as const;
export type Explorer = (typeof EXPLORERS)[number];

const ETHERSCAN_API = "https://api.etherscan.io/v2/api";
const POLLING_MS = 3_000;
const MOST_POLLS = 20;

/** Builds what is compared with the chain and published. */
export async function buildProduction(): Promise<void> {
  const { code, output } = await runPackageScript("build:production", ["--no-typechain"]);
  if (code !== 0) throw new DeployError("NOT_VERIFIED", `The production build failed:\n${output.trim()}`);
}

export type VerifyOptions = {
  name: string;
  folder: string;
  /** One explorer only; all that the network has unless set. */
  explorer?: Explorer | undefined;
  /** Told of each contract; must not speak through `console.log`, which is silenced while hardhat-verify runs. */
  tell: (line: string) => void;
};

/** Publishes the source of every recorded contract on the network's explorers; throws `NOT_VERIFIED` with those that failed. */
export async function verifyNetwork({ name, folder, explorer, tell }: VerifyOptions): Promise<void> {
  const { chainId } = networkOf(name);
  const { contracts } = await readRecord(folder, chainId);
  const hre = await openHardhat(name, true);
  const known = hre.config.chainDescriptors.get(BigInt(chainId))?.blockExplorers ?? {};
  const explorers = EXPLORERS.filter((each) => known[each] !== undefined && (explorer ?? each) === each);
  if (explorers.length === 0) {
    throw new DeployError("NOT_VERIFIED", `${name} has no ${explorer ?? "explorer"} with an API that is known here.`);
  }
  const failures: string[] = [];
  const publish = async (on: Explorer): Promise<void> => {
    for (const [what, contract] of Object.entries(contracts)) {
      try {
        await verify(hre, on, contract);
        tell(`verified ${what} at ${contract.address} on ${on}`);
      } catch (error) {
        failures.push(`${what} on ${on}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await quietly(() => Promise.all(explorers.map(publish)));
  if (failures.length > 0) throw new DeployError("NOT_VERIFIED", ["Not verified:", ...failures].join("\n  "));
}

async function verify(hre: HardhatRuntimeEnvironment, provider: Explorer, contract: ContractRecord): Promise<void> {
  if (contract.contract === "AccessManager") return verifyPrebuilt(hre, provider, contract);
  const { address, constructorArgs, compiler } = contract;
  await verifyContract({ address, constructorArgs: [...constructorArgs], contract: compiler.source, provider }, hre);
}

/** hardhat-verify speaks at length on the console: of 25 contracts that is too much. */
async function quietly(run: () => Promise<unknown>): Promise<void> {
  const { log } = console;
  console.log = () => undefined;
  try {
    await run();
  } finally {
    console.log = log;
  }
}

type Answer = { status: string; result: unknown };

/** As hardhat-verify does, for what this project does not compile. */
async function verifyPrebuilt(
  hre: HardhatRuntimeEnvironment,
  provider: Explorer,
  { address, constructorArgs }: ContractRecord,
): Promise<void> {
  const network = hre.config.networks[hre.globalOptions.network];
  const chainId = BigInt(network?.chainId ?? 0);
  const explorer = hre.config.chainDescriptors.get(chainId)?.blockExplorers[provider];
  const url = new URL(explorer?.apiUrl ?? ETHERSCAN_API);
  if (provider === "etherscan") {
    url.searchParams.set("chainid", chainId.toString());
    url.searchParams.set("apikey", await hre.config.verify.etherscan.apiKey.get());
  }
  const ask = async (action: string, query: Record<string, string>, body?: Record<string, string>): Promise<Answer> => {
    const target = new URL(url);
    for (const [key, value] of Object.entries({ module: "contract", action, ...query })) {
      target.searchParams.set(key, value);
    }
    const response = await fetch(target, body === undefined ? {} : { method: "POST", body: new URLSearchParams(body) });
    return (await response.json()) as Answer;
  };
  const isDone = ({ result }: Answer): boolean =>
    /^(pass - verified|(contract source code )?already verified)/i.test(String(result));
  const sent = await ask(
    "verifysourcecode",
    {},
    {
      ...{ contractaddress: address, sourceCode: JSON.stringify(await accessManagerInput()) },
      ...{ codeformat: "solidity-standard-json-input", contractname: ACCESS_MANAGER.source },
      compilerversion: ACCESS_MANAGER.longVersion,
      constructorArguments: (await constructorData("AccessManager", constructorArgs)).slice(2),
    },
  );
  if (isDone(sent)) return;
  if (sent.status !== "1") throw new Error(String(sent.result));
  for (let polls = 0; polls < MOST_POLLS; polls++) {
    const answer = await ask("checkverifystatus", { guid: String(sent.result) });
    if (isDone(answer)) return;
    if (!/pending/i.test(String(answer.result))) throw new Error(String(answer.result));
    await sleep(POLLING_MS);
  }
  throw new Error("The explorer has not answered within a minute.");
}
