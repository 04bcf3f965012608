import { html, useState } from './preact.js'
import { keepCredentials } from './server.js'

const onThisMachine = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)

/** The ways to identify that a challenge (RFC 9110 section 11.6.1) names; a token when it names none. */
function waysOf(challenge) {
  const key = /\bApiKey realm="[^"]*", in="header", name="([^"]+)"/.exec(challenge)?.[1]
  const ways = [
    ...(/\bBearer\b/.test(challenge) ? [{ kind: 'token', title: 'Token' }] : []),
    ...(/\bBasic\b/.test(challenge) ? [{ kind: 'password', title: 'User and password' }] : []),
    ...(key === undefined ? [] : [{ kind: 'key', title: 'API key', header: key }]),
  ]
  return ways.length === 0 ? [{ kind: 'token', title: 'Token' }] : ways
}

function headerOf(way, fields) {
  if (way.kind === 'key') return [way.header, fields.get('secret')]
  if (way.kind === 'token') return ['authorization', `Bearer ${fields.get('secret').trim()}`]
  const bytes = new TextEncoder().encode(`${fields.get('user')}:${fields.get('secret')}`)
  return ['authorization', `Basic ${btoa(String.fromCharCode(...bytes))}`]
}

/** Asks for what identifies the operator. */
export function SignIn({ refusal, onSignIn }) {
  const ways = waysOf(refusal.challenge)
  const [chosen, choose] = useState(0)
  const way = ways[chosen] ?? ways[0]

  function submit(event) {
    event.preventDefault()
    keepCredentials(...headerOf(way, new FormData(event.target)))
    onSignIn()
  }

  return html`<form class="card sign-in" onSubmit=${submit}>
    <h2>Sign in</h2>
    <p>This page is for operators. What you enter stays in this tab and goes to this server only.</p>
    ${
      ways.length > 1 &&
      html`<fieldset>
      <legend>Identify by</legend>
      ${ways.map(
        ({ title }, index) => html`<label>
        <input type="radio" name="way" checked=${index === chosen} onChange=${() => choose(index)} /> ${title}</label>`,
      )}
    </fieldset>`
    }
    ${way.kind === 'password' && html`<label>User <input name="user" autocomplete="username" required /></label>`}
    <label>${way.kind === 'password' ? 'Password' : way.title}
      <input name="secret" type="password" autocomplete=${way.kind === 'password' ? 'current-password' : 'off'} required /></label>
    <button class="main">Sign in</button>
    ${refusal.tried && html`<p class="bad" role="alert">${refusal.message}</p>`}
    ${
      way.kind === 'token' &&
      onThisMachine &&
      html`<p class="soft">To try it on this machine, sign a token: <code>npx gatefold token --subject me --role ROLE</code></p>`
    }
  </form>`
}
