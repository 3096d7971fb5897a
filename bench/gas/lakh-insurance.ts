import { id as hashOf } from "ethers";
import {
  coverId,
  coverProduct,
  createInsuranceClient,
  riskBook,
  riskTerms,
  underwritingTerms,
  type InsuranceClient,
  type RiskTerms,
  type UnderwritingTerms,
} from "../../src/index.js";
import { MockCoverOracle__factory, type MockCoverOracle } from "../../typechain-types/index.js";
import { readProduction } from "./artifacts.js";
import type { Lab } from "./lab.js";
import type { SectionBook } from "./sections.js";

const DAY = 86_400n;
const WEEK = 7n * DAY;
const WAD = 10n ** 18n;
/** Of the tokens in the lab: what a pool's capital, premiums and payments are in. */
export const INSURANCE_TOKEN = "c" as const satisfies keyof Lab;
/** All of the cover, in billionths. */
export const WHOLE = 10n ** 9n;
/** Yearly, when nothing is locked, at the kink, and when all is that may be; the kink is a share of that. */
export const COVER_TERMS = {
  rates: { min: WAD / 50n, kink: WAD / 10n, max: WAD / 2n, kinkAt: (8n * WAD) / 10n },
  ...{ fee: WAD / 10n, referral: WAD / 4n, baseRate: WAD / 50n, capacity: WAD },
} as const;

/** A risk on its own event, sold for 30 days and observed for 20 more. */
export type LakhRisk = { risk: RiskTerms; asset: bigint; coverId: bigint; book: SectionBook };

/** Pools, a desk and an oracle that answers what it is told; the maker manages all pools. */
export type LakhInsurance = {
  client: InsuranceClient;
  oracle: MockCoverOracle;
  asset: bigint;
  openPool: (cooldown: bigint) => Promise<LakhPool>;
};
export type LakhPool = { terms: UnderwritingTerms; openRisk: (name: string) => Promise<LakhRisk> };

/** At the beginning of a week, since premiums flow by weeks: how many of them a step has to count is the same in every run. */
export async function openLakhInsurance(lab: Lab): Promise<LakhInsurance> {
  const next = await lab.wait(1);
  await lab.wait(Number(WEEK - (next % WEEK)) + 1);
  await lab.chain.request({ method: "evm_mine", params: [] });
  const { ledger, lakh, maker, deploy, send } = lab;
  const pools = await deploy(await readProduction("contracts/insurance/UnderwritingPool.sol"), ledger);
  const deskCode = await readProduction("contracts/insurance/CoverDesk.sol");
  const desk = await (await deploy(deskCode, ledger, pools)).getAddress();
  const oracleCode = await readProduction("contracts/mocks/MockCoverOracle.sol");
  const oracle = MockCoverOracle__factory.connect(await (await deploy(oracleCode)).getAddress(), maker);
  const client = createInsuranceClient({
    ...{ pools: await pools.getAddress(), desk, weth: lakh.addresses.weth, ledger: lakh.ledger },
    runner: lab.chain.provider,
  });
  const token = await lab[INSURANCE_TOKEN].getAddress();
  return {
    ...{ client, oracle, asset: BigInt(token) },
    async openPool(cooldown) {
      const { capacity, rates, fee, referral, baseRate } = COVER_TERMS;
      const terms = underwritingTerms({
        ...{ token, desk, manager: maker.address, maxWindow: 120n * DAY, cooldown, capacity },
      });
      await send(maker, client.createPool({ terms }));
      const product = coverProduct({
        ...{ pool: terms, rates, fee, referral, oracle: oracle.target as string, terms: "Whatever the oracle says" },
      });
      await send(maker, client.createProduct({ product }));
      const productId = await client.productIdOf({ product });
      return {
        terms,
        async openRisk(name) {
          const now = BigInt((await lab.chain.provider.getBlock("latest"))?.timestamp ?? 0);
          const risk = riskTerms({
            ...{ product: productId, eventId: hashOf(name), oracleData: hashOf(name), terms: name, baseRate },
            ...{ cutoff: now + 30n * DAY, end: now + 50n * DAY, reportBy: now + 100n * DAY },
          });
          await send(maker, client.openRisk({ risk }));
          const { asset } = terms;
          const shareId = coverId({ desk, risk, asset });
          return { risk, asset, coverId: shareId, book: { ...riskBook({ desk, risk, asset }), shareId } };
        },
      };
    },
  };
}
