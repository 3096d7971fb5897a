import { parse, View, type Spec } from "vega";
import { curveOf, curveOut } from "../../../src/amm-curve.js";
import { PRICE_SCALE, rangeOffsets } from "../../../src/assets.js";
import { openPool, type PoolState } from "../../../src/models/amm-math.js";

const UNIT = 10n ** 18n;
/** The example of docs/amm.md: 20 of asset 0 and 2,000 of asset 1, at a price of 100, between 64 and 156.25. */
export const EXAMPLE = {
  amounts: { amount0: 20n * UNIT, amount1: 2_000n * UNIT },
  range: { low: 64n * PRICE_SCALE, high: (PRICE_SCALE * 15_625n) / 100n },
  fee: 3_000n,
  sold: 10n * UNIT,
} as const;

const POINTS = 60;
const WIDTH = 640;
const HEIGHT = 460;
const MOST = { x: 72, y: 5_000 };
/** Below the label of the upper edge. */
const PLAIN_FROM = 9.3;
const COLOURS = { range: "#1f5fbf", plain: "#6b7280", swap: "#c2410c", text: "#1f2328" } as const;

type Point = { x: number; y: number };
type Label = Point & { text: string; dx: number; dy: number; align: "left" | "right"; colour: string };

const number = (amount: bigint): number => Number((amount * 1_000_000_000n) / UNIT) / 1e9;

/** The pool of the example, with its range or plain. */
export function examplePool(kind: "range" | "plain"): PoolState {
  const { amounts, range, fee } = EXAMPLE;
  const offsets = kind === "range" ? rangeOffsets(range) : { alpha: 0n, beta: 0n };
  const key = { asset0: 1n, asset1: 2n, fee, ...offsets, flags: 0n };
  return openPool(key, amounts.amount0, amounts.amount1);
}

/** Real reserves from `from` to `to` of asset 0 along the curve of a pool: y = K / (x + offset 0) − offset 1. */
export function curve(pool: PoolState, from: number, to: number): Point[] {
  const [offset0, offset1] = [number(pool.offset0), number(pool.offset1)];
  const k = (number(pool.reserve0) + offset0) * (number(pool.reserve1) + offset1);
  return Array.from({ length: POINTS + 1 }, (_, i) => {
    const x = from + ((to - from) * i) / POINTS;
    return { x, y: Math.max(0, k / (x + offset0) - offset1) };
  });
}

/** Where the range's curve meets the axes. */
export function edges(pool: PoolState): { high: Point; low: Point } {
  const [x, y] = [number(pool.reserve0 + pool.offset0), number(pool.reserve1 + pool.offset1)];
  const [offset0, offset1] = [number(pool.offset0), number(pool.offset1)];
  return { high: { x: 0, y: (x * y) / offset0 - offset1 }, low: { x: (x * y) / offset1 - offset0, y: 0 } };
}

/** The picture of docs/amm.md, as SVG. */
export async function ammCurve(): Promise<string> {
  const [range, plain] = [examplePool("range"), examplePool("plain")];
  const today = { x: number(range.reserve0), y: number(range.reserve1) };
  const after = (pool: PoolState): Point => {
    const out = curveOut(curveOf(pool, true), EXAMPLE.sold) ?? 0n;
    return { x: number(pool.reserve0 + EXAMPLE.sold), y: number(pool.reserve1 - out) };
  };
  const { high, low } = edges(range);
  const ends = after(range);
  const plainEnds = after(plain);
  const paid = (end: Point): string => `${number(EXAMPLE.sold)} in, ${(today.y - end.y).toFixed(2)} out`;
  const labels: Label[] = [
    label(high, "upper edge, price 156.25: asset 1 only", { dx: 12, dy: -8 }),
    label(low, "lower edge, price 64: asset 0 only", { dx: 10, dy: -10 }),
    label(today, "today, price 100", { dx: 10, dy: -10 }),
    label(ends, `range pool: ${paid(ends)}`, { dx: -10, dy: 20, align: "right", colour: COLOURS.range }),
    label(plainEnds, `plain pool: ${paid(plainEnds)}`, { dx: 12, dy: -6, colour: COLOURS.plain }),
    label({ x: 12.5, y: 3_200 }, "plain pool: x · y = k", { dx: 8, dy: -6, colour: COLOURS.plain }),
    label({ x: 13, y: 2_750 }, "range pool", { dx: -14, dy: 14, align: "right", colour: COLOURS.range }),
  ];
  const view = new View(parse(specOf({ range, plain, today, ends, plainEnds, high, low, labels })), {
    renderer: "none",
  });
  return `${await view.toSVG()}\n`;
}

function label(at: Point, text: string, place: Partial<Label>): Label {
  return { ...at, text, dx: 0, dy: 0, align: "left", colour: COLOURS.text, ...place };
}

type Picture = {
  range: PoolState;
  plain: PoolState;
  today: Point;
  ends: Point;
  plainEnds: Point;
  high: Point;
  low: Point;
  labels: readonly Label[];
};

function specOf({ range, plain, today, ends, plainEnds, high, low, labels }: Picture): Spec {
  const place = { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" } } as const;
  const line = (data: string, colour: string, width: number, dash: number[] = []) => ({
    type: "line" as const,
    from: { data },
    encode: {
      enter: {
        ...place,
        stroke: { value: colour },
        strokeWidth: { value: width },
        ...(dash.length === 0 ? {} : { strokeDash: { value: dash } }),
      },
    },
  });
  const symbols = (data: string, colour: string, size: number) => ({
    type: "symbol" as const,
    from: { data },
    encode: {
      enter: {
        ...place,
        fill: { value: colour },
        stroke: { value: "white" },
        strokeWidth: { value: 1.5 },
        size: { value: size },
      },
    },
  });
  const axis = { grid: true, gridColor: "#e6e8eb", domainColor: COLOURS.text, tickColor: COLOURS.text } as const;
  const font = { labelColor: COLOURS.text, titleColor: COLOURS.text, labelFontSize: 12, titleFontSize: 13 } as const;
  return {
    $schema: "https://vega.github.io/schema/vega/v6.json",
    description: "Reserves of a range pool and of a plain pool that begin with the same amounts",
    width: WIDTH,
    height: HEIGHT,
    padding: { left: 76, right: 24, top: 16, bottom: 52 },
    autosize: "none",
    background: "white",
    data: [
      { name: "plain", values: curve(plain, PLAIN_FROM, MOST.x) },
      { name: "range", values: curve(range, high.x, low.x) },
      { name: "edges", values: [high, low] },
      { name: "today", values: [today] },
      { name: "ends", values: [ends, plainEnds] },
      { name: "way", values: [today, { x: ends.x, y: today.y }, ends] },
      { name: "labels", values: [...labels] },
    ],
    scales: [
      { name: "x", type: "linear", domain: [0, MOST.x], range: "width" },
      { name: "y", type: "linear", domain: [0, MOST.y], range: "height" },
    ],
    axes: [
      { scale: "x", orient: "bottom", title: "asset 0 in the pool", ...axis, ...font },
      { scale: "y", orient: "left", title: "asset 1 in the pool", ...axis, ...font },
    ],
    marks: [
      line("plain", COLOURS.plain, 2),
      line("range", COLOURS.range, 3),
      line("way", COLOURS.swap, 1.5, [5, 4]),
      symbols("edges", COLOURS.range, 90),
      symbols("ends", COLOURS.swap, 80),
      symbols("today", COLOURS.text, 110),
      {
        type: "text",
        from: { data: "labels" },
        encode: {
          enter: {
            ...place,
            text: { field: "text" },
            dx: { field: "dx" },
            dy: { field: "dy" },
            align: { field: "align" },
            fill: { field: "colour" },
            font: { value: "sans-serif" },
            fontSize: { value: 13 },
          },
        },
      },
    ],
  };
}
