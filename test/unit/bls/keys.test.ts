import { expect } from "chai";
import { SecretKey } from "@chainsafe/blst";
import { getBytes, id, TypedDataEncoder, verifyTypedData, Wallet } from "ethers";
import {
  deriveKey,
  exportKey,
  importKey,
  keyTypedData,
  KEY_STATEMENT,
  LakhError,
  requestKey,
  secretFrom,
  type Bls,
  type CoSigningKey,
  type ExportedKey,
  type KeyCode,
} from "../../../src/index.js";
import { nativeBls } from "../../helpers/bls.js";
import { expectCode } from "../../helpers/expect-code.js";

const DIRECTORY = "0x3333333333333333333333333333333333333333";
const wallet = new Wallet(id("wallet"));
const options = { account: wallet.address, chainId: 31337n, directory: DIRECTORY };

async function expectRefusal(action: Promise<unknown>, code: KeyCode): Promise<void> {
  try {
    await action;
  } catch (error) {
    expect(error).to.be.instanceOf(LakhError).with.property("code", code);
    return;
  }
  expect.fail(`Nothing was thrown where ${code} was expected`);
}

describe("bls/keys", () => {
  let bls: Bls;
  before(async () => {
    bls = await nativeBls();
  });

  it("asks for a signature that says what it is", () => {
    const { domain, types, message } = keyTypedData({ ...options, index: 3n });
    expect(domain).to.deep.equal({ name: "Lakh", version: "1", chainId: 31337n, verifyingContract: DIRECTORY });
    expect(new TypedDataEncoder(types).encodeType("CoSigningKey")).to.equal(
      "CoSigningKey(string statement,address account,uint256 index)",
    );
    expect(message).to.deep.equal({ statement: KEY_STATEMENT, account: wallet.address, index: 3n });
    expect(KEY_STATEMENT)
      .to.match(/co-sign/)
      .and.match(/only on a site you trust/i);
  });

  it("makes secrets as EIP-2333 does", () => {
    for (const seed of ["a", "b", "c"].map((text) => getBytes(id(text)))) {
      expect(secretFrom(seed)).to.deep.equal(Uint8Array.from(SecretKey.deriveMasterEip2333(seed).toBytes()));
    }
    // the first test case of EIP-2333
    const seed =
      "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04";
    const master = 6083874454709270928345386274498605044986640685124978867557563392430687146096n;
    expect(BigInt(`0x${Buffer.from(secretFrom(Buffer.from(seed, "hex"))).toString("hex")}`)).to.equal(master);
  });

  it("makes one key of one account, chain, directory and index", async () => {
    const key = await requestKey({ ...options, signer: wallet, bls });
    expect(await requestKey({ ...options, signer: wallet, bls })).to.deep.equal(key);
    expect(key.publicKey).to.deep.equal(bls.publicKeyOf(key.secret));
    const other = new Wallet(id("another wallet"));
    const others = [
      { ...options, index: 1n, signer: wallet },
      { ...options, chainId: 1n, signer: wallet },
      { ...options, directory: wallet.address, signer: wallet },
      { ...options, account: other.address, signer: other },
    ];
    for (const different of others) expect(await requestKey({ ...different, bls })).not.to.deep.equal(key);
  });

  it("takes the recovery bit in either form", async () => {
    const { domain, types, message } = keyTypedData(options);
    const signature = await wallet.signTypedData(domain, types, message);
    const parity = Number.parseInt(signature.slice(-2), 16) - 27;
    expect(deriveKey({ ...options, bls, signature: `${signature.slice(0, -2)}0${parity}` })).to.deep.equal(
      deriveKey({ ...options, bls, signature }),
    );
  });

  it("refuses a wallet that signs differently each time, another account and what is no signature", async () => {
    const other = new Wallet(id("another wallet"));
    let asked = 0;
    const { signTypedData } = {
      signTypedData: async (...args: Parameters<typeof wallet.signTypedData>) =>
        (asked++ === 0 ? wallet : other).signTypedData(...args),
    };
    await expectRefusal(requestKey({ ...options, bls, signer: { signTypedData } }), "NotDeterministic");
    await expectRefusal(requestKey({ ...options, bls, signer: other }), "NotTheAccount");
    expectCode(() => deriveKey({ ...options, bls, signature: "0x1234" }), "InvalidSignature");
    const { domain, types, message } = keyTypedData(options);
    const signature = await wallet.signTypedData(domain, types, message);
    expect(verifyTypedData(domain, types, message, signature)).to.equal(wallet.address);
  });

  describe("export", () => {
    let key: CoSigningKey;
    let exported: ExportedKey;
    before(async () => {
      key = await requestKey({ ...options, signer: wallet, bls });
      exported = JSON.parse(JSON.stringify(await exportKey(key, "correct horse"))) as ExportedKey;
    });

    it("comes back under its password, and holds no secret in the clear", async () => {
      expect(await importKey({ exported, password: "correct horse", bls })).to.deep.equal(key);
      expect(JSON.stringify(exported)).not.to.include(Buffer.from(key.secret).toString("hex"));
    });

    it("refuses a wrong password, and a file that was changed", async () => {
      await expectRefusal(importKey({ exported, password: "battery staple", bls }), "WrongPassword");
      const publicKey = `0x${Buffer.from(bls.publicKeyOf(secretFrom(key.secret))).toString("hex")}`;
      await expectRefusal(
        importKey({ exported: { ...exported, publicKey }, password: "correct horse", bls }),
        "WrongPassword",
      );
    });

    it("refuses what it does not know, and costs beyond measure", async () => {
      const changed: ExportedKey[] = [
        { ...exported, version: 2 as 1 },
        { ...exported, kdf: { ...exported.kdf, n: 1 << 24 } },
        { ...exported, kdf: { ...exported.kdf, n: 3 } },
        { ...exported, kdf: { ...exported.kdf, name: "pbkdf2" as "scrypt" } },
        { ...exported, cipher: { ...exported.cipher, name: "none" as "AES-256-GCM" } },
      ];
      for (const file of changed) {
        await expectRefusal(importKey({ exported: file, password: "correct horse", bls }), "UnknownFormat");
      }
    });

    it("refuses a public key that is not the secret's", async () => {
      const wrong = await exportKey(
        { secret: key.secret, publicKey: bls.publicKeyOf(secretFrom(key.secret)) },
        "horse",
      );
      await expectRefusal(importKey({ exported: wrong, password: "horse", bls }), "WrongKey");
    });
  });
});
