import { expect } from "chai";
import { ZeroHash } from "ethers";
import { riskTerms } from "../../../src/index.js";
import { RelayerClient, RelayerClientError, type ClientOrder } from "../../../src/relayer-client.js";
import { insuranceOperations } from "../../../src/settlement/insurance-operations.js";

const ADDRESS = "0x1111111111111111111111111111111111111111";
const REFERRER = "0x2222222222222222222222222222222222222222";
const risk = riskTerms({
  ...{
    product: ZeroHash,
    oracleData: ZeroHash,
    terms: "",
    baseRate: 5n,
    cutoff: 1_000n,
    end: 2_000n,
    reportBy: 3_000n,
  },
});

describe("src/relayer-client", () => {
  it("submits no operation with parameters of its own, and nothing when it is closed", async () => {
    const client = new RelayerClient({
      ...{ url: "ws://nowhere", chainId: 1n, settlement: ADDRESS, directory: ADDRESS, relayer: ADDRESS, account: 3 },
      sign: (digest) => digest,
      open: () => ({ send: () => undefined, close: () => undefined, addEventListener: () => undefined }),
    });
    const purchase = { desk: ADDRESS, risk, asset: ADDRESS, sequence: 4, cost: 5n, minCover: 6n };
    const orderOf = (id: string, referrer?: string): ClientOrder => {
      const operations = [
        insuranceOperations.buyCover({ ...purchase, ...(referrer === undefined ? {} : { referrer }) }),
      ];
      return { id, operations, deadline: 1_000 };
    };
    const codeOf = async (order: ClientOrder): Promise<unknown> =>
      client.submit(order).catch((error: unknown) => (error instanceof RelayerClientError ? error.code : error));
    expect(await codeOf(orderOf("first", REFERRER))).to.equal("OwnParameters");
    expect(client.open).to.deep.equal([]);
    void client.submit(orderOf("second"));
    expect(client.open.map(({ id }) => id)).to.deep.equal(["second"]);
    client.close();
    expect(await codeOf(orderOf("third"))).to.equal("Closed");
  });
});
