import { AMM_BUGS } from "./amm.js";
import { INSURANCE_BUGS } from "./insurance.js";
import { LEDGER_BUGS } from "./ledger.js";
import { LENDING_BUGS } from "./lending.js";
import { MERKLE_BUGS } from "./merkle.js";
import type { Mutation } from "./mutation.js";
import { OFFERING_BUGS } from "./offering.js";
import { RWA_BUGS } from "./rwa.js";
import { SETTLEMENT_BUGS } from "./settlement.js";
import { STAKED_VAULT_BUGS } from "./staked-vault.js";
import { STAKING_BUGS } from "./staking.js";
import { VAULT_BUGS } from "./vault.js";

export { plant, readTests, testFilesOf, testIdOf, type Mutation } from "./mutation.js";

export const MUTATIONS: readonly Mutation[] = [
  ...LEDGER_BUGS,
  ...AMM_BUGS,
  ...LENDING_BUGS,
  ...VAULT_BUGS,
  ...MERKLE_BUGS,
  ...SETTLEMENT_BUGS,
  ...STAKING_BUGS,
  ...STAKED_VAULT_BUGS,
  ...RWA_BUGS,
  ...OFFERING_BUGS,
  ...INSURANCE_BUGS,
];
