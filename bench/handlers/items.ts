import type { Handler } from '../../src/index.ts'

const fill = 'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna'

export const ping: Handler = () => ({
  status: 'ok',
  service: 'bench',
  version: '1.0.0',
  region: 'local',
  message: fill + fill,
})

export const getItem: Handler = ({ params }, { principal }) => ({
  id: params.id,
  sku: 'ABC-123456',
  name: 'Widget',
  price: 12.5,
  currency: 'EUR',
  stock: 42,
  active: true,
  tags: ['a', 'b', 'c'],
  owner: principal?.subject,
  createdAt: '2026-01-01T00:00:00Z',
  note: fill,
})

export const createItem: Handler = ({ body }, { principal }) => ({
  id: 1001,
  sku: body.sku,
  name: body.name,
  price: body.price,
  currency: body.currency,
  stock: body.stock,
  active: body.active,
  tags: body.tags,
  owner: principal?.subject,
  createdAt: body.createdAt,
  note: fill,
})
