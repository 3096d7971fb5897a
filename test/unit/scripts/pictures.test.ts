import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { ROOT } from "../../../scripts/lib/paths.js";
import { ammCurve, curve, edges, examplePool } from "../../../scripts/lib/pictures/amm-curve.js";

describe("the picture of the AMM's curve", () => {
  it("meets the axes where the range ends: 1000 · (1/8 - 1/12.5) and 1000 · (12.5 - 8)", () => {
    const { high, low } = edges(examplePool("range"));
    expect(high.x).to.equal(0);
    expect(Math.abs(high.y - 4_500) < 1e-4).to.equal(true);
    expect(Math.abs(low.x - 45) < 1e-4).to.equal(true);
    expect(low.y).to.equal(0);
  });

  it("goes through what both pools begin with", () => {
    for (const kind of ["range", "plain"] as const) {
      expect(Math.abs((curve(examplePool(kind), 20, 20)[0]?.y ?? 0) - 2_000) < 1e-6).to.equal(true);
    }
  });

  it("is the one in docs, and the same each time", async () => {
    const picture = await ammCurve();
    expect(await ammCurve()).to.equal(picture);
    expect(await readFile(path.join(ROOT, "docs/amm-curve.svg"), "utf8")).to.equal(picture);
  });
});
