import { Controller, Get, Module, Res, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { ClosedFastifyAdapter } from '../platform/http/closed-fastify-adapter.js';
import type { GatewayLogger } from '../platform/telemetry/logger.js';
import type { Metrics } from '../platform/telemetry/metrics.js';
import { nestLogger } from '../platform/telemetry/nest-logger.js';

/** What makes a gateway ready, by name; a reason is for operators and holds no data. */
export type ReadinessProbe = () => Promise<
  readonly { readonly name: string; readonly ok: boolean }[]
>;

export interface OpsDoorOptions {
  readonly ready: ReadinessProbe;
  readonly metrics: Metrics;
  readonly logger: GatewayLogger;
}

const routes = {
  'GET /livez': 'PRIVATE_ADDRESS',
  'GET /readyz': 'PRIVATE_ADDRESS',
  'GET /metrics': 'PRIVATE_ADDRESS',
} as const;

/** Probes and counters for operators, on a private address; no personal data. */
class Probes {
  constructor(
    readonly ready: ReadinessProbe,
    readonly metrics: Metrics,
  ) {}
}

@Controller()
class OpsController {
  constructor(private readonly probes: Probes) {}

  /** The process runs; never depends on the database. */
  @Get('livez')
  livez(): { status: string } {
    return { status: 'ok' };
  }

  /** Questions can be answered: 503 with the probes that fail. */
  @Get('readyz')
  async readyz(@Res() reply: FastifyReply): Promise<void> {
    const probes = await this.probes.ready();
    const ok = probes.every((probe) => probe.ok);
    await reply.code(ok ? 200 : 503).send({ status: ok ? 'ok' : 'not ready', probes });
  }

  /** Prometheus text format. */
  @Get('metrics')
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await this.probes.ready();
    const { registry } = this.probes.metrics;
    await reply.header('content-type', registry.contentType).send(await registry.metrics());
  }
}

@Module({})
class OpsDoorModule {
  static with({ ready, metrics }: OpsDoorOptions): DynamicModule {
    return {
      module: OpsDoorModule,
      controllers: [OpsController],
      providers: [{ provide: Probes, useValue: new Probes(ready, metrics) }],
    };
  }
}

/** Builds the ops door; the caller listens and closes. */
export async function buildOpsDoor(options: OpsDoorOptions): Promise<NestFastifyApplication> {
  const adapter = new ClosedFastifyAdapter({
    routes,
    bodyLimitBytes: 1024,
    refuse: (_request, reply, status) => reply.code(status).send({ status: 'refused' }),
  });
  adapter.fastify.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    OpsDoorModule.with(options),
    adapter,
    { bodyParser: false, logger: nestLogger(options.logger), abortOnError: false },
  );
  await app.init();
  return app;
}
