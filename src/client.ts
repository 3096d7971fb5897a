import { type ContractRunner } from "ethers";
import { LedgerLens__factory } from "../typechain-types/factories/periphery/LedgerLens__factory.js";
import { type LedgerLens } from "../typechain-types/periphery/LedgerLens.js";
import { createAmmClient, type AmmClient } from "./amm.js";
import { nonZeroAddress } from "./assets.js";
import { createLedgerClient, type LedgerClient } from "./ledger.js";

/** Where the suite is deployed. */
export type LakhAddresses = {
  ledger: string;
  amm: string;
  ammLens: string;
  ledgerLens: string;
  weth: string;
  permit2: string;
};

export type LakhOptions = {
  addresses: LakhAddresses;
  /** Provider or signer for reads; builders need none. */
  runner?: ContractRunner | null;
  /** Receiver where a request names none; the address of a signer given as runner unless given. */
  account?: string;
};

/** A client of one deployment. */
export type Lakh = {
  addresses: LakhAddresses;
  ledger: LedgerClient;
  amm: AmmClient;
  /** ERC-6909 metadata and decoded words. */
  lens: LedgerLens;
};

/**
 * A client of the deployment at `addresses`. `lakh.ledger` and `lakh.amm` build typed requests for
 * `signer.sendTransaction(request)`; nothing is sent here.
 */
export function createLakh({ addresses, runner, account }: LakhOptions): Lakh {
  const { weth, permit2 } = addresses;
  const common = { account: account ?? addressOf(runner), runner };
  const ledger = createLedgerClient({ address: addresses.ledger, weth, permit2, ...common });
  return {
    addresses,
    ledger,
    amm: createAmmClient({ address: addresses.amm, lens: addresses.ammLens, weth, ledger, ...common }),
    lens: LedgerLens__factory.connect(nonZeroAddress(addresses.ledgerLens, "ledgerLens"), runner ?? null),
  };
}

/** A signer knows its address at once. */
function addressOf(runner: ContractRunner | null | undefined): string | undefined {
  if (runner === null || runner === undefined || !("address" in runner)) return undefined;
  return typeof runner.address === "string" ? runner.address : undefined;
}
