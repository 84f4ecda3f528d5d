import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../', import.meta.url));
const source = join(root, 'src');

const doors = ['partner-api', 'staff-api', 'ops'];
const rooms = [
  'access-log',
  'alerts',
  'grants',
  'identity',
  'partners',
  'referrals',
  'register',
  'screening',
  'scrutiny',
  'staff',
  'verification',
];
interface Import {
  /** Path under src. */
  readonly from: string;
  /** Path under src, or the name of a package. */
  readonly to: string;
  readonly isPackage: boolean;
}

/** Meetings of rooms that do not go through index.ts, and imports out of order; each with a reason. */
const exceptions: readonly { readonly from: RegExp; readonly to: RegExp; readonly why: string }[] =
  [];

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
  .map((path) => path.replaceAll('\\', '/'));
/** What builds rooms and doors: the files of src itself, and what they are made of. */
const main = files.filter((path) => !path.includes('/') || path.startsWith('wiring/'));
const isTest = (path: string): boolean => /\.spec\.ts$/.test(path);

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'|import\('([^']+)'\)/g;

function importsOf(path: string): readonly Import[] {
  const text = readFileSync(join(source, path), 'utf8');
  return [...text.matchAll(importPattern)].map(([, plain, dynamic]) => {
    const name = plain ?? dynamic ?? '';
    if (!name.startsWith('.')) return { from: path, to: name, isPackage: true };
    const target = resolve(dirname(join(source, path)), name).replace(/\.js$/, '.ts');
    return { from: path, to: relative(source, target).replaceAll('\\', '/'), isPackage: false };
  });
}

const all = files.filter((path) => !isTest(path)).flatMap(importsOf);
const within = all.filter(({ isPackage }) => !isPackage);
const roomOf = (path: string): string => path.split('/', 1)[0] ?? '';
const isExcepted = ({ from, to }: Import): boolean =>
  exceptions.some((one) => one.from.test(from) && one.to.test(to));
const told = (imports: readonly Import[]): readonly string[] =>
  imports.filter((one) => !isExcepted(one)).map(({ from, to }) => `${from} -> ${to}`);
const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

test('every file is read, and every place under src is known to this test', () => {
  expect(all.length).toBeGreaterThan(300);
  const places = new Set(files.map(roomOf));
  expect([...places].sort()).toEqual(
    [...new Set(main.map(roomOf)), ...doors, ...rooms, 'core', 'platform', 'cli'].sort(),
  );
  expect(files.filter((path) => importsOf(path).some(({ to }) => to === ''))).toEqual([]);
});

test('every exception is still needed and says why', () => {
  for (const { from, to, why } of exceptions) {
    expect(within.filter((one) => from.test(one.from) && to.test(one.to))).not.toEqual([]);
    expect(why.length).toBeGreaterThan(20);
  }
});

describe('arrows point one way:', () => {
  const may = (from: readonly string[], to: readonly string[]) =>
    told(
      within.filter(
        (one) =>
          from.includes(roomOf(one.from)) &&
          roomOf(one.from) !== roomOf(one.to) &&
          !to.includes(roomOf(one.to)),
      ),
    );
  test('the core knows the core', () => expect(may(['core'], [])).toEqual([]));
  test('the platform knows the core', () => expect(may(['platform'], ['core'])).toEqual([]));
  test('rooms know rooms, platform and core', () =>
    expect(may(rooms, [...rooms, 'platform', 'core'])).toEqual([]));
  test('doors know rooms, platform and core, and no other door', () =>
    expect(may(doors, [...rooms, 'platform', 'core'])).toEqual([]));
  test('nobody but the command knows main, and nobody knows the command', () => {
    expect(
      told(
        within
          .filter((one) => main.includes(one.to))
          .filter((one) => !main.includes(one.from) && roomOf(one.from) !== 'cli'),
      ),
    ).toEqual([]);
    expect(
      told(within.filter((one) => roomOf(one.to) === 'cli' && roomOf(one.from) !== 'cli')),
    ).toEqual([]);
  });
});

describe('rooms', () => {
  const meetings = within.filter(
    (one) => rooms.includes(roomOf(one.to)) && roomOf(one.from) !== roomOf(one.to),
  );

  test('are met through their index.ts', () => {
    expect(told(meetings.filter(({ to }) => !/\/index\.ts$/.test(to)))).toEqual([]);
  });

  test('meet without cycles', () => {
    const edges = new Map<string, Set<string>>();
    for (const { from, to } of meetings) {
      if (!rooms.includes(roomOf(from))) continue;
      const known = edges.get(roomOf(from)) ?? new Set();
      edges.set(roomOf(from), known.add(roomOf(to)));
    }
    const visit = (room: string, path: readonly string[]): readonly string[][] =>
      path.includes(room)
        ? [[...path, room]]
        : [...(edges.get(room) ?? [])].flatMap((next) => visit(next, [...path, room]));
    expect(rooms.flatMap((room) => visit(room, []))).toEqual([]);
  });

  test('keep their tables to themselves: doors and command see no repository, migration, SQL', () => {
    const outside = [...doors, 'cli'];
    const seen = within.filter(
      ({ from, to }) =>
        outside.includes(roomOf(from)) && /\.(repository|entity|migration)\.ts$/.test(to),
    );
    expect(told(seen)).toEqual([]);
    const queries = files.filter(
      (path) =>
        outside.includes(roomOf(path)) &&
        !isTest(path) &&
        /\.query\(|\b(SELECT|INSERT INTO|DELETE FROM)\b/.test(
          readFileSync(join(source, path), 'utf8'),
        ),
    );
    expect(queries).toEqual([]);
  });
});

test('migrations have time stamps of their own, and rooms list them in their order', () => {
  const texts = files
    .filter((path) => !isTest(path))
    .map((path) => readFileSync(join(source, path), 'utf8'));
  const stampsIn = (text: string) =>
    [...text.matchAll(/[A-Za-z](1[0-9]{12})\b/g)].map(([, at]) => at);
  const declared = texts.flatMap((text) =>
    (text.match(/\bclass \w+1[0-9]{12}\b/g) ?? []).flatMap(stampsIn),
  );
  expect(declared.length).toBeGreaterThan(50);
  expect(declared.filter((at, place) => declared.indexOf(at) !== place)).toEqual([]);
  const lists = texts.flatMap(
    (text) => text.match(/igrations\b[^=;]*= \[[^\]]*1[0-9]{12}[^\]]*\]/g) ?? [],
  );
  expect(lists.flatMap(stampsIn).sort()).toEqual([...declared].sort());
  for (const list of lists) expect(stampsIn(list)).toEqual(stampsIn(list).sort());
});

describe('packages', () => {
  const pack = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const used = all.filter(({ isPackage, to }) => isPackage && !to.startsWith('node:'));

  test('of the core are pure, and of node it has node:crypto alone', () => {
    const pure = ['canonicalize', 'jalaali-js', 'node:crypto'];
    const others = all.filter(
      ({ from, to, isPackage }) => isPackage && roomOf(from) === 'core' && !pure.includes(to),
    );
    expect(told(others)).toEqual([]);
  });

  test('in the core have no clock, network, environment or randomness beside them', () => {
    const impure =
      /\bprocess\.|\bDate\.now\b|new Date\(\)|\bMath\.random\b|\bfetch\(|\bsetTimeout\b|\brandom(Bytes|UUID|Int)\b/;
    const found = files.filter(
      (path) =>
        roomOf(path) === 'core' &&
        !isTest(path) &&
        impure.test(readFileSync(join(source, path), 'utf8')),
    );
    expect(found).toEqual([]);
  });

  test('of frameworks stay out of the rooms that need none', () => {
    const framework = /^@nestjs|^@apollo|^fastify|^graphql$/;
    const found = used.filter(({ from, to }) => rooms.includes(roomOf(from)) && framework.test(to));
    expect(told(found)).toEqual([]);
  });

  test("in use are dependencies, never development ones or somebody else's", () => {
    const missing = used.filter(({ to }) => !Object.hasOwn(pack.dependencies, packageOf(to)));
    expect(told(missing)).toEqual([]);
    expect(used.filter(({ to }) => builtinModules.includes(to))).toEqual([]);
  });

  test('are pinned to one version each', () => {
    const versions = Object.values({ ...pack.dependencies, ...pack.devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });
});

test('SWC and Node need it: each relative import names a file that is there, with its ending', () => {
  const known = new Set(files);
  const missing = files
    .flatMap(importsOf)
    .filter(({ isPackage, from, to }) => !isPackage && !from.includes('.spec.') && !known.has(to));
  expect(told(missing)).toEqual([]);
});
