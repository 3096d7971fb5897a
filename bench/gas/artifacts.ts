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

type Packed = { abi: InterfaceAbi; bytecode: string | { object: string } };

const ARTIFACTS = path.join(ROOT, "artifacts-production");

const prefixed = (bytecode: string): string => (bytecode.startsWith("0x") ? bytecode : `0x${bytecode}`);

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
  return { abi, bytecode: prefixed(bytecode) };
}

/** A contract as Foundry, Hardhat or Waffle wrote it, from a package of bench/peers. */
export async function readPeer(file: string): Promise<Code> {
  const { abi, bytecode } = await readPeerJson<Packed>(file);
  return { abi, bytecode: prefixed(typeof bytecode === "string" ? bytecode : bytecode.object) };
}

/** A file of a package of bench/peers, which are installed on their first use. */
export async function readPeerJson<Content>(file: string): Promise<Content> {
  await installFolder("bench/peers");
  return JSON.parse(await readFile(path.join(ROOT, "bench/peers/node_modules", file), "utf8")) as Content;
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
