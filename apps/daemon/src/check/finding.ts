/** One thing that `rookery check` found out. */
export interface Finding {
  readonly area: 'config' | 'data' | 'certificate' | 'port' | 'dns' | 'clock'
  readonly level: 'ok' | 'warning' | 'error'
  readonly text: string
  /** What to do about it. */
  readonly fix?: string
}
