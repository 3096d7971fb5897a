import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { findAnvil, startDevnet } from "../../../../scripts/lib/devnet.js";
import { ROOT } from "../../../../scripts/lib/paths.js";
import { RelayerError } from "../../../../scripts/lib/relayer/error.js";
import { startRelayer, type RelayerOptions } from "../../../../scripts/lib/relayer/relayer.js";

const KEY = `0x${"ab".repeat(32)}`;
const ADDRESS = `0x${"11".repeat(20)}`;
/** Answers 32 bytes, the number 1, whatever it is asked: PUSH1 1, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN. */
const ANSWERS_ONE = "0x60015f5260205ff3";

describe("start of the relayer", function () {
  this.timeout(30_000);

  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(os.tmpdir(), "lakh-relayer-"))));
  after(() => rm(folder, { recursive: true }));

  async function codeOf(options: Partial<RelayerOptions>): Promise<unknown> {
    try {
      const relayer = await startRelayer({
        ...{ host: "127.0.0.1", port: 0, database: path.join(folder, "relayer.sqlite"), rpc: "http://127.0.0.1:9" },
        ...{ key: KEY, chainId: 31_337n, settlement: ADDRESS, interval: 1_000, signWithin: 600, lifetime: 10 },
        ...{ fees: new Map(), tolerance: 0n, log: () => undefined },
        ...options,
      });
      await relayer.stop();
      return "started";
    } catch (error) {
      return error instanceof RelayerError ? error.code : error;
    }
  }

  it("refuses a bad key without showing it, and a node that is not there", async () => {
    expect(await codeOf({ key: "0x1234" })).to.equal("KEY_INVALID");
    expect(await codeOf({})).to.equal("RPC_UNREACHABLE");
  });

  it("refuses the wrong chain, no settlement, code at its own address, and an empty purse", async function () {
    if (findAnvil() === undefined) this.skip();
    const { url: rpc, request, stop } = await startDevnet();
    try {
      expect(await codeOf({ rpc, chainId: 1n })).to.equal("WRONG_CHAIN");
      expect(await codeOf({ rpc })).to.equal("NO_SETTLEMENT");
      await request({ method: "anvil_setCode", params: [ADDRESS, ANSWERS_ONE] });
      expect(await codeOf({ rpc })).to.equal("NO_BALANCE");
      await request({ method: "anvil_setCode", params: [new Wallet(KEY).address, "0x00"] });
      expect(await codeOf({ rpc })).to.equal("RELAYER_HAS_CODE");
    } finally {
      await stop();
    }
  });

  it("takes its key from the environment alone", () => {
    const script = path.join(ROOT, "scripts/relayer.ts");
    const parameters = ["--rpc", "http://127.0.0.1:9", "--chain-id", "1", "--settlement", ADDRESS];
    const { stderr, status } = spawnSync(process.execPath, ["--import", "tsx", script, ...parameters], {
      cwd: ROOT,
      env: { ...process.env, LAKH_RELAYER_KEY: "" },
      encoding: "utf8",
    });
    expect(stderr).to.match(/Set LAKH_RELAYER_KEY/);
    expect(stderr).not.to.match(/^\s+at /m);
    expect(status).to.equal(1);
  });
});
