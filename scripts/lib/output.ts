import { access, constants, mkdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { FailureError } from "./failure.js";

/** The output file cannot be written. */
export class OutputError extends FailureError {
  constructor(message: string) {
    super("OUTPUT_NOT_WRITABLE", message);
    this.name = "OutputError";
  }
}

/** Makes sure, before long work begins, that `file` can be written; creates its folder. */
export async function prepareOutput(file: string): Promise<void> {
  const folder = path.dirname(file);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const existing = await stat(file).catch(() => undefined);
    if (existing?.isDirectory() === true) throw new OutputError(`${file} is a folder, not a file to write.`);
    if (existing !== undefined) await access(file, constants.W_OK);
  } catch (error) {
    if (error instanceof OutputError) throw error;
    throw new OutputError(`${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? "unknown"}).`);
  }
}

/** Writes `value` as indented JSON with a final newline. */
export async function writeJson(file: string, value: unknown): Promise<void> {
  await prepareOutput(file);
  try {
    await writeFile(file, `${JSON.stringify(value, undefined, 2)}\n`);
  } catch (error) {
    throw new OutputError(`${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? "unknown"}).`);
  }
}
