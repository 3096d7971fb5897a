/**
 * Builds what is published: compiled modules and declarations in `dist/`, and the tarball beside them.
 *
 * `dist/` gets a package.json of its own. That of the repository is private, and its development and optional
 * dependencies (Hardhat, Node.js and anvil binaries) are of no use to a consumer; the one here names only what the
 * compiled modules import, so nothing can be forgotten or left over.
 */
import path from "node:path";
import { Command } from "commander";
import { runMain } from "./lib/failure.js";
import { buildPackage, pack } from "./lib/package/build.js";
import { updatePackageDocument } from "./lib/package/document.js";
import { ROOT } from "./lib/paths.js";

new Command("npm run build:package --")
  .description("Compiles the npm package to dist/ and packs it there.")
  .allowExcessArguments(false)
  .parse();

await runMain(async () => {
  const built = await buildPackage();
  const hasNewFigures = await updatePackageDocument(built);
  const { manifest } = built;
  const { tarball, packed, unpacked, files } = hasNewFigures ? await pack() : built;
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
  console.log(
    `${path.relative(ROOT, tarball)}: ${files.length} files, ${megabytes(packed)}, unpacked ${megabytes(unpacked)}`,
  );
  if (hasNewFigures) console.log("docs/package.md has new figures: commit it.");
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  console.log(`Dependencies: ${names.join(", ")}`);
});
