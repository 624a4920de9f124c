package dbtest

import (
	"strings"
	"sync"

	"rolecall.example/db"
)

// Statements are those that ran on a database, in order, by the names of their queries. Beginning a transaction, with its
// lock, and ending it does not count.
type Statements struct {
	mu    sync.Mutex
	names []string
}

// Trace is d, with its statements counted from here on.
func Trace(d *db.DB) (*db.DB, *Statements) {
	s := &Statements{}
	return db.Traced(d, s.note), s
}

// note takes the name out of the comment that sqlc begins each query with.
func (s *Statements) note(statement string) {
	name, _, _ := strings.Cut(strings.TrimPrefix(statement, "-- name: "), " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = append(s.names, name)
}

// Take returns the statements since it was called last.
func (s *Statements) Take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.names
	s.names = nil
	return names
}
