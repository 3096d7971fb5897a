import { expect } from "chai";
import { findAnvil } from "../../scripts/lib/devnet.js";
import { runPackageScript } from "../../scripts/lib/process.js";

describe("npm run deploy:two", function () {
  this.timeout(240_000);

  it("deploys to two local L2s by one command, to the same addresses", async function () {
    if (findAnvil() === undefined) this.skip();
    const { code, output } = await runPackageScript("deploy:two", []);
    expect(code, output).to.equal(0);
    expect(output).to.match(/^npm run deploy -- --network standIn --with-mocks --strategy create2/m);
    expect(output).to.match(/^ {2}ledger +0x[0-9a-fA-F]{40}$/m);
    expect(output).to.match(/^\d\d contracts have the same addresses on chains 777001 and 777002\.$/m);
  });
});
