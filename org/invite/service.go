// Package invite holds the use cases of invitations: making them, their links, and accepting them. Its API may
// change without notice.
package invite

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/unit"
)

// Options are the settings of a Service. The zero value gives a server's defaults.
type Options struct {
	Policy string       // one of org.InvitationPolicies; the first if ""
	Log    *slog.Logger // for failures outside a request; slog.Default() if nil
}

// Service implements the use cases of invitations. It is safe for concurrent use.
type Service struct {
	units    *unit.Units
	accounts *account.Service
	policy   string
	log      *slog.Logger
	mailer   Mailer        // nil: no mails go out
	base     string        // prefix of the path of a link in a mail
	queued   chan struct{} // has room for one
}

// New returns a Service.
func New(u *unit.Units, accounts *account.Service, o Options) *Service {
	s := &Service{units: u, accounts: accounts, log: cmp.Or(o.Log, slog.Default()), queued: make(chan struct{}, 1)}
	s.SetPolicy(o.Policy)
	return s
}

// SetPolicy sets who may invite; call it before the first request.
func (s *Service) SetPolicy(policy string) { s.policy = cmp.Or(policy, org.InvitationPolicies[0]) }

// newSecret makes the secret of a link, of 130 random bits, and the hash to store: readers of the database cannot use it.
func newSecret(id uuid.UUID) (link string, hash []byte) {
	// The standard library generates it; nothing here could weaken it.
	secret := rand.Text()
	sum := sha256.Sum256([]byte(secret))
	return id.String() + "-" + secret, sum[:]
}

// splitSecret splits what a link contains. ok is false if it is not a secret of a link.
func splitSecret(link string) (id uuid.UUID, secret string, ok bool) {
	// The id has dashes of its own, the secret has none.
	at := strings.LastIndexByte(link, '-')
	if at < 0 {
		return id, "", false
	}
	id, err := uuid.Parse(link[:at])
	return id, link[at+1:], err == nil && id.String() == link[:at]
}

// opens reports whether a secret is that of an invitation.
func opens(row *db.Invitation, secret string) bool {
	// In constant time, so that timing reveals nothing about the stored hash.
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(sum[:], row.SecretHash) == 1
}

// errGone is the only answer to a link that does not work, whatever the reason: different answers would reveal which.
func errGone() *org.Error {
	return &org.Error{Kind: org.NotFound, Message: "This invitation does not work.",
		Detail: "It was used, replaced or revoked, or it is too old. Ask the person who invited you for a new one."}
}

// errInvalid refuses an invitation that its maker could no longer make.
func errInvalid() *org.Error {
	return &org.Error{Kind: org.Conflict, Message: "This invitation is no longer valid. Ask for a new one."}
}
