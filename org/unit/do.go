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
	// Plan decides about a command: rights first, then the input, then what must hold afterwards. It returns what is to be
	// stored. It may run twice, so it returns all that it finds and keeps nothing elsewhere.
	Plan[In, P any] func(ctx context.Context, a *Attempt, in In) (P, error)
	// Apply stores what a plan returned, with the entries of the audit trail that tell of it.
	Apply[P, Out any] func(ctx context.Context, w *Writer, p P) (Out, error)
)

// errUnsaid is the fault of a use case that would leave a change without an audit entry.
var errUnsaid = errors.New("unit: a use case wrote without saying what it is about")

// Do decides and stores in one transaction of a scope: the caller refreshed, the change and its entry together, and a
// revision that makes every replica forget what it computed before. action is what the entry calls it, unless the plan
// says another word. A change that writes nothing is not recorded, since nothing happened; one that writes without saying
// what it is about fails. A refusal is recorded in a transaction of its own. For an actor that only asks it decides, and stores
// nothing.
func Do[In, P, Out any](ctx context.Context, u *Units, who *org.Actor, in Scope, action string, command In, plan Plan[In, P], apply Apply[P, Out]) (out Out, done org.Receipt, err error) {
	if who != nil && who.Asks {
		_, _, err = Try(ctx, u, who, command, plan)
		return out, done, err
	}
	if err := u.seed(ctx); err != nil {
		return out, done, err
	}
	ctx, end := u.told(ctx, "write", plan)
	defer func() { end(err) }()
	for tries := 1; ; tries++ {
		where, err := u.locate(ctx, in, tries > 1)
		if err != nil {
			return out, done, err
		}
		out, done, err = doIn(ctx, u, who, where, action, command, plan, apply)
		if !errors.Is(err, errElsewhere) || tries == maxLocated {
			return out, done, err
		}
	}
}

// doIn is one try of Do. errElsewhere: this is not the scope that the change belongs in, and Do looks for it again.
func doIn[In, P, Out any](ctx context.Context, u *Units, who *org.Actor, where db.Scope, action string, command In, plan Plan[In, P], apply Apply[P, Out]) (out Out, done org.Receipt, err error) {
	var a *Attempt
	var w *Writer
	var late lessons
	var before []byte // what an equal request before this one was told
	wrote := false
	err = u.DB.WriteIn(ctx, where, func(tx *db.Tx) error {
		late, w = lessons{}, nil // it may run again
		ctx := db.Writing(ctx)
		src := u.reader(tx.Reads(), nil)
		src.scope, src.late, src.heads = where, &late, map[uuid.UUID]db.Revision{}
		a = src.attempt(who, action)
		a.tx = tx
		if before, err = a.begin(ctx); err != nil || before != nil {
			return err
		}
		p, err := plan(ctx, a, command)
		if a.moved {
			return errElsewhere
		}
		if err != nil {
			return err
		}
		// R4 in docs/spec/roles.md is judged by the unit, so that no use case can forget it.
		ends, err := a.outgrown(ctx)
		if err != nil {
			return err
		}
		if w, err = a.writer(ctx, tx); err != nil {
			return err
		}
		if out, err = apply(ctx, w, p); err != nil {
			return err
		}
		if wrote = tx.Wrote(); !wrote {
			return nil
		}
		if done, err = a.settle(ctx, w, ends); err != nil {
			return err
		}
		return noteForm(ctx, a, w, out, done)
	})
	if err == nil && before != nil {
		out, done, err = recall[Out](before)
		wrote = err == nil
	}
	if err == nil {
		a.tellRequest(where, head(w, done))
		u.keep(&late)
		if wrote {
			a.tellOthers(before == nil)
		}
	}
	if err != nil {
		return *new(Out), org.Receipt{}, a.noteRefusal(ctx, err)
	}
	return out, done, nil
}

// noteRefusal records the refusal that ended a change, in a transaction of its own: that of the change was rolled back with all
// that it wrote. It returns err, with what went wrong meanwhile.
func (a *Attempt) noteRefusal(ctx context.Context, err error) error {
	refusal, ok := errors.AsType[*org.Error](err)
	if !ok || a == nil || a.Entry.ResourceType == "" {
		return err
	}
	return errors.Join(err, a.recordRefusal(ctx, refusal))
}

// head is the revision that a change has left, done with one that was made before.
func head(w *Writer, done org.Receipt) int64 {
	if w == nil {
		return done.Version
	}
	return w.head.Value
}

// tellOthers tells those who follow changes that there is one, unless it was made before, and the form that it is made.
func (a *Attempt) tellOthers(now bool) {
	if now && a.changed != nil {
		a.changed()
	}
	if a.form() != nil {
		a.form().Made = true
	}
}

// tellRequest tells whoever answers the request which state its change has left. Signing in leaves none.
func (a *Attempt) tellRequest(where db.Scope, revision int64) {
	if a.Actor != nil && a.Actor.Request.Done != nil && where != db.SigningIn {
		*a.Actor.Request.Done = org.Done{Organization: where.Organization(), Revision: revision}
	}
}

// begin makes sure of who asks, and finds out whether the form has made its change already.
func (a *Attempt) begin(ctx context.Context) (before []byte, err error) {
	if err := a.refresh(ctx); err != nil {
		return nil, err
	}
	return a.before(ctx)
}

// writer takes over from the plan.
func (a *Attempt) writer(ctx context.Context, tx *db.Tx) (*Writer, error) {
	w := &Writer{W: tx.Writes(), Actor: a.Actor, Now: a.Now, Entry: a.Entry, scope: a.scope, lapsed: a.change.lapsed}
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

// settle stores what goes with every change: the ends that it brings, its entry and the revision.
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

// Try decides on a snapshot, and tells what the change would do to what people may do. It stores nothing, takes no lock and
// never meets the writer. The caller is as it came, as for every read. A refusal is the one that Do would return; it is not
// recorded.
func Try[In, P any](ctx context.Context, u *Units, who *org.Actor, command In, plan Plan[In, P]) (p P, impact org.Impact, err error) {
	if err := u.seed(ctx); err != nil {
		return p, impact, err
	}
	ctx, end := u.told(ctx, "try", plan)
	defer func() { end(err) }()
	err = u.DB.View(ctx, func(q db.Reads) error {
		src := u.reader(q, who)
		src.scope, src.states = db.OnSite, map[uuid.UUID]int64{}
		a := src.attempt(who, "")
		a.trying = true
		var err error
		if p, err = plan(ctx, a, command); err == nil {
			impact, err = a.impact(ctx)
		}
		return err
	})
	return p, impact, err
}
