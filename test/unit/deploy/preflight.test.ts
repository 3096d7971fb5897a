import { readdir } from "node:fs/promises";
import { expect } from "chai";
import { DeployError, type DeployErrorCode } from "../../../scripts/lib/deploy/error.js";
import { readTarget } from "../../../scripts/lib/deploy/target.js";
import { findAnvil, startDevnet, type Devnet } from "../../../scripts/lib/devnet.js";
import { chainIdOf, deployHere, keyOf, withFolder, type ProcedureOptions } from "../../helpers/deploy-run.js";

const network = "standIn";
const chainId = chainIdOf(network);

describe("pre-flight of a deployment", function () {
  this.timeout(60_000);

  let devnet: Devnet;

  before(async function () {
    if (findAnvil() === undefined) this.skip();
    devnet = await startDevnet({ chainId });
  });

  after(async () => devnet.stop());

  /** The refusal of a deployment, of which nothing may be on chain or on disk. */
  async function refusalOf(
    options: Partial<ProcedureOptions> = {},
    chain: Devnet = devnet,
  ): Promise<{ code: DeployErrorCode; message: string }> {
    return withFolder(async (folder) => {
      const error: unknown = await deployHere({ network, url: chain.url, folder, ...options }).catch(
        (reason: unknown) => reason,
      );
      if (!(error instanceof DeployError)) throw new Error(`It is not refused: ${String(error)}`);
      expect(await chain.request({ method: "eth_blockNumber" })).to.equal("0x0");
      expect(await readdir(folder)).to.deep.equal([]);
      return error;
    });
  }

  it("refuses a network that nobody knows", async () => {
    expect((await refusalOf({ network: "nowhere" })).code).to.equal("UNKNOWN_NETWORK");
  });

  it("refuses mocks on a mainnet, and to forget a mainnet's journal", async () => {
    expect((await refusalOf({ network: "optimism" })).code).to.equal("MOCKS_ON_MAINNET");
    expect((await refusalOf({ network: "optimism", withMocks: false, isReset: true })).code).to.equal(
      "RESET_ON_MAINNET",
    );
  });

  it("refuses parameters that are missing or not filled in", async () => {
    expect((await refusalOf({ withMocks: false })).message).to.match(/standIn\.json5 is missing/);
    const { code, message } = await refusalOf({ network: "taikoHoodi", withMocks: false });
    expect(code).to.equal("BAD_PARAMETERS");
    expect(message).to.match(/taikoHoodi\.json5 has no address as weth/);
  });

  it("refuses parameters that name what is not there", async () => {
    const other = await startDevnet({ chainId: chainIdOf("opSepolia") });
    try {
      const { code, message } = await refusalOf({ network: "opSepolia", withMocks: false }, other);
      expect(code).to.equal("NO_CODE");
      expect(message).to.match(/no contract at 0x4200000000000000000000000000000000000006, .* as weth/);
    } finally {
      await other.stop();
    }
  });

  it("refuses wrapped ether that does not behave so", async () => {
    const name = "opSepolia";
    const other = await startDevnet({ chainId: chainIdOf(name) });
    try {
      const { surroundings } = await readTarget({ name, withMocks: false, strategy: "basic", folder: "" });
      for (const address of Object.values(surroundings)) {
        await other.request({ method: "anvil_setCode", params: [address, "0x00"] });
      }
      const { code, message } = await refusalOf({ network: name, withMocks: false }, other);
      expect(code).to.equal("BAD_WETH");
      expect(message).to.match(/is not wrapped ether: symbol\(\) of 0x4200000000000000000000000000000000000006 /);
    } finally {
      await other.stop();
    }
  });

  it("refuses to begin without a key, and with a wrong one, which it does not repeat", async () => {
    expect((await refusalOf({ key: "" })).code).to.equal("KEY_MISSING");
    for (const key of [`${keyOf(0)}12`, `0x${"00".repeat(32)}`, "my key"]) {
      const { code, message } = await refusalOf({ key });
      expect(code).to.equal("BAD_KEY");
      expect(message).not.to.include(key);
    }
  });

  it("refuses a node that cannot be reached, and one of another chain", async () => {
    expect((await refusalOf({ url: "http://127.0.0.1:9" })).code).to.equal("RPC_UNREACHABLE");
    const { code, message } = await refusalOf({ network: "standInTwo" });
    expect(code).to.equal("WRONG_CHAIN");
    expect(message).to.match(/chain id is 777001; standInTwo is 777002/);
  });

  it("refuses an empty balance", async () => {
    const { code, message } = await refusalOf({ key: `0x${"77".repeat(32)}` });
    expect(code).to.equal("BALANCE_TOO_LOW");
    expect(message).to.match(/has 0\.0 ether and needs 0\.\d+/);
  });

  it("refuses create2 where CreateX is not", async () => {
    expect((await refusalOf({ strategy: "create2" })).code).to.equal("NO_CREATEX");
  });

  for (const { what, flags, wanted, said } of [
    { what: "without Cancun", flags: ["--hardfork", "shanghai"], wanted: "NO_CANCUN", said: /TSTORE, TLOAD, MCOPY/ },
    {
      what: "without BLS",
      flags: ["--hardfork", "cancun"],
      wanted: "NO_BLS",
      said: /G1MSM, G2ADD, PAIRING_CHECK, MAP_/,
    },
    { what: "with less code", flags: ["--code-size-limit", "16000"], wanted: "CODE_SIZE_LIMIT", said: /of \d+ bytes/ },
    {
      ...{ what: "with less gas", flags: ["--gas-limit", "6000000"], wanted: "TRANSACTION_TOO_LARGE" },
      said: /LakhTestnet#AmmCore takes \d+ gas; .* at most 6000000/,
    },
  ] as const) {
    it(`refuses a chain ${what}`, async () => {
      const other = await startDevnet({ chainId, isPlain: true, flags });
      try {
        const { code, message } = await refusalOf({ url: other.url }, other);
        expect(code).to.equal(wanted);
        expect(message).to.match(said);
      } finally {
        await other.stop();
      }
    });
  }

  it("shows the plan and its cost in a dry run without a key, and sends nothing", async () => {
    await withFolder(async (folder) => {
      const { record, said } = await deployHere({ network, url: devnet.url, folder, key: "", isDryRun: true });
      expect(record).to.equal(undefined);
      expect(said).to.match(/LakhTestnet#Ledger +\d,\d{3},\d{3}$/m);
      expect(said).to.match(/^(\d+) of \1 transactions remain/m);
      expect(said).to.match(/in all +0\.\d+ ether; 0\.\d+ must be there/);
      expect(said).to.match(/no key is set/);
      expect(await readdir(folder)).to.deep.equal([]);
    });
    expect(await devnet.request({ method: "eth_blockNumber" })).to.equal("0x0");
  });
});
