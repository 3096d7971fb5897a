import { readdir } from "node:fs/promises";
import { isPublic } from "../../../deploy/networks.js";
import { readRecord, type DeploymentRecord } from "./record.js";
import { DEPLOYMENTS } from "./target.js";

/** The records of public networks in a folder, by chain id. */
async function publicRecords(folder: string): Promise<DeploymentRecord[]> {
  const files = await readdir(folder).catch(() => []);
  const ids = files.flatMap((file) => /^(\d+)\.json$/.exec(file)?.[1] ?? []).map(Number);
  const records = ids.filter(isPublic).map((chainId) => readRecord(folder, chainId));
  return (await Promise.all(records)).sort((a, b) => a.chainId - b.chainId);
}

function renderRecord({ chainId, network, withMocks, contracts, external }: DeploymentRecord): string {
  const all = Object.entries(contracts);
  const fromBlock = Math.min(...all.map(([, { block }]) => block));
  return [
    `  ${chainId}: {`,
    `    network: "${network}",`,
    `    hasMocks: ${withMocks},`,
    `    fromBlock: ${fromBlock},`,
    "    addresses: {",
    ...Object.entries(external).map(([name, address]) => `      ${name}: "${address}",`),
    ...all.map(([name, { address }]) => `      ${name}: "${address}",`),
    "    },",
    "  },",
  ].join("\n");
}

/** `src/addresses.ts`: where the suite is, out of the records of public networks. */
export async function renderAddresses(folder = DEPLOYMENTS): Promise<string> {
  const records = await publicRecords(folder);
  const entries = records.length === 0 ? "{}" : `{\n${records.map(renderRecord).join("\n")}\n}`;
  return `// Written by \`npm run gen\` from deploy/deployments; not to be edited.
/**
 * Where the suite is deployed.
 * @module
 */
import { type LakhAddresses } from "./client.js";

/** One deployment of the suite on a public network. */
export type PublicDeployment = {
  /** As in deploy/networks.ts. */
  network: string;
  /** Whether its tokens and feeds are mocks, worth nothing. */
  hasMocks: boolean;
  /** The first block with anything of it. */
  fromBlock: number;
  addresses: LakhAddresses & Readonly<Record<string, string>>;
};

/** Deployments by chain id. */
export const DEPLOYMENTS: Readonly<Record<number, PublicDeployment>> = ${entries};
`;
}
