import { ZeroAddress, ZeroHash, type Provider } from "ethers";
import { ADAPTIVE_CURVE, NO_INTEREST } from "../../../src/lending-market.js";
import { IAmmCore__factory } from "../../../typechain-types/factories/interfaces/IAmmCore__factory.js";
import { ICoverDesk__factory } from "../../../typechain-types/factories/interfaces/ICoverDesk__factory.js";
import { ILendingCore__factory } from "../../../typechain-types/factories/interfaces/ILendingCore__factory.js";
import { IRwaCore__factory } from "../../../typechain-types/factories/interfaces/IRwaCore__factory.js";
import { IRwaOffering__factory } from "../../../typechain-types/factories/interfaces/IRwaOffering__factory.js";
import { IStakingCore__factory } from "../../../typechain-types/factories/interfaces/IStakingCore__factory.js";
import { IUnderwritingPool__factory } from "../../../typechain-types/factories/interfaces/IUnderwritingPool__factory.js";
import { AmmLens__factory } from "../../../typechain-types/factories/periphery/AmmLens__factory.js";
import { type Book, type BookName, type BookOptions } from "./books.js";

/** Reads a book by its id and its name; undefined when there is none. */
export type Reader = (id: string, name: BookName) => Promise<Book | undefined>;

/** What stands at an address that an option names. */
export type Named = {
  /** In the words of a sentence. */
  what: string;
  ledger: () => Promise<string>;
  /** By the protocol that sections name. */
  readers: () => Promise<readonly (readonly [protocol: string, reader: Reader])[]>;
};

type Opener = (at: string, provider: Provider) => Named;

/** What each option names. What never changes of a book is read once. */
export const OPENERS: Readonly<Record<keyof BookOptions, Opener>> = {
  ammLens: openAmm,
  lending: openLending,
  staking: openStaking,
  underwritingPool: openUnderwriting,
  coverDesk: openCover,
  rwa: openRwa,
  rwaOffering: openOfferings,
};

function openAmm(at: string, provider: Provider): Named {
  const lens = AmmLens__factory.connect(at, provider);
  return {
    what: "lens of the AMM",
    ledger: () => lens.LEDGER(),
    async readers() {
      const amm = await lens.AMM();
      const core = IAmmCore__factory.connect(amm, provider);
      const termsOf = once(async (id: string) => {
        const [log] = await core.queryFilter(core.filters.PoolCreated(id), 0);
        if (log === undefined) return undefined;
        const { fee, alpha, beta, flags } = log.args;
        return { fee, alpha, beta, flags };
      });
      const read: Reader = async (id, name) => {
        const terms = await termsOf(id, name);
        if (terms === undefined) return undefined;
        const { exists, price } = await lens.poolOf({ asset0: name.asset0, asset1: name.asset1, ...terms });
        return exists && price !== 0n ? { protocol: "amm", price } : undefined;
      };
      return [[amm, read]];
    },
  };
}

function openLending(at: string, provider: Provider): Named {
  const core = ILendingCore__factory.connect(at, provider);
  const marketOf = once(async (id): Promise<Book | undefined> => {
    const { loanAsset, irm } = await core.paramsOf(id);
    if (loanAsset === 0n) return undefined;
    return { protocol: "lending", hasRateModel: irm !== NO_INTEREST && irm !== ADAPTIVE_CURVE };
  });
  return named("lending", core, [[at, marketOf]]);
}

function openStaking(at: string, provider: Provider): Named {
  const core = IStakingCore__factory.connect(at, provider);
  const poolOf = once(async (id): Promise<Book | undefined> => {
    return (await core.termsOf(id)).stakeAsset === 0n ? undefined : { protocol: "staking" };
  });
  return named("staking", core, [[at, poolOf]]);
}

function openUnderwriting(at: string, provider: Provider): Named {
  const core = IUnderwritingPool__factory.connect(at, provider);
  const poolOf = once(async (id): Promise<Book | undefined> => {
    return (await core.termsOf(id)).asset === 0n ? undefined : { protocol: "underwriting" };
  });
  return named("underwriting pool", core, [[at, poolOf]]);
}

function openCover(at: string, provider: Provider): Named {
  const desk = ICoverDesk__factory.connect(at, provider);
  const riskOf = once(async (id): Promise<Book | undefined> => {
    return (await desk.riskOf(id)).state === 0n ? undefined : { protocol: "cover" };
  });
  return named("cover desk", desk, [[at, riskOf]]);
}

/** Income books are the core's, transfers of units nobody's. */
function openRwa(at: string, provider: Provider): Named {
  const core = IRwaCore__factory.connect(at, provider);
  const incomeOf = once(async (_id, { key, asset0, asset1 }): Promise<Book | undefined> => {
    const { owner, payAsset } = await core.assetOf(key);
    return owner !== ZeroAddress && payAsset === asset0 && asset1 === 0n ? { protocol: "income" } : undefined;
  });
  const unitsOf = once(async (_id, { key, asset0, asset1 }): Promise<Book | undefined> => {
    if (key !== ZeroHash || asset1 !== 0n) return undefined;
    return (await core.assetOf(asset0)).owner === ZeroAddress ? undefined : { protocol: "units" };
  });
  return named("core of regulated assets", core, [
    [at, incomeOf],
    [ZeroAddress, unitsOf],
  ]);
}

function openOfferings(at: string, provider: Provider): Named {
  const core = IRwaOffering__factory.connect(at, provider);
  const offeringOf = once(async (id): Promise<Book | undefined> => {
    const { seller, allowRoot, softCap } = await core.termsOf(id);
    if (seller === ZeroAddress) return undefined;
    return { protocol: "offering", hasAllowList: allowRoot !== ZeroHash, hasEscrow: softCap !== 0n };
  });
  return named("core of offerings", core, [[at, offeringOf]]);
}

function named(what: string, core: { LEDGER: () => Promise<string> }, readers: readonly [string, Reader][]): Named {
  return { what, ledger: () => core.LEDGER(), readers: () => Promise.resolve(readers) };
}

/** Asks until there is an answer, and then no more. */
function once<T>(
  ask: (id: string, name: BookName) => Promise<T | undefined>,
): (id: string, name: BookName) => Promise<T | undefined> {
  const known = new Map<string, T>();
  return async (id, name) => {
    const found = known.get(id) ?? (await ask(id, name));
    if (found !== undefined) known.set(id, found);
    return found;
  };
}
