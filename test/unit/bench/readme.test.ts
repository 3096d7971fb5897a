import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { ROOT } from "../../../scripts/lib/paths.js";

/** Rows of the README's table, and the measurement that each states. */
const ROWS: Readonly<Record<string, string>> = {
  "swap, wallet to wallet, with limit and deadline": "amm: swap, exact in, wallet, steady",
  "swap from ledger balances, home pair": "amm: swap, plain pool, home pair, ledger, steady",
  "swap over two pools, wallet to wallet, one limit": "amm: swap, exact in, two hops, wallet, steady",
  "the same for an exact output": "amm: swap, exact out, two hops, wallet, steady",
  "create a pool and fund it": "amm: create pool, plain, wallet, new",
};

describe("the README's gas", () => {
  it("is what was measured last", async () => {
    const readme = await readFile(path.join(ROOT, "README.md"), "utf8");
    const gas = JSON.parse(await readFile(path.join(ROOT, "bench/snapshots/gas.json"), "utf8")) as Record<
      string,
      number
    >;
    for (const [row, measurement] of Object.entries(ROWS)) {
      const line = readme.split("\n").find((each) => each.startsWith(`| ${row} |`)) ?? "";
      const [, said = "", decimals = ""] = /^\|[^|]*\| ([0-9]+(?:\.([0-9]+))?)k \|/.exec(line) ?? [];
      expect(said, row).to.equal(((gas[measurement] ?? 0) / 1_000).toFixed(decimals.length));
    }
  });
});
