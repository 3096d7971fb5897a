import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { TestLog } from "./test-log.js";

/** Tells the log of every statement that is reached in this process, and of every snapshot that is taken or gone back to. */
export function recordHits(hre: HardhatRuntimeEnvironment, log: TestLog): void {
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
}
