import path from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Context } from "mocha";
import { recordedFiles, writeCoverage } from "./record.js";
import { TestLog } from "./test-log.js";
import type { FileSites, TestHits } from "./types.js";

/** Makes Mocha's tests say which statements they touch: `coverage/tests.json`, a `TestHits`. */
export function recordTests(hre: HardhatRuntimeEnvironment): void {
  const log = new TestLog();
  const { root } = hre.config.paths;

  hre.hooks.registerHandlers("network", {
    async onCoverageData(_context, tags) {
      log.touch(tags);
    },
    async onRequest(context, connection, request, next) {
      const response = await next(context, connection, request);
      if (!("result" in response)) return response;
      const [id] = Array.isArray(request.params) ? (request.params as readonly unknown[]) : [];
      const name = (snapshot: unknown): string => `${connection.id.toString()}:${String(snapshot)}`;
      if (request.method === "evm_snapshot") log.keep(name(response.result));
      if (request.method === "evm_revert") log.goBack(name(id));
      return response;
    },
  });

  const fileOf = (context: Context): string => {
    const file = context.currentTest?.file;
    return file === undefined ? "" : path.relative(root, file).split(path.sep).join("/");
  };
  // Mocha runs the root's hooks outside of all others.
  hre.config.test.mocha.rootHooks = {
    beforeEach(this: Context) {
      log.endOf(fileOf(this), "");
    },
    afterEach(this: Context) {
      log.endOf(fileOf(this), this.currentTest?.fullTitle() ?? "");
    },
    async afterAll() {
      await writeCoverage(root, "tests.json", toTestHits(log, recordedFiles(hre)));
    },
  };
}

/** The statements by number instead of by tag: a probe of a branch is no statement. */
export function toTestHits(log: TestLog, files: readonly FileSites[]): TestHits {
  const all = files.flatMap((each) => each.statements.map(({ tag, start, end }) => ({ ...each, tag, start, end })));
  const numbers = new Map(all.map(({ tag }, index) => [tag, index]));
  const lineAt = (source: string, offset: number): number => source.slice(0, offset).split("\n").length;
  return {
    statements: all.map(({ file, source, start, end }) => {
      return { file, start, end, line: lineAt(source, start), endLine: lineAt(source, end) };
    }),
    tests: log.read((tags) => [...tags].flatMap((tag) => numbers.get(tag) ?? []).sort((a, b) => a - b)),
  };
}
