package account

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// How many wrong passwords are borne in a window: for one account, and from one address.
// SECURITY.md promises these numbers (A9). An address may fail more often, since many people may share one.
const (
	failureWindow      = 15 * time.Minute
	maxAccountFailures = 10
	maxAddressFailures = 60
)

// failureCounter is something that wrong logins are counted at.
type failureCounter struct {
	name  string
	limit int64
}

// accountCounter is where wrong logins with an e-mail address are counted, be there such an account or not. The address is
// hashed: people type passwords into that field too, and it may be long.
func accountCounter(email string) string {
	hash := sha256.Sum256([]byte(org.FoldCase(email)))
	return "account " + b64.EncodeToString(hash[:])
}

// addressCounter is where wrong logins from the network of an IP address are counted.
func addressCounter(ip string) string {
	if network := org.Network(ip); network != "" {
		return "address " + network
	}
	// What is no address has one counter in common, or it would not be counted at all.
	return "address"
}

// passwordCounter is where wrong guesses at the password of a signed-in account are counted. It is not the door of its
// logins: who cannot sign in for what others tried can still use the session it has.
func passwordCounter(user uuid.UUID) failureCounter {
	return failureCounter{"password " + user.String(), maxAccountFailures}
}

// countAttempt counts an attempt before it is made, so that attempts made at once are counted too; a right one takes the
// count back.
func (s *Service) countAttempt(ctx context.Context, doors []failureCounter) error {
	_, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "login", doors, planCount, applyCount)
	return err
}

// planCount refuses an attempt at a door that has seen too many.
// TooMany: with the time until the window ends.
func planCount(ctx context.Context, a *unit.Attempt, doors []failureCounter) (counts []db.UpsertLoginFailuresParams, err error) {
	a.Aside()
	for _, d := range doors {
		found, err := failuresAt(ctx, a, d)
		if err != nil {
			return nil, err
		}
		if found == nil {
			found = &db.UpsertLoginFailuresParams{Door: d.name, WindowStart: a.Now}
		}
		if found.Failures >= d.limit {
			return nil, tooMany(found.WindowStart.Add(failureWindow).Sub(a.Now))
		}
		found.Failures++
		counts = append(counts, *found)
	}
	return counts, nil
}

// applyCount also drops what windows that have ended left: anybody can invent names, and the table would grow for ever.
func applyCount(ctx context.Context, w *unit.Writer, counts []db.UpsertLoginFailuresParams) (none struct{}, err error) {
	if err := w.W.DeleteOldLoginFailures(ctx, w.Now.Add(-failureWindow)); err != nil {
		return none, err
	}
	for _, c := range counts {
		if err := w.W.UpsertLoginFailures(ctx, c); err != nil {
			return none, err
		}
	}
	return none, nil
}

// tooMany is the refusal of an attempt. Retry-After counts in seconds, so it asks for one at least.
func tooMany(wait time.Duration) *org.Error {
	return &org.Error{Kind: org.TooMany, RetryAfter: max(wait, time.Second), Message: "Too many failed logins.",
		Detail: "Wait a few minutes before the next attempt."}
}

// failuresAt is what is counted at a door in this window, nil if nothing is.
func failuresAt(ctx context.Context, a *unit.Attempt, d failureCounter) (*db.UpsertLoginFailuresParams, error) {
	found, err := a.Q.GetLoginFailures(ctx, d.name)
	switch {
	case db.IsNotFound(err) || err == nil && !found.WindowStart.After(a.Now.Add(-failureWindow)):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &db.UpsertLoginFailuresParams{Door: d.name, Failures: found.Failures, WindowStart: found.WindowStart}, nil
}

// lessThis is what is counted at a door without the attempt that is being made, nil if nothing is.
func lessThis(ctx context.Context, a *unit.Attempt, d failureCounter) (*db.UpsertLoginFailuresParams, error) {
	counted, err := failuresAt(ctx, a, d)
	if counted != nil {
		counted.Failures = max(0, counted.Failures-1)
	}
	return counted, err
}

// storeFailures stores what is counted at a door, if anything is.
func storeFailures(ctx context.Context, w *unit.Writer, counted *db.UpsertLoginFailuresParams) error {
	if counted == nil {
		return nil
	}
	return w.W.UpsertLoginFailures(ctx, *counted)
}
