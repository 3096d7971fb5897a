import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { keccak256, type InterfaceAbi } from "ethers";
import { FailureError } from "../../scripts/lib/failure.js";
import { installFolder } from "../../scripts/lib/install.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { readContractSizes } from "../../scripts/lib/sizes.js";
import type { ContractSizeRow } from "../schema.js";

export type Code = { abi: InterfaceAbi; bytecode: string };

const ARTIFACTS = path.join(ROOT, "artifacts-production");

/** A contract of the production build. */
export async function readProduction(source: string): Promise<Code> {
  const name = path.basename(source, ".sol");
  const file = path.join(ARTIFACTS, source, `${name}.json`);
  try {
    return JSON.parse(await readFile(file, "utf8")) as Code;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new FailureError("NOT_BUILT", `There is no production build of ${name}: run npm run build:production.`);
  }
}

/** A contract as its npm package ships it. */
export async function readPackaged(specifier: string): Promise<Code> {
  const file = createRequire(import.meta.url).resolve(specifier);
  const { abi, bytecode } = JSON.parse(await readFile(file, "utf8")) as Code;
  return { abi, bytecode: bytecode.startsWith("0x") ? bytecode : `0x${bytecode}` };
}

/** A contract as Foundry wrote it, from a package of bench/peers, which is installed on its first use. */
export async function readPeer(file: string): Promise<Code> {
  await installFolder("bench/peers");
  const text = await readFile(path.join(ROOT, "bench/peers/node_modules", file), "utf8");
  const { abi, bytecode } = JSON.parse(text) as { abi: InterfaceAbi; bytecode: { object: string } };
  return { abi, bytecode: bytecode.object };
}

/** Runtime size and initcode hash (without constructor arguments) of each deployable contract. */
export async function readSizes(): Promise<ContractSizeRow[]> {
  const rows: ContractSizeRow[] = [];
  for (const { name, source, runtime } of await readContractSizes(ARTIFACTS)) {
    const { bytecode } = await readProduction(source);
    rows.push({ name, runtimeBytes: runtime, initcodeHash: keccak256(bytecode) });
  }
  return rows;
}
