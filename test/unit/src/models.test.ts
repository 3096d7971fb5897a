import { expect } from "chai";
import { ZeroAddress } from "ethers";
import {
  AmmModel,
  bookKey,
  ceilDiv,
  decodeWord,
  encodeAmmAction,
  LedgerModel,
  lpShareId,
  MAX_AMOUNT,
  ModelError,
  ModelState,
  poolKey,
  PRICE_SCALE,
  rangeOffsets,
  type AmmAction,
  type BatchOrder,
  type PoolKey,
} from "../../../src/index.js";
import { at } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";

const LEDGER = "0x1000000000000000000000000000000000000000";
const AMM = "0x2000000000000000000000000000000000000000";
const TOKEN_0 = "0x3000000000000000000000000000000000000000";
const TOKEN_1 = "0x4000000000000000000000000000000000000000";
const ALICE = "0x5000000000000000000000000000000000000000";
const BOB = "0x6000000000000000000000000000000000000000";
const MAX_UINT256 = (1n << 256n) - 1n;
const FUNDS = 10n ** 24n;

function models(pool?: PoolKey): {
  ledger: LedgerModel;
  amm: AmmModel;
  act: (action: AmmAction, in0?: bigint, in1?: bigint, to?: string) => void;
} {
  const ledger = new LedgerModel({ address: LEDGER, tokens: [TOKEN_0, TOKEN_1], homePairs: [[TOKEN_0, TOKEN_1]] });
  const amm = new AmmModel({ address: AMM, ledger });
  for (const token of [TOKEN_0, TOKEN_1]) {
    ledger.mintToken({ token, to: ALICE, amount: FUNDS });
    ledger.approveToken({ token, owner: ALICE, amount: MAX_UINT256 });
    ledger.deposit({ caller: ALICE, token, amount: FUNDS, minimum: FUNDS, to: ALICE });
  }
  const act = (action: AmmAction, in0 = 0n, in1 = 0n, to = ALICE) => {
    if (pool === undefined) throw new Error("No pool");
    const { asset0, asset1 } = pool;
    ledger.call(ALICE, {
      ...{ protocol: AMM, asset0, asset1, key: bookKey(pool), source: "ledger", destination: "ledger" },
      ...{ amount0: in0, amount1: in1, to, data: action },
    });
  };
  if (pool !== undefined) act({ name: "createPool", pool, minShares: 0n, deadline: 0n }, FUNDS / 10n, FUNDS / 20n);
  return { ledger, amm, act };
}

describe("src/models", () => {
  describe("ModelState", () => {
    it("takes back what a failing attempt did, nested attempts too", () => {
      const state = new ModelState();
      state.set("kept", 1n);
      expectCode(
        () =>
          state.attempt(() => {
            state.set("kept", 2n);
            state.attempt(() => state.set("inner", 3n));
            expectCode(
              () =>
                state.attempt(() => {
                  state.set("kept", 4n);
                  throw new ModelError("Inner");
                }),
              "Inner",
            );
            expect(state.get("kept")).to.equal(2n);
            throw new ModelError("Outer");
          }),
        "Outer",
      );
      expect(Object.fromEntries(state.entries())).to.deep.equal({ kept: 1n, inner: 0n });
    });
  });

  describe("LedgerModel", () => {
    it("refuses as the contract does, and changes nothing", () => {
      const { ledger } = models();
      const deposit = { caller: ALICE, token: TOKEN_0, amount: 1n, minimum: 0n, to: ALICE };
      const held = () => [...ledger.state.entries()].filter(([, value]) => value !== 0n);
      const before = held();
      expectCode(() => ledger.deposit({ ...deposit, amount: 0n }), "LedgerZeroAmount");
      expectCode(() => ledger.deposit({ ...deposit, amount: MAX_AMOUNT + 1n }), "LedgerAmountTooLarge");
      expectCode(() => ledger.deposit({ ...deposit, to: LEDGER }), "LedgerInvalidRecipient");
      expectCode(() => ledger.deposit({ ...deposit, token: AMM }), "LedgerUnknownToken");
      expectCode(() => ledger.deposit({ ...deposit, caller: BOB }), "ERC20InsufficientAllowance");
      expectCode(() => ledger.deposit(deposit), "ERC20InsufficientBalance");
      const refusal = expectCode(
        () => ledger.withdraw({ caller: BOB, token: TOKEN_1, amount: 7n, to: BOB }),
        "LedgerInsufficientBalance",
      );
      expect(refusal.values).to.deep.equal({ account: BOB, id: BigInt(TOKEN_1), balance: 0n, needed: 7n });
      const move = { caller: BOB, from: ALICE, id: BigInt(TOKEN_1), amount: 1n, to: BOB };
      expectCode(() => ledger.transferFrom(move), "LedgerInsufficientAllowance");
      expectCode(() => ledger.transfer({ ...move, id: 0n }), "LedgerInsufficientBalance");
      expect(held()).to.deep.equal(before);
    });

    it("keeps a home pair in one word", () => {
      const { ledger } = models();
      ledger.transfer({ caller: ALICE, id: BigInt(TOKEN_1), amount: 5n, to: BOB });
      ledger.transfer({ caller: ALICE, id: BigInt(TOKEN_0), amount: 3n, to: BOB });
      const word = ledger.wordOf({ account: BOB, id: BigInt(TOKEN_1) });
      expect(decodeWord(word)).to.deep.equal({ amount0: 3n, amount1: 5n, flags: 0n });
    });

    it("spends allowances, but not without end, and not an operator's", () => {
      const { ledger } = models();
      const id = BigInt(TOKEN_0);
      const move = { caller: BOB, from: ALICE, id, amount: 1n, to: BOB };
      ledger.approve({ caller: ALICE, spender: BOB, id, amount: 2n });
      ledger.transferFrom(move);
      expect(ledger.allowanceOf({ owner: ALICE, spender: BOB, id })).to.equal(1n);
      ledger.setOperator({ caller: ALICE, spender: BOB, approved: true });
      ledger.transferFrom(move);
      expect(ledger.allowanceOf({ owner: ALICE, spender: BOB, id })).to.equal(1n);
      ledger.setOperator({ caller: ALICE, spender: BOB, approved: false });
      ledger.approve({ caller: ALICE, spender: BOB, id, amount: MAX_UINT256 });
      ledger.transferFrom(move);
      expect(ledger.allowanceOf({ owner: ALICE, spender: BOB, id })).to.equal(MAX_UINT256);
    });
  });

  describe("AmmModel", () => {
    const assets = [TOKEN_0, TOKEN_1] as const;
    const pools = [
      poolKey({ assets, fee: 3000n }),
      poolKey({ assets, fee: 0n, ...rangeOffsets({ low: PRICE_SCALE / 4n, high: PRICE_SCALE }) }),
    ];

    it("rounds divisions up", () => {
      expect([0n, 1n, 5n, 6n].map((value) => ceilDiv(value, 5n))).to.deep.equal([0n, 1n, 1n, 2n]);
    });

    it("refuses an action after its deadline", () => {
      const { amm, act } = models(pools[0]);
      amm.timestamp = 11n;
      const refusal = expectCode(
        () => act({ name: "swapExactIn", minAmountOut: 0n, deadline: 10n }, 1000n),
        "AmmExpired",
      );
      expect(refusal.values).to.deep.equal({ deadline: 10n, timestamp: 11n });
    });

    it("pays the caller where no receiver is named", () => {
      const { ledger, act } = models(pools[0]);
      const swap = { name: "swapExactIn", minAmountOut: 0n, deadline: 0n } as const;
      const bought = (to: string, account: string) => {
        const before = ledger.balanceOf({ account, id: BigInt(TOKEN_1) });
        act(swap, 10_000n, 0n, to);
        return ledger.balanceOf({ account, id: BigInt(TOKEN_1) }) - before;
      };
      expect(bought(ZeroAddress, ALICE)).to.be.greaterThan(0n);
      expect(bought(BOB, BOB)).to.be.greaterThan(0n);
      expectCode(() => act(swap, 10_000n, 0n, LEDGER), "LedgerInvalidRecipient");
    });

    it("keeps the virtual reserves of a share from falling when liquidity comes and goes", () => {
      const pool = at(pools, 1);
      const { ledger, amm, act } = models(pool);
      const holding = { account: ALICE, id: lpShareId({ amm: AMM, pool }) };
      const ratios = () => {
        const { reserve0, reserve1, offset0, offset1, totalShares } = amm.poolOf(pool);
        return { x: reserve0 + offset0, y: reserve1 + offset1, totalShares };
      };
      const checked = (action: AmmAction, in0 = 0n, in1 = 0n) => {
        const before = ratios();
        act(action, in0, in1);
        const after = ratios();
        expect(after.totalShares).not.to.equal(before.totalShares);
        expect(after.x * before.totalShares >= before.x * after.totalShares).to.equal(true);
        expect(after.y * before.totalShares >= before.y * after.totalShares).to.equal(true);
      };
      for (let i = 1n; i < 200n; i++) {
        checked({ name: "addLiquidity", minShares: 0n, deadline: 0n }, 1_000_003n * i, 999_983n * i);
        const shares = (ledger.balanceOf(holding) * i) / 1009n + i;
        checked({ name: "removeLiquidity", shares, minAmount0: 0n, minAmount1: 0n, deadline: 0n });
      }
    });

    it("moves ether in and out", () => {
      const ledger = new LedgerModel({ address: LEDGER, tokens: [TOKEN_0], weth: TOKEN_0 });
      const native = { caller: ALICE, amount: 7n, to: BOB };
      expectCode(() => ledger.depositNative(native), "Empty");
      ledger.mintEther({ to: ALICE, amount: 10n });
      expectCode(() => ledger.depositNative({ ...native, amount: 0n }), "LedgerZeroAmount");
      ledger.depositNative(native);
      expect(ledger.balanceOf({ account: BOB, id: BigInt(TOKEN_0) })).to.equal(7n);
      expectCode(() => ledger.withdrawNative(native), "LedgerInsufficientBalance");
      ledger.withdrawNative({ caller: BOB, amount: 4n, to: ALICE });
      expect([ALICE, LEDGER, TOKEN_0].map((account) => ledger.etherOf({ account }))).to.deep.equal([7n, 0n, 3n]);
    });

    it("clears a batch of one as the swap", () => {
      for (const pool of pools) {
        const { amm } = models(pool);
        const { reserve0, reserve1, offset0, offset1 } = amm.poolOf(pool);
        const price = ((reserve1 + offset1) * PRICE_SCALE) / (reserve0 + offset0);
        for (const side of [0, 1] as const) {
          const order = { side, amount: 10n ** 20n + 7n, limit: 0n };
          const { outputs } = amm.quoteBatch(pool, { price, tolerance: 10n ** 17n }, [order]);
          expect(outputs).to.deep.equal([amm.quoteExactIn(pool, side === 0, order.amount)]);
        }
      }
    });

    it("gives every order of a batch the same in any order, and ignores those that cannot fill", () => {
      const pool = at(pools, 0);
      const { amm } = models(pool);
      const band = { price: PRICE_SCALE / 2n, tolerance: 10n ** 17n };
      const orders: BatchOrder[] = [
        { side: 0, amount: 10n ** 20n, limit: 1n },
        { side: 1, amount: 10n ** 21n, limit: 1n },
        { side: 1, amount: 999n, limit: 1n },
        { side: 0, amount: 10n ** 20n, limit: 10n ** 21n },
      ];
      const { outputs, price } = amm.quoteBatch(pool, band, orders);
      expect(outputs.slice(2)).to.deep.equal([undefined, undefined]);
      const reversed = amm.quoteBatch(pool, band, [...orders].reverse());
      expect(reversed.outputs.reverse()).to.deep.equal(outputs);
      expect(amm.quoteBatch(pool, band, orders.slice(0, 2))).to.deep.equal({ price, outputs: outputs.slice(0, 2) });
      expect(amm.quoteBatch(pool, band, orders.slice(2)).price).to.equal(undefined);
      expectCode(() => amm.quoteBatch(pool, { ...band, tolerance: 0n }, orders.slice(0, 1)), "AmmOutsideBand");
      expectCode(() => amm.quoteBatch(pool, { price: 0n, tolerance: 0n }, orders), "AmmInvalidBand");
    });

    it("encodes every action", () => {
      const deadline = 1n;
      const actions: AmmAction[] = [
        { name: "createPool", pool: at(pools, 0), minShares: 0n, deadline },
        { name: "addLiquidity", minShares: 0n, deadline },
        { name: "removeLiquidity", shares: 0n, minAmount0: 0n, minAmount1: 0n, deadline },
        { name: "swapExactIn", minAmountOut: 0n, deadline },
        { name: "swapExactOut", amountOut: 0n, deadline },
      ];
      expect(new Set(actions.map((action) => encodeAmmAction(action).slice(0, 10))).size).to.equal(5);
    });
  });
});
