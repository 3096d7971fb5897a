import { getAddress } from "ethers";
import { toBytes, toHex } from "./codec/bytes.js";
import { LakhError } from "./lakh-error.js";
import {
  sessionDigest,
  toWire,
  type Challenge,
  type ClientMessage,
  type OrderAnswer,
  type ServerMessage,
  type SignRequest,
} from "./relayer-protocol.js";
import { checkCosign, OpenRoots, type OpenRootsState } from "./settlement/cosign.js";
import { type OrderOperation } from "./settlement/operations.js";

/** What the client needs of a WebSocket: the browser's and Node's own have it, and that of the package ws. */
export type WebSocketLike = {
  /** Sends a text. */
  send: (text: string) => void;
  /** Ends the connection. */
  close: () => void;
  /** Listens to messages and to the state of the connection. */
  addEventListener: {
    (type: "message", listener: (event: { data: unknown }) => void): void;
    (type: "open" | "close" | "error", listener: () => void): void;
  };
};

/** What a client tells its program. */
export type RelayerEvent =
  | { type: "connected" }
  | { type: "disconnected"; reason: string }
  | OrderAnswer
  /** A batch with orders of ours was signed. */
  | { type: "signed"; number: number; expiry: number; orders: readonly string[] }
  /** A batch was not signed: the relayer wanted something that is not ours to give. */
  | { type: "declined"; number: number; code: string; reason: string }
  | { type: "void"; number: number };

/** Where the relayer is, who its client is, and what it trusts. */
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
  /** Signs 32 bytes with the account's BLS key: sessions, and batches that were checked. */
  sign: (digest: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  /** What the key has signed; empty unless given. A wallet keeps it beyond the session, see `save`. */
  openRoots?: OpenRoots;
  /** Stores `openRoots.state()`; it is awaited before a signature leaves. */
  save?: (state: OpenRootsState) => void | Promise<void>;
  /**
   * Asks the chain for the highest number that the relayer has used. Without it a client that has signed a batch signs
   * the next one only when the first has expired: that it was settled is not taken on the relayer's word.
   */
  lastNumber?: () => Promise<number>;
  /** Unix seconds; the machine's clock unless given. */
  now?: () => number;
  /** Told of every event, in order. */
  onEvent?: (event: RelayerEvent) => void;
  /** Opens a WebSocket; the global one unless given. */
  open?: (url: string) => WebSocketLike;
  /** Milliseconds until the first attempt to connect again; doubled up to 16 times. Never, when it is 0. */
  retryAfter?: number;
};

/** Why a client refuses: the `code` of a `RelayerClientError`. */
export type RelayerClientCode = "UnknownOrder" | "Closed" | "NoWebSocket" | "OwnParameters";

/** The client cannot do what is asked of it, by its user or by the relayer. */
export class RelayerClientError extends LakhError {
  declare readonly code: RelayerClientCode;

  constructor(code: RelayerClientCode, message: string, values: Readonly<Record<string, unknown>> = {}) {
    super(code, message, values);
    this.name = "RelayerClientError";
  }
}

/** `id` is a UUID of the client's choice, which names the order for ever; the deadline is in Unix seconds, inclusive. */
export type ClientOrder = { id: string; operations: readonly OrderOperation[]; deadline: number };

type Intended = { order: ClientOrder; answer: ((message: OrderAnswer) => void)[] };

/**
 * A co-signer's session with a relayer. Orders that are open are sent again after a loss of the connection, which the
 * relayer answers as it did before; a batch is signed only when all that it does for the account are open orders.
 */
export class RelayerClient {
  readonly #options: RelayerClientOptions;
  readonly #intended = new Map<string, Intended>();
  readonly #openRoots: OpenRoots;
  #socket: WebSocketLike | undefined;
  #isAuthenticated = false;
  #isClosed = false;
  #failures = 0;

  constructor(options: RelayerClientOptions) {
    this.#options = options;
    this.#openRoots = options.openRoots ?? new OpenRoots();
    this.#connect();
  }

  /** Orders that are neither settled nor refused. */
  get open(): ClientOrder[] {
    return [...this.#intended.values()].map(({ order }) => order);
  }

  /**
   * Sends an order and answers what the relayer first says of it; what it says later comes as events. An order that was
   * submitted stays intended until it is settled or refused. Rejects with `Closed`, and with `OwnParameters` where an operation is
   * one of a section with parameters of the client's own, as a purchase of cover with a referrer: no message carries them.
   */
  submit(order: ClientOrder): Promise<OrderAnswer> {
    if (this.#isClosed) return Promise.reject(new RelayerClientError("Closed", "The client is closed"));
    const index = order.operations.findIndex(
      ({ poolFee, section }) => poolFee === undefined && section.parameters !== "0x",
    );
    if (index >= 0) {
      const message = `Operation ${index} names parameters of its section, which are the relayer's to choose`;
      return Promise.reject(new RelayerClientError("OwnParameters", message, { index }));
    }
    return new Promise((resolve) => {
      const known = this.#intended.get(order.id);
      if (known === undefined) this.#intended.set(order.id, { order, answer: [resolve] });
      else known.answer.push(resolve);
      if (this.#isAuthenticated) this.#submit(order);
    });
  }

  /** Ends the session for good. The relayer keeps what it accepted, but cannot settle it without a signature. */
  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
  }

  #submit({ id, operations, deadline }: ClientOrder): void {
    this.#send({ type: "submit", id, operations: operations.map(toWire), deadline });
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
        for (const { order } of this.#intended.values()) this.#submit(order);
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

  #hear(message: OrderAnswer): void {
    const intended = this.#intended.get(message.id);
    for (const answer of intended?.answer.splice(0) ?? []) answer(message);
    const isPassing = message.type === "refused" && (message.code === "busy" || message.code === "limited");
    if (message.type !== "accepted" && !isPassing) this.#intended.delete(message.id);
    this.#tell(message);
  }

  async #coSign(request: SignRequest): Promise<void> {
    const { number, expiry, orders } = request;
    const { chainId, settlement, directory, relayer, account, sign, save } = this.#options;
    try {
      const operations = orders.flatMap((id) => {
        const intended = this.#intended.get(id);
        if (intended === undefined)
          throw new RelayerClientError("UnknownOrder", "The order is not ours, or over", { id });
        return intended.order.operations;
      });
      await this.#closeRoots();
      const digest = checkCosign({
        leaf0: toBytes(request.leaf0),
        leaf0Proof: request.leaf0Proof.map(toBytes),
        chunk: toBytes(request.chunk),
        chunkIndex: request.chunkIndex,
        chunkProof: request.chunkProof.map(toBytes),
        intended: { id: account, operations },
        parts: { chainId, settlement, directory, relayer, number, expiry, root: toBytes(request.root) },
        trusted: { chainId, settlement, directory, relayer },
        now: this.#now(),
        openRoots: this.#openRoots,
      });
      await save?.(this.#openRoots.state());
      const signature = await sign(digest);
      this.#send({ type: "signature", number, signature: toHex(signature) });
      this.#tell({ type: "signed", number, expiry, orders });
    } catch (error) {
      const code = error instanceof LakhError ? error.code : "Error";
      this.#send({ type: "refuse", number, code });
      this.#tell({ type: "declined", number, code, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Forgets the open root when the chain says that its number is used. */
  async #closeRoots(): Promise<void> {
    const { lastNumber, relayer } = this.#options;
    const { open } = this.#openRoots.state();
    if (lastNumber === undefined || open === undefined || open.expiry < this.#now()) return;
    this.#openRoots.settled({ relayer, number: await lastNumber() });
  }

  #now(): number {
    return this.#options.now?.() ?? Math.floor(Date.now() / 1_000);
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
