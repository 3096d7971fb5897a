type Labels = Readonly<Record<string, string>>;

type Family = { name: string; help: string; type: "counter" | "gauge" | "histogram"; lines: () => string[] };

export type Counter = { add: (count?: number, labels?: Labels) => void };
export type Gauge = { set: (value: number) => void };
export type Histogram = { observe: (value: number) => void };

/** Figures in Prometheus' text format. Labels are the caller's own words and are not escaped. */
export class Metrics {
  readonly #families: Family[] = [];

  counter(name: string, help: string): Counter {
    const values = new Map<string, number>();
    this.#families.push({
      name,
      help,
      type: "counter",
      lines: () =>
        values.size === 0 ? [`${name} 0`] : [...values].map(([labels, value]) => `${name}${labels} ${value}`),
    });
    return {
      add(count = 1, labels = {}) {
        const key = format(labels);
        values.set(key, (values.get(key) ?? 0) + count);
      },
    };
  }

  /** `read`, where given, is asked at each scrape. */
  gauge(name: string, help: string, read?: () => number): Gauge {
    let current = 0;
    this.#families.push({ name, help, type: "gauge", lines: () => [`${name} ${read?.() ?? current}`] });
    return {
      set(value) {
        current = value;
      },
    };
  }

  /** `bounds` ascend; a value counts in each bucket whose bound it does not exceed. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const counts = new Array<number>(bounds.length).fill(0);
    let [count, sum] = [0, 0];
    this.#families.push({
      name,
      help,
      type: "histogram",
      lines: () => [
        ...bounds.map((bound, index) => `${name}_bucket{le="${bound}"} ${counts[index] ?? 0}`),
        `${name}_bucket{le="+Inf"} ${count}`,
        `${name}_sum ${sum}`,
        `${name}_count ${count}`,
      ],
    });
    return {
      observe(value) {
        count += 1;
        sum += value;
        bounds.forEach((bound, index) => {
          if (value <= bound) counts[index] = (counts[index] ?? 0) + 1;
        });
      },
    };
  }

  /** The text that `/metrics` answers. */
  render(): string {
    const lines = this.#families.flatMap(({ name, help, type, lines: values }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...values(),
    ]);
    return `${lines.join("\n")}\n`;
  }
}

function format(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** What the relayer counts. */
export function relayerMetrics(
  metrics: Metrics,
  { queued, sessions }: { queued: () => number; sessions: () => number },
) {
  metrics.gauge("lakh_relayer_queue_orders", "Orders that wait for a batch.", queued);
  metrics.gauge("lakh_relayer_sessions", "Authenticated sessions.", sessions);
  return {
    accepted: metrics.counter("lakh_relayer_orders_accepted_total", "Orders that were made durable."),
    refused: metrics.counter("lakh_relayer_orders_refused_total", "Orders refused, before or after acceptance."),
    settled: metrics.counter("lakh_relayer_operations_executed_total", "Operations that the chain executed."),
    skipped: metrics.counter("lakh_relayer_operations_skipped_total", "Operations that the chain skipped."),
    rejected: metrics.counter("lakh_relayer_requests_rejected_total", "Requests and messages turned away at the door."),
    batches: metrics.counter("lakh_relayer_batches_total", "Batches by what became of them."),
    excluded: metrics.counter("lakh_relayer_signers_excluded_total", "Signers left out of a batch that was sent."),
    batchSize: metrics.histogram(
      "lakh_relayer_batch_operations",
      "Operations of a batch that was sent.",
      [1, 4, 16, 64, 256, 512, 1_024, 2_048],
    ),
    signing: metrics.histogram(
      "lakh_relayer_sign_seconds",
      "From the request for a signature to its arrival.",
      [0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 1, 2],
    ),
    gas: metrics.gauge("lakh_relayer_gas_per_operation", "Gas of the last settled batch for each of its operations."),
  };
}

export type RelayerMetrics = ReturnType<typeof relayerMetrics>;
