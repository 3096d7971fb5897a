// Hardhat 2, for solidity-coverage alone: see docs/second-opinion.md. The project itself is built by ../hardhat.config.ts.
const { globSync } = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
require("solidity-coverage");
const { subtask } = require("hardhat/config");
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, TASK_TEST_GET_TEST_FILES } = require("hardhat/builtin-tasks/task-names");
const leftOut = require("./left-out.json");

const root = path.dirname(__dirname);
const solc = createRequire(path.join(root, "package.json")).resolve("solc/soljson.js");
const { version } = require(path.join(path.dirname(solc), "package.json"));

// The compiler is the project's, from npm: nothing is downloaded.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  compilerPath: solc,
  isSolcJs: true,
  version,
  longVersion: version,
}));

/** Every Mocha test of the project, but those that left-out.json gives a reason for. */
subtask(TASK_TEST_GET_TEST_FILES, async ({ testFiles }, _env, runSuper) => {
  if (testFiles.length > 0) return runSuper({ testFiles });
  const files = globSync("test/**/*.test.ts", { cwd: root }).map((file) => file.split(path.sep).join("/"));
  const isLeftOut = (file) => leftOut.some((entry) => file.startsWith(entry.path));
  return files
    .filter((file) => !isLeftOut(file))
    .sort()
    .map((file) => path.join(root, file));
});

/** @type {import("hardhat/config").HardhatUserConfig} */
module.exports = {
  solidity: {
    version,
    settings: { evmVersion: "cancun", metadata: { bytecodeHash: "none" }, optimizer: { enabled: true, runs: 800 } },
  },
  paths: { root, sources: "contracts", tests: "test", artifacts: "audit/artifacts", cache: "audit/cache" },
  networks: { hardhat: { hardfork: "prague" } },
  mocha: { timeout: 600_000 },
};
