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

// Someone who makes a link or a token for an account, or types its password, holds at that time all that the account holds, and
// can sign in as it from then on. If the account later holds more than that maker, what the maker can sign in with must end.
// Otherwise waiting for a promotion would be a way to share in it.

// Maker returns who counts as having made something for an account: the caller, or no one if that is the account itself or the
// operator. If the caller uses a token that someone else made for the account, that maker counts: otherwise a second token, made
// with the first, would outlive it.
func (a *Attempt) Maker(of uuid.UUID) uuid.NullUUID {
	switch {
	case a.Actor == nil || a.Actor.Operator:
		return uuid.NullUUID{}
	case a.Actor.ID() == of:
		return a.Actor.MadeBy
	}
	return NullID(a.Actor.ID())
}

// Widens notes an account that may be allowed more after the change. WillHold and WillMake note theirs themselves.
func (a *Attempt) Widens(user uuid.UUID) {
	if a.widened == nil {
		a.widened = map[uuid.UUID]bool{}
	}
	a.widened[user] = true
}

// widensHolders notes those who hold the role that changes, if the change allows more or denies less.
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

// openedHolders returns the holders of a role among the accounts that others can sign in to.
func (s Reader) openedHolders(ctx context.Context, orgID uuid.UUID, role string) ([]uuid.UUID, error) {
	if orgID == uuid.Nil {
		return s.Q.ListOpenedSiteHolders(ctx, role)
	}
	return s.Q.ListOpenedHolders(ctx, db.ListOpenedHoldersParams{Role: role, OrganizationID: orgID})
}

// grows reports whether a role may allow more in its new state than in the old one.
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

// ending is one way to sign in to an account that ends. Each has its own audit row, before that of the change.
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

// outgrown finds what lets others sign in to accounts that hold more than they do after the change.
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
	for _, t := range a.opens { // which are not stored yet
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

// pairing is a maker and all that decides what an account may do. Two accounts with equal holdings may do the same.
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

// find reads these accounts in three queries, however many there are: a change of a role may widen thousands.
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

// describe says what an account holds in a place after the change, in a form that can be compared.
func (o *overlay) describe(place, user uuid.UUID, roles string) string {
	if c, ok := o.changed(place, user); ok {
		if !c.member {
			return ""
		}
		roles = c.roles
	}
	return "\n" + place.String() + " " + SortNames(roles)
}

// judge finds what ends for one account. Someone who typed its password may have used it to make a link and tokens in the name
// of the account itself, so they end with the password.
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

// maker returns a maker as the change leaves it, or nil if it is gone: then it holds nothing, and what it made ends.
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

// end stores ends, each with its own entry. Afterwards the current entry is that of the change again.
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

// endPassword ends what a typed password opened, and lets it be used only to choose another one.
func (w *Writer) endPassword(ctx context.Context, user uuid.UUID) error {
	w.Field("must_change", false, true)
	// This comes first: it waits for a sign-in with the password that is under way, so that what it began ends as well.
	if err := w.W.MustChangePassword(ctx, db.MustChangePasswordParams{Now: w.Now, ID: user}); err != nil {
		return err
	}
	if err := w.W.DeleteLoginsOfUser(ctx, user); err != nil {
		return err
	}
	return w.W.DeleteSessionsOfUser(ctx, NullID(user))
}
