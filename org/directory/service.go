// Package directory holds the use cases of directories: a company's directory sends SCIM requests that say who its people are
// and in which groups, and the organization takes them over. docs/spec/directories.md has the rules. Its API may change without notice.
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
// access, the account comes first; to take it, the membership does: a request that is cut off in between has
// given too little, and the directory sends it again.

// Service answers the use cases of directories. It is safe for concurrent use.
type Service struct {
	units    *unit.Units
	log      *slog.Logger
	requests requestLog
}

// New makes the use cases.
func New(u *unit.Units, log *slog.Logger) *Service {
	return &Service{units: u, log: cmp.Or(log, slog.Default())}
}

// Caller is a directory that sends requests: what its token stands for.
type Caller struct {
	Organization uuid.UUID
	TokenID      uuid.UUID

	slug, name string
	request    org.Request
}

// source is where the records of the directory come from.
func (c *Caller) source() org.Source { return org.Source("scim:" + c.slug) }

// become makes the directory the caller, without rights: what it may do is what this package does. The trail tells its tokens apart.
func (c *Caller) become(a *unit.Attempt) {
	a.BecomeMachine(string(c.source()), c.TokenID, c.request)
	a.Actor.TokenID = c.TokenID.String()
}

// usedEvery is how often it is noted that a token is in use.
const usedEvery = time.Minute

// tokenPrefix begins every token of a directory, so that it is known for what it is wherever it turns up.
const tokenPrefix = "scim_"

// Authenticate finds the directory that a token stands for. organization is as in a path, "" for the default one.
// Unauthenticated: no such token, or it has ended, or it is one of another organization.
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

// planUse writes aside: that a token was used changes no list and no decision.
func planUse(_ context.Context, a *unit.Attempt, id uuid.UUID) (uuid.UUID, error) {
	a.Aside()
	return id, nil
}

// applyUse notes the moment; within a minute it is not asked for again.
func applyUse(ctx context.Context, w *unit.Writer, id uuid.UUID) (none struct{}, err error) {
	return none, w.W.UseDirectoryToken(ctx, db.UseDirectoryTokenParams{Now: unit.NullTime(w.Now), ID: id})
}

// newToken makes a token with 130 random bits, and what is stored of it.
func newToken(id uuid.UUID) (token string, hash []byte) {
	secret := rand.Text()
	sum := sha256.Sum256([]byte(secret))
	return tokenPrefix + id.String() + "-" + secret, sum[:]
}

// splitToken takes a token apart. ok is false if it is none.
func splitToken(token string) (id uuid.UUID, secret string, ok bool) {
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	at := strings.LastIndexByte(rest, '-') // the id has dashes of its own, the secret has none
	if !ok || at < 0 {
		return id, "", false
	}
	id, err := uuid.Parse(rest[:at])
	return id, rest[at+1:], err == nil && id.String() == rest[:at]
}

// forbidden is a refusal of a guard rail, as a directory is told of it: its request is right, and must not be done.
func forbidden(err error) error {
	if e, ok := errors.AsType[*org.Error](err); ok && e.Kind == org.Invalid && e.Code == "" {
		return &org.Error{Kind: org.Forbidden, Message: e.Message, Detail: "Make someone else an organization admin first, or ask a site owner."}
	}
	return err
}
