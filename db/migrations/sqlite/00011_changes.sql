-- Keeps what changed lately of who may do what, for programs that decide by a copy of it: each row is written in the
-- transaction of its change. It is no history: rows go after a day.

-- +goose Up
CREATE TABLE changes (
    seq             integer   NOT NULL PRIMARY KEY,
    organization_id uuid      NOT NULL, -- the zero id for the site
    kind            text      NOT NULL, -- change, carried, reload, gone; of the site: site, same, catalog, keys
    revision_from   bigint    NOT NULL, -- of the scope: what it goes on from, and where it leads
    revision_to     bigint    NOT NULL,
    payload         text      NOT NULL, -- JSON: the state of what changed, after it
    created_at      timestamp NOT NULL
);

-- One row: where the positions of this database begin. They are numbers that grow with time, so that none comes back with
-- another meaning when a backup is put in its place.
CREATE TABLE feeds (
    id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    base  bigint NOT NULL, -- what is added to xact to make a position
    floor bigint NOT NULL  -- of earlier positions it is not known what came after them
) WITHOUT ROWID;
INSERT INTO feeds (id, base, floor) VALUES (1, unixepoch() * 1000000, unixepoch() * 1000000);

-- The rows with the number of their transaction. Here transactions come one after the other, so each row is its own.
CREATE VIEW logged_changes AS
SELECT seq, seq AS xact, organization_id, kind, revision_from, revision_to, payload, created_at FROM changes;

-- One row: all that changed up to the position can be seen.
CREATE VIEW feed_positions AS
SELECT base + coalesce((SELECT max(seq) FROM changes), 0) AS position, base, floor FROM feeds;

-- +goose Down
DROP VIEW feed_positions;
DROP VIEW logged_changes;
DROP TABLE feeds;
DROP TABLE changes;
