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
	trips int
	watch func(name string)
}

// Trace is d, with its statements counted from here on.
func Trace(d *db.DB) (*db.DB, *Statements) {
	s := &Statements{}
	return db.Traced(d, s.note), s
}

// note takes the name out of the comment that sqlc begins each query with.
func (s *Statements) note(statement string) {
	query, ok := strings.CutPrefix(statement, "-- name: ")
	name, kind, _ := strings.Cut(query, " ")
	s.mu.Lock()
	watch := s.watch
	s.mu.Unlock()
	if watch != nil {
		watch(name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(kind, ":exec\n") {
		s.trips++
	}
	if ok {
		s.names = append(s.names, name)
	}
}

// Watch has fn called before each statement, with its name. It may use the database.
func (s *Statements) Watch(fn func(name string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch = fn
}

// Trips is how often a server would have been waited for since Take was called last: for each beginning and end of a transaction,
// and for each statement but those that wait for the end (db/pgqueue.go).
func (s *Statements) Trips() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trips
}

// Take returns the statements since it was called last.
func (s *Statements) Take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.names
	s.names, s.trips = nil, 0
	return names
}
