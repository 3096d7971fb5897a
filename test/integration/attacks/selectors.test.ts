import erc1155 from "@openzeppelin/contracts/build/contracts/ERC1155.json" with { type: "json" };
import erc20Permit from "@openzeppelin/contracts/build/contracts/ERC20Permit.json" with { type: "json" };
import erc2612 from "@openzeppelin/contracts/build/contracts/IERC2612.json" with { type: "json" };
import erc3009 from "@openzeppelin/contracts/build/contracts/IERC3009.json" with { type: "json" };
import erc1363 from "@openzeppelin/contracts/build/contracts/IERC1363.json" with { type: "json" };
import erc3156 from "@openzeppelin/contracts/build/contracts/IERC3156FlashBorrower.json" with { type: "json" };
import erc4626 from "@openzeppelin/contracts/build/contracts/ERC4626.json" with { type: "json" };
import erc6909 from "@openzeppelin/contracts/build/contracts/ERC6909.json" with { type: "json" };
import erc721 from "@openzeppelin/contracts/build/contracts/ERC721.json" with { type: "json" };
import erc777 from "@openzeppelin/contracts/build/contracts/IERC777.json" with { type: "json" };
import erc777Recipient from "@openzeppelin/contracts/build/contracts/IERC777Recipient.json" with { type: "json" };
import erc777Sender from "@openzeppelin/contracts/build/contracts/IERC777Sender.json" with { type: "json" };
import { expect } from "chai";
import { Interface, type InterfaceAbi } from "ethers";
import { ILedgerProtocol__factory, Ledger__factory, LedgerFacade__factory } from "../../../typechain-types/index.js";

const WETH9 = [
  "function name() view returns (string)",
  "function approve(address guy, uint256 wad) returns (bool)",
  "function totalSupply() view returns (uint256)",
  "function transferFrom(address src, address dst, uint256 wad) returns (bool)",
  "function withdraw(uint256 wad)",
  "function decimals() view returns (uint8)",
  "function balanceOf(address) view returns (uint256)",
  "function symbol() view returns (string)",
  "function transfer(address dst, uint256 wad) returns (bool)",
  "function deposit() payable",
  "function allowance(address, address) view returns (uint256)",
];

const TOKEN_PERMISSIONS = "(address token, uint256 amount)";
const DETAILS = "(address token, uint160 amount, uint48 expiration, uint48 nonce)";
const TRANSFER = "(address to, uint256 requestedAmount)";
const PERMIT2 = [
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function allowance(address, address, address) view returns (uint160, uint48, uint48)",
  "function nonceBitmap(address, uint256) view returns (uint256)",
  "function approve(address token, address spender, uint160 amount, uint48 expiration)",
  `function permit(address owner, (${DETAILS} details, address spender, uint256 sigDeadline) single, bytes signature)`,
  `function permit(address owner, (${DETAILS}[] details, address spender, uint256 sigDeadline) batch, bytes signature)`,
  "function transferFrom(address from, address to, uint160 amount, address token)",
  "function transferFrom((address from, address to, uint160 amount, address token)[] details)",
  "function lockdown((address token, address spender)[] approvals)",
  "function invalidateNonces(address token, address spender, uint48 newNonce)",
  "function invalidateUnorderedNonces(uint256 wordPos, uint256 mask)",
  `function permitTransferFrom((${TOKEN_PERMISSIONS} permitted, uint256 nonce, uint256 deadline) permit, ${TRANSFER} details, address owner, bytes signature)`,
  `function permitTransferFrom((${TOKEN_PERMISSIONS}[] permitted, uint256 nonce, uint256 deadline) permit, ${TRANSFER}[] details, address owner, bytes signature)`,
  `function permitWitnessTransferFrom((${TOKEN_PERMISSIONS} permitted, uint256 nonce, uint256 deadline) permit, ${TRANSFER} details, address owner, bytes32 witness, string witnessType, bytes signature)`,
  `function permitWitnessTransferFrom((${TOKEN_PERMISSIONS}[] permitted, uint256 nonce, uint256 deadline) permit, ${TRANSFER}[] details, address owner, bytes32 witness, string witnessType, bytes signature)`,
];

const STRANGERS: Record<string, InterfaceAbi> = {
  "ERC-20 with permit": erc20Permit.abi,
  "ERC-2612": erc2612.abi,
  "ERC-3009": erc3009.abi,
  "ERC-721": erc721.abi,
  "ERC-777": erc777.abi,
  "ERC-777 recipient": erc777Recipient.abi,
  "ERC-777 sender": erc777Sender.abi,
  "ERC-1155": erc1155.abi,
  "ERC-1363": erc1363.abi,
  "ERC-3156 borrower": erc3156.abi,
  "ERC-4626": erc4626.abi,
  "ERC-6909": erc6909.abi,
  Permit2: PERMIT2,
  WETH9,
  ledger: Ledger__factory.abi,
  facade: LedgerFacade__factory.abi,
};

function selectorsOf(abi: InterfaceAbi): Map<string, string> {
  const selectors = new Map<string, string>();
  Interface.from(abi).forEachFunction((fragment) => selectors.set(fragment.selector, fragment.format("sighash")));
  return selectors;
}

describe("attacks", () => {
  it("selector collision", () => {
    const entries = selectorsOf(ILedgerProtocol__factory.abi);
    expect(entries.size).to.equal(2);
    for (const [name, abi] of Object.entries(STRANGERS)) {
      const selectors = selectorsOf(abi);
      expect(selectors.size, name).to.be.greaterThan(0);
      for (const [selector, signature] of selectors) {
        expect(entries.has(selector), `${name}: ${signature}`).to.equal(false);
      }
    }
    // The magic value is no plausible answer of another contract.
    for (const selector of entries.keys()) expect(["0x00000000", "0x00000001", "0xffffffff"]).to.not.include(selector);
  });
});
