// Sends junk to a port from 127.0.0.1, as much a second as it is told, until its standard input ends; then prints how much.
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

const [, , port = "0", rate = "0"] = process.argv;
const TICK_MS = 5;
const MAX_SOCKETS = 200;
const REQUESTS = [
  "GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n",
  "GET /v1/session HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  'POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 24\r\n\r\n{"type":"submit","id":1}',
  `${randomBytes(64).toString("hex")}\r\n\r\n`,
];

let sent = 0;
let refused = 0;
const sockets: Socket[] = [];

/** A socket that takes junk; a new one is opened in place of each that was closed. */
function open(): Socket {
  const socket = connect({ port: Number(port), host: "127.0.0.1", localAddress: "127.0.0.1" });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    refused += 1;
    sockets.splice(sockets.indexOf(socket), 1);
  });
  socket.resume();
  sockets.push(socket);
  return socket;
}

const started = performance.now();
const timer = setInterval(() => {
  const due = Math.floor(((performance.now() - started) / 1_000) * Number(rate)) - sent;
  for (let i = 0; i < due; i++) {
    const request = REQUESTS[sent % REQUESTS.length] ?? "";
    const socket = sockets.length < MAX_SOCKETS ? open() : sockets[sent % sockets.length];
    socket?.write(request);
    sent += 1;
  }
}, TICK_MS);

process.stdin.resume().once("end", () => {
  clearInterval(timer);
  const seconds = (performance.now() - started) / 1_000;
  console.log(JSON.stringify({ sent, refused, perSecond: Math.round(sent / seconds) }));
  process.exit();
});
