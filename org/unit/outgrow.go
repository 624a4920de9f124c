package unit

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Whoever makes a link or a token for an account, or types its password, holds all that it holds at the time, and can
// sign in as it from then on. When the account comes to hold more than that maker, what the maker can sign in with must
// end, or waiting for a promotion would be a way to take part in it.

// Maker is who counts as having made something for an account: the caller; no one if that is the account itself or the
// operator. An account that comes with a token which somebody else made for it may be that maker: what it makes for itself
// then counts as made by the maker, or a second token would outlive the first.
func (a *Attempt) Maker(of uuid.UUID) uuid.NullUUID {
	switch {
	case a.Actor == nil || a.Actor.Operator:
		return uuid.NullUUID{}
	case a.Actor.ID() == of:
		return a.Actor.MadeBy
	}
	return NullID(a.Actor.ID())
}

// Widens notes an account that may be allowed more after the change. WillHold and WillMake note theirs.
func (a *Attempt) Widens(user uuid.UUID) {
	if a.widened == nil {
		a.widened = map[uuid.UUID]bool{}
	}
	a.widened[user] = true
}

// widensHolders notes those who hold the role that changes, if anything is added to what it allows or taken from what it
// denies.
func (a *Attempt) widensHolders(ctx context.Context) error {
	r := a.change.role
	if r.Creates() || !grows(r.Before, r.After) {
		return nil
	}
	ids, err := a.openedHolders(ctx, a.change.place, r.Before.Name)
	for _, id := range ids {
		a.Widens(id)
	}
	return err
}

// openedHolders is who holds a role among the accounts that others can sign in to.
func (s Reader) openedHolders(ctx context.Context, orgID uuid.UUID, role string) ([]uuid.UUID, error) {
	if orgID == uuid.Nil {
		return s.Q.ListOpenedSiteHolders(ctx, role)
	}
	return s.Q.ListOpenedHolders(ctx, db.ListOpenedHoldersParams{Role: role, OrganizationID: orgID})
}

// grows reports whether a role may allow somebody more in one state than in another.
func grows(was, is org.Role) bool {
	for level, perms := range is.Levels() {
		for _, p := range perms {
			if !p.Negate && !slices.Contains(*was.At(level.String()), p) {
				return true
			}
		}
	}
	for level, perms := range was.Levels() {
		for _, p := range perms {
			if p.Negate && !slices.Contains(*is.At(level.String()), p) {
				return true
			}
		}
	}
	return false
}

// ending is one way to sign in to an account that ends. Each has an audit row of its own, before that of the change.
type ending struct {
	user     uuid.UUID
	username string
	way      way
	token    db.ListTokensOfUsersRow // of a token
}

// way is how others can sign in to an account.
type way uint8

const (
	byToken way = iota
	byLink
	byPassword
)

// outgrown finds what others can sign in with to accounts that hold more than they do after the change.
func (a *Attempt) outgrown(ctx context.Context) ([]ending, error) {
	if err := a.widensHolders(ctx); err != nil || len(a.widened) == 0 {
		return nil, err
	}
	after := a.After()
	after.Sets = map[uuid.UUID]*RoleSet{}
	o := outgrowth{after: after, makers: map[uuid.UUID]*org.Actor{}, judged: map[pairing]bool{}}
	ids := slices.SortedFunc(maps.Keys(a.widened), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for piece := range slices.Chunk(ids, ChunkSize) {
		if err := o.find(ctx, piece); err != nil {
			return nil, err
		}
	}
	for _, t := range a.opens { // which is not stored yet
		if err := o.judge(ctx, t); err != nil {
			return nil, err
		}
	}
	return o.ends, nil
}

// outgrowth judges accounts and makers as the change leaves them.
type outgrowth struct {
	after  Reader
	makers map[uuid.UUID]*org.Actor // nil: deleted
	judged map[pairing]bool         // whether the maker holds all of it
	ends   []ending
}

// pairing is a maker and all that decides what an account may do: two accounts with equal holdings may do the same.
type pairing struct {
	maker   uuid.UUID
	holding string
}

// opened is an account that others can sign in to.
type opened struct {
	db.ListOpenedRow
	holding string
	tokens  []db.ListTokensOfUsersRow
}

// find reads these accounts in three queries, however many they are: a change of a role may widen thousands.
func (o *outgrowth) find(ctx context.Context, users []uuid.UUID) error {
	rows, err := o.after.Q.ListOpened(ctx, users)
	if err != nil || len(rows) == 0 {
		return err
	}
	if _, err := HeldNow(ctx, o.after, rows, func(r *db.ListOpenedRow) Stored {
		return Stored{User: r.ID, Roles: &r.Roles, NextEnd: r.NextEnd}
	}); err != nil {
		return err
	}
	ids, found := make([]uuid.UUID, len(rows)), make(map[uuid.UUID]*opened, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
		found[r.ID] = &opened{ListOpenedRow: r, holding: o.after.over.describe(uuid.Nil, r.ID, r.Roles)}
	}
	homes, err := o.after.MembershipsOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, h := range homes {
		found[h.UserID].holding += o.after.over.describe(h.OrganizationID, h.UserID, h.Roles)
	}
	tokens, err := o.after.Q.ListTokensOfUsers(ctx, ids)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		found[t.UserID].tokens = append(found[t.UserID].tokens, t)
	}
	for _, id := range ids {
		if err := o.judge(ctx, found[id]); err != nil {
			return err
		}
	}
	return nil
}

// describe is what an account holds in a place after the change, for comparing it with others.
func (o *overlay) describe(place, user uuid.UUID, roles string) string {
	if c, ok := o.changed(place, user); ok {
		if !c.member {
			return ""
		}
		roles = c.roles
	}
	return "\n" + place.String() + " " + SortNames(roles)
}

// judge finds what ends for one account. Under a password that somebody typed its maker can have made a link and tokens
// in the name of the account itself: with the password they end as well.
func (o *outgrowth) judge(ctx context.Context, t *opened) error {
	typed := false
	if t.PasswordBy.Valid && !t.MustChange {
		kept, err := o.keeps(ctx, t, t.PasswordBy.UUID)
		if err != nil {
			return err
		}
		typed = !kept
	}
	ends := func(maker uuid.NullUUID) (bool, error) {
		if !maker.Valid {
			return typed, nil
		}
		kept, err := o.keeps(ctx, t, maker.UUID)
		return !kept, err
	}
	end := ending{user: t.ID, username: t.Username}
	for _, token := range t.tokens {
		ended, err := ends(token.CreatedBy)
		if err != nil {
			return err
		}
		if ended {
			end.way, end.token = byToken, token
			o.ends = append(o.ends, end)
		}
	}
	if ended, err := ends(t.LinkBy); err != nil {
		return err
	} else if ended && t.HasLink {
		end.way = byLink
		o.ends = append(o.ends, end)
	}
	if typed {
		end.way = byPassword
		o.ends = append(o.ends, end)
	}
	return nil
}

// keeps reports whether a maker still exists and holds all that the account holds after the change.
func (o *outgrowth) keeps(ctx context.Context, t *opened, maker uuid.UUID) (bool, error) {
	key := pairing{maker, t.holding}
	if kept, ok := o.judged[key]; ok {
		return kept, nil
	}
	by, err := o.maker(ctx, maker)
	if err != nil {
		return false, err
	}
	kept := false
	if by != nil {
		target, err := o.after.Subject(ctx, t.ID)
		if err != nil {
			return false, err
		}
		kept = HoldsAllOf(by, target)
	}
	o.judged[key] = kept
	return kept, nil
}

// maker is a maker as the change leaves it, nil if it is gone: such a one holds nothing, and what it made ends.
func (o *outgrowth) maker(ctx context.Context, id uuid.UUID) (*org.Actor, error) {
	if by, ok := o.makers[id]; ok {
		return by, nil
	}
	by, err := o.after.Subject(ctx, id)
	if err != nil && !db.IsNotFound(err) {
		return nil, err
	}
	o.makers[id] = by // nil if it is gone
	return by, nil
}

// end stores ends, each with its entry. The entry at hand is that of the change again afterwards.
func (w *Writer) end(ctx context.Context, ends []ending) error {
	about := w.Entry
	for _, e := range ends {
		w.Begin("write", 200)
		var err error
		switch e.way {
		case byToken:
			w.About("api_key", e.user, e.username, uuid.Nil)
			err = w.Revoke(ctx, e.token.ID, e.token.Name)
		case byLink:
			w.About("user", e.user, e.username, uuid.Nil)
			err = w.Unlink(ctx, e.user)
		case byPassword:
			w.About("user", e.user, e.username, uuid.Nil)
			err = w.endPassword(ctx, e.user)
		}
		if err == nil {
			err = w.Record(ctx)
		}
		if err != nil {
			return err
		}
	}
	w.Entry = about
	return nil
}

// endPassword ends what a typed password opened, and lets it open nothing but the choice of another one.
func (w *Writer) endPassword(ctx context.Context, user uuid.UUID) error {
	w.Field("must_change", false, true)
	// This comes first: a sign-in with the password that is under way is waited for, and what it began ends as well.
	if err := w.W.MustChangePassword(ctx, db.MustChangePasswordParams{Now: w.Now, ID: user}); err != nil {
		return err
	}
	if err := w.W.DeleteLoginsOfUser(ctx, user); err != nil {
		return err
	}
	return w.W.DeleteSessionsOfUser(ctx, NullID(user))
}
