package unit

import (
	"context"
	"encoding/hex"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// headSize is how many characters of a hash are printed.
const headSize = 16

// Evidence returns the state of an organization, or of the site for uuid.Nil. It is zero if the caller may not read its audit
// trail: a revision reveals the time of every write.
func (s Reader) Evidence(ctx context.Context, by *org.Actor, place uuid.UUID) (e org.Evidence, err error) {
	if !by.Can("read", rbac.Object{Type: "audit_log", Org: place}) {
		return e, nil
	}
	r, err := s.Q.GetRevision(ctx, place)
	if head := hex.EncodeToString(r.AuditHash); err == nil && r.AuditSeq > 0 {
		e = org.Evidence{Revision: r.Value, Head: head[:min(headSize, len(head))]}
	}
	return e, err
}
