/** What other rooms and the doors may use: certificates, tokens, callers. */
export * from './caller/index.js';
export * from './certificate/index.js';
export * from './token/index.js';
