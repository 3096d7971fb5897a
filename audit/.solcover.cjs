const { mkdirSync, renameSync } = require("node:fs");
const path = require("node:path");

const root = path.dirname(__dirname);
const istanbulFolder = path.join(root, "coverage", "second-opinion");

module.exports = {
  skipFiles: ["mocks"],
  istanbulFolder,
  istanbulReporter: ["html", "lcovonly", "json-summary", "text-summary"],
  // solidity-coverage always leaves its data at the root.
  onIstanbulComplete() {
    mkdirSync(istanbulFolder, { recursive: true });
    renameSync(path.join(root, "coverage.json"), path.join(istanbulFolder, "coverage.json"));
  },
};
