import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { FailureError } from "../failure.js";
import { writeJson } from "../output.js";
import { ROOT } from "../paths.js";
import { runCommand } from "../process.js";
import { type PackedPackage } from "./build.js";

/** The ways in which TypeScript finds the package's types; `module` is what each wants. */
export const RESOLUTIONS = [
  { moduleResolution: "node16", module: "node16" },
  { moduleResolution: "nodenext", module: "nodenext" },
  { moduleResolution: "bundler", module: "preserve" },
] as const;

/** The compilers that must find the types: the repository's, and the last one before it. */
export const COMPILERS = ["typescript", "typescript-5.9"] as const;

/** What the consumer needs besides the package: types of Node.js, which the example itself uses. */
const TOOLS = [...COMPILERS, "@types/node"];
const EXAMPLE = path.join(ROOT, "examples/consumer/main.ts");

/** A project outside the repository that has the package installed. */
export type Consumer = {
  folder: string;
  /** Type-checks the example in one of `RESOLUTIONS`, the declarations of the package included. */
  check: (resolution: (typeof RESOLUTIONS)[number], compiler: (typeof COMPILERS)[number]) => Promise<void>;
  /** Compiles the example and runs it with plain Node.js; answers what it prints. */
  run: (devnet: { url: string; chainId: number; addresses: object }) => Promise<string>;
  /** Deletes it. */
  remove: () => Promise<void>;
};

export type ConsumerFailureCode = "INSTALL_FAILED" | "CHECK_FAILED" | "RUN_FAILED";

/** The project of a consumer could not be made, or does not work. */
export class ConsumerError extends FailureError {
  declare readonly code: ConsumerFailureCode;

  constructor(code: ConsumerFailureCode, message: string) {
    super(code, message);
    this.name = "ConsumerError";
  }
}

/**
 * Makes an empty TypeScript project and installs the tarball in it: "npm" as anybody would, "linked" without a network,
 * with the tarball unpacked and its dependencies linked to those of the repository, but for the optional ones.
 */
export async function makeConsumer(packed: PackedPackage, way: "npm" | "linked"): Promise<Consumer> {
  const folder = await mkdtemp(path.join(tmpdir(), "lakh-consumer-"));
  const run = async (command: string, code: ConsumerFailureCode): Promise<string> => {
    const result = await runCommand(command, { cwd: folder });
    if (result.code !== 0) throw new ConsumerError(code, `${command} failed:\n${result.output.trim()}`);
    return result.output;
  };
  await writeJson(path.join(folder, "package.json"), { name: "consumer", private: true, type: "module" });
  await cp(EXAMPLE, path.join(folder, "main.ts"));
  if (way === "npm") await installByNpm(packed, run);
  else await installLinked(packed, folder, run);
  return {
    folder,
    async check({ module, moduleResolution }, compiler) {
      const config = `tsconfig.${moduleResolution}.json`;
      await writeJson(path.join(folder, config), {
        compilerOptions: {
          ...{ target: "es2022", module, moduleResolution, strict: true, skipLibCheck: false, types: ["node"] },
          ...{ outDir: moduleResolution, rootDir: "." },
        },
        files: ["main.ts"],
      });
      await run(`node node_modules/${compiler}/bin/tsc -p ${config}`, "CHECK_FAILED");
    },
    async run(devnet) {
      await writeJson(path.join(folder, "devnet.json"), devnet);
      return run("node nodenext/main.js devnet.json", "RUN_FAILED");
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

type Run = (command: string, code: ConsumerFailureCode) => Promise<string>;

async function installByNpm({ tarball }: PackedPackage, run: Run): Promise<void> {
  const tools = await Promise.all(TOOLS.map(async (name) => `${name}@${await versionOf(name)}`));
  const flags = "--no-audit --no-fund --loglevel=error";
  await run(`npm install ${flags} "${tarball}" ${tools.join(" ")}`, "INSTALL_FAILED");
}

async function installLinked({ tarball, manifest }: PackedPackage, folder: string, run: Run): Promise<void> {
  const modules = path.join(folder, "node_modules");
  await mkdir(path.join(modules, manifest.name), { recursive: true });
  await run(`tar -xzf "${tarball}" -C node_modules/${manifest.name} --strip-components=1`, "INSTALL_FAILED");
  for (const name of [...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }), ...TOOLS]) {
    const link = path.join(modules, name);
    await mkdir(path.dirname(link), { recursive: true });
    await symlink(path.join(ROOT, "node_modules", name), link, "junction");
  }
}

/** The version of a package here, with its real name where that is another. */
async function versionOf(name: string): Promise<string> {
  const file = path.join(ROOT, "node_modules", name, "package.json");
  const { name: real, version } = JSON.parse(await readFile(file, "utf8")) as { name: string; version: string };
  return real === name ? version : `npm:${real}@${version}`;
}
