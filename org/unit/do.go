package unit

import (
	"context"
	"errors"
	"maps"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

type (
	// Plan decides about a command: rights first, then the input, then what must be true afterwards. It returns what is to be
	// stored. It may run twice, so it returns all that it finds and keeps nothing elsewhere.
	Plan[In, P any] func(ctx context.Context, a *Attempt, in In) (P, error)
	// Apply stores what a plan returned, with the entries of the audit trail for it.
	Apply[P, Out any] func(ctx context.Context, w *Writer, p P) (Out, error)
)

// errUnsaid is the fault of a use case that would leave a change without an audit entry.
var errUnsaid = errors.New("unit: a use case wrote without saying what it is about")

// Do decides and stores in one transaction of a scope. It refreshes the caller, stores the change and its entry together, and
// moves the revision, so that every replica forgets what it computed before. action is what the entry calls the change, unless
// the plan chooses another word. A change that writes nothing is not recorded; one that writes without saying what it is about
// fails. A refusal is recorded in a transaction of its own. If the actor only asks (Actor.Asks), Do decides but stores
// nothing.
func Do[In, P, Out any](ctx context.Context, u *Units, who *org.Actor, in Scope, action string, command In, plan Plan[In, P], apply Apply[P, Out]) (out Out, done org.Receipt, err error) {
	if who != nil && who.Asks {
		_, _, err = Try(ctx, u, who, command, plan)
		return out, done, err
	}
	var p P
	done, err = u.write(ctx, &task{
		useCase: plan, who: who, in: in, action: action,
		plan:   func(ctx context.Context, a *Attempt) (err error) { p, err = plan(ctx, a, command); return err },
		apply:  func(ctx context.Context, w *Writer) (err error) { out, err = apply(ctx, w, p); return err },
		keep:   func(done org.Receipt) ([]byte, error) { return keep(out, done) },
		recall: func(kept []byte) (done org.Receipt, err error) { out, done, err = recall[Out](kept); return done, err },
	})
	if err != nil {
		return *new(Out), org.Receipt{}, err
	}
	return out, done, nil
}

// task is a call of Do without its types, so that the program contains the code of a unit once, and not once for each of its
// hundred use cases.
type task struct {
	useCase any // for told
	who     *org.Actor
	in      Scope
	action  string
	plan    func(context.Context, *Attempt) error
	apply   func(context.Context, *Writer) error // stores what plan found last
	keep    func(org.Receipt) ([]byte, error)    // what is stored of the outcome, for a request that is repeated
	recall  func([]byte) (org.Receipt, error)    // the opposite
}

// write carries out a task in one transaction of its scope, and passes on the outcome.
func (s *Units) write(ctx context.Context, t *task) (done org.Receipt, err error) {
	if err := s.seed(ctx); err != nil {
		return done, err
	}
	ctx, end := s.told(ctx, "write", t.useCase)
	defer func() { end(err) }()
	var a *Attempt
	var before []byte // what an equal request before this one was answered
	for tries := 1; tries == 1 || tries <= maxLocated && errors.Is(err, errElsewhere); tries++ {
		where, lost := s.locate(ctx, t.in, tries > 1)
		if lost != nil {
			return done, lost
		}
		err = s.DB.WriteIn(ctx, where, func(tx *db.Tx) (err error) {
			a = s.reader(tx.Reads(), nil).attempt(t.who, t.action) // it may run again
			a.tx, a.scope, a.late, a.heads = tx, where, &lessons{}, map[uuid.UUID]db.Revision{}
			done, before, err = a.carryOut(db.Writing(ctx), t)
			return err
		})
	}
	if err == nil && before != nil {
		done, err = t.recall(before)
	}
	if err != nil {
		return org.Receipt{}, a.noteRefusal(ctx, err)
	}
	s.keep(a.late)
	wrote := a.tx.Wrote()
	if wrote && s.changed != nil {
		s.changed()
	}
	a.tell(done.Version, wrote || before != nil)
	return done, nil
}

// carryOut decides about a change and stores it, with what every change includes. errElsewhere: the change belongs in another
// scope, and write looks for it again. before is what was kept of an equal request that has already made the change.
func (a *Attempt) carryOut(ctx context.Context, t *task) (done org.Receipt, before []byte, err error) {
	if err := a.refresh(ctx); err != nil {
		return done, nil, err
	}
	if before, err = a.before(ctx); err != nil || before != nil {
		return done, before, err
	}
	err = t.plan(ctx, a)
	if a.moved {
		return done, nil, errElsewhere
	}
	if err != nil {
		return done, nil, err
	}
	// The unit checks R4 in docs/spec/roles.md, so that no use case can forget it.
	ends, err := a.outgrown(ctx)
	if err != nil {
		return done, nil, err
	}
	w, err := a.writer(ctx, a.tx)
	if err != nil {
		return done, nil, err
	}
	if err := t.apply(ctx, w); err != nil {
		return done, nil, err
	}
	if !a.tx.Wrote() {
		return org.Receipt{Version: w.head.Value}, nil, nil
	}
	if done, err = a.settle(ctx, w, ends); err != nil {
		return done, nil, err
	}
	return done, nil, a.noteForm(ctx, w, t, done)
}

// noteRefusal records the refusal that ended a change, in a transaction of its own, since that of the change was rolled back.
// It returns err, joined with what went wrong meanwhile.
func (a *Attempt) noteRefusal(ctx context.Context, err error) error {
	refusal, ok := errors.AsType[*org.Error](err)
	if !ok || a == nil || a.Entry.ResourceType == "" {
		return err
	}
	return errors.Join(err, a.recordRefusal(ctx, refusal))
}

// tell tells the form that its change is made, if there is one, and whoever answers the request which state it has left.
// Signing in leaves none.
func (a *Attempt) tell(revision int64, made bool) {
	if f := a.form(); f != nil && made {
		f.Made = true
	}
	if a.Actor != nil && a.Actor.Request.Done != nil && a.scope != db.SigningIn {
		*a.Actor.Request.Done = org.Done{Organization: a.scope.Organization(), Revision: revision}
	}
}

// writer takes over from the plan.
func (a *Attempt) writer(ctx context.Context, tx *db.Tx) (*Writer, error) {
	w := &Writer{W: tx.Writes(), Actor: a.Actor, Now: a.Now, Entry: a.Entry, scope: a.scope, lapsed: a.change.lapsed, mails: a.mails}
	w.Fields = maps.Clone(w.Fields)
	found, known := a.heads[a.scope.Organization()]
	switch head := tx.Head(); {
	case head != nil:
		w.head = *head
	case known:
		w.head = found
	case !a.scope.Nowhere():
		var err error
		if w.head, err = a.Q.GetRevision(ctx, a.scope.Organization()); err != nil && !db.IsNotFound(err) {
			return nil, err
		}
	}
	return w, nil
}

// settle stores what every change includes: what it ends, its entry and the revision.
func (a *Attempt) settle(ctx context.Context, w *Writer, ends []ending) (done org.Receipt, err error) {
	if w.moved {
		return done, errElsewhere
	}
	if w.ResourceType == "" && w.entries == 0 && !a.aside {
		return done, errUnsaid
	}
	if err := w.end(ctx, ends); err != nil {
		return done, err
	}
	if err := w.Record(ctx); err != nil {
		return done, err
	}
	moves := !a.aside && a.scope != db.SigningIn
	if moves {
		if err := a.gather(ctx, w); err != nil {
			return done, err
		}
	}
	if err := w.finish(ctx, moves, a.tx.WroteRoles()); err != nil {
		return done, err
	}
	return org.Receipt{Entry: w.last, Version: w.head.Value}, nil
}

// Try decides on a snapshot, and says how the change would affect what people may do. It stores nothing, takes no lock and
// never waits for the writer. The caller is as admitted, as for every read. A refusal is the one that Do would return; it is not
// recorded.
func Try[In, P any](ctx context.Context, u *Units, who *org.Actor, command In, plan Plan[In, P]) (p P, impact org.Impact, err error) {
	impact, err = u.try(ctx, who, plan, func(ctx context.Context, a *Attempt) (err error) {
		p, err = plan(ctx, a, command)
		return err
	})
	return p, impact, err
}

// try is Try without its types.
func (s *Units) try(ctx context.Context, who *org.Actor, useCase any, plan func(context.Context, *Attempt) error) (impact org.Impact, err error) {
	if err := s.seed(ctx); err != nil {
		return impact, err
	}
	ctx, end := s.told(ctx, "try", useCase)
	defer func() { end(err) }()
	err = s.DB.View(ctx, func(q db.Reads) (err error) {
		src := s.reader(q, who)
		src.scope, src.states = db.OnSite, map[uuid.UUID]int64{}
		a := src.attempt(who, "")
		a.trying = true
		if err = plan(ctx, a); err == nil {
			impact, err = a.impact(ctx)
		}
		return err
	})
	return impact, err
}
