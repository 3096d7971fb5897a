import { behavesLikeErc7943, type Erc7943 } from "../../behaviors/erc7943.js";
import { NEVER } from "../../helpers/ledger-fixture.js";
import { rwaFacadeFixture, UNITS } from "../../helpers/rwa-fixture.js";

const NO_RULES = { send: "", receive: "", frozen: "", rule: "" };
const LEDGER_REFUSES = "LedgerTransferRefused";

/** What asset and facade have in common. Bob has given all that he had away. */
async function commonFixture() {
  const fixture = await rwaFacadeFixture();
  const { registry, agency, ledger, id, carol, dave, alice, bob } = fixture;
  await agency.connect(carol).burn(id, bob, UNITS);
  const common = {
    ...{ agent: carol, alice, bob, stranger: dave, balance: UNITS, refused: NO_RULES },
    pause: (isPaused: boolean) => agency.connect(carol).setPaused(id, isPaused),
    admit: (account: string, maySend: boolean, mayReceive: boolean) =>
      registry.setAccount(account, {
        ...{ sendUntil: maySend ? NEVER - 1n : 0n, receiveUntil: mayReceive ? NEVER - 1n : 0n },
        ...{ country: 276n, classes: 0n },
      }),
    balanceOf: (account: string) => ledger.balanceOf(account, id),
  };
  return { ...fixture, common };
}

async function assetFixture(): Promise<Erc7943> {
  const { common, core, agency, ledger, id } = await commonFixture();
  const canTransfer = core.getFunction("canTransfer(address,address,uint256,uint256)");
  return {
    ...common,
    ...{ interfaceId: "0x41c4fbad", token: core, base: ledger, thrower: ledger },
    transfer: (from, to, amount) => ledger.connect(from).transfer(to, id, amount),
    pull: (spender, from, to, amount) => ledger.connect(spender).transferFrom(from, to, id, amount),
    approve: (owner, spender, amount) => ledger.connect(owner).approve(spender, id, amount),
    force: (agent, from, to, amount) => core.connect(agent).forcedTransfer(from, to, id, amount),
    freeze: (agent, account, amount) => core.connect(agent).setFrozenTokens(account, id, amount),
    mint: (agent, to, amount) => agency.connect(agent).mint(id, to, amount),
    burn: (agent, from, amount) => agency.connect(agent).burn(id, from, amount),
    canTransfer: async (from, to, amount) => await canTransfer.staticCall(from, to, id, amount),
    canSend: (account) => core.canSend(account),
    canReceive: (account) => core.canReceive(account),
    frozenOf: (account) => core.getFrozenTokens(account, id),
    frozenArgs: (account, amount) => [account, id, amount],
    forcedArgs: (from, to, amount) => [from, to, id, amount],
    refused: { send: LEDGER_REFUSES, receive: LEDGER_REFUSES, frozen: LEDGER_REFUSES, rule: LEDGER_REFUSES },
  };
}

async function facadeFixture(): Promise<Erc7943> {
  const { common, facade } = await commonFixture();
  return {
    ...common,
    ...{ interfaceId: "0x3edbb4c4", token: facade, base: facade, thrower: facade },
    transfer: (from, to, amount) => facade.connect(from).transfer(to, amount),
    pull: (spender, from, to, amount) => facade.connect(spender).transferFrom(from, to, amount),
    approve: (owner, spender, amount) => facade.connect(owner).approve(spender, amount),
    force: (agent, from, to, amount) => facade.connect(agent).forcedTransfer(from, to, amount),
    freeze: (agent, account, amount) => facade.connect(agent).setFrozenTokens(account, amount),
    mint: (agent, to, amount) => facade.connect(agent).mint(to, amount),
    burn: (agent, from, amount) => facade.connect(agent).burn(from, amount),
    canTransfer: (from, to, amount) => facade.canTransfer(from, to, amount),
    canSend: (account) => facade.canSend(account),
    canReceive: (account) => facade.canReceive(account),
    frozenOf: (account) => facade.getFrozenTokens(account),
    frozenArgs: (account, amount) => [account, amount],
    forcedArgs: (from, to, amount) => [from, to, amount],
    refused: {
      ...{ send: "ERC7943CannotSend", receive: "ERC7943CannotReceive" },
      ...{ frozen: "ERC7943InsufficientUnfrozenBalance", rule: "ERC7943CannotTransfer" },
    },
  };
}

behavesLikeErc7943("RwaCore as ERC-7943 on ERC-6909", assetFixture);
behavesLikeErc7943("RwaFacade as ERC-7943 on ERC-20", facadeFixture);
