import type { DataSource, EntityManager } from 'typeorm';
import { sha256 } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { decideAct } from '../core/staff/acts.js';
import type { StaffCaller } from '../staff/index.js';

/**
 * Trusted documents (GraphQL over HTTP, appendix "Persisted Documents"): the documents a partner's
 * systems send, known to the gateway beforehand. OFF: any document; DRY_RUN: any, and what REQUIRED
 * would refuse is counted; REQUIRED: no other.
 */
export const documentModes = ['OFF', 'DRY_RUN', 'REQUIRED'] as const;
export type DocumentMode = (typeof documentModes)[number];

/** `sha256:` and 64 lower-case hexadecimal digits, over the UTF-8 bytes of the document. */
export const documentIdForm = /^sha256:[0-9a-f]{64}$/;

/** What a partner's documents are held to. */
export interface DocumentRule {
  readonly mode: DocumentMode;
  /** Text by id. */
  readonly documents: ReadonlyMap<string, string>;
}

export const noDocumentRule: DocumentRule = { mode: 'OFF', documents: new Map() };

export const documentIdOf = (text: string): string =>
  `sha256:${sha256(Buffer.from(text, 'utf8')).toString('hex')}`;

/** The rule of every partner that has one. */
export async function readDocumentRules(
  manager: EntityManager,
): Promise<ReadonlyMap<string, DocumentRule>> {
  const modes = await manager.query<{ partner: string; mode: DocumentMode }[]>(
    'SELECT partner, mode FROM document_rule',
  );
  const rows = await manager.query<{ partner: string; id: string; document: string }[]>(
    'SELECT partner, id, document FROM trusted_document ORDER BY partner, id',
  );
  const partners = new Set([...modes, ...rows].map(({ partner }) => partner));
  return new Map(
    [...partners].map((partner) => [
      partner,
      {
        mode: modes.find((one) => one.partner === partner)?.mode ?? 'OFF',
        documents: new Map(
          rows
            // A row whose text is not that of its id is no trusted document.
            .filter((row) => row.partner === partner && documentIdOf(row.document) === row.id)
            .map(({ id, document }) => [id, document]),
        ),
      },
    ]),
  );
}

/** What was refused, or would be, on one day: the hash of the document and how often. */
export interface DocumentReportLine {
  readonly day: string;
  readonly id: string;
  readonly refused: boolean;
  readonly seen: number;
}

export interface DocumentsView extends DocumentRule {
  readonly report: readonly DocumentReportLine[];
}

/** Different documents of one partner kept between two writings; more are counted as one. */
const mostKept = 100;
const others = 'others';
const writeAfterMs = 1_000;
const reportDays = 30;

/** Trusted documents as staff read them, and the report of what is or would be refused. */
export class DocumentReport {
  readonly #seen = new Map<string, Map<string, number>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly now: () => Date,
  ) {}

  /** Counts a document that is not trusted; written a moment later, away from any answer. */
  note(partner: PartnerCode, id: string, refused: boolean): void {
    const counts = this.#seen.get(partner) ?? new Map<string, number>();
    this.#seen.set(partner, counts);
    const wanted = `${refused} ${id}`;
    const key = counts.has(wanted) || counts.size < mostKept ? wanted : `${refused} ${others}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    this.#timer ??= setTimeout(
      () => void this.write().catch(() => undefined),
      writeAfterMs,
    ).unref();
  }

  /** Writes down what was counted since. */
  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counted = [...this.#seen].flatMap(([partner, counts]) =>
      [...counts].map(([key, seen]) => ({ partner, key, seen })),
    );
    this.#seen.clear();
    const day = this.now().toISOString().slice(0, 10);
    for (const { partner, key, seen } of counted) {
      const [refused = '', id = ''] = key.split(' ');
      await this.dataSource.query(
        `INSERT INTO document_report AS r (partner, day, id, refused, seen)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (partner, day, id, refused) DO UPDATE SET seen = r.seen + excluded.seen`,
        [partner, day, id, refused === 'true', seen],
      );
    }
  }

  /**
   * A partner's documents, whether they are required, and the report of the last 30 days.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_NOT_FOUND
   */
  async read(caller: StaffCaller, partner: string): Promise<DocumentsView> {
    const decision = decideAct('DOCUMENTS_READ', caller);
    if (!decision.allow) throw new GatewayError(decision.code);
    await this.write();
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const known = await manager.query<unknown[]>('SELECT 1 FROM partner WHERE code = $1', [
        partner,
      ]);
      if (known.length === 0) throw new GatewayError('ERR_NOT_FOUND', { argument: 'partner' });
      const rule = (await readDocumentRules(manager)).get(partner) ?? noDocumentRule;
      const report = await manager.query<
        { day: string; id: string; refused: boolean; seen: string }[]
      >(
        `SELECT day::text, id, refused, seen FROM document_report
         WHERE partner = $1 AND day > $2::date - ${reportDays} ORDER BY day DESC, seen DESC, id`,
        [partner, this.now().toISOString().slice(0, 10)],
      );
      return { ...rule, report: report.map((line) => ({ ...line, seen: Number(line.seen) })) };
    });
  }
}
