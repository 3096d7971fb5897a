import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { findAnvil } from "../../../scripts/lib/devnet.js";
import { ROOT } from "../../../scripts/lib/paths.js";

type Ended = { code: number | null; stdout: string; stderr: string };

type Options = { env?: Record<string, string>; onOutput?: (child: ChildProcess, stdout: string) => void };

/** Runs a script as its npm script does. */
async function run(script: string, args: readonly string[], { env, onOutput }: Options = {}): Promise<Ended> {
  const child = spawn(process.execPath, ["--import", "tsx", path.join(ROOT, script), ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    onOutput?.(child, stdout);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A plain sentence on stderr, no stack, exit code 1. */
function expectFailure({ code, stderr }: Ended, sentence: RegExp): void {
  expect(stderr).to.match(sentence);
  expect(stderr).not.to.match(/^\s+at /m);
  expect(code).to.equal(1);
}

describe("command line", function () {
  this.timeout(60_000);

  for (const script of ["scripts/demo.ts", "scripts/devnet.ts", "bench/gas/run.ts"]) {
    it(`${script} refuses an option it does not know`, async () => {
      expectFailure(await run(script, ["--nonsense"]), /unknown option '--nonsense'/);
    });

    it(`${script} refuses a file that it cannot write`, async () => {
      const file = path.join(ROOT, "package.json", "figures.json");
      expectFailure(await run(script, ["--json", file]), /figures\.json cannot be written/);
      expectFailure(await run(script, ["--json", path.join(ROOT, "scripts")]), /is a folder, not a file/);
    });
  }

  it("keeper refuses what is no deployment", async () => {
    const script = "scripts/keeper.ts";
    expectFailure(
      await run(script, ["--nonsense"]),
      /required option '--deployment <file>' not specified|unknown option/,
    );
    expectFailure(await run(script, ["--deployment", "package.json", "--dry-run"]), /package\.json is no deployment/);
    expectFailure(
      await run(script, ["--deployment", "package.json", "--dry-run", "--staking", "0x12"]),
      /'0x12' is invalid\. It must be the id of a stake pool/,
    );
    expectFailure(
      await run(script, ["--deployment", "package.json", "--dry-run", "--insurance", "0x12"]),
      /'0x12' is invalid\. It must be the id of an underwriting pool or a risk/,
    );
  });

  it("deploy, deploy:check and deploy:verify refuse a network that nobody knows, and an option", async () => {
    for (const script of ["scripts/deploy.ts", "scripts/deploy-check.ts"]) {
      expectFailure(await run(script, ["--network", "nowhere"]), /There is no network "nowhere"\. Known are opSepolia/);
      expectFailure(await run(script, ["--network", "opSepolia", "--nonsense"]), /unknown option '--nonsense'/);
    }
    const verify = ["--network", "opSepolia", "--no-build", "--explorer", "paper"];
    expectFailure(await run("scripts/deploy-verify.ts", verify), /Allowed choices are etherscan, blockscout/);
  });

  it("demo and devnet refuse numbers out of range", async () => {
    expectFailure(await run("scripts/demo.ts", ["--days", "0"]), /whole number from 1/);
    expectFailure(await run("scripts/devnet.ts", ["--port", "65536"]), /whole number from 0 to 65535/);
  });

  for (const script of ["scripts/demo.ts", "scripts/devnet.ts"]) {
    it(`${script} says when the chosen anvil is missing`, async () => {
      const env = { LAKH_ANVIL: "/nowhere/anvil" };
      expectFailure(await run(script, [], { env }), /There is no anvil to run at \/nowhere\/anvil\./);
    });

    it(`${script} says when the port is in use`, async function () {
      if (findAnvil() === undefined) this.skip();
      const server = createServer();
      await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, resolve));
      try {
        const { port } = server.address() as { port: number };
        expectFailure(await run(script, ["--port", String(port)]), new RegExp(`Port ${port} is in use`));
      } finally {
        server.close();
      }
    });
  }

  it("demo says that it was interrupted, and writes nothing", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-demo-"));
    try {
      const file = path.join(folder, "demo.json");
      let isSent = false;
      const ended = await run("scripts/demo.ts", ["--in-process", "--json", file], {
        onOutput(child, stdout) {
          if (isSent || !stdout.includes("Replay")) return;
          isSent = child.kill("SIGINT");
        },
      });
      expectFailure(ended, /Interrupted/);
      expect(await readFile(file, "utf8").catch(() => "none")).to.equal("none");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("demo replays a day and writes its figures", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-demo-"));
    try {
      const file = path.join(folder, "new", "demo.json");
      const ended = await run("scripts/demo.ts", ["--in-process", "--days", "1", "--json", file]);
      expect(ended.stderr).to.equal("");
      expect(ended.code).to.equal(0);
      expect(JSON.parse(await readFile(file, "utf8"))).to.have.nested.property("data.days", 1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("devnet prints its addresses, and ends with its node at Ctrl-C", async function () {
    if (findAnvil() === undefined) this.skip();
    let isSent = false;
    const { code, stdout } = await run("scripts/devnet.ts", ["--port", "0"], {
      onOutput(child, text) {
        if (isSent || !text.includes("Ctrl-C")) return;
        isSent = child.kill("SIGINT");
      },
    });
    expect(code).to.equal(0);
    const url = /Lakh runs at (\S+),/.exec(stdout)?.[1] ?? "";
    expect(stdout).to.match(/ledger\s+0x[0-9a-fA-F]{40}/);
    expect(await fetch(url).catch(() => "refused")).to.equal("refused");
  });

  it("devnet's node ends even when the command is killed outright", async function () {
    if (findAnvil() === undefined || process.platform === "win32") this.skip();
    let isSent = false;
    const { stdout } = await run("scripts/devnet.ts", ["--port", "0"], {
      onOutput(child, text) {
        if (isSent || !text.includes("Ctrl-C")) return;
        isSent = child.kill("SIGKILL");
      },
    });
    const url = /Lakh runs at (\S+),/.exec(stdout)?.[1] ?? "";
    const isServing = (): Promise<boolean> =>
      fetch(url, { method: "POST", body: "{}" }).then(
        () => true,
        () => false,
      );
    for (let attempt = 0; attempt < 100 && (await isServing()); attempt++) await sleep(50);
    expect(await isServing()).to.equal(false);
  });
});
