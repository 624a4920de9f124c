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
	return "address"
}

// passwordCounter is where wrong guesses at the password of a signed-in account are counted. It is not the door of its
// logins: who cannot sign in for what others tried can still use the session it has.
func passwordCounter(user uuid.UUID) failureCounter {
	return failureCounter{"password " + user.String(), maxAccountFailures}
}

// countAttempt counts an attempt before it is made, so that attempts made at once are counted too; admit forgives the
// account its failures.
func (s *Service) countAttempt(ctx context.Context, doors []failureCounter) error {
	now := s.units.Now()
	return s.units.DB.WriteIn(ctx, db.SigningIn, func(tx *db.Tx) error {
		if err := tx.Writes().DeleteOldLoginFailures(ctx, now.Add(-failureWindow)); err != nil {
			return err
		}
		for _, d := range doors {
			found, err := tx.Reads().GetLoginFailures(ctx, d.name)
			if db.IsNotFound(err) {
				found, err = db.GetLoginFailuresRow{WindowStart: now}, nil
			}
			if err != nil {
				return err
			}
			if found.Failures >= d.limit {
				return tooMany(found.WindowStart.Add(failureWindow).Sub(now))
			}
			if err := tx.Writes().UpsertLoginFailures(ctx, db.UpsertLoginFailuresParams{
				Door: d.name, Failures: found.Failures + 1, WindowStart: found.WindowStart,
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

func tooMany(wait time.Duration) *org.Error {
	return &org.Error{Kind: org.TooMany, RetryAfter: max(wait, time.Second), Message: "Too many failed logins.",
		Detail: "Wait a few minutes before the next attempt."}
}

func resetFailures(c *unit.Mixed, doors []failureCounter) error {
	if err := c.W.DeleteLoginFailures(c.Ctx, doors[0].name); err != nil {
		return err
	}
	return adjustFailures(c, doors[1], -1)
}

// adjustFailures changes what is counted at a door, if anything is.
func adjustFailures(c *unit.Mixed, d failureCounter, by int64) error {
	found, err := c.Q.GetLoginFailures(c.Ctx, d.name)
	if db.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.W.UpsertLoginFailures(c.Ctx, db.UpsertLoginFailuresParams{
		Door: d.name, Failures: max(0, found.Failures+by), WindowStart: found.WindowStart,
	})
}
