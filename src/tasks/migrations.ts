import type { Migration } from '../services/migrations.ts'

/**
 * The tables of tasks. `task` and `task_event` are the truth; pg-boss' jobs only say that an attempt is due.
 * `json` rather than `jsonb`: it keeps what was sent as it was sent, and takes "\u0000" in strings.
 */
export const taskMigrations: readonly Migration[] = [
  {
    name: 'tasks-001',
    sql: `
CREATE TABLE task (
  id uuid PRIMARY KEY,
  operation text NOT NULL,
  -- scheme:subject; NULL for tasks of anonymous callers.
  owner text,
  principal json,
  state text NOT NULL CHECK (state IN ('queued', 'active', 'retrying', 'completed', 'failed', 'cancelled')),
  attempt integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL,
  -- Counts every claim, also those that cost no attempt: whoever writes for a running attempt must name it.
  fence integer NOT NULL DEFAULT 0,
  worker uuid,
  -- The one job that may start it; NULL while it runs, is held, or has ended.
  job uuid,
  run_at timestamptz NOT NULL,
  priority integer NOT NULL,
  -- Waits for another task of its owner to end (perOwner).
  held boolean NOT NULL DEFAULT false,
  cancel_requested boolean NOT NULL DEFAULT false,
  progress double precision,
  message text,
  input json NOT NULL,
  result json,
  error json,
  last_seq integer NOT NULL,
  request_id text NOT NULL,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at timestamptz,
  finished_at timestamptz,
  expires_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX task_owner ON task (owner, id DESC);
CREATE INDEX task_operation ON task (operation, id DESC);
CREATE INDEX task_due ON task (operation, run_at) WHERE state IN ('queued', 'retrying');
CREATE INDEX task_held ON task (operation, owner, priority DESC, id) WHERE held;
CREATE INDEX task_active ON task (operation, owner) WHERE state = 'active';
CREATE INDEX task_finished ON task (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX task_expires ON task (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE task_event (
  task_id uuid NOT NULL REFERENCES task ON DELETE CASCADE,
  seq integer NOT NULL,
  type text NOT NULL CHECK (type IN ('status', 'progress', 'log')),
  status text NOT NULL,
  progress double precision,
  data json,
  at timestamptz NOT NULL,
  PRIMARY KEY (task_id, seq)
);

CREATE TABLE task_worker (
  id uuid PRIMARY KEY,
  host text NOT NULL,
  pid integer NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  heartbeat_at timestamptz NOT NULL
);

CREATE TABLE task_idempotency (
  owner text NOT NULL,
  operation text NOT NULL,
  key text NOT NULL,
  -- SHA-256 of the request, in canonical form.
  request bytea NOT NULL,
  task_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (owner, operation, key)
);
CREATE INDEX task_idempotency_expires ON task_idempotency (expires_at);

CREATE TABLE task_schedule (
  operation text PRIMARY KEY,
  last_tick timestamptz NOT NULL
);
`,
  },
  {
    name: 'tasks-002',
    sql: `
-- What an operator looks for among the many that went well.
CREATE INDEX task_ended_badly ON task (id DESC) WHERE state IN ('failed', 'cancelled');
`,
  },
]
