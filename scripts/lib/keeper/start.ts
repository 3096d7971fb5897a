import { readFile } from "node:fs/promises";
import { FetchRequest, isAddress, JsonRpcProvider, Network, Wallet, type Provider } from "ethers";
import { z } from "zod";
import { explain } from "../../../src/index.js";
import { LendingLens__factory } from "../../../typechain-types/factories/periphery/LendingLens__factory.js";
import { CoverDesk__factory } from "../../../typechain-types/factories/insurance/CoverDesk__factory.js";
import { UnderwritingPool__factory } from "../../../typechain-types/factories/insurance/UnderwritingPool__factory.js";
import { StakingCore__factory } from "../../../typechain-types/factories/staking/StakingCore__factory.js";
import { StakingLens__factory } from "../../../typechain-types/factories/periphery/StakingLens__factory.js";
import { KeeperError } from "./error.js";
import { createKeeper, type Keeper, type KeeperOptions } from "./keeper.js";

const RPC_TIMEOUT_MS = 10_000;
const POLLING_MS = 250;
/** Who a dry run without an account stands for: anybody but the zero address, which no token is sent to. */
const ANYBODY = "0x000000000000000000000000000000000000dEaD";

const address = z.string().refine((text) => isAddress(text), "no address");
const deploymentSchema = z.object({
  url: z.string().optional(),
  chainId: z.number().int().positive(),
  addresses: z.object({
    ...{ ledger: address, amm: address, ammLens: address, lending: address, lendingLens: address },
    ...{ flashLiquidator: address, weth: address, permit2: address, staking: address.optional() },
    ...{ stakingLens: address.optional(), underwritingPool: address.optional(), coverDesk: address.optional() },
  }),
});

export type Deployment = z.infer<typeof deploymentSchema>;

/** Reads what `npm run devnet -- --json` writes. Throws `BAD_DEPLOYMENT`. */
export async function readDeployment(file: string): Promise<Deployment> {
  try {
    return deploymentSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new KeeperError("BAD_DEPLOYMENT", `${file} is no deployment: ${why}`);
  }
}

export type OpenOptions = Pick<
  KeeperOptions,
  "funds" | "minProfit" | "fromBlock" | "tell" | "stakePools" | "insurance" | "tellUpkeep"
> & {
  deployment: Deployment;
  rpc: string | undefined;
  key: string | undefined;
  account: string | undefined;
  isDryRun: boolean;
};

export type OpenedKeeper = { keeper: Keeper; account: string; close: () => void };

/**
 * Connects and checks what the keeper stands on. Throws `BAD_KEY`, `BAD_DEPLOYMENT`, `RPC_UNREACHABLE`, `WRONG_CHAIN`,
 * `NO_LENDING`, `NO_STAKING`, `UNKNOWN_POOL`, `NO_INSURANCE`, `UNKNOWN_RISK` or `NO_BALANCE`.
 */
export async function openKeeper({ deployment, rpc, key, account, isDryRun, ...rest }: OpenOptions) {
  if (rpc === undefined) throw new KeeperError("BAD_DEPLOYMENT", "The deployment has no url: name a node with --rpc.");
  const request = new FetchRequest(rpc);
  request.timeout = RPC_TIMEOUT_MS;
  const network = Network.from(deployment.chainId);
  const provider = new JsonRpcProvider(request, network, {
    ...{ staticNetwork: network, cacheTimeout: -1, pollingInterval: POLLING_MS },
  });
  try {
    const wallet = key === undefined ? undefined : walletOf(key);
    const chain: unknown = await provider.send("eth_chainId", []).catch((error: unknown) => {
      throw new KeeperError("RPC_UNREACHABLE", `No node answers at ${rpc}: ${explain(error).message}`);
    });
    if (Number(chain) !== deployment.chainId) {
      throw new KeeperError("WRONG_CHAIN", `The node serves chain ${Number(chain)}, not ${deployment.chainId}.`);
    }
    const { addresses } = deployment;
    const core = await LendingLens__factory.connect(addresses.lendingLens, provider)
      .LENDING()
      .catch(() => undefined);
    if (core?.toLowerCase() !== addresses.lending.toLowerCase()) {
      throw new KeeperError("NO_LENDING", `There is no lens of the lending core at ${addresses.lendingLens}.`);
    }
    if (rest.stakePools !== undefined) await checkStaking(provider, addresses, rest.stakePools);
    if (rest.insurance !== undefined) await checkInsurance(provider, addresses, rest.insurance);
    const who = wallet?.address ?? account ?? ANYBODY;
    if (!isDryRun && (await provider.getBalance(who)) === 0n) {
      throw new KeeperError("NO_BALANCE", `The keeper ${who} has no ether to pay for gas.`);
    }
    const signer = wallet === undefined || isDryRun ? undefined : wallet.connect(provider);
    const common = { provider, account: who, addresses, ...rest };
    const keeper = createKeeper({ ...common, ...(signer === undefined ? {} : { signer }) });
    return { keeper, account: who, close: () => provider.destroy() } satisfies OpenedKeeper;
  } catch (error) {
    provider.destroy();
    throw error;
  }
}

/** Throws `NO_STAKING` where the lens is of no such core, and `UNKNOWN_POOL`. */
export async function checkStaking(
  provider: Provider,
  { staking, stakingLens }: Partial<Pick<Deployment["addresses"], "staking" | "stakingLens">>,
  pools: NonNullable<OpenOptions["stakePools"]>,
): Promise<void> {
  if (staking === undefined || stakingLens === undefined) {
    throw new KeeperError("NO_STAKING", "The deployment names no staking core with its lens.");
  }
  const its = await StakingLens__factory.connect(stakingLens, provider)
    .STAKING()
    .catch(() => undefined);
  if (its?.toLowerCase() !== staking.toLowerCase()) {
    throw new KeeperError("NO_STAKING", `There is no lens of the staking core at ${stakingLens}.`);
  }
  const core = StakingCore__factory.connect(staking, provider);
  for (const id of pools === "all" ? [] : pools) {
    const { settings } = await core.totalsOf(id);
    if (settings === 0n) throw new KeeperError("UNKNOWN_POOL", `There is no stake pool ${id}.`);
  }
}

/** Throws `NO_INSURANCE` where the desk is of no such pools, and `UNKNOWN_RISK` for what is neither a pool nor a risk. */
export async function checkInsurance(
  provider: Provider,
  { underwritingPool, coverDesk }: Partial<Pick<Deployment["addresses"], "underwritingPool" | "coverDesk">>,
  ids: NonNullable<OpenOptions["insurance"]>,
): Promise<void> {
  if (underwritingPool === undefined || coverDesk === undefined) {
    throw new KeeperError("NO_INSURANCE", "The deployment names no underwriting pools with their cover desk.");
  }
  const desk = CoverDesk__factory.connect(coverDesk, provider);
  const its = await desk.POOLS().catch(() => undefined);
  if (its?.toLowerCase() !== underwritingPool.toLowerCase()) {
    throw new KeeperError("NO_INSURANCE", `There is no desk of the underwriting pools at ${coverDesk}.`);
  }
  const pools = UnderwritingPool__factory.connect(underwritingPool, provider);
  for (const id of ids === "all" ? [] : ids) {
    const [{ asset }, { state }] = await Promise.all([pools.termsOf(id), desk.riskOf(id)]);
    if (asset === 0n && state === 0n) {
      throw new KeeperError("UNKNOWN_RISK", `There is neither an underwriting pool nor a risk ${id}.`);
    }
  }
}

function walletOf(key: string): Wallet {
  try {
    return new Wallet(key);
  } catch {
    throw new KeeperError("BAD_KEY", "The private key is not 32 bytes in hexadecimal.");
  }
}
