package unit

import (
	"bytes"
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
func (c *Attempt) Maker(of uuid.UUID) uuid.NullUUID {
	switch {
	case c.Actor == nil || c.Actor.Operator:
		return uuid.NullUUID{}
	case c.Actor.ID() == of:
		return c.Actor.MadeBy
	}
	return NullID(c.Actor.ID())
}

// Widens notes an account that may be allowed more after this transaction.
func (c *Attempt) Widens(user uuid.UUID) {
	if c.widened == nil {
		c.widened = map[uuid.UUID]bool{}
	}
	c.widened[user] = true
}

// WidensHolders notes those who hold a role that changes from one state to another, or is deleted, if anything is added
// to what it allows or taken from what it denies. It must be called before the role is taken from them.
func (c *Attempt) WidensHolders(h RoleScope, was, is org.Role) error {
	if c.watch != nil || !grows(was, is) {
		return nil
	}
	var ids []uuid.UUID
	var err error
	name := is.Name
	if name == "" {
		name = was.Name
	}
	if h.Site() {
		ids, err = c.Q.ListOpenedSiteHolders(c.Ctx, name)
	} else {
		ids, err = c.Q.ListOpenedHolders(c.Ctx, db.ListOpenedHoldersParams{Role: name, OrganizationID: h.Org.ID})
	}
	for _, id := range ids {
		c.Widens(id)
	}
	return err
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

// endOutgrown ends what others can sign in with to accounts that now hold more than they do. It is the last thing that
// a transaction writes. Each end has an audit row of its own, before that of the change.
func (c *Attempt) endOutgrown() error {
	if len(c.widened) == 0 {
		return nil
	}
	about := c.Entry
	defer func() { c.Entry = about }()
	after := c.asWritten()
	after.Sets = map[uuid.UUID]*RoleSet{}
	o := outgrowth{Attempt: c, after: after, makers: map[uuid.UUID]*org.Actor{}, judged: map[pairing]bool{}}
	ids := slices.SortedFunc(maps.Keys(c.widened), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for piece := range slices.Chunk(ids, ChunkSize) {
		if err := o.end(piece); err != nil {
			return err
		}
	}
	return nil
}

// outgrowth judges accounts and makers as the transaction leaves them.
type outgrowth struct {
	*Attempt
	after  Reader
	makers map[uuid.UUID]*org.Actor // nil: deleted
	judged map[pairing]bool         // whether the maker holds all of it
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

func (o *outgrowth) end(users []uuid.UUID) error {
	rows, err := o.Q.ListOpened(o.Ctx, users)
	if err != nil || len(rows) == 0 {
		return err
	}
	ids, found := make([]uuid.UUID, len(rows)), make(map[uuid.UUID]*opened, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
		found[r.ID] = &opened{ListOpenedRow: r, holding: SortNames(r.Roles)}
	}
	homes, err := o.Q.ListMembershipsOfUsers(o.Ctx, ids)
	if err != nil {
		return err
	}
	for _, h := range homes {
		found[h.UserID].holding += "\n" + h.OrganizationID.String() + " " + SortNames(h.Roles)
	}
	tokens, err := o.Q.ListTokensOfUsers(o.Ctx, ids)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		found[t.UserID].tokens = append(found[t.UserID].tokens, t)
	}
	for _, id := range ids {
		if err := o.endOf(found[id]); err != nil {
			return err
		}
	}
	return nil
}

// endOf ends what there is for one account. Under a password that somebody typed its maker can have made a link and
// tokens in the name of the account itself: with the password they end as well.
func (o *outgrowth) endOf(t *opened) error {
	typed := false
	if t.PasswordBy.Valid && !t.MustChange {
		kept, err := o.keeps(t, t.PasswordBy.UUID)
		if err != nil {
			return err
		}
		typed = !kept
	}
	ends := func(maker uuid.NullUUID) (bool, error) {
		if !maker.Valid {
			return typed, nil
		}
		kept, err := o.keeps(t, maker.UUID)
		return !kept, err
	}
	for _, token := range t.tokens {
		end, err := ends(token.CreatedBy)
		if err != nil {
			return err
		}
		if !end {
			continue
		}
		o.begin("api_key", t)
		if err := o.Revoke(token.ID, token.Name); err != nil {
			return err
		}
		if err := o.Record(); err != nil {
			return err
		}
	}
	end, err := ends(t.LinkBy)
	if err != nil {
		return err
	}
	if end {
		if err := o.endLink(t); err != nil {
			return err
		}
	}
	if !typed {
		return nil
	}
	return o.endPassword(t)
}

// begin begins the audit row of an end.
func (o *outgrowth) begin(resourceType string, t *opened) {
	o.Entry = Entry{Action: "write", Status: 200}
	o.About(resourceType, t.ID, t.Username, uuid.Nil)
}

func (o *outgrowth) endLink(t *opened) error {
	o.begin("user", t)
	if ended, err := o.Unlink(t.ID); err != nil || !ended {
		return err
	}
	return o.Record()
}

// endPassword ends what a typed password opened, and lets it open nothing but the choice of another one.
func (o *outgrowth) endPassword(t *opened) error {
	o.begin("user", t)
	o.Field("must_change", false, true)
	// This comes first: a sign-in with the password that is under way is waited for, and what it began ends as well.
	if err := o.W.MustChangePassword(o.Ctx, db.MustChangePasswordParams{Now: o.Now, ID: t.ID}); err != nil {
		return err
	}
	if err := o.W.DeleteLoginsOfUser(o.Ctx, t.ID); err != nil {
		return err
	}
	if err := o.W.DeleteSessionsOfUser(o.Ctx, NullID(t.ID)); err != nil {
		return err
	}
	return o.Record()
}

// keeps reports whether a maker still exists and holds all that the account holds now.
func (o *outgrowth) keeps(t *opened, maker uuid.UUID) (bool, error) {
	key := pairing{maker, t.holding}
	if kept, ok := o.judged[key]; ok {
		return kept, nil
	}
	by, err := o.makerSubject(maker)
	if err != nil {
		return false, err
	}
	kept := false
	if by != nil {
		target, err := o.after.Subject(o.Ctx, t.ID)
		if err != nil {
			return false, err
		}
		kept = HoldsAllOf(by, target)
	}
	o.judged[key] = kept
	return kept, nil
}

func (o *outgrowth) makerSubject(id uuid.UUID) (*org.Actor, error) {
	if by, ok := o.makers[id]; ok {
		return by, nil
	}
	by, err := o.after.Subject(o.Ctx, id)
	if err != nil && !db.IsNotFound(err) {
		return nil, err
	}
	o.makers[id] = by // nil if it is gone
	return by, nil
}
