/** A failure with a cause a person can mend: scripts print its message, one plain sentence, and no stack. */
export class FailureError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "FailureError";
    this.code = code;
  }
}

/** Runs a script's main function and turns a failure into its sentence and exit code 1. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof FailureError ? error.message : error);
    process.exitCode = 1;
  }
}
