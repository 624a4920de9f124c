package org

import (
	"context"
	"time"
)

// FormLife is how long it is known that a form made its change.
const FormLife = 24 * time.Hour

// sentForm is the form that a request came with.
type sentForm struct {
	ID   string
	Mine bool // a change of this request has been made with it: further ones belong to it
}

type formKey struct{}

// WithForm gives ctx the id of the form that a request came with. The first change is made together with a note of the
// id, and another request of the same account with it is refused as Repeated, by whatever replica.
func WithForm(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, formKey{}, &sentForm{ID: id})
}

func FormOf(ctx context.Context) *sentForm {
	f, _ := ctx.Value(formKey{}).(*sentForm)
	return f
}

// FormMade reports whether the form of this request has made a change.
func FormMade(ctx context.Context) bool {
	f := FormOf(ctx)
	return f != nil && f.Mine
}

var ErrRepeated = &Error{Kind: Repeated, Message: "This was already done."}
