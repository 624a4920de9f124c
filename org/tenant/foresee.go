package tenant

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Foresee reads what planMemberRoles begins with.
func (c memberRoles) Foresee(ctx context.Context, s unit.Reader, by *org.Actor, place uuid.UUID) {
	s.ForeseeMember(ctx, by, place, c.user)
}
