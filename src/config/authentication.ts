import Type from 'typebox'
import { Duration } from './units.ts'

const names = (title: string, description: string, examples: string[]) =>
  Type.Array(Type.String({ minLength: 1 }), { title, description, default: [], uniqueItems: true, examples: [examples] })

const exampleHash = '2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683'
const examplePassword = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$rBWUO4dpZ0mxhZ0wbqgHkTg7rCSzfkPNPIbvEcaOnqE'

const Roles = names('Roles', 'Roles that the caller has.', ['editor'])
const Scopes = names('Scopes', 'Scopes that the caller has.', ['pets:read', 'pets:write'])

/** Signature algorithms that a token may be signed with (RFC 7518 section 3.1, RFC 8037); `none` does not exist here. */
export const JwtAlgorithm = Type.Enum(
  ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'],
  { title: 'Algorithm', description: 'A signature algorithm: HS… with a secret, the others with a public key or a key set.' },
)
export type JwtAlgorithm = Type.Static<typeof JwtAlgorithm>

/** Bearer tokens (RFC 7519). */
export const JwtScheme = Type.Object(
  {
    algorithms: Type.Array(JwtAlgorithm, {
      title: 'Algorithms',
      description: 'The only algorithms that are accepted, whatever a token says about itself.',
      minItems: 1,
      uniqueItems: true,
      examples: [['HS256']],
    }),
    secret: Type.Optional(
      Type.String({
        title: 'Secret',
        description:
          'The shared secret of HS algorithms, at least 32 bytes. Empty: one is generated and kept in the data directory; with NODE_ENV=production that is an error.',
        writeOnly: true,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of gateway.yaml
        examples: ['${JWT_SECRET:-}'],
      }),
    ),
    publicKey: Type.Optional(
      Type.String({
        title: 'Public key',
        description: 'A file with the public key: PEM (SPKI or X.509), or a JWK as JSON.',
        minLength: 1,
        examples: ['./key.pem'],
      }),
    ),
    privateKey: Type.Optional(
      Type.String({
        title: 'Private key',
        description: 'A file with the private key (PEM or JWK) that belongs to publicKey, where this API signs tokens itself.',
        minLength: 1,
        examples: ['./private-key.pem'],
      }),
    ),
    jwks: Type.Optional(
      Type.String({
        title: 'JWKS URL',
        description: 'Where the key set of the issuer is fetched (RFC 7517); https, or http on this machine.',
        minLength: 1,
        examples: ['https://issuer.example/.well-known/jwks.json'],
      }),
    ),
    issuer: Type.Optional(
      Type.String({
        title: 'Issuer',
        description: 'The `iss` that tokens must have.',
        examples: ['https://issuer.example/'],
        minLength: 1,
      }),
    ),
    audience: Type.Optional(
      Type.Union(
        [
          Type.String({ minLength: 1 }),
          Type.Array(Type.String({ minLength: 1 }), { title: 'Audiences', description: 'One of these is enough.', minItems: 1 }),
        ],
        {
          title: 'Audience',
          description: 'The `aud` that tokens must have; of a list, one is enough.',
          examples: ['https://api.example.com'],
        },
      ),
    ),
    rolesClaim: Type.String({
      title: 'Roles claim',
      description: "The claim that lists the caller's roles; dots lead into objects.",
      default: 'roles',
      minLength: 1,
    }),
    scopesClaim: Type.String({
      title: 'Scopes claim',
      description: "The claim that lists the caller's scopes, as a list or separated by spaces (RFC 8693 section 4.2).",
      default: 'scope',
      minLength: 1,
    }),
    clockSkew: { ...Duration, title: 'Clock skew', description: "How far the issuer's clock may be off.", default: '0s' },
  },
  {
    additionalProperties: false,
    title: 'JWT',
    description: 'Bearer tokens: signature, exp and sub are always checked. Exactly one of secret, publicKey and jwks.',
    examples: [{ algorithms: ['RS256'], jwks: 'https://issuer.example/jwks.json', audience: 'https://api.example.com' }],
    oneOf: [{ required: ['secret'] }, { required: ['publicKey'] }, { required: ['jwks'] }],
  },
)
export type JwtScheme = Type.Static<typeof JwtScheme>

/** API keys; only their SHA-256 is known to the gateway. */
export const ApiKeyScheme = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          id: Type.String({
            title: 'Id',
            description: 'A name for the key, for logs and limits; not secret.',
            examples: ['partner'],
            minLength: 1,
          }),
          sha256: Type.String({
            writeOnly: true,
            title: 'SHA-256',
            description: 'SHA-256 of the key in hexadecimal.',
            examples: [exampleHash],
            pattern: '^[0-9a-fA-F]{64}$',
          }),
          subject: Type.Optional(
            Type.String({
              title: 'Subject',
              description: 'Who calls with it; the id when absent.',
              examples: ['partner-inc'],
              minLength: 1,
            }),
          ),
          roles: Roles,
          scopes: Scopes,
          expires: Type.Optional(
            Type.String({
              title: 'Expires',
              description: 'When the key ends: a date, or a time with its zone (RFC 3339).',
              pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2}))?$',
              examples: ['2030-12-31'],
            }),
          ),
        },
        { additionalProperties: false, title: 'API key', description: 'One key and who it stands for.' },
      ),
      {
        title: 'Keys',
        description: 'The keys that are accepted.',
        examples: [[{ id: 'partner', sha256: exampleHash, roles: ['reader'] }]],
        minItems: 1,
      },
    ),
  },
  {
    additionalProperties: false,
    title: 'API keys',
    description: 'Keys in the header, query parameter or cookie that the OpenAPI scheme names.',
    examples: [{ keys: [{ id: 'partner', sha256: exampleHash, roles: ['reader'] }] }],
  },
)
export type ApiKeyScheme = Type.Static<typeof ApiKeyScheme>

/** HTTP basic authentication (RFC 7617). */
export const BasicScheme = Type.Object(
  {
    users: Type.Array(
      Type.Object(
        {
          username: Type.String({
            title: 'User name',
            description: 'Without a colon (RFC 7617 section 2).',
            pattern: '^[^:]+$',
            examples: ['operator'],
          }),
          password: Type.String({
            writeOnly: true,
            title: 'Password hash',
            description: 'The argon2id hash of the password, as a PHC string.',
            pattern: '^\\$argon2id\\$v=19\\$m=\\d+,t=\\d+,p=\\d+\\$[A-Za-z0-9+/]+\\$[A-Za-z0-9+/]+$',
            examples: [examplePassword],
          }),
          subject: Type.Optional(
            Type.String({
              title: 'Subject',
              description: 'Who it is; the user name when absent.',
              examples: ['operator'],
              minLength: 1,
            }),
          ),
          roles: Roles,
          scopes: Scopes,
        },
        { additionalProperties: false, title: 'User', description: 'One user.' },
      ),
      {
        title: 'Users',
        description: 'The users who are accepted.',
        examples: [[{ username: 'operator', password: examplePassword, roles: ['admin'] }]],
        minItems: 1,
      },
    ),
  },
  {
    additionalProperties: false,
    title: 'HTTP basic',
    description: 'User names and hashed passwords.',
    examples: [{ users: [{ username: 'operator', password: examplePassword, roles: ['admin'] }] }],
  },
)
export type BasicScheme = Type.Static<typeof BasicScheme>

/** How one OpenAPI security scheme is checked: exactly one of the three. */
export const AuthenticationScheme = Type.Object(
  { jwt: Type.Optional(JwtScheme), apiKey: Type.Optional(ApiKeyScheme), basic: Type.Optional(BasicScheme) },
  {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    title: 'Security scheme',
    description: 'How the credentials of this OpenAPI security scheme are checked: one of jwt, apiKey and basic.',
    examples: [{ jwt: { algorithms: ['RS256'], jwks: 'https://issuer.example/jwks.json', audience: 'https://api.example.com' } }],
  },
)
export type AuthenticationScheme = Type.Static<typeof AuthenticationScheme>

/** By the name of the OpenAPI security scheme. */
export const Authentication = Type.Record(Type.String(), AuthenticationScheme, {
  title: 'Authentication',
  description: 'How credentials are checked, by the name of the OpenAPI security scheme.',
  examples: [
    {
      bearerAuth: {
        jwt: { algorithms: ['RS256'], jwks: 'https://issuer.example/jwks.json', audience: 'https://api.example.com' },
      },
    },
  ],
  default: {},
})
