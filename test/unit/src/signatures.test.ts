import { expect } from "chai";
import { network } from "#chain";
import { at, deployLakh, type LakhFixture } from "../../helpers/deploy.js";

const CHAIN_ID = 31337n;
const DEADLINE = 1n << 40n;
const AMOUNT = 1_000_000n;

async function fixture(): Promise<LakhFixture & { token: string }> {
  const deployed = await deployLakh(await network.create());
  const token = at(deployed.tokens, 0);
  await token.mint(deployed.admin, AMOUNT);
  return { ...deployed, token: await token.getAddress() };
}

describe("src/signatures", () => {
  it("builds an EIP-2612 permit that the token accepts", async () => {
    const { lakh, admin, token, tokens, ledger } = await fixture();
    const value = AMOUNT;
    const typed = lakh.ledger.permitTypedData({
      token: { address: token, name: await at(tokens, 0).name() },
      chainId: CHAIN_ID,
      owner: admin.address,
      value,
      nonce: 0n,
      deadline: DEADLINE,
    });
    const signature = await admin.signTypedData(typed.domain, typed.types, typed.message);
    const request = lakh.ledger.multicall([
      lakh.ledger.permit({ token, value, deadline: DEADLINE, signature }),
      lakh.ledger.deposit({ token, amount: AMOUNT }),
    ]);
    await admin.sendTransaction(request);
    expect(await ledger.balanceOf(admin, BigInt(token))).to.equal(AMOUNT);
  });

  it("builds a Permit2 allowance that Permit2 accepts", async () => {
    const { lakh, admin, token, permit2, ledger } = await fixture();
    const typed = lakh.ledger.permit2TypedData({
      chainId: CHAIN_ID,
      details: { token, amount: AMOUNT, expiration: DEADLINE, nonce: 0n },
      sigDeadline: DEADLINE,
    });
    const signature = await admin.signTypedData(typed.domain, typed.types, typed.message);
    await admin.sendTransaction(lakh.ledger.permit2({ permitted: typed.message, signature }));
    expect(await permit2.allowance(admin, token, ledger)).to.deep.equal([AMOUNT, DEADLINE, 1n]);
  });

  it("builds a Permit2 deposit for its owner, with the defaults of the request", async () => {
    const { lakh, admin, token, tokens, permit2, ledger } = await fixture();
    await at(tokens, 0).approve(permit2, AMOUNT);
    const permitted = { permitted: { token, amount: AMOUNT }, nonce: 77n, deadline: DEADLINE };
    const typed = lakh.ledger.permit2DepositTypedData({
      chainId: CHAIN_ID,
      permitted,
      witness: { to: admin.address, minimum: AMOUNT },
    });
    const signature = await admin.signTypedData(typed.domain, typed.types, typed.message);
    await admin.sendTransaction(lakh.ledger.depositWithPermit2({ owner: admin.address, permitted, signature }));
    expect(await ledger.balanceOf(admin, BigInt(token))).to.equal(AMOUNT);
  });

  it("builds a Permit2 deposit with its witness, for any submitter", async () => {
    const { lakh, admin, signers, token, tokens, permit2, ledger } = await fixture();
    const submitter = at(signers, 1);
    await at(tokens, 0).approve(permit2, AMOUNT);
    const permitted = { permitted: { token, amount: AMOUNT }, nonce: 1n, deadline: DEADLINE };
    const witness = { to: at(signers, 2).address, minimum: AMOUNT - 1n };
    const typed = lakh.ledger.permit2DepositTypedData({ chainId: CHAIN_ID, permitted, witness });
    const signature = await admin.signTypedData(typed.domain, typed.types, typed.message);
    const owner = admin.address;
    const diverted = lakh.ledger.depositWithPermit2({ owner, permitted, signature, ...witness, to: submitter.address });
    await expect(submitter.sendTransaction(diverted)).to.be.revertedWithCustomError(permit2, "InvalidSigner");
    await submitter.sendTransaction(lakh.ledger.depositWithPermit2({ owner, permitted, signature, ...witness }));
    expect(await ledger.balanceOf(witness.to, BigInt(token))).to.equal(AMOUNT);
  });
});
