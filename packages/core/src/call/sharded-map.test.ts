// The map of many parts against an ordinary one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newShardedMap, ShardedDraft } from "./sharded-map.ts";

test("a draft behaves as a map would, and no map before it changes", () => {
  for (const expected of [1, 100, 20_000]) {
    const model = new Map<string, number>();
    const kept: { readonly map: ReturnType<typeof newShardedMap<number>>; readonly entries: number[] }[] = [];
    let map = newShardedMap<number>(expected);
    for (let step = 0; step < 200; step++) {
      const draft = new ShardedDraft(map);
      for (let change = 0; change < 3; change++) {
        const key = `key ${String((step * 7 + change * 13) % 50)}`;
        if ((step + change) % 3 === 0) { draft.delete(key); model.delete(key); } else { draft.set(key, step); model.set(key, step); }
        assert.equal(draft.get(key), model.get(key));
      }
      map = draft.seal();
      const entries = new ShardedDraft(map).values().sort((a, b) => a - b);
      assert.deepEqual(entries, [...model.values()].sort((a, b) => a - b));
      kept.push({ map, entries });
    }
    for (const { map: before, entries } of kept) assert.deepEqual(new ShardedDraft(before).values().sort((a, b) => a - b), entries);
  }
});

test("a draft that changes nothing seals into the map it came from", () => {
  const map = newShardedMap<number>(1_000);
  const draft = new ShardedDraft(map);
  assert.equal(draft.get("a"), undefined);
  assert.equal(draft.seal(), map);
});
