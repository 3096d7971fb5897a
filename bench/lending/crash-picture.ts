import { parse, View, type Spec } from "vega";
import { DOLLAR } from "../../scripts/lib/demo/market.js";
import { type ReplayReport } from "./replay.js";

const WIDTH = 640;
const HEIGHT = 200;
const GAP = 56;
const COLOURS = { index: "#1f5fbf", repaid: "#c2410c", bad: "#6b7280", text: "#1f2328" } as const;

/** The index as a line and what liquidators repaid as bars, one year below the other, as SVG. */
export async function crashPicture(reports: readonly ReplayReport[]): Promise<string> {
  const view = new View(parse(specOf(reports)), { renderer: "none" });
  return `${await view.toSVG()}\n`;
}

function specOf(reports: readonly ReplayReport[]): Spec {
  const font = { labelColor: COLOURS.text, titleColor: COLOURS.text, labelFontSize: 11, titleFontSize: 12 } as const;
  const inMillions = (amount: bigint): number => Number(amount) / Number(DOLLAR) / 1e6;
  return {
    $schema: "https://vega.github.io/schema/vega/v6.json",
    description: "The S&P 500 and what liquidators repaid each day",
    width: WIDTH,
    height: reports.length * (HEIGHT + GAP) - GAP,
    padding: { left: 80, right: 60, top: 16, bottom: 40 },
    autosize: "none",
    background: "white",
    marks: reports.map((report, row) => {
      const days = report.days.map((day) => ({
        time: Date.parse(day.date),
        close: Number(day.close) / Number(DOLLAR),
        repaid: inMillions(day.repaid),
      }));
      const x = { scale: "x", field: "time" };
      return {
        type: "group",
        encode: { enter: { y: { value: row * (HEIGHT + GAP) }, width: { value: WIDTH }, height: { value: HEIGHT } } },
        data: [{ name: "days", values: days }],
        scales: [
          { name: "x", type: "utc", domain: { data: "days", field: "time" }, range: [0, WIDTH] },
          {
            name: "close",
            type: "linear",
            domain: { data: "days", field: "close" },
            zero: false,
            nice: true,
            range: [HEIGHT, 0],
          },
          { name: "repaid", type: "linear", domain: { data: "days", field: "repaid" }, nice: true, range: [HEIGHT, 0] },
        ],
        axes: [
          { scale: "x", orient: "bottom", format: "%b %Y", tickCount: 6, ...font },
          { scale: "close", orient: "left", title: "S&P 500", grid: true, gridColor: "#e6e8eb", tickCount: 5, ...font },
          { scale: "repaid", orient: "right", title: "repaid, million dollars a day", tickCount: 5, ...font },
        ],
        marks: [
          {
            type: "rect",
            from: { data: "days" },
            encode: {
              enter: {
                x: { ...x, offset: -1 },
                width: { value: 2 },
                y: { scale: "repaid", field: "repaid" },
                y2: { scale: "repaid", value: 0 },
                fill: { value: COLOURS.repaid },
              },
            },
          },
          {
            type: "line",
            from: { data: "days" },
            encode: {
              enter: {
                x,
                y: { scale: "close", field: "close" },
                stroke: { value: COLOURS.index },
                strokeWidth: { value: 2 },
              },
            },
          },
        ],
      };
    }),
  };
}
