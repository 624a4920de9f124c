package unit

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// SendMails turns mails on. It is called before the first request.
func (s *Units) SendMails() { s.mails = true }

// Notify tells an account something in a mail that is stored with the change and sent after it. It stores nothing if the
// account has no address, or if mails are off. An operator at the database can't know whether they are: that mail waits for a
// server, for a day at most.
func (w *Writer) Notify(ctx context.Context, user uuid.UUID, email string, n org.Notice) error {
	if email == "" || !w.mails && (w.Actor == nil || !w.Actor.Operator) {
		return nil
	}
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return w.W.InsertMailNotice(ctx, db.InsertMailNoticeParams{ID: NewID(), UserID: NullID(user), Email: email, Notice: string(text), Now: w.Now})
}
