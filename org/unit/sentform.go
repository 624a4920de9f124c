package unit

import (
	"bytes"
	"context"
	"encoding/json"

	"rolecall.example/db"
	"rolecall.example/org"
)

// maxKept is the longest result of a change, in bytes, that is kept for a request that is repeated.
const maxKept = 1 << 20

// form returns the form that the caller sent; nil if it sent none.
func (a *Attempt) form() *org.Form {
	if a.Actor == nil || a.Actor.Operator {
		return nil
	}
	return a.Actor.Request.Form
}

// before returns what was kept of the change, if this form has already made it; nil if it has not.
// Repeated: nothing is kept. Reused: the key belongs to another request.
// It runs within the transaction: if two equal requests arrive at once, only one makes the change (D2 in SECURITY.md).
func (a *Attempt) before(ctx context.Context) ([]byte, error) {
	f := a.form()
	if f == nil || f.Made || a.trying {
		return nil, nil
	}
	sent, err := a.Q.GetSentForm(ctx, db.GetSentFormParams{UserID: a.Actor.ID(), ID: f.ID, After: a.Now.Add(-org.FormLife)})
	switch {
	case db.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	case f.Request == nil: // its sender is redirected to what it made
		return nil, org.ErrRepeated
	case !bytes.Equal(sent.Request, f.Request):
		return nil, org.ErrReused
	case sent.Answer == nil:
		return nil, org.ErrAnswerGone
	}
	return sent.Answer, nil
}

// noteForm notes that the form has made its change, with what is kept of it, and deletes those from a day ago.
func (a *Attempt) noteForm(ctx context.Context, w *Writer, t *task, done org.Receipt) (err error) {
	f := a.form()
	if f == nil || f.Made || a.aside {
		return nil
	}
	var kept []byte
	if f.Request != nil {
		if kept, err = t.keep(done); err != nil {
			return err
		}
	}
	if err := w.W.DeleteOldSentForms(ctx, db.DeleteOldSentFormsParams{UserID: a.Actor.ID(), Before: a.Now.Add(-org.FormLife)}); err != nil {
		return err
	}
	return w.W.InsertSentForm(ctx, db.InsertSentFormParams{UserID: a.Actor.ID(), ID: f.ID, Request: f.Request, Answer: kept, Now: a.Now})
}

// kept is what a change returned, stored in the transaction of the change: a request that is sent again gets the same answer
// from it, even if the server died before anyone was answered.
type kept[Out any] struct {
	Out     *Out        `json:"out,omitempty"`
	Receipt org.Receipt `json:"receipt,omitzero"`
	Secret  bool        `json:"secret,omitempty"` // it may have a secret, so it is not stored
}

// keep writes down what a change returned; nil if that is too long. A type that is not named here may hold a secret.
func keep[Out any](out Out, done org.Receipt) ([]byte, error) {
	k := kept[Out]{Secret: true}
	switch any(out).(type) {
	case org.Member, org.User, org.Organization, org.Role, org.RoleHolder, org.BulkResult, org.UserBulkResult, org.Dismissal:
		k = kept[Out]{Out: &out, Receipt: done}
	}
	data, err := json.Marshal(k)
	if len(data) > maxKept {
		return nil, err
	}
	return data, err
}

// recall is the opposite of keep. Repeated: there was a secret, or it was kept by another version, in another form.
func recall[Out any](data []byte) (out Out, done org.Receipt, err error) {
	var k kept[Out]
	strict := json.NewDecoder(bytes.NewReader(data))
	strict.DisallowUnknownFields()
	err = strict.Decode(&k)
	switch {
	case err == nil && k.Secret:
		return out, done, org.ErrSecretShown
	case err != nil || k.Out == nil:
		return out, done, org.ErrAnswerGone
	}
	return *k.Out, k.Receipt, nil
}
