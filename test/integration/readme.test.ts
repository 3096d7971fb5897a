import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { deployLocal } from "../../scripts/lib/deployment.js";
import { findAnvil, startDevnet } from "../../scripts/lib/devnet.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { runCommand } from "../../scripts/lib/process.js";

/** The blocks of one language in a Markdown text. */
function blocksOf(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block]) => block ?? "",
  );
}

describe("README", function () {
  this.timeout(120_000);

  it("has a quickstart that runs as it stands", async function () {
    if (findAnvil() === undefined) {
      console.log("      anvil is not installed here, so the quickstart is not run");
      this.skip();
    }
    const [block, ...others] = blocksOf(await readFile(path.join(ROOT, "README.md"), "utf8"), "ts");
    expect(others).to.deep.equal([]);
    const parent = path.join(ROOT, "cache");
    await mkdir(parent, { recursive: true });
    const folder = await mkdtemp(path.join(parent, "readme-"));
    const devnet = await startDevnet({ port: 0, accounts: 2 });
    try {
      const addresses = await deployLocal(devnet);
      await writeFile(path.join(folder, "devnet.json"), JSON.stringify({ url: devnet.url, addresses }));
      const source = (block ?? "").replaceAll('from "./', 'from "../../');
      await writeFile(path.join(folder, "quickstart.ts"), source);
      const { code, output } = await runCommand(`cd "${folder}" && tsx quickstart.ts`);
      expect(code, output).to.equal(0);
      expect(output).to.match(/^bought (\d+) units, quoted \1$/m);
    } finally {
      await devnet.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("names only scripts that exist", async () => {
    const readme = await readFile(path.join(ROOT, "README.md"), "utf8");
    const { scripts } = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const named = [...readme.matchAll(/npm (?:run )?(test|[a-z]+:[a-z:]+|demo|devnet)\b/g)].map(
      ([, name]) => name ?? "",
    );
    expect(named).to.include("test");
    for (const name of named) expect(scripts).to.have.property(name);
  });
});
