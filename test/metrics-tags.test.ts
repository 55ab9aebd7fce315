import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../src/limits.ts';
import type { TagSet } from '../src/metrics/contract.ts';
import { rootTags, tagLosses, uninternedId } from '../src/metrics/tag-set.ts';

describe('tag sets', () => {
  it('with the same pairs are the same object, whatever the order', () => {
    const pairs = fc.dictionary(
      fc.string({ maxLength: 3, minLength: 1 }),
      fc.string({ maxLength: 2 }),
      { maxKeys: 8 },
    );
    fc.assert(
      fc.property(pairs, fc.infiniteStream(fc.nat()), (tags, random) => {
        const shuffled = Object.entries(tags)
          .map((pair) => [random.next().value as number, pair] as const)
          .sort((a, b) => a[0] - b[0])
          .map(([, pair]) => pair);
        const one = rootTags(tags);
        const other = shuffled.reduce((set, [key, value]) => set.with(key, value), rootTags());
        expect(other).toBe(one);
        expect(one.entries().map(([key]) => key)).toEqual(Object.keys(tags).sort());
        for (const [key, value] of Object.entries(tags)) expect(one.get(key)).toBe(value);
      }),
    );
  });

  it('replace a value, and lose a key', () => {
    const set = rootTags({ group: '', name: 'x' });
    expect(set.with('group', '::a').get('group')).toBe('::a');
    expect(set.with('group', '::a').with('group', '')).toBe(set);
    expect(set.without('name')).toBe(rootTags({ group: '' }));
    expect(set.without('missing')).toBe(set);
    expect(set.get('missing')).toBeUndefined();
  });

  it('take no more than the allowed number and length of tags, and count what is lost', () => {
    const before = { ...tagLosses };
    let set: TagSet = rootTags();
    for (let i = 0; i < limits.tagsPerSample + 3; i++) set = set.with(`k${i}`, 'v');
    expect(set.entries()).toHaveLength(limits.tagsPerSample);
    expect(set.with('k0', 'changed').get('k0')).toBe('changed');
    const long = rootTags().with('long', `${'x'.repeat(limits.tagLength - 1)}😀`);
    expect(long.get('long')).toBe('x'.repeat(limits.tagLength - 1));
    expect(tagLosses).toEqual({ cut: before.cut + 1, dropped: before.dropped + 3 });
  });

  // Last: the table belongs to the thread, and is full from here on.
  it('beyond the table still work, as sets of their own', () => {
    const root = rootTags({ scenario: 'default' });
    let set = root;
    for (let i = 0; i < limits.tagSets + 10; i++) set = root.with('url', `/${i}`);
    expect(set.id).toBe(uninternedId);
    expect(set.with('status', '200').entries()).toEqual([
      ['scenario', 'default'],
      ['status', '200'],
      ['url', `/${limits.tagSets + 9}`],
    ]);
    expect(rootTags({ scenario: 'default' })).toBe(root);
    expect(root.with('url', '/0').id).not.toBe(uninternedId);
  });
});
