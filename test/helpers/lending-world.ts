import { ZeroAddress } from "ethers";
import { network } from "#chain";
import {
  ADAPTIVE_CURVE,
  LedgerModel,
  LendingModel,
  ModelError,
  NO_INTEREST,
  PRICE_SCALE,
  SettlementModel,
  tokenId,
} from "../../src/index.js";
import {
  type LendingCore,
  type LendingLens,
  type MockPriceOracle,
  type MockRateModel,
  type MockSettlement,
} from "../../typechain-types/index.js";
import { at, deployLakh, deployTyped, type LakhFixture } from "./deploy.js";
import { TimedChain } from "./timed-chain.js";

export const WORLD_TOKENS = [
  { symbol: "SIX", decimals: 6 },
  { symbol: "WAD", decimals: 18 },
  { symbol: "BIG", decimals: 24 },
];
/** Enabled, in parts of 10,000. */
export const WORLD_LLTVS = [0n, 5000n, 8600n, 9450n, 9999n].map((part) => part * 10n ** 14n);
const USERS = 5;
const MAX_UINT256 = (1n << 256n) - 1n;

/** What an oracle of the world says. */
export type WorldOracle = { price: bigint; borrowPrice: bigint; fails: boolean; base: bigint };
/** What a rate model of the world says. */
export type WorldRate = { rate: bigint; fails: boolean };

/** The suite with a lending core, and its model in the same state: everybody holds much of every token in the ledger. */
export type LendingWorld = {
  chain: TimedChain;
  suite: LakhFixture;
  lending: LendingCore;
  lens: LendingLens;
  settlement: MockSettlement;
  users: string[];
  admin: string;
  ids: bigint[];
  ledgerModel: LedgerModel;
  model: LendingModel;
  /** By address. */
  oracles: Map<string, WorldOracle>;
  rates: Map<string, WorldRate>;
  codecs: { oracle: MockPriceOracle["interface"]; rate: MockRateModel["interface"] };
  /** The oracle of the pair, which starts at a price of 1. */
  oracleOf: (loanAsset: bigint, collateralAsset: bigint) => string;
  irms: string[];
};

export async function createLendingWorld(): Promise<LendingWorld> {
  const connection = await network.create({
    override: { initialBaseFeePerGas: 0n, allowBlocksWithSameTimestamp: true },
  });
  const suite = await deployLakh(connection, { tokens: WORLD_TOKENS, homePairs: [[0, 1]] });
  const { ledger } = suite;
  const tokens = await Promise.all(suite.tokens.map((token) => token.getAddress()));
  const ids = tokens.map(tokenId);
  const lending = await deployTyped<LendingCore>(connection, "LendingCore", [ledger]);
  const lens = await deployTyped<LendingLens>(connection, "LendingLens", [lending]);
  const settlement = await deployTyped<MockSettlement>(connection, "MockSettlement", [ledger]);
  await ledger.listCore(lending);
  await ledger.listSettlement(settlement);

  const { oracles, oracleOf, oracleCodec } = await deployOracles(suite, ids);
  const rates = new Map<string, WorldRate>();
  const rateModels = [await deployRate(suite), await deployRate(suite)];
  for (const rateModel of rateModels) rates.set(await rateModel.getAddress(), { rate: 0n, fails: false });

  const ledgerModel = new LedgerModel({
    ...{ address: await ledger.getAddress(), tokens, homePairs: [[at(tokens, 0), at(tokens, 1)]] },
  });
  const priceOf = (oracle: string, side: "price" | "borrowPrice"): bigint => {
    const said = oracles.get(oracle);
    if (said === undefined || said.fails) throw new ModelError("MockPriceOracleFails");
    return said[side];
  };
  const model = new LendingModel({
    address: await lending.getAddress(),
    ledger: ledgerModel,
    sources: {
      hasCode: (oracle) => oracles.has(oracle),
      priceOf: (oracle) => priceOf(oracle, "price"),
      borrowPriceOf: (oracle) => priceOf(oracle, "borrowPrice"),
      rateOf: (irm) => (rates.get(irm)?.fails === false ? rates.get(irm)?.rate : undefined),
    },
  });
  const irms = [ADAPTIVE_CURVE, NO_INTEREST, ...rates.keys()];
  for (const lltv of WORLD_LLTVS) {
    await lending.enableLltv(lltv);
    model.enableLltv(lltv);
  }
  for (const irm of irms) {
    await lending.enableRateModel(irm);
    model.enableRateModel(irm);
  }

  const signers = suite.signers.slice(0, USERS);
  const users = signers.map(({ address }) => address);
  for (const signer of signers) await fund(suite, signer.address, { tokens, ledgerModel });
  const chain = await TimedChain.of(connection);
  model.timestamp = BigInt(chain.now);
  const codecs = { oracle: oracleCodec, rate: at(rateModels, 0).interface };
  return {
    ...{
      chain,
      suite,
      lending,
      lens,
      settlement,
      users,
      ids,
      ledgerModel,
      model,
      oracles,
      rates,
      irms,
      codecs,
      oracleOf,
    },
    admin: suite.admin.address,
  };
}

/** The settlement's model for these accounts by id, as version 0. */
export function settlementModelOf({ ledgerModel }: LendingWorld, accountOf: (id: number) => string | undefined) {
  return new SettlementModel({
    ledger: ledgerModel,
    accountOf: (id) => {
      const account = accountOf(id);
      return account === undefined ? undefined : { account, registered: false };
    },
  });
}

async function deployOracles({ connection }: LakhFixture, ids: readonly bigint[]) {
  const oracles = new Map<string, WorldOracle>();
  const byPair = new Map<string, string>();
  let oracleCodec: MockPriceOracle["interface"] | undefined;
  for (const [i, loan] of ids.entries()) {
    for (const [j, collateral] of ids.entries()) {
      if (i === j) continue;
      const scale = (index: number): bigint => 10n ** BigInt(at(WORLD_TOKENS, index).decimals);
      const base = (PRICE_SCALE * scale(i)) / scale(j);
      const oracle = await deployTyped<MockPriceOracle>(connection, "MockPriceOracle", [base]);
      oracleCodec = oracle.interface;
      const address = await oracle.getAddress();
      oracles.set(address, { price: base, borrowPrice: base, fails: false, base });
      byPair.set(`${loan} ${collateral}`, address);
    }
  }
  if (oracleCodec === undefined) throw new Error("There is no pair");
  const oracleOf = (loan: bigint, collateral: bigint) => byPair.get(`${loan} ${collateral}`) ?? ZeroAddress;
  return { oracles, oracleOf, oracleCodec };
}

async function deployRate({ connection }: LakhFixture): Promise<MockRateModel> {
  return deployTyped<MockRateModel>(connection, "MockRateModel");
}

/** A hundred million of every token, or as much as a market can hold, in the ledger, with consent to batches. */
async function fund(
  { connection, ledger, tokens: contracts }: LakhFixture,
  account: string,
  { tokens, ledgerModel }: { tokens: readonly string[]; ledgerModel: LedgerModel },
): Promise<void> {
  const signer = await connection.ethers.getSigner(account);
  for (const [index, token] of tokens.entries()) {
    const amount = 10n ** BigInt(Math.min(at(WORLD_TOKENS, index).decimals + 8, 27));
    const contract = at(contracts, index).connect(signer);
    await contract.mint(account, amount);
    await contract.approve(ledger, MAX_UINT256);
    await ledger.connect(signer).deposit(token, amount, amount, account);
    await ledger.connect(signer).setConsent(tokenId(token), 1n);
    ledgerModel.mintToken({ token, to: account, amount });
    ledgerModel.approveToken({ token, owner: account, amount: MAX_UINT256 });
    ledgerModel.deposit({ caller: account, token, amount, minimum: amount, to: account });
    ledgerModel.setConsent({ caller: account, id: tokenId(token), versions: 1 });
  }
}
