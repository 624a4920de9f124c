package unit

import (
	"database/sql"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org/fold"
)

// SearchKey is the text in which a search looks for an account. The queries of a name go by the order of its parts. The line
// breaks keep a text from being found across two of them.
func SearchKey(username, name, email string) string {
	return fold.Text(username + "\n" + name + "\n" + email)
}

// SpaceJoined writes names so that a query can look for " name " in them; what can't be a name is left out.
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

// NullID is id, or NULL for uuid.Nil.
func NullID(id uuid.UUID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil} }

// NullTime is t, or NULL for the zero time.
func NullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }
