// The relayer with a hook that kills its own process, outright, when it reaches a moment. Only tests start it.
import { type Moment } from "../../../scripts/lib/relayer/batcher.js";
import { startRelayer } from "../../../scripts/lib/relayer/relayer.js";

const [, , options = "{}", moment] = process.argv as [string, string, string?, Moment?];
const { chainId, fees, tolerance, ...rest } = JSON.parse(options) as {
  chainId: string;
  fees: [string, string][];
  tolerance: string;
} & Omit<Parameters<typeof startRelayer>[0], "chainId" | "fees" | "tolerance">;

const relayer = await startRelayer({
  ...rest,
  chainId: BigInt(chainId),
  fees: new Map(fees.map(([asset, fee]) => [BigInt(asset), BigInt(fee)])),
  tolerance: BigInt(tolerance),
  log: () => undefined,
  reach(reached) {
    if (reached !== moment) return;
    process.kill(process.pid, "SIGKILL");
    for (;;); // nothing after the moment happens, not even while the signal is on its way
  },
});
console.log(relayer.port);
