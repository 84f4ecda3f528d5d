import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Counters for operators. Labels come from closed lists; none is a person, a case or a partner. */
export class Metrics {
  readonly registry = new Registry();
  readonly handshakesRefused = this.counter(
    'safeconduct_handshakes_refused_total',
    'Connections ended before HTTP, by cause.',
    ['cause'],
  );
  readonly tokensRefused = this.counter(
    'safeconduct_tokens_refused_total',
    'Requests answered 401, by cause.',
    ['cause'],
  );
  readonly operations = this.counter(
    'safeconduct_operations_total',
    'GraphQL operations answered, by root field and public code (OK for none).',
    ['operation', 'code'],
  );
  readonly untrustedDocuments = this.counter(
    'safeconduct_untrusted_documents_total',
    'Documents that are not trusted ones: refused, or counted in a dry run.',
    ['refused'],
  );
  readonly lateReleases = this.counter(
    'safeconduct_late_releases_total',
    'Answers that were not ready for the first release and left at a later multiple.',
    [],
  );
  readonly releasePace = new Gauge({
    name: 'safeconduct_release_pace',
    help: 'Releases an answer is given, 1 to 20: more than 1 for a minute after an answer needed more.',
    registers: [this.registry],
  });
  readonly workSeconds = new Histogram({
    name: 'safeconduct_work_seconds',
    help: 'From the last byte of a question to the answer being ready to leave.',
    buckets: [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 5],
    registers: [this.registry],
  });
  readonly logWritable = new Gauge({
    name: 'safeconduct_log_writable',
    help: '1 while the access log can be written.',
    registers: [this.registry],
  });
  readonly logCheckEnded = new Gauge({
    name: 'safeconduct_log_check_ended_seconds',
    help: 'When this gateway had last held the whole log against what was signed, seconds since 1970; 0 before the first time.',
    registers: [this.registry],
  });
  readonly logCheckProgress = new Gauge({
    name: 'safeconduct_log_check_progress',
    help: 'Part of the log that the check under way has walked, 0 to 1; 0 between two.',
    registers: [this.registry],
  });
  readonly logCheckRelisted = new Gauge({
    name: 'safeconduct_log_check_relisted',
    help: 'Records whose rows of search were changed or gone and were made again, since the start.',
    registers: [this.registry],
  });
  readonly stops = new Gauge({
    name: 'safeconduct_disclosure_stops',
    help: 'Emergency stops in force: of everybody, of single partners.',
    labelNames: ['of'],
    registers: [this.registry],
  });
  readonly certificateNotAfter = new Gauge({
    name: 'safeconduct_listener_certificate_not_after_seconds',
    help: 'End of the listener certificate, seconds since 1970.',
    labelNames: ['door'],
    registers: [this.registry],
  });

  readonly ending = new Gauge({
    name: 'safeconduct_ending',
    help: 'Certificates, CAs and revocation lists that end within so many days, by kind.',
    labelNames: ['kind', 'within_days'],
    registers: [this.registry],
  });
  readonly filesRefused = new Gauge({
    name: 'safeconduct_files_refused',
    help: '1 while files of keys or certificates have changed and hold nothing that could be taken; what was before goes on.',
    labelNames: ['what'],
    registers: [this.registry],
  });
  readonly staleRevocationLists = new Gauge({
    name: 'safeconduct_stale_revocation_lists',
    help: 'Revocation lists whose nextUpdate is past; a day later they refuse every client of their CA.',
    registers: [this.registry],
  });

  readonly registerUpkeep = new Gauge({
    name: 'safeconduct_register_upkeep',
    help: 'Keys or pages moved by background work on the register, people due by the retention rule.',
    labelNames: ['job'],
    registers: [this.registry],
  });
  readonly registerUpkeepFailed = new Gauge({
    name: 'safeconduct_register_upkeep_failed',
    help: '1 after background work on the register failed, until it is done.',
    labelNames: ['job'],
    registers: [this.registry],
  });
  readonly registerUpkeepEnded = new Gauge({
    name: 'safeconduct_register_upkeep_ended_seconds',
    help: 'When background work on the register was last done here, seconds since 1970; EPOCH is due weekly.',
    labelNames: ['job'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  private counter<Label extends string>(name: string, help: string, labelNames: Label[]) {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
