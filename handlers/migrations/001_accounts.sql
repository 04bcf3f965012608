CREATE TABLE account (
  id uuid PRIMARY KEY,                 -- version 7: sorted by time of registration
  email text NOT NULL UNIQUE,          -- normalised, so that one mailbox is one account
  name text,
  password_hash text NOT NULL,         -- argon2id, PHC string
  roles text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- One login on one device: the family of all refresh tokens that follow from it.
CREATE TABLE session (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,     -- that of its latest refresh token
  ended_at timestamptz                 -- by logout, or because a token was used twice
);
CREATE INDEX session_account ON session (account_id);

CREATE TABLE refresh_token (
  hash bytea PRIMARY KEY,              -- SHA-256: who reads this table can sign in as nobody
  session_id uuid NOT NULL REFERENCES session ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX refresh_token_session ON refresh_token (session_id);
