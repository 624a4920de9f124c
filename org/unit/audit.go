package unit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// ParseID is the id that s spells, uuid.Nil if it spells none.
func ParseID(s string) uuid.UUID {
	id, err := uuid.Parse(s)
	if err != nil {
		return uuid.Nil
	}
	return id
}

// MayReadAudit reports whether there is anything in the trail that the caller may read.
func MayReadAudit(by *org.Actor) bool {
	return by.Can("read", rbac.Object{Type: "audit_log"}) || by.Can("read", rbac.Object{Type: "audit_log", AnyOrg: true})
}

// EntryToUndo is the entry with an id. NotFound: there is none. Conflict: the id is of a time from which entries went, since ids
// tell when they were made; who may read nothing of the trail does not learn that.
func (s *Units) EntryToUndo(ctx context.Context, by *org.Actor, id string) (db.AuditLog, error) {
	wanted := ParseID(id)
	e, err := s.DB.GetAuditLog(ctx, wanted) // which never changes
	if !db.IsNotFound(err) {
		return e, err
	}
	last, err := s.DB.GetLastAuditPrune(ctx)
	if db.IsNotFound(err) || err == nil && (wanted.Version() != 7 || !MayReadAudit(by)) {
		return e, org.ErrNotFound()
	}
	if made := time.Unix(wanted.Time().UnixTime()); err == nil && !made.Before(last.Boundary) {
		return e, org.ErrNotFound()
	}
	if err == nil {
		err = &org.Error{
			Kind: org.Conflict, Message: "This can no longer be undone.",
			Detail: fmt.Sprintf("Entries from before %s were exported on %s and are no longer kept here.", last.Boundary.Format(time.DateOnly), last.Time.Format(time.DateOnly)),
		}
	}
	return e, err
}
