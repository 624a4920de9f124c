package db

import (
	"context"
	"errors"
)

// Fill makes the index of the accounts' texts at the end in one go, which takes a tenth of the time of an entry with each.
func (f *file) Fill(ctx context.Context, fn func(q *Queries) error) error {
	return f.Write(ctx, func(q *Queries) error {
		var last int64
		var trigger string
		if err := f.writer.QueryRowContext(ctx, "SELECT (SELECT coalesce(max(seq), 0) FROM users), sql FROM sqlite_schema WHERE name = 'users_searched'").
			Scan(&last, &trigger); err != nil {
			return err
		}
		// Rows of one organization go all over its tables: what does not fit the cache is written more than once.
		if err := errors.Join(f.writer.exec("PRAGMA cache_size(-256000)"), f.writer.exec("DROP TRIGGER users_searched")); err != nil {
			return err
		}
		defer func() { _ = f.writer.exec("PRAGMA cache_size(-16000)") }()
		if err := fn(q); err != nil {
			return err
		}
		_, err := f.writer.ExecContext(ctx, "INSERT INTO user_search (rowid, text) SELECT seq, search_key FROM users WHERE seq > ?", last)
		return errors.Join(err, f.writer.exec(trigger))
	})
}
