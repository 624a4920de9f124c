// Package directory holds the use cases of directories: a company's directory sends SCIM requests that say who its people are
// and in which groups, and the organization follows. docs/spec/directories.md has the rules. Its API may change without notice.
package directory

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// An account belongs to the site and a membership to an organization, and nothing writes both in one unit. To give
// access, the account is written first; to take it away, the membership is: a request interrupted in between has
// given too little, and the directory sends it again.

// Service implements the use cases of directories. It is safe for concurrent use.
type Service struct {
	units    *unit.Units
	log      *slog.Logger
	requests requestLog
}

// New returns a Service.
func New(u *unit.Units, log *slog.Logger) *Service {
	return &Service{units: u, log: cmp.Or(log, slog.Default())}
}

// Caller is a directory that sends requests, identified by its token.
type Caller struct {
	Organization uuid.UUID
	TokenID      uuid.UUID

	slug, name string
	request    org.Request
}

// source returns the source of the records that the directory gives.
func (c *Caller) source() org.Source { return org.Source("scim:" + c.slug) }

// become makes the directory the caller, without rights: it may do only what this package does. The trail tells its tokens apart.
func (c *Caller) become(a *unit.Attempt) {
	a.BecomeMachine(string(c.source()), c.TokenID, c.request)
	a.Actor.TokenID = c.TokenID.String()
}

// usedEvery is how often the use of a token is recorded.
const usedEvery = time.Minute

// tokenPrefix begins every token of a directory, so that it is recognized wherever it turns up.
const tokenPrefix = "scim_"

// Authenticate finds the directory that a token belongs to. organization is as in the path, "" for the default one.
// Unauthenticated: no such token, or it has ended, or it belongs to another organization.
func (s *Service) Authenticate(ctx context.Context, organization, token string, r org.Request) (_ *Caller, err error) {
	defer org.Wrap(&err, "authenticate a directory")
	id, secret, ok := splitToken(token)
	if !ok {
		return nil, org.SignedOut()
	}
	row, err := s.units.DB.GetDirectoryToken(ctx, id)
	if db.IsNotFound(err) {
		return nil, org.SignedOut()
	}
	if err != nil {
		return nil, err
	}
	now := s.units.Now()
	sum := sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(sum[:], row.SecretHash) != 1 || !row.ExpiresAt.After(now) {
		return nil, org.SignedOut()
	}
	here, err := s.units.Named(ctx, cmp.Or(organization, unit.DefaultName))
	if err != nil && !db.IsNotFound(err) {
		return nil, err
	}
	if err != nil || here != row.OrganizationID {
		return nil, org.SignedOut()
	}
	if !row.LastUsed.Valid || now.Sub(row.LastUsed.Time) >= usedEvery {
		if _, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "write", id, planUse, applyUse); err != nil {
			s.log.WarnContext(ctx, "the use of a directory's token is not noted", "err", err)
		}
	}
	return &Caller{Organization: row.OrganizationID, TokenID: id, slug: row.Slug, name: row.Name, request: r}, nil
}

// planUse writes aside: the use of a token changes no list and no decision.
func planUse(_ context.Context, a *unit.Attempt, id uuid.UUID) (uuid.UUID, error) {
	a.Aside()
	return id, nil
}

// applyUse records the time of use, at most once a minute.
func applyUse(ctx context.Context, w *unit.Writer, id uuid.UUID) (none struct{}, err error) {
	return none, w.W.UseDirectoryToken(ctx, db.UseDirectoryTokenParams{Now: unit.NullTime(w.Now), ID: id})
}

// newToken makes a token with 130 random bits, and the hash to store.
func newToken(id uuid.UUID) (token string, hash []byte) {
	secret := rand.Text()
	sum := sha256.Sum256([]byte(secret))
	return tokenPrefix + id.String() + "-" + secret, sum[:]
}

// splitToken splits a token. ok is false if it is not one.
func splitToken(token string) (id uuid.UUID, secret string, ok bool) {
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	at := strings.LastIndexByte(rest, '-') // the id has dashes of its own, the secret has none
	if !ok || at < 0 {
		return id, "", false
	}
	id, err := uuid.Parse(rest[:at])
	return id, rest[at+1:], err == nil && id.String() == rest[:at]
}

// forbidden turns a guard rail's refusal into one for the directory: the request is valid, but must not be done.
func forbidden(err error) error {
	if e, ok := errors.AsType[*org.Error](err); ok && e.Kind == org.Invalid && e.Code == "" {
		return &org.Error{Kind: org.Forbidden, Message: e.Message, Detail: "Make someone else an organization admin first, or ask a site owner."}
	}
	return err
}
