import { expect } from "chai";
import { keccak256, toUtf8Bytes, ZeroAddress } from "ethers";
import { network } from "#chain";
import {
  assetFlags,
  assetId,
  decodeHolderFlags,
  decodePoolFlags,
  decodeWord,
  encodeWord,
  hasNotice,
  hasRules,
  isIssued,
  issuedId,
  lpShareId,
  MAX_AMOUNT,
  POOL_ORACLE,
  poolFlags,
  poolId,
  poolKey,
  PRICE_SCALE,
  rangeOffsets,
  shareIdOf,
  squareRoot,
  tokenId,
  tokenOf,
} from "../../../src/index.js";
import { at, deployLakh } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";

const OWNER = "0x1111111111111111111111111111111111111111";
const TOKEN = "0x2222222222222222222222222222222222222222";
const SALT = keccak256(toUtf8Bytes("salt"));
const Q64 = 1n << 64n;

describe("src/assets", () => {
  describe("ids", () => {
    it("refuses what no asset can have", () => {
      expectCode(() => tokenId("0x12"), "InvalidAddress");
      expectCode(() => tokenId(ZeroAddress), "InvalidAddress");
      expectCode(() => tokenOf(0n), "InvalidAsset");
      expectCode(() => tokenOf(1n << 160n), "InvalidAsset");
      expectCode(() => assetId(0n), "InvalidAsset");
      expectCode(() => assetId(1n << 160n), "InvalidAsset");
      expectCode(() => assetId(1n << 256n), "InvalidAsset");
      expectCode(() => issuedId({ owner: OWNER, salt: "0x12" }), "InvalidBytes32");
      expectCode(() => issuedId({ owner: OWNER, salt: SALT, flags: 16n }), "InvalidFlags");
      expectCode(() => issuedId({ owner: OWNER, salt: SALT, side: 2n }), "InvalidSide");
    });

    it("turns a token into its id and back", () => {
      expect(tokenId(TOKEN)).to.equal(BigInt(TOKEN));
      expect(tokenOf(BigInt(TOKEN))).to.equal(TOKEN);
      expect(assetId(TOKEN)).to.equal(BigInt(TOKEN));
      expect(isIssued(tokenId(TOKEN))).to.equal(false);
    });

    it("computes every issued id as the chain does", async () => {
      const { ledgerLens, ledger } = await deployLakh(await network.create());
      for (let flags = 0n; flags < 16n; flags++) {
        for (const side of [0n, 1n]) {
          const id = issuedId({ owner: OWNER, salt: SALT, flags, side });
          expect(await ledgerLens.issuedId(OWNER, SALT, flags, side)).to.equal(id);
          expect(await ledger.homeOf(id)).to.deep.equal([id & ~1n, side]);
          expect(isIssued(id)).to.equal(true);
          expect(assetId(id)).to.equal(id);
          expect(assetFlags(id)).to.equal(flags);
          expect(hasRules(id)).to.equal((flags & (side === 0n ? 1n : 2n)) !== 0n);
          expect(hasNotice(id)).to.equal((flags & (side === 0n ? 4n : 8n)) !== 0n);
        }
      }
    });
  });

  describe("pools", () => {
    it("refuses impossible pools", () => {
      const key = { asset0: 1n, asset1: 2n, fee: 0n, alpha: 0n, beta: 0n, flags: 0n };
      expectCode(() => poolId({ amm: OWNER, pool: { ...key, asset1: 1n } }), "SameAsset");
      expectCode(() => poolId({ amm: OWNER, pool: { ...key, asset0: 3n } }), "UnsortedPool");
      expectCode(() => poolId({ amm: OWNER, pool: { ...key, fee: 50_001n } }), "FeeTooHigh");
      expectCode(() => poolId({ amm: OWNER, pool: { ...key, fee: -1n } }), "FeeTooHigh");
      expectCode(() => poolId({ amm: OWNER, pool: { ...key, alpha: Q64, beta: Q64 } }), "EmptyRange");
      expectCode(() => poolId({ amm: OWNER, pool: { ...key, alpha: Q64 * Q64 } }), "EmptyRange");
      for (const flags of [-1n, 2n]) expectCode(() => poolId({ amm: OWNER, pool: { ...key, flags } }), "InvalidFlags");
      const restricted = issuedId({ owner: OWNER, salt: SALT, flags: 1n });
      expectCode(() => poolId({ amm: OWNER, pool: { ...key, asset1: restricted } }), "RestrictedAsset");
    });

    it("sorts the assets of a key", () => {
      const expected = { asset0: tokenId(OWNER), asset1: tokenId(TOKEN), fee: 3000n, alpha: 0n, beta: 0n, flags: 0n };
      expect(poolKey({ assets: [TOKEN, OWNER], fee: 3000n })).to.deep.equal(expected);
      expect(poolKey({ assets: [OWNER, tokenId(TOKEN)], fee: 3000n })).to.deep.equal(expected);
      const observed = poolKey({ assets: [TOKEN, OWNER], fee: 3000n, oracle: true });
      expect(observed).to.deep.equal({ ...expected, flags: POOL_ORACLE });
    });

    it("computes pool and share ids as the chain does", async () => {
      const { lakh, ammLens, amm, tokens } = await deployLakh(await network.create());
      const assets = [await at(tokens, 0).getAddress(), await at(tokens, 1).getAddress()] as const;
      for (const range of [{}, rangeOffsets({ low: PRICE_SCALE / 4n, high: PRICE_SCALE * 4n })]) {
        const pool = poolKey({ assets, fee: 500n, ...range });
        const view = await ammLens.poolOf(pool);
        expect(view.id).to.equal(poolId({ amm: lakh.amm.address, pool }));
        expect(view.id).to.equal(lakh.amm.poolIdOf({ pool }));
        expect(view.shareId).to.equal(lpShareId({ amm: await amm.getAddress(), pool }));
        expect(view.shareId).to.equal(lakh.amm.shareIdOf({ pool }));
        expect(view.shareId).to.equal(shareIdOf({ amm: lakh.amm.address, id: view.id, isRestricted: false }));
      }
    });

    it("turns a range of prices into virtual offsets, rounded down", () => {
      expect(rangeOffsets({ low: PRICE_SCALE / 4n, high: PRICE_SCALE * 4n })).to.deep.equal({
        alpha: Q64 / 2n,
        beta: Q64 / 2n,
      });
      expectCode(() => rangeOffsets({ low: 0n, high: 1n }), "EmptyRange");
      expectCode(() => rangeOffsets({ low: 2n, high: 2n }), "EmptyRange");
    });
  });

  describe("words", () => {
    it("takes words apart and puts them together", () => {
      const parts = { amount0: MAX_AMOUNT, amount1: 5n, flags: 0x0100_0203n };
      expect(decodeWord(encodeWord(parts))).to.deep.equal(parts);
      expect(decodeHolderFlags(parts.flags)).to.deep.equal({ consent: 3n, sequence: 2n, frozen: true });
      expect(decodePoolFlags(poolFlags({ fee: 3000n, alpha: 0n, beta: 1n, flags: 0n }))).to.deep.equal({
        exists: true,
        isRange: true,
        hasOracle: false,
        isRestricted: false,
        fee: 3000n,
      });
      const observed = poolFlags({ fee: 0n, alpha: 0n, beta: 0n, flags: POOL_ORACLE });
      expect(decodePoolFlags(observed)).to.deep.equal({
        exists: true,
        isRange: false,
        hasOracle: true,
        isRestricted: false,
        fee: 0n,
      });
      expect(decodePoolFlags(0n)).to.deep.equal({
        exists: false,
        isRange: false,
        hasOracle: false,
        isRestricted: false,
        fee: 0n,
      });
    });

    it("takes integer roots, rounded down", () => {
      for (const root of [0n, 1n, 2n, 3n, 1000n, MAX_AMOUNT, (1n << 128n) - 1n]) {
        expect(squareRoot(root * root)).to.equal(root);
        expect(squareRoot(root * root + 2n * root)).to.equal(root);
      }
    });
  });
});
