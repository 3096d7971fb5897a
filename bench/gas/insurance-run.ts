import { runMain } from "../../scripts/lib/failure.js";
import { measureInsurance } from "./insurance.js";
import { openLab } from "./lab.js";
import { openSections } from "./sections.js";

/** Prints the gas of insurance, of the production build as it is. */
await runMain(async () => {
  const lab = await openLab();
  try {
    for (const { action, state, path, gas, bar } of await measureInsurance(lab, await openSections(lab))) {
      const limit = bar === null ? "" : `  (bar ${bar.toString()})`;
      console.log(`${path.padEnd(7)}${action.padEnd(44)}${state.padEnd(8)}${gas.toString().padStart(8)}${limit}`);
    }
  } finally {
    await lab.chain.stop();
  }
});
