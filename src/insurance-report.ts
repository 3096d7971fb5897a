import { type InsuranceClient } from "./insurance.js";
import { RISK_STATES, underwritingId, VOID_RATIO, WHOLE_COVER, type UnderwritingTerms } from "./insurance-terms.js";
import { ValidationError } from "./lakh-error.js";

/** What a pool could have to pay for risks that end on one day. Amounts are units of the pool's asset. */
export type ExposureRow = {
  /** The day on which the risks end, in UTC. */
  date: string;
  /** Risks with cover that are not reported. */
  risks: number;
  /** What they pay when all is lost. */
  cover: bigint;
  /** What their cover cost, with fees. */
  held: bigint;
  /** The most that depends on one event. */
  largestEvent: bigint;
};

/** A pool's reserves beside all that it could have to pay, at one block. */
export type ReserveReport = {
  block: number;
  /** What the shares own. */
  assets: bigint;
  /** What of it cannot leave, and what can. */
  locked: bigint;
  free: bigint;
  /** Premiums, and what exits left, that are not earned yet, rounded down. */
  unearned: bigint;
  /** Cover that is sold and not reported: the sum of the rows. */
  exposure: bigint;
  /** What of `locked` is premiums of reported risks that have not come back. */
  returning: bigint;
  /** What holders of reported and settled risks have not been paid. */
  claims: bigint;
  /** By rising date. */
  rows: ExposureRow[];
};

/**
 * Reads a pool's risks from the desk's events, and what they are at `block`, the latest unless given; a provider with the states of past
 * blocks is needed for an earlier one. Throws `NoProvider`.
 */
export async function readReserves({
  insurance: { desk, pools },
  terms,
  fromBlock = 0,
  block,
}: {
  insurance: InsuranceClient;
  terms: UnderwritingTerms;
  /** The first block with anything of the pool. */
  fromBlock?: number;
  block?: number;
}): Promise<ReserveReport> {
  const provider = desk.runner?.provider;
  if (provider === null || provider === undefined) {
    throw new ValidationError("NoProvider", "Give a provider or signer when creating the client", {});
  }
  const blockTag = block ?? (await provider.getBlockNumber());
  const pool = underwritingId({ pools: await pools.getAddress(), terms });
  const products = await desk.queryFilter(desk.filters.ProductCreated(undefined, pool), fromBlock, blockTag);
  const opened = await Promise.all(
    products.map(({ args }) => desk.queryFilter(desk.filters.RiskOpened(undefined, args.id), fromBlock, blockTag)),
  );
  const risks = await Promise.all(opened.flat().map(({ args }) => desk.riskOf(args.id, { blockTag })));
  const { assets, locked, unearnedX32 } = await pools.stateOf(pool, { blockTag });
  const rows = new Map<string, ExposureRow & { events: Map<string, bigint> }>();
  let claims = 0n;
  for (const risk of risks) {
    const status = RISK_STATES[Number(risk.state)];
    if (status === "settled") claims += risk.held;
    if (status === "reported") claims += owedBy(risk);
    if (status === "open" && risk.cover > 0n) addTo(rows, risk);
  }
  const inOrder = [...rows.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
  const exposure = inOrder.reduce((sum, { cover }) => sum + cover, 0n);
  return {
    ...{ block: blockTag, assets, locked, free: assets - locked, unearned: unearnedX32 >> 32n, exposure },
    ...{ returning: locked - exposure, claims },
    rows: inOrder.map(({ events, ...row }) => ({
      ...row,
      largestEvent: [...events.values()].reduce((most, each) => (each > most ? each : most), 0n),
    })),
  };
}

/** What holders of a reported risk are owed. */
function owedBy({ cover, ratio, held }: Record<"cover" | "ratio" | "held", bigint>): bigint {
  return ratio === VOID_RATIO ? held : (cover * ratio) / WHOLE_COVER;
}

function addTo(
  rows: Map<string, ExposureRow & { events: Map<string, bigint> }>,
  { end, cover, held, eventId, key }: { end: bigint; cover: bigint; held: bigint; eventId: string; key: string },
): void {
  const date = new Date(Number(end) * 1_000).toISOString().slice(0, 10);
  const row = rows.get(date) ?? { date, risks: 0, cover: 0n, held: 0n, largestEvent: 0n, events: new Map() };
  // A risk without an event is one of its own.
  const event = BigInt(eventId) === 0n ? key : eventId;
  row.events.set(event, (row.events.get(event) ?? 0n) + cover);
  rows.set(date, { ...row, risks: row.risks + 1, cover: row.cover + cover, held: row.held + held });
}
