import { hashSizeBytes, type Frontier } from '../../core/log/tree.js';
import type { KnownHead } from './walk-hashes.js';

/** How far the check of one tree has come. */
export interface TreeWalk {
  /** Id of the tree. */
  readonly tree: string;
  /** The head it is walked to, as it was stored when the walk began. */
  readonly to: KnownHead;
  /** The largest that was signed then. */
  readonly signed: KnownHead | undefined;
  /** Everything before its size has been walked. */
  readonly frontier: Frontier;
  /** Last round of the cover tree whose heads of this tree were looked at. */
  readonly round: number;
  /** Records of each month whose rows of search were looked at. */
  readonly months: ReadonlyMap<string, number>;
}

/** One way through the whole log. */
export interface Pass {
  readonly startedAt: Date;
  /** Trees that have been walked. */
  readonly done: readonly string[];
  /** Records and rounds that have been walked. */
  readonly checked: number;
  readonly walk: TreeWalk | undefined;
}

/**
 * What a gateway remembers of its check of the log, so that a start goes on where it stopped. Kept in its
 * home, not in the database: whoever could write there could otherwise have a place passed over. This file
 * owns the format of `<home>/log-check.json`, mode 0600; it may be removed, and the check then begins anew:
 *
 * ```
 * {"v":1,"origin":"log.example.org","endedAt":"2026-03-01T09:30:00.000Z",
 *  "pass":{"startedAt":"2026-03-01T09:40:00.000Z","done":["9f…"],"checked":812,
 *    "walk":{"tree":"host","to":{"size":900,"root":"<base64>"},"signed":{"size":899,"root":"<base64>"},
 *      "frontier":{"size":512,"hashes":["<base64>"]},"round":77,"months":{"2026-03":512}}}}
 * ```
 */
export interface CheckState {
  /** When the last whole pass ended. */
  readonly endedAt: Date | undefined;
  readonly pass: Pass | undefined;
}

export function encodeCheckState({ endedAt, pass }: CheckState, origin: string): Buffer {
  const head = ({ size, root }: KnownHead) => ({ size, root: root.toString('base64') });
  const walk = pass?.walk;
  const json = {
    v: 1,
    origin,
    endedAt: endedAt?.toISOString() ?? null,
    pass:
      pass === undefined
        ? null
        : {
            ...pass,
            startedAt: pass.startedAt.toISOString(),
            walk:
              walk === undefined
                ? null
                : {
                    ...walk,
                    to: head(walk.to),
                    signed: walk.signed === undefined ? null : head(walk.signed),
                    frontier: {
                      size: walk.frontier.size,
                      hashes: walk.frontier.hashes.map((hash) => hash.toString('base64')),
                    },
                    months: Object.fromEntries(walk.months),
                  },
          },
  };
  return Buffer.from(`${JSON.stringify(json)}\n`);
}

interface HeadJson {
  readonly size: number;
  readonly root: string;
}

interface StateJson {
  readonly v: unknown;
  readonly origin: unknown;
  readonly endedAt: string | null;
  readonly pass:
    | (Omit<Pass, 'startedAt' | 'walk'> & {
        readonly startedAt: string;
        readonly walk: WalkJson | null;
      })
    | null;
}

interface WalkJson extends Pick<TreeWalk, 'tree' | 'round'> {
  readonly to: HeadJson;
  readonly signed: HeadJson | null;
  readonly frontier: { readonly size: number; readonly hashes: readonly string[] };
  readonly months: Readonly<Record<string, number>>;
}

/** What was remembered of this log; nothing where that cannot be read, or is of another log. */
export function decodeCheckState(bytes: Buffer, origin: string): CheckState {
  try {
    const json = JSON.parse(bytes.toString('utf8')) as StateJson;
    if (json.v !== 1 || json.origin !== origin) return nothing;
    const { endedAt, pass } = json;
    return {
      endedAt: endedAt === null ? undefined : instant(endedAt),
      pass:
        pass === null
          ? undefined
          : {
              startedAt: instant(pass.startedAt),
              done: [...pass.done],
              checked: pass.checked,
              walk: pass.walk === null ? undefined : walkOf(pass.walk),
            },
    };
  } catch {
    return nothing;
  }
}

const nothing: CheckState = { endedAt: undefined, pass: undefined };

function walkOf({ tree, to, signed, frontier, round, months }: WalkJson): TreeWalk {
  return {
    tree,
    to: headOf(to),
    signed: signed === null ? undefined : headOf(signed),
    frontier: { size: frontier.size, hashes: frontier.hashes.map(hashOf) },
    round,
    months: new Map(Object.entries(months)),
  };
}

const headOf = ({ size, root }: HeadJson): KnownHead => ({ size, root: hashOf(root) });

function hashOf(text: string): Buffer {
  const hash = Buffer.from(text, 'base64');
  if (hash.length !== hashSizeBytes) throw new TypeError('a hash has 32 bytes');
  return hash;
}

function instant(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new TypeError('an instant is RFC 3339');
  return at;
}
