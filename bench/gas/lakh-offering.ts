import { id as hashOf } from "ethers";
import { offeringBook, offeringCost, offeringOf, offeringPrice, type Offering } from "../../src/index.js";
import type { Lab } from "./lab.js";
import { RWA_TOKENS, type LakhRwa } from "./lakh-rwa.js";
import { EffectError } from "./measure.js";
import { UNIT } from "./peer-kit.js";
import type { SectionBook } from "./sections.js";
import { entryOf, type Words } from "./staking-model.js";

const DAY = 86_400n;
/** Both of them last so long, and their hard cap is never reached. */
const WINDOW = 30n * DAY;
const UNITS = 100_000n * UNIT;
/** Of a unit. */
const PRICE = 50n * UNIT;

type Allotment = { units: bigint; payment: bigint; isSettled: boolean };

/** What an offering has sold, in integers; `RwaOfferings` says what each action adds where. */
export class OfferingModel {
  readonly #isEscrow: boolean;
  readonly #allotments = new Map<string, Allotment>();
  #sold = 0n;
  #earned = 0n;
  #owed = 0n;
  #escrowed = 0n;

  constructor({ isEscrow }: { isEscrow: boolean }) {
    this.#isEscrow = isEscrow;
  }

  subscribe(account: string, { units, cost }: { units: bigint; cost: bigint }): void {
    this.#sold += units;
    if (!this.#isEscrow) {
      this.#earned += cost;
      return;
    }
    [this.#owed, this.#escrowed] = [this.#owed + units, this.#escrowed + cost];
    const allotment = this.#allotmentOf(account);
    [allotment.units, allotment.payment] = [allotment.units + units, allotment.payment + cost];
  }

  settle(account: string): void {
    const allotment = this.#allotmentOf(account);
    if (allotment.isSettled) return;
    allotment.isSettled = true;
    [this.#earned, this.#escrowed] = [this.#earned + allotment.payment, this.#escrowed - allotment.payment];
  }

  /** The units that the account gets. */
  claim(account: string): bigint {
    this.settle(account);
    const { units } = this.#allotmentOf(account);
    this.#allotments.delete(account);
    this.#owed -= units;
    return units;
  }

  words(): Words {
    return { sold: this.#sold, earned: this.#earned, owed: this.#owed, escrowed: this.#escrowed };
  }

  allotmentWords(account: string): Words {
    const { units, payment, isSettled } = this.#allotmentOf(account);
    return { units, payment, isSettled: BigInt(isSettled) };
  }

  #allotmentOf(account: string): Allotment {
    return entryOf(this.#allotments, account, () => ({ units: 0n, payment: 0n, isSettled: false }));
  }
}

/** An offering of the maker's units and its model in the same state. */
export type LakhOffering = {
  terms: Offering;
  book: SectionBook;
  model: OfferingModel;
  costOf: (units: bigint) => bigint;
  /** Compares every word of the offering and of these buyers with the model. */
  check: (title: string, buyers: readonly string[]) => Promise<void>;
};

/** Opens an offering of the asset for 30 days, without a soft cap or with one that is sold out of by the first unit. */
export async function openLakhOffering(
  lab: Lab,
  { rwa, id, model, moment }: LakhRwa,
  { isEscrow }: { isEscrow: boolean },
): Promise<LakhOffering> {
  const { maker } = lab;
  const core = rwa.offering.address;
  const time = await moment(false);
  const terms = offeringOf({
    ...{ payAsset: await lab[RWA_TOKENS.payment].getAddress(), asset: id, seller: maker.address },
    ...{ start: time, end: time + WINDOW, price: offeringPrice({ amount: PRICE, units: UNIT }) },
    ...{ softCap: isEscrow ? UNIT : 0n, hardCap: UNITS, fee: 0n, salt: hashOf(isEscrow ? "escrow" : "at once") },
  });
  model.transfer({ from: maker.address, to: core, amount: UNITS, time });
  await lab.send(maker, rwa.offering.create({ terms, units: UNITS, maxListingFee: 0n }));
  const offering = new OfferingModel({ isEscrow });
  const offeringId = rwa.offering.idOf({ terms });
  const { contract } = rwa.offering;
  return {
    ...{ terms, model: offering, costOf: (units) => offeringCost(terms, units) },
    book: { ...offeringBook({ core, terms }), shareId: 0n },
    async check(title, buyers) {
      const compare = (words: Words, expected: Words, whose: string): void => {
        for (const [label, value] of Object.entries(expected)) {
          if (words[label] === value) continue;
          throw new EffectError(`${title}: ${label} of ${whose} is ${words[label] ?? "unknown"}, not ${value}.`);
        }
      };
      const { sold, earned, owed, escrowed } = await contract.totalsOf(offeringId);
      compare({ sold, earned, owed, escrowed }, offering.words(), "the offering");
      for (const buyer of buyers) {
        const { units, payment, isSettled } = await contract.allotmentOf(offeringId, buyer);
        compare({ units, payment, isSettled: BigInt(isSettled) }, offering.allotmentWords(buyer), buyer);
      }
    },
  };
}
