package unit

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// SendMails says that mails go out, before the first request.
func (s *Units) SendMails() { s.mails = true }

// Notify tells an account something by a mail that is stored with the change, and goes out after it. Nothing is stored for one
// without an address, nor where no mails go out. An operator at the database can't know that: what it tells waits for a server, a
// day at most.
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
