import path from "node:path";
import { expect } from "chai";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { KEY_VARIABLE } from "../../../deploy/networks.js";
import { DeployError } from "../../../scripts/lib/deploy/error.js";
import { deployerKey, openHardhat } from "../../../scripts/lib/deploy/hardhat.js";
import { keyOf, withFolder } from "../../helpers/deploy-run.js";

const network = "standIn";
const password = "correct horse battery";

/** What the keystore goes by: it is not read in continuous integration, nor by tests of Hardhat's users. */
const VARIABLES = [KEY_VARIABLE, "HH_TEST", "CI", "GITHUB_ACTIONS", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "RUN_ID"];

/** Hardhat with a keystore in a folder of its own; whatever secret it asks for, these are the answers in turn. */
async function openWith(folder: string, answers: string[]): Promise<HardhatRuntimeEnvironment> {
  const hre = await openHardhat(network);
  Object.assign(hre.config.keystore, {
    filePath: path.join(folder, "keystore.json"),
    devFilePath: path.join(folder, "dev.keystore.json"),
    devPasswordFilePath: path.join(folder, "checksum"),
  });
  hre.hooks.registerHandlers("userInterruptions", {
    requestSecretInput: () => Promise.resolve(answers.shift() ?? ""),
  });
  return hre;
}

/** Runs without what a command prints. */
async function silently<T>(run: () => Promise<T>): Promise<T> {
  const { log } = console;
  console.log = () => undefined;
  try {
    return await run();
  } finally {
    console.log = log;
  }
}

describe("the deployer's key in Hardhat's keystore", function () {
  this.timeout(60_000);

  const saved = new Map<string, string | undefined>();

  before(() => {
    for (const name of VARIABLES) {
      saved.set(name, process.env[name]);
      Reflect.deleteProperty(process.env, name);
    }
  });

  after(() => {
    for (const [name, value] of saved) if (value !== undefined) process.env[name] = value;
  });

  const codeOf = (hre: HardhatRuntimeEnvironment): Promise<unknown> =>
    deployerKey(hre, network).then(
      () => "found",
      (error: unknown) => (error instanceof DeployError ? error.code : error),
    );

  it("is found with the password, and loses to the environment", () =>
    withFolder(async (folder) => {
      expect(await codeOf(await openWith(folder, []))).to.equal("KEY_MISSING");

      const set = await openWith(folder, [password, password, keyOf(1)]);
      await silently(() => set.tasks.getTask(["keystore", "set"]).run({ key: KEY_VARIABLE, dev: false, force: false }));
      expect(await deployerKey(await openWith(folder, [password]), network)).to.equal(keyOf(1));
      expect(await codeOf(await openWith(folder, ["another one"]))).to.equal("KEYSTORE_LOCKED");

      process.env[KEY_VARIABLE] = keyOf(2);
      try {
        expect(await deployerKey(await openWith(folder, []), network)).to.equal(keyOf(2));
      } finally {
        Reflect.deleteProperty(process.env, KEY_VARIABLE);
      }
    }));
});
