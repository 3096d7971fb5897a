import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { renderAddresses } from "../../../scripts/lib/deploy/addresses.js";
import { withFolder } from "../../helpers/deploy-run.js";

describe("src/addresses.ts", () => {
  it("is empty without a deployment", async () => {
    await withFolder(async (folder) => {
      expect(await renderAddresses(folder)).to.match(/DEPLOYMENTS: .* = \{\};$/m);
      expect(await renderAddresses(path.join(folder, "none"))).to.equal(await renderAddresses(folder));
    });
  });

  it("has the records of public networks alone", async () => {
    await withFolder(async (folder) => {
      const contract = (address: string, block: number) => ({ address, block });
      const record = (chainId: number, network: string) => ({
        ...{ chainId, network, withMocks: true, external: { weth: "0x03" } },
        contracts: { ledger: contract("0x01", 9), amm: contract("0x02", 7) },
      });
      await writeFile(path.join(folder, "84532.json"), JSON.stringify(record(84_532, "baseSepolia")));
      await writeFile(path.join(folder, "777001.json"), JSON.stringify(record(777_001, "standIn")));
      const text = await renderAddresses(folder);
      expect(text).to.match(/ 84532: \{\n {4}network: "baseSepolia",\n {4}hasMocks: true,\n {4}fromBlock: 7,\n/);
      expect(text)
        .to.match(/weth: "0x03",\n {6}ledger: "0x01",\n {6}amm: "0x02",/)
        .and.not.match(/777001/);
    });
  });
});
