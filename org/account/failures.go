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

// How many wrong passwords are tolerated in a window: for one account, and from one address.
// SECURITY.md promises these numbers (A9). An address may fail more often, since many people may share one.
const (
	failureWindow      = 15 * time.Minute
	maxAccountFailures = 10
	maxAddressFailures = 60
)

// failureCounter counts wrong logins under a name, which the queries call a door, up to a limit.
type failureCounter struct {
	name  string
	limit int64
}

// accountCounter names the counter of wrong logins with an e-mail address, whether or not such an account exists. The address
// is hashed: people type passwords into that field too, and it may be long.
func accountCounter(email string) string {
	hash := sha256.Sum256([]byte(org.FoldCase(email)))
	return "account " + b64.EncodeToString(hash[:])
}

// addressCounter names the counter of wrong logins from the network of an IP address.
func addressCounter(ip string) string {
	if network := org.Network(ip); network != "" {
		return "address " + network
	}
	// Everything that is no address shares one counter, or it would not be counted at all.
	return "address"
}

// passwordCounter counts wrong guesses at the password of a signed-in account. It is separate from the counter of logins: if
// guesses by others keep an account from signing in, it can still use the session that it has.
func passwordCounter(user uuid.UUID) failureCounter {
	return failureCounter{"password " + user.String(), maxAccountFailures}
}

// countAttempt counts an attempt before it is made, so that simultaneous attempts count too. A successful one takes the count
// back.
func (s *Service) countAttempt(ctx context.Context, doors []failureCounter) error {
	_, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "login", doors, planCount, applyCount)
	return err
}

// planCount refuses an attempt if a counter has reached its limit.
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

// applyCount also deletes the counts of windows that have ended: anyone can invent names, and the table would grow for ever.
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

// tooMany refuses an attempt. Retry-After counts in seconds, so it asks for at least one.
func tooMany(wait time.Duration) *org.Error {
	return &org.Error{Kind: org.TooMany, RetryAfter: max(wait, time.Second), Message: "Too many failed logins.",
		Detail: "Wait a few minutes before the next attempt."}
}

// failuresAt returns the failures of a counter in this window, or nil if there are none.
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

// lessThis returns the failures of a counter without the current attempt, or nil if there are none.
func lessThis(ctx context.Context, a *unit.Attempt, d failureCounter) (*db.UpsertLoginFailuresParams, error) {
	counted, err := failuresAt(ctx, a, d)
	if counted != nil {
		counted.Failures = max(0, counted.Failures-1)
	}
	return counted, err
}

// storeFailures stores the failures of a counter; nil stores nothing.
func storeFailures(ctx context.Context, w *unit.Writer, counted *db.UpsertLoginFailuresParams) error {
	if counted == nil {
		return nil
	}
	return w.W.UpsertLoginFailures(ctx, *counted)
}
