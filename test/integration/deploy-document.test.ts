import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { Contract, getAddress, Interface, JsonRpcProvider } from "ethers";
import accessManager from "@openzeppelin/contracts/build/contracts/AccessManager.json" with { type: "json" };
import { KEY_VARIABLE, rpcVariable } from "../../deploy/networks.js";
import { renderAddresses } from "../../scripts/lib/deploy/addresses.js";
import { checkNetwork } from "../../scripts/lib/deploy/check.js";
import { readRecord } from "../../scripts/lib/deploy/record.js";
import { findAnvil, startDevnet, type Devnet } from "../../scripts/lib/devnet.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { runCommand, runPackageScript } from "../../scripts/lib/process.js";
import { Ledger__factory } from "../../typechain-types/index.js";
import { chainIdOf, keyOf, withEnvironment } from "../helpers/deploy-run.js";

const network = "opSepolia";
const DAY = 86_400n;

/** The blocks of one language in a Markdown text. */
function blocksOf(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block = ""]) => block,
  );
}

/** What is typed of a block for a shell: a command a line, without comments and without what is set before. */
function commandsOf(block: string): string[] {
  const lines = block.split("\n").map((line) => line.replace(/ +#.*$/, ""));
  return lines.filter((line) => line !== "" && !line.startsWith("export "));
}

/** The block of a document that deploys. */
async function newcomersCommands(document: string): Promise<string[]> {
  const blocks = blocksOf(await readFile(path.join(ROOT, document), "utf8"), "sh");
  return commandsOf(blocks.find((block) => block.includes("npm run deploy ")) ?? "");
}

describe("docs/deploy.md", function () {
  this.timeout(240_000);

  let devnet: Devnet;
  let folder: string;
  let document: string;
  let env: Record<string, string>;

  before(async function () {
    if (findAnvil() === undefined) this.skip();
    document = await readFile(path.join(ROOT, "docs/deploy.md"), "utf8");
    devnet = await startDevnet({ chainId: chainIdOf(network), accounts: 3 });
    folder = await mkdtemp(path.join(ROOT, "cache", "document-"));
    env = { [rpcVariable(network)]: devnet.url, [KEY_VARIABLE]: keyOf(0) };
  });

  after(async () => {
    await (devnet as Devnet | undefined)?.stop();
    if ((folder as string | undefined) !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** Runs a program in TypeScript that stands two folders deep, with the addresses of this deployment. */
  async function runProgram(
    source: string,
    { args = "", variables = {} }: { args?: string; variables?: Record<string, string> } = {},
  ): Promise<string> {
    const addresses = (await renderAddresses(folder)).replace('"./client.js"', '"../../src/client.js"');
    await writeFile(path.join(folder, "addresses.ts"), addresses);
    const program = source
      .replace(/^(import .*?)DEPLOYMENTS, (.*)$/m, 'import { DEPLOYMENTS } from "./addresses.js";\n$1$2')
      .replace('import { DEPLOYMENTS } from "../../src/index.js";', 'import { DEPLOYMENTS } from "./addresses.js";');
    await writeFile(path.join(folder, "program.ts"), program);
    const command = `tsx program.ts ${args}`;
    const { code, output } = await runCommand(command, { cwd: folder, env: { ...env, ...variables } });
    expect(code, output).to.equal(0);
    return output;
  }

  /** Runs a command that the documents show, on this deployment. */
  async function runShown(command: string): Promise<string> {
    const [, script, args = ""] = /^npm run (\S+) -- (.+)$/.exec(command) ?? [];
    if (script !== undefined) {
      const { code, output } = await runPackageScript(script, [...args.split(" "), "--folder", folder], { env });
      expect(code, output).to.equal(0);
      return output;
    }
    const [, file, rest = ""] = /^npx tsx (\S+)(.*)$/.exec(command) ?? [];
    if (file === undefined) throw new Error(`Nobody knows how to run ${command}`);
    return runProgram(await readFile(path.join(ROOT, file), "utf8"), { args: rest });
  }

  it("leads from a clone to a swap on a testnet, by the README's commands", async () => {
    const commands = await newcomersCommands("README.md");
    expect(commands).to.have.length(4);
    expect(await newcomersCommands("docs/deploy.md")).to.deep.equal(commands);
    const said: string[] = [];
    for (const command of commands) said.push(await runShown(command));
    expect(said.at(-1)).to.match(/^bought (\d+) units on opSepolia, quoted \1$/m);
    // Once more, in the pool that is there now.
    expect(await runShown(commands.at(-1) ?? "")).to.match(/^bought (\d+) units on opSepolia, quoted \1$/m);
  });

  it("hands the authority over, with delays", async () => {
    const accounts = (await devnet.request({ method: "eth_accounts" })) as string[];
    const [deployer = "", council = "", guardian = ""] = accounts.map((account) => getAddress(account));
    const [block = ""] = blocksOf(document, "ts");
    const output = await runProgram(block.replaceAll(/from "\.\/(src|typechain-types)\//g, 'from "../../$1/'), {
      variables: { LAKH_COUNCIL: council, LAKH_GUARDIAN: guardian },
    });
    expect(output).to.include(`${council} is admin, after a delay; ${deployer} is not.`);
    const { differences, notes } = await withEnvironment(env, () => checkNetwork(network, folder));
    expect(differences).to.deep.equal([]);
    expect(notes).to.deep.equal([`The deployer ${deployer} holds no admin role.`]);

    const { contracts } = await readRecord(folder, chainIdOf(network));
    const [authority = "", ledger = ""] = [contracts.authority?.address, contracts.ledger?.address];
    const ledgerAbi = Ledger__factory.createInterface();
    const provider = new JsonRpcProvider(devnet.url, undefined, { cacheTimeout: -1 });
    try {
      const manager = new Contract(authority, new Interface(accessManager.abi), provider);
      const mayCall = async (account: string, name: "listCore" | "switchSettlement"): Promise<unknown> => {
        const { selector } = ledgerAbi.getFunction(name);
        const [immediate, delay] = (await manager.getFunction("canCall")(account, ledger, selector)) as [
          boolean,
          bigint,
        ];
        return { immediate, delay };
      };
      expect(await mayCall(deployer, "listCore")).to.deep.equal({ immediate: false, delay: 0n });
      expect(await mayCall(council, "listCore")).to.deep.equal({ immediate: false, delay: 2n * DAY });
      expect(await mayCall(guardian, "listCore")).to.deep.equal({ immediate: false, delay: 0n });
      expect(await mayCall(guardian, "switchSettlement")).to.deep.equal({ immediate: true, delay: 0n });
      expect(await manager.getFunction("hasRole")(0n, council)).to.deep.equal([true, 5n * DAY]);
      expect(await manager.getFunction("getRoleGuardian")(1n)).to.equal(2n);
    } finally {
      provider.destroy();
    }
  });
});
