import { SignJWT } from 'jose'

const key = Buffer.from(process.env.SECRET ?? '')

/** A token that the reference application accepts. */
export function sign(subject: string): Promise<string> {
  const claims = new SignJWT({ roles: ['user'] }).setProtectedHeader({ alg: 'HS256' }).setSubject(subject)
  return claims.setIssuer('gatefold').setAudience('gatefold-reference').setExpirationTime('1h').sign(key)
}
