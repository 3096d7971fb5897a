// Written by `npm run gen` from deploy/deployments; not to be edited.
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
export const DEPLOYMENTS: Readonly<Record<number, PublicDeployment>> = {};
