import type { Handler } from 'gatefold'

interface Book {
  isbn: string
  title: string
  genre: string
  price?: number
}

const shelf = new Map<string, Book>()
shelf.set('9780141439518', { isbn: '9780141439518', title: 'Pride and Prejudice', genre: 'novel', price: 8.5 })
shelf.set('9780099512288', { isbn: '9780099512288', title: 'The Voyage of the Beagle', genre: 'travel', price: 12 })

export const listBooks: Handler = ({ query }) =>
  [...shelf.values()]
    .filter(({ genre }) => query.genre === undefined || genre === query.genre)
    .sort((one, other) => one.title.localeCompare(other.title))
    .slice(0, query.limit)

export const getBook: Handler = ({ params }, { problem }) =>
  shelf.get(params.isbn) ?? problem('not_found', { detail: `there is no book ${params.isbn}` })

export const addBook: Handler = ({ body }, { problem }) => {
  if (shelf.has(body.isbn)) return problem('isbn_taken', { status: 409, detail: `${body.isbn} is on the shelf already` })
  shelf.set(body.isbn, body)
  return body
}

export const importBooks: Handler = async ({ body }, { progress, signal }) => {
  let imported = 0
  for (const [index, book] of body.books.entries()) {
    signal.throwIfAborted()
    if (!shelf.has(book.isbn)) imported += 1
    shelf.set(book.isbn, book)
    progress((index + 1) / body.books.length, book.title)
  }
  return { imported, known: body.books.length - imported }
}
