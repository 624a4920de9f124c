package unit

import (
	"cmp"
	"context"
	"errors"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Mixed is a use case that decides and writes in one function. Plans and applies take its place.
type Mixed struct {
	*Attempt
	Ctx   context.Context //nolint:containedctx // of one transaction: its statements outlive a caller who stops waiting
	W     db.Writes
	watch *watch // what a dry run is to tell; nil if it is none

	head    db.Revision // of the scope, with the entries that this change has recorded
	entries int64       // how many those are
	bumped  bool        // lists and decisions of the scope may come out differently
}

// Field records one field before and after, if it differs.
func (c *Mixed) Field(name string, before, after any) { c.Entry.Field(name, before, after) }

// Secret records that a field changed, and nothing of what it holds.
func (c *Mixed) Secret(name string) { c.Entry.Secret(name) }

// Wrote reports whether the use case has written so far.
func (c *Mixed) Wrote() bool { return c.tx.Wrote() }

// asWritten is the data as this transaction leaves it.
func (c *Mixed) asWritten() Reader {
	return Reader{Units: c.Units, Q: c.Q, tx: c.tx, scope: c.scope, late: c.late, rewrites: c.rewrites}
}

// After is an account as this transaction leaves it.
func (c *Mixed) After(id uuid.UUID) (*org.Actor, error) { return c.asWritten().Subject(c.Ctx, id) }

// Do runs fn in one write transaction of its scope as subject: caller refreshed, change and audit row together, and a
// revision that makes every replica forget what it computed before. A use case that writes nothing is not recorded, since
// nothing happened; one that writes without saying what it is about fails. A refusal is recorded in a transaction of its
// own.
func (s *Units) Do(ctx context.Context, subject *org.Actor, in Scope, action string, fn func(c *Mixed) error) error {
	for tries := 1; ; tries++ {
		where, err := s.locate(ctx, in, tries > 1)
		if err != nil {
			return err
		}
		if err = s.doIn(ctx, subject, where, action, fn); !errors.Is(err, errElsewhere) || tries == maxLocated {
			return err
		}
	}
}

func (s *Units) doIn(ctx context.Context, subject *org.Actor, where db.Scope, action string, fn func(c *Mixed) error) error {
	var c *Mixed
	err := s.Write(ctx, where, func(unit *Mixed) error {
		c = unit
		c.Actor, c.Entry.Action, c.watch = subject, action, watchOf(subject)
		c.trying = c.watch != nil
		if err := c.refresh(c.Ctx); err != nil {
			return err
		}
		if err := c.notRepeated(c.Ctx); err != nil {
			return err
		}
		err := fn(c)
		if c.moved {
			return errElsewhere
		}
		if err != nil || !c.Wrote() {
			return err
		}
		if c.Entry.ResourceType == "" && c.entries == 0 {
			return errUnsaid
		}
		if c.watch != nil {
			return c.foresee()
		}
		if err := c.endOutgrown(); err != nil {
			return err
		}
		if err := c.Attempt.noteForm(c.Ctx, &Writer{W: c.W}); err != nil {
			return err
		}
		c.bumped = where != db.SigningIn
		return c.Record()
	})
	if err == nil && c.Wrote() && c.form() != nil {
		c.form().Made = true
	}
	if c != nil && c.watch != nil {
		if errors.Is(err, errDryRun) {
			return c.watch.tell(ctx, s)
		}
		return err
	}
	if refusal, ok := errors.AsType[*org.Error](err); ok && c != nil && c.Entry.ResourceType != "" {
		err = errors.Join(err, c.recordRefusal(ctx, refusal))
	}
	return err
}

// Bump makes everybody forget what was computed of the scope, for what is no change by a caller.
func (c *Mixed) Bump() {
	c.bumped = true
}

// Record writes the audit row, and begins a new one. One that is about nothing has been written already.
func (c *Mixed) Record() error {
	w := &Writer{W: c.W, Actor: c.Actor, Now: c.Now, Entry: c.Entry, scope: c.scope, head: c.head, entries: c.entries}
	err := w.Record(c.Ctx)
	c.Entry, c.head, c.entries = w.Entry, w.head, w.entries
	return err
}

// Write runs fn in one write transaction of a scope. What it records goes to the chain of the scope; the revision moves if
// fn says so.
func (s *Units) Write(ctx context.Context, where db.Scope, fn func(c *Mixed) error) error {
	var late lessons
	err := s.DB.WriteIn(ctx, where, func(tx *db.Tx) error {
		late = lessons{} // it may run again
		src := Reader{Units: s, Q: tx.Reads(), tx: tx, scope: where, late: &late, rewrites: map[uuid.UUID]*RoleSet{}}
		c := &Mixed{Attempt: src.attempt(nil, "", s.Now()), W: tx.Writes(), Ctx: db.Writing(ctx)}
		w, err := c.writer(ctx, tx)
		if err != nil {
			return err
		}
		c.head = w.head
		if err := fn(c); err != nil {
			return err
		}
		w.head, w.entries = c.head, c.entries
		return w.finish(c.Ctx, c.bumped, c.dirt() == someRoles)
	})
	if err == nil {
		s.Memory.keep(&late)
	}
	return err
}

// DefaultOrganization is the default one, made when it is not there yet.
func (c *Mixed) DefaultOrganization() (db.Organization, error) {
	row, err := c.Q.GetDefaultOrganization(c.Ctx)
	if !db.IsNotFound(err) {
		return row, err
	}
	id := NewID()
	if err := c.W.InsertOrganization(c.Ctx, db.InsertOrganizationParams{
		ID: id, Name: DefaultName, NameKey: DefaultName, DisplayName: "Default", IsDefault: true, Now: c.Now,
	}); err != nil {
		return row, err
	}
	return c.Q.GetOrganization(c.Ctx, id)
}

// The guards of a use case that has written already.

func (c *Mixed) KeepOwners() error {
	return keptOwners(c.asWritten().ManagedBeside(c.Ctx, uuid.Nil))
}

func (c *Mixed) KeepAdmin(o db.Organization, user uuid.UUID, status org.Status, roles []string) error {
	last, err := c.LastAdmin(c.Ctx, c.Actor, o.ID, user, status, roles)
	if err != nil || !last {
		return err
	}
	return c.lastAdmin(o)
}

func (c *Mixed) KeepAdmins(user db.UserRow) error {
	c.WillEnd(user.ID)
	return c.Attempt.KeepAdmins(c.Ctx, user)
}

func (c *Mixed) KeepUndo(object rbac.Object, action string, restored org.Role) error {
	if c.Actor.Operator {
		return nil
	}
	after, err := c.grants(c.Ctx, c.Actor.ID(), c.Actor.Basis)
	if err != nil {
		return err
	}
	return c.canUndo(after, object, action, restored)
}

func (c *Mixed) BegunFrom(ifMatch org.Versions, stored, message string) error {
	return c.Attempt.BegunFrom(c.Ctx, ifMatch, stored, message)
}

func (c *Mixed) ChangedMeanwhile(stored, message string) error {
	return c.Attempt.ChangedMeanwhile(c.Ctx, stored, message)
}

func (c *Mixed) MayActOn(user uuid.UUID, m Measure) error { return c.Attempt.MayActOn(c.Ctx, user, m) }

func (c *Mixed) Membership(organization, user string) (db.Organization, db.MemberRow, error) {
	return c.Attempt.Membership(c.Ctx, organization, user)
}

func (c *Mixed) InsertMember(orgID, user uuid.UUID) error {
	c.Widens(user)
	return c.W.InsertMember(c.Ctx, db.InsertMemberParams{OrganizationID: orgID, UserID: user, Now: c.Now})
}

func (c *Mixed) Unlink(user uuid.UUID) (bool, error) {
	c.Secret("revoked_password_link")
	n, err := c.W.DeletePasswordLink(c.Ctx, user)
	return n > 0, err
}

func (c *Mixed) Revoke(id, name string) error {
	c.Entry.Action, c.Entry.Status = "delete", 204
	c.Field("token_name", name, nil)
	return c.W.DeleteAPIKey(c.Ctx, id)
}

// WithSiteRoles is what an account would be allowed with these roles on the site.
func WithSiteRoles(s *org.Actor, catalog *rbac.Catalog, set *RoleSet, names []string) *rbac.Subject {
	var grants []rbac.Grant
	for _, g := range s.Grants.Grants() {
		if g.Org != uuid.Nil {
			grants = append(grants, g)
		}
	}
	for _, name := range names {
		if role, ok := set.compiled(name); ok {
			grants = append(grants, rbac.Grant{Role: role})
		}
	}
	var orgs []rbac.ID
	for _, id := range s.User.OrganizationIDs {
		orgs = append(orgs, id)
	}
	return catalog.NewSubject(s.ID(), orgs, grants)
}

func (c *Mixed) KeepManager(o db.Organization, member *org.Member, ends bool, roles []string) error {
	c.managers = nil
	if !c.asksForManagers() {
		return nil
	}
	crowd, err := c.newCrowd(c.Ctx, o.ID)
	if err != nil {
		return err
	}
	m, err := crowd.managers(c.Ctx)
	if err != nil {
		return err
	}
	if stays, err := m.managesWith(c.Ctx, member, ends, roles); err != nil || stays {
		return err
	}
	return c.noManager(o)
}

func (c *Mixed) KeepManagers(user db.UserRow, becomes func(was *org.Actor) *rbac.Subject) error {
	was, err := c.Subject(c.Ctx, user.ID)
	if err != nil {
		return err
	}
	return c.keepManagers(c.Ctx, user, becomes(was))
}

// Rewrote notes how the roles of a set are after a write of one of them; after is nil when it was deleted. What comes then
// decides by that, and reads none of it again.
func (c *Mixed) Rewrote(set *RoleSet, name string, after *org.Role) {
	c.rewrites[set.Org] = c.rewritten(set, name, after)
}

func (c *Mixed) MayRewrite(h RoleScope, name string, stored org.Role, after *org.Role) error {
	return c.Attempt.MayRewrite(c.Ctx, h, name, stored, after)
}

func (c *Mixed) WidensHolders(h RoleScope, was, is org.Role) error {
	if c.trying || !grows(was, is) {
		return nil
	}
	ids, err := c.openedHolders(c.Ctx, h.Org.ID, cmp.Or(is.Name, was.Name))
	for _, id := range ids {
		c.Widens(id)
	}
	return err
}

// endOutgrown ends what others can sign in with to accounts that now hold more than they do.
func (c *Mixed) endOutgrown() error {
	c.change = nil
	c.managers = nil
	written := *c.Attempt
	written.Reader, written.change = c.asWritten(), newOverlay()
	written.opens = nil
	ends, err := written.outgrown(c.Ctx)
	if err != nil {
		return err
	}
	w := &Writer{W: c.W, Actor: c.Actor, Now: c.Now, Entry: c.Entry, scope: c.scope, head: c.head, entries: c.entries}
	err = w.end(c.Ctx, ends)
	c.head, c.entries = w.head, w.entries
	return err
}
