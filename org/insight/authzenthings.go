package insight

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// lookUp finds the accounts and memberships that the questions are about, all at once.
func (m *accessMapper) lookUp(ctx context.Context, qs []org.AccessQuestion) error {
	var refs []string
	members := false
	for i := range qs {
		r := &qs[i].Resource
		t, _ := m.Catalog().PresentType(r.Type)
		if t != typeUser && t != typeMember || !namesAccount(r.ID) {
			continue
		}
		members = members || t == typeMember
		if _, known := m.things[r.ID]; !known {
			m.things[r.ID] = uuid.Nil
			refs = append(refs, r.ID)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	found, _, err := m.AccountsAt(ctx, refs, m.site())
	if err != nil {
		return err
	}
	return m.confirm(ctx, found, members)
}

// confirm keeps only accounts that exist and, with members, looks up where they are members.
func (m *accessMapper) confirm(ctx context.Context, found map[string]uuid.UUID, members bool) error {
	there, ids := map[uuid.UUID]bool{}, slices.Collect(maps.Values(found))
	for piece := range slices.Chunk(ids, unit.ChunkSize) {
		rows, err := m.Q.ListUsersByID(ctx, piece)
		if err != nil {
			return err
		}
		for i := range rows {
			there[rows[i].ID] = true
		}
		if members {
			if err := m.belong(ctx, piece); err != nil {
				return err
			}
		}
	}
	for ref, id := range found {
		if there[id] {
			m.things[ref] = id
		}
	}
	return nil
}

// belong looks up which organizations accounts belong to.
func (m *accessMapper) belong(ctx context.Context, ids []uuid.UUID) error {
	rows, err := m.Q.ListHoldingsOf(ctx, ids)
	if err != nil {
		return err
	}
	held, err := unit.HeldNow(ctx, m.Reader, rows, func(r *db.ListHoldingsOfRow) unit.Stored {
		return unit.Stored{Place: r.OrganizationID, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd}
	})
	for i := range held {
		m.memberships[[2]uuid.UUID{held[i].OrganizationID, held[i].UserID}] = true
	}
	return err
}

// resource returns the account that a resource of type user is, or whose membership it is. It returns uuid.Nil if there is
// none that the caller may read.
func (m *accessMapper) resource(ctx context.Context, resourceType, organization, ref string) (uuid.UUID, error) {
	id := m.things[ref]
	switch {
	case id == uuid.Nil:
		return uuid.Nil, nil
	case resourceType == typeUser:
		if !m.by.Can("read", org.UserObject(id)) {
			return uuid.Nil, nil
		}
		return id, nil
	}
	in, err := m.organizationID(ctx, organization)
	if err != nil || in == uuid.Nil || !m.memberships[[2]uuid.UUID{in, id}] || !m.by.Can("read", org.MemberObject(in, id)) {
		return uuid.Nil, err
	}
	return id, nil
}
