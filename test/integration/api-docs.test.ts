import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect } from "chai";
import { writeApiDocs } from "../../scripts/lib/package/api-docs.js";

describe("API docs", function () {
  this.timeout(240_000);

  it("say something of all that the package exports, and of every contract", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-api-docs-"));
    try {
      const { modules, contracts } = await writeApiDocs(folder);
      expect(modules).to.equal(4);
      expect(contracts).to.be.above(30);
      await access(path.join(folder, "functions", "lakh.createLakh.html"));
      const page = await readFile(path.join(folder, "documents", "Ledger.html"), "utf8");
      expect(page).to.include("withdrawNative");
      const actions = await readFile(path.join(folder, "variables", "lakh.ammActions.html"), "utf8");
      expect(actions).to.include("IAmmActions.swapExactIn");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
