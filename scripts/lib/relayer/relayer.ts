import { Wallet } from "ethers";
import { toBytes } from "../../../src/codec/bytes.js";
import { encodeFloat } from "../../../src/codec/floats.js";
import {
  sessionDigest,
  type OrderAnswer,
  type RelayerStatus,
  type SignedWireOrder,
  type WireOrder,
} from "../../../src/relayer-protocol.js";
import { admit } from "./admission.js";
import { Batcher, type Moment } from "./batcher.js";
import { startBlsThread } from "./bls-thread.js";
import { bookOptions, type BookOptions } from "./books.js";
import { openChain, type Chain } from "./chain.js";
import { BATCH_CAPS, type BatchCaps } from "./compose.js";
import { RelayerDatabase } from "./database.js";
import { RelayerError } from "./error.js";
import { Intake, messageOf } from "./intake.js";
import { createLog, type Log } from "./log.js";
import { Metrics, relayerMetrics } from "./metrics.js";
import { OrderQueue, toQueued } from "./queue.js";
import { startServer, type ServerLimits, type Session } from "./server.js";

export type RelayerOptions = {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** The SQLite file; it is created. */
  database: string;
  /** The node's URL. */
  rpc: string;
  /** The private key of the account that sends batches, 32 bytes in hexadecimal. */
  key: string;
  chainId: bigint;
  settlement: string;
  /** Milliseconds between batches, and for signatures. */
  interval: number;
  signWithin: number;
  /** Seconds from the building of a batch to its expiry. */
  lifetime: number;
  /** Units of an asset for each executed operation that puts it in; floats. */
  fees: ReadonlyMap<bigint, bigint>;
  /** Half the width of a price band, as a part of 1e18. */
  tolerance: bigint;
  /** Most open orders, of all and of one account. */
  maximum?: number;
  maximumOfAccount?: number;
  caps?: Partial<BatchCaps>;
  limits?: Partial<ServerLimits>;
  log?: Log;
  /** For tests: told of each moment of a batch. */
  reach?: (moment: Moment) => void;
} & BookOptions;

/** All but what the chain was opened with. */
export type RunOptions = Omit<RelayerOptions, "rpc" | "key" | "chainId" | "settlement" | keyof BookOptions> & {
  chain: Chain;
};

export type Relayer = {
  port: number;
  address: string;
  chain: Chain;
  /** Ends it; what is accepted stays in the database. */
  stop: () => Promise<void>;
};

const MAX_OPEN = 20_000;
const MAX_OPEN_OF_ACCOUNT = 64;
const PRUNE_MS = 3_600_000;
/** Seconds for which finished orders are remembered after their deadline. */
const REMEMBERED = 86_400;

/**
 * Starts a relayer: checks the chain, finishes what an earlier process left, opens the port. Throws `RelayerError` with
 * what has to be changed, before anything is written or served.
 */
export async function startRelayer(options: RelayerOptions): Promise<Relayer> {
  const { key, rpc, chainId, settlement } = options;
  const chain = await openChain({ url: rpc, key: checkKey(key), chainId, settlement, ...bookOptions(options) });
  return runRelayer({ ...options, chain });
}

/** As `startRelayer`, on a chain that was opened, which is closed with the relayer. */
export async function runRelayer(options: RunOptions): Promise<Relayer> {
  const { chain } = options;
  let database: RelayerDatabase | undefined;
  try {
    database = new RelayerDatabase(options.database);
    database.bind({ chain: `${chain.chainId}`, settlement: chain.settlement, relayer: chain.relayer });
    return await run({ ...options, database });
  } catch (error) {
    database?.close();
    chain.close();
    throw error;
  }
}

async function run({
  chain,
  database,
  log = createLog(),
  fees,
  ...options
}: Omit<RunOptions, "database"> & { database: RelayerDatabase }): Promise<Relayer> {
  const { interval, signWithin, lifetime, tolerance } = options;
  const feeOf = (asset: bigint): bigint => fees.get(asset) ?? 0n;
  const queue = new OrderQueue();
  for (const order of database.openOrders()) queue.add(toQueued(order));
  const sessions = new Map<number, Session>();
  const figures = new Metrics();
  const metrics = relayerMetrics(figures, { queued: () => queue.size, sessions: () => sessions.size });
  let death: string | undefined;
  const bls = startBlsThread((reason) => {
    death = `the BLS thread ended: ${reason}`;
    log("error", "the BLS thread ended", { reason });
  });
  const batcher = new Batcher({
    ...{ chain, database, queue, bls, sessions, metrics, log, feeOf, tolerance, interval, signWithin, lifetime },
    caps: { ...BATCH_CAPS, ...options.caps },
    reach: options.reach,
  });
  const intake = new Intake({
    ...{ database, queue, metrics, log },
    maximum: options.maximum ?? MAX_OPEN,
    maximumOfAccount: options.maximumOfAccount ?? MAX_OPEN_OF_ACCOUNT,
  });
  const identity = {
    chainId: `${chain.chainId}`,
    settlement: chain.settlement,
    directory: chain.directory,
    relayer: chain.relayer,
  };
  const now = (): number => Math.floor(Date.now() / 1_000);

  const take = async (account: number, order: WireOrder | SignedWireOrder): Promise<OrderAnswer> => {
    const { id, deadline } = order;
    const body = JSON.stringify(order);
    const known = intake.known({ account, id, body });
    if (known !== undefined) return known;
    try {
      const refusal = await admit(account, order, { chain, feeOf, now });
      if (refusal === undefined) return await intake.add({ account, id, body, deadline });
      metrics.refused.add(1, { code: refusal.code });
      return { type: "refused", id, ...refusal };
    } catch (error) {
      log("warn", "an order could not be checked", { reason: error instanceof Error ? error.message : String(error) });
      metrics.refused.add(1, { code: "busy" });
      return { type: "refused", id, code: "busy", reason: "the order cannot be checked now" };
    }
  };

  const server = await startServer({
    ...{ host: options.host, port: options.port, metrics, log },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    service: {
      identity,
      async authenticate(account, signature, challenge) {
        const row = await chain.row(account);
        if (row?.key === undefined || row.validUntil < now() || (await chain.isRevoked(account))) return false;
        const digest = sessionDigest({ ...identity, chainId: chain.chainId, account, challenge });
        return bls.verify(digest, row.key, toBytes(signature));
      },
      opened(session) {
        sessions.get(session.account)?.close("opened elsewhere");
        sessions.set(session.account, session);
      },
      closed(session) {
        if (sessions.get(session.account) !== session) return;
        sessions.delete(session.account);
        batcher.left(session.account);
      },
      submit: take,
      submitSigned: (order) => take(order.account, order),
      statusOf(account, id) {
        const order = database.orderOf(account, id);
        if (order !== undefined) return messageOf(order);
        return { type: "refused", id, code: "unknown", reason: "there is no such order" };
      },
      signed: (account, number, signature) => batcher.signed(account, number, signature),
      declined(account, number) {
        batcher.declined(account, number);
      },
      status: (): RelayerStatus => ({
        ...identity,
        ledger: chain.ledger,
        fees: [...fees].map(([asset, fee]) => ({ asset: `${asset}`, fee: `${fee}` })),
        protocols: [...chain.protocols],
        ...{ interval, signWithin, lifetime },
        queued: queue.size,
      }),
      illness: () => death ?? batcher.illness,
      figures: () => figures.render(),
    },
  }).catch(async (error: unknown) => {
    await bls.close();
    throw error;
  });

  const end = new AbortController();
  const forget = (): void => database.prune(now() - REMEMBERED);
  forget();
  const pruning = setInterval(forget, PRUNE_MS);
  const batches = batcher.run(end.signal);
  return {
    port: server.port,
    address: chain.relayer,
    chain,
    async stop() {
      clearInterval(pruning);
      end.abort();
      await server.close();
      await batches;
      await bls.close();
      database.close();
      chain.close();
    },
  };
}

/** The key itself is never in a message. Throws `KEY_INVALID`. */
function checkKey(key: string): string {
  try {
    return new Wallet(key).privateKey;
  } catch {
    throw new RelayerError("KEY_INVALID", "LAKH_RELAYER_KEY is not a private key of 32 bytes in hexadecimal.");
  }
}

/** Whether a batch can carry the fee. */
export function isFee(fee: bigint): boolean {
  try {
    encodeFloat(fee);
    return true;
  } catch {
    return false;
  }
}
