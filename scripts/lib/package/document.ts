import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../paths.js";

/** The page about the package, which is its README too. */
export const PACKAGE_DOCUMENT = path.join(ROOT, "docs", "package.md");

export type PackageFigures = { packed: number; unpacked: number; tarball: string };

/** The page with the size of the package, in tenths of a megabyte, and the name of its tarball. */
export function withFigures(text: string, { packed, unpacked, tarball }: PackageFigures): string {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  return text
    .replace(/^\| size \| .* \|$/m, `| size | ${megabytes(packed)} packed, ${megabytes(unpacked)} unpacked |`)
    .replaceAll(/lakh-[\w.-]+\.tgz/g, path.basename(tarball));
}

/** Writes the figures into the page; answers whether they were others. */
export async function updatePackageDocument(figures: PackageFigures): Promise<boolean> {
  const text = await readFile(PACKAGE_DOCUMENT, "utf8");
  const wanted = withFigures(text, figures);
  if (wanted === text) return false;
  await writeFile(PACKAGE_DOCUMENT, wanted);
  return true;
}
