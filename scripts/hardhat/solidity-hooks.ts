import type { SolidityHooks } from "hardhat/types/hooks";

/** solc repeats 2394 ("transient storage breaks composability") at each `tstore`; locks here clear theirs. */
const SILENCED = new Set(["2394"]);

/** The place that solc names in a message on a file of an npm package. */
const FROM_A_PACKAGE = /--> (npm\/|.*\bnode_modules\/)/;

export default async function solidityHooks(): Promise<Partial<SolidityHooks>> {
  return {
    async getCompilationJobErrors(context, compilationJob, compilerOutput, next) {
      const errors = await next(context, compilationJob, compilerOutput);
      return errors.filter(
        ({ errorCode, severity, formattedMessage }) =>
          (errorCode === undefined || !SILENCED.has(errorCode)) &&
          // What solc thinks of a package's style is not ours to mend.
          (severity !== "warning" || formattedMessage === undefined || !FROM_A_PACKAGE.test(formattedMessage)),
      );
    },

    /**
     * Hardhat lists artifacts as the file system returns them, and TypeChain writes its index files in that order.
     * Every handler gets the same array: sorted here, before TypeChain's handler, the bindings are the same everywhere.
     */
    async processArtifactsAfterSuccessfulBuild(_context, artifactPaths) {
      (artifactPaths as string[]).sort();
    },
  };
}
