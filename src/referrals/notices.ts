import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { AccessLog } from '../access-log/index.js';
import type { SubjectField } from '../core/disclosure/catalogue.js';
import { noLongerSo } from '../core/disclosure/no-longer-so.js';
import { GatewayError, inputInvalid, isGatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import type { Caller } from '../grants/index.js';
import type { LiveChange } from '../register/index.js';
import { OwnCursors } from './own-cursors.js';
import { openMatch, personOf, type FoundMatch, type MatchRow } from './told-facts.js';
import type { ToldKey, ToldKeys } from './told-keys.js';

/** Something a partner was told and is no longer so: which fields, never a value. */
export interface Notice {
  readonly id: string;
  /** The partner's own reference for the person. */
  readonly reference: string;
  /** Empty when only the person was told of, and is no longer there. */
  readonly fields: readonly SubjectField[];
  readonly since: Date;
}

export interface NoticePage {
  readonly notices: readonly { readonly notice: Notice; readonly cursor: string }[];
  readonly hasNextPage: boolean;
}

const noticeBytes = 512;
const peopleAtOnce = 250;

/**
 * Notes what partners were told and is no longer so, in the transaction of the register's change. It
 * looks at what was told and at what changed, and at nothing else: whether the person is kept from
 * the partner by now makes no difference, so that a notice, or none, says nothing of a suppression.
 */
export class NoteChanges {
  constructor(
    private readonly keys: ToldKeys,
    private readonly now: () => Date,
  ) {}

  async note(manager: EntityManager, changes: readonly LiveChange[]): Promise<void> {
    const keys = await this.keys.live(manager);
    const partners = await manager.query<{ partner: PartnerCode }[]>(
      'SELECT DISTINCT partner FROM match_told',
    );
    if (partners.length === 0) return;
    for (let at = 0; at < changes.length; at += peopleAtOnce) {
      const some = changes.slice(at, at + peopleAtOnce);
      await this.noteSome(manager, keys, partners, some);
    }
  }

  private async noteSome(
    manager: EntityManager,
    keys: readonly ToldKey[],
    partners: readonly { readonly partner: PartnerCode }[],
    changes: readonly LiveChange[],
  ): Promise<void> {
    const changeOf = new Map<string, LiveChange>();
    for (const change of changes) {
      for (const { partner } of partners) {
        for (const key of keys) {
          changeOf.set(personOf(key, partner, change.subject).toString('hex'), change);
        }
      }
    }
    const rows = await manager.query<(MatchRow & { person: Buffer; partner: PartnerCode })[]>(
      `SELECT match, epoch, account, partner, person, matched_at AS "matchedAt", sealed
       FROM match_told WHERE person = ANY ($1) ORDER BY matched_at, match`,
      [[...changeOf.keys()].map((hex) => Buffer.from(hex, 'hex'))],
    );
    // One notice for each name a partner has for a person, over all it was told under it.
    const told = new Map<
      string,
      { change: LiveChange; partner: PartnerCode; facts: FoundMatch[] }
    >();
    for (const row of rows) {
      const change = changeOf.get(row.person.toString('hex'));
      const fact = openMatch(row, keys);
      if (change === undefined || fact === undefined) continue;
      const name = `${row.partner} ${fact.reference}`;
      const entry = told.get(name) ?? { change, partner: row.partner, facts: [] };
      entry.facts.push(fact);
      told.set(name, entry);
    }
    for (const { change, partner, facts } of told.values()) {
      const affected = facts.flatMap(({ fields }) => noLongerSo(fields, change.contents));
      const newest = facts.at(-1);
      if (newest === undefined || (affected.length === 0 && change.contents !== undefined))
        continue;
      await this.write(manager, partner, newest, [...new Set(affected)]);
    }
  }

  private async write(
    manager: EntityManager,
    partner: PartnerCode,
    { key, reference }: FoundMatch,
    fields: readonly SubjectField[],
  ): Promise<void> {
    const id = randomUUID();
    await manager.query(
      'INSERT INTO notice (id, epoch, partner, since, sealed) VALUES ($1, $2, $3, $4, $5)',
      [
        id,
        key.epoch,
        partner,
        this.now(),
        key.seal({ reference, fields }, noticeBytes, 'notice', id),
      ],
    );
  }
}

export const mostNotices = 50;

/** The partner's own notices, oldest first; reading them is on record before they are told. */
export class ReadNotices {
  private readonly cursors: OwnCursors;

  /** @param cursorKey 32 bytes; seals cursors */
  constructor(
    private readonly keys: ToldKeys,
    private readonly accessLog: Pick<AccessLog, 'append'>,
    cursorKey: Uint8Array,
    private readonly now: () => Date,
    private readonly newId: () => string,
  ) {
    this.cursors = new OwnCursors(cursorKey, 'safeconduct/notice-cursor/v1');
  }

  /**
   * @param first 1 to 50
   * @param after cursor of the last notice seen
   * @throws {GatewayError} ERR_INPUT_INVALID, ERR_LOG_UNAVAILABLE
   */
  async execute(caller: Caller, first: number, after: string | undefined): Promise<NoticePage> {
    const { partner } = caller;
    if (first < 1 || first > mostNotices) throw inputInvalid('first');
    const from = after === undefined ? undefined : this.cursors.read(partner, after);
    const rows = await this.keys.dataSource.query<
      { id: string; epoch: string; since: Date; sealed: Buffer }[]
    >(
      `SELECT id, epoch, since, sealed FROM notice
       WHERE partner = $1 AND ($2::timestamptz IS NULL OR (since, id) > ($2, $3::uuid))
       ORDER BY since, id LIMIT $4`,
      [partner, from?.since ?? null, from?.id ?? null, first + 1],
    );
    const keys = await this.keys.live();
    const notices = rows.slice(0, first).flatMap(({ id, epoch, since, sealed }) => {
      const key = keys.find((one) => one.epoch === epoch);
      if (key === undefined) return [];
      const told = key.open(sealed, 'notice', id) as Pick<Notice, 'reference' | 'fields'>;
      return [
        { notice: { id, since, ...told }, cursor: this.cursors.write(partner, { since, id }) },
      ];
    });
    await this.record(caller, { first, after: after ?? null });
    return { notices, hasNextPage: rows.length > first };
  }

  private async record(caller: Caller, asked: object): Promise<void> {
    const id = this.newId();
    try {
      await this.accessLog.append({
        tree: { kind: 'partner', partner: caller.partner },
        id,
        at: this.now(),
        requestId: id,
        grant: null,
        grantVersion: null,
        purpose: null,
        person: asked,
        outcome: 'READ_NOTICES',
        fields: [],
        reference: null,
        host: {
          clientId: caller.clientId,
          officer: caller.officer ?? null,
          certificate: caller.certificateFingerprint,
          caseReference: null,
          subject: null,
          finding: null,
        },
      });
    } catch (error) {
      if (isGatewayError(error)) throw error.withReference(id);
      throw new GatewayError('ERR_LOG_UNAVAILABLE', { cause: error }).withReference(id);
    }
  }
}
