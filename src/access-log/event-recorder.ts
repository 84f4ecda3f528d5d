import type { EventOutcome } from '../core/log/event.js';
import { canonicalJson } from '../core/log/record.js';
import type { AccessLog } from './access-log.js';

export interface EventRecorderOptions {
  readonly accessLog: Pick<AccessLog, 'append'>;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly onFault: (error: unknown) => void;
}

/** What is counted over a minute; see core/log/event.ts. */
export type CountedEvent = Extract<
  EventOutcome,
  'EVENT_TOKENS_ISSUED' | 'EVENT_TOKENS_REFUSED' | 'EVENT_CONNECTIONS_REFUSED'
>;

interface WaitingEvent {
  readonly outcome: EventOutcome;
  readonly at: Date;
  readonly clientId: string;
  readonly finding: Readonly<Record<string, string | number | boolean>>;
}

/** Different causes and clients of one minute; what is beyond them is counted together. */
const mostCounted = 64;
const mostWaiting = 1_000;
const everyMs = 60_000;

/**
 * Events of this gateway as records of the host's tree. What cannot be recorded now waits, in its
 * order, and is recorded when the log can be written again; a fault of the log never stops the gateway
 * here.
 */
export class EventRecorder {
  readonly #counts = new Map<
    string,
    { event: CountedEvent; name: string; partner: string | undefined; count: number }
  >();
  #waiting: WaitingEvent[] = [];
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: EventRecorderOptions) {}

  /**
   * Counts one of something that a caller nobody has established can cause.
   *
   * @param partner where what was refused had been that partner's
   */
  count(event: CountedEvent, name: string, partner?: string): void {
    const key = `${event} ${name} ${partner ?? ''}`;
    const known = this.#counts.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#counts.size < mostCounted)
      this.#counts.set(key, { event, name, partner, count: 1 });
    else if (name !== 'other') this.count(event, 'other');
    else this.#counts.set(key, { event, name, partner, count: 1 });
  }

  /** Records one event, now or as soon as that can be done. */
  async record(
    outcome: Exclude<EventOutcome, CountedEvent>,
    finding: WaitingEvent['finding'] = {},
  ): Promise<void> {
    this.#wait({ outcome, at: this.options.now(), clientId: 'gateway', finding });
    await this.flush();
  }

  /** Records what was counted since the last time, and what waits. */
  async flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  /** Records what was counted, once a minute. */
  start(): void {
    this.#timer = setInterval(() => void this.flush(), everyMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.record('EVENT_STOP');
  }

  async #flush(): Promise<void> {
    const at = this.options.now();
    for (const { event, name, partner, count } of this.#counts.values()) {
      const isIssued = event === 'EVENT_TOKENS_ISSUED';
      this.#wait({
        outcome: event,
        at,
        clientId: isIssued ? name : 'gateway',
        finding: isIssued
          ? { count }
          : { cause: name.slice(0, 200), count, ...(partner === undefined ? {} : { partner }) },
      });
    }
    this.#counts.clear();
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      try {
        await this.#append(next);
      } catch (error) {
        this.options.onFault(error);
        return;
      }
      this.#waiting.shift();
    }
  }

  #wait(event: WaitingEvent): void {
    if (this.#waiting.length < mostWaiting) this.#waiting.push(event);
  }

  async #append({ outcome, at, clientId, finding }: WaitingEvent): Promise<void> {
    const { accessLog, newId } = this.options;
    await accessLog.append({
      tree: { kind: 'host' },
      id: newId(),
      requestId: null,
      at,
      grant: null,
      grantVersion: null,
      purpose: null,
      person: null,
      outcome,
      fields: [],
      reference: null,
      host: {
        clientId,
        officer: null,
        certificate: '',
        caseReference: null,
        subject: null,
        finding: canonicalJson(finding),
      },
    });
  }
}
