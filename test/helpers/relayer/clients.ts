import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { type Bls } from "../../../src/bls/bls.js";
import {
  RelayerClient,
  type ClientOrder,
  type RelayerClientOptions,
  type RelayerEvent,
  type WebSocketLike,
} from "../../../src/relayer-client.js";
import { transfer } from "../../../src/settlement/operations.js";

export type Deployment = { chainId: bigint; settlement: string; directory: string; relayer: string };

/** A transfer to an account of the directory, as an order of one operation. */
export function transferOrder({
  lifetime = 600,
  ...options
}: Parameters<typeof transfer>[0] & { lifetime?: number }): ClientOrder {
  return { id: randomUUID(), operations: [transfer(options)], deadline: Math.floor(Date.now() / 1_000) + lifetime };
}

/** Opens a WebSocket from a loopback address of the test's choice. */
export function openFrom(localAddress: string): (url: string) => WebSocketLike {
  return (url) => new WebSocket(url, { localAddress, perMessageDeflate: false });
}

/** A client on the loopback interface; `coSign` signs its batches in place of the key. */
export function testClient({
  bls,
  deployment: { chainId, settlement, directory, relayer },
  account: { id, secret },
  port,
  localAddress = "127.0.0.1",
  coSign,
  ...options
}: {
  bls: Bls;
  deployment: Deployment;
  account: { id: number; secret: Uint8Array };
  port: number;
  localAddress?: string;
  coSign?: RelayerClientOptions["sign"];
  onEvent?: (event: RelayerEvent) => void;
  lastNumber?: () => Promise<number>;
}): RelayerClient {
  let isSession = true;
  return new RelayerClient({
    ...{ chainId, settlement, directory, relayer },
    url: `ws://127.0.0.1:${port}`,
    account: id,
    sign(digest) {
      if (!isSession && coSign !== undefined) return coSign(digest);
      isSession = false;
      return bls.sign(secret, digest);
    },
    open: openFrom(localAddress),
    retryAfter: 100,
    ...options,
  });
}
