/** What is touched between two moments, filed under tests; a snapshot brings along what built it. */
export class TestLog {
  #open = new Set<string>();
  readonly #snapshots = new Map<string, ReadonlySet<string>>();
  readonly #tests = new Map<string, Map<string, Set<string>>>();

  touch(tags: Iterable<string>): void {
    for (const tag of tags) this.#open.add(tag);
  }

  /** A snapshot is taken, of what was touched since the test began. */
  keep(snapshot: string): void {
    this.#snapshots.set(snapshot, new Set(this.#open));
  }

  goBack(snapshot: string): void {
    this.touch(this.#snapshots.get(snapshot) ?? []);
  }

  /** Files what was touched since the last call under a test. */
  endOf(file: string, title: string): void {
    const tests = this.#tests.get(file) ?? new Map<string, Set<string>>();
    this.#tests.set(file, tests);
    tests.set(title, new Set([...(tests.get(title) ?? []), ...this.#open]));
    this.#open = new Set();
  }

  read<T>(convert: (tags: ReadonlySet<string>) => T): Record<string, Record<string, T>> {
    const files = [...this.#tests].map(([file, tests]): [string, Record<string, T>] => [
      file,
      Object.fromEntries([...tests].map(([title, tags]) => [title, convert(tags)])),
    ]);
    return Object.fromEntries(files);
  }
}
