type OnPayload = (payload: string) => void

interface Subscription {
  onPayload: OnPayload
  onReconnect: (() => void) | undefined
}

/** Who listens to which channel in this process. */
export class Channels {
  readonly #channels = new Map<string, Set<Subscription>>()

  /** Adds a listener; the returned function takes it off again and tells whether that leaves the channel without any. */
  add(channel: string, onPayload: OnPayload, onReconnect?: () => void): () => boolean {
    const subscriptions = this.#channels.get(channel) ?? new Set()
    const subscription = { onPayload, onReconnect }
    subscriptions.add(subscription)
    this.#channels.set(channel, subscriptions)
    return () => {
      const removed = subscriptions.delete(subscription)
      if (!removed || subscriptions.size > 0) return false
      this.#channels.delete(channel)
      return true
    }
  }

  get names(): string[] {
    return [...this.#channels.keys()]
  }

  deliver(channel: string, payload: string): void {
    for (const { onPayload } of this.#channels.get(channel) ?? []) onPayload(payload)
  }

  /** Tells every listener that notifications may have been missed. */
  reconnected(): void {
    for (const subscriptions of this.#channels.values()) {
      for (const { onReconnect } of subscriptions) onReconnect?.()
    }
  }
}

/** The text that listens to a channel; its name is an identifier, not a value. */
export function listenStatement(channel: string): string {
  return `LISTEN ${quoteIdentifier(channel)}`
}

/** An SQL identifier, quoted (PostgreSQL section 4.1.1). */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
