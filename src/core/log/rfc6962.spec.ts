import { describe, expect, test } from '@jest/globals';
import { checkConsistency, checkInclusion, proveConsistency, proveInclusion } from './proof.js';
import {
  appendLeaf,
  emptyFrontier,
  emptyRoot,
  frontierPositions,
  hashChildren,
  hashLeaf,
  locateStoredHash,
  rootOf,
  splitPoint,
  storedHashPosition,
  type HashReader,
} from './tree.js';

/** Test data of google/certificate-transparency, merkletree/merkle_tree_test.cc. */
const published = {
  leaves: [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ],
  roots: [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ],
  inclusion: [
    { index: 0, size: 1, path: [] },
    {
      index: 0,
      size: 8,
      path: [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    },
    {
      index: 5,
      size: 8,
      path: [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    },
    {
      index: 2,
      size: 3,
      path: ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    },
    {
      index: 1,
      size: 5,
      path: [
        '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    },
  ],
  consistency: [
    { first: 1, second: 1, path: [] },
    {
      first: 1,
      second: 8,
      path: [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    },
    {
      first: 6,
      second: 8,
      path: [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    },
    {
      first: 2,
      second: 5,
      path: [
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    },
  ],
};

/** A tree in memory, its stored hashes in one list as the layout numbers them. */
function grow(records: readonly Buffer[]) {
  let frontier = emptyFrontier;
  const roots = [rootOf(frontier)];
  const hashes: Buffer[] = [];
  for (const record of records) {
    const step = appendLeaf(frontier, hashLeaf(record));
    hashes.push(...step.stored);
    frontier = step.frontier;
    roots.push(rootOf(frontier));
  }
  const reader: HashReader = {
    readHashes: async (positions) => positions.map((position) => at(hashes, position)),
  };
  return { frontier, roots, hashes, reader };
}

function at<Value>(list: readonly Value[], index: number): Value {
  const value = list[index];
  if (value === undefined) throw new RangeError('outside the list');
  return value;
}

/** MTH of RFC 6962 §2.1, word by word: what the incremental tree is held against. */
function treeHash(records: readonly Buffer[]): Buffer {
  if (records.length === 0) return emptyRoot;
  if (records.length === 1) return hashLeaf(at(records, 0));
  const k = splitPoint(records.length);
  return hashChildren(treeHash(records.slice(0, k)), treeHash(records.slice(k)));
}

const hex = (hashes: readonly Buffer[]) => hashes.map((hash) => hash.toString('hex'));
const records = Array.from({ length: 72 }, (_, n) => Buffer.from(`record ${n}`));

describe('published vectors', () => {
  const tree = grow(published.leaves.map((leaf) => Buffer.from(leaf, 'hex')));

  test('every root', () => expect(hex(tree.roots)).toEqual(published.roots));

  test.each(published.inclusion)('inclusion of $index in $size', async ({ index, size, path }) => {
    const proof = await proveInclusion(size, index, tree.reader);
    expect(hex(proof)).toEqual(path);
    const leaf = hashLeaf(Buffer.from(at(published.leaves, index), 'hex'));
    checkInclusion(size, index, leaf, proof, at(tree.roots, size));
  });

  test.each(published.consistency)(
    'consistency of $first with $second',
    async ({ first, second, path }) => {
      const proof = await proveConsistency(first, second, tree.reader);
      expect(hex(proof)).toEqual(path);
      checkConsistency(first, at(tree.roots, first), second, at(tree.roots, second), proof);
    },
  );
});

describe('the layout of stored hashes', () => {
  test('numbers subtrees as its table says', () => {
    const table = [
      [0, 0],
      [0, 1],
      [1, 0],
      [0, 2],
      [0, 3],
      [1, 1],
      [2, 0],
      [0, 4],
    ] as const;
    expect(table.map(([level, n]) => storedHashPosition(level, n))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
  });

  test('finds the leaf that stored each hash', () => {
    let frontier = emptyFrontier;
    let position = 0;
    for (let leaf = 0; leaf < 300; leaf += 1) {
      const step = appendLeaf(frontier, hashLeaf(Buffer.from([leaf])));
      step.stored.forEach((_, level) => {
        expect(locateStoredHash(position)).toEqual({ leaf, level });
        position += 1;
      });
      frontier = step.frontier;
    }
  });

  test('holds for sizes beyond 32 bits', () => {
    const leaf = 2 ** 40 + 12_345;
    const position = storedHashPosition(0, leaf);
    expect(locateStoredHash(position)).toEqual({ leaf, level: 0 });
  });
});

describe('every size and every leaf', () => {
  const { frontier, roots, hashes, reader } = grow(records);

  test('the tree grown leaf by leaf is the tree of the definition', () => {
    roots.forEach((root, size) => expect(root).toEqual(treeHash(records.slice(0, size))));
    expect(frontierPositions(frontier.size).map((position) => at(hashes, position))).toEqual(
      frontier.hashes,
    );
  });

  test('every leaf proves in every size, and in no other place, size or tree', async () => {
    for (let size = 1; size <= records.length; size += 1) {
      const root = at(roots, size);
      for (let index = 0; index < size; index += 1) {
        const leaf = hashLeaf(at(records, index));
        const proof = await proveInclusion(size, index, reader);
        checkInclusion(size, index, leaf, proof, root);
        const refused = [
          () => checkInclusion(size, index, hashLeaf(Buffer.from('other')), proof, root),
          () => checkInclusion(size, index, leaf, proof, at(roots, size - 1)),
          () => checkInclusion(size, index, leaf, [...proof, root], root),
          () => checkInclusion(size, size, leaf, proof, root),
          ...(proof.length > 0
            ? [() => checkInclusion(size, index, leaf, proof.slice(1), root)]
            : []),
          ...(size > 1 ? [() => checkInclusion(size, (index + 1) % size, leaf, proof, root)] : []),
        ];
        for (const check of refused) expect(check).toThrow(/ERR_PROOF_INVALID/);
      }
    }
  });

  test('every size is consistent with every later one, and with no other tree', async () => {
    const other = grow(records.map((record) => Buffer.concat([record, Buffer.from('!')])));
    for (let first = 0; first <= records.length; first += 1) {
      for (let second = first; second <= records.length; second += 1) {
        const proof = await proveConsistency(first, second, reader);
        checkConsistency(first, at(roots, first), second, at(roots, second), proof);
        if (first === 0) continue;
        expect(() =>
          checkConsistency(first, at(other.roots, first), second, at(roots, second), proof),
        ).toThrow(/ERR_PROOF_INVALID/);
        expect(() =>
          checkConsistency(first, at(roots, first), second, at(other.roots, second), proof),
        ).toThrow(/ERR_PROOF_INVALID/);
      }
    }
    expect(() => checkConsistency(3, at(roots, 3), 2, at(roots, 2), [])).toThrow(
      /ERR_PROOF_INVALID/,
    );
    expect(() => checkConsistency(0, at(roots, 1), 5, at(roots, 5), [])).toThrow(
      /ERR_PROOF_INVALID/,
    );
    expect(() => checkConsistency(0, emptyRoot, 5, at(roots, 5), [emptyRoot])).toThrow(
      /ERR_PROOF_INVALID/,
    );
  });

  test('every bit flip of a proof fails', async () => {
    for (const [size, index] of [
      [72, 5],
      [71, 70],
      [64, 63],
    ] as const) {
      const proof = await proveInclusion(size, index, reader);
      const leaf = hashLeaf(at(records, index));
      for (let bit = 0; bit < proof.length * 256; bit += 1) {
        const flipped = proof.map((hash) => Buffer.from(hash));
        const hash = at(flipped, Math.floor(bit / 256));
        const byte = Math.floor((bit % 256) / 8);
        hash[byte] = (hash[byte] ?? 0) ^ (1 << (bit % 8));
        expect(() => checkInclusion(size, index, leaf, flipped, at(roots, size))).toThrow(
          /ERR_PROOF_INVALID/,
        );
      }
    }
  });
});
