package db

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Join makes an account a member, bypassing all rules, by hand and without an end: the membership, and the record of it.
// It is for filling a database; use cases join through their Writer.
func (q *Queries) Join(ctx context.Context, organization, user uuid.UUID, now time.Time) error {
	return errors.Join(
		q.InsertMember(ctx, InsertMemberParams{OrganizationID: organization, UserID: user, Now: now}),
		q.InsertMembership(ctx, InsertMembershipParams{OrganizationID: organization, UserID: user, Source: "manual", Now: now}))
}
