/** What we need of a database: PostgreSQL's dialect, `$1` parameters; `DataSource.query` fits. */
export interface Queryable {
  query(sql: string, parameters: readonly unknown[]): Promise<unknown>;
}
