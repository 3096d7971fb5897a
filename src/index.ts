/**
 * The suite for programs: clients, codec, co-signing, models and sentences.
 * @module
 */
export * from "./abi.js";
export { DEPLOYMENTS, type PublicDeployment } from "./addresses.js";
export * from "./amm.js";
export { splitExactIn, splitExactOut, type Split, type SplitPart } from "./amm-routing.js";
export { bestPathExactIn, bestPathExactOut, MAX_HOPS } from "./amm-path.js";
export { type Hop, type Path, type PathOptions, type PathPool } from "./amm-path.js";
export { entryPoolOf, entryRequest, planEntry, protocolSharesOf } from "./amm-entry.js";
export { type Entry, type EntryOptions, type EntryPool, type EntryRequestOptions } from "./amm-entry.js";
export * from "./amm-events.js";
export * from "./amm-history.js";
export { type Curve, type Fraction, type SwapPool } from "./amm-curve.js";
export * from "./assets.js";
export * from "./bls/aggregate.js";
export * from "./bls/bls.js";
export * from "./bls/keys.js";
export * from "./client.js";
export * from "./codec/digest.js";
export * from "./codec/error.js";
export * from "./codec/floats.js";
export * from "./codec/reader.js";
export * from "./codec/tree.js";
export * from "./codec/types.js";
export * from "./codec/writer.js";
export * from "./errors.js";
export * from "./lakh-error.js";
export * from "./ledger.js";
export * from "./lending.js";
export * from "./lending-market.js";
export * from "./adaptive-curve.js";
export * from "./lending-accrual.js";
export * from "./lending-math.js";
export * from "./insurance.js";
export * from "./insurance-report.js";
export * from "./insurance-terms.js";
export * from "./merkle-client.js";
export * from "./merkle.js";
export * from "./staking.js";
export * from "./staking-pool.js";
export {
  type AtTime,
  type OfPool,
  type StakePoolView,
  type StreamView,
  type UnstakeRequest,
} from "./staking-reader.js";
export * from "./registration.js";
export * from "./relayer-client.js";
export * from "./relayer-protocol.js";
export * from "./request.js";
export * from "./rwa.js";
export { type OfAsset, type PledgeRef, type RwaTerms } from "./rwa-agency.js";
export * from "./rwa-offering.js";
export {
  createOfferingClient,
  offeringActions,
  type AllotmentView,
  type OfferingAction,
  type OfferingClient,
  type OfferingClientOptions,
  type OfferingView,
  type OfOffering,
} from "./rwa-offering-client.js";
export * from "./rwa-register.js";
export {
  attestationTypedData,
  countriesOf,
  countryWords,
  MAX_RWA_UNITS,
  RWA_APPROVALS,
  RWA_REFUSALS,
  RWA_ROLES,
  rwaApprovals,
  rwaId,
  rwaRoles,
  type Attestation,
  type AttestationMessage,
  type Eligibility,
  type RwaApproval,
  type RwaRefusal,
  type RwaRole,
} from "./rwa-terms.js";
export * from "./sentences.js";
export * from "./signatures.js";
export * from "./models/amm.js";
export * from "./models/amm-math.js";
export * from "./models/capped-exits.js";
export * from "./models/exit-queue.js";
export {
  InsuranceModel,
  type InsuranceRisk,
  type InsuranceTerms,
  type ModelRisk,
  type RiskState,
} from "./models/insurance.js";
export { type ExcessStream } from "./models/excess-stream.js";
export {
  coverForBudget,
  coverIntegral,
  coverPrice,
  MAX_COVER_RATE,
  type CoverCurve,
  type PremiumFlow,
} from "./models/insurance-math.js";
export * from "./models/ledger.js";
export * from "./models/lending.js";
export { encodeLendingAction, type LendingAction } from "./models/lending-actions.js";
export {
  LendingStore,
  type LendingSources,
  type LendingStoreOptions,
  type LendingTotals,
} from "./models/lending-store.js";
export * from "./models/settlement.js";
export * from "./models/staking.js";
export { encodeStakingAction, type StakingAction } from "./models/staking-actions.js";
export { type PledgeCall } from "./models/staking-receipts.js";
export { StakingStore } from "./models/staking-store.js";
export {
  type Slashing,
  type StakePosition,
  type StakingPoolState,
  type StakingTotals,
} from "./models/staking-store.js";
export * from "./models/staking-stream.js";
export { type Stream as BareStream } from "./models/stream.js";
export * from "./models/state.js";
export * from "./settlement/builder.js";
export * from "./settlement/cosign.js";
export * from "./settlement/decoder.js";
export * from "./settlement/lending-operations.js";
export * from "./settlement/operations.js";
export * from "./settlement/insurance-operations.js";
export * from "./settlement/rwa-operations.js";
export * from "./settlement/staking-operations.js";
