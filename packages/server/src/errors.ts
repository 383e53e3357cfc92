/** Errors of the server itself: each carries its facts, its cause, and what a person can do next. */

/** The configuration cannot be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** Where in the configuration, e.g. `['listen', 'tls', 'port']`. */
  readonly path: readonly (string | number)[]

  constructor(message: string, path: readonly (string | number)[] = [], options?: ErrorOptions) {
    super(message, options)
    this.path = path
  }
}

/** An address cannot be listened on. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

/** A certificate or its key cannot be used. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
  readonly host: string

  constructor(host: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.host = host
  }
}

/** Somebody did not answer in time. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}
