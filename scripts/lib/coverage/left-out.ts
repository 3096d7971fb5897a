import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { ROOT } from "../paths.js";

const leftOutSchema = z.array(z.strictObject({ path: z.string().startsWith("test/"), reason: z.string().min(10) }));

/** A test file, or a folder of them, that reaches no contract in the process that counts, or not on Hardhat 2. */
export type LeftOut = z.infer<typeof leftOutSchema>[number];

/** The list of both counts of coverage; audit/hardhat.config.cjs reads it too. */
export async function readLeftOut(): Promise<readonly LeftOut[]> {
  return leftOutSchema.parse(JSON.parse(await readFile(path.join(ROOT, "audit", "left-out.json"), "utf8")));
}
