import { randomUUID } from "node:crypto";
import { ZeroAddress, ZeroHash } from "ethers";
import { WebSocket } from "ws";
import { type Bls } from "../../../src/bls/bls.js";
import { toBytes } from "../../../src/codec/bytes.js";
import { digestOf } from "../../../src/codec/digest.js";
import {
  RelayerClient,
  type RelayerClientOptions,
  type RelayerEvent,
  type WebSocketLike,
} from "../../../src/relayer-client.js";
import { type WireOperation, type WireOrder } from "../../../src/relayer-protocol.js";

export type Deployment = { chainId: bigint; settlement: string; directory: string; relayer: string };

/** A transfer to an account of the directory, as an order of one operation. */
export function transferOrder({
  asset,
  to,
  amount,
  sequence,
  fee = 0n,
  lifetime = 600,
}: {
  asset: bigint;
  to: { id: number; address: string };
  amount: bigint;
  sequence: number;
  fee?: bigint;
  lifetime?: number;
}): WireOrder {
  const operation: WireOperation = {
    protocol: ZeroAddress,
    key: ZeroHash,
    asset0: `${asset}`,
    asset1: "0",
    shareId: "0",
    kind: 0,
    sequence,
    amount: `${amount}`,
    arguments: `${BigInt(to.address)}`,
    receiver: to.id,
    fee0: `${fee}`,
    fee1: "0",
    dependsOnPrevious: false,
  };
  return { id: randomUUID(), operations: [operation], deadline: Math.floor(Date.now() / 1_000) + lifetime };
}

/** Opens a WebSocket from a loopback address of the test's choice. */
export function openFrom(localAddress: string): (url: string) => WebSocketLike {
  return (url) => new WebSocket(url, { localAddress, perMessageDeflate: false });
}

/** A client that signs whatever it is asked for; for tests of the relayer alone. */
export function trustingClient({
  bls,
  deployment,
  account: { id, secret },
  port,
  localAddress = "127.0.0.1",
  onEvent,
  coSign,
}: {
  bls: Bls;
  deployment: Deployment;
  account: { id: number; secret: Uint8Array };
  port: number;
  localAddress?: string;
  onEvent?: (event: RelayerEvent) => void;
  coSign?: RelayerClientOptions["coSign"];
}): RelayerClient {
  const { chainId, settlement, directory, relayer } = deployment;
  return new RelayerClient({
    ...{ chainId, settlement, directory, relayer },
    url: `ws://127.0.0.1:${port}`,
    account: id,
    sign: (digest) => bls.sign(secret, digest),
    coSign:
      coSign ??
      (({ number, expiry, root }) =>
        bls.sign(secret, digestOf({ chainId, settlement, directory, relayer, number, expiry, root: toBytes(root) }))),
    open: openFrom(localAddress),
    retryAfter: 100,
    ...(onEvent === undefined ? {} : { onEvent }),
  });
}
