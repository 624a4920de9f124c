// Package insight answers questions about rights and about the past: what somebody may do and why, who can do something, what in
// the roles makes no difference, and what the audit trail says. It changes nothing. Its API may change without notice.
package insight

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Service answers the questions. It is safe for concurrent use.
type Service struct {
	units  *unit.Units
	counts counts
	gaps   gaps
}

// New returns a Service that reads from u.
func New(u *unit.Units) *Service { return &Service{units: u} }

// CheckReady reports whether the data can be read and written. Unavailable: it can only be read, with what would fix that.
func (s *Service) CheckReady(ctx context.Context) error { return s.units.Ready(ctx) }

// SuppressedRefusals counts refused attempts that were not recorded since the process started.
func (s *Service) SuppressedRefusals() int64 { return s.units.SuppressedRefusals() }

// IsUnavailable reports whether a use case failed because the data cannot be written now: the disk is full or has failed,
// or another program has locked the file.
func IsUnavailable(err error) bool { return unit.IsUnavailable(err) }

// ReadAgain reports whether a read failed for a reason that is gone when it is started again.
func ReadAgain(err error) bool { return unit.ReadAgain(err) }

// DeploymentID identifies the data of a deployment, for all its servers and after a restore. It is uuid.Nil before setup.
func (s *Service) DeploymentID(ctx context.Context) (_ uuid.UUID, err error) {
	defer org.Wrap(&err, "read deployment id")
	home, err := s.units.DB.GetDefaultOrganization(ctx)
	if db.IsNotFound(err) {
		return uuid.Nil, nil
	}
	return uuid.NewSHA1(home.ID, []byte("rolecall")), err
}
