package signing

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac/snapshot"
)

// Rotate makes a key that takes over after [Notice], and returns it. If nothing was ever signed, it signs at once.
// Forbidden: only the operator may rotate keys. Conflict: the keys are in a file.
func (s *Service) Rotate(ctx context.Context, by *org.Actor) (k Key, err error) {
	defer org.Wrap(&err, "rotate the signing key")
	if s.file != nil {
		return k, &org.Error{Kind: org.Conflict, Message: "The keys are in a file: change that one."}
	}
	k, _, err = unit.Do(ctx, s.units, by, unit.OnSite, "create", s, plan, apply)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = nil
	return k, err
}

// rotation is a key that takes over, and the one before it.
type rotation struct {
	next, last Key
	all        []Key // published from then on
}

func plan(ctx context.Context, a *unit.Attempt, s *Service) (r rotation, err error) {
	a.About("signing_key", uuid.Nil, "", uuid.Nil)
	if a.Actor == nil || !a.Actor.Operator {
		return r, org.ErrForbidden()
	}
	keys, err := s.list(ctx, a.Q)
	if err != nil {
		return r, err
	}
	r.next = generate(a.Now)
	if len(keys) > 0 {
		r.last = keys[len(keys)-1]
		r.next.ActiveFrom = a.Now.Add(Notice)
	}
	r.all = slices.Concat(keys, []Key{r.next})
	return r, nil
}

func apply(ctx context.Context, w *unit.Writer, r rotation) (Key, error) {
	w.Status = 201
	var before any
	if r.last.ID != "" {
		before = r.last.ID
	}
	w.Field("key", before, r.next.ID)
	w.Field("active_from", nil, r.next.ActiveFrom.Format(time.RFC3339))
	keys := make([]snapshot.JWK, len(r.all))
	for i, k := range r.all {
		keys[i] = snapshot.JWKOf(k.ID, k.Public)
	}
	if err := w.TellKeys(snapshot.Keys{JWKS: snapshot.JWKS{Keys: keys}}); err != nil {
		return r.next, err
	}
	if err := w.W.InsertSigningKey(ctx, insertion(r.next)); err != nil {
		return r.next, err
	}
	if err := w.W.RetireSigningKeys(ctx, db.RetireSigningKeysParams{RetiredAt: unit.NullTime(r.next.ActiveFrom), Successor: r.next.ID}); err != nil {
		return r.next, err
	}
	return r.next, w.W.DeleteSigningKeys(ctx, unit.NullTime(w.Now.Add(-Grace)))
}
