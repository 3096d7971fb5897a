import type { Mutation } from "./mutation.js";

const OFFERING = "contracts/rwa/RwaOffering.sol";
const OFFERINGS = "contracts/rwa/RwaOfferings.sol";

export const OFFERING_BUGS: readonly Mutation[] = [
  {
    invariant: "OFR-1",
    bug: "a refund leaves the payment in escrow",
    file: OFFERINGS,
    find: "else sale.escrowed -= payment;",
    replace: "",
  },
  {
    invariant: "OFR-2",
    bug: "a claim leaves the allotment",
    file: OFFERINGS,
    find: "delete _offerings[sale.id].allotments[account]; sale.owed -= units;",
    replace: "sale.owed -= units;",
  },
  {
    invariant: "OFR-3",
    bug: "proceeds are paid twice",
    file: OFFERING,
    find: "proceeds = earned - share - totals.withdrawn;",
    replace: "proceeds = earned - share;",
  },
  {
    invariant: "OFR-4",
    bug: "the cost rounds down",
    file: OFFERINGS,
    find: "return Math.mulDiv(price, units, PRICE_SCALE, Math.Rounding.Ceil);",
    replace: "return Math.mulDiv(price, units, PRICE_SCALE);",
  },
  {
    invariant: "OFR-4",
    bug: "the inventory does not limit a sale",
    file: OFFERINGS,
    find: "return sale.inventory < left ? sale.inventory : left;",
    replace: "return left;",
  },
  {
    invariant: "OFR-5",
    bug: "units go to whomever the call says",
    file: OFFERING,
    find: "if (isCallers && outputs.amount(1) != 0) shareId = CALLER_ONLY;",
    replace: "",
  },
  {
    invariant: "OFR-6",
    bug: "a success ends all refunds",
    file: OFFERINGS,
    find: "if (units != 0 && _isDeliverable(terms.asset, account)) return 0;",
    replace: "return 0;",
  },
  {
    invariant: "OFR-7",
    bug: "what was sold counts",
    file: OFFERINGS,
    find: "return earned >= _costOf(terms.price, terms.softCap);",
    replace: "return true;",
  },
  {
    invariant: "OFR-7",
    bug: "units and proceeds leave at the close",
    file: OFFERINGS,
    find: "block.timestamp >= _closeOf(terms, closedAt) + PAYOUT_DELAY;",
    replace: "block.timestamp >= _closeOf(terms, closedAt);",
  },
  {
    invariant: "OFR-7",
    bug: "payments go back at the close",
    file: OFFERINGS,
    find: "if (isSettled || !_isClosed(sale) || !_paysOut(terms, sale.closedAt)) return 0;",
    replace: "if (isSettled || !_isClosed(sale)) return 0;",
  },
  {
    invariant: "OFR-7",
    bug: "who has paid waits for what cannot come",
    file: OFFERINGS,
    find: "|| sale.earned + sale.escrowed < needed;",
    replace: ";",
  },
  {
    invariant: "OFR-8",
    bug: "a moment's refusal is enough",
    file: OFFERINGS,
    find: "} else if (block.timestamp >= refusedAt + SETTLEMENT) {",
    replace: "} else {",
  },
];
