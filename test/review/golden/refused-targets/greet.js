export const greet = {
  kind: 'target',
  name: 'greet',
  schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false },
  compile: ({ name }, _operation, tools) => {
    const text = `Hello ${name.toUpperCase()}`
    return (context) => tools.reply(context, text)
  },
}
