import path from "node:path";
import { Command } from "commander";
import { FailureError, runMain } from "../../scripts/lib/failure.js";
import { prepareOutput, writeJson } from "../../scripts/lib/output.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { runPackageScript } from "../../scripts/lib/process.js";
import { readMeta } from "../meta.js";
import { gasReportSchema, type GasReport } from "../schema.js";
import { readSizes } from "./artifacts.js";
import { measureInsurance } from "./insurance.js";
import { measureInsuranceSections } from "./insurance-sections.js";
import { L1, openLab } from "./lab.js";
import { openLakhInsurance } from "./lakh-insurance.js";
import { measureLending, measureLendingPeers } from "./lending.js";
import { lendingRows } from "./lending-cases.js";
import { measureLendingSections } from "./lending-sections.js";
import { measurePeers } from "./peers.js";
import { checkSnapshots, formatReport, withoutOurs, writeDocuments } from "./report.js";
import { measureRwa } from "./rwa.js";
import { rwaRows } from "./rwa-cases.js";
import { measureRwaOfferings } from "./rwa-offerings.js";
import { measureRwaPeers } from "./rwa-peers.js";
import { measureRwaSections } from "./rwa-sections.js";
import { measureSuite } from "./scenarios.js";
import { openSections } from "./sections.js";
import { measureStaking, measureStakingPeers } from "./staking.js";
import { stakingRows } from "./staking-cases.js";
import { measureStakingSections } from "./staking-sections.js";

const DEFAULT_FILE = "bench/results/gas.json";

const options = new Command("npm run bench:gas --")
  .description("Measures the gas of every user action beside its peers; writes docs/gas.md and bench/snapshots.")
  .option("--json [file]", `also write the figures as JSON (${DEFAULT_FILE})`)
  .option("--check", "write nothing; fail when a figure is worse than its snapshot by more than 1 %")
  .option("--no-build", "measure the production build as it is")
  .allowExcessArguments(false)
  .parse()
  .opts<{ json?: string | true; check?: boolean; build: boolean }>();

async function measureAll(): Promise<GasReport> {
  const lab = await openLab();
  try {
    const peers = await measurePeers(lab);
    const rows = await measureSuite(lab, peers);
    // After all others, whose accounts stay the same.
    const accounts = { lender: await lab.newcomer(), borrower: await lab.newcomer() };
    const lending = await measureLendingPeers(lab, accounts);
    const sections = await openSections(lab);
    rows.push(...(await measureLending(lab, accounts, lending)), ...(await measureLendingSections(lab, sections)));
    const staker = await lab.newcomer();
    const staking = await measureStakingPeers(lab, staker);
    rows.push(...(await measureStaking(lab, staker, staking)), ...(await measureStakingSections(lab, sections)));
    const [holder, buyer] = [await lab.newcomer(), await lab.newcomer()];
    const regulated = await measureRwaPeers(lab, holder);
    const { asset, rows: ofHolders } = await measureRwa(lab, holder, regulated);
    const buyers = { wallet: buyer, ledger: staker }; // the chain has no more newcomers
    rows.push(...ofHolders, ...(await measureRwaSections(lab, sections, asset)));
    rows.push(...(await measureRwaOfferings(lab, { sections, asset, buyers })));
    const insurance = await openLakhInsurance(lab);
    rows.push(...(await measureInsurance(lab, insurance)));
    rows.push(...(await measureInsuranceSections(lab, sections, insurance)));
    return gasReportSchema.parse({
      meta: readMeta({ fork: "isthmus" }),
      l1: {
        baseFeeWei: String(L1.baseFee),
        blobBaseFeeWei: String(L1.blobBaseFee),
        baseFeeScalar: Number(L1.baseFeeScalar),
        blobBaseFeeScalar: Number(L1.blobBaseFeeScalar),
      },
      rows,
      peersOnly: withoutOurs([...lendingRows(lending), ...stakingRows(staking), ...rwaRows(regulated)], rows),
      sizes: await readSizes(),
    });
  } finally {
    await lab.chain.stop();
  }
}

await runMain(async () => {
  const file =
    options.json === undefined
      ? undefined
      : options.json === true
        ? path.join(ROOT, DEFAULT_FILE)
        : path.resolve(options.json);
  if (file !== undefined) await prepareOutput(file);
  if (options.build) {
    const { code, output } = await runPackageScript("build:production", ["--no-typechain"]);
    if (code !== 0) throw new FailureError("BUILD_FAILED", `The production build failed:\n${output.trim()}`);
  }
  const report = await measureAll();
  console.log(formatReport(report));
  if (file !== undefined) await writeJson(file, report);
  if (options.check === true) await checkSnapshots(report);
  else await writeDocuments(report);
});
