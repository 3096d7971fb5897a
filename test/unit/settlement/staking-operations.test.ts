import { expect } from "chai";
import {
  buildBatches,
  decodeSettled,
  GAS_MODEL,
  sealBatch,
  stakeBook,
  stakePool,
  STAKING_KINDS,
  stakingOperationOf,
  stakingOperations,
  type Order,
  type OrderOperation,
} from "../../../src/index.js";
import { toHex } from "../../../src/codec/bytes.js";
import { at } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";

const RELAYER = "0x1111111111111111111111111111111111111111";
const STAKE = "0x2222222222222222222222222222222222222222";
const REWARD = "0x3333333333333333333333333333333333333333";
const SECOND = "0x4444444444444444444444444444444444444444";
const STAKING = "0x5555555555555555555555555555555555555555";
const funder = "0x6666666666666666666666666666666666666666";
const pool = stakePool({ stakeAsset: STAKE, rewards: [REWARD, SECOND], funder });
const slow = stakePool({ stakeAsset: STAKE, rewards: [REWARD], funder, cooldown: 3600n });
const terms = { staking: STAKING, pool, sequence: 4 };
const slowly = { ...terms, pool: slow };

function all(): OrderOperation[] {
  return [
    stakingOperations.stake({ ...terms, assets: 1_000n, minShares: 7n, fee: 3n }),
    stakingOperations.claim({ ...terms, fee1: 5n }),
    stakingOperations.claim({ ...terms, stream: 1 }),
    stakingOperations.unstake({ ...terms, shares: 2_000n, minAssets: 1_999n }),
    stakingOperations.unstake({ ...terms, shares: 2_001n }),
    stakingOperations.requestUnstake({ ...slowly, shares: 3_000n }),
    stakingOperations.claimUnstaked({ ...slowly, requestId: 9n }),
  ];
}

describe("settlement/staking-operations", () => {
  it("names the pool's books, and what each operation debits and is limited by", () => {
    const operations = all();
    const both = (1_999n << 112n) | 2_000n;
    expect(operations.map(({ kind, amount, argument }) => [kind, amount, argument])).to.deep.equal([
      [STAKING_KINDS.stake, 1_000n, { form: "limit", value: 7n }],
      [STAKING_KINDS.claim, 0n, { form: "none" }],
      [STAKING_KINDS.claim, 0n, { form: "none" }],
      [STAKING_KINDS.unstake, 0n, { form: "bytes", size: 28, value: both }],
      [STAKING_KINDS.unstake, 0n, { form: "limit", value: 2_001n }],
      [STAKING_KINDS.requestUnstake, 0n, { form: "limit", value: 3_000n }],
      [STAKING_KINDS.claimUnstaked, 0n, { form: "limit", value: 9n }],
    ]);
    const common = { shareId: 0n, parameters: "0x" };
    const [stake, claim, second] = operations;
    const first = stakeBook({ staking: STAKING, pool });
    expect(stake?.section).to.deep.equal({ ...first, ...common, fee0: 3n, fee1: 0n });
    expect([claim?.section.fee0, claim?.section.fee1]).to.deep.equal([0n, 5n]);
    const other = stakeBook({ staking: STAKING, pool, stream: 1 });
    expect(second?.section).to.deep.equal({ ...other, ...common, fee0: 0n, fee1: 0n });
    expect([other.asset1, first.asset1]).to.deep.equal([BigInt(SECOND), BigInt(REWARD)]);
    expect(stakingOperationOf(STAKING_KINDS.requestUnstake)).to.equal("requestUnstake");
    expect(stakingOperationOf(4)).to.equal(undefined);
  });

  it("refuses what cannot be", () => {
    expectCode(() => stakingOperations.stake({ ...terms, assets: 0n }), "AmountZero");
    expectCode(() => stakingOperations.unstake({ ...terms, shares: 1n << 112n }), "AmountTooLarge");
    expectCode(() => stakingOperations.claim({ ...terms, sequence: 1 << 16 }), "InvalidSequence");
    expectCode(() => stakingOperations.claim({ ...slowly, stream: 1 }), "NotOffered");
    expectCode(() => stakingOperations.unstake({ ...slowly, shares: 1n }), "WrongExit");
    expectCode(() => stakingOperations.requestUnstake({ ...terms, shares: 1n }), "WrongExit");
    expectCode(() => stakingOperations.claimUnstaked({ ...terms, requestId: 1n }), "WrongExit");
    expectCode(() => stakingOperations.claim({ ...terms, staking: "0x12" }), "InvalidAddress");
    const same = { ...pool, reward1: pool.reward0 };
    expectCode(() => stakingOperations.claim({ ...terms, pool: same }), "SameAsset");
  });

  it("counts a section's streams once", () => {
    const gasOf = (operations: readonly OrderOperation[]): number => {
      const orders = operations.map((operation, id): Order => ({ id, operations: [operation] }));
      const { body } = at(buildBatches({ relayer: RELAYER, number: 1, expiry: 1_800_000_000, orders }), 0);
      return at(body.sections, 0).gasCap - GAS_MODEL.section - operations.length * GAS_MODEL.operation;
    };
    const claim = stakingOperations.claim(terms);
    const [one, two] = [gasOf([claim]), gasOf([claim, claim])];
    expect(two - one).to.equal(claim.extraGas);
    expect(one).to.equal((claim.extraGas ?? 0) + (claim.sectionGas ?? 0));
  });

  it("comes back from the decoder by name, with its limits", () => {
    const orders: Order[] = [{ id: 3, operations: all() }];
    const batch = at(buildBatches({ relayer: RELAYER, number: 10, expiry: 1_800_000_000, orders }), 0);
    const bytes = sealBatch(batch.encoded, { excluded: [], signature: new Uint8Array(192) });
    const { length } = batch.body.sections;
    const skipped = Array.from({ length }, () => 0n);
    const sections = (1n << BigInt(length)) - 1n;
    const event = { relayer: RELAYER, number: 10n, root: toHex(batch.root), sections, skipped };
    const decode = (stakings: readonly string[]) =>
      decodeSettled({ calldata: bytes, event, stakings }).operations.map((operation) => {
        const { name, limit, secondLimit } = operation;
        return [name, limit, secondLimit];
      });
    expect(decode([STAKING])).to.have.deep.members([
      ["stake", 7n, undefined],
      ["claim", 0n, undefined],
      ["claim", 0n, undefined],
      ["unstake", 2_000n, 1_999n],
      ["unstake", 2_001n, 0n],
      ["requestUnstake", 3_000n, undefined],
      ["claimUnstaked", 9n, undefined],
    ]);
    expect(new Set(decode([]).map(([name]) => name))).to.deep.equal(new Set(["other"]));
  });
});
