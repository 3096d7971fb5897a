import { readFile, readdir } from "node:fs/promises";
import path from "node:path";

/** Our own limit on runtime code: below the 24,576 bytes of EIP-170, so that a fix always fits. */
export const MAX_RUNTIME_BYTES = 20_000;
/** EIP-3860. */
export const MAX_INITCODE_BYTES = 49_152;

export type ContractSize = { name: string; source: string; runtime: number; initcode: number };

type Artifact = {
  contractName: string;
  sourceName: string;
  abi: readonly unknown[];
  bytecode: string;
  deployedBytecode: string;
};

/** Sizes of everything that can be deployed from `folder`, largest first; mocks and test contracts are left out. */
export async function readContractSizes(folder: string): Promise<ContractSize[]> {
  const sizes: ContractSize[] = [];
  for (const entry of await readdir(path.join(folder, "contracts"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".json")) continue;
    const artifact = JSON.parse(await readFile(path.join(entry.parentPath, entry.name), "utf8")) as Artifact;
    const runtime = byteLength(artifact.deployedBytecode);
    const isEmbeddedLibrary = artifact.abi.length === 0;
    if (runtime === 0 || isEmbeddedLibrary || artifact.sourceName.startsWith("contracts/mocks/")) continue;
    sizes.push({
      name: artifact.contractName,
      source: artifact.sourceName,
      runtime,
      initcode: byteLength(artifact.bytecode),
    });
  }
  return sizes.sort((a, b) => b.runtime - a.runtime || a.name.localeCompare(b.name));
}

export function isOversized({ runtime, initcode }: ContractSize): boolean {
  return runtime > MAX_RUNTIME_BYTES || initcode > MAX_INITCODE_BYTES;
}

function byteLength(hex: string): number {
  return (hex.length - 2) / 2;
}
