import { parse, View, type Spec } from "vega";
import { DOLLAR } from "../../scripts/lib/demo/market.js";
import { type ReplayReport } from "./replay.js";

const WIDTH = 640;
const HEIGHT = 200;
const GAP = 56;
const COLOURS = { capital: "#1f5fbf", premiums: "#15803d", payouts: "#c2410c", text: "#1f2328" } as const;

/** Capital, premiums and payouts since the beginning, one replay below the other, as SVG. */
export async function replayPicture(reports: readonly ReplayReport[]): Promise<string> {
  const view = new View(parse(specOf(reports)), { renderer: "none" });
  return `${await view.toSVG()}\n`;
}

function specOf(reports: readonly ReplayReport[]): Spec {
  const font = { labelColor: COLOURS.text, titleColor: COLOURS.text, labelFontSize: 11, titleFontSize: 12 } as const;
  const thousands = (amount: bigint): number => Number(amount) / Number(DOLLAR) / 1e3;
  const lines = [
    ["capital", "capital"],
    ["premiums", "money"],
    ["payouts", "money"],
  ] as const;
  return {
    $schema: "https://vega.github.io/schema/vega/v6.json",
    description: "An underwriting pool's capital, premiums and payouts over time",
    width: WIDTH,
    height: reports.length * (HEIGHT + GAP) - GAP,
    padding: { left: 80, right: 70, top: 30, bottom: 40 },
    autosize: "none",
    background: "white",
    marks: reports.map((report, row) => {
      const days = report.days.map((day) => ({
        time: Date.parse(day.date),
        capital: thousands(day.capital),
        premiums: thousands(day.premiums),
        payouts: thousands(day.payouts),
      }));
      return {
        type: "group",
        encode: { enter: { y: { value: row * (HEIGHT + GAP) }, width: { value: WIDTH }, height: { value: HEIGHT } } },
        data: [{ name: "days", values: days }],
        scales: [
          { name: "x", type: "utc", domain: { data: "days", field: "time" }, range: [0, WIDTH] },
          {
            name: "capital",
            type: "linear",
            domain: { data: "days", field: "capital" },
            zero: false,
            nice: true,
            range: [HEIGHT, 0],
          },
          {
            name: "money",
            type: "linear",
            domain: { data: "days", fields: ["premiums", "payouts"] },
            nice: true,
            range: [HEIGHT, 0],
          },
        ],
        axes: [
          { scale: "x", orient: "bottom", format: "%e %b %Y", tickCount: 6, ...font },
          {
            scale: "capital",
            orient: "left",
            title: "capital, thousand dollars",
            grid: true,
            gridColor: "#e6e8eb",
            tickCount: 5,
            ...font,
          },
          { scale: "money", orient: "right", title: "premiums, payouts, thousand dollars", tickCount: 5, ...font },
        ],
        marks: [
          ...lines.map(([field, scale]) => ({
            type: "line" as const,
            from: { data: "days" },
            encode: {
              enter: {
                x: { scale: "x", field: "time" },
                y: { scale, field },
                stroke: { value: COLOURS[field] },
                strokeWidth: { value: 2 },
              },
            },
          })),
          ...lines.map(([field], index) => ({
            type: "text" as const,
            encode: {
              enter: {
                x: { value: 8 + index * 80 },
                y: { value: -8 },
                text: { value: field },
                fill: { value: COLOURS[field] },
                fontSize: { value: 12 },
              },
            },
          })),
          {
            type: "text",
            encode: {
              enter: {
                x: { value: WIDTH },
                y: { value: -8 },
                align: { value: "right" },
                text: { value: report.title },
                fill: { value: COLOURS.text },
                fontSize: { value: 12 },
                fontWeight: { value: "bold" },
              },
            },
          },
        ],
      };
    }),
  };
}
