package unit

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Foreseer is a command of which is known what its plan reads first. Foresee reads that, as the plan will: what it is given
// is empty, and what it returns is nothing.
type Foreseer interface {
	Foresee(ctx context.Context, s Reader, by *org.Actor, place uuid.UUID)
}

// ahead asks what a change of an organization asks before it writes: what the caller holds there, the organization, and
// what the command foresees. It saves the engine that each of them waits for the one before, while the
// organization is locked. Asking for too much or too little costs time and nothing else.
// came gets the moment that it asks for, and stays zero with an engine that asks nothing ahead.
func (s *Units) ahead(ctx context.Context, who *org.Actor, where db.Scope, came *time.Time, command any) func(db.Reads) {
	place := where.Organization()
	if place == uuid.Nil {
		return nil
	}
	return func(q db.Reads) {
		src := s.reader(q, nil)
		*came = src.When
		src.scope, src.came = where, *came
		if who != nil && !who.Operator {
			_, _ = src.basisBetween(ctx, credentialOf(who), place, place)
		}
		_, _ = src.Q.FindOrganization(ctx, place)
		if f, ok := command.(Foreseer); ok {
			f.Foresee(ctx, src, who, place)
		}
	}
}

// ForeseeMember reads what a change of one member asks: the membership, and who else can sign in to the account.
func (s Reader) ForeseeMember(ctx context.Context, by *org.Actor, place uuid.UUID, ref string) {
	_, _ = s.memberRow(ctx, by, place, ref)
	if id, err := uuid.Parse(ref); err == nil {
		_, _ = s.Q.ListOpened(ctx, []uuid.UUID{id})
	}
}
