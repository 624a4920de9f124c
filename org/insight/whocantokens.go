package insight

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// tokensLooked is how many API tokens are examined for an answer, those that end first before the others. Most sites have far
// fewer. Where there are more, the page must not slow down with their number, so it says that its count is a minimum.
const tokensLooked = 5_000

// WhoCanTokens returns the API tokens with which the people who may do something in an organization may do it too: a page of the
// list, and their number. NotFound: as WhoCan, or the caller may not read others' tokens. Invalid as WhoCan.
func (s *Service) WhoCanTokens(ctx context.Context, subject *org.Actor, organization string, q org.Question, limit, offset int) (t org.AbleTokens, err error) {
	defer org.Wrap(&err, "list tokens that can in %q", organization)
	q = s.presentQuestion(subject, q)
	if err := askedPair(subject.Catalog, q); err != nil {
		return t, err
	}
	err = s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		o, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		// The number alone reveals how many tokens people have, which only readers of all tokens may know.
		if !subject.Can("read", org.MembersObject(o.ID)) || !subject.Can("read", org.KeyObject(uuid.Nil)) {
			return org.ErrNotFound()
		}
		c, err := src.Crowd(ctx, o.ID)
		if err != nil {
			return err
		}
		f := finder{Crowd: c, question: q, object: objectAsked(src.Catalog(), q, o.ID, unit.Anyone), known: map[unit.Holding]*ruling{}}
		t, err = f.tokens(ctx, subject, limit, offset)
		return err
	})
	return t, err
}

// tokens walks the tokens that have not ended, in batches, and decides about each as the server does when it is used: by what
// its account holds, within its own limits.
func (f *finder) tokens(ctx context.Context, by *org.Actor, limit, offset int) (t org.AbleTokens, err error) {
	p := db.ListAPIKeysAfterParams{After: f.When, MaxRows: unit.ChunkSize}
	for looked := 0; ; {
		rows, err := f.Q.ListAPIKeysAfter(ctx, p)
		if err != nil {
			return t, err
		}
		// What the owners hold is read once per batch, and equal holdings are decided once.
		ids := make([]uuid.UUID, len(rows))
		for i := range rows {
			ids[i] = rows[i].UserID
		}
		holdings, err := f.holdingsOf(ctx, by, ids)
		if err != nil {
			return t, err
		}
		for i := range rows {
			h, ok := holdings[rows[i].UserID]
			if !ok {
				continue
			}
			token, err := f.Token(ctx, by, db.FindAPIKeyRow(rows[i]))
			if err != nil {
				return t, err
			}
			if ok, err := f.tokenMay(ctx, h, token.Limits); err != nil {
				return t, err
			} else if !ok {
				continue
			}
			if t.Count >= offset && len(t.Tokens) < limit {
				t.Tokens = append(t.Tokens, token)
			}
			t.Count++
		}
		if looked += len(rows); len(rows) < unit.ChunkSize {
			return t, nil
		}
		if looked >= tokensLooked {
			t.Looked = looked
			return t, nil
		}
		last := rows[len(rows)-1]
		p.AfterEnd, p.AfterID = last.ExpiresAt, last.ID
	}
}

// tokenMay reports whether a token with these limits, of an account with this holding, may do it.
func (f *finder) tokenMay(ctx context.Context, h unit.Holding, l org.Limits) (bool, error) {
	d, err := f.decide(ctx, h)
	if err != nil || !d.able || l.Decides {
		return false, err
	}
	// The caller that the server would make from such a token, so that both decide alike.
	with := org.Actor{Grants: d.by, Catalog: f.Catalog()}
	if err := f.Limit(ctx, &with, l); err != nil {
		return false, err
	}
	return with.Grants.Authorize(f.question.Action, f.object), nil
}

// holdingsOf returns what some accounts hold now: members, and others if the caller may read accounts. It leaves out suspended
// accounts, which may do nothing.
func (f *finder) holdingsOf(ctx context.Context, by *org.Actor, ids []uuid.UUID) (map[uuid.UUID]unit.Holding, error) {
	held := map[uuid.UUID]unit.Holding{}
	rows, err := f.Q.ListPeopleByID(ctx, db.ListPeopleByIDParams{OrganizationID: f.Org, UserIds: ids})
	if err != nil {
		return nil, err
	}
	here, err := f.heldPeople(ctx, peopleRows(rows, func(r db.ListPeopleByIDRow) db.ListPeopleRow { return db.ListPeopleRow(r) }))
	if err != nil {
		return nil, err
	}
	for i := range here {
		if r := &here[i]; org.Status(r.Status) != org.StatusSuspended {
			held[r.UserID] = f.holdingOf(r)
		}
	}
	if !by.Can("read", org.UsersObject) {
		return held, nil
	}
	// The query leaves out members and suspended accounts, so that no account is decided about twice. A membership that has ended
	// but is not swept yet does not count.
	outside, err := f.Q.ListOutsidersByID(ctx, db.ListOutsidersByIDParams{OrganizationID: f.Org, Now: unit.NullTime(f.When), Ids: ids})
	if err != nil {
		return nil, err
	}
	list := make([]db.ListOutsidersRow, len(outside))
	for i, r := range outside {
		list[i] = db.ListOutsidersRow(r)
	}
	if list, err = unit.HeldNow(ctx, f.Reader, list, outsiderStored); err != nil {
		return nil, err
	}
	return held, eachOutsider(f.Crowd, list, func(id uuid.UUID, h unit.Holding) error {
		held[id] = h
		return nil
	})
}
