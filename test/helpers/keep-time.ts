type NetworkHelpers = {
  loadFixture: <Fixture>(fixture: () => Promise<Fixture>) => Promise<Fixture>;
  time: { latest: () => Promise<number>; setNextBlockTimestamp: (timestamp: number) => Promise<void> };
};

/**
 * `loadFixture`, after which the chain goes on from the fixture's time, however long ago that was by the clock: what a test
 * signs for some minutes ahead must not have passed on a slow machine.
 */
export function keepTime(networkHelpers: NetworkHelpers): NetworkHelpers["loadFixture"] {
  return async (fixture) => {
    const loaded = await networkHelpers.loadFixture(fixture);
    await networkHelpers.time.setNextBlockTimestamp((await networkHelpers.time.latest()) + 1);
    return loaded;
  };
}
