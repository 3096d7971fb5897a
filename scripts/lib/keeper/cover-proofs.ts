import { AbiCoder, type Provider } from "ethers";
import { FeedTrigger__factory } from "../../../typechain-types/factories/oracle/FeedTrigger__factory.js";
import { IAggregatorRounds__factory } from "../../../typechain-types/factories/interfaces/external/IAggregatorRounds__factory.js";
import { ICoverOracle__factory } from "../../../typechain-types/factories/interfaces/ICoverOracle__factory.js";
import { findRound, firstRoundFrom, type Round, type Rounds } from "./feed-rounds.js";
import { refusal } from "./refusal.js";

/** What a desk asks an oracle: `ICoverOracle.Question`. */
export type Question = { risk: string; data: string; start: bigint; end: bigint };
/** What makes an outcome final, and what part of its cover the risk then pays, in billionths. */
export type Proof = { proof: string; ratio: bigint };

export type CoverProofs = {
  /** What the oracle takes for an answer at a block; undefined where nothing is known that it does. */
  find: (oracle: string, question: Question, block: number) => Promise<Proof | undefined>;
};

const NOTHING = "0x";
const STRIKE_DECIMALS = 18n;
const BELOW = 1n << 255n;
const coder = AbiCoder.defaultAbiCoder();

/** Whether a `FeedTrigger` takes an answer of a feed for one that is beyond the strike of a risk's `oracleData`. */
export function isBeyond({ answer }: Round, data: string, decimals: bigint): boolean {
  const word = BigInt(data);
  const strike = BigInt.asIntN(128, word);
  const [up, down] = decimals < STRIKE_DECIMALS ? [STRIKE_DECIMALS - decimals, 0n] : [0n, decimals - STRIKE_DECIMALS];
  const [scaled, wanted] = [answer * 10n ** up, strike * 10n ** down];
  return answer > 0n && ((word & BELOW) === 0n ? scaled > wanted : scaled < wanted);
}

/**
 * Finds what needs nobody's signature: the round of a `FeedTrigger`'s feed that is beyond the strike, before anybody says that there is
 * none, and for other oracles that they answer of themselves.
 */
export function createCoverProofs({ provider, desk }: { provider: Provider; desk: string }): CoverProofs {
  /** By oracle, undefined for one that has no feed. */
  const feeds = new Map<string, { address: string; decimals: bigint } | undefined>();
  /** By risk and oracle, the round to look at next. */
  const cursors = new Map<string, bigint>();

  /** Undefined for what is refused. */
  async function asked<T>(question: Promise<T>): Promise<T | undefined> {
    try {
      return await question;
    } catch (error) {
      refusal(error);
      return undefined;
    }
  }

  async function feedOf(oracle: string) {
    if (feeds.has(oracle)) return feeds.get(oracle);
    const address = await asked(FeedTrigger__factory.connect(oracle, provider).FEED());
    const decimals =
      address === undefined ? undefined : await asked(IAggregatorRounds__factory.connect(address, provider).decimals());
    const feed = address === undefined || decimals === undefined ? undefined : { address, decimals };
    feeds.set(oracle, feed);
    return feed;
  }

  async function ask(oracle: string, question: Question, proof: string, block: number): Promise<Proof | undefined> {
    const contract = ICoverOracle__factory.connect(oracle, provider);
    const answer = await asked(contract.outcomeOf(question, proof, { from: desk, blockTag: block }));
    return answer?.isFinal === true ? { proof, ratio: answer.ratio } : undefined;
  }

  /** The round that makes the risk pay, if any; "unknown" where there are more to look at than at once. */
  async function roundOf(oracle: string, question: Question, block: number): Promise<bigint | "unknown" | undefined> {
    const feed = await feedOf(oracle);
    if (feed === undefined) return undefined;
    const contract = IAggregatorRounds__factory.connect(feed.address, provider);
    const at = { blockTag: block };
    const latest = await asked(contract.latestRoundData(at));
    if (latest === undefined || latest.updatedAt < question.start) return undefined;
    const rounds: Rounds = {
      latest: latest.roundId,
      async read(id) {
        const found = await asked(contract.getRoundData(id, at));
        if (found === undefined || found.updatedAt === 0n) return undefined;
        return { answer: found.answer, updatedAt: found.updatedAt };
      },
    };
    const name = `${question.risk} ${oracle}`;
    const from = cursors.get(name) ?? (await firstRoundFrom(rounds, question.start));
    if (from === undefined) return undefined;
    const isWanted = (round: Round): boolean => isBeyond(round, question.data, feed.decimals);
    const { found, next, isAll } = await findRound(rounds, { from, end: question.end, isWanted });
    cursors.set(name, next);
    return isAll ? found : "unknown";
  }

  return {
    async find(oracle, question, block) {
      const round = await roundOf(oracle, question, block);
      if (round === "unknown") return undefined;
      const named =
        round === undefined ? undefined : await ask(oracle, question, coder.encode(["uint80"], [round]), block);
      return named ?? ask(oracle, question, NOTHING, block);
    },
  };
}
