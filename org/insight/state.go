package insight

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// StateIn is the state of what one organization shows, or the site for "". All that is read after the call is of that
// state, or of a later one.
// "" is no state: then nothing may be kept or compared, and the list is made anew.
func (s *Service) StateIn(ctx context.Context, subject *org.Actor, organization string) (_ org.State, err error) {
	defer org.Wrap(&err, "read state of %q", organization)
	site, ok := subject.Basis.Of(uuid.Nil)
	switch {
	// Without a basis nothing says whether the caller's rights are still the same (docs/adr/0005-caches.md).
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
	// The basis was read when the request began. Of a place that is not in it the revision is read now.
	if r, ok := subject.Basis.Of(id); ok {
		return subject.StateAt(site.Value, r.Value), nil
	}
	r, err := s.units.DB.GetRevision(ctx, id)
	if db.IsNotFound(err) {
		return "", nil
	}
	return subject.StateAt(site.Value, r.Value), err
}

// StateOfAll is the state of what all organizations show.
func (s *Service) StateOfAll(ctx context.Context, subject *org.Actor) (_ org.State, err error) {
	defer org.Wrap(&err, "read state of the site")
	if subject.Basis == nil {
		return "", nil
	}
	r, err := s.units.RevisionOfAll(ctx)
	return subject.StateAt(-1, r.Millions+r.Rest/1_000_000, r.Rest%1_000_000), err
}
