import Mocha from "mocha";

export type Outcome = { title: string; file: string; milliseconds: number; failed: boolean };

/** The Mocha tests of these files, loaded once and run as often as one likes. */
export type Suite = {
  run: (
    titles: readonly string[] | undefined,
    options: { bail: boolean; onEnd?: (title: string) => void },
  ) => Promise<Outcome[]>;
};

export async function loadSuite(files: readonly string[], timeout: number): Promise<Suite> {
  const mocha = new Mocha({ timeout });
  mocha.reporter(class Silent {} as never).cleanReferencesAfterRun(false);
  for (const file of files) mocha.addFile(file);
  await mocha.loadFilesAsync();
  return {
    async run(titles, { bail, onEnd }) {
      const escaped = titles?.map((title) => title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      mocha.grep(escaped === undefined ? /^/ : new RegExp(`^(?:${escaped.join("|")})$`));
      mocha.bail(bail);
      const outcomes: Outcome[] = [];
      await new Promise<void>((resolve) => {
        const runner = mocha.run(() => {
          resolve();
        });
        const note = (test: Mocha.Runnable, failed: boolean): void => {
          const { duration, file } = test;
          onEnd?.(test.fullTitle());
          outcomes.push({ title: test.fullTitle(), file: file ?? "", milliseconds: duration ?? 0, failed });
        };
        runner.on("pass", (test) => {
          note(test, false);
        });
        runner.on("fail", (test) => {
          note(test, true);
        });
      });
      return outcomes;
    },
  };
}
