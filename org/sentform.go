package org

import (
	"context"
	"time"

	"rolecall.example/db"
)

// formLife is how long it is known that a form made its change.
const formLife = 24 * time.Hour

// sentForm is the form that a request came with.
type sentForm struct {
	id   string
	mine bool // a change of this request has been made with it: further ones belong to it
}

type formKey struct{}

// WithForm gives ctx the id of the form that a request came with. The first change is made together with a note of the
// id, and another request of the same account with it is refused as Repeated, by whatever replica.
func WithForm(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, formKey{}, &sentForm{id: id})
}

func formOf(ctx context.Context) *sentForm {
	f, _ := ctx.Value(formKey{}).(*sentForm)
	return f
}

// FormMade reports whether the form of this request has made a change.
func FormMade(ctx context.Context) bool {
	f := formOf(ctx)
	return f != nil && f.mine
}

var errRepeated = &Error{Kind: Repeated, Message: "This was already done."}

// notRepeated fails if the form of this change has made one already. Repeated: it has.
func (c *change) notRepeated() error {
	f := formOf(c.ctx)
	if f == nil || f.mine || c.watch != nil || c.by == nil || c.by.operator {
		return nil
	}
	n, err := c.q.CountSentForms(c.ctx, db.CountSentFormsParams{UserID: c.by.ID(), ID: f.id})
	if err == nil && n > 0 {
		return errRepeated
	}
	return err
}

// noteForm notes that the form has made its change, and forgets those of a day ago.
func (c *change) noteForm() error {
	f := formOf(c.ctx)
	if f == nil || f.mine || c.by == nil || c.by.operator {
		return nil
	}
	if err := c.q.DeleteOldSentForms(c.ctx, db.DeleteOldSentFormsParams{UserID: c.by.ID(), Before: c.now.Add(-formLife)}); err != nil {
		return err
	}
	return c.q.InsertSentForm(c.ctx, db.InsertSentFormParams{UserID: c.by.ID(), ID: f.id, Now: c.now})
}
