import type { HardhatRuntimeEnvironmentHooks } from "hardhat/types/hooks";
import { recordTests } from "./record-tests.js";

/** Set to any text, it makes a run under coverage write `coverage/tests.json`. */
const PER_TEST = "LAKH_COVERAGE_TESTS";

export default async function coverageHreHooks(): Promise<Partial<HardhatRuntimeEnvironmentHooks>> {
  return {
    async created(context, hre) {
      if (context.globalOptions.coverage && (process.env[PER_TEST] ?? "") !== "") recordTests(hre);
    },
  };
}
