import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect } from "chai";
import { applyChangesets } from "../../../../scripts/lib/package/version.js";
import { ROOT } from "../../../../scripts/lib/paths.js";
import { runCommand } from "../../../../scripts/lib/process.js";

const read = (file: string): Promise<string> => readFile(path.join(ROOT, file), "utf8");

describe("changesets", () => {
  it("and the changelog are those of the package's version", async () => {
    const { name, version } = JSON.parse(await read("package.json")) as { name: string; version: string };
    const [title, latest] = (await read("CHANGELOG.md")).split("\n").filter((line) => line.startsWith("#"));
    expect([title, latest]).to.deep.equal(["# Changelog", `## ${version}`]);
    const files = (await readdir(path.join(ROOT, ".changeset"))).filter((file) => file.endsWith(".md"));
    for (const file of files) {
      const text = await read(path.join(".changeset", file));
      expect(text, file).to.match(new RegExp(`^---\n"${name}": (patch|minor|major)\n---\n\n\\S`));
    }
  });

  it("become a version and a section of the changelog", async function () {
    this.timeout(30_000);
    const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-version-"));
    try {
      for (const file of ["package.json", "package-lock.json", "CHANGELOG.md", ".changeset/config.json"]) {
        await cp(path.join(ROOT, file), path.join(folder, file));
      }
      await symlink(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"), "junction");
      const { version } = JSON.parse(await read("package.json")) as { version: string };
      const [major, minor = 0] = version.split(".").map(Number);
      const next = `${major}.${minor + 1}.0`;
      await writeFile(path.join(folder, ".changeset", "one.md"), '---\n"lakh": minor\n---\n\nSay something new.\n');
      expect((await runCommand("git init --quiet", { cwd: folder })).code).to.equal(0);
      expect(await applyChangesets(folder)).to.equal(next);
      expect(await readdir(path.join(folder, ".changeset"))).to.deep.equal(["config.json"]);
      const changelog = await readFile(path.join(folder, "CHANGELOG.md"), "utf8");
      expect(changelog).to.match(
        new RegExp(`^# Changelog\n\n## ${next}\n\n### Minor Changes\n\n- .*Say something new\\.\n\n## ${version}\n`),
      );
      const lock = JSON.parse(await readFile(path.join(folder, "package-lock.json"), "utf8")) as {
        version: string;
        packages: Record<string, { version: string }>;
      };
      expect([lock.version, lock.packages[""]?.version]).to.deep.equal([next, next]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
