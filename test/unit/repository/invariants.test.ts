import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { MUTATIONS, plant, readTests, testIdOf, type Mutation } from "../../../scripts/lib/bugs/index.js";

const ROOT = path.join(import.meta.dirname, "../../..");

const readRoot = async (file: string): Promise<string> => readFile(path.join(ROOT, file), "utf8");

/** Rows of docs/invariants.md: the id, and in which tests it is asserted. */
async function rowsOf(): Promise<{ id: string; asserted: string }[]> {
  const rows = (await readRoot("docs/invariants.md")).matchAll(/^\| ([A-Z]{3}-\d+) \|(.*)\|$/gm);
  return [...rows].map(([, id = "", cells = ""]) => ({ id, asserted: cells.split(" | ")[2] ?? "" }));
}

/** Whether a test has this title, behind which stands the id. "…" is what a loop fills in. */
function hasTest(sources: readonly string[], title: string, testId: string): boolean {
  const parts = title.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`["\`]${parts.join(".*")} \\([^()]*${testId}[^()]*\\)["\`]`);
  return sources.some((source) => pattern.test(source));
}

describe("invariants", () => {
  it("have an id of their own each, and a bug", async () => {
    const ids = (await rowsOf()).map(({ id }) => id);
    expect(ids.length).to.be.greaterThan(50);
    expect(new Set(ids).size).to.equal(ids.length);
    const planted = new Set(MUTATIONS.map(({ invariant }) => invariant));
    expect([...planted].sort()).to.deep.equal([...ids].sort());
  });

  it("are asserted by tests that carry the id, and by those that are named", async () => {
    const tests = [...(await readTests(ROOT)).values()];
    for (const { id, asserted } of await rowsOf()) {
      const sources = tests.filter((source) => source.includes(testIdOf(id)));
      expect(sources, id).to.not.be.empty;
      const titles = [...asserted.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => title);
      if (id.startsWith("SET")) expect(titles, id).to.not.be.empty;
      const missing = titles.filter((title) => !hasTest(sources, title, testIdOf(id)));
      expect(missing, id).to.deep.equal([]);
    }
  });

  it("have bugs whose snippets stand once in the contracts", async () => {
    for (const mutation of MUTATIONS) {
      const source = await readRoot(mutation.file);
      expect(plant(source, mutation), mutation.bug).to.not.equal(source);
    }
  });

  it("refuse a snippet that stands twice or not at all", async () => {
    const mutation: Mutation = { invariant: "LED-1", bug: "none", file: "A.sol", find: "a = b;", replace: "" };
    expect(plant("x; a =\n  b; y;", mutation)).to.equal("x;  y;");
    for (const source of ["a = c;", "a = b; a = b;"]) expect(() => plant(source, mutation)).to.throw("A.sol");
  });
});
