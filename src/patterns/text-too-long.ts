/** A pattern cannot be applied to a text in a bounded time. Whoever judges the text has to refuse it. */
export class TextTooLong extends Error {
  constructor() {
    super('the text is too long for its pattern')
    this.name = 'TextTooLong'
  }
}
