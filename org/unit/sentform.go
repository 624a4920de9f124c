package unit

import (
	"rolecall.example/db"
	"rolecall.example/org"
)

// notRepeated fails if the form of this change has made one already. Repeated: it has.
func (c *Attempt) notRepeated() error {
	f := org.FormOf(c.Ctx)
	if f == nil || f.Mine || c.watch != nil || c.Actor == nil || c.Actor.Operator {
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
	f := org.FormOf(c.Ctx)
	if f == nil || f.Mine || c.Actor == nil || c.Actor.Operator {
		return nil
	}
	if err := c.W.DeleteOldSentForms(c.Ctx, db.DeleteOldSentFormsParams{UserID: c.Actor.ID(), Before: c.Now.Add(-org.FormLife)}); err != nil {
		return err
	}
	return c.W.InsertSentForm(c.Ctx, db.InsertSentFormParams{UserID: c.Actor.ID(), ID: f.ID, Now: c.Now})
}
