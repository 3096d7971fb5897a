import { behavesLikeErc4626 } from "../../behaviors/erc4626.js";
import { WAD } from "../../helpers/ledger-fixture.js";
import {
  DAY,
  decimalsVaultFixture,
  earningVaultFixture,
  facadeVaultFixture,
  STAKE,
  stakedVaultFixture,
  waitFor,
} from "../../helpers/staked-vault-fixture.js";

/** A token of 18 decimals, before anything was earned. */
async function fresh() {
  const { vault, token, alice: depositor, stranger } = await stakedVaultFixture();
  await vault.connect(depositor).deposit(STAKE, depositor);
  return { vault, token, depositor, stranger, amount: 3n * WAD };
}

/** Profit that drips. */
async function dripping() {
  const fixture = await earningVaultFixture();
  const { compounding: vault, token, alice: depositor, stranger } = fixture;
  await waitFor(7n * DAY);
  await vault.harvest();
  await waitFor(DAY);
  return { vault, token, depositor, stranger, amount: 3n * WAD };
}

/** LP shares by their facade. */
async function facade() {
  const { vault, token, alice: depositor, stranger } = await facadeVaultFixture();
  await vault.connect(depositor).deposit(STAKE, depositor);
  return { vault, token, depositor, stranger, amount: 3n * WAD };
}

async function ofDecimals(decimals: number) {
  const { vault, token, alice: depositor, stranger } = await decimalsVaultFixture(decimals);
  return { vault, token, depositor, stranger, amount: 123n };
}

async function sixDecimals() {
  return ofDecimals(6);
}

async function noDecimals() {
  return ofDecimals(0);
}

describe("StakedVault", () => {
  describe("of a token, before profit", () => behavesLikeErc4626(fresh));
  describe("of a token, while profit drips", () => behavesLikeErc4626(dripping));
  describe("of LP shares by their facade", () => behavesLikeErc4626(facade));
  describe("of a token of six decimals", () => behavesLikeErc4626(sixDecimals));
  describe("of a token without decimals", () => behavesLikeErc4626(noDecimals));
});
