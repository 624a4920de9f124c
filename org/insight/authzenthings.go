package insight

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// prepare looks up the accounts and memberships that the questions are about, all at once.
func (m *accessMapper) prepare(ctx context.Context, qs []org.AccessQuestion) error {
	var ids []uuid.UUID
	members := false
	for i := range qs {
		r := &qs[i].Resource
		t, _ := m.Catalog().PresentType(r.Type)
		if t != typeUser && t != typeMember || !namesAccount(r.ID) {
			continue
		}
		members = members || t == typeMember
		if _, known := m.accounts[r.ID]; known {
			continue
		}
		site, _ := m.by.Basis.Of(uuid.Nil)
		id, err := m.AccountAt(ctx, r.ID, site.Value)
		if err != nil {
			return err
		}
		m.accounts[r.ID] = id
		if id != uuid.Nil {
			ids = append(ids, id)
		}
	}
	return m.lookUp(ctx, ids, members)
}

// lookUp finds out which of these accounts there are, and where they belong.
func (m *accessMapper) lookUp(ctx context.Context, ids []uuid.UUID, members bool) error {
	there := map[uuid.UUID]bool{}
	for piece := range slices.Chunk(ids, unit.ChunkSize) {
		rows, err := m.Q.ListUsersByID(ctx, piece)
		if err != nil {
			return err
		}
		for i := range rows {
			there[rows[i].ID] = true
		}
		if !members {
			continue
		}
		held, err := m.Q.ListHoldingsOf(ctx, piece)
		if err != nil {
			return err
		}
		for i := range held {
			m.memberships[[2]uuid.UUID{held[i].OrganizationID, held[i].UserID}] = true
		}
	}
	for ref, id := range m.accounts {
		if !there[id] {
			m.accounts[ref] = uuid.Nil
		}
	}
	return nil
}

// account is the account that a resource of one of our types is, or whose membership it is. It is uuid.Nil if there is none
// that the caller may read.
func (m *accessMapper) account(ctx context.Context, resourceType, organization, ref string) (uuid.UUID, error) {
	id := m.accounts[ref]
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
