import { randomBytes } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type EventEmitter } from "node:events";
import { createServer, type Socket } from "node:net";
import { type Duplex } from "node:stream";
import { hexlify } from "ethers";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import {
  MAX_MESSAGE_BYTES,
  type ClientMessage,
  type OrderAnswer,
  type RefusalCode,
  type RelayerStatus,
  type ServerMessage,
  type SignedWireOrder,
  type WireOrder,
} from "../../../src/relayer-protocol.js";
import { RelayerError } from "./error.js";
import { Bans, networkOf, OpenCounts, TokenBuckets, type BucketRate } from "./limits.js";
import { type Log } from "./log.js";
import { clientMessageSchema, parseMessage, signedOrderSchema } from "./messages.js";
import { type RelayerMetrics } from "./metrics.js";

export type ServerLimits = {
  /** Open connections, of all and of one address. */
  connections: number;
  connectionsOfAddress: number;
  /** WebSockets of an address that have not authenticated, and milliseconds until each must have. */
  strangersOfAddress: number;
  strangerTime: number;
  /** New connections, requests and messages, and attempts to authenticate, of one address. */
  connects: BucketRate;
  requests: BucketRate;
  authentications: BucketRate;
  /** Messages of one authenticated account. */
  messages: BucketRate;
  /** Signatures of all addresses together, of sessions and of orders each: one costs 1 to 3 milliseconds. */
  allSignatures: BucketRate;
  /** Refusals that an address may run into before it is shut out, and for how many milliseconds. */
  patience: BucketRate;
  ban: number;
};

export const SERVER_LIMITS: ServerLimits = {
  connections: 4_096,
  connectionsOfAddress: 256,
  strangersOfAddress: 32,
  strangerTime: 5_000,
  connects: { perSecond: 20, burst: 256 },
  requests: { perSecond: 50, burst: 200 },
  authentications: { perSecond: 10, burst: 128 },
  messages: { perSecond: 50, burst: 200 },
  allSignatures: { perSecond: 200, burst: 1_000 },
  patience: { perSecond: 5, burst: 50 },
  ban: 10_000,
};

/** An authenticated client. */
export type Session = { account: number; send: (message: ServerMessage) => void; close: (reason: string) => void };

/** What the server serves. */
export type Service = {
  /** What a challenge is bound to. */
  identity: { chainId: string; settlement: string; directory: string; relayer: string };
  authenticate: (account: number, signature: string, challenge: string) => Promise<boolean>;
  opened: (session: Session) => void;
  closed: (session: Session) => void;
  submit: (account: number, order: WireOrder) => Promise<OrderAnswer>;
  submitSigned: (order: SignedWireOrder) => Promise<OrderAnswer>;
  statusOf: (account: number, id: string) => OrderAnswer;
  signed: (account: number, number: number, signature: string) => void;
  declined: (account: number, number: number, code: string) => void;
  status: () => RelayerStatus;
  /** A reason when the relayer cannot do its work. */
  illness: () => string | undefined;
  figures: () => string;
};

export type ServerOptions = {
  host: string;
  /** 0 takes a free one. */
  port: number;
  service: Service;
  metrics: RelayerMetrics;
  log: Log;
  limits?: Partial<ServerLimits>;
};

export type RelayerServer = { port: number; close: () => Promise<void> };

const PING_MS = 30_000;
/** A client that does not read what it is sent is cut off beyond these bytes. */
const MAX_UNREAD_BYTES = 4_194_304;
const ORDER_PATH = /^\/v1\/orders\/(\d{1,10})\/([0-9a-fA-F-]{36})$/;

/** Opens the port. Throws `PORT_IN_USE`. */
export async function startServer(options: ServerOptions): Promise<RelayerServer> {
  const server = new Server(options);
  return server.listen(options);
}

/**
 * HTTP and WebSocket behind one door. Whoever is shut out is dropped before a byte is read; whoever asks too much is told
 * so, and shut out for a while when he does not stop. What an address did before a user of it authenticated does not count
 * against that user's session: it has the account's own bucket.
 */
class Server {
  readonly #options: ServerOptions;
  readonly #limits: ServerLimits;
  readonly #connections: OpenCounts;
  readonly #strangers: OpenCounts;
  readonly #connects: TokenBuckets;
  readonly #requests: TokenBuckets;
  readonly #authentications: TokenBuckets;
  readonly #allSignatures: TokenBuckets;
  readonly #messages: TokenBuckets;
  readonly #patience: TokenBuckets;
  readonly #bans: Bans;
  readonly #sockets = new Set<Socket>();
  readonly #live = new Map<WebSocket, { isAlive: boolean }>();
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });

  constructor(options: ServerOptions) {
    this.#options = options;
    const limits = { ...SERVER_LIMITS, ...options.limits };
    this.#limits = limits;
    this.#connections = new OpenCounts(limits.connectionsOfAddress);
    this.#strangers = new OpenCounts(limits.strangersOfAddress);
    this.#connects = new TokenBuckets(limits.connects);
    this.#requests = new TokenBuckets(limits.requests);
    this.#authentications = new TokenBuckets(limits.authentications);
    this.#allSignatures = new TokenBuckets(limits.allSignatures);
    this.#messages = new TokenBuckets(limits.messages);
    this.#patience = new TokenBuckets(limits.patience);
    this.#bans = new Bans(limits.ban);
  }

  listen({ host, port }: { host: string; port: number }): Promise<RelayerServer> {
    const http = createHttpServer({
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 4_096,
    });
    http.on("request", (request, response) => void this.#serve(request, response));
    http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    http.on("clientError", (_error, socket) => socket.destroy());
    const door = createServer({ noDelay: true }, (socket) => {
      if (this.#enter(socket)) http.emit("connection", socket);
    });
    const pings = setInterval(() => this.#ping(), PING_MS);
    const checks = (): unknown => (http as EventEmitter).emit("listening"); // starts its timers against slow requests
    return new Promise((resolve, reject) => {
      door.once("error", (error: NodeJS.ErrnoException) => {
        clearInterval(pings);
        const why = error.code === "EADDRINUSE" ? "is in use" : `cannot be opened (${error.code ?? error.message})`;
        reject(new RelayerError("PORT_IN_USE", `Port ${port} of ${host} ${why}: choose another with --port.`));
      });
      door.listen({ host, port, backlog: 1_024 }, () => {
        checks();
        const address = door.address();
        resolve({
          port: address !== null && typeof address === "object" ? address.port : port,
          close: async () => {
            clearInterval(pings);
            for (const socket of this.#sockets) socket.destroy();
            http.close();
            await new Promise<void>((done) => door.close(() => done()));
          },
        });
      });
    });
  }

  /* THE DOOR */

  #enter(socket: Socket): boolean {
    const network = networkOf(socket.remoteAddress);
    const isWelcome =
      !this.#bans.has(network) && this.#sockets.size < this.#limits.connections && this.#connects.take(network);
    if (!isWelcome || !this.#connections.open(network)) {
      this.#offend(network, "connection");
      socket.resetAndDestroy();
      return false;
    }
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#connections.close(network);
    });
    return true;
  }

  /** Counts what was turned away, and shuts its address out when its patience is used up. */
  #offend(network: string, what: string): void {
    this.#options.metrics.rejected.add(1, { what });
    if (!this.#patience.take(network)) this.#bans.add(network);
  }

  /* HTTP */

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const network = networkOf(request.socket.remoteAddress);
    if (this.#bans.has(network)) {
      this.#offend(network, "request");
      request.socket.resetAndDestroy();
      return;
    }
    if (!this.#requests.take(network)) {
      this.#offend(network, "request");
      this.#reply(response, 429, { code: "limited", reason: "too many requests" }, { connection: "close" });
      return;
    }
    try {
      await this.#route(request, response, network);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log("error", "request failed", { reason });
      if (!response.headersSent) this.#reply(response, 500, { code: "invalid", reason: "an error of the relayer" });
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse, network: string): Promise<void> {
    const { service } = this.#options;
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (request.method === "OPTIONS") return this.#reply(response, 204, undefined);
    if (request.method === "POST" && path === "/v1/orders") return this.#takeOrder(request, response, network);
    if (request.method !== "GET") return this.#reply(response, 405, { code: "invalid", reason: "no such method" });
    const [, account, id] = ORDER_PATH.exec(path) ?? [];
    if (account !== undefined && id !== undefined) {
      const answer = service.statusOf(Number(account), id.toLowerCase());
      return this.#reply(response, statusOf(answer), answer);
    }
    if (path === "/v1/status") return this.#reply(response, 200, service.status());
    if (path === "/metrics") return this.#replyText(response, 200, service.figures());
    if (path === "/healthz") {
      const illness = service.illness();
      return this.#replyText(response, illness === undefined ? 200 : 503, `${illness ?? "ok"}\n`);
    }
    return this.#reply(response, 404, { code: "unknown", reason: "no such path" });
  }

  async #takeOrder(request: IncomingMessage, response: ServerResponse, network: string): Promise<void> {
    const { service } = this.#options;
    const text = await readBody(request);
    if (text === undefined) {
      const reason = `a body has at most ${MAX_MESSAGE_BYTES} bytes`;
      return this.#reply(response, 413, { code: "invalid", reason }, { connection: "close" });
    }
    const parsed = parseMessage(signedOrderSchema, text);
    if ("problem" in parsed) {
      this.#offend(network, "request");
      return this.#reply(response, 400, { code: "invalid", reason: parsed.problem });
    }
    // Whose order it is, is known only when the signature has been checked: no account's bucket is touched before.
    if (!this.#allSignatures.take("orders")) {
      return this.#reply(response, 503, { code: "busy", reason: "too many signatures to check" });
    }
    const answer = await service.submitSigned(parsed.value);
    if (answer.type === "refused" && answer.code === "signature") this.#offend(network, "signature");
    return this.#reply(response, statusOf(answer), answer);
  }

  #reply(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
    const text = body === undefined ? "" : JSON.stringify(body);
    response.writeHead(status, { "content-type": "application/json", ...CORS, ...headers }).end(text);
  }

  #replyText(response: ServerResponse, status: number, text: string): void {
    response.writeHead(status, { "content-type": "text/plain; version=0.0.4", ...CORS }).end(text);
  }

  /* WEBSOCKET */

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const network = networkOf(request.socket.remoteAddress);
    const isWelcome = (request.url ?? "").split("?")[0] === "/v1/session" && !this.#bans.has(network);
    if (!isWelcome || !this.#requests.take(network) || !this.#strangers.open(network)) {
      this.#offend(network, "upgrade");
      socket.destroy();
      return;
    }
    let isStranger = true;
    const welcome = (): void => {
      if (isStranger) this.#strangers.close(network);
      isStranger = false;
    };
    socket.once("close", welcome);
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, network, welcome));
  }

  #open(webSocket: WebSocket, network: string, welcome: () => void): void {
    const { service } = this.#options;
    const challenge = hexlify(randomBytes(32));
    let session: Session | undefined;
    let isAsked = false;
    const send = (message: ServerMessage): void => sendJson(webSocket, message);
    const timer = setTimeout(() => {
      this.#offend(network, "stranger");
      webSocket.close(1008, "authenticate in time");
    }, this.#limits.strangerTime);
    this.#live.set(webSocket, { isAlive: true });
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("pong", () => this.#live.set(webSocket, { isAlive: true }));
    webSocket.once("close", () => {
      clearTimeout(timer);
      this.#live.delete(webSocket);
      if (session !== undefined) service.closed(session);
    });

    const refuse = (what: string, code: RefusalCode, reason: string): void => {
      this.#offend(network, what);
      send({ type: "error", code, reason });
      webSocket.close(1008, code);
    };
    const authenticate = async (account: number, signature: string): Promise<void> => {
      if (isAsked) return refuse("authentication", "invalid", "a challenge is answered once");
      isAsked = true;
      if (!this.#authentications.take(network) || !this.#allSignatures.take("sessions")) {
        return refuse("authentication", "limited", "too many attempts to authenticate");
      }
      if (!(await service.authenticate(account, signature, challenge))) {
        return refuse("authentication", "signature", "the signature is not of this account's key");
      }
      if (webSocket.readyState !== webSocket.OPEN) return;
      clearTimeout(timer);
      welcome();
      session = { account, send, close: (reason) => webSocket.close(1008, reason) };
      service.opened(session);
      send({ type: "authenticated", account });
    };

    webSocket.on("message", (data, isBinary) => {
      const isAllowed =
        session === undefined ? this.#requests.take(network) : this.#messages.take(`${session.account}`);
      if (!isAllowed) return refuse("message", "limited", "too many messages");
      const parsed = isBinary ? { problem: "it is not text" } : parseMessage(clientMessageSchema, toText(data));
      if ("problem" in parsed) return refuse("message", "invalid", parsed.problem);
      const message = parsed.value;
      if (message.type === "authenticate") {
        authenticate(message.account, message.signature).catch((error: unknown) => {
          this.#options.log("warn", "authentication failed", { reason: error instanceof Error ? error.message : "" });
          refuse("authentication", "busy", "the signature cannot be checked now");
        });
      } else if (session === undefined) refuse("message", "invalid", "authenticate first");
      else this.#take(session, message);
    });
    send({ type: "challenge", challenge, ...service.identity });
  }

  #take(session: Session, message: Exclude<ClientMessage, { type: "authenticate" }>): void {
    const { service } = this.#options;
    const { account } = session;
    switch (message.type) {
      case "submit": {
        const { type: _, ...order } = message;
        void service.submit(account, order).then(session.send);
        return;
      }
      case "signature":
        return service.signed(account, message.number, message.signature);
      case "refuse":
        return service.declined(account, message.number, message.code);
      case "status":
        return session.send(service.statusOf(account, message.id));
    }
  }

  #ping(): void {
    for (const [webSocket, state] of this.#live) {
      if (!state.isAlive) webSocket.terminate();
      state.isAlive = false;
      webSocket.ping();
    }
  }
}

/** No cookies and no other standing of a browser are looked at, so any page may ask. */
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "content-type",
  "access-control-allow-methods": "GET, POST",
};

function statusOf(answer: OrderAnswer): number {
  if (answer.type !== "refused") return 200;
  if (answer.code === "unknown") return 404;
  if (answer.code === "busy") return 503;
  return answer.code === "limited" ? 429 : 422;
}

function sendJson(webSocket: WebSocket, message: ServerMessage): void {
  if (webSocket.readyState !== webSocket.OPEN) return;
  if (webSocket.bufferedAmount > MAX_UNREAD_BYTES) return webSocket.terminate();
  webSocket.send(JSON.stringify(message));
}

function toText(data: RawData): string {
  return Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as Buffer).toString();
}

/** The body, or undefined when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_MESSAGE_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
