import { readFileSync } from "node:fs";
import path from "node:path";
import { id } from "ethers";
import { ROOT } from "../../scripts/lib/paths.js";

const MINUTE = 60n;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;
/** What a risk pays, in billionths of its cover. */
const [ALL, HALF, QUARTER] = [1_000_000_000n, 500_000_000n, 250_000_000n];
const WAD = 10n ** 18n;

/** Something that is insured, and what the record says of it. Times are Unix seconds. */
export type RiskRecord = {
  /** One for each risk. */
  name: string;
  /** What the oracle is asked: the hash of the name. */
  data: string;
  start: bigint;
  end: bigint;
  /** What part of the cover is paid, in billionths. */
  ratio: bigint;
  /** How likely the loss is, times its size, by the statistics of all records, WAD. */
  baseRate: bigint;
};

/** Where records come from and what they insure, in words. */
export type RecordSet = { title: string; source: string; trigger: string; records: readonly RiskRecord[] };

type Flight = { date: string; delay: number; origin: string; destination: string };
type Quakes = {
  features: {
    properties: { mag: number | null; time: number; type: string };
    geometry: { coordinates: [number, number] };
  }[];
};

function read<T>(file: string): T {
  return JSON.parse(readFileSync(path.join(ROOT, "node_modules/vega-datasets/data", file), "utf8")) as T;
}

/** By rising start, and by name where two start together. */
function inOrder(records: RiskRecord[]): RiskRecord[] {
  return records.sort((a, b) => (a.start === b.start ? (a.name < b.name ? -1 : 1) : a.start < b.start ? -1 : 1));
}

/** The mean of the ratios of a group, as WAD; of few records, as if there were `prior` more of the mean of all. */
function ratesOf(groups: ReadonlyMap<string, readonly bigint[]>, prior: bigint): Map<string, bigint> {
  const all = [...groups.values()].flat();
  const sum = (ratios: readonly bigint[]): bigint => ratios.reduce((total, ratio) => total + ratio, 0n);
  const mean = (sum(all) * WAD) / ALL / BigInt(Math.max(all.length, 1));
  return new Map(
    [...groups].map(([name, ratios]) => [
      name,
      ((sum(ratios) * WAD) / ALL + prior * mean) / (BigInt(ratios.length) + prior),
    ]),
  );
}

/** The records with the base rate of their group. */
function rated(
  found: readonly (Omit<RiskRecord, "baseRate" | "data"> & { group: string })[],
  prior: bigint,
): RiskRecord[] {
  const groups = new Map<string, bigint[]>();
  for (const { group, ratio } of found) groups.set(group, [...(groups.get(group) ?? []), ratio]);
  const rates = ratesOf(groups, prior);
  return inOrder(
    found.map(({ group, ...record }) => ({ ...record, data: id(record.name), baseRate: rates.get(group) ?? 0n })),
  );
}

/** Delay in minutes to what is paid. */
function flightRatio(delay: number): bigint {
  if (delay >= 60) return ALL;
  return delay >= 30 ? HALF : 0n;
}

/** US flights of 2001, at most `count` of 20,000, as delay cover: the base rate is that of the hour of the day. */
export function readFlights(count = Infinity): RecordSet {
  const flights = read<Flight[]>("flights-20k.json");
  const every = Math.max(1, Math.floor(flights.length / count));
  const chosen = flights.filter((_, index) => index % every === 0).slice(0, Math.min(count, flights.length));
  const found = chosen.map(({ date, delay, origin, destination }, index) => {
    const start = BigInt(Date.parse(`${date.replaceAll("/", "-").replace(" ", "T")}Z`) / 1_000);
    return {
      name: `flight ${index} ${origin} ${destination} ${date}`,
      group: date.slice(11, 13),
      start,
      end: start + 6n * HOUR,
      ratio: flightRatio(delay),
    };
  });
  return {
    title: "Delayed flights",
    source: "flights-20k.json of vega-datasets: US flights of January to March 2001",
    trigger: "half of the cover for a delay of 30 minutes, all of it for an hour",
    records: rated(found, 20n),
  };
}

/** Magnitude to what is paid. */
function quakeRatio(magnitude: number): bigint {
  if (magnitude >= 5.5) return ALL;
  if (magnitude >= 5) return HALF;
  return magnitude >= 4.5 ? QUARTER : 0n;
}

const CELL = 10;

/** A week of earthquakes, as cover of each cell of ten degrees and each day: the base rate is that of the cell. */
export function readQuakes(): RecordSet {
  const quakes = read<Quakes>("earthquakes.json").features.filter(({ properties }) => properties.type === "earthquake");
  const cellOf = ([longitude, latitude]: [number, number]): string =>
    `${Math.floor(longitude / CELL) * CELL} ${Math.floor(latitude / CELL) * CELL}`;
  const dayOf = (time: number): bigint => (BigInt(time) / 1_000n / DAY) * DAY;
  const days = new Set<bigint>();
  const strongest = new Map<string, number>();
  const cells = new Set<string>();
  for (const { properties, geometry } of quakes) {
    const [cell, day] = [cellOf(geometry.coordinates), dayOf(properties.time)];
    cells.add(cell);
    days.add(day);
    const key = `${cell} ${day}`;
    strongest.set(key, Math.max(strongest.get(key) ?? 0, properties.mag ?? 0));
  }
  const found = [...cells].flatMap((cell) =>
    [...days].map((day) => ({
      name: `quake ${cell} ${day}`,
      group: cell,
      start: day,
      end: day + DAY,
      ratio: quakeRatio(strongest.get(`${cell} ${day}`) ?? 0),
    })),
  );
  return {
    title: "Earthquakes",
    source: "earthquakes.json of vega-datasets: USGS, all earthquakes of a week in 2018",
    trigger: "a quarter of the cover for magnitude 4.5 in a cell of ten degrees on a day, half for 5, all for 5.5",
    records: rated(found, 7n),
  };
}
