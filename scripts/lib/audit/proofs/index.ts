import { AMM_PROOFS } from "./amm.js";
import { DIRECTORY_PROOFS } from "./directory.js";
import { INSURANCE_PROOFS } from "./insurance.js";
import { LEDGER_PROOFS } from "./ledger.js";
import { LENDING_PROOFS } from "./lending.js";
import { RWA_PROOFS } from "./rwa.js";
import { STAKING_PROOFS } from "./staking.js";
import type { Proof } from "./proof.js";
import { SETTLEMENT_PROOFS } from "./settlement.js";

export type { Proof } from "./proof.js";

export const PROOFS: readonly Proof[] = [
  ...LEDGER_PROOFS,
  ...AMM_PROOFS,
  ...SETTLEMENT_PROOFS,
  ...DIRECTORY_PROOFS,
  ...LENDING_PROOFS,
  ...STAKING_PROOFS,
  ...RWA_PROOFS,
  ...INSURANCE_PROOFS,
];
