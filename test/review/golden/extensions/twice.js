export const cors = { kind: 'policy', name: 'cors', schema: {}, compile: () => undefined }
