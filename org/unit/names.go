package unit

import (
	"database/sql"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org/fold"
)

// SearchKey returns the text that a search for an account looks in. The queries for a name rely on the order of its parts. The
// line breaks keep a search text from matching across two of them.
func SearchKey(username, name, email string) string {
	return fold.Text(username + "\n" + name + "\n" + email)
}

// SpaceJoined joins names so that a query can look for " name " in them; what can't be a name is left out.
func SpaceJoined[S ~string](names []S) string {
	if len(names) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte(' ')
	for _, n := range names {
		if s := string(n); s != "" && !strings.ContainsRune(s, ' ') {
			b.WriteString(s)
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// NullID returns id, or NULL for uuid.Nil.
func NullID(id uuid.UUID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil} }

// NullTime returns t, or NULL for the zero time.
func NullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }
