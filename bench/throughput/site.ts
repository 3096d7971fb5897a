import { createRandom, type Random } from "../../scripts/lib/demo/random.js";
import type { Cohort } from "./cohort.js";
import type { Lane } from "./lane.js";
import { Rota } from "./load.js";
import type { LaneModel } from "./model.js";
import type { Relayer } from "./relayer.js";

/** What a run works on: lanes with their models and relayers. */
export type Site = {
  lane: Lane;
  cohort: Cohort;
  model: LaneModel;
  relayer: Relayer;
  random: Random;
  rota: Rota;
  walletRota: Rota;
  /** Next nonce of each wallet. */
  nonces: Uint32Array;
  batches: number;
};

export function openSite(
  lane: Lane,
  { cohort, model, relayer, seed }: Pick<Site, "cohort" | "model" | "relayer"> & { seed: string },
): Site {
  const random = createRandom(seed);
  return {
    ...{ lane, cohort, model, relayer, random, batches: 0 },
    rota: new Rota({ end: cohort.size, random }),
    walletRota: new Rota({ end: cohort.wallets, random }),
    nonces: new Uint32Array(cohort.wallets),
  };
}
