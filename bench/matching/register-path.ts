import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caseload, PartnerCode, StateCode } from '../../src/core/ids.js';
import {
  candidateCap,
  classify,
  compareEvidence,
  evidenceBlockingTerms,
  meetsEvidenceFloor,
  parseEvidence,
  prepareSubject,
  type PersonEvidenceInput,
} from '../../src/core/matching/index.js';
import type { Subject } from '../../src/core/register/subject.js';
import { migrate, openDatabase, type Database } from '../../src/platform/database/database.js';
import { epochKeyFiles } from '../../src/platform/keys/epoch-key-files.js';
import { localMasterKey } from '../../src/platform/keys/keys.js';
import {
  importRegister,
  openRegister,
  registerMigrations,
  releaseBatch,
  type Register,
} from '../../src/register/index.js';
import type { Asked, MatchingPath, Spent } from './path.js';

/**
 * The way a question takes through the gateway: people imported and released into an embedded
 * database, found by the blind index, decrypted, compared, classified. The evidence floor and the
 * folding of POSSIBLE_MATCH are left out; every caseload is in scope.
 */
export class RegisterPath implements MatchingPath {
  readonly #home = mkdtempSync(join(tmpdir(), 'safeconduct-bench-'));
  readonly #scope: { caseloads: Set<Caseload>; partner: PartnerCode; state: StateCode } = {
    caseloads: new Set(),
    partner: 'BENCH-PARTNER' as PartnerCode,
    state: 'XXA' as StateCode,
  };
  readonly #sums = { parse: 0, find: 0, prepare: 0, score: 0 };
  #questions = 0;
  #database: Database | undefined;
  #register: Register | undefined;

  constructor(private readonly now: Date) {}

  async load(subjects: readonly Subject[]): Promise<void> {
    this.#database = await openDatabase({ home: this.#home, migrations: registerMigrations });
    const { dataSource } = this.#database;
    await migrate(dataSource);
    const register = await openRegister({
      dataSource,
      masterKey: localMasterKey(randomBytes(32)),
      epochKeys: epochKeyFiles(join(this.#home, 'epoch-keys'), 'bench'),
      now: () => this.now,
      random: (sizeBytes) => randomBytes(sizeBytes),
    });
    for (const { caseload } of subjects) this.#scope.caseloads.add(caseload);
    const report = await importRegister(register.store, {
      source: linesOf(subjects),
      requestedBy: 'bench 1',
      knownPartners: new Set(),
      dryRun: false,
    });
    if (report.rejected > 0) {
      const codes = [...new Set(report.rejections.map(({ code }) => code))].join(', ');
      process.stderr.write(`${report.rejected} rows of the register are rejected: ${codes}\n`);
    }
    if (report.batchId !== undefined) {
      const { version } = await releaseBatch(register.store, {
        batchId: report.batchId,
        releasedBy: 'bench 2',
        people: report.added + report.changed,
      });
      await register.catchUp(version);
    }
    this.#register = register;
  }

  async ask(person: PersonEvidenceInput): Promise<Asked> {
    const register = this.#register;
    if (register === undefined) throw new TypeError('nothing is loaded');
    const started = cpuMicroseconds();
    const evidence = parseEvidence(person, this.now);
    const parsed = cpuMicroseconds();
    const opened = await register.find(evidenceBlockingTerms(evidence), this.#scope, candidateCap);
    const found = cpuMicroseconds();
    const prepared = opened.map(({ subject }) => ({
      reference: subject.reference,
      subject: prepareSubject(subject),
    }));
    const ready = cpuMicroseconds();
    const scored = prepared.map(({ reference, subject }) => ({
      reference,
      comparison: compareEvidence(evidence, subject),
    }));
    const { outcome, best } = classify(scored, 'STANDARD');
    const done = cpuMicroseconds();
    this.#questions += 1;
    this.#sums.parse += parsed - started;
    this.#sums.find += found - parsed;
    this.#sums.prepare += ready - found;
    this.#sums.score += done - ready;
    return {
      outcome,
      best: best && { reference: best.reference, score: best.comparison.score },
      candidates: prepared.map(({ reference }) => reference),
      belowFloor: !meetsEvidenceFloor(evidence),
    };
  }

  spent(): Spent {
    const of = (sum: number): number => sum / Math.max(1, this.#questions);
    const { parse, find, prepare, score } = this.#sums;
    return { parse: of(parse), find: of(find), prepare: of(prepare), score: of(score) };
  }

  async close(): Promise<void> {
    await this.#database?.close();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

async function* linesOf(subjects: readonly Subject[]): AsyncGenerator<Uint8Array> {
  for (const subject of subjects) yield Buffer.from(`${JSON.stringify(subject)}\n`);
}

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
