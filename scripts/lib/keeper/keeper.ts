import { Contract, getAddress, ZeroAddress, type Provider, type Signer, type TransactionReceipt } from "ethers";
import { createLedgerClient, createLendingClient, tokenId, type MarketParams } from "../../../src/index.js";
import { FlashLiquidator__factory } from "../../../typechain-types/factories/periphery/FlashLiquidator__factory.js";
import { IPriceOracle__factory } from "../../../typechain-types/factories/interfaces/IPriceOracle__factory.js";
import { costOf } from "./cost.js";
import { collateralFor, debtOf, isUnhealthy, worthOf, type Measure, type Position } from "./health.js";
import { bestSale, valueOf } from "./plan.js";
import { refusal, type Reason } from "./refusal.js";
import { createSender } from "./sender.js";
import { createUpkeep, type Upkeep, type UpkeepPass } from "./upkeep.js";
import { createWatches, type InsuranceCounts, type StakingCounts } from "./upkeep-watches.js";
import { createWatch, type KnownPool, type WatchedMarket } from "./watch.js";

const WAD = 10n ** 18n;
const TOKEN = [
  "function balanceOf(address) view returns (uint256)",
  "function allowance(address, address) view returns (uint256)",
];
/** More than any debt, in units. */
const WHOLE = (1n << 112n) - 1n;
/** Beyond what the whole debt is now, for the interest until the block: parts of 10,000. What is not taken comes back. */
const MARGIN = 10n;
/** Who pays for a liquidation: a flash loan, or the keeper's own balance, which then keeps the collateral. */
export type Funds = "flash" | "ledger" | "wallet";

/** Where the keeper works. */
export type KeeperAddresses = {
  ledger: string;
  amm: string;
  ammLens: string;
  lending: string;
  lendingLens: string;
  flashLiquidator: string;
  weth: string;
  permit2: string;
  /** Without it there are no stake pools to look after. */
  staking?: string | undefined;
  /** Without both there are no underwriting pools and no risks. */
  underwritingPool?: string | undefined;
  coverDesk?: string | undefined;
};

export type KeeperOptions = {
  provider: Provider;
  /** Who liquidates; without one nothing is sent. */
  signer?: Signer;
  /** The signer's address, or who would liquidate. */
  account: string;
  addresses: KeeperAddresses;
  funds?: Funds;
  /** Least profit after gas, in units of the loan asset; 1 unless given. */
  minProfit?: bigint;
  /** The first block with anything to find. */
  fromBlock?: number;
  /** Told of each outcome as soon as it is known. */
  tell?: (outcome: Outcome) => void;
  /** Stake pools that are looked after, by their ids, or all of them; none unless given. It pays nothing. */
  stakePools?: readonly string[] | "all" | undefined;
  /** Underwriting pools with their risks, and risks, by their ids, or all of them; as `stakePools`. */
  insurance?: readonly string[] | "all" | undefined;
  tellUpkeep?: (upkeep: Upkeep) => void;
};

/** What became, or would become, of an unhealthy position. Amounts are units; `gasCost` is wei. */
export type Outcome = {
  kind: "liquidated" | "planned" | "refused";
  block: number;
  market: string;
  account: string;
  debt: bigint;
  repaid: bigint;
  seized: bigint;
  badDebt: bigint;
  /** In loan units; with own funds the collateral counts at the oracle's price. Before gas. */
  expected: bigint;
  actual: bigint | undefined;
  gas: bigint;
  gasCost: bigint;
  /** The gas in loan units, where pools lead there from wrapped ether. */
  gasInLoan: bigint | undefined;
  /** Why it is refused. */
  reason: Reason | undefined;
};

/** What one look at all positions found, as of one block. */
export type Pass = { block: number; markets: number; positions: number; unhealthy: number; outcomes: Outcome[] } & {
  /** Of stake pools, and of insurance, where they are looked after. */
  staking?: UpkeepPass<StakingCounts>;
  insurance?: UpkeepPass<InsuranceCounts>;
};

export type Keeper = { pass: () => Promise<Pass> };

type Candidate = { market: WatchedMarket; account: string; position: Position; measure: Measure; debt: bigint };

/** One liquidation, ready to be tried and sent. */
type Order = {
  expected: bigint;
  /** Throws what it would revert with; the profit of a flash liquidation, to the unit. */
  simulate: () => Promise<bigint | undefined>;
  /** The transaction that reverts unless it earns as much, in units of the loan asset. */
  requestFor: (floor: bigint) => { to: string; data: string };
} & Pick<Outcome, "repaid" | "seized" | "badDebt">;

/** A keeper of every market of a lending core. `pass` throws where the node fails, never where a position is refused. */
export function createKeeper(options: KeeperOptions): Keeper {
  const { provider, signer, account, addresses, funds = "flash", minProfit = 1n, fromBlock = 0, tell } = options;
  const { weth, permit2 } = addresses;
  const runner = signer ?? provider;
  const send = signer === undefined ? undefined : createSender(signer);
  const ledger = createLedgerClient({ address: addresses.ledger, weth, permit2, account, runner });
  const lending = createLendingClient({
    ...{ address: addresses.lending, lens: addresses.lendingLens, weth, ledger, account, runner },
  });
  const liquidator = FlashLiquidator__factory.connect(addresses.flashLiquidator, runner);
  const watch = createWatch({ provider, ...addresses, fromBlock });
  const wethId = tokenId(weth);
  const { stakePools, insurance, tellUpkeep } = options;
  const upkeep = createUpkeep({ provider, send, account, tell: tellUpkeep });
  const watches = createWatches({ provider, account, ledger, addresses, fromBlock, stakePools, insurance });

  /** Totals with interest and the price, as of a block. */
  async function measureOf({ params }: WatchedMarket, block: number): Promise<Measure> {
    const oracle = IPriceOracle__factory.connect(params.oracle, provider);
    const [{ borrowAssets, borrowShares }, price] = await Promise.all([
      lending.lens.marketOf(params, { blockTag: block }),
      oracle.price({ blockTag: block }),
    ]);
    return { borrowAssets, borrowShares, price, lltv: params.lltv };
  }

  /** The unhealthy positions of a market, those with the most debt first. */
  async function candidatesOf(market: WatchedMarket, block: number): Promise<Candidate[]> {
    const measure = await measureOf(market, block);
    return [...market.positions]
      .filter(([, position]) => isUnhealthy(measure, position))
      .map(([owner, position]) => ({ market, account: owner, position, measure, debt: debtOf(measure, position) }))
      .sort((a, b) => (a.debt < b.debt ? 1 : a.debt > b.debt ? -1 : 0));
  }

  function outcomeOf({ market, account: owner, debt }: Candidate, block: number): Outcome {
    return {
      ...{ kind: "refused" as const, block, market: market.id, account: owner, debt },
      ...{ repaid: 0n, seized: 0n, badDebt: 0n, expected: 0n, actual: undefined },
      ...{ gas: 0n, gasCost: 0n, gasInLoan: undefined, reason: undefined },
    };
  }

  async function handle(candidate: Candidate, block: number): Promise<Outcome> {
    const outcome = outcomeOf(candidate, block);
    try {
      const pools = await watch.poolsAt(block);
      const order = await (funds === "flash" ? planFlash(candidate, block, pools) : planOwn(candidate, block));
      if ("reason" in order) return { ...outcome, ...order };
      const { repaid, seized, badDebt } = order;
      const planned: Outcome = { ...outcome, repaid, seized, badDebt, expected: order.expected };
      const least = minProfit > 1n ? minProfit : 1n;
      if (order.expected < least) return { ...planned, reason: unprofitable(order.expected, least, 0n) };
      const simulated = (await order.simulate()) ?? order.expected;
      const transaction = order.requestFor(0n);
      const gas = await provider.estimateGas({ ...transaction, from: account });
      const { gasCost, l1Cost } = await costOf(provider, transaction, gas);
      const gasInLoan = valueOf(gasCost, { from: wethId, to: candidate.market.params.loanAsset, pools });
      const priced: Outcome = { ...planned, expected: simulated, gas, gasCost, gasInLoan };
      const floor = least + (gasInLoan ?? 0n);
      if (simulated < floor) return { ...priced, reason: unprofitable(simulated, least, gasInLoan ?? 0n) };
      if (send === undefined) return { ...priced, kind: "planned" };
      const receipt = await send(order.requestFor(floor), gas);
      return settled(priced, candidate, { receipt, l1Cost });
    } catch (error) {
      return { ...outcome, reason: refusal(error) };
    }
  }

  /** The most profitable amount that pools buy the collateral of, all of it borrowed. */
  async function planFlash({ market, account: owner }: Candidate, block: number, pools: KnownPool[]) {
    const { params } = market;
    if (params.loanAsset >= 1n << 160n) return refuse("NotToken", "The loan asset is no token, so nobody lends it.");
    const at = { blockTag: block };
    const [most, limit] = await Promise.all([
      lending.lens.previewLiquidate(params, owner, WHOLE, at),
      ledger.contract.maxFlashLoan(tokenOf(params.loanAsset), at),
    ]);
    if (most.repaidShares === 0n) return refuse("Healthy", "Nothing of the position can be liquidated.");
    const sale = bestSale({
      ...{ repaid: most.repaidAssets, seized: most.seized, limit },
      ...{ collateral: params.collateralAsset, loan: params.loanAsset, pools },
    });
    if (sale === undefined) return refuse("NoPath", "No pools known buy the collateral for the loan asset.");
    const isWhole = sale.repaid === most.repaidAssets;
    const margin = isWhole ? (sale.repaid * MARGIN) / 10_000n + 1n : 0n;
    const amount = sale.repaid + margin < limit ? sale.repaid + margin : limit;
    const preview = isWhole ? most : await lending.lens.previewLiquidate(params, owner, amount, at);
    const keys = sale.path.hops.map(({ pool }) => (pools[pool] as KnownPool).key);
    const call = (least: bigint) => [params, owner, amount, keys, least] as const;
    return {
      ...{ repaid: preview.repaidAssets, seized: preview.seized, badDebt: preview.badDebt },
      expected: sale.path.amountOut - preview.repaidAssets,
      simulate: () => liquidator.liquidate.staticCall(...call(0n), { from: account }),
      requestFor: (floor: bigint) => ({
        to: addresses.flashLiquidator,
        data: liquidator.interface.encodeFunctionData("liquidate", [...call(floor)]),
      }),
    } satisfies Order;
  }

  /** As much as the keeper has; the collateral goes to its ledger balance and counts at the oracle's price. */
  async function planOwn({ market, account: owner, measure }: Candidate, block: number) {
    const { params } = market;
    const limit = await ownFunds(params, block);
    const most = await lending.lens.previewLiquidate(params, owner, WHOLE, { blockTag: block });
    if (most.repaidShares === 0n) return refuse("Healthy", "Nothing of the position can be liquidated.");
    const wanted = most.repaidAssets + (most.repaidAssets * MARGIN) / 10_000n + 1n;
    const amount = wanted < limit ? wanted : limit;
    if (amount === 0n) return refuse("NoFunds", "The keeper has nothing of the loan asset there.");
    const preview = await lending.lens.previewLiquidate(params, owner, amount, { blockTag: block });
    const source = funds === "wallet" ? "wallet" : "ledger";
    const target = { market: params, account: owner, maxAssets: amount, source } as const;
    const requestFor = (floor: bigint) => {
      const least = floor === 0n ? 1n : collateralFor(measure.price, preview.repaidAssets + floor);
      const { to, data } = lending.liquidate({ ...target, to: ZeroAddress, minSeized: least });
      return { to, data };
    };
    return {
      ...{ repaid: preview.repaidAssets, seized: preview.seized, badDebt: preview.badDebt },
      expected: worthOf(measure.price, preview.seized) - preview.repaidAssets,
      simulate: async () => {
        await provider.call({ ...requestFor(0n), from: account });
        return undefined;
      },
      requestFor,
    } satisfies Order;
  }

  async function ownFunds({ loanAsset }: MarketParams, block: number): Promise<bigint> {
    const at = { blockTag: block };
    if (funds === "ledger") return ledger.contract.balanceOf(account, loanAsset, at);
    if (loanAsset >= 1n << 160n) return 0n;
    const token = new Contract(tokenOf(loanAsset), TOKEN, provider);
    const [balance, allowance] = (await Promise.all([
      token.getFunction("balanceOf")(account, at),
      token.getFunction("allowance")(account, addresses.ledger, at),
    ])) as [bigint, bigint];
    return balance < allowance ? balance : allowance;
  }

  /** What the receipt says happened. */
  function settled(
    planned: Outcome,
    { measure }: Candidate,
    { receipt, l1Cost }: { receipt: TransactionReceipt | null; l1Cost: bigint },
  ): Outcome {
    const gasCost = (receipt?.fee ?? 0n) + l1Cost;
    const done: Outcome = { ...planned, kind: "liquidated", gas: receipt?.gasUsed ?? 0n, gasCost };
    for (const log of receipt?.logs ?? []) {
      if (log.address === lending.address) {
        const event = lending.contract.interface.parseLog(log);
        if (event?.name !== "Liquidated") continue;
        const { repaidAssets, seized, badDebt } = event.args as unknown as Record<string, bigint>;
        done.repaid = repaidAssets ?? 0n;
        done.seized = seized ?? 0n;
        done.badDebt = badDebt ?? 0n;
        if (funds !== "flash") done.actual = worthOf(measure.price, done.seized) - done.repaid;
      } else if (log.address === getAddress(addresses.flashLiquidator)) {
        const event = liquidator.interface.parseLog(log);
        if (event?.name === "ProfitPaid") done.actual = (event.args as unknown as { profit: bigint }).profit;
      }
    }
    return done;
  }

  return {
    async pass() {
      const block = await provider.getBlockNumber();
      await watch.advance(block);
      const result: Pass = { block, markets: watch.markets.size, positions: 0, unhealthy: 0, outcomes: [] };
      const report = (outcome: Outcome): void => {
        result.outcomes.push(outcome);
        tell?.(outcome);
      };
      for (const market of watch.markets.values()) {
        result.positions += market.positions.size;
        let found: Candidate[];
        try {
          found = market.positions.size === 0 ? [] : await candidatesOf(market, block);
        } catch (error) {
          // Of an oracle or a rate model that fails: the other markets go on.
          const nobody = { borrowShares: 0n, collateral: 0n };
          const measure = { borrowAssets: 0n, borrowShares: 0n, price: 0n, lltv: 0n };
          const whole = { market, account: ZeroAddress, position: nobody, measure, debt: 0n };
          report({ ...outcomeOf(whole, block), reason: refusal(error) });
          continue;
        }
        for (const candidate of found) {
          // Each sale moves pools and market, so the next one looks at the block behind it.
          const now = result.outcomes.some(({ kind }) => kind === "liquidated")
            ? await provider.getBlockNumber()
            : block;
          // The word is the lens's.
          const health = await lending.lens.healthFactor(market.params, candidate.account, { blockTag: now });
          if (health >= WAD) continue;
          result.unhealthy += 1;
          report(await handle(candidate, now));
        }
      }
      if (watches.staking !== undefined) result.staking = await upkeep.pass(watches.staking, block);
      if (watches.insurance !== undefined) result.insurance = await upkeep.pass(watches.insurance, block);
      return result;
    },
  };
}

type Refusal = { reason: Reason };

function refuse(name: string, message: string): Refusal {
  return { reason: { name, message } };
}

function unprofitable(profit: bigint, least: bigint, gas: bigint): Reason {
  const cost = gas === 0n ? "" : ` after gas worth ${gas}`;
  return { name: "NotProfitable", message: `It would earn ${profit} units, where ${least} are wanted${cost}.` };
}

function tokenOf(id: bigint): string {
  return `0x${id.toString(16).padStart(40, "0")}`;
}
