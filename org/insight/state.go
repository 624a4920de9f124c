package insight

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// StateIn returns the state of what one organization shows, or the site for "". Everything read after the call is of that
// state or of a later one.
// "" is no state: then nothing may be cached or compared, and the list is built again.
func (s *Service) StateIn(ctx context.Context, subject *org.Actor, organization string) (_ org.State, err error) {
	defer org.Wrap(&err, "read state of %q", organization)
	site, ok := subject.Basis.Of(uuid.Nil)
	now := s.units.Now()
	switch {
	// Until the sweeper has removed what has ended, the lists change with time alone (docs/spec/records.md).
	case ok && ended(site.ScopeEnd, now):
		return "", nil
	// Without a basis there is no telling whether the caller's rights are still the same (docs/adr/0005-caches.md).
	case !ok:
		return "", nil
	case organization == "":
		return subject.StateAt(site.Value), nil
	}
	id, err := s.units.NamedAt(ctx, organization, site.Value)
	if db.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	// The basis was read when the request began. The revision of a place not in it is read now.
	if r, ok := subject.Basis.Of(id); ok && ended(r.ScopeEnd, now) {
		return "", nil
	} else if ok {
		return subject.StateAt(site.Value, r.Value), nil
	}
	r, err := s.units.DB.GetRevision(ctx, id)
	if db.IsNotFound(err) || err == nil && ended(r.NextEnd, now) {
		return "", nil
	}
	return subject.StateAt(site.Value, r.Value), err
}

// ended reports whether a scope has records that have ended and were not swept yet.
func ended(next sql.NullTime, now time.Time) bool { return next.Valid && !next.Time.After(now) }

// StateOfAll returns the state of what all organizations show.
func (s *Service) StateOfAll(ctx context.Context, subject *org.Actor) (_ org.State, err error) {
	defer org.Wrap(&err, "read state of the site")
	if subject.Basis == nil {
		return "", nil
	}
	r, err := s.units.RevisionOfAll(ctx)
	if err == nil && ended(r.NextEnd, s.units.Now()) {
		return "", nil
	}
	return subject.StateAt(-1, r.Millions+r.Rest/1_000_000, r.Rest%1_000_000), err
}
