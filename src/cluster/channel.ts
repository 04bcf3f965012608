/** What can be sent to an end: for each subject a function from what is said to what is answered. */
export type Messages<M> = { readonly [Subject in keyof M]: (said: never) => unknown }
type Said<F> = F extends (said: infer S) => unknown ? S : never
type Answer<F> = F extends (said: never) => infer A ? A : never

/** What is done with each message of the other end. */
export type Handlers<M extends Messages<M>> = {
  readonly [Subject in keyof M]: (said: Said<M[Subject]>) => Answer<M[Subject]> | Promise<Answer<M[Subject]>>
}

/** One end of the connection between the primary and a worker. */
export interface Channel<M extends Messages<M>> {
  /** Undefined when the other end is gone before it has answered. */
  ask<Subject extends keyof M & string>(subject: Subject, said: Said<M[Subject]>): Promise<Answer<M[Subject]> | undefined>
  tell<Subject extends keyof M & string>(subject: Subject, said: Said<M[Subject]>): void
}

/** The process at this end, or the child at the other: both send and receive alike. */
interface End {
  readonly connected: boolean
  send?(message: object, sent: (error: Error | null) => void): unknown
  on(event: 'message', receive: (message: unknown) => void): unknown
  once(event: 'disconnect', gone: () => void): unknown
}

type Packet = { subject: string; said: unknown; id?: number } | { answered: number; answer: unknown }

/** Opens this end: `Out` is what the other end understands, `In` what this one does. */
export function openChannel<Out extends Messages<Out>, In extends Messages<In>>(end: End, handlers: Handlers<In>): Channel<Out> {
  const waiting = new Map<number, (answer: never) => void>()
  let asked = 0

  function post(packet: Packet): void {
    // Whether the other end is gone is seen by `disconnect`; a message that cannot be sent says nothing more.
    if (end.connected) end.send?.(packet, () => {})
  }

  async function receive(packet: Packet): Promise<void> {
    if ('answered' in packet) {
      waiting.get(packet.answered)?.(packet.answer as never)
      waiting.delete(packet.answered)
      return
    }
    const { subject, said, id } = packet
    const answer = handlers[subject as keyof In](said as never)
    if (id !== undefined) post({ answered: id, answer: await answer })
  }

  end.on('message', (packet) => void receive(packet as Packet))
  end.once('disconnect', () => {
    for (const resolve of waiting.values()) (resolve as (answer: undefined) => void)(undefined)
    waiting.clear()
  })

  return {
    ask(subject, said) {
      if (!end.connected) return Promise.resolve(undefined)
      const id = asked++
      return new Promise((resolve) => {
        waiting.set(id, resolve)
        post({ subject, said, id })
      })
    },
    tell: (subject, said) => post({ subject, said }),
  }
}
