import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { HDNodeWallet, Mnemonic } from "ethers";
import { deployLocal, type LocalAddresses } from "../../scripts/lib/deployment.js";
import { DEVNET_CHAIN_ID, DEVNET_MNEMONIC, findAnvil, startDevnet, type Devnet } from "../../scripts/lib/devnet.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { runCommand } from "../../scripts/lib/process.js";
import { startRelayer, type Relayer } from "../../scripts/lib/relayer/relayer.js";

/** The blocks of one language in a Markdown text. */
function blocksOf(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block]) => block ?? "",
  );
}

/** The private key of an account of the devnet. */
function keyOf(index: number): string {
  return HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVNET_MNEMONIC), `m/44'/60'/0'/0/${index}`).privateKey;
}

/** Runs the only block of TypeScript in a document that needs no chain, and answers what it prints. */
async function runPlainBlock(document: string): Promise<{ code: number; output: string }> {
  const [block = "", ...others] = blocksOf(await readFile(path.join(ROOT, document), "utf8"), "ts");
  expect(others).to.deep.equal([]);
  const folder = await mkdtemp(path.join(ROOT, "cache", "document-"));
  try {
    await writeFile(path.join(folder, "block.ts"), block.replaceAll('from "./', 'from "../../'));
    return await runCommand("tsx block.ts", { cwd: folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the only block of TypeScript in a document, with a devnet of its own, and answers what it prints. */
async function runBlock(
  document: string,
  change: (block: string, devnet: Devnet, addresses: LocalAddresses) => Promise<string> = (block) =>
    Promise.resolve(block),
): Promise<{ code: number; output: string }> {
  const [block = "", ...others] = blocksOf(await readFile(path.join(ROOT, document), "utf8"), "ts");
  expect(others).to.deep.equal([]);
  const parent = path.join(ROOT, "cache");
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, "document-"));
  const devnet = await startDevnet({ port: 0, accounts: 4 });
  try {
    const addresses = await deployLocal(devnet);
    const json = { url: devnet.url, chainId: DEVNET_CHAIN_ID, addresses };
    await writeFile(path.join(folder, "devnet.json"), JSON.stringify(json));
    const source = await change(block.replaceAll('from "./', 'from "../../'), devnet, addresses);
    await writeFile(path.join(folder, "block.ts"), source);
    return await runCommand("tsx block.ts", { cwd: folder });
  } finally {
    await devnet.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

describe("README", function () {
  this.timeout(120_000);

  it("has a quickstart that runs as it stands", async function () {
    if (findAnvil() === undefined) {
      console.log("      anvil is not installed here, so the quickstart is not run");
      this.skip();
    }
    const { code, output } = await runBlock("README.md");
    expect(code, output).to.equal(0);
    expect(output).to.match(/^bought (\d+) units, quoted \1$/m);
  });

  it("leads to splits, entries and histories as docs/amm-client.md says", async function () {
    if (findAnvil() === undefined) this.skip();
    const { code, output } = await runBlock("docs/amm-client.md");
    expect(code, output).to.equal(0);
    expect(output).to.match(/^split over 2 pools, at most 0 units below the best$/m);
    expect(output.match(/^entered for (\d+) shares, planned \1$/gm)).to.have.length(2);
    expect(output.match(/^profit -?\d+ = \d+ of fees - -?\d+ by the price$/gm)).to.have.length(2);
  });

  it("lends, borrows and liquidates as docs/lending.md says", async function () {
    if (findAnvil() === undefined) this.skip();
    const { code, output } = await runBlock("docs/lending.md");
    expect(code, output).to.equal(0);
    expect(output).to.match(/^owes 800\.0 at a health of 1\.07/m);
    expect(output).to.match(/^repaid 400, got 0\.4538 index units: 4\.4 % more$/m);
    expect(output).to.match(/^took 600\.0 of 1000\.$/m);
  });

  it("stakes, claims and leaves as docs/staking.md says", async function () {
    if (findAnvil() === undefined) this.skip();
    const { code, output } = await runBlock("docs/staking.md");
    expect(code, output).to.equal(0);
    expect(output).to.match(/^earned 30 and 90$/m);
    expect(output).to.match(/^219\d\d dollars a year for an index unit$/m); // a few seconds less than a day
    expect(output).to.match(/^left with 1\.0$/m);
  });

  it("insures, reports, pays and leaves as docs/insurance.md says", async function () {
    if (findAnvil() === undefined) this.skip();
    const { code, output } = await runBlock("docs/insurance.md");
    expect(code, output).to.equal(0);
    const said = ["cover for 367", "cover for 20659", "ready after 81 days", "paid 2500"];
    expect(output.trim().split("\n").slice(-7, -3)).to.deep.equal(said);
    expect(output).to.match(/^the pool has 8916(?:14|15)$/m); // less by the seconds that pass before the sale
    expect(output).to.match(/^the exit pays 89161$/m);
    expect(output).to.match(/^900000\.0 shares stay$/m);
  });

  it("has an AMM whose example prints what docs/amm.md says", async () => {
    const { code, output } = await runPlainBlock("docs/amm.md");
    expect(code, output).to.equal(0);
    const [said = ""] = blocksOf(await readFile(path.join(ROOT, "docs/amm.md"), "utf8"), "text");
    expect(output.trim().split("\n")).to.deep.equal(said.trim().split("\n"));
  });

  it("leads to a batch that is co-signed as docs/relayer.md says", async function () {
    if (findAnvil() === undefined) this.skip();
    let relayer: Relayer | undefined;
    try {
      const { code, output } = await runBlock("docs/relayer.md", async (block, devnet, addresses) => {
        relayer = await startRelayer({
          ...{ rpc: devnet.url, chainId: BigInt(DEVNET_CHAIN_ID), database: ":memory:", host: "127.0.0.1", port: 0 },
          ...{ settlement: addresses.settlement, ammLens: addresses.ammLens, key: keyOf(3), log: () => undefined },
          ...{ interval: 1_000, signWithin: 5_000, lifetime: 10, fees: new Map(), tolerance: 5n * 10n ** 15n },
        });
        return block.replaceAll("127.0.0.1:8546", `127.0.0.1:${relayer.port}`);
      });
      expect(code, output).to.equal(0);
      expect(output).to.match(/^order executed$/m);
    } finally {
      await relayer?.stop();
    }
  });

  it("names only scripts that exist", async () => {
    const readme = await readFile(path.join(ROOT, "README.md"), "utf8");
    const { scripts } = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const named = [...readme.matchAll(/npm (?:run )?(test|(?<=run )[a-z]+(?:[:-][a-z]+)*)\b/g)].map(
      ([, name]) => name ?? "",
    );
    expect(named).to.include.members(["test", "mutate", "coverage:second-opinion"]);
    for (const name of named) expect(scripts).to.have.property(name);
  });
});
