import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect } from "chai";
import { rpcVariable } from "../../deploy/networks.js";
import { renderAddresses } from "../../scripts/lib/deploy/addresses.js";
import { checkNetwork, type CheckResult } from "../../scripts/lib/deploy/check.js";
import { createXCode, installCreateX } from "../../scripts/lib/deploy/create-x.js";
import { DeployError } from "../../scripts/lib/deploy/error.js";
import { deployInterrupted, differencesBetween, MOMENTS } from "../../scripts/lib/deploy/interruption.js";
import { readRecord, type DeploymentRecord } from "../../scripts/lib/deploy/record.js";
import { readTarget } from "../../scripts/lib/deploy/target.js";
import { findAnvil, startDevnet, type Devnet } from "../../scripts/lib/devnet.js";
import { readDeployment } from "../../scripts/lib/keeper/start.js";
import { MockWETH__factory } from "../../typechain-types/index.js";
import {
  chainIdOf,
  deployHere,
  keyOf,
  runScript,
  withEnvironment,
  withFolder,
  type ProcedureOptions,
} from "../helpers/deploy-run.js";

const key = keyOf(0);
const network = "standIn";
const chainId = chainIdOf(network);

describe("deployment to a public network", function () {
  this.timeout(240_000);

  before(function () {
    if (findAnvil() === undefined) this.skip();
  });

  it("goes on after being killed, and nothing is lost or made twice", async () => {
    const [devnet, other] = await Promise.all([startDevnet({ chainId }), startDevnet({ chainId })]);
    try {
      await withFolder(async (folder) => {
        const common = { network, key, args: ["--with-mocks"] };
        const killed = path.join(folder, "killed");
        const moments = new Map([2, 12, 26].map((nonce, index) => [nonce, MOMENTS[index]]));
        const [interrupted, whole] = await Promise.all([
          deployInterrupted({
            ...{ ...common, devnet, folder: killed },
            momentOf(nonce) {
              // As if one kill had come while Ignition wrote its list of addresses.
              if (nonce === 12) writeFileSync(path.join(killed, `chain-${chainId}`, "deployed_addresses.json"), "{");
              return moments.get(nonce);
            },
          }),
          deployInterrupted({
            ...{ ...common, devnet: other, folder: path.join(folder, "whole") },
            momentOf: () => undefined,
          }),
        ]);
        expect(interrupted).to.include({ kills: 3, runs: 4 });
        expect(whole).to.include({ kills: 0, runs: 1 });
        expect(await differencesBetween(devnet, interrupted.record, whole.record)).to.deep.equal([]);
      });
    } finally {
      await Promise.all([devnet.stop(), other.stop()]);
    }
  });

  it("takes its surroundings from the parameters of the network", async () => {
    const name = "opSepolia";
    const devnet = await startDevnet({ chainId: chainIdOf(name) });
    try {
      const target = await readTarget({ name, withMocks: false, strategy: "basic", folder: "" });
      const [weth = "", permit2 = "", ...tokens] = Object.values(target.surroundings);
      expect(tokens[0]).to.equal(weth);
      // What counts is that something is there, and that wrapped ether behaves so.
      for (const address of [permit2, ...tokens]) {
        await devnet.request({ method: "anvil_setCode", params: [address, "0x00"] });
      }
      const data = MockWETH__factory.bytecode;
      const code = await devnet.request({ method: "eth_call", params: [{ data }, "latest"] });
      await devnet.request({ method: "anvil_setCode", params: [weth, code] });
      await withFolder(async (folder) => {
        const { record, said } = await deployHere({ network: name, url: devnet.url, folder, withMocks: false });
        expect(said).to.match(/beside it +not said by the chain for posting the transactions/);
        expect(record?.external).to.deep.equal({ weth, permit2 });
        expect(record?.homePairs).to.deep.equal([[weth, tokens[1]]]);
        expect(record?.contracts).to.include.keys("ledger", "amm", "lending", "staking", "settlement");
        expect(record?.contracts).not.to.have.property("usd");
        const check = (): Promise<CheckResult> =>
          withEnvironment({ [rpcVariable(name)]: devnet.url }, () => checkNetwork(name, folder));
        expect((await check()).differences).to.deep.equal([]);
        expect(await renderAddresses(folder)).to.include(`permit2: "${permit2}",`);
        await devnet.request({ method: "anvil_setCode", params: [permit2, "0x"] });
        expect((await check()).differences).to.deep.equal([`permit2: there is no contract at ${permit2}.`]);
        await devnet.request({ method: "anvil_setCode", params: [permit2, "0x00"] });
        await devnet.request({ method: "anvil_setCode", params: [weth, "0x00"] });
        expect((await check()).differences).to.deep.equal([
          `weth is not wrapped ether: symbol() of ${weth} answers no text.`,
        ]);
      });
    } finally {
      await devnet.stop();
    }
  });

  describe("on two chains, by create2", () => {
    const names = ["standIn", "standInTwo"] as const;
    let devnets: [Devnet, Devnet];
    let folder: string;
    let createX: string;

    before(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), "lakh-deploy-"));
      createX = await createXCode();
      devnets = await Promise.all([startDevnet({ chainId }), startDevnet({ chainId: chainIdOf("standInTwo") })]);
      for (const devnet of devnets) await installCreateX(devnet, createX);
      // The deployer's nonces need not be equal.
      const [deployer] = (await devnets[1].request({ method: "eth_accounts" })) as string[];
      await devnets[1].request({ method: "anvil_setNonce", params: [deployer, "0x7"] });
      for (const [index, name] of names.entries()) {
        await deployHere({ network: name, url: devnets[index]?.url ?? "", folder, strategy: "create2" });
      }
    });

    after(async () => {
      await Promise.all(devnets.map((devnet) => devnet.stop()));
      await rm(folder, { recursive: true, force: true });
    });

    const again = (options: Partial<ProcedureOptions> = {}): ReturnType<typeof deployHere> =>
      deployHere({ network, url: devnets[0].url, folder, strategy: "create2", ...options });

    const check = (): Promise<CheckResult> =>
      withEnvironment({ [rpcVariable(network)]: devnets[0].url }, () => checkNetwork(network, folder));

    const codeOf = async (run: Promise<unknown>): Promise<unknown> => {
      const error: unknown = await run.catch((reason: unknown) => reason);
      return error instanceof DeployError ? error.code : error;
    };

    it("everything has the same address, from the same init code", async () => {
      const [first, second] = await Promise.all(names.map((name) => readRecord(folder, chainIdOf(name))));
      const placesOf = (record: DeploymentRecord | undefined): unknown =>
        Object.entries(record?.contracts ?? {}).map(([name, { address, initCodeHash }]) => ({
          ...{ name, address, initCodeHash },
        }));
      expect(placesOf(first)).to.have.length.above(20).and.deep.equal(placesOf(second));
    });

    it("the record says how each contract was made", async () => {
      const { contracts, calls, strategy, withMocks } = await readRecord(folder, chainId);
      const { ledger, ammLiquidity, amm } = contracts;
      expect({ strategy, withMocks }).to.deep.equal({ strategy: "create2", withMocks: true });
      expect(ledger?.compiler).to.deep.equal({
        ...{ source: "contracts/core/Ledger.sol:Ledger", version: "0.8.37" },
        ...{ evmVersion: "cancun", viaIR: true, optimizerRuns: 50 },
      });
      const { addresses } = await readDeployment(path.join(folder, `${chainId}.json`));
      expect(addresses.ledger).to.equal(ledger?.address);
      expect(ammLiquidity).to.include({ tx: amm?.tx, block: amm?.block });
      const made = calls.map(({ call }) => call);
      expect(made).to.include.members(["ledger.listCore(amm)", "ledger.listSettlement(settlement)"]);
    });

    it("deploy:check agrees, and says who is admin", async () => {
      const { code, stdout, stderr } = await runScript("deploy-check", {
        ...{ network, url: devnets[0].url, args: ["--folder", folder] },
      });
      expect(code, stderr).to.equal(0);
      expect(stdout).to.match(/ok +\d+ contracts and \d+ calls are as recorded/);
      expect(stdout).to.match(/The deployer 0xf39F.* holds the admin role/);
    });

    it("deploy:check finds what differs", async () => {
      const file = path.join(folder, `${chainId}.json`);
      const before = await readFile(file, "utf8");
      const { contracts, calls } = await readRecord(folder, chainId);
      const { stakingLens, lendingLens } = contracts;
      const found = async (change: (text: string) => string): Promise<string> => {
        await writeFile(file, change(before));
        return (await check()).differences.join("\n");
      };
      try {
        expect(await found((text) => text.replace(stakingLens?.codeHash ?? "", "0x00"))).to.match(
          /^stakingLens: the code at 0x\w{40} hashes to 0x\w{64}, recorded is 0x00\.$/,
        );
        expect(await found((text) => text.replaceAll(stakingLens?.address ?? "", `0x${"ad".repeat(20)}`))).to.match(
          /^stakingLens: there is no contract at 0xadad/,
        );
        expect(await found((text) => text.replaceAll(stakingLens?.tx ?? "", lendingLens?.tx ?? ""))).to.match(
          /^stakingLens: 0x\w{64} is in block \d+, recorded is block \d+\.$/,
        );
        expect(await found((text) => text.replace(calls[0]?.tx ?? "", `0x${"ad".repeat(32)}`))).to.match(
          /^ledger\.listSettlement\(settlement\): the chain has no successful transaction 0xadad/,
        );
        expect(await found((text) => text.replace('"homePairs": [', '"homePairs": [["0x01", "0x02"],'))).not.to.equal(
          "",
        );
        expect(await found((text) => text)).to.equal("");
        await rm(file);
        expect(await codeOf(check())).to.equal("NO_RECORD");
      } finally {
        await writeFile(file, before);
      }
    });

    it("a second run sends nothing", async () => {
      const block = await devnets[0].request({ method: "eth_blockNumber" });
      const { said, record } = await again();
      expect(said)
        .to.match(/^0 of \d+ transactions remain/m)
        .and.not.match(/^sent/m);
      expect(record).to.deep.equal(await readRecord(folder, chainId));
      expect(await devnets[0].request({ method: "eth_blockNumber" })).to.equal(block);
    });

    it("a run by another strategy or on another chain is refused, and one from the start is not", async () => {
      expect(await codeOf(again({ strategy: "basic" }))).to.equal("FOREIGN_JOURNAL");
      const fresh = await startDevnet({ chainId });
      try {
        await installCreateX(fresh, createX);
        expect(await codeOf(again({ url: fresh.url }))).to.equal("FOREIGN_JOURNAL");
        const { record } = await again({ url: fresh.url, isReset: true });
        const { contracts } = await readRecord(folder, chainIdOf("standInTwo"));
        expect(record?.contracts.ledger?.address).to.equal(contracts.ledger?.address);
      } finally {
        await fresh.stop();
      }
    });
  });
});
