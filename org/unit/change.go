package unit

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Attempt is one use case that writes, inside its transaction. The caller is as it stands in that transaction, so a
// right that was taken away while the request was on its way is not used.
type Attempt struct {
	Reader
	Ctx   context.Context //nolint:containedctx // of one transaction: its statements outlive a caller who stops waiting
	Now   time.Time
	Actor *org.Actor
	W     db.Writes
	Entry Entry
	moved bool   // it is about another organization than that of its scope
	watch *watch // what a dry run is to tell; nil if it is none

	head    db.Revision // of the scope, with the entries that this change has recorded
	entries int64       // how many those are
	bumped  bool        // lists and decisions of the scope may come out differently

	managers *managers          // of the organization that was asked about last
	widened  map[uuid.UUID]bool // accounts that may be allowed more afterwards: see endOutgrown
}

// Entry is the audit row of a change, filled in as the use case learns what it is about.
type Entry struct {
	ResourceType string
	Action       string
	id           string
	target       string
	organization uuid.UUID
	Status       int
	Fields       map[string]org.AuditChange
}

// About names what the change is about. From here on a refusal is recorded too.
func (c *Attempt) About(resourceType string, id uuid.UUID, target string, organization uuid.UUID) {
	c.Entry.ResourceType, c.Entry.target, c.Entry.organization = resourceType, target, organization
	c.Entry.id = id.String()
	if !c.scope.Everything() && organization != uuid.Nil && organization != c.scope.Organization() {
		c.moved = true
	}
}

// Field records one field before and after, if it differs.
func (c *Attempt) Field(name string, before, after any) {
	old, _ := json.Marshal(before)
	if now, _ := json.Marshal(after); string(old) == string(now) {
		return
	}
	if c.Entry.Fields == nil {
		c.Entry.Fields = map[string]org.AuditChange{}
	}
	c.Entry.Fields[name] = org.AuditChange{Old: before, New: after}
}

// Secret records that a field changed, and nothing of what it holds.
func (c *Attempt) Secret(name string) {
	if c.Entry.Fields == nil {
		c.Entry.Fields = map[string]org.AuditChange{}
	}
	c.Entry.Fields[name] = org.AuditChange{Secret: true}
}

// Wrote reports whether the use case has written so far.
func (c *Attempt) Wrote() bool { return c.tx.Wrote() }

// asWritten is the data as this transaction leaves it.
func (c *Attempt) asWritten() Reader {
	return Reader{Units: c.Units, Q: c.Q, tx: c.tx, scope: c.scope, late: c.late, rewrites: c.rewrites}
}

// After is an account as this transaction leaves it.
func (c *Attempt) After(id uuid.UUID) (*org.Actor, error) { return c.asWritten().Subject(c.Ctx, id) }

// Do runs fn in one write transaction of its scope as subject: caller refreshed, change and audit row together, and a
// revision that makes every replica forget what it computed before. A use case that writes nothing is not recorded, since
// nothing happened; one that writes without saying what it is about fails. A refusal is recorded in a transaction of its
// own.
func (s *Units) Do(ctx context.Context, subject *org.Actor, in Scope, action string, fn func(c *Attempt) error) error {
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

func (s *Units) doIn(ctx context.Context, subject *org.Actor, where db.Scope, action string, fn func(c *Attempt) error) error {
	var c *Attempt
	err := s.Write(ctx, where, func(unit *Attempt) error {
		c = unit
		c.Actor, c.Entry.Action, c.watch = subject, action, watchOf(subject)
		if err := c.refresh(); err != nil {
			return err
		}
		if err := c.notRepeated(); err != nil {
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
		if err := c.noteForm(); err != nil {
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

// errUnsaid is the fault of a use case that would leave a change without an audit entry.
var errUnsaid = errors.New("unit: a use case wrote without saying what it is about")

// refresh makes the caller current: a right that was taken away meanwhile is not used, and a caller whose token or session
// has ended is refused, since what it would write now, a token for one, would outlive the end of its access.
func (c *Attempt) refresh() error {
	if c.Actor == nil || c.Actor.Operator {
		return nil
	}
	current, err := c.Caller(c.Ctx, Credential{c.Actor.ID(), c.Actor.TokenID})
	if err == nil && c.Actor.TokenID == "" && c.Actor.Session != "" {
		_, err = c.Q.GetSession(c.Ctx, db.GetSessionParams{Token: c.Actor.Session, Now: c.Now})
	}
	if db.IsNotFound(err) {
		return c.ended()
	}
	if err != nil {
		return err
	}
	if err := MustBeActive(current.User.Status); err != nil {
		return err
	}
	with := *current
	with.TokenID, with.MadeBy, with.Session, with.Request = c.Actor.TokenID, c.Actor.MadeBy, c.Actor.Session, c.Actor.Request
	c.Actor, c.known = &with, with.Basis
	return nil
}

// ended says why a caller is one no more.
func (c *Attempt) ended() error {
	row, err := c.Q.GetUser(c.Ctx, c.Actor.ID())
	switch {
	case db.IsNotFound(err):
		return org.ErrSignedOut("This account is gone.")
	case err != nil:
		return err
	case org.Status(row.Status) == org.StatusSuspended:
		return MustBeActive(org.StatusSuspended)
	case c.Actor.TokenID != "":
		return org.ErrSignedOut("API key is invalid.")
	}
	return org.ErrSignedOut("The session has ended.")
}

// Bump makes everybody forget what was computed of the scope, for what is no change by a caller.
func (c *Attempt) Bump() {
	c.bumped = true
}

// Scope is what the transaction may write.
func (c *Attempt) Scope() db.Scope { return c.scope }

// Record writes the audit row, and begins a new one. One that is about nothing has been written already.
func (c *Attempt) Record() error {
	if c.Entry.ResourceType == "" {
		return nil
	}
	if c.Entry.Fields == nil {
		c.Entry.Fields = map[string]org.AuditChange{}
	}
	changes, err := json.Marshal(c.Entry.Fields)
	if err != nil {
		return err
	}
	row := db.InsertAuditLogParams{
		ID: NewID(), Time: c.Now,
		OrganizationID: NullID(c.Entry.organization),
		ResourceType:   c.Entry.ResourceType, ResourceID: c.Entry.id, ResourceTarget: c.Entry.target,
		Action: c.Entry.Action, StatusCode: int64(c.Entry.Status), Changes: string(changes),
	}
	if c.Actor != nil {
		r := c.Actor.Request
		row.ActorID, row.Actor = NullID(c.Actor.ID()), c.Actor.User.Username
		row.RequestID, row.IP, row.UserAgent = r.ID, r.IP, r.UserAgent
	}
	c.Entry = Entry{Action: c.Entry.Action, Status: 200}
	return c.chain(row)
}

// NewID makes an id that no other gets; ids of one moment stand together, which keeps the indexes compact.
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
