import { secp256k1 } from "@noble/curves/secp256k1.js";
import { computeAddress, getBytes, hexlify, keccak256, toUtf8Bytes, Transaction } from "ethers";
import { DEVNET_CHAIN_ID } from "../../scripts/lib/devnet.js";
import {
  aggregateOrBisect,
  digestOf,
  encodeBody,
  rootOf,
  sealBatch,
  settleCalldata,
  type BatchBody,
  type Bls,
  type EncodedBody,
  type Fallback,
} from "../../src/index.js";
import type { Cohort } from "./cohort.js";
import { ownCpu } from "./cpu.js";
import type { PlannedBatch } from "./load.js";
import { signTransaction } from "./transaction.js";

/**
 * Batches before processor time is counted: a relayer runs for days, and its first batches are mostly the engine compiling.
 */
export const WARM_UP_BATCHES = 5;
/** Wei; the node begins at half of it. */
export const GAS_PRICE = 2_000_000_000;

/** A transaction that is ready to be sent. */
export type Prepared = {
  /** Hexadecimal. */
  raw: string;
  /** Operations that count when they succeed. */
  operations: number;
  /** Operations that are listed but not signed: they are skipped. */
  unsigned: number;
  calldataBytes: number;
};

/** How the signers' signatures came about: each made by itself, or all at once by the sum of their secrets. */
export type Signing = "individual" | "sum";

/** Where the batches go. */
export type Target = { settlement: string; directory: string };

/**
 * Puts batches together as a relayer does, and counts its processor time: encode, root, deserialise and sum the
 * signatures, verify the sum once, seal, sign the transaction. What the users do, signing, is not counted.
 */
export class Relayer {
  readonly address: string;
  readonly #secret: Uint8Array;
  readonly #bls: Bls;
  #number = 0;
  #nonce = 0;
  #individualBatches = 0;
  /** Processor time and operations of the batches whose signatures were individual, but for the first few. */
  cpuMicros = 0;
  cpuOperations = 0;

  constructor({ seed, bls }: { seed: string; bls: Bls }) {
    this.#bls = bls;
    this.#secret = getBytes(keccak256(toUtf8Bytes(`relayer of ${seed}`)));
    this.address = computeAddress(hexlify(secp256k1.getPublicKey(this.#secret, false)));
  }

  /** The next batch's body, in which the plan's records stand. */
  bodyOf({ sections, types, records }: PlannedBatch, expiry: number, fallbacks: readonly Fallback[] = []): BatchBody {
    return { relayer: this.address, number: ++this.#number, expiry, sections, types, records, fallbacks };
  }

  /** A batch under one aggregate of BLS signatures. */
  prepare(
    planned: PlannedBatch,
    {
      cohort,
      target,
      expiry,
      gasLimit,
      signing,
    }: { cohort: Cohort; target: Target; expiry: number; gasLimit: number; signing: Signing },
  ): Prepared {
    const body = this.bodyOf(planned, expiry);
    const began = ownCpu();
    const encoded = encodeBody(body);
    const digest = this.#digestOf(encoded, target);
    const encodedAt = ownCpu();
    const partials = planned.signers.map((signer) => {
      const signature = signing === "individual" ? this.#bls.sign(cohort.secretOf(signer), digest) : new Uint8Array();
      return { signer, key: cohort.keyOf(signer), signature };
    });
    const signedAt = ownCpu();
    const signature =
      signing === "individual"
        ? aggregateOrBisect({ bls: this.#bls, message: digest, partials }).signature
        : signBySum({ bls: this.#bls, cohort, indices: planned.signers, digest });
    const excluded = planned.absent.map((index) => cohort.idOf(index));
    const sealed = sealBatch(encoded, { excluded, signature });
    const prepared = this.#send(sealed, planned, target, gasLimit);
    if (signing === "individual" && ++this.#individualBatches > WARM_UP_BATCHES) {
      this.cpuMicros += ownCpu() - signedAt + (encodedAt - began);
      this.cpuOperations += planned.operations;
    }
    return prepared;
  }

  /** A batch in which every signer brings a signature of his wallet. */
  prepareFallbacks(
    body: BatchBody,
    planned: PlannedBatch,
    { cohort, target, gasLimit }: { cohort: Cohort; target: Target; gasLimit: number },
  ): Prepared {
    const began = ownCpu();
    const excluded = planned.absent.map((index) => cohort.idOf(index));
    const sealed = sealBatch(encodeBody(body), { excluded, signature: new Uint8Array() });
    const prepared = this.#send(sealed, planned, target, gasLimit);
    this.cpuMicros += ownCpu() - began;
    this.cpuOperations += planned.operations;
    return prepared;
  }

  #digestOf({ number, expiry, leaves }: EncodedBody, { settlement, directory }: Target): Uint8Array {
    const chainId = BigInt(DEVNET_CHAIN_ID);
    return digestOf({ chainId, settlement, directory, relayer: this.address, number, expiry, root: rootOf(leaves) });
  }

  /** The same calldata for another settlement, in the place of the transaction that was prepared last. */
  redirect(prepared: Prepared, { settlement, gasLimit }: { settlement: string; gasLimit: number }): Prepared {
    const [nonce, data] = [this.#nonce - 1, getBytes(Transaction.from(prepared.raw).data)];
    return { ...prepared, raw: this.#sign({ settlement, nonce, data, gasLimit }) };
  }

  #send(batch: Uint8Array, planned: PlannedBatch, { settlement }: Target, gasLimit: number): Prepared {
    const data = settleCalldata(batch);
    const raw = this.#sign({ settlement, nonce: this.#nonce++, data, gasLimit });
    const { operations, unsigned } = planned;
    return { raw, operations, unsigned, calldataBytes: data.length };
  }

  #sign({ settlement, ...rest }: { settlement: string; nonce: number; data: Uint8Array; gasLimit: number }): string {
    const to = Buffer.from(settlement.slice(2), "hex");
    const raw = signTransaction({ chainId: DEVNET_CHAIN_ID, maxFeePerGas: GAS_PRICE, to, ...rest }, this.#secret);
    return `0x${raw.toString("hex")}`;
  }
}

/** The same bytes as the sum of the accounts' signatures, by one signature of the sum of their secrets. */
export function signBySum({
  bls,
  cohort,
  indices,
  digest,
}: {
  bls: Bls;
  cohort: Cohort;
  indices: readonly number[];
  digest: Uint8Array;
}): Uint8Array {
  return bls.sign(cohort.secretSumOf(indices), digest);
}
