import { readFile } from "node:fs/promises";
import path from "node:path";
import accessManager from "@openzeppelin/contracts/build/contracts/AccessManager.json" with { type: "json" };
import { expect } from "chai";
import { network } from "#chain";
import lakh from "../../deploy/modules/Lakh.js";
import lakhLocal from "../../deploy/modules/LakhLocal.js";
import mocks from "../../deploy/modules/Mocks.js";
import { checkWiring, deployLocal, DeploymentError, type LocalAddresses } from "../../scripts/lib/deployment.js";
import type { LocalChain } from "../../scripts/lib/devnet.js";
import { startInProcess } from "../../scripts/lib/in-process.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { AmmLens__factory, Ledger__factory } from "../../typechain-types/index.js";

describe("deployment", () => {
  describe("production bytecode on a local chain", () => {
    let chain: LocalChain;
    let addresses: LocalAddresses;
    let admin: string;

    before(async () => {
      chain = await startInProcess();
      addresses = await deployLocal(chain);
      [admin = ""] = (await chain.request({ method: "eth_accounts" })) as string[];
    });

    after(async () => chain.stop());

    const codeOf = async (options: Partial<Parameters<typeof checkWiring>[0]>): Promise<unknown> => {
      const error: unknown = await checkWiring({
        ...{ provider: chain.provider, addresses, admin, homePairs: [[addresses.index, addresses.usd]] },
        ...options,
      }).catch((reason: unknown) => reason);
      return error instanceof DeploymentError ? error.code : error;
    };

    it("puts everything at the same addresses every time", async () => {
      const other = await startInProcess();
      try {
        expect(await deployLocal(other)).to.deep.equal(addresses);
      } finally {
        await other.stop();
      }
    });

    it("puts the mocks where deploy/parameters/local.json5 expects them", async () => {
      const text = await readFile(path.join(ROOT, "deploy/parameters/local.json5"), "utf8");
      const { weth, permit2, index, usd } = addresses;
      expect(text.match(/0x[0-9a-fA-F]{40}/g)).to.deep.equal([weth, permit2, index, usd]);
    });

    it("installs the authority that OpenZeppelin published, to the byte", async () => {
      expect(await chain.provider.getCode(addresses.authority)).to.equal(accessManager.deployedBytecode);
    });

    it("accepts the wiring that it made", async () => {
      expect(await codeOf({})).to.equal(undefined);
    });

    it("reports a stranger as admin", async () => {
      expect(await codeOf({ admin: addresses.usd })).to.equal("WRONG_WIRING");
    });

    it("reports tokens that share no word", async () => {
      expect(await codeOf({ homePairs: [[addresses.index, addresses.weth]] })).to.equal("WRONG_WIRING");
      expect(await codeOf({ homePairs: [[addresses.usd, addresses.index]] })).to.equal("WRONG_WIRING");
    });

    it("reports a part of another deployment", async () => {
      const second = await deployLocal(chain);
      const parts = [
        ...["authority", "ledger", "amm", "ammLens", "ledgerLens", "addressBook", "directory", "settlement"],
        ...["lending", "lendingLens", "staking", "stakingLens", "flashLiquidator", "merkleDistributor"],
        ...["rwaAgency", "rwa", "rwaOffering", "rwaLens", "underwritingPool", "coverDesk", "insuranceLens"],
      ];
      for (const part of parts as (keyof LocalAddresses)[]) {
        expect(await codeOf({ addresses: { ...addresses, [part]: second[part] } }), part).to.equal("WRONG_WIRING");
      }
    });
  });

  describe("Ignition modules", () => {
    it("LakhLocal needs no parameters", async () => {
      const { ethers, ignition } = await network.create();
      const deployed = await ignition.deploy(lakhLocal);
      const ledger = Ledger__factory.connect(await deployed.ledger.getAddress(), ethers.provider);
      expect(await ledger.isCore(deployed.amm)).to.equal(true);
      const [key] = await ledger.homeOf(await deployed.index.getAddress());
      expect(await ledger.homeOf(await deployed.usd.getAddress())).to.deep.equal([key, 1n]);
    });

    it("Lakh takes its surroundings as parameters", async () => {
      const { ethers, ignition } = await network.create();
      const surroundings = await ignition.deploy(mocks);
      const [weth, permit2, index, usd] = await Promise.all([
        surroundings.weth.getAddress(),
        surroundings.permit2.getAddress(),
        surroundings.index.getAddress(),
        surroundings.usd.getAddress(),
      ]);
      const deployed = await ignition.deploy(lakh, {
        parameters: { Lakh: { weth, permit2, homePairs: [[usd, index]] } },
      });
      const ledger = Ledger__factory.connect(await deployed.ledger.getAddress(), ethers.provider);
      const lens = AmmLens__factory.connect(await deployed.ammLens.getAddress(), ethers.provider);
      expect(await ledger.AUTHORITY()).to.equal(await deployed.authority.getAddress());
      expect(await ledger.isCore(deployed.amm)).to.equal(true);
      expect(await lens.LEDGER()).to.equal(deployed.ledger.target);
      expect(await ledger.homeOf(index)).to.deep.equal([BigInt(usd), 1n]);
    });
  });
});
