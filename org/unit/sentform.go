package unit

import (
	"rolecall.example/db"
	"rolecall.example/org"
)

// form is the form that the caller sent; nil if it sent none.
func (c *Attempt) form() *org.Form {
	if c.Actor == nil || c.Actor.Operator {
		return nil
	}
	return c.Actor.Request.Form
}

// notRepeated fails if the form of this change has made one already. Repeated: it has.
func (c *Attempt) notRepeated() error {
	f := c.form()
	if f == nil || f.Made || c.watch != nil {
		return nil
	}
	n, err := c.Q.CountSentForms(c.Ctx, db.CountSentFormsParams{UserID: c.Actor.ID(), ID: f.ID})
	if err == nil && n > 0 {
		return org.ErrRepeated
	}
	return err
}

// noteForm notes that the form has made its change, and forgets those of a day ago.
func (c *Attempt) noteForm() error {
	f := c.form()
	if f == nil || f.Made {
		return nil
	}
	if err := c.W.DeleteOldSentForms(c.Ctx, db.DeleteOldSentFormsParams{UserID: c.Actor.ID(), Before: c.Now.Add(-org.FormLife)}); err != nil {
		return err
	}
	return c.W.InsertSentForm(c.Ctx, db.InsertSentFormParams{UserID: c.Actor.ID(), ID: f.ID, Now: c.Now})
}
