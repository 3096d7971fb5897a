import { createServer, type Server } from "node:net";
import { expect } from "chai";
import { DevnetError, findAnvil, startDevnet } from "../../../scripts/lib/devnet.js";

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof DevnetError ? error.code : error;
}

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return { server, port: address.port };
}

describe("startDevnet", () => {
  it("reports a missing binary", async () => {
    expect(await codeOf(startDevnet({ binary: "/nowhere/anvil" }))).to.equal("ANVIL_MISSING");
  });

  it("reports a port in use", async function () {
    if (findAnvil() === undefined) this.skip();
    const { server, port } = await listen();
    try {
      expect(await codeOf(startDevnet({ port }))).to.equal("PORT_IN_USE");
    } finally {
      server.close();
    }
  });

  it("reports a binary that ends at once", async () => {
    expect(await codeOf(startDevnet({ binary: process.execPath }))).to.equal("DEVNET_ENDED");
  });

  it("serves chain 31337 on the loopback interface until it is stopped", async function () {
    if (findAnvil() === undefined) this.skip();
    const devnet = await startDevnet({ accounts: 3, timestamp: 946_684_800 });
    try {
      expect(await devnet.request({ method: "eth_chainId" })).to.equal("0x7a69");
      const [accounts, block] = (await devnet.requestAll([
        { method: "eth_accounts" },
        { method: "eth_getBlockByNumber", params: ["0x0", false] },
      ])) as [string[], { timestamp: string }];
      expect(accounts).to.have.length(3);
      expect(Number(block.timestamp)).to.equal(946_684_800);
    } finally {
      await devnet.stop();
    }
    await devnet.stop(); // again, to no effect
    const { server, port } = await listen();
    server.close();
    expect(port).not.to.equal(0);
    expect(await fetch(devnet.url).catch(() => "refused")).to.equal("refused");
  });
});
