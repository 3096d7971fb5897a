import { expect } from "chai";
import { analyseSources } from "../../../../scripts/lib/audit/analysis.js";
import { contractPage, documentedContracts } from "../../../../scripts/lib/package/natspec.js";

const SOURCES = {
  "contracts/interfaces/IVault.sol": `// SPDX-License-Identifier: MIT
    pragma solidity 0.8.37;
    interface IVault {
      /// @notice Nothing is there.
      error Empty(address account);
      event Opened(address indexed account);
      /// @notice Opens it.
      /// @dev Once.
      /// @param account Whose it is.
      /// @return id Its number.
      function open(address account) external returns (uint256 id);
    }`,
  "contracts/interfaces/IActions.sol": `// SPDX-License-Identifier: MIT
    pragma solidity 0.8.37;
    /// @notice What is sent.
    interface IActions { function act() external; }`,
  "contracts/interfaces/external/IOther.sol": `// SPDX-License-Identifier: MIT
    pragma solidity 0.8.37;
    interface IOther {}`,
  "contracts/Vault.sol": `// SPDX-License-Identifier: MIT
    pragma solidity 0.8.37;
    import { IVault } from "./interfaces/IVault.sol";
    abstract contract Base {}
    /// @notice Keeps things.
    contract Vault is IVault, Base {
      /// @notice How many there are.
      uint256 public count;
      /// @inheritdoc IVault
      function open(address account) external returns (uint256 id) {
        require(account != address(0), Empty(account));
        emit Opened(account);
        return ++count;
      }
    }`,
};

describe("pages about contracts", () => {
  const { contracts } = analyseSources(SOURCES);
  const documented = documentedContracts(contracts);

  it("are of deployed contracts, and of interfaces that none of them is named after", () => {
    expect(documented.map(({ name }) => name)).to.have.members(["Vault", "IActions"]);
  });

  it("say what the NatSpec says, inherited or not", () => {
    const vault = documented.find(({ name }) => name === "Vault");
    if (vault === undefined) throw new Error("There is no vault");
    expect(contractPage(vault).markdown.split("\n\n")).to.deep.equal([
      ...["---\ntitle: Vault\ngroup: Contracts\n---", "`contracts/Vault.sol`", "Keeps things."],
      ...["## Functions", "### count", "`function count() view returns (uint256)`", "How many there are."],
      ...["### open", "`function open(address account) returns (uint256 id)`", "Opens it.", "Once."],
      "- `account`: Whose it is.\n- returns `id`: Its number.",
      ...["## Events", "### Opened", "`event Opened(address indexed account)`"],
      ...["## Errors", "### Empty", "`error Empty(address account)`", "Nothing is there.\n"],
    ]);
  });
});
