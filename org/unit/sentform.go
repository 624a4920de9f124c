package unit

import (
	"context"

	"rolecall.example/db"
	"rolecall.example/org"
)

// form is the form that the caller sent; nil if it sent none.
func (a *Attempt) form() *org.Form {
	if a.Actor == nil || a.Actor.Operator {
		return nil
	}
	return a.Actor.Request.Form
}

// notRepeated fails if the form of this change has made one already. Repeated: it has.
// It is asked within the transaction: of two equal requests at once, one alone makes the change (D2 in SECURITY.md).
func (a *Attempt) notRepeated(ctx context.Context) error {
	f := a.form()
	if f == nil || f.Made || a.trying {
		return nil
	}
	_, err := a.Q.GetSentForm(ctx, db.GetSentFormParams{UserID: a.Actor.ID(), ID: f.ID, After: a.Now.Add(-org.FormLife)})
	switch {
	case err == nil:
		return org.ErrRepeated
	case db.IsNotFound(err):
		return nil
	}
	return err
}

// noteForm notes that the form has made its change, and forgets those of a day ago.
func (a *Attempt) noteForm(ctx context.Context, w *Writer) error {
	f := a.form()
	if f == nil || f.Made || a.aside {
		return nil
	}
	if err := w.W.DeleteOldSentForms(ctx, db.DeleteOldSentFormsParams{UserID: a.Actor.ID(), Before: a.Now.Add(-org.FormLife)}); err != nil {
		return err
	}
	return w.W.InsertSentForm(ctx, db.InsertSentFormParams{UserID: a.Actor.ID(), ID: f.ID, Request: f.Request, Now: a.Now})
}
