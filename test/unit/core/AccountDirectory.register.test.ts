import { PublicKey, SecretKey } from "@chainsafe/blst";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { expect } from "chai";
import { concat, getBytes, hexlify, keccak256, toBeHex, ZeroAddress, zeroPadValue } from "ethers";
import { isInstrumented } from "#chain";
import {
  KEY_KINDS,
  keyProofChallenge,
  keyWords,
  proveKnowledge,
  publicKeyOf,
  VALID_FOREVER,
  type KeyWords,
  type Registration,
} from "../../../src/index.js";
import type { BlsHarness, HostileWallet } from "../../../typechain-types/index.js";
import { deployTyped } from "../../helpers/deploy.js";
import {
  connection,
  consentOf,
  directoryFixture,
  ethers,
  FULL_PAGE,
  hashBytes,
  INFINITY,
  keyOf,
  loadFixture,
  negated,
  networkHelpers,
  NEVER,
  ORDER,
  OUTSIDE_SUBGROUP,
  pageOf,
  PRIME,
  registrationOf,
  secretOf,
  sign,
  walletOf,
  type DirectoryFixture,
} from "../../helpers/directory-fixture.js";

const { G1 } = bls12_381;
const NO_ID = 2n ** 256n - 1n;
/** EIP-7825. */
const MAX_TRANSACTION_GAS = 16_777_216n;

type G1Point = InstanceType<typeof G1.Point>;

const pointOf = (words: KeyWords): G1Point => {
  const bytes = getBytes(concat([...words]));
  const [x, y] = [bytes.slice(0, 48), bytes.slice(48)].map((part) => BigInt(hexlify(part)));
  return G1.Point.fromAffine({ x: x ?? 0n, y: y ?? 0n });
};
const wordsOf = (point: G1Point): KeyWords => {
  const { x, y } = point.toAffine();
  return keyWords(getBytes(concat([toBeHex(x, 48), toBeHex(y, 48)])));
};
/** A term of the sum: a point as precompiles read it, and a scalar. */
const termOf = (words: KeyWords, scalar: bigint): string => {
  const bytes = getBytes(concat([...words]));
  const [x, y] = [bytes.slice(0, 48), bytes.slice(48)].map((part) => zeroPadValue(part, 64));
  return concat([x ?? "", y ?? "", toBeHex(scalar, 32)]);
};

/** The row of a registration. */
const rowOf = ({ key, account, kinds, validUntil }: Registration): string =>
  concat([...key, account, toBeHex(kinds, 1), toBeHex(validUntil, 4)]);

/** A proof made by hand: response = nonce + challenge · secret. */
function proofBy(
  { address, chainId }: DirectoryFixture,
  {
    secret,
    nonce,
    key,
    commitment,
    account,
  }: { secret: bigint; nonce: bigint; key: KeyWords; commitment: KeyWords; account: string },
): bigint {
  return (nonce + keyProofChallenge({ account, key, commitment, chainId, directory: address }) * secret) % ORDER;
}

describe("AccountDirectory", () => {
  describe("register: refusals", () => {
    it("reverts without a registration and with more than 203", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      const refusal = "DirectoryInvalidCount";
      await expect(directory.register([])).to.be.revertedWithCustomError(directory, refusal).withArgs(0n, 203n);
      const one = await registrationOf(fixture, 0);
      await expect(directory.register.staticCall(Array<Registration>(204).fill(one)))
        .to.be.revertedWithCustomError(directory, refusal)
        .withArgs(204n, 203n);
    });

    it("reverts when its ids are used up (SET_23)", async () => {
      const fixture = await loadFixture(directoryFixture);
      await networkHelpers.setStorageAt(fixture.address, await pageCountSlot(fixture), toBeHex(2n ** 23n, 32));
      const page = await pageOf(fixture, 1);
      await expect(fixture.directory.register(page)).to.be.revertedWithCustomError(fixture.directory, "DirectoryFull");
    });

    it("reverts for the zero account (SET_22)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const page = [...(await pageOf(fixture, 2)), { ...(await registrationOf(fixture, 2)), account: ZeroAddress }];
      await expect(fixture.directory.register(page))
        .to.be.revertedWithCustomError(fixture.directory, "DirectoryZeroAccount")
        .withArgs(2n);
    });

    it("reverts for the key at infinity (SET_22)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const page = [await registrationOf(fixture, 0), await registrationOf(fixture, 1, { key: INFINITY })];
      await expect(fixture.directory.register(page))
        .to.be.revertedWithCustomError(fixture.directory, "DirectoryInvalidKey")
        .withArgs(1n);
    });

    it("reverts for kinds that are none or unknown (SET_22)", async () => {
      const fixture = await loadFixture(directoryFixture);
      for (const kinds of [0, 8, 15, 128, 255]) {
        await expect(fixture.directory.register([await registrationOf(fixture, 0, { kinds })]))
          .to.be.revertedWithCustomError(fixture.directory, "DirectoryNoKinds")
          .withArgs(0n);
      }
    });

    it("reverts for a key that has expired, but not in its last second (SET_22)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      const now = BigInt(await networkHelpers.time.latest()) + 100n;
      await networkHelpers.time.setNextBlockTimestamp(now);
      await expect(directory.register([await registrationOf(fixture, 0, { validUntil: now - 1n })]))
        .to.be.revertedWithCustomError(directory, "DirectoryAlreadyExpired")
        .withArgs(0n, now - 1n, now);
      await networkHelpers.time.setNextBlockTimestamp(now + 1n);
      await directory.register([await registrationOf(fixture, 0, { validUntil: now + 1n })]);
      expect((await directory.recordOf(0)).validUntil).to.equal(now + 1n);
    });

    it("reverts for a key that is bound, its negative, and both within one page (SET_21)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, address, chainId } = fixture;
      const refusal = "DirectoryKeyTaken";
      const first = await registrationOf(fixture, 0);
      await directory.register(await pageOf(fixture, 1, 9));
      const again = await registrationOf(fixture, 0, { signer: walletOf(1) });
      await expect(directory.register([first, again]))
        .to.be.revertedWithCustomError(directory, refusal)
        .withArgs(1n, 256n);
      await directory.register([first]);
      await expect(directory.register([again]))
        .to.be.revertedWithCustomError(directory, refusal)
        .withArgs(0n, 256n);

      // The negative is another key with a good proof of its own: its secret is the order minus the secret.
      const opposite = getBytes(toBeHex(ORDER - BigInt(hexlify(secretOf(0))), 32));
      const account = walletOf(1).address;
      const proof = proveKnowledge({ secretKey: opposite, account, chainId, directory: address });
      expect(proof.key).to.deep.equal(negated(first.key));
      const terms = { kinds: 7, validUntil: VALID_FOREVER, deadline: NEVER, signature: "0x" };
      const unsigned = { ...proof, account, ...terms };
      const signature = await sign(walletOf(1), consentOf(fixture, unsigned));
      await expect(directory.register([{ ...unsigned, signature }]))
        .to.be.revertedWithCustomError(directory, refusal)
        .withArgs(0n, 256n);
    });

    it("reverts for a signature after its deadline, but not in its last second (SET_22)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      const now = BigInt(await networkHelpers.time.latest()) + 100n;
      await networkHelpers.time.setNextBlockTimestamp(now);
      await expect(directory.register([await registrationOf(fixture, 0, { deadline: now - 1n })]))
        .to.be.revertedWithCustomError(directory, "DirectorySignatureExpired")
        .withArgs(now - 1n, now);
      await networkHelpers.time.setNextBlockTimestamp(now + 1n);
      await directory.register([await registrationOf(fixture, 0, { deadline: now + 1n })]);
    });

    it("reverts when the account has signed nothing, something else, or somebody else has (SET_22)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      const good = await registrationOf(fixture, 0);
      const { yParity, r, s } = ethers.Signature.from(good.signature);
      const high = toBeHex(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n - BigInt(s), 32);
      const malleated = concat([r, high, yParity === 0 ? "0x1c" : "0x1b"]);
      const bad: Registration[] = [
        { ...good, signature: "0x" },
        { ...good, signature: "0x12" },
        { ...good, signature: malleated },
        { ...good, signature: ethers.Signature.from(good.signature).compactSerialized },
        { ...good, signature: concat([good.signature, "0x00"]) },
        { ...good, signature: `0x${"00".repeat(65)}` },
        { ...good, kinds: 3 },
        { ...good, validUntil: good.validUntil - 1n },
        { ...good, deadline: good.deadline - 1n },
        { ...good, key: keyOf(1) },
        await registrationOf(fixture, 0, { signer: walletOf(1), account: walletOf(0).address }),
      ];
      for (const registration of bad) {
        await expect(directory.register([registration]))
          .to.be.revertedWithCustomError(directory, "DirectoryBadSignature")
          .withArgs(good.account);
      }
      await directory.register([good]);
    });
  });

  describe("register: proofs", () => {
    const refusal = "DirectoryBadProof";

    it("reverts for a proof that was made for another account, directory or chain (SET_20)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, address, chainId, book } = fixture;
      const account = walletOf(1).address;
      const foreign = [
        { account: walletOf(0).address, chainId, directory: address },
        { account, chainId, directory: await book.getAddress() },
        { account, chainId: chainId + 1n, directory: address },
      ];
      for (const binding of foreign) {
        const proof = proveKnowledge({ secretKey: secretOf(0), ...binding });
        const registration = await registrationOf(fixture, 0, { ...proof, signer: walletOf(1) });
        await expect(directory.register([registration])).to.be.revertedWithCustomError(directory, refusal);
      }
      await directory.register([await registrationOf(fixture, 0, { signer: walletOf(1) })]);
    });

    it("reverts for a tampered proof anywhere in a page (SET_20)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      const page = await pageOf(fixture, 9);
      for (const index of [0, 4, 8]) {
        const good = page[index];
        if (good === undefined) throw new Error("no such registration");
        const tampered: Partial<Registration>[] = [
          { response: good.response + 1n },
          { response: 0n },
          { commitment: keyOf(100) },
          { commitment: negated(good.commitment) },
        ];
        for (const change of tampered) {
          await expect(
            directory.register.staticCall(page.with(index, { ...good, ...change })),
          ).to.be.revertedWithCustomError(directory, refusal);
        }
      }
      await directory.register(page);
    });

    it("reverts when two false proofs would cancel each other without weights (SET_20)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      const [first, second] = await pageOf(fixture, 2);
      if (first === undefined || second === undefined) throw new Error("no page");
      const page = [
        { ...first, response: (first.response + 1n) % ORDER },
        { ...second, response: (second.response + ORDER - 1n) % ORDER },
      ];
      await expect(directory.register(page)).to.be.revertedWithCustomError(directory, refusal);
    });

    it("reverts for a commitment at infinity, which would give the secret away (SET_20)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      const account = walletOf(0).address;
      const secret = BigInt(hexlify(secretOf(0)));
      const binding = { secret, nonce: 0n, key: keyOf(0), commitment: INFINITY, account };
      const registration = await registrationOf(fixture, 0, {
        commitment: INFINITY,
        response: proofBy(fixture, binding),
      });
      await expect(directory.register([registration])).to.be.revertedWithCustomError(directory, refusal);
    });

    it("reverts for points outside the curve and numbers beyond the prime (SET_20)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      const beyond = (): KeyWords => {
        const bytes = getBytes(concat([...keyOf(0)]));
        const x = BigInt(hexlify(bytes.slice(0, 48))) + PRIME;
        return x < 2n ** 384n ? keyWords(getBytes(concat([toBeHex(x, 48), bytes.slice(48)]))) : keyOf(0);
      };
      const [x, middle] = keyOf(0);
      const outside: KeyWords = [x, middle, toBeHex(1, 32)];
      for (const key of [outside, OUTSIDE_SUBGROUP, beyond()]) {
        const registration = await registrationOf(fixture, 0, { key });
        await expect(directory.register([registration])).to.be.revertedWithCustomError(directory, refusal);
        const commitment = await registrationOf(fixture, 0, { commitment: key });
        await expect(directory.register([commitment])).to.be.revertedWithCustomError(directory, refusal);
      }
    });

    it("reverts for a key with a part outside the subgroup even when the equation holds (SET_20)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, address, chainId } = fixture;
      const account = walletOf(0).address;
      const secret = BigInt(hexlify(secretOf(0)));
      // (0, 2) has order 3: a third of all scalars make it vanish, and a prover can try nonces.
      const order3 = G1.Point.fromAffine({ x: 0n, y: 2n });
      const point = G1.Point.BASE.multiply(secret).add(order3);
      const key = wordsOf(point);
      let vanished = 0;
      for (let nonce = 1n; nonce <= 12n; ++nonce) {
        const commitment = keyWords(publicKeyOf(getBytes(toBeHex(nonce, 32))));
        const response = proofBy(fixture, { secret, nonce, key, commitment, account });
        const challenge = keyProofChallenge({ account, key, commitment, chainId, directory: address });
        const generator = wordsOf(G1.Point.BASE);
        const terms = [termOf(generator, 0n), termOf(commitment, response), termOf(key, challenge)];
        const seed = keccak256(concat(terms));
        const weight = 1n + (BigInt(keccak256(concat([seed, toBeHex(0, 32)]))) >> 128n);
        const scalar = ORDER - ((weight * challenge) % ORDER);
        if (scalar % 3n !== 0n) continue;
        ++vanished;
        const sum = [
          G1.Point.BASE.multiply((weight * response) % ORDER),
          pointOf(commitment).multiply(ORDER - weight),
          point.multiplyUnsafe(scalar),
        ].reduce((total, part) => total.add(part), G1.Point.ZERO);
        expect(sum.is0()).to.equal(true);
        const registration = await registrationOf(fixture, 0, { key, commitment, response });
        await expect(directory.register.staticCall([registration])).to.be.revertedWithCustomError(directory, refusal);
      }
      expect(vanished).to.be.greaterThan(0);
    });

    it("keeps rogue keys out, with which an aggregate could be forged (SET_20)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, address, chainId } = fixture;
      const honest = await pageOf(fixture, 5);
      await directory.register(honest);
      // The attacker knows x and claims X − Σ honest keys as his own: all keys together are then X.
      const known = 12345678901234567890n;
      const sum = honest.reduce((total, { key }) => total.add(pointOf(key)), G1.Point.ZERO);
      const rogue = G1.Point.BASE.multiply(known).subtract(sum);
      const key = wordsOf(rogue);

      const bls = await deployTyped<BlsHarness>(connection, "BlsHarness");
      const digest = hashBytes("a batch that the honest have never seen");
      const forged = SecretKey.fromBytes(getBytes(toBeHex(known, 32))).sign(digest);
      const aggregate = wordsOf(sum.add(rogue));
      const bytes = getBytes(concat([...aggregate]));
      const padded = concat([zeroPadValue(bytes.slice(0, 48), 64), zeroPadValue(bytes.slice(48), 64)]);
      const words = [0, 1, 2, 3].map((index) => BigInt(ethers.dataSlice(padded, 32 * index, 32 * index + 32)));
      const raw = forged.toBytes(false);
      const signature = concat([48, 0, 144, 96].map((start) => raw.slice(start, start + 48)));
      expect(await bls.verify(digest, words as [bigint, bigint, bigint, bigint], signature)).to.equal(true);

      // He knows no secret of that key: neither his x nor sums of what the others have proved will do.
      const signer = walletOf(5);
      const account = signer.address;
      const attempts: Pick<Registration, "commitment" | "response">[] = [];
      const own = proveKnowledge({ secretKey: getBytes(toBeHex(known, 32)), account, chainId, directory: address });
      attempts.push(own);
      const binding = {
        secret: known,
        nonce: 7n,
        key,
        commitment: keyWords(publicKeyOf(getBytes(toBeHex(7, 32)))),
        account,
      };
      attempts.push({ commitment: binding.commitment, response: proofBy(fixture, binding) });
      const commitments = honest.reduce((total, { commitment }) => total.add(pointOf(commitment)), G1.Point.ZERO);
      const responses = honest.reduce((total, { response }) => total + response, 0n) % ORDER;
      attempts.push({ commitment: wordsOf(commitments.negate()), response: (ORDER - responses) % ORDER });
      for (const attempt of attempts) {
        const registration = await registrationOf(fixture, 5, { ...attempt, key, signer });
        await expect(directory.register([registration])).to.be.revertedWithCustomError(directory, refusal);
      }
      expect(await directory.idOfKey(key)).to.equal(NO_ID);
      expect(PublicKey.fromBytes(getBytes(concat([...key])), true).toBytes(false)).to.have.length(96); // a valid point
    });
  });

  describe("register: consent", () => {
    it("takes the call of the account itself without a signature, whatever the deadline", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, alice } = fixture;
      const registration = await registrationOf(fixture, 0, { account: alice.address, signature: "0x", deadline: 0n });
      await expect(directory.register([registration])).to.be.revertedWithCustomError(
        directory,
        "DirectorySignatureExpired",
      );
      await directory.connect(alice).register([registration]);
      expect(await directory.accountOf(0)).to.equal(alice.address);
    });

    it("checks a signature that the account brings along", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, alice, bob } = fixture;
      const registration = await registrationOf(fixture, 0, { signer: bob, account: alice.address });
      await expect(directory.connect(alice).register([registration])).to.be.revertedWithCustomError(
        directory,
        "DirectoryBadSignature",
      );
      await directory.connect(alice).register([await registrationOf(fixture, 0, { signer: alice })]);
    });

    it("asks a contract account, by its call or by ERC-1271", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, address, alice, bob } = fixture;
      const wallet = await ethers.deployContract("Erc1271Wallet", [alice]);
      const account = await wallet.getAddress();
      await expect(
        directory.register([await registrationOf(fixture, 0, { account, signer: bob })]),
      ).to.be.revertedWithCustomError(directory, "DirectoryBadSignature");
      await directory.register([await registrationOf(fixture, 0, { account, signer: alice })]);
      expect(await directory.accountOf(0)).to.equal(account);
      const own = await registrationOf(fixture, 1, { account, signature: "0x" });
      const data = directory.interface.encodeFunctionData("register", [[own]]);
      await wallet.connect(alice).getFunction("execute")(address, 0n, data);
      expect(await directory.accountOf(256)).to.equal(account);
    });

    it("takes an address with a delegation by its own signature, and never by its delegate's word (SET_22)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, bob } = fixture;
      const signer = walletOf(0);
      // Bob owns the delegate's code: asked by ERC-1271, it would say yes to his signature.
      const delegate = await ethers.deployContract("Erc1271Wallet", [bob]);
      await networkHelpers.setCode(signer.address, concat(["0xef0100", await delegate.getAddress()]));
      await networkHelpers.setStorageAt(signer.address, 0, zeroPadValue(bob.address, 32));
      const asked = await ethers.getContractAt("Erc1271Wallet", signer.address);
      expect(await asked.getFunction("owner")()).to.equal(bob.address);
      const wrong = await registrationOf(fixture, 0, { account: signer.address, signer: bob });
      await expect(directory.register([wrong])).to.be.revertedWithCustomError(directory, "DirectoryBadSignature");
      await directory.register([await registrationOf(fixture, 0)]);
      expect(await directory.accountOf(0)).to.equal(signer.address);
    });

    it("takes other code of 23 bytes for a contract", async () => {
      const fixture = await loadFixture(directoryFixture);
      await networkHelpers.setCode(walletOf(0).address, `0x${"5b".repeat(22)}00`);
      await expect(fixture.directory.register(await pageOf(fixture, 1))).to.be.revertedWithCustomError(
        fixture.directory,
        "DirectoryBadSignature",
      );
    });

    it("bounds what a hostile contract can burn and answer", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, alice } = fixture;
      const manners = ["Revert", "BurnGas", "LongSilence", "ShortAnswer", "DirtyAnswer", "WrongAnswer"];
      for (const manner of manners.keys()) {
        const wallet = await deployTyped<HostileWallet>(connection, "HostileWallet", [manner]);
        const registration = await registrationOf(fixture, 0, { account: await wallet.getAddress(), signer: alice });
        await expect(directory.register.staticCall([registration], { gasLimit: 250_000n }), manners[manner])
          .to.be.revertedWithCustomError(directory, "DirectoryBadSignature")
          .withArgs(registration.account);
      }
      const wallet = await deployTyped<HostileWallet>(connection, "HostileWallet", [manners.length]);
      await directory.register([
        await registrationOf(fixture, 0, { account: await wallet.getAddress(), signer: alice }),
      ]);
      expect(await directory.accountOf(0)).to.equal(await wallet.getAddress());
    });
  });

  describe("register: effects", () => {
    it("writes a full page, within the gas of one transaction (SET_23)", async function () {
      // Gas is another without the optimiser and with counters.
      if (isInstrumented) this.skip();
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      const page = await pageOf(fixture, FULL_PAGE);
      const receipt = await (await directory.register(page)).wait();
      expect(receipt?.gasUsed).to.be.lessThan(MAX_TRANSACTION_GAS);
      expect(await directory.pageCount()).to.equal(1n);
      const code = await ethers.provider.getCode(await directory.pageAt(0));
      expect(code).to.equal(concat(["0x00", ...page.map(rowOf)]));
      const last = page[FULL_PAGE - 1];
      expect(await directory.accountOf(FULL_PAGE - 1)).to.equal(last?.account);
      expect(await directory.accountOf(FULL_PAGE)).to.equal(ZeroAddress);
      expect(await directory.accountOf(255)).to.equal(ZeroAddress);
    });

    it("counts pages on and answers, emits and finds each id (SET_23)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      await directory.register(await pageOf(fixture, 2));
      const page = [
        await registrationOf(fixture, 2, { kinds: KEY_KINDS.cores }),
        await registrationOf(fixture, 3, { validUntil: 4_000_000_000n }),
      ];
      expect(await directory.register.staticCall(page)).to.equal(256n);
      const sent = directory.register(page);
      await expect(sent)
        .to.emit(directory, "AccountRegistered")
        .withArgs(page[0]?.account, 256n, KEY_KINDS.cores, VALID_FOREVER);
      await expect(sent)
        .to.emit(directory, "AccountRegistered")
        .withArgs(page[1]?.account, 257n, KEY_KINDS.all, 4_000_000_000n);
      for (const [index, { key, account, kinds, validUntil }] of page.entries()) {
        const id = 256n + BigInt(index);
        const record = await directory.recordOf(id);
        expect([record.account, [...record.key], record.kinds, record.validUntil]).to.deep.equal([
          account,
          [...key],
          BigInt(kinds),
          validUntil,
        ]);
        expect(await directory.accountOf(id)).to.equal(account);
        expect(await directory.idOfKey(key)).to.equal(id);
        expect(await directory.idOfKey(negated(key))).to.equal(id);
      }
      expect(await directory.idOfKey(keyOf(50))).to.equal(NO_ID);
    });

    it("binds several keys to one account", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      const signer = walletOf(0);
      await directory.register([
        await registrationOf(fixture, 0, { signer }),
        await registrationOf(fixture, 1, { signer, kinds: KEY_KINDS.cores }),
      ]);
      expect(await directory.accountOf(0)).to.equal(signer.address);
      expect(await directory.accountOf(1)).to.equal(signer.address);
    });

    it("leaves nothing behind when it reverts", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory } = fixture;
      const [first, second] = await pageOf(fixture, 2);
      if (first === undefined || second === undefined) throw new Error("no page");
      await expect(directory.register([first, { ...second, response: 1n }])).to.be.revertedWithCustomError(
        directory,
        "DirectoryBadProof",
      );
      expect(await directory.pageCount()).to.equal(0n);
      expect(await directory.idOfKey(first.key)).to.equal(NO_ID);
      await directory.register([first, second]);
    });

    it("reads a page that is far on (SET_23)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, address } = fixture;
      for (const [index, page] of [0x7f, 0xff, 0xffff, 2 ** 23 - 1].entries()) {
        await networkHelpers.setStorageAt(address, await pageCountSlot(fixture), toBeHex(page, 32));
        await networkHelpers.setNonce(address, page + 1);
        await directory.register(await pageOf(fixture, 1, index));
        expect(await directory.accountOf(256n * BigInt(page))).to.equal(walletOf(index).address);
      }
    });

    it("answers nothing for what is no id, and the address book's account for its ids (SET_23)", async () => {
      const fixture = await loadFixture(directoryFixture);
      const { directory, book } = fixture;
      await directory.register(await pageOf(fixture, 1));
      const listed = 2n ** 31n;
      await book.list([walletOf(7).address]);
      expect(await directory.ADDRESS_BOOK()).to.equal(await book.getAddress());
      expect(await directory.accountOf(listed)).to.equal(walletOf(7).address);
      const record = await directory.recordOf(listed);
      expect([record.account, [...record.key], record.kinds, record.validUntil]).to.deep.equal([
        walletOf(7).address,
        [...INFINITY],
        0n,
        0n,
      ]);
      for (const id of [1n, 255n, 256n, listed - 1n, listed + 1n, 2n ** 32n, 2n ** 32n + listed, NO_ID]) {
        expect(await directory.accountOf(id), `${id}`).to.equal(ZeroAddress);
        const { account, kinds } = await directory.recordOf(id);
        expect([account, kinds]).to.deep.equal([ZeroAddress, 0n]);
      }
    });
  });
});

/** Where `pageCount` is stored: the slot that a registration moves from 0 to 1. */
async function pageCountSlot({ directory, address }: DirectoryFixture): Promise<number> {
  for (let slot = 0; slot < 8; ++slot) {
    const before = await networkHelpers.getStorageAt(address, slot);
    await networkHelpers.setStorageAt(address, slot, toBeHex(5, 32));
    const isCount = (await directory.pageCount()) === 5n;
    await networkHelpers.setStorageAt(address, slot, before);
    if (isCount) return slot;
  }
  throw new Error("No such slot");
}
