import { getAddress } from "ethers";
import { toHex } from "./codec/bytes.js";
import { LakhError } from "./lakh-error.js";
import {
  sessionDigest,
  type Challenge,
  type ClientMessage,
  type OrderMessage,
  type ServerMessage,
  type SignRequest,
  type WireOrder,
} from "./relayer-protocol.js";

/** What the client needs of a WebSocket: the browser's and Node's own have it, and that of the package ws. */
export type WebSocketLike = {
  send: (text: string) => void;
  close: () => void;
  addEventListener: {
    (type: "message", listener: (event: { data: unknown }) => void): void;
    (type: "open" | "close" | "error", listener: () => void): void;
  };
};

export type RelayerEvent =
  | { type: "connected" }
  | { type: "disconnected"; reason: string }
  | OrderMessage
  /** A batch with orders of ours was signed. */
  | { type: "signed"; number: number; expiry: number; orders: readonly string[] }
  /** A batch was not signed: the relayer wanted something that is not ours to give. */
  | { type: "declined"; number: number; code: string; reason: string }
  | { type: "void"; number: number };

export type RelayerClientOptions = {
  /** `ws://` or `wss://`, without a path. */
  url: string;
  /** What the relayer must be. */
  chainId: bigint;
  settlement: string;
  directory: string;
  relayer: string;
  /** The id under which the account's key is registered. */
  account: number;
  /** Signs 32 bytes with the account's BLS key. */
  sign: (digest: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  /**
   * Checks a batch against the operations of the named orders, all of which are ours and open, and signs it: 192 bytes.
   * Throws to decline; the code of a `LakhError` is told to the relayer.
   */
  coSign: (request: SignRequest, orders: readonly WireOrder[]) => Uint8Array | Promise<Uint8Array>;
  onEvent?: (event: RelayerEvent) => void;
  /** Opens a WebSocket; the global one unless given. */
  open?: (url: string) => WebSocketLike;
  /** Milliseconds until the first attempt to connect again; doubled up to 16 times. Never, when it is 0. */
  retryAfter?: number;
};

export type RelayerClientCode = "UnknownOrder" | "Closed" | "NoWebSocket";

/** The client cannot do what is asked of it, by its user or by the relayer. */
export class RelayerClientError extends LakhError {
  declare readonly code: RelayerClientCode;

  constructor(code: RelayerClientCode, message: string, values: Readonly<Record<string, unknown>> = {}) {
    super(code, message, values);
    this.name = "RelayerClientError";
  }
}

type Intended = { order: WireOrder; answer: ((message: OrderMessage) => void)[] };

/**
 * A co-signer's session with a relayer. Orders that are open are sent again after a loss of the connection, which the
 * relayer answers as it did before; a batch is signed only when all that it does for the account are open orders.
 */
export class RelayerClient {
  readonly #options: RelayerClientOptions;
  readonly #intended = new Map<string, Intended>();
  #socket: WebSocketLike | undefined;
  #isAuthenticated = false;
  #isClosed = false;
  #failures = 0;

  constructor(options: RelayerClientOptions) {
    this.#options = options;
    this.#connect();
  }

  /** Orders that are neither settled nor refused. */
  get open(): WireOrder[] {
    return [...this.#intended.values()].map(({ order }) => order);
  }

  /**
   * Sends an order and answers what the relayer first says of it; what it says later comes as events. An order that was
   * submitted stays intended until it is settled or refused. Rejects with `Closed`.
   */
  submit(order: WireOrder): Promise<OrderMessage> {
    if (this.#isClosed) return Promise.reject(new RelayerClientError("Closed", "The client is closed"));
    return new Promise((resolve) => {
      const known = this.#intended.get(order.id);
      if (known === undefined) this.#intended.set(order.id, { order, answer: [resolve] });
      else known.answer.push(resolve);
      if (this.#isAuthenticated) this.#send({ type: "submit", ...order });
    });
  }

  /** Ends the session for good. The relayer keeps what it accepted, but cannot settle it without a signature. */
  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
  }

  #connect(): void {
    const { url, open = openGlobal } = this.#options;
    const socket = open(`${url}/v1/session`);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (this.#socket === socket) void this.#take(JSON.parse(String(data)) as ServerMessage);
    });
    socket.addEventListener("error", () => undefined); // close follows
    socket.addEventListener("close", () => {
      if (this.#socket === socket) this.#lose("the connection ended");
    });
  }

  #lose(reason: string): void {
    const { retryAfter = 500 } = this.#options;
    this.#socket = undefined;
    this.#isAuthenticated = false;
    this.#tell({ type: "disconnected", reason });
    if (this.#isClosed || retryAfter === 0) return;
    const wait = retryAfter * 2 ** Math.min(4, this.#failures++);
    setTimeout(() => {
      if (!this.#isClosed) this.#connect();
    }, wait);
  }

  async #take(message: ServerMessage): Promise<void> {
    switch (message.type) {
      case "challenge":
        return this.#authenticate(message);
      case "authenticated":
        this.#isAuthenticated = true;
        this.#failures = 0;
        for (const { order } of this.#intended.values()) this.#send({ type: "submit", ...order });
        return this.#tell({ type: "connected" });
      case "accepted":
      case "refused":
      case "settled":
        return this.#hear(message);
      case "sign":
        return this.#coSign(message);
      case "void":
        return this.#tell(message);
      case "error":
        return this.#tell({ type: "disconnected", reason: `${message.code}: ${message.reason}` });
    }
  }

  async #authenticate(challenge: Challenge): Promise<void> {
    const { chainId, settlement, directory, relayer, account, sign } = this.#options;
    const isRight =
      BigInt(challenge.chainId) === chainId &&
      getAddress(challenge.settlement) === getAddress(settlement) &&
      getAddress(challenge.directory) === getAddress(directory) &&
      getAddress(challenge.relayer) === getAddress(relayer);
    if (!isRight) {
      this.#tell({ type: "disconnected", reason: "the relayer serves another deployment" });
      return this.close();
    }
    const digest = sessionDigest({ ...challenge, chainId, settlement, directory, relayer, account });
    this.#send({ type: "authenticate", account, signature: toHex(await sign(digest)) });
  }

  #hear(message: OrderMessage): void {
    const intended = this.#intended.get(message.id);
    for (const answer of intended?.answer.splice(0) ?? []) answer(message);
    const isPassing = message.type === "refused" && (message.code === "busy" || message.code === "limited");
    if (message.type !== "accepted" && !isPassing) this.#intended.delete(message.id);
    this.#tell(message);
  }

  async #coSign(request: SignRequest): Promise<void> {
    const { number, expiry, orders } = request;
    try {
      const own = orders.map((id) => {
        const intended = this.#intended.get(id);
        if (intended === undefined)
          throw new RelayerClientError("UnknownOrder", "The batch holds no order of ours", { id });
        return intended.order;
      });
      const signature = await this.#options.coSign(request, own);
      this.#send({ type: "signature", number, signature: toHex(signature) });
      this.#tell({ type: "signed", number, expiry, orders });
    } catch (error) {
      const code = error instanceof LakhError ? error.code : "Error";
      this.#send({ type: "refuse", number, code });
      this.#tell({ type: "declined", number, code, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  #send(message: ClientMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #tell(event: RelayerEvent): void {
    this.#options.onEvent?.(event);
  }
}

function openGlobal(url: string): WebSocketLike {
  const found = (globalThis as { WebSocket?: new (url: string) => WebSocketLike }).WebSocket;
  if (found === undefined)
    throw new RelayerClientError("NoWebSocket", "There is no WebSocket here: give one by `open`");
  return new found(url);
}
