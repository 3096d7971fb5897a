import type { HDNodeWallet, Wallet } from "ethers";
import {
  checkAndSign,
  KEY_KINDS,
  OpenRoots,
  orderMessageOf,
  orderTypedData,
  proveKnowledge,
  registerTypedData,
  requestKey,
  shareAt,
  VALID_FOREVER,
  type Bls,
  type BuiltBatch,
  type CoSigningKey,
  type DigestParts,
  type OrderOperation,
  type Registration,
  type Trusted,
} from "../../../src/index.js";

/** Who signs with a co-signing key, and the deployment that he knows. */
export type CosignerOptions = { wallet: HDNodeWallet | Wallet; key: CoSigningKey; bls: Bls; trusted: Trusted };

/** A wallet that signs batches, and decides by itself what it signs. */
export class Cosigner {
  readonly address: string;
  readonly key: CoSigningKey;
  /** His id in the directory, once he is registered. */
  id = -1;
  readonly #wallet: CosignerOptions["wallet"];
  readonly #bls: Bls;
  readonly #trusted: Trusted;
  readonly #openRoots = new OpenRoots();

  constructor({ wallet, key, bls, trusted }: CosignerOptions) {
    this.address = wallet.address;
    this.key = key;
    this.#wallet = wallet;
    this.#bls = bls;
    this.#trusted = trusted;
  }

  /** Derives the key of a wallet from its signature. */
  static async open({ wallet, bls, trusted }: Omit<CosignerOptions, "key">): Promise<Cosigner> {
    const { chainId, directory } = trusted;
    const key = await requestKey({ signer: wallet, bls, account: wallet.address, chainId, directory });
    return new Cosigner({ wallet, key, bls, trusted });
  }

  /** His entry of a page of the directory, which anybody may submit until `deadline` (Unix seconds, inclusive). */
  async registration(deadline: bigint): Promise<Registration> {
    const { chainId, directory } = this.#trusted;
    const account = this.address;
    const proof = proveKnowledge({ secretKey: this.key.secret, account, chainId, directory });
    const terms = { account, kinds: KEY_KINDS.all, validUntil: VALID_FOREVER, deadline };
    const { domain, types, message } = registerTypedData({ directory, chainId, key: proof.key, ...terms });
    return { ...proof, ...terms, signature: await this.#wallet.signTypedData(domain, types, message) };
  }

  /** His share of a batch's signature, once he has seen that it does what he wants. `now` in Unix seconds. */
  sign({
    batch,
    parts,
    operations,
    now,
  }: {
    batch: BuiltBatch;
    parts: DigestParts;
    operations: readonly OrderOperation[];
    now: number;
  }): Uint8Array {
    return checkAndSign({
      ...shareAt(batch, batch.encoded.ids.indexOf(this.id)),
      ...{ bls: this.#bls, secret: this.key.secret, trusted: this.#trusted, openRoots: this.#openRoots },
      ...{ intended: { id: this.id, operations }, parts, now },
    });
  }

  /** A signature that is well-formed and of something else. */
  forge(digest: Uint8Array): Uint8Array {
    return this.#bls.sign(this.key.secret, digest.toReversed());
  }

  /** His EIP-712 signature of the operations, in place of his co-signing key; `deadline` as in a registration. */
  async signOrder(
    operations: readonly OrderOperation[],
    { deadline, addressOf }: { deadline: number; addressOf: (id: number) => string },
  ) {
    const { chainId, settlement } = this.#trusted;
    const { domain, types, message } = orderTypedData({
      ...{ chainId, settlement, id: this.id, account: this.address, deadline: BigInt(deadline) },
      operations: operations.map((operation) => orderMessageOf(operation, addressOf)),
    });
    return { deadline, bound: false, signature: await this.#wallet.signTypedData(domain, types, { ...message }) };
  }
}
