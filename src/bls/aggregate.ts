import { type Bls } from "./bls.js";

/** One signer's share of an aggregate. `Signer` is whatever the caller knows him by. */
export type PartialSignature<Signer> = {
  signer: Signer;
  /** 96 bytes, as registered: valid, and its secret is known to its owner. */
  key: Uint8Array;
  /** 192 bytes from anybody. */
  signature: Uint8Array;
};

/** The sum of what is good, and whose share is not in it. */
export type Aggregation<Signer> = {
  /** 192 bytes, or none when nobody is left. */
  signature: Uint8Array;
  good: Signer[];
  bad: Signer[];
};

/**
 * Sums the signatures of one message and verifies the sum once; where it does not hold, looks for the bad ones by halves.
 * Never throws on what a signer sent: garbage, points off the curve or the subgroup and signatures of something else all
 * make him bad. With n signers and b bad ones: 2 additions each (5 µs) for every level, and 1 verification (0.9 ms) when
 * b = 0, else at most 2 · b · log2(n) + 1; a relayer bounds b by excluding for a while whoever was bad.
 *
 * A sum that verifies is the right one whatever its parts: wrong signatures that cancel out within a part pass unnoticed
 * and do no harm.
 */
export function aggregateOrBisect<Signer>({
  bls,
  message,
  partials,
}: {
  bls: Bls;
  message: Uint8Array;
  partials: readonly PartialSignature<Signer>[];
}): Aggregation<Signer> {
  const good: PartialSignature<Signer>[] = [];
  const sums: Uint8Array[] = [];
  const bad: PartialSignature<Signer>[] = [];

  /** Whether all of the part is good; `isBad` says that it is known not to be. */
  function settle(part: readonly PartialSignature<Signer>[], isBad: boolean): boolean {
    const sum = isBad ? undefined : validSum({ bls, message, part });
    if (sum !== undefined) {
      good.push(...part);
      sums.push(sum);
      return true;
    }
    if (part.length === 1) {
      bad.push(...part);
      return false;
    }
    const middle = part.length >> 1;
    const isLeftGood = settle(part.slice(0, middle), false);
    // The whole is bad: when the left half is good, the right half is not, which nobody has to verify.
    settle(part.slice(middle), isLeftGood);
    return false;
  }

  if (partials.length > 0) settle(partials, false);
  return {
    signature: sums.length === 0 ? new Uint8Array() : bls.aggregateSignatures(sums),
    good: good.map(({ signer }) => signer),
    bad: bad.map(({ signer }) => signer),
  };
}

function validSum<Signer>({
  bls,
  message,
  part,
}: {
  bls: Bls;
  message: Uint8Array;
  part: readonly PartialSignature<Signer>[];
}): Uint8Array | undefined {
  try {
    const signature = bls.aggregateSignatures(part.map((partial) => partial.signature));
    const key = bls.aggregateKeys(part.map((partial) => partial.key));
    return bls.verify(message, key, signature) ? signature : undefined;
  } catch {
    return undefined;
  }
}
